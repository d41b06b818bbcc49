package trello_test

import (
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// publishing is the workshop, and a configuration by which projects of a name with "public" become boards.
func publishing(t *testing.T) *scene {
	s := bound(t)
	s.publish()
	return s
}

func (w *world) publish() {
	w.model(trello.BoardModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "like", "public"}} })
}

// boardOf is the one board of that name.
func (w *world) boardOf(name string) trellotest.Board {
	w.t.Helper()
	var found []trellotest.Board
	for _, b := range w.trello.Boards() {
		if b.Name == name {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("there are %d boards %q, want one", len(found), name)
	}
	return found[0]
}

func TestAProjectGoesOut(t *testing.T) {
	t.Run("Ensure no project becomes a board where the configuration asks for none", func(t *testing.T) {
		s := bound(t)
		s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		s.counts(s.mustSync(), trello.BoardModel, "unchanged=1")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a project in the domain becomes a board with its stages, tags and tasks, and with nothing else, in one run", func(t *testing.T) {
		s := publishing(t)
		s.odoo.Create("project.project", map[string]any{"name": "Books"})
		garden := s.odoo.Create("project.project", map[string]any{"name": "Garden, public", "description": "<p>Two beds</p>"})
		beds := s.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": links(garden)})
		tag := s.odoo.Create("project.tags", map[string]any{"name": "Shady", "color": 10})
		s.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": garden, "stage_id": beds, "tag_ids": links(tag)})
		r := s.mustSync()
		s.counts(r, trello.BoardModel, "created=1 unchanged=1")
		b := s.boardOf("Garden, public")
		if b.Desc != "Two beds" || b.Closed {
			t.Errorf("the board is %+v", b)
		}
		if got := s.listNames(b.ID); !slices.Equal(got, []string{"Beds"}) {
			t.Errorf("the board has the lists %q", got)
		}
		labels := s.trello.Labels(b.ID)
		if len(labels) != 1 || labels[0].Name != "Shady" || labels[0].Color != "green" {
			t.Errorf("the board has the labels %+v", labels)
		}
		if c := s.card("Dig"); c.IDBoard != b.ID || !slices.Equal(c.IDLabels, []string{labels[0].ID}) {
			t.Errorf("the card is %+v", c)
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure an archived project becomes a closed board", func(t *testing.T) {
		s := publishing(t)
		s.odoo.Create("project.project", map[string]any{"name": "Garden, public", "active": false})
		s.counts(s.mustSync(), trello.BoardModel, "created=1 unchanged=1")
		if b := s.boardOf("Garden, public"); !b.Closed {
			t.Error("the board is open")
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a board that was made takes part though the configuration names others, and is still one when it leaves the domain", func(t *testing.T) {
		s := publishing(t)
		s.boards = []string{"Workshop"}
		garden := s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		s.mustSync()
		b := s.boardOf("Garden, public")
		s.trello.AddList(b.ID, "Beds")
		s.mustSync()
		s.stageID("Beds", garden)
		s.set("project.project", garden, "name", "Garden")
		s.mustSync()
		s.boardOf("Garden")
		s.quiet()
	})
	t.Run("Ensure a project that has a board of its name is bound to that", func(t *testing.T) {
		w := newWorld(t)
		w.publish()
		w.trello.AddBoard("Garden, public")
		w.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		w.mustSync()
		w.boardOf("Garden, public")
		w.projectID("Garden, public")
		w.quiet()
	})
	t.Run("Ensure two projects of one name become two boards", func(t *testing.T) {
		s := publishing(t)
		for range 2 {
			s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		}
		s.counts(s.mustSync(), trello.BoardModel, "created=2 unchanged=1")
		s.quiet()
	})
}

func TestEachFieldOfABoardCrosses(t *testing.T) {
	t.Run("Ensure a board's name and description cross into Odoo by one write", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Name, b.Desc = "Joinery", "Doors & windows" })
		s.counts(s.mustSync(), trello.BoardModel, "updated=1")
		s.want("project.project", s.project, "name", "Joinery")
		s.want("project.project", s.project, "description", "<p>Doors &amp; windows</p>")
		if o, _ := s.writes(); o != 1 {
			t.Errorf("Odoo was written %d times: %s", o, s.sent())
		}
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a project's name and description cross to Trello by one write", func(t *testing.T) {
		s := bound(t)
		s.odoo.Write("project.project", []int64{s.project}, map[string]any{"name": "Joinery", "description": "<p>Doors &amp; windows</p>"})
		s.counts(s.mustSync(), trello.BoardModel, "updated=1")
		if b := s.boardOf("Joinery"); b.Desc != "Doors & windows" {
			t.Errorf("the board is %+v", b)
		}
		if _, x := s.writes(); x != 1 {
			t.Errorf("Trello was written %d times: %s", x, s.sent())
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure an emptied description crosses both ways", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Desc = "Doors" })
		s.mustSync()
		s.set("project.project", s.project, "description", false)
		s.mustSync()
		if b := s.boardOf("Workshop"); b.Desc != "" {
			t.Errorf("the board has the description %q", b.Desc)
		}
		s.quiet()
	})
	t.Run("Ensure a description that both sides changed waits for review, and the name crosses", func(t *testing.T) {
		s := bound(t)
		s.trello.UpdateBoard(s.board.ID, func(b *trellotest.Board) { b.Desc = "Doors" })
		s.odoo.Write("project.project", []int64{s.project}, map[string]any{"name": "Joinery", "description": "<p>Windows</p>"})
		s.mustSync()
		if b := s.boardOf("Joinery"); b.Desc != "Doors" {
			t.Errorf("the board has the description %q", b.Desc)
		}
		s.reviewed(trello.BoardModel, binding.Conflict)
		s.quiet()
		s.set("project.project", s.project, "description", "<p>Doors</p>")
		s.mustSync()
		s.reviewed(trello.BoardModel)
		s.quiet()
	})
	t.Run("Ensure a project that is closed and opened in Odoo leaves the state of what was created from there as it is", func(t *testing.T) {
		s := publishing(t)
		garden := s.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
		beds := s.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": links(garden)})
		s.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": garden, "stage_id": beds})
		s.odoo.Create("project.task", map[string]any{"name": "Sow", "project_id": garden, "stage_id": beds, "active": false})
		s.mustSync()
		want := map[string]bool{"Dig": true, "Sow": false}
		b := s.boardOf("Garden, public")
		s.trello.CloseBoard(b.ID)
		s.mustSync()
		s.open(want)
		s.clock.Advance(time.Hour)
		s.trello.UpdateBoard(b.ID, func(b *trellotest.Board) { b.Closed = false })
		s.mustSync()
		s.open(want)
		s.active(want)
		s.quiet()
	})
}

func TestBoardsListsAndLabelsOfEachOdoo(t *testing.T) {
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		t.Run("Ensure a project goes out with all that it has, and a list is closed and opened, with Odoo "+version, func(t *testing.T) {
			w := newWorldOf(t, version)
			publicGarden(w)
			w.mustSync()
			w.card("Dig")
			b := w.boardOf("Garden, public")
			if got := w.listNames(b.ID); !slices.Equal(got, []string{"Beds", "Shed"}) || len(w.trello.Labels(b.ID)) != 1 {
				t.Errorf("the board has the lists %q and the labels %v", got, w.trello.Labels(b.ID))
			}
			w.quiet()
			s := &scene{world: w}
			want := map[string]bool{"Dig": true, "Sow": false}
			w.trello.CloseList(w.listID("Beds"))
			w.mustSync()
			s.open(want)
			w.quiet()
			w.clock.Advance(time.Hour)
			w.trello.UpdateList(w.listID("Beds"), func(l *trellotest.List) { l.Closed = false })
			w.mustSync()
			s.open(want)
			s.active(want)
			w.quiet()
		})
	}
}
