package trello_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// peopleScenarios are about members, ticks, starts and what is saved into Odoo about a card.
var peopleScenarios = []scenario{
	{"an import of people and ticks", func(w *world) { crowdedBoard(w) }, `
board Workshop
card Oil the hinges @ Workshop/To do by [ann cem] from 2026-03-02 done
card Paint the door @ Workshop/To do by [bob]
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Oil the hinges @ Workshop/To do by [Ann Archer] linked from 2026-03-02 08:00:00 1_done
task Paint the door @ Workshop/To do by [Bob Baker] linked
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.list To do ↔ To do
trello.member Ann Archer ↔ Ann Archer
trello.member Bob Baker ↔ Bob Baker
`, true},
	{"an export of people and ticks", func(w *world) { crowdedProject(w) }, `
board Workshop
card Oil the hinges @ Workshop/To do by [ann] from 2026-03-02 done
card Paint the door @ Workshop/To do by [bob]
list To do on Workshop
project Workshop
stage To do in [Workshop]
task Oil the hinges @ Workshop/To do by [Ann Archer Daphne Dyer] linked from 2026-03-02 08:00:00 1_done
task Paint the door @ Workshop/To do by [Bob Baker] linked 03_approved
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.list To do ↔ To do
trello.member Ann Archer ↔ Ann Archer
trello.member Bob Baker ↔ Bob Baker
`, true},
	{"a merge of people, ticks and moves", func(w *world) {
		crowdedBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		crowdedEdits(w)
	}, `
board Garden
board Workshop
card Oil the hinges @ Garden/Beds by [ann bob cem]
card Paint the door @ Workshop/To do by [ann bob] done
list Beds on Garden
list To do on Workshop
project Garden
project Workshop
stage Beds in [Garden]
stage To do in [Workshop]
task Oil the hinges @ Garden/Beds by [Ann Archer Bob Baker] linked 03_approved
task Paint the door @ Workshop/To do by [Ann Archer Bob Baker] linked 1_done
trello.board Garden ↔ Garden
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.list Beds ↔ Beds
trello.list To do ↔ To do
trello.member Ann Archer ↔ Ann Archer
trello.member Ann Archer ↔ Ann Archer
trello.member Bob Baker ↔ Bob Baker
trello.member Bob Baker ↔ Bob Baker
`, false},
}

func allScenarios() []scenario {
	return slices.Concat(scenarios, peopleScenarios, talkScenarios, checklistScenarios, tellingScenarios)
}

// personalStages are the columns that Odoo makes for whoever is assigned for the first time (seen on Odoo 16 to 19).
var personalStages = []string{"Inbox", "Today", "This Week", "This Month", "Later", "Done", "Cancelled"}

// addPeople makes the people of both sides, of whom Cem and Daphne have no counterpart, and the fields that are filled.
func addPeople(w *world) (ann, bob, cem trellotest.Member) {
	w.odoo.AddField("project.task", "x_start", "datetime", "Start")
	w.odoo.AddField("project.task", "x_url", "char", "Address")
	w.tune = func(s *trello.Settings) { s.StartField, s.URLField = "x_start", "x_url" }
	ann, bob, cem = w.trello.AddMember("ann", "Ann Archer"), w.trello.AddMember("bob", "Bob Baker"), w.trello.AddMember("cem", "Cem Cook")
	w.members = map[string]string{ann.ID: "ann", bob.ID: "bob", cem.ID: "cem"}
	for _, name := range []string{"Ann Archer", "Bob Baker", "Daphne Dyer"} {
		w.addUser(name, name)
	}
	return ann, bob, cem
}

var startOfHinges = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// crowdedBoard is a board with two cards that people are on.
func crowdedBoard(w *world) {
	ann, bob, cem := addPeople(w)
	todo := w.trello.AddList(w.trello.AddBoard("Workshop").ID, "To do")
	hinges := w.trello.AddCard(todo.ID, "Oil the hinges", trellotest.WithMembers(ann.ID, cem.ID))
	w.trello.UpdateCard(hinges.ID, func(c *trellotest.Card) { c.DueComplete, c.Start = true, startOfHinges })
	w.trello.AddCard(todo.ID, "Paint the door", trellotest.WithMembers(bob.ID))
}

// crowdedProject is a project with two tasks of people, and its board without cards.
func crowdedProject(w *world) {
	addPeople(w)
	w.trello.AddList(w.trello.AddBoard("Workshop").ID, "To do")
	project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	todo := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": []int64{project}})
	w.odoo.Create("project.task", map[string]any{
		"name": "Oil the hinges", "project_id": project, "stage_id": todo, "state": "1_done", "x_start": startOfHinges,
		"user_ids": links(w.userID("Ann Archer"), w.userID("Daphne Dyer")),
	})
	w.odoo.Create("project.task", map[string]any{
		"name": "Paint the door", "project_id": project, "stage_id": todo, "state": "03_approved", "user_ids": links(w.userID("Bob Baker")),
	})
}

// crowdedEdits change people, states and places on both sides.
func crowdedEdits(w *world) {
	beds := w.trello.AddList(w.trello.AddBoard("Garden").ID, "Beds")
	w.mustSync()
	w.editTask("Oil the hinges", map[string]any{"state": "03_approved", "x_start": false, "user_ids": links(w.userID("Ann Archer"), w.userID("Bob Baker"))})
	w.mustSync()
	w.trello.MoveCard(w.card("Oil the hinges").ID, beds.ID)
	w.editTask("Paint the door", map[string]any{"user_ids": links(w.userID("Ann Archer"), w.userID("Bob Baker"))})
	w.tick("Paint the door", true)
}

func (w *world) userID(name string) int64 {
	w.t.Helper()
	return w.only("res.users", []any{[]any{"name", "=", name}})
}

// userName is the name of a user, "" of another record.
func (w *world) userName(model string, id int64) string {
	if model != "res.users" {
		return ""
	}
	return fmt.Sprint(w.odoo.Read(model, id, "name")["name"])
}

// people are the members of a card, and when it starts.
func (w *world) people(c trellotest.Card) string {
	text := ""
	if len(c.IDMembers) > 0 {
		text = " by" + set(c.IDMembers, w.members)
	}
	if !c.Start.IsZero() {
		text += " from " + c.Start.UTC().Format(time.DateOnly)
	}
	return text
}

// assignees are the users of a task, and what is saved there about its card.
func (w *world) assignees(r map[string]any) string {
	names := map[string]string{}
	var ids []string
	for _, id := range r["user_ids"].([]int64) {
		ids = append(ids, itoa(id))
		names[itoa(id)] = w.userName("res.users", id)
	}
	text := ""
	if len(ids) > 0 {
		text = " by" + set(ids, names)
	}
	if url, _ := r["x_url"].(string); url != "" {
		text += " linked"
	}
	if start, _ := r["x_start"].(string); start != "" {
		text += " from " + start
	}
	return text
}

// stateWord is the state of a task that is not in progress.
func stateWord(r map[string]any) string {
	if state, _ := r["state"].(string); state != "" && state != "01_in_progress" {
		return " " + state
	}
	return ""
}
