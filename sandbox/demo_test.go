package sandbox_test

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"
)

// thing is a card or a task in terms that both sides share.
type thing struct {
	place, name, stage, text, due string
	labels                        []string
	archived                      bool
}

func (th thing) key() string { return th.place + ": " + th.name }

// demoSides are the things of both sides, and the tasks that can be no cards.
type demoSides struct {
	cards, tasks, subtasks []thing
	boards, projects       []string
	labels                 map[string][]string // names by board
}

func demoData(t *testing.T) demoSides {
	t.Helper()
	a := accessTo(t, open(t, t.TempDir(), both()))
	d := demoSides{labels: map[string][]string{}}
	a.addBoards(t, &d)
	a.addProjects(t, &d)
	return d
}

func text(value any) string { s, _ := value.(string); return s }

func (a access) addBoards(t *testing.T, d *demoSides) {
	t.Helper()
	for _, board := range a.list(t, "members/me/boards") {
		path, name := "boards/"+text(board["id"]), text(board["name"])
		d.boards = append(d.boards, name)
		lists, labels := map[string]string{}, map[string]string{}
		for _, l := range a.list(t, path+"/lists", "filter", "all") {
			lists[text(l["id"])] = text(l["name"])
		}
		for _, l := range a.list(t, path+"/labels") {
			label := text(l["name"])
			if label == "" {
				label = text(l["color"])
			}
			labels[text(l["id"])] = label
			d.labels[name] = append(d.labels[name], label)
		}
		for _, c := range a.list(t, path+"/cards", "filter", "all") {
			th := thing{place: name, name: text(c["name"]), stage: lists[text(c["idList"])], text: text(c["desc"]), archived: c["closed"] == true}
			if due, err := time.Parse(time.RFC3339, text(c["due"])); err == nil {
				th.due = due.Format(time.DateTime)
			}
			ids, _ := c["idLabels"].([]any)
			for _, id := range ids {
				th.labels = append(th.labels, labels[text(id)])
			}
			d.cards = append(d.cards, th)
		}
	}
}

func (a access) addProjects(t *testing.T, d *demoSides) {
	t.Helper()
	tags := map[any]string{}
	for _, row := range a.rows(t, "project.tags") {
		tags[row["id"]] = text(row["name"])
	}
	link := func(value any) string {
		if pair, _ := value.([]any); len(pair) == 2 {
			return text(pair[1])
		}
		return ""
	}
	for _, row := range a.rows(t, "project.project") {
		d.projects = append(d.projects, text(row["name"]))
	}
	for _, row := range a.rows(t, "project.task") {
		paragraphs := strings.NewReplacer("</p><p>", "\n\n", "<br>", "\n", "<p>", "", "</p>", "")
		th := thing{
			place: link(row["project_id"]), name: text(row["name"]), stage: link(row["stage_id"]), due: text(row["date_deadline"]),
			text: html.UnescapeString(paragraphs.Replace(text(row["description"]))), archived: row["active"] == false,
		}
		ids, _ := row["tag_ids"].([]any)
		for _, id := range ids {
			th.labels = append(th.labels, tags[id])
		}
		if row["parent_id"] != false {
			d.subtasks = append(d.subtasks, th)
			continue
		}
		d.tasks = append(d.tasks, th)
	}
}

func TestDemo(t *testing.T) {
	d := demoData(t)
	cards, tasks := map[string]thing{}, map[string]thing{}
	for _, c := range d.cards {
		cards[c.key()] = c
	}
	for _, task := range d.tasks {
		tasks[task.key()] = task
	}

	t.Run("Ensure that two boards have a project of their name, and one of each side has none", func(t *testing.T) {
		if got := fmt.Sprint(d.boards, d.projects); got != "[Workshop Website launch Office move] [Workshop Website launch Bookkeeping]" {
			t.Error(got)
		}
	})
	t.Run("Ensure that a name says which card or task is meant", func(t *testing.T) {
		if len(cards) != len(d.cards) || len(tasks) != len(d.tasks) {
			t.Errorf("%d cards have %d names, %d tasks %d", len(d.cards), len(cards), len(d.tasks), len(tasks))
		}
	})
	t.Run("Ensure that there are 60 things of all sorts", func(t *testing.T) {
		count := map[string]int{"subtask": len(d.subtasks)}
		for key, card := range cards {
			task, inBoth := tasks[key]
			switch {
			case !inBoth:
				count["only in Trello"]++
			case fmt.Sprintf("%#v", card) == fmt.Sprintf("%#v", task):
				count["equal"]++
			default:
				count["unequal"]++
			}
		}
		for key, task := range tasks {
			switch _, inBoth := cards[key]; {
			case inBoth:
			case slices.Contains(d.boards, task.place):
				count["to be exported"]++
			default:
				count["stays in Odoo"]++
			}
		}
		if got := fmt.Sprint(count); got != "map[equal:8 only in Trello:30 stays in Odoo:5 subtask:2 to be exported:14 unequal:1]" {
			t.Error(got)
		}
	})
	t.Run("Ensure that every task that is to be exported finds a list", func(t *testing.T) {
		lists := map[string]bool{}
		for _, c := range d.cards {
			lists[c.place+": "+c.stage] = true
		}
		for _, task := range d.tasks {
			if slices.Contains(d.boards, task.place) && !lists[task.place+": "+task.stage] {
				t.Errorf("%s is in %q, which is no list", task.key(), task.stage)
			}
		}
	})
	t.Run("Ensure that records are archived on each side and on both", func(t *testing.T) {
		count := map[string]int{}
		for key, card := range cards {
			count["cards"] += one(card.archived)
			count["both"] += one(card.archived && tasks[key].archived)
		}
		for _, task := range tasks {
			count["tasks"] += one(task.archived)
		}
		if got := fmt.Sprint(count); got != "map[both:1 cards:4 tasks:4]" {
			t.Error(got)
		}
	})
	t.Run("Ensure that a label without a name, one name twice on a board, and one on two boards are there", func(t *testing.T) {
		if got := fmt.Sprintf("%q", d.labels); got != `map["Office move":["IT" "Fragile <glass>" "green" "red"] `+
			`"Website launch":["Urgent" "Texts & pictures" "Bug" "blue"] "Workshop":["Urgent" "Oak" "Oak" "Küche" "green" "yellow"]]` {
			t.Error(got)
		}
	})
	t.Run("Ensure that the texts have what programs stumble over", func(t *testing.T) {
		for side, things := range map[string][]thing{"cards": d.cards, "tasks": d.tasks} {
			all := fmt.Sprint(things)
			for _, want := range []string{"ö", "ß", "<", "&", ">", "'", "\n\n", "\n", "→", "☕", "🎉"} {
				if !strings.Contains(all, want) {
					t.Errorf("no %q among the %s", want, side)
				}
			}
		}
	})
}

func one(condition bool) int {
	if condition {
		return 1
	}
	return 0
}

func TestDemoStages(t *testing.T) {
	a := accessTo(t, open(t, t.TempDir(), both()))
	t.Run("Ensure that three of seven stages are shared by all projects", func(t *testing.T) {
		rows := a.rows(t, "project.task.type")
		shared := 0
		for _, row := range rows {
			if ids, _ := row["project_ids"].([]any); len(ids) == 3 {
				shared++
			}
			if row["user_id"] != false {
				t.Errorf("%v is a personal stage", row["name"])
			}
		}
		if len(rows) != 7 || shared != 3 {
			t.Errorf("%d of %d are shared", shared, len(rows))
		}
	})
	t.Run("Ensure that there are 12 lists, one of them closed with an open card", func(t *testing.T) {
		lists, closed, open := 0, 0, 0
		for _, board := range a.list(t, "members/me/boards") {
			path := "boards/" + text(board["id"])
			for _, l := range a.list(t, path+"/lists", "filter", "all") {
				lists++
				if l["closed"] != true {
					continue
				}
				closed++
				for _, c := range a.list(t, path+"/cards", "filter", "all") {
					open += one(c["idList"] == l["id"] && c["closed"] == false)
				}
			}
		}
		if lists != 12 || closed != 1 || open != 1 {
			t.Errorf("%d lists, %d closed, %d open cards in closed ones", lists, closed, open)
		}
	})
}
