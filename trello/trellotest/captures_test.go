package trellotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// exchange is one recorded request and its answer.
type exchange struct {
	Request struct {
		Method, Path, Body string
		Query              [][2]string
	}
	Response struct {
		Status int
		Body   any
	}
}

const captures = "../../../shared/captures/trello"

func readCaptures(t *testing.T) map[string][]exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(captures, "*.json"))
	if err != nil || len(files) == 0 {
		t.Skip("no recorded exchanges beside the repository in ../shared/captures/trello: nothing to compare with")
	}
	all := map[string][]exchange{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var exchanges []exchange
		if err := json.Unmarshal(raw, &exchanges); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = exchanges
	}
	return all
}

// stage is a server that holds one of everything that the recordings speak of.
type stage struct {
	*world
	other, otherList, checklist, item, comment, archived string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{world: newWorld(Options{Strict: true})}
	other, list, _, _ := s.otherBoard()
	s.other, s.otherList = other.ID, list.ID
	s.UpdateCard(s.card.ID, func(c *Card) {
		c.IDMembers, c.Name = []string{s.state.members[0].ID}, "Paint the gate"
	})
	s.checklist = okay(t, s.Server, "POST", "checklists", "idCard", s.card.ID, "name", "Steps").id()
	s.item = okay(t, s.Server, "POST", "checklists/"+s.checklist+"/checkItems", "name", "Sand", "checked", "true").id()
	s.comment = s.AddComment(s.card.ID, "Which blue?")
	s.archived = s.AddCard(s.todo.ID, "Old", Archived()).ID
	s.UpdateList(s.todo.ID, func(l *List) { l.Name = "Next" })
	return s
}

// idFor gives our id for an id in a path, by what stands before it.
func (s *stage) idFor(before string) string {
	return map[string]string{
		"boards": s.board.ID, "lists": s.todo.ID, "cards": s.card.ID, "labels": s.red.ID, "members": "demo", "actions": s.comment,
		"checklists": s.checklist, "idLabels": s.red.ID, "idMembers": s.state.members[0].ID, "checkItem": s.item, "tokens": "demo-token",
	}[before]
}

// pathFor is a recorded path with our ids, "" when the server does not serve it.
func (s *stage) pathFor(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/1/"), "/")
	for i, part := range parts {
		if i == 0 || !isID(part) && part != "hoppertest" && part != "MEMBER_TOKEN" {
			continue
		}
		if parts[i] = s.idFor(parts[i-1]); parts[i] == "" {
			return ""
		}
	}
	return strings.Join(parts, "/")
}

// unserved are the recorded reads of what this server does not keep: attachments, custom fields, votes, organizations, notifications and
// plugins, webhooks.
func unserved(path string) bool {
	for _, part := range []string{"attachments", "customField", "customfield", "membersVoted", "organizations", "notifications", "pluginData", "webhooks", "tokens"} {
		if strings.Contains(path, part) {
			return true
		}
	}
	return false
}

// TestRecordedReads plays every recorded GET against the fake: its answer has the same fields with the same JSON types.
func TestRecordedReads(t *testing.T) {
	all := readCaptures(t)
	known := knownFields(all)
	played := 0
	for _, name := range sortedNames(all) {
		for i, e := range all[name] {
			if e.Request.Method != http.MethodGet || e.Response.Status != http.StatusOK || unserved(e.Request.Path) {
				continue
			}
			played++
			t.Run(fmt.Sprintf("Ensure the fields of %s %d", name, i), func(t *testing.T) {
				s := newStage(t)
				if strings.HasSuffix(e.Request.Path, "/actions") && e.Request.Query == nil {
					t.Fatal("a feed was recorded without a filter")
				}
				pairs := make([]string, 0, 2*len(e.Request.Query))
				for _, q := range e.Request.Query {
					pairs = append(pairs, q[0], q[1])
				}
				got := okay(t, s.Server, "GET", s.pathFor(e.Request.Path), pairs...)
				compare(t, known, e.Response.Body, got.json)
			})
		}
	}
	if played < 100 {
		t.Errorf("only %d recorded reads were played", played)
	}
}

// TestRecordedWrites plays the recorded changes of boards, lists, cards, labels, checklists and comments.
func TestRecordedWrites(t *testing.T) {
	all := readCaptures(t)
	known := knownFields(all)
	played := 0
	for _, name := range sortedNames(all) {
		for i, e := range all[name] {
			if e.Request.Method == http.MethodGet || unserved(e.Request.Path) || e.Response.Status != http.StatusOK || strings.Contains(e.Request.Path, "boards/") && strings.Contains(e.Request.Path, "members") {
				continue
			}
			if !strings.HasPrefix(e.Request.Path, "/1/") {
				t.Fatalf("%s is below another version", e.Request.Path)
			}
			played++
			t.Run(fmt.Sprintf("Ensure the answer of %s %d", name, i), func(t *testing.T) {
				s := newStage(t)
				s.options.Strict = false // a client of the time sent parameters that Trello ignored
				form, err := url.ParseQuery(e.Request.Body)
				if err != nil {
					t.Fatal(err)
				}
				got := okay(t, s.Server, e.Request.Method, s.pathFor(e.Request.Path), s.mapForm(e.Request.Path, form)...)
				compare(t, known, e.Response.Body, got.json)
			})
		}
	}
	if played < 30 {
		t.Errorf("only %d recorded writes were played", played)
	}
}

// mapForm puts our ids into a recorded form.
func (s *stage) mapForm(path string, form url.Values) []string {
	green := s.green.ID
	ours := map[string]string{
		"idList": s.doing.ID, "idBoard": s.board.ID, "idLabels": green, "idMembers": s.state.members[0].ID, "idCard": s.card.ID, "idCardSource": s.card.ID,
		"idChecklistSource": s.checklist, "idListSource": s.todo.ID, "idOrganization": "", "idBoardSource": "",
	}
	switch {
	case strings.HasSuffix(path, "/idBoard"):
		ours["value"], ours["idList"] = s.other, s.otherList
	case strings.HasSuffix(path, "/idList"):
		ours["value"] = s.doing.ID
	case strings.HasSuffix(path, "/idLabels"):
		ours["value"] = green
	case strings.HasSuffix(path, "/idMembers"):
		ours["value"] = s.AddMember("second", "Second Member").ID
	}
	pairs := make([]string, 0, 2*len(form))
	for _, name := range sortedNames(form) {
		value := form.Get(name)
		if mapped, ok := ours[name]; ok && value != "" {
			value = mapped
		}
		pairs = append(pairs, name, value)
	}
	return pairs
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// knownFields are the names that occur anywhere in the recordings: Trello gained fields over the years.
func knownFields(all map[string][]exchange) map[string]bool {
	known := map[string]bool{"nodeId": true}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				known[name] = true
				walk(value)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	for _, exchanges := range all {
		for _, e := range exchanges {
			walk(e.Response.Body)
		}
	}
	return known
}

// compare checks the fields of objects, and of the objects in arrays taken together.
func compare(t *testing.T, known map[string]bool, want, got any) {
	t.Helper()
	wantAll, isArray := want.([]any)
	if !isArray {
		sameShape(t, known, "", want, got)
		return
	}
	gotAll, _ := got.([]any)
	if len(wantAll) > 0 && len(gotAll) == 0 {
		t.Fatal("the fake answers with an empty array")
	}
	for _, w := range wantAll {
		match := gotAll[0]
		if kind := typeOf(w); kind != "" { // an action is compared with one of its kind, if the fake has one here
			i := slices.IndexFunc(gotAll, func(g any) bool { return typeOf(g) == kind })
			if i < 0 {
				continue
			}
			match = gotAll[i]
		}
		sameShape(t, known, "", w, match)
	}
}

func typeOf(v any) string {
	o, _ := v.(map[string]any)
	if _, isAction := o["data"]; !isAction {
		return ""
	}
	kind, _ := o["type"].(string)
	return kind
}

// free are the parts whose inside is not compared: limits and preferences grew with the years; cover and display are not modelled in full;
// old and card of an action depend on what was changed.
func free(path string) bool {
	return slices.Contains([]string{"limits", "prefs", "cover", "display", "entities", "data/old", "data/card", "memberships", "bioData", "email"}, strings.TrimPrefix(path, "/"))
}

func sameShape(t *testing.T, known map[string]bool, path string, want, got any) {
	t.Helper()
	if want == nil || got == nil || free(path) {
		return
	}
	if jsonType(want) != jsonType(got) {
		t.Errorf("%s is %s at Trello, %s here", path, jsonType(want), jsonType(got))
		return
	}
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for _, name := range sortedNames(w) {
			if name == "data" && typeOf(w) != typeOf(g) || path == "/data" && slices.Contains([]string{"fromCopy", "creationMethod"}, name) {
				continue // an action of another kind, and two notes that some actions of a kind carry
			}
			if _, there := g[name]; !there {
				t.Errorf("%s/%s is missing", path, name)
			}
			sameShape(t, known, path+"/"+name, w[name], g[name])
		}
		for _, name := range sortedNames(g) {
			if !known[name] {
				t.Errorf("%s/%s was never seen at Trello", path, name)
			}
		}
	case []any:
		if g, _ := got.([]any); len(w) > 0 && len(g) > 0 {
			sameShape(t, known, path+"[]", w[0], g[0])
		}
	}
}

func jsonType(v any) string {
	switch v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		return "a text"
	case float64:
		return "a number"
	case bool:
		return "a boolean"
	}
	return "null"
}
