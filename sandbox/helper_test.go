package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/transport/xmlrpc"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// start is when the tests' first sandboxes begin.
var start = time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)

// ticking is a clock that goes on by a second each time it is asked.
func ticking(from time.Time) func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return from.Add(time.Duration(seconds.Add(1)) * time.Second) }
}

// trelloSystem is Trello as a program gives it to Open.
func trelloSystem() sandbox.System {
	return sandbox.System{
		Name: "trello",
		New: func(o sandbox.FakeOptions) sandbox.Fake {
			return trellotest.New(trellotest.Options{Clock: o.Clock, Journal: o.Journal})
		},
		Demo: func(f sandbox.Fake) {
			if server, ok := f.(*trellotest.Server); ok {
				trellotest.Demo(server)
			}
		},
		Credentials: map[string]string{"key": "demo-key", "token": "demo-token"},
	}
}

// both serves Odoo and Trello.
func both() sandbox.Options {
	return sandbox.Options{Odoo: true, Systems: []sandbox.System{trelloSystem()}, Clock: ticking(start)}
}

// open opens a sandbox that is closed at the end of the test at the latest.
func open(t *testing.T, dir string, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Open(dir, o)
	if err != nil {
		t.Fatalf("the sandbox could not be opened: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the sandbox could not be closed: %v", err)
		}
	})
	return s
}

func closeNow(t *testing.T, s *sandbox.Sandbox) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("the sandbox could not be closed: %v", err)
	}
}

// access is how a client reaches both sides.
type access struct {
	Odoo   sandbox.Odoo
	Trello sandbox.External
}

func accessTo(t *testing.T, s *sandbox.Sandbox) access {
	t.Helper()
	o, servesOdoo := s.Odoo()
	e, servesTrello := s.System("trello")
	if !servesOdoo || !servesTrello {
		t.Fatal("not both sides are served")
	}
	return access{o, e}
}

// body sends a request and gives the answer's text; any other status than 200 ends the test.
func body(t *testing.T, r *http.Request) []byte {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s was not answered: %v", r.URL.Path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d, %s, %v", r.Method, r.URL.Path, answer.StatusCode, text, err)
	}
	return text
}

func request(t *testing.T, method, address string, content []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// execute calls a method of an Odoo model.
func (a access) execute(t *testing.T, model, method string, args []any, kwargs map[string]any) any {
	t.Helper()
	if kwargs == nil {
		kwargs = map[string]any{}
	}
	call, err := xmlrpc.EncodeCall("execute_kw", a.Odoo.Database, 2, a.Odoo.Password, model, method, args, kwargs)
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, http.MethodPost, a.Odoo.URL+"/xmlrpc/2/object", call)
	r.Header.Set("Content-Type", "text/xml")
	result, err := xmlrpc.DecodeResponse(body(t, r))
	if err != nil {
		t.Fatalf("%s of %s: %v", method, model, err)
	}
	return result
}

// trello sends a request to Trello, parameters in pairs.
func (a access) trello(t *testing.T, method, path string, pairs ...string) []byte {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	r := request(t, method, a.Trello.URL+"/1/"+path+"?"+values.Encode(), nil)
	r.Header.Set("Authorization", fmt.Sprintf("OAuth oauth_consumer_key=%q, oauth_token=%q", a.Trello.Credentials["key"], a.Trello.Credentials["token"]))
	return body(t, r)
}

// list gives the objects of Trello's answer.
func (a access) list(t *testing.T, path string, pairs ...string) []map[string]any {
	t.Helper()
	var objects []map[string]any
	if err := json.Unmarshal(a.trello(t, http.MethodGet, path, pairs...), &objects); err != nil {
		t.Fatal(err)
	}
	return objects
}

// rows are all records of an Odoo model, archived ones too.
func (a access) rows(t *testing.T, model string) []map[string]any {
	t.Helper()
	answer, ok := a.execute(t, model, "search_read", []any{[]any{}}, map[string]any{
		"context": map[string]any{"active_test": false}, "order": "id",
	}).([]any)
	if !ok {
		t.Fatalf("search_read of %s gave no list", model)
	}
	rows := make([]map[string]any, len(answer))
	for i := range answer {
		rows[i], _ = answer[i].(map[string]any)
	}
	return rows
}

// contents is all that both sides tell a client, as text.
func (a access) contents(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, model := range []string{"project.project", "project.task.type", "project.tags", "project.task", "ir.model.data"} {
		for _, row := range a.rows(t, model) {
			line, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", model, line)
		}
	}
	for _, board := range a.list(t, "members/me/boards", "filter", "all") {
		id, _ := board["id"].(string)
		fmt.Fprintf(&b, "%s\n", a.trello(t, http.MethodGet, "boards/"+id, "lists", "all", "labels", "all", "cards", "all", "actions", "all"))
	}
	return b.String()
}

// write changes something on both sides: a task and a card are made, changed and archived.
func (a access) write(t *testing.T) {
	t.Helper()
	project := a.rows(t, "project.project")
	id := a.execute(t, "project.task", "create", []any{map[string]any{"name": "A new task: äöü <&> 🪑", "project_id": project[0]["id"]}}, nil)
	a.execute(t, "project.task", "write", []any{[]any{id}, map[string]any{"description": "<p>one</p><p>two</p>", "active": false}}, nil)
	a.execute(t, "project.task", "load", []any{[]any{"id", "name"}, []any{[]any{"__test__.loaded", "A loaded task"}}}, nil)

	lists := a.list(t, "boards/"+a.boardID(t)+"/lists")
	list, _ := lists[0]["id"].(string)
	var card map[string]any
	if err := json.Unmarshal(a.trello(t, http.MethodPost, "cards", "idList", list, "name", "A new card: äöü <&> 🪑", "desc", "one\n\ntwo"), &card); err != nil {
		t.Fatal(err)
	}
	cardID, _ := card["id"].(string)
	a.trello(t, http.MethodPut, "cards/"+cardID, "closed", "true")
}

func (a access) boardID(t *testing.T) string {
	t.Helper()
	id, _ := a.list(t, "members/me/boards")[0]["id"].(string)
	return id
}

// same fails with the first line that differs.
func same(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range wantLines {
		if i >= len(gotLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("the data differ in line %d of %d (now %d):\n%.400s\nbefore:\n%.400s", i+1, len(wantLines), len(gotLines), append(gotLines, "")[min(i, len(gotLines))], wantLines[i])
		}
	}
	t.Fatalf("there are %d lines more than before", len(gotLines)-len(wantLines))
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, content string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
