package trello_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// narrowly is one sync within limits, which must go well.
func (w *world) narrowly(l synchronizer.Limits) *synchronizer.Report {
	w.t.Helper()
	ctx := context.Background()
	r, err := w.begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.db.Close() }()
	if err := synchronizer.Sync(ctx, []*synchronizer.Synchronizer{r.Synchronizer}, synchronizer.RunOptions{Owner: "test", Limits: l})[0]; err != nil {
		w.t.Fatalf("sync: %v", err)
	}
	return r.Report()
}

// written is how many records a report says were written.
func written(r *synchronizer.Report) (n int) {
	for _, c := range r.Models {
		n += c.Created + c.Updated + c.Archived + c.Moved
	}
	return n
}

// sevenCards is a board with cards of one label on one side, and a task of its own on the other.
func sevenCards(t *testing.T) (*world, trellotest.List) {
	t.Helper()
	w := newWorld(t)
	board, todo, _ := workshop(w)
	label := w.trello.AddLabel(board.ID, "Oak", "green")
	for i := range 7 {
		w.trello.AddCard(todo.ID, fmt.Sprint("Card ", i), trellotest.WithLabels(label.ID))
	}
	return w, todo
}

// same checks that both worlds hold the same on both sides.
func (w *world) same(other *world) {
	w.t.Helper()
	a, b := w.names(), other.names()
	if a != b {
		w.t.Errorf("it holds\n%s\nwant\n%s", a, b)
	}
}

// names are the names of all tasks with their stages and tags, and of all cards.
func (w *world) names() (out string) {
	for _, id := range w.odoo.Search("project.task", []any{[]any{"active", "in", []any{true, false}}}) {
		v := w.odoo.Read("project.task", id, "name", "active")
		out += fmt.Sprintf("task %v %v\n", v["name"], v["active"])
	}
	for _, b := range w.trello.Boards() {
		for _, c := range w.trello.Cards(b.ID) {
			out += fmt.Sprintf("card %s %v\n", c.Name, c.Closed)
		}
	}
	return out
}

func TestLimits(t *testing.T) {
	whole, _ := sevenCards(t)
	whole.mustSync()
	t.Run("Ensure a limit is never passed, and sync after sync completes what one without would have done", func(t *testing.T) {
		for _, limit := range []int{1, 2, 3, 10} {
			w, _ := sevenCards(t)
			for range 40 {
				r := w.narrowly(synchronizer.Limits{Records: limit})
				if n := written(r); n > limit {
					t.Fatalf("a sync of at most %d wrote %d records", limit, n)
				}
				if !r.Limits.Reached {
					break
				}
			}
			w.mustSync()
			w.same(whole)
			w.quiet()
		}
	})
	t.Run("Ensure a plain sync after a limited one misses nothing and makes nothing twice", func(t *testing.T) {
		w, _ := sevenCards(t)
		if r := w.narrowly(synchronizer.Limits{Records: 4}); written(r) != 4 || !r.Limits.Reached {
			t.Errorf("a sync of at most 4 wrote %d, reached %v", written(r), r.Limits.Reached)
		}
		w.mustSync()
		w.same(whole)
		w.quiet()
	})
	t.Run("Ensure a model alone is looked at, and what its records point to is made", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.trello.AddList(w.trello.Boards()[0].ID, "Nobody points here")
		r := w.narrowly(synchronizer.Limits{Models: []string{trello.CardModel}})
		if n := r.Of(trello.CardModel).Created; n == 0 || r.Of(trello.ListModel).Created == 0 {
			t.Errorf("it made %d cards and %d lists", n, r.Of(trello.ListModel).Created)
		}
		if ids := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "Nobody points here"}}); len(ids) != 0 {
			t.Errorf("a list that no card is in was made")
		}
		w.mustSync()
		w.same(whole)
		w.quiet()
	})
	t.Run("Ensure an import leaves Odoo's changes to the next run, and the reverse", func(t *testing.T) {
		for _, d := range []config.Direction{config.DirectionImport, config.DirectionExport} {
			w, todo := sevenCards(t)
			w.mustSync()
			task, _ := w.task("Card 1")
			w.odoo.Write("project.task", []int64{task}, map[string]any{"name": "Of Odoo"})
			w.trello.UpdateCard(w.card("Card 2").ID, func(c *trellotest.Card) { c.Name = "Of Trello" })
			both, _ := w.task("Card 3")
			w.odoo.Write("project.task", []int64{both}, map[string]any{"date_deadline": "2026-05-01 10:00:00"})
			w.trello.UpdateCard(w.card("Card 3").ID, func(c *trellotest.Card) { c.Name = "Of both" })
			w.trello.AddCard(todo.ID, "New in Trello")
			values := w.odoo.Read("project.task", task, "project_id", "stage_id")
			w.odoo.Create("project.task", map[string]any{"name": "New in Odoo", "project_id": firstID(values["project_id"]), "stage_id": firstID(values["stage_id"])})
			w.resetRequests()
			w.narrowly(synchronizer.Limits{Direction: d})
			o, x := w.writes()
			if d == config.DirectionImport && (o == 0 || x != 0) || d == config.DirectionExport && (o != 0 || x == 0) {
				t.Errorf("%s wrote %d times into Odoo and %d times into Trello", d, o, x)
			}
			w.mustSync()
			for _, name := range []string{"Of Odoo", "Of Trello", "Of both", "New in Trello", "New in Odoo"} {
				w.task(name)
				w.card(name)
			}
			if c := w.card("Of both"); c.Due.IsZero() {
				t.Errorf("after %s and a plain sync the deadline of Odoo is not on the card", d)
			}
			w.quiet()
		}
	})
	t.Run("Ensure a conflict stays one through an import", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		task, _ := w.task("Card 1")
		w.odoo.Write("project.task", []int64{task}, map[string]any{"name": "Mine"})
		card := w.card("Card 1")
		w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Yours" })
		w.narrowly(synchronizer.Limits{Direction: config.DirectionImport})
		w.task("Mine")
		r := w.mustSync()
		if r.Of(trello.CardModel).Skipped != 1 {
			t.Errorf("after the import the conflict is no more: %+v", r.Of(trello.CardModel))
		}
	})
	t.Run("Ensure labels and tags that came about on the side which a run leaves out are no less an edit afterwards", func(t *testing.T) {
		for _, d := range []config.Direction{config.DirectionImport, config.DirectionExport} {
			for _, both := range []bool{false, true} {
				w, _ := sevenCards(t)
				board := w.trello.Boards()[0]
				elm, fir := w.trello.AddLabel(board.ID, "Elm", "red"), w.trello.AddLabel(board.ID, "Fir", "blue")
				w.trello.UpdateCard(w.card("Card 2").ID, func(c *trellotest.Card) { c.IDLabels = []string{elm.ID, fir.ID} })
				w.mustSync()
				task, _ := w.task("Card 1")
				tag, outside := map[string]any{}, func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, fir.ID) }
				tag["tag_ids"] = []any{[]any{4, w.odooID("project.tags", "Elm")}}
				if !both && d == config.DirectionImport {
					outside = func(c *trellotest.Card) { c.Due = w.clock.Now() }
				} else if !both {
					tag = map[string]any{"date_deadline": "2026-05-01 10:00:00"}
				}
				w.odoo.Write("project.task", []int64{task}, tag)
				w.trello.UpdateCard(w.card("Card 1").ID, outside)
				w.narrowly(synchronizer.Limits{Direction: d})
				w.mustSync()
				want := 2
				if both {
					want = 3
				}
				if got := w.card("Card 1").IDLabels; len(got) != want {
					t.Errorf("after %s and a plain sync the card has the labels %v, want %d", d, got, want)
				}
				if got := w.odoo.Read("project.task", task, "tag_ids")["tag_ids"].([]int64); len(got) != want {
					t.Errorf("after %s and a plain sync the task has the tags %v, want %d", d, got, want)
				}
				w.quiet()
			}
		}
	})
	t.Run("Ensure an export does not take what Odoo restored with a project for a person's wish", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		w.trello.ArchiveCard(w.card("Card 1").ID)
		w.mustSync()
		task, project := w.odooID("project.task", "Card 1"), w.odooID("project.project", "Workshop")
		for _, active := range []bool{false, true} {
			w.clock.Advance(time.Hour)
			w.odoo.Write("project.project", []int64{project}, map[string]any{"active": active})
			w.clock.Advance(time.Hour)
			if !active {
				w.mustSync()
			}
		}
		w.narrowly(synchronizer.Limits{Direction: config.DirectionExport})
		if !w.card("Card 1").Closed {
			t.Error("the card was restored")
		}
		w.mustSync()
		if !w.card("Card 1").Closed || w.odoo.Read("project.task", task, "active")["active"] != false {
			t.Error("the next plain sync does not put the task away again")
		}
		w.quiet()
	})
	t.Run("Ensure a deletion that a run may not carry over waits for one that may", func(t *testing.T) {
		s := chat(t)
		s.odoo.Unlink("mail.message", s.original)
		s.trello.EditComment(s.ours, "**Bob Baker (Odoo):** Linseed, boiled")
		s.narrowly(synchronizer.Limits{Direction: config.DirectionImport})
		if n := len(s.trello.Comments(s.card)); n != 2 {
			t.Errorf("an import left %d comments, want 2", n)
		}
		s.mustSync()
		if n := len(s.trello.Comments(s.card)); n != 1 {
			t.Errorf("the plain sync left %d comments, want 1", n)
		}
		s.quiet()
	})
	t.Run("Ensure what a person decided about a record of the other way stays decided", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		task, _ := w.task("Card 1")
		values := w.odoo.Read("project.task", task, "project_id", "stage_id")
		long := strings.Repeat("so long ", 3000)
		id := w.odoo.Create("project.task", map[string]any{"name": long, "project_id": firstID(values["project_id"]), "stage_id": firstID(values["stage_id"])})
		w.mustSync()
		if err := w.decide(trello.CardModel, binding.Decision{Verdict: binding.Skipped}); err != nil {
			t.Fatal(err)
		}
		w.with(func(ctx context.Context, r *run) {
			args := synchronizer.Args{Model: trello.CardModel, OdooID: id}
			err := r.db.Write(ctx, func(tx *state.Tx) error {
				_, _, err := r.queue.EnqueueAll(ctx, tx, []jobs.Spec{r.Spec(synchronizer.ExportRecord, args, "so long")})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		w.narrowly(synchronizer.Limits{Direction: config.DirectionImport})
		w.reviewed(trello.CardModel, binding.Unfit)
	})
	t.Run("Ensure a full run compares every pair anew, and writes nothing where both agree", func(t *testing.T) {
		w, _ := sevenCards(t)
		w.mustSync()
		w.resetRequests()
		r := w.narrowly(synchronizer.Limits{Full: true})
		if o, x := w.writes(); o+x != 0 || written(r) != 0 {
			t.Errorf("it wrote %d times into Odoo and %d times into Trello", o, x)
		}
		if n := r.Of(trello.CardModel).Unchanged; r.Jobs.Done < n || n == 0 {
			t.Errorf("it did %d jobs for %d cards", r.Jobs.Done, n)
		}
		w.quiet()
	})
	t.Run("Ensure a dry run within limits says what the sync within them does", func(t *testing.T) {
		for _, l := range []synchronizer.Limits{
			{Records: 5}, {Models: []string{trello.CardModel}}, {Direction: config.DirectionImport}, {Full: true, Records: 3},
			{Models: []string{trello.BoardModel, trello.ListModel}, Direction: config.DirectionImport, Records: 2},
		} {
			w, _ := sevenCards(t)
			f := w.forecast(func(o *synchronizer.RunOptions) { o.Limits = l })
			for _, d := range foretold(f, w.narrowly(l)) {
				t.Errorf("%+v: %s", l, d)
			}
			w.mustSync()
			w.same(whole)
		}
	})
}

// firstID is the id of a many2one as the fake gives it.
func firstID(v any) any {
	if pair, ok := v.([]any); ok && len(pair) > 0 {
		return pair[0]
	}
	return v
}
