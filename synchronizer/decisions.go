package synchronizer

import (
	"context"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// DecisionError says that a review cannot be decided in the wanted way.
type DecisionError struct {
	ID     int64 // of the review
	Reason string
}

// Error names the review and says what is possible.
func (e *DecisionError) Error() string { return fmt.Sprintf("review %d: %s", e.ID, e.Reason) }

// Usage marks the error as the caller's.
func (*DecisionError) Usage() bool { return true }

// Decide keeps what a person decided about a review, and delays the job that carries it out: in one transaction. Its id comes
// back, 0 where nothing is to be done. A decision that does not fit the review is a *DecisionError.
func (s *Synchronizer) Decide(ctx context.Context, r binding.Review, d binding.Decision) (job int64, err error) {
	if d, err = fitting(r, d); err != nil {
		return 0, err
	}
	r.Decision = d
	err = s.db.Write(ctx, func(tx *state.Tx) error {
		if err := s.env.Binder.SaveReview(ctx, tx, r); err != nil || d.Verdict == binding.Skipped {
			return err
		}
		job, _, err = s.queue.Enqueue(ctx, tx, s.Spec(ImportRecord, reviewArgs(r), r.Name))
		return err
	})
	return job, err
}

// fitting is the decision as the review can have it, or the reason why it can't.
func fitting(r binding.Review, d binding.Decision) (binding.Decision, error) {
	refuse := func(reason string) (binding.Decision, error) { return d, &DecisionError{ID: r.ID, Reason: reason} }
	whole := r.Field == "" && (ofNamesakes(r) || r.Kind == binding.Imported || r.Kind == binding.MissingReference)
	if d.Verdict == binding.Take && (r.Kind == binding.Unequal || r.Kind == binding.Imported) {
		d.Verdict = binding.Link // which record it is, nobody asks any more
	}
	switch d.Verdict {
	case binding.Skipped:
		return d, nil
	case binding.Take:
		if r.Kind != binding.Conflict && r.Kind != binding.Lossy {
			return refuse(fmt.Sprintf("it is of the kind %s, where no side can be taken; do what it says, or skip it", r.Kind))
		}
		return d, nil
	case binding.Link:
		if !whole {
			return refuse(fmt.Sprintf("it is of the kind %s, not about two records that may be the same; do what it says, or skip it", r.Kind))
		}
		return bothHalves(r, d, refuse)
	default:
		return refuse("nothing was decided")
	}
}

// bothHalves adds what the review itself is about, and asks for the other half.
func bothHalves(r binding.Review, d binding.Decision, refuse func(string) (binding.Decision, error)) (binding.Decision, error) {
	if r.ExternalID != "" {
		d.ExternalID = r.ExternalID
	}
	if r.OdooID != 0 {
		d.OdooID = r.OdooID
	}
	switch {
	case d.OdooID == 0:
		return refuse("name the Odoo record that it belongs to by its id; `connector review show` lists them")
	case d.ExternalID == "":
		return refuse("name the record outside that it belongs to by its id; `connector review show` lists them")
	default:
		return d, nil
	}
}

// candidatesOf are the records that an unbound item may be the same as: the one that a person named, those of its name, or the one that
// was imported as the other before.
func (sl *slice) candidatesOf(ctx context.Context, it *item, p *pool, at place) (Candidates, error) {
	d, linked := sl.linkOf(it)
	if !linked {
		return sl.namesakesOr(ctx, it, p.of(at, it))
	}
	named, err := sl.named(ctx, it, d)
	if err != nil {
		return Candidates{}, err
	}
	if named == nil {
		return sl.namesakesOr(ctx, it, p.of(at, it))
	}
	it.pair.Linked = true
	if d.Prefer != binding.NoSide {
		it.pair.Settings.Conflict = config.Conflict(d.Prefer)
	}
	return Candidates{Records: []record.Record{*named}, Siblings: 1}, nil
}

// linkOf is the decision that names the item's other half.
func (sl *slice) linkOf(it *item) (binding.Decision, bool) {
	for _, r := range sl.reviews {
		d := r.Decision
		if d.Verdict != binding.Link {
			continue
		}
		outside := it.external != nil && d.ExternalID == it.external.ID
		inOdoo := it.odoo != nil && d.OdooID == odooID(*it.odoo) && r.Scope == scopeOf(sl.model, it.scope)
		if outside || inOdoo {
			return d, true
		}
	}
	return binding.Decision{}, false
}

// named reads the other half that a person named; nil if it is not there, cannot be read, or is bound to another record since.
func (sl *slice) named(ctx context.Context, it *item, d binding.Decision) (*record.Record, error) {
	if it.external == nil {
		return sl.namedOutside(ctx, d)
	}
	found, _, err := sl.reading().Read(ctx, sl.model.OdooModel, []int64{d.OdooID}, sl.odooFields())
	if odoo.IsKind(err, odoo.AccessError) {
		return nil, nil
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if err := sl.fill(ctx, sl.lookup, nil, sl.odooNeeds(&found[0])); err != nil {
		return nil, err
	}
	if err := sl.fillNames(ctx, nil, pointers(found)); err != nil {
		return nil, err
	}
	if sl.lookup.taken(sl.model.Name, found[0].ID, scopeOf(sl.model, it.scope)) && !sl.model.ByName {
		return nil, nil
	}
	return &found[0], nil
}

func (sl *slice) namedOutside(ctx context.Context, d binding.Decision) (*record.Record, error) {
	results, err := sl.adapter.Read(ctx, []backend.Key{{ID: d.ExternalID}})
	if err == nil && outage(results[0].Err) {
		err = results[0].Err
	}
	if err != nil {
		return nil, err
	}
	if results[0].Err != nil {
		return nil, nil //nolint:nilerr // it is not there, or cannot be read: the decision cannot be carried out, and the record is matched by its name
	}
	r := results[0].Record
	needs := append(sl.externalNeeds(&r), record.Reference{Model: sl.model.Name, ID: r.ID})
	if err := sl.fill(ctx, sl.lookup, needs, nil); err != nil {
		return nil, err
	}
	if err := sl.fillNames(ctx, []*record.Record{&r}, nil); err != nil {
		return nil, err
	}
	if sl.lookup.known[record.Reference{Model: sl.model.Name, ID: r.ID}] {
		return nil, nil
	}
	return &r, nil
}

// Detail is what is to be seen of a review: the records that it is about, on both sides, and their fields.
type Detail struct {
	Model    backend.Model
	External []record.Record // unbound ones of the name, or the bound one
	Odoo     []record.Record
	Fields   []FieldPlan // of the pair, where there is one
	// Names are what the Odoo records that the fields point to are called, as far as they are bound.
	Names map[record.Reference]string
}

// Detail reads both sides of a review as they are now.
func (s *Synchronizer) Detail(ctx context.Context, r binding.Review) (Detail, error) {
	sl, err := s.newSlice(ctx, r.Model, func(int, jobs.Outcome) error { return nil })
	if err != nil {
		return Detail{}, err
	}
	it := &item{args: reviewArgs(r)}
	sl.items = []*item{it}
	for _, step := range []func(context.Context) error{sl.loadBindings, sl.readExternal, sl.readOdoo, sl.resolve} {
		if err := step(ctx); err != nil || it.done {
			return Detail{Model: sl.model}, err
		}
	}
	if it.external != nil && it.odoo != nil {
		return sl.detailOfPair(it)
	}
	return sl.detailOfNamesakes(ctx, it)
}

func (sl *slice) detailOfPair(it *item) (Detail, error) {
	p := sl.pairOf(it)
	plan, err := Reconcile(p)
	return Detail{Model: sl.model, External: []record.Record{*it.external}, Odoo: []record.Record{*it.odoo}, Fields: plan.Fields, Names: sl.namesBound()}, err
}

// namesBound are the names of the bound Odoo records that the slice's records point to.
func (sl *slice) namesBound() map[record.Reference]string {
	out := map[record.Reference]string{}
	for _, bindings := range sl.lookup.bindings {
		for _, b := range bindings {
			out[record.Reference{Model: b.OdooModel, ID: binding.OdooID(b.OdooID)}] = b.Name
		}
	}
	return out
}

func (sl *slice) detailOfNamesakes(ctx context.Context, it *item) (Detail, error) {
	pool, err := sl.candidates(ctx, []*item{it})
	if err != nil {
		return Detail{}, err
	}
	match, _ := sl.mapper.MatchField()
	at, _ := sl.placeOf(match, it)
	d := Detail{Model: sl.model, External: pool.external[at], Odoo: pool.odoo[at]}
	if len(d.External) == 0 {
		d.External = pool.unchosen[at]
	}
	d.External, d.Odoo = withOwn(d.External, it.external), withOwn(d.Odoo, it.odoo)
	if len(d.External) != 1 || len(d.Odoo) != 1 {
		return d, nil
	}
	it.external, it.odoo = &d.External[0], &d.Odoo[0]
	plan, err := Reconcile(sl.pairOf(it).unproven())
	d.Fields, d.Names = plan.Fields, sl.namesBound()
	return d, err
}

// withOwn are the records with the one that the review is about.
func withOwn(all []record.Record, own *record.Record) []record.Record {
	if own == nil || slices.ContainsFunc(all, func(r record.Record) bool { return r.ID == own.ID }) {
		return all
	}
	return append(slices.Clone(all), *own)
}
