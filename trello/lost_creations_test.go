package trello_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// loseNext lets the answer to the next POST to the path be lost, and Trello answer nothing from then on, until it is healed.
func (w *world) loseNext(path string) {
	down := false
	w.trello.Fail(func(r trellotest.Request) error {
		down = down || (r.Method == http.MethodPost && r.Path == path && r.After)
		if down {
			return trellotest.ErrDropped
		}
		return nil
	})
}

// lost runs a sync in which the answer to a POST is lost and all that comes after it.
func (w *world) lost(path string) {
	w.t.Helper()
	w.loseNext(path)
	if _, err := w.sync(); !isOutage(err) {
		w.t.Fatalf("the sync reports %v, want an outage", err)
	}
	w.mend()
}

func TestACreationThatWasLostAndChangedSince(t *testing.T) {
	t.Run("Ensure a card that a person renamed is found by who made it, and made once", func(t *testing.T) {
		s := bound(t)
		id := s.addTask("Hang the door", nil)
		s.lost("/1/cards")
		s.edit("Hang the door", func(c *trellotest.Card) { c.Name = "Hang the gate" })
		s.trello.AddMember("ada", "Ada")
		s.mustSync()
		s.card("Hang the gate")
		s.want("project.task", id, "name", "Hang the gate")
		if n := len(s.trello.Cards(s.board.ID)); n != 4 {
			t.Errorf("there are %d cards, want 4", n)
		}
		s.quiet()
	})
	t.Run("Ensure one that cannot be read then stops no other record, and is made once", func(t *testing.T) {
		s := bound(t)
		s.addTask("Hang the door", nil)
		s.lost("/1/cards")
		s.edit("Hang the door", func(c *trellotest.Card) { c.Name = "Hang the gate" })
		s.edit("Paint the door", func(c *trellotest.Card) { c.Name = "Green door" })
		s.trello.Alter(trellotest.WithoutField(s.card("Hang the gate").ID, "desc"))
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		s.task("Green door")
		s.trello.Alter(nil)
		s.clock.Advance(time.Hour)
		s.mustSync()
		s.task("Hang the gate")
		if n := len(s.trello.Cards(s.board.ID)); n != 4 {
			t.Errorf("there are %d cards, want 4", n)
		}
		s.quiet()
	})
	t.Run("Ensure a card that a person renamed and moved to another board is found there", func(t *testing.T) {
		s, garden, project := gardening(t)
		id := s.addTask("Hang the door", nil)
		s.lost("/1/cards")
		s.edit("Hang the door", func(c *trellotest.Card) { c.Name = "Hang the gate" })
		s.trello.MoveCard(s.card("Hang the gate").ID, s.trello.Lists(garden.ID)[0].ID)
		s.again()
		s.mustSync()
		s.card("Hang the gate")
		s.want("project.task", id, "name", "Hang the gate")
		s.want("project.task", id, "project_id", project)
		s.quiet()
	})
	t.Run("Ensure a list that a person renamed is found, and made once", func(t *testing.T) {
		s := bound(t)
		stage := s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project)})
		s.lost("/1/lists")
		s.trello.UpdateList(s.listID("Waiting"), func(l *trellotest.List) { l.Name = "On hold" })
		s.mustSync()
		s.want("project.task.type", stage, "name", "On hold")
		if n := len(s.trello.Lists(s.board.ID)); n != 3 {
			t.Errorf("there are %d lists, want 3", n)
		}
		s.quiet()
	})
	t.Run("Ensure a board that a person renamed is found, though the configuration names others, and made once", func(t *testing.T) {
		s := publishing(t)
		s.boards = []string{"Workshop"}
		garden := s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		s.lost("/1/boards")
		s.trello.UpdateBoard(s.boardOf("Garden, public").ID, func(b *trellotest.Board) { b.Name = "Park" })
		s.mustSync()
		s.want("project.project", garden, "name", "Park")
		if n := len(s.trello.Boards()); n != 2 {
			t.Errorf("there are %d boards, want 2", n)
		}
		s.quiet()
	})
	t.Run("Ensure a board that is as it was made is found, though the configuration names others", func(t *testing.T) {
		s := publishing(t)
		s.boards = []string{"Workshop"}
		s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		s.lost("/1/boards")
		s.mustSync()
		s.boardOf("Garden, public")
		s.quiet()
	})
	t.Run("Ensure a label is found by its name, with another of the name beside it by its colour", func(t *testing.T) {
		s := bound(t)
		oak := s.odoo.Create("project.tags", map[string]any{"name": "Oak", "color": 3})
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(oak))
		s.lost("/1/labels")
		yellow := s.labelOf("Oak")
		s.trello.AddLabel(s.board.ID, "Oak", "red")
		s.mustSync()
		s.boundTo(yellow, oak)
		if n := len(s.trello.Labels(s.board.ID)); n != 4 {
			t.Errorf("there are %d labels, want 4", n)
		}
		s.quiet()
	})
}

func TestACreationThatWasLostAndDeletedSince(t *testing.T) {
	s := bound(t)
	s.addTask("Hang the door", nil)
	s.lost("/1/cards")
	s.trello.DeleteCard(s.card("Hang the door").ID)
	s.mustSync()
	t.Run("Ensure it is not made again blindly: a person is asked, once", func(t *testing.T) {
		if n := len(s.trello.Cards(s.board.ID)); n != 3 {
			t.Errorf("there are %d cards, want 3", n)
		}
		s.reviewed(trello.CardModel, binding.Twin)
		s.clock.Advance(time.Hour)
		s.quiet()
		s.look(func(ctx context.Context, b *binding.Binder, _ *jobs.Queue) {
			reviews, err := b.Reviews(ctx, trello.CardModel)
			if err != nil || len(reviews) != 1 || !strings.Contains(reviews[0].Reason, "deleted since") {
				t.Errorf("the reviews are %+v, %v", reviews, err)
			}
		})
	})
	t.Run("Ensure a card of the name that the person makes is taken for it", func(t *testing.T) {
		s.trello.AddCard(s.todo.ID, "Hang the door")
		s.mustSync()
		s.reviewed(trello.CardModel)
		if ids := s.odoo.Search("project.task", []any{[]any{"name", "=", "Hang the door"}}); len(ids) != 1 {
			t.Errorf("there are the tasks %v", ids)
		}
		s.quiet()
	})
}
