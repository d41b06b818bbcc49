package synchronizer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// commit ends an item whose two halves are as they shall be: binding, reviews, the job's completion
// and what follows go into one transaction. The records are as they were read after writing.
func (sl *slice) commit(ctx context.Context, it *item, external, odoo record.Record) error {
	b := sl.bindingAfter(it, external, odoo)
	it.first = !it.binding.Bound()
	kind := jobs.Done
	if it.plan.Action == Nothing {
		kind = jobs.NothingToDo
	}
	stayed, err := sl.stayed(ctx, it, odoo)
	if err != nil {
		return err
	}
	over, err := sl.noteNewcomers(ctx, it, b)
	defer over()
	if err != nil {
		return err
	}
	displaced, err := sl.displaced(ctx, it, b)
	if err != nil {
		return err
	}
	it.binding = b
	failure := sl.after(ctx, it, b)
	err = sl.storing(it, b, external, odoo, func(again []jobs.Spec) error {
		o := jobs.Outcome{Kind: kind, Result: it.result() + it.remark(), Commit: sl.saving(it, b, displaced)}
		o.FollowUps = slices.Concat(sl.followUps(it, b), stayed, it.along.specs, again)
		if failure != nil { // what was written stands, and the job says what failed
			o.Kind, o.Err = jobs.Failed, failure
			sl.report.fail(sl.model.Name, it.key())
		}
		return sl.close(it, o)
	})
	if err != nil {
		return err
	}
	sl.spendAlso(b.Model, it.unboundKey(), b.ExternalID)
	sl.count(it, b)
	sl.dry.plan(sl, it, b)
	if it.plan.Action != Nothing {
		sl.reorder(b.Model, b.ExternalID)
	}
	return nil
}

// noteNewcomers takes along what else a pair that is new is for, and announces that its records stand for each other, until over is called.
func (sl *slice) noteNewcomers(ctx context.Context, it *item, b binding.Binding) (over func(), err error) {
	if !it.rebound && !it.binding.SyncDate.IsZero() {
		return func() {}, nil
	}
	if err := sl.noteMade(ctx, b); err != nil {
		return func() {}, err
	}
	over, err = sl.changes(ctx, sl.model, b)
	if err != nil {
		return over, err
	}
	fresh, err := sl.newcomers(ctx, sl.model, b, it.along.bindings)
	it.along = it.along.and(fresh)
	return over, err
}

// bindingAfter is the binding as it is to be stored.
func (sl *slice) bindingAfter(it *item, external, odoo record.Record) binding.Binding {
	b := it.binding
	if b.ID == 0 {
		b = newBinding(sl.model, external.ID, it.scope, "")
		// Where names decide, a new record takes the place of a deleted one.
		b.ID = sl.lookup.gone[scoped{record.Reference{Model: sl.model.Name, ID: odoo.ID}, b.Scope}].ID
	}
	fields := sl.fields(it, &external, &odoo)
	b.Fields = fields
	if b.Sent.Fields != nil && !b.Sent.Repeated {
		b.Sent = binding.Sent{}
	}
	b.ExternalID, b.OdooID, b.Intent = external.ID, odooID(odoo), binding.None
	b.ExternalGone, b.OdooGone = time.Time{}, time.Time{} // both were just read
	if parent := refID(external, sl.model.ParentField); parent != "" {
		b.Parent, b.Scope = parent, scopeOf(sl.model, parent)
	}
	b.Role = sl.role(b)
	b.Name = excerpt(external.Value(sl.model.NameField).AsText())
	if b.Name == "" {
		b.Name = excerpt(nameOf(odoo.Value(sl.model.OdooNameField)))
	}
	switch it.plan.Action {
	case CreateOdoo:
		b.Made = binding.Import
	case CreateExternal:
		b.Made = binding.Export
	}
	b.SyncDate = sl.env.Clock.Now()
	if sl.flips(it, odoo) || it.pair.CascadeArchived {
		b.ActiveFlip = writeDate(odoo)
	}
	b.OdooWriteDate = sl.writeDateAfter(it, odoo)
	return b
}

// writeDateAfter is up to where Odoo's half is dealt with. In a run that leaves exports out nobody has looked for what Odoo's side changed,
// and what is known to have changed is to be read again.
func (sl *slice) writeDateAfter(it *item, odoo record.Record) string {
	switch {
	case it.pair.LeftOut != config.DirectionExport || it.plan.Action == CreateOdoo:
		return writeDate(odoo)
	case slices.ContainsFunc(it.plan.Fields, func(fp FieldPlan) bool { return fp.hold || fp.owes() }):
		return ""
	default:
		return it.binding.OdooWriteDate
	}
}

// role is alias where another external record stands for the Odoo record in this scope already.
func (sl *slice) role(b binding.Binding) binding.Role {
	if b.ID != 0 && b.Role != "" && b.Bound() && b.Intent == binding.None && !b.SyncDate.IsZero() {
		return b.Role
	}
	first, taken := sl.lookup.ToExternal(sl.model.Name, binding.OdooID(b.OdooID), b.Scope)
	if taken && first != b.ExternalID && sl.model.ByName {
		return binding.Alias
	}
	return binding.Primary
}

// flips reports that the Odoo record's archived state is another than the binding last saw.
func (sl *slice) flips(it *item, after record.Record) bool {
	for f := range sl.mapper.Each() {
		if f.Active {
			st, known := it.binding.Fields[f.Name]
			return known && st.Odoo != f.OdooHash(after)
		}
	}
	return false
}

// fields are the binding's field states once the plan was carried out; a side that isn't there yet
// is nil. Where a side was written and read back otherwise than written, its hash is left open, so
// that the rest is seen as that side's change.
func (sl *slice) fields(it *item, external, odoo *record.Record) binding.Fields {
	out := binding.Fields{}
	if it.binding.Canonical == record.CanonicalVersion { // what another version wrote is computed anew
		maps.Copy(out, it.binding.Fields)
	}
	for _, fp := range it.plan.Fields {
		f, _ := sl.mapper.Field(fp.Field)
		switch {
		case fp.unmet == binding.Odoo && external != nil:
			out[f.Name] = binding.FieldState{Base: fp.External, External: f.ExternalHash(*external)}
		case fp.unmet == binding.External && odoo != nil:
			out[f.Name] = binding.FieldState{Base: fp.Odoo, Odoo: f.OdooHash(*odoo)}
		}
		if fp.hold {
			continue
		}
		if fp.later {
			sl.laterField(out, f, fp, external, odoo)
			continue
		}
		st := binding.FieldState{Base: fp.Result}
		if fp.agreed != nil {
			st.Base = *fp.agreed
		}
		if fp.keep {
			st.Base = fp.Base
		}
		if f.Part {
			st.Base = sl.shownPart(it, f, st.Base, external)
		}
		if fp.apart != binding.NoSide {
			out[f.Name] = apartState(f, fp.apart, firstOf(it.pair.External, external), firstOf(it.pair.Odoo, odoo))
			continue
		}
		st.External, st.Odoo = sl.sideHashes(it, f, fp, external, odoo)
		out[f.Name] = st
	}
	sl.remember(out, it, odoo)
	sl.unplanned(out, external, odoo)
	return out
}

// remember keeps what fields remember of the Odoo record: of what it was before the plan, and of what it is now.
func (sl *slice) remember(out binding.Fields, it *item, after *record.Record) {
	for f := range sl.mapper.Each() {
		st, known := out[f.Name]
		if f.Remember == nil || !known {
			continue
		}
		memory := it.binding.Fields[f.Name].Remembered()
		for _, r := range []*record.Record{it.pair.Odoo, after} {
			if r != nil {
				memory = f.Remember(memory, *r)
			}
		}
		st.Remember(memory)
		out[f.Name] = st
	}
}

// shownPart is what the external side shows of a value that it cannot show in full: once it is there, or as it is sent.
func (sl *slice) shownPart(it *item, f mapping.Field, otherwise record.Value, external *record.Record) record.Value {
	r := record.New(sl.model.Name, "", it.plan.Outside)
	if external != nil {
		r = *external
	}
	v, err := f.ReadExternal(sl.source(r, it.scope))
	if err != nil {
		return otherwise
	}
	return v
}

// apartState is the state of a field in which one side has nothing to compare: both sides as they were seen.
func apartState(f mapping.Field, side binding.Side, external, odoo *record.Record) binding.FieldState {
	st := binding.FieldState{Apart: side}
	if external != nil {
		st.External = f.ExternalHash(*external)
	}
	if odoo != nil {
		st.Odoo = f.OdooHash(*odoo)
	}
	return st
}

// firstOf is the record that was planned on, or else the one that was made.
func firstOf(planned, made *record.Record) *record.Record {
	if planned != nil {
		return planned
	}
	return made
}

// sideHashes are the raw hashes of both sides once the plan was carried out.
func (sl *slice) sideHashes(it *item, f mapping.Field, fp FieldPlan, external, odoo *record.Record) (outside, inOdoo string) {
	outside = sideHash(it.pair.External, external, fp.ToExternal, f.ExternalHash, func(r record.Record) bool {
		v, err := f.ReadExternal(sl.source(r, refID(r, sl.model.ParentField)))
		return err == nil && (v.Equal(fp.Result) || (f.Loose && !fp.ToExternal) || f.Part)
	})
	shares := it.pair.Odoo != nil && !fp.ToOdoo && slices.ContainsFunc(f.Odoo, it.plan.writesInto)
	inOdoo = sideHash(it.pair.Odoo, odoo, fp.ToOdoo || shares, f.OdooHash, func(r record.Record) bool {
		v, err := f.ReadOdoo(sl.source(r, it.scope))
		if shares { // what another field wrote into the same Odoo field is no edit of this one
			return err == nil && v.Equal(fp.Odoo)
		}
		return err == nil && (v.Equal(fp.Result) || (f.Loose && !fp.ToOdoo))
	})
	return it.pair.owing(f, fp, outside, inOdoo)
}

// owing leaves the raw hash of the side open whose part of a merged value this run may not bring to the other.
func (p Pair) owing(f mapping.Field, fp FieldPlan, outside, inOdoo string) (string, string) {
	switch {
	case !fp.owes():
	case p.LeftOut == config.DirectionExport && f.ToExternal != nil:
		inOdoo = ""
	case p.LeftOut == config.DirectionImport && f.ToOdoo != nil:
		outside = ""
	}
	return outside, inOdoo
}

// owes says that the merged value did not get to the side that may not be written.
func (fp FieldPlan) owes() bool { return fp.agreed != nil && !fp.agreed.Equal(fp.Result) }

// unplanned adds what the plan had nothing to say of: the values that are only kept, and fields that only go into Odoo and
// hold the same on both sides, as they do after the record was created outside.
func (sl *slice) unplanned(out binding.Fields, external, odoo *record.Record) {
	if external == nil {
		return
	}
	for f := range sl.mapper.Each() {
		_, known := out[f.Name]
		if f.OnlyCreate || (known && !f.Kept) || (!f.Kept && (odoo == nil || f.ToExternal != nil || f.ToOdoo == nil)) {
			continue
		}
		v, err := f.ReadExternal(sl.source(*external, refID(*external, sl.model.ParentField)))
		if err != nil {
			continue
		}
		st := binding.FieldState{External: f.ExternalHash(*external), Base: v}
		if !f.Kept {
			o, err := f.ReadOdoo(sl.source(*odoo, refID(*external, sl.model.ParentField)))
			if err != nil || !o.Equal(v) {
				continue
			}
			st.Odoo = f.OdooHash(*odoo)
		}
		out[f.Name] = st
	}
}

// laterField is the state of a field that creating could not set: both sides agree on what the
// creation made of it, and Odoo's value is a change.
func (sl *slice) laterField(out binding.Fields, f mapping.Field, fp FieldPlan, external, odoo *record.Record) {
	if external == nil {
		return
	}
	v, err := f.ReadExternal(sl.source(*external, refID(*external, sl.model.ParentField)))
	if isSkip(err) {
		out[f.Name] = apartState(f, binding.External, external, odoo)
	}
	if err != nil {
		return
	}
	st := binding.FieldState{External: f.ExternalHash(*external), Base: v}
	if odoo != nil && v.Equal(fp.Odoo) {
		st.Odoo = f.OdooHash(*odoo)
	}
	out[f.Name] = st
}

func (sl *slice) source(r record.Record, scope string) mapping.Source {
	return mapping.Source{Record: r, Scope: scope, Types: sl.types, Lookup: sl.lookup}
}

// sideHash is the raw hash of one side after the plan: of what was read back where it was written or
// created, of what the plan saw otherwise, so that an edit in between is still seen.
func sideHash(planned, after *record.Record, written bool, hash func(record.Record) string, asWritten func(record.Record) bool) string {
	switch {
	case planned != nil && !written:
		return hash(*planned)
	case after == nil:
		return ""
	case asWritten(*after):
		return hash(*after)
	default:
		return ""
	}
}

// followUps are the jobs for what binding or creating could not do: fields that an update has to
// bring outside, and fields that are only imported and were never looked at.
func (sl *slice) followUps(it *item, b binding.Binding) (specs []jobs.Spec) {
	a := Args{Model: sl.model.Name, ExternalID: b.ExternalID, Parent: b.Parent, Scope: b.Scope}
	for _, fp := range it.plan.Fields {
		if st := b.Fields[fp.Field]; fp.later && st.Odoo == "" && st.Apart == binding.NoSide {
			specs = []jobs.Spec{sl.Spec(ExportRecord, a, b.Name)}
		}
	}
	if it.plan.Action == CreateOdoo && it.plan.unfit() {
		specs = []jobs.Spec{sl.Spec(ImportRecord, a, b.Name)}
	}
	if bound := it.plan.Action == Bind || it.plan.Action == CreateExternal; bound && len(specs) == 0 && sl.importsMore(it, b) {
		specs = []jobs.Spec{sl.Spec(ImportRecord, a, b.Name)}
	}
	return specs
}

// importsMore says that the external record holds something for a field that is only imported, or may hold it, if nobody has read the
// record yet.
func (sl *slice) importsMore(it *item, b binding.Binding) bool {
	imports := sl.direction(sl.model.Name).Imports()
	for f := range sl.mapper.Each() {
		if _, known := b.Fields[f.Name]; known || f.OnlyCreate || f.ToOdoo == nil || (!imports && !f.Stamp) {
			continue
		}
		if it.external == nil {
			return true
		}
		if leadsOff(f, *it.external, sl.off) {
			continue
		}
		if _, err := f.ReadExternal(sl.source(*it.external, it.scope)); err == nil {
			return true
		}
	}
	return false
}

// saving writes the binding, after those that make room for it, takes away the reviews that have come to an end and opens new ones.
func (sl *slice) saving(it *item, b binding.Binding, displaced aside) func(context.Context, *state.Tx) error {
	open := append(sl.unsolved(it), sl.decided(sl.dated(it.plan.Reviews))...)
	var stay []int64 // people know them by their numbers
	for _, r := range sl.reviews {
		if slices.ContainsFunc(open, r.Same) {
			stay = append(stay, r.ID)
		}
	}
	return func(ctx context.Context, tx *state.Tx) error {
		if err := displaced.save(ctx, tx, sl.env.Binder); err != nil {
			return err
		}
		if err := sl.env.Binder.Save(ctx, tx, &b); err != nil {
			return err
		}
		if err := it.along.save(ctx, tx, sl.env.Binder); err != nil {
			return err
		}
		if err := sl.env.Binder.CloseReviews(ctx, tx, b.Model, b.ExternalID, b.OdooID, b.Scope, stay...); err != nil {
			return err
		}
		return sl.saveReviews(ctx, tx, open)
	}
}

// unsolved are the reviews of a pair's fields that its plan leaves open.
func (sl *slice) unsolved(it *item) (open []binding.Review) {
	for _, name := range sortedKeys(it.pair.Reviews) {
		if _, mapped := sl.mapper.Field(name); mapped && !slices.Contains(it.plan.Solved, name) {
			open = append(open, it.pair.Reviews[name])
		}
	}
	return open
}

// count puts the item into the report.
func (sl *slice) count(it *item, b binding.Binding) {
	c := sl.report.Of(sl.model.Name)
	switch {
	case it.plan.Action != CreateOdoo && it.plan.Action != CreateExternal && it.plan.Action != Update:
	case sl.report.touch(b.Model, b.ExternalID): // a record counts once: a card that is made and then archived was created
	case it.plan.Action != Update:
		c.Created++
	case it.plan.archives(sl.mapper):
		c.Archived++
	default:
		c.Updated++
	}
	sl.report.unskip(b.Model, b.ExternalID)
	if len(it.plan.Reviews) > 0 {
		sl.report.skip(b.Model, b.ExternalID)
	}
}

// archives reports that the plan puts a record away.
func (p Plan) archives(m mapping.Mapper) bool {
	for _, fp := range p.Fields {
		if f, _ := m.Field(fp.Field); f.Active && (fp.ToOdoo || fp.ToExternal) {
			return !fp.Result.AsBool()
		}
	}
	return false
}

// result is what the job keeps for people.
func (it *item) result() string {
	switch it.plan.Action {
	case CreateOdoo:
		return fmt.Sprintf("created %s %d", it.pair.Model.OdooNoun, it.binding.OdooID)
	case CreateExternal:
		return fmt.Sprintf("created %s %s", it.pair.Model.Noun, it.binding.ExternalID)
	case Bind:
		how := "which is equal"
		if len(it.plan.Reviews) > 0 {
			how = "and what differs waits for review"
		}
		return fmt.Sprintf("bound %s %s to %s %d, %s", it.pair.Model.Noun, it.binding.ExternalID, it.pair.Model.OdooNoun, it.binding.OdooID, how)
	case Update:
		if it.first {
			m := it.pair.Model
			return fmt.Sprintf("bound %s %s to %s %d, %s", m.Noun, it.binding.ExternalID, m.OdooNoun, it.binding.OdooID, it.plan.summary())
		}
		return it.plan.summary()
	default:
		return "nothing to do: both sides agree"
	}
}

// remark is what the other side did not take.
func (it *item) remark() string {
	if it.note == "" {
		return ""
	}
	return "; " + it.note
}

func (p Plan) summary() string {
	var written, left []string
	for _, fp := range p.Fields {
		text := fp.Field + " into Odoo"
		switch {
		case fp.ToOdoo && fp.ToExternal:
			text = "merged " + fp.Field
		case fp.ToExternal:
			text = fp.Field + " outside"
		case !fp.ToOdoo:
			if fp.Note != "" {
				left = append(left, fp.Field+": "+fp.Note)
			}
			continue
		}
		if fp.Note != "" {
			text += " (" + fp.Field + ": " + fp.Note + ")"
		}
		written = append(written, text)
	}
	text := strings.TrimSuffix("updated "+strings.Join(written, ", "), " ")
	if len(left) > 0 {
		text += " (" + strings.Join(left, "; ") + ")"
	}
	return text
}

// after runs the hooks of the direction that wrote.
func (sl *slice) after(ctx context.Context, it *item, b binding.Binding) error {
	if sl.dry != nil {
		return nil
	}
	imported := it.plan.Action == CreateOdoo || len(it.plan.Odoo) > 0
	exported := it.plan.Action == CreateExternal || len(it.plan.Outside) > 0
	if hook := sl.env.Backend.ImporterOf(sl.model.Name).After; hook != nil && imported {
		if err := hook(ctx, sl.env, b); err != nil {
			return fmt.Errorf("the hook after the import of %s: %w", b, err)
		}
	}
	if hook := sl.env.Backend.ExporterOf(sl.model.Name).After; hook != nil && exported {
		if err := hook(ctx, sl.env, b); err != nil {
			return fmt.Errorf("the hook after the export of %s: %w", b, err)
		}
	}
	return nil
}
