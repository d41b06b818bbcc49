package cmd_test

import (
	"strings"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// recipeTests try the recipes of docs/trello.md, by their headings.
func recipeTests() map[string]func(*kitchen) {
	return map[string]func(*kitchen){
		"One board, both ways":                         oneBoard,
		"Trello is the master":                         trelloIsMaster,
		"Projects become boards":                       projectsBecomeBoards,
		"Only cards with a label":                      onlyLabelled,
		"Only some tasks go out":                       onlyStarred,
		"Who is who":                                   whoIsWho,
		"No checklists, no comments, small files only": nothingExtra,
		"Odoo wins":                                    odooWins,
		"The card's address on the task":               addressOnTask,
		"A custom field":                               customField,
		"Boards that share their stages":               sharedStages,
		"A priority by a table":                        priorityByTable,
		"Checklists in the description":                checklistsInDescription,
	}
}

func oneBoard(k *kitchen) {
	k.trello.AddCard(k.todo.ID, "Paint the door")
	k.trello.AddCard(k.trello.AddList(k.trello.AddBoard("Other").ID, "To do").ID, "Not ours")
	k.sync()
	k.want("the number of tasks called Not ours", len(k.find("project.task", []any{"name", "=", "Not ours"})), 0)
	id := k.task("Paint the door")
	k.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Paint the gate"})
	k.sync()
	card := k.card("Paint the gate")
	k.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Desc = "Two **coats**" })
	k.sync()
	k.want("the task's description", k.value("project.task", id, "description"), "<p>Two <strong>coats</strong></p>")
	k.rest()
}

func trelloIsMaster(k *kitchen) {
	k.trello.AddCard(k.todo.ID, "Paint the door")
	k.sync()
	id := k.task("Paint the door")
	k.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Paint the gate"})
	k.odoo.Create("project.task", map[string]any{"name": "Only in Odoo", "project_id": k.find("project.project")[0]})
	k.sync()
	k.want("the board's cards", k.cards(k.board.ID), []string{"Paint the door"})
	for _, r := range k.trello.Requests() {
		if r.Write {
			k.t.Errorf("Trello was written: %v", r)
		}
	}
}

func projectsBecomeBoards(k *kitchen) {
	tag := k.odoo.Create("project.tags", map[string]any{"name": "Trello"})
	garden := k.odoo.Create("project.project", map[string]any{"name": "Garden", "tag_ids": []any{[]any{6, 0, []any{tag}}}})
	k.odoo.Create("project.project", map[string]any{"name": "Secret"})
	stage := k.odoo.Create("project.task.type", map[string]any{"name": "Beds", "project_ids": []any{[]any{6, 0, []any{garden}}}})
	k.odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": garden, "stage_id": stage})
	k.sync()
	var names []string
	for _, b := range k.trello.Boards() {
		names = append(names, b.Name)
		if b.Name == "Garden" {
			k.want("the new board's cards", k.cards(b.ID), []string{"Dig"})
			k.want("the number of its lists", len(k.trello.Lists(b.ID)), 1)
		}
	}
	k.want("the boards", names, []string{"Workshop", "Garden"})
	k.rest()
}

func onlyLabelled(k *kitchen) {
	label := k.trello.AddLabel(k.board.ID, "odoo", "sky")
	ours := k.trello.AddCard(k.todo.ID, "Ours", trellotest.WithLabels(label.ID))
	k.trello.AddCard(k.todo.ID, "Not ours")
	k.sync()
	k.want("the number of tasks called Not ours", len(k.find("project.task", []any{"name", "=", "Not ours"})), 0)
	id := k.task("Ours")
	k.trello.UpdateCard(ours.ID, func(c *trellotest.Card) { c.IDLabels = nil })
	k.sync()
	k.trello.UpdateCard(ours.ID, func(c *trellotest.Card) { c.Name = "Renamed meanwhile" })
	k.sync()
	k.want("the task's name while its card is not labelled", k.value("project.task", id, "name"), "Ours")
	k.trello.UpdateCard(ours.ID, func(c *trellotest.Card) { c.IDLabels = []string{label.ID} })
	k.sync()
	k.want("the task's name once the label is back", k.value("project.task", id, "name"), "Renamed meanwhile")
	k.want("the number of tasks", len(k.find("project.task")), 1)
	k.rest()
}

func onlyStarred(k *kitchen) {
	k.trello.AddCard(k.todo.ID, "From Trello")
	k.sync()
	project := k.find("project.project")[0]
	starred := k.odoo.Create("project.task", map[string]any{"name": "Starred", "project_id": project, "priority": "1"})
	k.odoo.Create("project.task", map[string]any{"name": "Plain", "project_id": project})
	k.sync()
	k.want("the board's cards", k.cards(k.board.ID), []string{"From Trello", "Starred"})
	k.odoo.Write("project.task", []int64{starred}, map[string]any{"priority": "0", "name": "No star any more"})
	k.sync()
	k.want("the board's cards", k.cards(k.board.ID), []string{"From Trello", "No star any more"})
	k.rest()
}

func whoIsWho(k *kitchen) {
	ann := k.trello.AddMember("annlee", "Ann Lee")
	k.trello.AddCard(k.todo.ID, "Paint the door", trellotest.WithMembers(ann.ID))
	k.sync()
	admin := k.find("res.users", []any{"login", "=", "admin"})
	k.want("the task's assignees", k.value("project.task", k.task("Paint the door"), "user_ids"), admin)
	k.rest()
}

func nothingExtra(k *kitchen) {
	card := k.trello.AddCard(k.todo.ID, "Paint the door")
	k.trello.AddChecklist(card.ID, "Steps", "Sand", "Paint")
	k.trello.AddComment(card.ID, "Which colour?")
	k.trello.AddFile(card.ID, "small.txt", "text/plain", []byte("small"))
	k.trello.AddFile(card.ID, "big.txt", "text/plain", []byte(strings.Repeat("big", 1<<20)))
	k.sync()
	k.want("the number of tasks", len(k.find("project.task")), 1)
	k.want("the number of comments", len(k.find("mail.message", []any{"message_type", "=", "comment"})), 0)
	k.want("the number of files called small.txt", len(k.find("ir.attachment", []any{"name", "=", "small.txt"})), 1)
	k.want("the number of files called big.txt", len(k.find("ir.attachment", []any{"name", "=", "big.txt"})), 0)
	k.rest()
}

func odooWins(k *kitchen) {
	k.trello.AddCard(k.todo.ID, "Paint the door", trellotest.WithDesc("Green"))
	project := k.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	stage := k.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": []any{[]any{6, 0, []any{project}}}})
	k.odoo.Create("project.task", map[string]any{"name": "Paint the door", "project_id": project, "stage_id": stage, "description": "<p>Blue</p>"})
	k.sync()
	k.want("the card's description", k.card("Paint the door").Desc, "Blue")
	k.want("the number of tasks", len(k.find("project.task")), 1)
	k.rest()
}

func addressOnTask(k *kitchen) {
	k.trello.AddCard(k.todo.ID, "From Trello")
	k.sync()
	k.odoo.Create("project.task", map[string]any{"name": "From Odoo", "project_id": k.find("project.project")[0]})
	k.sync()
	for _, name := range []string{"From Trello", "From Odoo"} {
		address, _ := k.value("project.task", k.task(name), "email_cc").(string)
		if !strings.HasPrefix(address, "https://trello.com/c/") {
			k.t.Errorf("the task %q has the address %q", name, address)
		}
	}
	k.rest()
}

func customField(k *kitchen) {
	effort := k.trello.AddCustomField(k.board.ID, "Effort", "number")
	card := k.trello.AddCard(k.todo.ID, "Paint the door")
	k.trello.SetCustomValue(card.ID, effort.ID, "3.5")
	k.sync()
	id := k.task("Paint the door")
	k.want("the task's hours", k.value("project.task", id, "allocated_hours"), 3.5)
	k.odoo.Write("project.task", []int64{id}, map[string]any{"allocated_hours": 5.0})
	k.sync()
	k.want("the card's effort", k.trello.CustomValues(card.ID)[0].Text, "5")
	k.rest()
}

func sharedStages(k *kitchen) {
	other := k.trello.AddBoard("Garden")
	k.trello.AddList(other.ID, "To do")
	k.sync()
	stages := k.find("project.task.type", []any{"name", "=", "To do"})
	k.want("the number of stages called To do", len(stages), 1)
	k.want("the projects that share it", k.value("project.task.type", stages[0], "project_ids"), k.find("project.project"))
	k.rest()
}

func priorityByTable(k *kitchen) {
	priority := k.trello.AddCustomField(k.board.ID, "Priority", "list", "High", "Normal")
	card := k.trello.AddCard(k.todo.ID, "Paint the door")
	k.trello.SetCustomValue(card.ID, priority.ID, "High")
	k.sync()
	id := k.task("Paint the door")
	k.want("the task's priority", k.value("project.task", id, "priority"), "1")
	k.odoo.Write("project.task", []int64{id}, map[string]any{"priority": "0"})
	k.sync()
	k.want("the card's priority", k.trello.CustomValues(card.ID)[0].Text, "Normal")
	k.rest()
}

func checklistsInDescription(k *kitchen) {
	card := k.trello.AddCard(k.todo.ID, "Paint the door", trellotest.WithDesc("Two coats"))
	list := k.trello.AddChecklist(card.ID, "Steps", "Sand", "Paint")
	k.sync()
	k.want("the number of tasks", len(k.find("project.task")), 1)
	id := k.task("Paint the door")
	const steps = `<h3 class="o_connector_checklist">Steps</h3><ul class="o_checklist o_connector_checklist"><li>Sand</li><li>Paint</li></ul>`
	k.want("the description", k.value("project.task", id, "description"), "<p>Two coats</p>"+steps)
	k.rest()
	k.odoo.Write("project.task", []int64{id}, map[string]any{"description": "<p>Three coats</p>" + strings.Replace(steps, "<li>", `<li class="o_checked">`, 1)})
	k.sync()
	k.want("the card's description", k.card("Paint the door").Desc, "Three coats")
	k.want("the number of ticked items", len(ticked(k.trello.Checklists(card.ID))), 0)
	k.trello.UpdateCheckItem(list.Items[1].ID, func(i *trellotest.CheckItem) { i.Complete = true })
	k.sync()
	k.want("the description", k.value("project.task", id, "description"), "<p>Three coats</p>"+strings.Replace(steps, "<li>Paint", `<li class="o_checked">Paint`, 1))
	k.rest()
}

// ticked are the names of the items that are done.
func ticked(lists []trellotest.Checklist) (names []string) {
	for _, l := range lists {
		for _, i := range l.Items {
			if i.Complete {
				names = append(names, i.Name)
			}
		}
	}
	return names
}
