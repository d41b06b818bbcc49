package synchronizer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// Reason is why a round of a watch was begun.
type Reason string

// The reasons for a round.
const (
	Beginning Reason = "start"    // nothing is known of what happened before
	Sweeping  Reason = "sweep"    // it is time to compare everything, which finds what looks cannot see
	Changed   Reason = "change"   // a look found news
	JobsDue   Reason = "jobs"     // somebody enqueued jobs, or the time of one has come
	Asked     Reason = "schedule" // somebody asked for it
	Recovered Reason = "retry"    // after a failure
)

// Round is what a watch did at one time.
type Round struct {
	Reason  Reason
	News    News
	Started time.Time
	Took    time.Duration
	All     []*Synchronizer // those that took part, with their reports
	Errs    []error         // of each of them, nil where all went well
	Err     error           // why it could not be begun: the backends are somebody else's at the moment, the state is not there

	wish Wish // that it was made for
}

// Failure is all that went wrong.
func (r Round) Failure() error { return errors.Join(r.Err, errors.Join(r.Errs...)) }

// WatchOptions are what a watch needs.
type WatchOptions struct {
	Clock    backend.Clock
	Interval time.Duration // from the beginning of one look to that of the next; default 3 s, so that a change is there within 5
	Sweep    time.Duration // from one reconciling round to the next; default 10 minutes
	// OdooModels is how many Odoo models a look asks for, in turn; 0: all of them.
	OdooModels int
	Run        RunOptions

	// Connect gives the backends of one Odoo, ready to run. It is called for the first round and again after a failure.
	Connect func(ctx context.Context) ([]*Synchronizer, error)
	// Locked calls do while this process alone works on the backends, with a context that ends when it does so no longer; its own
	// error means that do was not called.
	Locked func(ctx context.Context, do func(context.Context)) error
	// Due gives when jobs of these backends can be begun; zero for none.
	Due func(ctx context.Context, backends []string) (time.Time, error)
	// Wake tells that there may be jobs; nil for never.
	Wake <-chan struct{}
	// Done is told what a round did; it may be nil.
	Done func(Round)
	// Alive is called whenever the watch has got on, at least every 30 s while it waits; it may be nil.
	Alive func()
}

const (
	defaultInterval = 3 * time.Second
	defaultSweep    = 10 * time.Minute
	breath          = time.Second // from the end of a look or a round to the next look, at least, so that others get in
	longestWait     = 30 * time.Second
	firstRetry      = 10 * time.Second
	lastRetry       = 5 * time.Minute
)

// Watch keeps the backends of one Odoo in step for as long as it runs: it looks for changes with few requests and syncs only where
// there may be one, sweeps from time to time, and runs jobs that others enqueue. When a server is down it tries again after 10 s, and
// then less and less often, up to every 5 minutes.
type Watch struct {
	o       WatchOptions
	probe   *Probe
	all     []*Synchronizer // nil: to be connected
	asks    chan ask
	waiting []ask  // that the next round answers
	pending Reason // of the round that is due; "" for none
	news    News   // for which

	looked              time.Time // when the last look began
	nextLook, nextSweep time.Time
	notBefore           time.Time          // rounds have to wait: somebody else has the backends, or there are none yet
	jobsAfter           time.Time          // jobs that cannot be claimed have to wait
	offline             setback            // of connecting
	sick                map[string]setback // backends whose last round failed
}

// setback is what is known of something that failed.
type setback struct {
	tries int
	until time.Time // it is not tried before
}

// again is the setback after one failure more.
func (b setback) again(now time.Time, failure error) setback {
	pause := max(min(firstRetry<<min(b.tries, 10), lastRetry), retryAfter(failure))
	return setback{tries: b.tries + 1, until: now.Add(pause)}
}

// NewWatch gives a watch.
func NewWatch(o WatchOptions) *Watch {
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Sweep <= 0 {
		o.Sweep = defaultSweep
	}
	if o.Done == nil {
		o.Done = func(Round) {}
	}
	if o.Alive == nil {
		o.Alive = func() {}
	}
	return &Watch{o: o, probe: NewProbe(), asks: make(chan ask), pending: Beginning, sick: map[string]setback{}}
}

// Run watches until ctx ends, and returns its error: all else is told to Done and tried again.
func (w *Watch) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		w.o.Alive()
		now := w.o.Clock.Now()
		w.decide(ctx, now)
		if w.wanted() && !now.Before(w.notBefore) {
			w.round(ctx)
			continue
		}
		if w.pending == "" && !now.Before(w.nextLook) {
			w.look(ctx)
			continue
		}
		w.wait(ctx, w.until(ctx, now).Sub(now))
	}
	return ctx.Err()
}

// decide finds out whether a round is due.
func (w *Watch) decide(ctx context.Context, now time.Time) {
	switch {
	case w.pending != "":
	case w.healed(now):
		w.pending = Recovered
	case !now.Before(w.nextSweep) && len(w.fit(now)) > 0:
		w.pending = Sweeping
	case !now.Before(w.jobsAfter):
		if due := w.due(ctx, now); !due.IsZero() && !due.After(w.o.Clock.Now()) {
			w.pending = JobsDue
		}
	}
}

// healed tells whether it is time to try a backend again.
func (w *Watch) healed(now time.Time) bool {
	for _, b := range w.sick {
		if !now.Before(b.until) {
			return true
		}
	}
	return false
}

// fit are the backends that take part at the moment.
func (w *Watch) fit(now time.Time) (fit []*Synchronizer) {
	for _, s := range w.all {
		if b, sick := w.sick[s.env.Config.Name]; !sick || !now.Before(b.until) {
			fit = append(fit, s)
		}
	}
	return fit
}

// due is when jobs of those backends can be begun; a state that cannot be read is the next round's affair.
func (w *Watch) due(ctx context.Context, now time.Time) time.Time {
	var names []string
	for _, s := range w.fit(now) {
		names = append(names, s.env.Config.Name)
	}
	if len(names) == 0 {
		return time.Time{}
	}
	due, err := w.o.Due(ctx, names)
	if err != nil {
		return time.Time{}
	}
	return due
}

// until is when there is something to do next.
func (w *Watch) until(ctx context.Context, now time.Time) time.Time {
	at := now.Add(longestWait)
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	if w.wanted() {
		earlier(w.notBefore)
		return at
	}
	earlier(w.nextLook)
	if len(w.fit(now)) > 0 {
		earlier(w.nextSweep)
	}
	for _, b := range w.sick {
		earlier(b.until)
	}
	if due := w.due(ctx, now); !due.IsZero() {
		earlier(later(due, w.jobsAfter))
	}
	return at
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// wait waits so long, or until somebody has work.
func (w *Watch) wait(ctx context.Context, d time.Duration) {
	waiting, wake := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = w.o.Clock.Sleep(waiting, d) // its only error is that it was woken
	}()
	select {
	case <-over:
	case <-w.o.Wake:
	case a := <-w.asks:
		w.waiting, w.notBefore = append(w.waiting, a), time.Time{}
	}
	wake()
	<-over
}

// look looks for changes.
func (w *Watch) look(ctx context.Context) {
	w.looked = w.o.Clock.Now()
	news := w.probe.Look(ctx, w.o.OdooModels)
	w.nextLook = w.after(w.o.Clock.Now())
	switch {
	case ctx.Err() != nil:
	case len(news.Errs) > 0: // the round will tell, and try again as often as it should
		w.pending, w.news = Recovered, news
	case news.Any():
		w.pending, w.news = Changed, news
	}
}

// interval is how long it is to the next look: longer where there is so much to look at that it would cost others their share.
func (w *Watch) interval() time.Duration {
	parents, pace := w.probe.Parents()
	return max(w.o.Interval, time.Duration(parents)*pace)
}

// after is when the next look comes after one, or a round, that has just ended: an interval after the last one began, but not at once.
func (w *Watch) after(ended time.Time) time.Time {
	return later(w.looked.Add(w.interval()), ended.Add(breath))
}

// round makes the round that is due.
func (w *Watch) round(ctx context.Context) {
	r := w.next(w.o.Clock.Now())
	r.Err = w.o.Locked(ctx, func(ctx context.Context) { w.work(ctx, &r) })
	now := w.o.Clock.Now()
	r.Took = now.Sub(r.Started)
	w.conclude(ctx, &r, now)
	w.o.Done(r)
	w.answer(r)
}

// work is a round under the locks.
func (w *Watch) work(ctx context.Context, r *Round) {
	if w.all == nil {
		all, err := w.o.Connect(ctx)
		if err != nil {
			r.Errs = []error{err}
			return
		}
		w.all = all
	}
	for i, s := range w.all {
		w.all[i] = s.renew()
	}
	r.All = w.partakers(r)
	switch r.Reason {
	case JobsDue:
		for _, s := range r.All {
			r.Errs = append(r.Errs, RunJobs(ctx, s, nil, w.run()))
		}
	case Changed: // the look that led to it noted what it saw
		r.Errs = SyncFound(ctx, r.All, r.News, w.run())
	default:
		if !w.narrow(r) { // what is not looked at stays news
			w.noteBefore(ctx, r)
		}
		o := w.run()
		o.Limits = r.wish.Limits
		r.Errs = Sync(ctx, r.All, o)
	}
	if err := w.probe.Aim(ctx, w.well(r)); err != nil && ctx.Err() == nil {
		r.Err = err
	}
}

// run is how jobs are run: each is a sign of life.
func (w *Watch) run() RunOptions {
	run := w.o.Run
	told := run.Progress
	run.Progress = func(j jobs.Job, o jobs.Outcome) {
		w.o.Alive()
		if told != nil {
			told(j, o)
		}
	}
	return run
}

// noteBefore looks at what is there before a round that no look led to, so that the look after it tells what came since.
func (w *Watch) noteBefore(ctx context.Context, r *Round) {
	if err := w.probe.Aim(ctx, r.All); err != nil {
		return // the round meets the same
	}
	w.looked = w.o.Clock.Now()
	w.probe.Look(ctx, 0)
}

// well are the backends that are looked at after a round: those of it that it went well with, and those that it left out and that did
// not fail before.
func (w *Watch) well(r *Round) (well []*Synchronizer) {
	fit := w.fit(r.Started)
	for _, s := range w.all {
		if i := slices.Index(r.All, s); (i >= 0 && r.Errs[i] == nil) || (i < 0 && slices.Contains(fit, s)) {
			well = append(well, s)
		}
	}
	return well
}

// conclude says what follows from a round.
func (w *Watch) conclude(ctx context.Context, r *Round, now time.Time) {
	var locked *state.LockedError
	switch {
	case ctx.Err() != nil:
		return
	case errors.As(r.Err, &locked): // it is somebody else's turn
		w.notBefore = now.Add(w.o.Interval)
		return
	case r.Err != nil || w.all == nil || (len(r.All) == 0 && r.Reason != Asked):
		w.offline = w.offline.again(now, r.Failure())
		w.pending, w.notBefore = Recovered, w.offline.until
		return
	}
	w.noteHealth(r, now)
	w.offline, w.notBefore = setback{}, time.Time{}
	w.nextLook, w.jobsAfter = w.after(now), time.Time{}
	if w.narrow(r) { // what was due before is due still
		return
	}
	w.pending, w.news = "", News{}
	switch {
	case r.Reason == JobsDue && !r.progressed():
		w.jobsAfter = now.Add(longestWait)
	case r.Reason != JobsDue && r.Reason != Changed: // those looked at everything
		w.nextSweep = now.Add(w.o.Sweep)
	}
}

// noteHealth notes who failed. One that failed before and answers now is well again when it was looked at altogether.
func (w *Watch) noteHealth(r *Round, now time.Time) {
	for i, s := range r.All {
		name := s.env.Config.Name
		b, sick := w.sick[name]
		switch {
		case r.Errs[i] != nil:
			w.sick[name] = b.again(now, r.Errs[i])
		case !w.narrow(r):
			delete(w.sick, name)
		case sick:
			w.sick[name] = setback{tries: b.tries, until: now}
		}
	}
}

// progressed tells whether a round ran any job.
func (r Round) progressed() bool {
	for _, s := range r.All {
		if j := s.report.Jobs; j.Done+j.Failed > 0 {
			return true
		}
	}
	return false
}

// renew gives a synchronizer that knows nothing of earlier runs, with the same environment.
func (s *Synchronizer) renew() *Synchronizer {
	return New(Options{Env: s.env, DB: s.db, Queue: s.queue, Window: s.window, Chunk: s.chunk})
}
