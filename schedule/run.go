package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/state"
)

// Do does what an entry is there for, and tells for people what was done.
type Do func(ctx context.Context, e Entry) (message string, err error)

// UnknownError says that the schedule has no entry of that name.
type UnknownError struct {
	Name  string
	Known []string
}

// Error names the entries that there are.
func (e *UnknownError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("the schedule has no entry %q; it has none at all", e.Name)
	}
	return fmt.Sprintf("the schedule has no entry %q; known: %s", e.Name, strings.Join(e.Known, ", "))
}

// Usage marks the error as the caller's.
func (*UnknownError) Usage() bool { return true }

// Code is that of a name which there is none of.
func (*UnknownError) Code() string { return "CON-USAGE-NAME" }

// RunningError says that an entry is not run since it is at work already.
type RunningError struct {
	Name string
	By   error // who has it: a *state.LockedError
}

// Error names the entry and who runs it.
func (e *RunningError) Error() string { return fmt.Sprintf("%s is at work already: %v", e.Name, e.By) }

// Unwrap is the lock's own error.
func (e *RunningError) Unwrap() error { return e.By }

// RunDue runs the entries whose time has come, one after the other in their order, and tells how many. An entry that another
// process runs is left to it. What an entry fails with is noted in the state and is no error of RunDue's, which has those of the
// state, and ctx's.
func (s *Schedule) RunDue(ctx context.Context, do Do) (ran int, err error) {
	now := s.db.Clock().Now()
	known, err := s.read(ctx)
	if err != nil {
		return 0, err
	}
	for _, e := range s.entries {
		if st := known[e.Name]; st.Next.IsZero() || st.Next.After(now) {
			continue
		}
		did, _, err := s.run(ctx, e, do, true)
		if did {
			ran++
		}
		var running *RunningError
		if err != nil && !errors.As(err, &running) {
			return ran, err
		}
		if ctx.Err() != nil {
			return ran, ctx.Err()
		}
	}
	return ran, nil
}

// Run runs an entry now, whenever it is due; if it is due, that is its run. It returns what the entry fails with.
//
// Errors: *UnknownError, *RunningError, those of do and of the state.
func (s *Schedule) Run(ctx context.Context, name string, do Do) error {
	e, ok := s.find(name)
	if !ok {
		unknown := &UnknownError{Name: name}
		for _, e := range s.entries {
			unknown.Known = append(unknown.Known, e.Name)
		}
		return unknown
	}
	_, failure, err := s.run(ctx, e, do, false)
	return errors.Join(failure, err)
}

// run runs an entry under its lock, unless it must be due and is not any more. failure is the entry's, err the state's.
func (s *Schedule) run(ctx context.Context, e Entry, do Do, due bool) (did bool, failure, err error) {
	lock, err := s.lock(ctx, e.Name)
	var locked *state.LockedError
	if errors.As(err, &locked) {
		return false, nil, &RunningError{e.Name, err}
	}
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if did, err = s.begin(ctx, e, due); err != nil || !did {
		return false, nil, err
	}
	done := false
	defer func() { // a panic goes on, and the state knows of it
		if !done {
			_ = s.end(context.WithoutCancel(ctx), e, Interrupted, "it broke off")
		}
	}()
	message, failure := do(ctx, e)
	done = true
	outcome := OK
	switch {
	case failure != nil && ctx.Err() != nil:
		outcome, message = Interrupted, failure.Error()
	case failure != nil:
		outcome, message = Failed, failure.Error()
	}
	return true, failure, s.end(context.WithoutCancel(ctx), e, outcome, message)
}

// begin notes in one transaction that the entry is at work and when it runs next, and tells whether it is this process that runs it.
func (s *Schedule) begin(ctx context.Context, e Entry, due bool) (mine bool, err error) {
	err = s.db.Write(ctx, func(tx *state.Tx) error {
		now := state.Micros(tx.Now())
		latest := now
		if !due {
			latest = 1<<63 - 1
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO job_schedule (name) VALUES (?) ON CONFLICT (name) DO NOTHING", e.Name)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE job_schedule SET last_start = ?, last_end = 0, next = ?, outcome = ?, message = '', worker = ?
			WHERE name = ? AND next <= ?`, now, state.Micros(e.Next(tx.Now())), string(Running), s.worker, e.Name, latest)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		mine = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("begin %s of the schedule: %w", e.Name, err)
	}
	return mine, nil
}

const longestMessage = 500

func (s *Schedule) end(ctx context.Context, e Entry, outcome Outcome, message string) error {
	if runes := []rune(message); len(runes) > longestMessage {
		message = string(runes[:longestMessage]) + "…"
	}
	err := s.db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE job_schedule SET last_end = ?, outcome = ?, message = ? WHERE name = ?",
			state.Micros(tx.Now()), string(outcome), message, e.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("note the end of %s of the schedule: %w", e.Name, err)
	}
	return nil
}
