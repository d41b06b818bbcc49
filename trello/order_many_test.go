package trello_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// many are names by their number.
func many(prefix string, from, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s%03d", prefix, from+i))
	}
	return names
}

func TestOrderOfManyNew(t *testing.T) {
	// Odoo puts the newest task on top, so they are made from the last to the first.
	above := func(r *rank, names []string) {
		for i := len(names) - 1; i >= 0; i-- {
			r.odoo.Create("project.task", map[string]any{"name": names[i], "project_id": r.project, "stage_id": r.stage, "sequence": 1})
		}
	}
	t.Run("Ensure many new tasks on top are one move each, and leave the cards below alone", func(t *testing.T) {
		old, young := many("old", 0, 90), many("new", 0, 70)
		r := newRank(t, old...)
		above(r, young)
		r.resetRequests()
		report := r.mustSync()
		if _, x := r.writes(); x > 2*len(young) {
			t.Errorf("Trello was written %d times for %d new cards", x, len(young))
		}
		if got := report.Of(trello.CardModel).Moved; got > len(young) {
			t.Errorf("%d cards were moved", got)
		}
		r.both(strings.Join(append(young, old...), " "))
	})
	t.Run("Ensure many new tasks between two are one move each", func(t *testing.T) {
		young := many("new", 0, 70)
		r := newRank(t, "a", "b", "c")
		r.drag("a b c")
		r.mustSync()
		for i := len(young) - 1; i >= 0; i-- { // of one sequence, the newest comes first
			r.odoo.Create("project.task", map[string]any{"name": young[i], "project_id": r.project, "stage_id": r.stage, "sequence": 11})
		}
		r.resetRequests()
		r.mustSync()
		if _, x := r.writes(); x > 2*len(young) {
			t.Errorf("Trello was written %d times for %d new cards", x, len(young))
		}
		r.both("a " + strings.Join(young, " ") + " b c")
	})
	t.Run("Ensure a gap that is used up takes no more along than make room", func(t *testing.T) {
		r := newRank(t, many("card", 0, 40)...)
		pos := r.card("card002").Pos
		r.edit("card003", func(c *trellotest.Card) { c.Pos = pos })
		r.mustSync()
		names := many("card", 0, 40)
		dragged := slices.Concat(names[:3], names[39:], names[3:39])
		r.drag(strings.Join(dragged, " "))
		r.resetRequests()
		r.mustSync()
		if _, x := r.writes(); x != 2 {
			t.Errorf("Trello was written %d times: %s", x, r.sent())
		}
		r.both(strings.Join(dragged, " "))
	})
}

func TestOrderOfManyNewCheckItems(t *testing.T) {
	t.Run("Ensure many new sub-tasks among others stand where they were put", func(t *testing.T) {
		c := newChecked(t)
		old, young := many("old", 0, 70), many("new", 0, 60)
		c.trello.AddChecklist(c.card("Oil the hinges").ID, "Hinges", old...)
		c.mustSync()
		task, _ := c.scene.task("Oil the hinges")
		first := c.value("project.task", c.child(task, old[0]), "sequence").(int64)
		for i, name := range young {
			c.odoo.Create("project.task", map[string]any{"name": name, "project_id": c.project, "parent_id": task, "sequence": first + 1 + int64(i)})
		}
		c.mustSync()
		c.wantChecklists(c.card("Oil the hinges").ID, "Hinges: [ ] "+strings.Join(slices.Concat(old[:1], young, old[1:]), ", [ ] "))
		c.settledQuietly()
	})
}
