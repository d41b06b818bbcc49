package trellotest

import (
	"slices"
	"time"
)

// Checklist is a checklist of a card with its items, in the order in which they came (not sorted by Pos, as at Trello).
type Checklist struct {
	ID, IDCard, Name string
	Pos              float64
	Items            []CheckItem
}

// CheckItem is one line of a checklist. A zero Due and an empty IDMember mean none.
type CheckItem struct {
	ID, IDChecklist, Name, IDMember string
	Complete                        bool
	Pos                             float64
	Due                             time.Time
}

func (l *checklist) public() Checklist {
	out := Checklist{ID: l.ID, IDCard: l.IDCard, Name: l.Name, Pos: l.Pos}
	for _, item := range l.items {
		out.Items = append(out.Items, item.public())
	}
	return out
}

func (item *checkItem) public() CheckItem {
	return CheckItem{
		ID: item.ID, IDChecklist: item.IDChecklist, Name: item.Name, IDMember: item.IDMember, Complete: item.State == "complete",
		Pos: item.Pos, Due: item.Due,
	}
}

// Checklists returns a card's checklists in the order in which they were made.
func (s *Server) Checklists(cardID string) []Checklist {
	return look(s, func(st *state) []Checklist {
		var all []Checklist
		for _, l := range must(st.findCard(cardID)).checklists {
			all = append(all, l.public())
		}
		return all
	})
}

// AddChecklist makes a checklist at the bottom of a card, with open items of these names.
func (s *Server) AddChecklist(cardID, name string, items ...string) (added Checklist) {
	s.change(func(st *state) {
		l := st.addChecklist(must(st.findCard(cardID)), name, "bottom")
		for _, one := range items {
			st.addItem(l, &checkItem{Name: one, State: "incomplete"}, "bottom")
		}
		added = l.public()
	})
	return added
}

// AddCheckItem adds an open item at the bottom of a checklist.
func (s *Server) AddCheckItem(checklistID, name string) (added CheckItem) {
	s.change(func(st *state) {
		item := &checkItem{Name: name, State: "incomplete"}
		st.addItem(must(find(st.checklists, checklistID)), item, "bottom")
		added = item.public()
	})
	return added
}

// UpdateChecklist changes a checklist's name or position.
func (s *Server) UpdateChecklist(id string, edit func(*Checklist)) (updated Checklist) {
	s.change(func(st *state) {
		l := must(find(st.checklists, id))
		want := l.public()
		edit(&want)
		st.renameChecklist(l, want.Name)
		l.Pos = want.Pos
		st.touch(st.cards[l.IDCard])
		updated = l.public()
	})
	return updated
}

// DeleteChecklist deletes a checklist with its items.
func (s *Server) DeleteChecklist(id string) {
	s.change(func(st *state) { st.removeChecklist(must(find(st.checklists, id))) })
}

// UpdateCheckItem changes an item: its name, state, due date, member or position; another IDChecklist of the same card moves it there.
func (s *Server) UpdateCheckItem(id string, edit func(*CheckItem)) (updated CheckItem) {
	s.change(func(st *state) {
		l, item := st.mustFindItem(id)
		want := item.public()
		edit(&want)
		k := st.cards[l.IDCard]
		if want.IDChecklist != l.ID {
			to := must(find(st.checklists, want.IDChecklist))
			if to.IDCard != k.ID {
				panic("trellotest: a checklist of another card")
			}
			moveItem(l, to, item)
			l = to
		}
		item.Name, item.IDMember, item.Pos, item.Due = want.Name, want.IDMember, want.Pos, want.Due.UTC().Truncate(time.Millisecond)
		st.setState(k, l, item, want.Complete)
		st.touch(k)
		updated = item.public()
	})
	return updated
}

// DeleteCheckItem deletes an item.
func (s *Server) DeleteCheckItem(id string) {
	s.change(func(st *state) {
		l, item := st.mustFindItem(id)
		l.items = slices.DeleteFunc(l.items, func(x *checkItem) bool { return x == item })
		st.touch(st.cards[l.IDCard])
	})
}

func (st *state) mustFindItem(id string) (*checklist, *checkItem) {
	for _, l := range st.checklists {
		for _, item := range l.items {
			if item.ID == id {
				return l, item
			}
		}
	}
	panic("trellotest: an id that no check item has")
}
