package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Delay is [Queue.EnqueueAll] in a transaction of its own, for who has nothing else to store. On PostgreSQL it takes two messages:
// what makes the jobs goes along with what begins the transaction.
//
// Errors: those of Enqueue and of [state.DB.Write]; nothing is enqueued then.
func (q *Queue) Delay(ctx context.Context, specs ...Spec) (ids []int64, created int, err error) {
	d := &delay{queue: q, specs: specs}
	if d.prepare(); d.err != nil {
		return nil, 0, fmt.Errorf("enqueue: %w", d.err)
	}
	if !d.ahead() {
		err := q.db.Write(ctx, func(tx *state.Tx) error {
			ids, created, err = q.EnqueueAll(ctx, tx, specs)
			return err
		})
		return ids, created, err
	}
	err = q.db.WriteAfter(ctx, d.first, func(tx *state.Tx) error { return d.complete(ctx, tx) })
	if err != nil {
		return nil, 0, fmt.Errorf("enqueue: %w", err)
	}
	_, created = d.batch.result()
	return d.batch.ids(), created, nil
}

// delay is jobs that are made before their transaction's instant is known.
type delay struct {
	queue *Queue
	specs []Spec
	batch *batch
	list  []*Job
	err   error // of a spec
	sent  bool  // the jobs of this batch may have been given ids
}

func (d *delay) prepare() { d.batch, d.list, d.err = d.queue.newBatch(d.specs, time.Time{}) }

// ahead tells whether the jobs can be made by what begins the transaction: none waits for a time, and none comes twice.
func (d *delay) ahead() bool {
	return d.queue.db.Dialect() == state.PostgreSQL && !slices.ContainsFunc(d.list, func(j *Job) bool {
		return !j.ETA.IsZero() || len(j.later) > 0
	})
}

// first is called before each try. One that came to nothing may have given ids: the batch is made anew then.
func (d *delay) first() []state.Statement {
	if d.sent {
		d.prepare()
	}
	d.sent = true
	return makeStatements(d.list, time.Time{}, state.TxNow{})
}

func (d *delay) complete(ctx context.Context, tx *state.Tx) error {
	if d.err != nil {
		return d.err
	}
	return d.batch.complete(ctx, tx, d.batch.takeMade(d.list))
}
