package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// session stands for what a job works with.
type session struct{ user string }

type cardArgs struct {
	ExternalID string `json:"external_id"`
}

var importCard = jobs.NewFunc("trello.card.import", func(_ context.Context, s session, args cardArgs) jobs.Outcome {
	return jobs.Outcome{Kind: jobs.Done, Result: s.user + " imported card " + args.ExternalID}
})

// A job is enqueued in a transaction, and a worker runs it.
func Example() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := jobs.New(db)

	err := db.Write(ctx, func(tx *state.Tx) error {
		_, _, err := queue.Enqueue(ctx, tx, jobs.Spec{
			Function: "trello.card.import", Backend: "trello", Model: "trello.card", Identity: "trello.card:5f",
			Args: cardArgs{ExternalID: "5f"}, Description: "Import card 'Paint the door' into project.task",
		})
		return err
	})
	if err != nil {
		panic(err)
	}

	worker := jobs.NewWorker(queue, "example", map[string]jobs.Handler{
		"trello.card.import": func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			for _, job := range slice {
				fmt.Println(job.Description, string(job.Args))
				if err := finish(job, jobs.Outcome{Kind: jobs.Done, Result: "created task 7"}); err != nil {
					return err
				}
			}
			return nil
		},
	}, jobs.WorkerOptions{SliceLimit: 50})
	stats, err := worker.Run(ctx, jobs.RunFilter{Backend: "trello"})
	fmt.Println(stats.Done, "done,", stats.Failed, "failed", err)
	// Output:
	// Import card 'Paint the door' into project.task {"external_id":"5f"}
	// 1 done, 0 failed <nil>
}

// A job function can be called directly, or delayed and run by a worker.
func ExampleFunc() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := jobs.New(db)

	fmt.Println(importCard.Call(ctx, session{user: "connector"}, cardArgs{ExternalID: "5f"}).Result)

	err := db.Write(ctx, func(tx *state.Tx) error {
		spec := jobs.Spec{Backend: "trello", Model: "trello.card", Identity: "trello.card:60", Priority: 5}
		_, _, err := importCard.Delay(ctx, queue, tx, cardArgs{ExternalID: "60"}, spec)
		return err
	})
	if err != nil {
		panic(err)
	}
	login := func(context.Context, jobs.Job) (session, error) { return session{user: "connector"}, nil }
	worker := jobs.NewWorker(queue, "example", map[string]jobs.Handler{importCard.Name(): importCard.Handler(login)},
		jobs.WorkerOptions{Progress: func(job jobs.Job, _ jobs.Outcome) { fmt.Println(job.Result) }})
	if _, err := worker.Run(ctx, jobs.RunFilter{Backend: "trello"}); err != nil {
		panic(err)
	}
	// Output:
	// connector imported card 5f
	// connector imported card 60
}

func temporaryState(ctx context.Context) (*state.DB, func()) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		panic(err)
	}
	return db, func() {
		_ = db.Close()
		_ = os.RemoveAll(dir)
	}
}
