package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/trello"
)

const panicsSecret = "marker-panic-5b1e77"

// panicking are versions of Trello with a mistake in it.
func panicking(root *backend.Backend) {
	root.Version("connects").Connects(func(ctx context.Context, s backend.Setup) (any, error) {
		token, err := s.Config.Settings.(*trello.Settings).Token.Reveal(ctx)
		if err != nil {
			return nil, err
		}
		panic("no way in with " + token)
	})
	worse := mapping.Direct("name", "name")
	worse.FromExternal = func(s mapping.Source) (record.Value, error) {
		words := strings.Fields(s.Record.Value("name").AsText())
		if words[0] == "Paint" {
			behind := len(words)
			return record.Text(words[behind]), nil
		}
		return s.Record.Value("name"), nil
	}
	root.Version("maps").Mapper(trello.CardModel, trello.CardMapper().Without("name").Extend(worse))
}

// runPanicking runs a command with a version of Trello that has a mistake, and gives what it wrote and its files of stacks.
func runPanicking(t *testing.T, version string, args ...string) (code int, errs string, stacks []string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	t.Setenv("MARKER_TOKEN", panicsSecret)
	where := map[string]string{"maps": "sandbox://demo", "connects": "'http://127.0.0.1:9', key: k, token: {env: MARKER_TOKEN}"}[version]
	text := "odoo:\n  - {name: main, url: sandbox://demo}\nbackends:\n  - {name: trello, kind: trello, version: " + version + ", url: " + where + "}\n"
	if err := os.MkdirAll(os.Getenv("TMPDIR"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newApp(Extending("trello", panicking))
	var out, stderr bytes.Buffer
	a.out, a.err = &out, &stderr
	code = a.run(append([]string{"--config", filepath.Join(dir, "config.yaml")}, args...))
	stacks, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "connector-panic-*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if state, err := os.ReadFile(filepath.Join(dir, "state.db")); err == nil && bytes.Contains(state, []byte(panicsSecret)) {
		t.Error("the state holds the secret")
	}
	if strings.Contains(out.String()+stderr.String(), panicsSecret) {
		t.Errorf("it wrote the secret:\n%s%s", out.String(), stderr.String())
	}
	return code, stderr.String(), stacks
}

func TestPanics(t *testing.T) {
	t.Run("Ensure a panic in a command ends it with one line, a code and a file of its stack, without secrets", func(t *testing.T) {
		code, errs, stacks := runPanicking(t, "connects", "sync")
		if code != exitInternal || strings.Count(errs, "\n") != 1 || len(stacks) != 1 {
			t.Fatalf("%d, %q, %q", code, errs, stacks)
		}
		want := "connector: a mistake of the program at cmd/panic_internal_test.go:"
		if !strings.HasPrefix(errs, want) || !strings.Contains(errs, stacks[0]) || !strings.HasSuffix(errs, " [CON-INTERNAL-PANIC]\n") {
			t.Errorf("%q", errs)
		}
		stack, err := os.ReadFile(stacks[0])
		info, failed := os.Stat(stacks[0])
		if err != nil || failed != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v, %v", err, failed, info)
		}
		if strings.Contains(string(stack), panicsSecret) || !strings.Contains(string(stack), "panicking") {
			t.Errorf("%s", stack)
		}
	})

	t.Run("Ensure one whose stack cannot be kept says so", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "absent"))
		a := newApp()
		if text := a.panicked("no way", nil).Error(); !strings.Contains(text, "its stack could not be kept (open ") {
			t.Error(text)
		}
	})

	t.Run("Ensure a panic in a job fails that job alone, with its code", func(t *testing.T) {
		code, errs, stacks := runPanicking(t, "maps", "sync")
		if code != exitFailedJobs || errs != "connector: 1 job failed; see `connector jobs errors` [CON-JOBS-FAILED]\n" || len(stacks) != 0 {
			t.Errorf("%d, %q, %q", code, errs, stacks)
		}
	})
}
