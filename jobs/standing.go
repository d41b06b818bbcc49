package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Standing counts the jobs of one backend and channel that are in one state now.
type Standing struct {
	Backend, Channel string // Channel is "" where they are counted by model
	Model            string // "" where they are counted by channel
	State            State
	Later            bool // pending ones whose eta is to come
	Count            int
	Oldest           time.Time // when the first of those that could run was enqueued, and when the first that runs was started
}

// Standings counts the jobs that have not ended, and those that failed, by backend, channel and state. Its cost depends on
// their number alone: those done and cancelled are not looked at.
func (q *Queue) Standings(ctx context.Context) ([]Standing, error) {
	return q.standingsBy(ctx, "channel", func(s *Standing) any { return &s.Channel })
}

// StandingsByModel is Standings by backend, binding model and state.
func (q *Queue) StandingsByModel(ctx context.Context) ([]Standing, error) {
	return q.standingsBy(ctx, "model", func(s *Standing) any { return &s.Model })
}

func (q *Queue) standingsBy(ctx context.Context, column string, into func(*Standing) any) (all []Standing, err error) {
	for _, part := range standings(state.Micros(q.db.Clock().Now())) {
		err := each(ctx, q.db.Read(), part.query(column), part.args, func(rows scanner) error {
			one := part.Standing
			var oldest int64
			err := rows.Scan(&one.Backend, into(&one), &one.Count, &oldest)
			one.Oldest = state.FromMicros(oldest)
			all = append(all, one)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("count the jobs that have not ended: %w", q.db.Explain(err))
		}
	}
	return all, nil
}

// standingPart is a part of all jobs that have not ended, or failed, which an index knows.
type standingPart struct {
	Standing
	where, oldest string
	args          []any
}

func (p standingPart) query(column string) string {
	by := "backend, " + column
	return "SELECT " + by + ", COUNT(*), " + p.oldest + " FROM job WHERE " + p.where + " GROUP BY " + by + " ORDER BY " + by
}

func standings(now int64) []standingPart {
	return []standingPart{
		{Standing{State: StateWaitDependencies}, "state = 'wait_dependencies'", "0", nil},
		{Standing{State: StatePending}, "state = 'pending' AND due = 1", "MIN(created)", nil},
		{Standing{State: StatePending}, "state = 'pending' AND due = 0 AND eta <= ?", "MIN(eta)", []any{now}},
		{Standing{State: StatePending, Later: true}, "state = 'pending' AND due = 0 AND eta > ?", "0", []any{now}},
		{Standing{State: StateEnqueued}, "state = 'enqueued'", "0", nil},
		{Standing{State: StateStarted}, "state = 'started'", "MIN(started)", nil},
		{Standing{State: StateFailed}, classes(StateFailed)[0].where, "0", nil},
	}
}

// Ending is a job that ended.
type Ending struct {
	Function, Backend, Channel string
	State                      State         // done, failed or cancelled
	Ran                        bool          // it ended by itself; by hand otherwise
	Wait                       time.Duration // from when it could run to the start of its last run
	Duration                   time.Duration // of its last run
}

// Endings calls do for each job that ended at or after from and before to, and has not been put back into the line since.
// Its cost depends on their number.
func (q *Queue) Endings(ctx context.Context, from, to time.Time, do func(Ending)) error {
	for _, s := range []State{StateDone, StateFailed, StateCancelled} {
		query := "SELECT function, backend, channel, enqueued, eta, started, finished FROM job WHERE " + classes(s)[0].where +
			" AND finished >= ? AND finished < ?"
		err := each(ctx, q.db.Read(), query, []any{state.Micros(from), state.Micros(to)}, func(rows scanner) error {
			e := Ending{State: s}
			var enqueued, eta, started, finished int64
			err := rows.Scan(&e.Function, &e.Backend, &e.Channel, &enqueued, &eta, &started, &finished)
			if e.Ran = s != StateCancelled && started > 0 && finished >= started; e.Ran {
				e.Wait = max(0, time.Duration(started-max(enqueued, eta))*time.Microsecond)
				e.Duration = time.Duration(finished-started) * time.Microsecond
			}
			do(e)
			return err
		})
		if err != nil {
			return fmt.Errorf("read which jobs ended: %w", q.db.Explain(err))
		}
	}
	return nil
}

// Attempted calls do with how many attempts of a function had an outcome, as [Attempt] names it, at or after from and before
// to. Those that were done are no attempts here, but [Queue.Endings].
func (q *Queue) Attempted(ctx context.Context, from, to time.Time, do func(function, outcome string, n int)) error {
	query := `SELECT job.function, job_attempt.outcome, COUNT(*) FROM job_attempt JOIN job ON job.id = job_attempt.job_id
		WHERE job_attempt.finished >= ? AND job_attempt.finished < ? GROUP BY 1, 2 ORDER BY 1, 2`
	err := each(ctx, q.db.Read(), query, []any{state.Micros(from), state.Micros(to)}, func(rows scanner) error {
		var function, outcome string
		var n int
		err := rows.Scan(&function, &outcome, &n)
		do(function, outcome, n)
		return err
	})
	if err != nil {
		return fmt.Errorf("count the attempts of jobs: %w", q.db.Explain(err))
	}
	return nil
}
