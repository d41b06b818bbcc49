package cmd

import (
	"context"
	"errors"
	"fmt"
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
		Use: "jobs", Short: "Look at jobs, and do something about them", Args: cobra.NoArgs,
		Long: `jobs looks at the queue in the local database, runs its jobs, and puts right what went wrong.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector jobs errors`, `connector jobs list`.",
		Example: `  connector jobs list --state failed
  connector jobs errors
  connector jobs show 1`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.jobsList(), a.jobsShow(), a.jobsGraph(), a.jobsStats(), a.jobsWatch(), a.jobsErrors(), a.jobsChannels(), a.jobsRun(),
		a.jobsRetry(), a.jobsCancel(), a.jobsDone(), a.jobsDelete(), a.jobsSet(), a.jobsEnqueue(), a.jobsPause(), a.jobsResume(),
		a.jobsPrune(), a.jobsWorkers())
	return c
}

// jobView is a job as `--output json` shows it.
type jobView struct {
	ID          int64      `json:"id"`
	UUID        string     `json:"uuid"`
	Function    string     `json:"function"`
	Backend     string     `json:"backend"`
	Model       string     `json:"model"`
	Channel     string     `json:"channel"`
	Description string     `json:"description"`
	State       jobs.State `json:"state"`
	Priority    int        `json:"priority"`
	ETA         *time.Time `json:"eta,omitempty"`
	Retry       int        `json:"retry"`
	MaxRetries  int        `json:"max_retries"`
	Crashes     int        `json:"crashes"`
	Args        any        `json:"args"`
	ArgsVersion int        `json:"args_version"`
	Identity    string     `json:"identity,omitempty"`
	Pair        string     `json:"pair,omitempty"`
	Graph       string     `json:"graph,omitempty"`
	DependsOn   []int64    `json:"depends_on"`
	TimeLimit   float64    `json:"time_limit,omitempty"` // seconds
	Created     *time.Time `json:"created,omitempty"`
	Enqueued    *time.Time `json:"enqueued,omitempty"`
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
		ID: j.ID, UUID: j.UUID, Function: j.Function, Backend: j.Backend, Model: j.Model, Channel: j.Channel, Description: j.Description,
		State: j.State, Priority: j.Priority, ETA: optional(j.ETA), Retry: j.Retry, MaxRetries: j.MaxRetries, Crashes: j.Crashes,
		Args: j.Args, ArgsVersion: j.ArgsVersion, Identity: j.Identity, Pair: j.Pair, Graph: j.Graph,
		DependsOn: append([]int64{}, j.DependsOn...), TimeLimit: j.TimeLimit.Seconds(), Created: optional(j.Created),
		Enqueued: optional(j.Enqueued), Started: optional(j.Started), Finished: optional(j.Finished), Worker: j.Worker, Result: j.Result,
		ExcName: j.ExcName, ExcMessage: j.ExcMessage, ExcInfo: j.ExcInfo,
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// withQueue opens the queue of the local database for looking.
func (a *app) withQueue(ctx context.Context, do func(*jobs.Queue) error) error {
	return a.lookingAtQueue(ctx, func(_ *config.Config, _ *state.DB, q *jobs.Queue) error { return do(q) })
}

func (a *app) lookingAtQueue(ctx context.Context, do func(*config.Config, *state.DB, *jobs.Queue) error) error {
	return a.lookingAtState(ctx, func(db *state.DB, c *config.Config) error { return do(c, db, newQueue(db, c)) })
}

// withState opens the local database for looking.
func (a *app) withState(ctx context.Context, do func(*state.DB) error) error {
	return a.lookingAtState(ctx, func(db *state.DB, _ *config.Config) error { return do(db) })
}

// withOrWithoutState is for looking at what can be said before there is a state, too: db is nil then.
func (a *app) withOrWithoutState(ctx context.Context, do func(db *state.DB, c *config.Config) error) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := a.stateOrNone(ctx, c, true)
	if err != nil {
		return err
	}
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	return do(db, c)
}

// withConfiguredState is for commands that may write into the state, lookingAtState for those that don't.
func (a *app) withConfiguredState(ctx context.Context, do func(*state.DB, *config.Config) error) error {
	return a.withOpened(ctx, a.openState, do)
}

func (a *app) lookingAtState(ctx context.Context, do func(*state.DB, *config.Config) error) error {
	return a.withOpened(ctx, a.lookAtState, do)
}

func (a *app) withOpened(ctx context.Context, open func(context.Context, *config.Config) (*state.DB, error),
	do func(*state.DB, *config.Config) error,
) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db, c)
}

func (a *app) jobsRun() *cobra.Command {
	var id int64
	var all bool
	var with attendance
	c := &cobra.Command{
		Use: "run --id N | --all [BACKEND…]", Short: "Run one job, telling each step, or all whose time has come",
		Long: `run --id runs one job at once, be it pending, failed, cancelled or done already, and tells step by step
what it reads, what it plans and what it writes. A job that waits for others is refused: run those
first. run --all runs the jobs of the named backends (of all without a name) whose time has come.
` + exitHelp + "\n\nNext: `connector jobs show ID`, `connector jobs errors`.",
		Example: "  connector jobs run --id 1\n  connector jobs run --all trello",
		RunE: func(c *cobra.Command, args []string) error {
			if (id != 0) == all {
				return &usageError{"give either --id N or --all"}
			}
			if !all && len(args) > 0 {
				return &usageError{"--id takes no names of backends"}
			}
			return a.attended(c.Context(), "jobs", &with, func(ctx context.Context) error {
				if all {
					return a.runAll(ctx, args)
				}
				return a.runOne(ctx, id)
			})
		},
	}
	c.Flags().Int64Var(&id, "id", 0, "the job's id")
	c.Flags().BoolVar(&all, "all", false, "all jobs whose time has come")
	with.flags(c)
	return c
}

func (a *app) runAll(ctx context.Context, names []string) error {
	_, err := a.runBackends(ctx, names, runGroup)
	return err
}

// runGroup runs the jobs whose time has come.
func runGroup(ctx context.Context, group []*synchronizer.Synchronizer) []error {
	errs := make([]error, len(group))
	for i, s := range group {
		errs[i] = synchronizer.RunJobs(ctx, s, nil, runOptions("jobs run"))
	}
	return errs
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
	failure := synchronizer.RunJobs(ctx, s, []int64{id}, runOptions("jobs run"))
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
