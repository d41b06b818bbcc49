package trello_test

import (
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestLinksThatLeadNowhere(t *testing.T) {
	t.Run("Ensure a task without a stage waits for review instead of failing", func(t *testing.T) {
		s := bound(t)
		id := s.addTask("Hang the door", nil)
		s.set("project.task", id, "stage_id", false)
		r := s.mustSync()
		s.counts(r, trello.CardModel, "unchanged=3 skipped=1")
		s.reviewed(trello.CardModel, binding.MissingReference)
		s.noTrelloWrites()
		s.quiet()
		s.set("project.task", id, "stage_id", s.doneStage)
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a bound task that loses its stage leaves its card in its list", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"stage_id": false, "name": "Oil the locks"})
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2 skipped=1")
		if c := s.card("Oil the locks"); c.IDList != s.doing.ID {
			t.Errorf("the card is in list %s", c.IDList)
		}
		s.reviewed(trello.CardModel, binding.MissingReference)
		s.quiet()
		s.set("project.task", id, "stage_id", s.doneStage)
		s.mustSync()
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a bound task that moves to a stage that gets no list leaves its card where it is", func(t *testing.T) {
		s := bound(t)
		s.model(trello.ListModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
		id, _ := s.task("Oil the hinges")
		waiting := s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project)})
		s.set("project.task", id, "stage_id", waiting)
		s.mustSync()
		s.noTrelloWrites()
		s.reviewed(trello.CardModel, binding.MissingReference)
		s.quiet()
		list := s.trello.AddList(s.board.ID, "Waiting")
		s.mustSync()
		if c := s.card("Oil the hinges"); c.IDList != list.ID {
			t.Errorf("the card is in list %s, want %s", c.IDList, list.ID)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a task that leaves the bound projects keeps its card, and comes back", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		other := s.odoo.Create("project.project", map[string]any{"name": "Garden"})
		s.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": other, "stage_id": false})
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Failed != 0 || c.Deleted != 0 {
			t.Errorf("got %+v", *c)
		}
		s.noTrelloWrites()
		s.quiet()
		s.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": s.project, "stage_id": s.doneStage})
		s.mustSync()
		s.noTrelloWrites()
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a task that becomes private is not taken for deleted, fails alone and keeps its card", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges") // Odoo shows a task without a project to its assignees and followers alone
		s.odoo.Write("project.task", []int64{id}, map[string]any{
			"project_id": false, "message_partner_ids": []any{[]any{int64(6), int64(0), []any{}}},
		})
		s.edit("Paint the door", func(c *trellotest.Card) { c.Name = "Paint the gate" })
		for _, updated := range []int{1, 0} {
			r := s.mustSync()
			if c := r.Of(trello.CardModel); c.Failed != 1 || c.Deleted != 0 || c.Updated != updated {
				t.Errorf("got %+v", *c)
			}
		}
		if failed := s.jobsIn(jobs.StateFailed); len(failed) != 1 || !contains(failed[0].ExcMessage, "no right") {
			t.Errorf("got the failed jobs %+v", failed)
		}
		s.noTrelloWrites()
	})
	t.Run("Ensure a tag that was deleted in Odoo leaves its label on the cards, and the rest goes on", func(t *testing.T) {
		s := bound(t)
		s.odoo.Unlink("project.tags", s.tagID("Urgent"))
		r := s.mustSync()
		s.counts(r, trello.LabelModel, "deleted=1 unchanged=1")
		s.noTrelloWrites()
		s.quiet()
		both := []string{s.labelOf("Urgent"), s.labelOf("")}
		s.edit("Paint the door", func(c *trellotest.Card) { c.Name, c.IDLabels = "Paint the gate", both })
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		id, _ := s.task("Paint the gate")
		s.want("project.task", id, "tag_ids", []any{s.tagID("green")})
		s.set("project.task", id, "tag_ids", links())
		s.mustSync()
		if c := s.card("Paint the gate"); !slices.Equal(c.IDLabels, both[:1]) {
			t.Errorf("the card has the labels %v, want %v", c.IDLabels, both[:1])
		}
		s.quiet()
	})
	t.Run("Ensure a new card in a list whose stage was deleted is left alone", func(t *testing.T) {
		s := bound(t)
		empty := s.trello.AddList(s.board.ID, "Some day")
		s.mustSync()
		s.odoo.Unlink("project.task.type", s.stageID("Some day", s.project))
		s.counts(s.mustSync(), trello.ListModel, "deleted=1 unchanged=2")
		s.trello.AddCard(empty.ID, "Build a shed")
		s.resetRequests()
		r := s.mustSync()
		s.counts(r, trello.CardModel, "unchanged=3 skipped=1")
		s.counts(r, trello.ListModel, "unchanged=2")
		s.noOdooWrites()
	})
	t.Run("Ensure a new card on a board whose project was deleted is left alone", func(t *testing.T) {
		s := bound(t)
		s.odoo.Unlink("project.project", s.project)
		s.mustSync()
		s.trello.AddCard(s.todo.ID, "Build a shed")
		s.resetRequests()
		r := s.mustSync()
		if r.Jobs.Failed != 0 || r.Of(trello.BoardModel).Deleted != 0 || r.Of(trello.CardModel).Created != 0 {
			t.Errorf("got %+v and %+v", flat(r.Models), r.Jobs)
		}
		s.noOdooWrites()
		s.noTrelloWrites()
	})
}

func TestOnlyWhatChangedIsSent(t *testing.T) {
	s := bound(t)
	due := time.Date(2026, 7, 1, 12, 30, 15, 123e6, time.UTC)
	s.edit("Oil the hinges", func(c *trellotest.Card) { c.Due, c.Desc = due, "Each\n\n\n\none  twice" })
	s.mustSync()
	id, _ := s.task("Oil the hinges")
	s.set("project.task", id, "name", "Oil the locks")
	s.resetRequests()
	s.mustSync()
	t.Run("Ensure an update of one field sends that field alone", func(t *testing.T) {
		for _, r := range s.trello.Requests() {
			if r.Write && (len(r.Params) != 1 || r.Params["name"] != "Oil the locks") {
				t.Errorf("Trello was sent %v", r.Params)
			}
		}
		s.noOdooWrites()
	})
	t.Run("Ensure what Odoo holds less exactly stays as it is at Trello", func(t *testing.T) {
		if c := s.card("Oil the locks"); !c.Due.Equal(due) || c.Desc != "Each\n\n\n\none  twice" {
			t.Errorf("the card is %+v", c)
		}
		s.quiet()
	})
}

func TestBoardsAndProjects(t *testing.T) {
	t.Run("Ensure a board's name crosses", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Name = "Work" })
		s.counts(s.mustSync(), trello.BoardModel, "updated=1")
		s.want("project.project", s.project, "name", "Work")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a project's name crosses", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "name", "Work")
		s.counts(s.mustSync(), trello.BoardModel, "updated=1")
		if b, _ := s.trello.Board(s.board.ID); b.Name != "Work" {
			t.Errorf("the board is called %q", b.Name)
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a new project makes no board", func(t *testing.T) {
		s := bound(t)
		s.odoo.Create("project.project", map[string]any{"name": "Garden"})
		s.mustSync()
		s.noTrelloWrites()
		s.quiet()
	})
}
