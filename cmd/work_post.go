package cmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// post is one backend's place in work: it waits for the backend's lock, runs jobs while it has it, and gives way to who asks.
type post struct {
	*workplace
	backend config.Backend
	checked time.Time // when the database and the rights were looked at last
	told    bool      // that another process works on the backend
	outage  error     // that lasts; nil: none
	stats   jobs.Stats
	report  *synchronizer.Report // what the records of all turns came to; nil: none
}

// errWanted ends a turn for somebody who asked for the lock.
var errWanted = errors.New("another process asks for the lock")

// The least that a turn lasts once it has begun, unless a job was done before, and how long a check of the database and the
// rights is good for.
const (
	leastTurn  = time.Second
	checkAgain = time.Hour
)

// run has turns until ctx ends or something is wrong that waiting does not mend.
func (p *post) run(ctx context.Context) error {
	if p.options.once {
		return p.once(ctx)
	}
	way := state.StandingBy
	for tries := 0; ; {
		err := p.turn(ctx, way)
		way = state.StandingBy
		var lost *lostLockError
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded): // --for
			return p.outage
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), p.outage)
		case errors.Is(err, errWanted):
			p.say(workEvent{Event: "gave_way", Message: "gave way; it goes on when that process is done"})
			way, tries, p.told = state.Returning, 0, true
		case errors.As(err, &lost):
			p.say(workEvent{Event: "lock_lost", Message: err.Error(), failure: true})
		case p.passes(err):
			p.paused(ctx, err, patience(tries))
			_ = p.app.clock.Sleep(ctx, patience(tries)) // it ends early with ctx alone
			tries++
		default:
			p.say(workEvent{Event: "ended", Message: "its work ended: " + err.Error(), failure: true})
			return err
		}
	}
}

// once has the one turn of `work --once`.
func (p *post) once(ctx context.Context) error {
	err := p.turn(ctx, state.Asking)
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// passes tells whether an error is of a kind that goes away by itself.
func (p *post) passes(err error) bool {
	var locked *state.LockedError // of a sandbox
	var lease *jobs.LeaseError
	return errors.As(err, &locked) || errors.As(err, &lease) || p.app.exitOf(err) == exitEnvironment
}

// patience is how long a backend is left alone after so many tries.
func patience(tries int) time.Duration { return min(10*time.Second<<min(tries, 10), 5*time.Minute) }

// lock waits for the backend's lock; for `work --once` as long as --wait says.
func (p *post) lock(ctx context.Context, way state.Way) (state.Held, error) {
	if way == state.Asking {
		if p.app.wait > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, p.app.wait)
			defer cancel()
		}
		return p.base.takeLock(ctx, p.location, p.backend.Name)
	}
	return state.AwaitLock(ctx, p.location, p.backend.Name, state.AwaitOptions{Way: way, Clock: p.app.clock, Waiting: func(held *state.LockedError) {
		if !p.told {
			p.say(workEvent{Event: "standing_by", Message: held.Holder() + " works on it; standing by"})
		}
		p.told = true
	}})
}

// turn works on the backend from the taking of its lock to the giving back.
func (p *post) turn(ctx context.Context, way state.Way) (err error) {
	held, err := p.lock(ctx, way)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	p.told = false
	r, err := p.enter()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.leave()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go stopWhen(ctx, held.Lost(), func() { stop(&lostLockError{p.backend.Name}) })
	err = p.serve(ctx, r, held, stop)
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		return cause
	}
	return err
}

// stopWhen does something when a channel is closed, unless ctx ends before.
func stopWhen(ctx context.Context, closed <-chan struct{}, do func()) {
	select {
	case <-closed:
		do()
	case <-ctx.Done():
	}
}

// serve settles what an earlier process left and runs jobs until ctx ends, or with --once until there are no more.
func (p *post) serve(ctx context.Context, r *running, held state.Held, stop context.CancelCauseFunc) error {
	version, err := p.app.registry.Get(p.backend.Kind, p.backend.Version)
	if err != nil {
		return err
	}
	shift := synchronizer.NewShift(synchronizer.ShiftOptions{
		Open: func(ctx context.Context) (*backend.Environment, error) { return r.environment(ctx, p.backend) },
		DB:   r.db, Queue: r.queue, Window: p.backend.OutcomeWindow, Places: p.places, Witness: p.witness(),
		Await: p.options.once, Functions: version.FunctionNames(),
	})
	check := p.app.clock.Now().Sub(p.checked) >= checkAgain
	if err := shift.Begin(ctx, check); err != nil {
		return err
	}
	if check {
		p.checked = p.app.clock.Now()
	}
	p.answers(ctx)
	worked := make(chan struct{})
	w := jobs.NewWorker(r.queue, owner(), shift.Handlers(), p.workerOptions(ctx, sync.OnceFunc(func() { close(worked) })))
	if err := w.Enlist(ctx); err != nil {
		return err
	}
	channels, _ := jobs.ParseChannels(r.config.Jobs.Channels) // the configuration was checked
	p.say(workEvent{Event: "began", Message: "at work, " + atATime(p.options.jobs, p.backend.Name, channels)})
	if !p.options.once {
		go p.giveWay(ctx, held, worked, stop)
	}
	filter := jobs.RunFilter{Backend: p.backend.Name, Channels: p.options.channels}
	work := w.Work
	if p.options.once {
		work = w.Run
	}
	stats, err := work(ctx, filter)
	p.count(stats, shift.Report())
	failure := err
	if ctx.Err() != nil {
		failure = p.outage
	}
	return errors.Join(err, p.note(context.WithoutCancel(ctx), failure))
}

// giveWay ends the turn when somebody asks for the lock, but not before it was of any use.
func (p *post) giveWay(ctx context.Context, held state.Held, worked <-chan struct{}, stop context.CancelCauseFunc) {
	least := time.NewTimer(leastTurn)
	defer least.Stop()
	select {
	case <-worked:
	case <-least.C:
	case <-ctx.Done():
		return
	}
	stopWhen(ctx, held.Wanted(ctx), func() {
		p.say(workEvent{Event: "asked", Message: "another process asks for its turn, and gets it after the record in hand"})
		stop(errWanted)
	})
}

// longestSlice is how many jobs may share their calls, where slices run one after the other.
const longestSlice = 200

func (p *post) workerOptions(ctx context.Context, worked func()) jobs.WorkerOptions {
	return jobs.WorkerOptions{
		SliceLimit: max(longestSlice/p.options.jobs, 20), Hide: p.app.hide, Jobs: p.options.jobs, TimeLimit: p.options.limit, Grace: p.options.grace,
		Info: p.options.note([]string{p.backend.Name}),
		Progress: func(j jobs.Job, _ jobs.Outcome) {
			worked()
			p.progress(j)
		},
		Notice: func(n jobs.Notice) { p.notice(ctx, n) },
	}
}

// witness tells of what an earlier process left.
func (p *post) witness() synchronizer.Witness {
	return synchronizer.Witness{
		TookBack: func(_ string, n int) { p.say(workEvent{Event: "took_back", Message: tookBack(n)}) },
		Held: func(_ string, h synchronizer.Holders, waits bool) {
			p.say(workEvent{Event: "held", Workers: h.Workers, Message: heldBy(h, waits), failure: true})
		},
		Unsettled: func(_ string, n int, longest time.Duration) {
			p.say(workEvent{Event: "unsettled", Message: unsettled(n, longest)})
		},
	}
}

// progress tells of a job that failed for good.
func (p *post) progress(j jobs.Job) {
	if j.State != jobs.StateFailed {
		return
	}
	view := viewOf(j)
	p.say(workEvent{
		Event: "job_failed", Message: fmt.Sprintf("job %d failed: %s: %s", j.ID, j.Description, j.ExcMessage), Job: &view, failure: true,
	})
}

// notice tells what happens beside the jobs.
func (p *post) notice(ctx context.Context, n jobs.Notice) {
	switch n.Kind {
	case jobs.OutageBegan:
		if ctx.Err() == nil { // else it was we who broke off
			p.paused(ctx, &jobs.PausedError{Backend: n.Backend, After: n.After, Err: n.Err}, n.After)
		}
	case jobs.OutageEnded:
		p.answers(ctx)
	case jobs.WorkersDied:
		p.say(workEvent{Event: "workers_died", Workers: n.Workers, Message: fmt.Sprintf("%s taken back from %s that died",
			count(n.Count, "job was", "jobs were"), count(len(n.Workers), "a worker", "workers")), failure: true})
	case jobs.JobStuck:
		view := viewOf(n.Job)
		p.say(workEvent{Event: "job_stuck", Job: &view, Message: fmt.Sprintf("job %d is stuck: it goes on after %s, although its time is up: %s",
			n.Job.ID, span(n.After), n.Job.Description), failure: true})
	case jobs.LeaseLost:
		p.say(workEvent{Event: "lease_lost", Message: n.Err.Error(), failure: true})
	}
}

// paused notes an outage, and tells of its beginning.
func (p *post) paused(ctx context.Context, err error, after time.Duration) {
	if p.outage == nil {
		p.say(workEvent{Event: "outage_began", Message: fmt.Sprintf("it is tried again in %s: %v", after, cause(err)), failure: true})
	}
	p.outage = err
	if noteErr := p.note(ctx, err); noteErr != nil {
		p.say(workEvent{Event: "state_unusable", Message: noteErr.Error(), failure: true})
	}
}

// cause is an outage without the words on what becomes of the jobs.
func cause(err error) error {
	var paused *jobs.PausedError
	if errors.As(err, &paused) {
		return paused.Err
	}
	return err
}

// answers notes the end of an outage, if there was one.
func (p *post) answers(ctx context.Context) {
	if p.outage == nil {
		return
	}
	p.outage = nil
	p.say(workEvent{Event: "outage_ended", Message: "it answers again", failure: true})
	if err := p.note(ctx, nil); err != nil {
		p.say(workEvent{Event: "state_unusable", Message: err.Error(), failure: true})
	}
}

func (p *post) note(ctx context.Context, failure error) error {
	return synchronizer.NoteRun(ctx, p.base.db, p.backend.Name, failure)
}

// count adds what a turn did to what the others did.
func (p *post) count(s jobs.Stats, report *synchronizer.Report) {
	p.stats.Add(s)
	if p.report == nil {
		p.report = report
	} else {
		p.report.Add(report)
	}
}
