package trello_test

import (
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestEditsOfBothSides(t *testing.T) {
	t.Run("Ensure edits of different fields merge in one sync", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "date_deadline", "2026-05-04 12:00:00")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.want("project.task", id, "description", "<p>All of them</p>")
		if c := s.card("Oil the hinges"); !c.Due.Equal(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)) || c.Desc != "All of them" {
			t.Errorf("the card is %+v", c)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure the same edit on both sides is no conflict and writes nothing", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure labels merge element by element", func(t *testing.T) {
		s := bound(t)
		wood := s.trello.AddLabel(s.board.ID, "Wood", "lime")
		s.mustSync()
		id, _ := s.task("Paint the door") // it has Urgent
		s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, wood.ID) })
		s.set("project.task", id, "tag_ids", links(s.tagID("green")))
		s.mustSync()
		got := slices.Sorted(slices.Values(s.value("project.task", id, "tag_ids").([]int64)))
		want := slices.Sorted(slices.Values([]int64{s.tagID("Wood"), s.tagID("green")}))
		if !slices.Equal(got, want) {
			t.Errorf("the task has the tags %v, want %v", got, want)
		}
		c := s.card("Paint the door")
		if len(c.IDLabels) != 2 || !slices.Contains(c.IDLabels, wood.ID) || !slices.Contains(c.IDLabels, s.labelOf("")) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
}

func TestConflicts(t *testing.T) {
	clash := func(t *testing.T, policy config.Conflict) (s *scene, task int64) {
		s = bound(t)
		s.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
		task, _ = s.task("Oil the hinges")
		return s, task
	}
	names := func(t *testing.T, s *scene, task int64, inOdoo, outside string) {
		t.Helper()
		s.want("project.task", task, "name", inOdoo)
		if got := s.cardsOf(s.board.ID); !slices.Contains(got, outside) {
			t.Errorf("the board has the cards %q, want %q among them", got, outside)
		}
	}
	both := func(s *scene, task int64) {
		s.set("project.task", task, "name", "Oil the locks")
		s.clock.Advance(10 * time.Second)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the bolts" })
	}
	t.Run("Ensure ask writes nothing and opens a review until both are equal", func(t *testing.T) {
		s, task := clash(t, config.ConflictAsk)
		both(s, task)
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2 skipped=1")
		s.noOdooWrites()
		s.noTrelloWrites()
		names(t, s, task, "Oil the locks", "Oil the bolts")
		s.reviewed(trello.CardModel, binding.Conflict)
		s.quiet()
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2 skipped=1")
		s.reviewed(trello.CardModel, binding.Conflict)
		s.edit("Oil the bolts", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.reviewed(trello.CardModel)
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure other fields go on crossing while one waits for review", func(t *testing.T) {
		s, task := clash(t, config.ConflictAsk)
		both(s, task)
		s.mustSync()
		s.edit("Oil the bolts", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		s.want("project.task", task, "description", "<p>All of them</p>")
		names(t, s, task, "Oil the locks", "Oil the bolts")
		s.reviewed(trello.CardModel, binding.Conflict)
		s.quiet()
	})
	for policy, winner := range map[config.Conflict]string{
		config.ConflictOdoo: "Oil the locks", config.ConflictBackend: "Oil the bolts", config.ConflictNewest: "Oil the bolts",
	} {
		t.Run("Ensure the policy "+string(policy)+" lets its side win", func(t *testing.T) {
			s, task := clash(t, policy)
			both(s, task)
			s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			names(t, s, task, winner, winner)
			s.quiet()
		})
	}
	t.Run("Ensure newest takes Odoo's value where it is the later one", func(t *testing.T) {
		s, task := clash(t, config.ConflictNewest)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the bolts" })
		s.clock.Advance(10 * time.Second)
		s.set("project.task", task, "name", "Oil the locks")
		s.mustSync()
		names(t, s, task, "Oil the locks", "Oil the locks")
		s.quiet()
	})
	t.Run("Ensure newest goes by the whole card: a comment makes it the later one", func(t *testing.T) {
		s, task := clash(t, config.ConflictNewest)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the bolts" })
		s.clock.Advance(10 * time.Second)
		s.set("project.task", task, "name", "Oil the locks")
		s.clock.Advance(10 * time.Second)
		s.trello.AddComment(s.card("Oil the bolts").ID, "Which?")
		s.mustSync()
		names(t, s, task, "Oil the bolts", "Oil the bolts")
	})
	t.Run("Ensure newest lets Odoo win where Trello tells of no time, though its edit is the later one", func(t *testing.T) {
		c := newChecked(t)
		for _, name := range []string{trello.BoardModel, trello.ListModel, trello.LabelModel, trello.CheckItemModel} {
			c.model(name, func(m *config.Model) { m.Conflict = config.ConflictNewest })
		}
		project, label := c.projectID("Workshop"), c.labelOf("Urgent")
		pairs := []struct {
			model string
			id    int64
		}{
			{"project.project", project}, {"project.task.type", c.stageID("To do", project)},
			{"project.tags", c.tagID("Urgent")}, {"project.task", c.child(c.task, "Sand")},
		}
		for _, p := range pairs {
			c.set(p.model, p.id, "name", "In Odoo")
		}
		c.clock.Advance(10 * time.Second)
		c.trello.UpdateBoard(c.board.ID, func(b *trellotest.Board) { b.Name = "In Trello" })
		c.trello.UpdateList(c.todo.ID, func(l *trellotest.List) { l.Name = "In Trello" })
		c.trello.UpdateLabel(label, func(l *trellotest.Label) { l.Name = "In Trello" })
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Name = "In Trello" })
		c.mustSync()
		for _, p := range pairs {
			c.want(p.model, p.id, "name", "In Odoo")
		}
		c.item(c.cardID, "In Odoo")
		if got := c.boardOf("In Odoo").ID; got != c.board.ID || c.labelOf("In Odoo") != label || c.listID("In Odoo") != c.todo.ID {
			t.Errorf("Trello has not what Odoo has: board %s, lists %q", got, c.listNames(c.board.ID))
		}
		c.quiet()
	})
	t.Run("Ensure a conflict that a policy decided is on record with both values", func(t *testing.T) {
		s, task := clash(t, config.ConflictOdoo)
		both(s, task)
		s.mustSync()
		var results []string
		for _, j := range s.jobsIn("done") {
			results = append(results, j.Result)
		}
		if !slices.ContainsFunc(results, func(r string) bool { return contains(r, "both sides changed it") && contains(r, "Oil the bolts") }) {
			t.Errorf("no job's result tells of the conflict and of the value that lost: %q", results)
		}
	})
}
