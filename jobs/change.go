package jobs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Changes are what people may change of a job that doesn't run and isn't done. What is nil stays.
type Changes struct {
	Priority *int
	ETA      *time.Time // zero: at once
	Channel  *string    // "root." in front may be left out
}

// RefusedError says that a job is in a state in which what was asked for cannot be done to it.
type RefusedError struct {
	ID    int64
	State State
	Act   string // changed, deleted
}

// Error names the job and its state.
func (e *RefusedError) Error() string {
	if e.State == StateStarted {
		return fmt.Sprintf("job %d is running and cannot be %s; wait for its end", e.ID, e.Act)
	}
	return fmt.Sprintf("job %d is %s and cannot be %s", e.ID, e.State, e.Act)
}

// DependentsError says that a job cannot be deleted because others depend on it: they wait, or were cancelled and could
// be put back.
type DependentsError struct {
	ID int64
	By []int64 // ascending
}

// Error names some of them.
func (e *DependentsError) Error() string {
	const shown = 5
	names := make([]string, 0, shown)
	for _, id := range e.By[:min(len(e.By), shown)] {
		names = append(names, strconv.FormatInt(id, 10))
	}
	list := strings.Join(names, ", ")
	if more := len(e.By) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("job %d cannot be deleted alone: others depend on it (%s); delete them with it, or first", e.ID, list)
}

// Set changes a job by hand. A new eta also ends a run's waiting for the old one; a failed or cancelled job keeps the changes
// for when it is put back (by [Queue.Requeue], which lets it run at once).
//
// Errors: *NotFoundError; *RefusedError when the job runs or is done; *ChannelsError for a name that is none.
func (q *Queue) Set(ctx context.Context, tx *state.Tx, id int64, c Changes) error {
	j, err := get(ctx, tx, id)
	if err != nil {
		return err
	}
	if j.State == StateStarted || j.State == StateDone {
		return &RefusedError{ID: id, State: j.State, Act: "changed"}
	}
	if c.Priority != nil {
		j.Priority = *c.Priority
	}
	if c.ETA != nil {
		j.ETA, j.Hold = *c.ETA, false
	}
	if c.Channel != nil {
		if j.Channel, err = channelName(*c.Channel); err != nil {
			return &ChannelsError{*c.Channel, err.Error()}
		}
		if err := noteLine(ctx, tx, j.Backend, j.Channel); err != nil {
			return err
		}
	}
	due := 0
	if j.State == StatePending {
		due = dueAt(j.ETA, tx.Now())
	}
	_, err = tx.ExecContext(ctx, "UPDATE job SET priority = ?, eta = ?, due = ?, hold = ?, channel = ? WHERE id = ?",
		j.Priority, state.Micros(j.ETA), due, flag(j.Hold), j.Channel, id)
	return err
}

// Delete deletes a job with its attempts, and gives the number of deleted jobs. Where the job isn't done, those that depend
// on it go along if cascade says so, directly or through others; else they keep it from being deleted. What depends on a done
// job counts it as done further on.
//
// Errors: *NotFoundError; *RefusedError when the job runs; *DependentsError.
func (q *Queue) Delete(ctx context.Context, tx *state.Tx, id int64, cascade bool) (int, error) {
	j, err := get(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if j.State == StateStarted {
		return 0, &RefusedError{ID: id, State: j.State, Act: "deleted"}
	}
	ids := []int64{id}
	if j.State != StateDone {
		by, err := dependents(ctx, tx, id)
		if err != nil {
			return 0, err
		}
		if len(by) > 0 && !cascade {
			return 0, &DependentsError{ID: id, By: by}
		}
		ids = append(ids, by...)
	}
	for chunk := range slices.Chunk(ids, chunkSize) {
		if _, err := tx.ExecContext(ctx, "DELETE FROM job WHERE id IN "+marks(len(chunk)), anys(chunk)...); err != nil {
			return 0, fmt.Errorf("delete job %d: %w", id, err)
		}
	}
	return len(ids), nil
}

// dependents gives the jobs that depend on one, directly or through others, and wait or were cancelled; ascending.
func dependents(ctx context.Context, tx *state.Tx, id int64) (ids []int64, err error) {
	query := `WITH RECURSIVE below (id) AS (
			SELECT d.job_id FROM job_dependency AS d JOIN job AS w ON w.id = d.job_id
				WHERE d.depends_on = ? AND w.state IN ('wait_dependencies','cancelled')
			UNION SELECT d.job_id FROM below JOIN job_dependency AS d ON d.depends_on = below.id
				JOIN job AS w ON w.id = d.job_id WHERE w.state IN ('wait_dependencies','cancelled'))
		SELECT id FROM below WHERE id <> ? ORDER BY id`
	err = each(ctx, tx, query, []any{id, id}, func(rows scanner) error {
		var by int64
		err := rows.Scan(&by)
		ids = append(ids, by)
		return err
	})
	return ids, err
}
