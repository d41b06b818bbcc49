package synchronizer

import (
	"context"

	"github.com/odoo-connector/connector/odoo"
)

// keepNamesApart writes no name into Odoo that it would refuse: where a name is unique in the whole database (a tag's), a record
// outside that takes the name of another one is bound to that. It asks Odoo once, and only if a name is to be written.
func (sl *slice) keepNamesApart(ctx context.Context, items []*item, plans []Plan) error {
	match, ok := sl.mapper.MatchField()
	if !ok || !sl.model.ByName {
		return nil
	}
	var names []any
	for i := range plans {
		if fp := plans[i].field(match.Name); fp != nil && fp.ToOdoo {
			names = append(names, fp.Result.AsText())
		}
	}
	if len(names) == 0 {
		return nil
	}
	found, err := sl.reading().All(ctx, sl.model.OdooModel, odoo.Cond(sl.model.OdooNameField, "in", names), []string{sl.model.OdooNameField}, 0)
	if err != nil {
		return err
	}
	taken := map[string]string{}
	for _, r := range found {
		taken[r.Value(sl.model.OdooNameField).AsText()] = r.ID
	}
	for i, it := range items {
		if fp := plans[i].field(match.Name); fp != nil && fp.ToOdoo {
			plans[i].takeName(taken, fp.Result.AsText(), it.odoo.ID)
		}
	}
	return nil
}

// takeName lets the plan write a name that nobody has. Taken are the owners of names, "" for one that gets it in this pass.
func (p *Plan) takeName(taken map[string]string, name, own string) {
	switch owner, used := taken[name]; {
	case !used:
		taken[name] = ""
	case owner == "":
		p.later = true // the next pass finds it
	case owner != own:
		p.rebindInstead()
	}
}

// field is the plan's decision on a field, nil if it takes no part.
func (p *Plan) field(name string) *FieldPlan {
	for i := range p.Fields {
		if p.Fields[i].Field == name {
			return &p.Fields[i]
		}
	}
	return nil
}
