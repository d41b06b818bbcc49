package synchronizer

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
)

// lookup answers a mapper's questions from the bindings that were read for a slice. It implements
// mapping.Lookup.
type lookup struct {
	toOdoo     map[record.Reference]string            // external record to Odoo id
	toExternal map[scoped]string                      // Odoo record in a scope to external id
	bindings   map[record.Reference][]binding.Binding // Odoo record to its bindings; the model is the binding model
	known      map[record.Reference]bool              // external records that have a binding, whose other half may be gone
	lost       map[record.Reference]bool              // external records whose Odoo half was deleted
	names      *nameBook                              // nil where nothing is found by name
	idle       map[scoped]bool                        // Odoo records in a scope whose pair is retired: nobody else takes its place
	gone       map[scoped]binding.Binding             // Odoo record in a scope to its binding whose external half was deleted
}

type scoped struct {
	record.Reference
	scope string
}

func newLookup() *lookup {
	return &lookup{
		toOdoo: map[record.Reference]string{}, toExternal: map[scoped]string{}, bindings: map[record.Reference][]binding.Binding{},
		known: map[record.Reference]bool{}, lost: map[record.Reference]bool{}, gone: map[scoped]binding.Binding{}, idle: map[scoped]bool{},
	}
}

// ToOdoo implements mapping.Lookup.
func (l *lookup) ToOdoo(model, externalID string) (string, bool) {
	id, ok := l.toOdoo[record.Reference{Model: model, ID: externalID}]
	return id, ok
}

// ToExternal implements mapping.Lookup. Models without scope are found in every scope.
func (l *lookup) ToExternal(model, odooID, scope string) (string, bool) {
	ref := record.Reference{Model: model, ID: odooID}
	if id, ok := l.toExternal[scoped{ref, scope}]; ok {
		return id, true
	}
	id, ok := l.toExternal[scoped{ref, ""}]
	return id, ok
}

// Lost implements mapping.Losses.
func (l *lookup) Lost(model, externalID string) bool {
	return l.lost[record.Reference{Model: model, ID: externalID}]
}

// titleOf is what a bound Odoo record is called, "" where it is not known; the first of several names in the order of the alphabet.
func (l *lookup) titleOf(ref record.Reference) (title string) {
	for at, bindings := range l.bindings {
		if at.ID != ref.ID {
			continue
		}
		for _, b := range bindings {
			if b.OdooModel == ref.Model && b.Name != "" && (title == "" || b.Name < title) {
				title = b.Name
			}
		}
	}
	return title
}

// taken reports that an Odoo record has a binding in the scope, be its other half there or not.
func (l *lookup) taken(model, odooID, scope string) bool {
	at := scoped{record.Reference{Model: model, ID: odooID}, scope}
	_, bound := l.toExternal[at]
	_, gone := l.gone[at]
	return bound || gone || l.idle[at]
}

// forget takes back that a binding stands for its Odoo record; what else is known of its external record stays.
func (l *lookup) forget(b binding.Binding) {
	ref := record.Reference{Model: b.Model, ID: binding.OdooID(b.OdooID)}
	if at := (scoped{ref, b.Scope}); l.toExternal[at] == b.ExternalID {
		delete(l.toExternal, at)
	}
	l.bindings[ref] = slices.DeleteFunc(slices.Clone(l.bindings[ref]), func(o binding.Binding) bool { return o.ExternalID == b.ExternalID })
}

func (l *lookup) add(b binding.Binding) {
	if b.ExternalID != "" {
		l.known[record.Reference{Model: b.Model, ID: b.ExternalID}] = true
		l.lost[record.Reference{Model: b.Model, ID: b.ExternalID}] = !b.OdooGone.IsZero() || !b.Retired.IsZero()
	}
	id := binding.OdooID(b.OdooID)
	ref := record.Reference{Model: b.Model, ID: id}
	if !b.ExternalGone.IsZero() && b.Role != binding.Alias {
		l.gone[scoped{ref, b.Scope}] = b
	}
	if b.Bound() && !b.Retired.IsZero() {
		l.idle[scoped{ref, b.Scope}] = true
	}
	if !b.TakesPart() {
		return
	}
	l.toOdoo[record.Reference{Model: b.Model, ID: b.ExternalID}] = id
	if b.Role != binding.Alias {
		l.toExternal[scoped{ref, b.Scope}] = b.ExternalID
	}
	if !slices.ContainsFunc(l.bindings[ref], func(c binding.Binding) bool { return c.ID == b.ID }) {
		l.bindings[ref] = append(l.bindings[ref], b)
	}
}

// fill reads the bindings of the given external and Odoo records, two queries per binding model.
// References carry the binding model as their model.
func (s *Synchronizer) fill(ctx context.Context, l *lookup, external, odoo []record.Reference) error {
	binder := s.env.Binder.Lean()
	for model, ids := range byModel(external) {
		found, err := binder.ByExternal(ctx, model, ids)
		if err != nil {
			return err
		}
		for _, b := range found {
			l.add(b)
			odoo = append(odoo, record.Reference{Model: model, ID: binding.OdooID(b.OdooID)})
		}
	}
	for model, ids := range byModel(odoo) {
		found, err := binder.ByOdoo(ctx, model, numbers(ids))
		if err != nil {
			return err
		}
		for _, bindings := range found {
			for _, b := range bindings {
				l.add(b)
			}
		}
	}
	return nil
}

// byModel groups ids by model, each once, in a fixed order.
func byModel(refs []record.Reference) map[string][]string {
	groups := map[string]map[string]bool{}
	for _, r := range refs {
		if groups[r.Model] == nil {
			groups[r.Model] = map[string]bool{}
		}
		groups[r.Model][r.ID] = true
	}
	out := make(map[string][]string, len(groups))
	for model, ids := range groups {
		out[model] = slices.Sorted(maps.Keys(ids))
	}
	return out
}

func numbers(ids []string) []int64 {
	out := make([]int64, 0, len(ids))
	for _, id := range ids {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	return out
}
