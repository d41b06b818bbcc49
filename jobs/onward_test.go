package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestOnward(t *testing.T) {
	t.Run("Ensure an outcome and the claim of the next job share a transaction", func(t *testing.T) {
		commits := 0
		b := openBench(t, statetest.New(t), state.Options{Clock: statetest.NewClock(noon), Hook: func(_ context.Context, point string) {
			if point == "after commit" {
				commits++
			}
		}})
		for range 5 {
			b.add(jobs.Spec{})
		}
		commits = 0
		if _, err := b.worker(each(always(jobs.Outcome{Kind: jobs.Done})), jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
		if want := 1 + 1 + 5 + 1; commits != want { // the worker comes, the first claim, the outcomes, the worker goes
			t.Errorf("%d commits, want %d", commits, want)
		}
	})
	t.Run("Ensure a job that was claimed along with an outcome goes back when the run ends there", func(t *testing.T) {
		broken := errors.New("no environment")
		for name, c := range map[string]struct {
			tail func(stop func()) error // of the handler
			want error
		}{
			"by the handler's error": {func(func()) error { return broken }, broken},
			"by being told to stop":  {func(stop func()) error { stop(); return nil }, context.Canceled},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			b := newBench(t)
			b.add(jobs.Spec{})
			b.add(jobs.Spec{})
			ran := 0
			h := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
				ran++
				err := finish(slice[0], jobs.Outcome{Kind: jobs.Done})
				b.wantState(2, strt)
				return errors.Join(err, c.tail(cancel))
			}
			s, err := b.worker(h, jobs.WorkerOptions{}).Run(ctx, jobs.RunFilter{})
			cancel()
			if !errors.Is(err, c.want) || s.Done != 1 || s.GivenBack != 1 || ran != 1 {
				t.Errorf("%s: %v, %+v, %d ran", name, err, s, ran)
			}
			b.wantState(1, done)
			b.wantState(2, pend)
			if j := b.job(2); j.Retry != 0 || j.Alone {
				t.Errorf("%s: %+v", name, j)
			}
		}
	})
	t.Run("Ensure nothing is claimed along with the outcome of a job that found its backend down", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		h := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			err := finish(slice[0], jobs.Outcome{Kind: jobs.Paused, After: time.Minute})
			b.wantState(1, pend)
			b.wantState(2, pend)
			return err
		}
		var paused *jobs.PausedError
		if s, err := b.worker(h, jobs.WorkerOptions{}).Run(t.Context(), jobs.RunFilter{}); !errors.As(err, &paused) || s.GivenBack != 0 {
			t.Errorf("%v, %+v", err, s)
		}
	})
}
