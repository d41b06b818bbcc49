package schedule_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/schedule"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestSchedule(t *testing.T) { statetest.Each(t, testSchedule) }

func testSchedule(t *testing.T, store statetest.Store) {
	night := schedule.Entry{Name: "night", Rule: cron(t, "0 3 * * *", "UTC")}
	hour := schedule.Entry{Name: "hour", Rule: cron(t, "0 * * * *", "UTC")}

	t.Run("Ensure entries run when their time has come, and not before", func(t *testing.T) {
		b := newBench(t, store)
		s := b.process("one", night, hour)
		b.due(s)
		if next, err := s.Next(t.Context()); err != nil || !next.Equal(instant(t, "2024-05-06T13:00:00Z")) {
			t.Errorf("next is %s, %v", next, err)
		}
		b.pass(time.Hour)
		b.due(s, "hour")
		b.due(s)
		st := b.status(s, "hour")
		if st.Outcome != schedule.OK || st.Message != "did hour" || st.Worker != "one" || !st.LastEnd.Equal(b.clock.Now()) ||
			!st.LastStart.Equal(b.clock.Now()) || !st.Next.Equal(instant(t, "2024-05-06T14:00:00Z")) {
			t.Errorf("status %+v", st)
		}
		if st := b.status(s, "night"); st.Outcome != schedule.Never || !st.LastStart.IsZero() {
			t.Errorf("status %+v", st)
		}
	})
	t.Run("Ensure runs that were missed are made up for by one, even after a new start", func(t *testing.T) {
		b := newBench(t, store)
		b.process("one", hour)
		b.pass(10 * time.Hour)
		s := b.process("two", hour)
		b.due(s, "hour")
		b.due(s)
		if st := b.status(s, "hour"); !st.Next.Equal(instant(t, "2024-05-06T23:00:00Z")) {
			t.Errorf("next is %s", st.Next)
		}
	})
	t.Run("Ensure a new rule holds from now on, for a time that has not come", func(t *testing.T) {
		b := newBench(t, store)
		b.process("one", night)
		evening := schedule.Entry{Name: "night", Rule: cron(t, "0 22 * * *", "UTC")}
		looker := schedule.New(b.db, b.store.Location, "looker", []schedule.Entry{evening})
		if st := b.status(looker, "night"); !st.Next.Equal(instant(t, "2024-05-06T22:00:00Z")) {
			t.Errorf("who only looks sees that next is %s", st.Next)
		}
		s := b.process("two", evening)
		if st := b.status(s, "night"); !st.Next.Equal(instant(t, "2024-05-06T22:00:00Z")) {
			t.Errorf("next is %s", st.Next)
		}
	})
	t.Run("Ensure one of several processes runs an entry", func(t *testing.T) {
		b := newBench(t, store)
		var all []*schedule.Schedule
		for range 8 {
			all = append(all, b.process("one", hour))
		}
		b.pass(time.Hour)
		var mu sync.Mutex
		var wg sync.WaitGroup
		runs := 0
		for _, s := range all {
			wg.Go(func() {
				_, err := s.RunDue(context.Background(), func(context.Context, schedule.Entry) (string, error) {
					mu.Lock()
					defer mu.Unlock()
					runs++
					return "", nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if runs != 1 {
			t.Errorf("%d runs", runs)
		}
	})
	t.Run("Ensure an entry that is at work is not begun again, however late it is, and then runs once", func(t *testing.T) {
		b := newBench(t, store)
		s, other := b.process("one", hour), b.process("two", hour)
		b.pass(time.Hour)
		_, err := s.RunDue(t.Context(), func(ctx context.Context, _ schedule.Entry) (string, error) {
			b.pass(3 * time.Hour)
			b.due(other)
			if st := b.status(other, "hour"); st.Outcome != schedule.Running || st.Worker != "one" || !st.LastEnd.IsZero() {
				t.Errorf("status %+v", st)
			}
			var running *schedule.RunningError
			if err := other.Run(ctx, "hour", b.do); !errors.As(err, &running) || !strings.HasPrefix(err.Error(), "hour is at work already: ") {
				t.Errorf("got %v", err)
			}
			return "", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.due(other, "hour")
		b.due(other)
	})
	t.Run("Ensure a failure is noted, and the other entries run", func(t *testing.T) {
		b := newBench(t, store)
		s := b.process("one", hour, night)
		b.pass(24 * time.Hour)
		n, err := s.RunDue(t.Context(), func(_ context.Context, e schedule.Entry) (string, error) {
			if e.Name == "hour" {
				return "", errBroken
			}
			return strings.Repeat("long ", 1000), nil
		})
		if n != 2 || err != nil {
			t.Fatalf("%d ran, %v", n, err)
		}
		if st := b.status(s, "hour"); st.Outcome != schedule.Failed || st.Message != "it is broken" {
			t.Errorf("status %+v", st)
		}
		if st := b.status(s, "night"); st.Outcome != schedule.OK || len([]rune(st.Message)) != 501 {
			t.Errorf("status %+v", st)
		}
	})
	t.Run("Ensure a run by hand needs no time, and takes the place of the one that is due", func(t *testing.T) {
		b := newBench(t, store)
		s := schedule.New(b.db, b.store.Location, "hand", []schedule.Entry{hour, night})
		if err := s.Run(t.Context(), "night", b.do); err != nil {
			t.Fatal(err)
		}
		if st := b.status(s, "night"); st.Outcome != schedule.OK || !st.Next.Equal(instant(t, "2024-05-07T03:00:00Z")) {
			t.Errorf("status %+v", st)
		}
		if err := s.Run(t.Context(), "night", func(context.Context, schedule.Entry) (string, error) { return "", errBroken }); !errors.Is(err, errBroken) {
			t.Errorf("got %v", err)
		}
		err := s.Run(t.Context(), "nigth", b.do)
		var unknown *schedule.UnknownError
		if !errors.As(err, &unknown) || err.Error() != `the schedule has no entry "nigth"; known: hour, night` {
			t.Errorf("got %v", err)
		}
		b.pass(time.Hour)
		b.due(b.process("one", hour, night)) // hour has been planned only now
	})
	t.Run("Ensure a run that was told to stop, and one that panics, are known to be interrupted", func(t *testing.T) {
		b := newBench(t, store)
		s := b.process("one", hour)
		b.pass(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := s.RunDue(ctx, func(context.Context, schedule.Entry) (string, error) { cancel(); return "", ctx.Err() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if st := b.status(s, "hour"); st.Outcome != schedule.Interrupted || st.LastEnd.IsZero() {
			t.Errorf("status %+v", st)
		}
		b.pass(time.Hour)
		func() {
			defer func() { _ = recover() }()
			_, _ = s.RunDue(t.Context(), func(context.Context, schedule.Entry) (string, error) { panic("broken") })
		}()
		if st := b.status(s, "hour"); st.Outcome != schedule.Interrupted || st.Message != "it broke off" {
			t.Errorf("status %+v", st)
		}
	})
	t.Run("Ensure a run whose process died is told as interrupted", func(t *testing.T) {
		b := newBench(t, store)
		s := b.process("one", hour)
		err := b.db.Write(t.Context(), func(tx *state.Tx) error { // as a dead process left it: no lock is held
			_, err := tx.ExecContext(t.Context(), "UPDATE job_schedule SET outcome = 'running', last_start = 1, worker = 'dead' WHERE name = 'hour'")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if st := b.status(s, "hour"); st.Outcome != schedule.Interrupted || st.Message != "its process died" || st.Worker != "dead" {
			t.Errorf("status %+v", st)
		}
	})
}
