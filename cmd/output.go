package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// settings merges the global flags with their environment variables and checks them.
func (a *app) settings(c *cobra.Command) error {
	v := viper.New()
	v.SetEnvPrefix("connector")
	v.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	for _, name := range []string{"config", "output", "wait", "quiet", "no-color", "no-progress", "log-level", "log-format", "trace"} {
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
	if a.wait, err = config.ParseSpan(v.GetString("wait")); err != nil || a.wait < 0 {
		return &usageError{fmt.Sprintf("--wait %q is no time to wait, as 30s or 5m", v.GetString("wait"))}
	}
	if a.output != "text" && a.output != "json" {
		return &usageError{fmt.Sprintf("--output %q is neither text nor json", a.output)}
	}
	if a.quiet, err = yesOrNo(v, "quiet"); err != nil {
		return err
	}
	if a.noColor, err = yesOrNo(v, "no-color"); err != nil {
		return err
	}
	if err := a.beginLog(v.GetString("log-level"), v.GetString("log-format")); err != nil {
		return err
	}
	if a.silent, err = yesOrNo(v, "no-progress"); err != nil {
		return err
	}
	return a.beginTrace(v.GetString("trace"))
}

// yesOrNo is a flag that is true or false, be it from the environment.
func yesOrNo(v *viper.Viper, name string) (bool, error) {
	yes, err := strconv.ParseBool(v.GetString(name))
	if err != nil {
		return false, &usageError{fmt.Sprintf("--%s %q is neither true nor false", name, v.GetString(name))}
	}
	return yes, nil
}

// deeds is where a command says that it did what it was asked to do. Those who want to hear of trouble only don't.
func (a *app) deeds() io.Writer {
	if a.quiet {
		return io.Discard
	}
	return a.out
}

// hints is where a command says what helps with its result, and is no trouble.
func (a *app) hints() io.Writer {
	if a.quiet {
		return io.Discard
	}
	return a.err
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

// pause is a wait that is told.
type pause struct{ since, until time.Time }

// noticeable is a wait that deserves a line.
const noticeable = 3 * time.Second

func (c *patientClock) Sleep(ctx context.Context, d time.Duration) error {
	if d < noticeable {
		return c.Clock.Sleep(ctx, d)
	}
	c.app.log.Info("waiting " + d.Round(time.Second).String())
	now := c.Now()
	c.app.pause.Store(&pause{now, now.Add(d)})
	defer c.app.pause.Store(nil)
	return c.Clock.Sleep(ctx, d)
}
