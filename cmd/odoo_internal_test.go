package cmd

import (
	"context"
	"reflect"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// loaded is what runs with a configuration whose Odoos are these.
func loaded(t *testing.T, odoos string) *running {
	t.Helper()
	r := newRunning(newApp())
	var err error
	if r.config, err = config.LoadBytes("config.yaml", []byte("odoo:\n"+odoos+"backends:\n  - {name: t, kind: trello, odoo: a, url: 'sandbox://x'}\n"),
		r.app.registry.Kinds()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCourtesy(t *testing.T) {
	t.Run("Ensure two Odoos of one server share its gate and its limit, and another server has its own", func(t *testing.T) {
		r := loaded(t, `  - {name: a, url: "https://odoo.example.com/web", username: u, password: p, calls_per_second: 5}
  - {name: b, url: "https://ODOO.example.com:443", username: u, password: p, database: other}
  - {name: c, url: "https://odoo.example.com:8443", username: u, password: p}
`)
		a, b, c := r.courtesyOf(r.config.Odoo[0]), r.courtesyOf(r.config.Odoo[1]), r.courtesyOf(r.config.Odoo[2])
		if a != b || a.gate == nil || a.limit == nil {
			t.Errorf("%+v and %+v", a, b)
		}
		if a.gate == c.gate || c.limit != nil {
			t.Errorf("%+v and %+v", a, c)
		}
	})
}

func TestOdooOptions(t *testing.T) {
	t.Setenv("CONNECTOR_TEST_KEY", "k")
	r := loaded(t, `  - {name: a, url: "https://odoo.example.com", database: d, username: u, api_key: {env: CONNECTOR_TEST_KEY}, protocol: json2,
     language: fr_FR, tracking_disable: true, companies: [2, Second Co]}
`)
	t.Run("Ensure what the configuration says of an Odoo reaches the session", func(t *testing.T) {
		o, err := r.options(context.Background(), r.config.Odoo[0])
		if err != nil {
			t.Fatal(err)
		}
		if o.APIKey != "k" || o.Password != "" || o.Protocol != odoo.ProtocolJSON2 || o.Database != "d" || o.Username != "u" ||
			!reflect.DeepEqual(o.Context, map[string]any{"lang": "fr_FR", "tracking_disable": true}) {
			t.Errorf("options %+v", o)
		}
	})
	t.Run("Ensure its needs are those of the backends that belong to it", func(t *testing.T) {
		needs, err := r.app.needsOf(r.config, r.config.Odoo[0])
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(needs.Companies, []odoo.Company{{ID: 2}, {Name: "Second Co"}}) || len(needs.Groups) != 1 {
			t.Errorf("needs %+v", needs)
		}
		need := map[string]odoo.ModelNeed{}
		for _, n := range needs.Models {
			need[n.Model] = n
		}
		if users := need["res.users"]; !reflect.DeepEqual(users.Operations, []string{"read"}) { // people are linked, never made
			t.Errorf("need %+v", users)
		}
		task := need["project.task"]
		if task.For != "trello.card of t, trello.checkitem of t" || !reflect.DeepEqual(task.Operations, []string{"read", "write", "create"}) {
			t.Errorf("need %+v", task)
		}
		other, err := r.app.needsOf(r.config, config.Odoo{Name: "b"})
		if err != nil || len(other.Models)+len(other.Groups) > 0 {
			t.Errorf("needs %+v, %v", other, err)
		}
	})
	t.Run("Ensure a model that is off needs nothing, one that is exported no writing, and two on one Odoo model are one need", func(t *testing.T) {
		version, err := r.app.registry.Get("trello", "generic")
		if err != nil {
			t.Fatal(err)
		}
		b := r.config.Backends[0]
		m, _ := version.Model("trello.card")
		direction := func(d config.Direction) config.Backend {
			return config.Backend{Name: b.Name, Models: []config.Model{{Model: "trello.card", Direction: d}}}
		}
		none, err := addModel(nil, version, m, direction(config.DirectionOff))
		if err != nil || none != nil {
			t.Errorf("needs %+v, %v", none, err)
		}
		one, err := addModel(nil, version, m, direction(config.DirectionExport))
		if err != nil || len(one) != 1 || !reflect.DeepEqual(one[0].Operations, []string{"read"}) {
			t.Fatalf("needs %+v, %v", one, err)
		}
		both, err := addModel(one, version, m, direction(config.DirectionImport))
		if err != nil || len(both) != 1 || !reflect.DeepEqual(both[0].Operations, []string{"read", "write", "create"}) {
			t.Errorf("needs %+v, %v", both, err)
		}
	})
}
