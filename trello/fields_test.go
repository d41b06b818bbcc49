package trello_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// modelOf is a model's configuration as the lines of a configuration file below `models:` give it.
func modelOf(t testing.TB, lines string) config.Model {
	t.Helper()
	var indented strings.Builder
	for line := range strings.Lines(lines) {
		indented.WriteString("        " + line)
	}
	text := "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends:\n  - name: trello\n    kind: trello\n    url: sandbox://demo\n    models:\n      - " +
		strings.TrimSpace(indented.String()) + "\n"
	c, err := config.LoadBytes("config.yaml", []byte(text), []config.Kind{trello.Backend().Kind()})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Backends[0].FindModel(strings.TrimSpace(strings.TrimPrefix(strings.SplitN(lines, "\n", 2)[0], "model:")))
	return m
}

// mapping gives the world this configuration of one model, in the place of what it had.
func (w *world) mapping(lines string) {
	w.t.Helper()
	m := modelOf(w.t, lines)
	for i := range w.models {
		if w.models[i].Model == m.Model {
			w.models[i] = m
			return
		}
	}
	w.models = append(w.models, m)
}

const startField = `model: trello.card
fields:
  - odoo: date_end
    external: start
`

func TestAMappedField(t *testing.T) {
	march := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	t.Run("Ensure it crosses both ways, and a quiet sync writes nothing", func(t *testing.T) {
		s := bound(t)
		s.mapping(startField)
		s.edit("Paint the door", func(c *trellotest.Card) { c.Start = march })
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "date_end", "2026-03-03 09:00:00")
		s.quiet()
		s.set("project.task", id, "date_end", "2026-03-04 10:00:00")
		s.mustSync()
		if got := s.card("Paint the door").Start; !got.Equal(time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
		s.set("project.task", id, "date_end", false)
		s.mustSync()
		if got := s.card("Paint the door").Start; !got.IsZero() {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
	})
	t.Run("Ensure it is given to what is created on either side", func(t *testing.T) {
		s := bound(t)
		s.mapping(startField)
		s.trello.AddCard(s.todo.ID, "Fell a tree")
		s.edit("Fell a tree", func(c *trellotest.Card) { c.Start = march })
		s.addTask("Saw the tree", map[string]any{"date_end": "2026-03-05 08:00:00"})
		s.mustSync()
		id, _ := s.task("Fell a tree")
		s.want("project.task", id, "date_end", "2026-03-03 09:00:00")
		if got := s.card("Saw the tree").Start; !got.Equal(time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)) {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
	})
}

func TestANewlyMappedField(t *testing.T) {
	march, april := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC), time.Date(2026, 4, 3, 9, 0, 0, 0, time.UTC)
	// filled is a pair of records with these values on both sides, before the field is mapped.
	filled := func(t *testing.T, card time.Time, task any) (*scene, int64) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Start = card })
		s.set("project.task", id, "date_end", task)
		s.mustSync()
		s.mapping(startField)
		s.resetRequests()
		return s, id
	}
	t.Run("Ensure an empty side is filled from the other, though nobody touched the record", func(t *testing.T) {
		s, id := filled(t, march, false)
		s.mustSync()
		s.want("project.task", id, "date_end", "2026-03-03 09:00:00")
		s.quiet()
		s, _ = filled(t, time.Time{}, "2026-04-03 09:00:00")
		s.mustSync()
		if got := s.card("Paint the door").Start; !got.Equal(april) {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
	})
	t.Run("Ensure equal values are noted without a job", func(t *testing.T) {
		s, _ := filled(t, march, "2026-03-03 09:00:00")
		if r := s.mustSync(); r.Jobs.Enqueued != 0 {
			t.Errorf("%d jobs", r.Jobs.Enqueued)
		}
		s.noWrites()
		s.quiet()
	})
	t.Run("Ensure two values wait for a person, and the card's other fields go on", func(t *testing.T) {
		s, id := filled(t, march, "2026-04-03 09:00:00")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.mustSync()
		s.want("project.task", id, "date_end", "2026-04-03 09:00:00")
		s.want("project.task", id, "description", "<p>Three coats</p>")
		s.fieldReviewed("date_end ↔ start", binding.Conflict)
		s.quiet()
	})
	t.Run("Ensure the policy decides where there is one", func(t *testing.T) {
		s, id := filled(t, march, "2026-04-03 09:00:00")
		s.mapping(strings.Replace(startField, "fields:", "conflict: backend\nfields:", 1))
		s.mustSync()
		s.want("project.task", id, "date_end", "2026-03-03 09:00:00")
		s.quiet()
	})
	t.Run("Ensure a pair of one direction never writes in the other", func(t *testing.T) {
		s, id := filled(t, time.Time{}, "2026-04-03 09:00:00")
		s.mapping(startField + "    direction: import\n")
		s.mustSync()
		s.noWrites()
		s.quiet()
		s.edit("Paint the door", func(c *trellotest.Card) { c.Start = march })
		s.mustSync()
		s.want("project.task", id, "date_end", "2026-03-03 09:00:00")
		s.set("project.task", id, "date_end", "2026-05-03 09:00:00")
		s.resetRequests()
		s.mustSync()
		s.noTrelloWrites()
	})
	t.Run("Ensure a pair that is taken out and comes back goes on where it was", func(t *testing.T) {
		s, id := filled(t, march, "2026-03-03 09:00:00")
		s.mustSync()
		with := s.models
		s.models = nil
		s.mustSync()
		s.models = with
		s.quiet()
		s.models = nil
		s.set("project.task", id, "date_end", "2026-05-03 09:00:00")
		s.mustSync()
		s.models = with
		s.clock.Advance(time.Hour)
		s.mustSync()
		if got := s.card("Paint the door").Start; !got.Equal(time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
	})
	t.Run("Ensure another pair of the same Odoo field does not take the first one's base for its own", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "date_deadline", "2026-03-09 15:00:00")
		s.mapping("model: trello.card\nfields:\n  - odoo: date_deadline\n    external: start\n")
		s.mustSync()
		s.want("project.task", id, "date_deadline", "2026-03-09 15:00:00")
		if got := s.card("Paint the door").Start; !got.Equal(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)) {
			t.Errorf("the card starts %v", got)
		}
		s.quiet()
	})
}

func TestManyNewlyMappedFields(t *testing.T) {
	if raced {
		t.Skip("counts the requests of a thousand records, which a race changes nothing about")
	}
	t.Run("Ensure 1,000 cards that are equal cost no job and a fixed number of requests", func(t *testing.T) {
		s := crowd(t, 1000)
		s.mapping(startField)
		s.resetRequests()
		if r := s.mustSync(); r.Jobs.Enqueued != 0 {
			t.Errorf("%d jobs", r.Jobs.Enqueued)
		}
		if n := len(s.trello.Requests()); n > 3 {
			t.Errorf("Trello was asked %d times", n)
		}
		tasks := 0
		for _, r := range s.odoo.Requests() {
			if r.Model == "project.task" && r.Method != "fields_get" {
				tasks++
			}
		}
		if tasks > 6 { // three questions, of up to two pages each
			t.Errorf("Odoo was asked %d times for tasks: %+v", tasks, s.odoo.Requests())
		}
		s.noWrites()
		s.resetRequests()
		s.quiet()
	})
}

// noWrites checks that nothing was written on either side since the requests began to count.
func (s *scene) noWrites() {
	s.t.Helper()
	if o, x := s.writes(); o+x != 0 {
		s.t.Errorf("Odoo was written %d times and Trello %d times, want never: %s", o, x, s.sent())
	}
}

// fieldReviewed checks that a field waits for a person.
func (s *scene) fieldReviewed(field string, kind binding.ReviewKind) {
	s.t.Helper()
	for _, r := range s.reviews(trello.CardModel) {
		if r.Field == field && r.Kind == kind {
			return
		}
	}
	s.t.Errorf("no review of %s of the kind %s: %+v", field, kind, s.reviews(trello.CardModel))
}

func TestWhatCanBeMapped(t *testing.T) {
	t.Run("Ensure every declared field of a record is in it, of its kind", func(t *testing.T) {
		s := bound(t)
		s.edit("Paint the door", func(c *trellotest.Card) { c.Start = time.Now() })
		s.mapping("model: trello.card\nfields: [{odoo: color, external: votes, direction: import}]")
		for _, m := range trello.Backend().AllModels() {
			s.declared(m)
		}
	})
}

// declared compares a model's records with its declaration.
func (s *scene) declared(m backend.Model) {
	s.with(func(ctx context.Context, r *run) {
		adapter, err := r.env.Adapter(m.Name)
		if err != nil {
			s.t.Fatal(err)
		}
		lister, ok := adapter.(backend.Lister)
		if !ok || len(m.Fields) == 0 {
			return
		}
		listing, err := lister.List(ctx)
		if err != nil || len(listing.Records) == 0 {
			s.t.Fatalf("%s lists %d records, %v", m.Name, len(listing.Records), err)
		}
		for _, rec := range listing.Records {
			for _, f := range m.Fields {
				v, has := rec.Get(f.Name)
				kind := f.Kind.String()
				if f.Kind == 6 { // Markdown is text until it is read as such
					kind = "text"
				}
				if !has || (!v.IsNull() && v.Kind().String() != kind && v.Kind() != f.Kind) {
					s.t.Errorf("%s: %s is %v (%v), declared as %v", m.Name, f.Name, v, v.Kind(), f.Kind)
				}
			}
		}
	})
}

func TestANameThatDoesNotConvert(t *testing.T) {
	t.Run("Ensure a card whose name does not convert stops no other record", func(t *testing.T) {
		s := bound(t)
		s.mapping("model: trello.card\nfields: [{odoo: name, external: name, import: 'split(value, \": \")[1]', export: '\"T: \" + value'}]\n")
		s.trello.AddCard(s.todo.ID, "Wax")
		s.trello.AddCard(s.todo.ID, "T: Saw")
		s.addTask("Hang the door", nil)
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		s.task("Saw")
		s.card("T: Hang the door")
		s.reviewed(trello.CardModel, binding.Unfit, binding.Unfit, binding.Unfit, binding.Unfit) // and the three cards that were there
		s.quiet()
		s.edit("Wax", func(c *trellotest.Card) { c.Name = "T: Wax" })
		s.mustSync()
		s.task("Wax")
	})
}
