package record

import (
	"maps"
	"slices"
)

// Record is what one side holds of one thing: its model or external type, its id, and its named
// values. A Record is not changed after it was made; With gives a changed copy.
type Record struct {
	Model  string   // "project.task", "trello.card"
	ID     string   // the database id in decimal, or the external id; "" for one not created yet
	names  []string // sorted; shared by the records of one Shape
	values []Value  // in the order of the names
}

// New makes a record. The map is copied.
func New(model, id string, values map[string]Value) Record {
	return ShapeOf(slices.Collect(maps.Keys(values))).Record(model, id, func(name string) Value { return values[name] })
}

// Shape is the set of names that many records have in common, so that each needs only its values.
type Shape struct{ names []string }

// ShapeOf is the shape of these names; one that comes twice counts once.
func ShapeOf(names []string) Shape {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return Shape{slices.Compact(sorted)}
}

// Len is the number of names.
func (s Shape) Len() int { return len(s.names) }

// At is the position of a name among the sorted ones, and whether it is one of them.
func (s Shape) At(name string) (int, bool) { return slices.BinarySearch(s.names, name) }

// Record makes a record with the value that each name has.
func (s Shape) Record(model, id string, value func(name string) Value) Record {
	values := make([]Value, len(s.names))
	for i, name := range s.names {
		values[i] = value(name)
	}
	return s.Adopt(model, id, values)
}

// Adopt makes a record of values that stand where At says, one for each name. The slice was made for this record alone:
// it is not copied, and must not be changed any more.
func (s Shape) Adopt(model, id string, values []Value) Record {
	return Record{Model: model, ID: id, names: s.names, values: values[:len(s.names):len(s.names)]}
}

// Get is the value of the named field; ok is false where the record has no such field, which is
// not the same as an empty one.
func (r Record) Get(name string) (v Value, ok bool) {
	at, ok := slices.BinarySearch(r.names, name)
	if !ok {
		return Value{}, false
	}
	return r.values[at], true
}

// Value is the value of the named field, null where there is none.
func (r Record) Value(name string) Value { v, _ := r.Get(name); return v }

// Has reports whether the record has the field, be it empty.
func (r Record) Has(name string) bool { _, ok := r.Get(name); return ok }

// Names are the record's fields, sorted.
func (r Record) Names() []string { return slices.Clone(r.names) }

// Values is a copy of the record's values by name.
func (r Record) Values() map[string]Value {
	values := make(map[string]Value, len(r.names))
	for i, name := range r.names {
		values[name] = r.values[i]
	}
	return values
}

// With is a copy of the record in which the named field holds v.
func (r Record) With(name string, v Value) Record {
	at, ok := slices.BinarySearch(r.names, name)
	if ok {
		r.values = slices.Clone(r.values)
		r.values[at] = v
		return r
	}
	r.names = slices.Insert(slices.Clone(r.names), at, name)
	r.values = slices.Insert(slices.Clone(r.values), at, v)
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
	names := ShapeOf(slices.Concat(before.names, after.names)).names
	var out []Difference
	for _, n := range names {
		a, b := before.Value(n).Canonical(), after.Value(n).Canonical()
		if !a.Equal(b) {
			out = append(out, Difference{Field: n, Old: a, New: b})
		}
	}
	return out
}
