package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/explain"
	"github.com/odoo-connector/connector/state"
)

// OutcomeKind is how a run of a job ended.
type OutcomeKind int

// The kinds of outcomes. The zero value is none: a handler has to say what happened.
const (
	_           OutcomeKind = iota
	Done                    // the work is done
	NothingToDo             // there was nothing to do; the job is done
	Retry                   // it failed in a way that passes: again later, an attempt is spent; the last one fails the job
	Failed                  // it failed for good
	Wait                    // the jobs of Dependencies must be done first
	Paused                  // the backend is down: back into the line, no attempt is spent, and the worker stops
	Postponed               // it is too early: back into the line with an eta, no attempt is spent
)

// String names the kind.
func (k OutcomeKind) String() string {
	names := []string{"none", "done", "nothing to do", "retry", "failed", "wait", "paused", "postponed"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("OutcomeKind(%d)", int(k))
	}
	return names[k]
}

// Outcome is what a run of a job gives back: how it ended, what to store along with that, and what follows.
type Outcome struct {
	Kind   OutcomeKind
	Result string // for people
	Err    error  // Retry, Failed, Paused: the cause; it is stored, and must show no secret

	After       time.Duration // Retry, Postponed: not before this time has passed; Retry's default is the queue's pattern
	IgnoreRetry bool          // Retry: no attempt is spent
	Hold        bool          // Retry, Postponed: a run doesn't end before this job's eta came and it ran again

	// Commit stores what the run found out, whatever the kind, in the transaction that moves the job on. When it fails,
	// nothing of it stands and the job fails with its error; an unusable state is returned instead.
	Commit       func(ctx context.Context, tx *state.Tx) error
	FollowUps    []Spec // jobs that this run gave rise to
	Dependencies []Spec // Wait: jobs that must be done first; those that wait already by their identity are joined
	Durable      bool   // the transaction survives a power cut: state.DB.WriteDurable
	// Enqueued is told how many jobs the outcome put into the line, once it is stored and if there are any: those of FollowUps and
	// Dependencies that no waiting job stood for, and one that was to run again.
	Enqueued func(count int)
}

// PausedError is returned by Worker.Run when a job found its backend down.
type PausedError struct {
	Backend string
	After   time.Duration // when the backend asked to be left alone that long; 0: unknown
	Err     error         // what the job met
}

// Error says that no job is to blame.
func (e *PausedError) Error() string {
	return fmt.Sprintf("backend %s is paused, its jobs wait and lost no attempt: %v", e.Backend, e.Err)
}

// Unwrap gives what the job met.
func (e *PausedError) Unwrap() error { return e.Err }

// PanicError is the failure of a job whose handler panicked.
type PanicError struct {
	Value any    // what it panicked with; it may hold anything
	Text  string // what may be told of it
	Stack string // where
}

// Error is what may be told of the value.
func (e *PanicError) Error() string {
	return "panic: " + cmp.Or(e.Text, fmt.Sprintf("%T", e.Value)) + "; this is a mistake of the program, so please report it with the job's traceback"
}

// Sealed says that the value below is not for print.
func (*PanicError) Sealed() {}

// CycleError says that jobs would wait for each other.
type CycleError struct {
	Path  []int64  // ids of jobs, each waiting for the next; the first is also the last
	Names []string // instead of ids, where the jobs have none yet: their descriptions, or functions
}

// Error shows the path.
func (e *CycleError) Error() string {
	steps := slices.Clone(e.Names)
	for _, id := range e.Path {
		steps = append(steps, strconv.FormatInt(id, 10))
	}
	return "jobs would wait for each other in a circle (" + strings.Join(steps, " → ") + "); one of them must do without"
}

// failure describes an error for the job's row.
type failure struct{ name, message, info string }

func describe(err error) failure {
	if err == nil {
		return failure{}
	}
	f := failure{name: kindOf(err), message: err.Error(), info: chain(err)}
	var p *PanicError
	if errors.As(err, &p) {
		f.info = p.Stack
	}
	return f
}

// kindOf is an error's code, or where it has none, the type of the outermost that has one of its own.
func kindOf(err error) string {
	if code := explain.Code(err); code != "" {
		return code
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		name := strings.TrimPrefix(fmt.Sprintf("%T", e), "*")
		if !strings.HasPrefix(name, "fmt.") && !strings.HasPrefix(name, "errors.") {
			return name
		}
	}
	return "error"
}

// chain lists an error and its causes, one a line, down to one that is sealed: what is below may hold a secret.
func chain(err error) string {
	var lines []string
	for _, c := range explain.Chain(err) {
		if c.Text != "" {
			lines = append(lines, c.Type+": "+c.Text)
		}
	}
	return strings.Join(lines, "\n")
}
