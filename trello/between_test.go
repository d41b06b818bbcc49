package trello_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// Slices that run at a time meet what another one did in the middle of their own pass. Here the other one does its work while the first
// waits for an answer that is named, so that it is the same each time.

// between does something, once, while the first request that says all of the words is on its way.
func (w *world) between(words []string, do func()) (done func() bool) {
	happened := false
	w.base = func(base http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			said := r.Method + " " + r.URL.Path + " " + string(body)
			for _, word := range words {
				if happened || !strings.Contains(said, word) {
					return base.RoundTrip(r)
				}
			}
			happened = true
			do()
			return base.RoundTrip(r)
		})
	}
	return func() bool { return happened }
}

// records runs one slice, as another process would: with connections of its own.
func (w *world) records(args ...synchronizer.Args) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		err := r.Run(ctx, args, func(_ int, o jobs.Outcome) error {
			return r.db.Write(ctx, func(tx *state.Tx) error {
				if o.Err != nil {
					w.t.Error(o.Err)
				}
				if o.Commit != nil {
					if err := o.Commit(ctx, tx); err != nil {
						return err
					}
				}
				_, _, err := r.queue.EnqueueAll(ctx, tx, o.FollowUps)
				return err
			})
		})
		if err != nil {
			w.t.Error(err)
		}
	})
}

func TestWhatAnotherSliceBindsMeanwhile(t *testing.T) {
	t.Run("Ensure lists find their stages though their board is bound only while namesakes are looked for", func(t *testing.T) {
		w := newWorld(t)
		first, second := w.trello.AddBoard("First"), w.trello.AddBoard("Second")
		todo, doing := w.trello.AddList(first.ID, "To do"), w.trello.AddList(second.ID, "Doing")
		w.trello.AddList(second.ID, "To do")
		projects := []int64{
			w.odoo.Create("project.project", map[string]any{"name": "First"}), w.odoo.Create("project.project", map[string]any{"name": "Second"}),
		}
		w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(projects...)}) // it tells of the second board
		own := w.odoo.Create("project.task.type", map[string]any{"name": "Doing", "project_ids": links(projects[1])})
		w.records(synchronizer.Args{Model: trello.BoardModel, ExternalID: first.ID})
		bound := w.between([]string{"project.task.type", "search_read", "Doing"}, func() {
			w.records(synchronizer.Args{Model: trello.BoardModel, ExternalID: second.ID})
		})
		w.records(
			synchronizer.Args{Model: trello.ListModel, ExternalID: todo.ID, Parent: first.ID, Scope: first.ID},
			synchronizer.Args{Model: trello.ListModel, ExternalID: doing.ID, Parent: second.ID, Scope: second.ID},
		)
		if w.base = nil; !bound() {
			t.Fatal("nobody looked for namesakes")
		}
		if got := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "Doing"}}); len(got) != 1 || got[0] != own {
			t.Errorf("the stages of the name are %v, want %d alone", got, own)
		}
		w.mustSync()
		w.quiet()
	})
}

// oaks is the workshop with a tag that two tasks have and that no label stands for yet: labels are only imported.
func oaks(t *testing.T) (s *scene, oak int64) {
	s = bound(t)
	s.direct(trello.LabelModel, config.DirectionImport)
	oak = s.odoo.Create("project.tags", map[string]any{"name": "Oak"})
	for _, name := range []string{"Paint the door", "Oil the hinges"} {
		id, _ := s.task(name)
		s.odoo.Write("project.task", []int64{id}, map[string]any{"tag_ids": []any{[]any{4, oak, 0}}})
	}
	s.mustSync()
	s.quiet()
	return s, oak
}

// cardArgs name a bound card for a slice.
func cardArgs(c trellotest.Card) synchronizer.Args {
	return synchronizer.Args{Model: trello.CardModel, ExternalID: c.ID, Parent: c.IDBoard}
}

func labelArgs(l trellotest.Label) synchronizer.Args {
	return synchronizer.Args{Model: trello.LabelModel, ExternalID: l.ID, Parent: l.IDBoard, Scope: l.IDBoard}
}

func TestALabelThatIsBoundWhileItsCardsAreWorkedOn(t *testing.T) {
	for _, one := range []struct {
		when  string
		words []string
	}{
		{"is read", []string{"project.task", "read", "tag_ids"}},
		{"is written", []string{"project.task", "write", "Grease"}},
	} {
		t.Run("Ensure a new label comes on a card whose task "+one.when+" at that moment", func(t *testing.T) {
			s, _ := oaks(t)
			card := s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Grease the hinges" })
			label := s.trello.AddLabel(s.board.ID, "Oak", "yellow")
			labelled := s.between(one.words, func() { s.records(labelArgs(label)) })
			s.records(cardArgs(card))
			if s.base = nil; !labelled() {
				t.Fatal("no such request was sent")
			}
			s.mustSync()
			for name, want := range map[string][]string{"Paint the door": {s.labelOf("Urgent"), label.ID}, "Grease the hinges": {label.ID}, "Sweep the yard": nil} {
				if c := s.card(name); !slices.Equal(c.IDLabels, want) {
					t.Errorf("the card %q has the labels %v, want %v", name, c.IDLabels, want)
				}
			}
			s.quiet()
		})
	}
}

func TestACardThatIsStoredWhileItsLabelIsRenamed(t *testing.T) {
	t.Run("Ensure what both sides agreed on by then stays, so that an edit back is one", func(t *testing.T) {
		s, second := twoBoards(t)
		dig := s.trello.AddCard(s.trello.Lists(second.IDBoard)[0].ID, "Dig", trellotest.WithLabels(second.ID))
		s.mustSync()
		card := s.edit("Dig", func(c *trellotest.Card) { c.Name = "Dig deep" })
		s.renameLabel(second.ID, "Soon")
		stored := s.between([]string{"project.task", "search_read", "tag_ids"}, func() { s.records(cardArgs(card)) })
		second.Name = "Soon"
		s.records(labelArgs(second))
		if s.base = nil; !stored() {
			t.Fatal("nobody looked for tasks that have the tag")
		}
		st, _ := s.bindingOf(trello.CardModel, dig.ID).Base("name")
		if got := st.Base.AsText(); got != "Dig deep" {
			t.Errorf("both sides agreed on the name %q", got)
		}
		s.mustSync()
		s.tagged("Dig deep", s.tagID("Soon"))
		s.quiet()
	})
}

func TestALabelThatMeansSomethingElseMeanwhile(t *testing.T) {
	t.Run("Ensure a card on which it was just put gets the tag that it stands for now", func(t *testing.T) {
		s, second := twoBoards(t)
		s.places = synchronizer.NewPlaces()
		s.trello.AddCard(s.trello.Lists(second.IDBoard)[0].ID, "Sow")
		s.mustSync()
		card := s.edit("Sow", func(c *trellotest.Card) { c.Name, c.IDLabels = "Sow peas", []string{second.ID} })
		renamed := s.between([]string{"project.task", "write", "Sow peas"}, func() {
			s.renameLabel(second.ID, "Soon")
			s.records(labelArgs(second))
		})
		s.records(cardArgs(card))
		if s.base = nil; !renamed() {
			t.Fatal("the task was not written")
		}
		s.mustSync()
		s.tagged("Sow peas", s.tagID("Soon"))
		s.quiet()
	})
	t.Run("Ensure a card that is made at that moment of a task with its tag gets it", func(t *testing.T) {
		s, oak := oaks(t)
		s.places = synchronizer.NewPlaces()
		task := s.addTask("Hang the door", map[string]any{"tag_ids": links(oak)})
		label := s.trello.AddLabel(s.board.ID, "Oak", "yellow")
		bound := s.between([]string{"POST", "/1/cards"}, func() { s.records(labelArgs(label)) })
		s.records(synchronizer.Args{Model: trello.CardModel, OdooID: task, Parent: s.board.ID})
		if s.base = nil; !bound() {
			t.Fatal("no card was made")
		}
		s.mustSync()
		if c := s.card("Hang the door"); !slices.Equal(c.IDLabels, []string{label.ID}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
	t.Run("Ensure a card that begins to wear it, and is stored, while it is being renamed gets the tag that it stands for then", func(t *testing.T) {
		s, second := twoBoards(t)
		s.places = synchronizer.NewPlaces()
		list := s.trello.Lists(second.IDBoard)[0].ID
		s.trello.AddCard(list, "Dig", trellotest.WithLabels(second.ID))
		s.trello.AddCard(list, "Sow")
		s.mustSync()
		s.renameLabel(second.ID, "Soon")
		worn := s.between([]string{"project.task", "search_read", "tag_ids"}, func() {
			s.records(cardArgs(s.edit("Sow", func(c *trellotest.Card) { c.IDLabels = []string{second.ID} })))
		})
		s.records(labelArgs(second))
		if s.base = nil; !worn() {
			t.Fatal("nobody looked for tasks that have the tag")
		}
		s.mustSync()
		s.tagged("Dig", s.tagID("Soon"))
		s.tagged("Sow", s.tagID("Soon"))
		s.quiet()
	})
	t.Run("Ensure so does a card whose creation's answer was lost", func(t *testing.T) {
		s, oak := oaks(t)
		task := s.addTask("Hang the door", map[string]any{"tag_ids": links(oak)})
		label := s.trello.AddLabel(s.board.ID, "Oak", "yellow")
		bound := s.between([]string{"POST", "/1/cards"}, func() { s.records(labelArgs(label)) })
		lost := false
		s.trello.Fail(func(r trellotest.Request) error {
			if lost || r.Method != http.MethodPost || r.Path != "/1/cards" || !r.After {
				return nil
			}
			lost = true
			return trellotest.ErrDropped
		})
		s.records(synchronizer.Args{Model: trello.CardModel, OdooID: task, Parent: s.board.ID})
		if s.base = nil; !bound() || !lost {
			t.Fatal("no card was made")
		}
		s.mustSync()
		if c := s.card("Hang the door"); !slices.Equal(c.IDLabels, []string{label.ID}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
}

func TestAPairThatGoesByTwoNames(t *testing.T) {
	t.Run("Ensure the job that names its Odoo half leaves it to the one that names the pair, which may be at work on it", func(t *testing.T) {
		s := bound(t)
		s.places = synchronizer.NewPlaces()
		id, _ := s.task("Oil the hinges")
		card := s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Grease the hinges" })
		late := s.between([]string{"project.task", "write", "Grease"}, func() {
			s.edit("Grease the hinges", func(c *trellotest.Card) { c.Name = "Grease the locks" })
			s.records(synchronizer.Args{Model: trello.CardModel, OdooID: id, Parent: card.IDBoard})
			s.want("project.task", id, "name", "Oil the hinges")
		})
		s.records(cardArgs(card))
		if s.base = nil; !late() {
			t.Fatal("the task was not written")
		}
		left := s.jobsIn(jobs.StatePending)
		if len(left) != 1 || !strings.HasSuffix(left[0].Identity, card.ID) {
			t.Errorf("left are the jobs %+v", left)
		}
		s.mustSync()
		s.want("project.task", id, "name", "Grease the locks")
		s.quiet()
	})
}
