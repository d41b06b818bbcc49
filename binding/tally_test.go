package binding_test

import (
	"slices"
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
			{Backend: "shop", Model: "shop.buyer", Bound: 1, Reviews: 1},
			{Backend: "shop", Model: "shop.item", Bound: 2, Unsettled: 2},
		}
		if err != nil || !slices.Equal(all, want) {
			t.Errorf("got  %+v (%v)\nwant %+v", all, err, want)
		}
	})
}
