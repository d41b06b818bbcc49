package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/metrics"
	"github.com/odoo-connector/connector/state"
)

func (a *app) metricsCommand() *cobra.Command {
	var l listening
	var file string
	c := &cobra.Command{
		Use: "metrics", Short: "Show the queue's metrics to Prometheus", Args: cobra.NoArgs,
		Long: `metrics prints what Prometheus reads, writes it to a file for node_exporter's textfile collector with
--file, or serves it until it is stopped with --listen. It looks at the local database alone and
runs nothing; ` + "`work` and `watch`" + ` can serve the same themselves.

Exit codes: 0 done, 1 unusable state, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector status --check`, `connector notify list`.",
		Example: "  connector metrics\n  connector metrics --file /var/lib/node_exporter/connector.prom\n  connector metrics --listen 127.0.0.1:9464",
		RunE: func(c *cobra.Command, _ []string) error {
			if file != "" && l.address != "" {
				return &usageError{"give either --file or --listen"}
			}
			if err := checkMetricsFile("--file", file); err != nil {
				return err
			}
			if err := l.check(); err != nil {
				return err
			}
			return a.withConfiguredState(c.Context(), func(db *state.DB, conf *config.Config) error {
				collector := a.collector(db, newQueue(db, conf), conf)
				if l.address != "" {
					return a.serveMetrics(c.Context(), &l, collector)
				}
				return a.showMetrics(c.Context(), collector, file)
			})
		},
	}
	c.Flags().StringVar(&file, "file", "", "write them to this file, which ends in .prom, instead of printing them")
	l.flags(c)
	return c
}

func checkMetricsFile(flag, path string) error {
	if path == "" {
		return nil
	}
	if problem := metrics.CheckFile(path); problem != "" {
		return &usageError{fmt.Sprintf("%s %q: %s", flag, path, problem)}
	}
	return nil
}

// collector reads the metrics of a state, with those of the configuration that have not come up yet.
func (a *app) collector(db *state.DB, q *jobs.Queue, c *config.Config) *metrics.Collector {
	o := metrics.Options{Build: metrics.Build{Version: version(), Commit: commit(), Go: runtime.Version()}}
	for _, b := range c.Backends {
		o.Backends = append(o.Backends, b.Name)
	}
	for _, n := range c.Notify {
		if n.Ping.IsZero() {
			o.Receivers = append(o.Receivers, n.Name)
		}
	}
	return metrics.New(db, q, o)
}

func (a *app) showMetrics(ctx context.Context, c *metrics.Collector, file string) error {
	s, err := c.Collect(ctx)
	if err != nil {
		return err
	}
	if file != "" {
		return metricsFileError(s.WriteFile(file))
	}
	if a.json() {
		return a.printJSON(metricsView{s.Values()})
	}
	return s.Write(a.out)
}

// metricsFileError says that a file that cannot be written is the machine's trouble.
func metricsFileError(err error) error {
	if err == nil {
		return nil
	}
	return &environmentError{err}
}

func (a *app) serveMetrics(ctx context.Context, l *listening, c *metrics.Collector) error {
	s, err := l.start(ctx, c)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.out, "Metrics are at http://%s/metrics. Stop with Ctrl-C.\n", s.Address())
	beat := time.NewTicker(metrics.DefaultStall / 4)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			a.signal = nil // being stopped is how it ends
			return s.Close()
		case <-beat.C:
			s.Beat()
		}
	}
}

// listening is where a command that goes on serves its metrics, if it is told to.
type listening struct {
	address string
	public  bool
}

// flags adds --listen and --listen-public to a command.
func (l *listening) flags(c *cobra.Command) {
	c.Flags().StringVar(&l.address, "listen", "", "serve /metrics, /healthz and /readyz at this address, e.g. "+metrics.DefaultAddress)
	c.Flags().BoolVar(&l.public, "listen-public", false, "allow an address that other machines can reach")
}

// check refuses an address that nothing can be served at.
func (l *listening) check() error {
	if l.address == "" {
		if l.public {
			return &usageError{"--listen-public goes with --listen"}
		}
		return nil
	}
	return metrics.CheckAddress(l.address, l.public)
}

// start begins to serve; nil where nothing was asked for. The loop of the command calls Beat as it goes round, and Close when
// it ends; both take nil.
func (l *listening) start(ctx context.Context, c *metrics.Collector) (*metrics.Server, error) {
	if l.address == "" {
		return nil, nil //nolint:nilnil // a nil server can be used
	}
	if err := c.Begin(ctx); err != nil {
		return nil, err
	}
	s, err := metrics.Listen(ctx, l.address, c, 0)
	var busy *metrics.BusyError
	if errors.As(err, &busy) { // it may be free again soon, so a service has to try again
		return nil, &environmentError{err}
	}
	return s, err
}
