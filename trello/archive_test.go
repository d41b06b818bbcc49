package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// open demands which of the workshop's cards are open.
func (s *scene) open(want map[string]bool) {
	s.t.Helper()
	for name, is := range want {
		if c := s.card(name); c.Closed == is {
			s.t.Errorf("the card %q has closed %v, want %v", name, c.Closed, !is)
		}
	}
}

// active demands which of the workshop's tasks are in use.
func (s *scene) active(want map[string]bool) {
	s.t.Helper()
	for name, is := range want {
		if id, task := s.task(name); task["active"] != is {
			s.t.Errorf("the task %d %q has active %v, want %v", id, name, task["active"], is)
		}
	}
}

// own is the state of the workshop's cards as it was made.
var own = map[string]bool{"Paint the door": true, "Oil the hinges": true, "Sweep the yard": false}

func TestArchivingOneRecord(t *testing.T) {
	t.Run("Ensure archiving a card archives its task, and restoring it restores it", func(t *testing.T) {
		s := bound(t)
		s.trello.ArchiveCard(s.card("Oil the hinges").ID)
		s.counts(s.mustSync(), trello.CardModel, "archived=1 unchanged=2")
		s.active(map[string]bool{"Oil the hinges": false})
		s.quiet()
		s.trello.RestoreCard(s.card("Oil the hinges").ID)
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.active(own)
		s.quiet()
	})
	t.Run("Ensure archiving a task archives its card, and restoring it restores it", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "active", false)
		s.counts(s.mustSync(), trello.CardModel, "archived=1 unchanged=2")
		s.open(map[string]bool{"Oil the hinges": false})
		s.quiet()
		s.clock.Advance(time.Minute)
		s.set("project.task", id, "active", true)
		s.mustSync()
		s.open(own)
		s.quiet()
	})
	t.Run("Ensure archiving on both sides writes nothing", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "active", false)
		s.trello.ArchiveCard(s.card("Oil the hinges").ID)
		s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
}

func TestArchivingAWholeBoard(t *testing.T) {
	t.Run("Ensure closing a board archives its project, and its cards stay as they are", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseBoard(s.board.ID)
		r := s.mustSync()
		s.counts(r, trello.BoardModel, "archived=1")
		s.want("project.project", s.project, "active", false)
		s.noTrelloWrites()
		s.open(own)
		s.quiet()
	})
	t.Run("Ensure reopening it restores the project and each task's own state", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseBoard(s.board.ID)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Closed = false })
		s.resetRequests()
		s.mustSync()
		s.want("project.project", s.project, "active", true)
		s.active(own)
		s.open(own)
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure archiving a project closes its board, and its cards stay as they are", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "active", false)
		r := s.mustSync()
		s.counts(r, trello.BoardModel, "archived=1")
		if b, _ := s.trello.Board(s.board.ID); !b.Closed {
			t.Error("the board is still open")
		}
		s.open(own)
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure restoring the project reopens the board and restores each task's own state", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "active", false)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.set("project.project", s.project, "active", true)
		s.mustSync()
		if b, _ := s.trello.Board(s.board.ID); b.Closed {
			t.Error("the board is still closed")
		}
		s.open(own)
		s.active(own)
		s.quiet()
	})
	t.Run("Ensure archiving and restoring a project between two syncs changes no card", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "active", false)
		s.set("project.project", s.project, "active", true)
		s.mustSync()
		s.open(own)
		s.active(own)
		s.quiet()
	})
	t.Run("Ensure a card that is archived while its board is closed is archived when it opens again", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseBoard(s.board.ID)
		s.mustSync()
		s.trello.ArchiveCard(s.card("Oil the hinges").ID)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Closed = false })
		s.mustSync()
		want := map[string]bool{"Paint the door": true, "Oil the hinges": false, "Sweep the yard": false}
		s.active(want)
		s.open(want)
		s.quiet()
	})
	t.Run("Ensure a task that is archived as soon as its project is restored archives its card", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "active", false)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.set("project.project", s.project, "active", true)
		s.clock.Advance(time.Minute)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "active", false)
		s.mustSync()
		want := map[string]bool{"Paint the door": true, "Oil the hinges": false, "Sweep the yard": false}
		s.open(want)
		s.active(want)
		s.quiet()
	})
	t.Run("Ensure a new task of an archived project that is archived itself archives its card", func(t *testing.T) {
		s := bound(t)
		s.set("project.project", s.project, "active", false)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.trello.AddCard(s.todo.ID, "Hang the door")
		s.mustSync()
		s.clock.Advance(time.Hour)
		id, _ := s.task("Hang the door")
		s.set("project.task", id, "active", false)
		s.mustSync()
		s.open(map[string]bool{"Hang the door": false, "Paint the door": true, "Oil the hinges": true})
		s.quiet()
	})
	t.Run("Ensure other edits cross while a board is closed", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseBoard(s.board.ID)
		s.mustSync()
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "date_deadline", false)
		s.mustSync()
		oil, _ := s.task("Oil the hinges")
		s.want("project.task", oil, "description", "<p>All of them</p>")
		if c := s.card("Paint the door"); !c.Due.IsZero() {
			t.Errorf("the card is still due %s", c.Due)
		}
		s.quiet()
	})
}

func TestArchivingAStage(t *testing.T) {
	t.Run("Ensure archiving a stage is no edit of its tasks", func(t *testing.T) {
		s := bound(t)
		s.set("project.task.type", s.doneStage, "active", false)
		s.active(map[string]bool{"Oil the hinges": false}) // Odoo's doing
		r := s.mustSync()
		s.counts(r, trello.ListModel, "archived=1 unchanged=1")
		s.counts(r, trello.CardModel, "unchanged=3")
		s.closed(s.doing.ID, true)
		s.open(own)
		s.quiet()
	})
	t.Run("Ensure each task has its own state again once the stage is restored", func(t *testing.T) {
		s := bound(t)
		s.set("project.task.type", s.doneStage, "active", false)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.set("project.task.type", s.doneStage, "active", true)
		s.active(map[string]bool{"Oil the hinges": false, "Sweep the yard": false}) // Odoo restores none of them
		s.mustSync()
		s.closed(s.doing.ID, false)
		s.active(own)
		s.open(own)
		s.quiet()
	})
	t.Run("Ensure closing a list archives its stage and with it its tasks, and opening it brings back each one's own state", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseList(s.doing.ID)
		s.counts(s.mustSync(), trello.ListModel, "archived=1 unchanged=1")
		s.want("project.task.type", s.doneStage, "active", false)
		s.active(map[string]bool{"Oil the hinges": false})
		s.open(own)
		s.quiet()
		s.set("project.task", s.odooID("project.task", "Oil the hinges"), "name", "Oil the locks")
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.trello.UpdateList(s.doing.ID, func(l *trellotest.List) { l.Closed = false })
		s.mustSync()
		s.want("project.task.type", s.doneStage, "active", true)
		s.active(map[string]bool{"Paint the door": true, "Oil the locks": true, "Sweep the yard": false})
		s.open(map[string]bool{"Paint the door": true, "Oil the locks": true, "Sweep the yard": false})
		s.quiet()
	})
	t.Run("Ensure a card that is archived in a closed list stays archived when that opens", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseList(s.doing.ID)
		s.mustSync()
		s.trello.ArchiveCard(s.card("Oil the hinges").ID)
		s.mustSync()
		s.clock.Advance(time.Hour)
		s.trello.UpdateList(s.doing.ID, func(l *trellotest.List) { l.Closed = false })
		s.mustSync()
		s.active(map[string]bool{"Oil the hinges": false})
		s.open(map[string]bool{"Oil the hinges": false})
		s.quiet()
	})
	t.Run("Ensure a stage of several projects and its lists are put away apart, whether the others have boards or not", func(t *testing.T) {
		s := bound(t)
		other := s.odoo.Create("project.project", map[string]any{"name": "Books"})
		s.set("project.task.type", s.doneStage, "project_ids", links(s.project, other))
		s.mustSync()
		s.trello.CloseList(s.doing.ID)
		s.mustSync()
		s.want("project.task.type", s.doneStage, "active", true)
		s.quiet()
		s.set("project.task.type", s.doneStage, "active", false)
		s.trello.UpdateList(s.doing.ID, func(l *trellotest.List) { l.Closed = false })
		s.mustSync()
		s.want("project.task.type", s.doneStage, "active", false)
		s.closed(s.doing.ID, false)
		s.quiet()
	})
	t.Run("Ensure a user who restores the stage and such a task opens the list and changes no card", func(t *testing.T) {
		s := bound(t)
		s.set("project.task.type", s.doneStage, "active", false)
		s.mustSync()
		s.set("project.task.type", s.doneStage, "active", true)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "active", true)
		s.mustSync()
		s.closed(s.doing.ID, false)
		s.open(own)
		s.active(own)
		s.quiet()
	})
}

// closed demands whether a list of the workshop is closed.
func (s *scene) closed(id string, want bool) {
	s.t.Helper()
	for _, l := range s.trello.Lists(s.board.ID) {
		if l.ID == id && l.Closed != want {
			s.t.Errorf("the list %q has closed %v", l.Name, l.Closed)
		}
	}
}
