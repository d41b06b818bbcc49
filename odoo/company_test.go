package odoo_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
)

func TestChooseCompanies(t *testing.T) {
	_, s, _ := fake(t, odootest.Options{})
	all, err := s.Companies(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Ensure the user's own company comes first", func(t *testing.T) {
		if !reflect.DeepEqual(all, []odoo.Company{{ID: 1, Name: "My Company"}}) {
			t.Errorf("companies %+v", all)
		}
	})
	t.Run("Ensure companies are found by name and by id, and none asks for nothing", func(t *testing.T) {
		for _, c := range []odoo.Company{{Name: "My Company"}, {ID: 1}} {
			ids, err := s.ChooseCompanies(ctx, []odoo.Company{c})
			if err != nil || !slices.Equal(ids, []int64{1}) {
				t.Errorf("%+v gives %v, %v", c, ids, err)
			}
		}
		before := s.Requests()
		if ids, err := s.ChooseCompanies(ctx, nil); err != nil || ids != nil || s.Requests() != before {
			t.Errorf("%v, %v, %d requests", ids, err, s.Requests()-before)
		}
	})
	t.Run("Ensure one that the user may not work in is refused with those that it may", func(t *testing.T) {
		_, err := s.ChooseCompanies(ctx, []odoo.Company{{Name: "Another"}})
		if !odoo.IsKind(err, odoo.InvalidCall) || !strings.Contains(err.Error(), "may not work in the company Another; use one of My Company (1)") {
			t.Errorf("error %v", err)
		}
	})
}
