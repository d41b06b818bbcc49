package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
)

// everything is a file with every section.
const everything = valid + `      - {model: trello.list, direction: "off"}
      - model: trello.board
        on_leave: retire
        domain: [["tag_ids.name", "=", "Trello"], "|", ["a", "in", [1, 2]], ["b", "=", false]]
        fields:
          - {odoo: x_a, external: "custom:A", modifiers: [trimmed], values: [{odoo: "1", external: yes}], default: "on", only_create: true}
          - {odoo: x_b, direction: "off"}
  - name: shop
    kind: shop
    url: https://shop.example.com
    login: {user: api, password: {credential: shop}}
    stores: [{code: de}, {code: "1"}]
    keys: [text, {file: x.key}]
    interval: 36h
jobs:
  channels: [root:4, "root.trello:2"]
  retry_pattern: {1: 10s, 5: [5s, 30s]}
  functions: [{name: export_record, time_limit: 5m, max_retries: 0}]
  retention: [{state: done, keep: 30d}, {state: failed, keep: never}]
schedule:
  - {name: night, run: sync, at: "0 3 * * *", time_zone: Europe/Brussels, jitter: 10m, backends: [trello]}
  - {name: often, run: poll, every: 5m}
notify:
  - {name: ops, email: {to: [a@example.com], from: b@example.com, server: "mail:25", username: u, password: p}, on: [failed]}
  - {name: pager, command: [page, -t, secret-word]}
  - {name: ping, ping: {env: PING}}
`

func TestShown(t *testing.T) {
	for about, text := range map[string]string{"a small file": valid, "a file with every section": everything, "a file of many kinds": toShow} {
		t.Run("Ensure "+about+" that is shown means the same when it is read", func(t *testing.T) {
			c := mustLoad(t, text)
			shown, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			again, err := load(string(shown))
			if err != nil {
				t.Fatalf("%v in\n%s", err, shown)
			}
			if got, want := again.Redacted(), c.Redacted(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s\nmeans\n%v\nwant\n%v", shown, got, want)
			}
			if strings.Contains(string(shown), "secret-word") {
				t.Error("a secret is shown")
			}
		})
	}

	t.Run("Ensure each value tells where it comes from", func(t *testing.T) {
		shown, err := mustLoad(t, with(t, "boards:", "    boards: [Marketing]\n    requests_per_10s: 5")).YAML()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.SplitAfter(string(shown), "\n")
		want := `odoo:
  - name: main # config.yaml:3
    url: https://example.odoo.com # config.yaml:4
    database: example # config.yaml:5
    username: connector@example.com # config.yaml:6
    password: {env: CONNECTOR_TEST_ODOO} # config.yaml:7
    protocol: auto # default
    timeout: 30s # default
    calls_at_once: 2 # default
    calls_per_second: 1 # default
    tracking_disable: false # default
backends:
  - name: trello # config.yaml:9
    kind: trello # config.yaml:10
    version: generic # config.yaml:11
    odoo: main # default
    url: https://api.trello.com/1 # default
    timeout: 30s # default
    outcome_window: 1m # default
    models:
      - model: trello.board # default
        direction: both # default
        conflict: ask # default
      - model: trello.list # default
        direction: both # default
        conflict: ask # default
      - model: trello.label # default
        direction: both # default
        conflict: ask # default
      - model: trello.card # config.yaml:17
        direction: both # config.yaml:17
        domain: [[project_id.name, =, Marketing]] # config.yaml:17
        conflict: ask # config.yaml:17
    key: {env: CONNECTOR_TEST_KEY} # config.yaml:12
    token: {env: CONNECTOR_TEST_TOKEN} # config.yaml:13
    boards: [Marketing] # config.yaml:14
    requests_per_10s: 5 # config.yaml:15
`
		if rest := strings.Join(got[1:], ""); rest != want || !strings.HasSuffix(got[0], "data/local.db # config.yaml:1\n") {
			t.Errorf("got\n%swant\n%s", shown, want)
		}
	})

	t.Run("Ensure the values have paths, places and types", func(t *testing.T) {
		values := mustLoad(t, valid).Values()
		want := config.Value{Path: "odoo[0].calls_at_once", Value: 2}
		if got := values[8]; !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}
