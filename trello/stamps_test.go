package trello_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// stamped is the workshop in an Odoo whose tasks have fields for the card's id, its address and the time of the last sync.
func stamped(t *testing.T, version string) *scene {
	t.Helper()
	s := &scene{world: newWorldOf(t, version)}
	s.odoo.AddField("project.task", "x_card", "char", "Card")
	s.odoo.AddField("project.task", "x_url", "char", "Address")
	s.odoo.AddField("project.task", "x_synced", "datetime", "Synchronized")
	s.tune = func(c *trello.Settings) {
		c.ExternalIDField, c.URLField, c.SyncDateField = "x_card", "x_url", "x_synced"
	}
	s.board, s.todo, s.doing = workshop(s.world)
	s.mustSync()
	s.project = s.projectID("Workshop")
	s.todoStage, s.doneStage = s.stageID("To do", s.project), s.stageID("Doing", s.project)
	s.resetRequests()
	return s
}

// stampsOf demands a task's stamps, and gives the time of its last sync.
func (s *scene) stampsOf(name string) string {
	s.t.Helper()
	id, _ := s.task(name)
	c := s.card(name)
	s.want("project.task", id, "x_card", c.ShortLink)
	s.want("project.task", id, "x_url", "https://trello.com/c/"+c.ShortLink)
	synced, _ := s.value("project.task", id, "x_synced").(string)
	if synced == "" {
		s.t.Errorf("task %q has no time of its last sync", name)
	}
	return synced
}

func TestStamps(t *testing.T) {
	eachVersion(t, "Ensure an imported card's id, address and time are saved with its task, in one write", func(t *testing.T, version string) {
		s := stamped(t, version)
		s.stampsOf("Oil the hinges")
		s.trello.AddCard(s.todo.ID, "Sand the door")
		s.resetRequests()
		s.mustSync()
		s.stampsOf("Sand the door")
		if o, x := s.writes(); o != 1 || x != 0 {
			t.Errorf("Odoo was written %d times and Trello %d times, want once and never: %s", o, x, s.sent())
		}
		s.quiet()
	})
	eachVersion(t, "Ensure an exported card's id, address and time are saved back after it was created", func(t *testing.T, version string) {
		s := stamped(t, version)
		s.addTask("Hang the door", map[string]any{"sequence": 1 << 20}) // last, so that its card need not be moved
		s.mustSync()
		s.stampsOf("Hang the door")
		if o, x := s.writes(); o != 1 || x != 1 {
			t.Errorf("Odoo was written %d times and Trello %d times, want once each: %s", o, x, s.sent())
		}
		s.quiet()
	})
	t.Run("Ensure they are saved back where cards are only exported", func(t *testing.T) {
		s := stamped(t, "18.0")
		s.direct(trello.CardModel, config.DirectionExport)
		s.addTask("Hang the door", nil)
		s.mustSync()
		s.stampsOf("Hang the door")
		s.quiet()
	})
	t.Run("Ensure they are saved where two equal records are matched", func(t *testing.T) {
		s := stamped(t, "18.0")
		s.addTask("Mend the gate", nil)
		s.trello.AddCard(s.todo.ID, "Mend the gate")
		s.mustSync()
		s.stampsOf("Mend the gate")
		s.quiet()
	})
	t.Run("Ensure the time goes along with every other write of ours, and with none of a person's", func(t *testing.T) {
		s := stamped(t, "18.0")
		first := s.stampsOf("Oil the hinges")
		s.clock.Advance(time.Hour)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		second := s.stampsOf("Oil the hinges")
		if second <= first {
			t.Errorf("the time went from %s to %s", first, second)
		}
		s.clock.Advance(time.Hour)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, "description", "<p>Most of them</p>")
		s.resetRequests()
		s.mustSync()
		s.noOdooWrites()
		if got := s.stampsOf("Oil the hinges"); got != second {
			t.Errorf("the time is %s, want %s", got, second)
		}
		s.quiet()
	})
	t.Run("Ensure what a user makes of them is no change and is left to him", func(t *testing.T) {
		s := stamped(t, "18.0")
		id, _ := s.task("Oil the hinges")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"x_card": "mine", "x_url": false, "x_synced": false})
		s.quiet()
		s.want("project.task", id, "x_card", "mine")
	})
	t.Run("Ensure cards that were bound before get them once they are configured", func(t *testing.T) {
		s := bound(t)
		s.odoo.AddField("project.task", "x_url", "char", "Address")
		s.tune = func(c *trello.Settings) { c.URLField = "x_url" }
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.want("project.task", id, "x_url", "https://trello.com/c/"+s.card("Oil the hinges").ShortLink)
		s.noTrelloWrites()
		s.quiet()
	})
}

func TestFieldsThatDoNotFit(t *testing.T) {
	for what, c := range map[string]struct {
		tune func(*trello.Settings)
		want string
	}{
		"a field that is not there": {
			func(c *trello.Settings) { c.URLField = "x_urll" },
			"backend trello: tasks of this Odoo have no field \"x_urll\" (did you mean \"x_url\"?); change `url_field:` in the configuration",
		},
		"a field of another type": {
			func(c *trello.Settings) { c.SyncDateField = "x_url" },
			"backend trello: the field x_url of tasks is of the type char, not datetime or date; change `sync_date_field:` in the configuration",
		},
		"a field that is mapped": {
			func(c *trello.Settings) { c.ExternalIDField = "name" },
			"backend trello: the field name of tasks is mapped already; change `external_id_field:` in the configuration",
		},
		"a field that cannot be written": {
			func(c *trello.Settings) { c.StartField = "date_last_stage_update" },
			"backend trello: the field date_last_stage_update of tasks cannot be written; change `start_field:` in the configuration",
		},
	} {
		t.Run("Ensure "+what+" stops the sync before anything is written", func(t *testing.T) {
			w := newWorld(t)
			w.odoo.AddField("project.task", "x_url", "char", "Address")
			workshop(w)
			w.tune = c.tune
			w.resetRequests()
			_, err := w.sync()
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			w.noOdooWrites()
		})
	}
}

func TestSettings(t *testing.T) {
	load := func(lines string) error {
		text := "odoo:\n  - {name: main, url: sandbox://demo}\nbackends:\n  - name: one\n    kind: trello\n    key: k\n    token: t\n" + lines
		_, err := config.LoadBytes("config.yaml", []byte(text), []config.Kind{trello.Backend().Kind()})
		return err
	}
	t.Run("Ensure good settings are taken", func(t *testing.T) {
		err := load(`    due_time: "08:30"
    time_zone: America/Argentina/Buenos_Aires
    start_field: x_start
    external_id_field: x_studio_card
    members:
      - {trello: ann, odoo: ann@example.com}
      - {trello: bob, odoo: "7"}
`)
		if err != nil {
			t.Error(err)
		}
	})
	for lines, want := range map[string]string{
		`    due_time: 5pm`:                              `config.yaml:8: backends[0].due_time: "5pm" is not a time of day; write it as "17:00"`,
		`    due_time: "24:00"`:                          `config.yaml:8: backends[0].due_time: "24:00" is not a time of day; write it as "17:00"`,
		`    time_zone: Brussels`:                        `config.yaml:8: backends[0].time_zone: "Brussels" is not a time zone; write its IANA name, as Europe/Brussels`,
		`    time_zone: Local`:                           `config.yaml:8: backends[0].time_zone: "Local" is not a time zone; write its IANA name, as Europe/Brussels`,
		`    url_field: "Trello URL"`:                    `config.yaml:8: backends[0].url_field: "Trello URL" is not the name of a field; use the technical name that Odoo shows in developer mode, as x_trello_url`,
		"    external_id_field: x_u\n    url_field: x_u": `config.yaml:9: backends[0].url_field: the field x_u is external_id_field already; name another field`,
		"    members:\n      - {trello: ann, odoo: a}\n      - {trello: \"@Ann\", odoo: b}": `config.yaml:10: backends[0].members[1].trello: "@Ann" is named in members[0] already`,
		"    members:\n      - {trello: ann}":                                               `config.yaml:9: backends[0].members[0].odoo: required key "odoo" is missing`,
		"    members:\n      ann: a":                                                        `config.yaml:9: backends[0].members: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]`,
	} {
		t.Run("Ensure a wrong setting is told with its line: "+strings.TrimSpace(lines), func(t *testing.T) {
			if err := load(lines + "\n"); err == nil || err.Error() != want {
				t.Errorf("got\n%v, want\n%s", err, want)
			}
		})
	}
}
