package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// hide takes a task out of what the connector's user may see, for some operations or for all.
func (s *scene) hide(task int64, operations ...string) {
	manager := s.odoo.Search("res.users", []any{[]any{"login", "=", "manager"}})[0]
	s.odoo.Rule(manager, "project.task", []any{[]any{"id", "!=", task}}, operations...)
}

func TestRecordsThatTheUserMayNotSee(t *testing.T) {
	t.Run("Ensure one of them fails alone and the others go on", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		s.mustSync()
		hidden, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Blue" })
		s.edit("Sweep the yard", func(c *trellotest.Card) { c.Due = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC) })
		s.hide(hidden)
		r := s.mustSync()
		s.counts(r, trello.CardModel, "updated=2 unchanged=1 failed=1")
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "description", "<p>Blue</p>")
		s.want("project.task", hidden, "description", false)
	})
	t.Run("Ensure nothing is taken for deleted because it is hidden", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		s.mustSync()
		hidden, _ := s.task("Oil the hinges")
		s.hide(hidden)
		s.mustSync()
		s.odoo.Rule(s.odoo.Search("res.users", []any{[]any{"login", "=", "manager"}})[0], "project.task", nil)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		s.want("project.task", hidden, "description", "<p>All of them</p>")
		s.reviewed(trello.CardModel)
	})
	t.Run("Ensure a project that is hidden does not stop the tasks in it", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "active", false)
		s.odoo.Rule(s.odoo.Search("res.users", []any{[]any{"login", "=", "manager"}})[0], "project.project", []any{[]any{"id", "=", 0}})
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		if c := s.card("Oil the hinges"); !c.Closed {
			t.Error("the card of an archived task is still open")
		}
	})
}
