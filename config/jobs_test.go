package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

const jobsBlock = `jobs:
  channels:
    - root:4
    - root.trello:1:throttle=2
  retry_pattern: {1: 10s, 5: 1m, 10: [5m, 15m]}
  functions:
    - name: import_record
      channel: root.trello
      retry_pattern: "{1: 30}"
      time_limit: 5m
      max_retries: 0
      priority: 20
    - {name: export_record}
  retention:
    - {state: done, keep: 60d}
    - {state: done, channel: root.trello, keep: 12h}
    - {state: failed, keep: never}
`

func TestJobs(t *testing.T) {
	t.Run("Ensure all of the section is read", func(t *testing.T) {
		none := 0
		want := config.Jobs{
			Channels: "root:4\nroot.trello:1:throttle=2", RetryPattern: "{1: 10s, 5: 1m, 10: [5m, 15m]}",
			Functions: []config.JobFunction{{Name: "import_record", Channel: "root.trello", RetryPattern: "{1: 30}", TimeLimit: 5 * time.Minute,
				MaxRetries: &none, Priority: 20}, {Name: "export_record"}},
			Retention: []config.JobRetention{{State: "done", Keep: 60 * 24 * time.Hour}, {State: "done", Channel: "root.trello", Keep: 12 * time.Hour},
				{State: "failed"}},
		}
		if got := mustLoad(t, valid+jobsBlock).Jobs; !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("Ensure all of it may be left out, and channels may be one text", func(t *testing.T) {
		for text, want := range map[string]config.Jobs{
			"":                                       {},
			"jobs:\n":                                {},
			"jobs: {}\n":                             {},
			"jobs:\n  channels: root:4,root.a:1\n":   {Channels: "root:4,root.a:1"},
			"jobs:\n  channels: |\n    a:1\n    b\n": {Channels: "a:1\nb\n"},
			"jobs:\n  retry_pattern: 1:10\n":         {RetryPattern: "1:10"},
		} {
			if got := mustLoad(t, valid+text).Jobs; !reflect.DeepEqual(got, want) {
				t.Errorf("%q gives %+v, want %+v", text, got, want)
			}
		}
	})
	t.Run("Ensure it is shown as it is written", func(t *testing.T) {
		shown := mustLoad(t, valid+jobsBlock).Redacted()["jobs"]
		want := map[string]any{
			"channels": "root:4,root.trello:1:throttle=2", "retry_pattern": "{1: 10s, 5: 1m, 10: [5m, 15m]}",
			"functions": []any{map[string]any{"name": "import_record", "channel": "root.trello", "retry_pattern": "{1: 30}", "time_limit": "5m",
				"max_retries": 0, "priority": 20}, map[string]any{"name": "export_record"}},
			"retention": []any{map[string]any{"state": "done", "keep": "60d"},
				map[string]any{"state": "done", "channel": "root.trello", "keep": "12h"}, map[string]any{"state": "failed", "keep": "never"}},
		}
		if !reflect.DeepEqual(shown, want) {
			t.Errorf("got  %v\nwant %v", shown, want)
		}
		if shown, there := mustLoad(t, valid).Redacted()["jobs"]; there {
			t.Errorf("shown without being there: %v", shown)
		}
	})
	for about, test := range map[string]struct{ line, want string }{
		"an unknown key":             {"  chanels: x", `18: jobs.chanels: unknown key "chanels"; did you mean "channels"? (channels, retry_pattern, functions, retention)`},
		"a list of numbers":          {"  channels: [4]", `18: jobs.channels[0]: expected text, found a number; write it in quotes`},
		"a pattern of truth":         {"  retry_pattern: {1: true}", `18: jobs.retry_pattern: expected numbers of attempts with delays, found keys with values; write {1: 10s, 5: 1m, 10: [5m, 15m]}`},
		"a function without a name":  {"  functions: [{channel: root}]", `18: jobs.functions[0].name: required key "name" is missing`},
		"a function twice":           {"  functions: [{name: a}, {name: a}]", `18: jobs.functions[1].name: duplicate name "a", first on line 18`},
		"an unknown key of one":      {"  functions: [{name: a, retries: 3}]", `18: jobs.functions[0].retries: unknown key "retries"; use one of name, channel, retry_pattern, time_limit, max_retries, priority`},
		"too short a limit":          {"  functions: [{name: a, time_limit: 10ms}]", `18: jobs.functions[0].time_limit: "10ms" is not between 1s and 24h`},
		"retries below zero":         {"  functions: [{name: a, max_retries: -1}]", `18: jobs.functions[0].max_retries: -1 is not between 0 and 1000`},
		"a priority of zero":         {"  functions: [{name: a, priority: 0}]", `18: jobs.functions[0].priority: 0 is not between 1 and 1000`},
		"a state in which none ends": {"  retention: [{state: pending, keep: 3d}]", `18: jobs.retention[0].state: "pending" is not a state in which a job ends; use one of done, cancelled, failed`},
		"a misspelt state":           {"  retention: [{state: faild, keep: 3d}]", `18: jobs.retention[0].state: "faild" is not a state in which a job ends; did you mean "failed"? (done, cancelled, failed)`},
		"no time":                    {"  retention: [{state: done}]", `18: jobs.retention[0].keep: required key "keep" is missing; write it as 30d, 12h, or never`},
		"a time without a unit":      {"  retention: [{state: done, keep: 30}]", `18: jobs.retention[0].keep: expected a time span, found a number; write it as 30d, 12h, or never`},
		"a time that is none":        {"  retention: [{state: done, keep: xd}]", `18: jobs.retention[0].keep: "xd" is not a time span; write it as 30d, 12h, or never`},
		"a time before the end":      {"  retention: [{state: done, keep: -3d}]", `18: jobs.retention[0].keep: "-3d" is not a time span; write it as 30d, 12h, or never`},
		"a time beyond all":          {"  retention: [{state: done, keep: 99999999999d}]", `18: jobs.retention[0].keep: "99999999999d" is not a time span; write it as 30d, 12h, or never`},
		"two rules for one":          {"  retention: [{state: done, keep: 3d}, {state: done, keep: 4d}]", `18: jobs.retention[1]: a second rule for done jobs of this channel, first on line 18`},
	} {
		t.Run("Ensure "+about+" is reported with its place", func(t *testing.T) {
			_, err := load(valid + "jobs:\n" + test.line + "\n")
			wantText(t, err, "config.yaml:"+test.want)
		})
	}
}

func TestChecks(t *testing.T) {
	check := func(c *config.Config) []config.SettingProblem {
		if c.Jobs.Functions[1].Name != "export_record" {
			t.Errorf("asked about %+v", c.Jobs)
		}
		return []config.SettingProblem{{Path: "jobs.functions[1].name", Problem: "there is no such function", Hint: "look"},
			{Path: "jobs.functions[1].channel", Problem: "it has none"}}
	}
	t.Run("Ensure what a check finds wrong has the place of the value, or of what should have it", func(t *testing.T) {
		_, err := config.LoadBytes("config.yaml", []byte(valid+jobsBlock), kinds, check)
		wantText(t, err, "config.yaml:29: jobs.functions[1]: it has none\nconfig.yaml:29: jobs.functions[1].name: there is no such function; look")
	})
	t.Run("Ensure what a check finds comes beside what is wrong already, but not twice", func(t *testing.T) {
		text := strings.NewReplacer("state: data", "sate: data", "name: export_record", "name: [export_record]").Replace(valid + jobsBlock)
		beside := func(*config.Config) []config.SettingProblem {
			return []config.SettingProblem{{Path: "jobs.functions[1].name", Problem: "there is no such function"},
				{Path: "jobs.retry_pattern", Problem: "is odd"}}
		}
		_, err := config.LoadBytes("config.yaml", []byte(text), kinds, beside)
		wantText(t, err, `config.yaml:1: sate: unknown key "sate"; did you mean "state"? (state, odoo, backends, jobs, schedule, notify)
config.yaml:21: jobs.retry_pattern: is odd
config.yaml:29: jobs.functions[1].name: expected text, found a list`)
	})
}
