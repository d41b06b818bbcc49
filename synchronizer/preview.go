package synchronizer

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// Certainty says how sure it is that two unbound records are the same.
type Certainty string

// The certainties.
const (
	Certain Certainty = "certain"   // one of that name on each side, equal in every mapped field
	Likely  Certainty = "likely"    // one of that name on each side, and some fields differ
	Unsure  Certainty = "ambiguous" // several of that name
	NoMatch Certainty = "new"       // none of that name on the other side
)

// PreviewedRecord is what a first sync would find out about one unbound record.
type PreviewedRecord struct {
	Model      string    `json:"model"`
	ExternalID string    `json:"external_id,omitempty"`
	OdooID     int64     `json:"odoo_id,omitempty"`
	Name       string    `json:"name"`
	Certainty  Certainty `json:"certainty"`
	Reason     string    `json:"reason,omitempty"` // which fields differ and what would be done, or why it would be left alone
}

// ModelPreview are the unbound records of one binding model.
type ModelPreview struct {
	Model   string            `json:"model"`
	Odoo    string            `json:"odoo"`
	Records []PreviewedRecord `json:"records"`   // the external ones, each with its match if there is one
	OnlyIn  int               `json:"only_odoo"` // Odoo records in what takes part that nothing outside matches
}

// Preview says, without writing anything on either side or in the local database, how a sync would match the unbound records of
// both sides. Records below an unbound parent are matched as if the parent's match were bound.
func (s *Synchronizer) Preview(ctx context.Context) ([]ModelPreview, error) {
	var out []ModelPreview
	a := &assumption{unbound: map[string][]string{}, onlyOdoo: map[string][]any{}}
	for _, m := range s.env.Backend.AllModels() {
		if s.off(m.Name) || m.LinkOnly { // people are never created, so none is new
			continue
		}
		sl, err := s.newSlice(ctx, m.Name, func(int, jobs.Outcome) error { return nil })
		if err != nil {
			return nil, err
		}
		p, err := sl.preview(ctx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// assumption is what a preview goes by beside what is stored.
type assumption struct {
	bindings []binding.Binding
	unbound  map[string][]string // external ids of the unbound records that have a match, or are new, by binding model
	onlyOdoo map[string][]any    // Odoo records without a counterpart, by binding model
}

// take notes an unbound record with its match; nil: it has none. Where a person has to confirm the match, it is assumed to be right.
func (a *assumption) take(sl *slice, it *item, plan Plan, chosen *record.Record, name string) {
	if plan.Action != Skip || chosen != nil {
		a.unbound[sl.model.Name] = append(a.unbound[sl.model.Name], it.external.ID)
	}
	if chosen != nil {
		b := newBinding(sl.model, it.external.ID, it.scope, name)
		b.OdooID = odooID(*chosen)
		a.bindings = append(a.bindings, b)
	}
}

// toPreview lists the external records that take part, in parents that are only assumed to be bound, too.
func (sl *slice) toPreview(ctx context.Context, a *assumption) ([]record.Record, error) {
	lister, ok := sl.adapter.(backend.Lister)
	if !ok {
		return nil, nil
	}
	listing, err := lister.List(ctx)
	if err != nil {
		return nil, err
	}
	all := listing.Records
	if unbound, ok := sl.adapter.(backend.UnboundLister); ok && len(a.unbound[sl.model.Parent]) > 0 {
		more, err := unbound.ListUnbound(ctx, a.unbound[sl.model.Parent])
		if err != nil {
			return nil, err
		}
		all = slices.Concat(all, more)
	}
	return slices.DeleteFunc(all, func(r record.Record) bool { return !sl.selects(r) }), nil
}

func (sl *slice) preview(ctx context.Context, a *assumption) (ModelPreview, error) {
	out := ModelPreview{Model: sl.model.Name, Odoo: sl.model.OdooModel, Records: []PreviewedRecord{}}
	records, err := sl.toPreview(ctx, a)
	if err != nil {
		return out, err
	}
	if err := sl.unboundOf(ctx, records, a.bindings); err != nil {
		return out, err
	}
	pool, err := sl.candidates(ctx, sl.items)
	if err != nil {
		return out, err
	}
	match, _ := sl.mapper.MatchField()
	if err := sl.previewImported(ctx, match, pool); err != nil {
		return out, err
	}
	for _, it := range sl.items {
		at, _ := sl.placeOf(match, it)
		it.pair = sl.pairOf(it)
		candidates, err := sl.namesakesOr(ctx, it, pool.of(at, it))
		if err != nil {
			return out, err
		}
		plan, chosen, err := Match(it.pair, candidates)
		if err != nil {
			return out, err
		}
		r := previewed(sl, it, plan, chosen)
		r.Name = at.name
		out.Records = append(out.Records, r)
		a.take(sl, it, plan, chosen, at.name)
	}
	only, err := sl.onlyInOdoo(ctx, a)
	a.onlyOdoo[sl.model.Name], out.OnlyIn = only, len(only)
	return out, err
}

// previewImported notes, for the items without a namesake in Odoo, the records there that were made of them before.
func (sl *slice) previewImported(ctx context.Context, match mapping.Field, p *pool) error {
	alone := slices.DeleteFunc(slices.Clone(sl.items), func(it *item) bool {
		at, _ := sl.placeOf(match, it)
		return len(p.odoo[at]) > 0
	})
	if len(alone) == 0 || sl.env.Backend.ImporterOf(sl.model.Name).Creator != nil || !sl.direction(sl.model.Name).Imports() {
		return nil
	}
	identified, err := sl.identified(ctx, sl.model)
	for _, it := range alone {
		sl.noteImported(it, identified)
	}
	return err
}

// unboundOf makes items of the unbound ones of the records, and a lookup in which the assumed bindings stand.
func (sl *slice) unboundOf(ctx context.Context, records []record.Record, assumed []binding.Binding) error {
	sl.lookup = newLookup()
	var needs []record.Reference
	for i := range records {
		needs = append(needs, record.Reference{Model: sl.model.Name, ID: records[i].ID})
		needs = append(needs, sl.externalNeeds(&records[i])...)
	}
	if err := sl.fill(ctx, sl.lookup, needs, nil); err != nil {
		return err
	}
	if err := sl.fillNames(ctx, pointers(records), nil); err != nil {
		return err
	}
	for i, b := range assumed {
		b.ID = int64(-1 - i) // not one that is stored
		sl.lookup.add(b)
	}
	for i := range records {
		if sl.lookup.known[record.Reference{Model: sl.model.Name, ID: records[i].ID}] {
			continue
		}
		it := &item{index: i, args: Args{Model: sl.model.Name, ExternalID: records[i].ID}, external: &records[i]}
		it.scope = sl.parentOf(it)
		sl.items = append(sl.items, it)
	}
	return nil
}

// previewed says what a plan for an unbound record means.
func previewed(sl *slice, it *item, plan Plan, chosen *record.Record) PreviewedRecord {
	out := PreviewedRecord{Model: sl.model.Name, ExternalID: it.external.ID, Certainty: NoMatch}
	switch {
	case chosen != nil && plan.Action == Bind:
		out.OdooID, out.Certainty = odooID(*chosen), Certain
	case chosen != nil && plan.Action == Update:
		out.OdooID, out.Certainty, out.Reason = odooID(*chosen), Likely, "would be "+plan.summary()
	case chosen != nil:
		out.OdooID, out.Certainty, out.Reason = odooID(*chosen), Likely, plan.Reason
	case plan.Action == Skip && len(plan.Reviews) > 0:
		out.Certainty, out.Reason = Unsure, plan.Reason
	case plan.Action == Skip:
		out.Reason = plan.Reason
	}
	return out
}

// onlyInOdoo gives the ids of the Odoo records that nothing outside stands for, in parents that are bound, assumed to be, or have no
// counterpart themselves.
func (sl *slice) onlyInOdoo(ctx context.Context, a *assumption) (only []any, err error) {
	if sl.model.OdooParent == "" {
		return nil, nil
	}
	parents, err := sl.boundIDs(ctx, sl.model.Parent)
	if err != nil {
		return nil, err
	}
	parents = append(parents, a.onlyOdoo[sl.model.Parent]...)
	matched := map[any]bool{}
	for _, b := range a.bindings {
		switch b.Model {
		case sl.model.Parent:
			parents = append(parents, b.OdooID)
		case sl.model.Name:
			matched[b.OdooID] = true
		}
	}
	bound, err := sl.boundIDs(ctx, sl.model.Name)
	if err != nil || len(parents) == 0 {
		return nil, err
	}
	for _, id := range bound {
		matched[id] = true
	}
	domain := odoo.And(odoo.Cond(sl.model.OdooParent, "in", parents), sl.model.Domain)
	found, err := sl.reading().All(ctx, sl.model.OdooModel, domain, []string{"id"}, 0)
	for _, r := range found {
		if id := odooID(r); !matched[id] {
			only = append(only, id)
		}
	}
	return only, err
}
