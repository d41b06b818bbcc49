package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// ClaimFilter says which jobs a worker takes. What is left zero selects nothing away.
type ClaimFilter struct {
	Backend string
	IDs     []int64
	Limit   int // the longest slice; 0 means 1
}

func (f ClaimFilter) where() (string, []any) {
	var where string
	var args []any
	if f.Backend != "" {
		where, args = " AND backend = ?", []any{f.Backend}
	}
	if len(f.IDs) > 0 {
		where, args = where+" AND id IN "+marks(len(f.IDs)), append(args, anys(f.IDs)...)
	}
	return where, args
}

// Claim takes the next jobs in line for an owner: those pending whose eta has come, by priority, age and id, without
// those whose identity is being worked on. They are started when they come back, in the order of the line. All of them
// are of one function, model and backend, and nothing of another kind stands between them in the line; a job whose worker
// died once comes by itself. No job: nothing to do now.
func (q *Queue) Claim(ctx context.Context, owner string, f ClaimFilter) ([]Job, error) {
	slice, _, err := q.claim(ctx, owner, f)
	return slice, err
}

// claim gives, besides, the instant up to which an eta counted as past. Where no job is due it takes no write lock: a run
// looks at an empty line far more often than at a full one.
func (q *Queue) claim(ctx context.Context, owner string, f ClaimFilter) (slice []Job, asOf time.Time, err error) {
	asOf = q.db.Clock().Now()
	if due, err := q.due(ctx, f, asOf); err != nil || !due {
		return nil, asOf, err
	}
	err = q.db.Write(ctx, func(tx *state.Tx) (err error) {
		asOf = tx.Now()
		query, args := claimQuery(f, owner, state.Micros(asOf))
		slice, err = selectJobs(ctx, tx, query, args...)
		return err
	})
	if err != nil {
		return nil, asOf, fmt.Errorf("claim jobs: %w", err)
	}
	slices.SortFunc(slice, func(a, b Job) int { // RETURNING gives them in any order
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return slice, asOf, nil
}

// due tells whether a pending job's eta has come.
func (q *Queue) due(ctx context.Context, f ClaimFilter, now time.Time) (due bool, err error) {
	where, args := f.where()
	query := "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'pending' AND eta <= ?" + where + ")"
	if err := q.db.Read().QueryRowContext(ctx, query, append([]any{state.Micros(now)}, args...)...).Scan(&due); err != nil {
		return false, fmt.Errorf("look for jobs that are due: %w", q.db.Explain(err))
	}
	return due, nil
}

// claimQuery builds the one statement of a claim: the head of the line, cut before the first job that doesn't go with
// the first one. A single job needs no cut, and its statement takes a tenth of the time.
func claimQuery(f ClaimFilter, owner string, now int64) (string, []any) {
	limit := max(f.Limit, 1)
	head, args := headQuery(f, now, limit)
	if limit == 1 {
		query := "UPDATE job SET state = ?, started = ?, finished = 0, worker = ?, claims = claims + 1, hold = 0, slice = 1 " +
			"WHERE id IN (SELECT id FROM (" + head + ") AS head) RETURNING " + columns
		return query, append([]any{step(StatePending, StateStarted), now, owner}, args...)
	}
	query := `WITH head AS MATERIALIZED (` + head + `),
		line AS MATERIALIZED (
			SELECT head.*, ROW_NUMBER() OVER (ORDER BY priority, created, id) AS place FROM head),
		slice AS MATERIALIZED (
			SELECT id FROM line WHERE place < COALESCE((
				SELECT MIN(line.place) FROM line JOIN line AS first ON first.place = 1
				WHERE line.place > 1 AND (line.function <> first.function OR line.model <> first.model
					OR line.backend <> first.backend OR line.alone + first.alone > 0)), ?))
		UPDATE job SET state = ?, started = ?, finished = 0, worker = ?, claims = claims + 1, hold = 0,
			slice = (SELECT COUNT(*) FROM slice)
		WHERE id IN (SELECT id FROM slice) RETURNING ` + columns
	return query, append(args, limit+1, step(StatePending, StateStarted), now, owner)
}

// headQuery selects the first jobs in line. The words of its conditions are those of the indexes job_line and
// job_running.
func headQuery(f ClaimFilter, now int64, limit int) (string, []any) {
	where, args := f.where()
	query := `SELECT id, function, model, backend, alone, priority, created FROM job
		WHERE state = 'pending' AND eta <= ?` + where + `
		AND (identity = '' OR NOT EXISTS (SELECT 1 FROM job AS other WHERE other.identity <> ''
			AND other.state = 'started' AND other.backend = job.backend AND other.identity = job.identity))
		ORDER BY priority, created, id LIMIT ?`
	return query, append(append([]any{now}, args...), limit)
}

// Recover takes back the jobs of a backend that are in the hands of dead workers, and gives their number. Only the holder
// of the backend's lock may call it: then every started job is one. A job that was alone in its worker's hands is charged
// an attempt, and fails when it was the last one; the others are charged nothing and run alone from now on, since nobody
// can tell which of them it was.
func (q *Queue) Recover(ctx context.Context, tx *state.Tx, backend string) (int, error) {
	query := "SELECT " + columns + ", slice FROM job WHERE backend = ? AND state IN ('enqueued','started') ORDER BY id"
	type orphan struct {
		Job
		slice int
	}
	var orphans []orphan
	err := each(ctx, tx, query, []any{backend}, func(rows scanner) error {
		var o orphan
		var err error
		o.Job, err = scanJob(plus{rows, &o.slice})
		orphans = append(orphans, o)
		return err
	})
	for _, o := range orphans {
		if err == nil {
			err = q.recoverJob(ctx, tx, o.Job, o.slice == 1)
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
		_, err := tx.ExecContext(ctx, "UPDATE job SET state = ? WHERE id = ?", step(StateEnqueued, StatePending), j.ID)
		return err
	}
	j.Alone = true
	if alone {
		j.Crashes++
		j.Retry++
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
