package trello_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// boundOn is bound with this version of Odoo and these settings.
func boundOn(t *testing.T, version string, tune func(*trello.Settings)) *scene {
	t.Helper()
	s := &scene{world: newWorldOf(t, version)}
	s.tune = tune
	s.board, s.todo, s.doing = workshop(s.world)
	s.mustSync()
	s.project = s.projectID("Workshop")
	s.todoStage, s.doneStage = s.stageID("To do", s.project), s.stageID("Doing", s.project)
	s.resetRequests()
	return s
}

func inZone(name string) func(*trello.Settings) {
	return func(s *trello.Settings) { s.TimeZone = name }
}

// due demands when a card is due, in RFC 3339; "" is never.
func (w *world) due(name, want string) {
	w.t.Helper()
	got := ""
	if at := w.card(name).Due; !at.IsZero() {
		got = at.UTC().Format(time.RFC3339Nano)
	}
	if got != want {
		w.t.Errorf("card %q is due %q, want %q", name, got, want)
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDaysOfOdoo16(t *testing.T) {
	const brussels = "Europe/Brussels"
	t.Run("Ensure a card's due is the day that it is in the zone", func(t *testing.T) {
		s := boundOn(t, "16.0", inZone(brussels))
		id, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Due = at(t, "2026-03-09T23:30:00Z") })
		s.mustSync()
		s.want("project.task", id, "date_deadline", "2026-03-10")
		s.due("Oil the hinges", "2026-03-09T23:30:00Z")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure another time on the same day is no change of the day", func(t *testing.T) {
		s := boundOn(t, "16.0", inZone(brussels))
		s.edit("Paint the door", func(c *trellotest.Card) { c.Due = at(t, "2026-03-09T20:00:00.123Z") })
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.noOdooWrites()
		s.due("Paint the door", "2026-03-09T20:00:00.123Z")
		s.quiet()
	})
	t.Run("Ensure a first deadline goes out at 17:00 in the zone, or at the time that is configured", func(t *testing.T) {
		for dueTime, want := range map[string]string{"": "2026-07-01T15:00:00Z", "09:30": "2026-07-01T07:30:00Z"} {
			s := boundOn(t, "16.0", func(c *trello.Settings) { c.TimeZone, c.DueTime = brussels, dueTime })
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, "date_deadline", "2026-07-01")
			s.mustSync()
			s.due("Oil the hinges", want)
			s.want("project.task", id, "date_deadline", "2026-07-01")
			s.quiet()
		}
	})
	t.Run("Ensure another day keeps the time that the card had, in summer as in winter", func(t *testing.T) {
		s := boundOn(t, "16.0", inZone(brussels))
		id, _ := s.task("Paint the door") // due 16:00 in Brussels
		s.set("project.task", id, "date_deadline", "2026-07-01")
		s.mustSync()
		s.due("Paint the door", "2026-07-01T14:00:00Z")
		s.quiet()
	})
	t.Run("Ensure a deadline that is taken away is taken off the card, and the reverse", func(t *testing.T) {
		s := boundOn(t, "16.0", inZone(brussels))
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "date_deadline", false)
		s.mustSync()
		s.due("Paint the door", "")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Due = at(t, "2026-03-09T15:00:00Z") })
		s.mustSync()
		s.want("project.task", id, "date_deadline", "2026-03-09")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Due = time.Time{} })
		s.mustSync()
		s.want("project.task", id, "date_deadline", false)
		s.quiet()
	})
	for what, c := range map[string]struct{ dueTime, day, want string }{
		"a time that the clock leaves out is as much later":                    {"02:30", "2026-03-29", "2026-03-29T01:30:00Z"},
		"a time that the clock shows twice is the first":                       {"02:30", "2026-10-25", "2026-10-25T00:30:00Z"},
		"the hour after the clock was put forward is as the clock shows it":    {"03:00", "2026-03-29", "2026-03-29T01:00:00Z"},
		"the hour after the clock was put back is as the clock shows it":       {"03:00", "2026-10-25", "2026-10-25T02:00:00Z"},
		"the evening before the clock is put forward is still winter's":        {"23:30", "2026-03-28", "2026-03-28T22:30:00Z"},
		"midnight of the day on which the clock is put back is still summer's": {"00:00", "2026-10-25", "2026-10-24T22:00:00Z"},
	} {
		t.Run("Ensure "+what, func(t *testing.T) {
			s := boundOn(t, "16.0", func(set *trello.Settings) { set.TimeZone, set.DueTime = brussels, c.dueTime })
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, "date_deadline", c.day)
			s.mustSync()
			s.due("Oil the hinges", c.want)
			s.want("project.task", id, "date_deadline", c.day)
			s.quiet()
		})
	}
	t.Run("Ensure the zone is the Odoo user's where none is configured, and UTC where he has none", func(t *testing.T) {
		for tz, want := range map[any]string{"Asia/Tokyo": "2026-07-01T08:00:00Z", false: "2026-07-01T17:00:00Z"} {
			s := newWorldOf(t, "16.0")
			s.odoo.Write("res.users", []int64{2}, map[string]any{"tz": tz})
			workshop(s)
			s.mustSync()
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, "date_deadline", "2026-07-01")
			s.mustSync()
			s.due("Oil the hinges", want)
			s.quiet()
		}
	})
	t.Run("Ensure days that differ on both sides are a conflict, and times that do are none", func(t *testing.T) {
		s := boundOn(t, "16.0", inZone(brussels))
		s.model(trello.CardModel, func(m *config.Model) { m.Conflict = config.ConflictOdoo })
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "date_deadline", "2026-03-12")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Due = at(t, "2026-03-10T07:00:00Z") })
		s.mustSync()
		s.due("Paint the door", "2026-03-12T07:00:00Z")
		s.want("project.task", id, "date_deadline", "2026-03-12")
		s.quiet()
	})
}

func TestMomentsOfOdoo18(t *testing.T) {
	t.Run("Ensure milliseconds of a card are no difference", func(t *testing.T) {
		s := boundOn(t, "18.0", inZone("Europe/Brussels"))
		id, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Due = at(t, "2026-03-09T23:30:00.999Z") })
		s.mustSync()
		s.want("project.task", id, "date_deadline", "2026-03-09 23:30:00")
		s.due("Oil the hinges", "2026-03-09T23:30:00.999Z")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure a deadline goes out to the second", func(t *testing.T) {
		s := boundOn(t, "18.0", nil)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "date_deadline", "2026-07-01 09:08:07")
		s.mustSync()
		s.due("Oil the hinges", "2026-07-01T09:08:07Z")
		s.quiet()
	})
	t.Run("Ensure nobody's zone is asked for where dates are moments", func(t *testing.T) {
		s := boundOn(t, "18.0", nil)
		s.mustSync()
		s.resetRequests()
		s.mustSync()
		for _, r := range s.odoo.Requests() {
			if r.Model == "res.users" && r.Method == "read" {
				t.Errorf("a user was read: %v", r.Args)
			}
		}
	})
}

func TestStart(t *testing.T) {
	begin := func(t *testing.T, kind, field, configured string) *scene {
		t.Helper()
		s := &scene{world: newWorld(t)}
		s.odoo.AddField("project.task", field, kind, "Start")
		s.tune = func(set *trello.Settings) { set.StartField, set.TimeZone = configured, "Europe/Brussels" }
		s.board, s.todo, s.doing = workshop(s.world)
		s.mustSync()
		return s
	}
	t.Run("Ensure a start crosses both ways where Odoo has planned_date_begin", func(t *testing.T) {
		s := begin(t, "datetime", "planned_date_begin", "")
		id, _ := s.task("Oil the hinges")
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Start = at(t, "2026-03-09T08:00:00Z") })
		s.mustSync()
		s.want("project.task", id, "planned_date_begin", "2026-03-09 08:00:00")
		s.set("project.task", id, "planned_date_begin", "2026-03-10 08:00:00")
		s.mustSync()
		if got := s.card("Oil the hinges").Start; !got.Equal(at(t, "2026-03-10T08:00:00Z")) {
			t.Errorf("the card starts %s", got)
		}
		s.quiet()
	})
	t.Run("Ensure a start crosses both ways with a day that is configured", func(t *testing.T) {
		s := begin(t, "date", "x_start", "x_start")
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "x_start", "2026-07-01")
		s.mustSync()
		if got := s.card("Oil the hinges").Start; !got.Equal(at(t, "2026-07-01T07:00:00Z")) {
			t.Errorf("the card starts %s", got)
		}
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Start = at(t, "2026-07-02T22:30:00Z") })
		s.mustSync()
		s.want("project.task", id, "x_start", "2026-07-03")
		s.quiet()
	})
	t.Run("Ensure a start is left alone where Odoo has no field for it", func(t *testing.T) {
		s := bound(t)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Start = at(t, "2026-03-09T08:00:00Z") })
		s.mustSync()
		s.noOdooWrites()
		if got := s.card("Oil the hinges").Start; got.IsZero() {
			t.Error("the card's start is gone")
		}
		s.quiet()
	})
}
