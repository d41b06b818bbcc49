package trello_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// tally are the requests since the last reset, counted by what they ask: "project.task search_read",
// "GET /boards/…/cards".
func (w *world) tally() map[string]int {
	count := map[string]int{}
	for _, r := range w.odoo.Requests() {
		count[strings.TrimSpace(r.Model+" "+r.Method)]++
	}
	for _, r := range w.trello.Requests() {
		parts := strings.Split(strings.TrimPrefix(r.Path, "/1/"), "/")
		if parts[0] != "members" && len(parts) > 1 {
			parts[1] = "…"
		}
		count[r.Method+" /"+strings.Join(parts, "/")]++
	}
	return count
}

// reads are the numbers of requests since the last reset that only read.
func (w *world) reads() (odooReads, trelloReads int) {
	o, x := w.writes()
	return len(w.odoo.Requests()) - o, len(w.trello.Requests()) - x
}

// fill makes boards of three lists and two labels each, and as many cards in all.
func fill(w *world, boards, cards int) {
	var lists []trellotest.List
	labels := map[string][]string{}
	for b := range boards {
		board := w.trello.AddBoard(fmt.Sprintf("Board %d", b))
		for _, name := range []string{"To do", "Doing", "Done"} {
			lists = append(lists, w.trello.AddList(board.ID, name))
		}
		for _, color := range []string{"red", "blue"} {
			labels[board.ID] = append(labels[board.ID], w.trello.AddLabel(board.ID, "Kind "+color, color).ID)
		}
	}
	for c := range cards {
		list := lists[c%len(lists)]
		w.trello.AddCard(list.ID, fmt.Sprintf("Card %d", c), trellotest.WithDesc(fmt.Sprintf("What card %d is about.\n\nIts second paragraph.", c)),
			trellotest.WithLabels(labels[list.IDBoard][c%2]))
	}
}

// exact checks a tally.
func exact(t *testing.T, got, want map[string]int) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if got[name] != want[name] {
			t.Errorf("%q was asked %d times, want %d", name, got[name], want[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] == 0 {
			t.Errorf("%q was not asked, want %d times", name, want[name])
		}
	}
}

func TestAnIdleSyncAsksTwicePerModelAndTwicePerBoard(t *testing.T) {
	w := newWorld(t)
	fill(w, 3, 40)
	w.mustSync()
	w.resetRequests()
	w.mustSync()
	exact(t, w.tally(), map[string]int{
		"authenticate": 1, "ir.config_parameter get_param": 1,
		"project.project fields_get": 1, "project.project search_read": 2,
		"project.task.type fields_get": 1, "project.task.type search_read": 2,
		"project.tags fields_get": 1, "project.tags search_read": 2,
		"project.task fields_get": 1, "project.task search_read": 3, // once for sub-tasks, of which there are none
		"res.users fields_get": 1, "res.users search_read": 1, "res.users search": 1, // whom the members may be
		"mail.message fields_get": 1, "mail.message search_read": 2, "mail.message.subtype fields_get": 1, // and which files hang on what does not leave
		"ir.attachment fields_get": 1, "ir.attachment search_read": 1, // nothing is bound: one search
		"GET /members/me": 1, "GET /boards/…": 3, "GET /boards/…/cards": 3,
	})
}

func TestAnIdleSyncOfAUserWhoMayNotReadTheUUIDDoesNotAskForIt(t *testing.T) {
	w := newWorld(t)
	w.user = "manager"
	fill(w, 1, 3)
	w.mustSync()
	w.resetRequests()
	w.mustSync()
	if n := w.tally()["ir.config_parameter get_param"]; n != 0 {
		t.Errorf("the uuid was asked for %d times although it is known not to be readable", n)
	}
}

func TestAnIdleSyncCommitsOnlyThatItRan(t *testing.T) {
	w := newWorld(t)
	fill(w, 1, 3)
	w.mustSync()
	w.mustSync() // looks once more at what the first wrote
	points := w.points()
	if last := points[len(points)-1]; last.before.commits != 1 || last.name != "after commit" {
		t.Fatalf("it committed %d times and ended with %q, want one commit, at the end", last.before.commits, last.name)
	}
}

// TestReadsDoNotGrowByRecord compares first runs over few and over many records. Jobs go in slices of
// 200, records are created in Odoo by 100, and each such call is read back.
func TestReadsDoNotGrowByRecord(t *testing.T) {
	t.Run("of a first import", func(t *testing.T) {
		few, many := newWorld(t), newWorld(t)
		fill(few, 3, 30)
		fill(many, 3, 300)
		few.mustSync()
		many.mustSync()
		// The search for namesakes of a slice and for its newest task, two chunks read back; and a slice's cards of each board.
		grown(t, few, many, growth{odoo: 4, trello: 3})
	})
	t.Run("of a first export", func(t *testing.T) {
		few, many := newWorld(t), newWorld(t)
		fillOdoo(few, 30)
		fillOdoo(many, 300)
		few.mustSync()
		many.mustSync()
		// A slice's tasks, the search for namesakes, and the projects and stages that may have archived
		// them; and a slice's cards.
		grown(t, few, many, growth{odoo: 4, trello: 1})
	})
	t.Run("of an update from outside", func(t *testing.T) {
		few, many := newWorld(t), newWorld(t)
		for w, n := range map[*world]int{few: 30, many: 300} {
			fill(w, 3, n)
			w.mustSync()
			w.resetRequests()
			for _, b := range w.trello.Boards() {
				for _, c := range w.trello.Cards(b.ID) {
					w.trello.ArchiveCard(c.ID)
				}
			}
			w.mustSync()
		}
		// A slice's tasks, before and after writing; the cards of each board are fresh.
		grown(t, few, many, growth{odoo: 2})
	})
}

// growth is how many reads more one run may take than another.
type growth struct{ odoo, trello int }

// grown checks that the second world was read as often as the first, but for the growth.
func grown(t *testing.T, few, many *world, g growth) {
	t.Helper()
	fo, fx := few.reads()
	mo, mx := many.reads()
	if mo > fo+g.odoo {
		t.Errorf("Odoo was read %d times instead of %d, want at most %d more\nfew: %v\nmany: %v", mo, fo, g.odoo, few.tally(), many.tally())
	}
	if mx > fx+g.trello {
		t.Errorf("Trello was read %d times instead of %d, want at most %d more\nfew: %v\nmany: %v", mx, fx, g.trello, few.tally(), many.tally())
	}
}

// fillOdoo makes a project of tasks, a third of them archived, and a board for them.
func fillOdoo(w *world, tasks int) {
	board := w.trello.AddBoard("Workshop")
	w.trello.AddList(board.ID, "To do")
	project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	stage := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": []int64{project}})
	for i := range tasks {
		w.odoo.Create("project.task", map[string]any{
			"name": fmt.Sprintf("Task %d", i), "project_id": project, "stage_id": stage, "active": i%3 != 0,
		})
	}
}

func TestAQuietWorldIsNotWritten(t *testing.T) {
	w := newWorld(t)
	w.direct("trello.comment", config.DirectionOff)
	fill(w, 2, 20)
	w.mustSync()
	for _, model := range []string{"project.project", "project.task.type", "project.tags", "project.task"} {
		w.odoo.Touch(model)
	}
	for _, b := range w.trello.Boards() {
		for _, c := range w.trello.Cards(b.ID) {
			w.trello.AddComment(c.ID, "Seen.")
			if now, _ := w.trello.Card(c.ID); !now.DateLastActivity.After(c.DateLastActivity) {
				t.Fatalf("a comment on %q left its dateLastActivity", c.Name)
			}
		}
	}
	w.resetRequests()
	r := w.mustSync()
	if o, x := w.writes(); o+x != 0 || r.Jobs.Enqueued != 0 {
		t.Errorf("%d writes into Odoo, %d into Trello and %d jobs, want none", o, x, r.Jobs.Enqueued)
	}

	w.resetRequests()
	w.editCard("Card 7", func(c *trellotest.Card) { c.Desc = strings.Replace(c.Desc, "second", "other", 1) })
	r = w.mustSync()
	if o, x := w.writes(); o != 1 || x != 0 || r.Jobs.Enqueued != 1 {
		t.Errorf("one word changed: %d writes into Odoo, %d into Trello and %d jobs, want one, none and one", o, x, r.Jobs.Enqueued)
	}
	w.counts(r, "trello.card", "updated=1 unchanged=19")

	w.resetRequests()
	w.mustSync()
	if o, x := w.writes(); o+x != 0 {
		t.Errorf("the next run wrote %d times into Odoo and %d times into Trello, want nothing", o, x)
	}
}
