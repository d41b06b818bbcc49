package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOutsideModule builds a program of another module on this one, as a third party does, and runs it.
func TestOutsideModule(t *testing.T) {
	t.Parallel()
	program := buildOutside(t)
	w := serveWorld(t, program)
	w.must(os.WriteFile(w.path("words"), []byte("Oak\nPine\n"), 0o600))
	config := `odoo:
  - {name: main, url: %q, database: demo, username: admin, password: admin}
backends:
  - {name: trello, kind: trello, version: custom, url: %q, key: demo-key, token: demo-token}
  - {name: notes, kind: notes, file: %q}
`
	w.must(os.WriteFile(w.path("config.yaml"), fmt.Appendf(nil, config, w.served.Odoo.URL, w.served.Trello.URL, w.path("words")), 0o600))
	starred := []any{[]any{"priority", "=", "1"}}

	t.Run("Ensure that a version of a third party maps what the others don't", func(t *testing.T) {
		if before := w.names("project.task", starred); len(before) != 0 {
			t.Fatalf("%q are starred already", before)
		}
		w.sync(t, "trello")
		w.sync(t, "trello") // what the first one made a card of comes back with the field that only cards tell
		after := w.names("project.task", starred)
		for _, due := range []string{"Paint the door", "Cancel the old lease 🏢", "Fire extinguishers: yearly check"} {
			if !slices.Contains(after, due) {
				t.Errorf("%q is due but not starred; starred are %q", due, after)
			}
		}
		for _, other := range []string{"Order 40 m² of oak veneer", "Hire a van"} {
			if slices.Contains(after, other) {
				t.Errorf("%q is not due but starred", other)
			}
		}
		if again := w.sync(t, "trello"); !strings.Contains(again, "Nothing changed.") {
			t.Errorf("the third sync says %q", again)
		}
	})

	t.Run("Ensure that a system of a third party runs beside those of the binary", func(t *testing.T) {
		w.sync(t, "notes")
		if tags := w.names("project.tags", []any{[]any{"name", "in", []any{"Oak", "Pine"}}}); !slices.Equal(tags, []string{"Oak", "Pine"}) {
			t.Errorf("there are the tags %q, want Oak, that was there, and Pine", tags)
		}
		if again := w.sync(t, "notes"); !strings.Contains(again, "Nothing changed.") {
			t.Errorf("the second sync says %q", again)
		}
	})
}

// buildOutside makes the module of testdata/outside with nothing but this tree and the modules that this tree uses.
func buildOutside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "outside"))); err != nil {
		t.Fatal(err)
	}
	module := fmt.Sprintf("module example.com/ours\n\ngo 1.26.0\n\nrequire github.com/odoo-connector/connector v0.0.0\n\n"+
		"replace github.com/odoo-connector/connector => %q\n", tree)
	sums, err := os.ReadFile(filepath.Join(tree, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": []byte(module), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "ours")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, text)
	}
	return program
}

// sync runs a sync for people and gives what it says.
func (w *world) sync(t *testing.T, backend string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), w.program, "--config", w.path("config.yaml"), "sync", backend)
	text, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("sync %s: %v\n%s", backend, err, text)
	}
	return string(text)
}

// names are the names of Odoo's records in a domain, sorted.
func (w *world) names(model string, domain []any) []string {
	w.t.Helper()
	kw := map[string]any{"fields": []any{"name"}, "context": map[string]any{"active_test": false}}
	rows, _ := w.odoo(model, "search_read", []any{domain}, kw).([]any)
	var names []string
	for _, row := range rows {
		r, _ := row.(map[string]any)
		names = append(names, label(r["name"]))
	}
	slices.Sort(names)
	return names
}
