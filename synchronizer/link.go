package synchronizer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// link brings the links of a model that is only linked up to date: one listing, one search in Odoo, and one
// transaction where something is new. It makes no jobs and writes on neither side.
func (s *Synchronizer) link(ctx context.Context, m backend.Model) error {
	l, err := s.newLinking(ctx, m)
	if err != nil || l == nil {
		return err
	}
	rows, err := l.search(ctx)
	if err != nil {
		return err
	}
	found := l.linker.Link(l.listing.Records, rows, l.linked)
	for _, w := range found.Warnings {
		s.report.warn(w)
	}
	gone, made := l.difference(found.Links)
	if len(gone)+len(made) == 0 {
		return nil
	}
	s.env.Explainf("linked %d %s, unlinked %d", len(made), plural(m.Noun, len(made)), len(gone))
	return l.save(ctx, gone, made)
}

// linking is one look at a model that is only linked.
type linking struct {
	*Synchronizer
	model   backend.Model
	fields  []string // of the Odoo records
	linker  backend.Linker
	listing backend.Listing
	bound   []binding.Binding
	linked  map[string]string // the links as they are: external id to Odoo id
}

// newLinking lists the external records; nil if there is nothing to link and nothing linked.
func (s *Synchronizer) newLinking(ctx context.Context, m backend.Model) (*linking, error) {
	l := &linking{Synchronizer: s, model: m, linked: map[string]string{}}
	adapter, err := s.env.Adapter(m.Name)
	if err != nil {
		return nil, err
	}
	lister, lists := adapter.(backend.Lister)
	linker, links := adapter.(backend.Linker)
	if !lists || !links {
		return nil, fmt.Errorf("the adapter of %s does not list and link; this is a mistake of the program", m.Name)
	}
	l.linker = linker
	mapper, err := s.env.Mapper(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	l.fields = odooFields(m, mapper)
	if l.listing, err = lister.List(ctx); err != nil {
		return nil, err
	}
	s.env.Explainf("listed %d %s", len(l.listing.Records), plural(m.Noun, len(l.listing.Records)))
	if l.bound, err = s.env.Binder.All(ctx, m.Name); err != nil {
		return nil, err
	}
	for _, b := range l.bound {
		l.linked[b.ExternalID] = binding.OdooID(b.OdooID)
	}
	if len(l.listing.Records)+len(l.bound) == 0 {
		return nil, nil
	}
	return l, nil
}

// search reads the Odoo records that may be linked, and those that are.
func (l *linking) search(ctx context.Context) ([]record.Record, error) {
	var domains []odoo.Domain
	if candidates := l.linker.Candidates(l.listing.Records); candidates != nil {
		domains = append(domains, odoo.And(candidates, odoo.Domain(l.env.Settings(l.model.Name).Domain)))
	}
	if len(l.bound) > 0 {
		var ids []any
		for _, id := range slices.Compact(slices.Sorted(maps.Values(l.linked))) {
			ids = append(ids, numbers([]string{id})[0])
		}
		domains = append(domains, odoo.Cond("id", "in", ids))
	}
	if len(domains) == 0 {
		return nil, nil
	}
	return l.reading().All(ctx, l.model.OdooModel, odoo.Or(domains...), l.fields, 0)
}

// difference compares the links with what they shall be. What lives in a parent that did not
// answer stays, and what could not be read.
func (l *linking) difference(links map[string]string) (gone, made []binding.Binding) {
	full, records := map[string]bool{}, map[string]record.Record{}
	for _, parent := range l.listing.Parents {
		full[parent] = true
	}
	for _, r := range l.listing.Records {
		records[r.ID] = r
	}
	unread := map[string]bool{}
	for _, k := range l.listing.Unreadable {
		unread[k.ID] = true
	}
	for _, b := range l.bound {
		if full[b.Parent] && !unread[b.ExternalID] && links[b.ExternalID] != binding.OdooID(b.OdooID) {
			gone = append(gone, b)
			delete(l.linked, b.ExternalID)
		}
	}
	for _, b := range l.orphans() { // it is made anew, as the primary
		gone = append(gone, b)
		delete(l.linked, b.ExternalID)
	}
	for _, id := range sortedKeys(links) {
		r, listed := records[id]
		if l.linked[id] == links[id] || !listed {
			continue
		}
		parent := refID(r, l.model.ParentField)
		b := newBinding(l.model, id, parent, r.Value(l.model.NameField).AsText())
		b.OdooID, b.SyncDate = numbers([]string{links[id]})[0], l.env.Clock.Now()
		made = append(made, b)
	}
	return gone, l.withRoles(made)
}

// orphans are the aliases that stay and whose primary does not.
func (l *linking) orphans() (out []binding.Binding) {
	primaries := l.primaries()
	for _, b := range l.bound {
		if _, stays := l.linked[b.ExternalID]; stays && b.Role == binding.Alias && !primaries[placeOfLink(b)] {
			out = append(out, b)
		}
	}
	return out
}

// primaries are the Odoo records, each in a scope, that have a primary which stays.
func (l *linking) primaries() map[scoped]bool {
	taken := map[scoped]bool{}
	for _, b := range l.bound {
		if _, stays := l.linked[b.ExternalID]; stays && b.Role != binding.Alias {
			taken[placeOfLink(b)] = true
		}
	}
	return taken
}

func placeOfLink(b binding.Binding) scoped {
	return scoped{record.Reference{Model: b.Model, ID: binding.OdooID(b.OdooID)}, b.Scope}
}

// withRoles makes aliases of those that another external record stands before: one Odoo record has one
// primary in each scope.
func (l *linking) withRoles(made []binding.Binding) []binding.Binding {
	taken := l.primaries()
	for i, b := range made {
		if taken[placeOfLink(b)] {
			made[i].Role = binding.Alias
		}
		taken[placeOfLink(b)] = true
	}
	return made
}

// save stores the links, and first of all what they mean for records that point to the newly linked.
func (l *linking) save(ctx context.Context, gone, made []binding.Binding) error {
	if err := l.noteNewLinks(ctx, made); err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *state.Tx) error {
		for _, b := range gone {
			if err := l.env.Binder.Delete(ctx, tx, b.ID); err != nil {
				return err
			}
		}
		for i := range made {
			if err := l.env.Binder.Save(ctx, tx, &made[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteNewLinks remembers, for each model that points to the newly linked Odoo records, that its next poll
// has to look at the records which do: they were not written, and mean something else now.
func (l *linking) noteNewLinks(ctx context.Context, made []binding.Binding) error {
	var ids []string
	for _, b := range made {
		ids = append(ids, binding.OdooID(b.OdooID))
	}
	if len(ids) == 0 {
		return nil
	}
	for _, m := range l.env.Backend.AllModels() {
		mapper, err := l.env.Mapper(ctx, m.Name)
		if err != nil {
			return err
		}
		for f := range mapper.Each() {
			if f.Links != l.model.Name {
				continue
			}
			if err := l.noteLinks(ctx, m, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Synchronizer) noteLinks(ctx context.Context, m backend.Model, ids []string) error {
	before, err := s.newLinks(ctx, m)
	if err != nil {
		return err
	}
	all := slices.Compact(slices.Sorted(slices.Values(append(before, ids...))))
	return s.env.Binder.Remember(ctx, s.linksKey(m), strings.Join(all, " "))
}

// newLinks are the Odoo ids that were linked since the model was polled in Odoo.
func (s *Synchronizer) newLinks(ctx context.Context, m backend.Model) ([]string, error) {
	text, err := s.env.Binder.Recall(ctx, s.linksKey(m))
	return strings.Fields(text), err
}

func (s *Synchronizer) linksKey(m backend.Model) string {
	return "new links of " + m.Name + " in " + s.env.Session.Database()
}

// newlyLinked holds the Odoo records that point to newly linked ones; nil if there are none.
func (s *Synchronizer) newlyLinked(ctx context.Context, m backend.Model) (odoo.Domain, error) {
	found, err := s.newLinks(ctx, m)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	mapper, err := s.env.Mapper(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	var ids []any
	for _, n := range numbers(found) {
		ids = append(ids, n)
	}
	var domains []odoo.Domain
	for f := range mapper.Each() {
		if f.Links != "" && len(f.Odoo) > 0 {
			domains = append(domains, odoo.Cond(f.Odoo[0], "in", ids))
		}
	}
	return odoo.Or(domains...), nil
}

// forgetNewLinks ends what noteLinks began: the model was polled, and its jobs are stored.
func (s *Synchronizer) forgetNewLinks(ctx context.Context, m backend.Model) error {
	found, err := s.newLinks(ctx, m)
	if err != nil || len(found) == 0 {
		return err
	}
	return s.env.Binder.Remember(ctx, s.linksKey(m), "")
}
