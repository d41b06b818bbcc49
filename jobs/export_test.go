package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// ExplainHead gives SQLite's plan of how a claim reads the head of a line, one step a line of text.
func ExplainHead(ctx context.Context, db *state.DB, limit int) string {
	if limit == 1 {
		query, args := headsQuery(db.Dialect(), 1)
		return plan(ctx, db, query, args)
	}
	query, args := nextQuery("trello", "root.trello", candidate{}, limit)
	return plan(ctx, db, query, args)
}

// ExplainTurn gives SQLite's plan of how a claim finds the first job of a line of a sequential channel, one step a line.
func ExplainTurn(ctx context.Context, db *state.DB) string {
	return plan(ctx, db, lineHead, []any{"trello", "root.trello"})
}

// ExplainLookup gives SQLite's plan of the look-up of identities, one step a line.
func ExplainLookup(ctx context.Context, db *state.DB) string {
	query, args := lookupQuery(db.Dialect(), []key{{"trello", "a"}, {"trello", "b"}})
	return plan(ctx, db, query, args)
}

func plan(ctx context.Context, db *state.DB, query string, args []any) string {
	steps, err := New(db).explain(ctx, query, args)
	if err != nil {
		return err.Error()
	}
	return strings.Join(steps, "\n") + "\n"
}

// SpreadOf is what statistics say of durations.
func SpreadOf(all []time.Duration) Spread {
	var s spreader
	for _, d := range all {
		s.add(d)
	}
	return s.spread()
}

// Finish completes a claimed job as a worker does.
func (q *Queue) Finish(ctx context.Context, j Job, o Outcome) (Job, error) {
	return q.finish(ctx, j, o)
}

// Enlist registers a worker that lives by its lease, without a goroutine that renews it.
func (q *Queue) Enlist(ctx context.Context, id string) error {
	return q.db.Write(ctx, func(tx *state.Tx) error { return q.register(ctx, tx, &presence{}, id, nil) })
}

// Renew renews the lease of such a worker. A *LeaseError: it has ended.
func (q *Queue) Renew(ctx context.Context, id string) error {
	return q.renew(ctx, &presence{id: id})
}

// ExplainStandings gives SQLite's plans of what [Queue.Standings] asks.
func ExplainStandings(ctx context.Context, db *state.DB) string {
	var all strings.Builder
	for _, part := range standings(1) {
		all.WriteString(plan(ctx, db, part.query("channel"), part.args))
	}
	return all.String()
}

// CauseAfterStop gives why the context of a handler ended that was stopped before it began.
func CauseAfterStop(cause error) error {
	h := newHand(nil, nil)
	h.stop(cause)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	h.enter(ctx, cancel)
	return context.Cause(ctx)
}
