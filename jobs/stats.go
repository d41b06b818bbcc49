package jobs

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// GroupKey is what statistics are grouped by.
type GroupKey string

// The keys.
const (
	ByFunction GroupKey = "function"
	ByChannel  GroupKey = "channel"
	ByBackend  GroupKey = "backend"
)

// GroupKeys gives all keys.
func GroupKeys() []GroupKey { return []GroupKey{ByFunction, ByChannel, ByBackend} }

// Statistic is what became of the jobs of one function, channel or backend, and what is left of them.
type Statistic struct {
	Name string // of the function, the channel or the backend

	Done, Failed, Cancelled int     // that ended within the time that was asked for
	Retries                 int     // attempts within that time after which the job was put back
	Crashes                 int     // attempts whose worker died within that time
	PerHour                 float64 // done jobs in an hour of that time

	Wait     Spread // of those done or failed: from when they could run to the start of their last run
	Duration Spread // of those done or failed: of their last run

	Pending int       // jobs that could run now
	Running int       // jobs that run now
	Waiting int       // jobs that wait for their time or for other jobs
	Oldest  time.Time // when the oldest pending one was enqueued; zero: there is none
}

// Statistics gives what became of jobs from since on, grouped by key, by name. All is read once, and kept in a size that
// depends on the number of groups alone. An unknown key gives a *FilterError.
func (q *Queue) Statistics(ctx context.Context, by GroupKey, since time.Time) ([]Statistic, error) {
	if !slices.Contains(GroupKeys(), by) {
		return nil, &FilterError{"by", string(by), "write function, channel or backend"}
	}
	c := census{by: by, since: since, now: q.db.Clock().Now(), groups: map[string]*tally{}}
	for _, count := range []func(context.Context, state.Querier) error{c.ended, c.cancelled, c.attempts, c.present} {
		if err := count(ctx, q.db.Read()); err != nil {
			return nil, fmt.Errorf("count what became of the jobs: %w", q.db.Explain(err))
		}
	}
	return c.list(), nil
}

// tally is a statistic on its way.
type tally struct {
	Statistic
	wait, duration spreader
}

// census counts jobs by group.
type census struct {
	by         GroupKey
	since, now time.Time
	groups     map[string]*tally
}

func (c *census) of(name string) *tally {
	if c.groups[name] == nil {
		c.groups[name] = &tally{Statistic: Statistic{Name: name}}
	}
	return c.groups[name]
}

// ended takes the jobs that ran to their end.
func (c *census) ended(ctx context.Context, from state.Querier) error {
	for _, s := range []State{StateDone, StateFailed} {
		query := "SELECT " + string(c.by) + ", enqueued, eta, started, finished FROM job WHERE " + classes(s)[0].where + " AND finished >= ?"
		err := each(ctx, from, query, []any{state.Micros(c.since)}, func(rows scanner) error {
			var name string
			var enqueued, eta, started, finished int64
			if err := rows.Scan(&name, &enqueued, &eta, &started, &finished); err != nil {
				return err
			}
			t := c.of(name)
			if s == StateDone {
				t.Done++
			} else {
				t.Failed++
			}
			if started > 0 && finished >= started { // not by hand alone
				t.wait.add(time.Duration(started-max(enqueued, eta)) * time.Microsecond)
				t.duration.add(time.Duration(finished-started) * time.Microsecond)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *census) cancelled(ctx context.Context, from state.Querier) error {
	query := "SELECT " + string(c.by) + ", COUNT(*) FROM job WHERE " + classes(StateCancelled)[0].where + " AND finished >= ? GROUP BY 1"
	return c.count(ctx, from, query, []any{state.Micros(c.since)}, func(t *tally, n int) { t.Cancelled = n })
}

func (c *census) attempts(ctx context.Context, from state.Querier) error {
	query := "SELECT job." + string(c.by) + `, COUNT(*) FROM job_attempt JOIN job ON job.id = job_attempt.job_id
		WHERE job_attempt.outcome = ? AND job_attempt.finished >= ? GROUP BY 1`
	for outcome, add := range map[string]func(*tally, int){
		Retry.String(): func(t *tally, n int) { t.Retries = n },
		workerDied:     func(t *tally, n int) { t.Crashes = n },
	} {
		if err := c.count(ctx, from, query, []any{outcome, state.Micros(c.since)}, add); err != nil {
			return err
		}
	}
	return nil
}

// present takes the jobs that have not ended, whenever they were enqueued.
func (c *census) present(ctx context.Context, from state.Querier) error {
	by := string(c.by)
	now := state.Micros(c.now)
	for _, part := range []struct {
		where string
		args  []any
		add   func(*tally, int)
	}{
		{"state = 'pending' AND due = 1", nil, func(t *tally, n int) { t.Pending += n }},
		{"state = 'pending' AND due = 0 AND eta <= ?", []any{now}, func(t *tally, n int) { t.Pending += n }},
		{"state = 'pending' AND due = 0 AND eta > ?", []any{now}, func(t *tally, n int) { t.Waiting += n }},
		{"state = 'wait_dependencies'", nil, func(t *tally, n int) { t.Waiting += n }},
		{"state = 'started'", nil, func(t *tally, n int) { t.Running += n }},
	} {
		query := "SELECT " + by + ", COUNT(*) FROM job WHERE " + part.where + " GROUP BY 1"
		if err := c.count(ctx, from, query, part.args, part.add); err != nil {
			return err
		}
	}
	return c.oldest(ctx, from)
}

// oldest finds the oldest of the jobs that could run, of those that stand in the line and of those that are about to.
func (c *census) oldest(ctx context.Context, from state.Querier) error {
	query := "SELECT " + string(c.by) + ", MIN(created) FROM job WHERE state = 'pending' AND due = 1 GROUP BY 1 UNION ALL SELECT " +
		string(c.by) + ", MIN(created) FROM job WHERE state = 'pending' AND due = 0 AND eta <= ? GROUP BY 1"
	return each(ctx, from, query, []any{state.Micros(c.now)}, func(rows scanner) error {
		var name string
		var created int64
		err := rows.Scan(&name, &created)
		if t, at := c.of(name), state.FromMicros(created); t.Oldest.IsZero() || at.Before(t.Oldest) {
			t.Oldest = at
		}
		return err
	})
}

// count runs a query that gives a number for each group.
func (c *census) count(ctx context.Context, from state.Querier, query string, args []any, add func(*tally, int)) error {
	return each(ctx, from, query, args, func(rows scanner) error {
		var name string
		var n int
		err := rows.Scan(&name, &n)
		add(c.of(name), n)
		return err
	})
}

func (c *census) list() []Statistic {
	hours := c.now.Sub(c.since).Hours()
	list := make([]Statistic, 0, len(c.groups))
	for _, t := range slices.SortedFunc(maps.Values(c.groups), func(a, b *tally) int { return cmp.Compare(a.Name, b.Name) }) {
		t.Wait, t.Duration = t.wait.spread(), t.duration.spread()
		if hours > 0 {
			t.PerHour = float64(t.Done) / hours
		}
		list = append(list, t.Statistic)
	}
	return list
}
