package synchronizer

import (
	"context"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/event"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// poll is one look at all records of one model on one side.
type poll struct {
	*slice
	fires   *event.Event[[]Change] // for the changes
	changes []Change
	parents map[string]string // of a poll of Odoo: the bound parents' external ids by their Odoo ids
	refresh []binding.Binding // bound records whose raw form changed and whose meaning did not
	met     map[string]bool   // external records that firstLook made jobs for
	// remapped says that the mapper has other pairs than when the model was last polled, retires that pairs may retire or come back.
	remapped, retires bool
}

// flush stores what was found so far: the jobs that follow from the event, and the notes. The position stays where it is: after a
// crash all is looked at again.
func (p *poll) flush(ctx context.Context) error {
	if len(p.changes)+len(p.refresh) == 0 {
		return nil
	}
	if err := p.fires.Fire(ctx, p.model.Name, p.changes); err != nil {
		return err
	}
	refresh := p.refresh
	p.changes, p.refresh = nil, nil
	return p.store(ctx, refresh, nil)
}

// flushAbsent makes a job of each bound record that a look lacks, in parts.
func (p *poll) flushAbsent(ctx context.Context, left []Change) error {
	for changes := range slices.Chunk(left, atATime) {
		if err := p.nameBound(ctx, changes); err != nil {
			return err
		}
		p.changes = append(p.changes, changes...)
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// PollExternal looks for external records of the model that are not as their binding knows them, and
// fires OnExternalChange for the true changes among them. What only looks different is noted in the
// binding. The records are gone through in parts, and what each of them brings, jobs and notes, is stored in one transaction. Records
// that are only linked are linked at once.
func (s *Synchronizer) PollExternal(ctx context.Context, model string) error {
	if m, ok := s.env.Model(model); ok && m.LinkOnly && !s.off(model) {
		return s.link(ctx, m)
	}
	sl, err := s.newSlice(ctx, model, nil)
	if err != nil {
		return err
	}
	lister, ok := sl.adapter.(backend.Lister)
	if !ok || s.off(model) {
		return nil
	}
	p := &poll{slice: sl, fires: s.OnExternalChange, met: map[string]bool{}}
	if wanted, err := p.wanted(ctx); err != nil || !wanted {
		return err
	}
	l, err := p.newLook(ctx)
	if err != nil {
		return err
	}
	end, narrowed := p.narrow()
	defer end()
	s.noteListing(sl.model, narrowed)
	s.at(PollingOutside, model, 0, len(l.briefs))
	if err := sl.parts(ctx, lister, func(part backend.Listing) error { return l.part(ctx, part) }); err != nil {
		return err
	}
	return l.end(ctx)
}

// narrow keeps the listing to what the run looks at, but where everything has to be seen once, or where namesakes wait for a person
// that may live anywhere.
func (p *poll) narrow() (end func(), narrowed bool) {
	if p.remapped || (p.model.ByName && len(p.reviews) > 0) {
		return func() {}, false
	}
	return p.slice.narrow()
}

// wanted says that the records outside are to be looked at: they are imported, or wait for a person, or have fields that are newly
// mapped, or may retire.
func (p *poll) wanted(ctx context.Context) (wanted bool, err error) {
	if p.reviews, err = p.env.Binder.Reviews(ctx, p.model.Name); err != nil {
		return false, err
	}
	if p.remapped, err = p.hasOtherPairs(ctx); err != nil {
		return false, err
	}
	if p.retires, err = p.mayRetire(ctx); err != nil {
		return false, err
	}
	return p.direction(p.model.Name).Imports() || len(p.reviews) > 0 || p.remapped || p.retires, nil
}

// looksAt says that a listed record is compared with its binding: one that takes part, and was not dealt with in this poll. What is
// not imported is looked at only where it waits for a person.
func (p *poll) looksAt(r record.Record, b binding.Binding, imports bool) bool {
	out := !b.Retired.IsZero() || (b.ID == 0 && !p.selects(r))
	return !out && !p.met[r.ID] && (imports || (b.Bound() && p.waitingFields(b) != nil))
}

// lookupFor reads the bindings that comparing needs: only for records whose raw form changed.
func (p *poll) lookupFor(ctx context.Context, records []record.Record, known map[string]binding.Binding) error {
	p.lookup = newLookup()
	var needs []record.Reference
	var changed []*record.Record
	for i, r := range records {
		if b := known[r.ID]; b.Bound() && p.rawChanged(b, r, externalSide) {
			needs, changed = append(needs, p.externalNeeds(&records[i])...), append(changed, &records[i])
		}
	}
	external, inOdoo := p.optionalLinks(records, known)
	if err := p.fill(ctx, p.lookup, append(needs, external...), inOdoo); err != nil {
		return err
	}
	return p.fillNames(ctx, changed, nil)
}

// optionalLinks are the links, of external records and of their bases, that are compared by what they mean.
func (p *poll) optionalLinks(records []record.Record, known map[string]binding.Binding) (external, inOdoo []record.Reference) {
	bound := map[int64][]binding.Binding{}
	for _, r := range records {
		if b := known[r.ID]; b.Bound() {
			bound[b.OdooID] = append(bound[b.OdooID], b)
			for f := range p.mapper.Each() {
				external = append(external, f.ExternalLinks(r)...)
			}
		}
	}
	return external, p.baseLinks(bound)
}

// baseLinks are such links of bases alone.
func (p *poll) baseLinks(bound map[int64][]binding.Binding) (refs []record.Reference) {
	for f := range p.mapper.Each() {
		if f.Links == "" {
			continue
		}
		for _, bindings := range bound {
			for _, b := range bindings {
				for _, ref := range b.Fields[f.Name].Base.AsRefs() {
					refs = append(refs, record.Reference{Model: f.Links, ID: ref.ID})
				}
			}
		}
	}
	return refs
}

// side is one of the two sides of a field.
type side struct {
	kept   bool // what is only kept is kept of this side
	name   binding.Side
	leads  func(mapping.Field) bool // what it says goes to the other side
	stored func(binding.FieldState) string
	hash   func(mapping.Field, record.Record) string
	read   func(mapping.Field, mapping.Source) (record.Value, error)
	note   func(mapping.Field, *binding.FieldState, record.Record) // what is seen
	offers func(*poll, mapping.Field, record.Record, string) bool  // what it points to may get a counterpart
}

var externalSide = side{
	kept:   true,
	name:   binding.External,
	leads:  func(f mapping.Field) bool { return f.ToOdoo != nil },
	stored: func(st binding.FieldState) string { return st.External },
	hash:   func(f mapping.Field, r record.Record) string { return f.ExternalHash(r) },
	read:   func(f mapping.Field, s mapping.Source) (record.Value, error) { return f.ReadExternal(s) },
	note:   func(f mapping.Field, st *binding.FieldState, r record.Record) { st.External = f.ExternalHash(r) },
	offers: func(*poll, mapping.Field, record.Record, string) bool { return false },
}

var odooSide = side{
	name:   binding.Odoo,
	leads:  func(f mapping.Field) bool { return f.ToExternal != nil },
	stored: func(st binding.FieldState) string { return st.Odoo },
	hash:   func(f mapping.Field, r record.Record) string { return f.OdooHash(r) },
	read:   func(f mapping.Field, s mapping.Source) (record.Value, error) { return f.ReadOdoo(s) },
	note:   noteOdoo,
	offers: func(p *poll, f mapping.Field, r record.Record, scope string) bool { return p.offers(f, r, scope) },
}

func noteOdoo(f mapping.Field, st *binding.FieldState, r record.Record) {
	st.Odoo = f.OdooHash(r)
	if f.Remember != nil {
		st.Remember(f.Remember(st.Remembered(), r))
	}
}

// anew is the side whose poll makes a job of every pair in a full run: the outside, unless nothing is imported.
func (p *poll) anew() binding.Side {
	if p.direction(p.model.Name).Imports() {
		return binding.External
	}
	return binding.Odoo
}

func (p *poll) rawChanged(b binding.Binding, r record.Record, of side) bool {
	for f := range p.mapper.Each() {
		st, known := b.Base(f.Name)
		if !f.OnlyCreate && (!known || of.stored(st) != of.hash(f, r)) {
			return true
		}
	}
	return false
}

// changed compares a record with its binding, but for the fields that are held. Raw unchanged is
// unchanged; where the raw form differs the canonical values decide, and where they agree the new
// raw form is noted.
func (p *poll) changed(b *binding.Binding, r record.Record, scope string, of side, held map[string]bool) (changed bool) {
	if p.limits.Full && of.name == p.anew() && b.TakesPart() {
		return true
	}
	noted := of.kept && p.keep(b, r)
	waiting := p.waitingFields(*b)
	for f := range p.mapper.Each() {
		if held[f.Name] || !p.compared(f, r, of) {
			continue
		}
		differs, news := p.look(f, *b, p.source(r, scope), of, waiting[f.Name])
		changed = changed || differs
		if news != nil {
			b.Fields[f.Name] = *news
			noted = true
		}
	}
	if noted && !changed {
		p.refresh = append(p.refresh, *b)
	}
	return changed
}

// look compares one field of a record with the binding. News is the field's state with the raw form that is
// seen, where that is another and means the same.
func (p *poll) look(f mapping.Field, b binding.Binding, r mapping.Source, of side, waits bool) (differs bool, news *binding.FieldState) {
	st, known := b.Base(f.Name)
	seen := of.seen(st, known, of.hash(f, r.Record)) && !p.speaks(f, st, r.Record, r.Scope, of)
	if seen && f.Links == "" {
		return false, nil
	}
	differs, skips := p.differs(f, st, known && (seen || !waits), seen, r, of)
	if differs || skips || seen {
		return differs, nil
	}
	of.note(f, &st, r.Record)
	return false, &st
}

// differs says that a field means something else than the base, or skips that it takes no part; known says
// that there is a base to be compared with, and seen that the side is as it was when it was last looked at. A link of
// the base that has no counterpart any more is on neither side.
func (p *poll) differs(f mapping.Field, st binding.FieldState, known, seen bool, r mapping.Source, of side) (differs, skips bool) {
	v, err := of.read(f, r)
	if err != nil {
		return !isSkip(err), isSkip(err)
	}
	base := st.Base
	if f.Links != "" {
		base = linked(f, base, r.Scope, p.lookup)
	}
	same := v.Equal(base) || (f.Part && seen && partOf(base, v))
	return !known || !same || of.offers(p, f, r.Record, r.Scope), false
}

// seen says that a side's raw form is what it was when it was last looked at.
func (of side) seen(st binding.FieldState, known bool, hash string) bool {
	return (known || st.Apart != binding.NoSide) && of.stored(st) == hash
}

// speaks says that a side has something to compare now in a field in which it had nothing.
func (p *poll) speaks(f mapping.Field, st binding.FieldState, r record.Record, scope string, of side) bool {
	if st.Apart != of.name {
		return false
	}
	_, err := of.read(f, p.source(r, scope))
	return err == nil
}

// keep notes the values that are only kept where they are others than before.
func (p *poll) keep(b *binding.Binding, r record.Record) (noted bool) {
	for f := range p.mapper.Each() {
		if st, known := b.Base(f.Name); !f.Kept || (known && st.External == f.ExternalHash(r)) {
			continue
		}
		if v, err := f.ReadExternal(p.source(r, b.Parent)); err == nil {
			b.Fields[f.Name] = binding.FieldState{External: f.ExternalHash(r), Base: v}
			noted = true
		}
	}
	return noted
}

// compared says that a field takes part on this side.
func (p *poll) compared(f mapping.Field, r record.Record, of side) bool {
	return !f.OnlyCreate && of.leads(f) && !leadsOff(f, r, p.off)
}

// external takes one listed record.
func (p *poll) external(r record.Record, b binding.Binding) {
	parent := refID(r, p.model.ParentField)
	name := p.nameOf(r, parent)
	change := Change{Args: Args{Model: p.model.Name, ExternalID: r.ID, Parent: parent, Scope: scopeOf(p.model, parent)}, Name: name}
	switch {
	case b.Gone() && b.ExternalGone.IsZero(): // its Odoo half was deleted
	case p.crowded(b) != "":
		if p.crowded(b) != parent {
			p.changes = append(p.changes, change)
		}
	case b.Bound():
		if p.changed(&b, r, parent, externalSide, p.heldOutside(b, r)) || b.Gone() || b.Parent != parent {
			p.changes = append(p.changes, change)
		}
	default:
		p.changes = append(p.changes, change)
	}
}

// nameOf is an external record's name for people: what it goes by where it has none of its own.
func (p *poll) nameOf(r record.Record, parent string) string {
	if name := r.Value(p.model.NameField).AsText(); name != "" {
		return name
	}
	match, ok := p.mapper.MatchField()
	if !ok {
		return ""
	}
	v, err := match.ReadExternal(p.source(r, parent))
	if err != nil {
		return ""
	}
	return v.AsText()
}

// crowded is the parent for which a record waits for review, since its Odoo record has another counterpart there; "" if it does not.
func (p *poll) crowded(b binding.Binding) string {
	for _, r := range p.reviews {
		if b.Bound() && r.Kind == binding.Shared && r.Field == p.model.OdooParent && r.ExternalID == b.ExternalID {
			return r.Fingerprint
		}
	}
	return ""
}

// store puts what the poll found into the database in one transaction: the jobs that its consumers
// delayed, the bindings that were refreshed, and the consumer's new position.
func (s *Synchronizer) store(ctx context.Context, refresh []binding.Binding, position func(context.Context, *state.Tx) error) error {
	specs := s.pending
	s.pending = nil
	if len(specs) == 0 && len(refresh) == 0 && position == nil {
		return nil
	}
	return s.db.Write(ctx, func(tx *state.Tx) error {
		_, created, err := s.queue.EnqueueAll(ctx, tx, specs)
		if err != nil {
			return fmt.Errorf("jobs could not be enqueued: %w", err)
		}
		s.report.Jobs.Enqueued += created
		for i := range refresh {
			if err := s.env.Binder.Save(ctx, tx, &refresh[i]); err != nil {
				return err
			}
		}
		if position == nil {
			return nil
		}
		return position(ctx, tx)
	})
}
