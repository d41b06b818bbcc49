package trello_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestPairsWhoseJobsFail(t *testing.T) {
	refuse := func(s *scene, card trellotest.Card) {
		s.trelloRefuses(http.StatusBadRequest, func(r trellotest.Request) bool { return r.Write && strings.HasSuffix(r.Path, card.ID) })
	}
	t.Run("Ensure one counts as failed and as nothing else, though it waits for a decision in another field", func(t *testing.T) {
		s := bound(t)
		s.model(trello.CardModel, func(m *config.Model) { m.Conflict = config.ConflictAsk })
		id, _ := s.task("Oil the hinges")
		card := s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.set("project.task", id, "description", "<p>Some of them</p>")
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2 skipped=1")
		s.reviewed(trello.CardModel, binding.Conflict)
		s.set("project.task", id, "name", "Grease the hinges")
		refuse(s, card)
		s.counts(s.mustSync(), trello.CardModel, "unchanged=2 failed=1")
	})
	t.Run("Ensure one counts once that had only one half when its job began, and that what was made of it counts, too", func(t *testing.T) {
		s := hooked(t, backend.Importer{}, backend.Exporter{After: func(context.Context, *backend.Environment, binding.Binding) error {
			return errors.New("not today")
		}}, backend.Deleter{})
		s.addTask("Hang the door", nil)
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3 failed=1")
	})
	t.Run("Ensure one counts as failed whose job broke off by a mistake of the program", func(t *testing.T) {
		s := bound(t)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Grease the hinges" })
		broke := s.between([]string{"project.task", "write", "Grease"}, func() { panic("a mistake") })
		r := s.mustSync()
		if s.base = nil; !broke() || r.Jobs.Failed != 1 {
			t.Errorf("%d jobs failed", r.Jobs.Failed)
		}
		s.counts(r, trello.CardModel, "unchanged=2 failed=1")
	})
}
