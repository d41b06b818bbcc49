package trellotest

import (
	"net/http"
	"slices"
	"strings"
)

func itemPositions(l *checklist, but *checkItem) []float64 {
	var all []float64
	for _, item := range l.items {
		if item != but {
			all = append(all, item.Pos)
		}
	}
	return all
}

// postItem adds an item (captures/trello/checklist_can_add_an_item).
func (c *call) postItem() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	name := c.p["name"]
	if strings.TrimSpace(name) == "" || tooLong(name) {
		return nil, invalid("name")
	}
	if err := c.checkMember(); err != nil {
		return nil, err
	}
	if len(l.items) >= maxItems {
		return nil, tooManyItems()
	}
	idMember, _ := c.p.given("idMember")
	item := &checkItem{Name: name, State: "incomplete", IDMember: idMember, Due: c.p.time("due")}
	if c.p.flag("checked", false) {
		item.State = "complete"
	}
	c.addItem(l, item, c.p["pos"])
	return renderItem(item).with("limits", object{}), nil
}

func tooManyItems() error {
	return &apiError{status: http.StatusForbidden, text: "CHECK_ITEMS_PER_CHECKLIST_LIMIT_EXCEEDED"}
}

func (st *state) addItem(l *checklist, item *checkItem, where string) {
	item.ID, item.IDChecklist = st.newID(), l.ID
	item.Pos = place(where, itemPositions(l, nil))
	l.items = append(l.items, item)
	st.touch(st.cards[l.IDCard])
}

// checkMember refuses a member that does not exist.
func (c *call) checkMember() error {
	if idMember, given := c.p.given("idMember"); given {
		if _, err := c.findMember(idMember); err != nil {
			return invalid("idMember")
		}
	}
	return nil
}

func (st *state) findItem(lists []*checklist, id string) (*checklist, *checkItem, error) {
	for _, l := range lists {
		for _, item := range l.items {
			if item.ID == id {
				return l, item, nil
			}
		}
	}
	return nil, nil, missing(id)
}

// putItem changes an item of a card (captures/trello/checklist_can_update_the_item_state).
func (c *call) putItem() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	l, item, err := c.findItem(k.checklists, c.arg(len(c.args)-1))
	if err != nil {
		return nil, err
	}
	to, err := c.checkItem(k, l)
	if err != nil {
		return nil, err
	}
	if to != l {
		moveItem(l, to, item)
	}
	c.editItem(to, item)
	if state, given := c.p.given("state"); given {
		c.setState(k, to, item, oneOf(state, "complete", "true"))
	}
	c.touch(k)
	return renderItem(item).with("type", nil).with("creationMethod", nil), nil
}

// checkItem checks what is to change, and gives the checklist in which the item will be: another one of its card at most (Trello's API
// description, PUT cards/{id}/checkItem/{idCheckItem}: "The ID of the checklist this item is in").
func (c *call) checkItem(k *card, l *checklist) (*checklist, error) {
	if state, given := c.p.given("state"); given && !oneOf(state, "complete", "incomplete", "true", "false") {
		return nil, invalid("state")
	}
	if c.p.has("name") && (strings.TrimSpace(c.p["name"]) == "" || tooLong(c.p["name"])) {
		return nil, invalid("name")
	}
	if err := c.checkMember(); err != nil {
		return nil, err
	}
	to := l
	if id, given := c.p.given("idChecklist"); given {
		if to = c.checklists[id]; to == nil || to.IDCard != k.ID {
			return nil, invalid("idChecklist")
		}
	}
	if to != l && len(to.items) >= maxItems {
		return nil, tooManyItems()
	}
	return to, nil
}

// moveItem takes an item to another checklist. It keeps its position (a choice, as a card keeps its on another list), and comes last in
// the list of items, which Trello does not sort by position.
func moveItem(from, to *checklist, item *checkItem) {
	from.items = without(from.items, item)
	to.items, item.IDChecklist = append(to.items, item), to.ID
}

func (c *call) editItem(l *checklist, item *checkItem) {
	if name, given := c.p.given("name"); given {
		item.Name = name
	}
	if where, given := c.p.given("pos"); given {
		item.Pos = place(where, itemPositions(l, item))
	}
	if c.p.has("due") {
		item.Due = c.p.time("due")
	}
	if c.p.has("idMember") {
		item.IDMember, _ = c.p.given("idMember")
	}
}

// setState leaves updateCheckItemStateOnCard in the feed; no other change of an item does (facts/trello.md: events of check items go to
// webhooks of boards only).
func (st *state) setState(k *card, l *checklist, item *checkItem, complete bool) {
	before := item.State
	item.State = "incomplete"
	if complete {
		item.State = "complete"
	}
	if item.State == before {
		return
	}
	ref := object{{"id", item.ID}, {"name", item.Name}, {"state", item.State}}
	data := object{{"card", cardRef(k)}, {"checklist", object{{"id", l.ID}, {"name", l.Name}}}, {"checkItem", ref}, {"board", boardRef(st.boardsByID[k.IDBoard])}}
	st.record(st.boardsByID[k.IDBoard], &action{kind: "updateCheckItemStateOnCard", card: k.ID, data: data})
}

func (c *call) deleteCardItem() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.dropItem(k.checklists, c.arg(1))
}

func (c *call) getCardItem() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneItem(k.checklists)
}

func (c *call) getItem() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneItem([]*checklist{l})
}

func (c *call) oneItem(lists []*checklist) (any, error) {
	_, item, err := c.findItem(lists, c.arg(1))
	if err != nil {
		return nil, err
	}
	return renderItem(item), nil
}

func (c *call) deleteItem() (any, error) {
	l, err := find(c.checklists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.dropItem([]*checklist{l}, c.arg(1))
}

func (c *call) dropItem(lists []*checklist, id string) (any, error) {
	l, item, err := c.findItem(lists, id)
	if err != nil {
		return nil, err
	}
	l.items = slices.DeleteFunc(l.items, func(x *checkItem) bool { return x == item })
	c.touch(c.cards[l.IDCard])
	return object{{"limits", object{}}}, nil
}
