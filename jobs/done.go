package jobs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// plain tells whether an outcome says that the job is done, and nothing else.
func (e *ended) plain() bool {
	o := e.outcome
	return (o.Kind == Done || o.Kind == NothingToDo) && o.Commit == nil && len(o.FollowUps) == 0 && e.job.next == ""
}

// doneBatch is plain outcomes of one worker and one result, which one statement stores.
type doneBatch struct {
	list     []*ended
	result   string
	depended []int64 // of the jobs, those that others wait for
	stored   []*ended
}

// doneBatches parts plain outcomes by their workers and results.
func doneBatches(list []*ended) (batches []*doneBatch) {
	type kind struct{ worker, result string }
	byKind := map[kind][]*ended{}
	var kinds []kind
	for _, e := range list {
		k := kind{e.job.Worker, e.outcome.Result}
		if byKind[k] == nil {
			kinds = append(kinds, k)
		}
		byKind[k] = append(byKind[k], e)
	}
	for _, k := range kinds {
		for chunk := range slices.Chunk(byKind[k], chunkSize) {
			batches = append(batches, &doneBatch{list: chunk, result: k.result})
		}
	}
	return batches
}

// statement sets the jobs done. now: microseconds, or state.TxNow.
func (q *Queue) doneStatement(b *doneBatch, now any) state.Statement {
	byID := make(map[int64]*ended, len(b.list))
	for _, e := range b.list {
		byID[e.job.ID] = e
	}
	query, args := q.doneQuery(q.db.Dialect(), b.list, b.result, now)
	return state.Statement{Query: query, Args: args, Row: func(row scanner) error {
		var id int64
		var awaited bool
		err := row.Scan(&id, &awaited)
		if e := byID[id]; e != nil {
			b.stored = append(b.stored, e)
		}
		if awaited {
			b.depended = append(b.depended, id)
		}
		return err
	}}
}

// settle notes what became of the jobs, once the statement ran, and releases those that waited for them.
func (b *doneBatch) settle(ctx context.Context, tx *state.Tx) error {
	for _, e := range b.list {
		e.err = fmt.Errorf("complete job %d: %w", e.job.ID, &LostError{ID: e.job.ID})
	}
	for _, e := range b.stored {
		e.err, e.after = nil, doneJob(e.job, b.result, tx.Now())
	}
	if len(b.depended) == 0 {
		return nil
	}
	return release(ctx, tx, b.depended...)
}

// doneQuery sets jobs done that are still in their claimer's hands, and gives those with whether others depend on them. PostgreSQL is
// given long lists as such, and is kept from beginning with all that runs and comparing each of that with each of the list.
func (q *Queue) doneQuery(d state.Dialect, list []*ended, result string, now any) (string, []any) {
	ids, claims := make([]int64, len(list)), map[int64]int64{}
	for i, e := range list {
		ids[i], claims[e.job.ID] = e.job.ID, int64(e.job.claims)
	}
	fence, last := q.fence(list[0].job, now)
	query := "UPDATE job SET state = ?, due = 0, slot = 0, hold = 0, alone = 0, finished = ?, result = ?, exc_name = '', exc_message = '', exc_info = ''"
	args := []any{step(StateStarted, StateDone), now, result}
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
