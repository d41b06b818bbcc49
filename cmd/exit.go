package cmd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/explain"
)

// The exit codes.
const (
	exitOK          = 0
	exitInternal    = int(explain.Internal)
	exitUsage       = int(explain.Usage)
	exitEnvironment = int(explain.Environment)
	exitDenied      = int(explain.Denied)
	exitFailedJobs  = int(explain.FailedJobs)
	exitLocked      = int(explain.Locked)
	exitInterrupted = int(explain.Interrupted)
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

// Code is that of a command line which cannot be understood.
func (*usageError) Code() string { return "CON-USAGE-COMMAND" }

// Usage marks the error as the caller's.
func (*usageError) Usage() bool { return true }

// rewordedError is an error of a layer in the words of the command line. Its code is that of the cause.
type rewordedError struct {
	cause error
	text  string
}

func (e *rewordedError) Error() string { return e.text }
func (e *rewordedError) Unwrap() error { return e.cause }

// unknownNameError is a name that the configuration doesn't have.
type unknownNameError struct{ kind, name, hint string }

func (e *unknownNameError) Error() string {
	return fmt.Sprintf("the configuration has no %s %q; %s", e.kind, e.name, e.hint)
}

// Code is that of a name which there is none of.
func (*unknownNameError) Code() string { return "CON-USAGE-NAME" }

// Usage marks the error as the caller's.
func (*unknownNameError) Usage() bool { return true }

// noStateError says that a command only looks, and there is nothing yet to look at.
type noStateError struct{ state string }

func (e *noStateError) Error() string {
	return fmt.Sprintf("there is no %s yet; run `connector sync` first", e.state)
}

// Code is that of a state which isn't there yet.
func (*noStateError) Code() string { return "CON-STATE-NONE" }

// Usage marks the error as the caller's.
func (*noStateError) Usage() bool { return true }

// failedJobsError says that the run ended and some jobs failed.
type failedJobsError struct{ n int }

func (e *failedJobsError) Error() string {
	return fmt.Sprintf("%s failed; see `connector jobs errors`", count(e.n, "job", "jobs"))
}

// Code is that of a run with failed jobs.
func (*failedJobsError) Code() string { return "CON-JOBS-FAILED" }

// lostLockError says that a run stopped since the connection broke that held its lock.
type lostLockError struct{ name string }

func (e *lostLockError) Error() string {
	return fmt.Sprintf("the connection broke that held the lock of %s, and another run may have it now; "+
		"this one stopped, and the next goes on from here", e.name)
}

// Code is that of a lock which was lost.
func (*lostLockError) Code() string { return "CON-LOCK-LOST" }

// exit prints the error and gives its code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitOK
	}
	if a.jsonLog && !a.json() {
		for _, one := range flatten(err) {
			a.log.Error(a.sentence(one), "code", a.errorCode(one), "exit", a.exitOf(one))
		}
		a.debugCauses(err)
		return a.exitCode(err)
	}
	for _, line := range a.lines(err) {
		_, _ = fmt.Fprintln(a.err, line)
	}
	a.debugCauses(err)
	return a.exitCode(err)
}

// flatten gives the errors that were joined, each once.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // only the outermost join is taken apart
	if !ok {
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

func (a *app) exitCode(err error) int {
	var codes []int
	for _, one := range flatten(err) {
		codes = append(codes, a.exitOf(one))
	}
	for _, c := range precedence {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return exitInternal
}

// exitOf is the exit code that the catalogue has for the error's code, unless the error has one of its own.
func (a *app) exitOf(err error) int {
	var own interface{ exitCode() int }
	code := a.errorCode(err)
	entry, known := a.catalogue().Get(code)
	switch {
	case code == codeStopped && a.signal != nil:
		return signalCode(a.signal)
	case errors.As(err, &own):
		return own.exitCode()
	case known:
		return int(entry.Exit)
	case isUsage(err):
		return exitUsage
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

// argument demands one argument, of which an example is given.
func argument(what, example string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return &usageError{fmt.Sprintf("give one %s: `%s %s`", what, c.CommandPath(), example)}
	}
}
