package trello_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// versions are the three that the framework's slides show side by side: the generic one, one whose
// cards live under another path, and one of a customer who maps one field more.
func versions() (generic, two, custom *backend.Backend) {
	generic = trello.Backend()
	two = generic.Version("2.0")
	two.Adapter(trello.CardModel, trello.Cards("v2/cards"))
	custom = generic.Version("custom")
	custom.Mapper(trello.CardModel, trello.CardMapper().Extend(important()))
	return generic, two, custom
}

// important brings a card's name that begins with an exclamation mark into the task's priority.
func important() mapping.Field {
	return mapping.Field{
		Name: "priority", Odoo: []string{"priority"}, External: []string{"name"},
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if strings.HasPrefix(s.Record.Value("name").AsText(), "!") {
				return record.Text("1"), nil
			}
			return record.Text("0"), nil
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) { return s.Record.Value("priority"), nil },
		ToOdoo:   func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"priority": t.Value}, nil },
	}
}

// renamed makes the fake Trello answer below another path too, as a later version of its API would.
func renamed(w *world) (asked *[]string) {
	asked = new([]string)
	w.base = func(base http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/1/") {
				*asked = append(*asked, r.Method+" "+r.URL.Path)
				r.URL.Path = strings.Replace(r.URL.Path, "/1/v2/", "/1/", 1)
			}
			return base.RoundTrip(r)
		})
	}
	return asked
}

// hasPrefix reports whether any of the texts begins so.
func hasPrefix(all []string, prefix string) bool {
	for _, s := range all {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

func TestVersionsSideBySide(t *testing.T) {
	generic, two, custom := versions()
	sync := func(t *testing.T, b *backend.Backend) (s *scene, asked []string) {
		s = &scene{world: newWorld(t)}
		s.backend = b
		paths := renamed(s.world)
		s.board, s.todo, s.doing = workshop(s.world)
		s.trello.AddCard(s.todo.ID, "! Mend the roof")
		s.mustSync()
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "name", "Paint the gate")
		s.mustSync()
		s.card("Paint the gate")
		return s, *paths
	}
	t.Run("Ensure the generic version asks below its own path", func(t *testing.T) {
		s, asked := sync(t, generic)
		if !hasPrefix(asked, "PUT /1/cards/") || hasPrefix(asked, "PUT /1/v2/") {
			t.Errorf("Trello was asked %q", asked)
		}
		id, _ := s.task("! Mend the roof")
		s.want("project.task", id, "priority", "0")
	})
	t.Run("Ensure a child that replaces one adapter asks below another path, and inherits the rest", func(t *testing.T) {
		_, asked := sync(t, two)
		if !hasPrefix(asked, "PUT /1/v2/cards/") || hasPrefix(asked, "PUT /1/cards/") || !hasPrefix(asked, "GET /1/boards/") {
			t.Errorf("Trello was asked %q", asked)
		}
		if from := two.Source(trello.CardModel, backend.MapperUnit); from != generic {
			t.Errorf("the mapper comes from %v, want the generic version", from)
		}
	})
	t.Run("Ensure a child that adds one mapping maps it, and inherits the rest", func(t *testing.T) {
		s, asked := sync(t, custom)
		id, _ := s.task("! Mend the roof")
		s.want("project.task", id, "priority", "1")
		if !hasPrefix(asked, "PUT /1/cards/") {
			t.Errorf("Trello was asked %q", asked)
		}
		s.quiet()
	})
	t.Run("Ensure a mapping of one direction never writes in the other", func(t *testing.T) {
		s, _ := sync(t, custom)
		id, _ := s.task("! Mend the roof")
		s.set("project.task", id, "priority", "0")
		s.resetRequests()
		s.mustSync()
		s.noTrelloWrites()
	})
	t.Run("Ensure the parent is not changed by its children", func(t *testing.T) {
		m, err := generic.MapperOf(trello.CardModel)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := m.Field("priority"); ok {
			t.Error("the generic version maps the priority")
		}
	})
}

func TestAUnitThatNoVersionHas(t *testing.T) {
	b := trello.Backend()
	b.Declare(backend.Model{Name: "trello.checklist", OdooModel: "project.task", Noun: "checklist", OdooNoun: "task"})
	_, err := b.Version("2.0").MapperOf("trello.checklist")
	var none *backend.NoUnitError
	if !errors.As(err, &none) {
		t.Fatalf("got the error %v, want a *backend.NoUnitError", err)
	}
	want := "backend trello 2.0 has no mapper for trello.checklist; register one with Backend.Mapper"
	if err.Error() != want {
		t.Errorf("got the error %q, want %q", err, want)
	}
}

func TestAJobFunction(t *testing.T) {
	args := func(s *scene, name string) synchronizer.Args {
		return synchronizer.Args{Model: trello.CardModel, ExternalID: s.card(name).ID, Parent: s.board.ID}
	}
	t.Run("Ensure it works at once where it is called", func(t *testing.T) {
		s := bound(t)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.with(func(ctx context.Context, r *run) {
			if o := synchronizer.ImportFunc().Call(ctx, r.Synchronizer, args(s, "Oil the hinges")); o.Kind != jobs.Done || o.Err != nil {
				t.Errorf("got the outcome %s %q %v", o.Kind, o.Result, o.Err)
			}
		})
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "description", "<p>All of them</p>")
		if n := len(s.jobsIn(jobs.StatePending)); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
		s.quiet()
	})
	t.Run("Ensure it waits for a worker where it is delayed", func(t *testing.T) {
		s := bound(t)
		s.trello.AddCard(s.todo.ID, "Water the plants")
		s.with(func(ctx context.Context, r *run) {
			a := args(s, "Water the plants")
			var id int64
			err := r.db.Write(ctx, func(tx *state.Tx) (err error) {
				id, _, err = synchronizer.ImportFunc().Delay(ctx, r.queue, tx, a, r.Spec(synchronizer.ImportRecord, a, "Water the plants"))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			j, err := r.queue.Get(ctx, id)
			if err != nil || j.Description != "Import card 'Water the plants' into project.task" || j.State != jobs.StatePending {
				t.Fatalf("got the job %+v and the error %v", j, err)
			}
			s.noOdooWrites()
			if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{id}, synchronizer.RunOptions{Owner: "test"}); err != nil {
				t.Fatal(err)
			}
		})
		s.task("Water the plants")
		s.quiet()
	})
	t.Run("Ensure a job that is done may be run again and finds nothing to do", func(t *testing.T) {
		s := bound(t)
		var steps []string
		s.explain = func(step string) { steps = append(steps, step) }
		s.with(func(ctx context.Context, r *run) {
			err := r.db.Write(ctx, func(tx *state.Tx) error { return r.queue.Requeue(ctx, tx, 1) })
			if err != nil {
				t.Fatal(err)
			}
			if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{1}, synchronizer.RunOptions{Owner: "test"}); err != nil {
				t.Fatal(err)
			}
		})
		s.noOdooWrites()
		if text := strings.Join(steps, "\n"); !contains(text, "job 1: Import board 'Workshop' into project.project") || !contains(text, "read 1 board") || !contains(text, "nothing to do") {
			t.Errorf("the job explained itself as %q", text)
		}
	})
	t.Run("Ensure a card that points to an unknown board waits for the board's own job", func(t *testing.T) {
		w := newWorld(t)
		s := &scene{world: w}
		s.board, s.todo, s.doing = workshop(w)
		w.with(func(ctx context.Context, r *run) {
			o := synchronizer.ImportFunc().Call(ctx, r.Synchronizer, args(s, "Oil the hinges"))
			if o.Kind != jobs.Wait || len(o.Dependencies) == 0 {
				t.Errorf("got the outcome %s with %d dependencies, want it to wait", o.Kind, len(o.Dependencies))
			}
		})
		w.noOdooWrites()
	})
}
