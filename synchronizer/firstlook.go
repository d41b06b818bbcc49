package synchronizer

import (
	"context"
	"strings"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// A field that is newly mapped has no base, and nobody touches the records for its sake. The first poll after it was mapped
// therefore reads both sides of all bound records once. Where both hold the same, that is noted without a job; all else becomes
// a job, whose plan treats the field as one of two records that meet for the first time.

// pairsKey is the note under which the pairs are remembered that bindings were last looked at for.
func pairsKey(model string) string { return "pairs of " + model }

// pairsOf names all pairs of a mapper that are compared.
func pairsOf(m mapping.Mapper) string {
	var names []string
	for f := range m.Each() {
		if !f.OnlyCreate {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, "\n")
}

// hasOtherPairs says that the mapper has other pairs than when the model was last polled.
func (p *poll) hasOtherPairs(ctx context.Context) (bool, error) {
	before, err := p.env.Binder.Recall(ctx, pairsKey(p.model.Name))
	return before != pairsOf(p.mapper), err
}

// rememberPairs keeps which pairs the bindings were looked at for, and closes reviews of pairs that are no more.
func (p *poll) rememberPairs(ctx context.Context, tx *state.Tx) error {
	for _, rv := range p.reviews {
		if _, mapped := p.mapper.Field(rv.Field); rv.Field == "" || mapped {
			continue
		}
		if err := p.env.Binder.CloseReview(ctx, tx, rv.ID); err != nil {
			return err
		}
	}
	return p.env.Binder.RememberIn(ctx, tx, pairsKey(p.model.Name), pairsOf(p.mapper))
}

// newcomer is a bound record with fields that nobody compared yet.
type newcomer struct {
	binding binding.Binding
	record  record.Record
	fields  []mapping.Field
	odoo    *record.Record
}

// firstLook compares the newly mapped fields of the listed records: what is equal is noted, and for all else there is a job.
func (p *poll) firstLook(ctx context.Context, records []record.Record, known map[string]binding.Binding) error {
	var all []*newcomer
	for _, r := range records {
		b := known[r.ID]
		if fields := p.uncompared(b, r); b.TakesPart() && len(fields) > 0 {
			all = append(all, &newcomer{binding: b, record: r, fields: fields})
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := p.readNewcomers(ctx, all); err != nil {
		return err
	}
	for _, n := range all {
		if p.meet(n) {
			known[n.record.ID] = n.binding
			p.noteFields(n.binding)
		}
	}
	return nil
}

// uncompared are the fields that the binding knows nothing of and that the record has.
func (p *poll) uncompared(b binding.Binding, r record.Record) (fields []mapping.Field) {
	for f := range p.mapper.Each() {
		if _, known := b.Base(f.Name); known || f.OnlyCreate || leadsOff(f, r, p.off) {
			continue
		}
		has := f.FromExternal != nil
		for _, name := range f.External {
			has = has && r.Has(name)
		}
		if has {
			fields = append(fields, f)
		}
	}
	return fields
}

// readNewcomers reads the Odoo halves, and what the mappers will look up. Records that the user may not see are left to their jobs.
func (p *poll) readNewcomers(ctx context.Context, all []*newcomer) error {
	ids := make([]int64, len(all))
	for i, n := range all {
		ids[i] = n.binding.OdooID
	}
	found, err := p.read(ctx, p.model.OdooModel, ids, p.odooFields())
	if err != nil {
		return err
	}
	p.lookup = newLookup()
	var external, inOdoo []record.Reference
	var records, rows []*record.Record
	for _, n := range all {
		n.odoo = found.records[n.binding.OdooID]
		records, rows = append(records, &n.record), append(rows, n.odoo)
		external, inOdoo = append(external, p.externalNeeds(&n.record)...), append(inOdoo, p.odooNeeds(n.odoo)...)
	}
	if err := p.fill(ctx, p.lookup, external, inOdoo); err != nil {
		return err
	}
	return p.fillNames(ctx, records, rows)
}

// meet notes what both sides hold alike, and makes a job where they don't. It says whether anything was noted.
func (p *poll) meet(n *newcomer) (noted bool) {
	apart := false
	for _, f := range n.fields {
		if n.odoo == nil {
			return false
		}
		x, err := f.ReadExternal(p.source(n.record, refID(n.record, p.model.ParentField)))
		if isSkip(err) {
			continue
		}
		o, errOdoo := f.ReadOdoo(p.source(*n.odoo, n.binding.Parent))
		if err != nil || errOdoo != nil || !x.Equal(o) {
			apart = true
			continue
		}
		if n.binding.Fields == nil {
			n.binding.Fields = binding.Fields{}
		}
		n.binding.Fields[f.Name] = binding.FieldState{External: f.ExternalHash(n.record), Odoo: f.OdooHash(*n.odoo), Base: x}
		noted = true
	}
	if apart {
		args := Args{Model: p.model.Name, ExternalID: n.record.ID, Scope: n.binding.Scope, Parent: n.binding.Parent}
		p.changes = append(p.changes, Change{Args: args, Name: n.binding.Name})
		p.met[n.record.ID] = true
	}
	return noted
}

// noteFields stores a binding's fields with what else the poll notes.
func (p *poll) noteFields(b binding.Binding) {
	for i := range p.refresh {
		if p.refresh[i].ID == b.ID {
			p.refresh[i].Fields = b.Fields
			return
		}
	}
	p.refresh = append(p.refresh, b)
}
