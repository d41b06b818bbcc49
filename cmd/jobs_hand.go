package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// handAct is something that is done to jobs by hand.
type handAct struct {
	name   string // of the command
	states []jobs.State
	ask    string // what is asked for, as "put %s back into the line"
	done   string // what was done, as "%s back in the line"
	do     func(q *jobs.Queue, ctx context.Context, f jobs.Filter) (jobs.Bulk, error)
}

// unasked is up to how many jobs nobody is asked.
const unasked = 20

// handful is what a command by hand was told.
type handful struct {
	filter      jobFilter
	ids         []int64
	yes, dryRun bool
	cascade     bool
}

// handCommand is the command of an act.
func (a *app) handCommand(act handAct, short, long, example string) *cobra.Command {
	var h handful
	c := &cobra.Command{
		Use: act.name + " ID… | FLAGS", Short: short, Example: example, Args: cobra.ArbitraryArgs,
		Long: long + `
The jobs are named by their ids, or chosen by the flags of jobs list. More than 20 are asked about
first; where nobody can be asked, --yes must say so. --dry-run only counts and shows them.
` + handExits + "\n\nNext: `connector jobs list`, `connector jobs run --all`.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := h.check(a, act, args); err != nil {
				return err
			}
			return a.byHand(c.Context(), act, &h)
		},
	}
	h.filter.register(c)
	c.Flags().BoolVar(&h.yes, "yes", false, "don't ask")
	c.Flags().BoolVar(&h.dryRun, "dry-run", false, "only tell which jobs it would be")
	return c
}

const handExits = `
Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such job, one that is in no state
for it, too), 3 environment, 5 done, but some jobs were left alone.`

func (a *app) jobsRetry() *cobra.Command {
	act := handAct{"retry", []jobs.State{jobs.StateFailed}, "put %s back into the line", "%s back in the line", (*jobs.Queue).RequeueAll}
	return a.handCommand(act, "Put failed jobs back into the line", `retry puts jobs back into the line, to run at once and with all attempts before them. Without --state
it is the failed ones that the flags choose. The next run takes them: connector sync, or jobs run --all.`,
		"  connector jobs retry 7 8\n  connector jobs retry --backend trello --error timeout --since 2h\n  connector jobs retry --state failed --yes")
}

func (a *app) jobsCancel() *cobra.Command {
	waiting := []jobs.State{jobs.StateWaitDependencies, jobs.StatePending, jobs.StateEnqueued}
	act := handAct{"cancel", waiting, "cancel %s, with all that wait for them", "%s cancelled", (*jobs.Queue).CancelAll}
	return a.handCommand(act, "Cancel jobs", `cancel ends jobs that don't run, and with them all jobs that wait for them, directly or through others.
Without --state it is the waiting ones that the flags choose. retry takes it back.`,
		"  connector jobs cancel 7\n  connector jobs cancel --model trello.comment --state failed,pending")
}

func (a *app) jobsDone() *cobra.Command {
	act := handAct{"done", []jobs.State{jobs.StateFailed}, "set %s done", "%s set done", (*jobs.Queue).SetDoneAll}
	return a.handCommand(act, "Set jobs done that need not run", `done sets jobs done without running them, and so lets those go on that wait for them. Without --state it
is the failed ones that the flags choose.`,
		"  connector jobs done 7\n  connector jobs done --error 'no right to write' --backend trello")
}

func (a *app) jobsDelete() *cobra.Command {
	act := handAct{name: "delete", ask: "delete %s", done: "%s deleted", do: (*jobs.Queue).DeleteAll}
	c := a.handCommand(act, "Delete jobs", `delete takes jobs out of the queue, with their attempts. It never takes one that runs, nor one that others
wait for unless they are chosen too; with --cascade those go along. Flags need a --state beside them.`,
		"  connector jobs delete 7 --cascade\n  connector jobs delete --state done,cancelled --until 30d --yes")
	c.Flags().Bool("cascade", false, "delete what waits for the named jobs, too")
	return c
}

// check reads what the command was told.
func (h *handful) check(a *app, act handAct, args []string) error {
	for _, text := range args {
		id, err := parseID(text)
		if err != nil {
			return err
		}
		h.ids = append(h.ids, id)
	}
	h.cascade, _ = h.filter.flags.GetBool("cascade")
	chosen := len(h.filter.words()) > 0
	switch {
	case len(h.ids) > 0 && chosen:
		return &usageError{"give either ids or flags that choose jobs, not both"}
	case len(h.ids) == 0 && !chosen:
		return &usageError{fmt.Sprintf("say which jobs to %s: by their ids, or by flags as --state failed; see `connector jobs %s --help`", act.name, act.name)}
	case h.cascade && chosen:
		return &usageError{"--cascade is for jobs that are named by their ids"}
	case chosen && len(h.filter.states) == 0 && len(act.states) == 0:
		return &usageError{fmt.Sprintf("say in which --state the jobs to %s are", act.name)}
	}
	if err := h.filter.check(a.clock.Now()); err != nil {
		return err
	}
	if h.filter.IDs = h.ids; chosen && len(h.filter.States) == 0 {
		h.filter.States = act.states
	}
	return nil
}

func (a *app) byHand(ctx context.Context, act handAct, h *handful) error {
	return a.onQueue(ctx, func(c *config.Config, db *state.DB, q *jobs.Queue) error {
		if err := h.filter.resolve(ctx, q); err != nil {
			return err
		}
		f := h.filter.Filter
		n, err := q.Count(ctx, f)
		if err != nil {
			return flagged(err)
		}
		if err := h.missing(ctx, q, n); err != nil {
			return err
		}
		if n == 0 && !a.json() {
			if err := a.tellUnknown(ctx, c, q, f); err != nil {
				return err
			}
		}
		if h.dryRun {
			return a.foretell(ctx, q, act, f, n)
		}
		if n > unasked && !h.yes {
			if err := a.askFor(ctx, act, n); err != nil {
				return err
			}
		}
		done, err := h.run(ctx, db, q, act)
		if err != nil {
			return err
		}
		return a.tellHand(act, n, done)
	})
}

// missing names the first id that there is no job of.
func (h *handful) missing(ctx context.Context, q *jobs.Queue, found int) error {
	if found == len(h.ids) {
		return nil
	}
	for _, id := range h.ids {
		if _, err := q.Get(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (h *handful) run(ctx context.Context, db *state.DB, q *jobs.Queue, act handAct) (jobs.Bulk, error) {
	if !h.cascade {
		return act.do(q, ctx, h.filter.Filter)
	}
	var done jobs.Bulk
	for _, id := range h.ids {
		n := 0
		err := db.Write(ctx, func(tx *state.Tx) (err error) {
			n, err = q.Delete(ctx, tx, id, true)
			return err
		})
		var gone *jobs.NotFoundError
		var refused *jobs.RefusedError
		switch {
		case errors.As(err, &gone): // it went with another one
		case errors.As(err, &refused):
			done.Refused++
			done.Reasons = append(done.Reasons, err)
		case err != nil:
			return done, err
		}
		done.Changed += n
	}
	return done, nil
}

// foretell shows which jobs it would be.
func (a *app) foretell(ctx context.Context, q *jobs.Queue, act handAct, f jobs.Filter, n int) error {
	if a.json() {
		return a.printJSON(handView{Act: act.name, DryRun: true, Selected: n, Reasons: []string{}})
	}
	f.Limit = unasked
	list, err := q.List(ctx, f)
	if err != nil {
		return err
	}
	columns, err := chosenColumns(strings.Split(defaultColumns, ","))
	if err != nil {
		return err
	}
	if err := a.showJobs(list, columns); err != nil {
		return err
	}
	if n > 0 {
		_, _ = fmt.Fprintf(a.err, "would "+act.ask+"\n", count(n, "job", "jobs"))
	}
	return nil
}

// askFor asks whether to do something to many jobs.
func (a *app) askFor(ctx context.Context, act handAct, n int) error {
	return a.confirm(ctx, fmt.Sprintf(act.ask, count(n, "job", "jobs")), "; --dry-run shows which")
}

// confirm asks whether to do something. An answer other than yes is no, and so is the lack of somebody to ask, for whom the hint
// goes on after "needs --yes".
func (a *app) confirm(ctx context.Context, question, hint string) error {
	if _, is := terminal(os.Stdin); !is {
		return &usageError{fmt.Sprintf("to %s needs --yes%s", question, hint)}
	}
	_, _ = fmt.Fprintf(a.err, "%s%s? [y/N] ", strings.ToUpper(question[:1]), question[1:])
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(os.Stdin).ReadString('\n') // an end of the input is an answer, too
		answers <- strings.ToLower(strings.TrimSpace(answer))
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(a.err)
		return &stoppedError{ctx.Err(), "anything was done"}
	case answer := <-answers:
		if answer != "y" && answer != "yes" {
			return &usageError{"nothing was done"}
		}
		return nil
	}
}

// handView is what was done by hand, as `--output json` shows it.
type handView struct {
	Act      string   `json:"act"`
	DryRun   bool     `json:"dry_run,omitempty"`
	Selected int      `json:"selected"`
	Changed  int      `json:"changed"` // those that came along included
	Same     int      `json:"same"`    // were so before
	Refused  int      `json:"refused"`
	Reasons  []string `json:"reasons"` // of the first that were refused
}

// leftAloneError says that some jobs, or all, could not be changed.
type leftAloneError struct {
	reasons []error
	more    int
	none    bool // not a single one was changed
}

func (e *leftAloneError) Error() string {
	lines := make([]string, len(e.reasons))
	for i, r := range e.reasons {
		lines[i] = r.Error()
	}
	if e.more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.more))
	}
	return strings.Join(lines, "\n")
}

// Code is that of jobs which were left alone.
func (*leftAloneError) Code() string { return "CON-JOBS-LEFTALONE" }

// exitCode is that of a mistake in the command line where nothing at all was done.
func (e *leftAloneError) exitCode() int {
	if e.none {
		return exitUsage
	}
	return exitFailedJobs
}

func (a *app) tellHand(act handAct, selected int, done jobs.Bulk) error {
	v := handView{Act: act.name, Selected: selected, Changed: done.Changed, Same: done.Same, Refused: done.Refused, Reasons: []string{}}
	for _, r := range done.Reasons {
		v.Reasons = append(v.Reasons, r.Error())
	}
	var err error
	switch {
	case a.json():
		err = a.printJSON(v)
	case selected == 0:
		_, err = fmt.Fprintln(a.deeds(), "No jobs.")
	case done.Changed > 0 || done.Refused == 0:
		text := fmt.Sprintf(act.done, count(done.Changed, "job", "jobs"))
		if done.Same > 0 {
			text += fmt.Sprintf(", %d so before", done.Same)
		}
		_, err = fmt.Fprintln(a.deeds(), text)
	}
	if err != nil || done.Refused == 0 {
		return err
	}
	return &leftAloneError{done.Reasons, done.Refused - len(done.Reasons), done.Changed+done.Same == 0}
}

func (a *app) jobsSet() *cobra.Command {
	var priority int
	var eta, channel string
	c := &cobra.Command{
		Use: "set ID… --priority N | --eta TIME | --channel C", Short: "Change when and where jobs run", Args: cobra.ArbitraryArgs,
		Long: `set changes jobs that neither run nor are done: their priority (a low number is early), the time before
which they don't run, or their channel.
` + handExits + "\n\nNext: `connector jobs list --sort priority`.",
		Example: "  connector jobs set 7 --priority 1\n  connector jobs set 7 8 --eta 2h --channel trello.slow\n  connector jobs set 7 --eta now",
		RunE: func(c *cobra.Command, args []string) error {
			var changes jobs.Changes
			if c.Flags().Changed("priority") {
				changes.Priority = &priority
			}
			if c.Flags().Changed("channel") {
				changes.Channel = &channel
			}
			if c.Flags().Changed("eta") {
				at, err := etaOf(eta, a.clock.Now())
				if err != nil {
					return err
				}
				changes.ETA = &at
			}
			return a.setJobs(c, args, changes)
		},
	}
	c.Flags().IntVar(&priority, "priority", 0, "a low number is early; the usual one is 10")
	c.Flags().StringVar(&eta, "eta", "", "not before: now, 30m, 2h, 3d, \"2026-03-02 15:04\"")
	c.Flags().StringVar(&channel, "channel", "", "the channel to wait in")
	return c
}

// etaOf reads a time to come; now is none.
func etaOf(text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return time.Time{}, nil
	}
	at, err := parseInstant(text, now, 1)
	if err != nil {
		return at, &usageError{"--eta: " + err.Error()}
	}
	return at, nil
}

func (a *app) setJobs(c *cobra.Command, args []string, changes jobs.Changes) error {
	if changes == (jobs.Changes{}) {
		return &usageError{"say what to change: --priority, --eta or --channel"}
	}
	if len(args) == 0 {
		return &usageError{fmt.Sprintf("give the jobs' ids: `%s N --priority 1`", c.CommandPath())}
	}
	act := handAct{name: "set", done: "%s changed", do: func(q *jobs.Queue, ctx context.Context, f jobs.Filter) (jobs.Bulk, error) {
		return q.SetAll(ctx, f, changes)
	}}
	var h handful
	for _, text := range args {
		id, err := parseID(text)
		if err != nil {
			return err
		}
		h.ids = append(h.ids, id)
	}
	h.filter.IDs = h.ids
	ctx := c.Context()
	return a.onQueue(ctx, func(_ *config.Config, db *state.DB, q *jobs.Queue) error {
		if err := h.missing(ctx, q, -1); err != nil {
			return err
		}
		if changes.Channel != nil {
			if err := a.doubt(ctx, q, (jobs.Channels{}).Get(*changes.Channel).Name); err != nil {
				return err
			}
		}
		done, err := h.run(ctx, db, q, act)
		if err != nil {
			return flagged(err)
		}
		return a.tellHand(act, len(h.ids), done)
	})
}
