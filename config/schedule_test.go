package config_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

const scheduleBlock = `schedule:
  - {name: night, run: sync, backends: [trello], at: "0 3 * * *", time_zone: Europe/Brussels, jitter: 10m}
  - {name: often, run: poll, every: 5m}
  - {name: cards, run: sync, every: 1h, models: [trello.card], direction: import, limit: 50}
  - {name: all, run: sync, at: "@weekly", full: true}
`

func TestScheduleSection(t *testing.T) {
	t.Run("Ensure all of the section is read", func(t *testing.T) {
		want := []config.Scheduled{
			{Name: "night", Run: "sync", Backends: []string{"trello"}, At: "0 3 * * *", TimeZone: "Europe/Brussels", Jitter: 10 * time.Minute, Line: 18},
			{Name: "often", Run: "poll", Every: 5 * time.Minute, Line: 19},
			{Name: "cards", Run: "sync", Every: time.Hour, Models: []string{"trello.card"}, Direction: config.DirectionImport, Limit: 50, Line: 20},
			{Name: "all", Run: "sync", At: "@weekly", Full: true, Line: 21},
		}
		c := mustLoad(t, valid+scheduleBlock)
		if !reflect.DeepEqual(c.Schedule, want) {
			t.Errorf("got  %+v\nwant %+v", c.Schedule, want)
		}
		if zone := c.Schedule[0].Location().String(); zone != "Europe/Brussels" || c.Schedule[1].Location() != time.Local {
			t.Errorf("the zones are %s and %s", zone, c.Schedule[1].Location())
		}
		if s, ok := c.FindScheduled("often"); !ok || s.Every != 5*time.Minute {
			t.Errorf("found %+v, %v", s, ok)
		}
		if _, ok := c.FindScheduled("seldom"); ok {
			t.Error("an entry was found that is not there")
		}
	})
	t.Run("Ensure it may be left out or empty", func(t *testing.T) {
		for _, text := range []string{"", "schedule:\n", "schedule: []\n"} {
			if got := mustLoad(t, valid+text).Schedule; len(got) != 0 {
				t.Errorf("%q gives %+v", text, got)
			}
		}
	})
	t.Run("Ensure it is shown as it is written", func(t *testing.T) {
		shown := mustLoad(t, valid+scheduleBlock).Redacted()["schedule"]
		want := []any{
			map[string]any{"name": "night", "run": "sync", "backends": []any{"trello"}, "at": "0 3 * * *", "time_zone": "Europe/Brussels", "jitter": "10m"},
			map[string]any{"name": "often", "run": "poll", "every": "5m"},
			map[string]any{"name": "cards", "run": "sync", "every": "1h", "models": []any{"trello.card"}, "direction": "import", "limit": 50},
			map[string]any{"name": "all", "run": "sync", "at": "@weekly", "full": true},
		}
		if !reflect.DeepEqual(shown, want) {
			t.Errorf("got  %v\nwant %v", shown, want)
		}
	})
	for about, test := range map[string]struct{ entry, want string }{
		"an unknown key":              {"name: a, run: sync, every: 5m, evry: 5m", `18: schedule[0].evry: unknown key "evry"; did you mean "every"?`},
		"no name":                     {"run: sync, every: 5m", `18: schedule[0].name: required key "name" is missing`},
		"a name that is none":         {"name: a/b, run: sync, every: 5m", `18: schedule[0].name: "a/b" is not a name; use up to 64 letters, digits, dots, - and _, beginning with a letter or digit`},
		"nothing to run":              {"name: a, every: 5m", `18: schedule[0].run: required key "run" is missing; say what it does, as sync`},
		"no time":                     {"name: a, run: sync", `18: schedule[0]: nothing says when it runs; give at, as "0 3 * * *", or every, as 5m`},
		"both kinds of time":          {"name: a, run: sync, at: \"0 3 * * *\", every: 5m", `18: schedule[0].every: at and every exclude each other; give one of the two`},
		"too short an interval":       {"name: a, run: sync, every: 1s", `18: schedule[0].every: "1s" is not between 10s and 366d`},
		"a time without a unit":       {"name: a, run: sync, every: 5", `18: schedule[0].every: expected a time span, found a number; write a number with its unit, as 30s, 2m or 1d`},
		"a number for an expression":  {"name: a, run: sync, at: 5", `18: schedule[0].at: expected text, found a number; write it in quotes`},
		"a zone that is none":         {"name: a, run: sync, at: \"0 3 * * *\", time_zone: Europe/Brusels", `18: schedule[0].time_zone: there is no time zone "Europe/Brusels"; write it as Europe/Brussels, or UTC`},
		"the zone Local":              {"name: a, run: sync, at: \"0 3 * * *\", time_zone: Local", `18: schedule[0].time_zone: there is no time zone "Local"; write it as Europe/Brussels, or UTC`},
		"a zone of an interval":       {"name: a, run: sync, every: 5m, time_zone: UTC", `18: schedule[0].time_zone: an interval has no time zone; give it with at`},
		"a jitter beyond the next":    {"name: a, run: sync, every: 5m, jitter: 6m", `18: schedule[0].jitter: a jitter of 6m is longer than the 5m from one run to the next`},
		"an unknown backend":          {"name: a, run: sync, every: 5m, backends: [trelo]", `18: schedule[0].backends[0]: there is no backend named "trelo"; did you mean "trello"? (trello)`},
		"a backend twice":             {"name: a, run: sync, every: 5m, backends: [trello, trello]", `18: schedule[0].backends[1]: backend trello is named twice`},
		"backends that are no list":   {"name: a, run: sync, every: 5m, backends: trello", `18: schedule[0].backends: expected a list, found text; write each entry on a line of its own after "- ", or all in [ ]`},
		"an unknown model":            {"name: a, run: sync, every: 5m, models: [trello.cards]", `18: schedule[0].models[0]: there is no binding model "trello.cards"; did you mean "trello.card"? (trello.board, trello.list, trello.label, trello.card)`},
		"a model twice":               {"name: a, run: sync, every: 5m, models: [trello.card, trello.card]", `18: schedule[0].models[1]: model trello.card is named twice`},
		"no models":                   {"name: a, run: sync, every: 5m, models: []", `18: schedule[0].models: is an empty list; leave it out, for all models`},
		"a direction that is none":    {"name: a, run: sync, every: 5m, direction: both", `18: schedule[0].direction: "both" is not one way; use one of import, export`},
		"a limit of nothing":          {"name: a, run: sync, every: 5m, limit: 0", `18: schedule[0].limit: 0 is not 1 or more`},
		"a full that is no truth":     {"name: a, run: sync, every: 5m, full: 1", `18: schedule[0].full: expected true or false, found a number`},
		"a poll that is full":         {"name: a, run: poll, every: 5m, full: true", `18: schedule[0].full: only a sync can have full; leave it out, or use run: sync`},
		"a second entry of that name": {"name: a, run: sync, every: 5m}\n  - {name: a, run: sync, every: 6m", `19: schedule[1].name: duplicate name "a", first on line 18`},
	} {
		t.Run("Ensure "+about+" is reported with its place", func(t *testing.T) {
			_, err := load(valid + "schedule:\n  - {" + test.entry + "}\n")
			wantText(t, err, "config.yaml:"+test.want)
		})
	}
}
