package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// waitingStates selects the jobs that stand for their identity. The words are those of the index job_waiting, without
// which SQLite wouldn't use it.
const waitingStates = "identity <> '' AND state IN ('wait_dependencies','pending','enqueued')"

// Enqueue puts a job into the line, in the caller's transaction. Where its identity is set and a job of that backend and
// identity waits already, that one's id is returned and created is false: its place in the line stays, its description is
// refreshed, the dependencies are added, and the spec's policy says what becomes of the arguments. A failed one is put back into the line instead, as new, and
// created is true. One that is running doesn't count: what it has read may be older than what the new job is for.
//
// Errors: *ArgsError, *CycleError, *NotFoundError for an unknown dependency, *TransitionError for a cancelled one.
func (q *Queue) Enqueue(ctx context.Context, tx *state.Tx, s Spec) (id int64, created bool, err error) {
	ids, news, err := q.enqueue(ctx, tx, []Spec{s})
	if err != nil {
		return 0, false, err
	}
	return ids[0], news[0], nil
}

// EnqueueAll is [Queue.Enqueue] for many, with a few statements in all. It gives their ids in the order of the specs (an
// identity that occurs twice is one job) and how many were created.
func (q *Queue) EnqueueAll(ctx context.Context, tx *state.Tx, specs []Spec) (ids []int64, created int, err error) {
	ids, news, err := q.enqueue(ctx, tx, specs)
	for _, isNew := range news {
		if isNew {
			created++
		}
	}
	return ids, created, err
}

type key struct{ backend, identity string }

// batch sorts what is to be enqueued by what becomes of it.
type batch struct {
	jobs    []*Job // one per spec; a pointer occurs twice when the identity does
	made    []*Job // inserted already
	fresh   []*Job // to insert
	revived []*Job // failed, to put back
	joined  []*Job // wait already
}

func (q *Queue) enqueue(ctx context.Context, tx *state.Tx, specs []Spec) (ids []int64, created []bool, err error) {
	b, list, err := q.newBatch(specs, tx.Now())
	if err == nil {
		list, err = b.make(ctx, tx, list)
	}
	if err == nil {
		err = b.complete(ctx, tx, list)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("enqueue: %w", err)
	}
	created, _ = b.result()
	return b.ids(), created, nil
}

// complete enqueues what is not made yet, and does what is left to do for all.
func (b *batch) complete(ctx context.Context, tx *state.Tx, left []*Job) error {
	if err := b.sort(ctx, tx, left); err != nil {
		return err
	}
	return b.store(ctx, tx, nil)
}

// ids gives the job of each spec.
func (b *batch) ids() []int64 {
	ids := make([]int64, len(b.jobs))
	for i, j := range b.jobs {
		ids[i] = j.ID
	}
	return ids
}

// store writes the batch. linked is called when all jobs have their ids, and may let them depend on each other.
func (b *batch) store(ctx context.Context, tx *state.Tx, linked func() error) error {
	for _, step := range []func(context.Context, *state.Tx) error{b.channels, b.insert, b.revive, b.refresh, b.replace, b.follow} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	if len(b.made)+len(b.fresh)+len(b.revived) > 0 {
		tx.Notify(Topic)
	}
	if linked != nil {
		if err := linked(); err != nil {
			return err
		}
	}
	return b.depend(ctx, tx)
}

// result tells for each spec whether it made a job, and how many did.
func (b *batch) result() (created []bool, count int) {
	created = make([]bool, len(b.jobs))
	counted := make(map[*Job]bool, len(b.jobs))
	for _, j := range b.joined {
		counted[j] = true
	}
	for i, j := range b.jobs {
		if created[i] = !counted[j]; created[i] {
			count++
		}
		counted[j] = true
	}
	return created, count
}

// newBatch completes the specs. It gives each job once.
func (q *Queue) newBatch(specs []Spec, now time.Time) (b *batch, unique []*Job, err error) {
	b = &batch{}
	byKey := make(map[key]*Job, len(specs))
	for _, s := range specs {
		j, err := newJob(q.completed(s), q.newUUID(), now)
		if err != nil {
			return nil, nil, err
		}
		k, own := key{j.Backend, j.Identity}, &j
		if first, twice := byKey[k]; twice && j.Identity != "" {
			first.DependsOn = sortedIDs(append(first.DependsOn, j.DependsOn...))
			first.later = append(first.later, j)
			b.jobs = append(b.jobs, first)
			continue
		}
		byKey[k] = own
		b.jobs, unique = append(b.jobs, own), append(unique, own)
	}
	return b, unique, nil
}

// sort looks which of the jobs are stored already, and decides what becomes of each.
func (b *batch) sort(ctx context.Context, tx *state.Tx, list []*Job) error {
	stored, err := lookup(ctx, tx, list)
	if err != nil {
		return err
	}
	for _, j := range list {
		if err := b.place(j, stored[key{j.Backend, j.Identity}]); err != nil {
			return err
		}
	}
	return nil
}

// place decides what becomes of a job of whose identity this one is stored already; the zero Job: none is.
func (b *batch) place(j *Job, stored Job) error {
	calls := j.later
	switch j.ID = stored.ID; {
	case stored.ID == 0:
		b.fresh = append(b.fresh, j)
		j.next = ownMark(j.policy)
	case stored.State == StateFailed:
		b.revived = append(b.revived, j)
		j.next = ownMark(j.policy)
	default:
		b.joined = append(b.joined, j)
		calls = append([]Job{*j}, j.later...)
	}
	for _, c := range calls {
		if err := j.take(c); err != nil {
			return err
		}
	}
	return nil
}

// take is what becomes of a call that comes to a waiting job.
func (j *Job) take(c Job) (err error) {
	switch c.policy {
	case ReplaceArgs:
		j.Args, j.ArgsVersion, j.Priority, j.ETA, j.Description = c.Args, c.ArgsVersion, c.Priority, c.ETA, c.Description
		j.replaced = true
	case RunAgain:
		j.next, err = storedCall(c)
	case KeepFirst:
	}
	return err
}

// lookup finds the jobs that stand for identities: the waiting one, or else the last that failed.
func lookup(ctx context.Context, tx *state.Tx, list []*Job) (map[key]Job, error) {
	var keys []key
	for _, j := range list {
		if j.Identity != "" {
			keys = append(keys, key{j.Backend, j.Identity})
		}
	}
	found := make(map[key]Job, len(keys))
	for chunk := range slices.Chunk(keys, chunkSize) {
		query, args := lookupQuery(tx.Dialect(), chunk)
		err := each(ctx, tx, query, args, func(rows scanner) error {
			var j Job
			err := rows.Scan(&j.ID, &j.Backend, &j.Identity, &j.State)
			found[key{j.Backend, j.Identity}] = j
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// lookupQuery gives a query of which the last row of an identity counts: failed jobs come first, by id, and a waiting one
// after them.
func lookupQuery(d state.Dialect, keys []key) (string, []any) {
	if d == state.PostgreSQL {
		return lookupEach(d, keys)
	}
	pairs := make([]any, 0, 2*len(keys))
	for _, k := range keys {
		pairs = append(pairs, k.backend, k.identity)
	}
	in := " AND (backend, identity) IN (VALUES " + rowMarks(len(keys), 2) + ")"
	return `SELECT id, backend, identity, state FROM (
			SELECT id, backend, identity, state, 0 AS waits FROM job WHERE identity <> '' AND state = 'failed'` + in + `
			UNION ALL SELECT id, backend, identity, state, 1 FROM job WHERE ` + waitingStates + in + `
		) AS candidate ORDER BY waits, id`, append(pairs, pairs...)
}

// channels notes the lines that the jobs stand in: claims look there.
func (b *batch) channels(ctx context.Context, tx *state.Tx) error {
	seen := map[key]bool{}
	for _, j := range slices.Concat(b.fresh, b.revived) {
		if seen[key{j.Backend, j.Channel}] {
			continue
		}
		seen[key{j.Backend, j.Channel}] = true
		if err := noteLine(ctx, tx, j.Backend, j.Channel); err != nil {
			return err
		}
	}
	return nil
}

func noteLine(ctx context.Context, tx *state.Tx, backend, channel string) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO job_channel (backend, channel) VALUES (?, ?) ON CONFLICT DO NOTHING", backend, channel)
	return err
}

// revive puts failed jobs back into the line as if they were new; but one whose worker died still shares no slice.
func (b *batch) revive(ctx context.Context, tx *state.Tx) error {
	for chunk := range slices.Chunk(b.revived, chunkSize) {
		var args []any
		for _, j := range chunk {
			args = append(args, j.ID, j.Function, j.Model, j.Channel, j.Pair, string(j.Args), j.ArgsVersion, j.TimeLimit.Microseconds(),
				j.Description, j.Priority, state.Micros(j.ETA), dueAt(j.ETA, tx.Now()), flag(j.Hold), j.MaxRetries)
		}
		const set = "function, model, channel, pair, args, args_version, time_limit, description, priority, eta, due, hold, max_retries"
		query := `WITH spec (id, ` + set + `) AS (VALUES ` + rowMarks(len(chunk), 14) + `)
			UPDATE job SET (` + set + `) = (SELECT ` + set + ` FROM spec WHERE spec.id = job.id),
				` + fresh(StateFailed) + `, enqueued = ? WHERE id IN (SELECT id FROM spec)`
		if _, err := tx.ExecContext(ctx, query, append(args, state.Micros(tx.Now()))...); err != nil {
			return err
		}
		if err := again(ctx, tx, idsOf(chunk)); err != nil {
			return err
		}
	}
	return nil
}

// again cuts the old ties of jobs that begin anew.
func again(ctx context.Context, tx *state.Tx, ids []int64) error {
	if err := forget(ctx, tx, ids); err != nil {
		return err
	}
	return clearNotes(ctx, tx, ids)
}

// fresh gives the assignments that let a job begin anew.
func fresh(from State) string {
	return "state = '" + string(step(from, StatePending)) + `', retry = 0, crashes = 0, waits = 0,
		started = 0, finished = 0, worker = '', result = '', exc_name = '', exc_message = '', exc_info = ''`
}

func (b *batch) refresh(ctx context.Context, tx *state.Tx) error {
	for chunk := range slices.Chunk(b.joined, chunkSize) {
		args := make([]any, 0, 2*len(chunk))
		for _, j := range chunk {
			args = append(args, j.ID, j.Description)
		}
		query := `WITH spec (id, description) AS (VALUES ` + rowMarks(len(chunk), 2) + `)
			UPDATE job SET description = (SELECT description FROM spec WHERE spec.id = job.id)
			WHERE id IN (SELECT id FROM spec)
			AND description <> (SELECT description FROM spec WHERE spec.id = job.id)`
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// depend stores what the jobs depend on and lets those wait for which it isn't done.
func (b *batch) depend(ctx context.Context, tx *state.Tx) error {
	var on []int64
	var hold []*Job
	for _, j := range slices.Concat(b.made, b.fresh, b.revived, b.joined) {
		on = append(on, j.DependsOn...)
		if len(j.DependsOn) > 0 {
			hold = append(hold, j)
		}
	}
	if len(hold) == 0 {
		return nil
	}
	known, err := dependable(ctx, tx, sortedIDs(on))
	if err != nil {
		return err
	}
	if err := link(ctx, tx, hold); err != nil {
		return err
	}
	if err := keepWaiting(ctx, tx, hold); err != nil {
		return err
	}
	for _, j := range slices.Concat(b.revived, b.joined) { // a new job has nobody waiting for it
		if err := refuseCycle(ctx, tx, j.ID, j.DependsOn); err != nil {
			return err
		}
	}
	return noteFailed(ctx, tx, known)
}

func idsOf(list []*Job) []int64 {
	ids := make([]int64, len(list))
	for i, j := range list {
		ids[i] = j.ID
	}
	return ids
}

// rowMarks gives (?,?),(?,?),… for rows of that width.
func rowMarks(rows, width int) string {
	return strings.TrimSuffix(strings.Repeat(marks(width)+",", rows), ",")
}
