package jobs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/odoo-connector/connector/jobs"
)

func TestOutage(t *testing.T) {
	t.Run("Ensure no other job of a backend is begun once one found it down, and the others go on", func(t *testing.T) {
		b := newBench(t)
		for range 3 {
			b.add(jobs.Spec{Backend: "down"})
			b.add(jobs.Spec{Backend: "up"})
		}
		ctx, stop := context.WithCancel(b.ctx())
		defer stop()
		var tried, done atomic.Int32
		told := false
		ended := func() {
			if done.Load() == 3 && told {
				stop()
			}
		}
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.Backend == "down" {
				tried.Add(1)
				return jobs.Outcome{Kind: jobs.Paused, Err: errors.New("no answer")}
			}
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{
			Progress: func(_ jobs.Job, o jobs.Outcome) {
				if o.Kind == jobs.Done {
					done.Add(1)
				}
				ended()
			},
			Notice: func(n jobs.Notice) {
				told = told || n.Kind == jobs.OutageBegan
				ended()
			},
		})
		s, err := w.Work(ctx, jobs.RunFilter{})
		if !errors.Is(err, context.Canceled) || s.Done != 3 {
			t.Errorf("%+v, %v", s, err)
		}
		if tried.Load() != 1 {
			t.Errorf("the backend was tried %d times", tried.Load())
		}
	})
}
