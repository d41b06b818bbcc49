package jobs

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/state"
)

// TwinError says that a job cannot wait again because another one of its identity waits already.
type TwinError struct{ ID, Twin int64 }

// Error names both.
func (e *TwinError) Error() string {
	return fmt.Sprintf("job %d need not run again: job %d is for the same record and waits already", e.ID, e.Twin)
}

// Requeue puts a job that isn't running back into the line by hand, to run at once and with all attempts before it. A
// cancelled one, and one of a graph, waits where something that it depends on there isn't done; what else a job had waited
// for counts no more, for it was done when it ran. Jobs that follow it: those that wait for it go on waiting and no longer
// say that it failed; those that were cancelled with it stay cancelled; those that were released already stay so.
//
// Errors: *NotFoundError; *TransitionError when the job runs or waits for others, or of a cancelled job that it depends on;
// *TwinError.
func (q *Queue) Requeue(ctx context.Context, tx *state.Tx, id int64) error {
	j, err := get(ctx, tx, id)
	if err != nil {
		return err
	}
	switch j.State {
	case StateStarted, StateEnqueued, StateWaitDependencies:
		return &TransitionError{ID: id, From: j.State, To: StatePending}
	case StatePending:
		_, err := tx.ExecContext(ctx, "UPDATE job SET eta = 0, due = 1, hold = 0, retry = 0, waits = 0 WHERE id = ?", id)
		return err
	}
	if err := refuseTwin(ctx, tx, j); err != nil {
		return err
	}
	if j.State != StateCancelled {
		if err := forgetOutside(ctx, tx, id); err != nil {
			return err
		}
	}
	if err := clearNotes(ctx, tx, []int64{id}); err != nil {
		return err
	}
	return resume(ctx, tx, j)
}

// forgetOutside removes what a job depended on outside of its graph.
func forgetOutside(ctx context.Context, tx *state.Tx, id int64) error {
	return forgetBut(ctx, tx, id, "")
}

// forgetPassed removes what a job that ran depended on, since it was done then; but not what it follows in its graph, behind which it
// is to wait again when both are put back.
func forgetPassed(ctx context.Context, tx *state.Tx, id int64) error {
	return forgetBut(ctx, tx, id, " AND p.state = 'done'")
}

// forgetBut removes what a job depended on, but for jobs of its graph that a condition selects.
func forgetBut(ctx context.Context, tx *state.Tx, id int64, which string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM job_dependency WHERE job_id = ? AND NOT EXISTS (
		SELECT 1 FROM job AS own JOIN job AS p ON p.graph = own.graph AND own.graph <> ''
		WHERE own.id = job_dependency.job_id AND p.id = job_dependency.depends_on`+which+")", id)
	return err
}

func refuseTwin(ctx context.Context, tx *state.Tx, j Job) error {
	if j.Identity == "" {
		return nil
	}
	query := "SELECT " + columns + " FROM job WHERE backend = ? AND identity = ? AND " + waitingStates
	twins, err := selectJobs(ctx, tx, query, j.Backend, j.Identity)
	if err != nil || len(twins) == 0 {
		return err
	}
	return &TwinError{ID: j.ID, Twin: twins[0].ID}
}

func restart(ctx context.Context, tx *state.Tx, j Job) error {
	tx.Notify(Topic)
	query := "UPDATE job SET " + fresh(j.State) + ", eta = 0, due = 1, hold = 0, enqueued = ? WHERE id = ?"
	_, err := tx.ExecContext(ctx, query, state.Micros(tx.Now()), j.ID)
	return err
}

// resume puts a job back; what it depends on may still be undone.
func resume(ctx context.Context, tx *state.Tx, j Job) error {
	deps, err := dependencies(ctx, tx, []int64{j.ID})
	if err != nil {
		return err
	}
	known, err := dependable(ctx, tx, deps[j.ID])
	if err != nil {
		return err
	}
	if err := refuseCycle(ctx, tx, j.ID, deps[j.ID]); err != nil {
		return err
	}
	if err := restart(ctx, tx, j); err != nil {
		return err
	}
	if err := keepWaiting(ctx, tx, []*Job{&j}); err != nil {
		return err
	}
	return noteFailed(ctx, tx, known)
}

// SetDone sets a job that isn't running done by hand, and so releases what waits for it. A done job stays as it is.
//
// Errors: *NotFoundError, *TransitionError.
func (q *Queue) SetDone(ctx context.Context, tx *state.Tx, id int64) error {
	j, err := get(ctx, tx, id)
	if err != nil || j.State == StateDone {
		return err
	}
	if j.State == StateStarted || !Allowed(j.State, StateDone) {
		return &TransitionError{ID: id, From: j.State, To: StateDone}
	}
	if err := end(ctx, tx, j, StateDone, "set done by hand"); err != nil {
		return err
	}
	if err := release(ctx, tx, id); err != nil {
		return err
	}
	_, err = q.runNext(ctx, tx, j)
	return err
}

// Cancel cancels a job that isn't running, and all jobs that wait for it, directly or through others. It gives the number
// of those it cancelled; a cancelled job stays as it is.
//
// Errors: *NotFoundError, *TransitionError.
func (q *Queue) Cancel(ctx context.Context, tx *state.Tx, id int64) (int, error) {
	j, err := get(ctx, tx, id)
	if err != nil || j.State == StateCancelled {
		return 0, err
	}
	if !Allowed(j.State, StateCancelled) {
		return 0, &TransitionError{ID: id, From: j.State, To: StateCancelled}
	}
	if err := end(ctx, tx, j, StateCancelled, "cancelled by hand"); err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, `WITH RECURSIVE below (id) AS (
			SELECT d.job_id FROM job_dependency AS d JOIN job AS w ON w.id = d.job_id
				WHERE d.depends_on = ? AND w.state = 'wait_dependencies'
			UNION SELECT d.job_id FROM below JOIN job_dependency AS d ON d.depends_on = below.id
				JOIN job AS w ON w.id = d.job_id WHERE w.state = 'wait_dependencies')
		UPDATE job SET state = ?, due = 0, finished = ?, result = ? WHERE id IN (SELECT id FROM below)`,
		id, step(StateWaitDependencies, StateCancelled), state.Micros(tx.Now()), fmt.Sprintf("cancelled with job %d", id))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n) + 1, err
}

func end(ctx context.Context, tx *state.Tx, j Job, to State, result string) error {
	_, err := tx.ExecContext(ctx, "UPDATE job SET state = ?, due = 0, hold = 0, finished = ?, result = ? WHERE id = ?",
		step(j.State, to), state.Micros(tx.Now()), result, j.ID)
	return err
}
