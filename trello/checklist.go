package trello

import (
	"cmp"
	"slices"

	"github.com/odoo-connector/connector/record"
)

// ordered are the checklists of a card from top to bottom, each with its items in that order. Trello gives neither in order.
func (c card) ordered() []checklist {
	lists := slices.Clone(c.Checklists)
	for i := range lists {
		lists[i].CheckItems = slices.Clone(lists[i].CheckItems)
		slices.SortStableFunc(lists[i].CheckItems, func(a, b checkItem) int { return cmp.Or(cmp.Compare(a.Pos, b.Pos), cmp.Compare(a.ID, b.ID)) })
	}
	slices.SortStableFunc(lists, func(a, b checklist) int { return cmp.Or(cmp.Compare(a.Pos, b.Pos), cmp.Compare(a.ID, b.ID)) })
	return lists
}

// checkItems are the records of a card's check items, from the top of its first checklist to the bottom of its last. The field "place"
// counts them, from 0.
func (c card) checkItems() []record.Record {
	var out []record.Record
	for _, l := range c.ordered() {
		for _, i := range l.CheckItems {
			out = append(out, i.record(c, l, len(out)))
		}
	}
	return out
}

func (i checkItem) record(c card, l checklist, place int) record.Record {
	member := record.Null()
	if i.IDMember != nil && *i.IDMember != "" {
		ref := MemberRef(c.IDBoard, *i.IDMember)
		member = record.Ref(ref.Model, ref.ID)
	}
	return record.New(CheckItemModel, i.ID, map[string]record.Value{
		"name": record.Text(i.Name), "state": record.Text(i.State), "due": instant(i.Due), "idMember": member,
		"idCard": record.Ref(CardModel, c.ID), "idBoard": record.Ref(BoardModel, c.IDBoard),
		"checklist": record.Text(l.Name), "place": record.Int(int64(place)),
	})
}

// with is the card with an item as it is now, which may be new or in another checklist than before.
func (c card) with(item checkItem) card {
	lists := slices.Clone(c.Checklists)
	for l := range lists {
		items := slices.DeleteFunc(slices.Clone(lists[l].CheckItems), func(i checkItem) bool { return i.ID == item.ID })
		if lists[l].ID == item.IDChecklist {
			items = append(items, item)
		}
		lists[l].CheckItems = items
	}
	c.Checklists = lists
	return c
}

// home is the checklist that takes a new item: that of the last item on the card, else the one with the default name; nil if there is
// none.
func (c card) home() *checklist {
	lists := c.ordered()
	for i := len(lists) - 1; i >= 0; i-- {
		if len(lists[i].CheckItems) > 0 {
			return &lists[i]
		}
	}
	if i := slices.IndexFunc(lists, func(l checklist) bool { return l.Name == defaultChecklist }); i >= 0 {
		return &lists[i]
	}
	return nil
}
