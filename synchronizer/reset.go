package synchronizer

import (
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// sameIn says that both sides hold the same, as far as the external one can show it.
func sameIn(f mapping.Field, fp *FieldPlan) bool {
	return fp.External.Equal(fp.Odoo) || (f.Part && partOf(fp.External, fp.Odoo))
}

// partOf says that a set of links is a part of another that is worth showing: not of more than nothing, if it is empty.
func partOf(part, whole record.Value) bool {
	all, some := whole.AsRefs(), part.AsRefs()
	return len(some) > 0 && !slices.ContainsFunc(some, func(r record.Reference) bool { return !slices.Contains(all, r) })
}

// moreThanShown says that Odoo's links are as they were when they were last looked at, and more than the external side can show: what it
// shows is the base. It is asked of links that are compared by what they mean.
func (p Pair) moreThanShown(f mapping.Field, st binding.FieldState, inOdoo record.Value) bool {
	return f.Part && !p.waits(f.Name) && st.Odoo == f.OdooHash(*p.Odoo) && partOf(st.Base, inOdoo)
}

// wasReset says that Odoo itself set the field anew, since one of the fields that make it do so changed there. What both sides had agreed
// on is then written back, unless the outside says otherwise.
func (p Pair) wasReset(f mapping.Field, c change, fp *FieldPlan) bool {
	if !f.Restored || !c.odoo || !c.known || c.equal || f.ToOdoo == nil || !p.turned(f.ResetBy) || !p.restores(fp) {
		return false
	}
	if !c.external {
		fp.ToOdoo, fp.Note = true, "set anew by Odoo with a move; its own state comes back"
	}
	return true
}

// restores says that what Odoo did by itself may be undone there. Where it is only this run that does not write into Odoo, the pair waits:
// once something of it was written, nobody can tell any more that it was not a person.
func (p Pair) restores(fp *FieldPlan) bool {
	imports := p.Settings.Direction.Imports()
	fp.left = fp.left || (!imports && p.LeftOut == config.DirectionImport)
	return imports
}

// turned says that one of the Odoo fields is another than when it was last seen.
func (p Pair) turned(fields []string) bool {
	return slices.ContainsFunc(p.Mapper.Fields(), func(by mapping.Field) bool {
		st, known := p.Binding.Base(by.Name)
		one := slices.ContainsFunc(by.Odoo, func(name string) bool { return slices.Contains(fields, name) })
		return one && known && st.Odoo != "" && st.Odoo != by.OdooHash(*p.Odoo)
	})
}
