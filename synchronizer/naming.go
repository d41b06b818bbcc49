package synchronizer

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// naming finds out what records are called: by their bindings, and those of Odoo that have none by asking it.
type naming struct {
	*Synchronizer
	wanted map[string]map[string]bool // ids by model: a binding model's external ids, or an Odoo model's
	names  map[record.Reference]string
}

func newNaming(s *Synchronizer) *naming {
	return &naming{Synchronizer: s, wanted: map[string]map[string]bool{}, names: map[record.Reference]string{}}
}

func (n *naming) want(model, id string) {
	if model == "" || id == "" {
		return
	}
	if n.wanted[model] == nil {
		n.wanted[model] = map[string]bool{}
	}
	n.wanted[model][id] = true
}

func (n *naming) find(ctx context.Context) error {
	for _, m := range n.env.Backend.AllModels() {
		if ids := sortedKeys(n.wanted[m.Name]); len(ids) > 0 {
			found, err := n.env.Binder.Lean().ByExternal(ctx, m.Name, ids)
			if err != nil {
				return err
			}
			for id, b := range found {
				n.names[record.Reference{Model: m.Name, ID: id}] = b.Name
			}
			delete(n.wanted, m.Name)
		}
		found, err := n.env.Binder.Lean().ByOdoo(ctx, m.Name, numbers(sortedKeys(n.wanted[m.OdooModel])))
		if err != nil {
			return err
		}
		for id, all := range found {
			n.named(m.OdooModel, numbered(id), all[0].Name)
		}
	}
	return n.ask(ctx)
}

func numbered(id int64) string { return record.Int(id).String() }

func (n *naming) named(model, id, name string) {
	n.names[record.Reference{Model: model, ID: id}] = name
	delete(n.wanted[model], id)
}

// ask asks Odoo for the display names of what is left. What the user may not see goes without.
func (n *naming) ask(ctx context.Context) error {
	for _, model := range sortedKeys(n.wanted) {
		ids := slices.DeleteFunc(numbers(sortedKeys(n.wanted[model])), func(id int64) bool { return id >= firstMadeUp })
		if len(ids) == 0 {
			continue
		}
		found, err := n.read(ctx, model, ids, []string{"display_name"})
		if odoo.IsKind(err, odoo.UnknownModel, odoo.UnknownField, odoo.AccessError) {
			continue
		}
		if err != nil {
			return err
		}
		for id, r := range found.records {
			n.named(model, numbered(id), r.Value("display_name").AsText())
		}
	}
	return nil
}

// of is what a record is called: its id where nobody knows.
func (n *naming) of(model, id string) string {
	if name := n.names[record.Reference{Model: model, ID: id}]; name != "" {
		return name
	}
	return id
}

// all are the names of what a value points to.
func (n *naming) all(v PlannedValue) (names []string) {
	for _, ref := range v.AsRefs() {
		names = append(names, n.of(ref.Model, ref.ID))
	}
	slices.Sort(names)
	return names
}
