package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// attendance is what goes with a run that ends by itself: the metrics that it leaves in a file.
type attendance struct {
	metricsFile string
}

// flags adds --metrics-file to a command.
func (t *attendance) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.metricsFile, "metrics-file", "", "afterwards, write metrics to this file for node_exporter's textfile collector")
}

// attended does what a command is there for, and what goes with it. Nothing of that keeps the run from being done.
func (a *app) attended(ctx context.Context, t *attendance, do func(context.Context) error) error {
	if err := checkMetricsFile("--metrics-file", t.metricsFile); err != nil {
		return err
	}
	a.counting = t.metricsFile != ""
	err := do(ctx)
	return errors.Join(err, a.leaveMetrics(context.WithoutCancel(ctx), t.metricsFile))
}

// leaveMetrics writes the metrics to a file after a run. Where there is no state there are none.
func (a *app) leaveMetrics(ctx context.Context, file string) error {
	if file == "" {
		return nil
	}
	return a.afterwards(ctx, func(db *state.DB, c *config.Config) error {
		return a.showMetrics(ctx, a.collector(db, newQueue(db, c), c), file)
	})
}

// afterwards does something with the state that a run left. What kept the run from using it was reported already.
func (a *app) afterwards(ctx context.Context, do func(*state.DB, *config.Config) error) (err error) {
	c, err := a.load()
	if err != nil {
		return nil
	}
	db, err := a.openState(ctx, c)
	if err != nil {
		return nil
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, c)
}
