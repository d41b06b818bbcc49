package synchronizer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Action is what a plan does with a pair of records.
type Action string

// The actions of a plan.
const (
	Nothing        Action = "nothing"         // both sides agree
	Bind           Action = "bind"            // both exist and are equal: only a binding is made
	CreateOdoo     Action = "create_odoo"     // an Odoo record is created
	CreateExternal Action = "create_external" // an external record is created
	Update         Action = "update"          // one side is written, or both
	Skip           Action = "skip"            // left alone, for the plan's Reason
	Wait           Action = "wait"            // other records must be bound first
	Rebind         Action = "rebind"          // the external record goes to the Odoo record of its new name
)

// Pair is everything that a plan is made of. It is data only: planning asks nobody.
type Pair struct {
	Model    backend.Model
	Mapper   mapping.Mapper
	Settings config.Model
	Binding  binding.Binding           // the zero value for a pair that is not bound
	Reviews  map[string]binding.Review // open reviews of the bound pair by field
	External *record.Record            // nil where there is none
	Odoo     *record.Record            // nil where there is none
	Lookup   mapping.Lookup
	Types    map[string]string // Odoo field types
	// ExternalScope and OdooScope are the external ids of the parents that the two sides live in.
	ExternalScope, OdooScope string
	// Shared says that the Odoo record stands for external records in other scopes too.
	Shared bool
	// CascadeArchived and CascadeRestored say that Odoo itself archived or restored the Odoo record
	// together with what it lives in.
	CascadeArchived, CascadeRestored bool
	// CascadeOver says that what the Odoo record lives in was restored since the record was last seen
	// archived or restored. Odoo restores the record with it, so if it is archived a user did that.
	CascadeOver bool
	// CascadeStayed says that all that the Odoo record lives in is in use, and that it was archived together
	// with some of it that does not restore it.
	CascadeStayed bool
	// ExternalTime and OdooTime are when the sides were last changed, for the policy "newest".
	ExternalTime, OdooTime time.Time
	// Now is the moment of the run that plans, in whole seconds.
	Now time.Time
	// Off tells of binding models that are not synchronized, so that links to them are left alone.
	Off func(bindingModel string) bool
	// Export is the export that gives the Odoo record of a link its counterpart in the scope, for a record
	// that has none; ok is false if it gets none. nil: none does.
	Export func(ref record.Reference, scope string) (a Args, ok bool)
	// Unmarked is what external records lack that do not take part: see [backend.Marker]. "" if all do.
	Unmarked string
	// Linked says that a person named the two records as the same, so that they are bound even where they differ.
	Linked bool
	// LeftOut is the direction that this run alone leaves out, import or export: what would go there stays a change. "" if none.
	LeftOut config.Direction
	// Imported says that the Odoo record was made of the external one, of which nothing is known any more: its identifier says so.
	Imported bool
}

// FieldPlan is what a plan does with one field.
type FieldPlan struct {
	Field                string
	Base, External, Odoo record.Value  // canonical; Base is null where it is not known
	Result               record.Value  // what both sides shall hold
	ToOdoo, ToExternal   bool          // which side is written
	Note                 string        // why it is left alone, for people
	keep                 bool          // the base stays, though both sides were seen as they are
	hold                 bool          // all that the binding knows of the field stays
	agreed               *record.Value // the new base, where it is not the Result
	apart                binding.Side  // the side that has nothing to compare, where there is no base
	later                bool          // not part of the creation; the next update brings it
	unmet                binding.Side  // at a first match, the side whose value may not cross: it stays that side's change
	left                 bool          // only a run of both directions may tell what became of it
}

// Plan is what is to be done with one pair.
type Plan struct {
	Action  Action
	Reason  string // for Skip
	Fields  []FieldPlan
	Odoo    mapping.Values     // to be written into Odoo
	Outside mapping.Values     // to be written outside
	Missing []record.Reference // external records that must be imported first
	Exports []Args             // Odoo records that must be exported first
	Reviews []binding.Review
	later   bool     // another of the same pass writes what this one depends on
	renamed bool     // a name that many share was changed outside
	left    bool     // the pair waits for a run of both directions
	Solved  []string // fields whose open review has come to an end
}

// Reconcile plans a pair of which both sides exist: field by field, what changed since the binding's
// base goes to the other side. It is pure.
func Reconcile(p Pair) (Plan, error) {
	plan := Plan{Action: Nothing, Odoo: mapping.Values{}, Outside: mapping.Values{}}
	if p.crowded(&plan) {
		return plan, nil
	}
	p, rewritten := p.replaced()
	for f := range p.Mapper.Each() {
		fp, skip, err := planField(p, f, &plan)
		if err != nil {
			return plan, err
		}
		if !skip {
			plan.Fields = append(plan.Fields, p.rewriting(fp, rewritten[f.Name]))
		}
	}
	switch {
	case len(plan.Missing) > 0:
		plan.Action = Wait
		return plan, nil
	case plan.renamed:
		plan.rebindInstead()
		return plan, nil
	}
	err := p.writes(&plan)
	plan.left = slices.ContainsFunc(plan.Fields, func(fp FieldPlan) bool { return fp.left })
	return plan.afterExports(), err
}

// planField decides one field; skip says that it takes no part.
func planField(p Pair, f mapping.Field, plan *Plan) (fp FieldPlan, skip bool, err error) {
	if f.OnlyCreate || f.Kept || leadsOff(f, *p.External, p.Off) || leadsOff(f, *p.Odoo, p.Off) {
		return fp, true, nil
	}
	x, xOK, err := p.readExternal(f, plan)
	if isUnfit(err) {
		return p.leaveUnfit(f, err, plan), false, nil
	}
	if err != nil {
		return fp, true, err
	}
	o, oOK, err := p.readOdoo(f)
	if isUnfit(err) {
		return p.leaveUnfit(f, err, plan), false, nil
	}
	if err != nil || (!xOK && !oOK) {
		return fp, true, err
	}
	if takesNoPart(f, xOK, oOK) {
		return p.apart(f, xOK), false, nil
	}
	p.offerChanged(f, plan)
	fp = FieldPlan{Field: f.Name, External: x, Odoo: o}
	c := p.changes(f, &fp, xOK, oOK)
	if !f.Active || !p.cascades(c, &fp) {
		c.odoo = c.odoo && !p.wasReset(f, c, &fp)
		p.decide(f, &fp, c, plan)
	}
	return fp, false, nil
}

// cascades says that Odoo itself archived or restored the record, and plans what follows.
func (p Pair) cascades(c change, fp *FieldPlan) bool {
	switch {
	case !c.known || c.equal:
		return false
	case c.odoo:
		return p.cascade(fp)
	default:
		return !c.external && p.cascadeStayed(fp)
	}
}

// takesNoPart says that a side which the field can read has nothing to compare.
func takesNoPart(f mapping.Field, xOK, oOK bool) bool {
	return (!xOK && f.FromExternal != nil) || (!oOK && f.FromOdoo != nil)
}

// apart is the plan of a field that takes no part on one side: what was seen is noted, so that it is not looked at again and
// again, and what both sides agreed on before stays.
func (p Pair) apart(f mapping.Field, xOK bool) FieldPlan {
	st, known := p.Binding.Base(f.Name)
	fp := FieldPlan{Field: f.Name, Base: st.Base, Result: st.Base, keep: true}
	switch {
	case known:
	case !xOK && f.FromExternal != nil:
		fp.apart = binding.External
	default:
		fp.apart = binding.Odoo
	}
	return fp
}

// knows says that the pair's sides once agreed on the field.
func (p Pair) knows(f mapping.Field) bool {
	_, known := p.Binding.Base(f.Name)
	return known
}

// leadsOff says that a record has links in the field to a binding model that is not synchronized.
// Such a field is left alone.
func leadsOff(f mapping.Field, r record.Record, off func(string) bool) bool {
	if f.Links != "" {
		return off != nil && off(f.Links)
	}
	var refs []record.Reference
	if f.Needs != nil {
		refs = append(refs, f.Needs(r)...)
	}
	if f.NeedsOdoo != nil {
		refs = append(refs, f.NeedsOdoo(r)...)
	}
	return off != nil && slices.ContainsFunc(refs, func(ref record.Reference) bool { return off(ref.Model) })
}

// change says how the two sides stand to the base and to each other.
type change struct {
	known    bool // there is a base
	external bool // the external side is another than the base
	odoo     bool // the Odoo side is another than the base
	equal    bool // both sides can be read and hold the same
}

// changes compares both sides with the base: first as they are, and only where that differs by what
// they mean.
func (p Pair) changes(f mapping.Field, fp *FieldPlan, xOK, oOK bool) change {
	st, known := p.Binding.Base(f.Name)
	c := change{known: known, equal: xOK && oOK && sameIn(f, fp)}
	if arrived(st.Writing, *fp, xOK, oOK) {
		st = binding.FieldState{Base: st.Writing.Value}
	}
	// A side whose value leads nowhere is not asked: a field that is only imported follows the outside.
	xOK, oOK = xOK && f.ToOdoo != nil, oOK && f.ToExternal != nil
	if !known { // a first match: what is empty on one side loses to what is filled on the other
		c.external, c.odoo = xOK && !unset(f, fp.External), oOK && !unset(f, fp.Odoo)
		return c
	}
	fp.Base = st.Base
	c.external = xOK && !fp.External.Equal(st.Base) && !p.externalSeen(f, st)
	c.odoo = oOK && !fp.Odoo.Equal(st.Base) && !p.odooSeen(f, st) && !p.moreThanShown(f, st, fp.Odoo)
	return c
}

// externalSeen says that the external side was dealt with as it is. What waits for a decision is an edit
// still, although it was seen.
func (p Pair) externalSeen(f mapping.Field, st binding.FieldState) bool {
	return f.Links == "" && !p.waits(f.Name) && !p.elsewhere(f, p.ExternalScope) && st.External == f.ExternalHash(*p.External)
}

// odooSeen says that the Odoo side was dealt with as it is.
func (p Pair) odooSeen(f mapping.Field, st binding.FieldState) bool {
	return f.Links == "" && !p.waits(f.Name) && !p.elsewhere(f, p.OdooScope) && (!f.Active || !p.CascadeOver) && st.Odoo == f.OdooHash(*p.Odoo)
}

// arrived says that a side holds what an earlier run wrote there without seeing the outcome. Both sides
// agreed on it then, so it is the base.
func arrived(w *binding.Writing, fp FieldPlan, xOK, oOK bool) bool {
	switch {
	case w == nil:
		return false
	case w.Odoo:
		return oOK && fp.Odoo.Equal(w.Value)
	default:
		return xOK && fp.External.Equal(w.Value)
	}
}

// cascade keeps what Odoo archived or restored by itself from being taken for a user's edit.
func (p Pair) cascade(fp *FieldPlan) bool {
	switch {
	case !fp.Odoo.AsBool() && p.CascadeArchived:
		fp.Result, fp.keep, fp.Note = fp.Base, true, "archived by Odoo together with what it lives in"
		return true
	case fp.Odoo.AsBool() && p.CascadeRestored && p.restores(fp):
		fp.Result, fp.ToOdoo, fp.Note = fp.Base, true, "restored by Odoo together with what it lives in; its own state comes back"
		return true
	default:
		return false
	}
}

// merges says that the edits of both sides can be put together. People are, where nothing is known of
// what both agreed on: all of both.
func (c change) merges(f mapping.Field) bool { return f.Merge != nil && (c.known || f.Links != "") }

// cascadeStayed restores what Odoo archived together with something that is in use again and that did not restore
// it: both sides agreed on a record in use, and nobody edited that since.
func (p Pair) cascadeStayed(fp *FieldPlan) bool {
	if !p.CascadeStayed || !fp.Base.AsBool() || fp.Odoo.AsBool() || p.waits(fp.Field) || !p.restores(fp) {
		return false
	}
	fp.Result, fp.ToOdoo, fp.Note = fp.Base, true, "archived by Odoo together with what it lives in, which is in use again; its own state comes back"
	return true
}

// decide says which side is written with what.
func (p Pair) decide(f mapping.Field, fp *FieldPlan, c change, plan *Plan) {
	odooFirst := (f.Guarded || f.Loose) && p.Shared // a rename in Odoo goes everywhere
	switch {
	case c.equal, f.Loose && !c.known: // what a loose field held before the two were bound stays as it is
		fp.Result = fp.External
	case p.chosen(*fp) != binding.NoSide:
		p.takeSide(p.chosen(*fp), f, fp, plan)
	case !c.external && !c.odoo:
		fp.Result = fp.Base
	case c.merges(f):
		p.merge(f, fp)
	case c.external && !c.odoo:
		p.takeExternal(f, fp, plan)
	case c.odoo && (!c.external || odooFirst):
		p.takeOdoo(f, fp)
	default:
		p.conflict(f, fp, plan)
	}
}

// chosen is the side that a person chose, as long as both sides are as they were then: nobody chose about what was edited since.
func (p Pair) chosen(fp FieldPlan) binding.Side {
	r := p.Reviews[fp.Field]
	if r.Fingerprint != "" && r.Fingerprint != fp.fingerprint() {
		return binding.NoSide
	}
	return r.Decision.Taken()
}

// fingerprint is what a review keeps of both sides of a field.
func (fp FieldPlan) fingerprint() string { return record.HashValues(fp.External, fp.Odoo) }

// takeSide lets the side win that a person chose.
func (p Pair) takeSide(side binding.Side, f mapping.Field, fp *FieldPlan, plan *Plan) {
	if side == binding.Odoo {
		p.takeOdoo(f, fp)
	} else {
		p.takeExternal(f, fp, plan)
	}
}

// merge merges the edits of a value that has parts. Where one side may not be written, what it holds
// stays the base: its next edit is then no edit of what it never got. Where it is only this run that may write neither, all stays.
func (p Pair) merge(f mapping.Field, fp *FieldPlan) {
	fp.Result = f.Merge(fp.Base, fp.External, fp.Odoo)
	imports := p.Settings.Direction.Imports() && f.ToOdoo != nil
	exports := p.Settings.Direction.Exports() && f.ToExternal != nil
	fp.ToOdoo = imports && !fp.Result.Equal(fp.Odoo)
	fp.ToExternal = exports && !fp.Result.Equal(fp.External)
	if p.LeftOut != "" && !imports && !exports {
		fp.Result, fp.hold = fp.Base, true
		return
	}
	if !exports {
		fp.agreed = &fp.External
	}
	if !imports {
		fp.agreed = &fp.Odoo
	}
}

// waits says that an edit of the field waits for a person: for a decision or for a counterpart.
func (p Pair) waits(field string) bool {
	switch p.Reviews[field].Kind {
	case binding.Conflict, binding.Lossy, binding.Shared, binding.MissingReference, binding.Unfit:
		return true
	default:
		return false
	}
}

func (p Pair) takeExternal(f mapping.Field, fp *FieldPlan, plan *Plan) {
	fp.Result = fp.External
	switch {
	case f.ToOdoo == nil || (!p.Settings.Direction.Imports() && !f.Stamp):
		fp.Result, fp.hold, fp.unmet, fp.Note = fp.Base, true, p.unmet(f, binding.External), "not imported"
	case f.Loose && p.Shared:
		fp.Result, fp.keep = fp.Base, true
		fp.Note = fmt.Sprintf("this %s stands for more than one %s, so this one's stays its own", p.Model.OdooNoun, p.Model.Noun)
	case f.Guarded && p.Shared && f.Match && p.Model.ByName:
		fp.Result, fp.keep, plan.renamed = fp.Base, true, true
	case f.Guarded && p.Shared:
		fp.Result, fp.keep = fp.Base, true
		fp.Note = fmt.Sprintf("this %s stands for more than one %s, so it is not renamed from outside; rename it in Odoo", p.Model.OdooNoun, p.Model.Noun)
		p.review(plan, f.Name, binding.Shared, fp.Note)
	case p.losses(f) != "" && p.chosen(*fp) != binding.External:
		fp.Result, fp.keep = fp.Base, true
		fp.Note = fmt.Sprintf("%s has %s in Odoo, which the other side cannot hold, so the edit from outside is not written over it", f.Name, p.losses(f))
		p.reviewChoice(plan, *fp, binding.Lossy, fp.Note)
	default:
		fp.ToOdoo = true
	}
}

func (p Pair) takeOdoo(f mapping.Field, fp *FieldPlan) {
	fp.Result = fp.Odoo
	if f.ToExternal == nil || !p.Settings.Direction.Exports() {
		fp.Result, fp.hold, fp.unmet, fp.Note = fp.Base, true, p.unmet(f, binding.Odoo), "not exported"
		return
	}
	if f.Loose && p.Binding.Role == binding.Alias {
		fp.Result, fp.keep, fp.Note = fp.Base, true, "an alias keeps its own"
		return
	}
	fp.ToExternal, fp.Note = true, p.without(f)
}

// without says what a value leaves behind when it goes outside, "" where it goes as a whole.
func (p Pair) without(f mapping.Field) string {
	if lost := p.losses(f); lost != "" {
		return fmt.Sprintf("goes outside without %s: what the other side cannot hold stays in Odoo", lost)
	}
	return ""
}

// losses names what the Odoo record holds in a field and the other side cannot: "a table and an image".
func (p Pair) losses(f mapping.Field) string {
	if f.Lossy == nil {
		return ""
	}
	return enumeration(f.Lossy(*p.Odoo))
}

// unmet is the side if nothing is known of the field yet.
func (p Pair) unmet(f mapping.Field, of binding.Side) binding.Side {
	if p.knows(f) {
		return binding.NoSide
	}
	return of
}

// conflict follows the policy where both sides changed the field differently.
func (p Pair) conflict(f mapping.Field, fp *FieldPlan, plan *Plan) {
	policy := p.Settings.Conflict
	if policy == config.ConflictNewest {
		policy = config.ConflictOdoo
		if p.ExternalTime.After(p.OdooTime) {
			policy = config.ConflictBackend
		}
	}
	switch policy {
	case config.ConflictBackend:
		p.takeExternal(f, fp, plan)
	case config.ConflictOdoo:
		p.takeOdoo(f, fp)
	default:
		fp.Result, fp.keep, fp.Note = fp.Base, true, "both sides changed it"
		p.reviewChoice(plan, *fp, binding.Conflict, fmt.Sprintf("%s was changed on both sides: %s outside, %s in Odoo; make them equal, or decide by `connector review take`",
			f.Name, p.brief(fp.External), p.brief(fp.Odoo)))
		return
	}
	if fp.ToOdoo || fp.ToExternal { // else it was not written after all
		won := fmt.Sprintf("%s outside, %s in Odoo; %s wins", p.brief(fp.External), p.brief(fp.Odoo), winner(policy))
		if p.knows(f) {
			won = "both sides changed it: " + won
		}
		fp.Note = strings.TrimSuffix(won+"; "+fp.Note, "; ")
	}
}

// winner is the side that a policy lets win, in words.
func winner(policy config.Conflict) string {
	if policy == config.ConflictBackend {
		return "the outside"
	}
	return "Odoo"
}

func (p Pair) review(plan *Plan, field string, kind binding.ReviewKind, reason string) {
	plan.Reviews = append(plan.Reviews, binding.Review{
		Model: p.Model.Name, ExternalID: p.Binding.ExternalID, OdooID: p.Binding.OdooID, Scope: p.Binding.Scope,
		Field: field, Parent: p.Binding.Parent, Name: p.Binding.Name, Kind: kind, Reason: reason,
	})
}

// reviewChoice asks a person to choose between the two sides of a field as they are.
func (p Pair) reviewChoice(plan *Plan, fp FieldPlan, kind binding.ReviewKind, reason string) {
	p.review(plan, fp.Field, kind, reason)
	plan.Reviews[len(plan.Reviews)-1].Fingerprint = fp.fingerprint()
}

// linksOff says that the field's links lead to a binding model that is not synchronized. Where a record lives is never left out: a
// card whose board takes no part would be a task of no project.
func (p Pair) linksOff(f mapping.Field) bool {
	return f.Links != "" && f.Links != p.Model.Parent && p.Off != nil && p.Off(f.Links)
}

func (p Pair) readExternal(f mapping.Field, plan *Plan) (record.Value, bool, error) {
	if p.linksOff(f) {
		return record.Null(), false, nil
	}
	v, err := f.ReadExternal(p.externalSource())
	return p.readResult(v, err, plan)
}

// readResult sorts out what reading said; a missing link becomes a dependency.
func (p Pair) readResult(v record.Value, err error, plan *Plan) (record.Value, bool, error) {
	var missing *mapping.MissingError
	switch {
	case errors.Is(err, mapping.ErrSkip):
		return v, false, nil
	case errors.As(err, &missing):
		for _, r := range missing.Missing {
			if p.Off == nil || !p.Off(r.Model) || r.Model == p.Model.Parent {
				plan.Missing = append(plan.Missing, r)
			}
		}
		return v, false, nil
	default:
		return v, err == nil, err
	}
}

func (p Pair) readOdoo(f mapping.Field) (record.Value, bool, error) {
	if p.linksOff(f) {
		return record.Null(), false, nil
	}
	v, err := f.ReadOdoo(p.odooSource())
	if errors.Is(err, mapping.ErrSkip) {
		return v, false, nil
	}
	return v, err == nil, err
}

func (p Pair) externalSource() mapping.Source {
	return mapping.Source{Record: *p.External, Scope: p.ExternalScope, Types: p.Types, Lookup: p.Lookup}
}

func (p Pair) odooSource() mapping.Source {
	return mapping.Source{Record: *p.Odoo, Scope: p.OdooScope, Types: p.Types, Lookup: p.Lookup}
}

// writes turns the decisions into values for the two sides.
func (p Pair) writes(plan *Plan) error {
	moved, movedInOdoo := p.follow(plan)
	external := *p.External
	if moved {
		external = p.withoutLinks()
	}
	for i := range plan.Fields {
		fp := &plan.Fields[i]
		f, _ := p.Mapper.Field(fp.Field)
		if !fp.keep && !fp.hold {
			fp.goWith(f, moved, movedInOdoo)
		}
		if err := p.writeField(f, fp, external, moved, plan); err != nil {
			return err
		}
		if _, open := p.Reviews[fp.Field]; open && !fp.keep && !fp.hold {
			plan.Solved = append(plan.Solved, fp.Field)
		}
	}
	if err := p.goAlong(plan); err != nil {
		return err
	}
	if len(plan.Odoo)+len(plan.Outside) > 0 {
		plan.Action = Update
	}
	return nil
}

// goWith sends what depends on a record's place with its move: links, and values that the place which it leaves may keep.
func (fp *FieldPlan) goWith(f mapping.Field, moved, movedInOdoo bool) {
	switch {
	case f.Needs != nil:
		fp.ToExternal, fp.ToOdoo = fp.ToExternal || moved, fp.ToOdoo || movedInOdoo
	case f.Local && f.ToExternal != nil && !fp.Result.IsNull():
		fp.ToExternal = fp.ToExternal || moved
	}
}

// goAlong adds what is written into Odoo because something else is: what Odoo would change by itself
// otherwise, and the stamps of the time.
func (p Pair) goAlong(plan *Plan) error {
	if len(plan.Odoo) == 0 {
		return nil
	}
	for f := range p.Mapper.Each() {
		if slices.ContainsFunc(f.Odoo, plan.writesInto) {
			continue
		}
		if f.Keep != nil && slices.ContainsFunc(f.ResetBy, plan.writesInto) {
			maps.Copy(plan.Odoo, f.Keep(*p.Odoo))
		}
		if f.Renew {
			values, err := f.WriteOdoo(p.target(f, record.Null(), *p.Odoo, p.ExternalScope))
			if err != nil {
				return err
			}
			maps.Copy(plan.Odoo, values)
		}
	}
	return nil
}

// writesInto says that the plan writes a field of the Odoo record.
func (p *Plan) writesInto(field string) bool {
	_, written := p.Odoo[field]
	return written
}

// writeField adds what to write for one field. A link that has no counterpart outside waits for one. Where
// the record moves, the other side gives it a link of its own, which is no edit.
func (p Pair) writeField(f mapping.Field, fp *FieldPlan, external record.Record, moved bool, plan *Plan) error {
	if fp.ToOdoo {
		target := p.target(f, fp.Result, *p.Odoo, p.ExternalScope)
		target.Base, target.Written = fp.Base, plan.Odoo
		values, err := f.WriteOdoo(target)
		if err != nil {
			return err
		}
		maps.Copy(plan.Odoo, values)
	}
	if !fp.ToExternal {
		return nil
	}
	values, err := f.WriteExternal(p.target(f, fp.Result, external, p.OdooScope))
	var missing *mapping.MissingError
	if errors.As(err, &missing) && p.await(missing, plan) {
		return nil
	}
	if errors.As(err, &missing) {
		fp.ToExternal, fp.Result, fp.hold, fp.later = false, fp.Base, !moved, moved
		fp.Note = p.missingNote(missing)
		p.review(plan, f.Name, binding.MissingReference, fp.Note)
		plan.Reviews[len(plan.Reviews)-1].Fingerprint = f.ExternalHash(*p.External)
		return nil
	}
	var unfit *mapping.UnfitError
	if errors.As(err, &unfit) {
		fp.ToExternal, fp.Result, fp.keep, fp.Note = false, fp.Base, true, unfit.Reason
		p.review(plan, f.Name, binding.Unfit, unfit.Reason)
		if unfit.Passing {
			plan.Reviews[len(plan.Reviews)-1].Fingerprint = passing
		}
		return nil
	}
	if err == nil && len(values) == 0 {
		fp.ToExternal = false
	}
	maps.Copy(plan.Outside, values)
	return err
}

// target is what a field writes to. The scope is that of the side that the value comes from: a moved
// record's links mean what they mean where it goes.
func (p Pair) target(f mapping.Field, v record.Value, current record.Record, scope string) mapping.Target {
	return mapping.Target{
		Value: v, Current: current, Memory: p.Binding.Fields[f.Name].Remembered(), Now: p.Now,
		Source: mapping.Source{Scope: scope, Types: p.Types, Lookup: p.Lookup},
	}
}

func (p Pair) missingNote(e *mapping.MissingError) string {
	if len(e.Missing) == 0 {
		return fmt.Sprintf("%s is empty in Odoo, and a %s cannot do without; fill it in", e.Field, p.Model.Noun)
	}
	return fmt.Sprintf("%s points to %s, which has no counterpart outside; make one of the same name there", e.Field, e.Missing[0])
}

// brief is a value cut short for one line.
func brief(v record.Value) string { return cutShort(v.String()) }

// brief shows a value as the function does, but bound records by their names.
func (p Pair) brief(v record.Value) string {
	titles, ok := p.Lookup.(interface {
		titleOf(ref record.Reference) string
	})
	refs := v.AsRefs()
	if !ok || len(refs) == 0 {
		return brief(v)
	}
	all := make([]string, len(refs))
	for i, r := range refs {
		all[i] = r.Model + " " + r.ID
		if title := titles.titleOf(r); title != "" {
			all[i] = "'" + title + "'"
		}
	}
	return cutShort(strings.Join(all, ", "))
}

func cutShort(text string) string {
	s := []rune(text)
	if len(s) > 60 {
		return string(s[:57]) + "…"
	}
	return string(s)
}

// enumeration lists some things in words: "a, b and c".
func enumeration(things []string) string {
	if len(things) < 2 {
		return strings.Join(things, "")
	}
	last := len(things) - 1
	return strings.Join(things[:last], ", ") + " and " + things[last]
}
