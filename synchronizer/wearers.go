package synchronizer

import (
	"context"
	"maps"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// aside is what an item's commit takes along for other records.
type aside struct {
	specs    []jobs.Spec
	bindings []binding.Binding
}

// save stores the bindings, in their order.
func (a aside) save(ctx context.Context, tx *state.Tx, binder *binding.Binder) error {
	for i := range a.bindings {
		if err := binder.Save(ctx, tx, &a.bindings[i]); err != nil {
			return err
		}
	}
	return nil
}

// and is both of them.
func (a aside) and(other aside) aside {
	return aside{append(a.specs, other.specs...), append(a.bindings, other.bindings...)}
}

// pointing calls each for the fields of binding models that are sets of links to the model.
func (s *Synchronizer) pointing(ctx context.Context, to backend.Model, each func(backend.Model, mapping.Field) error) error {
	for _, m := range s.env.Backend.AllModels() {
		mapper, err := s.env.Mapper(ctx, m.Name)
		if err != nil {
			return err
		}
		for f := range mapper.Each() {
			if f.Points != to.Name {
				continue
			}
			if err := each(m, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// wearers lets the bound records that point to a rebound external record follow it: in Odoo what it stands for now takes the
// place of what it stood for. They are read outside, where it is known which of several of the former's counterparts they wear.
func (sl *slice) wearers(ctx context.Context, it *item, to *record.Record) (aside, error) {
	var out aside
	err := sl.pointing(ctx, sl.model, func(m backend.Model, f mapping.Field) error {
		found, err := sl.worn(ctx, m, f, it)
		if err != nil {
			return err
		}
		for _, b := range found {
			st, known := b.Base(f.Name)
			if !known || !replaces(&st, it.pair.Odoo.Reference(), to.Reference()) {
				continue
			}
			b.Fields[f.Name] = st
			out.bindings = append(out.bindings, b)
			if sl.off(m.Name) {
				continue
			}
			out.specs = append(out.specs, sl.Spec(ImportRecord, Args{Model: m.Name, ExternalID: b.ExternalID, Parent: b.Parent, Scope: b.Scope}, b.Name))
		}
		return nil
	})
	return out, err
}

// replaces notes that one member of what both sides agreed on stands for another one now, and lets the field be looked at again;
// false if it is none of them.
func replaces(st *binding.FieldState, before, now record.Reference) bool {
	out := map[string]string{}
	for from, into := range st.Replaced {
		if into == before.ID {
			into = now.ID
		}
		out[from] = into
	}
	if slices.Contains(st.Base.AsRefs(), before) && out[before.ID] == "" {
		out[before.ID] = now.ID
	}
	st.Replaced, st.External, st.Odoo = out, "", ""
	return len(out) > 0
}

// replacements are what members of sets stand for now; see replaces.
func (sl *slice) replacements(b binding.Binding) (refs []record.Reference) {
	for f := range sl.mapper.Each() {
		for _, id := range b.Fields[f.Name].Replaced {
			refs = append(refs, record.Reference{Model: f.Points, ID: id})
		}
	}
	return refs
}

// replaced is the pair in which what stands for something else now is that on both sides that remember it, the base and the
// Odoo record; rewritten are the fields in which the Odoo record holds it still.
func (p Pair) replaced() (out Pair, rewritten map[string]bool) {
	out, rewritten = p, map[string]bool{}
	for f := range p.Mapper.Each() {
		st, known := p.Binding.Base(f.Name)
		if !known || len(st.Replaced) == 0 || len(f.Odoo) != 1 {
			continue
		}
		held := p.Odoo.Value(f.Odoo[0])
		now := exchanged(held, st.Replaced)
		rewritten[f.Name] = !now.Equal(held)
		o := out.Odoo.With(f.Odoo[0], now)
		st.Base = exchanged(st.Base, st.Replaced).Canonical()
		fields := maps.Clone(out.Binding.Fields)
		fields[f.Name] = st
		out.Odoo, out.Binding.Fields = &o, fields
	}
	return out, rewritten
}

// rewriting is the plan of a field whose Odoo record holds, if held is set, what stands for something else now: that is written out.
func (p Pair) rewriting(fp FieldPlan, held bool) FieldPlan {
	switch {
	case !held || fp.hold:
	case p.restores(&fp):
		fp.ToOdoo = true
	default:
		fp.hold, fp.ToExternal, fp.Note = true, false, "not imported"
	}
	return fp
}

// exchanged is a set with some of its members in others' places.
func exchanged(v record.Value, by map[string]string) record.Value {
	refs := v.AsRefs()
	for i := range refs {
		if into := by[refs[i].ID]; into != "" {
			refs[i].ID = into
		}
	}
	return record.RefSet(refs...)
}

// worn are the bindings of the records that point to the item's external record, or did: to none of the others that stand for the
// same Odoo record.
func (sl *slice) worn(ctx context.Context, m backend.Model, f mapping.Field, it *item) (out []binding.Binding, err error) {
	adapter, err := sl.env.Adapter(m.Name)
	if err != nil {
		return nil, err
	}
	lister, ok := adapter.(backend.Siblings)
	if !ok || f.Needs == nil {
		return nil, nil
	}
	records, err := sl.siblings(ctx, lister, []string{it.scope})
	if err != nil {
		return nil, err
	}
	others, err := sl.others(ctx, it.binding)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range records {
		if !slices.ContainsFunc(f.Needs(r), func(ref record.Reference) bool { return others[ref.ID] }) {
			ids = append(ids, r.ID)
		}
	}
	known, err := sl.env.Binder.ByExternal(ctx, m.Name, ids)
	for _, id := range ids {
		if b := known[id]; b.TakesPart() {
			out = append(out, b)
		}
	}
	return out, err
}

// others are the external ids of what else stands for the binding's Odoo record.
func (sl *slice) others(ctx context.Context, b binding.Binding) (map[string]bool, error) {
	all, err := sl.env.Binder.Lean().ByOdoo(ctx, b.Model, []int64{b.OdooID})
	out := map[string]bool{}
	for _, other := range all[b.OdooID] {
		out[other.ExternalID] = other.ID != b.ID && other.TakesPart()
	}
	return out, err
}

// newcomers lets the bound records look again whose Odoo half points to what has just got its first counterpart in the scope: they
// were not written, and mean something else now. Those of known are changed already.
func (s *Synchronizer) newcomers(ctx context.Context, m backend.Model, b binding.Binding, known []binding.Binding) (aside, error) {
	var out aside
	if b.Role == binding.Alias || !m.Scoped {
		return out, nil
	}
	changed := map[int64]bool{}
	for _, w := range known {
		changed[w.ID] = true
	}
	err := s.pointing(ctx, m, func(of backend.Model, f mapping.Field) error {
		if f.Merge == nil || f.ToExternal == nil || len(f.Odoo) == 0 || !s.direction(of.Name).Exports() {
			return nil
		}
		found, err := s.unworn(ctx, of, f, b)
		for _, w := range found {
			if changed[w.ID] {
				continue
			}
			st := w.Fields[f.Name]
			st.Odoo = ""
			w.Fields[f.Name] = st
			out.bindings = append(out.bindings, w)
			out.specs = append(out.specs, s.Spec(ExportRecord, Args{Model: of.Name, ExternalID: w.ExternalID, Parent: w.Parent, Scope: w.Scope}, w.Name))
		}
		return err
	})
	return out, err
}

// unworn are the bindings in the scope whose Odoo half points to the binding's, while both sides agreed on none.
func (s *Synchronizer) unworn(ctx context.Context, m backend.Model, f mapping.Field, b binding.Binding) (out []binding.Binding, err error) {
	all, err := s.env.Binder.Briefs(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	var there []any
	for _, w := range all {
		if w.TakesPart() && w.Parent == b.Scope {
			there = append(there, w.OdooID)
		}
	}
	if len(there) == 0 {
		return nil, nil
	}
	found, err := s.reading().All(ctx, m.OdooModel, odoo.And(odoo.Cond(f.Odoo[0], "in", []any{b.OdooID}), odoo.Cond("id", "in", there)), []string{"id"}, 0)
	if err != nil {
		return nil, err
	}
	self := record.Reference{Model: b.OdooModel, ID: binding.OdooID(b.OdooID)}
	known, err := s.env.Binder.ByOdoo(ctx, m.Name, ids(found))
	for _, r := range found {
		for _, w := range known[odooID(r)] {
			if st, based := w.Base(f.Name); based && w.TakesPart() && w.Parent == b.Scope && !slices.Contains(st.Base.AsRefs(), self) {
				out = append(out, w)
			}
		}
	}
	return out, err
}
