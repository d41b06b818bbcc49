package binding_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestFind(t *testing.T) { statetest.Each(t, testFind) }

func testFind(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	all := w.save(
		binding.Binding{Model: "shop.item", ExternalID: "a1", OdooModel: "product.product", OdooID: 1, Name: "100% Wool", Scope: "x"},
		binding.Binding{Model: "shop.item", ExternalID: "a2", OdooModel: "product.product", OdooID: 1, Name: "1000 Wool", Role: binding.Alias, Scope: "x"},
		binding.Binding{Model: "shop.item", OdooModel: "product.product", OdooID: 4, Name: "New", Intent: binding.Export, IntentAt: now},
		binding.Binding{Model: "shop.buyer", ExternalID: "a1", OdooModel: "res.partner", OdooID: 1, Name: "Wool & Co", Retired: now},
		binding.Binding{Model: "shop.buyer", ExternalID: "b1", OdooModel: "res.partner", OdooID: 2, Name: "Gone", OdooGone: now},
	)
	for _, one := range []struct {
		about  string
		filter binding.Filter
		want   []int
	}{
		{"nothing is asked for", binding.Filter{}, []int{0, 1, 2, 3, 4}},
		{"a binding model is named", binding.Filter{Model: "shop.item"}, []int{0, 1, 2}},
		{"an Odoo model is named", binding.Filter{Model: "res.partner"}, []int{3, 4}},
		{"an external id is named", binding.Filter{ExternalID: "a1"}, []int{0, 3}},
		{"an Odoo id is named", binding.Filter{OdooID: 1, Model: "product.product"}, []int{0, 1}},
		{"a part of a name is searched for", binding.Filter{Search: "WOOL"}, []int{0, 1, 3}},
		{"a sign of LIKE is searched for", binding.Filter{Search: "0%"}, []int{0}},
		{"another backend is named", binding.Filter{Backends: []string{"other"}}, nil},
		{"a scope is named", binding.Filter{Backends: []string{"shop"}, Scope: "x"}, []int{0, 1}},
		{"what is in step is asked for", binding.Filter{Standings: []binding.Standing{binding.StandingBound}}, []int{0, 1}},
		{"aliases and intents are", binding.Filter{Standings: []binding.Standing{binding.StandingAlias, binding.StandingIntent}}, []int{1, 2}},
		{"what is retired is", binding.Filter{Standings: []binding.Standing{binding.StandingRetired}}, []int{3}},
		{"what is deleted is", binding.Filter{Standings: []binding.Standing{binding.StandingDeleted}}, []int{4}},
		{"a page is", binding.Filter{Offset: 1, Limit: 2}, []int{1, 2}},
		{"what follows is", binding.Filter{After: all[2].ID, Limit: 1}, []int{3}},
	} {
		t.Run("Ensure the right ones are found where "+one.about, func(t *testing.T) {
			var want, got []int64
			for _, i := range one.want {
				want = append(want, all[i].ID)
			}
			found, err := binding.Find(t.Context(), w.db, one.filter, one.filter.Limit > 0)
			for _, f := range found {
				got = append(got, f.ID)
				if f.Database != w.Database() || f.Backend != "shop" {
					t.Errorf("%+v", f)
				}
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("found %v of %v (%v)", got, want, err)
			}
			if n, err := binding.CountFound(t.Context(), w.db, one.filter); err != nil || one.filter.Limit == 0 && n != len(want) {
				t.Errorf("counted %d (%v)", n, err)
			}
		})
	}
}
