package trello_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// fillBoth makes boards and projects of the same names with so many cards and tasks, of which two share a name in different
// lists of a board, and some a name across the sides. Lists, stages, labels and tags share their names over all boards.
func fillBoth(w *world, cards, tasks int) {
	var lists []trellotest.List
	var places []map[string]any
	labels := map[string][]string{}
	stages := map[string]int64{}
	for b := range 3 {
		board := w.trello.AddBoard(fmt.Sprintf("Board %d", b))
		project := w.odoo.Create("project.project", map[string]any{"name": board.Name})
		for _, name := range []string{"To do", "Doing"} {
			lists = append(lists, w.trello.AddList(board.ID, name))
		}
		for _, name := range []string{"Urgent", "Later"} {
			labels[board.ID] = append(labels[board.ID], w.trello.AddLabel(board.ID, name, "red").ID)
		}
		for _, name := range []string{"To do", "Done"} {
			if stages[name] == 0 {
				stages[name] = w.odoo.Create("project.task.type", map[string]any{"name": name})
			}
			w.odoo.Write("project.task.type", []int64{stages[name]}, map[string]any{"project_ids": []any{[]any{4, project}}})
			places = append(places, map[string]any{"project_id": project, "stage_id": stages[name]})
		}
	}
	for c := range cards {
		list := lists[c%len(lists)]
		w.trello.AddCard(list.ID, fmt.Sprintf("Card %d", c-c%2), trellotest.WithDesc("Twice.\n\nThen wait."),
			trellotest.WithLabels(labels[list.IDBoard][c/2%2]))
	}
	for i := range tasks {
		vals := map[string]any{"name": fmt.Sprintf("Task %d", i-i%2), "active": i%7 != 0}
		for k, v := range places[i%len(places)] {
			vals[k] = v
		}
		w.odoo.Create("project.task", vals)
	}
}

// traffic counts how many requests are under way at a time, and lets others go first in between.
type traffic struct{ now, most atomic.Int32 }

func (c *traffic) around(base http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		n := c.now.Add(1)
		defer c.now.Add(-1)
		for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
			runtime.Gosched()
		}
		for range 50 {
			runtime.Gosched()
		}
		return base.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// shift runs all jobs whose time has come, so many slices at a time.
func (w *world) shift(ctx context.Context, atOnce, slice int) (jobs.Stats, *synchronizer.Report) {
	w.t.Helper()
	first, err := w.begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = first.db.Close() }()
	channels, err := jobs.ParseChannels(fmt.Sprintf("root.%s:%d", w.name, atOnce))
	if err != nil {
		w.t.Fatal(err)
	}
	queue := jobs.New(first.db, jobs.WithChannels(channels))
	sh := synchronizer.NewShift(synchronizer.ShiftOptions{
		DB: first.db, Queue: queue, Places: synchronizer.NewPlaces(),
		Open: func(ctx context.Context) (*backend.Environment, error) {
			base := w.trello.RoundTripper()
			if w.base != nil {
				base = w.base(base)
			}
			client, err := w.backend.Open(ctx, backend.Setup{Config: w.settings(), Transport: base, Clock: w.clock, Hook: w.hook})
			return &backend.Environment{
				Backend: w.backend, Config: w.settings(), Session: first.session, Client: client, Clock: w.clock,
				Binder: binding.New(first.db, first.session.Database(), w.name),
			}, err
		},
	})
	if err := sh.Begin(ctx, true); err != nil {
		w.t.Fatal(err)
	}
	worker := jobs.NewWorker(queue, "test", sh.Handlers(), jobs.WorkerOptions{SliceLimit: slice, Jobs: atOnce})
	stats, err := worker.Run(ctx, jobs.RunFilter{Backend: w.name})
	if err != nil {
		w.t.Fatal(err)
	}
	return stats, sh.Report()
}

// everything is what both sides hold, a line for each record, whatever the ids.
func (w *world) everything() (lines []string) {
	for _, b := range w.trello.Boards() {
		lists := map[string]string{}
		for _, l := range w.trello.Lists(b.ID) {
			lists[l.ID] = l.Name
			lines = append(lines, fmt.Sprintf("list %s / %s", b.Name, l.Name))
		}
		names := map[string]string{}
		for _, l := range w.trello.Labels(b.ID) {
			names[l.ID] = l.Name
			lines = append(lines, fmt.Sprintf("label %s / %s", b.Name, l.Name))
		}
		for _, c := range w.trello.Cards(b.ID) {
			var worn []string
			for _, id := range c.IDLabels {
				worn = append(worn, names[id])
			}
			slices.Sort(worn)
			lines = append(lines, fmt.Sprintf("card %s / %s / %s %v closed=%t %q", b.Name, lists[c.IDList], c.Name, worn, c.Closed, c.Desc))
		}
	}
	archivedToo := []any{[]any{"active", "in", []any{true, false}}}
	nameOf := func(model string, id any) string { return fmt.Sprint(w.odoo.Read(model, id.(int64), "name")["name"]) }
	for _, model := range []string{"project.project", "project.tags", "project.task.type"} {
		for _, id := range w.odoo.Search(model, nil) {
			lines = append(lines, model+" "+nameOf(model, id))
		}
	}
	for _, id := range w.odoo.Search("project.task", archivedToo) {
		v := w.odoo.Read("project.task", id, "name", "description", "project_id", "stage_id", "tag_ids", "active")
		var tags []string
		for _, tag := range v["tag_ids"].([]int64) {
			tags = append(tags, nameOf("project.tags", tag))
		}
		slices.Sort(tags)
		lines = append(lines, fmt.Sprintf("task %v / %v / %v %v active=%v %q", named(v["project_id"]), named(v["stage_id"]),
			v["name"], tags, v["active"], v["description"]))
	}
	slices.Sort(lines)
	return lines
}

func TestShift(t *testing.T) {
	t.Run("Ensure several slices at a time bring about what one after the other does", func(t *testing.T) {
		sameAsOneByOne(t, 150, 150, 10)
	})
	t.Run("Ensure slices of one do so too, when those that run at a time look for the same counterparts", func(t *testing.T) {
		sameAsOneByOne(t, 24, 24, 1)
	})
}

// sameAsOneByOne compares a world whose jobs run four slices at a time with one that is synchronized as ever.
func sameAsOneByOne(t *testing.T, cards, tasks, slice int) {
	t.Helper()
	one, several := newWorld(t), newWorld(t)
	fillBoth(one, cards, tasks)
	fillBoth(several, cards, tasks)
	one.mustSync()
	busy := &traffic{}
	several.base = busy.around
	for done := 1; done > 0; { // what hangs on a board can be polled once the board is bound
		several.poll()
		stats, _ := several.shift(t.Context(), 4, slice)
		if done = stats.Done; stats.Failed+stats.Retried > 0 {
			t.Errorf("%+v", stats)
		}
	}
	several.base = nil
	if busy.most.Load() < 2 {
		t.Error("never were two requests under way at a time")
	}
	several.mustSync() // brings them into order
	if missing, more := unlike(one.everything(), several.everything()); len(missing)+len(more) > 0 {
		t.Errorf("missing:\n%s\nmore than wanted:\n%s", strings.Join(missing, "\n"), strings.Join(more, "\n"))
	}
	several.resetRequests()
	several.mustSync()
	if inOdoo, inTrello := several.writes(); inOdoo+inTrello > 0 {
		t.Errorf("one more sync wrote %d times in Odoo and %d times in Trello", inOdoo, inTrello)
	}
}

// unlike is what only the first, and only the second of two sorted lists has.
func unlike(a, b []string) (onlyA, onlyB []string) {
	counts := map[string]int{}
	for _, line := range a {
		counts[line]++
	}
	for _, line := range b {
		counts[line]--
	}
	for line, n := range counts {
		switch {
		case n > 0:
			onlyA = append(onlyA, fmt.Sprintf("%d× %s", n, line))
		case n < 0:
			onlyB = append(onlyB, fmt.Sprintf("%d× %s", -n, line))
		}
	}
	slices.Sort(onlyA)
	slices.Sort(onlyB)
	return onlyA, onlyB
}

// poll makes jobs of what changed.
func (w *world) poll() {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		if err := synchronizer.Poll(ctx, []*synchronizer.Synchronizer{r.Synchronizer})[0]; err != nil {
			w.t.Fatal(err)
		}
	})
}

// named is the name of what a many2one points to.
func named(v any) any {
	if pair, ok := v.([]any); ok && len(pair) == 2 {
		return pair[1]
	}
	return v
}
