package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// TestOdooVersions runs the same story on every version of Odoo that the fake plays. What differs is the deadline, which is a day
// on 16 and a moment since (fields_get of project.task).
func TestOdooVersions(t *testing.T) {
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		t.Run("Ensure cards and tasks cross both ways on Odoo "+version, func(t *testing.T) {
			w := newWorld(t)
			w.odoo = odootest.New(odootest.Options{Clock: w.clock.Now, Version: version})
			_, todo, doing := workshop(w)
			w.mustSync()

			id, task := w.task("Paint the door")
			want := "2026-03-09 15:00:00"
			if version == "16.0" {
				want = "2026-03-09"
			}
			if task["date_deadline"] != want {
				t.Errorf("the deadline is %v, want %v", task["date_deadline"], want)
			}

			project := w.odoo.Search("project.project", []any{[]any{"name", "=", "Workshop"}})[0]
			stage := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "To do"}})[0]
			w.odoo.Create("project.task", map[string]any{"name": "Order varnish", "project_id": project, "stage_id": stage, "date_deadline": "2026-03-11"})
			w.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Paint the front door"})
			w.mustSync()

			if c := w.card("Order varnish"); c.IDList != todo.ID || c.Due.Format(time.DateOnly) != "2026-03-11" {
				t.Errorf("the card is %+v", c)
			}
			if c := w.card("Paint the front door"); !c.Due.Equal(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)) {
				t.Errorf("the card's due date went to %v", c.Due)
			}
			w.trello.MoveCard(w.card("Order varnish").ID, doing.ID)
			w.mustSync()
			w.resetRequests()
			w.mustSync()
			if o, x := w.writes(); o+x != 0 {
				t.Errorf("a sync with nothing to do wrote %d times into Odoo and %d times into Trello", o, x)
			}
		})
	}
}
