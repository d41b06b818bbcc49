package synchronizer

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// place is a name under a parent: where two records may be the same.
type place struct{ parent, name string }

// pool are the unbound records of both sides by place.
type pool struct {
	external map[place][]record.Record
	unchosen map[place][]record.Record // external ones that do not take part, and that a person can choose
	odoo     map[place][]record.Record
	joins    map[string][]record.Record // Odoo records of other parents by name, where the model joins them
	parents  map[string]bool            // external parents, true where the Odoo half was known; nil if nothing was looked for
}

func newPool() *pool {
	return &pool{
		external: map[place][]record.Record{}, unchosen: map[place][]record.Record{},
		odoo: map[place][]record.Record{}, joins: map[string][]record.Record{},
	}
}

// candidates finds, for the unbound items, unbound records of the same name under the same parent
// on either side: one search in Odoo and the parents' listings, whatever the number of items.
func (sl *slice) candidates(ctx context.Context, items []*item) (*pool, error) {
	p := newPool()
	match, ok := sl.mapper.MatchField()
	if !ok || len(items) == 0 {
		return p, nil
	}
	p.parents = map[string]bool{}
	for _, it := range items {
		_, p.parents[it.scope] = sl.lookup.ToOdoo(sl.model.Parent, it.scope)
	}
	if err := sl.odooCandidates(ctx, match, items, p); err != nil {
		return nil, err
	}
	if err := sl.joinCandidates(ctx, match, items, p); err != nil {
		return nil, err
	}
	return p, sl.externalCandidates(ctx, match, items, p)
}

// placeOf is where an unbound item is.
func (sl *slice) placeOf(match mapping.Field, it *item) (place, bool) {
	if match.Name == "" {
		return place{}, false
	}
	var v record.Value
	var err error
	if it.external != nil {
		v, err = match.ReadExternal(mapping.Source{Record: *it.external, Scope: it.scope, Types: sl.types, Lookup: sl.lookup})
	} else {
		v, err = match.ReadOdoo(mapping.Source{Record: *it.odoo, Scope: it.scope, Types: sl.types, Lookup: sl.lookup})
	}
	if err != nil || v.IsNull() {
		return place{}, false
	}
	return place{sl.placeParent(it.scope), v.AsText()}, true
}

// placeParent is the parent as far as it tells places apart: a tag's name is unique everywhere.
func (sl *slice) placeParent(parent string) string {
	if sl.model.ByName {
		return ""
	}
	return parent
}

// odooCandidates searches Odoo for the names of the items. Items that come from Odoo need it only
// to count their namesakes, so it is left out if no external record has their name; see Match.
func (sl *slice) odooCandidates(ctx context.Context, match mapping.Field, items []*item, p *pool) error {
	var names []any
	parents := map[string]string{} // Odoo parent to external parent
	for _, it := range items {
		at, ok := sl.placeOf(match, it)
		if !ok {
			continue
		}
		names = append(names, at.name)
		if id, ok := sl.lookup.ToOdoo(sl.model.Parent, it.scope); ok {
			parents[id] = it.scope
		}
	}
	if len(names) == 0 || (sl.model.OdooParent != "" && len(parents) == 0) {
		return nil
	}
	domain := sl.candidateDomain(names, parents)
	found, err := sl.reading().All(ctx, sl.model.OdooModel, domain, sl.odooFields(), 0)
	if err != nil {
		return err
	}
	found = append(found, sl.dry.named(sl, names)...)
	sl.env.Explainf("looked in Odoo for %d %s of the same name: %d found", len(names), plural(sl.model.OdooNoun, len(names)), len(found))
	return sl.sortOdoo(ctx, match, found, parents, p)
}

func (sl *slice) candidateDomain(names []any, parents map[string]string) odoo.Domain {
	domain := odoo.And(odoo.Cond(sl.model.OdooNameField, "in", names), sl.model.Domain)
	if sl.model.Alike {
		domain = sl.model.Domain
	}
	if sl.model.OdooParent == "" {
		return domain
	}
	var ids []any
	for _, id := range sortedKeys(parents) {
		ids = append(ids, numbers([]string{id})[0])
	}
	return odoo.And(domain, odoo.Cond(sl.model.OdooParent, "in", ids))
}

// sortOdoo puts the unbound ones of the found records into their places. What they refer to is
// looked up too, since their fields are compared.
func (sl *slice) sortOdoo(ctx context.Context, match mapping.Field, found []record.Record, parents map[string]string, p *pool) error {
	var needs []record.Reference
	for i := range found {
		needs = append(needs, sl.odooNeeds(&found[i])...)
	}
	if err := sl.fill(ctx, sl.lookup, nil, needs); err != nil {
		return err
	}
	if err := sl.fillNames(ctx, nil, pointers(found)); err != nil {
		return err
	}
	for _, r := range found {
		for _, parent := range sl.parentsOf(r, parents) {
			if !sl.model.ByName && sl.lookup.taken(sl.model.Name, r.ID, scopeOf(sl.model, parent)) {
				continue
			}
			v, err := match.ReadOdoo(mapping.Source{Record: r, Scope: parent, Types: sl.types, Lookup: sl.lookup})
			if isSkip(err) || isUnfit(err) { // it has no name to be recognised by
				continue
			}
			if err != nil {
				return err
			}
			at := place{sl.placeParent(parent), v.AsText()}
			p.odoo[at] = append(p.odoo[at], r)
		}
	}
	return nil
}

// parentsOf are the external parents, among those that matter, that an Odoo record lives in.
func (sl *slice) parentsOf(r record.Record, parents map[string]string) (out []string) {
	if sl.model.OdooParent == "" {
		return []string{""}
	}
	for _, id := range linkIDs(r, sl.model.OdooParent) {
		if parent, ok := parents[id]; ok {
			out = append(out, parent)
		}
	}
	return out
}

// externalCandidates lists the siblings of the items where they matter: for an item from Odoo, and
// for an external one that has a candidate, to see whether its name is its own.
func (sl *slice) externalCandidates(ctx context.Context, match mapping.Field, items []*item, p *pool) error {
	lister, ok := sl.adapter.(backend.Siblings)
	if !ok {
		return nil
	}
	parents := map[string]bool{}
	for _, it := range items {
		at, ok := sl.placeOf(match, it)
		if ok && (it.external == nil || (len(p.odoo[at]) > 0 && !sl.model.Alike && !sl.model.ByName)) {
			parents[it.scope] = true
		}
	}
	if len(parents) == 0 {
		return nil
	}
	found, err := sl.siblings(ctx, lister, sortedKeys(parents))
	if err != nil {
		return err
	}
	var needs []record.Reference
	for i := range found {
		needs = append(needs, record.Reference{Model: sl.model.Name, ID: found[i].ID})
		needs = append(needs, sl.externalNeeds(&found[i])...)
	}
	if err := sl.fill(ctx, sl.lookup, needs, nil); err != nil {
		return err
	}
	if err := sl.sortExternal(ctx, match, found, p); err != nil {
		return err
	}
	return sl.nameSiblings(ctx, match, items, p)
}

// sortExternal puts the unbound ones of the listed siblings into their places, apart from those that do not take part.
func (sl *slice) sortExternal(ctx context.Context, match mapping.Field, found []record.Record, p *pool) error {
	for _, r := range found {
		sorted := p.external
		if !sl.selects(r) {
			sorted = p.unchosen
		}
		if sl.lookup.known[record.Reference{Model: sl.model.Name, ID: r.ID}] || (!sl.selects(r) && sl.unmarked() == "") {
			continue
		}
		parent := refID(r, sl.model.ParentField)
		r, err := sl.completeSibling(ctx, r)
		if err != nil {
			return err
		}
		v, err := match.ReadExternal(mapping.Source{Record: r, Scope: parent, Types: sl.types, Lookup: sl.lookup})
		if isSkip(err) || isUnfit(err) {
			continue
		}
		if err != nil {
			return err
		}
		at := place{parent, v.AsText()}
		sorted[at] = append(sorted[at], r)
	}
	return nil
}

// nameSiblings looks up what those siblings find by name that are candidates of an item.
func (sl *slice) nameSiblings(ctx context.Context, match mapping.Field, items []*item, p *pool) error {
	var candidates []*record.Record
	for _, it := range items {
		if at, ok := sl.placeOf(match, it); ok {
			candidates = append(candidates, pointers(p.external[at])...)
		}
	}
	return sl.fillNames(ctx, candidates, nil)
}

// completeSibling adds to an unbound sibling what takes asking.
func (sl *slice) completeSibling(ctx context.Context, r record.Record) (record.Record, error) {
	if complete := sl.env.Backend.ImporterOf(sl.model.Name).Complete; complete != nil && sl.model.Alike {
		return complete(ctx, sl.env, r)
	}
	return r, nil
}

// of are the candidates of an item. Where names decide, an item from Odoo takes the first of its name in its own parent; the others
// are its aliases.
func (p *pool) of(at place, it *item) Candidates {
	if it.pair.Model.ByName && it.external == nil {
		named := p.external[place{it.scope, at.name}]
		return Candidates{Records: named[:min(1, len(named))], Siblings: 1}
	}
	if it.external != nil {
		return Candidates{Records: p.odoo[at], Siblings: max(1, len(p.external[at]))}
	}
	return Candidates{Records: p.external[at], Unchosen: len(p.unchosen[at]), Siblings: max(1, len(p.odoo[at]))}
}

// outgrown leaves an unbound item to the next pass whose parent another slice bound after the pool was filled: its counterpart was
// not looked for there, and since more bindings were read by then, it would be made there.
func (sl *slice) outgrown(it *item, p *pool) bool {
	if sl.model.OdooParent == "" || p.parents == nil {
		return false
	}
	_, known := sl.lookup.ToOdoo(sl.model.Parent, it.scope)
	if it.external != nil && (p.parents[it.scope] || !known) || it.external == nil && sl.parentOf(it) == it.scope {
		return false
	}
	it.plan = Plan{}
	sl.rereads++
	return true
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
