package cmd

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/notify"
	"github.com/odoo-connector/connector/state"
)

// attendance is what goes with a run that ends by itself: the metrics that it leaves in a file, and who is told.
type attendance struct {
	metricsFile string
}

// flags adds --metrics-file to a command.
func (t *attendance) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.metricsFile, "metrics-file", "", "afterwards, write metrics to this file for node_exporter's textfile collector")
}

// attended does what a command is there for, and what goes with it: metrics, notifications, pings. Nothing of that keeps the run
// from being done, and who cannot be told doesn't make it fail.
func (a *app) attended(ctx context.Context, command string, t *attendance, do func(context.Context) error) error {
	if err := checkMetricsFile("--metrics-file", t.metricsFile); err != nil {
		return err
	}
	a.counting = t.metricsFile != ""
	pinger, tail := a.pinger(command)
	pinger.Start(ctx)
	err := do(ctx)
	after := context.WithoutCancel(ctx)
	err = errors.Join(err, a.leaveMetrics(after, t.metricsFile))
	a.tellTroubles(after)
	if pinger != nil {
		a.warn(pinger.End(after, err == nil, a.lastWords(tail, err)))
	}
	return err
}

// pinger tells those who want to know of runs of a command; what the run writes is heard by the tail.
func (a *app) pinger(command string) (*notify.Pinger, *notify.Tail) {
	c, err := a.load()
	if err != nil { // the run says so
		return nil, nil
	}
	p := notify.NewPinger(c.Notify, command)
	if p == nil {
		return nil, nil
	}
	tail := &notify.Tail{}
	a.console.hear(tail)
	return p, tail
}

// lastWords is the end of a run's output, with the errors that are going to be printed.
func (a *app) lastWords(tail *notify.Tail, err error) string {
	text := tail.String()
	if err == nil {
		return text
	}
	return text + strings.Join(a.lines(err), "\n") + "\n"
}

// warn tells what went wrong beside a run.
func (a *app) warn(err error) {
	if err == nil {
		return
	}
	for _, one := range flatten(err) {
		a.log.Warn(one.Error())
	}
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

// tellTroubles sends the notifications that are due after a run.
func (a *app) tellTroubles(ctx context.Context) {
	a.warn(a.afterwards(ctx, func(db *state.DB, c *config.Config) error {
		if len(c.Notify) == 0 {
			return nil
		}
		return newNotifier(db, newQueue(db, c), c).Tick(ctx)
	}))
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
