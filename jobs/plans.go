package jobs

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/state"
)

// Plan is how the database goes about one of the queue's statements.
type Plan struct {
	Purpose string   // what the statement is for
	Steps   []string // in the database's words
}

// Plans gives the plans of the statements that look for jobs among all there are, as they are at this moment: a healthy
// state goes through an index in each, whatever the number of jobs. Nothing is run.
func (q *Queue) Plans(ctx context.Context, backend, channel string) ([]Plan, error) {
	var plans []Plan
	add := func(purpose, query string, args []any) error {
		steps, err := q.explain(ctx, query, args)
		plans = append(plans, Plan{purpose, steps})
		return err
	}
	next, nextArgs := nextQuery(backend, channel, candidate{}, 10)
	start, startArgs := startQuery(q.db.Dialect(), "worker", []int64{1, 2}, 0, 0, true)
	heads, headsArgs := headsQuery(q.db.Dialect(), 1)
	known, knownArgs := lookupQuery(q.db.Dialect(), []key{{backend, "a"}, {backend, "b"}})
	for _, err := range []error{
		add("claim: the heads of all lines", heads, headsArgs),
		add("claim: the next jobs in a line", next, nextArgs),
		add("claim: start of two jobs", start, startArgs),
		add("enqueue: jobs of the same identity", known, knownArgs),
	} {
		if err != nil {
			return nil, fmt.Errorf("explain how jobs are found: %w", q.db.Explain(err))
		}
	}
	return plans, nil
}

func (q *Queue) explain(ctx context.Context, query string, args []any) (steps []string, err error) {
	prefix := "EXPLAIN QUERY PLAN "
	if q.db.Dialect() == state.PostgreSQL {
		prefix = "EXPLAIN "
	}
	err = each(ctx, q.db.Read(), prefix+query, args, func(row scanner) error {
		var id, parent, unused int
		var step string
		into := []any{&id, &parent, &unused, &step}
		if q.db.Dialect() == state.PostgreSQL {
			into = into[3:]
		}
		err := row.Scan(into...)
		steps = append(steps, step)
		return err
	})
	return steps, err
}
