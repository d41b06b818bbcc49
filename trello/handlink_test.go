package trello_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// link binds two records by hand and runs the job that does so; job is 0 where they were bound already.
func (w *world) link(model, externalID string, odooID int64, prefer binding.Side) (job int64, failure error) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		if job, failure = r.LinkPair(ctx, model, externalID, odooID, prefer); failure != nil || job == 0 {
			return
		}
		if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{job}, synchronizer.RunOptions{Owner: "test"}); err != nil {
			w.t.Fatal(err)
		}
		if j, err := r.queue.Get(ctx, job); err != nil || j.State != jobs.StateDone {
			w.t.Fatalf("the job is %s: %s (%v)", j.State, j.ExcMessage, err)
		}
	})
	return job, failure
}

// unlink takes a card's binding away.
func (w *world) unlink(card string) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		b := w.bindingOf(trello.CardModel, card)
		if err := r.env.Binder.Unlink(ctx, b); err != nil {
			w.t.Fatal(err)
		}
	})
}

// strangers are a synchronized board with a card and a task of other names, which nobody bound: both came after the last sync.
func strangers(t *testing.T) (w *world, card trellotest.Card, task int64) {
	w, project := twins(t)
	w.mustSync()
	stage := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "Doing"}})[0]
	task = w.odoo.Create("project.task", map[string]any{"name": "Grease the hinges", "project_id": project, "stage_id": stage, "description": "<p>Twice</p>"})
	old := w.card("Oil the hinges")
	card = w.trello.AddCard(old.IDList, "Lubricate the hinges")
	return w, card, task
}

func TestLinkPair(t *testing.T) {
	t.Run("Ensure what differs waits for a decision, and what is empty is filled", func(t *testing.T) {
		w, card, task := strangers(t)
		if _, err := w.link(trello.CardModel, card.ID, task, binding.NoSide); err != nil {
			t.Fatal(err)
		}
		if b := w.bindingOf(trello.CardModel, card.ID); b.OdooID != task {
			t.Fatalf("bound to %+v", b)
		}
		if c := w.card("Lubricate the hinges"); c.Desc != "Twice" {
			t.Errorf("the description is %q", c.Desc)
		}
		w.reviewed(trello.CardModel, binding.Conflict)
		w.mustSync() // puts both into one order
		w.quiet()
	})
	t.Run("Ensure a side that is preferred wins", func(t *testing.T) {
		w, card, task := strangers(t)
		if _, err := w.link(trello.CardModel, card.ID, task, binding.Odoo); err != nil {
			t.Fatal(err)
		}
		if c := w.card("Grease the hinges"); c.ID != card.ID {
			t.Errorf("another card: %+v", c)
		}
		w.reviewed(trello.CardModel)
		w.mustSync() // puts both into one order
		w.quiet()
	})
	t.Run("Ensure that doing it twice is doing it once", func(t *testing.T) {
		w, card, task := strangers(t)
		for i := range 2 {
			if job, err := w.link(trello.CardModel, card.ID, task, binding.Odoo); err != nil || (job == 0) != (i == 1) {
				t.Fatalf("time %d: job %d, %v", i+1, job, err)
			}
		}
	})
	t.Run("Ensure that what cannot be bound is refused, and why", func(t *testing.T) {
		w, card, task := strangers(t)
		bound := w.card("Oil the hinges")
		other, _ := w.task("Oil the hinges")
		project := w.odoo.Search("project.project", []any{[]any{"name", "=", "Workshop"}})[0]
		bystander := w.odoo.Create("project.task", map[string]any{"name": "Part", "parent_id": task, "project_id": project})
		list := w.trello.Boards()[0].ID
		for _, one := range []struct {
			model, external string
			odoo            int64
			want            string
		}{
			{trello.CardModel, "65f1a0c000000000000000ff", task, "there is no such card; look at its id"},
			{trello.CardModel, card.ID, 99999, "there is no such task in Odoo; look at its id"},
			{trello.CardModel, card.ID, bystander, "is none that can be a card"},
			{trello.CardModel, bound.ID, task, "bound already, by binding "},
			{trello.CardModel, card.ID, other, "bound already, by binding "},
			{trello.LabelModel, list, 1, "a label goes with the tag of its name"},
			{trello.MemberModel, list, 1, "people are bound by what the configuration says"},
		} {
			_, err := w.link(one.model, one.external, one.odoo, binding.NoSide)
			var refused *synchronizer.PairError
			if !errors.As(err, &refused) || !refused.Usage() || !strings.Contains(err.Error(), one.want) {
				t.Errorf("%s %s, %d: %v; want %q", one.model, one.external, one.odoo, err, one.want)
			}
		}
		if b := w.bindingOf(trello.CardModel, card.ID); b.ID != 0 {
			t.Errorf("bound all the same: %s", b)
		}
	})
}

func TestUnlink(t *testing.T) {
	t.Run("Ensure that two of one name find each other again", func(t *testing.T) {
		w, _ := twins(t)
		w.mustSync()
		card := w.card("Oil the hinges")
		was := w.bindingOf(trello.CardModel, card.ID)
		w.unlink(card.ID)
		w.mustSync()
		if is := w.bindingOf(trello.CardModel, card.ID); is.OdooID != was.OdooID || is.ID == was.ID {
			t.Errorf("%s, and was %s", is, was)
		}
		w.quiet()
	})
	t.Run("Ensure that an Odoo record that was made of an external one is found, whatever it is called, and bound once both are equal", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		w.mustSync()
		card := w.card("Oil the hinges")
		was := w.bindingOf(trello.CardModel, card.ID)
		w.unlink(card.ID)
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Grease the hinges" })
		w.mustSync()
		w.reviewed(trello.CardModel, binding.Imported)
		w.want("project.task", was.OdooID, "name", "Oil the hinges")
		w.set("project.task", was.OdooID, "name", "Grease the hinges")
		w.mustSync()
		if is := w.bindingOf(trello.CardModel, card.ID); is.OdooID != was.OdooID || is.ID == was.ID {
			t.Errorf("%s, and was %s", is, was)
		}
		w.reviewed(trello.CardModel)
		if cards := w.cardsOf(card.IDBoard); len(cards) != 3 {
			t.Errorf("the board has %q", cards)
		}
		w.quiet()
	})
}
