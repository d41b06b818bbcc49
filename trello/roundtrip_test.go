package trello_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// TestRoundTrip takes a project with everything out into an empty Trello, from there into an empty Odoo, and out again into an
// empty Trello: what comes out is what went in.
func TestRoundTrip(t *testing.T) {
	for _, version := range []string{"16.0", "18.0"} {
		t.Run("Ensure what was exported, imported and exported again is equal but for ids, on Odoo "+version, func(t *testing.T) {
			first := newWorldOf(t, version)
			project := everyRow(first, version)
			first.exportBoards()
			first.mustSync()
			first.mustSync()

			second := newWorldOf(t, version)
			second.addUser("ann@example.com", "Ann Archer")
			second.trello, second.backend = first.trello, trello.Backend()
			second.mustSync()
			second.mustSync()

			third := newWorldOf(t, version)
			third.odoo = second.odoo
			third.trello.AddMember("ann", "Ann Archer")
			third.exportBoards()
			third.mustSync()
			third.mustSync()

			wantSame(t, "Odoo", odooPicture(first.odoo, version), odooPicture(second.odoo, version))
			wantSame(t, "Trello", trelloPicture(first.trello), trelloPicture(third.trello))
			if len(odooPicture(first.odoo, version)) < 10 || project == 0 {
				t.Errorf("there was little to compare: %q", odooPicture(first.odoo, version))
			}
		})
	}
}

func wantSame(t *testing.T, side string, first, second []string) {
	t.Helper()
	if slices.Equal(first, second) {
		return
	}
	for _, l := range first {
		if !slices.Contains(second, l) {
			t.Errorf("%s had, and has no more: %s", side, l)
		}
	}
	for _, l := range second {
		if !slices.Contains(first, l) {
			t.Errorf("%s has, and had not: %s", side, l)
		}
	}
}

// exportBoards lets projects become boards.
func (w *world) exportBoards() {
	w.model(trello.BoardModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "!=", "Internal"}} })
}

// everyRow makes a project that uses everything that crosses.
func everyRow(w *world, version string) int64 {
	o := w.odoo
	ann := w.addUser("ann@example.com", "Ann Archer")
	w.trello.AddMember("ann", "Ann Archer")
	deadline, done := "2026-03-09 15:30:00", map[string]any{"state": "1_done"}
	if version == "16.0" {
		deadline, done = "2026-03-09", map[string]any{"kanban_state": "done"}
	}
	project := o.Create("project.project", map[string]any{"name": "Workshop", "description": "<p>All that is <strong>made</strong>.</p>"})
	todo := o.Create("project.task.type", map[string]any{"name": "To do", "sequence": 10, "project_ids": links(project)})
	doing := o.Create("project.task.type", map[string]any{"name": "Doing", "sequence": 20, "project_ids": links(project)})
	urgent := o.Create("project.tags", map[string]any{"name": "Urgent", "color": 1})
	door := o.Create("project.task", map[string]any{
		"name": "Paint the door", "project_id": project, "stage_id": doing, "tag_ids": links(urgent), "user_ids": links(ann),
		"date_deadline": deadline, "sequence": 5,
		"description": `<h2>Colours</h2><p>Two <strong>coats</strong>, <em>green</em></p><ul><li>sand</li><li>paint</li></ul><p><a href="https://example.com/c">See</a></p>`,
	})
	hinges := o.Create("project.task", map[string]any{"name": "Oil the hinges", "project_id": project, "stage_id": todo, "sequence": 1})
	o.Write("project.task", []int64{hinges}, done)
	o.Create("project.task", map[string]any{"name": "Sweep the yard", "project_id": project, "stage_id": todo, "sequence": 2, "active": false})
	for i, name := range []string{"Sand it", "Paint it"} {
		child := o.Create("project.task", map[string]any{"name": name, "parent_id": door, "project_id": project, "sequence": 10 * (i + 1)})
		if i == 0 {
			o.Write("project.task", []int64{child}, done)
		}
	}
	o.Create("ir.attachment", map[string]any{"name": "colours.txt", "res_model": "project.task", "res_id": door, "datas": "Z3JlZW4K"})
	o.Create("ir.attachment", map[string]any{"name": "Shop", "res_model": "project.task", "res_id": door, "type": "url", "url": "https://example.com/shop"})
	return project
}

// odooPicture is what an Odoo holds, a line for each record, without ids.
func odooPicture(o *odootest.Server, version string) (lines []string) {
	state := "state"
	if version == "16.0" {
		state = "kanban_state"
	}
	name := func(model string, id int64) string { return fmt.Sprint(o.Read(model, id, "name")["name"]) }
	for _, id := range o.Search("project.project", everything) {
		r := o.Read("project.project", id, "name", "description", "active")
		lines = append(lines, fmt.Sprintf("project %v %v %v", r["name"], r["description"], r["active"]))
	}
	for _, id := range o.Search("project.task.type", everything) {
		r := o.Read("project.task.type", id, "name", "active")
		lines = append(lines, fmt.Sprintf("stage %v %v", r["name"], r["active"]))
	}
	for _, id := range o.Search("project.tags", nil) {
		r := o.Read("project.tags", id, "name", "color")
		lines = append(lines, fmt.Sprintf("tag %v %v", r["name"], r["color"]))
	}
	for _, id := range o.Search("project.task", everything) {
		r := o.Read("project.task", id, "name", "description", "active", "project_id", "stage_id", "parent_id", "tag_ids", "user_ids", "date_deadline", state)
		var related []string
		for _, tag := range r["tag_ids"].([]int64) {
			related = append(related, name("project.tags", tag))
		}
		for _, user := range r["user_ids"].([]int64) {
			related = append(related, name("res.users", user))
		}
		stage := nameIn(r["stage_id"])
		if nameIn(r["parent_id"]) != "" {
			stage = "" // whatever Odoo gives a sub-task
		}
		lines = append(lines, fmt.Sprintf("task %v %v %v in %s %s below %s with %v until %v %v", r["name"], r["description"], r["active"],
			nameIn(r["project_id"]), stage, nameIn(r["parent_id"]), related, r["date_deadline"], r[state]))
	}
	for _, id := range o.Search("ir.attachment", []any{[]any{"res_model", "=", "project.task"}}) {
		r := o.Read("ir.attachment", id, "name", "res_id", "type", "url", "datas")
		lines = append(lines, fmt.Sprintf("attachment %v of %s %v %v %v", r["name"], name("project.task", r["res_id"].(int64)), r["type"], r["url"], r["datas"]))
	}
	slices.Sort(lines)
	return lines
}

var (
	everything = []any{[]any{"active", "in", []any{true, false}}}
	hexID      = regexp.MustCompile(`[0-9a-f]{24}`)
)

// trelloPicture is what a Trello holds, without ids, in the order that people see.
func trelloPicture(s *trellotest.Server) (lines []string) {
	for _, b := range s.Boards() {
		lines = append(lines, fmt.Sprintf("board %s %s %v", b.Name, b.Desc, b.Closed))
		labels := map[string]string{}
		for _, l := range s.Labels(b.ID) {
			labels[l.ID] = l.Name
			lines = append(lines, fmt.Sprintf("label %s %s", l.Name, l.Color))
		}
		for i, l := range s.Lists(b.ID) {
			lines = append(lines, fmt.Sprintf("list %d %s %v", i, l.Name, l.Closed))
			for _, c := range s.Cards(b.ID) {
				if c.IDList == l.ID {
					lines = append(lines, trelloCard(s, l, c, labels)...)
				}
			}
		}
	}
	return lines
}

func trelloCard(s *trellotest.Server, l trellotest.List, c trellotest.Card, labels map[string]string) (lines []string) {
	var names []string
	for _, id := range c.IDLabels {
		names = append(names, labels[id])
	}
	slices.Sort(names)
	lines = append(lines, fmt.Sprintf("card %s in %s: %q %v due %s %v labels %v, %d members", c.Name, l.Name, c.Desc, c.Closed,
		c.Due.Format(time.RFC3339), c.DueComplete, names, len(c.IDMembers)))
	for _, k := range s.Checklists(c.ID) {
		for i, item := range k.Items {
			lines = append(lines, fmt.Sprintf("item %d %s of %s: %v", i, item.Name, k.Name, item.Complete))
		}
	}
	for _, a := range s.Attachments(c.ID) {
		address := a.URL
		if a.IsUpload {
			address = ""
		}
		lines = append(lines, fmt.Sprintf("attachment %s of %s: %q %s", a.Name, c.Name, a.Data, address))
	}
	raw, _ := json.Marshal(lines)
	_ = json.Unmarshal([]byte(hexID.ReplaceAllString(strings.TrimSpace(string(raw)), "ID")), &lines)
	return lines
}
