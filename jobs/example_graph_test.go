package jobs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

type page struct {
	Number int `json:"number"`
}

// The job functions of an import in pages.
var (
	listBoard = jobs.NewFunc("board.list", say("list the board"))
	readPage  = jobs.NewFunc("board.page", func(_ context.Context, _ session, p page) jobs.Outcome {
		fmt.Println("read page", p.Number)
		return jobs.Outcome{Kind: jobs.Done}
	})
	tellEnd = jobs.NewFunc("board.end", say("tell the end"))
)

func say(text string) func(context.Context, session, page) jobs.Outcome {
	return func(context.Context, session, page) jobs.Outcome {
		fmt.Println(text)
		return jobs.Outcome{Kind: jobs.Done}
	}
}

func pageHandlers() map[string]jobs.Handler {
	login := func(context.Context, jobs.Job) (session, error) { return session{}, nil }
	handlers := map[string]jobs.Handler{}
	for _, f := range []jobs.Func[session, page]{listBoard, readPage, tellEnd} {
		handlers[f.Name()] = f.Handler(login)
	}
	return handlers
}

// A chain runs one after the other, a group at the same time; both nest. Delay on the top enqueues all of it.
func ExampleChain() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	queue := jobs.New(db)

	pages := jobs.Group(
		readPage.Delayable(page{1}).Backend("trello", "trello.board").Priority(5),
		readPage.Delayable(page{2}).Backend("trello", "trello.board"),
	)
	graph := jobs.Chain(listBoard.Delayable(page{}).Backend("trello", "trello.board"), pages).
		OnDone(tellEnd.Delayable(page{}).Backend("trello", "trello.board").Description("Tell the end"))
	err := db.Write(ctx, func(tx *state.Tx) error {
		delayed, err := graph.Delay(ctx, queue, tx)
		fmt.Println(delayed.Created, "jobs in one graph:", delayed.Graph != "")
		return err
	})
	if err != nil {
		panic(err)
	}
	worker := jobs.NewWorker(queue, "example", pageHandlers(), jobs.WorkerOptions{})
	if _, err := worker.Run(ctx, jobs.RunFilter{}); err != nil {
		panic(err)
	}
	// Output:
	// 4 jobs in one graph: true
	// list the board
	// read page 1
	// read page 2
	// tell the end
}

// In tests a graph runs at once, without a queue.
func ExampleDirect() {
	graph := listBoard.Delayable(page{}).OnDone(readPage.Delayable(page{1}), readPage.Delayable(page{2}))
	ran, err := jobs.Direct{Handlers: pageHandlers()}.Run(context.Background(), graph)
	fmt.Println(len(ran), err)
	// Output:
	// list the board
	// read page 1
	// read page 2
	// 3 <nil>
}

// A circle is refused with the calls that it leads through.
func ExampleCycleError() {
	list, end := listBoard.Delayable(page{}), tellEnd.Delayable(page{})
	_, err := jobs.Direct{}.Run(context.Background(), list.OnDone(end.OnDone(list)))
	fmt.Println(err)
	// Output: jobs would wait for each other in a circle (board.list → board.end → board.list); one of them must do without
}

// A job function has a channel, retries and delays of its own, which count where a call says nothing else.
func ExampleWithFunction() {
	ctx := context.Background()
	db, closeDB := temporaryState(ctx)
	defer closeDB()
	pattern, err := jobs.ParseRetryPattern("{1: 10s, 5: 1m, 10: [5m, 15m]}")
	if err != nil {
		panic(err)
	}
	twenty := 20
	queue := jobs.New(db, jobs.WithFunction(readPage.Name(), jobs.FunctionOptions{
		Channel: "root.pages", RetryPattern: pattern, MaxRetries: &twenty, TimeLimit: 5 * time.Minute,
	}))
	var id int64
	err = db.Write(ctx, func(tx *state.Tx) (err error) {
		id, _, err = readPage.Delay(ctx, queue, tx, page{1}, jobs.Spec{Backend: "trello"})
		return err
	})
	if err != nil {
		panic(err)
	}
	job, err := queue.Get(ctx, id)
	fmt.Println(job.Channel, job.MaxRetries, job.TimeLimit, queue.Function(readPage.Name()).RetryPattern, err)
	// Output: root.pages 20 5m0s {1: 10s, 5: 1m, 10: [5m, 15m]} <nil>
}

// A call may make its identity itself; a second one of that identity is the first one while it waits.
func ExampleIdentityExact() {
	key, err := jobs.IdentityExact(readPage.Spec(page{1}, jobs.Spec{Backend: "trello", Model: "trello.board"}))
	fmt.Println(key, err)
	hash, err := jobs.IdentityHashed(readPage.Spec(page{1}, jobs.Spec{Backend: "trello", Model: "trello.board"}))
	fmt.Println(len(hash), err)
	// Output:
	// board.page,trello,trello.board({"number":1}) <nil>
	// 64 <nil>
}
