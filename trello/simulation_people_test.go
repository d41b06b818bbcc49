package trello_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// cards are those that a person can know of: not those whose creation nobody has noticed yet.
func (s *simulation) cards() (all []trellotest.Card) {
	for _, b := range s.trello.Boards() {
		for _, c := range s.trello.Cards(b.ID) {
			if s.mine["card "+c.ID] || s.known[c.ID] {
				all = append(all, c)
			}
		}
	}
	return all
}

// onCard lets a person at Trello change one card.
func (s *simulation) onCard(change func(c trellotest.Card)) {
	if c, ok := pick(s, s.cards()); ok {
		change(c)
	}
}

func (s *simulation) newCard() {
	b, ok := pick(s, s.trello.Boards())
	l, some := pick(s, s.trello.Lists(b.ID))
	if !ok || !some {
		return
	}
	var options []trellotest.CardOption
	if label, ok := pick(s, s.trello.Labels(b.ID)); ok && s.coin() {
		options = append(options, trellotest.WithLabels(label.ID))
	}
	if s.coin() {
		options = append(options, trellotest.WithDesc(s.words()))
	}
	if s.chance.IntN(4) == 0 {
		options = append(options, trellotest.Archived())
	}
	c := s.trello.AddCard(l.ID, s.name("Card"), options...)
	s.mine["card "+c.ID] = true
	s.tell("Trello: the new card %q on %s/%s %v %v", c.Name, b.Name, l.Name, c.IDLabels, word(c.Closed, "archived"))
}

// words is a text of one or two paragraphs.
func (s *simulation) words() string {
	text := s.name("Words <&>")
	if s.coin() {
		text += "\n\nand more"
	}
	return text
}

func (s *simulation) renameCard() {
	s.onCard(func(c trellotest.Card) {
		name := s.name("Card")
		s.tell("Trello: the card %q is called %q", c.Name, name)
		s.trello.UpdateCard(c.ID, func(c *trellotest.Card) { c.Name = name })
		s.did("card "+c.ID, "name", c.Name, name)
	})
}

func (s *simulation) describeCard() {
	s.onCard(func(c trellotest.Card) {
		text := ""
		if s.chance.IntN(4) > 0 {
			text = s.words()
		}
		if text == c.Desc {
			return
		}
		s.tell("Trello: the card %q has the text %q", c.Name, text)
		s.trello.UpdateCard(c.ID, func(c *trellotest.Card) { c.Desc = text })
		s.did("card "+c.ID, "description", c.Desc, text)
	})
}

func (s *simulation) moveCard() {
	s.onCard(func(c trellotest.Card) {
		l, ok := pick(s, s.trello.Lists(c.IDBoard))
		if !ok || l.ID == c.IDList {
			return
		}
		s.tell("Trello: the card %q goes to the list %q", c.Name, l.Name)
		s.trello.MoveCard(c.ID, l.ID)
		s.did("card "+c.ID, "stage_id", c.IDList, l.ID)
	})
}

func (s *simulation) moveCardAway() {
	s.onCard(func(c trellotest.Card) {
		b, _ := pick(s, s.trello.Boards())
		l, ok := pick(s, s.trello.Lists(b.ID))
		if !ok || b.ID == c.IDBoard {
			return
		}
		s.tell("Trello: the card %q goes to the list %q of the board %q", c.Name, l.Name, b.Name)
		s.trello.MoveCard(c.ID, l.ID)
		s.did("card "+c.ID, "project_id", c.IDBoard, b.ID)
		s.did("card "+c.ID, "stage_id", c.IDList, l.ID)
		s.forget("card "+c.ID, "label") // Trello takes them off
		s.did("card "+c.ID, "moved", "", "yes")
	})
}

// day is a moment in the next weeks, to the second or finer.
func (s *simulation) day() time.Time {
	return time.Date(2026, 4, 1+s.chance.IntN(28), s.chance.IntN(24), s.chance.IntN(60), s.chance.IntN(60), s.chance.IntN(2)*123e6, time.UTC)
}

func (s *simulation) scheduleCard() {
	s.onCard(func(c trellotest.Card) {
		due := time.Time{}
		if s.chance.IntN(3) > 0 {
			due = s.day()
		}
		if due.Equal(c.Due) {
			return
		}
		s.tell("Trello: the card %q is due %s", c.Name, due)
		s.trello.UpdateCard(c.ID, func(c *trellotest.Card) { c.Due = due })
		s.did("card "+c.ID, "date_deadline", moment(c.Due), moment(due))
	})
}

// moment is a time as both sides can hold it.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

func (s *simulation) labelCard() {
	s.onCard(func(c trellotest.Card) {
		l, ok := pick(s, s.trello.Labels(c.IDBoard))
		if !ok {
			return
		}
		on := !slices.Contains(c.IDLabels, l.ID)
		s.tell("Trello: the card %q has the label %q: %v", c.Name, l.Name, on)
		s.trello.UpdateCard(c.ID, func(c *trellotest.Card) {
			if on {
				c.IDLabels = append(c.IDLabels, l.ID)
			} else {
				c.IDLabels = slices.DeleteFunc(c.IDLabels, func(id string) bool { return id == l.ID })
			}
		})
		s.did("card "+c.ID, "label "+l.ID, fmt.Sprint(!on), fmt.Sprint(on))
	})
}

func (s *simulation) archiveCard() {
	s.onCard(func(c trellotest.Card) {
		s.tell("Trello: the card %q is archived: %v", c.Name, !c.Closed)
		s.trello.UpdateCard(c.ID, func(c *trellotest.Card) { c.Closed = !c.Closed })
		s.did("card "+c.ID, "active", fmt.Sprint(!c.Closed), fmt.Sprint(c.Closed))
	})
}

func (s *simulation) deleteCard() {
	s.onCard(func(c trellotest.Card) {
		s.tell("Trello: the card %q is deleted", c.Name)
		s.trello.DeleteCard(c.ID)
	})
}

func (s *simulation) newBoard() {
	if len(s.trello.Boards()) > 4 {
		return
	}
	b := s.trello.AddBoard(s.name("Board"))
	s.trello.AddList(b.ID, "To do")
	s.tell("Trello: the new board %q with the list \"To do\"", b.Name)
}

func (s *simulation) closeBoard() {
	b, _ := pick(s, s.trello.Boards())
	if !s.known[b.ID] {
		return // a closed board that was never bound does not come in
	}
	s.tell("Trello: the board %q is closed: %v", b.Name, !b.Closed)
	s.trello.UpdateBoard(b.ID, func(b *trellotest.Board) { b.Closed = !b.Closed })
	s.did("board "+b.ID, "active", fmt.Sprint(!b.Closed), fmt.Sprint(b.Closed))
	s.cascade = true
}

func (s *simulation) renameBoard() {
	b, _ := pick(s, s.trello.Boards())
	name := s.name("Board")
	s.tell("Trello: the board %q is called %q", b.Name, name)
	s.trello.UpdateBoard(b.ID, func(b *trellotest.Board) { b.Name = name })
	s.did("board "+b.ID, "name", b.Name, name)
}

func (s *simulation) newList() {
	b, _ := pick(s, s.trello.Boards())
	name := s.name("List")
	if id, ok := pick(s, s.stages()); ok && s.coin() { // perhaps one that waits for its list
		name = s.odoo.Read("project.task.type", id, "name")["name"].(string)
	}
	if slices.ContainsFunc(s.trello.Lists(b.ID), func(l trellotest.List) bool { return l.Name == name }) {
		return
	}
	s.tell("Trello: the new list %q on %q", name, b.Name)
	s.trello.AddList(b.ID, name)
}

func (s *simulation) renameList() {
	b, _ := pick(s, s.trello.Boards())
	l, ok := pick(s, s.trello.Lists(b.ID))
	if !ok {
		return
	}
	name := s.name("List")
	s.tell("Trello: the list %q of %q is called %q", l.Name, b.Name, name)
	s.trello.UpdateList(l.ID, func(l *trellotest.List) { l.Name = name })
	s.did("list "+l.ID, "name", l.Name, name)
}

// closeList closes one that is not the last open one, or opens it again.
func (s *simulation) closeList() {
	b, _ := pick(s, s.trello.Boards())
	lists := s.trello.Lists(b.ID)
	l, ok := pick(s, lists)
	open := len(lists)
	for _, l := range lists {
		if l.Closed {
			open--
		}
	}
	if !ok || (!l.Closed && open == 1) || !s.known[l.ID] { // one that was never bound is no edit of what both sides agreed on
		return
	}
	s.tell("Trello: the list %q of %q is closed: %v", l.Name, b.Name, !l.Closed)
	s.trello.UpdateList(l.ID, func(l *trellotest.List) { l.Closed = !l.Closed })
	s.did("list "+l.ID, "active", fmt.Sprint(!l.Closed), fmt.Sprint(l.Closed))
	s.cascade = true
}

func (s *simulation) newLabel() {
	b, _ := pick(s, s.trello.Boards())
	name := s.name("Label")
	if id, ok := pick(s, s.odoo.Search("project.tags", nil)); ok && s.coin() {
		name = s.odoo.Read("project.tags", id, "name")["name"].(string)
	}
	s.tell("Trello: the new label %q on %q", name, b.Name)
	s.trello.AddLabel(b.ID, name, "blue")
}

func (s *simulation) renameLabel() {
	b, _ := pick(s, s.trello.Boards())
	l, ok := pick(s, s.trello.Labels(b.ID))
	if !ok {
		return
	}
	name := s.name("Label")
	s.tell("Trello: the label %q of %q is called %q", l.Name, b.Name, name)
	s.trello.UpdateLabel(l.ID, func(l *trellotest.Label) { l.Name = name })
	s.did("label "+l.ID, "name", l.Name, name)
}

// row is an Odoo record as a person sees it.
type row map[string]any

func (r row) text(field string) string {
	text, _ := r[field].(string)
	return text
}

func (r row) link(field string) int64 {
	pair, ok := r[field].([]any)
	if !ok {
		return 0
	}
	return pair[0].(int64)
}

func (r row) set(field string) []int64 {
	ids, _ := r[field].([]int64)
	return ids
}

func (s *simulation) read(model string, id int64) row { return s.odoo.Read(model, id) }

// projects are those in which people work.
func (s *simulation) projects() []int64 { return s.odoo.Search("project.project", nil) }

func (s *simulation) stages() []int64 {
	return s.odoo.Search("project.task.type", []any{[]any{"user_id", "=", false}})
}

func (s *simulation) stagesOf(project int64) []int64 {
	return s.odoo.Search("project.task.type", []any{[]any{"project_ids", "in", []any{project}}, []any{"user_id", "=", false}})
}

// onTask lets a person in Odoo change one task.
func (s *simulation) onTask(change func(id int64, r row)) {
	if id, ok := pick(s, s.odoo.Search("project.task", nil)); ok {
		change(id, s.read("project.task", id))
	}
}

// write changes a record in Odoo.
func (s *simulation) write(model string, id int64, vals map[string]any) {
	s.odoo.Write(model, []int64{id}, vals)
}

func (s *simulation) newTask() {
	project, ok := pick(s, s.projects())
	stage, some := pick(s, s.stagesOf(project))
	if !ok || !some {
		return
	}
	vals := map[string]any{"name": s.name("Task"), "project_id": project, "stage_id": stage}
	if tag, ok := pick(s, s.odoo.Search("project.tags", nil)); ok && s.coin() {
		vals["tag_ids"] = links(tag)
	}
	if s.coin() {
		vals["date_deadline"] = moment(s.day())
	}
	if s.chance.IntN(4) == 0 {
		vals["active"] = false
	}
	id := s.odoo.Create("project.task", vals)
	s.mine[task(id)] = true
	s.tell("Odoo: the new task %v", vals)
}

func (s *simulation) renameTask() {
	s.onTask(func(id int64, r row) {
		name := s.name("Task")
		s.tell("Odoo: the task %q is called %q", r["name"], name)
		s.write("project.task", id, map[string]any{"name": name})
		s.did(task(id), "name", r.text("name"), name)
	})
}

func (s *simulation) describeTask() {
	s.onTask(func(id int64, r row) {
		var text any
		switch s.chance.IntN(5) {
		case 0:
			text = false
		case 1:
			text = "<p>" + s.name("Words") + " in <b>bold</b></p>"
		case 2:
			text = "<p>" + s.name("Words") + " in <u>underlined</u> letters</p>"
		default:
			text = "<p>" + s.name("Words &lt;&amp;&gt;") + "</p><p>and more</p>"
		}
		if text == r["description"] {
			return
		}
		s.tell("Odoo: the task %q has the text %v", r["name"], text)
		s.write("project.task", id, map[string]any{"description": text})
		s.did(task(id), "description", plain(r["description"]), plain(text))
	})
}

func (s *simulation) moveTask() {
	s.onTask(func(id int64, r row) {
		stage, ok := pick(s, s.stagesOf(r.link("project_id")))
		if !ok || stage == r.link("stage_id") {
			return
		}
		s.tell("Odoo: the task %q goes to the stage %q", r["name"], s.read("project.task.type", stage)["name"])
		s.write("project.task", id, map[string]any{"stage_id": stage})
		s.did(task(id), "stage_id", fmt.Sprint(r.link("stage_id")), fmt.Sprint(stage))
	})
}

func (s *simulation) moveTaskAway() {
	s.onTask(func(id int64, r row) {
		project, _ := pick(s, s.projects())
		stage, ok := pick(s, s.stagesOf(project))
		if !ok || project == r.link("project_id") {
			return
		}
		s.tell("Odoo: the task %q goes to the project %q, stage %q", r["name"], s.read("project.project", project)["name"], s.read("project.task.type", stage)["name"])
		s.write("project.task", id, map[string]any{"project_id": project, "stage_id": stage})
		s.did(task(id), "project_id", fmt.Sprint(r.link("project_id")), fmt.Sprint(project))
		s.did(task(id), "stage_id", fmt.Sprint(r.link("stage_id")), fmt.Sprint(stage))
		s.did(task(id), "moved", "", "yes")
	})
}

func (s *simulation) scheduleTask() {
	s.onTask(func(id int64, r row) {
		var due any = false
		if s.chance.IntN(3) > 0 {
			due = moment(s.day())
		}
		if due == r["date_deadline"] {
			return
		}
		s.tell("Odoo: the task %q is due %v", r["name"], due)
		s.write("project.task", id, map[string]any{"date_deadline": due})
		text, _ := due.(string)
		s.did(task(id), "date_deadline", r.text("date_deadline"), text)
	})
}

func (s *simulation) tagTask() {
	s.onTask(func(id int64, r row) {
		tag, ok := pick(s, s.odoo.Search("project.tags", nil))
		if !ok {
			return
		}
		tags := slices.DeleteFunc(slices.Clone(r.set("tag_ids")), func(x int64) bool { return x == tag })
		on := len(tags) == len(r.set("tag_ids"))
		if on {
			tags = append(tags, tag)
		}
		s.tell("Odoo: the task %q has the tag %q: %v", r["name"], s.read("project.tags", tag)["name"], on)
		s.write("project.task", id, map[string]any{"tag_ids": links(tags...)})
		s.did(task(id), fmt.Sprint("label ", tag), fmt.Sprint(!on), fmt.Sprint(on))
	})
}

func (s *simulation) archiveTask() {
	s.onTask(func(id int64, r row) {
		active := r["active"] != true
		s.tell("Odoo: the task %q is active: %v", r["name"], active)
		s.write("project.task", id, map[string]any{"active": active})
		s.did(task(id), "active", fmt.Sprint(!active), fmt.Sprint(active))
	})
}

func (s *simulation) deleteTask() {
	s.onTask(func(id int64, r row) {
		s.tell("Odoo: the task %q is deleted", r["name"])
		s.odoo.Unlink("project.task", id)
	})
}

func (s *simulation) archiveProject() {
	id, _ := pick(s, s.projects())
	if id != s.elsewhere && !s.known[fmt.Sprint("project ", id)] {
		return // it would not be bound to its board, which is open
	}
	r := s.read("project.project", id)
	active := r["active"] != true
	s.tell("Odoo: the project %q is active: %v", r["name"], active)
	s.write("project.project", id, map[string]any{"active": active})
	s.did(fmt.Sprint("project ", id), "active", fmt.Sprint(!active), fmt.Sprint(active))
	s.cascade = true
}

func (s *simulation) renameProject() {
	id, _ := pick(s, s.projects())
	r, name := s.read("project.project", id), s.name("Project")
	s.tell("Odoo: the project %q is called %q", r["name"], name)
	s.write("project.project", id, map[string]any{"name": name})
	s.did(fmt.Sprint("project ", id), "name", r.text("name"), name)
}

func (s *simulation) newStage() {
	project, ok := pick(s, s.projects())
	if !ok {
		return
	}
	of, name := []int64{project}, s.name("Stage")
	if other, _ := pick(s, s.projects()); other != project && s.coin() {
		of = append(of, other)
	}
	if b, ok := pick(s, s.trello.Boards()); ok && s.coin() { // perhaps that of a list that is new
		if l, ok := pick(s, s.trello.Lists(b.ID)); ok {
			name = l.Name
		}
	}
	for _, id := range s.stages() {
		if s.read("project.task.type", id)["name"] == name {
			return
		}
	}
	s.tell("Odoo: the new stage %q in %v", name, of)
	s.odoo.Create("project.task.type", map[string]any{"name": name, "project_ids": links(of...)})
}

func (s *simulation) renameStage() {
	id, _ := pick(s, s.stages())
	r, name := s.read("project.task.type", id), s.name("Stage")
	s.tell("Odoo: the stage %q is called %q", r["name"], name)
	s.write("project.task.type", id, map[string]any{"name": name})
	s.did(fmt.Sprint("stage ", id), "name", r.text("name"), name)
}

func (s *simulation) newTag() {
	name := s.name("Tag")
	s.tell("Odoo: the new tag %q", name)
	s.odoo.Create("project.tags", map[string]any{"name": name})
}

func (s *simulation) renameTag() {
	id, ok := pick(s, s.odoo.Search("project.tags", nil))
	if !ok {
		return
	}
	r, name := s.read("project.tags", id), s.name("Tag")
	s.tell("Odoo: the tag %q is called %q", r["name"], name)
	s.write("project.tags", id, map[string]any{"name": name})
	s.did(fmt.Sprint("tag ", id), "name", r.text("name"), name)
}

func (s *simulation) touch() {
	model, _ := pick(s, []string{"project.project", "project.task.type", "project.tags", "project.task"})
	s.tell("Odoo: every %s is touched", model)
	s.odoo.Touch(model)
}
