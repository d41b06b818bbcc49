package synchronizer

import (
	"context"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// nameBook holds Odoo's records by the names that people read, each asked for once in a run.
type nameBook struct {
	ids   map[record.Reference][]string // of the records of a model and a name; at most two
	names map[record.Reference]string   // of the record
	// hidden are records whose names the user may not read, or that are no more.
	hidden map[record.Reference]bool
}

// Named implements mapping.Names.
func (l *lookup) Named(odooModel, name string) (id string, count int) {
	if l.names == nil {
		return "", -1
	}
	ids, asked := l.names.ids[record.Reference{Model: odooModel, ID: name}]
	if !asked {
		return "", -1
	}
	if len(ids) == 1 {
		id = ids[0]
	}
	return id, len(ids)
}

// NameOf implements mapping.Names.
func (l *lookup) NameOf(odooModel, odooID string) (string, bool) {
	if l.names == nil {
		return "", false
	}
	name, ok := l.names.names[record.Reference{Model: odooModel, ID: odooID}]
	return name, ok
}

// fillNames asks Odoo for what the fields of these records find by name, and for the names that they write.
func (sl *slice) fillNames(ctx context.Context, external, inOdoo []*record.Record) error {
	var named, nameless []record.Reference
	for f := range sl.mapper.Each() {
		named = append(named, collect(f.NeedsNamed, external)...)
		nameless = append(nameless, collect(f.NeedsNames, inOdoo)...)
	}
	if len(named)+len(nameless) == 0 {
		return nil
	}
	if sl.book == nil {
		sl.book = &nameBook{ids: map[record.Reference][]string{}, names: map[record.Reference]string{}, hidden: map[record.Reference]bool{}}
	}
	sl.lookup.names = sl.book
	for _, model := range sortedKeys(byModel(named)) {
		if err := sl.findNames(ctx, model, byModel(named)[model]); err != nil {
			return err
		}
	}
	for _, model := range sortedKeys(byModel(nameless)) {
		if err := sl.readNames(ctx, model, byModel(nameless)[model]); err != nil {
			return err
		}
	}
	return nil
}

// pointers are those of the records of a list.
func pointers(all []record.Record) []*record.Record {
	out := make([]*record.Record, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}

func collect(needs func(record.Record) []record.Reference, records []*record.Record) (refs []record.Reference) {
	if needs == nil {
		return nil
	}
	for _, r := range records {
		if r != nil {
			refs = append(refs, needs(*r)...)
		}
	}
	return refs
}

// findNames finds the records of these names: all by one search for their plain names, and those that are known by another (a
// contact by its company's and its own) by Odoo's own search for names.
func (sl *slice) findNames(ctx context.Context, model string, names []string) error {
	names = slices.DeleteFunc(names, func(n string) bool { _, asked := sl.book.ids[record.Reference{Model: model, ID: n}]; return asked })
	if len(names) == 0 {
		return nil
	}
	fields, err := sl.env.Session.FieldsGet(ctx, model)
	if err != nil {
		return err
	}
	if f, has := fields["name"]; has && !f.Computed && f.Type == "char" {
		if err := sl.findPlainNames(ctx, model, names); err != nil {
			return err
		}
	}
	for _, name := range names {
		if len(sl.book.ids[record.Reference{Model: model, ID: name}]) > 0 {
			continue
		}
		if err := sl.searchName(ctx, model, name); err != nil {
			return err
		}
	}
	return nil
}

func (sl *slice) findPlainNames(ctx context.Context, model string, names []string) error {
	wanted := make([]any, len(names))
	for i, n := range names {
		wanted[i] = n
	}
	found, err := sl.env.Session.All(ctx, model, odoo.Cond("name", "in", wanted), []string{"name"}, 0)
	if err != nil {
		return err
	}
	for _, r := range found {
		at := record.Reference{Model: model, ID: r.Value("name").AsText()}
		sl.book.ids[at] = append(sl.book.ids[at], r.ID)
	}
	return nil
}

func (sl *slice) searchName(ctx context.Context, model, name string) error {
	arguments := map[string]any{"name": name, "domain": []any{}, "operator": "=", "limit": int64(2)}
	answer, err := sl.env.Session.Call(ctx, model, "name_search", nil, arguments, odoo.Read())
	if err != nil {
		return err
	}
	at := record.Reference{Model: model, ID: name}
	sl.book.ids[at] = []string{}
	pairs, _ := answer.([]any)
	for _, one := range pairs {
		if pair, ok := one.([]any); ok && len(pair) == 2 {
			sl.book.ids[at] = append(sl.book.ids[at], fmt.Sprint(pair[0]))
		}
	}
	return nil
}

// readNames reads what these records are called.
func (sl *slice) readNames(ctx context.Context, model string, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool {
		at := record.Reference{Model: model, ID: id}
		_, asked := sl.book.names[at]
		return asked || sl.book.hidden[at]
	})
	found, err := sl.read(ctx, model, numbers(ids), []string{"display_name"})
	if err != nil {
		return err
	}
	var names []string
	for _, id := range numbers(ids) {
		at := record.Reference{Model: model, ID: binding.OdooID(id)}
		r := found.records[id]
		if sl.book.hidden[at] = r == nil; r != nil {
			sl.book.names[at] = r.Value("display_name").AsText()
			names = append(names, sl.book.names[at])
		}
	}
	return sl.findNames(ctx, model, names) // one that several have is not written
}

var _ mapping.Names = (*lookup)(nil)
