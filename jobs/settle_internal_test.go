package jobs

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// filled opens a state with so many jobs in each of these lines.
func filled(t *testing.T, o state.Options, many int, channels ...string) *Queue {
	t.Helper()
	open, err := ParseChannels("root.trello:0")
	if err != nil {
		t.Fatal(err)
	}
	q := New(statetest.New(t).Open(t, o), WithChannels(open), WithLease(0))
	var specs []Spec
	for _, channel := range channels {
		for range many {
			specs = append(specs, Spec{Function: "card.import", Backend: "trello", Model: "trello.card", Channel: channel})
		}
	}
	if _, _, err := q.Delay(t.Context(), specs...); err != nil {
		t.Fatal(err)
	}
	return q
}

// claimed gives the slices of a claim.
func claimed(t *testing.T, q *Queue, owner string, f ClaimFilter) Claimed {
	t.Helper()
	c, err := q.claimNow(t.Context(), owner, f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSettling(t *testing.T) {
	broken := errors.New("no answer")
	begin := func(t *testing.T, q *Queue, claimed func([]Job)) *pool {
		t.Helper()
		done := func(_ context.Context, slice []Job, finish func(Job, Outcome) error) error {
			return finish(slice[0], Outcome{Kind: Done})
		}
		w := NewWorker(q, "worker", map[string]Handler{"card.import": done}, WorkerOptions{Jobs: 2, Claimed: claimed})
		if err := w.enlist(t.Context()); err != nil {
			t.Fatal(err)
		}
		return newPool(w, ClaimFilter{known: true}, false, false, &Stats{})
	}
	t.Run("Ensure nothing more begins before what was stored early is safe", func(t *testing.T) {
		var armed, safe atomic.Bool
		committed := make(chan struct{})
		q := filled(t, state.Options{Hook: func(_ context.Context, point string) {
			if point == "after commit" && armed.CompareAndSwap(true, false) {
				close(committed)
			}
		}}, 1, "root.trello")
		begun := 0
		p := begin(t, q, func([]Job) {
			if begun++; !safe.Load() {
				t.Error("it began too early")
			}
		})
		armed.Store(true)
		p.settling = answer(nil, nil, func() error { <-committed; safe.Store(true); return nil }, nil)
		_, err := p.run(t.Context())
		if leaveErr := p.w.leave(t.Context()); err != nil || leaveErr != nil || begun != 1 || p.stats.Done != 1 {
			t.Errorf("%d begun, %d done (%v, %v)", begun, p.stats.Done, err, leaveErr)
		}
	})
	t.Run("Ensure nothing begins where it turns out not to be, and what was claimed goes back", func(t *testing.T) {
		q := filled(t, state.Options{}, 1, "root.trello")
		p := begin(t, q, func([]Job) { t.Error("it began") })
		p.settling = answer(nil, nil, func() error { return broken }, nil)
		_, err := p.run(t.Context())
		if leaveErr := p.w.leave(t.Context()); !errors.Is(err, broken) || leaveErr != nil {
			t.Errorf("%v, %v", err, leaveErr)
		}
		if list, err := q.List(t.Context(), Filter{}); err != nil || len(list) != 1 || list[0].State != StatePending {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}
