package odootest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// read gives records as clients see them. Dead ids are left out, but where only
// the id is asked for they are echoed (seen on 16 to 19). An empty list of names
// means all fields.
func (t *tx) read(m *model, ids []int64, names []string, load any) ([]map[string]any, error) {
	if err := t.check(m, "read"); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = t.readable(m)
	}
	if err := t.checkFields(m, "read", names); err != nil {
		return nil, err
	}
	echo := len(names) == 1 && names[0] == "id"
	classic := load == nil || load == "_classic_read"
	rows := []map[string]any{}
	for _, id := range ids {
		r := t.row(m.name, id)
		switch {
		case id == 0: // echoed with nothing in it (seen on 16 to 19)
			rows = append(rows, t.present(m, row{"id": id}, names, classic))
		case r != nil:
			if err := t.checkRules(m, "read", r); err != nil {
				return nil, err
			}
			rows = append(rows, t.present(m, r, names, classic))
		case echo:
			rows = append(rows, map[string]any{"id": id})
		}
	}
	return rows, nil
}

// readable gives the fields that the user may read.
func (t *tx) readable(m *model) []string {
	names := make([]string, 0, len(m.names))
	for _, name := range m.names {
		if t.mayUse(m.fields[name]) {
			names = append(names, name)
		}
	}
	return names
}

// present renders one record.
func (t *tx) present(m *model, r row, names []string, classic bool) map[string]any {
	shown := make(map[string]any, len(names)+1)
	shown["id"] = r.id()
	for _, name := range names {
		shown[name] = t.value(m, m.fields[name], r, classic)
	}
	return shown
}

// value renders one field of a record.
func (t *tx) value(m *model, f *field, r row, classic bool) any {
	switch {
	case f.through != "":
		return t.inherited(m, f, r, classic)
	case f.links():
		return t.members(m, f, r)
	case f.kind == kindMany2one:
		id := asID(t.raw(m, f, r))
		switch {
		case id == 0:
			return false
		case !classic:
			return id
		}
		return []any{id, t.displayName(f.relation, id)}
	case f.kind == kindBinary:
		return t.content(f, t.raw(m, f, r))
	default:
		return shown(f, t.raw(m, f, r))
	}
}

// inherited renders a field that another record keeps.
func (t *tx) inherited(m *model, f *field, r row, classic bool) any {
	parent := t.s.table(m.parent())
	other := parent.rows[r.link(f.through)]
	if other == nil {
		return shown(f, nil)
	}
	return t.value(parent.model, parent.model.fields[f.name], other, classic)
}

// raw gives a field's value as rows keep it: computed, of the record that it is
// inherited from, or in the context's language; nil is NULL.
func (t *tx) raw(m *model, f *field, r row) any {
	switch {
	case f.compute != nil:
		return f.compute(t, r)
	case f.through != "":
		parent := t.s.table(m.parent())
		other := parent.rows[r.link(f.through)]
		if other == nil {
			return nil
		}
		return t.raw(parent.model, parent.model.fields[f.name], other)
	case f.translate:
		return t.translated(f, r)
	default:
		return r[f.name]
	}
}

// getter is raw for many records: what needs no work is read at once.
func (t *tx) getter(m *model, f *field) func(r row) any {
	name := f.name
	if f.compute == nil && f.through == "" && (!f.translate || t.language() == sourceLanguage) {
		return func(r row) any { return r[name] }
	}
	return func(r row) any { return t.raw(m, f, r) }
}

// members gives the records in a set that the user sees, in their model's order.
// Archived ones are hidden unless the context has active_test False.
func (t *tx) members(m *model, f *field, r row) []int64 {
	comodel := t.comodel(f)
	hide := t.active() && !f.allRecords && comodel.hasActive()
	ids := []int64{}
	for _, id := range t.linked(m, f, r) {
		other := t.row(f.relation, id)
		if other == nil || (hide && !other.flag("active")) || !t.sees(comodel, other) {
			continue
		}
		ids = append(ids, id)
	}
	if len(ids) < 2 {
		return ids
	}
	if err := t.sortIDs(f.relation, ids, comodel.order); err != nil {
		panic("odootest: " + err.Error()) // the order is this package's own
	}
	return ids
}

// content renders a binary field: its base64, or with bin_size in the context
// its size (captures/odoo19/json2_attachment_read_bin_size).
func (t *tx) content(f *field, value any) any {
	text, ok := value.(string)
	switch {
	case (!ok || text == "") && f.name == "datas": // seen on 16 to 19: a text, where other fields have False
		return ""
	case !ok || text == "":
		return false
	}
	if truthy(t.context["bin_size"]) || truthy(t.context["bin_size_"+f.name]) {
		return humanSize(len(text)/4*3 - strings.Count(text, "="))
	}
	return text
}

// humanSize writes a number of bytes as Odoo does.
func humanSize(size int) string {
	number, unit := float64(size), 0
	for number >= 1024 && unit < 3 {
		number, unit = number/1024, unit+1
	}
	return fmt.Sprintf("%.2f %s", number, [...]string{"bytes", "Kb", "Mb", "Gb"}[unit])
}

// displayName gives the name that a many2one shows.
func (t *tx) displayName(model string, id int64) string {
	table := t.s.table(model)
	r := table.rows[id]
	if r == nil {
		return ""
	}
	name := ""
	switch f := table.model.fields["name"]; {
	case table.model.naming != nil:
		name = table.model.naming(t, r)
	case f != nil:
		name, _ = t.raw(table.model, f, r).(string)
	}
	if name == "" {
		return model + "," + strconv.FormatInt(id, 10)
	}
	return name
}

// describe is fields_get: the attributes of fields, all or those asked for.
// Fields that the user may not read are left out.
func (t *tx) describe(m *model, names, attributes []string) map[string]any {
	if len(names) == 0 {
		names = m.names
	}
	described := map[string]any{}
	for _, name := range names {
		f := m.fields[name]
		if f == nil || !t.mayUse(f) {
			continue
		}
		all := f.describe()
		if label := labels[t.language()][f.label]; label != "" {
			all["string"] = label
		}
		if t.nameUnsearchable(f) {
			all["searchable"] = false
		}
		if len(attributes) > 0 {
			all = only(all, attributes)
		}
		described[name] = all
	}
	return described
}

// nameUnsearchable reports whether a domain cannot use the display name: 16 and 17 have no search for one that is
// not stored, and ignore the condition (seen on both).
func (t *tx) nameUnsearchable(f *field) bool {
	return f.name == "display_name" && f.unsaved && t.s.major < 18
}

// only keeps some keys of a map.
func only(all map[string]any, keys []string) map[string]any {
	kept := map[string]any{}
	for _, key := range keys {
		if value, ok := all[key]; ok {
			kept[key] = value
		}
	}
	return kept
}

// describe gives the attributes of a field as fields_get does.
func (f *field) describe() map[string]any {
	d := map[string]any{
		"type": f.kind, "string": f.label, "name": f.name, "required": f.required, "readonly": f.readonly,
		"store": !f.unsaved, "searchable": !f.unsaved || f.compute != nil || f.through != "", "sortable": f.column(),
		"groupable": f.column(), "company_dependent": false, "change_default": false, "manual": false, "exportable": true, "depends": []any{},
	}
	switch f.kind {
	case kindChar, kindText, kindHTML:
		d["translate"] = f.translate
	case kindSelection:
		choices := []any{}
		for _, choice := range f.selection {
			choices = append(choices, []any{choice[0], choice[1]})
		}
		d["selection"] = choices
	case kindMany2one, kindMany2many, kindOne2many:
		d["relation"], d["domain"], d["context"] = f.relation, []any{}, map[string]any{}
	}
	if f.kind == kindOne2many {
		d["relation_field"] = f.inverse
	}
	return d
}

// asTime gives a stored date.
func asTime(value any) time.Time {
	at, _ := value.(time.Time)
	return at
}
