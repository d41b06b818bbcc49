package trello_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// slowOdoo makes every request of Odoo take that long.
func (w *world) slowOdoo(each time.Duration) {
	w.odooRefuses(func(odootest.Request) error {
		w.clock.Advance(each)
		return nil
	})
}

// onceListed does something when the cards of a board were listed, before the answer is there.
func (w *world) onceListed(do func()) {
	done := false
	w.trello.Fail(func(r trellotest.Request) error {
		if r.After && !done && strings.HasSuffix(r.Path, "/cards") {
			done = true
			do()
		}
		return nil
	})
}

func TestALongRunAsksForABoardOnce(t *testing.T) {
	t.Run("Ensure a first sync that takes hours takes no request more than the least", func(t *testing.T) {
		if raced {
			t.Skip("counts the requests of more than a thousand records, which a race changes nothing about")
		}
		w := newWorld(t)
		fillChecklists(w, 3, 450)
		for _, b := range w.trello.Boards() {
			w.trello.AddComment(w.trello.Cards(b.ID)[0].ID, "Which blue?")
		}
		w.slowOdoo(2 * time.Minute)
		w.resetRequests()
		w.mustSync()
		if got, least := len(w.trello.Requests()), leastOfTrello(3); got != least {
			t.Errorf("%d requests, want %d: %v", got, least, w.tally())
		}
	})
	t.Run("Ensure what is edited meanwhile comes in with the next sync", func(t *testing.T) {
		s := bound(t)
		s.trello.AddCard(s.todo.ID, "Plane the bench")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil both hinges" })
		s.slowOdoo(time.Minute)
		s.onceListed(func() {
			s.edit("Oil both hinges", func(c *trellotest.Card) { c.Name = "Oil all hinges" })
			s.edit("Plane the bench", func(c *trellotest.Card) { c.Desc = "Both sides" })
		})
		s.mustSync()
		s.heal()
		s.mustSync()
		s.task("Oil all hinges")
		if _, task := s.task("Plane the bench"); task["description"] != "<p>Both sides</p>" {
			t.Errorf("its description is %v", task["description"])
		}
		s.quiet()
	})
}

func TestNothingGoesOutOnTheWordOfAListing(t *testing.T) {
	t.Run("Ensure a card that was edited since it was listed is not written over", func(t *testing.T) {
		s := bound(t)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil both hinges" })
		s.editTask("Oil the hinges", map[string]any{"description": "<p>With linseed</p>"})
		s.slowOdoo(time.Minute)
		s.onceListed(func() {
			s.edit("Oil both hinges", func(c *trellotest.Card) { c.Desc = "With grease" })
		})
		s.mustSync()
		if got := s.card("Oil both hinges").Desc; got != "With grease" {
			t.Errorf("the card says %q", got)
		}
		s.reviewed(trello.CardModel, binding.Conflict)
	})
	t.Run("Ensure the same for one that is matched with a task", func(t *testing.T) {
		s := bound(t)
		s.addTask("Plane the bench", map[string]any{"description": "<p>Both sides</p>"})
		s.trello.AddCard(s.todo.ID, "Plane the bench")
		s.slowOdoo(time.Minute)
		s.onceListed(func() {
			s.edit("Plane the bench", func(c *trellotest.Card) { c.Desc = "One side" })
		})
		s.mustSync()
		if got := s.card("Plane the bench").Desc; got != "One side" {
			t.Errorf("the card says %q", got)
		}
	})
}
