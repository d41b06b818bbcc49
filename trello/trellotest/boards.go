package trellotest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// addBoard makes a board, with an action of its own.
func (st *state) addBoard(name, desc string) *board {
	b := &board{Board: Board{ID: st.newID(), Name: name, Desc: desc, ShortLink: st.newLink(), DateLastActivity: st.now}, prefs: map[string]any{}, labelNames: map[string]string{}}
	st.boards = append(st.boards, b)
	st.boardsByID[b.ID], st.byLink[b.ShortLink] = b, b
	st.record(b, &action{kind: "createBoard", data: object{{"board", boardRef(b)}}})
	return b
}

// changeBoard makes a board as wanted and records an action per field that differs (captures/trello/can_get_actions_of_members).
func (st *state) changeBoard(b *board, want Board) {
	changed := func(name string, before, after any) {
		data := object{{"board", append(object{{name, after}}, boardRef(b)...)}, {"old", object{{name, before}}}}
		st.record(b, &action{kind: "updateBoard", changed: name, data: data})
		b.DateLastActivity = st.later(b.DateLastActivity)
	}
	if old := b.Name; old != want.Name {
		b.Name = want.Name
		changed("name", old, want.Name)
	}
	if old := b.Desc; old != want.Desc {
		b.Desc = want.Desc
		changed("desc", old, want.Desc)
	}
	if old := b.Closed; old != want.Closed {
		b.Closed = want.Closed
		changed("closed", old, want.Closed)
	}
}

// removeBoard forgets a board and all that is on it.
func (st *state) removeBoard(b *board) {
	for _, c := range slices.Clone(b.cards) {
		st.forgetCard(b, c)
	}
	for _, l := range b.lists {
		delete(st.lists, l.ID)
	}
	for _, l := range b.labels {
		delete(st.labels, l.ID)
	}
	for _, a := range b.actions {
		delete(st.actions, a.id)
	}
	for _, f := range b.fields {
		delete(st.fields, f.ID)
	}
	delete(st.boardsByID, b.ID)
	delete(st.byLink, b.ShortLink)
	st.boards = without(st.boards, b)
}

// usualBoard are the fields of a single board (captures/trello/board_find_with_id_and_get_all_fields).
func usualBoard(name string) bool {
	return only("id", "name", "desc", "descData", "closed", "idOrganization", "idEnterprise", "pinned", "url", "shortUrl", "prefs", "labelNames")(name)
}

// boardTable has the fields of captures/trello/can_get_boards_of_organization, of 2023.
func (st *state) boardTable() []field[*board] {
	null := func(*board) any { return nil }
	no := func(*board) any { return false }
	empty := func(*board) any { return array{} }
	return []field[*board]{
		{"id", func(b *board) any { return b.ID }},
		{"nodeId", func(b *board) any { return "ari:cloud:trello::board/workspace/" + b.idOrganization + "/" + b.ID }},
		{"name", func(b *board) any { return b.Name }},
		{"desc", func(b *board) any { return b.Desc }},
		{"descData", func(b *board) any { return descData(b.Desc) }},
		{"closed", func(b *board) any { return b.Closed }},
		{"dateClosed", null},
		{"idOrganization", func(b *board) any { return orNull(b.idOrganization) }},
		{"idEnterprise", null},
		{"limits", func(*board) any { return boardLimits() }},
		{"pinned", no},
		{"starred", no},
		{"url", func(b *board) any { return boardURL(b) + "/" + slug(b.Name) }},
		{"prefs", func(b *board) any { return boardPrefs(b) }},
		{"shortLink", func(b *board) any { return b.ShortLink }},
		{"subscribed", no},
		{"labelNames", func(b *board) any { return labelNames(b) }},
		{"powerUps", empty},
		{"dateLastActivity", func(b *board) any { return b.DateLastActivity }},
		{"dateLastView", func(b *board) any { return b.DateLastActivity }},
		{"shortUrl", func(b *board) any { return boardURL(b) }},
		{"idTags", empty},
		{"datePluginDisable", null},
		{"creationMethod", null},
		{"ixUpdate", func(b *board) any { return strconv.Itoa(len(b.actions)) }},
		{"templateGallery", null},
		{"enterpriseOwned", no},
		{"idBoardSource", null},
		{"premiumFeatures", empty},
		{"idMemberCreator", func(*board) any { return st.members[0].ID }},
		{"memberships", func(b *board) any { return st.memberships(b) }},
	}
}

func boardURL(b *board) string { return "https://trello.com/b/" + b.ShortLink }

func descData(desc string) any {
	if desc == "" {
		return nil
	}
	return object{{"emoji", object{}}}
}

// boardLimits are those of captures/trello/can_get_boards_of_organization.
func boardLimits() object {
	limit := func(n int) object { return object{{"status", "ok"}, {"disableAt", n}, {"warnAt", n * 4 / 5}} }
	return object{
		{"attachments", object{{"perBoard", limit(36000)}, {"perCard", limit(1000)}}},
		{"boards", object{{"totalMembersPerBoard", limit(1600)}, {"totalAccessRequestsPerBoard", limit(4000)}}},
		{"cards", object{{"openPerBoard", limit(5000)}, {"openPerList", limit(5000)}, {"totalPerBoard", limit(2000000)}, {"totalPerList", limit(1000000)}}},
		{"checklists", object{{"perBoard", limit(1800000)}, {"perCard", limit(maxChecklists)}}},
		{"checkItems", object{{"perChecklist", limit(maxItems)}}},
		{"customFields", object{{"perBoard", limit(maxFields)}}},
		{"customFieldOptions", object{{"perField", limit(maxOptions)}}},
		{"labels", object{{"perBoard", limit(maxLabels)}}},
		{"lists", object{{"openPerBoard", limit(500)}, {"totalPerBoard", limit(3000)}}},
		{"stickers", object{{"perCard", limit(70)}}},
		{"reactions", object{{"perAction", limit(900)}, {"uniquePerAction", limit(17)}}},
	}
}

// boardPrefs are those of captures/trello/can_success_create_a_board, with what was set since.
func boardPrefs(b *board) object {
	prefs := object{
		{"permissionLevel", "private"}, {"hideVotes", false}, {"voting", "disabled"}, {"comments", "members"}, {"invitations", "members"},
		{"selfJoin", true}, {"cardCovers", true}, {"isTemplate", false}, {"cardAging", "regular"}, {"calendarFeedEnabled", false},
		{"background", "blue"}, {"backgroundImage", nil}, {"backgroundImageScaled", nil}, {"backgroundTile", false}, {"backgroundBrightness", "dark"},
		{"backgroundColor", "#0079BF"}, {"backgroundBottomColor", "#0079BF"}, {"backgroundTopColor", "#0079BF"},
		{"canBePublic", true}, {"canBeEnterprise", true}, {"canBeOrg", true}, {"canBePrivate", true}, {"canInvite", true},
	}
	for i, p := range prefs {
		if value, set := b.prefs[p.key]; set {
			prefs[i].value = value
		}
	}
	return prefs
}

// setPref keeps a preference as the type that it has.
func (b *board) setPref(name, value string) {
	if value == "true" || value == "false" {
		b.prefs[name] = value == "true"
		return
	}
	b.prefs[name] = value
}

func (c *call) renderBoards(fields string, usual func(string) bool, all []*board) []object {
	return renderAll(choose(c, c.boardTable(), fields, usual), all)
}

// oneBoard answers …/{id}/board, which gives all fields (captures/trello/can_get_comments_board).
func (c *call) oneBoard(id string) (any, error) {
	b, err := c.findBoard(id)
	if err != nil {
		return nil, err
	}
	return render(choose(c, c.boardTable(), c.p["fields"], everything), b), nil
}

// getBoard answers with what the parameters ask to be nested: cards, lists, labels, actions, checklists, members.
func (c *call) getBoard() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if filter, asked := c.nested("cards"); asked && c.server.options.MaxCards > 0 {
		plain := &call{state: c.state, server: c.server, p: params{}} // the board's actions are no card's
		if err := plain.tooMany(c.filterCards(b, filter)); err != nil {
			return nil, err
		}
	}
	o := render(choose(c, c.boardTable(), c.p["fields"], usualBoard), b)
	return c.nestInBoard(o, b), nil
}

func (c *call) nestInBoard(o object, b *board) object {
	if filter, asked := c.nested("cards"); asked {
		o = o.with("cards", c.renderCards(c.p["card_fields"], c.filterCards(b, filter)))
	}
	if filter, asked := c.nested("lists"); asked {
		o = o.with("lists", c.renderLists(c.p["list_fields"], filterLists(b, filter)))
	}
	if _, asked := c.nested("labels"); asked {
		limit := c.p.number("labels_limit", c.p.number("label_limit", usualLabels))
		o = o.with("labels", c.renderLabels(c.p["label_fields"], b.labels, limit))
	}
	if filter, asked := c.nested("actions"); asked {
		o = o.with("actions", c.renderActions(c.p.feedOf(filter), b.actions))
	}
	if _, asked := c.nested("checklists"); asked {
		o = o.with("checklists", c.checklistsOf(params{}, b.cards))
	}
	if _, asked := c.nested("members"); asked {
		o = o.with("members", c.renderMembers(c.p["member_fields"], c.membersOn(b)))
	}
	if _, asked := c.nested("customFields"); asked && !b.noFields {
		o = o.with("customFields", c.renderFields("", b.fields))
	} else if asked {
		o = o.with("customFields", array{})
	}
	for _, none := range []string{"pluginData", "boardStars"} {
		if _, asked := c.nested(none); asked {
			o = o.with(none, array{})
		}
	}
	return o
}

// nested says whether a nested resource was asked for and with which filter: "all", "open" …, or "true".
func (c *call) nested(name string) (string, bool) {
	filter, given := c.p.given(name)
	return filter, given && filter != "none" && filter != "false"
}

func (c *call) checkTexts(names ...string) error {
	for _, name := range names {
		if tooLong(c.p[name]) {
			return invalid(name)
		}
	}
	return nil
}

// postBoard makes a board with Trello's three lists and six labels without a name, unless told not to.
func (c *call) postBoard() (any, error) {
	if err := c.checkTexts("name", "desc"); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.p["name"]) == "" {
		return nil, invalid("name")
	}
	var source *board
	if id, given := c.p.given("idBoardSource"); given {
		var err error
		if source, err = c.findBoard(id); err != nil || source.rights == MayNothing {
			return nil, invalid("idBoardSource")
		}
	}
	b := c.addBoard(c.p["name"], c.p["desc"])
	b.idOrganization = c.p["idOrganization"]
	for _, name := range c.p.names() {
		if pref, found := strings.CutPrefix(name, "prefs_"); found {
			b.setPref(pref, c.p[name])
		}
	}
	if source != nil {
		c.copyBoard(source, b)
		return render(keep(c.boardTable(), usualBoard), b).with("limits", object{}), nil
	}
	if c.p.flag("defaultLabels", true) {
		for _, color := range []string{"green", "yellow", "orange", "red", "purple", "blue"} {
			c.addLabel(b, "", color)
		}
	}
	if c.p.flag("defaultLists", true) {
		for _, name := range []string{"To Do", "Doing", "Done"} {
			c.makeList(b, name, "bottom")
		}
	}
	return render(keep(c.boardTable(), usualBoard), b).with("limits", object{}), nil
}

// copyBoard takes over lists, labels and custom fields, and the cards where keepFromSource says so (Trello's API description, POST boards).
// Nothing on the copy has an action, but the board has copyBoard (captures/trello/can_get_actions_of_members).
func (c *call) copyBoard(source, b *board) {
	b.actions[0].kind, b.actions[0].data = "copyBoard", object{{"board", boardRef(b)}, {"boardSource", object{{"id", source.ID}}}}
	labels, lists := map[string]string{}, map[string]*List{}
	for _, l := range source.labels {
		labels[l.ID] = c.addLabel(b, l.Name, l.Color).ID
	}
	for _, l := range filterLists(source, "open") {
		lists[l.ID] = c.makeList(b, l.Name, "bottom")
	}
	for _, f := range source.fields {
		copied := c.makeField(b, f.Name, f.Type, "bottom")
		for _, o := range f.options {
			c.addOption(copied, o.Text, o.Color, "bottom")
		}
	}
	if !oneOf("cards", c.p.list("keepFromSource")...) {
		return
	}
	for _, k := range c.filterCards(source, "visible") {
		want := Card{Name: k.Name, Desc: k.Desc, Pos: k.Pos, Due: k.Due, Start: k.Start}
		for _, id := range k.IDLabels {
			want.IDLabels = append(want.IDLabels, labels[id])
		}
		copied := c.placeCard(lists[k.IDList], want)
		c.copyChecklists(k, copied)
	}
	c.forgetActions(b, 1)
}

func (c *call) putBoard() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if err := c.checkTexts("name", "desc"); err != nil {
		return nil, err
	}
	want := b.Board
	if c.p.has("name") {
		if want.Name = c.p["name"]; strings.TrimSpace(want.Name) == "" {
			return nil, invalid("name")
		}
	}
	if c.p.has("desc") {
		want.Desc = c.p["desc"]
	}
	want.Closed = c.p.flag("closed", want.Closed)
	if c.p.has("idOrganization") {
		b.idOrganization = c.p["idOrganization"]
	}
	for _, name := range c.p.names() {
		if pref, found := strings.CutPrefix(name, "prefs/"); found {
			b.setPref(pref, c.p[name])
		}
		if color, found := strings.CutPrefix(name, "labelNames/"); found {
			b.labelNames[color] = c.p[name]
		}
	}
	c.changeBoard(b, want)
	return render(keep(c.boardTable(), usualBoard), b), nil
}

func (c *call) deleteBoard() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	c.removeBoard(b)
	return object{{"_value", nil}}, nil
}

func (c *call) boardField() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return one(c.boardTable(), c.arg(1), b)
}

func (c *call) boardLabelNames() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return labelNames(b), nil
}

// noneOfBoard answers with an empty list what this server does not keep.
func (c *call) noneOfBoard() (any, error) {
	if _, err := c.findBoard(c.arg(0)); err != nil {
		return nil, err
	}
	return array{}, nil
}

func isStatus(err error, status int) bool {
	e, typed := err.(*apiError) //nolint:errorlint // never wrapped here
	return typed && e.status == status
}

// badRequestFor turns a look-up's 404 or 400 into Trello's refusal of a parameter.
func badRequestFor(err error, parameter string) error {
	if isStatus(err, http.StatusNotFound) || isStatus(err, http.StatusBadRequest) {
		return invalid(parameter)
	}
	return err
}
