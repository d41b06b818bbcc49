package trellotest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// action is one line of the feed. Its data keep the names of the time (captures/trello/can_get_actions: the list was renamed since).
type action struct {
	id, kind string
	changed  string   // the field that an update changed, for filters such as updateCard:idList
	board    string   // ids of what it is about
	card     string   // "" for none
	lists    []string // none, one, or two for a move
	author   *Member
	member   *Member // of addMemberToCard
	date     time.Time
	data     object
}

func boardRef(b *board) object {
	return object{{"id", b.ID}, {"name", b.Name}, {"shortLink", b.ShortLink}}
}

func listRef(l *List) object { return object{{"id", l.ID}, {"name", l.Name}} }

func cardRef(c *card) object {
	return object{{"id", c.ID}, {"name", c.Name}, {"idShort", c.IDShort}, {"shortLink", c.ShortLink}}
}

// cardData is what most actions about a card carry.
func (st *state) cardData(c *card) object {
	return object{{"card", cardRef(c)}, {"list", listRef(st.lists[c.IDList])}, {"board", boardRef(st.boardsByID[c.IDBoard])}}
}

// record adds an action to a board's feed.
func (st *state) record(b *board, a *action) { st.recordBy(b, a, st.members[0]) }

func (st *state) recordBy(b *board, a *action, author *Member) {
	a.id, a.date, a.board, a.author = st.newID(), st.now, b.ID, author
	b.actions = append(b.actions, a)
	st.actions[a.id] = a
}

// forgetActions leaves a board the first of its actions only.
func (st *state) forgetActions(b *board, keep int) {
	for _, a := range b.actions[keep:] {
		delete(st.actions, a.id)
	}
	b.actions = b.actions[:keep]
}

// recordCardChange records updateCard for one field; a move between lists names both instead of one.
func (st *state) recordCardChange(c *card, name string, before, after any) {
	b := st.boardsByID[c.IDBoard]
	data := object{{"old", object{{name, before}}}, {"card", append(object{{name, after}}, omit(cardRef(c), name)...)}, {"board", boardRef(b)}}
	lists := []string{c.IDList}
	if from, moved := before.(string); moved && name == "idList" {
		lists = []string{from, c.IDList}
		data = data.with("listBefore", listRef(st.lists[from])).with("listAfter", listRef(st.lists[c.IDList]))
	} else {
		data = data.with("list", listRef(st.lists[c.IDList]))
	}
	st.record(b, &action{kind: "updateCard", changed: name, card: c.ID, lists: lists, data: data})
}

// omit leaves a key out, so that no object has it twice.
func omit(o object, key string) object {
	return slices.DeleteFunc(o, func(p pair) bool { return p.key == key })
}

func (st *state) recordMember(c *card, kind, idMember string) {
	m, err := st.findMember(idMember)
	if err != nil {
		return // checked before; a member cannot be deleted
	}
	b := st.boardsByID[c.IDBoard]
	data := object{{"idMember", m.ID}, {"card", cardRef(c)}, {"board", boardRef(b)}, {"member", object{{"id", m.ID}, {"name", m.FullName}}}}
	st.record(b, &action{kind: kind, card: c.ID, member: m, data: data})
}

func (st *state) actionsOf(c *card) []*action {
	var all []*action
	for _, b := range st.boards {
		all = append(all, keepAll(b.actions, func(a *action) bool { return a.card == c.ID })...)
	}
	return all
}

// usualActions and maxPage bound a page of the feed.
const usualActions = 50

// renderActions gives the newest first: filter ("all", kinds such as "createCard", one field's updates such as "updateCard:idList"), limit, page,
// since and before.
func (c *call) renderActions(p params, all []*action) []object {
	kept := keepAll(all, func(a *action) bool { return a.passes(p["filter"]) && between(p, a.id) })
	slices.SortStableFunc(kept, func(x, y *action) int { return cmp.Or(y.date.Compare(x.date), cmp.Compare(y.id, x.id)) })
	limit := p.number("limit", usualActions)
	start := min(p.number("page", 0)*limit, len(kept))
	chosen := choose(c, actionTable(p), p["fields"], everything)
	if p["fields"] != "" && p.flag("memberCreator", true) {
		chosen = append(chosen, creatorField(p["memberCreator_fields"]))
	}
	kept = kept[start:min(start+limit, len(kept))]
	objects := make([]object, 0, len(kept))
	for _, a := range kept {
		o := render(chosen, a)
		if a.member != nil && p.flag("member", true) {
			o = o.with("member", render(authorTable(), a.member))
		}
		objects = append(objects, o)
	}
	return objects
}

func (a *action) passes(filter string) bool {
	if filter == "" || filter == "true" {
		return true
	}
	for _, one := range strings.Split(filter, ",") {
		kind, changed, narrowed := strings.Cut(one, ":")
		if kind == "all" || kind == a.kind && (!narrowed || changed == a.changed) {
			return true
		}
	}
	return false
}

func actionTable(p params) []field[*action] {
	table := []field[*action]{
		{"id", func(a *action) any { return a.id }},
		{"idMemberCreator", func(a *action) any { return a.author.ID }},
		{"data", func(a *action) any { return a.data }},
		{"type", func(a *action) any { return a.kind }},
		{"date", func(a *action) any { return a.date }},
		{"limits", func(*action) any { return object{} }},
	}
	if p.flag("memberCreator", true) && p["fields"] == "" {
		table = append(table, creatorField(p["memberCreator_fields"]))
	}
	return table
}

// creatorField is the author, which comes along whatever fields are chosen (a choice).
func creatorField(fields string) field[*action] {
	table := authorTable()
	if fields != "" && fields != "all" {
		names := append(strings.Split(fields, ","), "id")
		table = keep(table, only(names...))
	}
	return field[*action]{"memberCreator", func(a *action) any { return render(table, a.author) }}
}

// feed answers with a page of actions; limit is at most 1000.
func (c *call) feed(all []*action) (any, error) {
	if c.p.number("limit", 0) > maxPage {
		return nil, invalid("limit")
	}
	return c.renderActions(c.p, all), nil
}

func (c *call) boardActions() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.feed(b.actions)
}

func (c *call) listActions() (any, error) {
	l, err := find(c.lists, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.feed(keepAll(c.boardsByID[l.IDBoard].actions, func(a *action) bool { return slices.Contains(a.lists, l.ID) }))
}

// feedOf picks the parameters of a nested feed, "actions" and those that begin with "action_" or "actions_" (Trello's description of nested
// resources).
func (p params) feedOf(filter string) params {
	return params{
		"filter": filter, "limit": p["actions_limit"], "fields": p["action_fields"], "since": p["actions_since"], "before": p["actions_before"],
		"memberCreator": p["action_memberCreator"], "member": p["action_member"], "memberCreator_fields": p["action_memberCreator_fields"],
	}
}

// cardActions shows only comments and moves between lists unless a filter is given (facts/trello.md, "surprises").
func (c *call) cardActions() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if _, given := c.p.given("filter"); !given {
		c.p = maps.Clone(c.p)
		c.p["filter"] = "commentCard,updateCard:idList"
	}
	return c.feed(c.actionsOf(k))
}

func (c *call) memberActions() (any, error) {
	m, err := c.findMember(c.arg(0))
	if err != nil {
		return nil, err
	}
	var all []*action
	for _, b := range c.boards {
		all = append(all, keepAll(b.actions, func(a *action) bool { return a.author == m })...)
	}
	return c.feed(all)
}

// renderAction is a single action: with appCreator, and with display unless refused (captures/trello/comment_find_with_id).
func (c *call) renderAction(a *action) object {
	shown := *a
	if a.kind == "commentCard" {
		shown.data = append(object{{"textData", object{{"emoji", object{}}}}}, a.data...)
	}
	o := render(choose(c, actionTable(c.p), c.p["fields"], everything), &shown)
	if c.p["fields"] != "" {
		return o
	}
	o = o.with("appCreator", nil)
	if c.p.flag("display", true) {
		o = o.with("display", object{{"translationKey", "action_" + snake(a.kind)}, {"entities", object{}}})
	}
	return o
}

// snake writes commentCard as comment_card.
func snake(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r |= 0x20
		}
		b.WriteRune(r)
	}
	return b.String()
}

func (c *call) getAction() (any, error) {
	a, err := find(c.actions, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderAction(a), nil
}

// actionBoard, actionCard and actionList give all fields (captures/trello/can_get_comments_board and the two beside it).
func (c *call) actionBoard() (any, error) {
	a, err := find(c.actions, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.oneBoard(a.board)
}

func (c *call) actionCard() (any, error) {
	a, err := find(c.actions, c.arg(0))
	if err != nil {
		return nil, err
	}
	k, err := c.findCard(a.card)
	if err != nil {
		return nil, notFound()
	}
	return render(choose(c, c.cardTable(), c.p["fields"], everything), k), nil
}

func (c *call) actionList() (any, error) {
	a, err := find(c.actions, c.arg(0))
	if err != nil {
		return nil, err
	}
	if len(a.lists) == 0 {
		return nil, notFound()
	}
	return render(choose(c, listTable(), c.p["fields"], everything), c.lists[a.lists[len(a.lists)-1]]), nil
}
