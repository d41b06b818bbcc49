package synchronizer

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo"
)

// keepNamesApart leaves names alone that Odoo would refuse: where a name is unique in the whole database
// (a tag's), a record outside that takes the name of another one waits for review. It asks Odoo once, and
// only if a name is to be written.
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
		fp := plans[i].field(match.Name)
		if fp == nil || !fp.ToOdoo {
			continue
		}
		name := fp.Result.AsText()
		if owner, used := taken[name]; used && owner != it.odoo.ID {
			it.pair.leaveName(&plans[i], fp, match.Odoo)
		}
		taken[name] = it.odoo.ID // two of one slice cannot take the same name either
	}
	return nil
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

// leaveName takes a name out of what is written into Odoo and asks for review.
func (p Pair) leaveName(plan *Plan, fp *FieldPlan, fields []string) {
	reason := fmt.Sprintf("the %s was renamed to %s, but there is another %s of that name in Odoo; give the %s another name",
		p.Model.Noun, brief(fp.Result), p.Model.OdooNoun, p.Model.Noun)
	fp.Result, fp.keep, fp.ToOdoo, fp.Note = fp.Base, true, false, reason
	for _, name := range fields {
		delete(plan.Odoo, name)
	}
	p.review(plan, fp.Field, binding.Shared, reason)
	if len(plan.Odoo)+len(plan.Outside) == 0 {
		plan.Action = Nothing
	}
}
