package synchronizer

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// rebindInstead turns a plan into one that binds the external record to the Odoo record of the name that it was given outside:
// nothing else of the pair is written.
func (p *Plan) rebindInstead() {
	p.Action, p.Odoo, p.Outside, p.Reviews, p.Solved = Rebind, mapping.Values{}, mapping.Values{}, nil, nil
	for i := range p.Fields {
		p.Fields[i].ToOdoo, p.Fields[i].ToExternal = false, false
	}
}

// rebind binds the items, whose external records got another name, to the Odoo records of that name: found by one search, or
// created. What wears them follows.
func (sl *slice) rebind(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	over, err := sl.renames(ctx, items)
	defer over()
	if err != nil {
		return err
	}
	found, err := sl.ofNewNames(ctx, items)
	if err != nil {
		return err
	}
	for _, it := range items {
		sl.explain(it)
		name := it.newName(sl.mapper)
		if found[name] == nil {
			made, err := sl.createNamed(ctx, it, name)
			if outage(err) {
				return err
			}
			if err != nil {
				if err := sl.close(it, sl.failed(it, err)); err != nil {
					return err
				}
				continue
			}
			found[name] = made
		}
		if err := sl.rebindTo(ctx, it, found[name]); err != nil {
			return err
		}
	}
	return nil
}

// renames announces that the items' records stand for others from now on, until over is called. What was read before of the records that
// point to them does not count.
func (sl *slice) renames(ctx context.Context, items []*item) (over func(), err error) {
	bindings := make([]binding.Binding, len(items))
	for i, it := range items {
		bindings[i] = it.binding
	}
	over, err = sl.changes(ctx, sl.model, bindings...)
	if sl.shared != nil {
		sl.refresh()
	}
	return over, err
}

// newName is the name that the item's external record has.
func (it *item) newName(mapper mapping.Mapper) string {
	match, _ := mapper.MatchField()
	return it.plan.field(match.Name).External.AsText()
}

// ofNewNames are the Odoo records that have the items' new names.
func (sl *slice) ofNewNames(ctx context.Context, items []*item) (map[string]*record.Record, error) {
	var names []any
	for _, it := range items {
		names = append(names, it.newName(sl.mapper))
	}
	domain := odoo.And(odoo.Cond(sl.model.OdooNameField, "in", names), sl.model.Domain)
	all, err := sl.reading().All(ctx, sl.model.OdooModel, domain, sl.odooFields(), 0)
	found := map[string]*record.Record{}
	for i := range all {
		found[nameOf(all[i].Value(sl.model.OdooNameField))] = &all[i]
	}
	return found, err
}

// createNamed creates the Odoo record of the new name. It needs no intent: a name is unique, so that after a crash the record is
// found by it, and a second load of the identifier changes nothing. The identifier is this renaming's own, since that of the
// external record may be the Odoo record's to which it was bound before.
func (sl *slice) createNamed(ctx context.Context, it *item, name string) (*record.Record, error) {
	fresh := it.pair
	fresh.Odoo, fresh.Binding, fresh.Shared = nil, binding.Binding{}, false
	plan, err := planCreateOdoo(fresh)
	if err == nil && plan.Action != CreateOdoo {
		err = fmt.Errorf("the %s %q cannot be created for the renamed %s: %s", sl.model.OdooNoun, name, sl.model.Noun, plan.Reason)
	}
	if err != nil {
		return nil, err
	}
	which := record.HashValues(record.Text(name), record.Int(it.binding.OdooID), record.Int(state.Micros(it.binding.SyncDate)))
	row := odoo.NewRecord{Identifier: sl.identifier(sl.model.Name, it.external.ID+"="+which), Values: plan.Odoo}
	sl.env.Explainf("create the %s %q in Odoo", sl.model.OdooNoun, name)
	session := sl.reading().WithContext(map[string]any{"tracking_disable": true})
	if sl.dry != nil {
		r := sl.dry.makeUp(sl, plan.Odoo)
		return &r, nil
	}
	results, err := session.LoadRecords(ctx, sl.model.OdooModel, []odoo.NewRecord{row})
	if len(results) > 0 && results[0].Err != nil {
		err = results[0].Err
	}
	if err != nil {
		return nil, err
	}
	there, err := sl.read(ctx, sl.model.OdooModel, []int64{results[0].ID}, sl.odooFields())
	if err == nil && there.records[results[0].ID] == nil {
		err = fmt.Errorf("the %s %q was created and then could not be read", sl.model.OdooNoun, name)
	}
	return there.records[results[0].ID], err
}

// rebindTo completes an item with another Odoo half. The one that it had is left as it is.
func (sl *slice) rebindTo(ctx context.Context, it *item, to *record.Record) error {
	former := it.binding
	if err := sl.fill(ctx, sl.lookup, nil, []record.Reference{{Model: sl.model.Name, ID: to.ID}}); err != nil {
		return err
	}
	follow, err := sl.wearers(ctx, it, to)
	if err != nil {
		return err
	}
	next, err := sl.promoted(ctx, former)
	if err != nil {
		return err
	}
	it.binding.OdooID, it.binding.Role, it.binding.Fields, it.binding.ActiveFlip = odooID(*to), "", nil, ""
	it.odoo = to
	it.pair.Odoo, it.pair.Binding = to, it.binding
	plan, err := it.pair.agree()
	if err != nil {
		return sl.close(it, sl.failed(it, err))
	}
	plan.Action, plan.Solved = Update, sortedKeys(it.pair.Reviews)
	match, _ := sl.mapper.MatchField()
	plan.field(match.Name).Note = fmt.Sprintf("the %s stands for the %s %s now, and no longer for %d", sl.model.Noun, sl.model.OdooNoun, to.ID, former.OdooID)
	it.plan = plan
	it.rebound, it.along = true, follow.and(next).and(sl.renamedSince(it, plan.field(match.Name)))
	sl.lookup.forget(former) // who takes its place in this pass does not come second to it
	for _, b := range next.bindings {
		sl.lookup.add(b)
	}
	return sl.commit(ctx, it, *it.external, *to)
}

// renamedSince is the job that follows where the Odoo record has another name than it was made with: an earlier run made it, and before
// that was found out it was renamed. What both sides agreed on is the name that it was made with.
func (sl *slice) renamedSince(it *item, name *FieldPlan) (out aside) {
	if name.Odoo.Equal(name.External) {
		return out
	}
	name.unmet, name.hold = binding.Odoo, true
	a := Args{Model: sl.model.Name, ExternalID: it.external.ID, Parent: it.scope, Scope: scopeOf(sl.model, it.scope)}
	out.specs = append(out.specs, sl.Spec(ExportRecord, a, ""))
	return out
}

// promoted is the alias that takes the place of a primary binding which stands for its Odoo record no more; nothing if there is none.
func (s *Synchronizer) promoted(ctx context.Context, former binding.Binding) (out aside, err error) {
	if former.Role == binding.Alias {
		return out, nil
	}
	all, err := s.env.Binder.ByOdoo(ctx, former.Model, []int64{former.OdooID})
	for _, b := range all[former.OdooID] {
		if b.ID != former.ID && b.Scope == former.Scope && b.Role == binding.Alias && b.TakesPart() {
			b.Role = binding.Primary
			return aside{bindings: []binding.Binding{b}}, err
		}
	}
	return out, err
}

// displaced are the primary bindings whose place a new pair takes, as aliases: where names decide, their external record was deleted, or
// their pair is retired.
func (sl *slice) displaced(ctx context.Context, it *item, b binding.Binding) (out aside, err error) {
	if !sl.model.ByName || b.Role == binding.Alias || (it.binding.Bound() && !it.rebound && it.binding.Intent == binding.None) {
		return out, nil
	}
	all, err := sl.env.Binder.ByOdoo(ctx, b.Model, []int64{b.OdooID})
	for _, other := range all[b.OdooID] {
		if other.ID != b.ID && other.Scope == b.Scope && other.Role == binding.Primary && !other.TakesPart() && other.Intent == binding.None {
			other.Role = binding.Alias
			out.bindings = append(out.bindings, other)
		}
	}
	return out, err
}
