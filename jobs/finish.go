package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// LostError says that a job is no longer in the hands of the worker that wants to complete it: it was taken back
// meanwhile. Nothing of the outcome was stored; whoever has the job now finds what it did outside.
type LostError struct{ ID int64 }

// Error names the job.
func (e *LostError) Error() string {
	return fmt.Sprintf("job %d was taken back from this worker meanwhile; its outcome is not stored", e.ID)
}

// WaitError is the failure of a job that cannot be helped by waiting.
type WaitError struct {
	Waits int // how often it waited already; 0: it named nothing to wait for
}

// Error says why.
func (e *WaitError) Error() string {
	if e.Waits == 0 {
		return "the job waits, but names no job to wait for"
	}
	return fmt.Sprintf("the job waited %d times for others, which were done, and still misses something; "+
		"look at what they did", e.Waits)
}

// ended is a run of a job whose outcome is to be stored, and then the job as it is after that, or why it could not be.
type ended struct {
	job     Job
	outcome Outcome
	after   Job
	made    int // jobs that it put into the line
	err     error
}

// finish stores how a claimed job's run ended and gives the job as it is then. An outcome that cannot be stored fails the
// job, with nothing else of it stored; an error means that not even that was possible.
func (q *Queue) finish(ctx context.Context, j Job, o Outcome) (Job, error) {
	e := &ended{job: j, outcome: o}
	t := &turn{queue: q, list: []*ended{e}}
	if err := t.run(ctx); err != nil {
		return j, fmt.Errorf("complete job %d: %w", j.ID, err)
	}
	return e.after, e.err
}

// store stores an outcome in a part of a transaction of its own: what cannot be stored takes nothing else along. The error
// is one of the whole transaction.
func (q *Queue) store(ctx context.Context, tx *state.Tx, e *ended) error {
	err := q.attempt(ctx, tx, e, e.outcome)
	if err == nil || hopeless(err) {
		return unlessLost(e, err)
	}
	broken := Outcome{Kind: Failed, Err: fmt.Errorf("store the outcome: %w", err)}
	if state.IsUniqueViolation(err) { // another job was first; the next try sees what that one stored
		broken.Kind = Retry
	}
	if e.outcome.Err != nil {
		broken.Err = fmt.Errorf("%w (storing that failed too: %w)", e.outcome.Err, err)
	}
	return unlessLost(e, q.attempt(ctx, tx, e, broken))
}

// storeAll stores outcomes in one transaction. Those that only say that a job is done share their statements.
func (q *Queue) storeAll(ctx context.Context, tx *state.Tx, list []*ended) error {
	var plain []*ended
	for _, e := range list {
		if e.plain() {
			plain = append(plain, e)
			continue
		}
		if err := q.store(ctx, tx, e); err != nil {
			return err
		}
	}
	for _, b := range doneBatches(plain) {
		s := q.doneStatement(b, state.Micros(tx.Now()))
		if err := each(ctx, tx, s.Query, s.Args, s.Row); err != nil {
			return err
		}
		if err := b.settle(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// unlessLost keeps a *LostError with its job, and passes on any other.
func unlessLost(e *ended, err error) error {
	var lost *LostError
	if errors.As(err, &lost) {
		e.err = fmt.Errorf("complete job %d: %w", e.job.ID, err)
		return nil
	}
	return err
}

func (q *Queue) attempt(ctx context.Context, tx *state.Tx, e *ended, o Outcome) (err error) {
	if o.Commit == nil && len(o.FollowUps) == 0 && o.Kind != Wait { // nothing that could fail half way
		e.after, e.made, err = q.settle(ctx, tx, e.job, o)
		return err
	}
	return tx.Savepoint(ctx, func() (err error) {
		e.after, e.made, err = q.settle(ctx, tx, e.job, o)
		return err
	})
}

// hopeless tells whether storing another outcome would fail as well.
func hopeless(err error) bool {
	var lost *LostError
	var corrupt *state.CorruptError
	var unavailable *state.UnavailableError
	return errors.As(err, &lost) || errors.As(err, &corrupt) || errors.As(err, &unavailable)
}

// settle does all that an outcome asks for, in one transaction. It gives the job as it is then, and how many jobs were put into the line.
func (q *Queue) settle(ctx context.Context, tx *state.Tx, j Job, o Outcome) (after Job, made int, err error) {
	next, to, err := q.next(j, o, tx.Now())
	if err != nil {
		return j, 0, err
	}
	why := reason(j, next, o, to)
	if err := q.move(ctx, tx, next.Job, to, why); err != nil {
		return j, 0, err
	}
	if err := noteAttempt(ctx, tx, next.Job, attemptOutcome(o.Kind, to), why); err != nil {
		return j, 0, err
	}
	if to == StateWaitDependencies {
		if made, err = q.await(ctx, tx, j, o.Dependencies); err != nil {
			return j, 0, err
		}
	}
	if o.Commit != nil {
		if err := o.Commit(ctx, tx); err != nil {
			return j, 0, err
		}
	}
	more, err := q.goOn(ctx, tx, j, o, to)
	if err != nil {
		return j, 0, err
	}
	after = next.Job
	after.State, after.ExcName, after.ExcMessage, after.ExcInfo = to, why.name, why.message, why.info
	if to == StateDone || to == StateFailed {
		after.Finished = tx.Now()
	}
	return after, made + more, nil
}

// goOn puts the jobs into the line that an outcome gave rise to, and tells how many that made.
func (q *Queue) goOn(ctx context.Context, tx *state.Tx, j Job, o Outcome, to State) (made int, err error) {
	if len(o.FollowUps) > 0 {
		if _, made, err = q.EnqueueAll(ctx, tx, o.FollowUps); err != nil {
			return 0, err
		}
	}
	if to != StateDone {
		return made, nil
	}
	again, err := q.runNext(ctx, tx, j)
	return made + flag(again), err
}

// reason is what a job shows of the failure that its run met.
func reason(before Job, next ending, o Outcome, to State) failure {
	switch {
	case to == StateFailed, o.Kind == Retry:
		return describe(next.err)
	case o.Kind == Paused:
		return failure{before.ExcName, before.ExcMessage, before.ExcInfo} // of its last try, as long as it had no other
	}
	return failure{}
}

// ending is a job as its outcome leaves it.
type ending struct {
	Job
	err error // why, for Retry and Failed
}

// next decides where an outcome takes a job.
func (q *Queue) next(j Job, o Outcome, now time.Time) (ending, State, error) {
	e := ending{Job: j, err: o.Err}
	e.Result = o.Result
	switch o.Kind {
	case Done, NothingToDo:
		e.Alone = false
		return e, StateDone, nil
	case Failed:
		return e, StateFailed, nil
	case Retry:
		return q.nextTry(e, o, now)
	case Wait:
		return q.nextWait(e, o)
	case Paused:
		e.Result = j.Result
		return e, StatePending, nil
	case Postponed:
		e.ETA, e.Hold = now.Add(max(o.After, time.Second)), o.Hold
		return e, StatePending, nil
	}
	return e, "", fmt.Errorf("the job's function returned no outcome (%s)", o.Kind)
}

func (q *Queue) nextWait(e ending, o Outcome) (ending, State, error) {
	switch {
	case len(o.Dependencies) == 0:
		e.err = &WaitError{}
	case e.Waits >= q.maxWaits:
		e.err = &WaitError{Waits: e.Waits}
	default:
		e.Waits++
		return e, StateWaitDependencies, nil
	}
	return e, StateFailed, nil
}

func (q *Queue) nextTry(e ending, o Outcome, now time.Time) (ending, State, error) {
	if !o.IgnoreRetry {
		e.Retry++
		if exhausted(e.Job) {
			e.Result = fmt.Sprintf("gave up after %d attempts", e.Retry)
			return e, StateFailed, nil
		}
	}
	after := o.After
	if after <= 0 {
		after = q.retryDelay(e.Job)
	}
	e.ETA, e.Hold = now.Add(after), o.Hold
	return e, StatePending, nil
}

// move takes a started job to its next state and stores the rest of j along with it. It fails with a *LostError when the
// job isn't the claimer's any more.
func (q *Queue) move(ctx context.Context, tx *state.Tx, j Job, to State, why failure) error {
	absorbed, err := q.makeRoom(ctx, tx, j, to)
	if err != nil {
		return err
	}
	ready, finished := state.Micros(tx.Now()), int64(0)
	if to == StateDone || to == StateFailed {
		ready, finished = state.Micros(j.Enqueued), ready // how long it waited for this run stays known
	}
	due := 0
	if to == StatePending {
		due = dueAt(j.ETA, tx.Now())
	}
	fence, last := q.fence(j, state.Micros(tx.Now()))
	res, err := tx.ExecContext(ctx, `UPDATE job SET state = ?, eta = ?, due = ?, slot = 0, hold = ?, retry = ?, crashes = ?, alone = ?,
		waits = ?, enqueued = ?, finished = ?, result = ?, exc_name = ?, exc_message = ?, exc_info = ?
		WHERE id = ? AND state = 'started' AND claims = ?`+fence, append([]any{
		step(StateStarted, to), state.Micros(j.ETA), due, flag(j.Hold), j.Retry, j.Crashes, flag(j.Alone), j.Waits, ready, finished,
		j.Result, why.name, why.message, why.info, j.ID, j.claims}, last...)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, &LostError{ID: j.ID})
	}
	switch {
	case to == StateDone:
		return release(ctx, tx, j.ID)
	case to == StateFailed:
		j.State, j.ExcMessage = StateFailed, why.message
		return noteFailed(ctx, tx, []Job{j})
	case absorbed && to == StatePending:
		return waitAnew(ctx, tx, j)
	}
	return nil
}

// makeRoom prepares for a job that goes back to waiting, and tells whether it took the work of another one over.
func (q *Queue) makeRoom(ctx context.Context, tx *state.Tx, j Job, to State) (absorbed bool, err error) {
	if to != StatePending && to != StateWaitDependencies {
		return false, nil
	}
	err = q.owned(ctx, tx, j)
	if err == nil && to == StateWaitDependencies {
		err = forgetPassed(ctx, tx, j.ID)
	}
	if err != nil {
		return false, err
	}
	return absorb(ctx, tx, j)
}

// fence is the condition that a job, and others of its worker, are that worker's still, and that it has not lost its lease; those who take
// a job back don't ask for that. A claim's number alone doesn't tell: a database that falls may forget the claim that it was given for,
// and give it to another worker. now: microseconds, or state.TxNow.
func (q *Queue) fence(j Job, now any) (string, []any) {
	if q.lease == 0 || j.takenBack {
		return " AND job.worker = ?", []any{j.Worker}
	}
	return " AND job.worker = ? AND EXISTS (SELECT 1 FROM job_worker AS w WHERE w.id = ? AND w.lease > ?)", []any{j.Worker, j.Worker, now}
}

// owned makes sure that a job is still in its claimer's hands.
func (q *Queue) owned(ctx context.Context, tx *state.Tx, j Job) error {
	var n int
	fence, last := q.fence(j, state.Micros(tx.Now()))
	query := "SELECT COUNT(*) FROM job WHERE id = ? AND state = 'started' AND claims = ?" + fence
	row := tx.QueryRowContext(ctx, query, append([]any{j.ID, j.claims}, last...)...)
	if err := row.Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return &LostError{ID: j.ID}
	}
	return nil
}

// await lets a job that just went to wait_dependencies depend on other jobs. Those that wait or run already are joined
// (for what is missing it is enough that a running one ends), the others are enqueued: so many were made.
func (q *Queue) await(ctx context.Context, tx *state.Tx, j Job, specs []Spec) (made int, err error) {
	running, err := runningFor(ctx, tx, specs)
	if err != nil {
		return 0, err
	}
	var absent []Spec
	j.DependsOn = nil
	for _, s := range specs {
		own := key{s.Backend, s.Identity}
		if s.Identity != "" && own == (key{j.Backend, j.Identity}) {
			return 0, &CycleError{Path: []int64{j.ID, j.ID}}
		}
		if id := running[own]; id != 0 {
			j.DependsOn = append(j.DependsOn, id)
			continue
		}
		absent = append(absent, s)
	}
	ids, made, err := q.EnqueueAll(ctx, tx, absent)
	if err != nil {
		return 0, err
	}
	j.DependsOn = sortedIDs(append(j.DependsOn, ids...))
	if err := link(ctx, tx, []*Job{&j}); err != nil {
		return 0, err
	}
	return made, refuseCycle(ctx, tx, j.ID, j.DependsOn)
}

// runningFor finds the jobs that work on the specs' identities at this moment.
func runningFor(ctx context.Context, tx *state.Tx, specs []Spec) (map[key]int64, error) {
	running := make(map[key]int64)
	for chunk := range slices.Chunk(specs, chunkSize) {
		args := make([]any, 0, 2*len(chunk))
		for _, s := range chunk {
			args = append(args, s.Backend, s.Identity)
		}
		query := `SELECT id, backend, identity FROM job WHERE identity <> '' AND state = 'started'
			AND (backend, identity) IN (VALUES ` + rowMarks(len(chunk), 2) + ") ORDER BY id" // the last of several counts
		err := each(ctx, tx, query, args, func(rows scanner) error {
			var id int64
			var k key
			err := rows.Scan(&id, &k.backend, &k.identity)
			running[k] = id
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return running, nil
}

// giveBack puts claimed jobs that were not finished back into the line, uncharged. apart: from now on each runs alone.
func (q *Queue) giveBack(ctx context.Context, list []Job, apart bool) error {
	if len(list) == 0 {
		return nil
	}
	err := q.db.Write(ctx, func(tx *state.Tx) error { return q.giveBackIn(ctx, tx, list, apart) })
	if err != nil {
		return fmt.Errorf("give back %d jobs: %w", len(list), err)
	}
	return nil
}

func (q *Queue) giveBackIn(ctx context.Context, tx *state.Tx, list []Job, apart bool) error {
	for _, j := range list {
		j.Alone = j.Alone || apart
		err := q.move(ctx, tx, j, StatePending, failure{j.ExcName, j.ExcMessage, j.ExcInfo})
		if lost := (*LostError)(nil); err != nil && !errors.As(err, &lost) {
			return err
		}
	}
	return nil
}
