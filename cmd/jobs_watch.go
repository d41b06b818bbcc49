package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	live "github.com/odoo-connector/connector/screen"
	"github.com/odoo-connector/connector/state"
)

func (a *app) jobsWatch() *cobra.Command {
	var interval time.Duration
	var once bool
	c := &cobra.Command{
		Use: "watch", Short: "See live what runs, waits and fails", Args: cobra.NoArgs,
		Long: `watch is a live screen of the queue: what runs, waits and failed, how full the channels are, and how
many jobs end a minute. It runs nothing itself.

  ↑ ↓ PgUp PgDn   another row         ← → Tab 1…4   another list
  Enter           look into a job     Esc           back
  r               retry the job       c  d          cancel, set done (asks)
  p               pause or resume the channel
  /               filter: words, or backend: channel: model: function:
                  record: error: worker:
  q               quit

Where there is no terminal, or TERM is dumb, it writes a line of numbers every interval instead.

Exit codes: 0 done, 1 unusable state, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs show ID`, `connector jobs errors`.",
		Example: "  connector jobs watch\n  connector jobs watch --once",
		RunE: func(c *cobra.Command, _ []string) error {
			if interval < 100*time.Millisecond {
				return &usageError{fmt.Sprintf("--interval %s is too short; the least is 100ms", interval)}
			}
			if a.json() {
				return &usageError{"a screen has no JSON; `connector metrics` and `connector jobs stats` do"}
			}
			if patient, ok := a.clock.(*patientClock); ok {
				a.clock = patient.Clock // it waits most of the time
			}
			return a.withConfiguredState(c.Context(), func(db *state.DB, conf *config.Config) error {
				err := a.watchJobs(c.Context(), db, newQueue(db, conf), interval, once)
				if errors.Is(err, context.Canceled) {
					a.signal = nil // being stopped is how it ends
					return nil
				}
				return err
			})
		},
	}
	spanVar(c.Flags(), &interval, "interval", time.Second, "from one look to the next, from 100ms")
	c.Flags().BoolVar(&once, "once", false, "write one line of numbers and end")
	return c
}

func (a *app) watchJobs(ctx context.Context, db *state.DB, q *jobs.Queue, interval time.Duration, once bool) error {
	desk := live.NewDesk(db, q, func(ctx context.Context, id int64) (string, error) {
		d, err := detailOf(ctx, q, id)
		if err != nil {
			return "", err
		}
		var text bytes.Buffer
		err = (&app{out: &text, err: io.Discard, clock: a.clock, output: "text"}).showJob(d)
		return text.String(), err
	})
	_, isTerminal := terminal(a.out)
	if once || !isTerminal || !onTerminal(os.Stdin) || os.Getenv("TERM") == "dumb" {
		if !once {
			_, _ = fmt.Fprintf(a.err, "no screen here (no terminal, or TERM=dumb): a line of numbers every %s instead; Ctrl-C ends it\n", interval)
		}
		return live.Plain(ctx, desk, a.out, interval, once)
	}
	return live.Run(ctx, live.NewModel(ctx, desk, filepath.Base(db.Path()), interval), os.Stdin, fileOf(a.out))
}

func onTerminal(f *os.File) bool {
	_, is := terminal(f)
	return is
}
