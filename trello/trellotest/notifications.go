package trellotest

import (
	"cmp"
	"slices"
	"strings"
)

// notification tells a member of a comment: of one that names him, or of one on a card that he is on. Whoever wrote it is told nothing.
type notification struct {
	id, kind string
	to       *Member
	of       *action
}

// notify makes the notifications of a new comment.
func (st *state) notify(c *card, a *action, text string) {
	for _, m := range st.members {
		kind := ""
		switch {
		case m == a.author:
		case strings.Contains(text, "@"+m.Username):
			kind = "mentionedOnCard"
		case oneOf(m.ID, c.IDMembers...):
			kind = "commentCard"
		}
		if kind != "" {
			n := &notification{id: st.newID(), kind: kind, to: m, of: a}
			st.notifications[n.id] = n
		}
	}
}

// notificationTable has the fields of captures/trello/can_get_notifications_of_member.
func notificationTable() []field[*notification] {
	return []field[*notification]{
		{"id", func(n *notification) any { return n.id }},
		{"type", func(n *notification) any { return n.kind }},
		{"date", func(n *notification) any { return n.of.date }},
		{"data", func(n *notification) any {
			return object{{"board", n.of.data.value("board")}, {"card", n.of.data.value("card")}, {"text", n.of.data.value("text")}}
		}},
		{"idMemberCreator", func(n *notification) any { return n.of.author.ID }},
		{"idAction", func(n *notification) any { return n.of.id }},
		{"isReactable", func(*notification) any { return true }},
		{"unread", func(*notification) any { return true }},
		{"dateRead", func(*notification) any { return nil }},
		{"reactions", func(*notification) any { return array{} }},
		{"memberCreator", func(n *notification) any { return render(authorTable(), n.of.author) }},
	}
}

// getNotification shows appCreator too (captures/trello/notification_find_with_id).
func (c *call) getNotification() (any, error) {
	n, err := find(c.notifications, c.arg(0))
	if err != nil {
		return nil, err
	}
	return render(choose(c, notificationTable(), c.p["fields"], everything), n).with("appCreator", nil), nil
}

// memberNotifications gives the newest first.
func (c *call) memberNotifications() (any, error) {
	m, err := c.findMember(c.arg(0))
	if err != nil {
		return nil, err
	}
	var all []*notification
	for _, n := range c.notifications {
		if n.to == m {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(x, y *notification) int { return cmp.Compare(y.id, x.id) })
	return renderAll(choose(c, notificationTable(), c.p["fields"], everything), all[:min(len(all), c.p.number("limit", usualActions))]), nil
}
