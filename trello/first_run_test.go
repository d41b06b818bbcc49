package trello_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestAFirstRunChoosesItsBoards(t *testing.T) {
	three := func(t *testing.T) (w *world, open, other, closed trellotest.Board) {
		w = newWorld(t)
		open, other, closed = w.trello.AddBoard("Open"), w.trello.AddBoard("Other"), w.trello.AddBoard("Old")
		w.trello.CloseBoard(closed.ID)
		return w, open, other, closed
	}
	projects := func(w *world) (names []string) {
		for _, id := range w.odoo.Search("project.project", nil) {
			names = append(names, w.value("project.project", id, "name").(string))
		}
		slices.Sort(names)
		return names
	}
	check := func(t *testing.T, w *world, want ...string) {
		t.Helper()
		if got := projects(w); !slices.Equal(got, want) {
			t.Errorf("Odoo has the projects %q, want %q", got, want)
		}
	}
	t.Run("Ensure all open boards come in where none is named", func(t *testing.T) {
		w, _, _, _ := three(t)
		w.counts(w.mustSync(), trello.BoardModel, "created=2")
		check(t, w, "Open", "Other")
	})
	t.Run("Ensure only the boards that are named come in, by name or by id", func(t *testing.T) {
		w, open, other, closed := three(t)
		w.boards = []string{open.Name, other.ID}
		w.trello.AddBoard("A third one")
		w.counts(w.mustSync(), trello.BoardModel, "created=2")
		check(t, w, "Open", "Other")
		if b := w.bindingOf(trello.BoardModel, closed.ID); b.Bound() {
			t.Errorf("a board that is not named was bound: %v", b)
		}
	})
	t.Run("Ensure a closed board that is named comes in as an archived project", func(t *testing.T) {
		w, _, _, closed := three(t)
		w.boards = []string{closed.Name}
		w.mustSync()
		w.want("project.project", w.projectID("Old"), "active", false)
		w.quiet()
	})
	t.Run("Ensure an unknown name is an error of the configuration and nothing is written", func(t *testing.T) {
		w, _, _, _ := three(t)
		w.boards = []string{"Open", "Opne"}
		_, err := w.sync()
		var settings *trello.SettingsError
		if !errors.As(err, &settings) || settings.Backend != "trello" || !settings.Usage() {
			t.Fatalf("got the error %v, want a *trello.SettingsError", err)
		}
		w.noOdooWrites()
		w.noTrelloWrites()
	})
	t.Run("Ensure a name that two open boards have is refused with their ids", func(t *testing.T) {
		w, open, _, _ := three(t)
		twin := w.trello.AddBoard("Open")
		w.boards = []string{"Open"}
		_, err := w.sync()
		var settings *trello.SettingsError
		if !errors.As(err, &settings) {
			t.Fatalf("got the error %v, want a *trello.SettingsError", err)
		}
		for _, id := range []string{open.ID, twin.ID} {
			if !contains(settings.Problem, id) {
				t.Errorf("the problem %q does not name the board %s", settings.Problem, id)
			}
		}
	})
	t.Run("Ensure a bound board is polled although it is closed or not named any more", func(t *testing.T) {
		s := bound(t)
		s.trello.AddBoard("Other")
		s.boards = []string{"Other"}
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Grease the hinges" })
		s.mustSync()
		s.task("Grease the hinges")
		s.trello.CloseBoard(s.board.ID)
		s.edit("Grease the hinges", func(c *trellotest.Card) { c.Name = "Oil the hinges again" })
		s.mustSync()
		s.task("Oil the hinges again")
	})
}

func TestAFirstRunTakesWhatIsPutAway(t *testing.T) {
	w := newWorld(t)
	board := w.trello.AddBoard("Workshop")
	open, closed := w.trello.AddList(board.ID, "To do"), w.trello.AddList(board.ID, "Some day")
	w.trello.CloseList(closed.ID)
	w.trello.AddCard(closed.ID, "Build a shed")
	w.trello.AddCard(open.ID, "Burn the leaves", trellotest.Archived())
	r := w.mustSync()
	project := w.projectID("Workshop")
	stage := w.only("project.task.type", []any{[]any{"name", "=", "Some day"}, []any{"project_ids", "in", []any{project}}, []any{"active", "=", false}})
	t.Run("Ensure a closed list comes in as an archived stage of its project", func(t *testing.T) {
		w.want("project.task.type", stage, "user_id", false)
	})
	t.Run("Ensure an archived card comes in archived", func(t *testing.T) {
		_, task := w.task("Burn the leaves")
		if task["active"] != false {
			t.Errorf("the task of an archived card is %v", task)
		}
	})
	t.Run("Ensure an open card in a closed list is a card like any other", func(t *testing.T) {
		id, task := w.task("Build a shed")
		if task["active"] != true {
			t.Errorf("the task of an open card is %v", task)
		}
		w.want("project.task", id, "stage_id", stage)
	})
	t.Run("Ensure all of them count as created and the next sync is quiet", func(t *testing.T) {
		w.counts(r, trello.ListModel, "created=2")
		w.counts(r, trello.CardModel, "created=2")
		w.quiet()
	})
	t.Run("Ensure reopening a list restores its stage", func(t *testing.T) {
		w.trello.UpdateList(closed.ID, func(l *trellotest.List) { l.Closed = false })
		w.resetRequests()
		w.mustSync()
		w.want("project.task.type", stage, "active", true)
		w.noTrelloWrites()
		w.quiet()
	})
}

// twins makes the workshop on both sides, equal in every mapped field.
func twins(t *testing.T) (w *world, project int64) {
	w = newWorld(t)
	workshop(w)
	project = w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	todo := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(project)})
	doing := w.odoo.Create("project.task.type", map[string]any{"name": "Doing", "project_ids": links(project)})
	urgent := w.odoo.Create("project.tags", map[string]any{"name": "Urgent"})
	w.odoo.Create("project.tags", map[string]any{"name": "green"})
	w.odoo.Create("project.task", map[string]any{
		"name": "Paint the door", "project_id": project, "stage_id": todo, "tag_ids": links(urgent),
		"description": "<p>Two coats.</p><p>Green &amp; white</p>", "date_deadline": "2026-03-09 15:00:00",
	})
	w.odoo.Create("project.task", map[string]any{"name": "Oil the hinges", "project_id": project, "stage_id": doing})
	w.odoo.Create("project.task", map[string]any{"name": "Sweep the yard", "project_id": project, "stage_id": doing, "active": false})
	return w, project
}

// unequalTwins are twins of which one card and its task have two descriptions.
func unequalTwins(t *testing.T) (w *world, task int64) {
	w, _ = twins(t)
	task, _ = w.task("Oil the hinges")
	w.set("project.task", task, "description", "<p>Twice</p>")
	w.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Once" })
	w.resetRequests()
	return w, task
}

func TestEqualNames(t *testing.T) {
	t.Run("Ensure records of equal name and equal fields are bound without any write", func(t *testing.T) {
		w, _ := twins(t)
		r := w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.BoardModel, "unchanged=1")
		w.counts(r, trello.ListModel, "unchanged=2")
		w.counts(r, trello.LabelModel, "unchanged=2")
		w.counts(r, trello.CardModel, "unchanged=3")
		w.quiet()
	})
	t.Run("Ensure what was bound that way is kept in step from then on", func(t *testing.T) {
		w, _ := twins(t)
		w.mustSync()
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		w.mustSync()
		id, _ := w.task("Oil the hinges")
		w.want("project.task", id, "description", "<p>All of them</p>")
	})
	t.Run("Ensure unequal ones wait for review and nothing is written on either side", func(t *testing.T) {
		w, _ := unequalTwins(t)
		r := w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.CardModel, "unchanged=2 skipped=1")
		w.reviewed(trello.CardModel, binding.Unequal)
		w.resetRequests()
		r = w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.CardModel, "unchanged=2 skipped=1")
		w.reviewed(trello.CardModel, binding.Unequal)
		if r.Jobs.Enqueued != 0 {
			t.Errorf("a record that waits for review made %d jobs, want none", r.Jobs.Enqueued)
		}
	})
	t.Run("Ensure making them equal in Odoo ends the review", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.mustSync()
		w.clock.Advance(time.Minute)
		w.set("project.task", id, "description", "<p>Once</p>")
		w.resetRequests()
		r := w.mustSync()
		w.counts(r, trello.CardModel, "unchanged=3")
		w.reviewed(trello.CardModel)
		w.noOdooWrites()
		w.noTrelloWrites()
		w.quiet()
	})
	t.Run("Ensure making them equal in Trello ends the review", func(t *testing.T) {
		w, _ := unequalTwins(t)
		w.mustSync()
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Twice" })
		w.resetRequests()
		r := w.mustSync()
		w.counts(r, trello.CardModel, "unchanged=3")
		w.reviewed(trello.CardModel)
		w.noOdooWrites()
		w.noTrelloWrites()
		w.quiet()
	})
	t.Run("Ensure renaming the card ends the review with a task and a card for each", func(t *testing.T) {
		w, _ := unequalTwins(t)
		w.mustSync()
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
		r := w.mustSync()
		w.counts(r, trello.CardModel, "created=2 unchanged=2")
		w.task("Oil the locks")
		if c := w.card("Oil the hinges"); c.Desc != "Twice" {
			t.Errorf("the new card of the task has the description %q", c.Desc)
		}
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure two cards of one name and one task are ambiguous and left alone", func(t *testing.T) {
		w, _ := twins(t)
		w.trello.AddCard(w.card("Oil the hinges").IDList, "Oil the hinges")
		r := w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.CardModel, "unchanged=2 skipped=3")
		for _, review := range w.reviews(trello.CardModel) {
			if review.Kind != binding.Ambiguous {
				t.Errorf("got a review %q, want ambiguous", review.Kind)
			}
		}
		w.resetRequests()
		again := w.mustSync()
		w.counts(again, trello.CardModel, "unchanged=2 skipped=3")
		if again.Jobs.Enqueued != 0 {
			t.Errorf("ambiguous records made %d jobs in the second run, want none", again.Jobs.Enqueued)
		}
	})
	t.Run("Ensure deleting the second card ends the ambiguity", func(t *testing.T) {
		w, _ := twins(t)
		second := w.trello.AddCard(w.card("Oil the hinges").IDList, "Oil the hinges")
		w.mustSync()
		w.trello.DeleteCard(second.ID)
		w.resetRequests()
		r := w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.CardModel, "unchanged=3")
		w.reviewed(trello.CardModel)
	})
	t.Run("Ensure two new cards of one name without a task both come in", func(t *testing.T) {
		s := bound(t)
		s.trello.AddCard(s.todo.ID, "Water the plants")
		s.trello.AddCard(s.todo.ID, "Water the plants")
		s.counts(s.mustSync(), trello.CardModel, "created=2 unchanged=3")
		s.quiet()
	})
	t.Run("Ensure nothing is written below a board that waits for review", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		w.odoo.Create("project.project", map[string]any{"name": "Workshop", "active": false})
		r := w.mustSync()
		w.noOdooWrites()
		w.noTrelloWrites()
		w.counts(r, trello.BoardModel, "skipped=1")
		w.reviewed(trello.BoardModel, binding.Unequal)
		for _, model := range []string{trello.ListModel, trello.LabelModel, trello.CardModel} {
			w.counts(r, model, "")
		}
		w.set("project.project", w.projectID("Workshop"), "active", true)
		r = w.mustSync()
		w.counts(r, trello.BoardModel, "unchanged=1")
		w.counts(r, trello.CardModel, "created=3")
		w.reviewed(trello.BoardModel)
	})
}

func TestTasksThatAreNoCards(t *testing.T) {
	s := bound(t)
	s.tune = func(settings *trello.Settings) { settings.Checklists = trello.ChecklistsOff }
	parent, _ := s.task("Paint the door")
	t.Run("Ensure a task with a parent, one without a project and a personal stage never go out", func(t *testing.T) {
		s.addTask("Sand the door", map[string]any{"parent_id": parent})
		s.odoo.Create("project.task", map[string]any{"name": "Buy milk"})
		s.odoo.Create("project.task.type", map[string]any{"name": "Inbox", "user_id": 2})
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a task of a project that is not bound never goes out", func(t *testing.T) {
		other := s.odoo.Create("project.project", map[string]any{"name": "Garden"})
		s.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": other})
		s.mustSync()
		s.noTrelloWrites()
	})
	t.Run("Ensure a personal stage of a list's name is not taken for the list", func(t *testing.T) {
		s.odoo.Create("project.task.type", map[string]any{"name": "Later", "user_id": 2})
		s.trello.AddList(s.board.ID, "Later")
		s.counts(s.mustSync(), trello.ListModel, "created=1 unchanged=2")
		s.want("project.task.type", s.stageID("Later", s.project), "user_id", false)
	})
}

func TestNamedBoardIsRenamed(t *testing.T) {
	t.Run("Ensure a board that the configuration names may be renamed on either side", func(t *testing.T) {
		w := newWorld(t)
		board, _, _ := workshop(w)
		w.boards = []string{"Workshop"}
		w.mustSync()
		project := w.odoo.Search("project.project", []any{[]any{"name", "=", "Workshop"}})
		w.odoo.Write("project.project", project, map[string]any{"name": "Joinery"})
		w.counts(w.mustSync(), "trello.board", "updated=1")
		if b, _ := w.trello.Board(board.ID); b.Name != "Joinery" {
			t.Errorf("the board is called %q", b.Name)
		}
		w.counts(w.mustSync(), "trello.board", "unchanged=1")
	})
}
