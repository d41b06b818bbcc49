package binding

import (
	"context"
	"errors"

	"github.com/odoo-connector/connector/state"
)

// TallyPlans are SQLite's plans of what Tallies asks, each in one line or more.
func TallyPlans(ctx context.Context, db *state.DB) ([]string, error) {
	plans := make([]string, len(tallied))
	for i, part := range tallied {
		if err := explain(ctx, db, part.query, &plans[i]); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

func explain(ctx context.Context, db *state.DB, query string, into *string) (err error) {
	rows, err := db.Read().QueryContext(ctx, "EXPLAIN QUERY PLAN "+query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return err
		}
		*into += step + "\n"
	}
	return rows.Err()
}
