package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Topic is what the queue's transactions notify when there may be work (state.Tx.Notify).
const Topic = "jobs"

// pool runs several slices at once. Its own goroutine alone writes: what the slices that run at a time want to store, and the
// claim of the next ones, share a transaction.
type pool struct {
	w       *Worker
	filter  ClaimFilter
	noHold  bool
	forever bool
	stats   *Stats

	requests chan *request  // outcomes to store
	ended    chan *handEnd  // handlers that returned
	lost     chan error     // the lease ended
	hands    map[*hand]bool // with jobs that are not finished
	lonely   int            // of them, those whose job has the worker for itself
	running  int            // handlers that have not returned
	outages  map[string]*outage
	asOf     time.Time
	next     time.Time // when a throttled channel opens, or a held job's eta comes; by the own clock
	dry      bool      // the last claim found no more
	busy     bool      // there is something in hand besides what is being stored
	lines    int       // that the last claim found with something to do
	last     turnPace  // of the last transaction that stored outcomes
	settling *settling // that one, while the disk is waited for
	told     bool      // the run was told to stop
	grace    <-chan time.Time
	failure  error // what ends the run
	paused   error // the outage that a run with an end met
}

// request is an outcome that waits to be stored.
type request struct {
	*ended
	hand *hand
	last bool // of its slice
	done chan error
}

// handEnd is a handler's return, after what it left was dealt with.
type handEnd struct {
	hand *hand
	left int // jobs that were given back
	err  error
}

// outage is what is known of a backend that is down.
type outage struct {
	times int
	until time.Time
	met   time.Time // by the machine's clock: what began before says nothing of the backend
}

func newPool(w *Worker, f ClaimFilter, noHold, forever bool, s *Stats) *pool {
	return &pool{
		w: w, filter: f, noHold: noHold, forever: forever, stats: s, requests: make(chan *request), ended: make(chan *handEnd),
		lost: make(chan error, 1), hands: map[*hand]bool{}, outages: map[string]*outage{},
	}
}

// run works until there is nothing left, or without an end.
func (p *pool) run(ctx context.Context) (time.Time, error) {
	p.asOf = p.w.queue.db.Clock().Now()
	p.w.setOnLost(func(err error) { p.lost <- err })
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	changed := p.w.queue.db.Changed(watch, Topic)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	p.recoverDead(ctx)
	for {
		p.turn(ctx, p.gather(p.collect()))
		if p.running == 0 && p.over(ctx) {
			return p.asOf, p.verdict(ctx)
		}
		if !p.ready(ctx) {
			p.wait(ctx, changed, look)
		}
	}
}

// lookEvery is how often a worker looks for others that died, for jobs that are stuck and, where nobody told it, for work.
const lookEvery = time.Second

// ready tells whether another claim makes sense at once.
func (p *pool) ready(ctx context.Context) bool {
	return !p.dry && p.open(ctx) && p.free(0) > 0
}

// open tells whether new slices may be started.
func (p *pool) open(ctx context.Context) bool {
	return ctx.Err() == nil && p.failure == nil
}

// free is how many more slices there can be when so many of those in hand have ended. A job that killed a worker, or may have,
// has this one for itself.
func (p *pool) free(ended int) int {
	inHand := len(p.hands) - ended
	if p.lonely > 0 && inHand > 0 {
		return 0
	}
	return max(p.w.options.Jobs, 1) - inHand
}

// drop forgets a hand with nothing left in it; it may have been forgotten before.
func (p *pool) drop(h *hand) {
	if p.hands[h] {
		delete(p.hands, h)
		p.lonely -= flag(h.slice[0].Alone)
	}
}

// over tells whether the run has come to its end, now that nothing is in hand. Where it waits for an eta it does so here.
func (p *pool) over(ctx context.Context) bool {
	if !p.open(ctx) {
		return true
	}
	if p.forever || !p.dry {
		return false
	}
	if !p.next.IsZero() {
		return false
	}
	if p.noHold || p.paused != nil {
		return true
	}
	left, err := p.w.queue.later(ctx, p.filter, p.asOf)
	if err != nil {
		p.failure = err
	}
	if err != nil || left.hold.IsZero() {
		return true
	}
	p.wakeIn(left.hold.Sub(p.asOf))
	return false
}

// wakeIn lets the pool look again after some time at the latest. Spans are those between instants of the state, whose clock is
// another machine's maybe.
func (p *pool) wakeIn(d time.Duration) {
	if at := p.w.queue.db.Clock().Now().Add(d); p.next.IsZero() || at.Before(p.next) {
		p.next = at
	}
}

// verdict gives the error of a run that ended.
func (p *pool) verdict(ctx context.Context) error {
	switch {
	case p.failure != nil:
		return errors.Join(p.failure, p.paused)
	case p.paused != nil:
		return p.paused
	default:
		return ctx.Err()
	}
}

// wait waits for something to do.
func (p *pool) wait(ctx context.Context, changed <-chan struct{}, look *time.Ticker) {
	stop := ctx.Done()
	if p.told {
		stop = nil
	}
	sleep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	select {
	case r := <-p.requests:
		p.turn(ctx, p.gather(append(p.collect(), r)))
	case e := <-p.ended:
		p.returned(e)
	case <-changed:
		p.dry = false
	case <-p.opens(ctx, sleep):
		p.dry, p.next = false, time.Time{}
	case <-look.C:
		p.look(ctx)
	case err := <-p.lost:
		p.fail(err)
	case <-stop:
		p.told = true
		if grace := p.w.options.Grace; grace > 0 {
			p.grace = time.After(grace)
		}
	case <-p.grace:
		p.grace = nil
		p.cancel(context.Cause(ctx))
	}
}

// opens gives a channel that is sent to when the next throttled channel opens; nil: none is waited for.
func (p *pool) opens(ctx, sleep context.Context) <-chan struct{} {
	if p.next.IsZero() || !p.open(ctx) {
		return nil
	}
	clock, opens := p.w.queue.db.Clock(), make(chan struct{})
	wait := p.next.Sub(clock.Now())
	go func() {
		if clock.Sleep(sleep, wait) == nil {
			select {
			case opens <- struct{}{}:
			case <-sleep.Done():
			}
		}
	}()
	return opens
}

// cancel ends the contexts of all handlers.
func (p *pool) cancel(cause error) {
	for h := range p.hands {
		h.stop(cause)
	}
}

// look is done now and then: workers that died, jobs that are stuck, work that nobody told of.
func (p *pool) look(ctx context.Context) {
	p.dry = false
	if p.forever && p.open(ctx) {
		p.recoverDead(ctx)
	}
	now := time.Now()
	for h := range p.hands {
		if h.overtime() != nil && !h.reported && now.Sub(h.begun) > h.limit+stuckAfter {
			h.reported = true
			p.w.notice(Notice{Kind: JobStuck, Job: h.slice[0], After: now.Sub(h.begun)})
		}
	}
}

// stuckAfter is how long a handler may go on after its time was up before people are told.
const stuckAfter = 10 * time.Second

// recoverDead takes back the jobs of workers that died.
func (p *pool) recoverDead(ctx context.Context) {
	dead, n, err := p.w.queue.RecoverDead(context.WithoutCancel(ctx))
	if err != nil {
		p.failure = err
	}
	if n > 0 {
		p.w.notice(Notice{Kind: WorkersDied, Workers: dead, Count: n})
	}
}

// returned deals with a handler that has returned.
func (p *pool) returned(e *handEnd) {
	p.running--
	p.drop(e.hand)
	p.stats.GivenBack += e.left
	p.dry = false
	var paused *PausedError
	var lost *LostError
	switch {
	case e.err == nil:
	case p.forever && errors.As(e.err, &lost): // whoever has it now goes on
	case errors.As(e.err, &paused):
		if e.hand.paused.Load() == nil { // else it began when the outcome was stored
			p.outage(paused)
		}
	default:
		p.fail(e.err)
	}
}

// fail ends the run. Handlers whose jobs are others' by now are not waited for.
func (p *pool) fail(err error) {
	p.failure = errors.Join(p.failure, err)
	var lost *LeaseError
	if errors.As(err, &lost) {
		p.cancel(err)
	}
}

// collect takes the outcomes that wait already.
func (p *pool) collect() (list []*request) {
	for {
		select {
		case r := <-p.requests:
			list = append(list, r)
		default:
			return list
		}
	}
}

// turn stores outcomes and claims the next slices, in one transaction.
func (p *pool) turn(ctx context.Context, list []*request) {
	want, ended := 0, 0
	for _, r := range list {
		ended += flag(r.last)
	}
	if p.open(ctx) && (!p.dry || len(list) > 0) {
		want = p.free(ended)
	}
	p.busy = len(p.hands) > ended
	switch {
	case len(list) > 0:
		p.store(ctx, list, want)
	case want > 0:
		p.claim(ctx, want)
	}
}

// store stores outcomes, and claims what they make room for.
func (p *pool) store(ctx context.Context, list []*request, want int) {
	t := &turn{queue: p.w.queue, owner: p.w.presence.id, early: p.last.busy()}
	for _, r := range list {
		t.list = append(t.list, r.ended)
	}
	if want > 0 {
		t.filter, t.goesOn = p.claimFilter(want, list), func() bool { return true }
	}
	start := time.Now()
	err := t.run(context.WithoutCancel(ctx))
	p.last = turnPace{len(list), time.Since(start)}
	p.stored(list, err)
	var begun []*hand
	switch {
	case !p.settled(): // what was claimed goes back when the worker leaves
	case err != nil: // the handlers return it
	case t.claimed != nil:
		begun = p.begin(ctx, *t.claimed, want)
	default:
		p.dry = false // there may be room now, or the claim failed and is tried again by itself
	}
	p.settling = answer(list, err, t.settle, begun)
}

// stored notes which outcomes were stored.
func (p *pool) stored(list []*request, err error) {
	for _, r := range list {
		if err == nil && r.err == nil {
			r.hand.count(p.stats, r.ended)
			p.answered(r)
		}
		if err == nil && r.last {
			p.drop(r.hand)
		}
	}
}

// answer tells the handlers how their outcomes were stored, where that must be waited for in a goroutine of its own: what was claimed
// along with them has begun. It is stopped at once where nobody knows whether the claim stands: the jobs may be another's soon. It gives
// what is waited for; nil: nothing.
func answer(list []*request, err error, settle func() error, begun []*hand) *settling {
	if settle != nil {
		s := &settling{done: make(chan struct{})}
		go func() {
			s.err = settle()
			close(s.done)
			for _, h := range begun {
				if s.err != nil {
					h.stop(s.err)
				}
			}
			answer(list, s.err, nil, nil)
		}()
		return s
	}
	for _, r := range list {
		own := r.err
		if err != nil {
			own = fmt.Errorf("complete job %d: %w", r.job.ID, err)
		}
		r.done <- own
	}
	return nil
}

// answered ends the outage of a backend that answers again, and begins that of one that does not.
func (p *pool) answered(r *request) {
	backend := r.job.Backend
	if paused := r.hand.paused.Load(); paused != nil && r.outcome.Kind == Paused {
		p.outage(paused) // before the next claim, which may come before the handler returns
	}
	if o := p.outages[backend]; o != nil && r.outcome.Kind != Paused && r.hand.begun.After(o.met) {
		delete(p.outages, backend)
		p.w.notice(Notice{Kind: OutageEnded, Backend: backend})
	}
}

// claim claims slices while there is nothing to store.
func (p *pool) claim(ctx context.Context, want int) {
	c, err := p.w.claim(ctx, p.claimFilter(want, nil), false)
	if err != nil {
		if ctx.Err() == nil {
			p.fail(err)
		}
		return
	}
	if p.settled() {
		p.begin(ctx, c, want)
	}
}

// claimFilter leaves out the backends that are down, and those that outcomes which are being stored have just found so.
func (p *pool) claimFilter(want int, list []*request) ClaimFilter {
	f := p.filter
	f.Slots, f.busy, f.lines = want, p.busy, p.lines
	now := p.w.queue.db.Clock().Now()
	for name, o := range p.outages {
		if !p.forever || o.until.After(now) {
			f.without = append(f.without, name)
		}
	}
	for _, r := range list {
		if r.outcome.Kind == Paused {
			f.without = append(f.without, r.job.Backend)
		}
	}
	return f
}

// begin lets the claimed slices run, and gives them.
func (p *pool) begin(ctx context.Context, c Claimed, want int) (begun []*hand) {
	p.dry, p.next, p.asOf, p.lines = len(c.Slices) < want, time.Time{}, c.AsOf, c.lines
	if !c.Next.IsZero() {
		p.wakeIn(c.Next.Sub(c.AsOf))
	}
	for _, slice := range c.Slices {
		h := newHand(p.w, slice)
		h.store = func(_ context.Context, e *ended) error { return p.submit(h, e) }
		p.hands[h], begun = true, append(begun, h)
		p.lonely += flag(slice[0].Alone)
		p.running++
		if p.w.options.Claimed != nil {
			p.w.options.Claimed(slice)
		}
		go func() { p.ended <- p.serve(ctx, h) }()
	}
	return begun
}

// serve lets a handler work on a slice.
func (p *pool) serve(ctx context.Context, h *hand) *handEnd {
	var s Stats
	err := p.w.settleHand(ctx, h, p.w.callHand(ctx, h), &s)
	return &handEnd{h, s.GivenBack, err}
}

// submit hands an outcome to the pool's goroutine and waits until it is stored. h.mu is held.
func (p *pool) submit(h *hand, e *ended) error {
	r := &request{ended: e, hand: h, last: len(h.open) == 1, done: make(chan error, 1)}
	p.requests <- r
	return <-r.done
}
