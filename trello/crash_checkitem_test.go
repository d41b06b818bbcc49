package trello_test

import (
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// checklistScenarios are about check items and sub-tasks.
var checklistScenarios = []scenario{
	{"an import of check items", func(w *world) { listedBoard(w) }, `
board Workshop
card Paint the door @ Workshop/To do
item Prime on Paint the door/Steps
item Sand on Paint the door/Steps done
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Paint the door @ Workshop/To do
task Prime @ Workshop/To do
task Sand @ Workshop/To do 1_done
trello.board Workshop ↔ Workshop
trello.card Paint the door ↔ Paint the door
trello.checkitem Prime ↔ Prime
trello.checkitem Sand ↔ Sand
trello.list To do ↔ To do
`, true},
	{"an export of sub-tasks", func(w *world) { listedProject(w) }, `
board Workshop
card Paint the door @ Workshop/To do
item Prime on Paint the door/Checklist
item Sand on Paint the door/Checklist done
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Paint the door @ Workshop/To do
task Prime @ Workshop/To do
task Sand @ Workshop/To do 1_done
trello.board Workshop ↔ Workshop
trello.card Paint the door ↔ Paint the door
trello.checkitem Prime ↔ Prime
trello.checkitem Sand ↔ Sand
trello.list To do ↔ To do
`, true},
	{"a merge of check items and sub-tasks, and of their order", func(w *world) {
		card := listedBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		w.editItem(card.ID, "Sand", func(i *trellotest.CheckItem) { i.Complete, i.Name = false, "Sand twice" })
		w.trello.AddCheckItem(w.trello.Checklists(card.ID)[0].ID, "Dry")
		w.editTask("Prime", map[string]any{"state": "1_done", "sequence": 1})
		project := w.projectID("Workshop")
		w.odoo.Create("project.task", map[string]any{
			"name": "Varnish", "project_id": project, "stage_id": w.stageID("To do", project), "parent_id": w.odooID("project.task", "Paint the door"),
		})
	}, `
board Workshop
card Paint the door @ Workshop/To do
item Dry on Paint the door/Steps
item Prime on Paint the door/Steps done
item Sand twice on Paint the door/Steps
item Varnish on Paint the door/Steps
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Dry @ Workshop/To do
task Paint the door @ Workshop/To do
task Prime @ Workshop/To do 1_done
task Sand twice @ Workshop/To do
task Varnish @ Workshop/To do
trello.board Workshop ↔ Workshop
trello.card Paint the door ↔ Paint the door
trello.checkitem Dry ↔ Dry
trello.checkitem Prime ↔ Prime
trello.checkitem Sand twice ↔ Sand twice
trello.checkitem Varnish ↔ Varnish
trello.list To do ↔ To do
`, true},
}

// listedBoard is a board with a card that has a checklist.
func listedBoard(w *world) trellotest.Card {
	board := w.trello.AddBoard("Workshop")
	card := w.trello.AddCard(w.trello.AddList(board.ID, "To do").ID, "Paint the door")
	w.trello.AddChecklist(card.ID, "Steps", "Sand", "Prime")
	w.editItem(card.ID, "Sand", func(i *trellotest.CheckItem) { i.Complete = true })
	return card
}

// listedProject is a project with a task that has sub-tasks, and an empty board that equals it.
func listedProject(w *world) {
	w.trello.AddList(w.trello.AddBoard("Workshop").ID, "To do")
	project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	stage := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": []int64{project}})
	task := func(name string, more map[string]any) int64 {
		more["name"], more["project_id"], more["stage_id"], more["user_ids"] = name, project, stage, []any{}
		return w.odoo.Create("project.task", more)
	}
	door := task("Paint the door", map[string]any{})
	task("Sand", map[string]any{"parent_id": door, "state": "1_done"})
	task("Prime", map[string]any{"parent_id": door})
}

// itemPicture are a card's check items.
func (w *world) itemPicture(c trellotest.Card, names map[string]string) (lines []string) {
	for _, l := range w.trello.Checklists(c.ID) {
		for _, i := range l.Items {
			names[i.ID] = i.Name
			lines = append(lines, "item "+i.Name+" on "+c.Name+"/"+l.Name+word(i.Complete, " done"))
		}
	}
	return lines
}
