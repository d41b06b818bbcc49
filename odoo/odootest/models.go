package odootest

import (
	"sort"
)

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
	kindMonetary  = "monetary"
	kindBinary    = "binary"
	kindJSON      = "json"
	kindProps     = "properties"
	kindPropsDef  = "properties_definition"
	kindReference = "reference"
	kindAnyLink   = "many2one_reference"
)

// field describes one field of a model as fields_get does, and what this server
// does with it.
type field struct {
	name, kind, label string
	relation          string      // comodel
	inverse           string      // one2many: the many2one; mirrored many2many: the field that stores the links
	selection         [][2]string // value and label
	required          bool
	readonly          bool
	unsaved           bool // has no column: fields_get's store is false
	translate         bool
	compute           func(t *tx, r row) any // gives the value; nil for what is kept or always empty
	through           string                 // the link to the record that the value is kept in, "" for one's own
	kept              bool                   // stands in the row though it has no column
	own               bool                   // never through another record
	lenient           bool                   // required, but real servers fill it by themselves
	allRecords        bool                   // its links show archived records, whatever the context
	onDelete          string                 // many2one: restrict, cascade, or set null
	initial           any                    // default
	initially         func(t *tx) any        // default that depends on the user, used where initial is nil
	digits            int                    // decimals that are kept, 0 for all
	groups            string                 // the only group that may see it
	first, last       int                    // versions; 0 is no limit
}

// Makers of fields. The tables of models read as a list of them.

func char(name, label string) *field     { return &field{name: name, kind: kindChar, label: label} }
func longText(name, label string) *field { return &field{name: name, kind: kindText, label: label} }
func integer(name, label string) *field  { return &field{name: name, kind: kindInteger, label: label} }
func datetime(name, label string) *field { return &field{name: name, kind: kindDatetime, label: label} }

// on is what is known about a field of a table beside what stands there.
func on(name string) *field { return &field{name: name} }

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

// Modifiers.

// mirrors makes a many2many the other side of one that inverse of the comodel
// stores.
func (f *field) mirrors(inverse string) *field { f.inverse = inverse; return f }

func (f *field) need() *field             { f.required = true; return f }
func (f *field) fixed() *field            { f.readonly = true; return f }
func (f *field) cascade() *field          { f.onDelete = "cascade"; return f }
func (f *field) filled() *field           { f.lenient = true; return f }
func (f *field) keep() *field             { f.kept = true; return f }
func (f *field) mine() *field             { f.own = true; return f }
func (f *field) only(group string) *field { f.groups = group; return f }

// by gives a field that has no column its value.
func (f *field) by(compute func(t *tx, r row) any) *field {
	f.compute, f.unsaved = compute, true
	return f
}

// defaults gives a default that depends on the user.
func (f *field) defaults(value func(t *tx) any) *field { f.initially = value; return f }

// rounded keeps some decimals.
func (f *field) rounded(digits int) *field { f.digits = digits; return f }
func (f *field) translated() *field        { f.translate = true; return f }
func (f *field) all() *field               { f.allRecords = true; return f }
func (f *field) restrict() *field          { f.onDelete = "restrict"; return f }
func (f *field) starts(value any) *field   { f.initial = value; return f }
func (f *field) from(version int) *field   { f.first = version; return f }

// links reports whether the field holds a set of records.
func (f *field) links() bool { return f.kind == kindMany2many || f.kind == kindOne2many }

// stored reports whether the field's value stands in the record's row: all that
// has a column, and what clients write without one.
func (f *field) stored() bool {
	switch {
	case f.compute != nil || f.through != "" || f.kind == kindOne2many:
		return false
	case f.kind == kindMany2many && f.inverse != "":
		return false
	}
	return !f.unsaved || f.kept || (!f.readonly && f.relation == "")
}

// column reports whether the database can compare and sort by the field.
func (f *field) column() bool { return !f.links() && (!f.unsaved || f.through != "") }

// hooks are what a model does beside storing. Each may be nil.
type hooks struct {
	beforeCreate func(t *tx, vals map[string]any) error
	created      func(t *tx, id int64, vals map[string]any) error
	afterCreate  func(t *tx, ids []int64) error
	beforeWrite  func(t *tx, ids []int64, vals map[string]any) error
	adjust       func(t *tx, old, changed row, vals map[string]any) error
	afterWrite   func(t *tx, ids []int64, vals map[string]any) error
	beforeUnlink func(t *tx, ids []int64) ([]int64, error)
	afterUnlink  func(t *tx, gone []row) error
	visible      func(t *tx, r row) bool
	writable     func(t *tx, r row) bool
}

// model is a table of fields and what belongs to it.
type model struct {
	name, label string
	order       string
	fields      map[string]*field
	names       []string          // of all fields, in order
	unique      map[string]string // column and message
	hooks       hooks
	inherits    string                    // the link to the record whose fields this model has too
	naming      func(t *tx, r row) string // gives display names; nil: the field name
	found       []string                  // fields by which name_search finds, beside the name
	companies   bool                      // records of companies that the user does not work for are hidden
	defaults    []*field                  // fields that have a value without being given one
	demanded    []*field                  // columns that may not be empty
}

// newModel makes a model of the fields that real servers of version have, with
// what is given here about some of them; a model that is in no table gets the
// fields given and those that every model has.
func newModel(version int, name, label, order string, fields ...*field) *model {
	m := &model{name: name, label: label, order: order, fields: map[string]*field{}}
	for _, line := range fieldTables()[name] {
		if line.In(version) {
			m.add(fromTable(line))
		}
	}
	if len(m.fields) == 0 {
		m.add(integer("id", "ID").fixed())
		m.add(char("display_name", "Display Name").fixed().by(displayNameOf(m)))
		m.add(datetime("create_date", "Created on").fixed())
		m.add(datetime("write_date", "Last Updated on").fixed())
		m.add(many2one("create_uid", "Created by", "res.users").fixed())
		m.add(many2one("write_uid", "Last Updated by", "res.users").fixed())
	}
	for _, f := range fields {
		if f.first <= version && (f.last == 0 || f.last >= version) {
			m.refine(f)
		}
	}
	m.refine(char("display_name", "Display Name").by(displayNameOf(m)))
	if f := m.fields["active"]; f != nil && f.initial == nil {
		f.initial = true
	}
	sort.Strings(m.names)
	return m
}

// fromTable makes a field of a line of a table.
func fromTable(line tableField) *field {
	f := &field{
		name: line.Name, kind: line.Kind, label: line.Label, relation: line.Relation, inverse: line.Inverse, selection: line.Selection,
		required: line.Required, readonly: line.Readonly, unsaved: !line.Stored, translate: line.Translated,
	}
	switch {
	case f.kind == kindMonetary:
		f.digits = 2
	case f.kind == kindMany2one && f.required:
		f.onDelete = "restrict"
	case f.kind == kindMany2one:
		f.onDelete = "set null"
	}
	return f
}

// add adds a field.
func (m *model) add(f *field) {
	if m.fields[f.name] == nil {
		m.names = append(m.names, f.name)
	}
	m.fields[f.name] = f
}

// refine adds what is known about a field to what the model's table says.
func (m *model) refine(more *field) {
	f := m.fields[more.name]
	switch {
	case fieldTables()[m.name] == nil:
		m.add(more)
		return
	case f == nil: // not in this version, or of a module that the servers did not have
		return
	}
	f.compute, f.own, f.kept, f.lenient, f.allRecords, f.groups = more.compute, more.own, more.kept, more.lenient, more.allRecords, more.groups
	if more.initial != nil {
		f.initial = more.initial
	}
	if more.initially != nil {
		f.initially = more.initially
	}
	if more.digits != 0 {
		f.digits = more.digits
	}
	if more.onDelete == "restrict" || more.onDelete == "cascade" {
		f.onDelete = more.onDelete
	}
	if more.inverse != "" {
		f.inverse = more.inverse
	}
}

// displayNameOf is the display name as a computed field.
func displayNameOf(m *model) func(t *tx, r row) any {
	return func(t *tx, r row) any { return t.displayName(m.name, r.id()) }
}

// hasActive reports whether records can be archived.
func (m *model) hasActive() bool { return m.fields["active"] != nil }
