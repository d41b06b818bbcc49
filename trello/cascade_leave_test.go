package trello_test

import (
	"testing"

	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestCardThatLeavesAListBeforeItIsClosed(t *testing.T) {
	t.Run("Ensure its task is in use, though Odoo archived it together with the stage", func(t *testing.T) {
		s := bound(t)
		s.trello.MoveCard(s.card("Paint the door").ID, s.doing.ID)
		s.trello.UpdateList(s.todo.ID, func(l *trellotest.List) { l.Closed = true })
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "active", true)
		s.want("project.task", id, "stage_id", s.stageID("Doing", s.project))
		s.quiet()
	})
	t.Run("Ensure a task that a person archived meanwhile stays so", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "active", false)
		s.trello.MoveCard(s.card("Paint the door").ID, s.doing.ID)
		s.mustSync()
		s.want("project.task", id, "active", false)
		if !s.card("Paint the door").Closed {
			t.Error("the card is open")
		}
		s.quiet()
	})
}
