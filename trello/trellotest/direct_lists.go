package trellotest

// MoveList takes a list with its cards to the right end of another board; its cards lose the old board's labels.
func (s *Server) MoveList(id, boardID string) (moved List) {
	s.change(func(st *state) {
		l, b := must(find(st.lists, id)), must(st.findBoard(boardID))
		want := *l
		want.IDBoard, want.Pos = b.ID, place("bottom", listPositions(b, l))
		st.changeList(l, want)
		moved = *l
	})
	return moved
}
