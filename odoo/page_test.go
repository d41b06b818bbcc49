package odoo_test

import (
	"testing"

	"github.com/odoo-connector/connector/odoo"
)

func TestPageOf(t *testing.T) {
	for _, one := range []struct {
		about, base string
		major       int
		model, want string
	}{
		{"Odoo 18", "https://odoo.example/", 18, "project.task", "https://odoo.example/odoo/project.task/7"},
		{"Odoo 19 and a model without a dot", "https://odoo.example", 19, "x_thing", "https://odoo.example/odoo/m-x_thing/7"},
		{"Odoo 17", "https://odoo.example", 17, "project.task", "https://odoo.example/web#id=7&model=project.task&view_type=form"},
		{"an Odoo whose version nobody asked", "https://odoo.example", 0, "project.task", "https://odoo.example/web#id=7&model=project.task&view_type=form"},
	} {
		t.Run("Ensure a form is found in "+one.about, func(t *testing.T) {
			if got := odoo.PageOf(one.base, one.major, one.model, 7); got != one.want {
				t.Errorf("%q, want %q", got, one.want)
			}
		})
	}
}
