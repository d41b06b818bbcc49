package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// dryRun prints what a sync of the named backends would do. It writes nothing: it works on a copy of the state, and takes no lock, so
// that it may run beside another run. What that one is doing shows up as still to be done.
func (a *app) dryRun(ctx context.Context, names []string, limits synchronizer.Limits) (err error) {
	if err := a.checkLimits(names, limits); err != nil {
		return err
	}
	r, err := a.openCopy(ctx, names)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	failures := r.failures
	for _, group := range r.groups() {
		syncs := make([]*synchronizer.Synchronizer, len(group))
		for i, o := range group {
			syncs[i] = o.Synchronizer
		}
		options := runOptions("sync")
		options.Limits = limits
		forecasts, errs := synchronizer.DryRun(ctx, syncs, options)
		for i, o := range group {
			forecasts[i].Requests = o.requests()
			failures = append(failures, errs[i], r.showForecast(o, forecasts[i], errs[i]))
		}
	}
	return errors.Join(failures...)
}

// requests are those that a backend's run has sent so far.
func (o *opened) requests() synchronizer.RequestCounts {
	out := synchronizer.RequestCounts{Odoo: o.session.Requests()}
	if c, ok := o.env.Client.(interface{ Requests() int }); ok {
		out.Backend = c.Requests()
	}
	return out
}

// openCopy is open for those who only want to know what would be: on a copy of the state, with sessions that only read, and without
// locks. Where there is no state the copy is empty.
func (a *app) openCopy(ctx context.Context, names []string) (*running, error) {
	r := newRunning(a)
	chosen, location, err := r.choose(ctx, names)
	if err != nil {
		return r, err
	}
	if err := r.checkDir(); err != nil {
		return r, err
	}
	if err := r.copyState(ctx, location, chosen); err != nil {
		return r, err
	}
	r.queue = jobs.New(r.db) // without channels: they are about when, and not about what
	err = r.connectSides(ctx, chosen)
	return r, err
}

// copyState opens a copy of the state in a directory of its own, which Close removes.
func (r *running) copyState(ctx context.Context, location string, chosen []config.Backend) (err error) {
	if r.copied, err = newCopyDir(r.app.clock.Now()); err != nil {
		const help = "there is no place for a copy of the state, which this works on: %w; set TMPDIR to a directory that can be written"
		return &environmentError{fmt.Errorf(help, err)}
	}
	path := r.copied.state()
	there, err := hasState(ctx, location)
	if err != nil {
		return err
	}
	if there {
		if err := r.snapshot(ctx, location, path, chosen); err != nil {
			return err
		}
	}
	r.db, err = state.Open(ctx, path, state.Options{Clock: r.app.clock})
	return err
}

// snapshot copies a state as it is at one moment, and leaves it as it is. It tells where another run is at work.
func (r *running) snapshot(ctx context.Context, location, path string, chosen []config.Backend) (err error) {
	db, err := state.Open(ctx, location, state.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, b := range chosen {
		held, err := db.Holder(ctx, b.Name)
		if err != nil {
			return err
		}
		if held != nil {
			r.app.log.Warn(fmt.Sprintf("%s works on %s; what it is about to do is planned as still to be done", held.Holder(), b.Name))
		}
	}
	return db.Backup(ctx, path, nil)
}
