package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestMeasure(t *testing.T) {
	w := watching(boardsOf(t, 3)).settled()
	w.resetRequests()
	card := w.card("Card of board 01")
	var before map[string]int
	w.runFor(20*time.Second, happening{10 * time.Second, func() {
		w.resetRequests()
		w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Other" })
	}, false}, happening{13 * time.Second, func() { before = w.tally() }, false})
	t.Log(before, len(w.rounds))
	id, _ := w.task("Card of board 00")
	w.runFor(20*time.Second, happening{10 * time.Second, func() {
		w.resetRequests()
		w.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Task"})
	}, false}, happening{13 * time.Second, func() { before = w.tally() }, false})
	t.Log(before, len(w.rounds))
}
