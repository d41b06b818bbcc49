package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// ClaimFilter says which jobs a worker takes. What is left zero selects nothing away.
type ClaimFilter struct {
	Backend  string
	Backends []string // any of these
	Channels []string // these and the channels below them
	IDs      []int64  // these alone; a pause, an order or a throttle of their channel doesn't keep them waiting, its capacity does
	Limit    int      // the longest slice; 0 means 1
	Slots    int      // how many slices at most; 0 means 1

	without []string // backends that are left alone
	busy    bool     // the worker has jobs in hand: none of those that run alone
	known   bool     // the owner is a worker that was made known, and claims as long as it is taken for alive
	lines   int      // in which the last claim saw jobs that wait; 0: nobody knows
}

func (f ClaimFilter) backends() []string {
	if f.Backend != "" {
		return append(slices.Clone(f.Backends), f.Backend)
	}
	return f.Backends
}

// where gives the conditions of the filter on backends and ids; that on channels is has.
func (f ClaimFilter) where() (string, []any) {
	var where string
	var args []any
	if backends := f.backends(); len(backends) > 0 {
		where, args = " AND backend IN "+marks(len(backends)), anys(backends)
	}
	if len(f.without) > 0 {
		where, args = where+" AND backend NOT IN "+marks(len(f.without)), append(args, anys(f.without)...)
	}
	if len(f.IDs) > 0 {
		where, args = where+" AND id IN "+marks(len(f.IDs)), append(args, anys(f.IDs)...)
	}
	return where, args
}

// has tells whether a line is among those that the filter selects.
func (f ClaimFilter) has(backend, channel string) bool {
	if backends := f.backends(); len(backends) > 0 && !slices.Contains(backends, backend) || slices.Contains(f.without, backend) {
		return false
	}
	return len(f.Channels) == 0 || slices.ContainsFunc(f.Channels, func(above string) bool {
		full, err := channelName(above)
		return err == nil && within(channel, full)
	})
}

// Claimed is what a claim took.
type Claimed struct {
	Slices [][]Job   // each in the order of the line
	Next   time.Time // when a throttled channel may start its next job; zero: none waits for that
	AsOf   time.Time // up to which instant an eta counted as past

	lines int // in which jobs wait
}

// Claim takes the next slice of jobs in line for an owner: those pending whose eta has come, by priority, age and id,
// without those whose record pair is being worked on and those of channels that are full or paused. They are started when
// they come back, in the order of the line. All of them are of one function, model, backend and channel, and hold a single
// slot of it; nothing of another kind stands between them in the line of what could run now. A job whose worker died once
// comes by itself and has its worker for itself; each of a sequential or throttled channel comes by itself. No job: nothing to do now.
func (q *Queue) Claim(ctx context.Context, owner string, f ClaimFilter) ([]Job, error) {
	f.Slots = 1
	c, err := q.ClaimSlices(ctx, owner, f)
	if err != nil || len(c.Slices) == 0 {
		return nil, err
	}
	return c.Slices[0], nil
}

// ClaimSlices is [Queue.Claim] for as many slices as the filter allows, each with a slot of its own. Where no job is due it
// takes no write lock: a run looks at an empty line far more often than at a full one.
func (q *Queue) ClaimSlices(ctx context.Context, owner string, f ClaimFilter) (c Claimed, err error) {
	if c.AsOf, err = q.db.Now(ctx); err != nil {
		return c, fmt.Errorf("claim jobs: %w", err)
	}
	if due, err := q.due(ctx, f, c.AsOf); err != nil || !due {
		return c, err
	}
	return q.claimNow(ctx, owner, f)
}

// claimNow is a claim in a transaction of its own.
func (q *Queue) claimNow(ctx context.Context, owner string, f ClaimFilter) (Claimed, error) {
	var c *claim
	var seen sight
	look := func() []state.Statement {
		return []state.Statement{seen.look(q.db.Dialect(), state.TxNow{}, f.heads())}
	}
	err := q.db.WriteAfter(ctx, look, func(tx *state.Tx) (err error) {
		c, err = q.claimIn(ctx, tx, owner, f, &seen)
		return err
	})
	var claimed Claimed
	if err == nil {
		claimed, err = c.result()
	}
	if err != nil {
		return claimed, fmt.Errorf("claim jobs: %w", err)
	}
	return claimed, nil
}

// due tells whether a pending job's eta has come.
func (q *Queue) due(ctx context.Context, f ClaimFilter, now time.Time) (due bool, err error) {
	where, args := f.where()
	query := "SELECT (SELECT id FROM job WHERE state = 'pending' AND due = 1" + where + // sorted as the index is, so that it is used
		` ORDER BY backend, channel, priority, created, id LIMIT 1) IS NOT NULL
		OR (SELECT id FROM job WHERE state = 'pending' AND due = 0 AND eta <= ?` + where + " ORDER BY eta LIMIT 1) IS NOT NULL"
	args = slices.Concat(args, []any{state.Micros(now)}, args)
	if err := q.db.Read().QueryRowContext(ctx, query, args...).Scan(&due); err != nil {
		return false, fmt.Errorf("look for jobs that are due: %w", q.db.Explain(err))
	}
	return due, nil
}

// claim is one whose transaction may still be under way.
type claim struct {
	Claimed

	owner  string
	picked []picked
	begun  map[int64]Job // the picked jobs, started
	unread error         // of a row of those, which may come when the transaction is committed already
}

// claimIn is a claim within a transaction, whose result can be asked for when that is committed. seen is what was looked at in it
// already; nil: nothing.
func (q *Queue) claimIn(ctx context.Context, tx *state.Tx, owner string, f ClaimFilter, seen *sight) (*claim, error) {
	c := &claim{Claimed: Claimed{AsOf: tx.Now()}, owner: owner, begun: map[int64]Job{}}
	d, err := q.readDesk(ctx, tx, f, seen)
	if err != nil {
		return c, err
	}
	c.lines = d.busy
	c.picked, err = d.choose(ctx, tx, max(f.Slots, 1), max(f.Limit, 1))
	c.Next = d.next
	if err != nil || len(c.picked) == 0 {
		return c, err
	}
	return c, d.start(ctx, tx, c)
}

// result gives the slices. A *LeaseError: the owner was taken for dead, and nothing was started.
func (c *claim) result() (Claimed, error) {
	if c.unread != nil {
		return c.Claimed, c.unread
	}
	for _, p := range c.picked {
		var slice []Job
		for _, picked := range p.jobs {
			j, ok := c.begun[picked.id]
			if !ok {
				return c.Claimed, &LeaseError{Worker: c.owner}
			}
			slice = append(slice, j)
		}
		c.Slices = append(c.Slices, slice)
	}
	return c.Claimed, nil
}

// promoted is how many jobs whose eta has come are put into the line at a time.
const promoted = 1000

// promote puts jobs whose eta has come into the line.
func promote(ctx context.Context, tx *state.Tx, now int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE job SET due = 1 WHERE id IN (
		SELECT id FROM job WHERE state = 'pending' AND due = 0 AND eta <= ? ORDER BY eta LIMIT ?)`, now, promoted)
	return err
}

// Recover takes back the jobs of a backend that are in the hands of dead workers, and gives their number. A job that was
// alone in its worker's hands is charged an attempt, and fails when it was the last one; the others are charged nothing and
// run alone from now on, since nobody can tell which of them it was.
func (q *Queue) Recover(ctx context.Context, tx *state.Tx, backend string) (int, error) {
	list, err := readWorkers(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("take back the jobs of dead workers: %w", err)
	}
	where, args := "backend = ?", []any{backend}
	for _, w := range list {
		if q.alive(ctx, w, tx.Now()) {
			where, args = where+" AND worker <> ?", append(args, w.ID)
		}
	}
	return q.takeBack(ctx, tx, where, args...)
}

// takeBack takes back the jobs in hands that a condition selects.
func (q *Queue) takeBack(ctx context.Context, tx *state.Tx, where string, args ...any) (int, error) {
	const inHand = "(SELECT COUNT(*) FROM job AS other WHERE other.state = 'started' AND other.worker = job.worker)"
	query := "SELECT " + columns + ", CASE WHEN slice > 1 THEN slice ELSE " + inHand + " END FROM job WHERE state = 'started' AND " + where + `
		UNION ALL SELECT ` + columns + ", 0 FROM job WHERE state = 'enqueued' AND " + where + " ORDER BY id"
	type orphan struct {
		Job
		together int // jobs that its worker had in hand, as far as that matters
	}
	var orphans []orphan
	err := each(ctx, tx, query, slices.Concat(args, args), func(rows scanner) error {
		var o orphan
		var err error
		o.Job, err = scanJob(plus{rows, &o.together})
		orphans = append(orphans, o)
		return err
	})
	for _, o := range orphans {
		if err == nil {
			err = q.recoverJob(ctx, tx, o.Job, o.together == 1)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("take back the jobs of dead workers: %w", err)
	}
	return len(orphans), nil
}

// plus scans one column more than a job has.
type plus struct {
	scanner
	last any
}

func (p plus) Scan(dest ...any) error { return p.scanner.Scan(append(dest, p.last)...) }

func (q *Queue) recoverJob(ctx context.Context, tx *state.Tx, j Job, alone bool) error {
	if j.State == StateEnqueued {
		_, err := tx.ExecContext(ctx, "UPDATE job SET state = ?, due = ?, slot = 0 WHERE id = ?",
			step(StateEnqueued, StatePending), dueAt(j.ETA, tx.Now()), j.ID)
		return err
	}
	j.Alone, j.takenBack = true, true
	if alone {
		j.Crashes++
		j.Retry++
	}
	if err := noteAttempt(ctx, tx, j, workerDied, failure{}); err != nil {
		return err
	}
	if alone && exhausted(j) {
		return q.move(ctx, tx, j, StateFailed, describe(&KilledWorkerError{Times: j.Crashes}))
	}
	return q.move(ctx, tx, j, StatePending, failure{})
}

// exhausted tells whether a job has no attempt left.
func exhausted(j Job) bool { return j.MaxRetries > 0 && j.Retry >= j.MaxRetries }

// KilledWorkerError is the failure of a job during which its worker died too often.
type KilledWorkerError struct {
	Times int // deaths with only this job in hand
}

// Error counts the deaths.
func (e *KilledWorkerError) Error() string {
	if e.Times == 1 {
		return "killed its worker once"
	}
	return fmt.Sprintf("killed its worker %d times", e.Times)
}
