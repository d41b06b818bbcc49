package trello_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// previewed are the counts that a preview has of each model: certain, likely, ambiguous, new, and only in Odoo.
func (w *world) previewed() map[string][5]int {
	w.t.Helper()
	out := map[string][5]int{}
	w.with(func(ctx context.Context, r *run) {
		all, err := r.Preview(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, m := range all {
			n := map[synchronizer.Certainty]int{}
			for _, p := range m.Records {
				n[p.Certainty]++
			}
			out[m.Model] = [5]int{n[synchronizer.Certain], n[synchronizer.Likely], n[synchronizer.Unsure], n[synchronizer.NoMatch], m.OnlyIn}
		}
	})
	return out
}

// within puts a task with sub-tasks into a project.
func (w *world) within(project int64, task string, subtasks ...string) {
	parent := w.odoo.Create("project.task", map[string]any{"name": task, "project_id": project})
	for _, name := range subtasks {
		w.odoo.Create("project.task", map[string]any{"name": name, "project_id": project, "parent_id": parent})
	}
}

func TestPreviewOfWhatHangsOnCards(t *testing.T) {
	t.Run("Ensure what is on cards that are not bound yet is counted as the sync finds it", func(t *testing.T) {
		w := newWorld(t)
		w.tune = func(s *trello.Settings) { s.Comments = "all" }
		_, todo, _ := workshop(w)
		wax := w.trello.AddCard(todo.ID, "Wax the floor", trellotest.WithDesc("Once."))
		w.trello.AddChecklist(wax.ID, "Tools", "Cloth", "Wax")
		w.trello.AddChecklist(w.card("Paint the door").ID, "Steps", "Sand", "Prime", "Paint")
		oil := w.card("Oil the hinges").ID
		w.trello.AddChecklist(oil, "Tools", "Oil can", "Rag")
		w.trello.AddComment(oil, "Which oil?")
		w.trello.AddComment(oil, "Any.")
		w.trello.AddLink(oil, "A picture", "https://example.com/hinge.png")
		project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
		stage := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(project)})
		w.within(project, "Mend the roof", "Ladder", "Slates") // has no card
		w.within(project, "Wax the floor", "Cloth")            // the card differs from it, and a person decides
		w.odoo.Write("project.task", w.odoo.Search("project.task", []any{[]any{"name", "=", "Wax the floor"}}),
			map[string]any{"description": "<p>Twice.</p>", "stage_id": stage})
		w.resetRequests()
		got := w.previewed()
		for model, want := range map[string][5]int{
			trello.CardModel: {0, 1, 0, 3, 1}, trello.CheckItemModel: {1, 0, 0, 6, 2}, trello.CommentModel: {0, 0, 0, 2, 0}, trello.AttachmentModel: {0, 0, 0, 1, 0},
		} {
			if got[model] != want {
				t.Errorf("%s: got %v, want %v", model, got[model], want)
			}
		}
		if o, x := w.writes(); o+x != 0 {
			t.Errorf("it wrote %d and %d times", o, x)
		}
		if n := len(w.trello.Requests()); n > 4 {
			t.Errorf("it took %d requests to Trello: %v", n, w.tally())
		}
		r := w.mustSync()
		made := map[string]int{}
		w.with(func(ctx context.Context, r *run) {
			for model := range got {
				all, err := r.env.Binder.All(ctx, model)
				if err != nil {
					t.Fatal(err)
				}
				for _, b := range all {
					if b.Made == binding.Import {
						made[model]++
					}
				}
			}
		})
		made[trello.CheckItemModel]++ // the wax, which waits for the decision
		for _, model := range []string{trello.CardModel, trello.CheckItemModel, trello.CommentModel, trello.AttachmentModel} {
			if made[model] != got[model][3] {
				t.Errorf("%s: %d were imported, %d foretold; %s", model, made[model], got[model][3], fmt.Sprint(*r.Of(model)))
			}
		}
		if got := w.previewed(); got[trello.CheckItemModel][3] != 1 || got[trello.CommentModel][3] != 0 || got[trello.AttachmentModel][3] != 0 {
			t.Errorf("once the rest is bound, this is new: %v", got)
		}
	})
	t.Run("Ensure check items of a card that finds its task find its sub-tasks", func(t *testing.T) {
		w := newWorld(t)
		board := w.trello.AddBoard("Garden")
		card := w.trello.AddCard(w.trello.AddList(board.ID, "Beds").ID, "Dig")
		w.trello.AddChecklist(card.ID, "Tools", "Spade", "Fork")
		project := w.odoo.Create("project.project", map[string]any{"name": "Garden"})
		beds := w.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": links(project)})
		w.within(project, "Dig", "Spade", "Gloves")
		w.odoo.Write("project.task", w.odoo.Search("project.task", []any{}), map[string]any{"stage_id": beds})
		if got := w.previewed()[trello.CheckItemModel]; got != [5]int{1, 0, 0, 1, 1} {
			t.Errorf("got %v, want one certain, one new and one only in Odoo", got)
		}
	})
}
