package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// workshop is a board with two lists, two labels and three cards, of which one is archived.
func workshop(w *world) (board trellotest.Board, todo, doing trellotest.List) {
	board = w.trello.AddBoard("Workshop")
	todo, doing = w.trello.AddList(board.ID, "To do"), w.trello.AddList(board.ID, "Doing")
	urgent := w.trello.AddLabel(board.ID, "Urgent", "red")
	w.trello.AddLabel(board.ID, "", "green")
	w.trello.AddCard(todo.ID, "Paint the door", trellotest.WithDesc("Two coats.\n\nGreen & white"), trellotest.WithLabels(urgent.ID),
		trellotest.WithDue(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)))
	w.trello.AddCard(doing.ID, "Oil the hinges")
	w.trello.AddCard(doing.ID, "Sweep the yard", trellotest.Archived())
	return board, todo, doing
}

func TestFirstSync(t *testing.T) {
	w := newWorld(t)
	workshop(w)
	r := w.mustSync()
	w.counts(r, "trello.board", "created=1")
	w.counts(r, "trello.list", "created=2")
	w.counts(r, "trello.label", "created=2")
	w.counts(r, "trello.card", "created=3")

	_, task := w.task("Paint the door")
	t.Logf("%v", task)

	w.resetRequests()
	r = w.mustSync()
	w.counts(r, "trello.board", "unchanged=1")
	w.counts(r, "trello.list", "unchanged=2")
	w.counts(r, "trello.label", "unchanged=2")
	w.counts(r, "trello.card", "unchanged=3")
	if o, x := w.writes(); o+x != 0 {
		t.Errorf("the second sync wrote %d times into Odoo and %d times into Trello, want nothing", o, x)
	}
	for _, r := range w.odoo.Requests() {
		t.Logf("%+v", r)
	}
	for _, r := range w.trello.Requests() {
		t.Logf("%+v", r)
	}
}
