package notes_test

import (
	"errors"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/sandbox"

	"example.com/mine/notes"
	"example.com/mine/notes/notestest"
)

// system is what the tests try.
func system() backendtest.System[*notestest.Server] {
	return backendtest.System[*notestest.Server]{
		Backend:  notes.Backend,
		URL:      "https://notes.example.com",
		Settings: func() any { return &notes.Settings{Token: config.PlainSecret(notestest.Token), Rate: 1e6} },
		New: func(clock func() time.Time) *notestest.Server {
			return notestest.New(sandbox.FakeOptions{Clock: clock})
		},
		Models: []backendtest.Model[*notestest.Server]{notebooks(), someNotes()},
	}
}

func notebooks() backendtest.Model[*notestest.Server] {
	return backendtest.Model[*notestest.Server]{
		Name: notes.NotebookModel,
		Add:  func(s *notestest.Server, _, name string) string { return s.AddNotebook(name) },
		Names: func(s *notestest.Server, _ string) (names []string) {
			for _, n := range s.Notebooks() {
				names = append(names, n.Name)
			}
			return names
		},
		Rename: func(s *notestest.Server, id, name string) {
			s.EditNotebook(id, func(n *notestest.Notebook) { n.Name = name })
		},
		Delete: func(s *notestest.Server, id string) { s.DeleteNotebook(id) },
	}
}

func someNotes() backendtest.Model[*notestest.Server] {
	return backendtest.Model[*notestest.Server]{
		Name: notes.NoteModel,
		Add:  func(s *notestest.Server, notebook, title string) string { return s.AddNote(notebook, title) },
		Names: func(s *notestest.Server, notebook string) (names []string) {
			for _, n := range s.Notes(notebook) {
				names = append(names, n.Title)
			}
			return names
		},
		Rename: func(s *notestest.Server, id, title string) {
			s.EditNote(id, func(n *notestest.Note) { n.Title = title })
		},
		Delete: func(s *notestest.Server, id string) { s.DeleteNote(id) },
		AddInOdoo: func(w *backendtest.World[*notestest.Server], project int64, name string) int64 {
			return w.Odoo.Create("project.task", map[string]any{"name": name, "project_id": project})
		},
	}
}

func TestSuite(t *testing.T) { backendtest.Run(t, system()) }

// begin is a world with one note, which is bound to a task.
func begin(t *testing.T, odoo string) (w *backendtest.World[*notestest.Server], note string, task int64) {
	t.Helper()
	s := system()
	s.Odoo = odoo
	w = backendtest.NewWorld(t, s)
	note = w.Fake.AddNote(w.Fake.AddNotebook("Garden"), "Order seeds")
	w.MustSync()
	return w, note, w.ToOdoo(notes.NoteModel, note)
}

func TestFields(t *testing.T) {
	for _, c := range []struct{ odoo, due string }{{"16.0", "2026-03-09"}, {"18.0", "2026-03-09 12:00:00"}} {
		w, note, task := begin(t, c.odoo)

		t.Run("Ensure text, importance and due date reach Odoo "+c.odoo, func(t *testing.T) {
			due := "2026-03-09"
			w.Fake.EditNote(note, func(n *notestest.Note) { n.Text, n.Important, n.Due = "**Early** ones", true, &due })
			w.MustSync()
			got := w.Odoo.Read("project.task", task, "description", "priority", "date_deadline")
			if got["description"] != "<p><strong>Early</strong> ones</p>" || got["priority"] != "1" || got["date_deadline"] != c.due {
				t.Errorf("the task is %v", got)
			}
			w.Idle()
		})

		t.Run("Ensure they come back from Odoo "+c.odoo, func(t *testing.T) {
			w.Odoo.Write("project.task", []int64{task}, map[string]any{
				"description": "<p>Late <em>ones</em></p>", "priority": "0", "date_deadline": false, "active": false,
			})
			w.Clock.Advance(time.Hour)
			w.MustSync()
			got := w.Fake.Notes("1")[0]
			if got.Text != "Late *ones*" || got.Important || got.Due != nil || !got.Archived {
				t.Errorf("the note is %+v", got)
			}
			w.Idle()
		})
	}
}

func TestChosenNotebooks(t *testing.T) {
	t.Run("Ensure a notebook that is not chosen is left alone", func(t *testing.T) {
		s := system()
		s.Settings = func() any {
			return &notes.Settings{Token: config.PlainSecret(notestest.Token), Notebooks: []string{"2"}, Rate: 1e6}
		}
		w := backendtest.NewWorld(t, s)
		w.Fake.AddNotebook("Garden")
		kitchen := w.Fake.AddNotebook("Kitchen")
		w.MustSync()
		if w.ToOdoo(notes.NotebookModel, "1") != 0 || w.ToOdoo(notes.NotebookModel, kitchen) == 0 {
			t.Error("not the chosen notebook alone is bound")
		}
	})
}

func TestWrongToken(t *testing.T) {
	t.Run("Ensure a wrong token ends the run with our code", func(t *testing.T) {
		s := system()
		s.Settings = func() any { return &notes.Settings{Token: config.PlainSecret("wrong"), Rate: 1e6} }
		w := backendtest.NewWorld(t, s)
		_, err := w.Sync()
		var coded interface{ Code() string }
		if !errors.As(err, &coded) || coded.Code() != "CON-NOTES-401" {
			t.Errorf("the sync ends with %v", err)
		}
	})
}

func TestExamine(t *testing.T) {
	t.Run("Ensure a notebook that is not there is found out", func(t *testing.T) {
		s := system()
		s.Settings = func() any {
			return &notes.Settings{Token: config.PlainSecret(notestest.Token), Notebooks: []string{"1", "7"}, Rate: 1e6}
		}
		w := backendtest.NewWorld(t, s)
		w.Fake.AddNotebook("Garden")
		err := w.Open(t.Context(), func(o *backendtest.Opened) error {
			examiner, ok := o.Env.Client.(backend.Examiner)
			if !ok {
				t.Fatal("the client is no examiner")
			}
			got := examiner.Examine(t.Context(), o.Env.Config)
			if len(got.Findings) != 2 || got.Findings[1].What != "there is no notebook 7" || len(got.Parts) != 1 || got.Parts[0].Name != "Garden" {
				t.Errorf("it finds %+v", got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
