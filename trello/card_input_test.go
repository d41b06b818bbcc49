package trello_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestOddCards(t *testing.T) {
	eachVersion(t, "Ensure a card without a name makes a task, and gets the name that the task is given", func(t *testing.T, version string) {
		s := boundOn(t, version, nil)
		empty := s.trello.AddCard(s.todo.ID, "")
		blank := s.trello.AddCard(s.doing.ID, " \t ")
		s.counts(s.mustSync(), trello.CardModel, "created=2 unchanged=3")
		s.noTrelloWrites()
		s.quiet()
		ids := s.odoo.Search("project.task", []any{[]any{"name", "=", "(no name)"}})
		if len(ids) != 2 {
			t.Fatalf("there are %d tasks without a name of their own", len(ids))
		}
		s.set("project.task", s.bindingOf(trello.CardModel, empty.ID).OdooID, "name", "Sand the door")
		s.trello.UpdateCard(blank.ID, func(c *trellotest.Card) { c.Name = "Hang the door" })
		s.mustSync()
		if c, _ := s.trello.Card(empty.ID); c.Name != "Sand the door" {
			t.Errorf("the card is called %q", c.Name)
		}
		s.want("project.task", s.bindingOf(trello.CardModel, blank.ID).OdooID, "name", "Hang the door")
		s.quiet()
	})
	eachVersion(t, "Ensure characters that XML cannot carry do no harm", func(t *testing.T, version string) {
		s := boundOn(t, version, nil)
		odd := "Sand\x00 the\x07 door\uFFFE"
		c := s.trello.AddCard(s.todo.ID, odd, trellotest.WithDesc("One\x00 coat\x1b[31m of\u2028 paint"))
		s.trello.AddLabel(s.board.ID, "Wo\x01od", "lime")
		s.mustSync()
		id, _ := s.task("Sand the door")
		s.quiet()
		s.set("project.task", id, "description", "<p>Two coats</p>")
		s.mustSync()
		got, _ := s.trello.Card(c.ID)
		if got.Name != odd || got.Desc != "Two coats" {
			t.Errorf("the card is %q, %q", got.Name, got.Desc)
		}
		s.quiet()
	})
	eachVersion(t, "Ensure a copy of a card, beside it and of its name, is a task of its own", func(t *testing.T, version string) {
		s := boundOn(t, version, nil)
		door := s.card("Paint the door")
		s.trello.AddCard(door.IDList, door.Name, trellotest.WithDesc(door.Desc), trellotest.WithLabels(door.IDLabels...), trellotest.WithDue(door.Due))
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
		if ids := s.odoo.Search("project.task", []any{[]any{"name", "=", "Paint the door"}}); len(ids) != 2 {
			t.Errorf("there are %d tasks of the name, want two", len(ids))
		}
		s.reviewed(trello.CardModel)
		s.quiet()
		s.trello.UpdateCard(door.ID, func(c *trellotest.Card) { c.Desc = "Red" })
		s.mustSync()
		s.want("project.task", s.bindingOf(trello.CardModel, door.ID).OdooID, "description", "<p>Red</p>")
		s.quiet()
	})
	eachVersion(t, "Ensure a copy of a task, beside it and of its name, is a card of its own", func(t *testing.T, version string) {
		s := boundOn(t, version, nil)
		s.addTask("Oil the hinges", map[string]any{"stage_id": s.doneStage})
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
		if n := len(slices.DeleteFunc(s.cardsOf(s.board.ID), func(n string) bool { return n != "Oil the hinges" })); n != 2 {
			t.Errorf("there are %d cards of the name, want two", n)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	eachVersion(t, "Ensure a card with all there is crosses, and comes back from a task as it was", func(t *testing.T, version string) {
		c := newCrew(t, version)
		st := statesOf(version)
		c.trello.AddCard(c.todo.ID, strings.Repeat("Long ", 40)+"name", trellotest.WithDesc("Two coats"), trellotest.WithMembers(c.ann.ID, c.bob.ID, c.cem.ID),
			trellotest.WithLabels(c.labelOf("Urgent"), c.labelOf("")), trellotest.WithDue(at(t, "2026-05-04T10:11:12Z")), trellotest.Archived())
		name := strings.Repeat("Long ", 40) + "name"
		c.tick(name, true)
		c.mustSync()
		c.users(name, c.annUser, c.bobUser)
		id, task := c.task(name)
		c.want("project.task", id, st.field, st.done)
		if task["active"] != false {
			t.Error("the task is not archived")
		}
		c.quiet()
		before := c.card(name)
		c.odoo.Touch("project.task")
		c.mustSync()
		if after := c.card(name); !slices.Equal(after.IDMembers, before.IDMembers) || !after.Due.Equal(before.Due) || !after.DueComplete || !after.Closed {
			t.Errorf("the card is %+v, was %+v", after, before)
		}
		c.quiet()
	})
}
