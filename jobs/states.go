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

// transitions is what the queue obeys: from a state, the states that may follow and why they do.
func transitions(from State) []State {
	switch from {
	case StateWaitDependencies:
		return []State{
			StatePending,   // the last dependency is done
			StateDone,      // by hand
			StateCancelled, // by hand, with the job it waits for, or for the sake of a started job of the same identity
		}
	case StatePending:
		return []State{
			StateWaitDependencies, // enqueued again, now with dependencies
			StateEnqueued, StateStarted,
			StateDone,      // by hand
			StateCancelled, // by hand, or for the sake of a started job of the same identity that comes back
		}
	case StateEnqueued:
		return []State{StatePending, StateStarted, StateDone, StateCancelled}
	case StateStarted:
		return []State{
			StatePending,          // retry, postponed, paused, given back, or its worker died
			StateWaitDependencies, // something must be done first
			StateDone, StateFailed,
		}
	case StateDone:
		return []State{StatePending, StateWaitDependencies} // by hand
	case StateCancelled:
		return []State{StatePending, StateWaitDependencies, StateDone} // by hand
	case StateFailed:
		return []State{
			StatePending, StateWaitDependencies, // by hand, or enqueued again
			StateDone, StateCancelled, // by hand
		}
	}
	return nil
}

// Allowed tells whether a job in one state may go to another. Staying in a state is no transition.
func Allowed(from, to State) bool { return slices.Contains(transitions(from), to) }

// TransitionError says that a job is in a state from which the asked one cannot be reached.
type TransitionError struct {
	ID       int64
	From, To State
}

// Error names the job and both states.
func (e *TransitionError) Error() string {
	if e.From == StateStarted {
		return fmt.Sprintf("job %d is running and cannot become %s; wait for its end", e.ID, e.To)
	}
	return fmt.Sprintf("job %d is %s and cannot become %s", e.ID, e.From, e.To)
}
