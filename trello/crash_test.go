package trello_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// scenario is something to be synchronized by one run, and how both sides and the bindings between
// them stand once all is done, however often the run died on its way.
type scenario struct {
	name    string
	prepare func(w *world)
	want    string // the picture
	creates bool   // by the run that is looked at
}

// The pictures below have a line for each record, by its names, and one for each binding.
var scenarios = []scenario{
	{"a first import", func(w *world) { fullBoard(w) }, `
board Workshop
card Oil the hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [Urgent(red) Urgent(yellow)] due 2026-03-09 15:00 "Two coats.\n\nGreen & white"
card Sweep the yard @ Workshop/Doing archived
card Tidy up @ Workshop/To do
card Tidy up @ Workshop/To do
card Wax the floor @ Workshop/To do [(green)]
label  (green) on Workshop
label Urgent (red) on Workshop
label Urgent (yellow) on Workshop
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
tag Urgent
tag green
task Oil the hinges @ Workshop/Doing
task Paint the door @ Workshop/To do [Urgent] due 2026-03-09 15:00 "<p>Two coats.</p><p>Green &amp; white</p>"
task Sweep the yard @ Workshop/Doing archived
task Tidy up @ Workshop/To do
task Tidy up @ Workshop/To do
task Wax the floor @ Workshop/To do [green]
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Tidy up ↔ Tidy up
trello.card Tidy up ↔ Tidy up
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, true},
	{"a first export", func(w *world) { fullProject(w) }, `
board Workshop
card Oil the hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [Urgent(red)] due 2026-03-09 15:00 "Two coats.\n\nGreen & white"
card Sweep the yard @ Workshop/Doing archived
card Tidy up @ Workshop/To do
card Tidy up @ Workshop/To do
card Wax the floor @ Workshop/To do
label Urgent (red) on Workshop
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
tag Urgent
task Oil the hinges @ Workshop/Doing
task Paint the door @ Workshop/To do [Urgent] due 2026-03-09 15:00 "<p>Two coats.</p><p>Green &amp; white</p>"
task Sweep the yard @ Workshop/Doing archived
task Tidy up @ Workshop/To do
task Tidy up @ Workshop/To do
task Wax the floor @ Workshop/To do
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Tidy up ↔ Tidy up
trello.card Tidy up ↔ Tidy up
trello.card Wax the floor ↔ Wax the floor
trello.label Urgent(red) ↔ Urgent
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, true},
	{"an import of changes", func(w *world) {
		fullBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		editCards(w)
	}, `
board Workshop
card Oil all hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [(green) Urgent(red) Urgent(yellow)] due 2026-03-09 15:00 "One coat is enough"
card Sweep the yard @ Workshop/Doing
card Tidy up @ Workshop/To do
card Tidy up @ Workshop/To do
card Wax the floor @ Workshop/Doing [(green)] archived
label  (green) on Workshop
label Urgent (red) on Workshop
label Urgent (yellow) on Workshop
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
tag Urgent
tag green
task Oil all hinges @ Workshop/Doing
task Paint the door @ Workshop/To do [Urgent green] due 2026-03-09 15:00 "<p>One coat is enough</p>"
task Sweep the yard @ Workshop/Doing
task Tidy up @ Workshop/To do
task Tidy up @ Workshop/To do
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Tidy up ↔ Tidy up
trello.card Tidy up ↔ Tidy up
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, false},
	{"an export of changes", func(w *world) {
		fullBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		editTasks(w)
	}, `
board Workshop
card Oil all hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [(green) Urgent(red) Urgent(yellow)] due 2026-03-09 15:00 "One coat is enough"
card Sweep the yard @ Workshop/Doing
card Tidy up @ Workshop/To do
card Tidy up @ Workshop/To do
card Wax the floor @ Workshop/Doing [(green)] archived
label  (green) on Workshop
label Urgent (red) on Workshop
label Urgent (yellow) on Workshop
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
tag Urgent
tag green
task Oil all hinges @ Workshop/Doing
task Paint the door @ Workshop/To do [Urgent green] due 2026-03-09 15:00 "<p>One coat is enough</p>"
task Sweep the yard @ Workshop/Doing
task Tidy up @ Workshop/To do
task Tidy up @ Workshop/To do
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Tidy up ↔ Tidy up
trello.card Tidy up ↔ Tidy up
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, false},
	{"a merge of both sides' changes", func(w *world) {
		fullBoard(w)
		w.mustSync()
		w.clock.Advance(time.Hour)
		editBoth(w)
	}, `
board Workshop
card Oil all hinges @ Workshop/To do
card Paint the front door @ Workshop/To do [(green)] due 2026-03-09 15:00 "One coat is enough"
card Sweep the yard @ Workshop/Doing due 2026-03-12 10:00
card Tidy up @ Workshop/To do
card Tidy up @ Workshop/To do
card Wax the floor @ Workshop/Doing [(green)] archived
label  (green) on Workshop
label Urgent (red) on Workshop
label Urgent (yellow) on Workshop
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
tag Urgent
tag green
task Oil all hinges @ Workshop/To do
task Paint the front door @ Workshop/To do [green] due 2026-03-09 15:00 "<p>One coat is enough</p>"
task Sweep the yard @ Workshop/Doing due 2026-03-12 10:00
task Tidy up @ Workshop/To do
task Tidy up @ Workshop/To do
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the front door ↔ Paint the front door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Tidy up ↔ Tidy up
trello.card Tidy up ↔ Tidy up
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, false},
	allOut, labelsPart, importedBefore,
}

var doorDue = time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)

// fullBoard is a board with two lists, three labels of which two share a name, and six cards of which
// two do.
func fullBoard(w *world) {
	board := w.trello.AddBoard("Workshop")
	todo, doing := w.trello.AddList(board.ID, "To do"), w.trello.AddList(board.ID, "Doing")
	urgent, again := w.trello.AddLabel(board.ID, "Urgent", "red"), w.trello.AddLabel(board.ID, "Urgent", "yellow")
	green := w.trello.AddLabel(board.ID, "", "green")
	w.trello.AddCard(todo.ID, "Paint the door", trellotest.WithDesc("Two coats.\n\nGreen & white"),
		trellotest.WithLabels(urgent.ID, again.ID), trellotest.WithDue(doorDue))
	w.trello.AddCard(todo.ID, "Wax the floor", trellotest.WithLabels(green.ID))
	w.trello.AddCard(doing.ID, "Oil the hinges")
	w.trello.AddCard(doing.ID, "Sweep the yard", trellotest.Archived())
	w.trello.AddCard(todo.ID, "Tidy up")
	w.trello.AddCard(todo.ID, "Tidy up")
}

// fullProject is a project with two stages and six tasks, of which two share a name, and a board that
// equals it and has no cards.
func fullProject(w *world) {
	board := w.trello.AddBoard("Workshop")
	w.trello.AddList(board.ID, "To do")
	w.trello.AddList(board.ID, "Doing")
	w.trello.AddLabel(board.ID, "Urgent", "red")
	project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	stage := func(name string) int64 {
		return w.odoo.Create("project.task.type", map[string]any{"name": name, "project_ids": []int64{project}})
	}
	todo, doing := stage("To do"), stage("Doing")
	urgent := w.odoo.Create("project.tags", map[string]any{"name": "Urgent"})
	task := func(name string, stage int64, vals map[string]any) {
		vals["name"], vals["project_id"], vals["stage_id"] = name, project, stage
		w.odoo.Create("project.task", vals)
	}
	task("Paint the door", todo, map[string]any{
		"description": "<p>Two coats.</p><p>Green &amp; white</p>", "tag_ids": []int64{urgent}, "date_deadline": doorDue,
	})
	task("Wax the floor", todo, map[string]any{})
	task("Oil the hinges", doing, map[string]any{})
	task("Sweep the yard", doing, map[string]any{"active": false})
	task("Tidy up", todo, map[string]any{})
	task("Tidy up", todo, map[string]any{})
}

func (w *world) listID(name string) string {
	w.t.Helper()
	for _, b := range w.trello.Boards() {
		for _, l := range w.trello.Lists(b.ID) {
			if l.Name == name {
				return l.ID
			}
		}
	}
	w.t.Fatalf("there is no list %q", name)
	return ""
}

func (w *world) labelIDs(color string) (ids []string) {
	for _, b := range w.trello.Boards() {
		for _, l := range w.trello.Labels(b.ID) {
			if l.Color == color {
				ids = append(ids, l.ID)
			}
		}
	}
	return ids
}

// odooID is the one Odoo record of that name, archived or not.
func (w *world) odooID(model, name string) int64 {
	w.t.Helper()
	ids := w.odoo.Search(model, []any{[]any{"name", "=", name}})
	if len(ids) != 1 {
		w.t.Fatalf("there are %d %s %q, want one", len(ids), model, name)
	}
	return ids[0]
}

func (w *world) editCard(name string, edit func(*trellotest.Card)) {
	w.t.Helper()
	w.trello.UpdateCard(w.card(name).ID, edit)
}

func (w *world) editTask(name string, vals map[string]any) {
	w.t.Helper()
	w.odoo.Write("project.task", []int64{w.odooID("project.task", name)}, vals)
}

func editCards(w *world) {
	w.editCard("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil all hinges" })
	green, doing := w.labelIDs("green"), w.listID("Doing")
	w.editCard("Paint the door", func(c *trellotest.Card) {
		c.Desc, c.IDLabels = "One coat is enough", append(c.IDLabels, green...)
	})
	w.editCard("Wax the floor", func(c *trellotest.Card) { c.IDList, c.Closed = doing, true })
	w.editCard("Sweep the yard", func(c *trellotest.Card) { c.Closed = false })
}

func editTasks(w *world) {
	w.editTask("Oil the hinges", map[string]any{"name": "Oil all hinges"})
	w.editTask("Paint the door", map[string]any{
		"description": "<p>One coat is enough</p>",
		"tag_ids":     []int64{w.odooID("project.tags", "Urgent"), w.odooID("project.tags", "green")},
	})
	w.editTask("Wax the floor", map[string]any{"stage_id": w.odooID("project.task.type", "Doing"), "active": false})
	w.editTask("Sweep the yard", map[string]any{"active": true})
}

func editBoth(w *world) {
	todo, doing := w.listID("To do"), w.listID("Doing")
	w.editCard("Oil the hinges", func(c *trellotest.Card) { c.IDList = todo })
	w.editTask("Oil the hinges", map[string]any{"name": "Oil all hinges"})
	w.editCard("Paint the door", func(c *trellotest.Card) { c.Desc, c.IDLabels = "One coat is enough", nil })
	w.editTask("Paint the door", map[string]any{
		"name": "Paint the front door", "tag_ids": []int64{w.odooID("project.tags", "Urgent"), w.odooID("project.tags", "green")},
	})
	w.editCard("Wax the floor", func(c *trellotest.Card) { c.IDList = doing })
	w.editTask("Wax the floor", map[string]any{"active": false})
	w.editCard("Sweep the yard", func(c *trellotest.Card) { c.Due = time.Date(2026, 3, 12, 10, 0, 0, 0, time.UTC) })
	w.editTask("Sweep the yard", map[string]any{"active": true})
}

// picture are all records of both sides and the bindings between them by names, one a line, sorted.
func (w *world) picture() string {
	names := map[string]string{}
	lines := append(w.trelloPicture(names), w.odooPicture(names)...)
	lines = append(lines, w.talkPicture(names)...)
	lines = append(lines, w.bindingPicture(names)...)
	slices.Sort(lines)
	return "\n" + strings.Join(lines, "\n") + "\n"
}

func (w *world) trelloPicture(names map[string]string) (lines []string) {
	for _, b := range w.trello.Boards() {
		names[b.ID] = b.Name
		lines = append(lines, "board "+b.Name+word(b.Closed, " closed"))
		for _, l := range w.trello.Lists(b.ID) {
			names[l.ID] = l.Name
			lines = append(lines, "list "+l.Name+" on "+b.Name+word(l.Closed, " closed"))
		}
		for _, l := range w.trello.Labels(b.ID) {
			names[l.ID] = l.Name + "(" + l.Color + ")"
			lines = append(lines, "label "+l.Name+" ("+l.Color+") on "+b.Name)
		}
		for _, c := range w.trello.Cards(b.ID) {
			names[c.ID] = c.Name
			due := ""
			if !c.Due.IsZero() {
				due = " due " + c.Due.UTC().Format("2006-01-02 15:04")
			}
			lines = append(lines, "card "+c.Name+" @ "+b.Name+"/"+names[c.IDList]+set(c.IDLabels, names)+w.people(c)+due+quoted(c.Desc)+word(c.DueComplete, " done")+word(c.Closed, " archived"))
			lines = append(lines, w.itemPicture(c, names)...)
		}
	}
	return lines
}

func (w *world) odooPicture(names map[string]string) (lines []string) {
	name := func(model string, id any) string {
		if pair, ok := id.([]any); ok {
			id = pair[0]
		}
		return names[fmt.Sprint(model, ",", id)]
	}
	each := func(model string, line func(r map[string]any) string) {
		for _, id := range w.odoo.Search(model, nil) {
			r := w.odoo.Read(model, id)
			names[fmt.Sprint(model, ",", id)] = r["name"].(string)
			if r["user_id"] == false || !slices.Contains(personalStages, r["name"].(string)) {
				lines = append(lines, line(r))
			}
		}
	}
	of := func(model string, ids any) string {
		var of []string
		for _, id := range ids.([]int64) {
			of = append(of, fmt.Sprint(model, ",", id))
		}
		return set(of, names)
	}
	each("project.project", func(r map[string]any) string {
		return "project " + r["name"].(string) + word(r["active"] == false, " archived")
	})
	each("project.task.type", func(r map[string]any) string {
		return "stage " + r["name"].(string) + " in" + of("project.project", r["project_ids"]) + word(r["user_id"] != false, " personal") + word(r["active"] == false, " archived")
	})
	each("project.tags", func(r map[string]any) string { return "tag " + r["name"].(string) })
	each("project.task", func(r map[string]any) string {
		due, description := "", ""
		if text, ok := r["date_deadline"].(string); ok {
			due = " due " + strings.TrimSuffix(text, ":00")
		}
		if text, ok := r["description"].(string); ok {
			description = quoted(text)
		}
		return "task " + r["name"].(string) + " @ " + name("project.project", r["project_id"]) + "/" + name("project.task.type", r["stage_id"]) +
			of("project.tags", r["tag_ids"]) + w.assignees(r) + due + description + stateWord(r) + word(r["active"] == false, " archived")
	})
	return lines
}

func (w *world) bindingPicture(names map[string]string) (lines []string) {
	w.look(func(ctx context.Context, binder *binding.Binder, _ *jobs.Queue) {
		for _, m := range trello.Models() {
			all, err := binder.All(ctx, m.Name)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, b := range all {
				lines = append(lines, fmt.Sprintf("%s %s ↔ %s%s%s", m.Name, cmp.Or(names[b.ExternalID], b.Name), cmp.Or(names[fmt.Sprint(m.OdooModel, ",", b.OdooID)], w.userName(m.OdooModel, b.OdooID)),
					word(b.Role == "alias", " alias"), word(b.Intent != "", " intent")))
			}
			reviews, err := binder.Reviews(ctx, m.Name)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, rv := range reviews {
				lines = append(lines, fmt.Sprintf("review of %s %s: %s", m.Name, rv.Name, rv.Kind))
			}
		}
	})
	return lines
}

// look opens the state without asking any server.
func (w *world) look(look func(context.Context, *binding.Binder, *jobs.Queue)) {
	w.t.Helper()
	ctx := context.Background()
	db, err := state.Open(ctx, w.path, state.Options{Clock: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	look(ctx, binding.New(db, "https://odoo.example.com/demo", "trello"), jobs.New(db))
}

func word(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

func set(ids []string, names map[string]string) string {
	if len(ids) == 0 {
		return ""
	}
	var of []string
	for _, id := range ids {
		of = append(of, names[id])
	}
	slices.Sort(of)
	return " [" + strings.Join(of, " ") + "]"
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf(" %q", text)
}

// settled checks that all came to its end: the picture, no job left, and a further run that writes nothing.
func (w *world) settled(want string) {
	w.t.Helper()
	if got := w.picture(); got != want {
		w.t.Errorf("both sides are not as they shall be:\n%s", difference(got, want))
	}
	w.jobsEnded()
	w.resetRequests()
	r := w.mustSync()
	if o, x := w.writes(); o+x != 0 {
		w.t.Errorf("one more run wrote %d times into Odoo and %d times into Trello, want nothing", o, x)
	}
	if r.Jobs != (synchronizer.JobCounts{}) {
		w.t.Errorf("one more run has jobs: %+v", r.Jobs)
	}
}

func (w *world) jobsEnded() {
	w.t.Helper()
	w.look(func(ctx context.Context, _ *binding.Binder, queue *jobs.Queue) {
		all, err := queue.List(ctx, jobs.Filter{})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, j := range all {
			if j.State != jobs.StateDone && j.State != jobs.StateCancelled {
				w.t.Errorf("job %d (%s) is %s: %s", j.ID, j.Description, j.State, j.ExcMessage)
			}
		}
	})
}

// difference shows the lines that only one of two texts has, as often as it has them more than the other.
func difference(got, want string) string {
	count := map[string]int{}
	for _, l := range strings.Split(got, "\n") {
		count[l]++
	}
	for _, l := range strings.Split(want, "\n") {
		count[l]--
	}
	var lines []string
	for l, n := range count {
		if n != 0 {
			lines = append(lines, fmt.Sprintf("%+d  %s", n, l))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// again runs the program until it reports no error, at most twice.
func (w *world) again() {
	w.t.Helper()
	if _, err := w.sync(); err != nil {
		w.t.Logf("the next run reports: %v", err)
		w.mustSync()
	}
}

// effects are what a run has changed so far: its commits, and its requests that changed a side. Of
// two deaths with the same effects before them, the next run finds the same.
type effects struct{ commits, writes int }

// crashPoint is a numbered instant of a run.
type crashPoint struct {
	number int // from 1
	name   string
	before effects
}

// watch makes every crash point of the next runs known, with what had come about until then.
func (w *world) watch(at func(crashPoint)) {
	w.resetRequests()
	number, so := 0, effects{}
	w.hook = func(_ context.Context, name string) {
		number++
		switch {
		case name == "after commit":
			so.commits++
		case strings.HasPrefix(name, "after request"):
			o, x := w.writes()
			so.writes = o + x
		}
		at(crashPoint{number, name, so})
	}
}

// points runs a sync and gives the crash points that it comes by.
func (w *world) points() (points []crashPoint) {
	w.t.Helper()
	w.watch(func(p crashPoint) { points = append(points, p) })
	w.mustSync()
	w.hook = nil
	return points
}

// die runs a sync that stops dead at the given crash point, and gives the point at which it did. From
// there on nothing may be sent or committed any more.
func (w *world) die(at int) (died crashPoint) {
	w.t.Helper()
	w.watch(func(p crashPoint) {
		switch {
		case p.number == at:
			died = p
			panic(crash{p.name})
		case p.number > at:
			w.t.Errorf("%q was reached after the run had died", p.name)
		}
	})
	defer func() {
		w.hook = nil
		if v := recover(); v != nil && !isCrash(v) {
			panic(v)
		}
	}()
	_, err := w.sync()
	w.t.Errorf("the run came to its end without dying: %v", err)
	return died
}

// TestCrashAtEveryPoint lets a run die before and after every request and every commit. What the
// next runs make of it is looked at once for all points between two effects, since they find the
// same there; before the first effect even the dying happens in one world.
func TestCrashAtEveryPoint(t *testing.T) {
	for _, sc := range allScenarios() {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			sc.prepare(w)
			points := w.points()
			w.settled(sc.want)
			c := newCounter(points)
			t.Run("dies", func(t *testing.T) {
				for i, group := range between(points) {
					if left(i) {
						continue
					}
					first, last := group[0], group[len(group)-1]
					t.Run(fmt.Sprintf("%d %s to %d %s", first.number, first.name, last.number, last.name), func(t *testing.T) {
						t.Parallel()
						var w *world
						for _, p := range group {
							if w == nil || p.before != (effects{}) {
								w = newWorld(t)
								sc.prepare(w)
							}
							c.hit(w.die(p.number))
						}
						w.again()
						w.settled(sc.want)
					})
				}
			})
			c.check(t)
		})
	}
}

// stride is how many of the deaths and losses that there are stand for one that is tried: all are with CONNECTOR_LONG=1, a fifth
// else. The race detector, which makes each several times as slow, has seen all there is to see long before.
func stride() int {
	switch {
	case raced:
		return 60
	case os.Getenv("CONNECTOR_LONG") != "":
		return 1
	default:
		return 5
	}
}

// left says that the i-th of many cases is left out.
func left(i int) bool { return i%stride() != 3%stride() }

// between are the points in groups of equal effects.
func between(points []crashPoint) (groups [][]crashPoint) {
	for i, p := range points {
		if i == 0 || p.before != points[i-1].before {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], p)
	}
	return groups
}

// counter proves that every crash point was hit.
type counter struct {
	mu     sync.Mutex
	points []crashPoint
	hits   map[crashPoint]int
}

func newCounter(points []crashPoint) *counter {
	return &counter{points: points, hits: map[crashPoint]int{}}
}

func (c *counter) hit(p crashPoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hits[p]++
}

func (c *counter) check(t *testing.T) {
	t.Helper()
	if len(c.points) < 40 {
		t.Errorf("the run had only %d crash points; requests or commits don't tell of themselves", len(c.points))
	}
	for _, p := range c.points {
		if c.hits[p] == 0 && stride() == 1 {
			t.Errorf("crash point %d, %s, was never hit", p.number, p.name)
		}
	}
	t.Logf("%d crash points, %d hit", len(c.points), len(c.hits))
}

// TestCrashAgainAndAgain lets the runs that follow a death die too, at points drawn by chance: three
// in a row, as a job may kill its worker four times.
func TestCrashAgainAndAgain(t *testing.T) {
	for _, sc := range allScenarios() {
		for seed := range uint64(6) {
			if left(int(seed)) {
				continue
			}
			t.Run(fmt.Sprintf("%s, draw %d", sc.name, seed), func(t *testing.T) {
				t.Parallel()
				chance := rand.New(rand.NewPCG(seed, 0)) // the same in every run
				w := newWorld(t)
				sc.prepare(w)
				for range 3 {
					w.mayDie(1 + chance.IntN(110))
				}
				w.again()
				w.settled(sc.want)
			})
		}
	}
}

// mayDie runs a sync that stops dead at the numbered crash point, if it comes that far.
func (w *world) mayDie(at int) {
	w.watch(func(p crashPoint) {
		if p.number == at {
			panic(crash{p.name})
		}
	})
	defer func() {
		w.hook = nil
		if v := recover(); v != nil && !isCrash(v) {
			panic(v)
		}
	}()
	if _, err := w.sync(); err != nil {
		w.t.Logf("a run reports: %v", err)
	}
}

// loss is a way in which a request that writes goes wrong on the wire.
type loss struct {
	name    string
	arrives bool // it takes effect and its answer is lost
	lasting bool // and from then on that server answers nothing, until the run is over
}

var losses = []loss{
	{"loses its answer", true, false},
	{"never arrives", false, false},
	{"loses its answer for the server dies", true, true},
}

// lose lets the numbered of the next requests that write go wrong, counted from 1 over both servers.
func (w *world) lose(number int, l loss) {
	writes, odooDown, trelloDown := 0, false, false
	due := func(after bool) bool {
		if after == l.arrives {
			writes++
		}
		return after == l.arrives && writes == number
	}
	w.odoo.Fail(func(r odootest.Request) error {
		lost := r.Writes && due(r.Moment == odootest.After)
		odooDown = odooDown || lost && l.lasting
		if lost || odooDown {
			return odootest.ErrNoAnswer
		}
		return nil
	})
	w.trello.Fail(func(r trellotest.Request) error {
		lost := r.Write && due(r.After)
		trelloDown = trelloDown || lost && l.lasting
		if lost || trelloDown {
			return trellotest.ErrDropped
		}
		return nil
	})
}

func (w *world) mend() {
	w.odoo.Fail(nil)
	w.trello.Fail(nil)
}

func TestLossOfEveryWrite(t *testing.T) {
	for _, sc := range allScenarios() {
		w := newWorld(t)
		sc.prepare(w)
		w.resetRequests()
		w.mustSync()
		o, x := w.writes()
		if o+x < 3 {
			t.Fatalf("%s takes only %d requests that write", sc.name, o+x)
		}
		for _, l := range losses {
			if !l.lasting && !sc.creates {
				continue // to change something twice is to change it once, so it may be sent again at once
			}
			for number := 1; number <= o+x; number++ {
				if left(number) {
					continue
				}
				t.Run(fmt.Sprintf("%s whose write %d %s", sc.name, number, l.name), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					sc.prepare(w)
					w.lose(number, l)
					_, err := w.sync()
					w.mend()
					if err != nil {
						if !isOutage(err) {
							t.Errorf("the run reports what is no outage: %v", err)
						}
						w.again()
					}
					w.settled(sc.want)
				})
			}
		}
	}
}

func isOutage(err error) bool {
	var o interface{ Outage() bool }
	return errors.As(err, &o) && o.Outage()
}

// late is a POST whose connection breaks at once and which takes effect at a later instant.
type late struct {
	name  string
	apply func(l *lateCard, r trellotest.Request) bool // says, of each request afterwards, that it is the instant
	twin  bool                                         // whether it is so late that it was repeated
}

// lateCard counts what was asked of Trello after the POST.
type lateCard struct{ searches, traces, posts int }

var lates = []late{
	{"while it is searched for", func(l *lateCard, r trellotest.Request) bool { return l.searches == 1 && !r.After }, false},
	{"after the first search", func(l *lateCard, r trellotest.Request) bool { return l.searches == 1 && r.After }, false},
	{"after the second search", func(l *lateCard, r trellotest.Request) bool { return l.searches == 2 && r.After }, false},
	{"after the second look at what was made", func(l *lateCard, r trellotest.Request) bool { return l.traces == 2 && r.After }, true},
	{"after it was repeated", func(l *lateCard, r trellotest.Request) bool { return l.posts == 1 && r.After }, true},
	{"after the run", nil, true},
}

// delay breaks the connection of the next POST of that card, and lets it take effect later.
func (w *world) delay(name string, when func(*lateCard, trellotest.Request) bool) (apply func()) {
	var params map[string]string
	var sent time.Time
	l := &lateCard{}
	apply = func() {
		w.trello.AddCard(params["idList"], params["name"], trellotest.WithDesc(params["desc"]))
		when = nil
	}
	w.trello.Fail(func(r trellotest.Request) error {
		switch {
		case r.Method == "POST" && r.Params["name"] == name && params == nil:
			params, sent = r.Params, w.clock.Now()
			return trellotest.ErrDropped
		case params == nil:
			return nil
		case r.Method == "GET" && strings.HasSuffix(r.Path, "/cards") && !r.After:
			l.searches++
		case r.Method == "GET" && strings.HasSuffix(r.Path, "/actions") && !r.After:
			l.traces++
		case r.Method == "POST" && r.Params["name"] == name && !r.After:
			l.posts++
			if waited := w.clock.Now().Sub(sent); waited < time.Minute {
				w.t.Errorf("the POST was repeated after %s, while the first could still take effect", waited)
			}
		}
		if when != nil && when(l, r) {
			apply()
		}
		return nil
	})
	return apply
}

func TestLatePost(t *testing.T) {
	for _, l := range lates {
		t.Run("A card whose creation takes effect "+l.name+" is there once in Odoo", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			fullProject(w)
			apply := w.delay("Wax the floor", l.apply)
			w.again()
			w.mend()
			if l.apply == nil {
				apply()
			}
			want := scenarios[1].want
			if l.twin {
				w.mustSync()
				want = withTwin(want, "Wax the floor")
			}
			w.settled(want)
			w.settled(want)
		})
	}
}

// TestTheWatchForATwinEnds shows that a card which somebody makes long after a repeated POST, and which
// has the same name, is a card like any other.
func TestTheWatchForATwinEnds(t *testing.T) {
	w := newWorld(t)
	fullProject(w)
	lost := false
	w.trello.Fail(func(r trellotest.Request) error {
		if r.Method == "POST" && r.Params["name"] == "Wax the floor" && !lost {
			lost = true
			return trellotest.ErrDropped
		}
		return nil
	})
	w.again()
	w.mend()
	w.clock.Advance(2 * time.Hour)
	w.mustSync()
	w.trello.AddCard(w.listID("Doing"), "Wax the floor")
	w.counts(w.mustSync(), "trello.card", "created=1 unchanged=6")
	if ids := w.odoo.Search("project.task", []any{[]any{"name", "=", "Wax the floor"}}); len(ids) != 2 {
		t.Errorf("there are %d tasks of that name, want two", len(ids))
	}
}

// withTwin is the picture in which a card is there twice and the second waits for review.
func withTwin(picture, name string) string {
	lines := strings.Split(strings.Trim(picture, "\n"), "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "card "+name+" ") {
			lines = append(lines, l, "review of trello.card "+name+": twin")
			break
		}
	}
	slices.Sort(lines)
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// TestOpenCreationsAreSettledFirst looks at what a poll makes of a crash in the middle of a POST that
// took effect: the card is found before anything is polled, so that no job is made to import it.
func TestOpenCreationsAreSettledFirst(t *testing.T) {
	w := newWorld(t)
	fullProject(w)
	var post crashPoint
	for _, p := range w.rehearse(fullProject) {
		if post.name == "" && strings.HasPrefix(p.name, "after request POST /1/cards") {
			post = p
		}
	}
	w.die(post.number)
	w.with(func(ctx context.Context, r *run) {
		if err := synchronizer.Poll(ctx, []*synchronizer.Synchronizer{r.Synchronizer})[0]; err != nil {
			t.Fatal(err)
		}
	})
	w.look(func(ctx context.Context, binder *binding.Binder, queue *jobs.Queue) {
		intents, err := binder.Intents(ctx)
		if err != nil || len(intents) > 0 {
			t.Errorf("%d creations are still open: %v", len(intents), err)
		}
		all, err := queue.List(ctx, jobs.Filter{Model: trello.CardModel})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range all {
			if j.Function == synchronizer.ImportRecord {
				t.Errorf("there is a job %q", j.Description)
			}
		}
	})
	w.mustSync()
	w.settled(scenarios[1].want)
}

// rehearse gives the crash points of a run in another world that was prepared alike.
func (w *world) rehearse(prepare func(*world)) []crashPoint {
	other := newWorld(w.t)
	prepare(other)
	return other.points()
}

// TestTwinDeleted shows the way out: the second card is deleted, and all is well.
func TestTwinDeleted(t *testing.T) {
	w := newWorld(t)
	fullProject(w)
	apply := w.delay("Wax the floor", nil)
	w.again()
	w.mend()
	apply()
	w.mustSync()
	var bound string
	w.look(func(ctx context.Context, binder *binding.Binder, _ *jobs.Queue) {
		id, ok, err := binder.ToBackend(ctx, trello.CardModel, w.odooID("project.task", "Wax the floor"), "")
		if err != nil || !ok {
			t.Fatalf("the task is not bound: %v", err)
		}
		bound = id
	})
	for _, b := range w.trello.Boards() {
		for _, c := range w.trello.Cards(b.ID) {
			if c.Name == "Wax the floor" && c.ID != bound {
				w.trello.DeleteCard(c.ID)
			}
		}
	}
	w.mustSync()
	w.settled(scenarios[1].want)
}

// TestOwnWritesAreNoEdits looks at a field that a person changes again after a sync wrote it and did
// not see the answer: what the sync wrote is not taken for another person's edit.
func TestOwnWritesAreNoEdits(t *testing.T) {
	for _, policy := range []config.Conflict{config.ConflictAsk, config.ConflictOdoo, config.ConflictBackend} {
		for _, again := range []string{"Oil the bolts", "Oil the hinges"} {
			t.Run(fmt.Sprintf("Ensure a card renamed to %q after a lost answer has the name, with the policy %s", again, policy), func(t *testing.T) {
				s := bound(t)
				s.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
				id, _ := s.task("Oil the hinges")
				s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
				s.lose(1, loss{arrives: true})
				if _, err := s.sync(); !isOutage(err) {
					t.Fatalf("the sync reports %v", err)
				}
				s.mend()
				s.want("project.task", id, "name", "Oil the locks")
				s.edit("Oil the locks", func(c *trellotest.Card) { c.Name = again })
				s.mustSync()
				s.want("project.task", id, "name", again)
				s.card(again)
				s.reviewed(trello.CardModel)
				s.quiet()
			})
			t.Run(fmt.Sprintf("Ensure a task renamed to %q after a lost answer has the name, with the policy %s", again, policy), func(t *testing.T) {
				s := bound(t)
				s.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
				id, _ := s.task("Oil the hinges")
				s.set("project.task", id, "name", "Oil the locks")
				s.lose(1, loss{arrives: true, lasting: true})
				if _, err := s.sync(); !isOutage(err) {
					t.Fatalf("the sync reports %v", err)
				}
				s.mend()
				s.set("project.task", id, "name", again)
				s.mustSync()
				s.want("project.task", id, "name", again)
				s.card(again)
				s.reviewed(trello.CardModel)
				s.quiet()
			})
		}
	}
}

func TestOwnWritesOfLabelsAreNoEdits(t *testing.T) {
	s := bound(t)
	id, _ := s.task("Paint the door")
	urgent := []string{s.labelOf("Urgent")}
	s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = nil })
	s.lose(1, loss{arrives: true})
	if _, err := s.sync(); !isOutage(err) {
		t.Fatalf("the sync reports %v", err)
	}
	s.mend()
	s.want("project.task", id, "tag_ids", []int64{})
	s.edit("Paint the door", func(c *trellotest.Card) { c.IDLabels = urgent })
	s.mustSync()
	t.Run("Ensure a label that comes back after a lost answer is on both sides", func(t *testing.T) {
		s.want("project.task", id, "tag_ids", []int64{s.tagID("Urgent")})
		if c := s.card("Paint the door"); !slices.Equal(c.IDLabels, urgent) {
			t.Errorf("the card has the labels %v", c.IDLabels)
		}
		s.quiet()
	})
}
