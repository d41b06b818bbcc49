package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Worker runs the jobs of a queue: slice after slice, or several slices at once.
type Worker struct {
	queue    *Queue
	owner    string
	handlers map[string]Handler
	options  WorkerOptions
	presence *presence
	mu       sync.Mutex
	onLost   func(error) // when the lease is lost
}

// WorkerOptions are what a worker may be told.
type WorkerOptions struct {
	SliceLimit int                      // the longest slice; 0 means 1
	Jobs       int                      // slices at once, as far as their channels allow; 0 means 1: on the caller's goroutine
	TimeLimit  time.Duration            // how long a job may run that has no limit of its own; 0: for ever
	Grace      time.Duration            // how long slices may go on after the run was told to stop; 0: until their record ends
	Info       any                      // what is noted of this worker for people, as JSON
	Progress   func(j Job, o Outcome)   // called after an outcome was stored, with the job as it is then
	Claimed    func(slice []Job)        // called before a slice begins
	Notice     func(Notice)             // called for what people should know and no job tells; LeaseLost from a goroutine of its own
	Hide       func(text string) string // takes secrets out of what a handler panicked with, before it is stored; nil: it holds none
	Repanic    func(panicked any) bool  // a panic that is to go on, as if the process died there; nil: none
}

// Notice is something that happened to a worker beside its jobs.
type Notice struct {
	Kind    NoticeKind
	Backend string        // OutageBegan, OutageEnded
	Job     Job           // JobStuck
	Workers []string      // WorkersDied
	Count   int           // WorkersDied: jobs that were taken back
	After   time.Duration // OutageBegan: when the backend is tried again; JobStuck: how long the job has been running
	Err     error
}

// NoticeKind is what happened.
type NoticeKind int

// The kinds of notices.
const (
	OutageBegan NoticeKind = iota + 1 // a job found its backend down; the backend's jobs wait
	OutageEnded                       // the backend answers again
	WorkersDied                       // other workers died; their jobs were taken back
	JobStuck                          // a job goes on although its time is up
	LeaseLost                         // this worker could not renew its lease; its jobs are another's now
)

// NewWorker gives a worker. owner is noted in the jobs that it has in hand, and must be no other process's; handlers are
// found by the jobs' functions.
func NewWorker(q *Queue, owner string, handlers map[string]Handler, o WorkerOptions) *Worker {
	return &Worker{queue: q, owner: owner, handlers: handlers, options: o}
}

// RunFilter says which jobs a run works on. What is left zero selects nothing away.
type RunFilter struct {
	Backend  string
	Backends []string // any of these
	Channels []string // these and the channels below them
	IDs      []int64
	NoHold   bool // jobs marked to be held for (Outcome.Hold) are left too: another run of the same process comes back to them
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

// Add counts what another run did, after this one, along: of what is left the later one knows.
func (s *Stats) Add(later Stats) {
	s.Done += later.Done
	s.NothingToDo += later.NothingToDo
	s.Retried += later.Retried
	s.Failed += later.Failed
	s.Waiting += later.Waiting
	s.Postponed += later.Postponed
	s.Paused += later.Paused
	s.GivenBack += later.GivenBack
	s.Left, s.NextETA = later.Left, later.NextETA
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
//   - a *PausedError when a job found the backend down; where several backends take part, the others' jobs were done first;
//   - ctx's error when ctx ended: the handler was let finish what it had in hand, the rest went back;
//   - a handler's own error, or one of the state.
func (w *Worker) Run(ctx context.Context, f RunFilter) (Stats, error) { return w.run(ctx, f, false) }

// Work is Run without an end: when nothing is left to do it waits until there is, and takes back the jobs of workers that
// died. A backend that is down is tried again after a while. It ends with ctx.
func (w *Worker) Work(ctx context.Context, f RunFilter) (Stats, error) { return w.run(ctx, f, true) }

func (w *Worker) run(ctx context.Context, f RunFilter, forever bool) (s Stats, err error) {
	claim := ClaimFilter{Backend: f.Backend, Backends: f.Backends, Channels: f.Channels, IDs: f.IDs, Limit: w.options.SliceLimit, known: true}
	returned := false
	defer func() {
		if returned {
			err = errors.Join(err, w.leave(context.WithoutCancel(ctx)))
		} else if w.presence != nil { // a panic goes on: the process dies, and its lock with it
			_ = w.presence.release()
		}
	}()
	var asOf time.Time
	if forever || w.options.Jobs > 1 {
		asOf, err = newPool(w, claim, f.NoHold, forever, &s).run(ctx)
	} else {
		asOf, err = w.work(ctx, claim, f.NoHold, &s)
	}
	left, leftErr := w.queue.later(context.WithoutCancel(ctx), claim, asOf)
	s.Left, s.NextETA = left.count, left.next
	if err == nil {
		err = leftErr
	}
	returned = true
	return s, err
}

// work runs slices one after the other until there are none, and gives the instant of its last look at the line.
func (w *Worker) work(ctx context.Context, claim ClaimFilter, noHold bool, s *Stats) (asOf time.Time, err error) {
	claim.Slots = 1
	asOf = w.queue.db.Clock().Now()
	var c *Claimed // what the transaction that stored the last outcome claimed; nil: it claimed nothing
	for sure := false; ctx.Err() == nil; {
		if c == nil {
			if c, err = w.claimNow(ctx, claim, sure); err != nil {
				return asOf, err
			}
		}
		asOf, sure, claim.lines = c.AsOf, len(c.Slices) > 0, c.lines // where there was one there may be more
		switch {
		case len(c.Slices) > 0:
			c, err = w.runSlice(ctx, claim, c.Slices[0], s)
		case !c.Next.IsZero(): // a throttled channel opens soon
			err = w.queue.db.Clock().Sleep(ctx, c.Next.Sub(c.AsOf))
			c = nil
		case noHold:
			return asOf, nil
		default:
			var more bool
			if more, err = w.hold(ctx, claim, asOf); err == nil && !more {
				return asOf, nil
			}
			c = nil
		}
		if err != nil {
			return asOf, w.unbegun(ctx, c, s, err)
		}
	}
	return asOf, w.unbegun(ctx, c, s, ctx.Err())
}

func (w *Worker) claimNow(ctx context.Context, f ClaimFilter, sure bool) (*Claimed, error) {
	c, err := w.claim(ctx, f, sure)
	return &c, err
}

// unbegun gives back what was claimed and isn't to be run any more, and passes on why.
func (w *Worker) unbegun(ctx context.Context, c *Claimed, s *Stats, why error) error {
	if c == nil || len(c.Slices) == 0 {
		return why
	}
	s.GivenBack += len(c.Slices[0])
	if err := w.queue.giveBack(context.WithoutCancel(ctx), c.Slices[0], false); err != nil {
		return errors.Join(why, err)
	}
	return why
}

// claim takes the next slices, as a worker that others know of. Where it isn't sure that there are any it looks first, which
// takes no write lock.
func (w *Worker) claim(ctx context.Context, f ClaimFilter, sure bool) (c Claimed, err error) {
	if !sure {
		if c.AsOf, err = w.queue.db.Now(ctx); err != nil { // the clock that says which eta has come
			return c, fmt.Errorf("claim jobs: %w", err)
		}
		if due, err := w.queue.due(ctx, f, c.AsOf); err != nil || !due {
			return c, err
		}
	}
	if err := w.enlist(ctx); err != nil {
		return c, err
	}
	return w.queue.claimNow(ctx, w.presence.id, f)
}

// hold waits for the nearest eta that a run waits for, and tells whether there was one.
func (w *Worker) hold(ctx context.Context, claim ClaimFilter, asOf time.Time) (bool, error) {
	left, err := w.queue.later(ctx, claim, asOf)
	if err != nil || left.hold.IsZero() {
		return false, err
	}
	return true, w.queue.db.Clock().Sleep(ctx, left.hold.Sub(asOf))
}

// runSlice lets the handler work on a slice and gives back what it left. Along with the outcome of its last job the next slice
// is claimed, in one transaction, where the run is to go on; it is given, or nil where nothing was looked for.
func (w *Worker) runSlice(ctx context.Context, claim ClaimFilter, slice []Job, s *Stats) (next *Claimed, err error) {
	h := newHand(w, slice)
	h.store = func(work context.Context, e *ended) (err error) {
		t := &turn{queue: w.queue, list: []*ended{e}, owner: w.presence.id, filter: claim, goesOn: func() bool {
			return e.err == nil && e.outcome.Kind != Paused &&
				len(h.open) == 1 && ctx.Err() == nil && !h.stopped.Load() && h.paused.Load() == nil
		}}
		if err := t.run(work); err != nil {
			return fmt.Errorf("complete job %d: %w", e.job.ID, err)
		}
		next = t.claimed
		if e.err == nil {
			h.count(s, e)
		}
		return e.err
	}
	if w.options.Claimed != nil {
		w.options.Claimed(slice)
	}
	w.setOnLost(h.stop)
	err = w.settleHand(ctx, h, w.callHand(ctx, h), s)
	return next, err
}

// callHand runs the handler of what is in hand, within its time.
func (w *Worker) callHand(ctx context.Context, h *hand) error {
	work := context.WithoutCancel(ctx)
	if limit := w.timeLimit(h.slice); limit > 0 {
		var cancel context.CancelFunc
		work, cancel = context.WithTimeoutCause(work, limit, &TimeLimitError{Limit: limit})
		defer cancel()
		h.limit = limit
	}
	work, cancel := context.WithCancelCause(work)
	defer cancel(nil)
	h.enter(work, cancel)
	return w.call(context.WithValue(work, stopKey{}, func() bool { return ctx.Err() != nil || h.paused.Load() != nil || h.stopped.Load() }), h)
}

// settleHand deals with what the handler left, and gives the error that ends the run.
func (w *Worker) settleHand(ctx context.Context, h *hand, err error, s *Stats) error {
	work := context.WithoutCancel(ctx)
	left := h.left()
	var panicked *PanicError
	died := errors.As(err, &panicked) && len(left) > 0
	if died && len(h.slice) == 1 {
		return h.finish(work, h.slice[0], Outcome{Kind: Failed, Err: panicked})
	}
	if over := h.overtime(); over != nil && len(left) > 0 { // the first one had the time
		if finishErr := h.finish(work, left[0], Outcome{Kind: Retry, Err: over}); finishErr != nil {
			return errors.Join(err, finishErr)
		}
		left, err = left[1:], nil
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
		text := fmt.Sprint(v)
		if w.options.Hide != nil {
			text = w.options.Hide(text)
		}
		err = &PanicError{Value: v, Text: text, Stack: string(debug.Stack())}
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
