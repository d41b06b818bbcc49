// Package mapping pairs the fields of an external record with those of an Odoo record: the
// reference's ImportMapper and ExportMapper, declared once and used in both directions.
//
// A Mapper is data and pure functions. Each of its Fields brings both sides to one canonical value
// in Odoo's terms (a list on a Trello board becomes the stage it is bound to), so that two sides
// can be compared and merged, and turns a canonical value into what a side is to be given.
package mapping

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/odoo-connector/connector/record"
)

// Lookup answers which records are bound to each other. The synchronizer fills one for a whole
// slice of records and hands it over read-only; a mapper never asks a server.
type Lookup interface {
	// ToOdoo is the Odoo id, in decimal, of the external record; ok is false if it isn't bound.
	ToOdoo(bindingModel, externalID string) (odooID string, ok bool)
	// ToExternal is the external id that stands for the Odoo record within the scope; ok is
	// false if there is none.
	ToExternal(bindingModel, odooID, scope string) (externalID string, ok bool)
}

// Losses is what a Lookup may know besides: which external records were bound to an Odoo record that
// was deleted since. They stay where they are and are not waited for.
type Losses interface {
	Lost(bindingModel, externalID string) bool
}

// Source is what a Field reads from: one side's record and what is known around it.
type Source struct {
	Record record.Record
	Scope  string            // external id of what the record belongs to (its board), "" for none
	Types  map[string]string // Odoo field name to its fields_get type; nil when not known
	Lookup Lookup
}

// Target is what a Field writes to.
type Target struct {
	Value   record.Value  // the canonical value to write
	Base    record.Value  // the canonical value that both sides last agreed on; null where there is none
	Current record.Record // the target side's record as it is; empty when it is to be created
	Source                // Scope, Types and Lookup of the target side
	// Written is what fields before this one write into the same record: fields that share a field of it build on each other's values.
	Written Values
	// Memory is what the binding remembers of the field (see Field.Remember), null for nothing.
	Memory record.Value
	// Now is the moment of the synchronization, in whole seconds; the zero time where nothing is written.
	Now time.Time
}

// Values are field names with what to write into them.
type Values map[string]record.Value

// Standing is what the target's record holds in one of its fields once the fields before this one have written.
func (t Target) Standing(name string) record.Value {
	if v, written := t.Written[name]; written {
		return v
	}
	return t.Current.Value(name)
}

// Field is one pair of the mapping.
type Field struct {
	Name     string   // names the pair; by convention the Odoo field it writes
	Odoo     []string // Odoo fields that it reads and writes
	External []string // external fields that it reads and writes

	// FromExternal and FromOdoo give the canonical value of a side. A Field that has none of one
	// of them goes in the other direction only. ErrSkip says that this record has nothing to
	// compare here.
	FromExternal func(Source) (record.Value, error)
	FromOdoo     func(Source) (record.Value, error)
	// ToOdoo and ToExternal give what to write so that the side holds Target.Value.
	ToOdoo     func(Target) (Values, error)
	ToExternal func(Target) (Values, error)

	// Needs lists the external records that FromExternal looks up, as references whose Model is
	// the binding model.
	Needs func(record.Record) []record.Reference
	// NeedsOdoo lists the Odoo records that FromOdoo and ToExternal look up, as references whose
	// Model is the binding model and whose ID is the Odoo id.
	NeedsOdoo func(record.Record) []record.Reference
	// Links names the binding model whose records the field points to without needing them: nothing
	// waits for one that is not bound, and on either side it stays where it is. Such a field is a set of
	// links with a Merge. It is compared by what it means and never by its raw form, since a link that
	// comes about later changes its meaning. See OptionalMany2Many.
	Links string
	// Points names the binding model whose records a set of links points to and needs; "" for other fields.
	Points string
	// NeedsNamed lists the Odoo records that FromExternal finds by name, as references whose Model is the Odoo model and whose
	// ID is the name; NeedsNames lists the Odoo records whose names ToExternal writes. See Names.
	NeedsNamed func(record.Record) []record.Reference
	NeedsNames func(record.Record) []record.Reference
	// Unset says that a canonical value, though not null, is what a field holds that nobody filled in. Where two records
	// meet for the first time, such a value loses. It may be nil.
	Unset func(record.Value) bool
	// Merge merges two edits of one base, for values that have parts. Without it two different
	// edits are a conflict.
	Merge func(base, external, odoo record.Value) record.Value
	// Lossy names what the Odoo record holds in this field and the external side cannot, in words for
	// people ("a table"); where there is anything, an edit from outside must not be written over it.
	Lossy func(record.Record) []string

	// ResetBy names Odoo fields whose writing makes Odoo change this one by itself. Keep gives what is then
	// written along, so that the Odoo record keeps what it has; nothing where it is not to be kept.
	ResetBy []string
	Keep    func(odoo record.Record) Values
	// Remember gives what a binding remembers of an Odoo record beside the canonical value, for a value that
	// stands for several of Odoo's: what it remembered before, and the record as it is now.
	Remember func(before record.Value, odoo record.Record) record.Value
	// Restored says that what Odoo made of the field by itself, while one of the ResetBy was changed, is no edit: what both sides had
	// agreed on comes back.
	Restored bool
	// Part says that the external side can show only a part of the value, a set of links: one of several assignees. The base is the
	// part that it shows, and a part of what Odoo has is no difference.
	Part bool

	OnlyCreate  bool // written when a record is created, never afterwards
	Guarded     bool // not changed from outside while the Odoo record is shared by several scopes
	Loose       bool // external records of one Odoo record may each have a value of their own; see the synchronizer's plan
	Local       bool // an external record may lose the value where it moves to another parent: it is sent with the move
	AfterCreate bool // cannot be given when an external record is created, only afterwards
	Active      bool // holds whether the record is in use: false is archived
	Stamp       bool // notes the link itself in Odoo (an id, an address): written once, whatever the direction
	Renew       bool // a Stamp that is written again with whatever else is written into the Odoo record
	Match       bool // the pair by which unbound records of both sides are recognised as the same
	Kept        bool // the external value is only noted in the binding, for whoever needs it later: nothing is written
}

// Mapper is the mapping of one binding model. Its methods give changed copies, so that a child
// version of a backend can extend its parent's mapper.
type Mapper struct {
	fields []Field
}

// New makes a mapper of the given fields. Two fields of one name are a mistake of the program, so
// it panics.
func New(fields ...Field) Mapper { return Mapper{}.Extend(fields...) }

// Extend is a mapper with more fields. A field of a name that the mapper has replaces it.
func (m Mapper) Extend(fields ...Field) Mapper {
	out := slices.Clone(m.fields)
	added := map[string]bool{}
	for _, f := range fields {
		if f.Name == "" || added[f.Name] {
			panic(fmt.Sprintf("mapping: field %q is declared twice or has no name", f.Name))
		}
		added[f.Name] = true
		if i := slices.IndexFunc(out, func(g Field) bool { return g.Name == f.Name }); i >= 0 {
			out[i] = f
			continue
		}
		out = append(out, f)
	}
	return Mapper{fields: out}
}

// Without is a mapper that lacks the named fields.
func (m Mapper) Without(names ...string) Mapper {
	return Mapper{fields: slices.DeleteFunc(slices.Clone(m.fields), func(f Field) bool { return slices.Contains(names, f.Name) })}
}

// Fields are the pairs in the order of their declaration.
func (m Mapper) Fields() []Field { return slices.Clone(m.fields) }

// Each goes through the pairs in the order of their declaration, without a copy of them all.
func (m Mapper) Each() iter.Seq[Field] { return slices.Values(m.fields) }

// Field is the named pair; ok is false if the mapper has none of that name.
func (m Mapper) Field(name string) (f Field, ok bool) {
	i := slices.IndexFunc(m.fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return m.fields[i], true
}

// OdooFields are all Odoo fields that the mapper reads, sorted, each once.
func (m Mapper) OdooFields() []string {
	return m.collect(func(f Field) []string { return f.Odoo })
}

// ExternalFields are all external fields that the mapper reads, sorted, each once.
func (m Mapper) ExternalFields() []string {
	return m.collect(func(f Field) []string { return f.External })
}

func (m Mapper) collect(of func(Field) []string) []string {
	var names []string
	for _, f := range m.fields {
		names = append(names, of(f)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// MatchField is the pair by which unbound records are recognised; ok is false if there is none.
func (m Mapper) MatchField() (f Field, ok bool) {
	i := slices.IndexFunc(m.fields, func(f Field) bool { return f.Match })
	if i < 0 {
		return Field{}, false
	}
	return m.fields[i], true
}

// ExternalLinks are the records that the field of Links points to from an external record, as references
// whose Model is the binding model.
func (f Field) ExternalLinks(r record.Record) []record.Reference { return f.links(r, f.External) }

// OdooLinks are the records that the field of Links points to from an Odoo record, as references whose
// Model is the binding model and whose ID is the Odoo id.
func (f Field) OdooLinks(r record.Record) []record.Reference { return f.links(r, f.Odoo) }

func (f Field) links(r record.Record, names []string) (refs []record.Reference) {
	if f.Links == "" {
		return nil
	}
	for _, n := range names {
		refs = append(refs, needs(n, f.Links)(r)...)
	}
	return refs
}

// ExternalHash is the raw hash of what the field reads from an external record.
func (f Field) ExternalHash(r record.Record) string { return hashOf(r, f.External) }

// OdooHash is the raw hash of what the field reads from an Odoo record.
func (f Field) OdooHash(r record.Record) string { return hashOf(r, f.Odoo) }

func hashOf(r record.Record, names []string) string {
	values := make([]record.Value, len(names))
	for i, n := range names {
		values[i] = r.Value(n)
	}
	return record.HashValues(values...)
}
