package trellotest

import "net/http"

// addComment makes a commentCard action, which is what a comment is (facts/trello.md, "comments").
func (st *state) addComment(c *card, author *Member, text string) *action {
	a := &action{kind: "commentCard", card: c.ID, lists: []string{c.IDList}, data: append(object{{"text", text}}, st.cardData(c)...)}
	st.recordBy(st.boardsByID[c.IDBoard], a, author)
	c.comments++
	st.notify(c, a, text)
	st.touch(c)
	return a
}

// changeComment keeps id and date of the action and notes when it was edited (Trello's description of the action commentCard:
// data.dateLastEdited).
func (st *state) changeComment(a *action, text string) {
	data := append(object{{"text", text}}, omit(omit(a.data, "text"), "dateLastEdited")...)
	a.data = data.with("dateLastEdited", st.now)
	st.touch(st.cards[a.card])
}

// removeComment takes the action out of every feed. Trello names an action deleteComment for webhooks; whether a feed holds it was not
// seen, so it does so only where the options ask for it.
func (st *state) removeComment(a *action, record bool) {
	b := st.boardsByID[a.board]
	b.actions = without(b.actions, a)
	delete(st.actions, a.id)
	k := st.cards[a.card]
	k.comments--
	if record {
		data := object{{"action", object{{"id", a.id}}}, {"card", cardRef(k)}, {"board", boardRef(b)}}
		st.record(b, &action{kind: "deleteComment", card: k.ID, data: data})
	}
	st.touch(k)
}

func (c *call) postComment() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if c.p["text"] == "" || tooLong(c.p["text"]) {
		return nil, invalid("text")
	}
	return c.renderAction(c.addComment(k, c.members[0], c.p["text"])).with("entities", array{}), nil
}

func (c *call) putAction() (any, error) { return c.editComment(c.arg(0)) }

func (c *call) putCardComment() (any, error) { return c.editComment(c.arg(1)) }

func (c *call) editComment(id string) (any, error) {
	a, err := c.comment(id)
	if err != nil {
		return nil, err
	}
	if c.p["text"] == "" || tooLong(c.p["text"]) {
		return nil, invalid("text")
	}
	if a.author != c.members[0] {
		return nil, &apiError{status: http.StatusUnauthorized, text: "unauthorized permission requested"} // only its author may; the text is a choice
	}
	c.changeComment(a, c.p["text"])
	return c.renderAction(a), nil
}

// comment finds a comment; other actions can be neither changed nor deleted.
func (c *call) comment(id string) (*action, error) {
	a, err := find(c.actions, id)
	if err != nil {
		return nil, err
	}
	if a.kind != "commentCard" {
		return nil, bad("the action is not a comment")
	}
	return a, nil
}

func (c *call) deleteAction() (any, error) { return c.dropComment(c.arg(0)) }

func (c *call) deleteCardComment() (any, error) { return c.dropComment(c.arg(1)) }

// dropComment answers as captures/trello/comment_delete. A board's administrator, as our member is, may delete other people's too.
func (c *call) dropComment(id string) (any, error) {
	a, err := c.comment(id)
	if err != nil {
		return nil, err
	}
	c.removeComment(a, c.server.options.DeletionsInFeed)
	return object{{"_value", nil}}, nil
}
