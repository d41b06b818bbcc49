package trellotest

import (
	"slices"
	"time"
)

// The functions below reach into the server without HTTP, for tests and for seeding. They count as done by the member "demo", leave the same
// actions as the API does, are neither logged as requests nor journalled, and panic when the test has made a mistake, such as an id that
// nothing has: that is never a behaviour of Trello.

// change runs a direct change at the clock's time.
func (s *Server) change(do func(st *state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.now = s.options.Clock().UTC().Truncate(time.Millisecond)
	do(s.state)
}

// look runs a direct reading.
func look[T any](s *Server, read func(st *state) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read(s.state)
}

// must takes a thing out of a look-up or panics.
func must[T any](thing *T, err error) *T {
	if err != nil {
		panic("trellotest: an id that nothing has, or that is of another kind")
	}
	return thing
}

func (c *card) data() Card {
	data := c.Card
	data.IDLabels, data.IDMembers = slices.Clone(c.IDLabels), slices.Clone(c.IDMembers)
	return data
}

// AddBoard makes an open board without lists and labels.
func (s *Server) AddBoard(name string) (added Board) {
	s.change(func(st *state) { added = st.addBoard(name, "").Board })
	return added
}

// AddList makes a list at the right end of a board (at the API a new list goes to the left end).
func (s *Server) AddList(boardID, name string) (added List) {
	s.change(func(st *state) { added = *st.addList(must(st.findBoard(boardID)), name, "bottom") })
	return added
}

// AddLabel makes a label; name and color may both be empty.
func (s *Server) AddLabel(boardID, name, color string) (added Label) {
	s.change(func(st *state) { added = *st.addLabel(must(st.findBoard(boardID)), name, color) })
	return added
}

// AddMember makes another member, who is on every board.
func (s *Server) AddMember(username, fullName string) (added Member) {
	s.change(func(st *state) {
		m := &Member{ID: st.newID(), Username: username, FullName: fullName}
		st.members = append(st.members, m)
		added = *m
	})
	return added
}

// CardOption sets something of a card that [Server.AddCard] makes.
type CardOption func(*Card)

// WithDesc sets the description, in Markdown.
func WithDesc(desc string) CardOption { return func(c *Card) { c.Desc = desc } }

// WithDue sets the due date; Trello keeps milliseconds.
func WithDue(due time.Time) CardOption {
	return func(c *Card) { c.Due = due.UTC().Truncate(time.Millisecond) }
}

// WithLabels puts labels on, by id.
func WithLabels(ids ...string) CardOption { return func(c *Card) { c.IDLabels = ids } }

// WithMembers puts members on, by id.
func WithMembers(ids ...string) CardOption { return func(c *Card) { c.IDMembers = ids } }

// Archived makes the card an archived one.
func Archived() CardOption { return func(c *Card) { c.Closed = true } }

// AddCard makes a card at the bottom of a list.
func (s *Server) AddCard(listID, name string, options ...CardOption) (added Card) {
	s.change(func(st *state) {
		l := must(find(st.lists, listID))
		want := Card{Name: name, IDBoard: l.IDBoard, Pos: place("bottom", st.cardPositions(l, nil))}
		for _, option := range options {
			option(&want)
		}
		st.mustFit(want)
		added = st.addCard(l, want, nil).data()
	})
	return added
}

// mustFit panics for a card that Trello could not hold.
func (st *state) mustFit(c Card) {
	check := &call{state: st}
	if err := check.checkLabels(c.IDLabels, c.IDBoard); err != nil {
		panic("trellotest: a label twice, or one that is not on the card's board")
	}
	if err := check.checkMembers(c.IDMembers, c.IDBoard); err != nil {
		panic("trellotest: a member that does not exist")
	}
}

// Boards returns all boards, closed ones too, in the order in which they were made.
func (s *Server) Boards() []Board {
	return look(s, func(st *state) []Board {
		all := make([]Board, len(st.boards))
		for i, b := range st.boards {
			all[i] = b.Board
		}
		return all
	})
}

// Board returns a board by id or short link, and whether there is one.
func (s *Server) Board(id string) (found Board, exists bool) {
	b := look(s, func(st *state) *Board {
		b, err := st.findBoard(id)
		if err != nil {
			return nil
		}
		data := b.Board
		return &data
	})
	if b == nil {
		return Board{}, false
	}
	return *b, true
}

// Lists returns all lists of a board, closed ones too, from left to right.
func (s *Server) Lists(boardID string) []List {
	return look(s, func(st *state) []List {
		lists := filterLists(must(st.findBoard(boardID)), "all")
		all := make([]List, len(lists))
		for i, l := range lists {
			all[i] = *l
		}
		return all
	})
}

// Labels returns all labels of a board in the order in which they were made.
func (s *Server) Labels(boardID string) []Label {
	return look(s, func(st *state) []Label {
		labels := must(st.findBoard(boardID)).labels
		all := make([]Label, len(labels))
		for i, l := range labels {
			all[i] = *l
		}
		return all
	})
}

// Cards returns all cards of a board, archived ones too, by list and position.
func (s *Server) Cards(boardID string) []Card {
	return look(s, func(st *state) []Card {
		cards := st.filterCards(must(st.findBoard(boardID)), "all")
		all := make([]Card, len(cards))
		for i, c := range cards {
			all[i] = c.data()
		}
		return all
	})
}

// Card returns a card by id or short link, and whether there is one.
func (s *Server) Card(id string) (found Card, exists bool) {
	c := look(s, func(st *state) *Card {
		c, err := st.findCard(id)
		if err != nil {
			return nil
		}
		data := c.data()
		return &data
	})
	if c == nil {
		return Card{}, false
	}
	return *c, true
}

// UpdateCard changes a card's data: edit what is to change and leave the rest. The id, short link, number and dateLastActivity are the
// server's; to change the board, use [Server.MoveCard].
func (s *Server) UpdateCard(id string, edit func(*Card)) (updated Card) {
	s.change(func(st *state) {
		c := must(st.findCard(id))
		want := c.data()
		edit(&want)
		want.IDBoard = c.IDBoard
		st.mustFit(want)
		if l := must(find(st.lists, want.IDList)); l.IDBoard != want.IDBoard {
			panic("trellotest: a list of another board; use MoveCard")
		}
		st.changeCard(c, want)
		updated = c.data()
	})
	return updated
}

// ArchiveCard archives a card, which keeps its list.
func (s *Server) ArchiveCard(id string) { s.UpdateCard(id, func(c *Card) { c.Closed = true }) }

// RestoreCard takes a card out of the archive.
func (s *Server) RestoreCard(id string) { s.UpdateCard(id, func(c *Card) { c.Closed = false }) }

// DeleteCard deletes a card for good.
func (s *Server) DeleteCard(id string) {
	s.change(func(st *state) { st.removeCard(must(st.findCard(id))) })
}

// MoveCard takes a card to another list, also one of another board: there it goes to the bottom and loses the old board's labels.
func (s *Server) MoveCard(id, listID string) (moved Card) {
	s.change(func(st *state) {
		c, l := must(st.findCard(id)), must(find(st.lists, listID))
		want := c.data()
		if l.IDBoard != c.IDBoard {
			want.Pos = place("bottom", st.cardPositions(l, c))
		}
		want.IDBoard, want.IDList = l.IDBoard, l.ID
		st.changeCard(c, want)
		moved = c.data()
	})
	return moved
}

// UpdateBoard changes a board's name, description or closed.
func (s *Server) UpdateBoard(id string, edit func(*Board)) (updated Board) {
	s.change(func(st *state) {
		b := must(st.findBoard(id))
		want := b.Board
		edit(&want)
		st.changeBoard(b, want)
		updated = b.Board
	})
	return updated
}

// CloseBoard closes a board; its lists and cards stay as they are.
func (s *Server) CloseBoard(id string) { s.UpdateBoard(id, func(b *Board) { b.Closed = true }) }

// DeleteBoard deletes a board and all that is on it.
func (s *Server) DeleteBoard(id string) {
	s.change(func(st *state) { st.removeBoard(must(st.findBoard(id))) })
}

// UpdateList changes a list's name, position or closed.
func (s *Server) UpdateList(id string, edit func(*List)) (updated List) {
	s.change(func(st *state) {
		l := must(find(st.lists, id))
		want := *l
		edit(&want)
		want.ID, want.IDBoard = l.ID, l.IDBoard
		st.changeList(l, want)
		updated = *l
	})
	return updated
}

// CloseList closes a list; its cards stay open.
func (s *Server) CloseList(id string) { s.UpdateList(id, func(l *List) { l.Closed = true }) }

// UpdateLabel changes a label's name or colour.
func (s *Server) UpdateLabel(id string, edit func(*Label)) (updated Label) {
	s.change(func(st *state) {
		l := must(find(st.labels, id))
		want := *l
		edit(&want)
		l.Name, l.Color = want.Name, want.Color
		updated = *l
	})
	return updated
}

// DeleteLabel deletes a label, which takes it off all cards.
func (s *Server) DeleteLabel(id string) {
	s.change(func(st *state) { st.removeLabel(must(find(st.labels, id))) })
}
