package trello_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// rank is a list of five cards, all of it synchronized.
type rank struct {
	*scene
	list  trellotest.List
	stage int64
}

func newRank(t *testing.T, names ...string) *rank {
	t.Helper()
	r := &rank{scene: &scene{world: newWorld(t)}}
	r.board = r.trello.AddBoard("Workshop")
	r.list = r.trello.AddList(r.board.ID, "To do")
	for _, name := range names {
		r.trello.AddCard(r.list.ID, name)
	}
	r.mustSync()
	r.project = r.projectID("Workshop")
	r.stage = r.stageID("To do", r.project)
	r.resetRequests()
	return r
}

// outside are the open cards of the list from top to bottom.
func (r *rank) outside() string {
	cards := slices.DeleteFunc(r.trello.Cards(r.board.ID), func(c trellotest.Card) bool { return c.IDList != r.list.ID || c.Closed })
	slices.SortStableFunc(cards, func(a, b trellotest.Card) int {
		if a.Pos < b.Pos {
			return -1
		}
		return 1
	})
	var names []string
	for _, c := range cards {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// inOdoo are the tasks of the stage as Odoo sorts them.
func (r *rank) inOdoo() string {
	var names []string
	for _, id := range r.odoo.Search("project.task", []any{[]any{"stage_id", "=", r.stage}, []any{"parent_id", "=", false}, []any{"active", "=", true}}) {
		names = append(names, r.odoo.Read("project.task", id, "name")["name"].(string))
	}
	return strings.Join(names, " ")
}

// both demands the order of both sides, and that the next sync does nothing.
func (r *rank) both(want string) {
	r.t.Helper()
	if got := r.outside(); got != want {
		r.t.Errorf("the cards are %s, want %s", got, want)
	}
	if got := r.inOdoo(); got != want {
		r.t.Errorf("the tasks are %s, want %s", got, want)
	}
	r.quiet()
	if n := len(r.trello.Requests()); n > 3 {
		r.t.Errorf("a sync at rest asks Trello %d times", n)
	}
}

// carry puts a card right behind another one, or first.
func (r *rank) carry(name, after string) {
	r.t.Helper()
	pos := 1.0
	if after != "" {
		pos = r.card(after).Pos + 1
	}
	r.edit(name, func(c *trellotest.Card) { c.Pos = pos })
}

// drag puts the tasks into an order as a person does in Odoo's kanban, which numbers the whole column.
func (r *rank) drag(order string) {
	for i, name := range strings.Fields(order) {
		r.editTask(name, map[string]any{"sequence": 10 + i})
	}
}

// onlyPlaced demands that Odoo was written once at most, to give a record its place.
func (w *world) onlyPlaced() {
	w.t.Helper()
	if o, _ := w.writes(); o > 1 || (o == 1 && !contains(w.sent(), "] map[sequence:")) {
		w.t.Errorf("Odoo was written %d times: %s", o, w.sent())
	}
}

func (r *rank) moved(report *synchronizer.Report, want int) {
	r.t.Helper()
	if got := report.Of(trello.CardModel).Moved; got != want {
		r.t.Errorf("%d cards were moved, want %d", got, want)
	}
}

func TestOrderOfCards(t *testing.T) {
	t.Run("Ensure a first sync brings cards in their order, with no write more than their creation", func(t *testing.T) {
		r := newRank(t)
		for _, name := range []string{"a", "b", "c", "d"} {
			r.trello.AddCard(r.list.ID, name)
		}
		r.carry("d", "")
		r.resetRequests()
		r.moved(r.mustSync(), 0)
		if o, x := r.writes(); o != 1 || x != 0 {
			t.Errorf("Odoo was written %d times and Trello %d times: %s", o, x, r.sent())
		}
		r.both("d a b c")
	})
	t.Run("Ensure a card that is carried elsewhere is one write into Odoo, and no job of a card", func(t *testing.T) {
		r := newRank(t, "a", "b", "c", "d", "e")
		r.carry("e", "b")
		report := r.mustSync()
		r.moved(report, 1)
		if o, x := r.writes(); o != 1 || x != 0 {
			t.Errorf("Odoo was written %d times and Trello %d times: %s", o, x, r.sent())
		}
		if report.Jobs.Enqueued != 1 || report.Of(trello.CardModel).Updated != 0 {
			t.Errorf("got %+v and %+v", report.Jobs, *report.Of(trello.CardModel))
		}
		r.both("a b e c d")
	})
	t.Run("Ensure a task that is dragged elsewhere is one move outside, though Odoo writes the whole column", func(t *testing.T) {
		r := newRank(t, "a", "b", "c", "d", "e")
		for _, order := range []string{"e a b c d", "a b c d e", "b a c d e", "a c d b e"} {
			r.drag(order)
			r.resetRequests()
			r.mustSync()
			if o, x := r.writes(); o != 0 || x != 1 {
				t.Errorf("Odoo was written %d times and Trello %d times: %s", o, x, r.sent())
			}
			r.both(order)
		}
	})
	t.Run("Ensure moves of both sides merge, and what both moved is where Odoo has it", func(t *testing.T) {
		r := newRank(t, "a", "b", "c", "d", "e")
		r.carry("a", "c")
		r.drag("a b d e c")
		r.mustSync()
		r.both("b a d e c")
		r.carry("b", "e")
		r.drag("a d e c b")
		r.mustSync()
		r.both("a d e c b")
	})
	t.Run("Ensure the policy of the backend decides what both moved", func(t *testing.T) {
		r := newRank(t, "a", "b", "c", "d", "e")
		r.model(trello.CardModel, func(m *config.Model) { m.Conflict = config.ConflictBackend })
		r.carry("a", "c")
		r.drag("b c d e a")
		r.mustSync()
		r.both("b c a d e")
	})
	t.Run("Ensure new ones stand where they were made", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		r.trello.AddCard(r.list.ID, "x")
		r.carry("x", "a")
		r.odoo.Create("project.task", map[string]any{"name": "y", "project_id": r.project, "stage_id": r.stage}) // on top, as Odoo has it
		r.mustSync()
		r.both("y a x b c")
	})
	t.Run("Ensure a card that goes to another list stands there where it was put", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		doing := r.trello.AddList(r.board.ID, "Doing")
		r.trello.AddCard(doing.ID, "x")
		r.mustSync()
		r.trello.MoveCard(r.card("x").ID, r.list.ID)
		r.carry("x", "b")
		r.mustSync()
		r.both("a b x c")
	})
	t.Run("Ensure what is archived stands aside, and comes back to its place", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		r.edit("b", func(c *trellotest.Card) { c.Closed = true })
		r.mustSync()
		r.drag("c a")
		r.mustSync()
		r.both("c a")
	})
	t.Run("Ensure a task of priority is on top on both sides", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		r.editTask("c", map[string]any{"priority": "1"})
		r.mustSync()
		r.both("c a b")
	})
	t.Run("Ensure a gap that is used up outside is opened again", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		a := r.card("a").Pos
		r.edit("b", func(c *trellotest.Card) { c.Pos = a })
		r.edit("c", func(c *trellotest.Card) { c.Pos = a + 1 })
		r.mustSync()
		r.drag("a c b")
		r.mustSync()
		r.both("a c b")
	})
}

func TestOrderOfDirections(t *testing.T) {
	t.Run("Ensure an order that is only imported is not written outside", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		r.direct(trello.CardModel, config.DirectionImport)
		r.drag("c b a")
		r.resetRequests()
		r.mustSync()
		r.noTrelloWrites()
		if got := r.inOdoo(); got != "c b a" {
			t.Errorf("Odoo's own order went: %s", got)
		}
		r.quiet()
		r.carry("b", "")
		r.mustSync()
		if r.outside() != "b a c" || r.inOdoo() != "b a c" {
			t.Errorf("outside %s, in Odoo %s", r.outside(), r.inOdoo())
		}
		r.quiet()
	})
	t.Run("Ensure an order that is only exported is not written into Odoo", func(t *testing.T) {
		r := newRank(t, "a", "b", "c")
		r.direct(trello.CardModel, config.DirectionExport)
		r.carry("b", "")
		r.mustSync()
		r.noOdooWrites()
		r.drag("c b a")
		r.mustSync()
		if r.outside() != "c b a" {
			t.Errorf("outside %s", r.outside())
		}
		r.quiet()
	})
}

func TestOrderAtAFirstMatch(t *testing.T) {
	prepare := func(t *testing.T, sequences ...int) *rank {
		r := newRank(t)
		for i, name := range []string{"a", "b", "c"} {
			r.trello.AddCard(r.list.ID, name)
			r.odoo.Create("project.task", map[string]any{"name": name, "project_id": r.project, "stage_id": r.stage, "sequence": sequences[i]})
		}
		return r
	}
	t.Run("Ensure Odoo's default sequences are no order", func(t *testing.T) {
		r := prepare(t, 10, 10, 10)
		r.mustSync()
		r.both("a b c")
	})
	t.Run("Ensure an order that somebody made in Odoo is kept", func(t *testing.T) {
		r := prepare(t, 12, 11, 10)
		r.mustSync()
		r.both("c b a")
	})
}

func TestOrderOfLists(t *testing.T) {
	lists := func(r *rank) string {
		all := r.trello.Lists(r.board.ID)
		slices.SortStableFunc(all, func(a, b trellotest.List) int { return int(a.Pos - b.Pos) })
		var names []string
		for _, l := range all {
			names = append(names, l.Name)
		}
		return strings.Join(names, ", ")
	}
	stages := func(r *rank) string {
		var names []string
		for _, id := range r.odoo.Search("project.task.type", []any{[]any{"project_ids", "in", []any{r.project}}}) {
			names = append(names, r.odoo.Read("project.task.type", id, "name")["name"].(string))
		}
		return strings.Join(names, ", ")
	}
	r := newRank(t)
	r.trello.AddList(r.board.ID, "Doing")
	r.trello.AddList(r.board.ID, "Done")
	r.mustSync()
	both := func(t *testing.T, want string) {
		t.Helper()
		if lists(r) != want || stages(r) != want {
			t.Errorf("lists %s, stages %s, want %s", lists(r), stages(r), want)
		}
		r.quiet()
	}
	t.Run("Ensure lists come in their order", func(t *testing.T) { both(t, "To do, Doing, Done") })
	t.Run("Ensure a list that is moved moves its stage", func(t *testing.T) {
		r.trello.UpdateList(r.listID("Done"), func(l *trellotest.List) { l.Pos = 1 })
		r.mustSync()
		both(t, "Done, To do, Doing")
	})
	t.Run("Ensure a stage that is moved moves its list", func(t *testing.T) {
		r.set("project.task.type", r.stageID("Doing", r.project), "sequence", 0)
		r.mustSync()
		both(t, "Doing, Done, To do")
	})
	t.Run("Ensure a stage that other projects share stays where it is", func(t *testing.T) {
		other := r.odoo.Create("project.project", map[string]any{"name": "Other"})
		r.odoo.Write("project.task.type", []int64{r.stageID("Done", r.project)}, map[string]any{"project_ids": []any{[]any{4, other, 0}}})
		r.mustSync()
		r.resetRequests()
		r.trello.UpdateList(r.listID("Done"), func(l *trellotest.List) { l.Pos = 1e6 })
		r.mustSync()
		r.noOdooWrites()
		r.quiet()
	})
}

func TestOrderOfCheckItems(t *testing.T) {
	c := newChecked(t)
	children := func() string {
		var names []string
		for _, id := range c.odoo.Search("project.task", []any{[]any{"parent_id", "=", c.task}}) {
			names = append(names, c.odoo.Read("project.task", id, "name")["name"].(string))
		}
		return strings.Join(names, " ")
	}
	both := func(t *testing.T, outside, inOdoo string) {
		t.Helper()
		c.wantChecklists(c.cardID, outside)
		if got := children(); got != inOdoo {
			t.Errorf("the sub-tasks are %s, want %s", got, inOdoo)
		}
		c.settledQuietly()
	}
	drag := func(order string) {
		for i, name := range strings.Fields(order) {
			c.set("project.task", c.child(c.task, name), "sequence", 10+i)
		}
	}
	t.Run("Ensure sub-tasks are in the order of the items over the checklists", func(t *testing.T) {
		both(t, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush", "Sand Prime Brush")
	})
	t.Run("Ensure an item that is moved within its checklist moves its sub-task", func(t *testing.T) {
		c.editItem(c.cardID, "Prime", func(i *trellotest.CheckItem) { i.Pos = 1 })
		c.mustSync()
		both(t, "Steps: [ ] Prime, [ ] Sand; Tools: [ ] Brush", "Prime Sand Brush")
	})
	t.Run("Ensure a sub-task that is dragged among those of another checklist goes there", func(t *testing.T) {
		drag("Prime Brush Sand")
		c.mustSync()
		both(t, "Steps: [ ] Prime; Tools: [ ] Brush, [ ] Sand", "Prime Brush Sand")
	})
	t.Run("Ensure one that stays beside its own stays in its checklist", func(t *testing.T) {
		drag("Prime Sand Brush")
		c.mustSync()
		both(t, "Steps: [ ] Prime; Tools: [ ] Sand, [ ] Brush", "Prime Sand Brush")
	})
	t.Run("Ensure a checklist that is moved moves the sub-tasks of its items", func(t *testing.T) {
		c.trello.UpdateChecklist(c.tools.ID, func(l *trellotest.Checklist) { l.Pos = 1 })
		c.mustSync()
		both(t, "Tools: [ ] Sand, [ ] Brush; Steps: [ ] Prime", "Sand Brush Prime")
	})
}

func TestOrderSurvivesCrashes(t *testing.T) {
	prepare := func(t *testing.T) *rank {
		r := newRank(t, "a", "b", "c", "d", "e", "f")
		r.carry("f", "")      // one write into Odoo
		r.drag("c d e a b f") // two moves outside
		return r
	}
	points := len(prepare(t).points())
	t.Logf("%d crash points", points)
	for at := 1; at <= points; at++ {
		if left(at) {
			continue
		}
		t.Run(fmt.Sprintf("Ensure a run that dies at its point %d leaves an order that the next one ends", at), func(t *testing.T) {
			t.Parallel()
			r := prepare(t)
			r.die(at)
			r.again()
			r.both("f c d e a b")
		})
	}
}
