package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// workOptions are the flags of work.
type workOptions struct {
	channels []string
	jobs     int
	once     bool
	span     time.Duration
	grace    time.Duration
	limit    time.Duration
	listen   listening
}

func (a *app) workCommand() *cobra.Command {
	var o workOptions
	c := &cobra.Command{
		Use:   "work [BACKEND…]",
		Short: "Run jobs as they come, until it is stopped",
		Long: `work runs the jobs of the named backends (of all without a name) as soon as their time has come, and
waits for more. It polls nothing: what makes jobs is ` + "`connector sync` or `connector poll`" + `.

A backend is worked on by one process at a time. A second one stands by and takes over at once when
the first one ends or dies. A command with --wait gets in between: the worker ends the record in hand,
gives the other jobs back, and goes on when that command is done. A backend that doesn't answer is left
alone for 10 seconds to 5 minutes, with no attempt spent, while the others go on.

Of a backend's jobs one slice runs at a time. --jobs allows more, as far as the channels do: a backend's
own channel has a capacity of 1 unless ` + "`jobs: channels:`" + ` in the configuration gives it more.

The first signal lets the record in hand end and gives the other jobs back; after --grace it is broken
off. The second one stops at once.
` + exitHelp + "\n\nNext: `connector jobs workers`, `connector status`.",
		Example: "  connector work\n  connector work trello --jobs 4\n  connector work --once --quiet",
		RunE:    func(c *cobra.Command, args []string) error { return a.work(c.Context(), args, o) },
	}
	c.Flags().StringSliceVar(&o.channels, "channels", nil, "only jobs of these channels and those below them, as root.trello")
	c.Flags().IntVar(&o.jobs, "jobs", 1, "slices of one backend at a time, as far as its channels allow")
	c.Flags().BoolVar(&o.once, "once", false, "end when no job is left whose time has come")
	spanVar(c.Flags(), &o.span, "for", 0, "end after so long, as 10m; 0 for never")
	spanVar(c.Flags(), &o.grace, "grace", 30*time.Second, "how long the records in hand may go on after a signal; 0 for as long as they take")
	spanVar(c.Flags(), &o.limit, "time-limit", defaultTimeLimit, "how long a job may run that has no limit of its own; 0 for ever")
	o.listen.flags(c)
	return c
}

// note is what a worker of these backends notes of itself for `jobs workers`.
func (o workOptions) note(backends []string) workerNote {
	return workerNote{
		Command: "work", Backends: backends, Channels: o.channels, Jobs: o.jobs, TimeLimit: int64(o.limit.Seconds()), Version: version(),
	}
}

// check refuses flags that make no sense, and channels that there are none of.
func (o workOptions) check(c *config.Config) error {
	if o.jobs < 1 {
		return &usageError{fmt.Sprintf("--jobs %d: at least one slice runs at a time", o.jobs)}
	}
	if err := o.listen.check(); err != nil {
		return err
	}
	k := jobsCheck{config: c}
	k.channels, _ = jobs.ParseChannels(c.Jobs.Channels) // the configuration was checked
	for _, name := range o.channels {
		k.channel("--channels", name)
	}
	if len(k.problems) > 0 {
		p := k.problems[0]
		return &usageError{fmt.Sprintf("%s: %s; %s", p.Path, p.Problem, p.Hint)}
	}
	return nil
}

func (a *app) work(ctx context.Context, names []string, o workOptions) (err error) {
	if patient, ok := a.clock.(*patientClock); ok {
		a.clock = patient.Clock // a worker waits most of the time
	}
	signal.Ignore(syscall.SIGPIPE) // who reads may go, as a log's reader that is started anew; jobs in hand are not broken off for that
	w, err := a.openWork(ctx, names, o)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return err
	}
	seen, err := a.observe(ctx, &o.listen, w.base, true, o.note(backendNames(w.backends)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.Close(ctx)) }()
	a.working.Store(true)
	if o.span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.span)
		defer cancel()
	}
	return w.run(ctx)
}

// workplace is what all backends share that one process works on.
type workplace struct {
	app      *app
	options  workOptions
	base     *running // with the state and the sandboxes
	location string
	posts    []*post
	places   *synchronizer.Places
	tell     *teller

	mu       sync.Mutex
	inside   int // turns that use the sandboxes
	backends []config.Backend
}

// openWork opens the state. What else is needed is opened when a backend's lock is taken.
func (a *app) openWork(ctx context.Context, names []string, o workOptions) (*workplace, error) {
	w := &workplace{app: a, options: o, base: newRunning(a), places: synchronizer.NewPlaces(), tell: &teller{app: a}}
	var err error
	if w.base.config, err = a.load(); err != nil {
		return w, err
	}
	if w.backends, err = choose(w.base.config, names); err != nil {
		return w, err
	}
	if err := o.check(w.base.config); err != nil {
		return w, err
	}
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
	for _, b := range w.backends {
		w.posts = append(w.posts, &post{workplace: w, backend: b})
	}
	return w, nil
}

func (w *workplace) close() error { return w.base.Close() }

// run works on all backends until each has come to its end.
func (w *workplace) run(ctx context.Context) error {
	errs := make([]error, len(w.posts))
	var all sync.WaitGroup
	for i, p := range w.posts {
		all.Go(func() { errs[i] = p.app.guard(func() error { return p.run(ctx) }) })
	}
	all.Wait()
	failed := 0
	for _, p := range w.posts {
		p.summarize()
		failed += p.stats.Failed
	}
	if failed > 0 {
		errs = append(errs, &failedJobsError{failed})
	}
	return errors.Join(errs...)
}

// enter gives what a turn of a backend connects by. The sandboxes are open as long as any backend has a turn, so that others
// may open them in between.
func (w *workplace) enter() (*running, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inside == 0 {
		if err := w.base.openSandboxes(w.backends, w.base.odoosOf(w.backends)); err != nil {
			return nil, errors.Join(err, w.closeSandboxes())
		}
	}
	w.inside++
	r := newRunning(w.app)
	r.config, r.db, r.queue, r.sandboxes, r.courtesies = w.base.config, w.base.db, w.base.queue, w.base.sandboxes, w.base.courtesies
	return r, nil
}

func (w *workplace) leave() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inside--; w.inside > 0 {
		return nil
	}
	return w.closeSandboxes()
}

func (w *workplace) closeSandboxes() (err error) {
	for _, box := range w.base.sandboxes {
		err = errors.Join(err, box.Close())
	}
	w.base.sandboxes = map[string]*sandbox.Sandbox{}
	return err
}

// checkDir makes sure that the state can be where the configuration wants it.
func (r *running) checkDir() error {
	dir := r.config.StateDir()
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(dir); err != nil {
		return &usageError{fmt.Sprintf("the directory of the state file, %s, cannot be used: %v; make it, or change `state:`", dir, errors.Unwrap(err))}
	}
	return nil
}
