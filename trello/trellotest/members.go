package trellotest

import "strings"

// authorTable has a member's fields as they come with actions and cards (captures/trello/can_add_a_member_to_a_card).
func authorTable() []field[*Member] {
	null := func(*Member) any { return nil }
	return []field[*Member]{
		{"id", func(m *Member) any { return m.ID }},
		{"username", func(m *Member) any { return m.Username }},
		{"activityBlocked", func(*Member) any { return false }},
		{"avatarHash", null},
		{"avatarUrl", null},
		{"fullName", func(m *Member) any { return m.FullName }},
		{"idMemberReferrer", null},
		{"initials", func(m *Member) any { return initials(m.FullName) }},
		{"nonPublic", func(*Member) any { return object{} }},
		{"nonPublicAvailable", func(*Member) any { return true }},
	}
}

// memberTable has the fields of captures/trello/member_find_with_id_and_get_all_fields.
func (st *state) memberTable() []field[*Member] {
	table := authorTable()
	fixed := func(name string, value any) {
		table = append(table, field[*Member]{name, func(*Member) any { return value }})
	}
	for _, name := range []string{"idEnterprise", "aaBlockSyncUntil", "aaEmail", "aaEnrolledDate", "aaId", "domainClaimed", "gravatarHash", "siftDecision", "uploadedAvatarHash", "uploadedAvatarUrl"} {
		fixed(name, nil)
	}
	for _, name := range []string{"idEnterprisesDeactivated", "idPremOrgsAdmin", "products", "idOrganizations", "idEnterprisesAdmin", "loginTypes", "messagesDismissed", "oneTimeMessagesDismissed", "trophies", "premiumFeatures"} {
		fixed(name, array{})
	}
	for _, name := range []string{"bioData", "marketingOptIn", "limits"} {
		fixed(name, object{})
	}
	fixed("bio", "")
	fixed("confirmed", true)
	fixed("status", "disconnected")
	fixed("avatarSource", "none")
	fixed("credentialsRemovedCount", 0)
	fixed("isAaMastered", true)
	fixed("ixUpdate", "1")
	fixed("prefs", object{{"privacy", object{{"fullName", "public"}, {"avatar", "public"}}}, {"sendSummaries", true}, {"minutesBetweenSummaries", 60}, {"minutesBeforeDeadlineToNotify", 1440}, {"colorBlind", false}, {"locale", "en-US"}})
	return append(table,
		field[*Member]{"memberType", memberType},
		field[*Member]{"email", func(m *Member) any { return m.Username + "@example.com" }},
		field[*Member]{"url", func(m *Member) any { return "https://trello.com/" + m.Username }},
		field[*Member]{"idBoards", func(*Member) any { return boardIDs(st.boards) }})
}

// memberType is "normal", or "ghost" for somebody who was only invited (Trello's changelog).
func memberType(m *Member) any {
	if m.Ghost {
		return "ghost"
	}
	return "normal"
}

func boardIDs(boards []*board) []string {
	all := make([]string, len(boards))
	for i, b := range boards {
		all[i] = b.ID
	}
	return all
}

// initials are the first letters of a full name's words.
func initials(fullName string) string {
	var b strings.Builder
	for _, word := range strings.Fields(fullName) {
		b.WriteString(string([]rune(word)[:1]))
	}
	return strings.ToUpper(b.String())
}

func (c *call) renderMembers(fields string, members []*Member) []object {
	return renderAll(choose(c, c.memberTable(), fields, func(name string) bool {
		for _, f := range authorTable() {
			if f.name == name {
				return true
			}
		}
		return false
	}), members)
}

func (st *state) membersOf(c *card) []*Member {
	var all []*Member
	for _, id := range c.IDMembers {
		if m, err := st.findMember(id); err == nil {
			all = append(all, m)
		}
	}
	return all
}

// memberships: everybody who has not left is on every board, the first member as its administrator.
func (st *state) memberships(b *board) []object {
	members := st.membersOn(b)
	all := make([]object, len(members))
	for i, m := range members {
		memberType := "normal"
		if i == 0 {
			memberType = "admin"
		}
		if m == st.members[0] && b.rights == MayRead { // the token's member
			memberType = "observer"
		}
		all[i] = object{{"idMember", m.ID}, {"memberType", memberType}, {"unconfirmed", false}, {"deactivated", false}, {"id", b.ID[:8] + m.ID[8:]}}
	}
	return all
}

func (c *call) getMember() (any, error) {
	m, err := c.findMember(c.arg(0))
	if err != nil {
		return nil, err
	}
	o := render(choose(c, c.memberTable(), c.p["fields"], everything), m)
	if filter, asked := c.nested("boards"); asked {
		o = o.with("boards", c.renderBoards(c.p["board_fields"], everything, keepAll(filterBoards(c.boards, filter), func(b *board) bool { return b.rights != MayNothing })))
	}
	return o, nil
}

func (c *call) memberField() (any, error) {
	m, err := c.findMember(c.arg(0))
	if err != nil {
		return nil, err
	}
	return one(c.memberTable(), c.arg(1), m)
}

// filterBoards knows "open" and "closed"; nothing is starred or public; every other filter means all.
func filterBoards(boards []*board, filter string) []*board {
	return keepAll(boards, func(b *board) bool {
		switch filter {
		case "open":
			return !b.Closed
		case "closed":
			return b.Closed
		case "none", "starred", "public", "organization", "pinned", "unpinned":
			return false
		}
		return true
	})
}

// memberBoards gives all boards unless filtered (captures/trello/can_success_return_all_boards_of_current_user).
func (c *call) memberBoards() (any, error) {
	if _, err := c.findMember(c.arg(0)); err != nil {
		return nil, err
	}
	filter := c.p["filter"]
	if len(c.args) > 1 {
		filter = c.arg(1)
	}
	boards := keepAll(filterBoards(c.boards, filter), func(b *board) bool { return b.rights != MayNothing })
	objects := c.renderBoards(c.p["fields"], everything, boards)
	if lists, asked := c.nested("lists"); asked {
		for i, b := range boards {
			objects[i] = objects[i].with("lists", c.renderLists("", filterLists(b, lists)))
		}
	}
	return objects, nil
}

// memberCards gives the cards that the member is on, with the field email (captures/trello/can_get_cards_of_member).
func (c *call) memberCards() (any, error) {
	m, err := c.findMember(c.arg(0))
	if err != nil {
		return nil, err
	}
	filter, err := c.cardFilter("visible")
	if err != nil {
		return nil, err
	}
	var cards []*card
	for _, b := range c.boards {
		cards = append(cards, keepAll(c.filterCards(b, filter), func(k *card) bool { return oneOf(m.ID, k.IDMembers...) })...)
	}
	return c.renderCardsAs(c.p["fields"], page(c.p, cards, cardID), usualCard), nil
}

func (c *call) noneOfMember() (any, error) {
	if _, err := c.findMember(c.arg(0)); err != nil {
		return nil, err
	}
	return array{}, nil
}

// boardMembers gives three fields of each (captures/trello/can_get_members_of_board).
func (c *call) boardMembers() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return renderAll(choose(c, c.memberTable(), c.p["fields"], only("id", "username", "fullName")), c.membersOn(b)), nil
}

func (c *call) boardMemberships() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.memberships(b), nil
}

func (c *call) cardMembers() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderMembers(c.p["fields"], c.membersOf(k)), nil
}

// getToken answers as captures/trello/token_find_with_token_string, for the accepted token only.
func (c *call) getToken() (any, error) {
	if c.arg(0) != c.server.options.Token {
		return nil, notFound()
	}
	owner := c.members[0]
	permission := func(model, kind string) object {
		return object{{"idModel", model}, {"modelType", kind}, {"read", true}, {"write", true}}
	}
	o := object{
		{"id", "5c0000000000000000000002"}, {"identifier", "Server Token"}, {"idMember", owner.ID},
		{"dateCreated", "2018-11-29T15:05:20.000Z"}, {"dateExpires", nil},
		{"permissions", []object{permission(owner.ID, "Member"), permission("*", "Board"), permission("*", "Organization")}},
	}
	if c.p.flag("webhooks", false) {
		o = o.with("webhooks", array{})
	}
	return o, nil
}

func (c *call) tokenMember() (any, error) {
	if c.arg(0) != c.server.options.Token {
		return nil, notFound()
	}
	return render(choose(c, c.memberTable(), c.p["fields"], everything), c.members[0]), nil
}

// noneOfToken answers with an empty list: there are no webhooks here.
func (c *call) noneOfToken() (any, error) {
	if c.arg(0) != c.server.options.Token {
		return nil, notFound()
	}
	return array{}, nil
}
