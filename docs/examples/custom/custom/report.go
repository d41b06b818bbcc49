package custom

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/trello"
)

// addReport registers the job functions of a report: `connector jobs enqueue trello.board.report --backend trello`, from cron say.
func addReport(b *backend.Backend) {
	backend.Runs(b, report)
	backend.Runs(b, countOpen)
	backend.Runs(b, tellManager)
}

type nothing struct{}

type boardArgs struct {
	Board string `json:"board" jobs:"required"`
}

// report lets each board be counted, as many at a time as the channel allows, and then the manager be told. The graph is enqueued in the
// transaction that sets this job done.
var report = jobs.NewFunc("trello.board.report", func(ctx context.Context, env *backend.Calling, _ nothing) jobs.Outcome {
	boards, err := env.InStep(ctx, trello.BoardModel)
	if err != nil {
		return jobs.Outcome{Kind: jobs.Failed, Err: err}
	}
	var counts []jobs.Node
	for _, id := range boards {
		counts = append(counts, countOpen.Delayable(boardArgs{id}).Backend(env.Config.Name, trello.BoardModel).Description("Count "+id))
	}
	tell := tellManager.Delayable(nothing{}).Backend(env.Config.Name, "").Description("Tell the manager")
	return jobs.Outcome{
		Kind: jobs.Done, Result: fmt.Sprint("boards to count: ", len(boards)),
		Commit: func(ctx context.Context, tx *state.Tx) error {
			_, err := jobs.Group(counts...).OnDone(tell).Delay(ctx, env.Queue, tx)
			return err
		},
	}
})

// countOpen counts the tasks of a board that have no deadline. `connector jobs show` shows the result.
var countOpen = jobs.NewFunc("trello.board.count", func(ctx context.Context, env *backend.Calling, a boardArgs) jobs.Outcome {
	project, bound, err := env.Binder.ToOdoo(ctx, trello.BoardModel, a.Board)
	switch {
	case err != nil:
		return jobs.Outcome{Kind: jobs.Failed, Err: err}
	case !bound:
		return jobs.Outcome{Kind: jobs.NothingToDo, Result: "the board is not bound any more"}
	}
	n, err := env.Session.Count(ctx, "project.task", odoo.And(odoo.Cond("project_id", "=", project), odoo.Cond("date_deadline", "=", false)))
	if err != nil {
		return jobs.Outcome{Kind: jobs.Retry, Err: err}
	}
	return jobs.Outcome{Kind: jobs.Done, Result: fmt.Sprint("tasks without a deadline: ", n)}
})

// tellManager would write to somebody; here it ends the graph.
var tellManager = jobs.NewFunc("trello.board.tell", func(context.Context, *backend.Calling, nothing) jobs.Outcome {
	return jobs.Outcome{Kind: jobs.Done, Result: "told"}
})
