package trello_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// unspent demands that no job was charged an attempt and none has failed.
func (w *world) unspent() {
	w.t.Helper()
	for _, j := range w.jobsIn() {
		if j.Retry != 0 || j.State == jobs.StateFailed || j.State == jobs.StateStarted {
			w.t.Errorf("job %d %q is %s after %d attempts", j.ID, j.Description, j.State, j.Retry)
		}
	}
}

func TestTrelloIsDown(t *testing.T) {
	for status, name := range map[int]string{401: "refuses the token", 429: "limits the rate", 503: "is down"} {
		t.Run(fmt.Sprintf("Ensure a sync that begins while it %s is an outage and writes nothing", name), func(t *testing.T) {
			s := bound(t)
			s.trelloRefuses(status, func(trellotest.Request) bool { return true })
			_, err := s.sync()
			if !isOutage(err) {
				t.Fatalf("got the error %v, want an outage", err)
			}
			s.noOdooWrites()
			s.heal()
			s.unspent()
			s.quiet()
		})
		t.Run(fmt.Sprintf("Ensure that if it %s while cards go out, their jobs wait unspent and the next sync completes", name), func(t *testing.T) {
			s := bound(t)
			for i := range 5 {
				s.addTask(fmt.Sprintf("Task %d", i), nil)
			}
			posts := 0
			s.trelloRefuses(status, func(r trellotest.Request) bool {
				if r.Method == http.MethodPost {
					posts++
				}
				return posts > 2
			})
			r, err := s.sync()
			if !isOutage(err) {
				t.Fatalf("got the error %v, want an outage", err)
			}
			if r.Jobs.Failed != 0 || r.Jobs.Pending == 0 || r.Of(trello.CardModel).Created != 2 {
				t.Errorf("got %+v and %+v", r.Jobs, *r.Of(trello.CardModel))
			}
			s.heal()
			s.unspent()
			s.mustSync()
			if got := s.cardsOf(s.board.ID); len(got) != 8 {
				t.Errorf("the board has the cards %q, want eight", got)
			}
			s.quiet()
		})
	}
	t.Run("Ensure an error names Trello and what to do, and shows no secret", func(t *testing.T) {
		s := bound(t)
		s.trelloRefuses(401, func(trellotest.Request) bool { return true })
		_, err := s.sync()
		text := fmt.Sprint(err)
		if !contains(text, "Trello") || !contains(text, "credentials") || contains(text, "demo-token") || contains(text, "demo-key") {
			t.Errorf("got the error %q", text)
		}
	})
	t.Run("Ensure edits of the time of an outage cross afterwards, nothing double", func(t *testing.T) {
		s := bound(t)
		s.trelloRefuses(503, func(r trellotest.Request) bool { return r.Write })
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Name = "Paint the gate" })
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		s.heal()
		s.unspent()
		s.mustSync()
		s.card("Oil the locks")
		s.task("Paint the gate")
		s.quiet()
	})
}

func TestOdooIsDown(t *testing.T) {
	down := &odootest.HTTPError{Status: 503, Body: "down"}
	t.Run("Ensure a sync that begins while it is down is an outage and writes nothing", func(t *testing.T) {
		s := bound(t)
		s.odooRefuses(func(odootest.Request) error { return down })
		_, err := s.sync()
		if !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		s.noTrelloWrites()
		s.heal()
		s.quiet()
	})
	t.Run("Ensure the pause that it asks for is noted", func(t *testing.T) {
		s := bound(t)
		s.odooRefuses(func(r odootest.Request) error {
			if r.Method == "search_read" {
				return odootest.Unavailable("120")
			}
			return nil
		})
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		s.heal()
		now := s.clock.Now()
		s.with(func(ctx context.Context, r *run) {
			var until int64
			if err := r.db.Read().QueryRowContext(ctx, "SELECT paused_until FROM backend_state").Scan(&until); err != nil {
				t.Fatal(err)
			}
			if pause := time.UnixMicro(until).Sub(now); pause < 110*time.Second || pause > 2*time.Minute {
				t.Errorf("paused for another %v, want nearly 2 minutes", pause)
			}
		})
	})
	t.Run("Ensure since when and why it is out is noted once, and gone after the next success", func(t *testing.T) {
		s := bound(t)
		noted := func() (code string, since int64) {
			s.with(func(ctx context.Context, r *run) {
				if err := r.db.Read().QueryRowContext(ctx, "SELECT code, since FROM backend_state").Scan(&code, &since); err != nil {
					t.Fatal(err)
				}
			})
			return code, since
		}
		s.trelloRefuses(503, func(trellotest.Request) bool { return true })
		var first int64
		for range 2 {
			if _, err := s.sync(); !isOutage(err) {
				t.Fatalf("got the error %v, want an outage", err)
			}
			code, since := noted()
			if first == 0 {
				first = since
			}
			if code != "unavailable" || since == 0 || since != first {
				t.Errorf("noted as %q since %d, want unavailable since %d", code, since, first)
			}
			_ = s.clock.Sleep(t.Context(), time.Minute)
		}
		s.heal()
		s.quiet()
		if code, since := noted(); code != "" || since != 0 {
			t.Errorf("still out: %q since %d", code, since)
		}
	})
	t.Run("Ensure a refused connection is an outage", func(t *testing.T) {
		s := bound(t)
		s.base = func(base http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasPrefix(r.URL.Host, "odoo.") {
					return nil, errors.New("connection refused")
				}
				return base.RoundTrip(r)
			})
		}
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		s.base = nil
		s.quiet()
	})
	t.Run("Ensure that if it goes down while tasks are made, the next sync completes and nothing is double", func(t *testing.T) {
		s := bound(t)
		for i := range 5 {
			s.trello.AddCard(s.todo.ID, fmt.Sprintf("Card %d", i))
		}
		s.odooRefuses(func(r odootest.Request) error {
			if r.Method == "load" {
				return down
			}
			return nil
		})
		r, err := s.sync()
		if !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		if r.Jobs.Failed != 0 || r.Jobs.Pending != 5 {
			t.Errorf("got the jobs %+v, want five pending", r.Jobs)
		}
		s.heal()
		s.unspent()
		s.counts(s.mustSync(), trello.CardModel, "created=5 unchanged=3")
		for i := range 5 {
			s.task(fmt.Sprintf("Card %d", i))
		}
		s.quiet()
	})
	t.Run("Ensure that if the answer is lost, nothing is double either", func(t *testing.T) {
		s := bound(t)
		s.trello.AddCard(s.todo.ID, "Water the plants")
		s.odoo.Fail(func(r odootest.Request) error {
			if r.Method == "load" && r.Moment == odootest.After {
				return odootest.ErrNoAnswer
			}
			return nil
		})
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("got the error %v, want an outage", err)
		}
		s.heal()
		s.unspent()
		s.mustSync()
		s.task("Water the plants")
		s.quiet()
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAUserWithoutTheRight(t *testing.T) {
	w := newWorld(t)
	workshop(w)
	w.user = "worker"
	for _, run := range []string{"first", "second"} {
		t.Run("Ensure the "+run+" run is denied before anything is written", func(t *testing.T) {
			_, err := w.sync()
			var denied *synchronizer.DeniedError
			if !errors.As(err, &denied) || !contains(denied.Error(), "Project / Administrator") {
				t.Fatalf("got the error %v, want a *synchronizer.DeniedError that names the right", err)
			}
			w.noOdooWrites()
			w.noTrelloWrites()
		})
	}
	t.Run("Ensure a project manager may, without being an administrator of the settings", func(t *testing.T) {
		w.user = "manager"
		w.counts(w.mustSync(), trello.CardModel, "created=3")
		w.quiet()
	})
}

// refuse lets a module of Odoo refuse tasks of a name.
func (w *world) refuse(name string) {
	w.odoo.Fail(func(r odootest.Request) error {
		if r.Writes && r.Moment == odootest.Before && strings.Contains(fmt.Sprint(r.Args), name) {
			return odootest.Raise("odoo.exceptions.ValidationError", name+" is no name for a task.")
		}
		return nil
	})
}

func TestOneBadRecord(t *testing.T) {
	t.Run("Ensure a card that Odoo refuses fails alone, with its cause, and is tried again", func(t *testing.T) {
		s := bound(t)
		s.refuse("Nonsense")
		for _, name := range []string{"One", "Nonsense", "Three"} {
			s.trello.AddCard(s.todo.ID, name)
		}
		for range 2 {
			r, err := s.sync()
			if err != nil {
				t.Fatal(err)
			}
			if r.Of(trello.CardModel).Failed != 1 || r.Jobs.Failed != 1 {
				t.Errorf("got %+v and %+v, want one failure", *r.Of(trello.CardModel), r.Jobs)
			}
			failed := s.jobsIn(jobs.StateFailed)
			if len(failed) != 1 || failed[0].ExcMessage == "" {
				t.Fatalf("got the failed jobs %+v, want one with its cause", failed)
			}
			s.task("One")
			s.task("Three")
		}
		if n := len(s.jobsIn(jobs.StatePending, jobs.StateStarted, jobs.StateEnqueued)); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
	t.Run("Ensure it comes in once it is mended", func(t *testing.T) {
		s := bound(t)
		s.refuse("Nonsense")
		bad := s.trello.AddCard(s.todo.ID, "Nonsense")
		s.mustSync()
		s.trello.UpdateCard(bad.ID, func(c *trellotest.Card) { c.Name = "Good" })
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
		if n := len(s.jobsIn(jobs.StateFailed)); n != 0 {
			t.Errorf("%d failed jobs are left", n)
		}
		s.quiet()
	})
	t.Run("Ensure a card that Trello refuses fails alone and is tried again", func(t *testing.T) {
		s := bound(t)
		for _, name := range []string{"One", "Two", "Three"} {
			s.addTask(name, nil)
		}
		s.trelloRefuses(400, func(r trellotest.Request) bool { return r.Method == http.MethodPost && r.Params["name"] == "Two" })
		r := s.mustSync()
		if r.Of(trello.CardModel).Failed != 1 || r.Of(trello.CardModel).Created != 2 {
			t.Errorf("got %+v", *r.Of(trello.CardModel))
		}
		s.heal()
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=5")
		if n := len(s.jobsIn(jobs.StateFailed)); n != 0 {
			t.Errorf("%d failed jobs are left", n)
		}
		s.quiet()
	})
	t.Run("Ensure an update that one side refuses fails alone", func(t *testing.T) {
		s := bound(t)
		for _, name := range []string{"Paint the door", "Oil the hinges"} {
			s.edit(name, func(c *trellotest.Card) { c.Due = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) })
		}
		bad, _ := s.task("Oil the hinges")
		s.odooRefuses(func(r odootest.Request) error {
			if r.Method != "write" || !contains(fmt.Sprint(r.Args[0]), fmt.Sprint(bad)) {
				return nil
			}
			return errors.New("ValueError: no")
		})
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Failed != 1 || c.Updated != 1 {
			t.Errorf("got %+v", *c)
		}
		s.heal()
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.quiet()
	})
}

func TestAnotherDatabase(t *testing.T) {
	s := bound(t)
	param := s.odoo.Search("ir.config_parameter", []any{[]any{"key", "=", "database.uuid"}})
	s.odoo.Write("ir.config_parameter", param, map[string]any{"value": "a-copy"})
	t.Run("Ensure a copy of the database is refused before anything is written", func(t *testing.T) {
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		_, err := s.sync()
		var moved *synchronizer.MovedError
		if !errors.As(err, &moved) || !contains(moved.Error(), "bindings rebase trello") || !moved.Usage() {
			t.Fatalf("got the error %v, want a *synchronizer.MovedError that tells of rebase", err)
		}
		s.noOdooWrites()
		s.noTrelloWrites()
	})
	t.Run("Ensure it is synchronized once that was confirmed", func(t *testing.T) {
		ctx := t.Context()
		r, err := s.begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Rebase(ctx); err != nil {
			t.Fatal(err)
		}
		if err := r.db.Close(); err != nil {
			t.Fatal(err)
		}
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.task("Oil the locks")
		s.quiet()
	})
}

func TestPermissionOfOneBoard(t *testing.T) {
	t.Run("Ensure a card that the member may not change fails alone, and a board that it may not read stops no other", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		garden := w.trello.AddBoard("Garden")
		w.trello.AddCard(w.trello.AddList(garden.ID, "To do").ID, "Dig")
		w.mustSync()

		dig, _ := w.task("Dig")
		paint, _ := w.task("Paint the door")
		w.odoo.Write("project.task", []int64{dig, paint}, map[string]any{"description": "<p>In spring</p>"})
		card := w.card("Dig")
		w.trello.Fail(func(r trellotest.Request) error {
			if !r.After && r.Method == "PUT" && strings.HasSuffix(r.Path, card.ID) {
				return &trellotest.Refusal{Status: 401, Text: "unauthorized card permission requested"}
			}
			return nil
		})
		r := w.mustSync()
		w.counts(r, "trello.card", "updated=1 unchanged=2 failed=1")

		w.trello.Fail(func(r trellotest.Request) error {
			if !r.After && strings.Contains(r.Path, "/boards/"+garden.ID) {
				return &trellotest.Refusal{Status: 401, Text: "unauthorized permission requested"}
			}
			return nil
		})
		w.trello.UpdateCard(w.card("Oil the hinges").ID, func(c *trellotest.Card) { c.Desc = "All of them" })
		r = w.mustSync()
		if c := r.Of("trello.card"); c.Updated != 2 || c.Deleted != 0 { // the card that failed is tried again
			t.Errorf("the cards' counts are %+v", *c)
		}
	})
}
