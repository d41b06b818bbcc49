package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/odoo-connector/connector/synchronizer"
)

//go:generate go test -count=1 -run ^TestJSONSchemas$ . -update-docs

const schemaFolder = "../docs/json"

// jsonForm is what a command prints with --output json.
type jsonForm struct {
	views []any  // one of these
	lines string // of which there are several, one a line: one for each what
}

func one(views ...any) jsonForm                  { return jsonForm{views: views} }
func several(what string, views ...any) jsonForm { return jsonForm{views, what} }

// jsonForms are by command.
var jsonForms = map[string]jsonForm{
	"sync": several("one for each backend", synchronizer.Report{}, synchronizer.Forecast{}), "poll": several("one for each backend", synchronizer.Report{}),
	"watch": several("one for each event", watchEvent{}), "work": several("one for each event", workEvent{}),
	"status": one(statusView{}), "backends": one(backendsView{}), "doctor": one(doctorView{}), "fields": one(fieldsView{}),
	"explain": several("one for each code", explainedView{}), "version": one(buildView{}), "metrics": one(metricsView{}),
	"jobs list": one(jobsPage{}), "jobs show": one(jobDetailView{}), "jobs graph": one(graphView{}), "jobs stats": one(statsView{}),
	"jobs errors": one(errorsView{}), "jobs channels": one(channelsView{}), "jobs workers": one(workersView{}),
	"jobs run": several("the job, or the report of each backend", jobView{}, synchronizer.Report{}), "jobs prune": one(prunedJobsView{}),
	"jobs retry": one(handView{}), "jobs cancel": one(handView{}), "jobs done": one(handView{}), "jobs delete": one(handView{}), "jobs set": one(handView{}),
	"jobs enqueue": one(enqueuedView{}),
	"jobs pause":   one(pausedView{}), "jobs resume": one(resumedView{}),
	"bindings list": one(bindingsPage{}, reviewsView{}), "bindings show": several("one for each pair", bindingDetail{}), "bindings link": several("the job, and then the pair", jobView{}, bindingView{}),
	"bindings unlink": one(unlinkedView{}), "bindings rebase": one(reboundView{}), "bindings import": one(importedView{}),
	"bindings export": several("one for each pair", portable{}),
	"review list":     one(reviewsView{}), "review show": one(detailView{}), "review preview": several("one for each backend", previewView{}),
	"review link": several("the review as it was decided, and the report of the job", reviewView{}, jobView{}),
	"review take": several("the review as it was decided, and the report of the job", reviewView{}, jobView{}),
	"review skip": several("the review as it was decided, and the report of the job", reviewView{}, jobView{}),
	"config path": one(pathView{}), "config show": one(showView{}), "config validate": one(validateView{}), "config init": one(initView{}),
	"notify list": one(receiversView{}), "notify test": one(sentView{}),
	"schedule list": one(scheduleView{}), "schedule run": several("the report of each backend", synchronizer.Report{}),
	"service install": one(unitsView{}), "service uninstall": one(unitsView{}), "service status": one(unitsView{}),
	"state backup": one(backupView{}), "state check": one(checkView{}), "state copy": one(copiedView{}),
	"sandbox serve": one(sidesView{}), "sandbox replay": one(replayView{}),
}

// withoutJSON are the commands that have no such form, and why.
var withoutJSON = map[string]string{
	"help": "it shows help", "completion": "it prints a script", "man": "it writes pages", "config schema": "it prints a JSON Schema as it is",
	"jobs watch": "it is a screen",
}

// schemaName is the file of a command's schema.
func schemaName(path string) string { return strings.ReplaceAll(path, " ", "-") + ".schema.json" }

// schemaOf is a command's schema.
func schemaOf(s *schemer, path string) []byte {
	description := "What `connector --output json " + path + "` prints: one object."
	if lines := jsonForms[path].lines; lines != "" {
		description = "A line of what `connector --output json " + path + "` prints: " + lines + "."
	}
	return written(s.TB, s.form("connector "+path, description, jsonForms[path].views...))
}

func written(t testing.TB, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestJSONSchemas keeps docs/json to the structs that are printed.
func TestJSONSchemas(t *testing.T) {
	s := &schemer{TB: t}
	want := map[string][]byte{"error.schema.json": written(t, s.form("error", "A line on stderr of a command with --output json that failed.", errorLine{}))}
	for path := range jsonForms {
		want[schemaName(path)] = schemaOf(s, path)
	}
	if *updateDocs {
		if err := os.RemoveAll(schemaFolder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(schemaFolder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(schemaFolder, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("Ensure docs/json has the schema of every form, and no other", func(t *testing.T) {
		for name, text := range want {
			if got, err := os.ReadFile(filepath.Join(schemaFolder, name)); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s is out of date; run `go generate ./cmd` (%v)", name, err)
			}
		}
		found, err := os.ReadDir(schemaFolder)
		if err != nil || len(found) != len(want) {
			t.Errorf("there are %d files for %d forms (%v)", len(found), len(want), err)
		}
	})
	t.Run("Ensure docs/json.md has them all", func(t *testing.T) {
		page, err := os.ReadFile("../docs/json.md")
		for name := range want {
			if err != nil || !strings.Contains(string(page), "(json/"+name+")") {
				t.Errorf("%s is missing (%v)", name, err)
			}
		}
	})
	t.Run("Ensure every command has a schema, or a reason for none", func(t *testing.T) {
		known := map[string]bool{"": true}
		for _, c := range allCommands() {
			_, path, _ := strings.Cut(c.CommandPath(), " ")
			known[path] = true
			_, has := jsonForms[path]
			_, none := withoutJSON[path]
			if path != "" && !c.HasSubCommands() && has == none {
				t.Errorf("%s: jsonForms says %v, withoutJSON %v", path, has, none)
			}
		}
		for path := range jsonForms {
			if !known[path] {
				t.Errorf("there is no command %s", path)
			}
		}
	})
}

// judge compares what a command printed with its schema, in which no key is allowed that it does not name.
type judge struct {
	testing.TB
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool
}

func newJudge(t *testing.T) *judge {
	t.Helper()
	j := &judge{t, map[string]*jsonschema.Schema{}, map[string]bool{}}
	s := &schemer{TB: t, strict: true}
	for path := range jsonForms {
		j.add(path, schemaOf(s, path))
	}
	j.add("error", written(t, s.form("error", "", errorLine{})))
	return j
}

func (j *judge) add(path string, text []byte) {
	j.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		j.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("x.json", document); err != nil {
		j.Fatal(err)
	}
	if j.schemas[path], err = c.Compile("x.json"); err != nil {
		j.Fatalf("%s: %v", path, err)
	}
}

// elsewhere is an instant of a time zone.
var elsewhere = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+[+-]\d\d:\d\d"`)

// line judges one line of what a command printed.
func (j *judge) line(path, line string) {
	j.Helper()
	j.seen[path] = true
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		j.Errorf("%s printed no JSON: %v: %q", path, err, line)
		return
	}
	if _, is := value.(map[string]any); !is {
		j.Errorf("%s printed no object: %s", path, line)
	}
	if err := j.schemas[path].Validate(value); err != nil {
		j.Errorf("%s: %v\n%s", path, err, line)
	}
	if found := elsewhere.FindString(line); found != "" {
		j.Errorf("%s: the time %s is not UTC\n%s", path, found, line)
	}
}

// of runs a command, which must end with a code, and judges each line of what it printed.
func (j *judge) of(d *desk, code int, args ...string) string {
	j.Helper()
	c, _, err := newApp().root().Find(args)
	if err != nil {
		j.Fatal(err)
	}
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	got, out, errs := d.run(append([]string{"--output", "json"}, args...)...)
	if got != code || out == "" && code == exitOK {
		j.Errorf("%v: exit %d, want %d: %s%s", args, got, code, out, errs)
	}
	for line := range strings.Lines(out) {
		j.line(path, strings.TrimSuffix(line, "\n"))
	}
	for line := range strings.Lines(errs) {
		if strings.HasPrefix(line, `{"error":`) {
			j.line("error", strings.TrimSuffix(line, "\n"))
		}
	}
	return out
}

// judged is a configuration with all that has a form.
const judged = sandboxed + `schedule: [{name: night, run: sync, at: "0 3 * * *"}]
notify: [{name: ops, on: [failed], command: [cat]}]
jobs: {channels: "root:4,root.trello:2"}
`

// unjudged are the commands that TestJSONForms does not run, and where their JSON is seen instead.
var unjudged = map[string]string{
	"sandbox serve":  "it goes on until it is stopped; scripts read its line",
	"sandbox replay": "the same",
	"config init":    "it writes a file; TestConfigInit",
	"jobs enqueue":   "Trello brings no job functions of its own along; TestJobsEnqueue",
	"review link":    "it prints what review take does",
	"service status": "there is no systemd in a test; it prints what service install does",
}

// pairs takes two pairs of cards and tasks apart and binds one's card to the other's task, so that there is something to decide.
func (j *judge) pairs(d *desk) {
	j.Helper()
	var page bindingsPage
	if err := json.Unmarshal([]byte(j.of(d, exitOK, "bindings", "list", "--model", "trello.card", "--limit", "2")), &page); err != nil || len(page.Bindings) != 2 {
		j.Fatalf("%v: %+v", err, page)
	}
	first, second := page.Bindings[0], page.Bindings[1]
	exported := d.must("bindings", "export", "--format", "jsonl")
	for _, b := range page.Bindings {
		j.of(d, exitOK, "bindings", "unlink", strconv.FormatInt(b.ID, 10), "--yes")
	}
	d.write("bindings.jsonl", exported)
	j.of(d, exitOK, "bindings", "import", d.path("bindings.jsonl"), "--dry-run")
	j.of(d, exitOK, "bindings", "link", "trello.card", first.ExternalID, strconv.FormatInt(second.OdooID, 10))
	var waiting reviewsView
	if err := json.Unmarshal([]byte(j.of(d, exitOK, "review", "list", "--model", "trello.card")), &waiting); err != nil || len(waiting.Reviews) < 2 {
		j.Fatalf("%v: %+v", err, waiting)
	}
	j.of(d, exitOK, "review", "show", strconv.FormatInt(waiting.Reviews[0].ID, 10))
	j.of(d, exitOK, "review", "skip", strconv.FormatInt(waiting.Reviews[0].ID, 10))
	j.of(d, exitOK, "review", "take", strconv.FormatInt(waiting.Reviews[1].ID, 10), "odoo")
	j.of(d, exitOK, "status")
}

// TestJSONForms runs every command that has a form and compares what it prints with its schema.
func TestJSONForms(t *testing.T) {
	j, d := newJudge(t), newDesk(t, judged)
	for _, args := range [][]string{
		{"config", "path"}, {"config", "show"}, {"config", "validate"}, {"version"}, {"explain", "CON-ODOO-403"}, {"explain"}, {"backends"},
		{"status"}, {"sync", "--dry-run"}, {"sync"}, {"sync", "--limit", "1", "--model", "trello.card"}, {"sync", "--dry-run"}, {"poll"},
		{"doctor"}, {"fields", "trello.card"}, {"status"}, {"metrics"},
		{"jobs", "list"}, {"jobs", "list", "--limit", "2"}, {"jobs", "show", "1"}, {"jobs", "graph", "1"}, {"jobs", "stats"}, {"jobs", "errors"},
		{"jobs", "channels"}, {"jobs", "workers"}, {"jobs", "run", "--id", "1"}, {"jobs", "run", "--all"}, {"jobs", "prune"},
		{"jobs", "pause", "--backend", "trello", "--for", "1h", "--reason", "why"}, {"jobs", "channels"}, {"status"}, {"jobs", "resume", "--all"},
		{"jobs", "cancel", "--backend", "trello", "--state", "pending"}, {"jobs", "done", "--error", "nothing"}, {"jobs", "retry", "1"},
		{"jobs", "set", "1", "--priority", "2"}, {"jobs", "cancel", "1"}, {"jobs", "delete", "1"}, {"work", "--once"}, {"watch", "--for", "1s"},
		{"bindings", "list"}, {"bindings", "list", "--review"}, {"bindings", "show", "1"}, {"bindings", "export"}, {"bindings", "rebase", "trello"},
		{"review", "list"}, {"review", "preview"}, {"notify", "list"}, {"notify", "test", "ops"}, {"schedule", "list"}, {"schedule", "run", "night"},
		{"schedule", "list"}, {"state", "check"}, {"state", "backup", d.path("copy.db")}, {"state", "copy", "--to", d.path("other.db")},
		{"service", "install", "--dry-run", "--user"}, {"service", "uninstall", "--dry-run", "--user"},
	} {
		j.of(d, exitOK, args...)
	}
	j.pairs(d)
	j.of(d, exitUsage, "bindings", "show", "99999")
	j.of(d, exitUsage, "jobs", "show", "99999", "--log-level", "debug")
	for path := range jsonForms {
		if _, excused := unjudged[path]; !excused && !j.seen[path] {
			t.Errorf("the JSON of %s was not seen", path)
		}
	}
}
