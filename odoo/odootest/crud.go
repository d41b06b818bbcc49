package odootest

import (
	"fmt"
	"slices"
	"strings"
)

// where gives the ids of all records of a model that match, archived or not,
// whatever the user may see.
func (t *tx) where(model string, match func(row) bool) []int64 {
	table, ids := t.s.table(model), []int64(nil)
	if table == nil { // its module is not installed
		return nil
	}
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
	m := t.s.table(name).model
	if err := t.check(m, "create"); err != nil {
		return 0, err
	}
	vals := copyVals(given)
	if err := t.knownFields(m, vals, "create"); err != nil {
		return 0, err
	}
	t.contextDefaults(m, vals)
	if m.hooks.beforeCreate != nil {
		if err := m.hooks.beforeCreate(t, vals); err != nil {
			return 0, err
		}
	}
	if err := t.createParent(m, vals); err != nil {
		return 0, err
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
	if m.hooks.created != nil {
		if err := m.hooks.created(t, id, vals); err != nil {
			return id, err
		}
	}
	if m.hooks.afterCreate != nil {
		return id, m.hooks.afterCreate(t, []int64{id})
	}
	return id, nil
}

// contextDefaults takes what the context gives as default_field.
func (t *tx) contextDefaults(m *model, vals map[string]any) {
	for _, key := range sortedKeys(t.context) {
		name, ok := strings.CutPrefix(key, "default_")
		if ok && m.fields[name] != nil {
			fill(vals, name, t.context[key])
		}
	}
}

// createParent makes the record that a new one inherits from, where none was
// given, or changes the one that was.
func (t *tx) createParent(m *model, vals map[string]any) error {
	if m.parent() == "" {
		return nil
	}
	inherited := m.cut(vals)
	if parent := asID(vals[m.inherits]); parent != 0 {
		if len(inherited) == 0 {
			return nil
		}
		return t.write(m.parent(), []int64{parent}, inherited)
	}
	t.inheriting = true
	defer func() { t.inheriting = false }()
	return t.asRoot(func() error {
		parent, err := t.create(m.parent(), inherited)
		vals[m.inherits] = parent
		return err
	})
}

// cut takes the values of inherited fields out of vals.
func (m *model) cut(vals map[string]any) map[string]any {
	inherited := map[string]any{}
	for name, value := range vals {
		if m.fields[name].through != "" {
			inherited[name] = value
			delete(vals, name)
		}
	}
	return inherited
}

// insert stores a new record with its defaults and links.
func (t *tx) insert(m *model, id int64, vals map[string]any) error {
	r := row{"id": id, "create_date": t.now, "create_uid": t.user.uid}
	for _, f := range m.starting() {
		if _, given := vals[f.name]; !given {
			setDefault(r, f)
			if f.initially != nil {
				r[f.name] = f.initially(t)
			}
		}
	}
	if err := t.assign(m, nil, r, vals); err != nil {
		return err
	}
	return t.linkAll(m, id, vals)
}

// starting gives the fields that have a value without being given one.
func (m *model) starting() []*field { return m.defaults }

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
	names := sortedKeys(vals)
	for _, name := range names {
		if m.fields[name] == nil {
			return t.s.badField(m.name, name, operation)
		}
	}
	return t.checkFields(m, "write", names)
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
		switch {
		case f.translate:
			t.translate(f, r, value)
		case value == nil:
			delete(r, name)
		default:
			r[name] = value
		}
	}
	r["write_date"], r["write_uid"] = t.now, t.user.uid
	shrink(m, r, vals)
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

// shrink keeps the smaller copies of an image. Here they are as large as the image.
func shrink(m *model, r row, vals map[string]any) {
	for _, prefix := range []string{"image_", "image_variant_"} {
		if _, given := vals[prefix+"1920"]; !given {
			continue
		}
		for _, size := range []string{"1024", "512", "256", "128"} {
			if f := m.fields[prefix+size]; f != nil && f.stored() {
				setOrDrop(r, f.name, r[prefix+"1920"])
			}
		}
	}
}

// constrain checks what the database checks: required and unique columns.
func (t *tx) constrain(m *model, r row) error {
	for _, f := range m.demanded {
		if r[f.name] == nil {
			return t.s.notNull(m, f)
		}
	}
	for _, column := range sortedKeys(m.unique) {
		for _, twin := range t.s.table(m.name).lookup(column, r[column]) {
			if twin != r.id() {
				return &failure{code: 2, class: classUnique, column: column, text: "The operation cannot be completed: " + m.unique[column]}
			}
		}
	}
	return nil
}

// write changes records. Their write_date moves even where nothing differs.
func (t *tx) write(name string, ids []int64, given map[string]any) error {
	m := t.s.table(name).model
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
	inherited := m.cut(vals)
	for _, id := range ids {
		if err := t.update(m, id, vals); err != nil {
			return err
		}
	}
	if err := t.writeParents(m, ids, inherited); err != nil {
		return err
	}
	if m.hooks.afterWrite != nil {
		return m.hooks.afterWrite(t, ids, vals)
	}
	return nil
}

// writeParents changes the records that others inherit from; with it moves the
// write_date of those, as on real servers (facts of 17 and 19: a variant's write
// bumps the template).
func (t *tx) writeParents(m *model, ids []int64, inherited map[string]any) error {
	if len(inherited) == 0 {
		return nil
	}
	parents := []int64{}
	for _, id := range ids {
		r := t.row(m.name, id)
		if parent := r.link(m.inherits); !slices.Contains(parents, parent) {
			parents = append(parents, parent)
		}
		t.touch(m, r)
	}
	return t.asRoot(func() error { return t.write(m.parent(), parents, inherited) })
}

// touch moves a record's write_date.
func (t *tx) touch(m *model, r row) {
	changed := r.clone()
	changed["write_date"], changed["write_uid"] = t.now, t.user.uid
	t.put(m, r.id(), changed)
}

// update changes one record.
func (t *tx) update(m *model, id int64, vals map[string]any) error {
	old := t.row(m.name, id)
	if len(vals) == 0 { // a change to write_date too (seen on 16 to 19)
		t.touch(m, old)
		return nil
	}
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
	m := t.s.table(name).model
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
	gone := t.rowsOf(name, ids)
	for _, r := range gone {
		t.put(m, r.id(), nil)
	}
	if err := t.forget(m, ids); err != nil {
		return err
	}
	if err := t.asRoot(func() error { return t.unlinkFollowers(m, ids) }); err != nil || m.hooks.afterUnlink == nil {
		return err
	}
	return m.hooks.afterUnlink(t, gone)
}

// followers are the models whose records belong to records of any other, with the
// columns that name it.
var followers = []struct{ model, named, id string }{
	{"ir.model.data", "model", "res_id"}, {"mail.message", "model", "res_id"},
	{"mail.activity", "res_model", "res_id"}, {"ir.attachment", "res_model", "res_id"},
}

// unlinkFollowers deletes external identifiers, messages, activities and
// attachments of deleted records.
func (t *tx) unlinkFollowers(m *model, ids []int64) error {
	for _, follower := range followers {
		gone := []int64{}
		for _, id := range ids {
			for _, r := range t.rowsOf(follower.model, t.pointing(follower.model, follower.id, id)) {
				if r.text(follower.named) == m.name {
					gone = append(gone, r.id())
				}
			}
		}
		if len(gone) == 0 {
			continue
		}
		if err := t.unlink(follower.model, gone); err != nil {
			return err
		}
	}
	return nil
}

// forget takes deleted records out of the links of all others, as the database
// does: no write_date moves. A link that forbids it is a fault; records whose link
// cascades are deleted too.
func (t *tx) forget(m *model, ids []int64) error {
	for _, ref := range t.s.catalog.referrers[m.name] {
		if len(t.s.table(ref.model.name).ids) == 0 {
			continue
		}
		for _, id := range ids {
			if err := t.forgetIn(ref.model, ref.field, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetIn takes a deleted record out of one field of one model.
func (t *tx) forgetIn(m *model, f *field, gone int64) error {
	pointing := t.pointing(m.name, f.name, gone)
	switch {
	case len(pointing) == 0:
		return nil
	case f.onDelete == "cascade":
		return t.asRoot(func() error { return t.unlink(m.name, pointing) })
	case f.onDelete == "restrict":
		return t.s.foreignKey(m, f, fmt.Sprintf("%s_%s_fkey", tableName(m.name), f.name))
	}
	for _, r := range t.rowsOf(m.name, pointing) {
		changed := r.clone()
		if f.kind == kindMany2many {
			changed[f.name] = without(changed.set(f.name), []int64{gone})
		} else {
			delete(changed, f.name)
		}
		t.put(m, r.id(), changed)
	}
	return nil
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
