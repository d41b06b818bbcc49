package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Worker runs the jobs of a queue, slice after slice.
type Worker struct {
	queue    *Queue
	owner    string
	handlers map[string]Handler
	options  WorkerOptions
}

// WorkerOptions are what a worker may be told.
type WorkerOptions struct {
	SliceLimit int                     // the longest slice; 0 means 1
	Progress   func(j Job, o Outcome)  // called after an outcome was stored, with the job as it is then
	Repanic    func(panicked any) bool // a panic that is to go on, as if the process died there; nil: none
}

// NewWorker gives a worker. owner is noted in the jobs that it has in hand; handlers are found by the jobs' functions.
func NewWorker(q *Queue, owner string, handlers map[string]Handler, o WorkerOptions) *Worker {
	return &Worker{queue: q, owner: owner, handlers: handlers, options: o}
}

// RunFilter says which jobs a run works on. What is left zero selects nothing away.
type RunFilter struct {
	Backend string
	IDs     []int64
	NoHold  bool // jobs marked to be held for (Outcome.Hold) are left too: another run of the same process comes back to them
}

// Stats counts the runs of jobs by how they ended; a job that ran twice counts twice.
type Stats struct {
	Done        int // with something done
	NothingToDo int
	Retried     int // to run again at a later eta
	Failed      int
	Waiting     int // for jobs that must be done first
	Postponed   int
	Paused      int
	GivenBack   int // claimed and not finished

	Left    int       // pending jobs whose eta hasn't come when the run ended
	NextETA time.Time // the nearest of them
}

// NoHandlerError is the failure of a job whose function the worker doesn't know.
type NoHandlerError struct{ Function string }

// Error names the function.
func (e *NoHandlerError) Error() string {
	return fmt.Sprintf("no job function %q in this program; was the job enqueued by another version, or with a system that this one lacks?",
		e.Function)
}

// Run works until no job is left whose eta has come. Later ones stay, except those to be held for (Spec.Hold, Outcome.Hold):
// their eta is waited for. A job whose handler panics fails with the stack; where several were in hand, they run alone
// once more. Run returns what was done in any case, and as error:
//   - a *PausedError when a job found the backend down;
//   - ctx's error when ctx ended: the handler was let finish what it had in hand, the rest went back;
//   - a handler's own error, or one of the state.
func (w *Worker) Run(ctx context.Context, f RunFilter) (Stats, error) {
	var s Stats
	claim := ClaimFilter{Backend: f.Backend, IDs: f.IDs, Limit: w.options.SliceLimit}
	asOf, err := w.work(ctx, claim, f.NoHold, &s)
	left, leftErr := w.queue.later(context.WithoutCancel(ctx), claim, asOf)
	s.Left, s.NextETA = left.count, left.next
	if err == nil {
		err = leftErr
	}
	return s, err
}

// work runs slices until there are none, and gives the instant of its last look at the line.
func (w *Worker) work(ctx context.Context, claim ClaimFilter, noHold bool, s *Stats) (asOf time.Time, err error) {
	asOf = w.queue.db.Clock().Now()
	for ctx.Err() == nil {
		var c Claimed
		if c, err = w.queue.ClaimSlices(ctx, w.owner, claim); err != nil {
			return c.AsOf, err
		}
		asOf = c.AsOf
		switch {
		case len(c.Slices) > 0:
			err = w.runSlice(ctx, c.Slices[0], s)
		case noHold:
			return asOf, nil
		default:
			var more bool
			if more, err = w.hold(ctx, claim, asOf); err == nil && !more {
				return asOf, nil
			}
		}
		if err != nil {
			return asOf, err
		}
	}
	return asOf, ctx.Err()
}

// hold waits for the nearest eta that a run waits for, and tells whether there was one.
func (w *Worker) hold(ctx context.Context, claim ClaimFilter, asOf time.Time) (bool, error) {
	left, err := w.queue.later(ctx, claim, asOf)
	if err != nil || left.hold.IsZero() {
		return false, err
	}
	clock := w.queue.db.Clock()
	return true, clock.Sleep(ctx, left.hold.Sub(clock.Now()))
}

// runSlice lets the handler work on a slice and gives back what it left.
func (w *Worker) runSlice(ctx context.Context, slice []Job, s *Stats) error {
	h := newHand(w, slice, s)
	work := context.WithoutCancel(ctx)
	err := w.call(context.WithValue(work, stopKey{}, func() bool { return ctx.Err() != nil || h.paused.Load() != nil }), h)
	left := h.left()
	var panicked *PanicError
	died := errors.As(err, &panicked) && len(left) > 0
	if died && len(slice) == 1 {
		return h.finish(work, slice[0], Outcome{Kind: Failed, Err: panicked})
	}
	s.GivenBack += len(left)
	if backErr := w.queue.giveBack(work, left, died); backErr != nil {
		return errors.Join(err, backErr)
	}
	paused := h.paused.Load()
	switch {
	case paused != nil && err != nil && !died:
		return errors.Join(paused, err)
	case paused != nil:
		return paused
	case died: // they run alone now, and the culprit will show
		return nil
	default:
		return err
	}
}

// call runs the handler and turns a panic into an error, unless it is to go on.
func (w *Worker) call(ctx context.Context, h *hand) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if w.options.Repanic != nil && w.options.Repanic(v) {
			panic(v)
		}
		err = &PanicError{Value: v, Stack: string(debug.Stack())}
	}()
	finish := func(j Job, o Outcome) error { return h.finish(ctx, j, o) }
	handler := w.handlers[h.slice[0].Function]
	if handler == nil {
		handler = unknown
	}
	return handler(ctx, h.slice, finish)
}

// unknown is the handler of functions that there are none for.
func unknown(_ context.Context, slice []Job, finish func(Job, Outcome) error) error {
	for _, j := range slice {
		if err := finish(j, Outcome{Kind: Failed, Err: &NoHandlerError{Function: j.Function}}); err != nil {
			return err
		}
	}
	return nil
}

// hand is what a worker has in hand: one slice.
type hand struct {
	worker *Worker
	slice  []Job
	stats  *Stats

	paused atomic.Pointer[PausedError]
	mu     sync.Mutex // handlers may finish jobs from several goroutines
	open   map[int64]Job
}

func newHand(w *Worker, slice []Job, s *Stats) *hand {
	h := &hand{worker: w, slice: slice, stats: s, open: make(map[int64]Job, len(slice))}
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
	after, err := h.worker.queue.finish(ctx, own, o)
	if err != nil {
		var lost *LostError
		if errors.As(err, &lost) {
			delete(h.open, j.ID) // there is nothing left to give back
		}
		return err
	}
	delete(h.open, j.ID)
	h.count(after, o)
	if h.worker.options.Progress != nil {
		h.worker.options.Progress(after, o)
	}
	return nil
}

func (h *hand) count(after Job, o Outcome) {
	s := h.stats
	switch {
	case after.State == StateFailed:
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
		h.paused.Store(&PausedError{Backend: after.Backend, After: o.After, Err: o.Err})
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
