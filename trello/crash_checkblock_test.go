package trello_test

import (
	"strings"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// tellingScenarios are about checklists in descriptions.
var tellingScenarios = []scenario{
	{"an import of checklists into a description", func(w *world) {
		w.tune = inDescription
		card := listedBoard(w)
		w.trello.UpdateCard(card.ID, func(k *trellotest.Card) { k.Desc = "Two coats" })
	}, `
board Workshop
card Paint the door @ Workshop/To do "Two coats"
item Prime on Paint the door/Steps
item Sand on Paint the door/Steps done
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Paint the door @ Workshop/To do "<p>Two coats</p><h3 class=\"o_connector_checklist\">Steps</h3><ul class=\"o_checklist o_connector_checklist\"><li class=\"o_checked\">Sand</li><li>Prime</li></ul>"
trello.board Workshop ↔ Workshop
trello.card Paint the door ↔ Paint the door
trello.list To do ↔ To do
`, true},
	{"a change of checklists and descriptions", func(w *world) {
		w.tune = inDescription
		card := listedBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		w.editItem(card.ID, "Prime", func(i *trellotest.CheckItem) { i.Complete = true })
		w.trello.UpdateCard(card.ID, func(k *trellotest.Card) { k.Desc = "Two coats" })
		w.trello.AddCard(card.IDList, "Oil the hinges")
		w.mustSync()
		w.trello.DeleteChecklist(w.trello.Checklists(card.ID)[0].ID)
		w.trello.AddChecklist(card.ID, "Tools", "Brush")
		id, _ := w.task("Paint the door")
		text := w.value("project.task", id, "description").(string)
		w.set("project.task", id, "description", strings.Replace(text, "Two", "Three", 1))
		w.trello.AddChecklist(w.card("Oil the hinges").ID, "Tools", "Oil")
		w.trello.UpdateCard(w.card("Oil the hinges").ID, func(k *trellotest.Card) { k.Desc = "Olive" })
	}, `
board Workshop
card Oil the hinges @ Workshop/To do "Olive"
card Paint the door @ Workshop/To do "Three coats"
item Brush on Paint the door/Tools
item Oil on Oil the hinges/Tools
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Oil the hinges @ Workshop/To do "<p>Olive</p><h3 class=\"o_connector_checklist\">Tools</h3><ul class=\"o_checklist o_connector_checklist\"><li>Oil</li></ul>"
task Paint the door @ Workshop/To do "<p>Three coats</p><h3 class=\"o_connector_checklist\">Tools</h3><ul class=\"o_checklist o_connector_checklist\"><li>Brush</li></ul>"
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.list To do ↔ To do
`, false},
}
