package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// gardening is the workshop beside a second bound board, the garden, with the list "Beds".
func gardening(t *testing.T) (s *scene, garden trellotest.Board, project int64) {
	s = bound(t)
	garden = s.trello.AddBoard("Garden")
	s.trello.AddList(garden.ID, "Beds")
	s.mustSync()
	s.resetRequests()
	return s, garden, s.projectID("Garden")
}

// inProjects demands the projects of a stage, in any order.
func (w *world) inProjects(stage int64, want ...int64) {
	w.t.Helper()
	got := slices.Sorted(slices.Values(w.value("project.task.type", stage, "project_ids").([]int64)))
	if slices.Sort(want); !slices.Equal(got, want) {
		w.t.Errorf("the stage is in the projects %v, want %v", got, want)
	}
}

func TestAListThatMovesToAnotherBoard(t *testing.T) {
	t.Run("Ensure its stage goes to the other project with it, and its cards' tasks too", func(t *testing.T) {
		s, garden, project := gardening(t)
		s.trello.MoveList(s.doing.ID, garden.ID)
		r := s.mustSync()
		s.counts(r, trello.ListModel, "updated=1 unchanged=2")
		s.counts(r, trello.CardModel, "updated=2 unchanged=1")
		s.want("project.task.type", s.doneStage, "project_ids", []any{project})
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "project_id", project)
		s.want("project.task", id, "stage_id", s.doneStage)
		if b := s.bindingOf(trello.ListModel, s.doing.ID); b.Scope != garden.ID || b.OdooID != s.doneStage {
			t.Errorf("the list is bound as %+v", b)
		}
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a stage that other projects share stays in theirs, and makes no new list where it came from", func(t *testing.T) {
		s, garden, project := gardening(t)
		other := s.odoo.Create("project.project", map[string]any{"name": "Books"})
		s.set("project.task.type", s.doneStage, "project_ids", links(s.project, other))
		s.mustSync()
		s.trello.MoveList(s.doing.ID, garden.ID)
		s.mustSync()
		s.inProjects(s.doneStage, project, other)
		if got := s.listNames(s.board.ID); !slices.Equal(got, []string{"To do"}) {
			t.Errorf("the board that it left has the lists %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure a list that moves to a board that is not synchronized leaves its stage as it is", func(t *testing.T) {
		s := bound(t)
		s.boards = []string{s.board.ID}
		s.trello.MoveList(s.doing.ID, s.trello.AddBoard("Private").ID)
		r := s.mustSync()
		if c := r.Of(trello.ListModel); c.Deleted != 0 || c.Skipped != 1 {
			t.Errorf("got %+v", *c)
		}
		s.want("project.task.type", s.doneStage, "project_ids", []any{s.project})
		s.noOdooWrites()
		s.noTrelloWrites()
	})
	t.Run("Ensure a list that goes where its stage has a list already waits for review, until it has left again", func(t *testing.T) {
		s, garden := sharedStage(t)
		s.trello.MoveList(s.todo.ID, garden.ID)
		s.counts(s.mustSync(), trello.ListModel, "unchanged=2 skipped=1")
		s.reviewed(trello.ListModel, binding.Shared)
		s.quiet()
		s.trello.MoveList(s.todo.ID, s.board.ID)
		s.mustSync()
		s.reviewed(trello.ListModel)
		s.quiet()
	})
}

func TestStagesThatBoardsShare(t *testing.T) {
	sharing := func(t *testing.T) *scene {
		s := bound(t)
		s.tune = func(settings *trello.Settings) { settings.ShareStages = true }
		return s
	}
	t.Run("Ensure a new list stands for a stage of its name that another board has", func(t *testing.T) {
		s := sharing(t)
		garden := s.trello.AddBoard("Garden")
		l := s.trello.AddList(garden.ID, "To do")
		s.counts(s.mustSync(), trello.ListModel, "updated=1 unchanged=2")
		if b := s.bindingOf(trello.ListModel, l.ID); b.OdooID != s.todoStage || b.Scope != garden.ID {
			t.Errorf("the list is bound as %+v", b)
		}
		s.inProjects(s.todoStage, s.project, s.projectID("Garden"))
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure new lists of one name on several boards make one stage, and a second one of a board gets its own", func(t *testing.T) {
		w := newWorld(t)
		w.tune = func(settings *trello.Settings) { settings.ShareStages = true }
		for _, name := range []string{"Workshop", "Garden", "Books"} {
			w.trello.AddList(w.trello.AddBoard(name).ID, "To do")
		}
		w.trello.AddList(w.boardOf("Garden").ID, "To do")
		w.mustSync()
		stages := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "To do"}})
		if len(stages) != 2 || len(w.value("project.task.type", stages[0], "project_ids").([]int64)) != 3 {
			t.Errorf("there are the stages %v, the first in the projects %v", stages, w.value("project.task.type", stages[0], "project_ids"))
		}
		w.quiet()
	})
	t.Run("Ensure a personal stage, and one of a project without a board, are never shared", func(t *testing.T) {
		s := sharing(t)
		s.odoo.Create("project.task.type", map[string]any{"name": "Beds", "user_id": 2})
		s.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": links(s.odoo.Create("project.project", map[string]any{"name": "Books"}))})
		s.trello.AddList(s.board.ID, "Beds")
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=2")
		s.stageID("Beds", s.project)
		s.quiet()
	})
	t.Run("Ensure a new list gets a stage of its project alone where sharing is off", func(t *testing.T) {
		s := bound(t)
		s.trello.AddList(s.trello.AddBoard("Garden").ID, "To do")
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=2")
		s.want("project.task.type", s.todoStage, "project_ids", []any{s.project})
		s.quiet()
	})
}
