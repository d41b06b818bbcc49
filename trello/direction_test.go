package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestDirections(t *testing.T) {
	edits := func(s *scene) (task int64) {
		task, _ = s.task("Paint the door")
		s.set("project.task", task, "name", "Paint the gate")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		s.trello.AddCard(s.todo.ID, "From Trello")
		s.addTask("From Odoo", nil)
		return task
	}
	t.Run("Ensure import brings cards into Odoo and writes nothing at Trello", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.CardModel, config.DirectionImport)
		edits(s)
		s.counts(s.mustSync(), trello.CardModel, "created=1 updated=1 unchanged=2")
		s.noTrelloWrites()
		s.task("From Trello")
		s.task("Oil the locks")
		s.quiet()
	})
	t.Run("Ensure export brings tasks to Trello and writes nothing into Odoo", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.CardModel, config.DirectionExport)
		edits(s)
		s.counts(s.mustSync(), trello.CardModel, "created=1 updated=1 unchanged=2")
		s.noOdooWrites()
		s.card("From Odoo")
		s.card("Paint the gate")
		s.quiet()
	})
	t.Run("Ensure off leaves the model alone on both sides", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.CardModel, config.DirectionOff)
		edits(s)
		r := s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		if c := r.Of(trello.CardModel); c.Created+c.Updated+c.Failed+c.Skipped != 0 {
			t.Errorf("got %+v, want nothing done", *c)
		}
	})
	t.Run("Ensure boards that are off bring nothing in but what is on those that are bound, in their projects", func(t *testing.T) {
		w := newWorld(t)
		w.direct(trello.BoardModel, config.DirectionOff)
		b := w.trello.AddBoard("Workshop")
		w.trello.AddCard(w.trello.AddList(b.ID, "To do").ID, "Oil the hinges")
		w.mustSync()
		w.noOdooWrites()
		w.quiet()
		s := bound(t)
		s.direct(trello.BoardModel, config.DirectionOff)
		s.trello.AddCard(s.listID("To do"), "Paint the fence")
		s.mustSync()
		fence, _ := s.task("Paint the fence")
		s.want("project.task", fence, "project_id", s.project)
		s.quiet()
	})
	t.Run("Ensure what an import-only model holds in Odoo is overwritten by an edit from Trello alone", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.CardModel, config.DirectionImport)
		task, _ := s.task("Oil the hinges")
		s.set("project.task", task, "date_deadline", "2026-05-04 12:00:00")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		s.mustSync()
		s.want("project.task", task, "name", "Oil the locks")
		s.want("project.task", task, "date_deadline", "2026-05-04 12:00:00")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure an edit that was held back goes out once the direction is both again", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.CardModel, config.DirectionImport)
		task, _ := s.task("Oil the hinges")
		s.set("project.task", task, "date_deadline", "2026-05-04 12:00:00")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		s.mustSync()
		s.models = nil
		s.mustSync()
		if c := s.card("Oil the locks"); c.Due.IsZero() {
			t.Error("the deadline did not go out")
		}
		s.quiet()
	})
	t.Run("Ensure labels that are off leave the tags of the tasks alone", func(t *testing.T) {
		w := newWorld(t)
		w.direct(trello.LabelModel, config.DirectionOff)
		workshop(w)
		r := w.mustSync()
		w.counts(r, trello.CardModel, "created=3")
		w.counts(r, trello.LabelModel, "")
		if n := len(w.odoo.Search("project.tags", nil)); n != 0 {
			t.Errorf("Odoo has %d tags, want none", n)
		}
		id, _ := w.task("Paint the door")
		tag := w.odoo.Create("project.tags", map[string]any{"name": "Urgent"})
		w.set("project.task", id, "tag_ids", links(tag))
		w.resetRequests()
		w.mustSync()
		w.noTrelloWrites()
		w.noOdooWrites()
		if c := w.card("Paint the door"); len(c.IDLabels) != 1 {
			t.Errorf("the card has the labels %v, want its own", c.IDLabels)
		}
	})
	t.Run("Ensure what only Odoo has is left alone under import, and goes out when the direction is both", func(t *testing.T) {
		w, _ := twins(t)
		w.direct(trello.CardModel, config.DirectionImport)
		id, _ := w.task("Oil the hinges")
		w.set("project.task", id, "description", "<p>Twice</p>")
		w.mustSync()
		w.noTrelloWrites()
		w.reviewed(trello.CardModel)
		w.quiet()
		w.direct(trello.CardModel, config.DirectionBoth)
		w.mustSync()
		if c := w.card("Oil the hinges"); c.Desc != "Twice" {
			t.Errorf("the card's description is %q, want the task's", c.Desc)
		}
		w.quiet()
	})
	t.Run("Ensure a review under import ends by an edit in Odoo", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.direct(trello.CardModel, config.DirectionImport)
		w.mustSync()
		w.reviewed(trello.CardModel, binding.Unequal)
		w.quiet()
		w.set("project.task", id, "description", "<p>Once</p>")
		w.mustSync()
		w.reviewed(trello.CardModel)
		w.quiet()
	})
}

func TestADomain(t *testing.T) {
	s := bound(t)
	s.model(trello.CardModel, func(m *config.Model) { m.Domain = []any{[]any{"priority", "=", "1"}} })
	t.Run("Ensure it limits what is created outside", func(t *testing.T) {
		s.addTask("Ordinary", nil)
		s.addTask("Important", map[string]any{"priority": "1"})
		s.mustSync()
		got := s.cardsOf(s.board.ID)
		if slices.Contains(got, "Ordinary") || !slices.Contains(got, "Important") {
			t.Errorf("the board has the cards %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure a bound record stays in step although it is outside of it", func(t *testing.T) {
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.mustSync()
		s.card("Oil the locks")
		s.quiet()
	})
	t.Run("Ensure a task goes out once it fulfils it", func(t *testing.T) {
		id, _ := s.task("Ordinary")
		s.set("project.task", id, "priority", "1")
		s.mustSync()
		s.card("Ordinary")
		s.quiet()
	})
}
