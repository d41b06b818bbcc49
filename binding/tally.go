package binding

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/state"
)

// Tally counts the bindings and reviews of one binding model of a backend.
type Tally struct {
	Backend, Model string
	Bound          int // pairs that are kept in step, aliases among them
	Retired        int // pairs that are out of what is synchronized
	Deleted        int // pairs of which a half was deleted, or both
	Unsettled      int // creations that are under way, or whose outcome nobody saw
	Reviews        int // what waits for a person's decision
}

// tallied are the counts that make up a Tally. Each is taken from an index, whose condition it repeats by the word.
var tallied = []struct {
	query string
	add   func(t *Tally, n int)
}{
	{`SELECT backend, model, COUNT(*) FROM binding WHERE external_id IS NOT NULL GROUP BY database, backend, model ORDER BY database, backend, model`,
		func(t *Tally, n int) { t.Bound += n }},
	{apart("external_gone = 0 AND odoo_gone = 0"), func(t *Tally, n int) { t.Retired, t.Bound = t.Retired+n, t.Bound-n }},
	{apart("(external_gone <> 0 OR odoo_gone <> 0)"), func(t *Tally, n int) { t.Deleted, t.Bound = t.Deleted+n, t.Bound-n }},
	{`SELECT backend, model, COUNT(*) FROM binding WHERE intent <> '' GROUP BY backend, model ORDER BY backend, model`,
		func(t *Tally, n int) { t.Unsettled += n }},
	{`SELECT backend, model, COUNT(*) FROM binding WHERE intent <> '' AND external_id IS NOT NULL AND odoo_id IS NULL
		GROUP BY backend, model ORDER BY backend, model`, func(t *Tally, n int) { t.Bound -= n }},
	{`SELECT backend, model, COUNT(*) FROM review WHERE kind <> 'deleted' AND decision = '' GROUP BY backend, model ORDER BY backend, model`,
		func(t *Tally, n int) { t.Reviews += n }},
}

// apart counts pairs that are bound no more. Both their halves are known.
func apart(which string) string {
	return `SELECT backend, model, COUNT(*) FROM binding WHERE (retired <> 0 OR external_gone <> 0 OR odoo_gone <> 0) AND ` + which + `
		GROUP BY database, backend, model ORDER BY database, backend, model`
}

// Tallies counts the bindings and reviews of all backends in all databases, by backend and model. It reads indexes alone, whatever
// the size of the bindings, and the reviews.
func Tallies(ctx context.Context, db *state.DB) (all []Tally, err error) {
	type key struct{ backend, model string }
	at := map[key]int{}
	for _, part := range tallied {
		err := eachCount(ctx, db, part.query, func(backend, model string, n int) {
			i, known := at[key{backend, model}]
			if !known {
				i = len(all)
				at[key{backend, model}] = i
				all = append(all, Tally{Backend: backend, Model: model})
			}
			part.add(&all[i], n)
		})
		if err != nil {
			return nil, fmt.Errorf("bindings could not be counted: %w", err)
		}
	}
	return all, nil
}

func eachCount(ctx context.Context, db *state.DB, query string, do func(backend, model string, n int)) error {
	rows, err := db.Read().QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has its errors
	for rows.Next() {
		var backend, model string
		var n int
		if err := rows.Scan(&backend, &model, &n); err != nil {
			return db.Explain(err)
		}
		do(backend, model, n)
	}
	return db.Explain(rows.Err())
}
