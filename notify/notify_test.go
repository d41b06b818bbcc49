package notify_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/notify"
	"github.com/odoo-connector/connector/state"
)

func TestFailures(t *testing.T) {
	t.Run("Ensure many failures of one kind are one line with a count, the first and the last", func(t *testing.T) {
		b := newBench(t)
		b.fail(7, "record %d is locked")
		b.fail(1, "no right")
		m := b.one()
		if len(m.events) != 2 || m.subject != "connector on box: 8 jobs failed" {
			t.Fatalf("%+v", m)
		}
		e := m.events[0]
		if e.Count != 7 || !strings.Contains(e.First.Text, "job 1 of trello failed: Import card: record 1 is locked") ||
			!strings.Contains(e.Last.Text, "job 7 of trello") {
			t.Errorf("%+v", e)
		}
		if !strings.Contains(m.body, "7 times: ") {
			t.Errorf("%s", m.body)
		}
	})
	t.Run("Ensure what fails within the time of a digest comes in one message at its end", func(t *testing.T) {
		b := newBench(t)
		b.fail(1, "record %d is locked")
		b.one()
		for range 5 {
			b.fail(2, "record %d is locked")
			b.none("within the digest's time")
		}
		b.pass(10 * time.Minute)
		if m := b.one(); len(m.events) != 1 || m.events[0].Count != 10 || !strings.Contains(m.events[0].First.Text, "job 2 ") {
			t.Errorf("%+v", m.events)
		}
		b.pass(time.Hour)
		b.none("all was told")
	})
	t.Run("Ensure what failed before anybody watched is not told, and nothing is told twice by another process", func(t *testing.T) {
		b := newBench(t)
		b.fail(2, "no")
		later := notify.New(b.db, b.queue, notify.Options{Receivers: []config.Notify{{Name: "new", On: []string{"failed"}, Webhook: config.PlainSecret(b.in.URL)}}})
		if err := later.Tick(t.Context()); err != nil || len(b.in.take()) != 0 {
			t.Errorf("a new receiver was told of what was: %v", err)
		}
		b.one()
		again := notify.New(b.db, b.queue, notify.Options{Receivers: []config.Notify{{Name: "ops", On: []string{"failed"}, Webhook: config.PlainSecret(b.in.URL)}}})
		if err := again.Tick(t.Context()); err != nil || len(b.in.take()) != 0 {
			t.Errorf("told twice: %v", err)
		}
	})
	t.Run("Ensure a receiver is told only of what it wants to know", func(t *testing.T) {
		b := newBench(t, func(r *config.Notify) { r.On = []string{"outage"} })
		b.fail(1, "no")
		b.none("it isn't told of failures")
	})
}

func TestOutages(t *testing.T) {
	out := func(b *bench, backend string, since time.Time) {
		b.t.Helper()
		b.exec(`INSERT INTO backend_state (backend, code, since, reason) VALUES (?, 'unreachable', ?, 'Trello: no answer')
			ON CONFLICT (backend) DO UPDATE SET code = excluded.code, since = excluded.since`, backend, state.Micros(since))
	}
	t.Run("Ensure an outage is one message however long it lasts, and its end is told", func(t *testing.T) {
		b := newBench(t)
		out(b, "trello", b.clock.Now())
		if m := b.one(); m.subject != "connector on box: trello out" || !strings.Contains(m.events[0].First.Text, "trello is out since ") {
			t.Errorf("%+v", m)
		}
		for range 30 {
			b.pass(5 * time.Minute)
			b.none("it goes on")
		}
		b.exec("UPDATE backend_state SET code = '', since = 0")
		if m := b.one(); m.subject != "connector on box: trello back" || !strings.Contains(m.events[0].First.Text, "answers again, after 2h30m0s") {
			t.Errorf("%+v", m)
		}
		b.pass(time.Hour)
		b.none("nothing happened")
	})
	t.Run("Ensure an outage that comes and goes is a line that counts", func(t *testing.T) {
		b := newBench(t)
		for range 4 {
			out(b, "trello", b.clock.Now())
			if err := b.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.pass(time.Minute)
			b.exec("UPDATE backend_state SET code = '', since = 0")
			if err := b.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.pass(time.Minute)
		}
		if got := b.in.take(); len(got) != 1 {
			t.Fatalf("%d messages, want one", len(got))
		}
		b.pass(10 * time.Minute)
		if m := b.one(); len(m.events) != 2 || m.events[0].Count+m.events[1].Count != 7 {
			t.Errorf("%+v", m.events)
		}
	})
}

func TestOtherTroubles(t *testing.T) {
	t.Run("Ensure an entry of the schedule that fails or is late is told once each time, and others are not", func(t *testing.T) {
		b := newBench(t)
		now := b.clock.Now()
		insert := "INSERT INTO job_schedule (name, last_start, last_end, next, outcome, message) VALUES (?,?,?,?,?,?)"
		b.exec(insert, "night", state.Micros(now), state.Micros(now), state.Micros(now.Add(time.Hour)), "failed", "no answer")
		b.exec(insert, "gone", 1, 1, 1, "failed", "it is not in the configuration any more")
		if m := b.one(); len(m.events) != 1 || m.subject != "connector on box: 1 run of the schedule missed or failed" ||
			!strings.Contains(m.events[0].First.Text, "failed: no answer") {
			t.Errorf("%+v", m)
		}
		b.pass(time.Hour + 11*time.Minute)
		if m := b.one(); !strings.Contains(m.events[0].First.Text, "should have run at") {
			t.Errorf("%+v", m)
		}
		b.pass(time.Hour)
		b.none("it is as late as before")
		b.exec("UPDATE job_schedule SET last_start = last_start + 1, next = ? WHERE name = 'night'", state.Micros(b.clock.Now().Add(time.Hour)))
		b.one() // the next run failed, too
	})
	t.Run("Ensure a job that runs for too long is told once", func(t *testing.T) {
		b := newBench(t)
		err := b.db.Write(t.Context(), func(tx *state.Tx) error {
			_, _, err := b.queue.Enqueue(t.Context(), tx, jobs.Spec{Function: "import", Backend: "trello", Description: "Import card", TimeLimit: time.Minute})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.queue.Claim(t.Context(), "somebody:1", jobs.ClaimFilter{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		b.pass(50 * time.Second)
		b.none("it has time")
		b.pass(20 * time.Second)
		if m := b.one(); m.subject != "connector on box: 1 job hangs" {
			t.Errorf("%+v", m)
		}
		b.pass(time.Hour)
		b.none("it was told")
	})
	t.Run("Ensure new reviews are told by kind", func(t *testing.T) {
		b := newBench(t)
		for i := range 3 {
			b.exec("INSERT INTO review (database, backend, model, odoo_id, name, kind, reason, created) VALUES ('d', 'trello', 'trello.card', ?, 'Oil the door', 'conflict', 'both sides changed', ?)",
				i, state.Micros(b.clock.Now()))
		}
		b.pass(20 * time.Second)
		if m := b.one(); len(m.events) != 1 || m.events[0].Count != 3 || m.subject != "connector on box: 3 records for review" {
			t.Errorf("%+v", m)
		}
	})
	t.Run("Ensure looking where nothing happened writes nothing", func(t *testing.T) {
		b := newBench(t)
		b.pass(time.Minute)
		var before, after int64
		read := func(into *int64) {
			if err := b.db.Read().QueryRowContext(t.Context(), "SELECT position FROM notify_receiver").Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		read(&before)
		b.none("nothing happened")
		if read(&after); before != after {
			t.Errorf("the position went from %d to %d", before, after)
		}
	})
}

func TestFailingReceiver(t *testing.T) {
	t.Run("Ensure what could not be sent is tried again, later each time, and comes with what happened since", func(t *testing.T) {
		b := newBench(t)
		b.in.setRefuse(500)
		b.fail(1, "record %d is locked")
		var failed *notify.SendError
		err := b.Tick(t.Context())
		if !errors.As(err, &failed) || failed.Receiver != "ops" || !strings.Contains(err.Error(), "HTTP 500") {
			t.Fatalf("got %v", err)
		}
		all, err := b.Statuses(t.Context())
		if err != nil || len(all) != 1 || all[0].Waiting != 1 || !strings.Contains(all[0].Problem, "HTTP 500") || !all[0].Sent.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
		b.none("it isn't tried at once")
		b.pass(time.Minute)
		if err := b.Tick(t.Context()); err == nil {
			t.Error("it was not tried again after a minute")
		}
		b.pass(time.Minute)
		b.none("the second wait is longer")
		b.in.setRefuse(0)
		b.fail(2, "record %d is locked")
		b.pass(time.Hour)
		if m := b.one(); m.events[0].Count != 3 {
			t.Errorf("%+v", m.events)
		}
		all, err = b.Statuses(t.Context())
		if err != nil || all[0].Problem != "" || all[0].Waiting != 0 || all[0].Sent.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
	})
	t.Run("Ensure no error shows the address, which may be a secret", func(t *testing.T) {
		b := newBench(t)
		b.in.Close()
		b.fail(1, "no")
		err := b.Tick(t.Context())
		if err == nil || strings.Contains(err.Error(), "token") || strings.Contains(err.Error(), "/hook") {
			t.Errorf("got %v", err)
		}
		for _, address := range []string{"hooks.example.org/token=abc", "ftp://token@x", "http://[::1", "https://"} {
			err := notify.Test(t.Context(), config.Notify{Name: "ops", Webhook: config.PlainSecret(address)}, "")
			if err == nil || strings.Contains(err.Error(), "token") || !strings.Contains(err.Error(), "is no URL") {
				t.Errorf("%s: %v", address, err)
			}
		}
	})
	t.Run("Ensure a redirect is not followed", func(t *testing.T) {
		b := newBench(t)
		b.in.setRefuse(302)
		b.fail(1, "no")
		if err := b.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP 302") {
			t.Errorf("got %v", err)
		}
	})
}

func TestKeep(t *testing.T) {
	t.Run("Ensure what happens until the end is told", func(t *testing.T) {
		b := newBench(t)
		b.fail(1, "no")
		ctx, cancel := contextThatEnds(t)
		cancel()
		b.Keep(ctx, time.Minute, func(err error) { t.Error(err) })
		if got := b.in.take(); len(got) != 1 {
			t.Errorf("%d messages, want one", len(got))
		}
	})
}

func TestMessage(t *testing.T) {
	t.Run("Ensure a message of a hundred kinds of trouble says how many there are, and no line is endless", func(t *testing.T) {
		b := newBench(t)
		for i := range 40 {
			b.fail(1, fmt.Sprintf("trouble %s%s", strings.Repeat("x", i+1), strings.Repeat(" and so on", 100)))
		}
		m := b.one()
		if len(m.events) != 40 || !strings.Contains(m.body, "… and 10 more kinds of trouble.") {
			t.Errorf("%d events: %s", len(m.events), m.body)
		}
		for _, e := range m.events {
			if len([]rune(e.First.Text)) > 400 {
				t.Errorf("a line of %d characters", len([]rune(e.First.Text)))
			}
		}
	})
}
