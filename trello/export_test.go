package trello_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestATaskGoesOut(t *testing.T) {
	t.Run("Ensure a task of a bound project becomes a card with all that is mapped", func(t *testing.T) {
		s := bound(t)
		s.addTask("Hang the door", map[string]any{
			"stage_id": s.doneStage, "tag_ids": links(s.tagID("Urgent"), s.tagID("green")),
			"description": "<p>With two screws.</p><p>Left &amp; right<br>at once</p>", "date_deadline": "2026-04-01 09:30:00",
		})
		s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
		s.noOdooWrites()
		c := s.card("Hang the door")
		if c.IDBoard != s.board.ID || c.IDList != s.doing.ID || c.Closed {
			t.Errorf("the card is in the wrong place: %+v", c)
		}
		if want := "With two screws.\n\nLeft & right\nat once"; c.Desc != want {
			t.Errorf("the card has the description %q, want %q", c.Desc, want)
		}
		if want := time.Date(2026, 4, 1, 9, 30, 0, 0, time.UTC); !c.Due.Equal(want) {
			t.Errorf("the card is due %s, want %s", c.Due, want)
		}
		if len(c.IDLabels) != 2 {
			t.Errorf("the card has the labels %v, want two", c.IDLabels)
		}
		s.quiet()
	})
	t.Run("Ensure an archived task becomes an archived card", func(t *testing.T) {
		s := bound(t)
		s.addTask("Hang the door", map[string]any{"active": false})
		s.mustSync()
		if c := s.card("Hang the door"); !c.Closed {
			t.Errorf("the card of an archived task is open")
		}
		s.quiet()
	})
	t.Run("Ensure a task whose stage has no list gets one", func(t *testing.T) {
		s := bound(t)
		stage := s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project)})
		s.addTask("Hang the door", map[string]any{"stage_id": stage})
		r := s.mustSync()
		s.counts(r, trello.ListModel, "created=1 unchanged=2")
		s.counts(r, trello.CardModel, "created=1 unchanged=3")
		lists := s.trello.Lists(s.board.ID)
		if c, last := s.card("Hang the door"), lists[len(lists)-1]; c.IDList != last.ID || last.Name != "Waiting" {
			t.Errorf("the card is in list %s, want the last one, %+v", c.IDList, last)
		}
		s.onlyPlaced()
		s.quiet()
	})
	t.Run("Ensure a task whose stage gets no list waits for review, and goes out once there is one", func(t *testing.T) {
		s := bound(t)
		s.model(trello.ListModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
		stage := s.odoo.Create("project.task.type", map[string]any{"name": "Waiting", "project_ids": links(s.project)})
		s.addTask("Hang the door", map[string]any{"stage_id": stage})
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3 skipped=1")
		s.reviewed(trello.CardModel, binding.MissingReference)
		s.noTrelloWrites()
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3 skipped=1")
		s.reviewed(trello.CardModel, binding.MissingReference)
		s.quiet()
		list := s.trello.AddList(s.board.ID, "Waiting")
		r := s.mustSync()
		s.counts(r, trello.ListModel, "unchanged=3")
		s.counts(r, trello.CardModel, "created=1 unchanged=3")
		if c := s.card("Hang the door"); c.IDList != list.ID {
			t.Errorf("the card is in list %s, want %s", c.IDList, list.ID)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a tag without a label gets one on the board of the task that wears it, in its colour, and no other tag does", func(t *testing.T) {
		s := bound(t)
		tag := s.odoo.Create("project.tags", map[string]any{"name": "Oak", "color": 3})
		s.odoo.Create("project.tags", map[string]any{"name": "Only in Odoo"})
		s.addTask("Hang the door", map[string]any{"tag_ids": links(s.tagID("Urgent"), tag)})
		s.counts(s.mustSync(), trello.LabelModel, "created=1 unchanged=2")
		if c := s.card("Hang the door"); !slices.Equal(c.IDLabels, []string{s.labelOf("Urgent"), s.labelOf("Oak")}) {
			t.Errorf("the card has the labels %v, want two", c.IDLabels)
		}
		if l := s.trello.Labels(s.board.ID)[2]; l.Color != "yellow" {
			t.Errorf("the new label is %+v, want it yellow", l)
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a tag that a bound task gets comes on its card as a new label", func(t *testing.T) {
		s := bound(t)
		tag := s.odoo.Create("project.tags", map[string]any{"name": "Oak"})
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "tag_ids", links(tag))
		s.mustSync()
		if c := s.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{s.labelOf("Oak")}) {
			t.Errorf("the card has the labels %v, want the new one", c.IDLabels)
		}
		s.noOdooWrites()
		s.quiet()
	})
	t.Run("Ensure a tag that gets no label stays on the task and does not hinder it", func(t *testing.T) {
		s := bound(t)
		s.model(trello.LabelModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
		only := s.odoo.Create("project.tags", map[string]any{"name": "Only in Odoo"})
		id := s.addTask("Hang the door", map[string]any{"tag_ids": links(s.tagID("Urgent"), only)})
		s.mustSync()
		if c := s.card("Hang the door"); len(c.IDLabels) != 1 {
			t.Errorf("the card has the labels %v, want one", c.IDLabels)
		}
		s.edit("Hang the door", func(c *trellotest.Card) { c.IDLabels = nil })
		s.mustSync()
		s.want("project.task", id, "tag_ids", []any{only})
		s.quiet()
	})
}

func TestEachFieldCrosses(t *testing.T) {
	due := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	fromTrello := []struct {
		name  string
		edit  func(s *scene) func(*trellotest.Card)
		field string
		want  func(s *scene) any
	}{
		{"name", func(*scene) func(*trellotest.Card) { return func(c *trellotest.Card) { c.Name = "Oil the locks" } }, "name", func(*scene) any { return "Oil the locks" }},
		{"description", func(*scene) func(*trellotest.Card) { return func(c *trellotest.Card) { c.Desc = "a < b" } }, "description", func(*scene) any { return "<p>a &lt; b</p>" }},
		{"list", func(s *scene) func(*trellotest.Card) { return func(c *trellotest.Card) { c.IDList = s.todo.ID } }, "stage_id", func(s *scene) any { return s.todoStage }},
		{"labels", func(s *scene) func(*trellotest.Card) {
			id := s.labelOf("Urgent")
			return func(c *trellotest.Card) { c.IDLabels = []string{id} }
		}, "tag_ids", func(s *scene) any { return []any{s.tagID("Urgent")} }},
		{"due", func(*scene) func(*trellotest.Card) { return func(c *trellotest.Card) { c.Due = due } }, "date_deadline", func(*scene) any { return "2026-05-04 12:00:00" }},
	}
	for _, c := range fromTrello {
		t.Run("Ensure a card's "+c.name+" crosses into Odoo by one write", func(t *testing.T) {
			s := bound(t)
			id, _ := s.task("Oil the hinges")
			s.edit("Oil the hinges", c.edit(s))
			s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			s.want("project.task", id, c.field, c.want(s))
			if o, _ := s.writes(); o != 1 {
				t.Errorf("Odoo was written %d times, want once: %s", o, s.sent())
			}
			s.noTrelloWrites()
			s.quiet()
		})
	}
	fromOdoo := []struct {
		name, field string
		value       func(s *scene) any
		check       func(s *scene, c trellotest.Card) bool
	}{
		{"name", "name", func(*scene) any { return "Oil the locks" }, func(_ *scene, c trellotest.Card) bool { return c.Name == "Oil the locks" }},
		{"description", "description", func(*scene) any { return "<p>a &lt; b</p>" }, func(_ *scene, c trellotest.Card) bool { return c.Desc == "a < b" }},
		{"stage", "stage_id", func(s *scene) any { return s.todoStage }, func(s *scene, c trellotest.Card) bool { return c.IDList == s.todo.ID }},
		{"tags", "tag_ids", func(s *scene) any { return links(s.tagID("green")) }, func(s *scene, c trellotest.Card) bool {
			return slices.Equal(c.IDLabels, []string{s.labelOf("")})
		}},
		{"deadline", "date_deadline", func(*scene) any { return "2026-05-04 12:00:00" }, func(_ *scene, c trellotest.Card) bool { return c.Due.Equal(due) }},
	}
	for _, c := range fromOdoo {
		t.Run("Ensure a task's "+c.name+" crosses to Trello by one write", func(t *testing.T) {
			s := bound(t)
			card := s.card("Oil the hinges")
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, c.field, c.value(s))
			s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			if now, _ := s.trello.Card(card.ID); !c.check(s, now) {
				t.Errorf("the card is %+v", now)
			}
			if _, x := s.writes(); x != 1 {
				t.Errorf("Trello was written %d times, want once: %s", x, s.sent())
			}
			s.noOdooWrites()
			s.quiet()
		})
	}
	t.Run("Ensure emptying crosses both ways", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc, c.Due, c.IDLabels = "", time.Time{}, nil })
		s.mustSync()
		s.want("project.task", id, "date_deadline", false)
		s.want("project.task", id, "tag_ids", []any{})
		if text := fmt.Sprint(s.value("project.task", id, "description")); strings.Contains(text, "coats") {
			t.Errorf("the task still has the description %q", text)
		}
		s.quiet()
		s.odoo.Write("project.task", []int64{id}, map[string]any{"date_deadline": "2026-05-04 12:00:00", "tag_ids": links(s.tagID("Urgent")), "description": "<p>Once</p>"})
		s.mustSync()
		s.odoo.Write("project.task", []int64{id}, map[string]any{"date_deadline": false, "tag_ids": links(), "description": false})
		s.mustSync()
		if c := s.card("Paint the door"); c.Desc != "" || !c.Due.IsZero() || len(c.IDLabels) != 0 {
			t.Errorf("the card is %+v, want it empty", c)
		}
		s.quiet()
	})
}

// labelOf is the id of the board's label of that name.
func (s *scene) labelOf(name string) string {
	s.t.Helper()
	for _, l := range s.trello.Labels(s.board.ID) {
		if l.Name == name {
			return l.ID
		}
	}
	s.t.Fatalf("there is no label %q", name)
	return ""
}

func TestDescriptions(t *testing.T) {
	for name, html := range map[string]string{
		"underlined words": "<p>Two <u>coats</u> now</p>", "a table": "<table><tbody><tr><td>Two</td><td>coats</td></tr></tbody></table>", "colours": `<p>Two <font style="color: rgb(255, 0, 0);">coats</font></p>`,
		"a checklist": `<ul class="o_checklist"><li class="o_checked">Two</li><li>coats</li></ul>`,
		"an image":    `<p>Two coats <img src="/web/image/1"></p>`,
	} {
		t.Run("Ensure the words of a description with "+name+" go out, and nothing comes back over it", func(t *testing.T) {
			s := bound(t)
			id, _ := s.task("Paint the door")
			s.set("project.task", id, "description", html)
			stored := s.value("project.task", id, "description")
			s.mustSync()
			if c := s.card("Paint the door"); !strings.Contains(c.Desc, "Two") || strings.Contains(c.Desc, "<") {
				t.Errorf("the card has the description %q", c.Desc)
			}
			s.noOdooWrites()
			s.quiet()
			s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
			r := s.mustSync()
			s.noOdooWrites()
			s.noTrelloWrites()
			s.want("project.task", id, "description", stored)
			s.counts(r, trello.CardModel, "unchanged=2 skipped=1")
			s.reviewed(trello.CardModel, binding.Lossy)
			s.quiet()
			s.counts(s.mustSync(), trello.CardModel, "unchanged=2 skipped=1")
			s.reviewed(trello.CardModel, binding.Lossy)
			s.set("project.task", id, "description", "<p>Three coats</p>")
			s.mustSync()
			s.reviewed(trello.CardModel)
			s.noTrelloWrites()
			s.quiet()
		})
	}
	t.Run("Ensure fifty descriptions cross from Trello and the second sync is quiet", func(t *testing.T) {
		s := bound(t)
		for i, text := range plainTexts(50) {
			s.trello.AddCard(s.todo.ID, fmt.Sprintf("Card %02d", i), trellotest.WithDesc(text))
		}
		s.counts(s.mustSync(), trello.CardModel, "created=50 unchanged=3")
		s.quiet()
	})
	t.Run("Ensure fifty descriptions cross to Trello and the second sync is quiet", func(t *testing.T) {
		s := bound(t)
		texts := plainTexts(50)
		for i, text := range texts {
			s.addTask(fmt.Sprintf("Task %02d", i), map[string]any{"description": markup.HTML(text)})
		}
		s.counts(s.mustSync(), trello.CardModel, "created=50 unchanged=3")
		for i, text := range texts {
			if c := s.card(fmt.Sprintf("Task %02d", i)); c.Desc != markup.Canonical(text) {
				t.Errorf("the text %q arrived as %q", text, c.Desc)
			}
		}
		s.quiet()
	})
}

// plainTexts are as many generated texts, always the same.
func plainTexts(n int) (texts []string) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		texts = append(texts, plainText(r))
	}
	return texts
}

// plainText is a text of lines and paragraphs with all that is troublesome in HTML, XML and forms.
func plainText(r *rand.Rand) string {
	words := []string{"door", "Ölfarbe", "a < b", "&amp;", "&", "<p>", "\"quoted\"", "it's", "  two blanks", "tab\there", "🚪", "\u00a0", "100 %", "a+b", "e\u0301", "- item", "#1", "\\n", "日本"}
	var b strings.Builder
	for range r.IntN(8) {
		for range 1 + r.IntN(4) {
			b.WriteString(words[r.IntN(len(words))] + " ")
		}
		b.WriteString(strings.Repeat("\n", 1+r.IntN(3)))
	}
	return b.String()
}

func TestMovesBetweenBoards(t *testing.T) {
	garden := func(t *testing.T) (s *scene, list trellotest.List, project, stage int64) {
		s = bound(t)
		board := s.trello.AddBoard("Garden")
		list = s.trello.AddList(board.ID, "Beds")
		s.trello.AddLabel(board.ID, "Urgent", "orange")
		s.mustSync()
		s.resetRequests()
		project = s.projectID("Garden")
		return s, list, project, s.stageID("Beds", project)
	}
	t.Run("Ensure a card that moves to another synchronized board takes its task along", func(t *testing.T) {
		s, list, project, stage := garden(t)
		id, _ := s.task("Paint the door")
		s.trello.MoveCard(s.card("Paint the door").ID, list.ID)
		r := s.mustSync()
		s.counts(r, trello.CardModel, "updated=1 unchanged=2")
		s.want("project.task", id, "project_id", project)
		s.want("project.task", id, "stage_id", stage)
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a task that moves to another bound project takes its card along", func(t *testing.T) {
		s, list, project, stage := garden(t)
		id, _ := s.task("Paint the door")
		card := s.card("Paint the door")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": project, "stage_id": stage})
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		moved, _ := s.trello.Card(card.ID)
		if moved.IDList != list.ID {
			t.Errorf("the card is in list %s, want %s", moved.IDList, list.ID)
		}
		var names []string
		for _, l := range s.trello.Labels(moved.IDBoard) {
			if slices.Contains(moved.IDLabels, l.ID) {
				names = append(names, l.Name)
			}
		}
		if !slices.Equal(names, []string{"Urgent"}) {
			t.Errorf("the card has the labels %v of its new board, want Urgent", names)
		}
		s.quiet()
	})
	t.Run("Ensure a card that moves to a board that is not synchronized is not taken for deleted", func(t *testing.T) {
		s := bound(t)
		s.boards = []string{s.board.ID}
		other := s.trello.AddBoard("Private")
		list := s.trello.AddList(other.ID, "Mine")
		s.trello.MoveCard(s.card("Oil the hinges").ID, list.ID)
		r := s.mustSync()
		if n := r.Of(trello.CardModel).Deleted; n != 0 {
			t.Errorf("%d cards count as deleted, want none", n)
		}
		_, task := s.task("Oil the hinges")
		if task["active"] != true {
			t.Errorf("the task is archived")
		}
		s.counts(r, trello.CardModel, "unchanged=2 skipped=1")
		s.noOdooWrites()
		if n := len(s.odoo.Search("project.project", nil)); n != 1 {
			t.Errorf("Odoo has %d projects: the board that is not synchronized came in", n)
		}
	})
}
