package cmd_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// world is a sandbox in a process of its own, with boards and projects that are made through its APIs, and a configuration of the
// connector between the two sides. What the records are called is known, so that none can be missing or be there twice.
type world struct {
	t       *testing.T
	program string // the connector
	dir     string
	box     *process
	served  served
	cards   []named // made in Trello
	tasks   []named // made in Odoo
}

// named is a record that was made on one side, with the place and the name that it must have on both.
type named struct {
	id    any // a card's or a task's
	place string
	name  string
}

// boards are the names of the boards and projects. They bind to each other by them.
var boards = []string{"Workshop", "Website", "Office"}

// newWorld starts a sandbox without records.
func newWorld(t *testing.T, program string) *world {
	t.Helper()
	return serveWorld(t, program, "--empty")
}

// serveWorld starts a sandbox with these flags.
func serveWorld(t *testing.T, program string, flags ...string) *world {
	t.Helper()
	w := &world{t: t, program: program, dir: t.TempDir()}
	c := exec.CommandContext(t.Context(), program, append([]string{"--output", "json", "sandbox", "serve", "--data", w.path("box")}, flags...)...)
	box, err := start(c)
	w.must(err)
	w.box = box
	t.Cleanup(box.kill)
	line, err := box.out.await(regexp.MustCompile(`(?m)^.*\n`), box.done)
	w.must(err)
	w.served, err = readServed(line)
	w.must(err)
	w.configure(w.served.Odoo.URL, w.served.Trello.URL)
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// configure writes the configuration. A lost answer costs seconds here, not minutes.
func (w *world) configure(odooURL, trelloURL string) {
	w.t.Helper()
	text := fmt.Sprintf(`odoo:
  - {name: main, url: %q, database: demo, username: admin, password: admin, timeout: 2s}
backends:
  - {name: trello, kind: trello, url: %q, key: demo-key, token: demo-token, timeout: 2s, outcome_window: 3s, requests_per_10s: 1000000}
`, odooURL, trelloURL)
	w.must(os.WriteFile(w.path("config.yaml"), []byte(text), 0o600))
}

// command is one of the connector's.
func (w *world) command(args ...string) *exec.Cmd {
	return exec.CommandContext(w.t.Context(), w.program, append([]string{"--config", w.path("config.yaml"), "--output", "json"}, args...)...)
}

// startSync begins a sync beside the test.
func (w *world) startSync() *process {
	w.t.Helper()
	p, err := start(w.command("sync", "trello"))
	w.must(err)
	w.t.Cleanup(p.kill)
	return p
}

// mustSync runs a sync that has to end well.
func (w *world) mustSync() reportOf {
	w.t.Helper()
	p := w.startSync()
	code, err := p.wait()
	w.must(err)
	if code != 0 {
		w.t.Fatalf("sync ended with %d: %s", code, p.err)
	}
	reports, err := readReports(p.out.String())
	w.must(err)
	if len(reports) != 1 {
		w.t.Fatalf("sync printed %q", p.out)
	}
	return reports[0]
}

// answer sends a request and gives the answer's body, whose status must be 200.
func (w *world) answer(r *http.Request) []byte {
	w.t.Helper()
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	w.must(err)
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %s: status %d, %s", r.Method, r.URL.Path, answer.StatusCode, body)
	}
	return body
}

// trello calls Trello's API with parameters in pairs.
func (w *world) trello(into any, method, path string, pairs ...string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	target, body := w.served.Trello.URL+"/1/"+path, form.Encode()
	if method == http.MethodGet {
		target, body = target+"?"+body, ""
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", fmt.Sprintf(`OAuth oauth_consumer_key=%q, oauth_token=%q`, w.served.Trello.Key, w.served.Trello.Token))
	w.must(json.Unmarshal(w.answer(r), into))
}

// odoo calls a method of a model.
func (w *world) odoo(model, method string, args []any, kw map[string]any) any {
	w.t.Helper()
	call, err := xmlrpc.EncodeCall("execute_kw", w.served.Odoo.Database, 2, w.served.Odoo.Password, model, method, args, kw)
	w.must(err)
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.served.Odoo.URL+"/xmlrpc/2/object", bytes.NewReader(call))
	w.must(err)
	r.Header.Set("Content-Type", "text/xml")
	result, err := xmlrpc.DecodeResponse(w.answer(r))
	w.must(err)
	return result
}

// fill makes so many cards in Trello and tasks in Odoo, evenly over the boards and over two lists of each. Each shares its name with one
// in the board's other list, so that a name alone tells nothing.
func (w *world) fill(cards, tasks int) {
	w.t.Helper()
	var places []string
	lists, vals := map[string]string{}, map[string]map[string]any{}
	for _, board := range boards {
		boardID, project := w.addBoard(board), w.create("project.project", map[string]any{"name": board})
		for _, list := range []string{"To do", "Done"} {
			place := board + " / " + list
			stage := w.create("project.task.type", map[string]any{"name": list, "project_ids": []any{[]any{6, 0, []any{project}}}})
			lists[place] = w.add("lists", "name", list, "idBoard", boardID)
			vals[place] = map[string]any{"project_id": project, "stage_id": stage, "user_ids": []any{}}
			places = append(places, place)
		}
	}
	for i := range cards {
		card := named{place: places[i%len(places)], name: fmt.Sprintf("Card %03d: <glue> & paint, 2 m²", i-i%2)}
		card.id = w.add("cards", "name", card.name, "desc", "Twice.\n\nThen wait.", "idList", lists[card.place])
		w.cards = append(w.cards, card)
	}
	for i := range tasks {
		task := named{place: places[i%len(places)], name: fmt.Sprintf("Task %03d: Schloßstraße 🚚", i-i%2)}
		v := vals[task.place]
		v["name"], v["description"] = task.name, "<p>By noon.</p>"
		task.id = w.create("project.task", v)
		w.tasks = append(w.tasks, task)
	}
}

func (w *world) addBoard(name string) string {
	return w.add("boards", "name", name, "defaultLists", "false", "defaultLabels", "false")
}

// add makes something in Trello and gives its id.
func (w *world) add(what string, pairs ...string) string {
	w.t.Helper()
	var added struct {
		ID string `json:"id"`
	}
	w.trello(&added, http.MethodPost, what, pairs...)
	return added.ID
}

func (w *world) create(model string, vals map[string]any) any {
	w.t.Helper()
	return w.odoo(model, "create", []any{vals}, map[string]any{})
}

// rename changes the names of a record on the side where it was made.
func (w *world) rename(mark string, every int) {
	w.t.Helper()
	for i := 0; i < len(w.cards); i += every {
		w.cards[i].name += mark
		var changed struct{}
		w.trello(&changed, http.MethodPut, fmt.Sprintf("cards/%v", w.cards[i].id), "name", w.cards[i].name)
	}
	for i := 0; i < len(w.tasks); i += every {
		w.tasks[i].name += mark
		w.odoo("project.task", "write", []any{[]any{w.tasks[i].id}, map[string]any{"name": w.tasks[i].name}}, map[string]any{})
	}
}

// wanted is what has to be on each side in the end: a line for each record.
func (w *world) wanted() []string {
	var lines []string
	for _, r := range slices.Concat(w.cards, w.tasks) {
		lines = append(lines, r.place+" / "+r.name)
	}
	slices.Sort(lines)
	return lines
}

// inTrello are all cards, archived ones too.
func (w *world) inTrello() []string {
	w.t.Helper()
	var all []struct {
		ID, Name string
		Lists    []struct{ ID, Name string }
	}
	w.trello(&all, http.MethodGet, "members/me/boards", "filter", "all", "fields", "name", "lists", "all")
	var lines []string
	for _, b := range all {
		lists := map[string]string{}
		for _, l := range b.Lists {
			lists[l.ID] = l.Name
		}
		var cards []struct{ Name, IDList string }
		w.trello(&cards, http.MethodGet, "boards/"+b.ID+"/cards", "filter", "all", "fields", "name,idList")
		for _, c := range cards {
			lines = append(lines, b.Name+" / "+lists[c.IDList]+" / "+c.Name)
		}
	}
	slices.Sort(lines)
	return lines
}

// inOdoo are all tasks, archived ones too.
func (w *world) inOdoo() []string {
	w.t.Helper()
	kw := map[string]any{"fields": []any{"name", "project_id", "stage_id"}, "context": map[string]any{"active_test": false}}
	rows, _ := w.odoo("project.task", "search_read", []any{[]any{}}, kw).([]any)
	var lines []string
	for _, row := range rows {
		task, _ := row.(map[string]any)
		lines = append(lines, label(task["project_id"])+" / "+label(task["stage_id"])+" / "+label(task["name"]))
	}
	slices.Sort(lines)
	return lines
}

// label is a name, or that of a many2one's pair of id and name.
func label(v any) string {
	if pair, ok := v.([]any); ok && len(pair) == 2 {
		v = pair[1]
	}
	return fmt.Sprint(v)
}

// complete checks that both sides hold every record once, that every job ended well and that nothing is under way.
func (w *world) complete() {
	w.t.Helper()
	w.same("Trello", w.inTrello())
	w.same("Odoo", w.inOdoo())
	open := w.count(`SELECT COUNT(*) FROM job WHERE state <> 'done'`)
	intents := w.count(`SELECT COUNT(*) FROM binding WHERE intent <> ''`)
	reviews := w.count(`SELECT COUNT(*) FROM review`)
	bound := w.count(`SELECT COUNT(*) FROM binding WHERE model = 'trello.card' AND external_id IS NOT NULL AND odoo_id IS NOT NULL`)
	if open != 0 || intents != 0 || reviews != 0 || bound != len(w.cards)+len(w.tasks) {
		w.t.Errorf("%d jobs are not done, %d intents are open, %d reviews wait, %d of %d cards are bound",
			open, intents, reviews, bound, len(w.cards)+len(w.tasks))
	}
}

// same tells what is missing and what is too much.
func (w *world) same(side string, got []string) {
	w.t.Helper()
	counts := map[string]int{}
	for _, line := range w.wanted() {
		counts[line]--
	}
	for _, line := range got {
		counts[line]++
	}
	for _, line := range sorted(counts) {
		if n := counts[line]; n != 0 {
			w.t.Errorf("%s has %+d of %q", side, n, line)
		}
	}
}

// quiet checks that one more sync changes nothing on either side.
func (w *world) quiet() {
	w.t.Helper()
	before := w.journals()
	report := w.mustSync()
	for _, m := range report.Models {
		if m.Created+m.Updated+m.Archived+m.Deleted+m.Skipped+m.Failed != 0 {
			w.t.Errorf("one more sync counts %+v", m)
		}
	}
	if report.Jobs.Enqueued+report.Jobs.Done != 0 {
		w.t.Errorf("one more sync made jobs: %+v", report.Jobs)
	}
	if after := w.journals(); after != before {
		w.t.Errorf("one more sync changed records: the sandbox's journals grew from %v to %v bytes", before, after)
	}
}

// journals are the sizes of the files in which the sandbox notes every change.
func (w *world) journals() (sizes [2]int64) {
	w.t.Helper()
	for i, name := range []string{"odoo.journal", "trello.journal"} {
		info, err := os.Stat(filepath.Join(w.path("box"), name))
		w.must(err)
		sizes[i] = info.Size()
	}
	return sizes
}

// count asks state.db for a number, 0 while there is none.
func (w *world) count(query string) (n int) {
	w.t.Helper()
	if _, err := os.Stat(w.path("state.db")); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	db, err := sql.Open("sqlite3", "file:"+w.path("state.db")+"?mode=ro&_busy_timeout=5000")
	w.must(err)
	defer func() { w.must(db.Close()) }()
	err = db.QueryRowContext(w.t.Context(), query).Scan(&n)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return 0
	}
	w.must(err)
	return n
}
