package trello_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// renamedSince is a workshop whose state forgot that the card "A shed" was imported. Its task was renamed since.
func renamedSince(t *testing.T) (s *scene, shed int64) {
	t.Helper()
	s = restored(t, func(s *scene) {
		s.trello.AddCard(s.todo.ID, "A shed")
		s.mustSync()
		shed, _ = s.task("A shed")
		s.set("project.task", shed, "name", "A greenhouse")
	})
	return s, shed
}

// alone checks that a record is the only one that there is of its model and names.
func (s *scene) alone(model string, id int64, names ...any) {
	s.t.Helper()
	found := s.odoo.Search(model, []any{[]any{"name", "in", names}, []any{"active", "in", []any{true, false}}})
	if !slices.Equal(found, []int64{id}) {
		s.t.Errorf("there are %s %v of the names %v, want only %d", model, found, names, id)
	}
}

func TestImportedBefore(t *testing.T) {
	t.Run("Ensure a task that was renamed since waits for a person, and nothing is written on either side", func(t *testing.T) {
		s, shed := renamedSince(t)
		for range 2 {
			s.mustSync()
			s.reviewed(trello.CardModel, binding.Imported)
			s.want("project.task", shed, "name", "A greenhouse")
			s.alone("project.task", shed, "A shed", "A greenhouse")
			s.card("A shed")
			s.noTrelloWrites()
		}
		s.resetRequests()
		s.mustSync()
		s.noOdooWrites() // what is as its review says is not looked at again
	})
	t.Run("Ensure a dry run and a preview say so beforehand", func(t *testing.T) {
		s, shed := renamedSince(t)
		f := s.forecast()
		if got := listed(f, synchronizer.WouldReview); !slices.Equal(got, []string{"trello.card A shed"}) {
			t.Errorf("the reviews would be %q", got)
		}
		if got := listed(f, synchronizer.WouldCreate); len(got) > 0 {
			t.Errorf("it would create %q", got)
		}
		s.with(func(ctx context.Context, r *run) {
			all, err := r.Preview(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				for _, p := range m.Records {
					if p.Name == "A shed" && (p.OdooID != shed || p.Certainty != synchronizer.Likely || !strings.Contains(p.Reason, "was imported before")) {
						t.Errorf("the preview says %+v", p)
					}
				}
			}
		})
		if different := foretold(f, s.mustSync()); len(different) > 0 {
			t.Errorf("not as foretold: %q", different)
		}
	})
	for _, tt := range []struct {
		prefer binding.Side
		want   string
	}{{binding.Odoo, "A greenhouse"}, {binding.External, "A shed"}} {
		t.Run("Ensure review link binds the two, and lets "+string(tt.prefer)+" win", func(t *testing.T) {
			s, shed := renamedSince(t)
			s.mustSync()
			if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, Prefer: tt.prefer}); err != nil {
				t.Fatal(err)
			}
			if b := s.bindingOf(trello.CardModel, s.card(tt.want).ID); b.OdooID != shed {
				t.Errorf("bound to %+v", b)
			}
			s.want("project.task", shed, "name", tt.want)
			s.reviewed(trello.CardModel)
			s.mustSync()
			s.quiet()
		})
		t.Run("Ensure the policy "+string(tt.prefer)+" decides without a person", func(t *testing.T) {
			s, shed := renamedSince(t)
			s.models = policy(config.Conflict(tt.prefer))
			s.mustSync()
			if b := s.bindingOf(trello.CardModel, s.card(tt.want).ID); b.OdooID != shed {
				t.Errorf("bound to %+v", b)
			}
			s.want("project.task", shed, "name", tt.want)
			s.mustSync()
			s.quiet()
		})
	}
	t.Run("Ensure a link without a preference leaves only what differs to a person", func(t *testing.T) {
		s, shed := renamedSince(t)
		s.mustSync()
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link}); err != nil {
			t.Fatal(err)
		}
		s.reviewed(trello.CardModel, binding.Conflict)
		s.want("project.task", shed, "name", "A greenhouse")
		s.card("A shed")
	})
	t.Run("Ensure review skip leaves both alone", func(t *testing.T) {
		s, shed := renamedSince(t)
		s.mustSync()
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Skipped}); err != nil {
			t.Fatal(err)
		}
		s.mustSync()
		s.alone("project.task", shed, "A shed", "A greenhouse")
		s.card("A shed")
		s.noTrelloWrites()
	})
	t.Run("Ensure what is made equal is bound without a write, on whichever side", func(t *testing.T) {
		for _, inOdoo := range []bool{true, false} {
			s, shed := renamedSince(t)
			s.mustSync()
			want := "A greenhouse"
			if inOdoo {
				want = "A shed"
				s.set("project.task", shed, "name", want)
			} else {
				s.edit("A shed", func(c *trellotest.Card) { c.Name = want })
			}
			s.resetRequests()
			s.mustSync()
			if b := s.bindingOf(trello.CardModel, s.card(want).ID); b.OdooID != shed {
				t.Errorf("bound to %+v", b)
			}
			s.reviewed(trello.CardModel)
			s.noOdooWrites()
			s.noTrelloWrites()
			s.quiet()
		}
	})
	t.Run("Ensure a load whose answer is lost takes no task that was there for a fresh one", func(t *testing.T) {
		s, shed := renamedSince(t)
		s.odoo.Fail(func(r odootest.Request) error {
			if r.Model == "project.task" && r.Method == "load" && r.Moment == odootest.After {
				return odootest.ErrNoAnswer
			}
			return nil
		})
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("the lost answer is told as %v", err)
		}
		s.odoo.Fail(nil)
		s.again()
		s.reviewed(trello.CardModel, binding.Imported)
		s.want("project.task", shed, "name", "A greenhouse")
		s.alone("project.task", shed, "A shed", "A greenhouse")
		s.card("A shed")
		s.noTrelloWrites()
	})
	t.Run("Ensure a task that was moved to a project outside and renamed is not written over either", func(t *testing.T) {
		s, shed := renamedSince(t)
		other := s.odoo.Create("project.project", map[string]any{"name": "Elsewhere"})
		s.set("project.task", shed, "project_id", other)
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Imported)
		s.want("project.task", shed, "name", "A greenhouse")
		s.want("project.task", shed, "project_id", other)
		s.alone("project.task", shed, "A shed", "A greenhouse")
	})
	t.Run("Ensure a task that was deleted since is made anew", func(t *testing.T) {
		s, shed := renamedSince(t)
		s.mustSync()
		s.odoo.Unlink("project.task", shed)
		s.mustSync()
		s.task("A shed")
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a task that was linked to another card since stays that one's", func(t *testing.T) {
		s, shed := renamedSince(t)
		other := s.trello.AddCard(s.todo.ID, "A greenhouse")
		s.mustSync()
		if b := s.bindingOf(trello.CardModel, other.ID); b.OdooID != shed {
			t.Fatalf("the other is bound to %+v", b)
		}
		s.want("project.task", shed, "name", "A greenhouse")
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Imported)
	})
	t.Run("Ensure stages, tags and projects that were renamed since are not written over", func(t *testing.T) {
		var stage, tag, project int64
		s := restored(t, func(s *scene) {
			s.trello.AddList(s.board.ID, "Later")
			green := s.trello.AddLabel(s.board.ID, "Big", "green")
			s.trello.AddCard(s.todo.ID, "A barn", trellotest.WithLabels(green.ID))
			board := s.trello.AddBoard("Garden")
			s.trello.AddCard(s.trello.AddList(board.ID, "Beds").ID, "Weeds")
			s.mustSync()
			stage, tag, project = s.stageID("Later", s.project), s.tagID("Big"), s.projectID("Garden")
			s.set("project.task.type", stage, "name", "One day")
			s.set("project.tags", tag, "name", "Large")
			s.set("project.project", project, "name", "Park")
		})
		for range 2 {
			s.mustSync()
			s.want("project.task.type", stage, "name", "One day")
			s.want("project.tags", tag, "name", "Large")
			s.want("project.project", project, "name", "Park")
			s.reviewed(trello.ListModel, binding.Imported)
			s.reviewed(trello.LabelModel, binding.Imported)
			s.reviewed(trello.BoardModel, binding.Imported)
		}
	})
}

func TestWhatHangsOnACardAfterARestore(t *testing.T) {
	t.Run("Ensure comments and files are bound again, and neither is made twice nor written over", func(t *testing.T) {
		var file int64
		s := restored(t, func(s *scene) {
			card := s.card("Oil the hinges")
			s.trello.AddComment(card.ID, "With what?")
			s.trello.AddLink(card.ID, "Offer", "https://example.com/offer")
			s.mustSync()
			file = s.only("ir.attachment", []any{[]any{"res_model", "=", "project.task"}})
			s.set("ir.attachment", file, "name", "The best offer")
		})
		task, _ := s.task("Oil the hinges")
		messages := s.odoo.Search("mail.message", []any{[]any{"res_id", "=", task}, []any{"model", "=", "project.task"}})
		s.mustSync()
		s.mustSync()
		if now := s.odoo.Search("mail.message", []any{[]any{"res_id", "=", task}, []any{"model", "=", "project.task"}}); !slices.Equal(now, messages) {
			t.Errorf("there are the messages %v, and there were %v", now, messages)
		}
		if now := s.only("ir.attachment", []any{[]any{"res_model", "=", "project.task"}}); now != file {
			t.Errorf("the attachment is %d, and was %d", now, file)
		}
		s.want("ir.attachment", file, "name", "The best offer")
		s.noTrelloWrites()
	})
	t.Run("Ensure the sub-task of a check item that was renamed since waits for a person", func(t *testing.T) {
		var task int64
		s := restored(t, func(s *scene) {
			s.trello.AddChecklist(s.card("Oil the hinges").ID, "Steps", "Buy oil")
			s.mustSync()
			task, _ = s.task("Buy oil")
			s.set("project.task", task, "name", "Buy grease")
		})
		s.mustSync()
		s.reviewed(trello.CheckItemModel, binding.Imported)
		s.alone("project.task", task, "Buy oil", "Buy grease")
		s.want("project.task", task, "name", "Buy grease")
		s.noTrelloWrites()
	})
}

// importedBefore is a run that finds the task of a card which the state forgot, under another name, beside a new card, a new task and
// one that was edited.
var importedBefore = scenario{"an import of what was imported before", func(w *world) {
	board := w.trello.AddBoard("Workshop")
	todo := w.trello.AddList(board.ID, "To do")
	card := w.trello.AddCard(todo.ID, "A shed")
	w.trello.AddCard(todo.ID, "A gate")
	w.mustSync()
	w.unlink(card.ID)
	w.editTask("A shed", map[string]any{"name": "A greenhouse"})
	w.trello.AddCard(todo.ID, "A fence")
	w.editCard("A gate", func(c *trellotest.Card) { c.Desc = "Of oak" })
	project, stage := w.odooID("project.project", "Workshop"), w.odooID("project.task.type", "To do")
	w.odoo.Create("project.task", map[string]any{"name": "A ramp", "project_id": project, "stage_id": stage})
}, `
board Workshop
card A fence @ Workshop/To do
card A gate @ Workshop/To do "Of oak"
card A ramp @ Workshop/To do
card A shed @ Workshop/To do
list To do on Workshop
project Workshop
review of trello.card A shed: imported
stage To do in [Workshop]
task A fence @ Workshop/To do
task A gate @ Workshop/To do "<p>Of oak</p>"
task A greenhouse @ Workshop/To do
task A ramp @ Workshop/To do
trello.board Workshop ↔ Workshop
trello.card A fence ↔ A fence
trello.card A gate ↔ A gate
trello.card A ramp ↔ A ramp
trello.list To do ↔ To do
`, true}
