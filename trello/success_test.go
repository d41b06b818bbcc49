package trello_test

import (
	"context"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// runNote is what is known of the backend's runs.
func (w *world) runNote() (note jobs.RunNote) {
	w.t.Helper()
	w.look(func(ctx context.Context, _ *binding.Binder, q *jobs.Queue) {
		all, err := q.Runs(ctx)
		if err != nil || len(all) != 1 {
			w.t.Fatalf("%v %v", all, err)
		}
		note = all[0]
	})
	return note
}

func TestSuccessOfTheWhole(t *testing.T) {
	// later lets time pass, does something and tells how long before it the last success of the whole was; below zero: it is one.
	later := func(t *testing.T, w *world, do func()) (age time.Duration) {
		t.Helper()
		w.clock.Advance(time.Hour)
		began := w.clock.Now()
		do()
		note := w.runNote()
		if note.Last.Before(began) {
			t.Errorf("the last run was at %s, before %s", note.Last, began)
		}
		if note.Success.IsZero() {
			return time.Hour * 24 * 365
		}
		return began.Sub(note.Success)
	}
	t.Run("Ensure a first run of a part is none", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.narrowly(synchronizer.Limits{Models: []string{trello.BoardModel}})
		if at := w.runNote().Success; !at.IsZero() {
			t.Errorf("everything was looked at on %s", at)
		}
	})
	t.Run("Ensure narrowed runs, and runs of jobs, are none", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		for _, narrowed := range []struct {
			by string
			do func()
		}{
			{"models", func() { w.narrowly(synchronizer.Limits{Models: []string{trello.CardModel}}) }},
			{"direction", func() { w.narrowly(synchronizer.Limits{Direction: config.DirectionImport}) }},
			{"limit", func() {
				for _, name := range []string{"Card 1", "Card 2"} {
					w.edit(name, func(c *trellotest.Card) { c.Desc = "Other words" })
				}
				w.narrowly(synchronizer.Limits{Records: 1})
			}},
			{"jobs", w.runJobs},
		} {
			if age := later(t, w, narrowed.do); age < time.Hour-time.Minute {
				t.Errorf("a run narrowed by %s counts: the last success is %s old", narrowed.by, age)
			}
		}
		if age := later(t, w, func() { w.mustSync() }); age > 0 {
			t.Errorf("a run of everything does not count: the last success is %s old", age)
		}
	})
	t.Run("Ensure a limit that is not reached, and a full run, leave nothing out", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		if age := later(t, w, func() { w.narrowly(synchronizer.Limits{Records: 100, Full: true}) }); age > 0 {
			t.Errorf("the last success is %s old", age)
		}
	})
	t.Run("Ensure runs that look at everything between them are one, as old as the oldest of them", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		cards := synchronizer.Limits{Models: []string{trello.CardModel}}
		var others synchronizer.Limits
		for _, m := range w.backend.AllModels() {
			if m.Name != trello.CardModel {
				others.Models = append(others.Models, m.Name)
			}
		}
		later(t, w, func() { w.narrowly(cards) })
		if age := later(t, w, func() { w.narrowly(others) }); age < time.Hour-time.Minute || age > time.Hour+time.Minute {
			t.Errorf("the last success is %s old, want that of the cards", age)
		}
		if age := later(t, w, func() { w.narrowly(cards) }); age < time.Hour-time.Minute || age > time.Hour+time.Minute {
			t.Errorf("the last success is %s old, want that of the others", age)
		}
	})
}

// runJobs runs what is in the line, and looks for nothing.
func (w *world) runJobs() {
	w.t.Helper()
	ctx := context.Background()
	r, err := w.begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.db.Close() }()
	if err := synchronizer.RunJobs(ctx, r.Synchronizer, nil, synchronizer.RunOptions{Owner: "test"}); err != nil {
		w.t.Fatal(err)
	}
}
