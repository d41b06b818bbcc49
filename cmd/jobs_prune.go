package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// prunedView is pruned jobs of one state and channel as `--output json` shows them.
type prunedView struct {
	State   jobs.State `json:"state"`
	Channel string     `json:"channel"`
	Jobs    int        `json:"jobs"`
}

func (a *app) jobsPrune() *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use: "prune", Short: "Delete jobs that ended long ago", Args: cobra.NoArgs,
		Long: `prune deletes jobs that ended long ago, with their attempts: done and cancelled ones after 30 days, failed ones
never, unless the configuration says otherwise under jobs: retention:. It works beside a running sync or worker,
in pieces that keep nobody waiting. A failed or cancelled job on which others depend stays until these are gone.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment, 130 interrupted: the rest is left.` + "\n\nNext: `connector jobs stats`.",
		Example: "  connector jobs prune --dry-run\n  connector jobs prune",
		RunE:    func(c *cobra.Command, _ []string) error { return a.pruneJobs(c.Context(), dry) },
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only count what would be deleted")
	return c
}

func (a *app) pruneJobs(ctx context.Context, dry bool) error {
	return a.withConfiguredState(ctx, func(db *state.DB, c *config.Config) error {
		q, retention := newQueue(db, c), retentionOf(c.Jobs)
		if dry {
			list, err := q.Prunable(ctx, retention)
			if err != nil {
				return err
			}
			return a.showPruned(a.out, list, "would be deleted")
		}
		list, err := q.Prune(ctx, retention)
		return errors.Join(err, a.showPruned(a.deeds(), list, "deleted"))
	})
}

func (a *app) showPruned(out io.Writer, list []jobs.Pruned, what string) error {
	views, total := make([]prunedView, len(list)), 0
	rows := [][]string{{"STATE", "CHANNEL", "JOBS"}}
	for i, p := range list {
		views[i] = prunedView(p)
		rows = append(rows, []string{string(p.State), p.Channel, fmt.Sprint(p.Jobs)})
		total += p.Jobs
	}
	if a.json() {
		return a.printJSON(prunedJobsView{total, views})
	}
	if total > 0 {
		if err := table(out, rows); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%s %s.\n", count(total, "job", "jobs"), what)
	return err
}

// retentionOf is how long the configuration keeps jobs.
func retentionOf(c config.Jobs) jobs.Retention {
	r := jobs.DefaultRetention()
	for _, rule := range c.Retention {
		r = r.With(jobs.RetentionRule{State: jobs.State(rule.State), Channel: rule.Channel, Keep: rule.Keep})
	}
	return r
}
