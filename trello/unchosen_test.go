package trello_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// unlabelled are the twins of which only cards with the label "odoo" take part, and none has it yet.
func unlabelled(t *testing.T) (w *world, board trellotest.Board, mark trellotest.Label) {
	w, _ = twins(t)
	w.tune = func(x *trello.Settings) { x.SyncLabel = "odoo" }
	board = w.trello.Boards()[0]
	mark = w.trello.AddLabel(board.ID, "odoo", "sky")
	w.resetRequests()
	return w, board, mark
}

// putOn puts the label on a card as a person would.
func (w *world) putOn(name string, mark trellotest.Label) {
	w.edit(name, func(c *trellotest.Card) { c.IDLabels = append(slices.Clone(c.IDLabels), mark.ID) })
}

// unchosen are the names that wait for the label.
func (w *world) unchosen() (names []string) {
	w.t.Helper()
	for _, r := range w.reviews(trello.CardModel) {
		if r.Kind == binding.Unchosen {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (w *world) wantUnchosen(want ...string) {
	w.t.Helper()
	if got := w.unchosen(); !slices.Equal(got, want) {
		w.t.Errorf("%q wait for the label, want %q: %+v", got, want, w.reviews(trello.CardModel))
	}
}

func (w *world) wantCards(board trellotest.Board, want ...string) {
	w.t.Helper()
	got := w.cardsOf(board.ID)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("the board has the cards %q, want %q", got, want)
	}
}

func TestTasksWhoseCardsLackTheSyncLabel(t *testing.T) {
	all := []string{"Oil the hinges", "Paint the door", "Sweep the yard"}
	t.Run("Ensure a task whose namesake lacks the label waits for a person, and no second card is made", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.counts(w.mustSync(), trello.CardModel, "skipped=3")
		w.wantCards(board, all...)
		w.wantUnchosen(all...)
		if reason := w.reviews(trello.CardModel)[0].Reason; !strings.Contains(reason, "has no label 'odoo' yet; put the label on it") {
			t.Errorf("the reason is %q", reason)
		}
		w.noTrelloWrites()
		w.quiet()
	})
	t.Run("Ensure the pair is bound when the label is put on the card, and the review is gone", func(t *testing.T) {
		w, board, mark := unlabelled(t)
		w.mustSync()
		w.putOn("Paint the door", mark)
		w.mustSync()
		id, _ := w.task("Paint the door")
		if b := w.bindingOf(trello.CardModel, w.card("Paint the door").ID); b.OdooID != id {
			t.Errorf("the card is bound to %d, want %d", b.OdooID, id)
		}
		w.wantUnchosen("Oil the hinges", "Sweep the yard")
		w.wantCards(board, all...)
		w.quiet()
	})
	t.Run("Ensure a labelled namesake is the task's, whoever else is called so", func(t *testing.T) {
		w, board, mark := unlabelled(t)
		w.putOn("Oil the hinges", mark)
		labelled := w.card("Oil the hinges").ID
		w.trello.AddCard(w.trello.Lists(board.ID)[0].ID, "Oil the hinges")
		w.mustSync()
		id, _ := w.task("Oil the hinges")
		if b := w.bindingOf(trello.CardModel, labelled); b.OdooID != id {
			t.Errorf("the labelled card is bound to %d, want %d", b.OdooID, id)
		}
		w.wantUnchosen("Paint the door", "Sweep the yard")
		w.quiet()
	})
	t.Run("Ensure a task without a namesake goes out, with the label", func(t *testing.T) {
		w, _, mark := unlabelled(t)
		id, _ := w.task("Oil the hinges")
		w.set("project.task", id, "name", "Oil the lock")
		w.mustSync()
		if c := w.card("Oil the lock"); !slices.Equal(c.IDLabels, []string{mark.ID}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		w.wantUnchosen("Paint the door", "Sweep the yard")
		w.quiet()
	})
	t.Run("Ensure a task goes out once its namesake is gone or called otherwise", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.mustSync()
		w.edit("Paint the door", func(c *trellotest.Card) { c.Name = "Paint the gate" })
		w.trello.DeleteCard(w.card("Oil the hinges").ID)
		w.mustSync()
		w.wantCards(board, "Oil the hinges", "Paint the door", "Paint the gate", "Sweep the yard")
		w.wantUnchosen("Sweep the yard")
		w.quiet()
	})
	t.Run("Ensure a task that is renamed goes out, and one that gets a namesake's name later stays bound", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.mustSync()
		id, _ := w.task("Oil the hinges")
		w.set("project.task", id, "name", "Oil the lock")
		w.mustSync()
		w.wantUnchosen("Paint the door", "Sweep the yard")
		w.set("project.task", id, "name", "Oil the hinges")
		w.mustSync()
		w.wantCards(board, "Oil the hinges", "Oil the hinges", "Paint the door", "Sweep the yard")
		w.wantUnchosen("Paint the door", "Sweep the yard")
		w.quiet()
	})
	t.Run("Ensure several unlabelled namesakes are told as such", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.trello.AddCard(w.trello.Lists(board.ID)[0].ID, "Oil the hinges")
		w.mustSync()
		w.wantUnchosen(all...)
		if !slices.ContainsFunc(w.reviews(trello.CardModel), func(r binding.Review) bool {
			return strings.HasPrefix(r.Reason, `each of the 2 cards "Oil the hinges"`)
		}) {
			t.Errorf("the reviews are %+v", w.reviews(trello.CardModel))
		}
		w.quiet()
	})
	t.Run("Ensure nothing waits where no label is asked for", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.tune = nil
		w.counts(w.mustSync(), trello.CardModel, "unchanged=3")
		w.wantCards(board, all...)
		w.reviewed(trello.CardModel)
		w.noTrelloWrites()
		w.quiet()
	})
	t.Run("Ensure the pairs are bound when the configuration stops asking for the label", func(t *testing.T) {
		w, board, _ := unlabelled(t)
		w.mustSync()
		w.tune = nil
		w.mustSync()
		w.wantCards(board, all...)
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure a task of a bound project that is called as a card without the label waits too", func(t *testing.T) {
		s, mark := labelled(t)
		s.addTask("Oil the hinges", map[string]any{"stage_id": s.doneStage})
		s.mustSync()
		s.wantUnchosen("Oil the hinges")
		s.quiet()
		s.putOn("Oil the hinges", mark)
		s.mustSync()
		s.wantUnchosen()
		s.task("Oil the hinges")
		s.card("Oil the hinges")
	})
}

func TestDecisionsOnCardsWithoutTheSyncLabel(t *testing.T) {
	// waits is a world in which one task waits for its card to get the label.
	waits := func(t *testing.T) (*scene, trellotest.Label, trellotest.Card, int64) {
		s, mark := labelled(t)
		id := s.addTask("Oil the hinges", map[string]any{"stage_id": s.doneStage})
		s.mustSync()
		s.wantUnchosen("Oil the hinges")
		return s, mark, s.card("Oil the hinges"), id
	}
	bound := func(t *testing.T, s *scene, mark trellotest.Label, card trellotest.Card, id int64) {
		t.Helper()
		if b := s.bindingOf(trello.CardModel, card.ID); b.OdooID != id || !b.Retired.IsZero() {
			t.Errorf("the card is bound to %d, retired %v, want %d", b.OdooID, b.Retired, id)
		}
		if got := s.card("Oil the hinges").IDLabels; !slices.Equal(got, []string{mark.ID}) {
			t.Errorf("the card has the labels %v, want the one that says it takes part", got)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	}
	t.Run("Ensure a link binds the pair and puts the label on the card", func(t *testing.T) {
		s, mark, card, id := waits(t)
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, ExternalID: card.ID}); err != nil {
			t.Fatal(err)
		}
		bound(t, s, mark, card, id)
	})
	t.Run("Ensure a link keeps the label on a card whose labels it writes", func(t *testing.T) {
		s, mark, card, id := waits(t)
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent")))
		s.mustSync()
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link, ExternalID: card.ID, Prefer: binding.Odoo}); err != nil {
			t.Fatal(err)
		}
		if got := s.card("Oil the hinges").IDLabels; len(got) != 2 || !slices.Contains(got, mark.ID) {
			t.Errorf("the card has the labels %v", got)
		}
		s.quiet()
	})
	t.Run("Ensure a link must name the card", func(t *testing.T) {
		s, _, _, _ := waits(t)
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Link}); err == nil {
			t.Error("a link that names no card was taken")
		}
	})
	t.Run("Ensure a lost answer to the label is made good by the next sync", func(t *testing.T) {
		s, mark, card, id := waits(t)
		lost := 0
		s.trello.Fail(func(r trellotest.Request) error {
			if r.After && r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/idLabels") && lost == 0 {
				lost++
				return trellotest.ErrDropped
			}
			return nil
		})
		s.with(func(ctx context.Context, r *run) {
			d := binding.Decision{Verdict: binding.Link, ExternalID: card.ID}
			id, err := r.Decide(ctx, s.reviews(trello.CardModel)[0], d)
			if err != nil {
				t.Fatal(err)
			}
			if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{id}, synchronizer.RunOptions{Owner: "test"}); err == nil {
				t.Error("the lost answer went by unseen")
			}
		})
		s.trello.Fail(nil)
		if lost == 0 {
			t.Fatal("the label was never put on")
		}
		s.mustSync()
		bound(t, s, mark, card, id)
	})
	t.Run("Ensure what is skipped stays left alone until something changes", func(t *testing.T) {
		s, _, card, _ := waits(t)
		if err := s.decide(trello.CardModel, binding.Decision{Verdict: binding.Skipped}); err != nil {
			t.Fatal(err)
		}
		s.quiet()
		if r := s.reviews(trello.CardModel); len(r) != 1 || r[0].Decision.Verdict != binding.Skipped {
			t.Errorf("the reviews are %+v", r)
		}
		s.trello.DeleteCard(card.ID)
		s.mustSync()
		s.card("Oil the hinges")
		s.reviewed(trello.CardModel)
	})
	t.Run("Ensure a review of two labelled records that differ becomes one of the label when it is taken off", func(t *testing.T) {
		s, mark, _, id := waits(t)
		s.set("project.task", id, "description", "<p>Twice</p>")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc, c.IDLabels = "Once", []string{mark.ID} })
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Unequal)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.IDLabels = nil })
		s.mustSync()
		s.reviewed(trello.CardModel, binding.Unchosen)
		s.quiet()
	})
}
