package synchronizer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// ShiftOptions are what NewShift needs.
type ShiftOptions struct {
	// Open makes an environment of the backend. One is used by one slice at a time, so there are as many as slices run at once.
	Open  func(ctx context.Context) (*backend.Environment, error)
	DB    *state.DB
	Queue *jobs.Queue
	// Functions are the names of the job functions of the system's own (backend.Backend.FunctionNames).
	Functions []string
	// Window and Chunk are as in [Options].
	Window time.Duration
	Chunk  int
	// Places are shared with other shifts of the process.
	Places *Places
	// Await is as in [RunOptions]; else the witness alone is told.
	Await bool
	// Witness is told of what is found at the beginning; the zero value: nobody is.
	Witness Witness
}

// Shift is the work on one backend's jobs from the taking of its lock on, by one slice at a time or by several. What a slice
// knows it knows from servers and the state: each has a synchronizer of its own, and reads anew what others may have changed.
type Shift struct {
	options ShiftOptions

	mu     sync.Mutex
	idle   []*lane
	lanes  int
	follow *followed
	since  time.Time // when follow began to count
	report *Report   // of all slices together
}

// lane is what one slice at a time works with.
type lane struct {
	env  *backend.Environment
	read time.Time // since when it remembers what it read
}

// NewShift makes a shift that has not begun.
func NewShift(o ShiftOptions) *Shift { return &Shift{options: o} }

// Begin takes back what an earlier process left, its jobs and creations whose outcome nobody saw. check says that it makes sure
// besides that the database and the user's rights are what the backend needs, which costs requests. The caller holds the
// backend's lock.
func (sh *Shift) Begin(ctx context.Context, check bool) error {
	l, err := sh.take(ctx)
	if err != nil {
		return err
	}
	s := sh.synchronizer(l)
	if err = s.begin(ctx, check); err == nil {
		err = s.meetHolders(ctx, sh.options.Await)
	}
	sh.giveBack(l, s)
	return err
}

// Handlers run the job functions of the backend, as many slices at a time as are handed to them.
func (sh *Shift) Handlers() map[string]jobs.Handler {
	all := map[string]jobs.Handler{}
	for _, function := range append(Functions(), sh.options.Functions...) {
		all[function] = func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			l, err := sh.take(ctx)
			if err != nil {
				return err
			}
			s := sh.synchronizer(l)
			err = s.Handlers()[function](ctx, slice, finish)
			if s.denied {
				err = errors.Join(err, s.checkRights(context.WithoutCancel(ctx), true))
			}
			sh.giveBack(l, s)
			return err
		}
	}
	return all
}

// Report is what the slices did so far, all together; of their jobs a worker's statistics tell. It is nil before Begin.
func (sh *Shift) Report() *Report {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.report
}

// take gives a lane that nobody uses.
func (sh *Shift) take(ctx context.Context) (*lane, error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if n := len(sh.idle); n > 0 {
		l := sh.idle[n-1]
		sh.idle = sh.idle[:n-1]
		return l, nil
	}
	env, err := sh.options.Open(ctx)
	if err != nil {
		return nil, err
	}
	sh.lanes++
	return &lane{env: env}, nil
}

// remembered is how long a lane may go by what it read, where it is the only one. Else another one may have written since.
const remembered = 10 * time.Second

// followedFor is how long the deletions that were carried over count together: a worker's runs have no end of their own.
const followedFor = time.Hour

// synchronizer makes the synchronizer for one slice.
func (sh *Shift) synchronizer(l *lane) *Synchronizer {
	o := sh.options
	s := New(Options{Env: l.env, DB: o.DB, Queue: o.Queue, Window: o.Window, Chunk: o.Chunk, Places: o.Places, Witness: o.Witness})
	now := l.env.Clock.Now()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if now.Sub(sh.since) >= followedFor {
		sh.follow, sh.since = newFollowed(), now
	}
	s.followed = sh.follow
	if sh.lanes > 1 || now.Sub(l.read) >= remembered {
		s.refresh()
		l.read = now
	}
	return s
}

// giveBack takes a lane back, and what its slice reports. One that panicked is not given back.
func (sh *Shift) giveBack(l *lane, s *Synchronizer) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.idle = append(sh.idle, l)
	if sh.report == nil {
		sh.report = newReport(l.env)
	}
	sh.report.Add(s.report)
}

// Add counts the records of another report of the same backend besides.
func (r *Report) Add(other *Report) {
	for _, o := range other.Models {
		c := r.Of(o.Model)
		c.Created += o.Created
		c.Updated += o.Updated
		c.Archived += o.Archived
		c.Moved += o.Moved
		c.Deleted += o.Deleted
		c.Skipped += o.Skipped
		c.Failed += o.Failed
	}
	r.Jobs.Enqueued += other.Jobs.Enqueued
	for _, w := range other.Warnings {
		r.warn(w)
	}
}
