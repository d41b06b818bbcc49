package trellotest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filterCards gives a board's cards: "all", "closed", "none", "visible" (open, on an open list) or "open" (open, on any list). They come by
// list and then by position, which is the board read from left to right.
func (st *state) filterCards(b *board, filter string) []*card {
	kept := keepAll(b.cards, func(c *card) bool {
		switch filter {
		case "all":
			return true
		case "closed":
			return c.Closed
		case "none":
			return false
		case "visible":
			return !c.Closed && !st.lists[c.IDList].Closed
		}
		return !c.Closed
	})
	slices.SortStableFunc(kept, func(x, y *card) int {
		a, b := st.lists[x.IDList], st.lists[y.IDList]
		return cmp.Or(cmp.Compare(a.Pos, b.Pos), cmp.Compare(a.ID, b.ID), cmp.Compare(x.Pos, y.Pos), cmp.Compare(x.ID, y.ID))
	})
	return kept
}

// cardFilter reads the filter of the path or of the parameter.
func (c *call) cardFilter(otherwise string) (string, error) {
	filter, given := c.p.given("filter")
	if len(c.args) > 1 {
		filter, given = c.arg(1), true
	}
	if !given {
		return otherwise, nil
	}
	if !oneOf(filter, "all", "open", "closed", "visible", "none") {
		return "", invalid("filter")
	}
	return filter, nil
}

// cardTable has the fields of captures/trello/card_find_with_id_and_get_all_fields and can_get_comments_card, of 2022.
func (st *state) cardTable() []field[*card] {
	null := func(*card) any { return nil }
	no := func(*card) any { return false }
	return []field[*card]{
		{"id", func(c *card) any { return c.ID }},
		{"address", null},
		{"checkItemStates", func(c *card) any { return itemStates(c) }},
		{"closed", func(c *card) any { return c.Closed }},
		{"coordinates", null},
		{"creationMethod", null},
		{"dateLastActivity", func(c *card) any { return c.DateLastActivity }},
		{"desc", func(c *card) any { return c.Desc }},
		{"descData", func(c *card) any { return descData(c.Desc) }},
		{"dueReminder", null},
		{"idBoard", func(c *card) any { return c.IDBoard }},
		{"idList", func(c *card) any { return c.IDList }},
		{"idMembersVoted", func(c *card) any { return c.voters }},
		{"idShort", func(c *card) any { return c.IDShort }},
		{"idAttachmentCover", func(c *card) any { return orNull(c.IDAttachmentCover) }},
		{"idLabels", func(c *card) any { return c.IDLabels }},
		{"locationName", null},
		{"manualCoverAttachment", no},
		{"name", func(c *card) any { return c.Name }},
		{"pos", func(c *card) any { return c.Pos }},
		{"shortLink", func(c *card) any { return c.ShortLink }},
		{"isTemplate", no},
		{"cardRole", null},
		{"badges", func(c *card) any { return badges(c) }},
		{"dueComplete", func(c *card) any { return c.DueComplete }},
		{"due", func(c *card) any { return c.Due }},
		{"email", null},
		{"idChecklists", func(c *card) any { return checklistIDs(c) }},
		{"idMembers", func(c *card) any { return c.IDMembers }},
		{"labels", func(c *card) any { return st.labelsOf(c) }},
		{"limits", func(*card) any { return object{} }},
		{"shortUrl", func(c *card) any { return cardURL(c) }},
		{"staticMapUrl", null},
		{"start", func(c *card) any { return c.Start }},
		{"subscribed", no},
		{"url", func(c *card) any {
			return cardURL(c) + "/" + strings.TrimSuffix(strconv.Itoa(c.IDShort)+"-"+slug(c.Name), "-")
		}},
		{"cover", func(c *card) any { return cover(c) }},
	}
}

// usualCard are the fields of a single card, usualCards those of many: without an email address, and with null for checkItemStates
// (captures/trello/can_get_cards_of_board).
func usualCard(name string) bool {
	return except("address", "coordinates", "creationMethod", "locationName", "staticMapUrl", "limits")(name)
}

func usualCards(name string) bool { return usualCard(name) && name != "email" }

func cardURL(c *card) string { return "https://trello.com/c/" + c.ShortLink }

func cover(c *card) object {
	return object{{"idAttachment", orNull(c.IDAttachmentCover)}, {"color", nil}, {"idUploadedBackground", nil}, {"size", "normal"}, {"brightness", "light"}}
}

func badges(c *card) object {
	items, checked, earliest := 0, 0, time.Time{}
	for _, list := range c.checklists {
		for _, item := range list.items {
			items++
			if item.State == "complete" {
				checked++
			} else if !item.Due.IsZero() && (earliest.IsZero() || item.Due.Before(earliest)) {
				earliest = item.Due
			}
		}
	}
	return object{
		{"attachmentsByType", object{{"trello", object{{"board", 0}, {"card", 0}}}}},
		{"location", false}, {"votes", len(c.voters)}, {"viewingMemberVoted", false}, {"subscribed", false}, {"fogbugz", ""},
		{"checkItems", items}, {"checkItemsChecked", checked}, {"checkItemsEarliestDue", earliest},
		{"comments", c.comments}, {"attachments", len(c.attachments)}, {"description", c.Desc != ""},
		{"due", c.Due}, {"dueComplete", c.DueComplete}, {"start", c.Start},
	}
}

// renderCards answers with many cards and, with each, what the parameters nest in it.
func (c *call) renderCards(fields string, cards []*card) []object {
	return c.renderCardsAs(fields, cards, usualCards)
}

func (c *call) renderCardsAs(fields string, cards []*card, usual func(string) bool) []object {
	chosen := choose(c, c.cardTable(), fields, usual)
	for i, f := range chosen {
		if f.name == "checkItemStates" {
			chosen[i].get = func(*card) any { return nil }
		}
	}
	objects := renderAll(chosen, cards)
	if len(c.args) > 0 && c.p["cards"] != "" {
		return objects // nested themselves: the parameters speak of what is around them
	}
	for i, k := range cards {
		objects[i] = c.nestInCard(objects[i], k)
	}
	return objects
}

func (c *call) nestInCard(o object, k *card) object {
	if _, asked := c.nested("members"); asked {
		o = o.with("members", c.renderMembers(c.p["member_fields"], c.membersOf(k)))
	}
	if _, asked := c.nested("checklists"); asked {
		o = o.with("checklists", c.checklistsOf(params{}, []*card{k}))
	}
	if filter, asked := c.nested("actions"); asked {
		o = o.with("actions", c.renderActions(c.p.feedOf(filter), c.actionsOf(k)))
	}
	if filter, asked := c.nested("attachments"); asked {
		o = o.with("attachments", c.renderAttachments(c.p["attachment_fields"], filter, k))
	}
	if _, asked := c.nested("customFieldItems"); asked {
		o = o.with("customFieldItems", renderFieldItems(k))
	}
	if _, asked := c.nested("pluginData"); asked {
		o = o.with("pluginData", k.pluginData)
	}
	for _, none := range []string{"stickers", "membersVoted"} {
		if _, asked := c.nested(none); asked {
			o = o.with(none, array{})
		}
	}
	return o
}

func (c *call) getCard() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	o := c.nestInCard(render(choose(c, c.cardTable(), c.p["fields"], usualCard), k), k)
	if _, asked := c.nested("board"); asked {
		o = o.with("board", render(choose(c, c.boardTable(), c.p["board_fields"], usualBoard), c.boardsByID[k.IDBoard]))
	}
	if _, asked := c.nested("list"); asked {
		o = o.with("list", render(choose(c, listTable(), c.p["list_fields"], usualList), c.lists[k.IDList]))
	}
	return o, nil
}

func (c *call) cardField() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return one(c.cardTable(), c.arg(1), k)
}

// boardCards answers boards/{id}/cards, …/cards/{filter} and …/cards/{idCard}. Without a filter the visible ones come.
func (c *call) boardCards() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if len(c.args) > 1 && (isID(c.arg(1)) || isLink(c.arg(1))) {
		return c.cardOfBoard(b, c.arg(1))
	}
	filter, err := c.cardFilter("visible")
	if err != nil {
		return nil, err
	}
	if c.p.number("limit", 0) > maxPage {
		return nil, invalid("limit")
	}
	cards := page(c.p, c.filterCards(b, filter), cardID)
	if err := c.tooMany(cards); err != nil {
		return nil, err
	}
	return c.renderCards(c.p["fields"], cards), nil
}

// tooMany refuses to give many cards with their actions (Trello's guide to rate limits, "Response Size Limits"; clients saw it as a 403, on
// a board of 1,168 cards), and more than Options.MaxCards (a client saw it on boards of 3,000 cards without actions). That the first bound
// is 1,000, and the words of the message, are a choice.
func (c *call) tooMany(cards []*card) error {
	_, actions := c.nested("actions")
	bound := c.server.options.MaxCards
	if actions && len(cards) > maxPage || bound > 0 && len(cards) > bound {
		return &apiError{status: http.StatusForbidden, text: "Too many cards requested", json: "API_TOO_MANY_CARDS_REQUESTED"}
	}
	return nil
}

// maxPage is the largest `limit` (facts/trello.md, "paging").
const maxPage = 1000

func (c *call) cardOfBoard(b *board, id string) (any, error) {
	k, err := c.findCard(id)
	if err != nil {
		return nil, err
	}
	if k.IDBoard != b.ID {
		return nil, notFound()
	}
	return render(choose(c, c.cardTable(), c.p["fields"], usualCard), k), nil
}

func (c *call) cardBoard() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneBoard(k.IDBoard)
}

func (c *call) cardList() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return render(choose(c, listTable(), c.p["fields"], everything), c.lists[k.IDList]), nil
}

// noneOfCard answers with an empty list what this server does not keep.
func (c *call) noneOfCard() (any, error) {
	if _, err := c.findCard(c.arg(0)); err != nil {
		return nil, err
	}
	return array{}, nil
}
