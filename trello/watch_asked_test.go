package trello_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// ask asks the watch for a round, and hands it on when it was made.
func (w *watched) ask(wish synchronizer.Wish, answer chan<- error) func() {
	return func() {
		go func() {
			_, err := w.watch.Ask(context.Background(), wish)
			answer <- err
		}()
	}
}

// answered makes sure that a round was made that went well.
func (w *watched) answered(answer <-chan error) {
	w.t.Helper()
	select {
	case err := <-answer:
		if err != nil {
			w.t.Error(err)
		}
	case <-time.After(time.Minute):
		w.t.Error("the wish was not answered")
	}
}

// count is how many rounds were made for a reason.
func (w *watched) count(why synchronizer.Reason) (n int) {
	for _, r := range w.reasons() {
		if r == why {
			n++
		}
	}
	return n
}

func TestWatchNarrowedOnWish(t *testing.T) {
	onlyLists := synchronizer.Wish{Limits: synchronizer.Limits{Models: []string{trello.ListModel}}}
	const soon = 5 * time.Second
	t.Run("Ensure what a narrowed round leaves out is found by the look that was due, on either side", func(t *testing.T) {
		w := watching(boardsOf(t, 2), func(o *synchronizer.WatchOptions) { o.Interval = 20 * time.Second }).settled()
		id, _ := w.task("Card of board 01")
		answer := make(chan error, 1)
		w.runFor(time.Minute,
			happening{time.Second, func() {
				w.editCard("Card of board 00", func(c *trellotest.Card) { c.Name = "In Trello" })
				w.odoo.Write("project.task", []int64{id}, map[string]any{"name": "In Odoo"})
				w.trello.UpdateList(w.listID("Done"), func(l *trellotest.List) { l.Name = "Finished" })
				w.ask(onlyLists, answer)()
			}, true},
			happening{3 * time.Second, func() {
				w.answered(answer)
				w.odooID("project.task.type", "Finished")
				w.task("Card of board 00")
				w.card("Card of board 01")
			}, false},
			happening{30 * time.Second, func() { w.task("In Trello"); w.card("In Odoo") }, false})
		w.noFailure()
	})
	t.Run("Ensure narrowed rounds put no sweep off, and one that looks at everything does", func(t *testing.T) {
		w := watching(boardsOf(t, 1), func(o *synchronizer.WatchOptions) { o.Interval = time.Minute }).settled()
		sweeps := func(wish synchronizer.Wish) int {
			answer := make(chan error, 5)
			var coming []happening
			for i := range 5 {
				at := time.Duration(i)*5*time.Minute + time.Second
				coming = append(coming, happening{at, w.ask(wish, answer), true}, happening{at + soon, func() { w.answered(answer) }, false})
			}
			w.runFor(25*time.Minute, coming...)
			w.noFailure()
			if n := w.count(synchronizer.Asked); n != 5 {
				t.Errorf("%d rounds for 5 wishes", n)
			}
			return w.count(synchronizer.Sweeping)
		}
		for about, wish := range map[string]synchronizer.Wish{
			"lists":       onlyLists,
			"one way":     {Limits: synchronizer.Limits{Direction: config.DirectionImport}},
			"ten records": {Limits: synchronizer.Limits{Records: 10}},
			"nothing":     {Backends: []string{"another"}},
		} {
			if n := sweeps(wish); n < 2 || n > 3 {
				t.Errorf("%d sweeps in 25 minutes with rounds for %s", n, about)
			}
		}
		for _, wish := range []synchronizer.Wish{{}, {Limits: synchronizer.Limits{Full: true}}, {Backends: []string{"trello"}}} {
			if n := sweeps(wish); n != 0 {
				t.Errorf("%d sweeps in 25 minutes with rounds for %+v", n, wish)
			}
		}
	})
	t.Run("Ensure a full round compares every pair anew", func(t *testing.T) {
		w := watching(boardsOf(t, 2)).settled()
		answer := make(chan error, 1)
		w.runFor(time.Minute, happening{time.Second, w.ask(synchronizer.Wish{Limits: synchronizer.Limits{Full: true}}, answer), true},
			happening{10 * time.Second, func() { w.answered(answer) }, false})
		if n := len(w.rounds); n != 1 || w.rounds[0].All[0].Report().Jobs.Done < 8 { // two boards, four lists, two cards
			t.Errorf("%d rounds for %v, %+v", n, w.reasons(), w.rounds[0].All[0].Report().Jobs)
		}
	})
	t.Run("Ensure a backend that was down is looked at altogether as soon as a narrowed round finds it well", func(t *testing.T) {
		w := watching(boardsOf(t, 2)).settled()
		answer := make(chan error, 1)
		w.runFor(10*time.Minute,
			happening{time.Second, func() {
				w.trello.Fail(func(trellotest.Request) error { return &trellotest.Refusal{Status: http.StatusServiceUnavailable} })
			}, false},
			happening{200 * time.Second, func() { // it is left alone for some minutes by now
				w.trello.Fail(nil)
				w.editCard("Card of board 01", func(c *trellotest.Card) { c.Name = "Meanwhile" })
				w.ask(onlyLists, answer)()
			}, true},
			happening{202 * time.Second, func() { w.answered(answer); w.task("Meanwhile") }, false})
		reasons := w.reasons()
		if i := slices.Index(reasons, synchronizer.Asked); i < 0 || reasons[i+1] != synchronizer.Recovered {
			t.Errorf("rounds for %v", reasons)
		}
	})
	t.Run("Ensure a wish waits while another process works on the backend", func(t *testing.T) {
		w := watching(boardsOf(t, 1)).settled()
		answer := make(chan error, 1)
		w.runFor(time.Minute,
			happening{time.Second, func() {
				w.locked = func() error { return &state.LockedError{Name: "trello"} }
				w.ask(onlyLists, answer)()
			}, true},
			happening{30 * time.Second, func() {
				if len(answer) > 0 {
					t.Errorf("the wish was answered with %v", <-answer)
				}
				w.locked = nil
			}, false},
			happening{40 * time.Second, func() { w.answered(answer) }, false})
	})
}
