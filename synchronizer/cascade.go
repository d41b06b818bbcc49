package synchronizer

import (
	"context"

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
		found, _, err := sl.reading().Read(ctx, model, numbers(groups[model]), []string{"active", "write_date"})
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			out[r.Reference()] = r
		}
	}
	return out, nil
}

// activeDiffers says that the Odoo half is archived or in use, unlike the base.
func (sl *slice) activeDiffers(it *item) bool {
	for _, f := range sl.mapper.Fields() {
		if f.Active {
			st, known := it.binding.Base(f.Name)
			return known && st.Base.AsBool() != it.odoo.Value("active").AsBool()
		}
	}
	return false
}

// of says whether Odoo itself archived or restored the item's record. A restored project has its
// tasks' very write_date, since one transaction wrote them all.
func (o owners) of(sl *slice, it *item) (archived, restored bool) {
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
		archived = archived || !active
		when := writeDate(*it.odoo)
		restored = restored || (active && (writeDate(owner) == when || sl.flipped(ref, when)))
	}
	return archived, restored
}

// flipped says that a binding of the owner saw it archived or restored at that write_date.
func (sl *slice) flipped(owner record.Reference, when string) bool {
	for _, m := range sl.env.Backend.AllModels() {
		if m.OdooModel != owner.Model {
			continue
		}
		for _, b := range sl.lookup.bindings[record.Reference{Model: m.Name, ID: owner.ID}] {
			if b.ActiveFlip != "" && b.ActiveFlip == when {
				return true
			}
		}
	}
	return false
}
