package synchronizer

import (
	"context"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
)

// runOwn is the handler of a job function of the system's own. An outage pauses the backend, whatever the function makes of it, as for
// every other job. A dry run has nothing to show of what such a function would do, and does nothing.
func (s *Synchronizer) runOwn(f backend.FunctionUnit) jobs.Handler {
	return func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		s.atWork(slice)
		if s.dry != nil {
			return skipAll(slice, finish)
		}
		open := map[int64]jobs.Job{}
		for _, j := range slice {
			open[j.ID] = j
		}
		err := f.Handler(s.env, s.queue)(ctx, slice, func(j jobs.Job, o jobs.Outcome) error {
			if (o.Kind == jobs.Failed || o.Kind == jobs.Retry) && outage(o.Err) {
				o = jobs.Outcome{Kind: jobs.Paused, Err: o.Err, After: max(o.After, retryAfter(o.Err))}
			}
			delete(open, j.ID)
			return finish(j, o)
		})
		if !outage(err) {
			return err
		}
		return endFirst(slice, open, jobs.Outcome{Kind: jobs.Paused, Err: err, After: retryAfter(err)}, finish)
	}
}

func skipAll(slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
	for _, j := range slice {
		if err := finish(j, jobs.Outcome{Kind: jobs.NothingToDo, Result: "a dry run doesn't call " + j.Function}); err != nil {
			return err
		}
	}
	return nil
}
