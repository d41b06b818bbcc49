package trello_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// decide decides the one review of a model (the first of several) and runs its job.
func (w *world) decide(model string, d binding.Decision) error {
	w.t.Helper()
	var failure error
	w.with(func(ctx context.Context, r *run) {
		reviews, err := r.env.Binder.Reviews(ctx, model)
		if err != nil || len(reviews) == 0 {
			w.t.Fatalf("%d reviews of %s, %v", len(reviews), model, err)
		}
		id, err := r.Decide(ctx, reviews[0], d)
		if failure = err; err != nil || id == 0 {
			return
		}
		if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{id}, synchronizer.RunOptions{Owner: "test"}); err != nil {
			w.t.Fatal(err)
		}
		if j, err := r.queue.Get(ctx, id); err != nil || j.State != jobs.StateDone {
			w.t.Fatalf("the job of the decision is %s: %s (%v)", j.State, j.ExcMessage, err)
		}
	})
	return failure
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 15, 0, 0, 0, time.UTC) }

func policy(p config.Conflict) []config.Model {
	return []config.Model{{Model: trello.CardModel, Direction: config.DirectionBoth, Conflict: p}}
}

func TestAFirstMatchFollowsThePolicy(t *testing.T) {
	t.Run("Ensure what is empty on one side is filled from the other without asking", func(t *testing.T) {
		w, _ := twins(t)
		id, _ := w.task("Oil the hinges")
		w.set("project.task", id, "description", "<p>Twice</p>")
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Due = day(4, 1) })
		w.counts(w.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		if c := w.card("Oil the hinges"); c.Desc != "Twice" {
			t.Errorf("the card's empty description became %q, want the task's", c.Desc)
		}
		w.want("project.task", id, "date_deadline", "2026-04-01 15:00:00")
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	for _, tt := range []struct {
		policy config.Conflict
		want   string
	}{{config.ConflictOdoo, "Twice"}, {config.ConflictBackend, "Once"}} {
		t.Run("Ensure the policy "+string(tt.policy)+" decides about what differs", func(t *testing.T) {
			w, id := unequalTwins(t)
			w.models = policy(tt.policy)
			w.counts(w.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			w.want("project.task", id, "description", "<p>"+tt.want+"</p>")
			if c := w.card("Oil the hinges"); c.Desc != tt.want {
				t.Errorf("the card's description is %q, want %q", c.Desc, tt.want)
			}
			w.quiet()
		})
	}
	t.Run("Ensure a write whose answer is lost binds nothing, and the next sync does", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.models = policy(config.ConflictBackend)
		lost := 0
		w.odoo.Fail(func(r odootest.Request) error {
			if r.Writes && r.Moment == odootest.After {
				lost++
				return odootest.ErrNoAnswer
			}
			return nil
		})
		if _, err := w.sync(); err == nil || lost == 0 {
			t.Fatalf("the lost answer went by unseen: %v after %d losses", err, lost)
		}
		w.odoo.Fail(nil)
		w.mustSync()
		w.want("project.task", id, "description", "<p>Once</p>")
		w.quiet()
	})
}

func TestDecisions(t *testing.T) {
	t.Run("Ensure a link binds two records that differ and leaves only what differs for review", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.mustSync()
		if err := w.decide(trello.CardModel, binding.Decision{Verdict: binding.Link}); err != nil {
			t.Fatal(err)
		}
		w.reviewed(trello.CardModel, binding.Conflict)
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Due = day(4, 1) })
		w.mustSync()
		w.want("project.task", id, "date_deadline", "2026-04-01 15:00:00")
		w.want("project.task", id, "description", "<p>Twice</p>")
	})
	t.Run("Ensure a link that prefers a side settles what differs at once", func(t *testing.T) {
		w, id := unequalTwins(t)
		w.mustSync()
		if err := w.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, Prefer: binding.External}); err != nil {
			t.Fatal(err)
		}
		w.want("project.task", id, "description", "<p>Once</p>")
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure one of two cards of a name is linked to the task, and the other gets a task of its own", func(t *testing.T) {
		w, _ := twins(t)
		id, _ := w.task("Oil the hinges")
		first := w.card("Oil the hinges").ID
		w.trello.AddCard(w.card("Oil the hinges").IDList, "Oil the hinges")
		w.mustSync()
		if err := w.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, ExternalID: first, OdooID: id}); err != nil {
			t.Fatal(err)
		}
		w.counts(w.mustSync(), trello.CardModel, "created=1 unchanged=3")
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure a conflict is settled by the side that is taken", func(t *testing.T) {
		for side, want := range map[binding.Side]string{binding.Odoo: "Oil them", binding.External: "Grease them"} {
			s := bound(t)
			id, _ := s.task("Oil the hinges")
			s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Grease them" })
			s.set("project.task", id, "description", "<p>Oil them</p>")
			s.mustSync()
			s.reviewed(trello.CardModel, binding.Conflict)
			if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Take, Prefer: side}); err != nil {
				t.Fatal(err)
			}
			s.want("project.task", id, "description", "<p>"+want+"</p>")
			if c := s.card("Oil the hinges"); c.Desc != want {
				t.Errorf("the card's description is %q, want %q", c.Desc, want)
			}
			s.reviewed(trello.CardModel)
			s.quiet()
		}
	})
	t.Run("Ensure a side that is edited after the decision is not written over: the person is asked again", func(t *testing.T) {
		s := bound(t)
		long := strings.Repeat("Oil them and ", 10)
		id, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Grease them" })
		s.set("project.task", id, "description", "<p>"+long+"grease</p>")
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Conflict)
		s.with(func(ctx context.Context, r *run) {
			_, err := r.Decide(ctx, s.reviews(trello.CardModel)[0], binding.Decision{Verdict: binding.Take, Prefer: binding.External})
			if err != nil {
				t.Fatal(err)
			}
		})
		s.set("project.task", id, "description", "<p>"+long+"wipe</p>")
		s.resetRequests()
		for range 2 {
			s.mustSync()
			s.noWrites()
			s.reviewed(trello.CardModel, binding.Conflict)
		}
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Take, Prefer: binding.Odoo}); err != nil {
			t.Fatal(err)
		}
		if c := s.card("Oil the hinges"); c.Desc != long+"wipe" {
			t.Errorf("the card's description is %q", c.Desc)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure an edit over formatted text is taken when a person says so, and not before", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "description", `<table><tbody><tr><td>Oil</td></tr></tbody></table>`)
		s.mustSync()
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Grease" })
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Lossy)
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Take, Prefer: binding.External}); err != nil {
			t.Fatal(err)
		}
		s.want("project.task", id, "description", "<p>Grease</p>")
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure what is skipped stays skipped until a side changes", func(t *testing.T) {
		w, _ := unequalTwins(t)
		w.mustSync()
		if err := w.decide(trello.CardModel, binding.Decision{Verdict: binding.Skipped}); err != nil {
			t.Fatal(err)
		}
		r := w.mustSync()
		w.counts(r, trello.CardModel, "unchanged=2 skipped=1")
		if got := w.reviews(trello.CardModel)[0].Decision.Verdict; got != binding.Skipped || r.Jobs.Enqueued != 0 {
			t.Errorf("after a sync the review's verdict is %q and %d jobs were made", got, r.Jobs.Enqueued)
		}
		w.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Once or twice" })
		w.mustSync()
		if got := w.reviews(trello.CardModel)[0].Decision.Verdict; got != binding.Undecided {
			t.Errorf("after an edit the review's verdict is %q, want none", got)
		}
	})
	t.Run("Ensure a decision that does not fit is refused and changes nothing", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Grease them" })
		s.set("project.task", id, "description", "<p>Oil them</p>")
		s.mustSync()
		var refused *synchronizer.DecisionError
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, OdooID: id}); !errors.As(err, &refused) || !refused.Usage() {
			t.Errorf("linking a conflict gave %v, want a *synchronizer.DecisionError", err)
		}
		s.reviewed(trello.CardModel, binding.Conflict)
	})
}
