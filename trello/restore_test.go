package trello_test

import (
	"context"
	"os"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// restored is a bound workshop whose state is put back to what it was before the given syncs.
func restored(t *testing.T, meanwhile func(*scene)) *scene {
	t.Helper()
	s := bound(t)
	old, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	meanwhile(s)
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(s.path + beside); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(s.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s.resetRequests()
	return s
}

// TestRestoredState is what docs/backup.md says of a state that is some syncs old.
func TestRestoredState(t *testing.T) {
	t.Run("Ensure an edit that had crossed is found equal, and nothing is written", func(t *testing.T) {
		s := restored(t, func(s *scene) {
			s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
			s.mustSync()
		})
		s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure an edit that had not crossed does", func(t *testing.T) {
		s := restored(t, func(s *scene) {
			s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
			s.mustSync()
			s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		})
		s.mustSync()
		s.task("Oil the locks")
		s.quiet()
	})
	t.Run("Ensure what was made meanwhile is bound by name, without a second one", func(t *testing.T) {
		s := restored(t, func(s *scene) {
			s.trello.AddCard(s.todo.ID, "A shed")
			s.addTask("A ramp", nil)
			s.mustSync()
		})
		s.mustSync()
		s.task("A shed")
		s.task("A ramp")
		s.card("A shed")
		s.card("A ramp")
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure what was made meanwhile and differs waits for a person, and what is empty is filled in", func(t *testing.T) {
		s := restored(t, func(s *scene) {
			s.trello.AddCard(s.todo.ID, "A shed")
			card := s.trello.AddCard(s.todo.ID, "A ramp")
			s.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Desc = "Of oak" })
			s.mustSync()
			ramp, _ := s.task("A ramp")
			s.set("project.task", ramp, "description", "<p>Of steel</p>")
			shed, _ := s.task("A shed")
			s.set("project.task", shed, "description", "<p>Of glass</p>")
		})
		s.mustSync()
		if c := s.card("A shed"); c.Desc != "Of glass" {
			t.Errorf("the card is %+v", c)
		}
		if c := s.card("A ramp"); c.Desc != "Of oak" {
			t.Errorf("the card is %+v", c)
		}
		s.with(func(ctx context.Context, r *run) {
			open, err := r.env.Binder.Reviews(ctx, trello.CardModel)
			if err != nil || len(open) != 1 || open[0].Kind != binding.Unequal {
				t.Errorf("there are the reviews %v, with the error %v", open, err)
			}
		})
	})
	t.Run("Ensure a pair that is gone on both sides is told and nothing is made again", func(t *testing.T) {
		s := restored(t, func(s *scene) {
			id, _ := s.task("Oil the hinges")
			s.trello.DeleteCard(s.card("Oil the hinges").ID)
			s.odoo.Unlink("project.task", id)
			s.mustSync()
		})
		s.mustSync()
		s.noTrelloWrites()
		s.noOdooWrites()
		s.quiet()
	})
}
