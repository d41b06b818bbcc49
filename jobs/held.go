package jobs

import (
	"context"
	"fmt"
)

// Held is what one worker that is taken for alive has in hand of a backend.
type Held struct {
	Worker WorkerInfo
	Jobs   int
}

// HeldOf gives the workers that are taken for alive and have jobs of a backend in hand, by their ids. Who holds the backend's own
// lock, and asks before it claims anything, sees those who lost it: they died, or the database cannot be reached from where they are.
// On a state that several machines share their jobs are taken back when their leases end, and not before (see [Queue.Recover]).
func (q *Queue) HeldOf(ctx context.Context, backend string) ([]Held, error) {
	counts := map[string]int{}
	query := "SELECT worker, COUNT(*) FROM job WHERE state = 'started' AND backend = ? GROUP BY worker"
	err := each(ctx, q.db.Read(), query, []any{backend}, func(row scanner) error {
		var worker string
		var n int
		err := row.Scan(&worker, &n)
		counts[worker] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look who has jobs of %s in hand: %w", backend, q.db.Explain(err))
	}
	if len(counts) == 0 {
		return nil, nil
	}
	workers, err := q.Workers(ctx)
	if err != nil {
		return nil, err
	}
	var held []Held
	for _, w := range workers {
		if w.Alive && counts[w.ID] > 0 {
			held = append(held, Held{w, counts[w.ID]})
		}
	}
	return held, nil
}
