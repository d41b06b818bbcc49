package odootest

import "sort"

// Kinds of fields, in the words of fields_get.
const (
	kindChar      = "char"
	kindText      = "text"
	kindHTML      = "html"
	kindBoolean   = "boolean"
	kindInteger   = "integer"
	kindFloat     = "float"
	kindDate      = "date"
	kindDatetime  = "datetime"
	kindSelection = "selection"
	kindMany2one  = "many2one"
	kindMany2many = "many2many"
	kindOne2many  = "one2many"
)

// field describes one field of a model as fields_get does.
type field struct {
	name, kind, label string
	relation          string      // comodel
	inverse           string      // one2many: the many2one; mirrored many2many: the field that stores the links
	selection         [][2]string // value and label
	required          bool
	readonly          bool
	computed          bool // not stored
	translate         bool
	allRecords        bool   // its links show archived records, whatever the context
	onDelete          string // many2one: restrict, or set null
	initial           any    // default
	first, last       int    // versions; 0 is no limit
}

// Makers of fields. The tables of models read as a list of them.

func char(name, label string) *field     { return &field{name: name, kind: kindChar, label: label} }
func longText(name, label string) *field { return &field{name: name, kind: kindText, label: label} }
func html(name, label string) *field     { return &field{name: name, kind: kindHTML, label: label} }
func integer(name, label string) *field  { return &field{name: name, kind: kindInteger, label: label} }
func number(name, label string) *field   { return &field{name: name, kind: kindFloat, label: label} }
func date(name, label string) *field     { return &field{name: name, kind: kindDate, label: label} }
func datetime(name, label string) *field { return &field{name: name, kind: kindDatetime, label: label} }

// boolean is false unless a default is given.
func boolean(name, label string) *field {
	return &field{name: name, kind: kindBoolean, label: label}
}

// selection takes pairs of value and label.
func selection(name, label string, choices ...[2]string) *field {
	return &field{name: name, kind: kindSelection, label: label, selection: choices}
}

// many2one is emptied when its target is deleted.
func many2one(name, label, relation string) *field {
	return &field{name: name, kind: kindMany2one, label: label, relation: relation, onDelete: "set null"}
}

// many2many stores its links in the record itself.
func many2many(name, label, relation string) *field {
	return &field{name: name, kind: kindMany2many, label: label, relation: relation}
}

// mirror is the other side of a many2many that inverse of relation stores.
func mirror(name, label, relation, inverse string) *field {
	return &field{name: name, kind: kindMany2many, label: label, relation: relation, inverse: inverse}
}

// one2many lists the records of relation whose inverse is this one.
func one2many(name, label, relation, inverse string) *field {
	return &field{name: name, kind: kindOne2many, label: label, relation: relation, inverse: inverse}
}

// Modifiers.

func (f *field) need() *field             { f.required = true; return f }
func (f *field) fixed() *field            { f.readonly = true; return f }
func (f *field) compute() *field          { f.computed = true; return f }
func (f *field) translated() *field       { f.translate = true; return f }
func (f *field) all() *field              { f.allRecords = true; return f }
func (f *field) restrict() *field         { f.onDelete = "restrict"; return f }
func (f *field) starts(value any) *field  { f.initial = value; return f }
func (f *field) from(version int) *field  { f.first = version; return f }
func (f *field) until(version int) *field { f.last = version; return f }

// links reports whether the field holds a set of records.
func (f *field) links() bool { return f.kind == kindMany2many || f.kind == kindOne2many }

// stored reports whether the field's value stands in the record's row.
func (f *field) stored() bool {
	return !f.computed && f.kind != kindOne2many && (f.kind != kindMany2many || f.inverse == "")
}

// hooks are what a model does beside storing. Each may be nil.
type hooks struct {
	beforeCreate func(t *tx, vals map[string]any) error
	afterCreate  func(t *tx, ids []int64) error
	beforeWrite  func(t *tx, ids []int64, vals map[string]any) error
	adjust       func(t *tx, old, changed row, vals map[string]any) error
	afterWrite   func(t *tx, ids []int64, vals map[string]any) error
	beforeUnlink func(t *tx, ids []int64) ([]int64, error)
	visible      func(t *tx, r row) bool
	writable     func(t *tx, r row) bool
}

// model is a table of fields and what belongs to it.
type model struct {
	name, label string
	order       string
	fields      map[string]*field
	names       []string // of all fields, in order
	access      access
	unique      map[string]string // column and message
	hooks       hooks
}

// newModel makes a model with the fields that every one has, without those that
// version does not know.
func newModel(version int, name, label, order string, fields ...*field) *model {
	m := &model{name: name, label: label, order: order, fields: map[string]*field{}}
	fields = append(fields,
		integer("id", "ID").fixed(),
		char("display_name", "Display Name").fixed().compute(),
		datetime("create_date", "Created on").fixed(),
		datetime("write_date", "Last Updated on").fixed(),
		many2one("create_uid", "Created by", "res.users").fixed(),
		many2one("write_uid", "Last Updated by", "res.users").fixed(),
	)
	for _, f := range fields {
		if f.first > version || (f.last > 0 && f.last < version) {
			continue
		}
		m.fields[f.name] = f
		m.names = append(m.names, f.name)
	}
	sort.Strings(m.names)
	return m
}

// hasActive reports whether records can be archived.
func (m *model) hasActive() bool { return m.fields["active"] != nil }
