package synchronizer

import (
	"context"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// joinCandidates finds, where a model joins them, Odoo records of the names of those external items that have no
// candidate in their own parent: in any bound parent, by one search.
func (sl *slice) joinCandidates(ctx context.Context, match mapping.Field, items []*item, p *pool) error {
	if !sl.model.Joins || !sl.direction(sl.model.Name).Imports() {
		return nil
	}
	var names []any
	for _, it := range items {
		if at, ok := sl.placeOf(match, it); ok && it.external != nil && len(p.odoo[at]) == 0 {
			names = append(names, at.name)
		}
	}
	parents, err := sl.boundIDs(ctx, sl.model.Parent)
	if err != nil || len(names) == 0 || len(parents) == 0 {
		return err
	}
	domain := odoo.And(odoo.Cond(sl.model.OdooNameField, "in", names), odoo.Cond(sl.model.OdooParent, "in", parents), sl.model.Domain)
	found, err := sl.reading().All(ctx, sl.model.OdooModel, domain, sl.odooFields(), 0)
	if err != nil {
		return err
	}
	found = append(found, sl.dry.named(sl, names)...)
	var needs []record.Reference
	for i := range found {
		needs = append(needs, sl.odooNeeds(&found[i])...)
		name := nameOf(found[i].Value(sl.model.OdooNameField))
		p.joins[name] = append(p.joins[name], found[i])
	}
	return sl.fill(ctx, sl.lookup, nil, needs)
}

// joinable is the oldest Odoo record of the name, in another parent, that stands for none in the item's own; none if there
// is none such.
func (p *pool) joinable(sl *slice, name string, it *item) []record.Record {
	for _, r := range p.joins[name] {
		if !sl.lookup.taken(sl.model.Name, r.ID, scopeOf(sl.model, it.scope)) {
			return []record.Record{r}
		}
	}
	return nil
}
