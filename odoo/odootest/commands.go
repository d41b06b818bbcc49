package odootest

import (
	"slices"
	"sort"
	"strings"
)

// Commands on links, as [code, id, value].
const (
	commandCreate = 0
	commandUpdate = 1
	commandDelete = 2
	commandUnlink = 3
	commandLink   = 4
	commandClear  = 5
	commandSet    = 6
)

// command is one change of a set of links.
type command struct {
	code int64
	id   int64
	ids  []int64
	vals map[string]any
}

// linkAll applies the commands that vals has for fields of links.
func (t *tx) linkAll(m *model, id int64, vals map[string]any) error {
	linked := false
	for _, name := range sortedKeys(vals) {
		f := m.fields[name]
		if !f.links() || !t.keepsLinks(f) {
			continue
		}
		linked = true
		commands, err := parseCommands(vals[name])
		if err != nil {
			return err
		}
		for _, c := range commands {
			if err := t.apply(m, f, id, c); err != nil {
				return err
			}
		}
	}
	if m.hooks.adjust == nil || !linked {
		return nil
	}
	return t.settle(m, id)
}

// keepsLinks reports whether commands on a field have an effect: not where it is
// computed or its lines are of a model that is not played.
func (t *tx) keepsLinks(f *field) bool {
	if f.kind == kindOne2many {
		return f.compute == nil && t.s.tables[f.relation] != nil && t.comodel(f).fields[f.inverse] != nil
	}
	return f.stored() || f.inverse != ""
}

// settle lets a model adjust a record to its new links.
func (t *tx) settle(m *model, id int64) error {
	old := t.row(m.name, id)
	changed := old.clone()
	if err := m.hooks.adjust(t, old, changed, map[string]any{}); err != nil {
		return err
	}
	t.put(m, id, changed)
	return nil
}

// parseCommands reads what a client sent for a set: commands, a plain list of
// ids (replaces the set), or False (empties it).
func parseCommands(value any) ([]command, error) {
	list, ok := value.([]any)
	if !ok {
		if truthy(value) {
			return nil, exception("ValueError", "Wrong value for a set of records: %s", repr(value))
		}
		return []command{{code: commandClear}}, nil
	}
	if len(list) > 0 {
		if _, nested := list[0].([]any); !nested {
			return []command{{code: commandSet, ids: idList(list)}}, nil
		}
	}
	commands := make([]command, 0, len(list))
	for _, element := range list {
		parts, ok := element.([]any)
		if !ok || len(parts) == 0 {
			return nil, exception("ValueError", "Wrong value for a set of records: %s", repr(value))
		}
		commands = append(commands, newCommand(parts))
	}
	return commands, nil
}

// newCommand reads one command.
func newCommand(parts []any) command {
	c := command{code: asID(parts[0])}
	if len(parts) > 1 {
		c.id = asID(parts[1])
	}
	if len(parts) > 2 {
		c.vals, _ = parts[2].(map[string]any)
		list, _ := parts[2].([]any)
		c.ids = idList(list)
	}
	return c
}

// idList gives the ids in a list that a client sent; what is none is left out.
func idList(list []any) []int64 {
	ids := make([]int64, 0, len(list))
	for _, element := range list {
		if id := asID(element); id != 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// apply carries out one command on the field f of record id.
func (t *tx) apply(m *model, f *field, id int64, c command) error {
	switch c.code {
	case commandCreate:
		return t.createLinked(m, f, id, c.vals)
	case commandUpdate:
		return t.write(f.relation, []int64{c.id}, c.vals)
	case commandDelete:
		return t.unlink(f.relation, []int64{c.id})
	case commandUnlink:
		return t.change(m, f, id, nil, []int64{c.id})
	case commandLink:
		return t.change(m, f, id, []int64{c.id}, nil)
	case commandClear:
		return t.change(m, f, id, nil, t.linked(m, f, t.row(m.name, id)))
	case commandSet:
		return t.change(m, f, id, c.ids, without(t.linked(m, f, t.row(m.name, id)), c.ids))
	default:
		return exception("ValueError", "Unknown command %d", c.code)
	}
}

// createLinked makes a new record in a set.
func (t *tx) createLinked(m *model, f *field, id int64, vals map[string]any) error {
	vals = copyVals(vals)
	if f.kind == kindOne2many {
		vals[f.inverse] = id
		_, err := t.create(f.relation, vals)
		return err
	}
	created, err := t.create(f.relation, vals)
	if err != nil {
		return err
	}
	return t.change(m, f, id, []int64{created}, nil)
}

// change adds records to a set and removes others from it. The write_date of the
// other side does not move, except for a one2many, whose link is a column there.
func (t *tx) change(m *model, f *field, id int64, add, remove []int64) error {
	for _, other := range add {
		if t.row(f.relation, other) == nil {
			return t.deadLink(m, f)
		}
	}
	switch {
	case f.kind == kindOne2many:
		return t.changeInverse(f, id, add, remove)
	case f.inverse != "":
		return t.changeMirror(f, id, add, remove)
	}
	changed := t.row(m.name, id).clone()
	changed[f.name] = union(without(changed.set(f.name), remove), add)
	t.put(m, id, changed)
	return nil
}

// deadLink is the fault of a link to a record that does not exist (seen on Odoo
// 18: the relation's table has no model).
func (t *tx) deadLink(m *model, f *field) error {
	if f.kind == kindOne2many {
		return warning("Record does not exist or has been deleted.\n(Record: %s, User: %d)", f.relation, t.user.uid)
	}
	tables := []string{tableName(m.name), tableName(f.relation)}
	sort.Strings(tables)
	return t.s.foreignKey(&model{name: "unknown", label: "Unknown"}, f, tables[0]+"_"+tables[1]+"_rel_"+tableName(f.relation)+"_id_fkey")
}

// changeInverse writes the column that a one2many stands for.
func (t *tx) changeInverse(f *field, id int64, add, remove []int64) error {
	inverse := t.comodel(f).fields[f.inverse]
	if len(remove) > 0 && (inverse.onDelete == "cascade" || inverse.required) {
		if err := t.unlink(f.relation, remove); err != nil { // a line does not live without its record
			return err
		}
	} else if len(remove) > 0 {
		if err := t.write(f.relation, remove, map[string]any{f.inverse: false}); err != nil {
			return err
		}
	}
	fresh := []int64{}
	for _, other := range add {
		if t.row(f.relation, other).link(f.inverse) != id {
			fresh = append(fresh, other)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return t.write(f.relation, fresh, map[string]any{f.inverse: id})
}

// changeMirror changes links that the other side stores.
func (t *tx) changeMirror(f *field, id int64, add, remove []int64) error {
	comodel := t.comodel(f)
	for _, other := range append(append([]int64{}, remove...), add...) {
		r := t.row(f.relation, other)
		if r == nil {
			continue
		}
		changed := r.clone()
		ids := without(changed.set(f.inverse), []int64{id})
		if contains(add, other) {
			ids = union(ids, []int64{id})
		}
		changed[f.inverse] = ids
		t.put(comodel, other, changed)
		if comodel.hooks.adjust != nil {
			if err := t.settle(comodel, other); err != nil {
				return err
			}
		}
	}
	return nil
}

// union gives the ids of both lists once, in order.
func union(ids, more []int64) []int64 {
	all := append([]int64{}, ids...)
	for _, id := range more {
		if !contains(all, id) {
			all = append(all, id)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}

// linked gives all records in a set, archived or not, in the order of their ids.
func (t *tx) linked(m *model, f *field, r row) []int64 {
	switch {
	case f.compute != nil:
		ids, _ := f.compute(t, r).([]int64)
		return ids
	case f.kind == kindOne2many:
		return t.lines(m, f, r.id())
	case f.inverse != "":
		return t.pointing(f.relation, f.inverse, r.id())
	default:
		return r.set(f.name)
	}
}

// lines gives the records of a one2many. Where its inverse is a plain number it
// belongs to the model that another column names.
func (t *tx) lines(m *model, f *field, id int64) []int64 {
	inverse := t.comodel(f).fields[f.inverse]
	if inverse == nil { // a model that is not played
		return nil
	}
	ids := t.pointing(f.relation, f.inverse, id)
	if inverse.kind == kindMany2one {
		return ids
	}
	named := "model"
	if t.comodel(f).fields[named] == nil {
		named = "res_model"
	}
	return slices.DeleteFunc(ids, func(other int64) bool { return t.row(f.relation, other).text(named) != m.name })
}

// tableName gives the name of a model's table.
func tableName(model string) string { return strings.ReplaceAll(model, ".", "_") }
