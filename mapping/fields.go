package mapping

import (
	"strings"

	"github.com/odoo-connector/connector/record"
)

// Modifier changes a canonical value while it is read, on both sides alike, as the reference's
// modifiers in a "direct" pair. It must leave its own output as it is.
type Modifier func(record.Value) record.Value

// Direct pairs one external field with one Odoo field as they are, through the modifiers.
func Direct(external, odoo string, modifiers ...Modifier) Field {
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external},
		FromExternal: func(s Source) (record.Value, error) { return modify(s.Record.Value(external), modifiers), nil },
		FromOdoo:     func(s Source) (record.Value, error) { return modify(s.Record.Value(odoo), modifiers), nil },
		ToOdoo:       func(t Target) (Values, error) { return Values{odoo: t.Value}, nil },
		ToExternal:   func(t Target) (Values, error) { return Values{external: t.Value}, nil },
	}
}

func modify(v record.Value, modifiers []Modifier) record.Value {
	for _, m := range modifiers {
		v = m(v)
	}
	return v
}

// Trimmed drops blanks around a text.
func Trimmed(v record.Value) record.Value {
	if v.Kind() != record.KindText {
		return v
	}
	return record.Text(strings.TrimSpace(record.XMLText(v.AsText())))
}

// Active pairs an external flag that says a record is put away ("closed") with Odoo's active.
func Active(closed string) Field {
	not := func(v record.Value) record.Value { return record.Bool(!v.AsBool()) }
	return Field{
		Name: "active", Odoo: []string{"active"}, External: []string{closed}, Active: true,
		FromExternal: func(s Source) (record.Value, error) { return not(s.Record.Value(closed)), nil },
		FromOdoo:     func(s Source) (record.Value, error) { return record.Bool(s.Record.Value("active").AsBool()), nil },
		ToOdoo:       func(t Target) (Values, error) { return Values{"active": t.Value}, nil },
		ToExternal:   func(t Target) (Values, error) { return Values{closed: not(t.Value)}, nil },
	}
}

// Saved notes a text that an external record keeps for good (an id, an address) in an Odoo field. It is never
// read from Odoo, so what a user makes of it there is no change, and an empty one clears nothing.
func Saved(external, odoo string) Field {
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external}, Stamp: true,
		FromExternal: func(s Source) (record.Value, error) {
			if v := s.Record.Value(external).Canonical(); !v.IsNull() {
				return v, nil
			}
			return record.Null(), ErrSkip
		},
		ToOdoo: func(t Target) (Values, error) { return Values{odoo: t.Value}, nil },
	}
}

// SyncDate notes in an Odoo field when its record was last written by a synchronization: a moment, or the day
// in UTC where the field is a date. It goes along with other values and is no reason to write.
func SyncDate(odoo string) Field {
	return Field{
		Name: odoo, Odoo: []string{odoo}, Stamp: true, Renew: true,
		FromExternal: func(Source) (record.Value, error) { return record.Bool(true), nil }, // it is synchronized
		ToOdoo: func(t Target) (Values, error) {
			if t.Types[odoo] == "date" {
				return Values{odoo: record.Date(t.Now.UTC())}, nil
			}
			return Values{odoo: record.Instant(t.Now)}, nil
		},
	}
}

// Many2One pairs an external field that holds one id of the binding model with an Odoo many2one to
// odooModel. The canonical value is the Odoo reference.
func Many2One(external, odoo, bindingModel, odooModel string) Field {
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external},
		Needs:        needs(external, bindingModel),
		NeedsOdoo:    needs(odoo, bindingModel),
		FromExternal: func(s Source) (record.Value, error) { return refToOdoo(s, external, bindingModel, odooModel) },
		FromOdoo:     func(s Source) (record.Value, error) { return s.Record.Value(odoo), nil },
		ToOdoo:       func(t Target) (Values, error) { return Values{odoo: t.Value}, nil },
		ToExternal:   func(t Target) (Values, error) { return refToExternal(t, external, bindingModel) },
	}
}

// Kept notes an external field in the binding, under its own name, and writes it nowhere.
func Kept(external string) Field {
	return Field{
		Name: external, External: []string{external}, Kept: true,
		FromExternal: func(s Source) (record.Value, error) { return s.Record.Value(external), nil },
	}
}

// Filled is the field for an external side on which it cannot be empty: an empty value is missing, as a
// link without a counterpart is.
func Filled(f Field) Field {
	write := f.ToExternal
	f.ToExternal = func(t Target) (Values, error) {
		if t.Value.IsNull() {
			return nil, &MissingError{}
		}
		return write(t)
	}
	return f
}

func needs(field, bindingModel string) func(record.Record) []record.Reference {
	return func(r record.Record) []record.Reference {
		refs := r.Value(field).AsRefs()
		for i := range refs {
			refs[i].Model = bindingModel
		}
		return refs
	}
}

func refToOdoo(s Source, external, bindingModel, odooModel string) (record.Value, error) {
	ref, ok := s.Record.Value(external).AsRef()
	if !ok {
		return record.Null(), nil
	}
	id, bound := s.Lookup.ToOdoo(bindingModel, ref.ID)
	if !bound {
		return record.Null(), &MissingError{Missing: []record.Reference{{Model: bindingModel, ID: ref.ID}}}
	}
	return record.Ref(odooModel, id), nil
}

func refToExternal(t Target, external, bindingModel string) (Values, error) {
	ref, ok := t.Value.AsRef()
	if !ok {
		return Values{external: record.Null()}, nil
	}
	id, bound := t.Lookup.ToExternal(bindingModel, ref.ID, t.Scope)
	if !bound {
		return nil, &MissingError{Missing: []record.Reference{{Model: bindingModel, ID: ref.ID}}}
	}
	return Values{external: record.Ref(bindingModel, id)}, nil
}

// Many2Many pairs an external field that holds a set of ids of the binding model with an Odoo
// many2many to odooModel. The canonical value is the set of Odoo references that are bound within
// the scope: what one side has and the other can't stays where it is, untouched.
func Many2Many(external, odoo, bindingModel, odooModel string) Field {
	f := many2many{external: external, odoo: odoo, model: bindingModel, odooModel: odooModel}
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external},
		Points: bindingModel, Needs: needs(external, bindingModel), NeedsOdoo: needs(odoo, bindingModel),
		FromExternal: f.fromExternal, FromOdoo: f.fromOdoo, ToOdoo: f.toOdoo, ToExternal: f.toExternal,
		Merge: MergeSets,
	}
}

// OptionalMany2Many is Many2Many for records that are only linked and never created, as people are: what
// is bound on both sides crosses, all else stays where it is, and nothing waits for it. Unbound users of
// a task stay on it, and unbound members of a card on the card.
func OptionalMany2Many(external, odoo, bindingModel, odooModel string) Field {
	f := many2many{external: external, odoo: odoo, model: bindingModel, odooModel: odooModel}
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external}, Links: bindingModel,
		FromExternal: f.boundOutside, FromOdoo: f.fromOdoo, ToOdoo: f.toOdoo, ToExternal: f.toExternal,
		Merge: MergeSets,
	}
}

type many2many struct{ external, odoo, model, odooModel string }

func (f many2many) fromExternal(s Source) (record.Value, error) {
	var refs, missing []record.Reference
	for _, r := range s.Record.Value(f.external).AsRefs() {
		if id, ok := s.Lookup.ToOdoo(f.model, r.ID); ok {
			refs = append(refs, record.Reference{Model: f.odooModel, ID: id})
		} else if !lost(s.Lookup, f.model, r.ID) {
			missing = append(missing, record.Reference{Model: f.model, ID: r.ID})
		}
	}
	if len(missing) > 0 {
		return record.Null(), &MissingError{Missing: missing}
	}
	return record.RefSet(refs...), nil
}

// boundOutside are those of the external links that are bound.
func (f many2many) boundOutside(s Source) (record.Value, error) {
	var refs []record.Reference
	for _, r := range s.Record.Value(f.external).AsRefs() {
		if id, ok := s.Lookup.ToOdoo(f.model, r.ID); ok {
			refs = append(refs, record.Reference{Model: f.odooModel, ID: id})
		}
	}
	return record.RefSet(refs...), nil
}

func (f many2many) fromOdoo(s Source) (record.Value, error) {
	var refs []record.Reference
	for _, r := range s.Record.Value(f.odoo).AsRefs() {
		if _, ok := s.Lookup.ToExternal(f.model, r.ID, s.Scope); ok {
			refs = append(refs, record.Reference{Model: f.odooModel, ID: r.ID})
		}
	}
	return record.RefSet(refs...), nil
}

func lost(l Lookup, model, id string) bool {
	losses, ok := l.(Losses)
	return ok && losses.Lost(model, id)
}

// toOdoo keeps the tags that no label of this scope stands for.
func (f many2many) toOdoo(t Target) (Values, error) {
	refs := t.Value.AsRefs()
	for _, r := range t.Current.Value(f.odoo).AsRefs() {
		if _, bound := t.Lookup.ToExternal(f.model, r.ID, t.Scope); !bound {
			refs = append(refs, record.Reference{Model: f.odooModel, ID: r.ID})
		}
	}
	return Values{f.odoo: record.RefSet(refs...)}, nil
}

// toExternal keeps the labels that already stand for a wanted tag (an alias among them) and those
// that stand for none, and adds the primary label of every other wanted tag.
func (f many2many) toExternal(t Target) (Values, error) {
	wanted, have := map[string]bool{}, map[string]bool{}
	for _, r := range t.Value.AsRefs() {
		wanted[r.ID] = true
	}
	var refs []record.Reference
	for _, r := range t.Current.Value(f.external).AsRefs() {
		id, bound := t.Lookup.ToOdoo(f.model, r.ID)
		if !bound || wanted[id] {
			refs = append(refs, record.Reference{Model: f.model, ID: r.ID})
			have[id] = have[id] || bound
		}
	}
	for _, r := range t.Value.AsRefs() {
		if id, ok := t.Lookup.ToExternal(f.model, r.ID, t.Scope); ok && !have[r.ID] {
			refs = append(refs, record.Reference{Model: f.model, ID: id})
		}
	}
	return Values{f.external: record.RefSet(refs...)}, nil
}

// MergeSets merges two edits of one set: what either side added is added, what either side took
// away is taken away.
func MergeSets(base, external, odoo record.Value) record.Value {
	in := func(v record.Value) map[record.Reference]bool {
		set := map[record.Reference]bool{}
		for _, r := range v.AsRefs() {
			set[r] = true
		}
		return set
	}
	b, x, o := in(base), in(external), in(odoo)
	var refs []record.Reference
	for _, r := range append(external.AsRefs(), odoo.AsRefs()...) {
		if (x[r] && o[r]) || !b[r] {
			refs = append(refs, r)
		}
	}
	return record.RefSet(refs...).Canonical()
}
