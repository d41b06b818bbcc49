package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) jobsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "jobs", Short: "Look at jobs and run them", Example: "  connector jobs list --state failed\n  connector jobs run --id 1",
		Long: "jobs looks at the queue in the local database, and runs its jobs.\n\nExit codes: 0 done, 2 usage.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.jobsList(), a.jobsShow(), a.jobsRun())
	return c
}

// jobView is a job as `--output json` shows it.
type jobView struct {
	ID          int64      `json:"id"`
	UUID        string     `json:"uuid"`
	Function    string     `json:"function"`
	Backend     string     `json:"backend"`
	Model       string     `json:"model"`
	Description string     `json:"description"`
	State       jobs.State `json:"state"`
	Priority    int        `json:"priority"`
	ETA         *time.Time `json:"eta,omitempty"`
	Retry       int        `json:"retry"`
	MaxRetries  int        `json:"max_retries"`
	Crashes     int        `json:"crashes"`
	Args        any        `json:"args"`
	DependsOn   []int64    `json:"depends_on"`
	Created     *time.Time `json:"created,omitempty"`
	Started     *time.Time `json:"started,omitempty"`
	Finished    *time.Time `json:"finished,omitempty"`
	Worker      string     `json:"worker,omitempty"`
	Result      string     `json:"result,omitempty"`
	ExcName     string     `json:"exc_name,omitempty"`
	ExcMessage  string     `json:"exc_message,omitempty"`
	ExcInfo     string     `json:"exc_info,omitempty"`
}

func viewOf(j jobs.Job) jobView {
	return jobView{
		ID: j.ID, UUID: j.UUID, Function: j.Function, Backend: j.Backend, Model: j.Model, Description: j.Description,
		State: j.State, Priority: j.Priority, ETA: optional(j.ETA), Retry: j.Retry, MaxRetries: j.MaxRetries, Crashes: j.Crashes,
		Args: j.Args, DependsOn: append([]int64{}, j.DependsOn...), Created: optional(j.Created), Started: optional(j.Started),
		Finished: optional(j.Finished), Worker: j.Worker, Result: j.Result, ExcName: j.ExcName, ExcMessage: j.ExcMessage, ExcInfo: j.ExcInfo,
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (a *app) jobsList() *cobra.Command {
	var states []string
	var backend string
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List jobs", Args: cobra.NoArgs,
		Long:    "list shows the jobs of the queue, oldest first.\n\nExit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.",
		Example: "  connector jobs list --state failed --backend trello\n  connector jobs show --id 1",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.listJobs(c.Context(), states, backend, limit)
		},
	}
	c.Flags().StringSliceVar(&states, "state", nil, "only jobs in this state: "+stateNames())
	c.Flags().StringVar(&backend, "backend", "", "only jobs of this backend")
	c.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 for all")
	return c
}

func stateNames() string {
	var names []string
	for _, s := range jobs.States() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func (a *app) listJobs(ctx context.Context, states []string, backend string, limit int) (err error) {
	filter := jobs.Filter{Backend: backend, Limit: max(0, limit)}
	for _, s := range states {
		if !slices.Contains(jobs.States(), jobs.State(s)) {
			return &usageError{fmt.Sprintf("--state %q is no state of a job; known: %s", s, stateNames())}
		}
		filter.States = append(filter.States, jobs.State(s))
	}
	return a.withQueue(ctx, func(q *jobs.Queue) error {
		list, err := q.List(ctx, filter)
		if err != nil {
			return err
		}
		return a.showJobs(list, limit)
	})
}

func (a *app) showJobs(list []jobs.Job, limit int) error {
	if a.json() {
		views := make([]jobView, len(list))
		for i, j := range list {
			views[i] = viewOf(j)
		}
		return a.printJSON(map[string]any{"jobs": views})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "No jobs.")
		return err
	}
	rows := [][]string{{"ID", "STATE", "BACKEND", "JOB", "RESULT"}}
	for _, j := range list {
		text := j.Result
		if j.State == jobs.StateFailed || text == "" { // one that is tried again has a cause, too
			text = j.ExcMessage
		}
		rows = append(rows, []string{fmt.Sprint(j.ID), string(j.State), j.Backend, cut(j.Description, 60), cut(text, 60)})
	}
	if err := table(a.out, rows); err != nil {
		return err
	}
	if limit > 0 && len(list) == limit {
		_, _ = fmt.Fprintf(a.err, "the first %d; --limit shows more\n", limit)
	}
	return nil
}

// withQueue opens the queue of the local database for looking.
func (a *app) withQueue(ctx context.Context, do func(*jobs.Queue) error) error {
	return a.withConfiguredState(ctx, func(db *state.DB, c *config.Config) error { return do(newQueue(db, c)) })
}

// withState opens the local database for looking.
func (a *app) withState(ctx context.Context, do func(*state.DB) error) error {
	return a.withConfiguredState(ctx, func(db *state.DB, _ *config.Config) error { return do(db) })
}

func (a *app) withConfiguredState(ctx context.Context, do func(*state.DB, *config.Config) error) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := a.openState(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, c)
}

// jobByFlag refuses an argument where the flag is meant: reviews are named without one.
func jobByFlag(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Sprintf("%q is an argument too many; give the job's id as --id N", args[0])}
	}
	return nil
}

func (a *app) jobsShow() *cobra.Command {
	var id int64
	c := &cobra.Command{
		Use: "show --id N", Short: "Show one job", Args: jobByFlag,
		Long: `show prints all that is known of one job, with the cause of its last failure.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such job, too), 3 environment.`,
		Example: "  connector jobs show --id 1\n  connector jobs run --id 1",
		RunE: func(c *cobra.Command, _ []string) error {
			if id == 0 {
				return &usageError{"give the job's id: --id N"}
			}
			return a.withQueue(c.Context(), func(q *jobs.Queue) error {
				j, err := q.Get(c.Context(), id)
				if err != nil {
					return err
				}
				return a.showJob(j)
			})
		},
	}
	c.Flags().Int64Var(&id, "id", 0, "the job's id")
	return c
}

func (a *app) showJob(j jobs.Job) error {
	if a.json() {
		return a.printJSON(viewOf(j))
	}
	rows := [][]string{
		{"Job", fmt.Sprint(j.ID)}, {"Description", j.Description}, {"State", string(j.State)}, {"Backend", j.Backend},
		{"Function", j.Function}, {"Arguments", string(j.Args)}, {"Priority", fmt.Sprint(j.Priority)}, {"Not before", when(j.ETA)},
		{"Attempts", fmt.Sprintf("%d of %d", j.Retry, j.MaxRetries)}, {"Waits for", strings.Trim(fmt.Sprint(j.DependsOn), "[]")},
		{"Created", when(j.Created)}, {"Started", when(j.Started)}, {"Finished", when(j.Finished)}, {"Result", j.Result},
		{"Failure", j.ExcMessage}, {"Kind", j.ExcName},
	}
	rows = slices.DeleteFunc(rows, func(r []string) bool { return r[1] == "" })
	if err := table(a.out, rows); err != nil {
		return err
	}
	if j.ExcInfo != "" {
		_, _ = fmt.Fprintf(a.out, "\n%s\n", j.ExcInfo)
	}
	return nil
}

func (a *app) jobsRun() *cobra.Command {
	var id int64
	var all bool
	c := &cobra.Command{
		Use: "run --id N | --all [BACKEND…]", Short: "Run one job, telling each step, or all whose time has come",
		Long: `run --id runs one job at once, be it pending, failed, cancelled or done already, and tells step by step
what it reads, what it plans and what it writes. A job that waits for others is refused: run those
first. run --all runs the jobs of the named backends (of all without a name) whose time has come.
` + exitHelp,
		Example: "  connector jobs run --id 1\n  connector jobs run --all trello",
		RunE: func(c *cobra.Command, args []string) error {
			if (id != 0) == all {
				return &usageError{"give either --id N or --all"}
			}
			if all {
				return a.runAll(c.Context(), args)
			}
			if len(args) > 0 {
				return &usageError{"--id takes no names of backends"}
			}
			return a.runOne(c.Context(), id)
		},
	}
	c.Flags().Int64Var(&id, "id", 0, "the job's id")
	c.Flags().BoolVar(&all, "all", false, "all jobs whose time has come")
	return c
}

func (a *app) runAll(ctx context.Context, names []string) (err error) {
	r, err := a.open(ctx, names, nil)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	return r.each(ctx, func(ctx context.Context, group []*synchronizer.Synchronizer) []error {
		errs := make([]error, len(group))
		for i, s := range group {
			errs[i] = synchronizer.RunJobs(ctx, s, nil, synchronizer.RunOptions{Owner: owner()})
		}
		return errs
	})
}

// runOne runs one job with its steps told on stdout, or on stderr beside a JSON answer.
func (a *app) runOne(ctx context.Context, id int64) (err error) {
	var j jobs.Job
	err = a.withQueue(ctx, func(q *jobs.Queue) error {
		j, err = q.Get(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	steps := a.out
	if a.json() {
		steps = a.err
	}
	r, err := a.open(ctx, []string{j.Backend}, func(step string) { _, _ = fmt.Fprintln(steps, step) })
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	if err := r.requeue(ctx, j); err != nil {
		return err
	}
	s := r.backends[0].Synchronizer
	failure := synchronizer.RunJobs(ctx, s, []int64{id}, synchronizer.RunOptions{Owner: owner()})
	return errors.Join(failure, r.outcome(ctx, id))
}

// requeue puts the job at the head of the line, whatever became of it before.
func (r *running) requeue(ctx context.Context, j jobs.Job) error {
	if j.State == jobs.StateWaitDependencies {
		return &usageError{fmt.Sprintf("job %d waits for job %s; run that one first", j.ID, strings.Trim(fmt.Sprint(j.DependsOn), "[]"))}
	}
	return r.db.Write(ctx, func(tx *state.Tx) error {
		if j.State == jobs.StateStarted || j.State == jobs.StateEnqueued { // its process is dead, since we hold the lock
			if _, err := r.queue.Recover(ctx, tx, j.Backend); err != nil {
				return err
			}
		}
		return r.queue.Requeue(ctx, tx, j.ID)
	})
}

func (r *running) outcome(ctx context.Context, id int64) error {
	j, err := r.queue.Get(ctx, id)
	if err != nil {
		return err
	}
	if r.app.json() {
		if err := r.app.printJSON(viewOf(j)); err != nil {
			return err
		}
	} else {
		_, _ = fmt.Fprintf(r.app.out, "job %d is %s", j.ID, j.State)
		if j.Result != "" {
			_, _ = fmt.Fprintf(r.app.out, ": %s", j.Result)
		}
		_, _ = fmt.Fprintln(r.app.out)
	}
	if j.State == jobs.StateFailed {
		return &failedJobsError{1}
	}
	return nil
}
