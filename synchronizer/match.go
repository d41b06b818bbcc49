package synchronizer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Candidates are the records of the other side that an unbound record may be the same as: unbound
// records of its name under the same parent.
type Candidates struct {
	Records  []record.Record
	Siblings int // how many unbound records of that name there are on the record's own side, itself among them
	// Unchosen is how many more of that name there are outside that do not take part until a person chooses them.
	Unchosen int
	// Unusable is the id of the Odoo record that was made of the external one before, where that is none of the Records: our user
	// cannot read it, or it is bound to another. 0 where there is none such.
	Unusable int64
}

// Match plans an unbound record: of a Pair one side is nil. It binds the record to its one candidate where they are equal or
// where the policy says what wins, creates its counterpart where there is none, and leaves all else for review, writing nothing.
// The chosen candidate comes back for Bind and Update. It is pure.
func Match(p Pair, c Candidates) (plan Plan, chosen *record.Record, err error) {
	switch {
	case len(c.Records) == 0:
		plan, err = p.single(c)
		return plan, nil, err
	case !p.Model.Alike && (len(c.Records) > 1 || c.Siblings > 1):
		return p.ambiguous(c), nil, nil
	}
	chosen = &c.Records[0]
	if p.External != nil {
		p.Odoo = chosen
	} else {
		p.External = chosen
	}
	p.Linked = p.Linked || p.Model.Alike // they are the same, whatever else they hold
	if p.Model.ByName && !p.Linked && !p.Imported {
		plan, err = p.agree()
		return plan, chosen, err
	}
	plan, err = p.first()
	return plan, chosen, err
}

// single plans an unbound record that has no candidate.
func (p Pair) single(c Candidates) (Plan, error) {
	switch {
	case c.Unusable != 0:
		return p.unusable(c), nil
	case p.External != nil:
		return planCreateOdoo(p)
	case c.Unchosen > 0 && p.creates():
		return p.unchosen(c), nil
	default:
		return planCreateExternal(p)
	}
}

func (p Pair) ambiguous(c Candidates) Plan {
	own, other := p.Model.Noun, p.Model.OdooNoun
	if p.External == nil {
		own, other = other, own
	}
	reason := fmt.Sprintf("%d %s and %d %s are called %q in the same place; give them names of their own",
		c.Siblings, plural(own, c.Siblings), len(c.Records), plural(other, len(c.Records)), p.name())
	plan := Plan{Action: Skip, Reason: reason}
	p.reviewUnbound(&plan, binding.Ambiguous, reason)
	return plan
}

// unchosen leaves an Odoo record to a person: what is called so outside may be the same, and does not take part.
func (p Pair) unchosen(c Candidates) Plan {
	which := fmt.Sprintf("%s %q", p.Model.Noun, p.name())
	if c.Unchosen > 1 {
		which = fmt.Sprintf("each of the %d %s %q", c.Unchosen, plural(p.Model.Noun, c.Unchosen), p.name())
	}
	reason := fmt.Sprintf("%s in the same place %s, or bind the two with `connector review link`", which, p.Unmarked)
	plan := Plan{Action: Skip, Reason: reason}
	p.reviewUnbound(&plan, binding.Unchosen, reason)
	return plan
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// first plans two records that are the same and were never in step. What is equal is noted, what is empty on one side is filled
// from the other, and where both differ the policy decides; where the policy is to ask, nothing is written and the whole record
// waits for review, unless a person said that the two belong together: then only the fields in which they differ wait.
func (p Pair) first() (Plan, error) {
	plan, err := p.agree()
	if err != nil || plan.Action != Bind || plan.agrees() {
		return plan, err
	}
	together, err := Reconcile(p.unproven())
	if err != nil || together.Action == Wait {
		return together, err
	}
	if len(together.Reviews) > 0 && !p.Linked {
		return p.unequal(together), nil
	}
	if together.Action == Nothing {
		together.Action = Bind
	}
	return together, nil
}

// agrees reports that both sides hold the same in every field that was planned.
func (p Plan) agrees() bool {
	return !slices.ContainsFunc(p.Fields, func(fp FieldPlan) bool { return !fp.External.Equal(fp.Odoo) })
}

// unproven is the pair as a bound one of which no field is known.
func (p Pair) unproven() Pair {
	b := newBinding(p.Model, p.External.ID, p.ExternalScope, p.name())
	b.OdooID, b.Canonical = odooID(*p.Odoo), record.CanonicalVersion
	p.Binding, p.Reviews = b, nil
	return p
}

// unequal leaves two records of one name alone, of which nobody knows whether they are the same. Planned is what reconciling them
// would do.
func (p Pair) unequal(planned Plan) Plan {
	fp := planned.field(planned.Reviews[0].Field)
	reason := fmt.Sprintf("the %s and the %s of this name differ in %s: %s outside, %s in Odoo%s; make them equal, rename one, or bind them with `connector review link`",
		p.Model.Noun, p.Model.OdooNoun, fp.Field, p.brief(fp.External), p.brief(fp.Odoo), others(planned.Reviews[1:]))
	kind := binding.Unequal
	if p.Imported {
		kind, reason = binding.Imported, p.importedBefore(fp, planned)
	}
	out := Plan{Action: Skip, Reason: reason, Fields: planned.Fields}
	for i := range out.Fields { // nothing of it is written
		out.Fields[i].ToOdoo, out.Fields[i].ToExternal = false, false
	}
	p.reviewUnbound(&out, kind, reason)
	return out
}

// importedBefore says of two records that are unequal how one was made of the other.
func (p Pair) importedBefore(fp *FieldPlan, planned Plan) string {
	return fmt.Sprintf("the %s was imported before, as the %s '%s' (%d), and the two differ in %s: %s outside, %s in Odoo%s; make them equal, or bind them with `connector review link`",
		p.Model.Noun, p.Model.OdooNoun, excerpt(nameOf(p.Odoo.Value(p.Model.OdooNameField))), odooID(*p.Odoo), fp.Field,
		p.brief(fp.External), p.brief(fp.Odoo), others(planned.Reviews[1:]))
}

// unusable leaves an external record alone whose Odoo record cannot be had: its identifier is taken, so no other is made.
func (p Pair) unusable(c Candidates) Plan {
	reason := fmt.Sprintf("the %s was imported before, as %s %d, which the Odoo user cannot read or which is bound to another %s; "+
		"let him read it, or name an Odoo record of its own with `connector review link`", p.Model.Noun, p.Model.OdooModel, c.Unusable, p.Model.Noun)
	plan := Plan{Action: Skip, Reason: reason}
	p.reviewUnbound(&plan, binding.Imported, reason)
	return plan
}

// others names further fields that differ.
func others(reviews []binding.Review) string {
	names := make([]string, len(reviews))
	for i, r := range reviews {
		names[i] = r.Field
	}
	if len(names) == 0 {
		return ""
	}
	return ", and in " + strings.Join(names, ", ")
}

// agree plans the binding of both records with their canonical values as they are.
func (p Pair) agree() (Plan, error) {
	plan := Plan{Action: Bind}
	for f := range p.Mapper.Each() {
		x, xOK, err := p.readExternal(f, &plan)
		unfitOutside := isUnfit(err)
		if err != nil && !unfitOutside {
			return plan, err
		}
		o, oOK, err := p.readOdoo(f)
		if err != nil && !isUnfit(err) {
			return plan, err
		}
		if takesNoPart(f, xOK, oOK) && !unfitOutside && !f.OnlyCreate {
			plan.Fields = append(plan.Fields, p.apart(f, xOK))
		}
		if xOK && oOK && !f.OnlyCreate {
			plan.Fields = append(plan.Fields, FieldPlan{Field: f.Name, External: x, Odoo: o, Result: x})
		}
	}
	if len(plan.Missing) > 0 {
		plan.Action = Wait
	}
	return plan, nil
}

func planCreateOdoo(p Pair) (Plan, error) {
	plan := Plan{Action: CreateOdoo, Odoo: mapping.Values{}}
	if p.Model.LinkOnly {
		return Plan{Action: Skip, Reason: fmt.Sprintf("a %s is linked to the %s that it is, and none is created", p.Model.Noun, p.Model.OdooNoun)}, nil
	}
	if !p.Settings.Direction.Imports() {
		return Plan{Action: Skip, Reason: fmt.Sprintf("%s is not imported", p.Model.Name)}, nil
	}
	for f := range p.Mapper.Each() {
		x, ok, err := p.readExternal(f, &plan)
		if unfit := nameless(f, err); unfit != nil {
			return p.unfit(unfit), nil
		}
		if isUnfit(err) {
			plan.Fields = append(plan.Fields, FieldPlan{Field: f.Name, Note: err.Error(), hold: true})
			continue
		}
		if err != nil {
			return plan, err
		}
		if !ok && f.FromExternal != nil && !f.OnlyCreate {
			plan.Fields = append(plan.Fields, p.apart(f, ok))
		}
		if !ok || f.ToOdoo == nil {
			continue
		}
		target := p.target(f, x, record.Record{}, p.ExternalScope)
		target.Written = plan.Odoo
		values, err := f.WriteOdoo(target)
		if unfit := unfitOf(err); unfit != nil {
			return p.unfit(unfit), nil
		}
		if err != nil {
			return plan, err
		}
		maps.Copy(plan.Odoo, values)
		plan.Fields = append(plan.Fields, FieldPlan{Field: f.Name, External: x, Result: x, ToOdoo: true})
	}
	if len(plan.Missing) > 0 {
		plan.Action = Wait
	}
	return plan, nil
}

// creates says that records of the model are created outside.
func (p Pair) creates() bool { return p.Settings.Direction.Exports() && p.Model.Creates }

func planCreateExternal(p Pair) (Plan, error) {
	if !p.creates() {
		return Plan{Action: Skip, Reason: fmt.Sprintf("%s is not created outside", p.Model.Name)}, nil
	}
	plan := Plan{Action: CreateExternal, Outside: mapping.Values{}}
	if p.awaitPlace(&plan) {
		return plan, nil
	}
	var stuck *mapping.MissingError
	for f := range p.Mapper.Each() {
		o, ok, err := p.readOdoo(f)
		if unfit := nameless(f, err); unfit != nil {
			return p.unfit(unfit), nil
		}
		if err != nil && !isUnfit(err) {
			return plan, err
		}
		if !ok || f.ToExternal == nil {
			continue
		}
		missing, err := p.give(f, o, &plan)
		switch unfit := unfitOf(err); {
		case unfit != nil:
			return p.unfit(unfit), nil
		case err != nil:
			return plan, err
		case missing != nil:
			stuck = p.awaitOr(missing, &plan, stuck)
		}
	}
	if stuck != nil {
		return p.uncreatable(stuck), nil
	}
	return plan.afterExports(), nil
}

// afterExports is the plan, which waits where exports must come first: it is made anew once they are there.
func (p Plan) afterExports() Plan {
	if len(p.Exports) > 0 {
		p.Action, p.Odoo, p.Outside, p.Reviews = Wait, mapping.Values{}, mapping.Values{}, nil
	}
	return p
}

// give adds a field to the creation of an external record. What cannot be given then, the next update brings. A link that
// leads to nothing outside comes back as missing.
func (p Pair) give(f mapping.Field, o record.Value, plan *Plan) (missing *mapping.MissingError, err error) {
	fp := FieldPlan{Field: f.Name, Odoo: o, Result: o, later: f.AfterCreate}
	if !f.AfterCreate {
		p.offer(f, plan)
		values, err := f.WriteExternal(p.target(f, o, record.Record{}, p.OdooScope))
		switch unfit := unfitOf(err); {
		case errors.As(err, &missing):
			return missing, nil
		case unfit != nil && unfit.Optional:
			fp.later, fp.Note = true, unfit.Reason
		case err != nil:
			return nil, err
		default:
			maps.Copy(plan.Outside, values)
			fp.ToExternal, fp.Note = true, p.without(f)
		}
	}
	plan.Fields = append(plan.Fields, fp)
	return nil, nil
}

// unfitOf is the error as one of a value that the other side cannot take, nil for any other.
func unfitOf(err error) *mapping.UnfitError {
	var unfit *mapping.UnfitError
	errors.As(err, &unfit)
	return unfit
}

// nameless is the error of a name by which people recognise the record, where that does not fit; nil for any other.
func nameless(f mapping.Field, err error) *mapping.UnfitError {
	if !f.Match {
		return nil
	}
	return unfitOf(err)
}

// unfit leaves a record alone that the other side cannot take as it is.
func (p Pair) unfit(unfit *mapping.UnfitError) Plan {
	plan := Plan{Action: Skip, Reason: unfit.Reason}
	p.reviewUnbound(&plan, binding.Unfit, unfit.Reason)
	return plan
}

func (p Pair) uncreatable(missing *mapping.MissingError) Plan {
	plan := Plan{Action: Skip, Reason: p.missingNote(missing)}
	if missing.Field == p.Model.OdooParent {
		return plan // it lives outside of what is synchronized
	}
	p.reviewUnbound(&plan, binding.MissingReference, plan.Reason)
	return plan
}

// reviewUnbound asks for a decision on an unbound record, and on the candidate it may belong to.
func (p Pair) reviewUnbound(plan *Plan, kind binding.ReviewKind, reason string) {
	r := binding.Review{Model: p.Model.Name, Name: p.name(), Kind: kind, Reason: reason}
	var xHash, oHash string
	if p.External != nil {
		r.ExternalID, r.Parent, xHash = p.External.ID, p.ExternalScope, fingerprint(p.Mapper.ExternalFields(), *p.External)
	}
	if p.Odoo != nil {
		r.OdooID, oHash = odooID(*p.Odoo), fingerprint(p.Mapper.OdooFields(), *p.Odoo)
		r.Scope, r.Parent = scopeOf(p.Model, p.OdooScope), p.OdooScope
	}
	r.Fingerprint = xHash + ":" + oHash
	plan.Reviews = append(plan.Reviews, r)
}

// fingerprint is the raw hash of all mapped fields of the records of one side, whatever their order.
func fingerprint(names []string, records ...record.Record) string {
	sorted := slices.SortedFunc(slices.Values(records), func(a, b record.Record) int { return strings.Compare(a.ID, b.ID) })
	values := make([]record.Value, 0, len(sorted)*(len(names)+1))
	for _, r := range sorted {
		values = append(values, record.Text(r.ID))
		for _, n := range names {
			values = append(values, r.Value(n))
		}
	}
	return record.HashValues(values...)
}

// name is the record's name for people.
func (p Pair) name() string {
	if p.External != nil {
		return p.External.Value(p.Model.NameField).AsText()
	}
	return nameOf(p.Odoo.Value(p.Model.OdooNameField))
}
