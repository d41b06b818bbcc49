package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestAStageOfItsOwn(t *testing.T) {
	t.Run("Ensure a new list becomes a stage of its project, never a personal one", func(t *testing.T) {
		s := bound(t)
		s.trello.AddList(s.board.ID, "Done")
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=2")
		stage := s.stageID("Done", s.project)
		s.want("project.task.type", stage, "user_id", false)
		s.want("project.task.type", stage, "project_ids", []any{s.project})
		s.quiet()
	})
	t.Run("Ensure a list's name crosses", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateList(s.todo.ID, func(l *trellotest.List) { l.Name = "Next" })
		s.counts(s.mustSync(), trello.ListModel, "updated=1 unchanged=1")
		s.want("project.task.type", s.todoStage, "name", "Next")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a stage's name crosses", func(t *testing.T) {
		s := bound(t)
		s.set("project.task.type", s.todoStage, "name", "Next")
		s.counts(s.mustSync(), trello.ListModel, "updated=1 unchanged=1")
		if got := s.listNames(s.board.ID); !slices.Contains(got, "Next") {
			t.Errorf("the board has the lists %q", got)
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure two lists of one name on a board become two stages", func(t *testing.T) {
		w := newWorld(t)
		board := w.trello.AddBoard("Workshop")
		w.trello.AddCard(w.trello.AddList(board.ID, "Done").ID, "First")
		w.trello.AddCard(w.trello.AddList(board.ID, "Done").ID, "Second")
		w.counts(w.mustSync(), trello.ListModel, "created=2")
		first, _ := w.task("First")
		second, _ := w.task("Second")
		if a, b := w.value("project.task", first, "stage_id"), w.value("project.task", second, "stage_id"); a.([]any)[0] == b.([]any)[0] {
			t.Errorf("both tasks are in stage %v", a)
		}
		w.quiet()
	})
	t.Run("Ensure a new stage becomes a list at the right end of its board, a personal one none", func(t *testing.T) {
		s := bound(t)
		s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project)})
		s.odoo.Create("project.task.type", map[string]any{"name": "Mine", "user_id": 2})
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=2")
		if got := s.listNames(s.board.ID); !slices.Equal(got, []string{"To do", "Doing", "Waiting"}) {
			t.Errorf("the board has the lists %q", got)
		}
		s.onlyPlaced()
		s.quiet()
	})
	t.Run("Ensure a new stage of two bound projects becomes a list on each board", func(t *testing.T) {
		s, garden := sharedStage(t)
		s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project, s.projectID("Garden"))})
		s.counts(s.mustSync(), trello.ListModel, "created=2 unchanged=3")
		for _, board := range []string{s.board.ID, garden.ID} {
			if got := s.listNames(board); !slices.Contains(got, "Waiting") {
				t.Errorf("a board has the lists %q", got)
			}
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a bound stage that a second bound project takes in gets a list there, too", func(t *testing.T) {
		s, garden := sharedStage(t)
		s.set("project.project", s.projectID("Garden"), "type_ids", []any{[]any{4, s.stageID("Doing", s.project), 0}})
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=3")
		if got := s.listNames(garden.ID); !slices.Contains(got, "Doing") {
			t.Errorf("the garden has the lists %q", got)
		}
		s.noOdooWrites()
		s.quiet()
	})
}

func (w *world) listNames(boardID string) (names []string) {
	for _, l := range w.trello.Lists(boardID) {
		names = append(names, l.Name)
	}
	return names
}

// sharedStage is a stage of two projects, each of which has a board with a list of its name.
func sharedStage(t *testing.T) (s *scene, garden trellotest.Board) {
	w := newWorld(t)
	s = &scene{world: w}
	s.board, s.todo, s.doing = workshop(w)
	garden = w.trello.AddBoard("Garden")
	w.trello.AddList(garden.ID, "To do")
	s.project = w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	other := w.odoo.Create("project.project", map[string]any{"name": "Garden"})
	s.todoStage = w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(s.project, other)})
	w.counts(w.mustSync(), trello.ListModel, "created=1 unchanged=2")
	w.resetRequests()
	return s, garden
}

func TestASharedStage(t *testing.T) {
	t.Run("Ensure it is a list on each board", func(t *testing.T) {
		s, garden := sharedStage(t)
		a := s.bindingOf(trello.ListModel, s.todo.ID)
		b := s.bindingOf(trello.ListModel, s.trello.Lists(garden.ID)[0].ID)
		if a.OdooID != s.todoStage || b.OdooID != s.todoStage || a.Scope != s.board.ID || b.Scope != garden.ID {
			t.Errorf("the lists are bound as %+v and %+v", a, b)
		}
		s.quiet()
	})
	t.Run("Ensure a rename in Odoo goes to all its lists", func(t *testing.T) {
		s, garden := sharedStage(t)
		s.set("project.task.type", s.todoStage, "name", "Next")
		s.counts(s.mustSync(), trello.ListModel, "updated=2 unchanged=1")
		for _, board := range []string{s.board.ID, garden.ID} {
			if got := s.listNames(board); !slices.Contains(got, "Next") {
				t.Errorf("a board has the lists %q", got)
			}
		}
		s.quiet()
	})
	t.Run("Ensure it is not renamed from outside", func(t *testing.T) {
		s, _ := sharedStage(t)
		s.trello.UpdateList(s.todo.ID, func(l *trellotest.List) { l.Name = "Next" })
		s.counts(s.mustSync(), trello.ListModel, "unchanged=2 skipped=1")
		s.noOdooWrites()
		s.noTrelloWrites()
		s.reviewed(trello.ListModel, binding.Shared)
		s.quiet()
	})
	t.Run("Ensure a task of either project goes to its own board's list", func(t *testing.T) {
		s, garden := sharedStage(t)
		s.addTask("Hang the door", nil)
		s.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": s.projectID("Garden"), "stage_id": s.todoStage})
		s.mustSync()
		if c := s.card("Hang the door"); c.IDList != s.todo.ID {
			t.Errorf("the workshop's card is in list %s", c.IDList)
		}
		if c := s.card("Dig"); c.IDBoard != garden.ID {
			t.Errorf("the garden's card is on board %s", c.IDBoard)
		}
		s.quiet()
	})
}
