package trello_test

import (
	"context"
	"testing"
	"time"

	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// probed is a world that was synchronized and looked at until there was no news.
type probed struct {
	*world
	run   *run
	probe *synchronizer.Probe
}

func probing(t *testing.T) *probed {
	t.Helper()
	p := &probed{world: newWorld(t), probe: synchronizer.NewProbe()}
	board, todo, _ := workshop(p.world)
	card := p.trello.AddCard(todo.ID, "Probed")
	list := p.trello.AddChecklist(card.ID, "Steps", "One", "Two")
	_ = list
	p.trello.AddComment(card.ID, "Said before")
	p.trello.AddLink(card.ID, "Home", "https://example.com/")
	p.trello.AddCustomField(board.ID, "Effort", "number")
	p.mustSync()
	p.mustSync()
	p.clock.Advance(time.Hour)
	var err error
	if p.run, err = p.begin(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.run.db.Close() })
	if err := p.probe.Aim(context.Background(), []*synchronizer.Synchronizer{p.run.Synchronizer}); err != nil {
		t.Fatal(err)
	}
	p.look()
	if news := p.look(); news.Any() {
		t.Fatalf("there is no end of news: %+v", news)
	}
	return p
}

func (p *probed) look() synchronizer.News {
	p.t.Helper()
	news, ofOdoo := p.probe.LookOutside(context.Background()), p.probe.LookAtOdoo(context.Background(), 0)
	for _, err := range news.Errs {
		p.t.Fatal(err)
	}
	for _, err := range ofOdoo.Errs {
		p.t.Fatal(err)
	}
	news.Odoo = ofOdoo.Odoo
	return news
}

func TestProbeOfTrello(t *testing.T) {
	edit := func(change func(*trellotest.Card)) func(p *probed, b trellotest.Board, c trellotest.Card) {
		return func(p *probed, _ trellotest.Board, c trellotest.Card) { p.trello.UpdateCard(c.ID, change) }
	}
	for about, change := range map[string]func(p *probed, b trellotest.Board, c trellotest.Card){
		"a card's name":        edit(func(c *trellotest.Card) { c.Name = "Other" }),
		"a card's description": edit(func(c *trellotest.Card) { c.Desc = "Other" }),
		"a card's position":    edit(func(c *trellotest.Card) { c.Pos += 7 }),
		"a card's due date":    edit(func(c *trellotest.Card) { c.Due = time.Date(2026, 5, 6, 7, 0, 0, 0, time.UTC) }),
		"a card's archiving":   edit(func(c *trellotest.Card) { c.Closed = true }),
		"a card's deletion":    func(p *probed, _ trellotest.Board, c trellotest.Card) { p.trello.DeleteCard(c.ID) },
		"a new card": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.AddCard(p.trello.Lists(b.ID)[0].ID, "New")
		},
		"a card's labels": func(p *probed, b trellotest.Board, c trellotest.Card) {
			l := p.trello.AddLabel(b.ID, "hot", "red")
			p.trello.UpdateCard(c.ID, func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, l.ID) })
		},
		"a move": func(p *probed, b trellotest.Board, c trellotest.Card) {
			p.trello.MoveCard(c.ID, p.trello.Lists(b.ID)[1].ID)
		},
		"a new check item": func(p *probed, _ trellotest.Board, c trellotest.Card) {
			p.trello.AddCheckItem(p.trello.Checklists(c.ID)[0].ID, "Three")
		},
		"a new comment": func(p *probed, _ trellotest.Board, c trellotest.Card) { p.trello.AddComment(c.ID, "Said now") },
		"a comment's deletion": func(p *probed, _ trellotest.Board, c trellotest.Card) {
			p.trello.DeleteComment(p.trello.CommentsOf(c.ID)[0].ID)
		},
		"an edited comment": func(p *probed, _ trellotest.Board, c trellotest.Card) {
			p.trello.EditComment(p.trello.CommentsOf(c.ID)[0].ID, "Other words")
		},
		"a new attachment": func(p *probed, _ trellotest.Board, c trellotest.Card) {
			p.trello.AddFile(c.ID, "a.txt", "text/plain", []byte("a"))
		},
		"an attachment's end": func(p *probed, _ trellotest.Board, c trellotest.Card) {
			p.trello.DeleteAttachment(c.ID, p.trello.Attachments(c.ID)[0].ID)
		},
		"a custom field": func(p *probed, b trellotest.Board, c trellotest.Card) {
			p.trello.SetCustomValue(c.ID, p.trello.CustomFields(b.ID)[0].ID, "3")
		},
		"a list's name": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.UpdateList(p.trello.Lists(b.ID)[0].ID, func(l *trellotest.List) { l.Name = "Other" })
		},
		"a list's position": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.UpdateList(p.trello.Lists(b.ID)[0].ID, func(l *trellotest.List) { l.Pos += 100000 })
		},
		"a new list":  func(p *probed, b trellotest.Board, _ trellotest.Card) { p.trello.AddList(b.ID, "New") },
		"a new label": func(p *probed, b trellotest.Board, _ trellotest.Card) { p.trello.AddLabel(b.ID, "new", "red") },
		"a label's name": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.UpdateLabel(p.trello.Labels(b.ID)[0].ID, func(l *trellotest.Label) { l.Name = "other" })
		},
		"a board's name": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.UpdateBoard(b.ID, func(b *trellotest.Board) { b.Name = "Other" })
		},
		"a board's description": func(p *probed, b trellotest.Board, _ trellotest.Card) {
			p.trello.UpdateBoard(b.ID, func(b *trellotest.Board) { b.Desc = "Other" })
		},
		"a board's deletion": func(p *probed, b trellotest.Board, _ trellotest.Card) { p.trello.DeleteBoard(b.ID) },
	} {
		t.Run("Ensure "+about+" is news, once", func(t *testing.T) {
			p := probing(t)
			p.clock.Advance(time.Second)
			change(p, p.trello.Boards()[0], p.card("Probed"))
			if news := p.look(); len(news.External) != 1 || len(news.Odoo) != 0 {
				t.Errorf("news %+v", news)
			}
			if news := p.look(); news.Any() {
				t.Errorf("again %+v", news)
			}
		})
	}
}

func TestProbeOfOdoo(t *testing.T) {
	set := func(values map[string]any) func(p *probed, task int64) {
		return func(p *probed, task int64) { p.odoo.Write("project.task", []int64{task}, values) }
	}
	for about, change := range map[string]func(p *probed, task int64){
		"a task's name":      set(map[string]any{"name": "Other"}),
		"a task's archiving": set(map[string]any{"active": false}),
		"a task's stage": func(p *probed, task int64) {
			set(map[string]any{"stage_id": p.stageID("Doing", p.projectID("Workshop"))})(p, task)
		},
		"a new task": func(p *probed, _ int64) {
			p.odoo.Create("project.task", map[string]any{"name": "New", "project_id": p.projectID("Workshop")})
		},
		"a new message":    func(p *probed, task int64) { p.say(task, "Mitchell Admin", "<p>Said now</p>") },
		"a new attachment": func(p *probed, task int64) { p.hang("project.task", task, "a.txt", "a") },
		"a stage's name": func(p *probed, _ int64) {
			p.odoo.Write("project.task.type", []int64{p.stageID("Doing", p.projectID("Workshop"))}, map[string]any{"name": "Other"})
		},
		"a project's name": func(p *probed, _ int64) {
			p.odoo.Write("project.project", []int64{p.projectID("Workshop")}, map[string]any{"name": "Other"})
		},
		"a new stage": func(p *probed, _ int64) {
			p.odoo.Create("project.task.type", map[string]any{"name": "New", "project_ids": links(p.projectID("Workshop"))})
		},
		"a check item's state": func(p *probed, _ int64) {
			id, _ := p.task("One")
			p.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Once"})
		},
	} {
		t.Run("Ensure "+about+" is news, once", func(t *testing.T) {
			p := probing(t)
			p.clock.Advance(time.Second)
			task, _ := p.task("Probed")
			change(p, task)
			if news := p.look(); len(news.Odoo) == 0 || len(news.External) != 0 {
				t.Errorf("news %+v", news)
			}
			if news := p.look(); news.Any() {
				t.Errorf("again %+v", news)
			}
		})
	}
	t.Run("Ensure what a sync wrote itself is no news of Odoo", func(t *testing.T) {
		p := probing(t)
		p.clock.Advance(time.Hour)
		p.trello.UpdateCard(p.card("Probed").ID, func(c *trellotest.Card) { c.Name = "Other" })
		p.look()
		if err := synchronizer.Sync(context.Background(), []*synchronizer.Synchronizer{p.run.Synchronizer}, synchronizer.RunOptions{Owner: "test"})[0]; err != nil {
			t.Fatal(err)
		}
		p.task("Other")
		if err := p.probe.Aim(context.Background(), []*synchronizer.Synchronizer{p.run.Synchronizer}); err != nil {
			t.Fatal(err)
		}
		if news := p.look(); news.Any() {
			t.Errorf("news %+v", news)
		}
	})
	t.Run("Ensure what is none of the backend's is no news", func(t *testing.T) {
		p := probing(t)
		p.clock.Advance(time.Second)
		other := p.odoo.Create("project.project", map[string]any{"name": "Elsewhere"})
		task := p.odoo.Create("project.task", map[string]any{"name": "Elsewhere", "project_id": other})
		p.say(task, "Mitchell Admin", "<p>Said elsewhere</p>")
		p.hang("project.task", task, "a.txt", "a")
		if news := p.look(); news.Any() {
			t.Errorf("news %+v", news)
		}
	})
}
