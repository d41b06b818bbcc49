package trellotest

import (
	"slices"
	"strings"
)

// postCard makes a card each time it is called: Trello knows no idempotency (facts/trello.md). The card goes to the bottom of its list;
// an empty pos puts it on top (captures/trello/can_success_create_a_card_when_due_is_time).
func (c *call) postCard() (any, error) {
	l, err := find(c.lists, c.p["idList"])
	if err != nil {
		return nil, badRequestFor(err, "idList")
	}
	var source *card
	want := Card{IDBoard: l.IDBoard, IDList: l.ID}
	if idSource, given := c.p.given("idCardSource"); given {
		if source, err = c.findCard(idSource); err != nil {
			return nil, badRequestFor(err, "idCardSource")
		}
		want = c.copyOf(source, l)
	}
	if err := c.readCard(&want); err != nil {
		return nil, err
	}
	if want.Name == "" && source == nil && c.p["urlSource"] == "" {
		return nil, invalid("name")
	}
	where := c.p["pos"]
	if c.p.has("pos") && where == "" {
		where = "top"
	}
	want.Pos = place(where, c.cardPositions(l, nil))
	k := c.addCard(l, want, source)
	if source != nil {
		c.copyParts(source, k)
	}
	o := render(keep(c.cardTable(), usualCard), k)
	return o.with("attachments", c.renderAttachments("", "", k)).with("stickers", array{}).with("limits", object{}), nil
}

// keeps reads keepFromSource, which names what is copied; nothing or "all" means everything.
func (c *call) keeps(what string) bool {
	keeps, given := c.p.given("keepFromSource")
	return !given || oneOf("all", strings.Split(keeps, ",")...) || oneOf(what, strings.Split(keeps, ",")...)
}

// copyParts copies what hangs on a card. A copied comment is an action of its own kind (captures/trello/can_get_actions_of_board:
// copyCommentCard).
func (c *call) copyParts(source, k *card) {
	if c.keeps("checklists") {
		c.copyChecklists(source, k)
	}
	if c.keeps("attachments") {
		for _, a := range source.attachments {
			one := *a
			c.addAttachment(k, &one)
		}
	}
	if !c.keeps("comments") {
		return
	}
	for _, a := range c.actionsOf(source) {
		if a.kind == "commentCard" {
			text := a.data.value("text")
			data := append(object{{"text", text}, {"idOriginalCommenter", a.author.ID}, {"cardSource", cardRef(source)}}, c.cardData(k)...)
			c.record(c.boardsByID[k.IDBoard], &action{kind: "copyCommentCard", card: k.ID, lists: []string{k.IDList}, data: data})
		}
	}
}

func (c *call) copyOf(source *card, to *List) Card {
	want := Card{IDBoard: to.IDBoard, IDList: to.ID, Name: source.Name, Desc: source.Desc}
	if c.keeps("due") {
		want.Due = source.Due
	}
	if c.keeps("start") {
		want.Start = source.Start
	}
	if c.keeps("members") {
		want.IDMembers = source.IDMembers
	}
	if c.keeps("labels") && source.IDBoard == to.IDBoard {
		want.IDLabels = source.IDLabels
	}
	return want
}

// readCard takes the parameters that POST and PUT share. Labels are checked against the board that the card will be on.
func (c *call) readCard(want *Card) error {
	if err := c.checkTexts("name", "desc"); err != nil {
		return err
	}
	if name, given := c.p["name"]; given && name != "" {
		want.Name = name
	}
	if desc, given := c.p["desc"]; given {
		want.Desc = desc
	}
	if c.p.has("due") {
		want.Due = c.p.time("due")
	}
	if c.p.has("start") {
		want.Start = c.p.time("start")
	}
	if c.p.has("idAttachmentCover") {
		want.IDAttachmentCover, _ = c.p.given("idAttachmentCover")
	}
	want.DueComplete = c.p.flag("dueComplete", want.DueComplete)
	if c.p.has("idLabels") {
		want.IDLabels = c.p.list("idLabels")
		if err := c.checkLabels(want.IDLabels, want.IDBoard); err != nil {
			return err
		}
	}
	if c.p.has("idMembers") {
		want.IDMembers = c.p.list("idMembers")
		return c.checkMembers(want.IDMembers, want.IDBoard)
	}
	return nil
}

// checkLabels refuses a label twice with "label not found" (facts/trello.md, "schema drift") and one that is not on the board.
func (c *call) checkLabels(idLabels []string, idBoard string) error {
	seen := map[string]bool{}
	for _, id := range idLabels {
		if seen[id] {
			return bad("label not found")
		}
		seen[id] = true
		if l := c.labels[id]; l == nil || l.IDBoard != idBoard {
			return invalid("idLabels")
		}
	}
	return nil
}

// checkMembers refuses whoever does not exist or is not on the board.
func (c *call) checkMembers(idMembers []string, idBoard string) error {
	for _, id := range idMembers {
		if m, err := c.findMember(id); err != nil || m.ID != id || oneOf(id, c.boardsByID[idBoard].left...) {
			return invalid("idMembers")
		}
	}
	return nil
}

// putCard changes a card. An empty or null due clears it. A move within a board keeps the position (captures/trello/
// can_move_a_card_to_another_list).
func (c *call) putCard() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	want := k.Card
	if err := c.readPlace(k, &want); err != nil {
		return nil, err
	}
	if c.p.has("name") && strings.TrimSpace(c.p["name"]) == "" {
		return nil, invalid("name")
	}
	if err := c.readCard(&want); err != nil {
		return nil, err
	}
	want.Closed = c.p.flag("closed", want.Closed)
	c.changeCard(k, want)
	return render(keep(c.cardTable(), usualCard), k), nil
}

// readPlace takes idBoard, idList and pos. A card that changes boards goes to the list given or the first open one, to its bottom
// (captures/trello/can_move_a_card_to_another_board_without_specific_list).
func (c *call) readPlace(k *card, want *Card) error {
	if idBoard, given := c.p.given("idBoard"); given && idBoard != k.IDBoard {
		b, err := c.findBoard(idBoard)
		if err != nil {
			return badRequestFor(err, "idBoard")
		}
		lists := filterLists(b, "open")
		if len(lists) == 0 {
			return invalid("idBoard")
		}
		want.IDBoard, want.IDList = b.ID, lists[0].ID
	}
	if idList, given := c.p.given("idList"); given {
		if l := c.lists[idList]; l == nil || l.IDBoard != want.IDBoard {
			return invalid("idList")
		}
		want.IDList = idList
	}
	l := c.lists[want.IDList]
	if want.IDBoard != k.IDBoard {
		want.Pos = place("bottom", c.cardPositions(l, k))
	}
	if where, given := c.p.given("pos"); given {
		want.Pos = place(where, c.cardPositions(l, k))
	}
	return nil
}

// deleteCard answers as captures/trello/can_success_delete_card.
func (c *call) deleteCard() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	c.removeCard(k)
	return object{{"limits", object{}}}, nil
}

// postCardMember answers with the card's members, deleteCardMember too (captures/trello/can_add_a_member_to_a_card).
func (c *call) postCardMember() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	m, err := c.findMember(c.p["value"])
	if err != nil || oneOf(m.ID, c.boardsByID[k.IDBoard].left...) {
		return nil, invalid("value")
	}
	if slices.Contains(k.IDMembers, m.ID) {
		return nil, bad("member is already on the card")
	}
	want := k.Card
	want.IDMembers = append(slices.Clone(want.IDMembers), m.ID)
	c.changeCard(k, want)
	return c.renderMembers("", c.membersOf(k)), nil
}

func (c *call) deleteCardMember() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(k.IDMembers, c.arg(1)) {
		return nil, bad("member is not on the card")
	}
	want := k.Card
	want.IDMembers = without(want.IDMembers, c.arg(1))
	c.changeCard(k, want)
	return c.renderMembers("", c.membersOf(k)), nil
}
