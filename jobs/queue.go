package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Queue is the queue of one state. It may be used from several goroutines.
type Queue struct {
	db        *state.DB
	newUUID   func() string
	pattern   RetryPattern
	random    func(n int64) int64 // a number from 0 to n-1
	maxWaits  int
	channels  Channels
	functions map[string]FunctionOptions
	lease     time.Duration // of workers; 0: they hold a kernel lock
}

// Option changes a queue's defaults.
type Option func(*Queue)

// WithUUIDs sets the source of the jobs' UUIDs. The default is version 7: time and chance.
func WithUUIDs(next func() string) Option { return func(q *Queue) { q.newUUID = next } }

// WithRetryPattern sets how long a job waits before its next attempt, where its function has no pattern of its own. The
// default is 10 s after the first attempt, a minute after the second, then five and ten minutes.
func WithRetryPattern(p RetryPattern) Option { return func(q *Queue) { q.pattern = p } }

// WithRandom sets the source of chance for random delays: a function that gives a number from 0 to n-1.
func WithRandom(random func(n int64) int64) Option { return func(q *Queue) { q.random = random } }

// WithMaxWaits sets how many runs of one job may end in Wait. One more fails it: what it misses doesn't come about. The
// default is 10.
func WithMaxWaits(n int) Option { return func(q *Queue) { q.maxWaits = n } }

// WithChannels sets what the channels may do. The default is [Channels]' zero value.
func WithChannels(c Channels) Option { return func(q *Queue) { q.channels = c } }

// sharedLease is the lease of workers on PostgreSQL, which several machines can share: no kernel's lock tells there who died.
const sharedLease = time.Minute

// New gives the queue that lives in a state.
func New(db *state.DB, opts ...Option) *Queue {
	q := &Queue{db: db, newUUID: timedUUID(db.Clock()), maxWaits: 10, pattern: defaultPattern(), random: mathrand.Int64N}
	if db.Dialect() == state.PostgreSQL {
		q.lease = sharedLease
	}
	for _, o := range opts {
		o(q)
	}
	return q
}

// timedUUID gives a source of UUIDs of version 7: they begin with the time in milliseconds, and the rest is random. Random ones
// (version 4) would spread what is enqueued together over all pages of the index that keeps them unique.
func timedUUID(clock state.Clock) func() string {
	return func() string {
		var b [16]byte
		_, _ = rand.Read(b[6:]) // never fails: it ends the program instead
		ms := clock.Now().UnixMilli()
		for i := range 6 {
			b[i] = byte(ms >> (40 - 8*i)) //nolint:gosec // the lowest eight bits
		}
		b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
		text := hex.EncodeToString(b[:])
		return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
	}
}

// NotFoundError says that there is no such job.
type NotFoundError struct{ ID int64 }

// Error names the id.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no job %d; `connector jobs list` shows those there are", e.ID)
}

// Get reads one job. An unknown id gives a *NotFoundError.
func (q *Queue) Get(ctx context.Context, id int64) (Job, error) {
	j, err := get(ctx, q.db.Read(), id)
	if err != nil {
		return Job{}, q.db.Explain(err)
	}
	deps, err := dependencies(ctx, q.db.Read(), []int64{id})
	j.DependsOn = deps[id]
	return j, q.db.Explain(err)
}

func get(ctx context.Context, from state.Querier, id int64) (Job, error) {
	j, err := scanJob(from.QueryRowContext(ctx, "SELECT "+columns+" FROM job WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return Job{}, &NotFoundError{ID: id}
	}
	if err != nil {
		return Job{}, fmt.Errorf("read job %d: %w", id, err)
	}
	return j, nil
}

// Counts gives the number of jobs in each state, of one backend or, for "", of all. Absent states have none.
func (q *Queue) Counts(ctx context.Context, backend string) (map[State]int, error) {
	query, args := "SELECT state, COUNT(*) FROM job GROUP BY state", []any(nil)
	if backend != "" {
		query, args = "SELECT state, COUNT(*) FROM job WHERE backend = ? GROUP BY state", []any{backend}
	}
	counts := map[State]int{}
	err := each(ctx, q.db.Read(), query, args, func(rows scanner) error {
		var s State
		var n int
		err := rows.Scan(&s, &n)
		counts[s] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs: %w", q.db.Explain(err))
	}
	return counts, nil
}

// Open gives the identities of a backend's jobs that are to be run still, or are being run.
func (q *Queue) Open(ctx context.Context, backend string) (map[string]bool, error) {
	open := map[string]bool{}
	query := "SELECT identity FROM job WHERE backend = ? AND identity <> '' AND state IN ('wait_dependencies','pending','enqueued') " +
		"UNION ALL SELECT identity FROM job WHERE backend = ? AND identity <> '' AND state = 'started'"
	err := each(ctx, q.db.Read(), query, []any{backend, backend}, func(rows scanner) error {
		var identity string
		err := rows.Scan(&identity)
		open[identity] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which jobs are open: %w", q.db.Explain(err))
	}
	return open, nil
}

// NextETA gives the nearest instant, later than now, at which a pending job of the backend may run ("": any backend's).
// The second result is false when there is none.
func (q *Queue) NextETA(ctx context.Context, backend string) (time.Time, bool, error) {
	later, err := q.later(ctx, ClaimFilter{Backend: backend}, q.db.Clock().Now())
	return later.next, later.count > 0, err
}

// later describes the pending jobs whose eta hadn't come at some instant.
type later struct {
	count int
	next  time.Time // nearest eta
	hold  time.Time // nearest eta that a run waits for; zero: none
}

func (q *Queue) later(ctx context.Context, f ClaimFilter, asOf time.Time) (later, error) {
	where, args := f.where()
	query := `SELECT COUNT(*), COALESCE(MIN(eta), 0), COALESCE(MIN(CASE WHEN hold = 1 THEN eta END), 0)
		FROM job WHERE state = 'pending' AND due = 0 AND eta > ?` + where
	var n int
	var next, hold int64
	row := q.db.Read().QueryRowContext(ctx, query, append([]any{state.Micros(asOf)}, args...)...)
	if err := row.Scan(&n, &next, &hold); err != nil {
		return later{}, fmt.Errorf("look for jobs of a later time: %w", q.db.Explain(err))
	}
	return later{n, state.FromMicros(next), state.FromMicros(hold)}, nil
}

// selectJobs reads jobs without their dependencies.
func selectJobs(ctx context.Context, from state.Querier, query string, args ...any) ([]Job, error) {
	var list []Job
	err := each(ctx, from, query, args, func(rows scanner) error {
		j, err := scanJob(rows)
		list = append(list, j)
		return err
	})
	return list, err
}

// dependencies reads what each of these jobs depends on.
func dependencies(ctx context.Context, from state.Querier, ids []int64) (map[int64][]int64, error) {
	deps := map[int64][]int64{}
	for chunk := range slices.Chunk(ids, chunkSize) {
		query := "SELECT job_id, depends_on FROM job_dependency WHERE job_id IN " + marks(len(chunk)) + " ORDER BY depends_on"
		err := each(ctx, from, query, anys(chunk), func(rows scanner) error {
			var id, on int64
			err := rows.Scan(&id, &on)
			deps[id] = append(deps[id], on)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return deps, nil
}

// chunkSize is how many rows one statement names: far below SQLite's limit of parameters.
const chunkSize = 500

// each calls fn for every row of a query.
func each(ctx context.Context, from state.Querier, query string, args []any, fn func(scanner) error) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has its errors
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// marks gives (?,?,…) for n values.
func marks(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")" }

func anys[T any](values []T) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// sortedIDs gives the ids ascending and each once.
func sortedIDs(ids []int64) []int64 {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}
