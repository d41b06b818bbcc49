package trello_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// scenario is something to be synchronized by one run, and how both sides and the bindings between
// them stand once all is done, however often the run died on its way.
type scenario struct {
	name    string
	prepare func(w *world)
	want    string // the picture
}

// The pictures below have a line for each record, by its names, and one for each binding.
var scenarios = []scenario{
	{"a first import", func(w *world) { fullBoard(w) }, `
board Workshop
card Oil the hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [Urgent(red) Urgent(yellow)] due 2026-03-09 15:00 "Two coats.\n\nGreen & white"
card Sweep the yard @ Workshop/Doing archived
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
task Wax the floor @ Workshop/To do [green]
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`},
	{"a first export", func(w *world) { fullProject(w) }, `
board Workshop
card Oil the hinges @ Workshop/Doing
card Paint the door @ Workshop/To do [Urgent(red)] due 2026-03-09 15:00 "Two coats.\n\nGreen & white"
card Sweep the yard @ Workshop/Doing archived
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
task Wax the floor @ Workshop/To do
trello.board Workshop ↔ Workshop
trello.card Oil the hinges ↔ Oil the hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Wax the floor ↔ Wax the floor
trello.label Urgent(red) ↔ Urgent
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`},
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
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`},
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
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the door ↔ Paint the door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`},
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
task Wax the floor @ Workshop/Doing [green] archived
trello.board Workshop ↔ Workshop
trello.card Oil all hinges ↔ Oil all hinges
trello.card Paint the front door ↔ Paint the front door
trello.card Sweep the yard ↔ Sweep the yard
trello.card Wax the floor ↔ Wax the floor
trello.label (green) ↔ green
trello.label Urgent(red) ↔ Urgent
trello.label Urgent(yellow) ↔ Urgent alias
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`},
}

var doorDue = time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)

// fullBoard is a board with two lists, three labels of which two share a name, and four cards.
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
}

// fullProject is a project with two stages and four tasks, and a board that equals it and has no cards.
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
	w.editCard("Paint the door", func(c *trellotest.Card) {
		c.Desc, c.IDLabels = "One coat is enough", append(c.IDLabels, w.labelIDs("green")...)
	})
	w.editCard("Wax the floor", func(c *trellotest.Card) { c.IDList, c.Closed = w.listID("Doing"), true })
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
	w.editCard("Oil the hinges", func(c *trellotest.Card) { c.IDList = w.listID("To do") })
	w.editTask("Oil the hinges", map[string]any{"name": "Oil all hinges"})
	w.editCard("Paint the door", func(c *trellotest.Card) { c.Desc, c.IDLabels = "One coat is enough", nil })
	w.editTask("Paint the door", map[string]any{
		"name": "Paint the front door", "tag_ids": []int64{w.odooID("project.tags", "Urgent"), w.odooID("project.tags", "green")},
	})
	w.editCard("Wax the floor", func(c *trellotest.Card) { c.IDList = w.listID("Doing") })
	w.editTask("Wax the floor", map[string]any{"active": false})
	w.editCard("Sweep the yard", func(c *trellotest.Card) { c.Due = time.Date(2026, 3, 12, 10, 0, 0, 0, time.UTC) })
	w.editTask("Sweep the yard", map[string]any{"active": true})
}

// picture are all records of both sides and the bindings between them by names, one a line, sorted.
func (w *world) picture() string {
	names := map[string]string{}
	lines := append(w.trelloPicture(names), w.odooPicture(names)...)
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
			lines = append(lines, "card "+c.Name+" @ "+b.Name+"/"+names[c.IDList]+set(c.IDLabels, names)+due+quoted(c.Desc)+word(c.Closed, " archived"))
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
			lines = append(lines, line(r))
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
			of("project.tags", r["tag_ids"]) + due + description + word(r["active"] == false, " archived")
	})
	return lines
}

func (w *world) bindingPicture(names map[string]string) (lines []string) {
	w.with(func(ctx context.Context, r *run) {
		for _, m := range trello.Models() {
			all, err := r.env.Binder.All(ctx, m.Name)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, b := range all {
				lines = append(lines, fmt.Sprintf("%s %s ↔ %s%s%s", m.Name, names[b.ExternalID], names[fmt.Sprint(m.OdooModel, ",", b.OdooID)],
					word(b.Role == "alias", " alias"), word(b.Intent != "", " intent")))
			}
			reviews, err := r.env.Binder.Reviews(ctx, m.Name)
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
	w.mustSync()
	if o, x := w.writes(); o+x != 0 {
		w.t.Errorf("one more run wrote %d times into Odoo and %d times into Trello, want nothing", o, x)
	}
	w.jobsEnded()
}

func (w *world) jobsEnded() {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		all, err := r.queue.List(ctx, jobs.Filter{})
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

// recover runs the program again until it reports no error, at most twice.
func (w *world) again() {
	w.t.Helper()
	if _, err := w.sync(); err != nil {
		w.t.Logf("the next run reports: %v", err)
		w.mustSync()
	}
}

// points runs a sync and gives the crash points that it came by.
func (w *world) points() (points []string) {
	w.t.Helper()
	w.hook = func(_ context.Context, point string) { points = append(points, point) }
	w.mustSync()
	w.hook = nil
	return points
}

// die runs a sync that stops dead at the numbered crash point and gives the point's name. From there
// on nothing may be sent or committed any more.
func (w *world) die(at int) (point string) {
	w.t.Helper()
	n := 0
	w.hook = func(_ context.Context, name string) {
		n++
		switch {
		case n == at:
			point = name
			panic(crash{name})
		case n > at:
			w.t.Errorf("%q was reached after the run had died", name)
		}
	}
	defer func() {
		w.hook = nil
		if v := recover(); v != nil && !isCrash(v) {
			panic(v)
		}
	}()
	_, err := w.sync()
	w.t.Errorf("the run came to its end without dying: %v", err)
	return point
}

func TestCrashAtEveryPoint(t *testing.T) {
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			sc.prepare(w)
			points := w.points()
			w.settled(sc.want)
			c := newCounter(points)
			t.Run("dies", func(t *testing.T) {
				for k, point := range points {
					t.Run(fmt.Sprintf("%d %s", k+1, point), func(t *testing.T) {
						t.Parallel()
						w := newWorld(t)
						sc.prepare(w)
						c.hit(k, w.die(k+1))
						w.again()
						w.settled(sc.want)
					})
				}
			})
			c.check(t)
		})
	}
}

// counter proves that every crash point was hit.
type counter struct {
	mu     sync.Mutex
	points []string
	hits   []int
}

func newCounter(points []string) *counter {
	return &counter{points: points, hits: make([]int, len(points))}
}

func (c *counter) hit(k int, point string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if point == c.points[k] {
		c.hits[k]++
	}
}

func (c *counter) check(t *testing.T) {
	t.Helper()
	if len(c.points) < 40 {
		t.Errorf("the run had only %d crash points; requests or commits don't tell of themselves", len(c.points))
	}
	for k, n := range c.hits {
		if n == 0 {
			t.Errorf("crash point %d, %s, was never hit", k+1, c.points[k])
		}
	}
	t.Logf("%d crash points, each hit", len(c.points))
}

var _ = state.FromMicros
var _ = errors.Is
var _ = odootest.Before
