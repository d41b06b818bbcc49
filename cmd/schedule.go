package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/schedule"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) scheduleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "schedule", Short: "Look at what runs at certain times, and run it", Args: cobra.NoArgs,
		Long: `schedule looks at the section ` + "`schedule:`" + ` of the configuration and runs its entries. What runs them in
their time is ` + "`connector watch`" + `, or a crontab's line for ` + "`connector schedule run --due`" + `. A sync of the schedule may be
narrowed by models, direction and limit, or full, as ` + "`connector sync`" + ` is by its flags.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector schedule list`.",
		Example: "  connector schedule list\n  connector schedule run night",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.scheduleList(), a.scheduleRun())
	return c
}

func (a *app) scheduleList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show when each entry ran, how that ended, and when it runs next", Args: cobra.NoArgs,
		Long: `list shows the entries of the schedule in their order. The next time of an entry that has not been
planned yet is what the configuration says.

Exit codes: 0 done, 1 unusable state, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector schedule run NAME`, `connector watch`.",
		Example: "  connector schedule list\n  connector --output json schedule list",
		RunE:    func(c *cobra.Command, _ []string) error { return a.listSchedule(c.Context()) },
	}
}

func (a *app) scheduleRun() *cobra.Command {
	var due bool
	var with attendance
	c := &cobra.Command{
		Use: "run NAME… | --due", Short: "Run entries now, or those whose time has come",
		Long: `run runs the named entries of the schedule, whenever they are due. run --due runs those whose time has
come, as ` + "`connector watch`" + ` does; an entry that was missed, however often, runs once. An entry that is at work
in another process is not begun again.
` + exitHelp + "\n\nNext: `connector schedule list`.",
		Example: "  connector schedule run night\n  connector schedule run --due",
		RunE: func(c *cobra.Command, names []string) error {
			if due == (len(names) > 0) {
				return &usageError{"give either names of entries or --due"}
			}
			return a.attended(c.Context(), "schedule", &with, func(ctx context.Context) error { return a.runSchedule(ctx, names) })
		},
	}
	c.Flags().BoolVar(&due, "due", false, "run the entries whose time has come")
	with.flags(c)
	return c
}

// action is something that an entry of the schedule can do, as `run:` names it, with backends that are free.
type action struct {
	name string
	do   func(a *app, ctx context.Context, entry config.Scheduled) ([]*synchronizer.Report, error)
}

// pruning is the action that works on no backend.
const pruning = "prune"

// actions are all that `run:` can name.
func actions() []action {
	with := func(do groupRun) func(*app, context.Context, config.Scheduled) ([]*synchronizer.Report, error) {
		return func(a *app, ctx context.Context, entry config.Scheduled) ([]*synchronizer.Report, error) {
			return a.runBackends(ctx, entry.Backends, do)
		}
	}
	return []action{
		{"sync", func(a *app, ctx context.Context, entry config.Scheduled) ([]*synchronizer.Report, error) {
			return a.runBackends(ctx, entry.Backends, syncWithin(limitsOf(entry)))
		}},
		{"poll", with(synchronizer.Poll)},
		{"work", with(runGroup)},
		{pruning, func(a *app, ctx context.Context, _ config.Scheduled) ([]*synchronizer.Report, error) {
			return nil, a.pruneJobs(ctx, false)
		}},
	}
}

// limitsOf is what an entry narrows its sync to.
func limitsOf(entry config.Scheduled) synchronizer.Limits {
	return synchronizer.Limits{Models: entry.Models, Direction: entry.Direction, Full: entry.Full, Records: entry.Limit}
}

// findAction gives an action that checkSchedule has seen.
func findAction(name string) (action, error) {
	for _, one := range actions() {
		if one.name == name {
			return one, nil
		}
	}
	return action{}, fmt.Errorf("nothing is called %q that a schedule can run", name)
}

// checkSchedule finds what is wrong with the section `schedule:` as far as only those who run it know.
func checkSchedule(c *config.Config) []config.SettingProblem {
	k := jobsCheck{config: c}
	var known []string
	for _, one := range actions() {
		known = append(known, one.name)
	}
	for i, s := range c.Schedule {
		at := fmt.Sprintf("schedule[%d].", i)
		k.name(at+"run", "action", s.Run, known)
		if s.At == "" {
			continue
		}
		if _, err := schedule.Cron(s.At, s.Location()); err != nil {
			k.refuse(at+"at", fmt.Sprintf("%q is no cron expression: %v", s.At, err),
				`write minute, hour, day, month and weekday, as "0 3 * * 1-5", or @daily`)
		}
	}
	return k.problems
}

// entriesOf are the configuration's entries as the schedule takes them.
func entriesOf(c *config.Config) []schedule.Entry {
	all := make([]schedule.Entry, len(c.Schedule))
	for i, s := range c.Schedule {
		all[i] = schedule.Entry{Name: s.Name, Jitter: s.Jitter, Rule: schedule.Every(s.Every, s.Name)}
		if rule, err := schedule.Cron(s.At, s.Location()); s.At != "" && err == nil {
			all[i].Rule = rule
		}
	}
	return all
}

// newSchedule is the configuration's schedule on its state.
func newSchedule(ctx context.Context, db *state.DB, c *config.Config) (*schedule.Schedule, error) {
	location, err := c.StateLocation(ctx)
	return schedule.New(db, location, owner(), entriesOf(c)), err
}

// scheduledView is an entry of the schedule as `--output json` shows it.
type scheduledView struct {
	Name      string     `json:"name"`
	Run       string     `json:"run"`
	Backends  []string   `json:"backends"`
	At        string     `json:"at,omitempty"`
	Every     string     `json:"every,omitempty"`
	Next      *time.Time `json:"next,omitempty"`
	LastStart *time.Time `json:"last_start,omitempty"`
	LastEnd   *time.Time `json:"last_end,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	Message   string     `json:"message,omitempty"`
	Worker    string     `json:"worker,omitempty"`

	Limits *synchronizer.Limits `json:"limits,omitempty"` // how its sync is narrowed
}

func (a *app) listSchedule(ctx context.Context) error {
	return a.withOrWithoutState(ctx, func(db *state.DB, c *config.Config) error {
		all, err := statusesOf(ctx, db, c)
		if err != nil {
			return err
		}
		entries := entriesOf(c)
		views := make([]scheduledView, len(all))
		for i, st := range all {
			if st.Next.IsZero() {
				st.Next = entries[i].Next(a.clock.Now())
			}
			views[i] = viewOfScheduled(c.Schedule[i], st)
		}
		return a.showSchedule(views)
	})
}

// statusesOf are what the state knows of the entries; without a state nothing was done yet.
func statusesOf(ctx context.Context, db *state.DB, c *config.Config) ([]schedule.Status, error) {
	if db == nil {
		return make([]schedule.Status, len(c.Schedule)), nil
	}
	s, err := newSchedule(ctx, db, c)
	if err != nil {
		return nil, err
	}
	return s.List(ctx)
}

func viewOfScheduled(s config.Scheduled, st schedule.Status) scheduledView {
	v := scheduledView{
		Name: s.Name, Run: s.Run, Backends: append([]string{}, s.Backends...), At: s.At, Next: optional(st.Next), LastStart: optional(st.LastStart),
		LastEnd: optional(st.LastEnd), Outcome: string(st.Outcome), Message: st.Message, Worker: st.Worker,
	}
	if s.Every > 0 {
		v.Every = s.Every.String()
	}
	v.Limits = narrowingOf(s)
	return v
}

func (a *app) showSchedule(views []scheduledView) error {
	if a.json() {
		return a.printJSON(scheduleView{views})
	}
	if len(views) == 0 {
		_, err := fmt.Fprintln(a.out, "The configuration has no schedule.")
		return err
	}
	rows := [][]string{{"NAME", "RUN", "NEXT", "LAST", "OUTCOME", "MESSAGE"}}
	for _, v := range views {
		rows = append(rows, []string{
			v.Name, v.what(), whenOf(v.Next), whenOf(v.LastStart), v.Outcome, cut(v.Message, 60),
		})
	}
	return a.print(layOut(rows, a.columnsOf(), 1, 5, 5))
}

// what is what an entry does, and with what, as short as its keys: sync trello full.
func (v scheduledView) what() string {
	words := append([]string{v.Run}, v.Backends...)
	if l := v.Limits; l != nil {
		words = append(words, l.Models...)
		if l.Direction != "" {
			words = append(words, string(l.Direction))
		}
		if l.Records > 0 {
			words = append(words, fmt.Sprintf("limit %d", l.Records))
		}
		if l.Full {
			words = append(words, "full")
		}
	}
	return strings.Join(words, " ")
}

// narrowingOf is how an entry narrows its sync; nil: not at all.
func narrowingOf(s config.Scheduled) *synchronizer.Limits {
	if l := limitsOf(s); !l.None() {
		return &l
	}
	return nil
}

// whenOf is a time that may be missing, for people.
func whenOf(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return when(*t)
}

// runSchedule runs the named entries, or those that are due where none is named.
func (a *app) runSchedule(ctx context.Context, names []string) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	location, err := c.StateLocation(ctx)
	if err != nil {
		return err
	}
	db, err := state.Open(ctx, location, state.Options{Clock: a.clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := newSchedule(ctx, db, c)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return a.runNamed(ctx, s, c, names)
	}
	var failures []error
	ran, err := s.RunDue(ctx, func(ctx context.Context, e schedule.Entry) (string, error) {
		message, err := a.act(ctx, c, e)
		failures = append(failures, err)
		return message, err
	})
	err = errors.Join(append(failures, err, s.Plan(context.WithoutCancel(ctx)))...)
	if ran == 0 && err == nil && !a.json() {
		_, _ = fmt.Fprintln(a.out, "Nothing is due.")
	}
	return err
}

func (a *app) runNamed(ctx context.Context, s *schedule.Schedule, c *config.Config, names []string) error {
	var known []string
	for _, e := range c.Schedule {
		known = append(known, e.Name)
	}
	chosen, err := chosen("entry of the schedule", known, func(name string) string { return name }, names)
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range chosen {
		if ctx.Err() == nil {
			failures = append(failures, s.Run(ctx, name, func(ctx context.Context, e schedule.Entry) (string, error) { return a.act(ctx, c, e) }))
		}
	}
	return errors.Join(failures...)
}

// act does what an entry is there for, and sums it up.
func (a *app) act(ctx context.Context, c *config.Config, e schedule.Entry) (string, error) {
	entry, _ := c.FindScheduled(e.Name)
	do, err := findAction(entry.Run)
	if err != nil {
		return "", err
	}
	reports, err := do.do(a, ctx, entry)
	return summary(reports), err
}

// summary is what runs did, on a line.
func summary(reports []*synchronizer.Report) string {
	var parts []string
	for _, r := range reports {
		j := r.Jobs
		parts = append(parts, fmt.Sprintf("%s: %d enqueued, %d done, %d failed, %d left", r.Backend, j.Enqueued, j.Done, j.Failed, j.Pending))
	}
	return strings.Join(parts, "; ")
}
