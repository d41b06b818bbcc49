package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// running is everything that a command works with while it holds the locks of its backends.
type running struct {
	app        *app
	config     *config.Config
	db         *state.DB
	queue      *jobs.Queue
	locks      []state.Held
	closed     chan struct{} // by Close, through closing
	closing    func()
	sandboxes  map[string]*sandbox.Sandbox
	sessions   map[string]*odoo.Session
	refused    map[string]error // logins that failed
	courtesies *courtesies
	backends   []*opened
	failures   []error // of backends that could not be opened, while others can
	explain    func(string)
	progress   *progress              // nil: nobody waits for its end
	copied     copyDir                // of the state, which a dry run works on; without a path in any other run
	reports    []*synchronizer.Report // of the backends that were run
}

// opened is one backend, ready to run.
type opened struct {
	*synchronizer.Synchronizer
	config  config.Backend
	env     *backend.Environment
	session *odoo.Session
}

func (a *app) load() (*config.Config, error) {
	if a.place.absent != nil {
		return nil, a.place.absent
	}
	c, err := config.Load(a.config, a.registry.Kinds(), a.checks()...)
	if err == nil {
		a.remember(c)
	}
	if err == nil && !a.warned && !a.quiet {
		a.warned = true
		for _, w := range c.Warnings {
			a.log.Warn(w.Error())
		}
	}
	return c, err
}

// choose are the named backends, or all where none is named.
func choose(c *config.Config, names []string) ([]config.Backend, error) {
	return chosen("backend", c.Backends, func(b config.Backend) string { return b.Name }, names)
}

// chosen are the named entries of a kind, each once, in the order of the names, or all where none is named.
func chosen[T any](kind string, all []T, nameOf func(T) string, names []string) ([]T, error) {
	if len(names) == 0 {
		return all, nil
	}
	known := make([]string, len(all))
	for i, entry := range all {
		known[i] = nameOf(entry)
	}
	var out []T
	seen := map[string]bool{}
	for _, name := range names {
		at := slices.Index(known, name)
		if at < 0 {
			hint := "known: " + strings.Join(known, ", ")
			if near, ok := config.Nearest(name, known); ok {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return nil, &unknownNameError{kind, name, hint}
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, all[at])
		}
	}
	return out, nil
}

// openState opens the state alone.
func (a *app) openState(ctx context.Context, c *config.Config) (*state.DB, error) {
	location, err := findState(ctx, c)
	if err != nil {
		return nil, err
	}
	return state.Open(ctx, location, state.Options{Clock: a.clock})
}

// lookAtState opens the state for commands that write nothing into it.
func (a *app) lookAtState(ctx context.Context, c *config.Config) (*state.DB, error) {
	location, err := findState(ctx, c)
	if err != nil {
		return nil, err
	}
	return state.Open(ctx, location, state.Options{Clock: a.clock, Looking: true})
}

// stateOrNone opens the state for commands that have something to say without one, too: then it gives nil. looking: they write
// nothing into it.
func (a *app) stateOrNone(ctx context.Context, c *config.Config, looking bool) (*state.DB, error) {
	location, err := c.StateLocation(ctx)
	if err != nil {
		return nil, err
	}
	if there, err := hasState(ctx, location); err != nil || !there {
		return nil, err
	}
	return state.Open(ctx, location, state.Options{Clock: a.clock, Looking: looking})
}

// findState gives the location of a state that is there.
func findState(ctx context.Context, c *config.Config) (location string, err error) {
	if location, err = c.StateLocation(ctx); err != nil {
		return "", err
	}
	there, err := hasState(ctx, location)
	if err == nil && !there {
		err = &noStateError{c.State}
	}
	return location, err
}

// hasState tells whether there is a state already, be it one that cannot be used.
func hasState(ctx context.Context, location string) (bool, error) {
	if !state.IsURL(location) {
		_, err := os.Stat(location)
		return !errors.Is(err, os.ErrNotExist), nil
	}
	db, err := state.Open(ctx, location, state.Options{ReadOnly: true})
	var unavailable *state.UnavailableError
	switch {
	case err == nil:
		return true, db.Close()
	case errors.As(err, &unavailable) && unavailable.Trouble == state.NoState:
		return false, nil
	case errors.As(err, &unavailable) && unavailable.Trouble == state.OlderSchema:
		return true, nil
	default:
		return false, err
	}
}

func newRunning(a *app) *running {
	closed := make(chan struct{})
	return &running{
		app: a, sandboxes: map[string]*sandbox.Sandbox{}, sessions: map[string]*odoo.Session{}, refused: map[string]error{},
		courtesies: &courtesies{by: map[string]courtesy{}}, closed: closed, closing: sync.OnceFunc(func() { close(closed) }),
	}
}

// open locks the named backends, opens the state and connects both sides of each. The caller closes
// what is running, be there an error or not.
func (a *app) open(ctx context.Context, names []string, explain func(string)) (*running, error) {
	r := newRunning(a)
	r.explain = explain
	chosen, location, err := r.choose(ctx, names)
	if err != nil {
		return r, err
	}
	if chosen, err = r.lock(ctx, location, chosen); err != nil {
		return r, err
	}
	a.working.Store(true)
	if r.db, err = state.Open(ctx, location, state.Options{Clock: a.clock}); err != nil {
		return r, err
	}
	r.queue = newQueue(r.db, r.config)
	if err := r.beginAttending(ctx); err != nil {
		return r, err
	}
	err = r.connectSides(ctx, chosen)
	return r, err
}

// choose reads the configuration, and gives the backends of it that are named and where its state is.
func (r *running) choose(ctx context.Context, names []string) (chosen []config.Backend, location string, err error) {
	if r.config, err = r.app.load(); err != nil {
		return nil, "", err
	}
	if chosen, err = choose(r.config, names); err != nil {
		return nil, "", err
	}
	location, err = r.config.StateLocation(ctx)
	return chosen, location, err
}

// connectSides opens the sandboxes that the backends need, and makes the backends ready to run.
func (r *running) connectSides(ctx context.Context, chosen []config.Backend) error {
	if err := r.openSandboxes(chosen, r.odoosOf(chosen)); err != nil {
		return err
	}
	return r.connectAll(ctx, chosen)
}

// connectAll makes the backends ready to run. Those that cannot be are failures, and an error where there is no other.
func (r *running) connectAll(ctx context.Context, chosen []config.Backend) error {
	for _, b := range chosen {
		o, err := r.connect(ctx, b)
		if err != nil {
			r.failures = append(r.failures, err, synchronizer.NoteRun(context.WithoutCancel(ctx), r.db, b.Name, err))
			continue
		}
		r.backends = append(r.backends, o)
	}
	if len(r.backends) == 0 {
		return errors.Join(r.failures...)
	}
	return nil
}

// beginAttending lets what this run does be counted and told.
func (r *running) beginAttending(ctx context.Context) error {
	if r.app.counting {
		if err := r.app.collector(r.db, r.queue, r.config).Begin(ctx); err != nil {
			return err
		}
	}
	return newNotifier(r.db, r.queue, r.config).Begin(ctx)
}

// lock takes the backends' locks, so that no two runs work on one of them, and gives those that it got.
func (r *running) lock(ctx context.Context, location string, chosen []config.Backend) (free []config.Backend, err error) {
	if err := r.checkDir(); err != nil {
		return nil, err
	}
	got, err := r.takeLocks(ctx, location, chosen)
	if err != nil {
		return nil, err
	}
	free = slices.DeleteFunc(slices.Clone(chosen), func(b config.Backend) bool { return !got[b.Name] })
	if len(free) == 0 {
		return nil, errors.Join(r.failures...)
	}
	return free, nil
}

// stopWithout stops the run as a signal does when the lock is lost, since another run may have it then.
func (r *running) stopWithout(l state.Held, name string) {
	if l.Lost() == nil {
		return
	}
	go func() {
		select {
		case <-l.Lost():
			r.app.stopFor(&lostLockError{name})
		case <-r.closed:
		}
	}()
}

// odoosOf are the Odoo entries that the backends belong to, each once.
func (r *running) odoosOf(backends []config.Backend) []config.Odoo {
	var all []config.Odoo
	for _, o := range r.config.Odoo {
		if slices.ContainsFunc(backends, func(b config.Backend) bool { return b.Odoo == o.Name }) {
			all = append(all, o)
		}
	}
	return all
}

// openSandboxes starts the demo servers that the addresses of backends and Odoos name, each once.
func (r *running) openSandboxes(backends []config.Backend, odoos []config.Odoo) error {
	needs := map[string]*sandbox.Options{}
	var order []string
	need := func(name string) *sandbox.Options {
		if needs[name] == nil {
			needs[name] = &sandbox.Options{Clock: r.app.clock.Now}
			order = append(order, name)
		}
		return needs[name]
	}
	for _, b := range backends {
		if name, ok := b.SandboxName(); ok {
			fake, err := r.app.fake(b.Kind)
			if err != nil {
				return err
			}
			need(name).Systems = withSystem(need(name).Systems, fake)
		}
	}
	for _, o := range odoos {
		if name, ok := o.SandboxName(); ok {
			need(name).Odoo = true
		}
	}
	for _, name := range order {
		box, err := sandbox.Open(r.sandboxDir(name), *needs[name])
		if err != nil {
			return err
		}
		r.sandboxes[name] = box
	}
	return nil
}

// withSystem adds a system that isn't there yet: two backends of one sandbox share its server.
func withSystem(all []sandbox.System, s sandbox.System) []sandbox.System {
	if slices.ContainsFunc(all, func(other sandbox.System) bool { return other.Name == s.Name }) {
		return all
	}
	return append(all, s)
}

// sandboxDir is where a sandbox keeps its journals: beside state.db, or beside the configuration.
func (r *running) sandboxDir(name string) string {
	return filepath.Join(r.config.StateDir(), "sandbox-"+name)
}

func (a *app) fake(kind string) (sandbox.System, error) {
	for _, f := range a.fakes {
		if f.Name == kind {
			return f, nil
		}
	}
	return sandbox.System{}, &usageError{fmt.Sprintf("there is no sandbox for %s; give its real url", kind)}
}

// connect makes a backend ready to run.
func (r *running) connect(ctx context.Context, b config.Backend) (*opened, error) {
	env, err := r.environment(ctx, b)
	if err != nil {
		return nil, err
	}
	s := synchronizer.New(synchronizer.Options{Env: env, DB: r.db, Queue: r.queue, Window: b.OutcomeWindow, Witness: r.witness(), Hide: r.app.hide})
	return &opened{Synchronizer: s, config: env.Config, env: env, session: env.Session}, nil
}

// environment logs in to Odoo and makes the system's client.
func (r *running) environment(ctx context.Context, b config.Backend) (*backend.Environment, error) {
	session, err := r.session(ctx, b.Odoo)
	if err != nil {
		return nil, err
	}
	version, err := r.app.registry.Get(b.Kind, b.Version)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	client, b, err := r.client(ctx, version, b)
	if err != nil {
		return nil, err
	}
	if r.copied.path != "" {
		session = session.ReadOnly()
	}
	env := &backend.Environment{
		Backend: version, Config: b, Session: session, Client: client, Clock: r.app.clock, Explain: r.explain,
		Binder: binding.New(r.db, session.Database(), b.Name),
	}
	o, _ := r.config.FindOdoo(b.Odoo)
	if _, sandboxed := o.SandboxName(); !sandboxed && r.db != nil {
		noteVersion(ctx, env)
	}
	return env, nil
}

// client makes the system's client, with the backend as the client takes it: that of a sandbox has its address and credentials.
func (r *running) client(ctx context.Context, version *backend.Backend, b config.Backend) (any, config.Backend, error) {
	b, err := r.sandboxed(b)
	if err != nil {
		return nil, b, err
	}
	way, err := r.app.way(nil)
	if err != nil {
		return nil, b, err
	}
	client, err := version.Open(ctx, backend.Setup{Config: b, Transport: way, Clock: r.app.clock})
	return client, b, err
}

// session is the login to the named Odoo, made once.
func (r *running) session(ctx context.Context, name string) (*odoo.Session, error) {
	if s := r.sessions[name]; s != nil {
		return s, nil
	}
	if err := r.refused[name]; err != nil {
		return nil, err
	}
	s, err := r.dial(ctx, name)
	if err != nil {
		r.refused[name] = err
		return nil, err
	}
	r.sessions[name] = s
	return s, nil
}

// sandboxed gives a backend of the sandbox its address and credentials.
func (r *running) sandboxed(b config.Backend) (config.Backend, error) {
	name, ok := b.SandboxName()
	if !ok {
		return b, nil
	}
	served, ok := r.sandboxes[name].System(b.Kind)
	if !ok {
		return b, fmt.Errorf("the sandbox %s does not serve %s", name, b.Kind)
	}
	b.URL = served.URL
	return config.FillSecrets(b, served.Credentials), nil
}

// Close gives everything back, in the reverse order of opening.
func (r *running) Close() error {
	r.closing()
	var errs []error
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	errs = append(errs, r.copied.remove())
	for _, box := range r.sandboxes {
		errs = append(errs, box.Close())
	}
	for _, l := range r.locks {
		errs = append(errs, l.Release())
	}
	return errors.Join(errs...)
}
