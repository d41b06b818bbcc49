package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// TimeLimitError is the failure of an attempt that took longer than its job may.
type TimeLimitError struct{ Limit time.Duration }

// Error names the limit.
func (e *TimeLimitError) Error() string {
	return fmt.Sprintf("it ran longer than %s, its time limit", e.Limit)
}

// timeLimit is how long a slice may take: the time of each of its jobs. 0: for ever.
func (w *Worker) timeLimit(slice []Job) (limit time.Duration) {
	for _, j := range slice {
		own := cmp.Or(j.TimeLimit, w.options.TimeLimit)
		if own == 0 {
			return 0
		}
		limit += own
	}
	return limit
}

// hand is what a worker has in hand: one slice.
type hand struct {
	worker *Worker
	slice  []Job
	store  func(context.Context, *ended) error // stores an outcome, and counts it
	begun  time.Time
	limit  time.Duration // that the slice may take; 0: for ever

	stopped  atomic.Bool // it begins no further record
	paused   atomic.Pointer[PausedError]
	reported bool // as stuck

	running sync.Mutex
	cause   func() error // of the end of the handler's context; nil: it hasn't begun
	cancel  context.CancelCauseFunc
	ended   error // why the handler's context is to end, where it was told so before it began

	mu   sync.Mutex // handlers may finish jobs from several goroutines
	open map[int64]Job
}

func newHand(w *Worker, slice []Job) *hand {
	h := &hand{worker: w, slice: slice, begun: time.Now(), open: make(map[int64]Job, len(slice))}
	for _, j := range slice {
		h.open[j.ID] = j
	}
	return h
}

func (h *hand) finish(ctx context.Context, j Job, o Outcome) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	own, ok := h.open[j.ID]
	if !ok {
		return fmt.Errorf("finish job %d: it is not in hand, or was finished before", j.ID)
	}
	if over := h.overtime(); over != nil && (o.Kind == Failed || o.Kind == Retry || o.Kind == Paused) {
		o = Outcome{Kind: Retry, Err: over} // what it met is that its time was up
	}
	err := h.store(context.WithoutCancel(ctx), &ended{job: own, outcome: o})
	var lost *LostError
	if err == nil || errors.As(err, &lost) {
		delete(h.open, j.ID) // of a lost one there is nothing left to give back
	}
	return err
}

// enter notes the context that the handler works in.
func (h *hand) enter(ctx context.Context, cancel context.CancelCauseFunc) {
	h.running.Lock()
	defer h.running.Unlock()
	h.cause, h.cancel = func() error { return context.Cause(ctx) }, cancel
	if h.ended != nil {
		cancel(h.ended)
	}
}

// stop ends the handler's context.
func (h *hand) stop(cause error) {
	h.stopped.Store(true)
	h.running.Lock()
	defer h.running.Unlock()
	if h.ended = cause; h.cancel != nil {
		h.cancel(cause)
	}
}

// overtime gives the error of a slice whose time is up.
func (h *hand) overtime() error {
	h.running.Lock()
	defer h.running.Unlock()
	var over *TimeLimitError
	if h.cause != nil && errors.As(h.cause(), &over) {
		return over
	}
	return nil
}

// count counts a stored outcome and tells whoever watches.
func (h *hand) count(s *Stats, e *ended) {
	switch o := e.outcome; {
	case e.after.State == StateFailed:
		s.Failed++
	case o.Kind == Done:
		s.Done++
	case o.Kind == NothingToDo:
		s.NothingToDo++
	case o.Kind == Retry:
		s.Retried++
	case o.Kind == Wait:
		s.Waiting++
	case o.Kind == Postponed:
		s.Postponed++
	case o.Kind == Paused:
		s.Paused++
		h.paused.Store(&PausedError{Backend: e.after.Backend, After: o.After, Err: o.Err})
	}
	if e.made > 0 && e.outcome.Enqueued != nil {
		e.outcome.Enqueued(e.made)
	}
	if h.worker.options.Progress != nil {
		h.worker.options.Progress(e.after, e.outcome)
	}
}

// left gives the unfinished jobs in the order of the line.
func (h *hand) left() []Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Job
	for _, j := range h.slice {
		if _, open := h.open[j.ID]; open {
			list = append(list, j)
		}
	}
	return list
}

type stopKey struct{}

// Stopping tells a handler that it should begin no further record: the run was told to stop, or the backend is paused.
// What it hasn't finished when it returns goes back into the line.
func Stopping(ctx context.Context) bool {
	stop, ok := ctx.Value(stopKey{}).(func() bool)
	return ctx.Err() != nil || ok && stop()
}
