package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/notify"
	"github.com/odoo-connector/connector/state"
)

func (a *app) notifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "notify", Short: "Look at who is told of troubles, and try it", Args: cobra.NoArgs,
		Long: `notify looks at the section ` + "`notify:`" + ` of the configuration: receivers of messages about failed jobs,
outages, a schedule that did not run, jobs that hang and reviews; and dead man's switches.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector notify list`.",
		Example: "  connector notify list\n  connector notify test ops",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.notifyList(), a.notifyTest())
	return c
}

func (a *app) notifyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show who is told of what, when that was, and what waits", Args: cobra.NoArgs,
		Long: `list shows each receiver: how and of what it is told, when the last message got through, how many lines
of the next one wait, and why it could not be reached.

Exit codes: 0 done, 1 unusable state, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector notify test NAME`.",
		Example: "  connector notify list\n  connector --output json notify list",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withOrWithoutState(c.Context(), func(db *state.DB, conf *config.Config) error {
				if db == nil {
					return a.showReceivers(nil, conf)
				}
				all, err := newNotifier(db, newQueue(db, conf), conf).Statuses(c.Context())
				if err != nil {
					return err
				}
				return a.showReceivers(all, conf)
			})
		},
	}
}

// receiverView is a receiver as `--output json` shows it.
type receiverView struct {
	Name    string     `json:"name"`
	Way     string     `json:"way"`
	On      []string   `json:"on,omitempty"`
	Runs    []string   `json:"runs,omitempty"`
	Digest  string     `json:"digest,omitempty"`
	Sent    *time.Time `json:"sent,omitempty"`
	Waiting int        `json:"waiting"`
	Problem string     `json:"problem,omitempty"`
}

func (a *app) showReceivers(all []notify.Status, c *config.Config) error {
	var views []receiverView
	for _, n := range c.Notify {
		v := receiverView{Name: n.Name, Way: wayOf(n), On: n.On, Runs: n.Runs}
		if n.Digest > 0 {
			v.Digest = n.Digest.String()
		}
		for _, s := range all {
			if s.Name == n.Name {
				v.Sent, v.Waiting, v.Problem = optional(s.Sent), s.Waiting, s.Problem
			}
		}
		views = append(views, v)
	}
	if a.json() {
		return a.printJSON(receiversView{append([]receiverView{}, views...)})
	}
	if len(views) == 0 {
		_, err := fmt.Fprintln(a.out, "Nobody is told: the configuration has no `notify:`.")
		return err
	}
	rows := [][]string{{"NAME", "WAY", "TOLD OF", "LAST SENT", "WAITING", "PROBLEM"}}
	for _, v := range views {
		sent := "never"
		if v.Sent != nil {
			sent = when(*v.Sent)
		}
		of, waiting := strings.Join(v.On, ","), fmt.Sprint(v.Waiting)
		if v.Way == "ping" {
			of, sent, waiting = "runs of "+strings.Join(v.Runs, ","), "-", "-"
		}
		rows = append(rows, []string{v.Name, v.Way, of, sent, waiting, v.Problem})
	}
	return a.print(layOut(rows, a.columnsOf(), 5))
}

func wayOf(n config.Notify) string {
	switch {
	case len(n.Command) > 0:
		return "command"
	case n.Email != nil:
		return "email"
	case !n.Ping.IsZero():
		return "ping"
	default:
		return "webhook"
	}
}

func (a *app) notifyTest() *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "Send a test message to a receiver",
		Long: `test sends a message that says it is a test, at once; a ping is told of a run that begins and ends well.

Exit codes: 0 sent, 2 usage or configuration, 3 the receiver could not be reached.` + "\n\nNext: `connector notify list`.",
		Example: "  connector notify test ops",
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := a.load()
			if err != nil {
				return err
			}
			if len(args) != 1 {
				return &usageError{"give the name of one entry of `notify:`; `connector notify list` shows them"}
			}
			if len(conf.Notify) == 0 {
				return &usageError{"the configuration has no `notify:`"}
			}
			found, err := chosen("notify entry", conf.Notify, func(n config.Notify) string { return n.Name }, args)
			if err != nil {
				return err
			}
			if err := notify.Test(c.Context(), found[0], conf.Dir); err != nil {
				return &environmentError{err}
			}
			if a.json() {
				return a.printJSON(sentView{found[0].Name, wayOf(found[0])})
			}
			_, err = fmt.Fprintf(a.deeds(), "A test was sent to %s by %s.\n", found[0].Name, wayOf(found[0]))
			return err
		},
	}
}

// newNotifier tells those whom the configuration names of troubles in a state.
func newNotifier(db *state.DB, q *jobs.Queue, c *config.Config) *notify.Notifier {
	o := notify.Options{Receivers: c.Notify, Dir: c.Dir}
	for _, s := range c.Schedule {
		o.Schedule = append(o.Schedule, s.Name)
	}
	return notify.New(db, q, o)
}
