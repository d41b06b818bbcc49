package synchronizer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// elsewhere says that a side is in another place than when both last agreed, where the same raw links
// mean something else.
func (p Pair) elsewhere(f mapping.Field, scope string) bool {
	return f.Needs != nil && p.Binding.Parent != "" && scope != p.Binding.Parent
}

// crowded leaves a record alone that went outside to a place in which its Odoo record has another counterpart already.
func (p Pair) crowded(plan *Plan) bool {
	if !p.Model.Scoped || p.ExternalScope == p.Binding.Parent || p.Binding.Parent == "" {
		return false
	}
	other, taken := p.Lookup.ToExternal(p.Model.Name, p.Odoo.ID, p.ExternalScope)
	if !taken || other == p.External.ID {
		return false
	}
	plan.Action, plan.Reason = Skip, fmt.Sprintf("it was moved to where its %s has another %s already; move it away again, or give the %s another place",
		p.Model.OdooNoun, p.Model.Noun, p.Model.OdooNoun)
	p.review(plan, p.Model.OdooParent, binding.Shared, plan.Reason)
	plan.Reviews[0].Fingerprint = p.ExternalScope
	return true
}

// follow lets what depends on a record's place go with it. What its links meant in the old place is
// lost where it goes (a task that goes to another project gets that one's first stage, as seen on
// Odoo 18), so the links of the side that moved it are written with it; while the move itself waits
// for a decision all links do. It says on which side the record moves.
func (p Pair) follow(plan *Plan) (outside, inOdoo bool) {
	parent := p.parentPlan(plan)
	if parent == nil {
		return false, false
	}
	p.relink(plan, *parent)
	switch {
	case parent.ToExternal && p.nowhere(*parent), parent.keep:
		p.holdLinks(plan)
	case parent.ToExternal:
		p.takeLinks(plan, func(fp *FieldPlan) { fp.Result, fp.ToOdoo, fp.ToExternal = fp.Odoo, false, true })
	case parent.ToOdoo:
		p.takeLinks(plan, func(fp *FieldPlan) { fp.Result, fp.ToOdoo, fp.ToExternal = fp.External, true, false })
	}
	p.ownState(plan, *parent)
	return parent.ToExternal && !p.nowhere(*parent), parent.ToOdoo
}

// parentPlan is the plan of the field with the place that the record lives in; nil if there is none.
func (p Pair) parentPlan(plan *Plan) *FieldPlan {
	i := slices.IndexFunc(plan.Fields, func(fp FieldPlan) bool { return fp.Field == p.Model.OdooParent })
	if i < 0 {
		return nil
	}
	return &plan.Fields[i]
}

// relink looks again at the links that may be unbound, where the two sides are in different places: whom
// only one of the places knows is not taken off the record by its move. Where it is not decided which
// side moves it, they are left alone.
func (p Pair) relink(plan *Plan, parent FieldPlan) {
	if p.ExternalScope == p.OdooScope {
		return
	}
	p.eachOptional(plan, func(f mapping.Field, fp *FieldPlan) {
		switch {
		case parent.ToOdoo:
			source := p.odooSource()
			source.Scope = p.ExternalScope
			fp.Odoo, _ = f.ReadOdoo(source)
		case parent.ToExternal && !p.nowhere(parent):
			fp.External = linked(f, fp.External, p.OdooScope, p.Lookup)
		default:
			fp.Result, fp.hold, fp.ToOdoo, fp.ToExternal = fp.Base, true, false, false
			return
		}
		p.merge(f, fp)
	})
}

// eachOptional calls change for every field whose links may be unbound.
func (p Pair) eachOptional(plan *Plan, change func(mapping.Field, *FieldPlan)) {
	for i := range plan.Fields {
		fp := &plan.Fields[i]
		if f, _ := p.Mapper.Field(fp.Field); f.Links != "" {
			change(f, fp)
		}
	}
}

// linked are the links of a canonical value that have a counterpart in the scope.
func linked(f mapping.Field, v record.Value, scope string, lookup mapping.Lookup) record.Value {
	refs := slices.DeleteFunc(v.AsRefs(), func(r record.Reference) bool {
		_, ok := lookup.ToExternal(f.Links, r.ID, scope)
		return !ok
	})
	return record.RefSet(refs...).Canonical()
}

// nowhere says that the place to which the record moves has no counterpart outside.
func (p Pair) nowhere(parent FieldPlan) bool {
	f, _ := p.Mapper.Field(parent.Field)
	var missing *mapping.MissingError
	_, err := f.WriteExternal(p.target(f, parent.Result, *p.External, p.OdooScope))
	return errors.As(err, &missing)
}

// eachLink calls change for every link but the one to the place itself.
func (p Pair) eachLink(plan *Plan, change func(mapping.Field, *FieldPlan)) {
	for i := range plan.Fields {
		fp := &plan.Fields[i]
		if f, _ := p.Mapper.Field(fp.Field); f.Needs != nil && f.Name != p.Model.OdooParent {
			change(f, fp)
		}
	}
}

// holdLinks leaves all links as they are: one side's mean nothing where the other is.
func (p Pair) holdLinks(plan *Plan) {
	p.eachLink(plan, func(f mapping.Field, fp *FieldPlan) {
		fp.Result, fp.hold, fp.ToOdoo, fp.ToExternal = fp.Base, true, false, false
		plan.withdraw(f.Name)
	})
}

// takeLinks lets the side that moved the record decide on all links that cannot be merged: an edit
// of the other side was made in the place that it has left.
func (p Pair) takeLinks(plan *Plan, take func(*FieldPlan)) {
	p.eachLink(plan, func(f mapping.Field, fp *FieldPlan) {
		if f.Merge != nil || fp.hold {
			return
		}
		take(fp)
		fp.keep = false
		plan.withdraw(f.Name)
	})
}

// withdraw takes back the review of a field.
func (p *Plan) withdraw(field string) {
	p.Reviews = slices.DeleteFunc(p.Reviews, func(r binding.Review) bool { return r.Field == field })
}

// ownState restores a record that leaves a place with which Odoo had archived it, or comes back from one
// that is not known outside.
func (p Pair) ownState(plan *Plan, parent FieldPlan) {
	_, away := p.Reviews[parent.Field]
	back := away && !parent.keep && !parent.hold
	leaves := parent.ToOdoo || p.leavesInOdoo(plan)
	if !parent.ToExternal && !leaves && !back {
		return
	}
	for i := range plan.Fields {
		fp := &plan.Fields[i]
		f, _ := p.Mapper.Field(fp.Field)
		if !f.Active || fp.hold || (fp.keep && !leaves) || !fp.putAway() || !p.restores(fp) {
			continue
		}
		fp.keep, fp.ToOdoo, fp.Note = false, true, "archived by Odoo together with what it lived in; its own state comes back"
	}
}

// putAway says that both sides agreed on a record in use, that nobody put it away since, and that it is archived in Odoo.
func (fp *FieldPlan) putAway() bool {
	return fp.Base.AsBool() && fp.Result.Equal(fp.Base) && !fp.Odoo.Equal(fp.Base)
}

// leavesInOdoo says that the plan takes the Odoo record out of something with which Odoo archives it.
func (p Pair) leavesInOdoo(plan *Plan) bool {
	return slices.ContainsFunc(plan.Fields, func(fp FieldPlan) bool {
		f, _ := p.Mapper.Field(fp.Field)
		return fp.ToOdoo && slices.ContainsFunc(p.Model.CascadeFrom, func(name string) bool { return slices.Contains(f.Odoo, name) })
	})
}

// withoutLinks is the external record without its links: what a record loses when it moves.
func (p Pair) withoutLinks() record.Record {
	left := *p.External
	for f := range p.Mapper.Each() {
		if f.Needs == nil {
			continue
		}
		for _, name := range f.External {
			left = left.With(name, record.Null())
		}
	}
	return left
}
