package trellotest

import (
	"net/http"
	"strings"
	"time"
)

// checklist is a checklist with its items in the order in which they came.
type checklist struct {
	ID, IDBoard, IDCard, Name string
	Pos                       float64
	items                     []*checkItem
}

// checkItem is one line of a checklist; State is "complete" or "incomplete".
type checkItem struct {
	ID, IDChecklist, Name, State, IDMember string
	Pos                                    float64
	Due                                    time.Time
}

// Numbers of captures/trello/can_get_boards_of_organization, "limits"; the texts of the refusals are a choice.
const (
	maxChecklists = 500
	maxItems      = 200
)

func (st *state) addChecklist(c *card, name, where string) *checklist {
	l := &checklist{ID: st.newID(), IDBoard: c.IDBoard, IDCard: c.ID, Name: name}
	others := make([]float64, 0, len(c.checklists))
	for _, other := range c.checklists {
		others = append(others, other.Pos)
	}
	l.Pos = place(where, others)
	c.checklists = append(c.checklists, l)
	st.checklists[l.ID] = l
	st.recordChecklist(c, "addChecklistToCard", l)
	return l
}

func (st *state) recordChecklist(c *card, kind string, l *checklist) {
	data := object{{"card", cardRef(c)}, {"checklist", object{{"id", l.ID}, {"name", l.Name}}}, {"board", boardRef(st.boardsByID[c.IDBoard])}}
	st.record(st.boardsByID[c.IDBoard], &action{kind: kind, card: c.ID, data: data})
	st.touch(c)
}

// copyChecklists copies all checklists; the items come unchecked (captures/trello/can_success_copy_checklist_to_a_card).
func (st *state) copyChecklists(from, to *card) {
	for _, l := range from.checklists {
		st.copyItems(l, st.addChecklist(to, l.Name, "bottom"))
	}
}

func (st *state) copyItems(from, to *checklist) {
	for _, item := range from.items {
		to.items = append(to.items, &checkItem{ID: st.newID(), IDChecklist: to.ID, Name: item.Name, State: "incomplete", Pos: item.Pos})
	}
}

func checklistIDs(c *card) []string {
	all := make([]string, len(c.checklists))
	for i, l := range c.checklists {
		all[i] = l.ID
	}
	return all
}

// itemStates are the checked items only (captures/trello/get_check_item_states_of_card).
func itemStates(c *card) []object {
	states := []object{}
	for _, l := range c.checklists {
		for _, item := range l.items {
			if item.State == "complete" {
				states = append(states, object{{"id", item.ID}, {"idCheckItem", item.ID}, {"state", item.State}})
			}
		}
	}
	return states
}

func checklistTable() []field[*checklist] {
	return []field[*checklist]{
		{"id", func(l *checklist) any { return l.ID }},
		{"name", func(l *checklist) any { return l.Name }},
		{"idCard", func(l *checklist) any { return l.IDCard }},
		{"pos", func(l *checklist) any { return l.Pos }},
		{"idBoard", func(l *checklist) any { return l.IDBoard }},
	}
}

func renderItem(item *checkItem) object {
	return object{{"idChecklist", item.IDChecklist}, {"state", item.State}, {"id", item.ID}, {"name", item.Name}, {"nameData", nil}, {"pos", item.Pos}, {"due", item.Due}, {"idMember", orNull(item.IDMember)}}
}

func renderItems(l *checklist) []object {
	objects := make([]object, len(l.items))
	for i, item := range l.items {
		objects[i] = renderItem(item)
	}
	return objects
}

func (c *call) renderChecklist(p params, l *checklist) object {
	o := render(choose(c, checklistTable(), p["fields"], everything), l)
	if p["checkItems"] == "none" {
		return o
	}
	return o.with("checkItems", renderItems(l))
}

func (c *call) checklistsOf(p params, cards []*card) []object {
	all := []object{}
	for _, k := range cards {
		for _, l := range k.checklists {
			all = append(all, c.renderChecklist(p, l))
		}
	}
	return all
}

func (c *call) boardChecklists() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.checklistsOf(c.p, b.cards), nil
}

func (c *call) cardChecklists() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.checklistsOf(c.p, []*card{k}), nil
}

func (c *call) cardItemStates() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return itemStates(k), nil
}

// postChecklist answers with limits, postCardChecklist without (captures/trello/can_success_create_a_checklist and
// can_success_create_new_checklist_to_a_card).
func (c *call) postChecklist() (any, error) {
	k, err := c.findCard(c.p["idCard"])
	if err != nil {
		return nil, badRequestFor(err, "idCard")
	}
	o, err := c.newChecklist(k)
	if err != nil {
		return nil, err
	}
	return o.with("limits", object{}), nil
}

func (c *call) postCardChecklist() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.newChecklist(k)
}

func (c *call) newChecklist(k *card) (object, error) {
	if err := c.checkTexts("name"); err != nil {
		return nil, err
	}
	name, named := c.p.given("name")
	var source *checklist
	if id, given := c.p.given("idChecklistSource"); given {
		var err error
		if source, err = find(c.checklists, id); err != nil {
			return nil, badRequestFor(err, "idChecklistSource")
		}
		if !named {
			name = source.Name
		}
	} else if !named {
		name = "Checklist"
	}
	if len(k.checklists) >= maxChecklists {
		return nil, &apiError{status: http.StatusForbidden, text: "CHECKLISTS_PER_CARD_LIMIT_EXCEEDED"}
	}
	l := c.addChecklist(k, name, c.p["pos"])
	if source != nil {
		c.copyItems(source, l)
	}
	return c.renderChecklist(params{}, l), nil
}

func (c *call) getChecklist() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderChecklist(c.p, l), nil
}

func (c *call) putChecklist() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	if c.p.has("name") {
		if strings.TrimSpace(c.p["name"]) == "" || tooLong(c.p["name"]) {
			return nil, invalid("name")
		}
		c.renameChecklist(l, c.p["name"])
	}
	if where, given := c.p.given("pos"); given {
		var others []float64
		for _, other := range c.cards[l.IDCard].checklists {
			if other != l {
				others = append(others, other.Pos)
			}
		}
		l.Pos = place(where, others)
	}
	c.touch(c.cards[l.IDCard])
	return c.renderChecklist(params{}, l), nil
}

// renameChecklist leaves updateChecklist in the feed (Trello's documentation, "Action types").
func (st *state) renameChecklist(l *checklist, name string) {
	before := l.Name
	if name == before {
		return
	}
	l.Name = name
	k := st.cards[l.IDCard]
	b := st.boardsByID[k.IDBoard]
	data := object{{"old", object{{"name", before}}}, {"checklist", object{{"id", l.ID}, {"name", l.Name}}}, {"card", cardRef(k)}, {"board", boardRef(b)}}
	st.record(b, &action{kind: "updateChecklist", changed: "name", card: k.ID, data: data})
}

func (c *call) deleteChecklist() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	c.removeChecklist(l)
	return object{{"limits", object{}}}, nil
}

func (st *state) removeChecklist(l *checklist) {
	k := st.cards[l.IDCard]
	k.checklists = without(k.checklists, l)
	delete(st.checklists, l.ID)
	st.recordChecklist(k, "removeChecklistFromCard", l)
}

// deleteCardChecklist takes a checklist off its card.
func (c *call) deleteCardChecklist() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	l, err := find(c.checklists, c.arg(1))
	if err != nil || l.IDCard != k.ID {
		return nil, notFound()
	}
	c.removeChecklist(l)
	return object{{"limits", object{}}}, nil
}

func (c *call) checklistBoard() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneBoard(l.IDBoard)
}

func (c *call) checklistCards() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderCards(c.p["fields"], []*card{c.cards[l.IDCard]}), nil
}

func (c *call) checklistItems() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return renderItems(l), nil
}
