package trello_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestDeletionIsOnlyReported(t *testing.T) {
	t.Run("Ensure a deleted card is reported once and its task stays", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteCard(s.card("Oil the hinges").ID)
		s.counts(s.mustSync(), trello.CardModel, "deleted=1 unchanged=2")
		_, task := s.task("Oil the hinges")
		if task["active"] != true {
			t.Error("the task was archived")
		}
		s.noOdooWrites()
		s.noTrelloWrites()
		s.reviewed(trello.CardModel, binding.Deleted)
		s.quiet()
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2")
	})
	t.Run("Ensure an edit of such a task makes no card", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteCard(s.card("Oil the hinges").ID)
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.mustSync()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a deleted task is reported once and its card stays", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.odoo.Unlink("project.task", id)
		s.counts(s.mustSync(), trello.CardModel, "deleted=1 unchanged=2")
		s.open(own)
		s.noOdooWrites()
		s.noTrelloWrites()
		s.reviewed(trello.CardModel, binding.Deleted)
		s.quiet()
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2")
	})
	t.Run("Ensure a field that waited for review waits no more when its task is deleted", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the bolts" })
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Conflict)
		s.odoo.Unlink("project.task", id)
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Deleted)
		s.quiet()
	})
	t.Run("Ensure an edit of such a card makes no task", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.odoo.Unlink("project.task", id)
		s.mustSync()
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a new card of the deleted one's name becomes a task of its own", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteCard(s.card("Oil the hinges").ID)
		s.mustSync()
		s.trello.AddCard(s.doing.ID, "Oil the hinges")
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Failed != 0 || c.Created != 1 {
			t.Errorf("got %+v, want one card created and none failed", *c)
		}
		s.quiet()
	})
	t.Run("Ensure a new task of the deleted one's name becomes a card of its own", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.odoo.Unlink("project.task", id)
		s.mustSync()
		s.addTask("Oil the hinges", nil)
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Failed != 0 || c.Created != 1 {
			t.Errorf("got %+v, want one card created and none failed", *c)
		}
		s.quiet()
	})
	t.Run("Ensure nothing on a deleted board is taken for deleted", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteBoard(s.board.ID)
		r := s.mustSync()
		s.counts(r, trello.BoardModel, "deleted=1")
		for _, model := range []string{trello.ListModel, trello.LabelModel, trello.CardModel} {
			if c := r.Of(model); c.Deleted != 0 || c.Failed != 0 {
				t.Errorf("%s: got %+v, want none deleted and none failed", model, *c)
			}
		}
		s.noOdooWrites()
		s.want("project.project", s.project, "active", true)
		s.active(own)
		s.quiet()
	})
	t.Run("Ensure a task that is edited after its board was deleted neither fails nor goes out", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteBoard(s.board.ID)
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "name", "Oil the locks")
		s.addTask("Hang the door", nil)
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Failed != 0 || c.Created != 0 || c.Updated != 0 {
			t.Errorf("got %+v, want nothing done", *c)
		}
		s.noTrelloWrites()
	})
	t.Run("Ensure a deleted project is reported and its board stays", func(t *testing.T) {
		s := bound(t)
		s.odoo.Unlink("project.project", s.project)
		r := s.mustSync()
		s.counts(r, trello.BoardModel, "deleted=1")
		s.noTrelloWrites()
		s.noOdooWrites()
		if b, _ := s.trello.Board(s.board.ID); b.Closed {
			t.Error("the board was closed")
		}
	})
	t.Run("Ensure a deleted label leaves its tag, and the tag stays on the task", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteLabel(s.labelOf("Urgent"))
		r := s.mustSync()
		s.counts(r, trello.LabelModel, "deleted=1 unchanged=1")
		s.tagID("Urgent")
		s.quiet()
	})
	t.Run("Ensure a new label of the deleted one's name stands for the tag again", func(t *testing.T) {
		s := bound(t)
		s.trello.DeleteLabel(s.labelOf("Urgent"))
		s.mustSync()
		label := s.trello.AddLabel(s.board.ID, "Urgent", "black")
		r := s.mustSync()
		if c := r.Of(trello.LabelModel); c.Failed != 0 || r.Jobs.Failed != 0 {
			t.Errorf("got %+v and %+v, want no failure", *c, r.Jobs)
		}
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent")))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{label.ID}) {
			t.Errorf("the card has the labels %v, want %s", c.IDLabels, label.ID)
		}
		s.quiet()
	})
}

func TestMovesAreNoDeletions(t *testing.T) {
	t.Run("Ensure a card whose list was closed stays a card", func(t *testing.T) {
		s := bound(t)
		s.trello.CloseList(s.doing.ID)
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.open(own)
		s.quiet()
	})
	t.Run("Ensure a list that moves to another board takes its cards' tasks along", func(t *testing.T) {
		s := bound(t)
		garden := s.trello.AddBoard("Garden")
		s.mustSync()
		s.resetRequests()
		s.request(t, http.MethodPut, "/1/lists/"+s.doing.ID+"/idBoard", "value="+garden.ID)
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Deleted != 0 || c.Failed != 0 {
			t.Errorf("got %+v, want none deleted and none failed", *c)
		}
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "project_id", s.projectID("Garden"))
		s.want("project.task", id, "stage_id", s.doneStage)
		if b := s.bindingOf(trello.ListModel, s.doing.ID); b.Scope != garden.ID {
			t.Errorf("the list is still bound within the board %s", b.Scope)
		}
		s.quiet()
		s.set("project.task", id, "name", "Oil the locks")
		s.mustSync()
		s.card("Oil the locks")
	})
}

// request sends a request of a person's own to Trello.
func (w *world) request(t *testing.T, method, path, form string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://api.trello.com"+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", `OAuth oauth_consumer_key="demo-key", oauth_token="demo-token"`)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := w.trello.RoundTripper().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s was answered with %s", method, path, answer.Status)
	}
	w.trello.ResetRequests()
}

func TestABoardThatDoesNotAnswer(t *testing.T) {
	s := bound(t)
	garden := s.trello.AddBoard("Garden")
	s.trello.AddCard(s.trello.AddList(garden.ID, "Beds").ID, "Dig")
	s.mustSync()
	s.trelloRefuses(http.StatusNotFound, func(r trellotest.Request) bool { return strings.HasPrefix(r.Path, "/1/boards/"+garden.ID) })
	s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
	s.clock.Advance(time.Minute)
	r := s.mustSync()
	t.Run("Ensure nothing on it is taken for deleted", func(t *testing.T) {
		for _, model := range allModels() {
			if c := r.Of(model); c.Deleted != 0 {
				t.Errorf("%s: %d count as deleted", model, c.Deleted)
			}
		}
	})
	t.Run("Ensure the other boards are synchronized", func(t *testing.T) {
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "description", "<p>All of them</p>")
	})
	t.Run("Ensure all is well once it answers", func(t *testing.T) {
		s.heal()
		s.quiet()
		if got := s.cardsOf(garden.ID); !slices.Equal(got, []string{"Dig"}) {
			t.Errorf("the board has the cards %q", got)
		}
	})
}
