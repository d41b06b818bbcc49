package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

// trelloSettings stands for what a system declares: one field of every type that a settings struct may hold.
type trelloSettings struct {
	Key    config.Secret `yaml:"key" config:"required"`
	Token  config.Secret `yaml:"token" config:"required"`
	Boards []string      `yaml:"boards"`
	Rate   int           `yaml:"requests_per_10s"`
}

type shopSettings struct {
	Login    *login          `yaml:"login" config:"required"`
	Stores   []store         `yaml:"stores"`
	Interval time.Duration   `yaml:"interval"`
	Strict   bool            `yaml:"strict"`
	Page     int32           `yaml:"page"`
	Rate     float64         `yaml:"rate"`
	Keys     []config.Secret `yaml:"keys"`
	Private  string          `yaml:"-"`
}

type login struct {
	User     string        `yaml:"user" config:"required"`
	Password config.Secret `yaml:"password" config:"required"`
}

type store struct {
	Code string `yaml:"code"`
}

var (
	trelloKind = config.Kind{
		Name:       "trello",
		Versions:   []string{"generic", "2.0"},
		Models:     []string{"trello.board", "trello.list", "trello.label", "trello.card"},
		DefaultURL: "https://api.trello.com/1",
		Settings:   func() any { return &trelloSettings{} },
	}
	shopKind = config.Kind{
		Name:     "shop",
		Versions: []string{"1.7"},
		Models:   []string{"shop.order"},
		Settings: func() any { return &shopSettings{} },
	}
	bareKind = config.Kind{Name: "bare", Versions: []string{"1"}, DefaultURL: "http://127.0.0.1:1"}
	kinds    = []config.Kind{trelloKind, shopKind, bareKind}
)

// valid is a whole file; the tests replace one line of it at a time.
const valid = `state: data/local.db
odoo:
  - name: main
    url: https://example.odoo.com
    database: example
    username: connector@example.com
    password: {env: CONNECTOR_TEST_ODOO}
backends:
  - name: trello
    kind: trello
    version: generic
    key: {env: CONNECTOR_TEST_KEY}
    token: {env: CONNECTOR_TEST_TOKEN}
    boards: [Marketing, "5f2b"]
    models:
      - {model: trello.card, direction: both, domain: [["project_id.name", "=", "Marketing"]], conflict: ask}
`

// load reads text as the file config.yaml.
func load(text string) (*config.Config, error) {
	return config.LoadBytes("config.yaml", []byte(text), kinds)
}

func mustLoad(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := load(text)
	if err != nil {
		t.Fatalf("the file should be valid:\n%v", err)
	}
	if err := conforms(t, text); err != nil {
		t.Errorf("the file is valid, but the schema refuses it: %v", err)
	}
	return c
}

// with replaces one line of the valid file, found by its beginning, by others.
func with(t *testing.T, line, replacement string) string {
	t.Helper()
	var out strings.Builder
	found := 0
	for l := range strings.Lines(valid) {
		if strings.HasPrefix(strings.TrimLeft(l, " -"), line) {
			found++
			l = replacement
			if l != "" {
				l += "\n"
			}
		}
		out.WriteString(l)
	}
	if found != 1 {
		t.Fatalf("the valid file has %d lines that begin with %q", found, line)
	}
	return out.String()
}

// wantText compares an error's text, line by line.
func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want\n%s", want)
	}
	if err.Error() != want {
		t.Errorf("error\n%s\nwant\n%s", err, want)
	}
}
