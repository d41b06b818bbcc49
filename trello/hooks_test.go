package trello_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// hooked is the workshop, bound, whose cards have the given hooks from then on.
func hooked(t *testing.T, i backend.Importer, e backend.Exporter, d backend.Deleter) *scene {
	s := bound(t)
	s.backend = trello.Backend().Version("hooked")
	s.backend.Importer(trello.CardModel, i).Exporter(trello.CardModel, e).Deleter(trello.CardModel, d)
	return s
}

// draft is a reason to leave a record alone whose name begins so.
func draft(r record.Record) string {
	if strings.HasPrefix(r.Value("name").AsText(), "Draft") {
		return "it is a draft"
	}
	return ""
}

func TestHooks(t *testing.T) {
	t.Run("Ensure the importer leaves a card out, and it still is exported to", func(t *testing.T) {
		s := hooked(t, backend.Importer{Skip: draft}, backend.Exporter{}, backend.Deleter{})
		s.trello.AddCard(s.todo.ID, "Draft of a shed")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Draft of oil" })
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3 skipped=1")
		s.noOdooWrites()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "description", "<p>All of them</p>")
		s.mustSync()
		if c := s.card("Draft of oil"); c.Desc != "All of them" {
			t.Errorf("the card is %+v", c)
		}
	})
	t.Run("Ensure the exporter leaves a task out", func(t *testing.T) {
		s := hooked(t, backend.Importer{}, backend.Exporter{Skip: draft}, backend.Deleter{})
		s.addTask("Draft of a shed", nil)
		s.addTask("A shed", nil)
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3 skipped=1")
		if got := s.cardsOf(s.board.ID); slices.Contains(got, "Draft of a shed") {
			t.Errorf("the board has the cards %q", got)
		}
	})
	t.Run("Ensure values that a hook refuses fail their record alone and are not written", func(t *testing.T) {
		refuse := func(v mapping.Values) error {
			if strings.Contains(v["name"].AsText(), "bad") {
				return errors.New("no bad names")
			}
			return nil
		}
		s := hooked(t, backend.Importer{Validate: refuse}, backend.Exporter{Validate: refuse}, backend.Deleter{})
		s.trello.AddCard(s.todo.ID, "A bad card")
		s.trello.AddCard(s.todo.ID, "A good card")
		s.addTask("A bad task", nil)
		s.addTask("A good task", nil)
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Created != 2 || c.Failed != 2 {
			t.Errorf("got %+v", *c)
		}
		s.task("A good card")
		s.card("A good task")
		if got := s.cardsOf(s.board.ID); slices.Contains(got, "A bad task") {
			t.Errorf("the board has the cards %q", got)
		}
	})
	t.Run("Ensure before and after are told of each record that crosses, and after of its binding", func(t *testing.T) {
		var told []string
		before := func(side string) func(context.Context, *backend.Environment, record.Record) error {
			return func(_ context.Context, _ *backend.Environment, r record.Record) error {
				told = append(told, "before "+side+" "+r.Value("name").AsText())
				return nil
			}
		}
		after := func(side string) func(context.Context, *backend.Environment, binding.Binding) error {
			return func(_ context.Context, _ *backend.Environment, b binding.Binding) error {
				if !b.Bound() {
					t.Errorf("the hook was told of %v, which is not bound", b)
				}
				told = append(told, "after "+side+" "+b.Name)
				return nil
			}
		}
		s := hooked(t, backend.Importer{Before: before("import"), After: after("import")},
			backend.Exporter{Before: before("export"), After: after("export")}, backend.Deleter{After: after("deletion")})
		s.trello.AddCard(s.todo.ID, "In")
		s.mustSync()
		s.addTask("Out", nil)
		s.mustSync()
		s.trello.DeleteCard(s.card("Oil the hinges").ID)
		s.mustSync()
		want := []string{"before import In", "after import In", "before export Out", "after export Out", "after deletion Oil the hinges"}
		if !slices.Equal(told, want) {
			t.Errorf("the hooks were told %q, want %q", told, want)
		}
	})
	t.Run("Ensure an error before ends the record alone", func(t *testing.T) {
		s := hooked(t, backend.Importer{Before: func(_ context.Context, _ *backend.Environment, r record.Record) error {
			if r.Value("name").AsText() == "One" {
				return errors.New("not today")
			}
			return nil
		}}, backend.Exporter{}, backend.Deleter{})
		s.trello.AddCard(s.todo.ID, "One")
		s.trello.AddCard(s.todo.ID, "Two")
		r := s.mustSync()
		if c := r.Of(trello.CardModel); c.Created != 1 || c.Failed != 1 {
			t.Errorf("got %+v", *c)
		}
		s.noTrelloWrites()
	})
}
