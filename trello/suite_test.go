package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// TestSuite runs what every system passes.
func TestSuite(t *testing.T) {
	backendtest.Run(t, backendtest.System[*trellotest.Server]{
		Backend: trello.Backend,
		Settings: func() any {
			return &trello.Settings{Key: config.PlainSecret("demo-key"), Token: config.PlainSecret("demo-token"), Rate: 1000000}
		},
		New: func(clock func() time.Time) *trellotest.Server {
			return trellotest.New(trellotest.Options{Clock: clock, Strict: true})
		},
		Nowhere: "6b07c0890000000000009999",
		Models:  []backendtest.Model[*trellotest.Server]{suiteBoards(), suiteLists(), suiteCards()},
	})
}

// suiteBoards are boards. No project becomes a board unless a domain asks for it, and nobody can rename what is not there.
func suiteBoards() backendtest.Model[*trellotest.Server] {
	return backendtest.Model[*trellotest.Server]{
		Name: trello.BoardModel,
		Add:  func(s *trellotest.Server, _, name string) string { return s.AddBoard(name).ID },
		Names: func(s *trellotest.Server, _ string) (names []string) {
			for _, b := range s.Boards() {
				names = append(names, b.Name)
			}
			return names
		},
		Rename: func(s *trellotest.Server, id, name string) {
			s.UpdateBoard(id, func(b *trellotest.Board) { b.Name = name })
		},
		Delete: func(s *trellotest.Server, id string) { s.DeleteBoard(id) },
	}
}

func suiteLists() backendtest.Model[*trellotest.Server] {
	return backendtest.Model[*trellotest.Server]{
		Name: trello.ListModel,
		Add:  func(s *trellotest.Server, board, name string) string { return s.AddList(board, name).ID },
		Names: func(s *trellotest.Server, board string) (names []string) {
			for _, l := range s.Lists(board) {
				names = append(names, l.Name)
			}
			return names
		},
		Rename: func(s *trellotest.Server, id, name string) {
			s.UpdateList(id, func(l *trellotest.List) { l.Name = name })
		},
		AddInOdoo: func(w *backendtest.World[*trellotest.Server], project int64, name string) int64 {
			return w.Odoo.Create("project.task.type", map[string]any{"name": name, "project_ids": []any{project}, "user_id": false})
		},
	}
}

func suiteCards() backendtest.Model[*trellotest.Server] {
	return backendtest.Model[*trellotest.Server]{
		Name: trello.CardModel,
		Add: func(s *trellotest.Server, board, name string) string {
			if len(s.Lists(board)) == 0 {
				s.AddList(board, "To do")
			}
			return s.AddCard(s.Lists(board)[0].ID, name).ID
		},
		Names: func(s *trellotest.Server, board string) (names []string) {
			for _, c := range s.Cards(board) {
				names = append(names, c.Name)
			}
			return names
		},
		Rename: func(s *trellotest.Server, id, name string) {
			s.UpdateCard(id, func(c *trellotest.Card) { c.Name = name })
		},
		Delete: func(s *trellotest.Server, id string) { s.DeleteCard(id) },
		AddInOdoo: func(w *backendtest.World[*trellotest.Server], project int64, name string) int64 {
			stage := w.Odoo.Search("project.task.type", []any{[]any{"project_ids", "=", project}})[0]
			return w.Odoo.Create("project.task", map[string]any{"name": name, "project_id": project, "stage_id": stage})
		},
	}
}
