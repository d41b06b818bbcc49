package trello_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
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
	t.Run("Ensure a label that is renamed outside stands for a tag of its new name, and the shared one keeps its own", func(t *testing.T) {
		s, second := twoBoards(t)
		urgent := s.tagID("Urgent")
		s.renameLabel(second.ID, "Soon")
		s.counts(s.mustSync(), trello.LabelModel, "updated=1 unchanged=2")
		s.noTrelloWrites()
		s.want("project.tags", urgent, "name", "Urgent")
		s.want("project.tags", s.tagID("Soon"), "color", 10)
		if b := s.bindingOf(trello.LabelModel, second.ID); b.OdooID != s.tagID("Soon") || b.Role != binding.Primary {
			t.Errorf("the label is bound as %+v", b)
		}
		s.reviewed(trello.LabelModel)
		s.quiet()
	})
	t.Run("Ensure a tag of the new name that exists is taken, and naming the label back brings back the first one", func(t *testing.T) {
		s, second := twoBoards(t)
		soon := s.odoo.Create("project.tags", map[string]any{"name": "Soon", "color": 3})
		s.renameLabel(second.ID, "Soon")
		s.mustSync()
		s.noOdooWrites()
		s.boundTo(second.ID, soon)
		s.quiet()
		s.renameLabel(second.ID, "Urgent")
		s.mustSync()
		s.boundTo(second.ID, s.tagID("Urgent"))
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure the cards that wear it get the new tag in the place of the old one, and no others do", func(t *testing.T) {
		s, second := twoBoards(t)
		dig := s.trello.AddCard(s.trello.Lists(second.IDBoard)[0].ID, "Dig", trellotest.WithLabels(second.ID))
		s.trello.AddCard(dig.IDList, "Sow")
		s.mustSync()
		own := s.odoo.Create("project.tags", map[string]any{"name": "Only in Odoo"})
		s.model(trello.LabelModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
		digID, _ := s.task("Dig")
		s.set("project.task", digID, "tag_ids", links(s.tagID("Urgent"), own))
		s.mustSync()
		s.renameLabel(second.ID, "Soon")
		s.resetRequests()
		s.mustSync()
		s.noTrelloWrites()
		s.tagged("Dig", s.tagID("Soon"), own)
		s.tagged("Sow")
		s.tagged("Paint the door", s.tagID("Urgent"))
		s.quiet()
	})
	t.Run("Ensure an edit of a card's labels or a task's tags in the same moment crosses too", func(t *testing.T) {
		s, second := twoBoards(t)
		list := s.trello.Lists(second.IDBoard)[0].ID
		shady := s.trello.AddLabel(second.IDBoard, "Shady", "black")
		for _, name := range []string{"Dig", "Sow", "Mow", "Rake"} {
			s.trello.AddCard(list, name, trellotest.WithLabels(second.ID))
		}
		s.mustSync()
		id := func(name string) int64 { id, _ := s.task(name); return id }
		s.renameLabel(second.ID, "Soon")
		s.set("project.task", id("Dig"), "tag_ids", links())                                    // taken off in Odoo
		s.set("project.task", id("Sow"), "tag_ids", links(s.tagID("Urgent"), s.tagID("Shady"))) // one more in Odoo
		s.edit("Mow", func(c *trellotest.Card) { c.IDLabels = nil })                            // taken off at Trello
		s.edit("Rake", func(c *trellotest.Card) { c.IDLabels = []string{second.ID, shady.ID} }) // one more at Trello
		s.mustSync()
		soon := s.tagID("Soon")
		s.tagged("Dig")
		s.tagged("Sow", soon, s.tagID("Shady"))
		s.tagged("Mow")
		s.tagged("Rake", soon, s.tagID("Shady"))
		for name, want := range map[string][]string{"Dig": nil, "Sow": {second.ID, shady.ID}, "Mow": nil, "Rake": {second.ID, shady.ID}} {
			if c := s.card(name); !slices.Equal(c.IDLabels, want) {
				t.Errorf("the card %q has the labels %v, want %v", name, c.IDLabels, want)
			}
		}
		s.quiet()
	})
	t.Run("Ensure it goes from name to name before its cards were looked at", func(t *testing.T) {
		s, second := twoBoards(t)
		s.trello.AddCard(s.trello.Lists(second.IDBoard)[0].ID, "Dig", trellotest.WithLabels(second.ID))
		s.mustSync()
		s.direct(trello.CardModel, config.DirectionOff)
		s.renameLabel(second.ID, "Soon")
		s.mustSync()
		s.odoo.Create("project.tags", map[string]any{"name": "Later"})
		s.direct(trello.CardModel, config.DirectionBoth)
		s.renameLabel(second.ID, "Later")
		s.mustSync()
		s.tagged("Dig", s.tagID("Later"))
		s.quiet()
	})
	t.Run("Ensure two labels that get one new name make one tag", func(t *testing.T) {
		s, second := twoBoards(t)
		s.renameLabel(second.ID, "Soon")
		s.renameLabel(s.labelOf("Urgent"), "Soon")
		s.mustSync()
		s.boundTo(second.ID, s.tagID("Soon"))
		s.boundTo(s.labelOf("Soon"), s.tagID("Soon"))
		s.tagged("Paint the door", s.tagID("Soon"))
		s.quiet()
	})
	t.Run("Ensure a name that was changed on both sides is Odoo's", func(t *testing.T) {
		s, second := twoBoards(t)
		s.renameLabel(second.ID, "Soon")
		s.set("project.tags", s.tagID("Urgent"), "name", "Now")
		s.mustSync()
		if got := s.trello.Labels(second.IDBoard)[0].Name; got != "Now" {
			t.Errorf("the label is called %q", got)
		}
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
	t.Run("Ensure an alias that is renamed takes the cards that wear it along, and no others", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.IDLabels = []string{second.ID} })
		s.mustSync()
		s.renameLabel(second.ID, "Soon")
		s.mustSync()
		s.tagged("Oil the hinges", s.tagID("Soon"))
		s.tagged("Paint the door", s.tagID("Urgent"))
		s.quiet()
	})
	t.Run("Ensure an alias takes the place of the label that is renamed", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.mustSync()
		s.renameLabel(s.labelOf("Urgent"), "Soon")
		s.mustSync()
		if b := s.bindingOf(trello.LabelModel, second.ID); b.Role != binding.Primary {
			t.Errorf("the alias is bound as %+v", b)
		}
		s.tagged("Paint the door", s.tagID("Soon"))
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent")))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{second.ID}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
}

func TestALabelInThePlaceOfOneThatIsNoMore(t *testing.T) {
	t.Run("Ensure a label takes the name of a deleted one, whose tag it stands for then", func(t *testing.T) {
		s := bound(t)
		soon := s.trello.AddLabel(s.board.ID, "Soon", "blue")
		s.mustSync()
		tag, label := s.tagID("Soon"), s.labelOf("Urgent")
		s.trello.DeleteLabel(soon.ID)
		s.mustSync()
		s.renameLabel(label, "Soon")
		s.mustSync()
		s.boundTo(label, tag)
		if b := s.bindingOf(trello.LabelModel, label); b.Role != binding.Primary {
			t.Errorf("the label is bound as %+v", b)
		}
		s.tagged("Paint the door", tag)
		s.quiet()
	})
	t.Run("Ensure a label takes the name of one whose pair is retired", func(t *testing.T) {
		s := bound(t)
		s.trello.AddLabel(s.board.ID, "Soon", "blue")
		s.mustSync()
		s.mapping("model: trello.label\ndomain: [[\"name\", \"!=\", \"Soon\"]]\non_leave: retire\n")
		s.mustSync()
		again := s.trello.AddLabel(s.board.ID, "Soon", "green")
		s.mustSync()
		s.boundTo(again.ID, s.tagID("Soon"))
		s.mustSync() // its tag is without too
		s.quiet()
	})
}

func (w *world) renameLabel(id, name string) {
	w.trello.UpdateLabel(id, func(l *trellotest.Label) { l.Name = name })
}

// boundTo demands the tag that a label stands for.
func (s *scene) boundTo(label string, tag int64) {
	s.t.Helper()
	if b := s.bindingOf(trello.LabelModel, label); b.OdooID != tag || b.Gone() {
		s.t.Errorf("the label is bound as %+v, want it to stand for %d", b, tag)
	}
}

// tagged demands the tags of a task, in any order.
func (w *world) tagged(task string, want ...int64) {
	w.t.Helper()
	id, _ := w.task(task)
	got := slices.Sorted(slices.Values(w.value("project.task", id, "tag_ids").([]int64)))
	if slices.Sort(want); !slices.Equal(got, want) {
		w.t.Errorf("the task %q has the tags %v, want %v", task, got, want)
	}
}

func TestLabelRenamedToATagOfThatName(t *testing.T) {
	t.Run("Ensure a label that takes another tag's name stands for that one, and its cards' tasks have it in the place of the first", func(t *testing.T) {
		s := bound(t)
		bug := s.odoo.Create("project.tags", map[string]any{"name": "Bug"})
		urgent, label := s.tagID("Urgent"), s.labelOf("Urgent")
		s.renameLabel(label, "Bug")
		s.counts(s.mustSync(), trello.LabelModel, "updated=1 unchanged=1")
		s.boundTo(label, bug)
		s.tagged("Paint the door", bug)
		s.want("project.tags", urgent, "name", "Urgent")
		s.reviewed(trello.LabelModel)
		s.quiet()
		s.renameLabel(label, "Very urgent")
		s.counts(s.mustSync(), trello.LabelModel, "updated=1 unchanged=1")
		s.want("project.tags", bug, "name", "Very urgent")
		s.quiet()
	})
}

func TestALabelOfATagThatIsWornAlready(t *testing.T) {
	t.Run("Ensure a new label comes on the cards whose tasks have its tag", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.LabelModel, config.DirectionImport)
		oak := s.odoo.Create("project.tags", map[string]any{"name": "Oak"})
		for _, name := range []string{"Paint the door", "Oil the hinges"} {
			id, _ := s.task(name)
			s.odoo.Write("project.task", []int64{id}, map[string]any{"tag_ids": []any{[]any{4, oak, 0}}})
		}
		s.mustSync()
		s.noTrelloWrites()
		s.quiet()
		label := s.trello.AddLabel(s.board.ID, "Oak", "yellow")
		s.mustSync()
		for name, want := range map[string][]string{"Paint the door": {s.labelOf("Urgent"), label.ID}, "Oil the hinges": {label.ID}, "Sweep the yard": nil} {
			if c := s.card(name); !slices.Equal(c.IDLabels, want) {
				t.Errorf("the card %q has the labels %v, want %v", name, c.IDLabels, want)
			}
		}
		s.noOdooWrites()
		s.quiet()
	})
}

func TestATagThatGoesOut(t *testing.T) {
	t.Run("Ensure it takes the label of its name that is there, though labels are not imported", func(t *testing.T) {
		s := bound(t)
		s.direct(trello.LabelModel, config.DirectionExport)
		label := s.trello.AddLabel(s.board.ID, "Oak", "yellow")
		s.trello.AddLabel(s.trello.AddBoard("Garden").ID, "Oak", "yellow")
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(s.odoo.Create("project.tags", map[string]any{"name": "Oak", "color": 5})))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{label.ID}) {
			t.Errorf("the card has the labels %v, want %s", c.IDLabels, label.ID)
		}
		s.quiet()
	})
}

func TestALabelThatTrelloRefuses(t *testing.T) {
	s := bound(t)
	oak := s.odoo.Create("project.tags", map[string]any{"name": "Oak"})
	s.addTask("Hang the door", map[string]any{"tag_ids": links(s.tagID("Urgent"), oak)})
	s.trelloRefuses(http.StatusBadRequest, func(r trellotest.Request) bool { return r.Method == http.MethodPost && r.Path == "/1/labels" })
	r := s.mustSync()
	t.Run("Ensure the card goes out without it, and a person is told once", func(t *testing.T) {
		s.counts(r, trello.CardModel, "created=1 unchanged=3")
		s.counts(r, trello.LabelModel, "unchanged=2 skipped=1")
		if c := s.card("Hang the door"); !slices.Equal(c.IDLabels, []string{s.labelOf("Urgent")}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.reviewed(trello.LabelModel, binding.Unfit)
		s.quiet()
	})
	t.Run("Ensure it is made once its tag changed, and comes on the card", func(t *testing.T) {
		s.heal()
		s.quiet()
		s.set("project.tags", oak, "name", "Oak, dry")
		s.mustSync()
		if c := s.card("Hang the door"); !slices.Equal(c.IDLabels, []string{s.labelOf("Urgent"), s.labelOf("Oak, dry")}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.reviewed(trello.LabelModel)
		s.quiet()
	})
}

func TestDeletedLabelsAndTags(t *testing.T) {
	t.Run("Ensure a label that is deleted while cards wear it leaves the tag on their tasks, and does not come back with another task", func(t *testing.T) {
		s := bound(t)
		urgent := s.tagID("Urgent")
		s.trello.DeleteLabel(s.labelOf("Urgent"))
		s.counts(s.mustSync(), trello.LabelModel, "deleted=1 unchanged=1")
		s.noOdooWrites()
		s.noTrelloWrites()
		s.tagged("Paint the door", urgent)
		s.quiet()
		s.addTask("Hang the door", map[string]any{"tag_ids": links(urgent)})
		s.mustSync()
		if c := s.card("Hang the door"); len(c.IDLabels) != 0 {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
		label := s.trello.AddLabel(s.board.ID, "Urgent", "red")
		s.mustSync()
		for _, name := range []string{"Paint the door", "Hang the door"} {
			if c := s.card(name); !slices.Equal(c.IDLabels, []string{label.ID}) {
				t.Errorf("the card %q has the labels %v", name, c.IDLabels)
			}
		}
		s.quiet()
	})
	t.Run("Ensure an alias takes the place of the label that is deleted", func(t *testing.T) {
		s := bound(t)
		second := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.mustSync()
		s.trello.DeleteLabel(s.labelOf("Urgent"))
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(s.tagID("Urgent")))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{second.ID}) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
	t.Run("Ensure a tag that is deleted in Odoo leaves its label on the cards", func(t *testing.T) {
		s := bound(t)
		s.odoo.Unlink("project.tags", s.tagID("Urgent"))
		s.counts(s.mustSync(), trello.LabelModel, "deleted=1 unchanged=1")
		s.noTrelloWrites()
		if c := s.card("Paint the door"); len(c.IDLabels) != 1 {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
}

func TestColors(t *testing.T) {
	t.Run("Ensure each index has a colour that is read as that index, and each colour has an index", func(t *testing.T) {
		for index := range int64(12) {
			name, ok := trello.LabelColor(index)
			if back, known := trello.ColorIndex(name); !ok || !known || back != index {
				t.Errorf("the index %d has the colour %q, which is read as %d", index, name, back)
			}
		}
		for _, base := range []string{"green", "yellow", "orange", "red", "purple", "blue", "sky", "lime", "pink", "black"} {
			for _, suffix := range []string{"", "_dark", "_light"} {
				if index, ok := trello.ColorIndex(base + suffix); !ok || index == 0 {
					t.Errorf("the colour %q is read as %d, known %v", base+suffix, index, ok)
				}
			}
		}
		if _, ok := trello.LabelColor(12); ok {
			t.Error("an index that Odoo lacks has a colour")
		}
		if _, ok := trello.ColorIndex("mauve"); ok {
			t.Error("a colour that Trello lacks has an index")
		}
	})
	t.Run("Ensure a label's colour comes into Odoo with it and crosses both ways", func(t *testing.T) {
		s := bound(t)
		urgent, label := s.tagID("Urgent"), s.labelOf("Urgent")
		s.want("project.tags", urgent, "color", 1)
		s.trello.UpdateLabel(label, func(l *trellotest.Label) { l.Color = "sky" })
		s.mustSync()
		s.want("project.tags", urgent, "color", 4)
		s.quiet()
		s.set("project.tags", urgent, "color", 9)
		s.mustSync()
		if l := s.trello.Labels(s.board.ID)[0]; l.Color != "pink_dark" {
			t.Errorf("the label is %+v", l)
		}
		s.quiet()
		s.set("project.tags", urgent, "color", 0)
		s.mustSync()
		if l := s.trello.Labels(s.board.ID)[0]; l.Color != "" {
			t.Errorf("the label is %+v", l)
		}
		s.quiet()
	})
	t.Run("Ensure a shade survives what is not another colour", func(t *testing.T) {
		s := bound(t)
		label := s.labelOf("Urgent")
		s.trello.UpdateLabel(label, func(l *trellotest.Label) { l.Color = "red_light" })
		s.mustSync()
		s.noOdooWrites()
		s.set("project.tags", s.tagID("Urgent"), "name", "Soon")
		s.mustSync()
		if l := s.trello.Labels(s.board.ID)[0]; l.Name != "Soon" || l.Color != "red_light" {
			t.Errorf("the label is %+v", l)
		}
		s.quiet()
	})
	t.Run("Ensure colours that a label and its tag had before they were bound stay, on a second board and of an alias too", func(t *testing.T) {
		s, second := twoBoards(t)
		alias := s.trello.AddLabel(s.board.ID, "Urgent", "orange")
		s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.trello.UpdateLabel(second.ID, func(l *trellotest.Label) { l.Color = "blue" })
		s.mustSync()
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
		s.set("project.tags", s.tagID("Urgent"), "color", 3)
		s.mustSync()
		for _, l := range append(s.trello.Labels(s.board.ID), s.trello.Labels(second.IDBoard)...) {
			if want := map[bool]string{true: "orange", false: "yellow"}[l.ID == alias.ID]; l.Name == "Urgent" && l.Color != want {
				t.Errorf("the label is %+v, want it %s", l, want)
			}
		}
		s.quiet()
	})
	t.Run("Ensure a colour that both sides changed is a conflict like any other", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateLabel(s.labelOf("Urgent"), func(l *trellotest.Label) { l.Color = "blue" })
		s.set("project.tags", s.tagID("Urgent"), "color", 3)
		s.mustSync()
		s.reviewed(trello.LabelModel, binding.Conflict)
		s.quiet()
	})
	t.Run("Ensure a colour that is not known yet is left alone", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateLabel(s.labelOf("Urgent"), func(l *trellotest.Label) { l.Color = "mauve" })
		s.set("project.tags", s.tagID("Urgent"), "name", "Soon")
		s.mustSync()
		if l := s.trello.Labels(s.board.ID)[0]; l.Name != "Soon" || l.Color != "mauve" {
			t.Errorf("the label is %+v", l)
		}
		s.quiet()
	})
}
