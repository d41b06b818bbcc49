package synchronizer

import (
	"context"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
)

// conclude completes the report: what was not touched and waits for no job is unchanged, what is left is pending.
func (s *Synchronizer) conclude(ctx context.Context) {
	counts, err := s.queue.Counts(ctx, s.env.Config.Name)
	if err != nil {
		return // the report is not worth failing for
	}
	s.report.Jobs.Pending = counts[jobs.StatePending] + counts[jobs.StateEnqueued] + counts[jobs.StateStarted] + counts[jobs.StateWaitDependencies]
	open := map[string]bool{}
	if s.report.Jobs.Pending > 0 {
		if open, err = s.queue.Open(ctx, s.env.Config.Name); err != nil {
			return
		}
	}
	for _, c := range s.report.Models {
		_ = s.countUnchanged(ctx, c, open) // it is not worth failing for either
	}
}

// countUnchanged completes the counts of one model, given the identities of the jobs that are left.
func (s *Synchronizer) countUnchanged(ctx context.Context, c *Counts, open map[string]bool) error {
	all, err := s.env.Binder.Briefs(ctx, c.Model)
	if err != nil {
		return err
	}
	reviews, err := s.env.Binder.Reviews(ctx, c.Model)
	if err != nil {
		return err
	}
	for _, r := range reviews {
		if r.Kind != binding.Deleted {
			s.report.skip(c.Model, reviewKey(r))
		}
	}
	c.Unchanged = 0
	for _, b := range all {
		if s.report.failed(c.Model, b) {
			continue
		}
		waits := len(open) > 0 && (open[s.identity(Args{Model: c.Model, ExternalID: b.ExternalID})] ||
			open[s.identity(Args{Model: c.Model, OdooID: b.OdooID, Scope: b.Scope})])
		if b.TakesPart() && !waits && !s.report.touched[c.Model][b.ExternalID] && !s.report.skipped[c.Model][b.ExternalID] {
			c.Unchanged++
		}
	}
	return nil
}
