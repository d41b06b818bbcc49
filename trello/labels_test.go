package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestNamelessLabels(t *testing.T) {
	t.Run("Ensure a label without a name takes its colour's", func(t *testing.T) {
		s := bound(t)
		s.tagID("green")
		s.trello.AddLabel(s.board.ID, "", "sky_dark")
		s.mustSync()
		s.tagID("sky dark")
		s.quiet()
	})
	t.Run("Ensure renaming its tag is never written back", func(t *testing.T) {
		s := bound(t)
		tag := s.tagID("green")
		s.set("project.tags", tag, "name", "Garden")
		s.mustSync()
		s.noTrelloWrites()
		s.noOdooWrites()
		s.want("project.tags", tag, "name", "Garden")
		s.quiet()
	})
	t.Run("Ensure the label goes on standing for the renamed tag", func(t *testing.T) {
		s := bound(t)
		tag := s.tagID("green")
		s.set("project.tags", tag, "name", "Garden")
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(tag))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{s.labelOf("")}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
	t.Run("Ensure a label that gets a name renames its tag", func(t *testing.T) {
		s := bound(t)
		tag := s.tagID("green")
		s.trello.UpdateLabel(s.labelOf(""), func(l *trellotest.Label) { l.Name = "Garden" })
		s.mustSync()
		s.want("project.tags", tag, "name", "Garden")
		s.quiet()
	})
	t.Run("Ensure renaming a tag renames its label where that has a name", func(t *testing.T) {
		s := bound(t)
		label := s.labelOf("Urgent")
		s.set("project.tags", s.tagID("Urgent"), "name", "Very urgent")
		s.counts(s.mustSync(), trello.LabelModel, "updated=1 unchanged=1")
		if s.labelOf("Very urgent") != label {
			t.Error("another label has the name")
		}
		s.quiet()
	})
}

func TestLabelsBindByName(t *testing.T) {
	t.Run("Ensure a label binds to the tag of its name that exists", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		tag := w.odoo.Create("project.tags", map[string]any{"name": "Urgent", "color": 3})
		r := w.mustSync()
		w.counts(r, trello.LabelModel, "created=1 unchanged=1")
		if got := w.tagID("Urgent"); got != tag {
			t.Errorf("the label is bound to tag %d, want %d", got, tag)
		}
		id, _ := w.task("Paint the door")
		w.want("project.task", id, "tag_ids", []any{tag})
	})
	t.Run("Ensure a second label of one name is an alias of the same tag", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.mustSync()
		s.tagID("Urgent")
		if b := s.bindingOf(trello.LabelModel, second.ID); b.Role != binding.Alias {
			t.Errorf("the second label is bound as %q, want an alias", b.Role)
		}
		if b := s.bindingOf(trello.LabelModel, s.labelOf("Urgent")); b.Role != binding.Primary {
			t.Errorf("the first label is bound as %q, want the primary one", b.Role)
		}
		s.quiet()
	})
	t.Run("Ensure two new labels of one new name make one tag", func(t *testing.T) {
		w := newWorld(t)
		board := w.trello.AddBoard("Workshop")
		w.trello.AddLabel(board.ID, "Wood", "red")
		w.trello.AddLabel(board.ID, "Wood", "lime")
		w.mustSync()
		w.tagID("Wood")
		w.quiet()
	})
	t.Run("Ensure a card with the alias has the tag, and the alias stays on the card", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.IDLabels = []string{second.ID} })
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "tag_ids", []any{s.tagID("Urgent")})
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent"), s.tagID("green")))
		s.mustSync()
		if c := s.card("Oil the hinges"); len(c.IDLabels) != 2 || !slices.Contains(c.IDLabels, second.ID) {
			t.Errorf("the card has the labels %v, want the alias %s and the green one", c.IDLabels, second.ID)
		}
		s.set("project.task", id, "tag_ids", links())
		s.mustSync()
		if c := s.card("Oil the hinges"); len(c.IDLabels) != 0 {
			t.Errorf("the card has the labels %v, want none", c.IDLabels)
		}
		s.quiet()
	})
	t.Run("Ensure a new name on two boards makes one tag with two scopes", func(t *testing.T) {
		s, green := twoBoards(t)
		if a, b := s.bindingOf(trello.LabelModel, s.labelOf("Urgent")), s.bindingOf(trello.LabelModel, green.ID); a.OdooID != b.OdooID || a.Scope == b.Scope || b.Role != binding.Primary {
			t.Errorf("the labels are bound as %+v and %+v", a, b)
		}
		s.quiet()
	})
	t.Run("Ensure a name that another tag has waits for review and the rest goes on", func(t *testing.T) {
		s := bound(t)
		s.odoo.Create("project.tags", map[string]any{"name": "Taken"})
		s.trello.UpdateLabel(s.labelOf("Urgent"), func(l *trellotest.Label) { l.Name = "Taken" })
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		r := s.mustSync()
		if r.Of(trello.LabelModel).Skipped != 1 || r.Jobs.Failed != 0 || r.Of(trello.CardModel).Updated != 1 {
			t.Errorf("got %+v and %+v", *r.Of(trello.LabelModel), *r.Of(trello.CardModel))
		}
		s.want("project.tags", s.tagID("Urgent"), "name", "Urgent")
	})
}

// twoBoards is the workshop with a second board whose label has the name of the first one's.
func twoBoards(t *testing.T) (s *scene, second trellotest.Label) {
	s = bound(t)
	garden := s.trello.AddBoard("Garden")
	s.trello.AddList(garden.ID, "To do")
	second = s.trello.AddLabel(garden.ID, "Urgent", "green")
	s.mustSync()
	s.tagID("Urgent")
	s.resetRequests()
	return s, second
}

func TestASharedTag(t *testing.T) {
	t.Run("Ensure it is not renamed from outside", func(t *testing.T) {
		s, second := twoBoards(t)
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Soon" })
		r := s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.want("project.tags", s.tagID("Urgent"), "name", "Urgent")
		s.counts(r, trello.LabelModel, "unchanged=2 skipped=1")
		s.reviewed(trello.LabelModel, binding.Shared)
		s.quiet()
		s.counts(s.mustSync(), trello.LabelModel, "unchanged=2 skipped=1")
	})
	t.Run("Ensure a new label of the tag's name does not end the review of the one that was renamed", func(t *testing.T) {
		s, second := twoBoards(t)
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Soon" })
		s.trello.AddLabel(second.IDBoard, "Urgent", "sky")
		s.mustSync()
		s.want("project.tags", s.tagID("Urgent"), "name", "Urgent")
		s.reviewed(trello.LabelModel, binding.Shared)
		s.quiet()
	})
	t.Run("Ensure naming the label back ends the review", func(t *testing.T) {
		s, second := twoBoards(t)
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Soon" })
		s.mustSync()
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Urgent" })
		s.mustSync()
		s.reviewed(trello.LabelModel)
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a rename in Odoo goes to all its labels and ends the review", func(t *testing.T) {
		s, second := twoBoards(t)
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Soon" })
		s.mustSync()
		s.set("project.tags", s.tagID("Urgent"), "name", "Soon")
		s.mustSync()
		s.labelOf("Soon")
		s.reviewed(trello.LabelModel)
		s.quiet()
	})
	t.Run("Ensure a rename in Odoo goes to all its labels", func(t *testing.T) {
		s, second := twoBoards(t)
		s.set("project.tags", s.tagID("Urgent"), "name", "Soon")
		s.counts(s.mustSync(), trello.LabelModel, "updated=2 unchanged=1")
		s.labelOf("Soon")
		if got := s.trello.Labels(second.IDBoard)[0].Name; got != "Soon" {
			t.Errorf("the second board's label is called %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an alias alone is no second scope, yet the tag is shared", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.mustSync()
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Name = "Soon" })
		s.mustSync()
		s.noTrelloWrites()
		s.quiet()
	})
}

func TestLabelRenamedToATagOfThatName(t *testing.T) {
	t.Run("Ensure a label that takes another tag's name waits for review, and is quiet once it has a name of its own", func(t *testing.T) {
		w := newWorld(t)
		board, _, _ := workshop(w)
		w.odoo.Create("project.tags", map[string]any{"name": "Bug"})
		w.mustSync()
		label := w.trello.Labels(board.ID)[0]
		w.trello.UpdateLabel(label.ID, func(l *trellotest.Label) { l.Name = "Bug" })
		for range 2 {
			w.counts(w.mustSync(), "trello.label", "unchanged=1 skipped=1")
		}
		w.trello.UpdateLabel(label.ID, func(l *trellotest.Label) { l.Name = "Very urgent" })
		w.counts(w.mustSync(), "trello.label", "updated=1 unchanged=1")
		w.counts(w.mustSync(), "trello.label", "unchanged=2")
	})
}
