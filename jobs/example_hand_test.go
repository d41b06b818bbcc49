package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// failedPages gives a queue with three failed jobs.
func failedPages(ctx context.Context, db *state.DB) *jobs.Queue {
	queue := jobs.New(db)
	err := db.Write(ctx, func(tx *state.Tx) error {
		for n := range 3 {
			if _, _, err := readPage.Delay(ctx, queue, tx, page{n}, jobs.Spec{Backend: "trello"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	fail := each(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no such page")}))
	worker := jobs.NewWorker(queue, "example", map[string]jobs.Handler{readPage.Name(): fail}, jobs.WorkerOptions{})
	if _, err := worker.Run(ctx, jobs.RunFilter{}); err != nil {
		panic(err)
	}
	return queue
}

// All jobs that a filter selects are counted first, and then put back.
func ExampleQueue_RequeueAll() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := failedPages(ctx, db)

	filter := jobs.Filter{States: []jobs.State{jobs.StateFailed}, Error: "no such page"}
	n, err := queue.Count(ctx, filter)
	fmt.Println(n, "failed", err)
	out, err := queue.RequeueAll(ctx, filter)
	fmt.Println(out.Changed, "put back,", out.Refused, "refused", err)
	// Output:
	// 3 failed <nil>
	// 3 put back, 0 refused <nil>
}

// A job is changed by hand, and another one deleted.
func ExampleQueue_Set() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := failedPages(ctx, db)

	err := db.Write(ctx, func(tx *state.Tx) error {
		first, channel := 1, "slow"
		if err := queue.Set(ctx, tx, 1, jobs.Changes{Priority: &first, Channel: &channel}); err != nil {
			return err
		}
		n, err := queue.Delete(ctx, tx, 2, false)
		fmt.Println(n, "deleted")
		return err
	})
	if err != nil {
		panic(err)
	}
	job, err := queue.Get(ctx, 1)
	fmt.Println(job.Priority, job.Channel, err)
	_, err = queue.Get(ctx, 2)
	fmt.Println(err)
	// Output:
	// 1 deleted
	// 1 root.slow <nil>
	// there is no job 2; `connector jobs list` shows those there are
}

// Old jobs are deleted; failed ones only where a rule says so.
func ExampleQueue_Prune() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := failedPages(ctx, db)

	pruned, err := queue.Prune(ctx, jobs.DefaultRetention())
	fmt.Println(pruned, err)
	atOnce := jobs.RetentionRule{State: jobs.StateFailed, Channel: "trello", Keep: time.Nanosecond}
	pruned, err = queue.Prune(ctx, jobs.DefaultRetention().With(atOnce))
	fmt.Println(pruned, err)
	// Output:
	// [] <nil>
	// [{failed root.trello 3}] <nil>
}
