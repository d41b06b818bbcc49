package synchronizer

import (
	"cmp"
	"context"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// An external record may have been imported under a state that is lost, that was put back to an older one, or whose binding was taken
// away. Its Odoo record has its identifier still, whatever people made of it since. An ordinary user can look identifiers up one by one
// only, so load does it: it leaves a record alone that exists, and the record's id tells that it was there before, since all that is made
// is newer than all that there was. Such a pair is then matched as two records of one name are.

// beforeCreation gives the items whose Odoo records are to be made, and the highest id of those that there are: 0 where the model's own
// creator makes them, which is asked for what it made. It is asked for once in a pass.
func (sl *slice) beforeCreation(ctx context.Context, items []*item) (left []*item, newest int64, err error) {
	switch {
	case sl.env.Backend.ImporterOf(sl.model.Name).Creator != nil:
		return items, 0, nil
	case sl.dry != nil:
		left, err = sl.leaveIdentified(ctx, items)
		return left, 0, err
	case sl.newest != nil:
		return items, *sl.newest, nil
	default:
		newest, err = sl.reading().Newest(ctx, sl.model.OdooModel)
		sl.newest = &newest
		return items, newest, err
	}
}

// leaveIdentified leaves the items to the next pass whose Odoo records a dry run finds by their identifiers, and gives the others.
func (sl *slice) leaveIdentified(ctx context.Context, items []*item) (left []*item, err error) {
	if sl.dry.identified[sl.model.OdooModel] == nil {
		if sl.dry.identified[sl.model.OdooModel], err = sl.identified(ctx, sl.model); err != nil {
			return nil, err
		}
	}
	for _, it := range items {
		if sl.noteImported(it, sl.dry.identified[sl.model.OdooModel]) {
			sl.again(it)
			continue
		}
		left = append(left, it)
	}
	return left, nil
}

// noteImported notes the Odoo record that has the identifier of the item's, if there is one.
func (sl *slice) noteImported(it *item, identified map[string]int64) bool {
	id, before := identified[sl.identifier(sl.model.Name, it.external.ID)]
	if before {
		sl.imported[it.external.ID] = id
	}
	return before
}

// identified are the ids of the records of a model that our user made in Odoo, by their identifiers.
func (s *Synchronizer) identified(ctx context.Context, m backend.Model) (map[string]int64, error) {
	ours := odoo.Cond("create_uid", "=", s.env.Session.UID())
	ids, err := s.reading().Search(ctx, m.OdooModel, ours, odoo.SearchOptions{Order: "id"})
	if err != nil {
		return nil, err
	}
	return s.reading().Identifiers(ctx, m.OdooModel, ids)
}

// leaveFound drops the intents of items whose Odoo records were there before, and leaves the items to the next pass.
func (sl *slice) leaveFound(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	sl.env.Explainf("%d %s had been imported before, and nothing was written", len(items), plural(sl.model.Noun, len(items)))
	err := sl.db.Write(ctx, func(tx *state.Tx) error {
		for _, it := range items {
			if err := sl.env.Binder.Delete(ctx, tx, it.binding.ID); err != nil {
				return err
			}
		}
		return nil
	})
	for _, it := range items {
		sl.again(it)
	}
	return err
}

// again leaves an item to the next pass as if nothing had been planned.
func (sl *slice) again(it *item) {
	it.plan, it.binding = Plan{}, binding.Binding{}
	sl.rereads++
}

// namesakesOr are an item's namesakes, or else the record that was made of it before, or of which it was made.
func (sl *slice) namesakesOr(ctx context.Context, it *item, namesakes Candidates) (Candidates, error) {
	pair, sure := sl.importOf(it)
	if pair.OdooID == 0 || (len(namesakes.Records) > 0 && !sure) {
		return namesakes, nil
	}
	other, err := sl.named(ctx, it, pair)
	switch {
	case err != nil:
		return Candidates{}, err
	case other == nil && sure:
		return Candidates{Unusable: pair.OdooID}, nil
	case other == nil:
		return namesakes, nil
	}
	it.pair.Imported = true
	if it.external != nil {
		it.pair.OdooScope = cmp.Or(sl.odooParent(other), it.scope)
	}
	return Candidates{Records: []record.Record{*other}, Siblings: 1}, nil
}

// importOf names both halves of an unbound pair of which one was made of the other before; sure says that load, or a dry run, found it by
// its identifier, and that it is not only what came to review once.
func (sl *slice) importOf(it *item) (pair binding.Decision, sure bool) {
	if it.external != nil && sl.imported[it.external.ID] != 0 {
		return binding.Decision{ExternalID: it.external.ID, OdooID: sl.imported[it.external.ID]}, true
	}
	for _, r := range sl.reviews {
		outside := it.external != nil && r.ExternalID == it.external.ID
		inOdoo := it.odoo != nil && r.OdooID == odooID(*it.odoo)
		if r.Kind == binding.Imported && (outside || inOdoo) {
			return binding.Decision{ExternalID: r.ExternalID, OdooID: r.OdooID}, false
		}
	}
	return binding.Decision{}, false
}
