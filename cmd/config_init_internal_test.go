package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/trello"
)

// servedPair is a sandbox that stands for real servers.
type servedPair struct{ odoo, trello string }

func serveForInit(t *testing.T) servedPair {
	t.Helper()
	box, err := sandbox.Open(t.TempDir(), sandbox.Options{Odoo: true, Systems: []sandbox.System{trelloFake()}, Clock: newApp().clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	o, _ := box.Odoo()
	s, _ := box.System("trello")
	return servedPair{o.URL, s.URL}
}

// hurried is a clock that lets nobody wait.
type hurried struct{ state.Clock }

func (hurried) Sleep(context.Context, time.Duration) error { return nil }

// initialize runs `config init` with answers, a line each, and gives its exit code and all that it said.
func initialize(answers string, args ...string) (code int, said string) {
	a := newApp()
	var out bytes.Buffer
	a.in, a.out, a.err, a.clock = strings.NewReader(answers), &out, &out, hurried{a.clock}
	code = a.run(append([]string{"config", "init"}, args...))
	return code, out.String()
}

func TestInitAsks(t *testing.T) {
	servers := serveForInit(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "new", "config.yaml")
	answers := strings.Join([]string{
		"<", "http://127.0.0.1:1", servers.trello, servers.odoo, // nothing before it, nobody, somebody else, Odoo
		"admin", "p", "wrong-pass", // refused
		"", "", "<", "", "typed-too-early", "p", "admin", // back to the login, then the right password
		"my cards", "cards", "bad-key", "demo-token", // no name, then refused
		"typing-error", "<", "demo-key", "demo-token", // back from the token to the key
		"7", "1, Office move", // an unknown number first
		"y",
	}, "\n") + "\n"
	code, said := initialize(answers, "--config", file, "--backend-url", servers.trello)
	if code != exitOK {
		t.Fatalf("it ended with %d and said\n%s", code, said)
	}
	t.Run("Ensure it says what it finds, and what is wrong", func(t *testing.T) {
		for _, want := range []string{
			"connection refused", "HTTP 401", "Odoo 18.0", "Its database is demo.", "access denied",
			"This is the first question.", "that is neither k nor p", `"my cards" is not a name`,
			"Logged in as Mitchell Admin (admin), who sees ", "Logged in as Demo Member (demo), who sees 3 open boards.", `There is no "7".`,
			"Wrote " + file, "connector --config " + file + " doctor",
		} {
			if !strings.Contains(strings.ReplaceAll(said, "\n", " "), strings.ReplaceAll(want, "\n", " ")) {
				t.Errorf("nothing is said of %q in\n%s", want, said)
			}
		}
		for _, secret := range []string{"wrong-pass", "bad-key", "typing-error", "demo-token"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s is shown in\n%s", secret, said)
			}
		}
	})
	t.Run("Ensure the file can be used, and secrets are in files of their own", func(t *testing.T) {
		c, err := config.Load(file, newApp().registry.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		s, _ := c.Backends[0].Settings.(*trello.Settings)
		if c.Backends[0].Name != "cards" || !slices.Equal(s.Boards, []string{"Workshop", "Office move"}) || c.Odoo[0].Database != "demo" || len(c.Warnings) > 0 {
			t.Errorf("%+v, %+v, %v", c.Backends[0], s, c.Warnings)
		}
		for _, name := range []string{"config.yaml", "odoo.password", "cards.key", "cards.token"} {
			info, err := os.Stat(filepath.Join(dir, "new", name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	})
	t.Run("Ensure it replaces nothing without --force, and keeps backups with it", func(t *testing.T) {
		if code, said := initialize(answers, "--config", file); code != exitUsage || !strings.Contains(said, "is there already") {
			t.Errorf("%d, %s", code, said)
		}
		if code, said := initialize("", "--config", file, "--force", "--sandbox"); code != exitOK || !strings.Contains(said, file+".bak") {
			t.Errorf("%d, %s", code, said)
		}
		if _, err := os.Stat(filepath.Join(dir, "new", "config.yaml.bak")); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure nothing is written when the answers end, or the last one is no", func(t *testing.T) {
		for _, short := range []string{servers.odoo + "\nadmin\n", strings.TrimSuffix(answers, "y\n") + "n\n"} {
			other := filepath.Join(dir, "other", "config.yaml")
			code, said := initialize(short, "--config", other, "--backend-url", servers.trello)
			if code == exitOK || !strings.Contains(said, "nothing was written") {
				t.Errorf("%d, %s", code, said)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "other", "*")); err != nil || len(left) > 0 {
				t.Errorf("%v, %v", left, err)
			}
		}
	})
}

func TestDraftIsTrue(t *testing.T) {
	t.Run("Ensure each key that the new file offers in a comment can be taken", func(t *testing.T) {
		a := newApp()
		s := &setup{app: a, kinds: a.registry.Kinds(), kind: a.registry.Kinds()[0], url: sandboxURL, backendURL: sandboxURL}
		offered := 0
		for line := range strings.Lines(string(s.draft(false).YAML())) {
			key, isComment := strings.CutPrefix(line, "    # ")
			if !isComment || strings.HasPrefix(key, "ca_file") || strings.HasPrefix(key, "odoo:") {
				continue
			}
			offered++
			text := strings.Replace(string(s.draft(false).YAML()), line, "    "+key, 1)
			if _, err := config.LoadBytes("config.yaml", []byte(text), s.kinds); err != nil {
				t.Errorf("%s: %v", strings.TrimSpace(key), err)
			}
		}
		if offered < 20 {
			t.Errorf("%d keys are offered", offered)
		}
	})
}
