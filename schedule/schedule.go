package schedule

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Outcome is how an entry's last run ended.
type Outcome string

// The outcomes of a run.
const (
	Never       Outcome = ""            // it has not run yet
	Running     Outcome = "running"     // it is at work
	OK          Outcome = "ok"          // it did what it is there for
	Failed      Outcome = "failed"      // it ended with an error
	Interrupted Outcome = "interrupted" // its process died, or was told to stop
)

// Status is what the state knows of an entry.
type Status struct {
	Name      string
	Next      time.Time // zero where nothing is planned
	LastStart time.Time
	LastEnd   time.Time // zero while it runs
	Outcome   Outcome
	Message   string // the error, or what was done, for people
	Worker    string // who ran it last
}

// Schedule is a set of entries and the state that tells when they ran.
type Schedule struct {
	db       *state.DB
	location string // of the state, as state.Open takes it
	worker   string
	entries  []Entry
}

// New gives a schedule. location is what the state was opened with; worker names this process in the state.
func New(db *state.DB, location, worker string, entries []Entry) *Schedule {
	return &Schedule{db: db, location: location, worker: worker, entries: entries}
}

// Plan writes when the entries run next, as far as the state doesn't know: new ones are planned from now on, and those whose time
// has not come yet by the rule that they have now. A time that went by while nobody looked stays, so that the run is made up for.
func (s *Schedule) Plan(ctx context.Context) error {
	known, err := s.read(ctx)
	if err != nil {
		return err
	}
	now := s.db.Clock().Now()
	for _, e := range s.entries {
		st, there := known[e.Name]
		next := e.Next(now)
		if there && !st.Next.IsZero() && !st.Next.After(now) || there && st.Next.Equal(next) {
			continue
		}
		if err := s.plan(ctx, e.Name, next); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schedule) plan(ctx context.Context, name string, next time.Time) error {
	return s.db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO job_schedule (name, next) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET next = excluded.next`,
			name, state.Micros(next))
		return err
	})
}

// Next gives when something is to run next, a time that has gone by where something is due; zero where nothing is planned.
func (s *Schedule) Next(ctx context.Context) (next time.Time, err error) {
	known, err := s.read(ctx)
	for _, e := range s.entries {
		if at := known[e.Name].Next; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, err
}

// List gives what is known of the entries, in their order. One that a dead process ran is interrupted. A time that has not come is the
// one by the rule that the entry has now, as [Schedule.Plan] will have it.
func (s *Schedule) List(ctx context.Context) ([]Status, error) {
	known, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	now := s.db.Clock().Now()
	out := make([]Status, len(s.entries))
	for i, e := range s.entries {
		st := known[e.Name]
		st.Name = e.Name
		if st.Next.After(now) {
			st.Next = e.Next(now)
		}
		if st.Outcome == Running {
			held, err := s.held(ctx, e.Name)
			if err != nil {
				return nil, err
			}
			if !held {
				st.Outcome, st.Message = Interrupted, "its process died"
			}
		}
		out[i] = st
	}
	return out, nil
}

// held tells whether somebody runs the entry.
func (s *Schedule) held(ctx context.Context, name string) (bool, error) {
	holder, err := s.db.Holder(ctx, lockOf(name))
	return holder != nil, err
}

func lockOf(name string) string { return "schedule-" + name }

func (s *Schedule) lock(ctx context.Context, name string) (state.Held, error) {
	return state.LockState(ctx, s.location, lockOf(name), s.db.Clock().Now())
}

// read gives the rows of the state by their names.
func (s *Schedule) read(ctx context.Context) (known map[string]Status, err error) {
	rows, err := s.db.Read().QueryContext(ctx, "SELECT name, last_start, last_end, next, outcome, message, worker FROM job_schedule")
	if err != nil {
		return nil, fmt.Errorf("read the schedule: %w", s.db.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	known = map[string]Status{}
	for rows.Next() {
		st, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read the schedule: %w", s.db.Explain(err))
		}
		known[st.Name] = st
	}
	return known, s.db.Explain(rows.Err())
}

func scan(rows *sql.Rows) (st Status, err error) {
	var start, end, next int64
	err = rows.Scan(&st.Name, &start, &end, &next, &st.Outcome, &st.Message, &st.Worker)
	st.LastStart, st.LastEnd, st.Next = state.FromMicros(start), state.FromMicros(end), state.FromMicros(next)
	return st, err
}

// find gives the entry of that name.
func (s *Schedule) find(name string) (Entry, bool) {
	i := slices.IndexFunc(s.entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return s.entries[i], true
}
