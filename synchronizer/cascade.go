package synchronizer

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// owners are the Odoo records whose archiving may have archived others.
type owners map[record.Reference]record.Record

// cascades reads what the items live in, for those whose archived state is not the base's: one read
// per model. Odoo archives a project's tasks with it and restores all of them with it; archiving a
// stage archives its tasks (seen on Odoo 17 and 19).
func (sl *slice) cascades(ctx context.Context, items []*item) (owners, error) {
	var refs []record.Reference
	for _, it := range items {
		if !sl.activeDiffers(it) {
			continue
		}
		for _, name := range sl.model.CascadeFrom {
			if ref, ok := it.odoo.Value(name).AsRef(); ok {
				refs = append(refs, ref)
			}
		}
	}
	out := owners{}
	groups := byModel(refs)
	for _, model := range sortedKeys(groups) {
		found, err := sl.read(ctx, model, numbers(groups[model]), []string{"active", "write_date"})
		if err != nil {
			return nil, err
		}
		for _, r := range found.records {
			out[r.Reference()] = *r
		}
	}
	return out, nil
}

// activeDiffers says that the Odoo half is archived or in use, unlike the base.
func (sl *slice) activeDiffers(it *item) bool {
	for f := range sl.mapper.Each() {
		if f.Active {
			st, known := it.binding.Base(f.Name)
			return known && st.Base.AsBool() != it.odoo.Value("active").AsBool()
		}
	}
	return false
}

// of puts into the item's pair what Odoo itself may have done to its record. A restored project has
// its tasks' very write_date, since one transaction wrote them all. What was seen in use after its owner was
// last written was not archived with it.
func (o owners) of(sl *slice, it *item) {
	p := &it.pair
	p.CascadeStayed = it.binding.ActiveFlip != "" && sl.model.CascadeStays != ""
	for _, name := range sl.model.CascadeFrom {
		ref, ok := it.odoo.Value(name).AsRef()
		if !ok {
			continue
		}
		owner, known := o[ref]
		if !known {
			continue
		}
		active := owner.Value("active").AsBool()
		when, flips := writeDate(*it.odoo), sl.ownerFlips(ref)
		p.CascadeStayed = p.CascadeStayed && active
		p.CascadeArchived = p.CascadeArchived || (!active && it.binding.OdooWriteDate <= writeDate(owner))
		if name == sl.model.CascadeStays {
			continue
		}
		p.CascadeRestored = p.CascadeRestored || (active && (writeDate(owner) == when || slices.Contains(flips, when)))
		p.CascadeOver = p.CascadeOver || (active && flippedAfter(flips, it.binding.ActiveFlip))
	}
}

// ownerFlips are the write dates at which the owner's bindings last saw it archived or restored.
func (sl *slice) ownerFlips(owner record.Reference) (all []string) {
	for _, m := range sl.env.Backend.AllModels() {
		if m.OdooModel != owner.Model {
			continue
		}
		for _, b := range sl.lookup.bindings[record.Reference{Model: m.Name, ID: owner.ID}] {
			if b.ActiveFlip != "" {
				all = append(all, b.ActiveFlip)
			}
		}
	}
	return all
}

// flippedAfter says that one of the flips came after the one that is known.
func flippedAfter(flips []string, known string) bool {
	return known != "" && slices.ContainsFunc(flips, func(f string) bool { return f > known })
}

// archivedAgain says that a row is archived as it was when its owner had been archived with it, but
// that the owner was restored since, which restores its rows: so somebody archived it anew.
func (p *poll) archivedAgain(b binding.Binding, r record.Record) bool {
	if b.OdooWriteDate == writeDate(r) || r.Value("active").AsBool() {
		return false
	}
	for f := range p.mapper.Each() {
		if st, known := b.Base(f.Name); !f.Active || !known || !st.Base.AsBool() {
			continue
		}
		for _, name := range p.model.CascadeFrom {
			if ref, ok := r.Value(name).AsRef(); ok && name != p.model.CascadeStays && flippedAfter(p.ownerFlips(ref), b.ActiveFlip) {
				return true
			}
		}
	}
	return false
}

// stayed are the jobs of what Odoo archived together with a record that is in use again, and left archived.
func (sl *slice) stayed(ctx context.Context, it *item, after record.Record) (specs []jobs.Spec, err error) {
	if !after.Value("active").AsBool() || !sl.flips(it, after) {
		return nil, nil
	}
	for _, m := range sl.env.Backend.AllModels() {
		mapper, err := sl.env.Mapper(ctx, m.Name)
		if err != nil {
			return nil, err
		}
		if m.CascadeStays == "" || sl.off(m.Name) {
			continue
		}
		all, err := sl.env.Binder.All(ctx, m.Name)
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			if owner, _ := b.Fields[m.CascadeStays].Base.AsRef(); b.TakesPart() && owner == after.Reference() && inUse(mapper, b) {
				a := Args{Model: m.Name, ExternalID: b.ExternalID, Parent: b.Parent, Scope: b.Scope}
				specs = append(specs, sl.Spec(ImportRecord, a, b.Name))
			}
		}
	}
	return specs, nil
}

// inUse says that both sides last agreed on a record that is not put away.
func inUse(mapper mapping.Mapper, b binding.Binding) bool {
	for f := range mapper.Each() {
		if st, known := b.Base(f.Name); f.Active && known {
			return st.Base.AsBool()
		}
	}
	return false
}
