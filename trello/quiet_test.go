package trello_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// crowd is a board with many cards, synchronized once.
func crowd(t *testing.T, cards int) *scene {
	s := bound(t)
	for i := range cards {
		s.trello.AddCard(s.todo.ID, fmt.Sprintf("Card %04d", i), trellotest.WithDesc("Words"))
	}
	s.mustSync()
	s.clock.Advance(time.Hour)
	return s
}

func TestAQuietWorld(t *testing.T) {
	t.Run("Ensure a touched write_date on every record makes no write and no job", func(t *testing.T) {
		s := crowd(t, 20)
		for _, model := range []string{"project.project", "project.task.type", "project.tags", "project.task"} {
			s.odoo.Touch(model)
		}
		s.quiet()
	})
	t.Run("Ensure one word changed in one card makes exactly one write", func(t *testing.T) {
		s := crowd(t, 20)
		s.edit("Card 0007", func(c *trellotest.Card) { c.Desc = "Other words" })
		s.resetRequests()
		s.mustSync()
		if o, x := s.writes(); o != 1 || x != 0 {
			t.Errorf("Odoo was written %d times and Trello %d times, want once and never: %s", o, x, s.sent())
		}
		s.quiet()
	})
	t.Run("Ensure one word changed in one task makes exactly one write", func(t *testing.T) {
		s := crowd(t, 20)
		id, _ := s.task("Card 0007")
		s.set("project.task", id, "description", "<p>Other words</p>")
		s.resetRequests()
		s.mustSync()
		if o, x := s.writes(); o != 0 || x != 1 {
			t.Errorf("Odoo was written %d times and Trello %d times, want never and once: %s", o, x, s.sent())
		}
		s.quiet()
	})
	t.Run("Ensure a sync with nothing to do asks each side a fixed number of times", func(t *testing.T) {
		for _, cards := range []int{5, 150} {
			s := crowd(t, cards)
			s.resetRequests()
			s.mustSync()
			perModel := map[string]int{}
			for _, r := range s.odoo.Requests() {
				if r.Method != "fields_get" && r.Endpoint == "object" {
					perModel[r.Model]++
				}
			}
			for model, n := range perModel {
				if n > 2 && (model != "project.task" || n > 4) { // tasks and sub-tasks
					t.Errorf("with %d cards %s was asked %d times, want at most twice for each of its binding models", cards, model, n)
				}
			}
			if n := len(s.trello.Requests()); n > 3 { // the member's boards, the board, its cards
				t.Errorf("with %d cards Trello was asked %d times, want at most three times", cards, n)
			}
		}
	})
	t.Run("Ensure a first sync's reads do not grow by record", func(t *testing.T) {
		reads := func(cards int) (n int) {
			w := newWorld(t)
			_, todo, _ := workshop(w)
			for i := range cards {
				w.trello.AddCard(todo.ID, fmt.Sprintf("Card %04d", i))
			}
			w.mustSync()
			for _, r := range w.odoo.Requests() {
				if !r.Writes {
					n++
				}
			}
			return n + len(w.trello.Requests())
		}
		if few, many := reads(5), reads(95); many != few {
			t.Errorf("a first sync of 98 cards reads %d times, one of 8 cards %d times", many, few)
		}
	})
	t.Run("Ensure a late transaction with an old write_date is not missed", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.clock.Advance(2 * time.Second) // write dates are whole seconds to a client
		held := s.odoo.Hold()
		held.Write("project.task", []int64{id}, map[string]any{"name": "Oil the locks"})
		s.clock.Advance(time.Hour)
		other, _ := s.task("Paint the door")
		s.set("project.task", other, "name", "Paint the gate")
		s.mustSync()
		held.Release()
		s.mustSync()
		s.card("Oil the locks")
		s.quiet()
	})
	t.Run("Ensure an edit made while a sync runs is not lost", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "date_deadline", "2026-05-04 12:00:00")
		done := false
		s.trello.Fail(func(r trellotest.Request) error {
			if r.Method == "PUT" && !r.After && !done {
				done = true
				s.set("project.task", id, "description", "<p>All of them</p>")
				s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
			}
			return nil
		})
		s.mustSync()
		s.heal()
		s.mustSync()
		s.want("project.task", id, "name", "Oil the locks")
		if c := s.card("Oil the locks"); c.Desc != "All of them" || c.Due.IsZero() {
			t.Errorf("the card is %+v", c)
		}
		s.quiet()
	})
}

func TestTwoBackendsOfOneOdoo(t *testing.T) {
	ctx := context.Background()
	s := bound(t) // one Trello with a board, and
	other := &world{t: t, clock: s.clock, odoo: s.odoo, path: s.path, backend: trello.Backend(), user: "admin", name: "second"}
	other.trello = trellotest.New(trellotest.Options{Clock: s.clock.Now, Strict: true})
	garden := other.trello.AddBoard("Garden")
	beds := other.trello.AddList(garden.ID, "Beds")
	other.trello.AddCard(beds.ID, "Dig")
	begin := func(t *testing.T, w *world) *run {
		t.Helper()
		r, err := w.begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	both := func(t *testing.T) []*synchronizer.Report {
		t.Helper()
		one, two := begin(t, s.world), begin(t, other)
		defer func() { _, _ = one.db.Close(), two.db.Close() }()
		for _, err := range synchronizer.Sync(ctx, []*synchronizer.Synchronizer{one.Synchronizer, two.Synchronizer}, synchronizer.RunOptions{Owner: "test"}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return []*synchronizer.Report{one.Report(), two.Report()}
	}
	both(t)
	t.Run("Ensure each keeps to its own boards and projects", func(t *testing.T) {
		s.task("Dig")
		s.addTask("Hang the door", nil)
		project := s.projectID("Garden")
		s.odoo.Create("project.task", map[string]any{"name": "Sow", "project_id": project, "stage_id": s.stageID("Beds", project)})
		both(t)
		if got := s.cardsOf(s.board.ID); len(got) != 4 {
			t.Errorf("the workshop has the cards %q", got)
		}
		if got := other.cardsOf(garden.ID); len(got) != 2 {
			t.Errorf("the garden has the cards %q", got)
		}
	})
	t.Run("Ensure they share one poll of Odoo and are quiet together", func(t *testing.T) {
		s.resetRequests()
		for _, r := range both(t) {
			if r.Changed() || r.Jobs.Enqueued != 0 {
				t.Errorf("got %+v and %+v", flat(r.Models), r.Jobs)
			}
			for _, c := range r.Models {
				if c.Skipped != 0 {
					t.Errorf("got %+v", *c)
				}
			}
		}
		tasks := 0
		for _, r := range s.odoo.Requests() {
			if r.Model == "project.task" && r.Method != "fields_get" {
				tasks++
			}
		}
		if tasks > 4 {
			t.Errorf("the tasks were asked for %d times, want at most twice for both, and twice for their sub-tasks", tasks)
		}
	})
	t.Run("Ensure the domain of one does not let its tasks out at the other", func(t *testing.T) {
		s.model(trello.CardModel, func(m *config.Model) { m.Domain = []any{[]any{"priority", "=", "1"}} })
		s.addTask("Ordinary", nil)
		both(t)
		if got := s.cardsOf(s.board.ID); len(got) != 4 {
			t.Errorf("the workshop has the cards %q, want four", got)
		}
	})
}
