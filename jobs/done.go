package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// plain tells whether an outcome says that the job is done, and nothing else.
func (e *ended) plain() bool {
	o := e.outcome
	return (o.Kind == Done || o.Kind == NothingToDo) && o.Commit == nil && len(o.FollowUps) == 0 && e.job.next == ""
}

// storeDone stores plain outcomes of one result.
func (q *Queue) storeDone(ctx context.Context, tx *state.Tx, list []*ended, result string) error {
	byID := make(map[int64]*ended, len(list))
	ids := make([]int64, len(list))
	for i, e := range list {
		byID[e.job.ID], ids[i] = e, e.job.ID
		e.err = fmt.Errorf("complete job %d: %w", e.job.ID, &LostError{ID: e.job.ID})
	}
	query, args := q.doneQuery(tx.Dialect(), list, result, tx.Now())
	var depended []int64 // of those jobs, the ones that others wait for
	err := each(ctx, tx, query, args, func(rows scanner) error {
		var id int64
		var awaited bool
		err := rows.Scan(&id, &awaited)
		if e := byID[id]; e != nil {
			e.err, e.after = nil, doneJob(e.job, result, tx.Now())
		}
		if awaited {
			depended = append(depended, id)
		}
		return err
	})
	if err != nil || len(depended) == 0 {
		return err
	}
	return release(ctx, tx, depended...)
}

// doneQuery sets jobs done that are still in their claimer's hands, and gives those with whether others depend on them. PostgreSQL is
// given long lists as such, and is kept from beginning with all that runs and comparing each of that with each of the list.
func (q *Queue) doneQuery(d state.Dialect, list []*ended, result string, now time.Time) (string, []any) {
	ids, claims := make([]int64, len(list)), map[int64]int64{}
	for i, e := range list {
		ids[i], claims[e.job.ID] = e.job.ID, int64(e.job.claims)
	}
	fence, last := q.fence(Job{}, now)
	query := "UPDATE job SET state = ?, due = 0, slot = 0, hold = 0, alone = 0, finished = ?, result = ?, exc_name = '', exc_message = '', exc_info = ''"
	args := []any{step(StateStarted, StateDone), state.Micros(now), result}
	if d == state.PostgreSQL && len(list) > fewIDs {
		numbers := make([]int64, len(ids))
		for i, id := range ids {
			numbers[i] = claims[id]
		}
		query += " FROM " + d.Unnest("e", "id", "number") + " WHERE job.id = e.id AND job.claims = e.number AND job.state || '' = 'started'"
		args = append(args, ids, numbers)
	} else {
		padded := pad(ids)
		args = append(args, anys(padded)...)
		for _, id := range padded {
			args = append(args, id, claims[id])
		}
		pairs := strings.TrimSuffix(strings.Repeat("(CAST(? AS BIGINT), CAST(? AS BIGINT)),", len(padded)), ",")
		query += " WHERE state = 'started' AND id IN " + marks(len(padded)) + " AND (id, claims) IN (VALUES " + pairs + ")"
	}
	return query + fence + " RETURNING job.id, EXISTS (SELECT 1 FROM job_dependency AS d WHERE d.depends_on = job.id)", append(args, last...)
}

// doneJob is a job after its plain outcome was stored.
func doneJob(j Job, result string, now time.Time) Job {
	j.State, j.Finished, j.Result, j.Alone = StateDone, now, result, false
	j.ExcName, j.ExcMessage, j.ExcInfo = "", "", ""
	return j
}
