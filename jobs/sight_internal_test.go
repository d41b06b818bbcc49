package jobs

import (
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestHeads(t *testing.T) {
	t.Run("Ensure a claim looks at no more jobs of each line than it may take", func(t *testing.T) {
		for _, c := range []struct {
			filter ClaimFilter
			want   int
		}{
			{ClaimFilter{Slots: 100, Limit: 20}, 1}, // there may be thousands of lines
			{ClaimFilter{Slots: 100, Limit: 20, lines: 1, IDs: []int64{1}}, 1},
			{ClaimFilter{lines: 5}, 1},
			{ClaimFilter{Slots: 4, Limit: 10, lines: 3}, 14},
			{ClaimFilter{Slots: 1000, Limit: 20, lines: 1}, headCount},
		} {
			if got := c.filter.heads(); got != c.want {
				t.Errorf("%+v: %d, want %d", c.filter, got, c.want)
			}
		}
	})
	t.Run("Ensure lines count that may start nothing, as they are looked at all the same", func(t *testing.T) {
		q := filled(t, state.Options{}, 3, "root.trello.a", "root.full", "root.paused")
		err := q.db.Write(t.Context(), func(tx *state.Tx) error {
			return q.Pause(t.Context(), tx, Pause{Scope: PauseChannel, Name: "root.paused"})
		})
		if err != nil {
			t.Fatal(err)
		}
		claimed(t, q, "worker", ClaimFilter{Channels: []string{"root.full"}}) // of capacity 1
		if c := claimed(t, q, "worker", ClaimFilter{}); c.lines != 3 || len(c.Slices) != 1 {
			t.Errorf("%d lines, %d slices", c.lines, len(c.Slices))
		}
	})
	t.Run("Ensure a slice is as long as it may be where its line was read in part", func(t *testing.T) {
		q := filled(t, state.Options{}, 20, "root.trello.a", "root.trello.b")
		for range 4 {
			c := claimed(t, q, "worker", ClaimFilter{Limit: 10, lines: 2})
			if len(c.Slices) != 1 || len(c.Slices[0]) != 10 {
				t.Errorf("%d slices, of %d jobs", len(c.Slices), len(c.Slices[0]))
			}
		}
	})
}

func TestPlanOfASmallTable(t *testing.T) {
	q := New(statetest.Postgres(t).Open(t, state.Options{}))
	if _, _, err := q.Delay(t.Context(), Spec{Function: "card.import", Backend: "trello"}); err != nil {
		t.Fatal(err)
	}
	for _, heads := range []int{1, 100} {
		t.Run("Ensure what a claim looks at has a plan that is good for a large one too", func(t *testing.T) {
			err := q.db.Write(t.Context(), func(tx *state.Tx) error {
				for _, query := range []string{"ANALYZE job", "SET LOCAL plan_cache_mode = force_generic_plan"} {
					if _, err := tx.ExecContext(t.Context(), query); err != nil {
						return err
					}
				}
				query, args := sightQuery(state.PostgreSQL, state.Micros(tx.Now()), heads)
				return each(t.Context(), tx, "EXPLAIN "+query, args, func(row scanner) error {
					var step string
					err := row.Scan(&step)
					if strings.Contains(step, "Seq Scan on job ") {
						t.Error(step)
					}
					return err
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
