package cmd

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	interval time.Duration
	sweep    time.Duration
	span     time.Duration
	listen   listening
}

func (a *app) watchCommand() *cobra.Command {
	var o watchOptions
	c := &cobra.Command{
		Use:   "watch [BACKEND…]",
		Short: "Keep backends in step with Odoo until it is stopped",
		Long: `watch looks at both sides of the named backends (of all without a name) every few seconds, syncs where
anything may have changed, runs jobs as they come, and what the section ` + "`schedule:`" + ` of the configuration
says. A change on either side is on the other within 5 seconds.

A look costs one request for each board and one for each Odoo model. The sync that follows looks only at
the models that changed, on the side where they did, and at what hangs on them: mostly five or six
requests to Odoo. Where there are more than 20 boards a look comes less often, so that half of what
Trello allows is left for work; of an Odoo with calls_per_second a look takes no more than half, too.

What a look cannot see (records deleted in Odoo, new boards) is found by comparing everything, every 10
minutes. An entry of the schedule that narrows its sync puts none of that off; one with ` + "`full: true`" + `
compares every pair anew, once a night, say.

It has a backend's lock only while it syncs; other commands get in between, with --wait in any case. A
server that doesn't answer is tried again after 10 seconds, then less and less often, up to every 5
minutes; no attempt of a job is spent. Under systemd it tells when it is ready, that it is alive and that
it stops: see ` + "`connector service`" + `.

The first signal lets the record in hand end; the second one stops at once.
` + exitHelp + "\n\nNext: `connector status`, `connector jobs watch`, `connector service install`.",
		Example: "  connector watch\n  connector watch trello --quiet",
		RunE:    func(c *cobra.Command, args []string) error { return a.watch(c.Context(), args, o) },
	}
	spanVar(c.Flags(), &o.interval, "interval", 3*time.Second, "from one look to the next, from 1s")
	spanVar(c.Flags(), &o.sweep, "sweep", 10*time.Minute, "how often everything is compared, from 1m")
	spanVar(c.Flags(), &o.span, "for", 0, "end after so long, as 10m; 0 for never")
	o.listen.flags(c)
	return c
}

func (o watchOptions) check() error {
	switch {
	case o.interval < time.Second:
		return &usageError{fmt.Sprintf("--interval %s is too short: a look each second is the most", o.interval)}
	case o.sweep < time.Minute:
		return &usageError{fmt.Sprintf("--sweep %s is too short: everything is compared each minute at most", o.sweep)}
	}
	return o.listen.check()
}

func (a *app) watch(ctx context.Context, names []string, o watchOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // as in work
	if patient, ok := a.clock.(*patientClock); ok {
		a.clock = patient.Clock // a watch waits most of the time
	}
	w, err := a.openWatch(ctx, names, o)
	defer func() { err = errors.Join(err, w.base.Close()) }()
	if err != nil {
		return err
	}
	a.working.Store(true)
	seen, err := a.observe(ctx, &o.listen, w.base, false, watchNote(w.backends))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.Close(ctx)) }()
	w.beat = seen.Beat
	if o.span > 0 {
		var cancel context.CancelCauseFunc
		ctx, cancel = context.WithCancelCause(ctx) // not by a deadline: its end is nobody's failure
		defer cancel(nil)
		defer time.AfterFunc(o.span, func() { cancel(errSpanOver) }).Stop()
	}
	return w.run(ctx)
}

// watchNote is what a watch notes of itself for `jobs workers`.
func watchNote(backends []config.Backend) workerNote {
	note := noteOf("watch")
	note.Backends = backendNames(backends)
	return note
}

// errSpanOver ends a watch whose time is over (--for).
var errSpanOver = errors.New("the time of the watch is over")

// watchtower is what all parts of a watch share.
type watchtower struct {
	app      *app
	options  watchOptions
	base     *running // with the state and the sandboxes
	location string   // of the state
	all      bool     // every backend of the configuration is watched
	backends []config.Backend
	groups   []*watchedGroup
	notify   *supervisor
	beat     func() // for those who look at its health

	mu    sync.Mutex // of what is told
	fatal error      // what ended the watch
	stop  context.CancelFunc
}

// openWatch opens the state. Servers are connected to by the first round.
func (a *app) openWatch(ctx context.Context, names []string, o watchOptions) (*watchtower, error) {
	w := &watchtower{app: a, options: o, base: newRunning(a)}
	var err error
	if w.base.config, err = a.load(); err != nil {
		return w, err
	}
	backends, err := choose(w.base.config, names)
	if err != nil {
		return w, err
	}
	w.backends = backends
	w.all = len(backends) == len(w.base.config.Backends)
	if err := w.base.checkDir(); err != nil {
		return w, err
	}
	if w.location, err = w.base.config.StateLocation(ctx); err != nil {
		return w, err
	}
	if w.base.db, err = state.Open(ctx, w.location, state.Options{Clock: a.clock}); err != nil {
		return w, err
	}
	w.base.queue = newQueue(w.base.db, w.base.config)
	if err := w.base.openSandboxes(backends, w.base.odoosOf(backends)); err != nil {
		return w, err
	}
	for _, one := range w.base.odoosOf(backends) {
		g := &watchedGroup{watchtower: w, part: len(w.groups), odoo: one, failing: map[string]string{}}
		for _, b := range backends {
			if b.Odoo == one.Name {
				g.backends = append(g.backends, b)
			}
		}
		w.groups = append(w.groups, g)
	}
	w.notify = newSupervisor(len(w.groups), a.clock.Now)
	return w, nil
}

// run watches until ctx ends or the configuration turns out to be wrong.
func (w *watchtower) run(ctx context.Context) error {
	outer := ctx
	ctx, w.stop = context.WithCancel(ctx)
	defer w.stop()
	var all sync.WaitGroup
	for _, g := range w.groups {
		g.begin(ctx)
	}
	for _, g := range w.groups {
		all.Go(func() {
			err := w.app.guard(func() error {
				_ = g.watch.Run(ctx) // it ends with ctx
				return nil
			})
			if err != nil {
				w.end(err)
			}
		})
	}
	all.Go(func() { w.runSchedule(ctx) })
	w.notify.tell("READY=1")
	all.Go(func() {
		<-ctx.Done()
		w.notify.tell("STOPPING=1")
	})
	all.Wait()
	if w.fatal != nil {
		return w.fatal
	}
	if errors.Is(context.Cause(outer), errSpanOver) {
		return w.lasting()
	}
	return outer.Err()
}

// lasting are the failures that are not over.
func (w *watchtower) lasting() error {
	var errs []error
	for _, g := range w.groups {
		errs = append(errs, g.last)
	}
	return errors.Join(errs...)
}

// end ends the watch for good.
func (w *watchtower) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fatal = errors.Join(w.fatal, err)
	w.stop()
}

// odooModels is how many Odoo models a look may ask for: half of what the Odoo is to be asked at most. 0: all.
func (w *watchtower) odooModels(o config.Odoo) int {
	if o.CallsPerSecond <= 0 {
		return 0
	}
	return max(1, int(w.options.interval.Seconds()*o.CallsPerSecond/2))
}

// connectAll gives the backends ready to run.
func (w *watchtower) connectAll(ctx context.Context, backends []config.Backend) ([]*opened, error) {
	r := newRunning(w.app)
	r.config, r.db, r.queue, r.sandboxes, r.courtesies = w.base.config, w.base.db, w.base.queue, w.base.sandboxes, w.base.courtesies
	all := make([]*opened, len(backends))
	for i, b := range backends {
		o, err := r.connect(ctx, b)
		if err != nil {
			return nil, err
		}
		all[i] = o
	}
	return all, nil
}

// lockWait is how long a round waits for a backend that another process works on, before it looks whether there is something else
// to do.
const lockWait = 10 * time.Second

// locked works on backends while no other process does. Whoever has one of them and gives way to those who ask is asked.
func (w *watchtower) locked(ctx context.Context, names []string, do func(context.Context)) (err error) {
	if len(names) == 0 {
		do(ctx)
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	held, err := state.AwaitLock(waiting, w.location, names[0], state.AwaitOptions{Clock: w.app.clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if lost := held.Lost(); lost != nil {
		go func() {
			select {
			case <-lost:
				stop(&lostLockError{names[0]})
			case <-ctx.Done():
			}
		}()
	}
	return w.locked(ctx, names[1:], do)
}

// groupOf is the group that a backend belongs to, if it is watched.
func (w *watchtower) groupOf(name string) *watchedGroup {
	for _, g := range w.groups {
		for _, b := range g.backends {
			if b.Name == name {
				return g
			}
		}
	}
	return nil
}

// reportsOf are the reports of a round.
func reportsOf(all []*synchronizer.Synchronizer) []*synchronizer.Report {
	reports := make([]*synchronizer.Report, len(all))
	for i, s := range all {
		reports[i] = s.Report()
	}
	return reports
}
