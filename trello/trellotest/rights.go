package trellotest

import (
	"net/http"
	"slices"
)

// Rights are what the token's member may do on a board.
type Rights int

// The rights, the most first.
const (
	// MayWrite is what the member may do on every board at first.
	MayWrite Rights = iota
	// MayRead is an observer's, or that of a member on somebody else's public board.
	MayRead
	// MayNothing is that of a board that the member left, or that was made private: it is not among the member's boards.
	MayNothing
)

// SetRights says what the token's member may do on a board from now on.
func (s *Server) SetRights(boardID string, r Rights) {
	s.change(func(st *state) { must(st.findBoard(boardID)).rights = r })
}

// SetReadOnly makes the token one of the scope read alone, or one that may write again.
func (s *Server) SetReadOnly(readOnly bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readOnly = readOnly
}

// RevokeToken makes the token invalid, or valid again.
func (s *Server) RevokeToken(revoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = revoked
}

// unauthorized is the refusal of what the member, or a token of the scope read, may not do (tests of Trello's API by others show these
// words for boards and lists; for cards "unauthorized card permission requested").
func unauthorized(model string) error {
	if model == "cards" {
		return &apiError{status: http.StatusUnauthorized, text: "unauthorized card permission requested"}
	}
	return &apiError{status: http.StatusUnauthorized, text: "unauthorized permission requested"}
}

// permit refuses a request about something on a board where the member may not do that. What the path names decides, and where a
// parameter names a board, list or card, that too.
func (c *call) permit(in *incoming) error {
	model := in.route.pattern[0]
	if len(c.args) > 0 {
		if b := c.boardOf(model, c.args[0]); b != nil && !b.allows(in.method) {
			return unauthorized(model)
		}
	}
	for _, name := range [][2]string{{"idBoard", "boards"}, {"idList", "lists"}, {"idCard", "cards"}, {"idModel", "boards"}} {
		id, given := c.p.given(name[0])
		if b := c.boardOf(name[1], id); given && b != nil && !b.allows(in.method) {
			return unauthorized(name[1])
		}
	}
	return nil
}

func (b *board) allows(method string) bool {
	return b.rights == MayWrite || b.rights == MayRead && method == http.MethodGet
}

// boardOf is the board that something is on, nil if there is none.
func (st *state) boardOf(model, id string) *board {
	idBoard := ""
	switch model {
	case "boards":
		b, _ := st.findBoard(id)
		return b
	case "cards":
		if c, _ := st.findCard(id); c != nil {
			idBoard = c.IDBoard
		}
	case "lists":
		if l := st.lists[id]; l != nil {
			idBoard = l.IDBoard
		}
	case "labels":
		if l := st.labels[id]; l != nil {
			idBoard = l.IDBoard
		}
	case "checklists":
		if l := st.checklists[id]; l != nil {
			idBoard = l.IDBoard
		}
	case "actions":
		if a := st.actions[id]; a != nil {
			idBoard = a.board
		}
	case "customFields":
		if f := st.fields[id]; f != nil {
			idBoard = f.IDBoard
		}
	}
	return st.boardsByID[idBoard]
}

// SetTemplate makes a board a template (prefs.isTemplate), or an ordinary board again.
func (s *Server) SetTemplate(boardID string, template bool) {
	s.change(func(st *state) { must(st.findBoard(boardID)).prefs["isTemplate"] = template })
}

// SetGhost makes a member one who was invited and is no member of Trello yet.
func (s *Server) SetGhost(memberID string) {
	s.change(func(st *state) { must(st.findMember(memberID)).Ghost = true })
}

// RemoveMember takes a member off a board: off its memberships and off its cards. Actions keep the member's name.
func (s *Server) RemoveMember(boardID, memberID string) {
	s.change(func(st *state) {
		st.removeMember(must(st.findBoard(boardID)), must(st.findMember(memberID)))
	})
}

func (st *state) removeMember(b *board, m *Member) {
	b.left = append(b.left, m.ID)
	for _, c := range b.cards {
		if oneOf(m.ID, c.IDMembers...) {
			want := c.data()
			want.IDMembers = without(want.IDMembers, m.ID)
			st.changeCard(c, want)
		}
	}
	data := object{{"idMember", m.ID}, {"board", boardRef(b)}, {"member", object{{"id", m.ID}, {"name", m.FullName}}}}
	st.record(b, &action{kind: "removeMemberFromBoard", member: m, data: data})
}

// putBoardMember puts a member on a board, or back on it (captures/trello/can_add_a_member_to_a_board).
func (c *call) putBoardMember() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	m, err := c.findMember(c.arg(1))
	if err != nil {
		return nil, err
	}
	if !oneOf(c.p["type"], "admin", "normal", "observer") {
		return nil, invalid("type")
	}
	b.left = without(b.left, m.ID)
	data := object{{"memberType", c.p["type"]}, {"idMemberAdded", m.ID}, {"board", boardRef(b)}}
	c.record(b, &action{kind: "addMemberToBoard", member: m, data: data})
	return object{{"id", b.ID}, {"members", c.fullMembersOn(b)}, {"memberships", c.memberships(b)}}, nil
}

// fullMembersOn shows what comes with a change of a board's members.
func (c *call) fullMembersOn(b *board) []object {
	return renderAll(keep(c.memberTable(), func(name string) bool {
		return oneOf(name, "confirmed", "memberType") || slices.ContainsFunc(authorTable(), func(f field[*Member]) bool { return f.name == name })
	}), c.membersOn(b))
}

// deleteBoardMember answers with the board (captures/trello/can_success_remove_member_from_board).
func (c *call) deleteBoardMember() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	m, err := c.findMember(c.arg(1))
	if err != nil {
		return nil, err
	}
	c.removeMember(b, m)
	o := render(keep(c.boardTable(), usualBoard), b)
	return o.with("members", c.fullMembersOn(b)), nil
}

// membersOn are the members of a board: all but those who left.
func (st *state) membersOn(b *board) []*Member {
	return keepAll(st.members, func(m *Member) bool { return !oneOf(m.ID, b.left...) })
}
