package synchronizer

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Wish is what somebody asks of a watch: a round at once.
type Wish struct {
	Backends []string // by name; nil: all that are watched
	Limits   Limits   // that the round is narrowed to
}

// ask is a wish with the place where its answer is waited for.
type ask struct {
	wish Wish
	done chan Round
}

// Ask has a round made at once and gives what came of it; while somebody else works on the backends it waits. A round that is narrowed,
// or leaves backends out, takes nothing away from those that are made anyway. It may be called while Run runs.
func (w *Watch) Ask(ctx context.Context, wish Wish) (Round, error) {
	a := ask{wish: wish, done: make(chan Round, 1)}
	select {
	case w.asks <- a:
	case <-ctx.Done():
		return Round{}, ctx.Err()
	}
	select {
	case r := <-a.done:
		return r, r.Failure()
	case <-ctx.Done():
		return Round{}, ctx.Err()
	}
}

// wanted says that a round is due, or that somebody waits for one.
func (w *Watch) wanted() bool { return w.pending != "" || len(w.waiting) > 0 }

// next is the round that comes next: one that somebody waits for comes first.
func (w *Watch) next(now time.Time) Round {
	if len(w.waiting) > 0 {
		return Round{Reason: Asked, Started: now, wish: w.waiting[0].wish}
	}
	return Round{Reason: w.pending, News: w.news, Started: now}
}

// answer gives a round to those who asked for it, unless it could not be made since somebody else works on the backends.
func (w *Watch) answer(r Round) {
	var locked *state.LockedError
	if r.Reason != Asked || errors.As(r.Err, &locked) {
		return
	}
	w.waiting = slices.DeleteFunc(w.waiting, func(a ask) bool {
		same := reflect.DeepEqual(a.wish, r.wish)
		if same {
			a.done <- r
		}
		return same
	})
}

// partakers are the backends of a round: those that are named by who asked for it, or else those that don't have to be left alone.
func (w *Watch) partakers(r *Round) (all []*Synchronizer) {
	if r.Reason != Asked {
		return w.fit(r.Started)
	}
	for _, s := range w.all {
		if len(r.wish.Backends) == 0 || slices.Contains(r.wish.Backends, s.env.Config.Name) {
			all = append(all, s)
		}
	}
	return all
}

// narrow says that a round that somebody asked for leaves out what others have to look at.
func (w *Watch) narrow(r *Round) bool {
	return r.Reason == Asked && (!r.wish.Limits.looksAtAll() || len(r.All) < len(w.all))
}
