package trellotest

import (
	"cmp"
	"slices"
	"strings"
)

// makeList makes a list that leaves no action, as those that a new board begins with (captures/trello/can_get_actions_of_members: "IT 99").
func (st *state) makeList(b *board, name, where string) *List {
	l := &List{ID: st.newID(), IDBoard: b.ID, Name: name, Pos: place(where, listPositions(b, nil))}
	b.lists = append(b.lists, l)
	st.lists[l.ID] = l
	return l
}

func (st *state) addList(b *board, name, where string) *List {
	l := st.makeList(b, name, where)
	st.record(b, &action{kind: "createList", lists: []string{l.ID}, data: object{{"list", listRef(l)}, {"board", boardRef(b)}}})
	b.DateLastActivity = st.later(b.DateLastActivity)
	return l
}

func listPositions(b *board, but *List) []float64 {
	var all []float64
	for _, l := range b.lists {
		if l != but {
			all = append(all, l.Pos)
		}
	}
	return all
}

// changeList makes a list as wanted. Closing it leaves its cards open. Moving it to another board takes its cards along.
func (st *state) changeList(l *List, want List) {
	if want.IDBoard != l.IDBoard {
		st.moveListToBoard(l, st.boardsByID[want.IDBoard])
	}
	b := st.boardsByID[l.IDBoard]
	changed := func(name string, before, after any) {
		data := object{{"list", append(object{{name, after}}, listRef(l)...)}, {"board", boardRef(b)}, {"old", object{{name, before}}}}
		st.record(b, &action{kind: "updateList", changed: name, lists: []string{l.ID}, data: data})
		b.DateLastActivity = st.later(b.DateLastActivity)
	}
	if old := l.Name; old != want.Name {
		l.Name = want.Name
		changed("name", old, want.Name)
	}
	if old := l.Closed; old != want.Closed {
		l.Closed = want.Closed
		changed("closed", old, want.Closed)
	}
	if old := l.Pos; old != want.Pos {
		l.Pos = want.Pos
		changed("pos", old, want.Pos)
	}
}

func (st *state) moveListToBoard(l *List, to *board) {
	from := st.boardsByID[l.IDBoard]
	st.record(from, &action{kind: "moveListFromBoard", lists: []string{l.ID}, data: object{{"list", listRef(l)}, {"boardTarget", object{{"id", to.ID}}}, {"board", boardRef(from)}}})
	from.lists, to.lists = without(from.lists, l), append(to.lists, l)
	l.IDBoard = to.ID
	st.record(to, &action{kind: "moveListToBoard", lists: []string{l.ID}, data: object{{"list", listRef(l)}, {"boardSource", object{{"id", from.ID}}}, {"board", boardRef(to)}}})
	for _, c := range slices.Clone(from.cards) {
		if c.IDList == l.ID {
			st.carry(c, from, to)
			st.touch(c)
		}
	}
}

// listTable has the fields of captures/trello/can_get_lists_of_board and can_get_comments_list.
func listTable() []field[*List] {
	return []field[*List]{
		{"id", func(l *List) any { return l.ID }},
		{"name", func(l *List) any { return l.Name }},
		{"closed", func(l *List) any { return l.Closed }},
		{"pos", func(l *List) any { return l.Pos }},
		{"softLimit", func(*List) any { return nil }},
		{"idBoard", func(l *List) any { return l.IDBoard }},
		{"subscribed", func(*List) any { return false }},
		{"creationMethod", func(*List) any { return nil }},
		{"limits", func(*List) any { return object{} }},
	}
}

// usualList are the fields of a single list, usualLists those of many (captures/trello/list_find_with_id_and_get_all_fields,
// can_get_lists_of_board).
func usualList(name string) bool { return only("id", "name", "closed", "pos", "idBoard")(name) }

func usualLists(name string) bool { return except("creationMethod", "limits")(name) }

func (c *call) renderLists(fields string, all []*List) []object {
	return renderAll(choose(c, listTable(), fields, usualLists), all)
}

// filterLists gives a board's lists from left to right: "open" (also for an empty filter), "closed", "all" or "none".
func filterLists(b *board, filter string) []*List {
	kept := keepAll(b.lists, func(l *List) bool {
		switch filter {
		case "all":
			return true
		case "closed":
			return l.Closed
		case "none":
			return false
		}
		return !l.Closed
	})
	slices.SortStableFunc(kept, func(x, y *List) int { return cmp.Or(cmp.Compare(x.Pos, y.Pos), cmp.Compare(x.ID, y.ID)) })
	return kept
}

func (c *call) boardLists() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	filter := c.p["filter"]
	if len(c.args) > 1 {
		filter = c.arg(1)
	}
	if !oneOf(filter, "", "open", "closed", "all", "none") {
		return nil, invalid("filter")
	}
	chosen := filterLists(b, filter)
	objects := c.renderLists(c.p["fields"], chosen)
	if cards, asked := c.nested("cards"); asked {
		for i, l := range chosen {
			onList := keepAll(c.filterCards(b, cards), func(k *card) bool { return k.IDList == l.ID })
			objects[i] = objects[i].with("cards", c.renderCards(c.p["card_fields"], onList))
		}
	}
	return objects, nil
}

func oneOf(s string, all ...string) bool { return slices.Contains(all, s) }

// postList puts a new list on top unless told otherwise (captures/trello/can_success_create_a_list).
func (c *call) postList() (any, error) { return c.newList("idBoard", c.p["idBoard"]) }

func (c *call) postBoardList() (any, error) {
	if _, err := c.findBoard(c.arg(0)); err != nil {
		return nil, err
	}
	return c.newList("id", c.arg(0))
}

func (c *call) newList(parameter, idBoard string) (any, error) {
	b, err := c.findBoard(idBoard)
	if err != nil {
		return nil, badRequestFor(err, parameter)
	}
	name := c.p["name"]
	if strings.TrimSpace(name) == "" || tooLong(name) {
		return nil, invalid("name")
	}
	where, given := c.p.given("pos")
	if !given {
		where = "top"
	}
	l := c.addList(b, name, where)
	return render(keep(listTable(), usualList), l).with("limits", object{}), nil
}

func (c *call) getList() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	o := render(choose(c, listTable(), c.p["fields"], usualList), l)
	b := c.boardsByID[l.IDBoard]
	if filter, asked := c.nested("cards"); asked {
		o = o.with("cards", c.renderCards(c.p["card_fields"], onList(c.filterCards(b, filter), l)))
	}
	if _, asked := c.nested("board"); asked {
		o = o.with("board", render(choose(c, c.boardTable(), c.p["board_fields"], usualBoard), b))
	}
	return o, nil
}

func onList(cards []*card, l *List) []*card {
	return keepAll(cards, func(k *card) bool { return k.IDList == l.ID })
}

func (c *call) listField() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return one(listTable(), c.arg(1), l)
}

func (c *call) listBoard() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneBoard(l.IDBoard)
}

func (c *call) putList() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	want := *l
	if c.p.has("name") {
		if want.Name = c.p["name"]; strings.TrimSpace(want.Name) == "" || tooLong(want.Name) {
			return nil, invalid("name")
		}
	}
	if idBoard, given := c.p.given("idBoard"); given {
		if _, err := c.findBoard(idBoard); err != nil {
			return nil, badRequestFor(err, "idBoard")
		}
		want.IDBoard = idBoard
	}
	want.Closed = c.p.flag("closed", want.Closed)
	if where, given := c.p.given("pos"); given {
		want.Pos = place(where, listPositions(c.boardsByID[want.IDBoard], l))
	}
	c.changeList(l, want)
	return render(keep(listTable(), usualList), l), nil
}

func (c *call) listCards() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	filter, err := c.cardFilter("open")
	if err != nil {
		return nil, err
	}
	cards := page(c.p, onList(c.filterCards(c.boardsByID[l.IDBoard], filter), l), cardID)
	if err := c.tooMany(cards); err != nil {
		return nil, err
	}
	return c.renderCards(c.p["fields"], cards), nil
}

// archiveAllCards answers without the cards (captures/trello/can_arvhice_all_cards_of_list).
func (c *call) archiveAllCards() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	for _, k := range onList(c.filterCards(c.boardsByID[l.IDBoard], "open"), l) {
		want := k.Card
		want.Closed = true
		c.changeCard(k, want)
	}
	return object{}, nil
}

// moveAllCards answers with the open cards' new places (captures/trello/can_move_all_cards_to_another_list).
func (c *call) moveAllCards() (any, error) {
	from, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	to, err := find(c.lists, c.p["idList"])
	if err != nil {
		return nil, badRequestFor(err, "idList")
	}
	if to.IDBoard != c.p["idBoard"] {
		return nil, invalid("idBoard")
	}
	moved := []object{}
	for _, k := range onList(c.filterCards(c.boardsByID[from.IDBoard], "open"), from) {
		want := k.Card
		want.IDBoard, want.IDList = to.IDBoard, to.ID
		want.Pos = place("bottom", c.cardPositions(to, k))
		c.changeCard(k, want)
		moved = append(moved, object{{"id", k.ID}, {"idBoard", k.IDBoard}, {"idList", k.IDList}, {"pos", k.Pos}})
	}
	return moved, nil
}
