package odoo

import (
	"context"
	"slices"
	"strings"
)

// groups looks whether the user is in the groups that are needed.
func (x *examination) groups(ctx context.Context) {
	for _, g := range x.needs.Groups {
		has, err := x.session.HasGroup(ctx, g.Group)
		switch {
		case err != nil:
			x.broken(CheckRights, err)
		case has:
			x.ok(CheckRights, "in the group %s", g.Name)
		default:
			x.deny(CheckRights, "not in the group "+g.Name, g.For+" needs it", "put the user into the group, in Odoo's settings, under Users")
		}
	}
}

// models looks at each model that is needed: whether it is there, its fields, and what the user may do.
func (x *examination) models(ctx context.Context) {
	for _, n := range x.needs.Models {
		fields, err := x.session.FieldsGet(ctx, n.Model)
		switch {
		case IsKind(err, UnknownModel):
			x.noModel(n)
		case err != nil:
			x.broken(CheckRights, err)
		default:
			x.operations(ctx, n)
			x.fields(ctx, n, fields)
		}
	}
}

func (x *examination) noModel(n ModelNeed) {
	remedy := "install the module that brings it, or set direction: off for what needs it"
	if module, ok := moduleOf(n.Model); ok {
		remedy = "install the module " + module + " in Odoo, under Apps, or set direction: off for what needs it"
	}
	x.fail(CheckModules, "there is no model "+n.Model, n.For+" needs it", remedy)
}

// modules bring models; of each name the longest beginning that is here counts. What is of every database (module base) is named
// too, for a user from whom it is hidden.
var modules = []struct{ model, module string }{
	{"account.", "account (Invoicing)"},
	{"crm.", "crm"},
	{"delivery.", "delivery"},
	{"hr.", "hr (Employees)"},
	{"loyalty.", "loyalty"},
	{"mail.", "mail (Discuss)"},
	{"mrp.", "mrp (Manufacturing)"},
	{"payment.", "payment"},
	{"pos.", "point_of_sale"},
	{"product.", "product (it comes with Sales, Purchase or Inventory)"},
	{"project.", "project"},
	{"purchase.", "purchase"},
	{"sale.", "sale_management (Sales)"},
	{"stock.", "stock (Inventory)"},
	{"uom.", "uom (it comes with Sales, Purchase or Inventory)"},
	{"website.", "website"},
}

func moduleOf(model string) (string, bool) {
	for _, m := range modules {
		if strings.HasPrefix(model, m.model) {
			return m.module, true
		}
	}
	return "", false
}

// operations asks what the user may do with the model at all; rules may still forbid single records.
func (x *examination) operations(ctx context.Context, n ModelNeed) {
	var may, mayNot []string
	for _, operation := range n.Operations {
		has, err := x.session.HasAccess(ctx, n.Model, operation)
		switch {
		case err != nil:
			x.broken(CheckRights, err)
			return
		case has:
			may = append(may, operation)
		default:
			mayNot = append(mayNot, operation)
		}
	}
	if len(mayNot) > 0 {
		x.deny(CheckRights, "the user may not "+strings.Join(mayNot, ", ")+" "+n.Model, n.For+" needs it",
			"give the user the right, in Odoo's settings, under Users, or set direction: off for what needs it")
		return
	}
	x.ok(CheckRights, "%s: %s", n.Model, strings.Join(may, ", "))
}

// mapped tells what is wrong with the fields that a configuration maps, each problem apart.
func (x *examination) mapped(n ModelNeed, err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		x.fail(CheckFields, strings.TrimSpace(line), n.For+" maps it", "correct the configuration; `connector fields` lists what is there")
	}
}

// fields looks for those that the mappings name, and for those that the filters do.
func (x *examination) fields(ctx context.Context, n ModelNeed, there Fields) {
	var missing []string
	for _, name := range n.Fields {
		if _, ok := there[name]; !ok && name != "id" {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	const why = "without them nothing of this model can be kept in step"
	const remedy = "install the module that brings them, let the user see them, or take a version of the backend that fits this Odoo"
	switch {
	case len(missing) > 0:
		x.fail(CheckFields, n.Model+" has no "+strings.Join(missing, ", "), why, remedy)
	case len(n.Fields) > 0:
		x.ok(CheckFields, "%s: all %d", n.Model, len(n.Fields))
	}
	if n.Mapping != nil {
		x.mapped(n, n.Mapping(there))
	}
	for _, d := range n.Domains {
		if err := x.session.CheckDomain(ctx, n.Model, d); err != nil {
			x.badDomain(n, err)
		}
	}
}

func (x *examination) badDomain(n ModelNeed, err error) {
	e := asError(err)
	if e == nil || denied(e) || e.Kind == Connection {
		x.broken(CheckFields, err)
		return
	}
	x.fail(CheckFields, "a filter of "+n.Model+" is wrong: "+strings.TrimRight(e.Text, ". "), n.For+" chooses records by it",
		"correct domain: in the configuration, or "+e.Hint)
}
