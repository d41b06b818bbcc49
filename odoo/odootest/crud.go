package odootest

import "fmt"

// where gives the ids of all records of a model that match, archived or not,
// whatever the user may see.
func (t *tx) where(model string, match func(row) bool) []int64 {
	table, ids := t.s.tables[model], []int64(nil)
	for _, id := range table.ids {
		if match(table.rows[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// create makes one record and gives its id.
func (t *tx) create(name string, given map[string]any) (int64, error) {
	return t.createAs(name, 0, given)
}

// createAs is create with an id that was given before, or 0.
func (t *tx) createAs(name string, id int64, given map[string]any) (int64, error) {
	m := t.s.tables[name].model
	if err := t.check(m, "create"); err != nil {
		return 0, err
	}
	vals := copyVals(given)
	if err := t.knownFields(m, vals, "create"); err != nil {
		return 0, err
	}
	if m.hooks.beforeCreate != nil {
		if err := m.hooks.beforeCreate(t, vals); err != nil {
			return 0, err
		}
	}
	if id == 0 {
		id = t.next(m)
	}
	if err := t.insert(m, id, vals); err != nil {
		return 0, err
	}
	if err := t.checkRules(m, "create", t.row(name, id)); err != nil {
		return 0, err
	}
	if m.hooks.afterCreate != nil {
		return id, m.hooks.afterCreate(t, []int64{id})
	}
	return id, nil
}

// insert stores a new record with its defaults and links.
func (t *tx) insert(m *model, id int64, vals map[string]any) error {
	r := row{"id": id, "create_date": t.now, "create_uid": t.user.uid}
	for _, name := range m.names {
		f := m.fields[name]
		if _, given := vals[name]; !given && f.stored() && !f.links() {
			setDefault(r, f)
		}
	}
	if err := t.assign(m, nil, r, vals); err != nil {
		return err
	}
	return t.linkAll(m, id, vals)
}

// setDefault gives a field that was left out its default.
func setDefault(r row, f *field) {
	switch {
	case f.initial != nil:
		r[f.name] = f.initial
	case f.kind == kindBoolean:
		r[f.name] = false
	}
}

// copyVals copies what a client sent, without what Odoo ignores: nobody sets the
// id and the dates of creation and change.
func copyVals(given map[string]any) map[string]any {
	vals := make(map[string]any, len(given))
	for name, value := range given {
		switch name {
		case "id", "create_date", "write_date", "create_uid", "write_uid":
		default:
			vals[name] = value
		}
	}
	return vals
}

// knownFields refuses fields that the model does not have.
func (t *tx) knownFields(m *model, vals map[string]any, operation string) error {
	for _, name := range sortedKeys(vals) {
		if m.fields[name] == nil {
			return t.s.badField(m.name, name, operation)
		}
	}
	return nil
}

// assign puts values into a copy of a record and stores it: everything but links.
func (t *tx) assign(m *model, old, r row, vals map[string]any) error {
	for _, name := range sortedKeys(vals) {
		f := m.fields[name]
		if !f.stored() || f.links() {
			continue
		}
		value, err := t.toStored(m, f, vals[name])
		if err != nil {
			return err
		}
		if text, ok := value.(string); ok && !fits(text) {
			return exception("ValueError", "A string literal cannot contain NUL (0x00) characters.")
		}
		if value == nil {
			delete(r, name)
		} else {
			r[name] = value
		}
	}
	r["write_date"], r["write_uid"] = t.now, t.user.uid
	if m.hooks.adjust != nil {
		if err := m.hooks.adjust(t, old, r, vals); err != nil {
			return err
		}
	}
	if err := t.constrain(m, r); err != nil {
		return err
	}
	t.put(m, r.id(), r)
	return nil
}

// constrain checks what the database checks: required and unique columns.
func (t *tx) constrain(m *model, r row) error {
	for _, name := range m.names {
		if f := m.fields[name]; f.required && f.stored() && r[name] == nil {
			return t.s.notNull(m, f)
		}
	}
	for _, column := range sortedKeys(m.unique) {
		twins := t.where(m.name, func(other row) bool { return other.id() != r.id() && other[column] == r[column] })
		if len(twins) > 0 {
			return &failure{code: 2, class: classUnique, column: column, text: "The operation cannot be completed: " + m.unique[column]}
		}
	}
	return nil
}

// write changes records. Their write_date moves even where nothing differs.
func (t *tx) write(name string, ids []int64, given map[string]any) error {
	m := t.s.tables[name].model
	if err := t.checkAll(m, "write", ids); err != nil {
		return err
	}
	vals := copyVals(given)
	if err := t.knownFields(m, vals, "write"); err != nil {
		return err
	}
	if m.hooks.beforeWrite != nil {
		if err := m.hooks.beforeWrite(t, ids, vals); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := t.update(m, id, vals); err != nil {
			return err
		}
	}
	if m.hooks.afterWrite != nil {
		return m.hooks.afterWrite(t, ids, vals)
	}
	return nil
}

// update changes one record.
func (t *tx) update(m *model, id int64, vals map[string]any) error {
	if len(vals) == 0 {
		return nil
	}
	old := t.row(m.name, id)
	if err := t.assign(m, old, old.clone(), vals); err != nil {
		return err
	}
	return t.linkAll(m, id, vals)
}

// checkAll refuses an operation on records that are gone or protected.
func (t *tx) checkAll(m *model, operation string, ids []int64) error {
	if err := t.check(m, operation); err != nil {
		return err
	}
	for _, id := range ids {
		r := t.row(m.name, id)
		if r == nil {
			return missing(m.name, id, t.user.uid)
		}
		if err := t.checkRules(m, operation, r); err != nil {
			return err
		}
	}
	return nil
}

// unlink deletes records, their external identifiers and the links to them.
func (t *tx) unlink(name string, ids []int64) error {
	m := t.s.tables[name].model
	if err := t.checkAll(m, "unlink", ids); err != nil {
		return err
	}
	if m.hooks.beforeUnlink != nil {
		all, err := m.hooks.beforeUnlink(t, ids)
		if err != nil {
			return err
		}
		ids = all
	}
	for _, id := range ids {
		t.put(m, id, nil)
	}
	if err := t.forget(m, ids); err != nil {
		return err
	}
	if m.name == "ir.model.data" {
		return nil
	}
	data := t.where("ir.model.data", func(r row) bool {
		target, _ := r["res_id"].(int64)
		return r.text("model") == m.name && contains(ids, target)
	})
	return t.asRoot(func() error { return t.unlink("ir.model.data", data) })
}

// forget takes deleted records out of the links of all others, as the database
// does: no write_date moves. A link that forbids it is a fault.
func (t *tx) forget(m *model, ids []int64) error {
	for _, name := range t.s.models {
		other := t.s.tables[name].model
		for _, column := range other.names {
			f := other.fields[column]
			if f.relation != m.name || !f.stored() {
				continue
			}
			if err := t.forgetIn(other, f, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetIn takes deleted records out of one field of one model.
func (t *tx) forgetIn(m *model, f *field, ids []int64) error {
	for _, id := range t.where(m.name, func(r row) bool { return pointsTo(r, f, ids) }) {
		changed := t.row(m.name, id).clone()
		switch {
		case f.kind == kindMany2many:
			changed[f.name] = without(changed.set(f.name), ids)
		case f.onDelete == "restrict":
			return t.s.foreignKey(m, f, fmt.Sprintf("%s_%s_fkey", tableName(m.name), f.name))
		default:
			delete(changed, f.name)
		}
		t.put(m, id, changed)
	}
	return nil
}

// pointsTo reports whether a record links to one of ids.
func pointsTo(r row, f *field, ids []int64) bool {
	if f.kind == kindMany2one {
		return contains(ids, r.link(f.name))
	}
	for _, id := range r.set(f.name) {
		if contains(ids, id) {
			return true
		}
	}
	return false
}

// without gives ids less those in gone, as a new list.
func without(ids, gone []int64) []int64 {
	kept := []int64{}
	for _, id := range ids {
		if !contains(gone, id) {
			kept = append(kept, id)
		}
	}
	return kept
}
