package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/transport"
)

type reportArgs struct {
	Board string `json:"board" jobs:"required"`
}

// withReport adds a job function to Trello.
func withReport(say func(a reportArgs) jobs.Outcome) Option {
	return Extending("trello", func(root *backend.Backend) {
		backend.Runs(root, jobs.NewFunc("trello.board.report", func(_ context.Context, _ *backend.Calling, a reportArgs) jobs.Outcome { return say(a) }))
	})
}

func TestJobsEnqueue(t *testing.T) {
	d := newDesk(t, "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: trello, kind: trello, url: 'sandbox://demo'}]\n"+
		"jobs: {functions: [{name: trello.board.report, max_retries: 1, priority: 3}]}\n")
	var called int
	outcome := jobs.Outcome{Kind: jobs.Done}
	report := withReport(func(a reportArgs) jobs.Outcome {
		called++
		o := outcome
		o.Result = "board " + a.Board
		return o
	})
	run := func(want int, args ...string) string {
		t.Helper()
		a := newApp(report)
		var out bytes.Buffer
		a.out, a.err, a.clock = &out, &out, d
		if code := a.run(append([]string{"--config", d.path("config.yaml")}, args...)); code != want {
			t.Fatalf("exit %d, want %d: %s", code, want, out.String())
		}
		return out.String()
	}
	run(0, "sync", "trello")
	enqueue := []string{"jobs", "enqueue", "trello.board.report", "--backend", "trello"}
	// add enqueues a call and gives the job's id.
	add := func(args ...string) string {
		t.Helper()
		var v enqueuedView
		text := run(0, slices.Concat([]string{"--output", "json"}, enqueue, args)...)
		if err := json.Unmarshal([]byte(text), &v); err != nil || !v.Created {
			t.Fatalf("%s (%v)", text, err)
		}
		return strconv.FormatInt(v.ID, 10)
	}
	var first string
	t.Run("Ensure a call stands in the line as it was described, and waits once", func(t *testing.T) {
		call := []string{"--args", `{ "board": "5f" }`, "--identity", "report", "--description", "Report of 5f"}
		first = add(call...)
		mustHave(t, run(0, append(enqueue, call...)...), "job "+first+" waits already for report\n")
		again := strings.TrimSpace(run(0, slices.Concat([]string{"--output", "json"}, enqueue, call)...))
		mustHave(t, again, `{"id":`+first+`,"created":false}`)
		newJudge(t).line("jobs enqueue", again)
		mustHave(t, run(0, "jobs", "show", first), "trello.board.report", "Report of 5f", `{"board":"5f"}`)
	})
	t.Run("Ensure a dry run doesn't call it", func(t *testing.T) {
		run(0, "sync", "trello", "--dry-run")
		if called != 0 {
			t.Errorf("called %d times", called)
		}
	})
	t.Run("Ensure whatever runs jobs calls it", func(t *testing.T) {
		run(0, "jobs", "run", "--id", first)
		mustHave(t, run(0, "jobs", "show", first), "done", "board 5f")
		second := add("--args", `{"board": "60"}`)
		run(0, "work", "--once")
		mustHave(t, run(0, "jobs", "show", second), "done", "board 60")
		add("--args", `{"board": "61"}`)
		run(0, "sync", "trello")
		if called != 3 {
			t.Errorf("called %d times", called)
		}
	})
	t.Run("Ensure an outage pauses the backend and costs no attempt", func(t *testing.T) {
		outcome = jobs.Outcome{Kind: jobs.Failed, Err: &transport.Error{System: "Trello", Op: "read the board", Kind: transport.Unreachable}}
		id := add("--args", `{"board": "63"}`)
		run(exitEnvironment, "jobs", "run", "--id", id)
		mustHave(t, run(0, "jobs", "show", id), "pending")
		outcome = jobs.Outcome{Kind: jobs.Done}
		run(0, "jobs", "run", "--id", id)
		mustHave(t, run(0, "jobs", "show", id), "done", "board 63")
	})
	t.Run("Ensure arguments that lack something fail their job alone", func(t *testing.T) {
		id := add()
		run(exitFailedJobs, "jobs", "run", "--id", id)
		mustHave(t, run(0, "jobs", "show", id), "failed", "board")
	})
	t.Run("Ensure a job waits for a time, and for another job", func(t *testing.T) {
		called = 0
		later := add("--args", `{"board": "64"}`, "--eta", "2h")
		add("--args", `{"board": "65"}`, "--after", later)
		mustHave(t, run(0, "jobs", "list", "--state", "wait_dependencies"), "trello.board.report")
		run(0, "jobs", "run", "--all")
		if called != 0 {
			t.Errorf("called %d times", called)
		}
	})
	t.Run("Ensure what cannot be enqueued is told", func(t *testing.T) {
		for want, args := range map[string][]string{
			"say which backend it works for: --backend trello":                                                 {"trello.board.report"},
			`trello generic has no job function "trello.board.rapport" of its own; it has trello.board.report`: {"trello.board.rapport", "--backend", "trello"},
			"jobs of import_record are made for each record that changed: by `connector poll trello`":          {"import_record", "--backend", "trello"},
			"--args is no JSON object":                   {"trello.board.report", "--backend", "trello", "--args", "[1]"},
			`--eta: "soon" is no time`:                   {"trello.board.report", "--backend", "trello", "--eta", "soon"},
			`the configuration has no backend "magento"`: {"trello.board.report", "--backend", "magento"},
			`--channel "a b"`:                            {"trello.board.report", "--backend", "trello", "--channel", "a b"},
		} {
			mustHave(t, run(exitUsage, append([]string{"jobs", "enqueue"}, args...)...), want)
		}
		mustHave(t, run(exitUsage, append(enqueue, "--after", "7777")...), "7777")
		mustHave(t, run(exitUsage, "jobs", "enqueue"), "give one job function: `connector jobs enqueue trello.board.report --backend trello`")
		mustHave(t, run(exitUsage, "sandbox", "replay"), "give one trace: `connector sandbox replay sync.har`")
		report = func(*app) {}
		mustHave(t, run(exitUsage, "jobs", "list"), "trello.board.report") // of the configuration
	})
}
