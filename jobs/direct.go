package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Direct runs graphs at once in the caller's goroutine and without a queue, as OCA's queue_job does in tests with
// QUEUE_JOB__NO_DELAY: each call after those that it follows, and the calls that they gave rise to (Outcome.FollowUps)
// after all of them. Identities, etas, channels and retries mean nothing here.
type Direct struct {
	Handlers map[string]Handler // by function, as a [Worker] has them

	// Write runs what outcomes store (Outcome.Commit), as state.DB.Write does; nil: it is left out.
	Write func(ctx context.Context, fn func(*state.Tx) error) error
}

// Ran is one call that was run directly.
type Ran struct {
	Job     Job // numbered from 1 in the order of the graph; stored nowhere
	Outcome Outcome
}

// DirectError says that a call which was run directly didn't end well. What follows it was not run.
type DirectError struct {
	Call string // its description, or its function
	Kind OutcomeKind
	Err  error // the outcome's; nil where it gave none
}

// Error names the call.
func (e *DirectError) Error() string {
	text := fmt.Sprintf("%s: it ended with the outcome %q", e.Call, e.Kind)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives what the call met.
func (e *DirectError) Unwrap() error { return e.Err }

// Run runs a graph and gives what was run, in order. Its errors are those of Queue.EnqueueGraph for a graph that cannot be
// enqueued, a *NoHandlerError, and a *DirectError for an outcome that is neither Done nor NothingToDo; what ran before it is
// given as well. A call that has to wait (Wait) runs again after what it asks for.
func (d Direct) Run(ctx context.Context, top Node) ([]Ran, error) {
	g := layOut(top)
	list := make([]*Job, len(g.calls))
	for i, c := range g.calls {
		j, err := newJob(c.spec, "", time.Time{})
		if err != nil {
			return nil, err
		}
		j.ID = int64(i + 1)
		list[i] = &j
	}
	if err := g.refuseCircle(list); err != nil {
		return nil, err
	}
	for i, j := range list {
		for _, p := range g.parents[i] {
			j.DependsOn = append(j.DependsOn, list[p].ID)
		}
	}
	r := directRun{Direct: d, last: int64(len(list))}
	for _, i := range g.order() {
		if err := r.run(ctx, *list[i], 0); err != nil {
			return r.ran, err
		}
	}
	for len(r.later) > 0 {
		next := r.later[0]
		r.later = r.later[1:]
		if err := r.runSpec(ctx, next, 0); err != nil {
			return r.ran, err
		}
	}
	return r.ran, nil
}

// order gives the calls' indexes so that each comes after those that it waits for, and else as the graph names them.
func (g *graph) order() []int {
	var order []int
	placed := make([]bool, len(g.calls))
	for len(order) < len(g.calls) {
		for i := range g.calls {
			ready := !slices.ContainsFunc(g.parents[i], func(p int) bool { return !placed[p] })
			if !placed[i] && ready {
				placed[i], order = true, append(order, i)
			}
		}
	}
	return order
}

// directRun is a run under way.
type directRun struct {
	Direct
	ran   []Ran
	later []Spec
	last  int64 // id given
}

func (r *directRun) runSpec(ctx context.Context, s Spec, waits int) error {
	j, err := newJob(s, "", time.Time{})
	if err != nil {
		return err
	}
	r.last++
	j.ID = r.last
	return r.run(ctx, j, waits)
}

// directWaits bounds how often calls wait for each other.
const directWaits = 10

func (r *directRun) run(ctx context.Context, j Job, waits int) error {
	o, err := r.call(ctx, j)
	if err != nil {
		return err
	}
	r.ran = append(r.ran, Ran{j, o})
	if o.Commit != nil && r.Write != nil {
		if err := r.Write(ctx, func(tx *state.Tx) error { return o.Commit(ctx, tx) }); err != nil {
			return err
		}
	}
	r.later = append(r.later, o.FollowUps...)
	switch {
	case o.Kind == Done, o.Kind == NothingToDo:
		return nil
	case o.Kind != Wait, len(o.Dependencies) == 0, waits == directWaits:
		return &DirectError{Call: cmp.Or(j.Description, j.Function), Kind: o.Kind, Err: o.Err}
	}
	for _, s := range o.Dependencies {
		if err := r.runSpec(ctx, s, waits+1); err != nil {
			return err
		}
	}
	j.Waits++
	return r.run(ctx, j, waits+1)
}

// call lets the handler run one job.
func (r *directRun) call(ctx context.Context, j Job) (o Outcome, err error) {
	handler := r.Handlers[j.Function]
	if handler == nil {
		return o, &NoHandlerError{Function: j.Function}
	}
	finished := false
	err = handler(ctx, []Job{j}, func(_ Job, end Outcome) error {
		o, finished = end, true
		return nil
	})
	if err == nil && !finished {
		err = fmt.Errorf("%s: the job function gave no outcome", cmp.Or(j.Description, j.Function))
	}
	return o, err
}
