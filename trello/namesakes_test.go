package trello_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// namesakes is a project whose board equals it and has no cards: a task in each of the given stages, all of
// one name, and one of another name after the first.
func namesakes(w *world, stages ...string) {
	board := w.trello.AddBoard("Workshop")
	w.trello.AddList(board.ID, "To do")
	w.trello.AddList(board.ID, "Doing")
	project := w.odoo.Create("project.project", map[string]any{"name": "Workshop"})
	for _, name := range []string{"To do", "Doing"} {
		w.odoo.Create("project.task.type", map[string]any{"name": name, "project_ids": []int64{project}})
	}
	for i, stage := range stages {
		vals := map[string]any{"name": "Tidy up", "project_id": project, "stage_id": w.stageID(stage, project)}
		w.odoo.Create("project.task", vals)
		if vals["name"] = "Wax the floor"; i == 0 {
			w.odoo.Create("project.task", vals)
		}
	}
}

// picturedNamesakes are namesakes on both sides.
func picturedNamesakes(stages ...string) string {
	lines := strings.Split(strings.Trim(`
board Workshop
card Wax the floor @ Workshop/`+stages[0]+`
list Doing on Workshop
list To do on Workshop
project Workshop
stage Doing in [Workshop]
stage To do in [Workshop]
task Wax the floor @ Workshop/`+stages[0]+`
trello.board Workshop ↔ Workshop
trello.card Wax the floor ↔ Wax the floor
trello.list Doing ↔ Doing
trello.list To do ↔ To do
`, "\n"), "\n")
	for _, stage := range stages {
		lines = append(lines, "card Tidy up @ Workshop/"+stage, "task Tidy up @ Workshop/"+stage, "trello.card Tidy up ↔ Tidy up")
	}
	slices.Sort(lines)
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// creating are the points from the first card's intent on until the last card's creation was seen.
func creating(points []crashPoint) []crashPoint {
	post := func(p crashPoint) bool { return strings.Contains(p.name, "request POST /1/cards") }
	first := slices.IndexFunc(points, post)
	if first < 0 {
		return nil
	}
	last := first
	for i, p := range points {
		if post(p) {
			last = i
		}
	}
	return points[max(0, first-1) : last+1]
}

// TestTwoDeathsBetweenNamesakes lets two runs in a row die while they create cards of one name in two
// lists. The first may have sent nothing and the second something that looks like it.
func TestTwoDeathsBetweenNamesakes(t *testing.T) {
	prepare := func(w *world) { namesakes(w, "To do", "Doing") }
	looked := 0
	for _, first := range between(creating(newWorld(t).rehearse(prepare))) {
		dead := func(w *world) {
			prepare(w)
			w.die(first[0].number)
		}
		for _, second := range between(creating(newWorld(t).rehearse(dead))) {
			looked++
			t.Run(fmt.Sprintf("Ensure each card is in its list after deaths at %d %s and at %d %s",
				first[0].number, first[0].name, second[0].number, second[0].name), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				dead(w)
				w.die(second[0].number)
				w.mustSync()
				w.settled(picturedNamesakes("To do", "Doing"))
			})
		}
	}
	if looked < 20 {
		t.Errorf("the runs died in only %d pairs of points", looked)
	}
}

// TestALateNamesake lets a card appear at every instant of the run after the one that died while it sent it:
// meanwhile its namesake's turn comes.
func TestALateNamesake(t *testing.T) {
	looked, repeated := 0, false
	for at := 1; !repeated; at++ {
		t.Run(fmt.Sprintf("Ensure a card that appears before request %d of the next run is there once, and its namesake too", at), func(t *testing.T) {
			w := newWorld(t)
			namesakes(w, "Doing", "To do") // the latest goes out first, as Odoo shows them
			w.dieBeforeCard(1)
			requests, sent := 0, 0
			w.trello.Fail(func(r trellotest.Request) error {
				if r.After {
					return nil
				}
				if r.Method == "POST" && r.Params["idList"] == w.listID("To do") && r.Params["name"] == "Tidy up" {
					sent++
				}
				if requests++; requests == at && sent == 0 {
					w.trello.AddCard(w.listID("To do"), "Tidy up")
				}
				return nil
			})
			w.mustSync()
			w.mend()
			if repeated = sent > 0; repeated { // it was too late
				return
			}
			looked++
			w.settled(picturedNamesakes("Doing", "To do"))
		})
	}
	if looked < 6 {
		t.Errorf("the card appeared at only %d instants", looked)
	}
}

func TestAChangedNamesake(t *testing.T) {
	t.Run("Ensure a card that somebody changed before it was found belongs to the task that it is most like", func(t *testing.T) {
		w := newWorld(t)
		namesakes(w, "To do", "Doing")
		w.dieBeforeCard(1)
		w.dieBeforeCard(2) // after the one between them
		w.trello.AddCard(w.listID("Doing"), "Tidy up", trellotest.WithDesc("And sweep"))
		w.mustSync()
		w.settled(strings.NewReplacer(
			"card Tidy up @ Workshop/Doing", `card Tidy up @ Workshop/Doing "And sweep"`,
			"task Tidy up @ Workshop/Doing", `task Tidy up @ Workshop/Doing "<p>And sweep</p>"`,
		).Replace(picturedNamesakes("To do", "Doing")))
	})
}

func TestLateCardsThatAreAlike(t *testing.T) {
	t.Run("Ensure two tasks of which nothing differs have a card each, though two runs died while they sent them", func(t *testing.T) {
		w := newWorld(t)
		namesakes(w, "Doing", "Doing")
		w.dieBeforeCard(1)
		w.dieBeforeCard(2) // after the one between them
		for range 2 {
			w.trello.AddCard(w.listID("Doing"), "Tidy up")
		}
		w.mustSync()
		w.settled(picturedNamesakes("Doing", "Doing"))
	})
	t.Run("Ensure one card too many, since one was sent twice, waits for review", func(t *testing.T) {
		w := newWorld(t)
		namesakes(w, "Doing", "Doing")
		w.dieBeforeCard(1)
		w.clock.Advance(time.Hour)
		w.dieBeforeCard(1) // it is sent again
		w.dieBeforeCard(2) // its namesake's turn has come
		for range 2 {
			w.trello.AddCard(w.listID("Doing"), "Tidy up")
		}
		w.mustSync()
		w.reviewed(trello.CardModel)
		w.trello.AddCard(w.listID("Doing"), "Tidy up")
		w.mustSync()
		w.reviewed(trello.CardModel, binding.Twin)
		if ids := w.odoo.Search("project.task", []any{[]any{"name", "=", "Tidy up"}}); len(ids) != 2 {
			t.Errorf("there are %d tasks of that name, want two", len(ids))
		}
		w.quiet()
	})
}

// dieBeforeCard runs a sync that stops dead before it sends the card of that number, from 1.
func (w *world) dieBeforeCard(number int) {
	w.t.Helper()
	sent := 0
	w.hook = func(_ context.Context, name string) {
		if strings.HasPrefix(name, "before request POST /1/cards") {
			if sent++; sent == number {
				panic(crash{name})
			}
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
}
