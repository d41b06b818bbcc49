package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/state"
)

// step gives the state to go to, after making sure that the table of transitions has this one; a step that it lacks is a
// programmer's mistake.
func step(from, to State) State {
	if !Allowed(from, to) {
		panic(fmt.Sprintf("jobs: no transition leads from %s to %s", from, to))
	}
	return to
}

// unfinished is the condition that a job depends on something that isn't done.
const unfinished = `EXISTS (SELECT 1 FROM job_dependency AS d JOIN job AS p ON p.id = d.depends_on
	WHERE d.job_id = job.id AND p.state <> 'done')`

// dependable reads the jobs that others are to depend on, ascending by id. Each must exist and may still become done.
func dependable(ctx context.Context, tx *state.Tx, ids []int64) ([]Job, error) {
	var list []Job
	for chunk := range slices.Chunk(ids, chunkSize) {
		query := "SELECT " + columns + " FROM job WHERE id IN " + marks(len(chunk)) + " ORDER BY id"
		found, err := selectJobs(ctx, tx, query, anys(chunk)...)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	for i, id := range ids {
		if i >= len(list) || list[i].ID != id {
			return nil, fmt.Errorf("wait for a job: %w", &NotFoundError{ID: id})
		}
		if list[i].State == StateCancelled {
			return nil, fmt.Errorf("wait for a job: %w", &TransitionError{ID: id, From: StateCancelled, To: StateDone})
		}
	}
	return list, nil
}

// link stores the dependencies of the jobs.
func link(ctx context.Context, tx *state.Tx, list []*Job) error {
	var pairs []any
	for _, j := range list {
		for _, on := range j.DependsOn {
			pairs = append(pairs, j.ID, on)
		}
	}
	for chunk := range slices.Chunk(pairs, 2*chunkSize) {
		query := "INSERT INTO job_dependency (job_id, depends_on) VALUES " + rowMarks(len(chunk)/2, 2) + " ON CONFLICT DO NOTHING"
		if _, err := tx.ExecContext(ctx, query, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// keepWaiting takes those of the jobs out of the line that depend on something unfinished.
func keepWaiting(ctx context.Context, tx *state.Tx, list []*Job) error {
	for chunk := range slices.Chunk(list, chunkSize) {
		args := make([]any, 0, 1+len(chunk))
		args = append(args, step(StatePending, StateWaitDependencies))
		for _, j := range chunk {
			args = append(args, j.ID)
		}
		query := "UPDATE job SET state = ?, due = 0 WHERE state = 'pending' AND id IN " + marks(len(chunk)) + " AND " + unfinished
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// release puts those into the line that waited for these jobs and now wait for nothing.
func release(ctx context.Context, tx *state.Tx, ids ...int64) error {
	query := `UPDATE job SET state = ?, due = CASE WHEN eta <= ? THEN 1 ELSE 0 END, enqueued = ?, exc_name = '', exc_message = '', exc_info = ''
		WHERE state = 'wait_dependencies' AND id IN (SELECT job_id FROM job_dependency WHERE depends_on IN ` + marks(len(ids)) + `) AND NOT ` + unfinished
	now := state.Micros(tx.Now())
	args := append([]any{step(StateWaitDependencies, StatePending), now, now}, anys(ids)...)
	return tx.Later(ctx, state.Statement{Query: query, Args: args})
}

// waiters selects the jobs that wait for one.
const waiters = "state = 'wait_dependencies' AND id IN (SELECT job_id FROM job_dependency WHERE depends_on = ?)"

// noteFailed tells the jobs that wait for a failed one why they will not go on by themselves.
func noteFailed(ctx context.Context, tx *state.Tx, list []Job) error {
	for _, j := range list {
		if j.State != StateFailed {
			continue
		}
		note := fmt.Sprintf("waits for job %d (%s), which failed: %s", j.ID, j.Description, j.ExcMessage)
		_, err := tx.ExecContext(ctx, "UPDATE job SET exc_name = ?, exc_message = ? WHERE "+waiters, codeDependency, note, j.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// clearNotes takes noteFailed back, for jobs that are to run again.
func clearNotes(ctx context.Context, tx *state.Tx, ids []int64) error {
	query := `UPDATE job SET exc_name = '', exc_message = '' WHERE state = 'wait_dependencies'
		AND id IN (SELECT job_id FROM job_dependency WHERE depends_on IN ` + marks(len(ids)) + ")"
	_, err := tx.ExecContext(ctx, query, anys(ids)...)
	return err
}

// forget removes what the jobs depended on: it was done when they ran.
func forget(ctx context.Context, tx *state.Tx, ids []int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM job_dependency WHERE job_id IN "+marks(len(ids)), anys(ids)...)
	return err
}

// refuseCycle walks from a job to what it depends on and, level by level, to what those wait for, and fails where that
// leads back to the job.
func refuseCycle(ctx context.Context, tx *state.Tx, id int64, on []int64) error {
	cameFrom := map[int64]int64{}
	level := on
	for _, next := range on {
		cameFrom[next] = id
	}
	for len(level) > 0 {
		if _, back := cameFrom[id]; back {
			return &CycleError{Path: pathTo(cameFrom, id)}
		}
		deps, err := waitingFor(ctx, tx, level)
		if err != nil {
			return err
		}
		var following []int64
		for _, from := range level {
			for _, next := range deps[from] {
				if _, seen := cameFrom[next]; !seen {
					cameFrom[next] = from
					following = append(following, next)
				}
			}
		}
		level = following
	}
	return nil
}

// waitingFor reads the dependencies of those of the jobs that still wait for them.
func waitingFor(ctx context.Context, tx *state.Tx, ids []int64) (map[int64][]int64, error) {
	var waiting []int64
	for chunk := range slices.Chunk(ids, chunkSize) {
		query := "SELECT id FROM job WHERE state = 'wait_dependencies' AND id IN " + marks(len(chunk)) + " ORDER BY id"
		err := each(ctx, tx, query, anys(chunk), func(rows scanner) error {
			var id int64
			err := rows.Scan(&id)
			waiting = append(waiting, id)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return dependencies(ctx, tx, waiting)
}

// pathTo gives the way from a job back to itself.
func pathTo(cameFrom map[int64]int64, id int64) []int64 {
	path := []int64{id}
	for at := cameFrom[id]; at != id; at = cameFrom[at] {
		path = append(path, at)
	}
	path = append(path, id)
	slices.Reverse(path)
	return path
}

// absorb makes room for a job that goes back to waiting when another one of its identity waits already: there can be only
// one. The one that comes back stays, with its attempts and its delay, and does the other's work as well; the other is
// cancelled, who waited for it waits for this one, and this one waits for what it waited for. A call that was not to be dropped
// ([ReplaceArgs], [RunAgain]) follows. It tells whether there was another one.
func absorb(ctx context.Context, tx *state.Tx, j Job) (bool, error) {
	if j.Identity == "" {
		return false, nil
	}
	query := "SELECT " + columns + " FROM job WHERE backend = ? AND identity = ? AND " + waitingStates + " AND id <> ?"
	twins, err := selectJobs(ctx, tx, query, j.Backend, j.Identity, j.ID)
	if err != nil || len(twins) == 0 {
		return false, err
	}
	twin := twins[0]
	next, err := twin.following()
	if err != nil {
		return false, err
	}
	if err := inherit(ctx, tx, j, twin); err != nil {
		return false, err
	}
	note := fmt.Sprintf("job %d, which is for the same record and runs again, does its work", j.ID)
	statements := []struct {
		query string
		args  []any
	}{
		{"UPDATE job SET state = ?, due = 0, finished = ?, result = ? WHERE id = ?",
			[]any{step(twin.State, StateCancelled), state.Micros(tx.Now()), note, twin.ID}},
		{`INSERT INTO job_dependency (job_id, depends_on)
			SELECT job_id, ? FROM job_dependency WHERE depends_on = ? AND job_id <> ? ON CONFLICT DO NOTHING`,
			[]any{j.ID, twin.ID, j.ID}},
		{"DELETE FROM job_dependency WHERE depends_on = ?", []any{twin.ID}},
		{"UPDATE job SET description = ?, next_run = COALESCE(NULLIF(?, ''), next_run) WHERE id = ?",
			[]any{twin.Description, next, j.ID}},
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.query, s.args...); err != nil {
			return false, err
		}
	}
	return true, nil
}

// inherit lets a job that comes back wait for what its twin waits for; but not for what waits for itself.
func inherit(ctx context.Context, tx *state.Tx, j, twin Job) error {
	if twin.State != StateWaitDependencies {
		return nil
	}
	deps, err := dependencies(ctx, tx, []int64{twin.ID})
	if err != nil {
		return err
	}
	j.DependsOn = nil
	for _, on := range deps[twin.ID] {
		var circle *CycleError
		switch err := refuseCycle(ctx, tx, j.ID, []int64{on}); {
		case err == nil:
			j.DependsOn = append(j.DependsOn, on)
		case !errors.As(err, &circle):
			return err
		}
	}
	return link(ctx, tx, []*Job{&j})
}

// waitAnew lets a job that came back wait for what it inherited.
func waitAnew(ctx context.Context, tx *state.Tx, j Job) error {
	if err := keepWaiting(ctx, tx, []*Job{&j}); err != nil {
		return err
	}
	query := "SELECT " + columns + " FROM job WHERE state = 'failed' AND id IN (SELECT depends_on FROM job_dependency WHERE job_id = ?)"
	failed, err := selectJobs(ctx, tx, query, j.ID)
	if err != nil {
		return err
	}
	return noteFailed(ctx, tx, failed)
}
