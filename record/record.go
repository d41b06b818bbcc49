package record

import (
	"maps"
	"slices"
)

// Record is what one side holds of one thing: its model or external type, its id, and its named
// values. A Record is not changed after it was made; With gives a changed copy.
type Record struct {
	Model  string // "project.task", "trello.card"
	ID     string // the database id in decimal, or the external id; "" for one not created yet
	values map[string]Value
}

// New makes a record. The map is copied.
func New(model, id string, values map[string]Value) Record {
	return Record{Model: model, ID: id, values: maps.Clone(values)}
}

// Adopt is New for a map that was made for the record alone: it is not copied, and must not be changed any
// more.
func Adopt(model, id string, values map[string]Value) Record {
	return Record{Model: model, ID: id, values: values}
}

// Get is the value of the named field; ok is false where the record has no such field, which is
// not the same as an empty one.
func (r Record) Get(name string) (v Value, ok bool) {
	v, ok = r.values[name]
	return v, ok
}

// Value is the value of the named field, null where there is none.
func (r Record) Value(name string) Value { return r.values[name] }

// Has reports whether the record has the field, be it empty.
func (r Record) Has(name string) bool { _, ok := r.values[name]; return ok }

// Names are the record's fields, sorted.
func (r Record) Names() []string { return slices.Sorted(maps.Keys(r.values)) }

// Values is a copy of the record's values by name.
func (r Record) Values() map[string]Value { return maps.Clone(r.values) }

// With is a copy of the record in which the named field holds v.
func (r Record) With(name string, v Value) Record {
	values := maps.Clone(r.values)
	if values == nil {
		values = map[string]Value{}
	}
	values[name] = v
	r.values = values
	return r
}

// Reference names this record.
func (r Record) Reference() Reference { return Reference{Model: r.Model, ID: r.ID} }

// Difference is one field in which two records differ.
type Difference struct {
	Field    string
	Old, New Value
}

// Diff lists, sorted by field, where the canonical forms of two records differ. A field that only
// one of them has counts as empty in the other.
func Diff(before, after Record) []Difference {
	names := map[string]bool{}
	for n := range before.values {
		names[n] = true
	}
	for n := range after.values {
		names[n] = true
	}
	var out []Difference
	for _, n := range slices.Sorted(maps.Keys(names)) {
		a, b := before.Value(n).Canonical(), after.Value(n).Canonical()
		if !a.Equal(b) {
			out = append(out, Difference{Field: n, Old: a, New: b})
		}
	}
	return out
}
