package cmd

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"context"

	"github.com/odoo-connector/connector/state"
)

// settings merges the global flags with their environment variables and checks them.
func (a *app) settings(c *cobra.Command) error {
	v := viper.New()
	v.SetEnvPrefix("connector")
	for _, name := range []string{"config", "output", "wait"} {
		if err := v.BindPFlag(name, c.Root().PersistentFlags().Lookup(name)); err != nil {
			return err
		}
		if err := v.BindEnv(name); err != nil {
			return err
		}
	}
	a.place, a.output = findConfig(v.GetString("config"), configOrigin(c)), v.GetString("output")
	a.config = a.place.path
	var err error
	if a.wait, err = parseSpan(v.GetString("wait")); err != nil || a.wait < 0 {
		return &usageError{fmt.Sprintf("--wait %q is no time to wait, as 30s or 5m", v.GetString("wait"))}
	}
	if a.output != "text" && a.output != "json" {
		return &usageError{fmt.Sprintf("--output %q is neither text nor json", a.output)}
	}
	return nil
}

func (a *app) json() bool { return a.output == "json" }

// printJSON writes one value on one line.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// count is "1 job" or "3 jobs".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// when is a time for people, "" for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime)
}

// patientClock tells people why nothing happens for a while.
type patientClock struct {
	state.Clock
	app *app
}

// Machine tells that the time is the machine's, so that a state that several machines share may tell its own.
func (c *patientClock) Machine() bool { return true }

// noticeable is a wait that deserves a line.
const noticeable = 3 * time.Second

func (c *patientClock) Sleep(ctx context.Context, d time.Duration) error {
	if d >= noticeable {
		_, _ = fmt.Fprintf(c.app.err, "waiting %s\n", d.Round(time.Second))
	}
	return c.Clock.Sleep(ctx, d)
}
