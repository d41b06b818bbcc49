package binding_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestTallies(t *testing.T) { statetest.Each(t, testTallies) }

func testTallies(t *testing.T, s statetest.Store) {
	t.Run("Ensure pairs, creations under way and open reviews are counted by model", func(t *testing.T) {
		w := newWorld(t, s)
		w.save(
			binding.Binding{Model: "shop.item", ExternalID: "1", OdooModel: "product.product", OdooID: 1},
			binding.Binding{Model: "shop.item", ExternalID: "2", OdooModel: "product.product", OdooID: 1, Role: binding.Alias},
			binding.Binding{Model: "shop.item", ExternalID: "3", OdooModel: "product.product", Intent: binding.Import, IntentAt: now},
			binding.Binding{Model: "shop.item", OdooModel: "product.product", OdooID: 4, Intent: binding.Export, IntentAt: now},
			binding.Binding{Model: "shop.buyer", ExternalID: "1", OdooModel: "res.partner", OdooID: 1},
			binding.Binding{Model: "shop.buyer", ExternalID: "2", OdooModel: "res.partner", OdooID: 2, Retired: now},
			binding.Binding{Model: "shop.buyer", ExternalID: "3", OdooModel: "res.partner", OdooID: 3, Retired: now},
			binding.Binding{Model: "shop.buyer", ExternalID: "4", OdooModel: "res.partner", OdooID: 4, Retired: now, OdooGone: now},
			binding.Binding{Model: "shop.buyer", ExternalID: "5", OdooModel: "res.partner", OdooID: 5, ExternalGone: now},
			binding.Binding{Model: "shop.buyer", ExternalID: "6", OdooModel: "res.partner", OdooID: 6, ExternalGone: now, OdooGone: now},
		)
		w.must(func(tx *state.Tx) error {
			for _, r := range []binding.Review{
				{Model: "shop.buyer", ExternalID: "8", Kind: binding.Unequal, Created: now},
				{Model: "shop.buyer", ExternalID: "9", Kind: binding.Deleted, Created: now},
				{Model: "shop.order", ExternalID: "1", Kind: binding.Conflict, Created: now, Decision: binding.Decision{Verdict: binding.Skipped}},
			} {
				if err := w.SaveReview(w.Context(), tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		all, err := binding.Tallies(w.Context(), w.db)
		want := []binding.Tally{
			{Backend: "shop", Model: "shop.buyer", Bound: 1, Retired: 2, Deleted: 3, Reviews: 1},
			{Backend: "shop", Model: "shop.item", Bound: 2, Unsettled: 2},
		}
		if err != nil || !slices.Equal(all, want) {
			t.Errorf("got  %+v (%v)\nwant %+v", all, err, want)
		}
		for _, standing := range []struct {
			of   binding.Standing
			want int
		}{{binding.StandingBound, 3}, {binding.StandingRetired, 2}, {binding.StandingDeleted, 3}, {binding.StandingIntent, 2}} {
			n, err := binding.CountFound(w.Context(), w.db, binding.Filter{Standings: []binding.Standing{standing.of}})
			if err != nil || n != standing.want {
				t.Errorf("%d pairs are found as %s, want %d (%v)", n, standing.of, standing.want, err)
			}
		}
	})
	t.Run("Ensure no count reads the bindings themselves", func(t *testing.T) {
		if s.Dialect != state.SQLite {
			t.Skip("the plans are SQLite's")
		}
		w := newWorld(t, s)
		var used []string
		plans, err := binding.TallyPlans(w.Context(), w.db)
		if err != nil {
			t.Fatal(err)
		}
		for _, plan := range plans {
			words := strings.Fields(plan)
			at := slices.Index(words, "INDEX")
			used = append(used, strings.Join(words[:at+2], " "))
		}
		const scan, covering = "SCAN binding USING INDEX ", "SCAN binding USING COVERING INDEX "
		want := []string{covering + "binding_external", covering + "binding_apart", covering + "binding_apart", scan + "binding_intent", scan + "binding_intent"}
		if len(used) < len(want) || !slices.Equal(used[:len(want)], want) {
			t.Errorf("got  %q\nwant %q", used, want)
		}
	})
}
