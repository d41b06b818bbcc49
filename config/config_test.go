package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

func TestLoad(t *testing.T) {
	t.Run("Ensure a whole file gives every value it holds", func(t *testing.T) {
		c := mustLoad(t, valid)
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		if c.Path != "config.yaml" || c.Dir != dir || c.State != filepath.Join(dir, "data", "local.db") {
			t.Errorf("path %q, directory %q, state %q", c.Path, c.Dir, c.State)
		}
		o := c.Odoo[0]
		if o.Name != "main" || o.URL != "https://example.odoo.com" || o.Database != "example" ||
			o.Username != "connector@example.com" || o.Password.IsZero() || o.Timeout != 30*time.Second || o.Line != 3 {
			t.Errorf("odoo %+v", o)
		}
		b := c.Backends[0]
		if b.Name != "trello" || b.Kind != "trello" || b.Version != "generic" || b.Odoo != "main" ||
			b.URL != "https://api.trello.com/1" || b.Timeout != 30*time.Second || b.Line != 9 {
			t.Errorf("backend %+v", b)
		}
		s, ok := b.Settings.(*trelloSettings)
		if !ok || s.Key.IsZero() || s.Token.IsZero() || !reflect.DeepEqual(s.Boards, []string{"Marketing", "5f2b"}) {
			t.Errorf("settings %+v", b.Settings)
		}
	})
}

func TestLoadModels(t *testing.T) {
	t.Run("Ensure models hold every model of the kind in its order and what the file changes", func(t *testing.T) {
		got := mustLoad(t, valid).Backends[0].Models
		want := []config.Model{
			{Model: "trello.board", Direction: "both", Conflict: "ask", OnLeave: "keep"},
			{Model: "trello.list", Direction: "both", Conflict: "ask", OnLeave: "keep"},
			{Model: "trello.label", Direction: "both", Conflict: "ask", OnLeave: "keep"},
			{Model: "trello.card", Direction: "both", Conflict: "ask", OnLeave: "keep", Line: 16, Path: "backends[0].models[0]",
				Domain: []any{[]any{"project_id.name", "=", "Marketing"}}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("models %+v\nwant   %+v", got, want)
		}
	})

	t.Run("Ensure a model's own direction and conflict replace the defaults", func(t *testing.T) {
		c := mustLoad(t, with(t, "{model:", "      - {model: trello.list, direction: import, conflict: newest}"))
		m, ok := c.Backends[0].FindModel("trello.list")
		if !ok || m.Direction != config.DirectionImport || m.Conflict != config.ConflictNewest || m.Domain != nil {
			t.Errorf("model %+v", m)
		}
	})
}

func TestLoadState(t *testing.T) {
	t.Run("Ensure state is state.db beside the file when left out, and absolute and home paths are kept", func(t *testing.T) {
		t.Setenv("HOME", "/home/tester")
		for line, want := range map[string]string{
			"":                        "/etc/connector/state.db",
			"state: /var/lib/x.db":    "/var/lib/x.db",
			"state: ../x.db":          "/etc/x.db",
			"state: ~/connector.db":   "/home/tester/connector.db",
			"state:":                  "/etc/connector/state.db",
			"state: \"local.db\" # x": "/etc/connector/local.db",
		} {
			c, err := config.LoadBytes("/etc/connector/config.yaml", []byte(with(t, "state:", line)), kinds)
			if err != nil || c.State != want {
				t.Errorf("%q gives %v, %v; want %q", line, c, err, want)
			}
		}
	})
}

func TestLoadWhatMayBeLeftOut(t *testing.T) {
	t.Run("Ensure a byte order mark, Windows line ends and an alias are read", func(t *testing.T) {
		text := with(t, "database:", "    database: &name example")
		text = strings.Replace(text, "username: connector@example.com", "username: *name", 1)
		c := mustLoad(t, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"))
		if c.Odoo[0].Username != "example" {
			t.Errorf("username %q", c.Odoo[0].Username)
		}
	})

	t.Run("Ensure the version is the kind's first when left out and may be a bare number", func(t *testing.T) {
		if got := mustLoad(t, with(t, "version:", "")).Backends[0].Version; got != "generic" {
			t.Errorf("version left out gives %q", got)
		}
		if got := mustLoad(t, with(t, "version:", "    version: 2.0")).Backends[0].Version; got != "2.0" {
			t.Errorf("version: 2.0 gives %q", got)
		}
	})

	t.Run("Ensure timeouts are read on both sides", func(t *testing.T) {
		text := with(t, "database:", "    database: example\n    timeout: 1m30s")
		text = strings.Replace(text, "    kind: trello", "    kind: trello\n    timeout: 1s", 1)
		c := mustLoad(t, text)
		if c.Odoo[0].Timeout != 90*time.Second || c.Backends[0].Timeout != time.Second {
			t.Errorf("timeouts %v and %v", c.Odoo[0].Timeout, c.Backends[0].Timeout)
		}
	})

	t.Run("Ensure a sandbox needs neither login nor the system's required keys", func(t *testing.T) {
		c := mustLoad(t, "odoo: [{name: main, url: 'sandbox://demo'}]\n"+
			"backends: [{name: t, kind: trello, url: 'sandbox://demo'}, {name: s, kind: shop, url: 'sandbox://x'}]\n")
		if name, ok := c.Odoo[0].SandboxName(); name != "demo" || !ok {
			t.Errorf("the Odoo's sandbox is %q, %v", name, ok)
		}
		if name, ok := c.Backends[1].SandboxName(); name != "x" || !ok {
			t.Errorf("the backend's sandbox is %q, %v", name, ok)
		}
		if name, ok := mustLoad(t, valid).Backends[0].SandboxName(); name != "" && ok {
			t.Errorf("a real address counts as the sandbox %q", name)
		}
	})

	t.Run("Ensure a null counts as left out", func(t *testing.T) {
		c := mustLoad(t, with(t, "boards:", "    boards:\n    odoo: ~\n    timeout: null"))
		if s, _ := c.Backends[0].Settings.(*trelloSettings); s.Boards != nil || c.Backends[0].Odoo != "main" {
			t.Errorf("backend %+v", c.Backends[0])
		}
	})
}

func TestFind(t *testing.T) {
	t.Run("Ensure entries are found by name", func(t *testing.T) {
		c := mustLoad(t, valid)
		if o, ok := c.FindOdoo("main"); !ok || o.Line != 3 {
			t.Errorf("main is %+v, %v", o, ok)
		}
		if b, ok := c.FindBackend("trello"); !ok || b.Line != 9 {
			t.Errorf("trello is %+v, %v", b, ok)
		}
		_, odoo := c.FindOdoo("trello")
		_, backend := c.FindBackend("main")
		_, model := c.Backends[0].FindModel("card")
		if odoo || backend || model {
			t.Error("a name that is not there was found")
		}
	})
}

func TestSettings(t *testing.T) {
	const text = `odoo: [{name: main, url: "sandbox://demo"}]
backends:
  - name: shop
    kind: shop
    url: https://shop.example.com
    login: {user: api, password: plain}
    stores: [{code: de}, {code: fr}]
    interval: 2h
    strict: true
    page: 0x10
    rate: 2.5
    keys: [one, {env: TWO}]
`
	t.Run("Ensure every type of a settings struct is read", func(t *testing.T) {
		s, ok := mustLoad(t, text).Backends[0].Settings.(*shopSettings)
		if !ok || s.Login.User != "api" || s.Interval != 2*time.Hour || !s.Strict || s.Page != 16 || s.Rate != 2.5 ||
			!reflect.DeepEqual(s.Stores, []store{{"de"}, {"fr"}}) || len(s.Keys) != 2 || s.Keys[1].IsZero() {
			t.Errorf("settings %+v", s)
		}
		if got, err := s.Login.Password.Reveal(t.Context()); got != "plain" || err != nil {
			t.Errorf("password %q, %v", got, err)
		}
	})

	t.Run("Ensure each wrong value inside is reported with its path", func(t *testing.T) {
		wrong := strings.NewReplacer("user: api", "usr: api", "code: fr", "code: [fr]", "2h", "-1s", "true", "1",
			"0x10", "99999999999", "2.5", ".inf", "{env: TWO}", "[]").Replace(text)
		_, err := load(wrong)
		wantText(t, err, `config.yaml:6: backends[0].login.user: required key "user" is missing
config.yaml:6: backends[0].login.usr: unknown key "usr"; did you mean "user"? (user, password)
config.yaml:7: backends[0].stores[1].code: expected text, found a list
config.yaml:8: backends[0].interval: "-1s" is not a time span; write a number with its unit, as 30s, 2m or 1d
config.yaml:9: backends[0].strict: expected true or false, found a number
config.yaml:10: backends[0].page: is not a whole number that fits
config.yaml:11: backends[0].rate: is not a finite number
config.yaml:12: backends[0].keys[1]: expected a secret, found a list; `+howToGive)
	})

	t.Run("Ensure whole numbers, numbers and structs of another type are reported", func(t *testing.T) {
		wrong := strings.NewReplacer("0x10", "ten", "2.5", "fast", "{code: de}, {code: fr}", "de", "{user: api, password: plain}",
			"api").Replace(text)
		_, err := load(wrong)
		wantText(t, err, `config.yaml:6: backends[0].login: expected keys with values, found text
config.yaml:7: backends[0].stores[0]: expected keys with values, found text
config.yaml:10: backends[0].page: expected a whole number, found text
config.yaml:11: backends[0].rate: expected a number, found text`)
	})

	t.Run("Ensure a kind without settings takes no key of its own", func(t *testing.T) {
		c := mustLoad(t, "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: b, kind: bare, version: 1}]\n")
		if b := c.Backends[0]; b.Settings != nil || b.Version != "1" || len(b.Models) != 0 {
			t.Errorf("backend %+v", b)
		}
	})
}

func TestMistakesOfASystemsAuthor(t *testing.T) {
	for name, settings := range map[string]func() any{
		"a key that every backend has": func() any {
			return &struct {
				URL string `yaml:"url"`
			}{}
		},
		"a field without a key": func() any { return &struct{ Key string }{} },
		"a field that nobody can set": func() any {
			return &struct {
				key string `yaml:"key"`
			}{}
		},
		"a type that cannot be read": func() any {
			return &struct {
				Extra map[string]string `yaml:"extra"`
			}{}
		},
		"no pointer": func() any { return struct{}{} },
	} {
		t.Run("Ensure settings with "+name+" panic", func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			kind := config.Kind{Name: "k", Versions: []string{"1"}, DefaultURL: "http://127.0.0.1", Settings: settings}
			text := "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: b, kind: k, extra: x}]\n"
			_, _ = config.LoadBytes("config.yaml", []byte(text), []config.Kind{kind})
		})
	}
}

func TestDirections(t *testing.T) {
	t.Run("Ensure a direction tells which ways it lets changes cross", func(t *testing.T) {
		for d, want := range map[config.Direction][2]bool{
			config.DirectionBoth: {true, true}, config.DirectionImport: {true, false},
			config.DirectionExport: {false, true}, config.DirectionOff: {false, false},
		} {
			if d.Imports() != want[0] || d.Exports() != want[1] {
				t.Errorf("%s imports %v, exports %v", d, d.Imports(), d.Exports())
			}
		}
	})
}
