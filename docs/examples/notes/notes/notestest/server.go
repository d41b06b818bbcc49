// Package notestest is a notes server that lives in memory, for tests and for the sandbox.
package notestest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/sandbox"
)

// Token is the API token that the server takes.
const Token = "demo-token"

// Notebook and Note are what the server holds.
type (
	Notebook struct {
		ID       int    `json:"id"`
		Name     string `json:"name"`
		Archived bool   `json:"archived"`
	}
	Note struct {
		ID        int       `json:"id"`
		Notebook  int       `json:"notebook"`
		Title     string    `json:"title"`
		Text      string    `json:"text"`
		Important bool      `json:"important"`
		Due       *string   `json:"due"`
		Archived  bool      `json:"archived"`
		Author    string    `json:"author"`
		Changed   time.Time `json:"changed"`
	}
)

// Server is the fake. The recorder makes it one: it journals, replays, serves and lets one request in at a time.
type Server struct {
	*sandbox.Recorder
	clock     func() time.Time
	lastID    int
	notebooks []*Notebook
	notes     []*Note
}

// New makes a server without notebooks.
func New(o sandbox.FakeOptions) *Server {
	s := &Server{}
	s.Recorder = sandbox.NewRecorder(o, allowed, func(clock func() time.Time) http.Handler {
		s.clock = clock
		return s.routes()
	})
	return s
}

func allowed(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token }

// System is the server's part of the sandbox.
func System() sandbox.System {
	return sandbox.System{
		Name:        "notes",
		New:         func(o sandbox.FakeOptions) sandbox.Fake { return New(o) },
		Credentials: map[string]string{"token": Token},
		Demo: func(f sandbox.Fake) {
			if s, ok := f.(*Server); ok {
				book := s.AddNotebook("Garden")
				s.AddNote(book, "Prune the apple tree")
				s.AddNote(book, "Order seeds")
			}
		},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notebooks", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.notebooks) })
	mux.HandleFunc("GET /notebooks/{id}", func(w http.ResponseWriter, r *http.Request) { show(w, s.notebook(r)) })
	mux.HandleFunc("POST /notebooks", func(w http.ResponseWriter, r *http.Request) {
		change(w, r, &Notebook{ID: s.nextID()}, func(n *Notebook) string { return refuse(n.Name) }, func(n *Notebook) {
			s.notebooks = append(s.notebooks, n)
		})
	})
	mux.HandleFunc("PATCH /notebooks/{id}", func(w http.ResponseWriter, r *http.Request) {
		change(w, r, s.notebook(r), func(n *Notebook) string { return refuse(n.Name) }, func(n *Notebook) { *s.notebook(r) = *n })
	})
	mux.HandleFunc("GET /notebooks/{id}/notes", s.page)
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, r *http.Request) { show(w, s.note(r)) })
	mux.HandleFunc("POST /notes", func(w http.ResponseWriter, r *http.Request) {
		change(w, r, &Note{ID: s.nextID(), Author: "connector", Changed: s.clock()}, s.refuseNote, func(n *Note) { s.notes = append(s.notes, n) })
	})
	mux.HandleFunc("PATCH /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		change(w, r, s.note(r), s.refuseNote, func(n *Note) { n.Changed = s.clock(); *s.note(r) = *n })
	})
	return mux
}

// pageSize is how many notes the server lists at a time.
const pageSize = 2

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	if s.notebook(r) == nil {
		http.NotFound(w, r)
		return
	}
	all := slices.DeleteFunc(slices.Clone(s.notes), func(n *Note) bool { return n.Notebook != number(r) })
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	from := min(max(0, page-1)*pageSize, len(all))
	to, next := min(from+pageSize, len(all)), 0
	if to < len(all) {
		next = max(1, page) + 1
	}
	answer(w, map[string]any{"notes": all[from:to], "next": next})
}

func (s *Server) refuseNote(n *Note) string {
	if !slices.ContainsFunc(s.notebooks, func(b *Notebook) bool { return b.ID == n.Notebook }) {
		return "there is no such notebook"
	}
	return refuse(n.Title)
}

func refuse(name string) string {
	if name == "" {
		return "it needs a name"
	}
	return ""
}

func (s *Server) nextID() int { s.lastID++; return s.lastID }

func number(r *http.Request) int { id, _ := strconv.Atoi(r.PathValue("id")); return id }

func (s *Server) notebook(r *http.Request) *Notebook {
	return find(s.notebooks, func(n *Notebook) bool { return n.ID == number(r) })
}

func (s *Server) note(r *http.Request) *Note {
	return find(s.notes, func(n *Note) bool { return n.ID == number(r) })
}

func find[T any](all []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// change puts the request's values over a copy of the object, and keeps it unless it is refused.
func change[T any](w http.ResponseWriter, r *http.Request, old *T, refuse func(*T) string, keep func(*T)) {
	if old == nil {
		http.NotFound(w, r)
		return
	}
	changed := *old
	if err := json.NewDecoder(r.Body).Decode(&changed); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if why := refuse(&changed); why != "" {
		http.Error(w, why, http.StatusUnprocessableEntity)
		return
	}
	keep(&changed)
	answer(w, changed)
}

func show[T any](w http.ResponseWriter, one *T) {
	if one == nil {
		http.Error(w, "there is no such record", http.StatusNotFound)
		return
	}
	answer(w, one)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// What follows is what a person does on the server's own pages. Ids are texts, as the connector has them.

// AddNotebook makes a notebook and gives its id.
func (s *Server) AddNotebook(name string) (id string) {
	s.Do(func() {
		n := &Notebook{ID: s.nextID(), Name: name}
		s.notebooks = append(s.notebooks, n)
		id = strconv.Itoa(n.ID)
	})
	return id
}

// AddNote makes a note in a notebook and gives its id.
func (s *Server) AddNote(notebook, title string) (id string) {
	s.Do(func() {
		in, _ := strconv.Atoi(notebook)
		n := &Note{ID: s.nextID(), Notebook: in, Title: title, Author: "ann", Changed: s.clock()}
		s.notes = append(s.notes, n)
		id = strconv.Itoa(n.ID)
	})
	return id
}

// EditNotebook changes a notebook.
func (s *Server) EditNotebook(id string, edit func(*Notebook)) {
	s.Do(func() { edit(find(s.notebooks, func(n *Notebook) bool { return fmt.Sprint(n.ID) == id })) })
}

// EditNote changes a note.
func (s *Server) EditNote(id string, edit func(*Note)) {
	s.Do(func() {
		n := find(s.notes, func(n *Note) bool { return fmt.Sprint(n.ID) == id })
		edit(n)
		n.Changed = s.clock()
	})
}

// DeleteNotebook deletes a notebook with its notes.
func (s *Server) DeleteNotebook(id string) {
	s.Do(func() {
		s.notebooks = slices.DeleteFunc(s.notebooks, func(n *Notebook) bool { return fmt.Sprint(n.ID) == id })
		s.notes = slices.DeleteFunc(s.notes, func(n *Note) bool { return fmt.Sprint(n.Notebook) == id })
	})
}

// DeleteNote deletes a note.
func (s *Server) DeleteNote(id string) {
	s.Do(func() { s.notes = slices.DeleteFunc(s.notes, func(n *Note) bool { return fmt.Sprint(n.ID) == id }) })
}

// Notebooks are all notebooks.
func (s *Server) Notebooks() (all []Notebook) {
	s.Do(func() {
		for _, n := range s.notebooks {
			all = append(all, *n)
		}
	})
	return all
}

// Notes are all notes of a notebook.
func (s *Server) Notes(notebook string) (all []Note) {
	s.Do(func() {
		for _, n := range s.notes {
			if fmt.Sprint(n.Notebook) == notebook {
				all = append(all, *n)
			}
		}
	})
	return all
}
