package trellotest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// ticking is a clock that goes on by a second each time it is asked.
func ticking() func() time.Time {
	var seconds atomic.Int64
	start := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	return func() time.Time { return start.Add(time.Duration(seconds.Add(1)) * time.Second) }
}

const demoAuthorization = `OAuth oauth_consumer_key="demo-key", oauth_token="demo-token"`

// reply is an answer as a test reads it.
type reply struct {
	status int
	header http.Header
	text   string
	json   any
}

func (r reply) object() map[string]any { o, _ := r.json.(map[string]any); return o }

func (r reply) id() string { id, _ := r.object()["id"].(string); return id }

// count is the length of an array among the fields.
func (r reply) count(name string) int { all, _ := r.object()[name].([]any); return len(all) }

// at is an object of the array that the answer is.
func (r reply) at(i int) reply {
	all, _ := r.json.([]any)
	if i >= len(all) {
		return reply{}
	}
	return reply{json: all[i]}
}

// in is an object among the fields.
func (r reply) in(name string) reply { return reply{json: r.object()[name]} }

// field reads one field as text, whatever its type.
func (r reply) field(name string) string {
	b, _ := json.Marshal(r.object()[name])
	return strings.Trim(string(b), `"`)
}

// ids are the ids of an array of objects.
func (r reply) ids() []string {
	all, _ := r.json.([]any)
	got := make([]string, len(all))
	for i, one := range all {
		o, _ := one.(map[string]any)
		got[i], _ = o["id"].(string)
	}
	return got
}

// do sends a request: parameters in the query for GET and as a form otherwise, credentials in the header.
func do(t testing.TB, s *Server, method, path string, pairs ...string) reply {
	t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	address, body := "http://trello.invalid/1/"+path, ""
	if method == http.MethodGet {
		address += "?" + values.Encode()
	} else {
		body = values.Encode()
	}
	r := newRequest(t, method, address, body)
	r.Header.Set("Authorization", demoAuthorization)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, s, r)
}

func newRequest(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func send(t testing.TB, s *Server, r *http.Request) reply {
	t.Helper()
	response, err := s.RoundTripper().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(body)) != response.ContentLength {
		t.Errorf("Content-Length is %d, the body has %d bytes", response.ContentLength, len(body))
	}
	got := reply{status: response.StatusCode, header: response.Header, text: string(body)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &got.json); err != nil {
			t.Fatalf("%s %s answered no JSON: %v: %s", r.Method, r.URL.Path, err, body)
		}
	}
	return got
}

// okay is do with the status checked.
func okay(t testing.TB, s *Server, method, path string, pairs ...string) reply {
	t.Helper()
	r := do(t, s, method, path, pairs...)
	if r.status != http.StatusOK {
		t.Fatalf("%s %s answered %d %s", method, path, r.status, r.text)
	}
	return r
}

// refused checks that a request is refused with this plain text.
func refused(t testing.TB, s *Server, status int, text, method, path string, pairs ...string) {
	t.Helper()
	r := do(t, s, method, path, pairs...)
	if r.status != status || r.text != text {
		t.Errorf("%s %s %v answered %d %q, want %d %q", method, path, pairs, r.status, r.text, status, text)
	}
	if got := r.header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("%s %s was refused as %q, want text/plain", method, path, got)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// world is a server with a board, two lists, two labels and a card that has one of them.
type world struct {
	*Server
	board       Board
	todo, doing List
	red, green  Label
	card        Card
}

func newWorld(o Options) *world {
	if o.Clock == nil {
		o.Clock = ticking()
	}
	w := &world{Server: New(o)}
	w.board = w.AddBoard("House")
	w.todo, w.doing = w.AddList(w.board.ID, "To Do"), w.AddList(w.board.ID, "Doing")
	w.red, w.green = w.AddLabel(w.board.ID, "urgent", "red"), w.AddLabel(w.board.ID, "", "green")
	w.card = w.AddCard(w.todo.ID, "Paint the door", WithDesc("in *blue*"), WithLabels(w.red.ID))
	return w
}

// otherBoard adds a board with two lists and a label.
func (w *world) otherBoard() (b Board, first, second List, label Label) {
	b = w.AddBoard("Garden")
	first, second = w.AddList(b.ID, "Spring"), w.AddList(b.ID, "Autumn")
	return b, first, second, w.AddLabel(b.ID, "urgent", "red")
}

// dump is the whole state as text, for comparisons.
func (s *Server) dump() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{state: s.state, server: s, p: params{}}
	var b []byte
	b = appendJSON(b, array{int(s.state.lastID), int(s.state.lastLink)})
	for _, each := range s.state.boards {
		o := render(s.state.boardTable(), each)
		o = o.with("lists", renderAll(listTable(), each.lists)).with("labels", renderAll(labelTable(), each.labels))
		o = o.with("cards", renderAll(s.state.cardTable(), each.cards)).with("checklists", c.checklistsOf(params{}, each.cards))
		for _, k := range each.cards {
			o = o.with("items", renderFieldItems(k)).with("attachments", renderAll(attachmentTable(trelloOrigin, k), k.attachments))
		}
		o = o.with("fields", c.renderFields("", each.fields))
		b = appendJSON(append(b, '\n'), o.with("actions", renderAll(actionTable(params{}), each.actions)))
	}
	return string(b)
}
