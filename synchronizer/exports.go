package synchronizer

import (
	"context"
	"errors"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// export is the export that gives an Odoo record its counterpart in the scope; ok is false if it gets none.
func (p Pair) export(ref record.Reference, scope string) (a Args, ok bool) {
	if p.Export == nil {
		return Args{}, false
	}
	return p.Export(ref, scope)
}

// await lets the plan wait for the exports of what has no counterpart outside; false if one of them gets none.
func (p Pair) await(missing *mapping.MissingError, plan *Plan) bool {
	var exports []Args
	for _, ref := range missing.Missing {
		a, ok := p.export(ref, p.OdooScope)
		if !ok {
			return false
		}
		exports = append(exports, a)
	}
	plan.Exports = append(plan.Exports, exports...)
	return len(exports) > 0
}

// awaitPlace lets the plan of a creation wait for the export of what the record lives in, and for nothing else: what
// else it needs is known once it has a place.
func (p Pair) awaitPlace(plan *Plan) bool {
	f, ok := p.Mapper.Field(p.Model.OdooParent)
	if !ok {
		return false
	}
	v, err := f.ReadOdoo(p.odooSource())
	if err == nil {
		_, err = f.WriteExternal(p.target(f, v, record.Record{}, p.OdooScope))
	}
	var missing *mapping.MissingError
	if !errors.As(err, &missing) || !p.await(missing, plan) {
		return false
	}
	plan.Action = Wait
	return true
}

// awaitOr is await, which gives what gets no counterpart: what was given already, or this.
func (p Pair) awaitOr(missing *mapping.MissingError, plan *Plan, stuck *mapping.MissingError) *mapping.MissingError {
	if !p.await(missing, plan) && stuck == nil {
		return missing
	}
	return stuck
}

// offer lets the plan wait for what a set in Odoo has besides and what may go out too. What gets no counterpart
// stays where it is, and nothing waits for it.
func (p Pair) offer(f mapping.Field, plan *Plan) {
	if f.Merge == nil || f.NeedsOdoo == nil || f.ToExternal == nil || !p.Settings.Direction.Exports() {
		return
	}
	for _, ref := range f.NeedsOdoo(*p.Odoo) {
		if _, bound := p.Lookup.ToExternal(ref.Model, ref.ID, p.OdooScope); bound {
			continue
		}
		if a, ok := p.export(ref, p.OdooScope); ok {
			plan.Exports = append(plan.Exports, a)
		}
	}
}

// offerChanged is offer where Odoo's side is another than the binding knows it.
func (p Pair) offerChanged(f mapping.Field, plan *Plan) {
	if st, known := p.Binding.Base(f.Name); !known || !p.odooSeen(f, st) {
		p.offer(f, plan)
	}
}

// inPlace is an Odoo record and the scope that its links are looked up in.
type inPlace struct {
	record *record.Record
	scope  string
}

// findExports finds out which of the records that the given ones point to, and that have no counterpart
// outside, get one: those of a model that is created outside, in its domain, and that nobody left alone.
func (sl *slice) findExports(ctx context.Context, of []inPlace) error {
	sl.exports = map[string]bool{}
	wanted := map[string][]Args{}
	for _, one := range of {
		if one.record == nil || !sl.direction(sl.model.Name).Exports() {
			continue
		}
		for f := range sl.mapper.Each() {
			if f.NeedsOdoo == nil || f.ToExternal == nil {
				continue
			}
			for _, ref := range f.NeedsOdoo(*one.record) {
				if a, ok := sl.mayExport(ref, one.scope); ok {
					wanted[a.Model] = append(wanted[a.Model], a)
				}
			}
		}
	}
	for _, model := range sortedKeys(wanted) {
		if err := sl.confirmExports(ctx, model, wanted[model]); err != nil {
			return err
		}
	}
	return nil
}

// mayExport says that a record is not bound in the scope, was not deleted there, and is of a model that is
// created outside.
func (sl *slice) mayExport(ref record.Reference, scope string) (a Args, ok bool) {
	m, ok := sl.env.Model(ref.Model)
	if !ok || !m.Creates || !sl.direction(m.Name).Exports() || (m.Scoped && scope == "") {
		return a, false
	}
	id := numbers([]string{ref.ID})
	_, bound := sl.lookup.ToExternal(ref.Model, ref.ID, scope)
	if bound || len(id) == 0 || sl.lookup.taken(ref.Model, ref.ID, scopeOf(m, scope)) {
		return a, false
	}
	a = Args{Model: ref.Model, OdooID: id[0], Scope: scopeOf(m, scope)}
	if m.Scoped {
		a.Parent = scope
	}
	return a, true
}

// confirmExports notes those that nobody left alone and that are in the model's domains.
func (sl *slice) confirmExports(ctx context.Context, model string, all []Args) error {
	m, _ := sl.env.Model(model)
	reviews, err := sl.env.Binder.Reviews(ctx, model)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(a Args) bool {
		return sl.leftAlone[sl.identity(a)] || slices.ContainsFunc(reviews, func(r binding.Review) bool {
			return r.Field == "" && r.OdooID == a.OdooID && r.Scope == a.Scope
		})
	})
	within, err := sl.inDomain(ctx, m, all)
	if err != nil {
		return err
	}
	for _, a := range all {
		sl.exports[sl.identity(a)] = within[a.OdooID]
	}
	return nil
}

// inDomain are the Odoo ids of the records that may be created outside: one search for all of them.
func (sl *slice) inDomain(ctx context.Context, m backend.Model, all []Args) (map[int64]bool, error) {
	within := map[int64]bool{}
	var ids []any
	for _, a := range all {
		if !within[a.OdooID] {
			within[a.OdooID] = true
			ids = append(ids, a.OdooID)
		}
	}
	if len(ids) == 0 {
		return within, nil
	}
	skip := sl.env.Backend.ExporterOf(m.Name).Skip
	more, err := sl.exportDomain(ctx, m)
	if err != nil {
		return nil, err
	}
	domain := odoo.And(m.Domain, odoo.Domain(sl.env.Settings(m.Name).Domain), more)
	if len(domain) == 0 && skip == nil {
		return within, nil
	}
	mapper, err := sl.env.Mapper(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	found, err := sl.reading().All(ctx, m.OdooModel, odoo.And(odoo.Cond("id", "in", ids), domain), odooFields(m, mapper), 0)
	if err != nil && !odoo.IsKind(err, odoo.AccessError) {
		return nil, err
	}
	clear(within)
	for _, r := range found {
		within[odooID(r)] = skip == nil || skip(r) == ""
	}
	return within, nil
}

// export implements Pair.Export by what findExports found.
func (sl *slice) export(ref record.Reference, scope string) (Args, bool) {
	a, ok := sl.mayExport(ref, scope)
	return a, ok && sl.exports[sl.identity(a)]
}

// offers says that a set in Odoo holds something that may go out and has no counterpart yet.
func (sl *slice) offers(f mapping.Field, r record.Record, scope string) bool {
	return f.Merge != nil && f.NeedsOdoo != nil && slices.ContainsFunc(f.NeedsOdoo(r), func(ref record.Reference) bool {
		_, ok := sl.mayExport(ref, scope)
		return ok
	})
}

// awaited says that the error is about records all of which get a counterpart.
func (sl *slice) awaited(err error, scope string) bool {
	var missing *mapping.MissingError
	return errors.As(err, &missing) && len(missing.Missing) > 0 && !slices.ContainsFunc(missing.Missing, func(ref record.Reference) bool {
		_, ok := sl.export(ref, scope)
		return !ok
	})
}
