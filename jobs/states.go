package jobs

import (
	"fmt"
	"slices"
)

// State is where a job is on its way.
type State string

// The states of a job.
const (
	StateWaitDependencies State = "wait_dependencies" // until every job that it depends on is done
	StatePending          State = "pending"           // in the line; not before its eta
	StateEnqueued         State = "enqueued"          // promised to a worker that hasn't begun; claims here go straight to started
	StateStarted          State = "started"           // in a worker's hands
	StateDone             State = "done"
	StateFailed           State = "failed"
	StateCancelled        State = "cancelled"
)

// States gives all states in the order of a job's way.
func States() []State {
	return []State{StateWaitDependencies, StatePending, StateEnqueued, StateStarted, StateDone, StateFailed, StateCancelled}
}

// Transition is a way from one state to another, and why a job takes it.
type Transition struct {
	From, To State
	Why      string
}

// transitions is what the queue obeys. docs/jobs.md draws it.
var transitions = [...]Transition{
	{StateWaitDependencies, StatePending, "all it depends on is done"},
	{StateWaitDependencies, StateDone, "by hand"},
	{StateWaitDependencies, StateCancelled, "by hand, alone or with what it waits for; a job of its identity does its work"},
	{StatePending, StateWaitDependencies, "enqueued again, now with dependencies"},
	{StatePending, StateEnqueued, "promised to a worker"},
	{StatePending, StateStarted, "claimed"},
	{StatePending, StateDone, "by hand"},
	{StatePending, StateCancelled, "by hand; a job of its identity does its work"},
	{StateEnqueued, StatePending, "its worker died"},
	{StateEnqueued, StateStarted, "its worker begins"},
	{StateEnqueued, StateDone, "by hand"},
	{StateEnqueued, StateCancelled, "by hand"},
	{StateStarted, StatePending, "retry, postponed, paused, given back; its worker died"},
	{StateStarted, StateWaitDependencies, "something must be done first"},
	{StateStarted, StateDone, "done, or nothing to do"},
	{StateStarted, StateFailed, "failed, or no attempt is left"},
	{StateDone, StatePending, "by hand"},
	{StateDone, StateWaitDependencies, "by hand, after what it follows in its graph"},
	{StateFailed, StatePending, "by hand; enqueued again"},
	{StateFailed, StateWaitDependencies, "by hand, after what it follows in its graph; enqueued again with dependencies"},
	{StateFailed, StateDone, "by hand"},
	{StateFailed, StateCancelled, "by hand"},
	{StateCancelled, StatePending, "by hand"},
	{StateCancelled, StateWaitDependencies, "by hand, while what it depends on isn't done"},
	{StateCancelled, StateDone, "by hand"},
}

// Transitions gives every way from a state to another, in the order of a job's way.
func Transitions() []Transition { return slices.Clone(transitions[:]) }

// Allowed tells whether a job in one state may go to another. Staying in a state is no transition.
func Allowed(from, to State) bool {
	for i := range transitions {
		if transitions[i].From == from && transitions[i].To == to {
			return true
		}
	}
	return false
}

// TransitionError says that a job is in a state from which the asked one cannot be reached.
type TransitionError struct {
	ID       int64
	From, To State
}

// Error names the job and both states. A cancelled job can well be set done, so that what cannot be done about one is to wait for it.
func (e *TransitionError) Error() string {
	switch {
	case e.From == StateCancelled && e.To == StateDone:
		return fmt.Sprintf("job %d is cancelled; put it back first, or set it done", e.ID)
	case e.From == StateStarted:
		return fmt.Sprintf("job %d is running and cannot become %s; wait for its end", e.ID, e.To)
	}
	return fmt.Sprintf("job %d is %s and cannot become %s", e.ID, e.From, e.To)
}
