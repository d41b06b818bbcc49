package jobs

import (
	"context"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/state"
)

// Handler runs a slice of claimed jobs: one function, one model, in the order of the line. It calls finish once for every
// job, as soon as that job's outcome is known; finish stores the outcome and returns an error only when the state cannot
// be written or the job was lost, after which the handler should return it. Jobs that are not finished when the handler
// returns go back into the line uncharged. A job's failure is an outcome; the handler's own error ends the worker's run.
//
// ctx isn't cancelled when the run is told to stop, so that the record in hand can end; a handler that works through its
// slice asks [Stopping] between two records.
type Handler func(ctx context.Context, slice []Job, finish func(Job, Outcome) error) error

// Func is a job function: it can be called directly or delayed. E is the environment that it works in, such as a session;
// A its arguments, a struct that JSON keeps, of ids only.
//
// A field of A with the tag `jobs:"required"` must be among a stored call's arguments.
type Func[E, A any] struct {
	name     string
	run      func(ctx context.Context, env E, args A) Outcome
	upgrades []Upgrade
}

// NewFunc gives the job function of this name. The name is what is stored with a delayed call: changing it orphans them.
func NewFunc[E, A any](name string, run func(ctx context.Context, env E, args A) Outcome) Func[E, A] {
	return Func[E, A]{name: name, run: run}
}

// Name gives the name under which a worker's handlers are found.
func (f Func[E, A]) Name() string { return f.name }

// Version gives the function with arguments of a new version. What older releases enqueued still runs: upgrade turns the
// arguments of the version before into those of this one. Versions are declared one after the other, from 2 on, and none is
// ever taken away; anything else is a programmer's mistake and panics. A field that may be left out needs no new version.
func (f Func[E, A]) Version(to int, upgrade Upgrade) Func[E, A] {
	if to != len(f.upgrades)+2 {
		panic(fmt.Sprintf("jobs: version %d of the arguments of %s cannot follow version %d", to, f.name, len(f.upgrades)+1))
	}
	f.upgrades = append(slices.Clone(f.upgrades), upgrade)
	return f
}

// Call runs the function now. Nothing of the outcome is stored: what to do with its Commit and its jobs is the caller's.
func (f Func[E, A]) Call(ctx context.Context, env E, args A) Outcome { return f.run(ctx, env, args) }

// Delay enqueues a call of the function, as [Queue.Enqueue] does. The spec's Function, Args and ArgsVersion are set here.
func (f Func[E, A]) Delay(ctx context.Context, q *Queue, tx *state.Tx, args A, s Spec) (id int64, created bool, err error) {
	return q.Enqueue(ctx, tx, f.Spec(args, s))
}

// Spec gives a delayed call to enqueue together with others, or as a follow-up or dependency of another job.
func (f Func[E, A]) Spec(args A, s Spec) Spec {
	s.Function, s.Args, s.ArgsVersion = f.name, args, len(f.upgrades)+1
	return s
}

// Args reads a stored call's arguments, be they of this version or of an older one. An *ArgsError, which doesn't show them,
// says what doesn't fit or is missing, and that a version is newer than this program.
func (f Func[E, A]) Args(j Job) (A, error) {
	var args A
	err := readArgs(j, f.upgrades, &args)
	return args, err
}

// Handler runs stored calls one by one, each in the environment that env gives for it. An error of env is the handler's
// error: the job is not to blame. Arguments that cannot be read fail their job.
func (f Func[E, A]) Handler(env func(context.Context, Job) (E, error)) Handler {
	return func(ctx context.Context, slice []Job, finish func(Job, Outcome) error) error {
		for _, j := range slice {
			if Stopping(ctx) {
				return nil
			}
			e, err := env(ctx, j)
			if err != nil {
				return err
			}
			if err := finish(j, f.runStored(ctx, e, j)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (f Func[E, A]) runStored(ctx context.Context, env E, j Job) Outcome {
	args, err := f.Args(j)
	if err != nil {
		return Outcome{Kind: Failed, Err: err}
	}
	return f.run(ctx, env, args)
}
