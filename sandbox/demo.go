package sandbox

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// The demo data are the projects of a small joinery: its workshop, its new web site and its bookkeeping. They are made to meet those of
// the systems beside it: the first two projects have a board of the same name there, the third stays in Odoo. What is on both sides is
// written down on both, in the same words.

// demoTask is a task of the demo.
type demoTask struct {
	stage, name string
	description string // HTML
	tags        []string
	due         int // days after the day on which the demo begins; 0 is none
	archived    bool
	subtasks    []string
}

// demoStage is a stage and the projects that share it.
type demoStage struct {
	name     string
	folded   bool
	projects []string
}

// seeder makes the demo data in one server. Names are what links them.
type seeder struct {
	server                 *odootest.Server
	day                    time.Time // on which the demo begins, in UTC
	projects, stages, tags map[string]int64
}

// demo fills a new Odoo with demo data: 3 projects, 7 stages, of which three are shared by all projects, 4 tags, and 30 tasks, of which
// 2 are subtasks and 4 are archived. At the same time of the server's clock the data are the same, ids included; due dates are counted
// from its day in UTC.
func demo(server *odootest.Server) {
	s := &seeder{server: server, projects: map[string]int64{}, stages: map[string]int64{}, tags: map[string]int64{}}
	for _, name := range []string{"Urgent", "Oak", "Bug", "Customer visit"} {
		s.tags[name] = server.Create("project.tags", map[string]any{"name": name})
	}
	s.day = server.WriteDate("project.tags", s.tags["Urgent"]).Truncate(24 * time.Hour)
	for _, name := range []string{"Workshop", "Website launch", "Bookkeeping"} {
		s.projects[name] = server.Create("project.project", map[string]any{"name": name})
	}
	for i, stage := range demoStages() {
		s.addStage(stage, i+1)
	}
	s.addTasks("Workshop", append(workshopTasksOfBoth(), workshopTasks()...))
	s.addTasks("Website launch", append(websiteTasksOfBoth(), websiteTasks()...))
	s.addTasks("Bookkeeping", bookkeepingTasks())
}

func (s *seeder) addStage(stage demoStage, sequence int) {
	projects := make([]int64, len(stage.projects))
	for i, name := range stage.projects {
		projects[i] = s.projects[name]
	}
	s.stages[stage.name] = s.server.Create("project.task.type", map[string]any{
		"name": stage.name, "sequence": sequence, "fold": stage.folded, "project_ids": projects,
	})
}

func (s *seeder) addTasks(project string, tasks []demoTask) {
	for _, task := range tasks {
		id := s.server.Create("project.task", s.values(project, task))
		for _, name := range task.subtasks {
			s.server.Create("project.task", map[string]any{
				"name": name, "project_id": s.projects[project], "stage_id": s.stages[task.stage], "parent_id": id,
			})
		}
	}
}

// values are a task's values as create takes them.
func (s *seeder) values(project string, task demoTask) map[string]any {
	stage, known := s.stages[task.stage]
	if !known {
		panic(fmt.Sprintf("sandbox: the demo has no stage %q", task.stage))
	}
	tags := make([]int64, len(task.tags))
	for i, name := range task.tags {
		tags[i] = s.tags[name]
	}
	vals := map[string]any{
		"name": task.name, "project_id": s.projects[project], "stage_id": stage, "active": !task.archived, "tag_ids": tags,
	}
	if task.description != "" {
		vals["description"] = task.description
	}
	if task.due != 0 {
		vals["date_deadline"] = s.day.AddDate(0, 0, task.due).Add(15 * time.Hour)
	}
	return vals
}

// paragraphs writes plain paragraphs as HTML; a line end within one is <br>.
func paragraphs(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p>")
	}
	return b.String()
}

func demoStages() []demoStage {
	all := []string{"Workshop", "Website launch", "Bookkeeping"}
	return []demoStage{
		{name: "To do", projects: all},
		{name: "Doing", projects: all},
		{name: "Waiting for parts", projects: []string{"Workshop"}},
		{name: "To be checked", projects: []string{"Bookkeeping"}},
		{name: "With the tax adviser", projects: []string{"Bookkeeping"}},
		{name: "Done", folded: true, projects: all},
		{name: "Filed", folded: true, projects: []string{"Bookkeeping"}},
	}
}

// workshopTasksOfBoth are 5 tasks that are cards too, with the same values.
func workshopTasksOfBoth() []demoTask {
	return []demoTask{
		{stage: "Doing", name: "Wall panels for the dentist's waiting room", tags: []string{"Urgent"}, due: 5, description: paragraphs(
			"Eight panels, ash, with the recess for the fish tank.",
			"Mount them on a Wednesday afternoon, when the practice is closed.")},
		{stage: "To do", name: "Bookshelf, 2.40 m, beech"},
		{stage: "Waiting for parts", name: "Bench for the Grüner Markt", description: paragraphs("The cast feet come from Gießerei Böhm.")},
		{stage: "Done", name: "Maintain the dust extraction", archived: true, description: paragraphs("Filters changed, hose mended.")},
		{stage: "Doing", name: "Table top for Café Zoë ☕", tags: []string{"Oak"}, description: paragraphs("Round, 70 cm, edges broken.")},
	}
}

// workshopTasks are 8 tasks, and 2 subtasks, that exist in Odoo only.
func workshopTasks() []demoTask {
	return []demoTask{
		{stage: "To do", name: "Quote for the parquet of Schloßstraße 12", due: 4, description: paragraphs(
			"64 m², herringbone, with skirting boards.",
			"The cellar is damp: measure first.\nTake the long level along.")},
		{stage: "To do", name: "Order screws & hinges"},
		{stage: "Doing", name: "Varnish: <matt> against <silk>", description: paragraphs("Two samples each, on oak & on beech.")},
		{stage: "Waiting for parts", name: "Delivery to Ærøskøbing 🚚", due: 12, description: paragraphs("The ferry leaves at 11:15.")},
		{stage: "To do", name: "Complaint: a drawer sticks (Weiß)", tags: []string{"Urgent", "Customer visit"}, due: 1},
		{stage: "Done", name: "Stocktaking", archived: true, description: paragraphs("Beech was counted twice.")},
		{stage: "To do", name: "Lathe course for the team", due: 40, subtasks: []string{"Book the room", "Invite the teacher"}},
		{stage: "Done", name: "Offcuts for the kindergarten", description: paragraphs("Sanded, no splinters.")},
	}
}

// websiteTasksOfBoth are 4 tasks that are cards too; the last one has other values there.
func websiteTasksOfBoth() []demoTask {
	return []demoTask{
		{stage: "Done", name: "Choose a host", description: paragraphs("One in the country, with backups.", "Decided: the small one.")},
		{stage: "Doing", name: "Contact form: <name> & <e-mail>", tags: []string{"Bug"}, description: paragraphs(
			"The form must not send <script> on & must keep line ends.")},
		{stage: "To do", name: "Launch day 🎉", tags: []string{"Urgent"}, due: 30},
		{stage: "Doing", name: "Translate the pages into English", due: 17, description: paragraphs("All of them; the imprint last.")},
	}
}

// websiteTasks are 6 tasks that exist in Odoo only. The first has a text with formatting.
func websiteTasks() []demoTask {
	return []demoTask{
		{stage: "To do", name: "Price list as a table", description: "<p>Not as a picture, <b>never again</b>:</p><ul><li>tables</li><li>chairs</li></ul>"},
		{stage: "Doing", name: "Newsletter: first issue", due: 20, description: paragraphs("Whom do we ask?", "Customers of the last two years.")},
		{stage: "To do", name: "A cookie banner, or no cookies at all?"},
		{stage: "Done", name: "Maps: Google → OpenStreetMap"},
		{stage: "Done", name: "Old shop: export the orders", archived: true, description: paragraphs("1 204 orders, as CSV.")},
		{stage: "To do", name: "Alternative texts for 60 pictures", tags: []string{"Urgent"}, due: 25},
	}
}

// bookkeepingTasks are 5 tasks of the project that no board is like.
func bookkeepingTasks() []demoTask {
	return []demoTask{
		{stage: "To do", name: "Receipts of the quarter", due: 8},
		{stage: "To be checked", name: "Reminder to <Huber GmbH & Co.>", tags: []string{"Urgent"}},
		{stage: "With the tax adviser", name: "VAT return", due: 10},
		{stage: "Done", name: "Lease of the old office", description: paragraphs("Ends with the quarter.")},
		{stage: "Filed", name: "Petty cash of last year", archived: true},
	}
}
