package trellotest

import (
	"slices"
	"time"
)

// addCard makes a card of the wanted data. Its actions come in the order that was recorded: what was set beside the name first, then
// createCard (captures/trello/can_get_actions_of_board). With a source it is copyCard instead.
func (st *state) addCard(l *List, want Card, source *card) *card {
	c := st.placeCard(l, want)
	if !c.Due.IsZero() {
		st.recordCardChange(c, "due", time.Time{}, c.Due)
	}
	for _, m := range c.IDMembers {
		st.recordMember(c, "addMemberToCard", m)
	}
	st.recordCreation(c, source)
	st.touch(c)
	return c
}

// placeCard puts a new card on a list and leaves no action.
func (st *state) placeCard(l *List, want Card) *card {
	b := st.boardsByID[l.IDBoard]
	c := &card{Card: want}
	c.ID, c.ShortLink, c.IDBoard, c.IDList = st.newID(), st.newLink(), b.ID, l.ID
	b.lastShort++
	c.IDShort = b.lastShort
	c.IDLabels, c.IDMembers = slices.Clone(want.IDLabels), slices.Clone(want.IDMembers)
	b.cards = append(b.cards, c)
	st.cards[c.ID], st.byLink[c.ShortLink] = c, c
	c.DateLastActivity = st.now
	return c
}

func (st *state) recordCreation(c, source *card) {
	kind, data := "createCard", st.cardData(c)
	if source != nil {
		kind, data = "copyCard", data.with("cardSource", cardRef(source))
	}
	st.record(st.boardsByID[c.IDBoard], &action{kind: kind, card: c.ID, lists: []string{c.IDList}, data: data})
}

// touch moves the card's and its board's dateLastActivity, as every change of a card does, labels included (captures/trello/
// can_remove_label_on_a_card shows the time of the label that was put on before).
func (st *state) touch(c *card) {
	c.DateLastActivity = st.later(c.DateLastActivity)
	b := st.boardsByID[c.IDBoard]
	b.DateLastActivity = st.later(b.DateLastActivity)
}

// changeCard makes a card as wanted: one action per field, one step of dateLastActivity, nothing at all when nothing differs. Labels and
// members leave no updateCard; labels leave no action at all (captures/trello/can_get_actions_of_board has a card made with two).
func (st *state) changeCard(c *card, want Card) {
	before, moved := c.Card, want.IDBoard != c.IDBoard
	if moved {
		st.carry(c, st.boardsByID[c.IDBoard], st.boardsByID[want.IDBoard])
		from, fromList := st.boardsByID[before.IDBoard], before.IDList
		before.IDList, before.IDBoard = want.IDList, want.IDBoard
		c.IDList = want.IDList
		st.recordMoves(c, from, fromList)
		want.IDLabels = keepAll(want.IDLabels, func(id string) bool { return st.labels[id].IDBoard == want.IDBoard })
		to := st.boardsByID[want.IDBoard] // members of the old board alone are taken off, as Trello's help says of moving cards
		want.IDMembers = keepAll(want.IDMembers, func(id string) bool { return !oneOf(id, to.left...) })
	}
	shortLink, short, created := c.ShortLink, c.IDShort, c.ID
	last := c.DateLastActivity
	c.Card = want
	c.ShortLink, c.IDShort, c.ID, c.DateLastActivity = shortLink, short, created, last
	c.IDLabels, c.IDMembers = slices.Clone(want.IDLabels), slices.Clone(want.IDMembers)
	recorded := st.recordDifferences(c, before)
	if moved || recorded || !slices.Equal(before.IDLabels, c.IDLabels) {
		st.touch(c)
	}
}

// recordDifferences records an action for each field that differs, and says whether one does.
func (st *state) recordDifferences(c *card, old Card) bool {
	recorded := false
	differ := func(name string, before, after any, different bool) {
		if different {
			st.recordCardChange(c, name, before, after)
			recorded = true
		}
	}
	differ("name", old.Name, c.Name, old.Name != c.Name)
	differ("desc", old.Desc, c.Desc, old.Desc != c.Desc)
	differ("idList", old.IDList, c.IDList, old.IDList != c.IDList)
	differ("due", old.Due, c.Due, !old.Due.Equal(c.Due))
	differ("start", old.Start, c.Start, !old.Start.Equal(c.Start))
	differ("dueComplete", old.DueComplete, c.DueComplete, old.DueComplete != c.DueComplete)
	differ("closed", old.Closed, c.Closed, old.Closed != c.Closed)
	differ("pos", old.Pos, c.Pos, old.Pos != c.Pos)
	for _, m := range c.IDMembers {
		if !slices.Contains(old.IDMembers, m) {
			st.recordMember(c, "addMemberToCard", m)
			recorded = true
		}
	}
	for _, m := range old.IDMembers {
		if !slices.Contains(c.IDMembers, m) {
			st.recordMember(c, "removeMemberFromCard", m)
			recorded = true
		}
	}
	return recorded
}

// carry takes a card to another board. It gets that board's next number, and loses the old board's labels.
func (st *state) carry(c *card, from, to *board) {
	from.cards, to.cards = without(from.cards, c), append(to.cards, c)
	to.lastShort++
	c.IDBoard, c.IDShort = to.ID, to.lastShort
	c.IDLabels = nil
	st.carryItems(c, to)
	for _, list := range c.checklists {
		list.IDBoard = to.ID
	}
}

// recordMoves tells the old board where the card went and the new one where it came from (Trello's documentation, "Action types"); the
// actions of before stay in the feed of the old one (a choice).
func (st *state) recordMoves(c *card, from *board, fromList string) {
	to := st.boardsByID[c.IDBoard]
	left := object{{"boardTarget", object{{"id", to.ID}}}, {"card", cardRef(c)}, {"board", boardRef(from)}, {"list", listRef(st.lists[fromList])}}
	st.record(from, &action{kind: "moveCardFromBoard", card: c.ID, lists: []string{fromList}, data: left})
	came := append(object{{"boardSource", object{{"id", from.ID}}}}, st.cardData(c)...)
	st.record(to, &action{kind: "moveCardToBoard", card: c.ID, lists: []string{c.IDList}, data: came})
}

// removeCard deletes a card for good. Its actions leave the feeds, and deleteCard carries no name (captures/trello/
// can_get_actions_of_board).
func (st *state) removeCard(c *card) {
	b := st.boardsByID[c.IDBoard]
	ref := object{{"id", c.ID}, {"idShort", c.IDShort}, {"shortLink", c.ShortLink}}
	data := object{{"card", ref}, {"list", listRef(st.lists[c.IDList])}, {"board", boardRef(b)}}
	st.forgetCard(b, c)
	st.record(b, &action{kind: "deleteCard", lists: []string{c.IDList}, data: data})
	b.DateLastActivity = st.later(b.DateLastActivity)
}

func (st *state) forgetCard(b *board, c *card) {
	for _, each := range st.boards {
		each.actions = slices.DeleteFunc(each.actions, func(a *action) bool {
			if a.card == c.ID {
				delete(st.actions, a.id)
			}
			return a.card == c.ID
		})
	}
	for _, list := range c.checklists {
		delete(st.checklists, list.ID)
	}
	b.cards = without(b.cards, c)
	delete(st.cards, c.ID)
	delete(st.byLink, c.ShortLink)
}

func (st *state) cardPositions(l *List, but *card) []float64 {
	var all []float64
	for _, c := range st.boardsByID[l.IDBoard].cards {
		if c.IDList == l.ID && c != but {
			all = append(all, c.Pos)
		}
	}
	return all
}

func cardID(c *card) string { return c.ID }
