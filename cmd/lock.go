package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// takeLocks takes the locks of those backends that no other run has, and waits for the others as long as --wait says. It notes
// those that stay held as failures. Whatever the order of the names, locks are taken in one order, so that no two runs that wait
// have what the other one waits for.
func (r *running) takeLocks(ctx context.Context, location string, chosen []config.Backend) (got map[string]bool, err error) {
	if r.app.wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.app.wait)
		defer cancel()
	}
	got = map[string]bool{}
	inOrder := slices.SortedFunc(slices.Values(chosen), func(a, b config.Backend) int { return strings.Compare(a.Name, b.Name) })
	for _, b := range inOrder {
		l, err := r.takeLock(ctx, location, b.Name)
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		if err != nil {
			r.failures = append(r.failures, err)
			continue
		}
		r.locks, got[b.Name] = append(r.locks, l), true
		r.stopWithout(l, b.Name)
	}
	return got, nil
}

// takeLock takes one lock, and asks for it while ctx lasts if another run has it.
func (r *running) takeLock(ctx context.Context, location, name string) (state.Held, error) {
	if r.app.wait == 0 {
		held, err := state.LockState(ctx, location, name, r.app.clock.Now())
		var locked *state.LockedError
		if errors.As(err, &locked) {
			locked.Hint = "wait for its end, as --wait 5m does"
		}
		return held, err
	}
	return state.AwaitLock(ctx, location, name, state.AwaitOptions{Clock: r.app.clock, Waiting: func(held *state.LockedError) {
		r.app.log.Info(fmt.Sprintf("waiting up to %s for the lock of %s, which %s holds", r.app.wait, name, held.Holder()))
	}})
}
