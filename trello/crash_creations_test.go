package trello_test

import (
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// allOut is a project that becomes a board with all that is on it.
var allOut = scenario{"an export that makes a board, its lists and its labels", func(w *world) { publicGarden(w) }, `
board Garden, public
card Dig @ Garden, public/Beds [Shady(green)]
card Sow @ Garden, public/Beds archived
label Shady (green) on Garden, public
list Beds on Garden, public
list Shed on Garden, public closed
project Garden, public
stage Beds in [Garden, public]
stage Shed in [Garden, public] archived
tag Shady
tag Sunny
task Dig @ Garden, public/Beds [Shady]
task Sow @ Garden, public/Beds archived
trello.board Garden, public ↔ Garden, public
trello.card Dig ↔ Dig
trello.card Sow ↔ Sow
trello.label Shady(green) ↔ Shady
trello.list Beds ↔ Beds
trello.list Shed ↔ Shed
`, true}

// labelsPart is a tag of two boards of which one renames its label, while a task of the other board gets a new tag.
var labelsPart = scenario{"a label that parts from its tag, and a new one", func(w *world) { partedLabels(w) }, `
board Books
board Garden
card Dig @ Garden/Beds [Soon(green)]
card Print @ Books/To do [Paper(yellow) Urgent(red)]
card Sow @ Garden/Beds
label Paper (yellow) on Books
label Soon (green) on Garden
label Urgent (red) on Books
list Beds on Garden
list To do on Books
project Books
project Garden
stage Beds in [Garden]
stage To do in [Books]
tag Paper
tag Soon
tag Urgent
task Dig @ Garden/Beds [Soon]
task Print @ Books/To do [Paper Urgent]
task Sow @ Garden/Beds
trello.board Books ↔ Books
trello.board Garden ↔ Garden
trello.card Dig ↔ Dig
trello.card Print ↔ Print
trello.card Sow ↔ Sow
trello.label Paper(yellow) ↔ Paper
trello.label Soon(green) ↔ Soon
trello.label Urgent(red) ↔ Urgent
trello.list Beds ↔ Beds
trello.list To do ↔ To do
`, true}

func publicGarden(w *world) {
	w.publish()
	project := w.odoo.Create("project.project", map[string]any{"name": "Garden, public"})
	beds := w.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": links(project)})
	w.odoo.Create("project.task.type", map[string]any{"name": "Shed", "project_ids": links(project), "active": false})
	shady := w.odoo.Create("project.tags", map[string]any{"name": "Shady", "color": 10})
	w.odoo.Create("project.tags", map[string]any{"name": "Sunny"})
	w.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": project, "stage_id": beds, "tag_ids": links(shady)})
	w.odoo.Create("project.task", map[string]any{"name": "Sow", "project_id": project, "stage_id": beds, "active": false})
}

func partedLabels(w *world) {
	garden, books := w.trello.AddBoard("Garden"), w.trello.AddBoard("Books")
	beds, todo := w.trello.AddList(garden.ID, "Beds"), w.trello.AddList(books.ID, "To do")
	green, red := w.trello.AddLabel(garden.ID, "Urgent", "green"), w.trello.AddLabel(books.ID, "Urgent", "red")
	w.trello.AddCard(beds.ID, "Dig", trellotest.WithLabels(green.ID))
	w.trello.AddCard(beds.ID, "Sow")
	w.trello.AddCard(todo.ID, "Print", trellotest.WithLabels(red.ID))
	w.mustSync()
	w.clock.Advance(time.Hour)
	w.renameLabel(green.ID, "Soon")
	paper := w.odoo.Create("project.tags", map[string]any{"name": "Paper", "color": 3})
	w.editTask("Print", map[string]any{"tag_ids": links(w.odooID("project.tags", "Urgent"), paper)})
}
