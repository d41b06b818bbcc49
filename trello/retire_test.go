package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// labelled is the workshop of which only the cards with the label "odoo" take part: "Paint the door" has it.
func labelled(t *testing.T) (s *scene, mark trellotest.Label) {
	s = &scene{world: newWorld(t)}
	s.tune = func(x *trello.Settings) { x.SyncLabel = "odoo" }
	s.board, s.todo, s.doing = workshop(s.world)
	mark = s.trello.AddLabel(s.board.ID, "odoo", "sky")
	s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, mark.ID) })
	s.mustSync()
	s.project = s.projectID("Workshop")
	s.todoStage, s.doneStage = s.stageID("To do", s.project), s.stageID("Doing", s.project)
	s.clock.Advance(time.Hour)
	s.resetRequests()
	return s, mark
}

// tasks counts the tasks of that name, archived ones too.
func (w *world) tasks(name string) int {
	return len(w.odoo.Search("project.task", []any{[]any{"name", "=", name}, []any{"active", "in", []any{true, false}}}))
}

func TestASyncLabel(t *testing.T) {
	t.Run("Ensure only cards with the label are imported, and the label is no tag", func(t *testing.T) {
		s, _ := labelled(t)
		if s.tasks("Paint the door") != 1 || s.tasks("Oil the hinges") != 0 {
			t.Errorf("there are %d and %d tasks", s.tasks("Paint the door"), s.tasks("Oil the hinges"))
		}
		if n := len(s.odoo.Search("project.tags", []any{[]any{"name", "=", "odoo"}})); n != 0 {
			t.Errorf("there are %d tags of the label", n)
		}
		s.quiet()
	})
	t.Run("Ensure a card that gets the label is imported", func(t *testing.T) {
		s, mark := labelled(t)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.IDLabels = []string{mark.ID} })
		s.mustSync()
		s.task("Oil the hinges")
		s.quiet()
	})
	t.Run("Ensure taking the label off deletes nothing, and neither side's edits cross until it is back", func(t *testing.T) {
		s, mark := labelled(t)
		id, _ := s.task("Paint the door")
		card := s.card("Paint the door")
		before := s.bindingOf(trello.CardModel, card.ID)
		s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = nil })
		r := s.mustSync()
		if r.Of(trello.CardModel).Retired != 1 {
			t.Errorf("%d pairs retired", r.Of(trello.CardModel).Retired)
		}
		s.noWrites()
		s.want("project.task", id, "active", true)
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.set("project.task", id, "name", "Paint the gate")
		s.resetRequests()
		r = s.mustSync()
		s.noWrites()
		s.counts(r, trello.CardModel, "")
		if r.Jobs.Enqueued != 0 {
			t.Errorf("%d jobs", r.Jobs.Enqueued)
		}
		s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = []string{mark.ID} })
		s.mustSync()
		s.card("Paint the gate")
		s.want("project.task", id, "description", "<p>Three coats</p>")
		after := s.bindingOf(trello.CardModel, card.ID)
		if after.ID != before.ID || !after.Retired.IsZero() || s.tasks("Paint the gate") != 1 {
			t.Errorf("the binding %d came back as %d, retired %v; there are %d tasks", before.ID, after.ID, after.Retired, s.tasks("Paint the gate"))
		}
		s.quiet()
	})
	t.Run("Ensure a card that is deleted while it is out, is found deleted when asked again, and nothing is doubled", func(t *testing.T) {
		s, _ := labelled(t)
		s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = nil })
		s.mustSync()
		s.trello.DeleteCard(s.card("Paint the door").ID)
		s.mustSync()
		if s.tasks("Paint the door") != 1 {
			t.Errorf("there are %d tasks", s.tasks("Paint the door"))
		}
		s.quiet()
	})
	t.Run("Ensure a pair that is out stays out while its board does not answer", func(t *testing.T) {
		s, _ := labelled(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = nil })
		s.mustSync()
		card := s.card("Paint the door").ID
		s.trello.SetRights(s.board.ID, trellotest.MayNothing)
		s.set("project.task", id, "name", "Paint the gate")
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		if s.bindingOf(trello.CardModel, card).Retired.IsZero() {
			t.Error("the pair is back")
		}
	})
	t.Run("Ensure a task that goes out gets the label on its card, and keeps it through edits of its tags", func(t *testing.T) {
		s, mark := labelled(t)
		id := s.addTask("Saw the tree", nil)
		s.mustSync()
		if got := s.card("Saw the tree").IDLabels; len(got) != 1 || got[0] != mark.ID {
			t.Errorf("the card has the labels %v", got)
		}
		s.quiet()
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent")))
		s.mustSync()
		if got := s.card("Saw the tree").IDLabels; len(got) != 2 {
			t.Errorf("the card has the labels %v", got)
		}
		s.want("project.task", id, "tag_ids", []any{s.tagID("Urgent")})
		s.quiet()
	})
	t.Run("Ensure the label is made on a board that lacks it", func(t *testing.T) {
		s := bound(t)
		s.tune = func(x *trello.Settings) { x.SyncLabel = "odoo" }
		s.addTask("Saw the tree", nil)
		r := s.mustSync()
		if r.Of(trello.CardModel).Retired != 3 {
			t.Errorf("%d cards without the label retired", r.Of(trello.CardModel).Retired)
		}
		if got := s.card("Saw the tree").IDLabels; len(got) != 1 {
			t.Errorf("the card has the labels %v", got)
		}
		s.quiet()
		s.tune = nil
		s.mustSync()
		for _, name := range []string{"Paint the door", "Oil the hinges", "Sweep the yard", "Saw the tree"} {
			if s.tasks(name) != 1 {
				t.Errorf("there are %d tasks %q", s.tasks(name), name)
			}
		}
		s.quiet()
	})
}

const importantOnly = `model: trello.card
domain: [["priority", "=", "1"]]
`

func TestADomainThatPairsLeave(t *testing.T) {
	t.Run("Ensure only tasks within are created outside, and a bound one stays when it leaves", func(t *testing.T) {
		s := bound(t)
		s.mapping(importantOnly)
		s.addTask("Saw the tree", nil)
		id := s.addTask("Fell the tree", map[string]any{"priority": "1"})
		s.mustSync()
		if n := len(s.trello.Cards(s.board.ID)); n != 4 {
			t.Errorf("there are %d cards", n)
		}
		s.set("project.task", id, "priority", "0")
		s.set("project.task", id, "name", "Fell the oak")
		s.mustSync()
		s.card("Fell the oak")
		s.quiet()
	})
	t.Run("Ensure a bound task that leaves retires where the configuration says so, and comes back as the same pair", func(t *testing.T) {
		s := bound(t)
		s.mapping(importantOnly + "on_leave: retire\n")
		id := s.addTask("Fell the tree", map[string]any{"priority": "1"})
		r := s.mustSync()
		if r.Of(trello.CardModel).Retired != 3 {
			t.Errorf("%d pairs retired, want those of the workshop", r.Of(trello.CardModel).Retired)
		}
		card := s.card("Fell the tree")
		before := s.bindingOf(trello.CardModel, card.ID)
		s.set("project.task", id, "priority", "0")
		s.mustSync()
		s.set("project.task", id, "name", "Fell the oak")
		s.edit("Fell the tree", func(c *trellotest.Card) { c.Desc = "With care" })
		s.resetRequests()
		r = s.mustSync()
		s.noWrites()
		if r.Jobs.Enqueued != 0 || s.bindingOf(trello.CardModel, card.ID).Retired.IsZero() {
			t.Errorf("%d jobs, retired %v", r.Jobs.Enqueued, s.bindingOf(trello.CardModel, card.ID).Retired)
		}
		s.set("project.task", id, "priority", "1")
		s.mustSync()
		s.card("Fell the oak")
		s.want("project.task", id, "description", "<p>With care</p>")
		if after := s.bindingOf(trello.CardModel, card.ID); after.ID != before.ID || s.tasks("Fell the oak") != 1 {
			t.Errorf("the binding %d came back as %d", before.ID, after.ID)
		}
		s.quiet()
	})
	t.Run("Ensure a task that is out and then hidden stays out", func(t *testing.T) {
		s := bound(t)
		s.user = "manager"
		s.mapping(importantOnly + "on_leave: retire\n")
		s.mustSync()
		hidden, _ := s.task("Oil the hinges")
		s.hide(hidden)
		r := s.mustSync()
		if s.bindingOf(trello.CardModel, s.card("Oil the hinges").ID).Retired.IsZero() || r.Jobs.Enqueued != 0 {
			t.Errorf("the pair is back, with %d jobs", r.Jobs.Enqueued)
		}
	})
	t.Run("Ensure a task that is deleted is found deleted, not out of the domain", func(t *testing.T) {
		s := bound(t)
		s.mapping(importantOnly + "on_leave: retire\n")
		id := s.addTask("Fell the tree", map[string]any{"priority": "1"})
		s.mustSync()
		s.odoo.Unlink("project.task", id)
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Deleted != 1 || c.Retired != 0 {
			t.Errorf("deleted %d, retired %d", c.Deleted, c.Retired)
		}
	})
	t.Run("Ensure a project that leaves takes its lists and cards with it, and brings them back", func(t *testing.T) {
		s := bound(t)
		s.mapping("model: trello.board\ndomain: [[\"label_tasks\", \"=\", \"Tasks\"]]\non_leave: retire\n")
		s.mustSync()
		s.quiet()
		s.set("project.project", s.project, "label_tasks", "Orders")
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "name", "Paint the gate")
		s.trello.AddCard(s.todo.ID, "Wax the floor")
		s.addTask("Saw the tree", nil)
		s.resetRequests()
		r := s.mustSync()
		s.noWrites()
		if r.Jobs.Enqueued != 0 || s.bindingOf(trello.CardModel, s.card("Paint the door").ID).Retired.IsZero() {
			t.Errorf("%d jobs", r.Jobs.Enqueued)
		}
		s.quiet()
		s.set("project.project", s.project, "label_tasks", "Tasks")
		s.mustSync()
		s.card("Paint the gate")
		s.card("Saw the tree")
		s.task("Wax the floor")
		s.quiet()
	})
}
