package cmd

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/trello"
)

func TestBackends(t *testing.T) {
	t.Run("Ensure that the systems and the backends of the configuration are listed", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		mustHave(t, d.must("backends"), "trello  generic   yes      https://api.trello.com/1\n", "trello   trello generic  main  root.trello  sandbox://demo\n")
		d.refused(`did you mean "trello"?`, "backends", "trelo")
	})
	t.Run("Ensure that each unit tells which version it is of", func(t *testing.T) {
		d := newDesk(t, "odoo: [{name: main, url: 'sandbox://demo'}]\n"+
			"backends: [{name: trello, kind: trello, version: custom, url: 'sandbox://demo', models: [{model: trello.label, direction: import}]}]\n")
		run := func(args ...string) string {
			t.Helper()
			a := newApp(Extending("trello", func(root *backend.Backend) {
				root.Version("custom").Mapper(trello.CardModel, trello.CardMapper().Without("date_deadline"))
			}))
			var out bytes.Buffer
			a.out, a.err, a.clock = &out, &out, d
			if code := a.run(append([]string{"--config", d.path("config.yaml")}, args...)); code != 0 {
				t.Fatalf("exit %d: %s", code, out.String())
			}
			return out.String()
		}
		text := run("backends", "trello")
		mustHave(t, text, "System    trello custom, which inherits from generic\n",
			"\ntrello.card ↔ project.task: card ↔ task\n  direction  both; conflicts: ask\n  of generic adapter, tailor\n  own        mapper\n  default    importer, exporter, deleter\n",
			"\ntrello.label ↔ project.tags: label ↔ tag\n  direction  import; conflicts: ask\n")
		mustHave(t, run("backends"), "trello  generic, custom (of generic)  yes ")
		var v backendsView
		if err := json.Unmarshal([]byte(run("--output", "json", "backends", "trello")), &v); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(v.Backends[0].Models, func(m modelView) bool { return m.Model == trello.CardModel })
		want := []connectorUnitView{{"adapter", "inherited", "generic"}, {"mapper", "own", "custom"}, {"tailor", "inherited", "generic"}}
		if got := v.Backends[0].Models[at].Units[:3]; !slices.Equal(got, want) {
			t.Errorf("%+v", got)
		}
	})
}
