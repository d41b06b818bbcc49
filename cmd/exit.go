package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
)

// The exit codes.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitEnvironment = 3
	exitDenied      = 4
	exitFailedJobs  = 5
	exitLocked      = 11
	exitInterrupted = 130
	exitTerminated  = 143
)

// precedence says which code stands where several hold.
var precedence = []int{exitInterrupted, exitTerminated, exitInternal, exitUsage, exitLocked, exitDenied, exitEnvironment, exitFailedJobs}

// exitHelp ends the help of every command that runs jobs or asks servers.
const exitHelp = `
Exit codes: 0 done (jobs left for a later time are reported), 1 internal error or unusable state.db,
2 usage or configuration, 3 environment (network, server down, disk full: try again), 4 denied
(credentials, rights), 5 done, but some jobs failed, 11 another run holds the lock, 130/143 stopped
by a signal. Where several hold, the first of 130/143, 1, 2, 11, 4, 3, 5.`

// usageError is a mistake in the command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Usage marks the error as the caller's.
func (*usageError) Usage() bool { return true }

// failedJobsError says that the run ended and some jobs failed.
type failedJobsError struct{ n int }

func (e *failedJobsError) Error() string {
	return fmt.Sprintf("%s failed; see `connector jobs errors`", count(e.n, "job", "jobs"))
}

// lostLockError says that a run stopped since the connection broke that held its lock.
type lostLockError struct{ name string }

func (e *lostLockError) Error() string {
	return fmt.Sprintf("the connection broke that held the lock of %s, and another run may have it now; "+
		"this one stopped, and the next goes on from here", e.name)
}

// exit prints the error and gives its code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	said := map[string]bool{}
	for _, one := range flatten(err) {
		text := a.sentence(one)
		if !said[text] {
			_, _ = fmt.Fprintf(a.err, "connector: %s\n", text)
		}
		said[text] = true
	}
	return a.code(err)
}

// sentence is the error for people; a signal has its own words.
func (a *app) sentence(err error) string {
	var stopped *stoppedError
	if errors.As(err, &stopped) {
		return stopped.Error()
	}
	if lost := a.lost.Load(); lost != nil && errors.Is(err, context.Canceled) {
		return lost.Error()
	}
	if a.signal != nil && errors.Is(err, context.Canceled) {
		return "stopped; the record in hand was finished and the other jobs wait for the next run"
	}
	return err.Error()
}

// flatten gives the errors that were joined, each once.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if _, isConfig := err.(config.Errors); isConfig || !ok { //nolint:errorlint // only the outermost join is taken apart
		return []error{err}
	}
	var out []error
	for _, one := range joined.Unwrap() {
		for _, e := range flatten(one) {
			if !slices.ContainsFunc(out, func(o error) bool { return o.Error() == e.Error() }) {
				out = append(out, e)
			}
		}
	}
	return out
}

func (a *app) code(err error) int {
	var codes []int
	for _, one := range flatten(err) {
		codes = append(codes, a.codeOf(one))
	}
	for _, c := range precedence {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return exitInternal
}

func (a *app) codeOf(err error) int {
	if a.signal != nil && errors.Is(err, context.Canceled) {
		return signalCode(a.signal)
	}
	if a.lost.Load() != nil && errors.Is(err, context.Canceled) {
		return exitEnvironment
	}
	var usage interface{ Usage() bool }
	var locked *state.LockedError
	var denied *synchronizer.DeniedError
	var failed *failedJobsError
	var found *findingsError
	var settings *config.Error
	var secret *config.SecretError
	var leftAlone *leftAloneError
	var attention *attentionError
	var unavailable *state.UnavailableError
	var environment *environmentError
	switch {
	case errors.As(err, &usage), errors.As(err, &settings), errors.As(err, &secret):
		return exitUsage
	case errors.As(err, &locked):
		return exitLocked
	case errors.As(err, &denied), errors.As(err, &unavailable) && unavailable.Refused():
		return exitDenied
	case errors.As(err, &failed):
		return exitFailedJobs
	case errors.As(err, &found):
		return found.code
	case errors.As(err, &leftAlone):
		return leftAlone.code()
	case errors.As(err, &attention):
		return attention.code
	case errors.As(err, &unavailable), errors.As(err, &environment):
		return exitEnvironment
	default:
		return codeOfServer(err)
	}
}

// codeOfServer sorts what Odoo and the external systems said.
func codeOfServer(err error) int {
	var notFound *jobs.NotFoundError
	var t *transport.Error
	switch {
	case odoo.IsKind(err, odoo.AccessDenied, odoo.AccessError):
		return exitDenied
	case errors.As(err, &t) && t.Kind == transport.Denied: // a proxy's 401 or 403 before Odoo, too
		return exitDenied
	case errors.As(err, &t) && t.Kind == transport.NotFound: // a wrong path: what is missing of records never gets here
		return exitUsage
	case odoo.IsKind(err, odoo.UnknownDatabase, odoo.UnknownModel, odoo.UnknownField, odoo.NotOdoo, odoo.InvalidCall):
		return exitUsage
	case odoo.IsKind(err, odoo.DatabaseDown, odoo.Connection, odoo.Serialization):
		return exitEnvironment
	case errors.As(err, &notFound):
		return exitUsage
	case errors.As(err, &t):
		return exitEnvironment
	default:
		return exitInternal
	}
}

func signalCode(s os.Signal) int {
	if s == syscall.SIGTERM {
		return exitTerminated
	}
	return exitInterrupted
}
