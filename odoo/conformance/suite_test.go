package conformance_test

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
)

// node is the value or pattern that a text of YAML stands for.
func node(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return document.Content[0]
}

func TestPatterns(t *testing.T) {
	saved := variables{"ada": int64(7), "name": "Ada", "ids": []any{int64(7), int64(8)}}
	row := map[string]any{"id": int64(7), "name": "Ada", "tags": []any{int64(2), int64(1)}}
	cases := []struct {
		pattern string
		got     any
		matches bool
	}{
		{"1", int64(1), true}, {"1", 1.0, false}, {"1.0", int64(1), false}, {"1", "1", false}, {"1", true, false},
		{`"1"`, "1", true}, {"2030-01-31", "2030-01-31", true}, {"false", false, true}, {"false", nil, false}, {"null", nil, true}, {"''", "", true}, {"''", false, false},
		{"$ada", int64(7), true}, {"$ada", int64(8), false}, {"$ids", []any{int64(7), int64(8)}, true}, {"$ids", []any{int64(8), int64(7)}, false},
		{`"${name} ${ada}"`, "Ada 7", true}, {"$nobody", int64(7), false}, {`"$ not a name"`, "$ not a name", true},
		{"[1, 2]", []any{int64(1), int64(2)}, true}, {"[1, 2]", []any{int64(2), int64(1)}, false}, {"[1]", []any{int64(1), int64(2)}, false},
		{"!set [1, 2]", []any{int64(2), int64(1)}, true}, {"!set [1, 1]", []any{int64(1), int64(2)}, false}, {"!set [1]", []any{int64(1), int64(2)}, false},
		{"!has [2]", []any{int64(1), int64(2)}, true}, {"!has [3]", []any{int64(1), int64(2)}, false},
		{"{id: $ada, name: Ada, tags: !set [1, 2]}", row, true}, {"{id: $ada, name: Ada}", row, false}, {"!has {id: $ada}", row, true}, {"!has {id: 8}", row, false},
		{"!has {id: $ada, other: !absent }", row, true}, {"!has {id: $ada, name: !absent }", row, false}, {"!has {other: !any }", row, false},
		{"!any", nil, true}, {"!type int", int64(1), true}, {"!type int", true, false}, {"!type text", "", true}, {"!type float", int64(1), false},
		{"!re ^A.a$", "Ada", true}, {"!re ^A.a$", "Anna", false}, {"!re .", int64(1), false},
		{"!len 2", []any{1, 2}, true}, {"!len 2", []any{1}, false}, {"!len 2", int64(2), false},
		{"!pair $ada", []any{int64(7), "Ada"}, true}, {"!pair $ada", []any{int64(8), "Ada"}, false}, {"!pair $ada", []any{int64(7), false}, false}, {"!pair $ada", int64(7), false},
		{"!not 1", int64(2), true}, {"!not 1", int64(1), false}, {"!oneof [1, a]", "a", true}, {"!oneof [1, a]", "b", false},
		{"!gt 1", int64(2), true}, {"!gt 1", int64(1), false}, {"!ge 1", int64(1), true}, {"!ge 1", "1", false}, {"!lt 2030-01-01", "2029-12-31", true}, {"!lt 2030-01-01", "2030-01-01", false},
		{"!now", "2001-01-01 00:00:00", false}, {"!now", false, false}, {"!nosuchpattern 1", int64(1), false}, {"!repeat [ab, 3]", "ababab", true}, {"!repeat [ab, 3]", "abab", false},
	}
	for _, c := range cases {
		if err := saved.match(node(t, c.pattern), c.got); (err == nil) != c.matches {
			t.Errorf("%s with %#v: %v", c.pattern, c.got, err)
		}
	}
}

func TestVersionsOfCases(t *testing.T) {
	for text, want := range map[string][]int{"16": {16}, ">=18": {18, 19}, "<=17": {16, 17}, "17, 19": {17, 19}, "<=16, >=19": {16, 19}} {
		var v versions
		if err := node(t, `"`+text+`"`).Decode(&v); err != nil {
			t.Fatal(err)
		}
		for major := 16; major <= 19; major++ {
			if v.hold(major) != slices.Contains(want, major) {
				t.Errorf("%s holds for %d: %v", text, major, v.hold(major))
			}
		}
	}
}

func TestCasesThatProveNothing(t *testing.T) {
	for _, text := range []string{
		"cases: [{name: a, nosuchkey: 1}]",
		"cases: [{name: a, steps: [{call: [m, search]}]}]",
		"cases: [{name: a, steps: [{want: 1}]}]",
		"cases: [{name: a, steps: [{call: [m, search], error: {kind: NoSuchKind}}]}]",
		"cases: [{name: a, versions: new, steps: [{call: [m, search], want: 1}]}]",
		"cases: [{name: a, given: [nothing], steps: [{call: [m, search], want: 1}]}]",
		"cases: [{name: a, steps: [{call: [m, f], want: 1}]}, {name: a, steps: [{call: [m, f], want: 1}]}]",
		"cases: [{steps: [{call: [m, search], want: 1}]}]",
	} {
		d := document{Given: map[string][]step{}}
		if d.add([]byte(text)) == nil && d.complete() == nil {
			t.Errorf("taken all the same: %s", text)
		}
	}
}

// steps are the steps of a case written in a test.
func steps(t *testing.T, text string) []step {
	t.Helper()
	d := document{Given: map[string][]step{}}
	if err := d.add([]byte("cases:\n  - name: case\n    steps:\n" + text)); err != nil {
		t.Fatal(err)
	}
	return d.Cases[0].Steps
}

func TestTheSuiteItself(t *testing.T) {
	begin := func(t *testing.T) (*odootest.Server, *run) {
		server := odootest.New(fakeServer("18.0"))
		on := inProcess(server, odoo.ProtocolXMLRPC)
		r := &run{target: on, id: "run", sessions: map[string]*odoo.Session{}, made: map[made][]int64{}, shared: variables{"run": "run"}}
		return server, r
	}
	t.Run("Ensure a wrong answer and a failure that does not come are found", func(t *testing.T) {
		_, r := begin(t)
		for _, text := range []string{
			"      - {call: [res.partner, search_count], args: {domain: [[id, '=', 0]]}, want: 1}",
			"      - {call: [res.partner, search_count], args: {domain: [[id, '=', 0]]}, error: {kind: UserError}}",
			"      - {call: [no.such.model, search], args: {domain: []}, want: 1}",
			"      - {call: [no.such.model, search], args: {domain: []}, error: {kind: AccessError}}",
			"      - {call: [no.such.model, search], args: {domain: []}, error: {kind: UnknownModel, text: other words}}",
			"      - {call: [res.partner, read], ids: [1], args: {fields: [nofield]}, error: {kind: UnknownField, field: name}}",
			"      - {login: {password: wrong}, want: 2}",
			"      - {call: [res.partner, search], args: {domain: [[id, '=', $nobody]]}, error: {kind: ValueError}}",
		} {
			if err := r.step(steps(t, text)[0], nil, variables{}); err == nil {
				t.Errorf("taken all the same: %s", text)
			}
		}
	})
	t.Run("Ensure all that was made is removed, also after a failure", func(t *testing.T) {
		server, r := begin(t)
		made := steps(t, `
      - {call: [project.project, create], args: {vals_list: [{name: run p}]}, save: [p]}
      - {call: [project.task, create], args: {vals_list: [{name: run a, project_id: $p}, {name: run b, project_id: $p}]}, save: [a, b]}
      - {call: [res.partner, load], args: {fields: [id, name], data: [[__connector__.run_x, run x]]}, want: wrong}`)
		saved, failures := variables{}, 0
		for _, s := range made {
			if r.step(s, nil, saved) != nil {
				failures++
			}
		}
		if err := r.removeAll(); err != nil || failures != 1 {
			t.Errorf("%d failures, removing: %v", failures, err)
		}
		for _, model := range []string{"project.project", "project.task", "res.partner"} {
			if left := server.Search(model, []any{[]any{"name", "like", "run "}}); len(left) > 0 {
				t.Errorf("%s %v is left", model, left)
			}
		}
	})
	t.Run("Ensure no case needs another one before it", func(t *testing.T) {
		server := odootest.New(fakeServer("18.0"))
		furnish(server)
		cases := loadCases(t)
		slices.Reverse(cases)
		r := newRun(t, inProcess(server, odoo.ProtocolXMLRPC), "run")
		r.all(t, cases)
	})
	t.Run("Ensure the summary counts and names the reasons", func(t *testing.T) {
		r := &run{target: target{version: "18.0", protocol: "xmlrpc", accounts: map[string]account{"admin": {user: "admin"}}}, shared: variables{"uid": int64(2)}}
		r.tally = tally{passed: 3, failed: 1, skipped: map[string]int{"no stock": 2, "for other versions": 1}}
		want := "conformance: Odoo 18.0, xmlrpc, user admin (uid 2): 7 cases, 3 passed, 1 failed, 3 skipped (for other versions; no stock)"
		if got := r.summary(); !strings.HasPrefix(got, want) {
			t.Errorf("%s", got)
		}
	})
}
