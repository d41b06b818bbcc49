package trello_test

import (
	"context"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
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
		s.counts(r, trello.CardModel, "updated=2 failed=1")
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
	t.Run("Ensure a field that is newly mapped goes out of the others, though nobody touched them", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "date_end", "2026-04-03 09:00:00")
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.addTask("Rake the yard", nil)
		s.mustSync()
		s.clock.Advance(time.Hour)
		hidden, _ := s.task("Oil the hinges")
		s.hide(hidden)
		s.mapping(startField + "    direction: export\n")
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		if got := s.card("Paint the door").Start; got.IsZero() {
			t.Error("the card has no start")
		}
	})
	t.Run("Ensure a contact that is hidden stops no other task", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		s.trello.AddCustomField(s.board.ID, "Customer", "text")
		seen := s.odoo.Create("res.partner", map[string]any{"name": "Ada"})
		unseen := s.odoo.Create("res.partner", map[string]any{"name": "Bob"})
		s.mapping("model: trello.card\nfields: [{odoo: partner_id, external: 'custom:Customer', direction: export}]\n")
		s.mustSync()
		manager := s.odoo.Search("res.users", []any{[]any{"login", "=", "manager"}})[0]
		s.odoo.Rule(manager, "res.partner", []any{[]any{"id", "!=", unseen}})
		for name, partner := range map[string]int64{"Paint the door": seen, "Oil the hinges": unseen} {
			id, _ := s.task(name)
			s.set("project.task", id, "partner_id", partner)
		}
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		if got := s.trello.CustomValues(s.card("Paint the door").ID); len(got) != 1 || got[0].Text != "Ada" {
			t.Errorf("the card has the values %+v", got)
		}
	})
	t.Run("Ensure a card that is linked to a task that is hidden stops nothing", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.mustSync()
		w.user = "manager"
		s := &scene{world: w}
		hidden := w.odoo.Create("project.task", map[string]any{"name": "Hidden", "project_id": w.value("project.task", id, "project_id")})
		s.hide(hidden)
		w.with(func(ctx context.Context, r *run) {
			review := w.reviews(trello.CardModel)[0]
			review.OdooID = 0
			if _, err := r.Decide(ctx, review, binding.Decision{Verdict: binding.Link, OdooID: hidden}); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := w.sync(); err != nil {
			t.Fatal(err)
		}
	})
}
