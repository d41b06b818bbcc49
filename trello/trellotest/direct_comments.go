package trellotest

import "time"

// Comment is a comment of a card. Edited is zero until the text is changed.
type Comment struct {
	ID, IDMember, Text string
	Date, Edited       time.Time
}

// AddComment comments on a card, as the member "demo", and returns the comment's id.
func (s *Server) AddComment(cardID, text string) (commentID string) {
	return s.AddCommentBy(cardID, look(s, func(st *state) string { return st.members[0].ID }), text)
}

// AddCommentBy comments on a card as another member.
func (s *Server) AddCommentBy(cardID, memberID, text string) (commentID string) {
	s.change(func(st *state) {
		commentID = st.addComment(must(st.findCard(cardID)), must(st.findMember(memberID)), text).id
	})
	return commentID
}

// EditComment gives a comment another text, as its author.
func (s *Server) EditComment(id, text string) {
	s.change(func(st *state) { st.changeComment(must(find(st.actions, id)), text) })
}

// DeleteComment deletes a comment.
func (s *Server) DeleteComment(id string) {
	s.change(func(st *state) { st.removeComment(must(find(st.actions, id)), s.options.DeletionsInFeed) })
}

// Comments returns the texts of a card's comments, oldest first.
func (s *Server) Comments(cardID string) []string {
	comments := s.CommentsOf(cardID)
	texts := make([]string, len(comments))
	for i, c := range comments {
		texts[i] = c.Text
	}
	return texts
}

// CommentsOf returns a card's comments, oldest first.
func (s *Server) CommentsOf(cardID string) []Comment {
	return look(s, func(st *state) []Comment {
		var all []Comment
		for _, a := range st.actionsOf(must(st.findCard(cardID))) {
			if a.kind != "commentCard" {
				continue
			}
			c := Comment{ID: a.id, IDMember: a.author.ID, Date: a.date}
			c.Text, _ = a.data.value("text").(string)
			c.Edited, _ = a.data.value("dateLastEdited").(time.Time)
			all = append(all, c)
		}
		return all
	})
}

// value is the value of a key, nil if there is none.
func (o object) value(key string) any {
	for _, p := range o {
		if p.key == key {
			return p.value
		}
	}
	return nil
}
