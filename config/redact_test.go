package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/config"
)

const toShow = `odoo:
  - {name: main, url: https://example.odoo.com, database: d, username: u, password: {file: pw}}
  - {name: key, url: https://odoo.example.com, database: d, username: u, api_key: typed-in-too, protocol: json2, calls_at_once: 4,
     calls_per_second: 0.5, language: fr_FR, companies: [1, Second Co], tracking_disable: true}
  - {name: demo, url: "sandbox://demo"}
backends:
  - {name: trello, kind: trello, odoo: main, key: typed-in, token: {command: [pass, show, token]}, boards: [A], timeout: 90s,
     models: [{model: trello.card, direction: off, domain: []}]}
  - {name: shop, kind: shop, odoo: demo, url: https://shop.example.com, interval: 24h, stores: [{code: de}],
     login: {user: api, password: {env: SHOP}}}
`
const whatShows = `backends:
    - boards:
        - A
      key: '******'
      kind: trello
      models:
        - conflict: ask
          direction: both
          model: trello.board
        - conflict: ask
          direction: both
          model: trello.list
        - conflict: ask
          direction: both
          model: trello.label
        - conflict: ask
          direction: "off"
          domain: []
          model: trello.card
      name: trello
      odoo: main
      outcome_window: 2m
      timeout: 1m30s
      token:
        command:
            - pass
            - '******'
            - '******'
      url: https://api.trello.com/1
      version: generic
    - interval: 24h
      kind: shop
      login:
        password:
            env: SHOP
        user: api
      models:
        - conflict: ask
          direction: both
          model: shop.order
      name: shop
      odoo: demo
      outcome_window: 1m
      stores:
        - code: de
      timeout: 30s
      url: https://shop.example.com
      version: "1.7"
odoo:
    - calls_at_once: 2
      calls_per_second: 1
      database: d
      name: main
      password:
        file: pw
      protocol: auto
      timeout: 30s
      tracking_disable: false
      url: https://example.odoo.com
      username: u
    - api_key: '******'
      calls_at_once: 4
      calls_per_second: 0.5
      companies:
        - 1
        - Second Co
      database: d
      language: fr_FR
      name: key
      protocol: json2
      timeout: 30s
      tracking_disable: true
      url: https://odoo.example.com
      username: u
    - calls_at_once: 2
      name: demo
      protocol: auto
      timeout: 30s
      tracking_disable: false
      url: sandbox://demo
state: /etc/connector/state.db
`

func TestRedacted(t *testing.T) {
	c, err := config.LoadBytes("/etc/connector/config.yaml", []byte(toShow), kinds)
	if err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(c.Redacted())
	if err != nil {
		t.Fatal(err)
	}

	t.Run("Ensure the effective configuration is shown whole, without a secret", func(t *testing.T) {
		if string(got) != whatShows {
			t.Errorf("got\n%s\nwant\n%s", got, whatShows)
		}
	})

	t.Run("Ensure what is shown is a configuration again", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(path, kinds); err != nil {
			t.Error(err)
		}
	})
}

func TestNearest(t *testing.T) {
	known := []string{"import", "export", "both", "off"}
	for name, want := range map[string]string{
		"imprt": "import", "improt": "import", "EXPORT": "export", "bot": "both", "of": "off", "xx": "", "": "", "importantly": "",
		"ünport": "import",
	} {
		t.Run("Ensure the nearest to "+name+" is "+want, func(t *testing.T) {
			got, ok := config.Nearest(name, known)
			if got != want || ok != (want != "") {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}
