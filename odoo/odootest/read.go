package odootest

import (
	"strconv"
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
		names = m.names
	}
	for _, name := range names {
		if m.fields[name] == nil {
			return nil, t.s.badField(m.name, name, "read")
		}
	}
	echo := len(names) == 1 && names[0] == "id"
	classic := load == nil || load == "_classic_read"
	rows := []map[string]any{}
	for _, id := range ids {
		r := t.row(m.name, id)
		switch {
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
	case f.computed:
		return t.computed(m, f, r)
	case f.links():
		return t.members(m, f, r)
	case f.kind == kindMany2one:
		id := r.link(f.name)
		switch {
		case id == 0:
			return false
		case !classic:
			return id
		}
		return []any{id, t.displayName(f.relation, id)}
	default:
		return shown(f, r[f.name])
	}
}

// members gives the records in a set that the user sees, in their model's order.
// Archived ones are hidden unless the context has active_test False.
func (t *tx) members(m *model, f *field, r row) []int64 {
	comodel := t.s.tables[f.relation].model
	hide := t.active() && !f.allRecords && comodel.hasActive()
	ids := []int64{}
	for _, id := range t.linked(m, f, r) {
		other := t.row(f.relation, id)
		if other == nil || (hide && !other.flag("active")) || !t.sees(comodel, other) {
			continue
		}
		ids = append(ids, id)
	}
	if err := t.sortIDs(f.relation, ids, comodel.order); err != nil {
		panic("odootest: " + err.Error()) // the order is this package's own
	}
	return ids
}

// computed gives the fields that are not stored.
func (t *tx) computed(m *model, f *field, r row) any {
	switch f.name {
	case "display_name":
		return t.displayName(m.name, r.id())
	case "task_count":
		return int64(len(t.where("project.task", func(task row) bool {
			return task.flag("active") && task.link("project_id") == r.id()
		})))
	case "subtask_count":
		return int64(len(t.where("project.task", func(task row) bool {
			return task.flag("active") && task.link("parent_id") == r.id()
		})))
	case "is_closed":
		if t.s.major < 17 {
			stage := t.row("project.task.type", r.link("stage_id"))
			return stage != nil && stage.flag("fold")
		}
		return r.text("state") == "1_done" || r.text("state") == "1_canceled"
	case "complete_name":
		return r.text("module") + "." + r.text("name")
	case "reference":
		return r.text("model") + "," + strconv.FormatInt(r.link("res_id"), 10)
	default:
		return false
	}
}

// displayName gives the name that a many2one shows.
func (t *tx) displayName(model string, id int64) string {
	r := t.row(model, id)
	if r == nil {
		return ""
	}
	name := r.text("name")
	if model == "ir.config_parameter" {
		name = r.text("key")
	}
	if name == "" {
		return model + "," + strconv.FormatInt(id, 10)
	}
	if parent := t.row(model, r.link("parent_id")); model == "res.partner" && parent != nil {
		return parent.text("name") + ", " + name
	}
	return name
}

// describe is fields_get: the attributes of fields, all or those asked for.
func (t *tx) describe(m *model, names, attributes []string) map[string]any {
	if len(names) == 0 {
		names = m.names
	}
	described := map[string]any{}
	for _, name := range names {
		f := m.fields[name]
		if f == nil {
			continue
		}
		all := f.describe()
		if len(attributes) > 0 {
			all = only(all, attributes)
		}
		described[name] = all
	}
	return described
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
		"store": !f.computed, "searchable": true, "sortable": f.stored() && !f.links(), "groupable": !f.computed && f.kind != kindOne2many,
		"company_dependent": false, "change_default": false, "manual": false, "exportable": true, "depends": []any{},
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
