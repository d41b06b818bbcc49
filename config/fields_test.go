package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
)

// withFields is the valid file whose card has these fields.
func withFields(t *testing.T, lines ...string) string {
	t.Helper()
	text := "      - model: trello.card\n        fields:\n"
	for _, line := range lines {
		text += "          " + line + "\n"
	}
	return with(t, "{model:", strings.TrimSuffix(text, "\n"))
}

func TestLoadFields(t *testing.T) {
	t.Run("Ensure a pair gives all that it says, numbers and truths of its table as texts", func(t *testing.T) {
		c := mustLoad(t, withFields(t,
			"- odoo: priority", "  external: custom:Priority", "  direction: import", "  modifiers: [trimmed]",
			"  values: [{odoo: 1, external: High}, {odoo: 2.50, external: true}, {odoo: '0', external: 2026-01-01}]",
			"  default: '0'", "  only_create: true", "  create_options: false", "  import: upper(value)",
			"- {odoo: date_deadline, direction: off}"))
		m, _ := c.Backends[0].FindModel("trello.card")
		if len(m.Fields) != 2 || m.Fields[0].Line != 18 || m.Fields[1].Direction != config.DirectionOff {
			t.Fatalf("fields %+v", m.Fields)
		}
		f := m.Fields[0]
		if f.Odoo != "priority" || f.External != "custom:Priority" || f.Direction != config.DirectionImport || !f.OnlyCreate || f.CreateOptions ||
			f.Default != "0" || f.Import != "upper(value)" || f.Export != "" || !reflect.DeepEqual(f.Modifiers, []string{"trimmed"}) {
			t.Errorf("field %+v", f)
		}
		want := []config.Translation{{Odoo: "1", External: "High"}, {Odoo: "2.5", External: "true"}, {Odoo: "0", External: "2026-01-01"}}
		if !reflect.DeepEqual(f.Values, want) {
			t.Errorf("values %+v, want %+v", f.Values, want)
		}
	})
	t.Run("Ensure a problem that is found later has the line and the path of its key", func(t *testing.T) {
		c := mustLoad(t, withFields(t, "- odoo: x_cost", "  external: name"))
		m, _ := c.Backends[0].FindModel("trello.card")
		for key, want := range map[string]string{
			"external": `config.yaml:19: backends[0].models[0].fields[0].external: is wrong; mend it`,
			"import":   `config.yaml:18: backends[0].models[0].fields[0]: is wrong; mend it`,
		} {
			if got := m.Fields[0].Error(key, "is wrong", "mend it").Error(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		if got := m.Fields[0].Place(); got != "config.yaml:18: backends[0].models[0].fields[0]" {
			t.Errorf("the place is %s", got)
		}
		if got := (config.Field{}).Place(); got != "" {
			t.Errorf("a field that no file has is at %q", got)
		}
	})
	t.Run("Ensure what leaves the domain stays, or retires where the file says so", func(t *testing.T) {
		for lines, want := range map[string]config.OnLeave{
			"      - {model: trello.card}":                                          config.LeaveKeep,
			"      - {model: trello.card, domain: [[x, '=', 1]]}":                   config.LeaveKeep,
			"      - {model: trello.card, domain: [[x, '=', 1]], on_leave: retire}": config.LeaveRetire,
		} {
			m, _ := mustLoad(t, with(t, "{model:", lines)).Backends[0].FindModel("trello.card")
			if m.OnLeave != want {
				t.Errorf("%s: %s", lines, m.OnLeave)
			}
		}
	})
	t.Run("Ensure the fields are shown in the shape of the file", func(t *testing.T) {
		c := mustLoad(t, withFields(t, "- {odoo: priority, external: name, values: [{odoo: 1, external: High}], modifiers: [none], only_create: true}"))
		models := c.Redacted()["backends"].([]any)[0].(map[string]any)["models"].([]any)
		got := models[3].(map[string]any)["fields"]
		want := []any{map[string]any{
			"odoo": "priority", "external": "name", "values": []any{map[string]any{"odoo": "1", "external": "High"}}, "modifiers": []any{"none"}, "only_create": true,
		}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

func TestErrorsOfFields(t *testing.T) {
	const at = "config.yaml:18: backends[0].models[0].fields[0]"
	for _, c := range []struct{ about, line, want string }{
		{"an unknown key", "- {odoo: priority, external: name, modifier: [none]}",
			at + `.modifier: unknown key "modifier"; did you mean "modifiers"?`},
		{"a pair without an Odoo field", "- {external: name}", at + `.odoo: required key "odoo" is missing`},
		{"a pair without an external field", "- {odoo: priority}",
			at + ".external: required key \"external\" is missing; name the external field; `connector fields MODEL` lists them"},
		{"a field of another record", "- {odoo: partner_id.email, external: name}",
			at + `.odoo: "partner_id.email" is a field of another record; make a related field in Odoo and map that`},
		{"a name that is no field", "- {odoo: 'due date', external: name}", at + `.odoo: "due date" is not a field; use a technical name, as date_deadline`},
		{"an unknown direction", "- {odoo: priority, external: name, direction: out}",
			at + `.direction: "out" is not a direction; use one of both, import, export, off`},
		{"a pair that is off and says more", "- {odoo: priority, external: name, direction: off}",
			at + `.external: direction: off takes the pair out, so there is nothing to say about it; leave external out, or change the direction`},
		{"a table that is empty", "- {odoo: priority, external: name, values: []}",
			at + `.values: is an empty list; leave it out, or give at least one entry with odoo: and external:`},
		{"a table with half a line", "- {odoo: priority, external: name, values: [{odoo: 1}]}",
			at + `.values[0].external: required key "external" is missing; the value outside`},
		{"a table of names as keys", "- {odoo: priority, external: name, values: {High: 1}}",
			at + `.values: expected a list, found keys with values; write each entry on a line of its own after "- ", or all in [ ]`},
		{"a default that is a list", "- {odoo: priority, external: name, default: [1]}", at + `.default: expected a text, a number, or true or false, found a list`},
		{"an expression that is a number", "- {odoo: priority, external: name, import: 5}", at + `.import: expected text, found a number; write it in quotes`},
		{"a field that is there twice", "- {odoo: priority, external: name}\n          - {odoo: priority, external: desc}",
			`config.yaml:19: backends[0].models[0].fields[1].odoo: duplicate odoo "priority", first on line 18`},
	} {
		t.Run("Ensure "+c.about+" is reported", func(t *testing.T) {
			_, err := load(withFields(t, c.line))
			wantText(t, err, c.want)
		})
	}
	t.Run("Ensure a way to leave without a domain is reported", func(t *testing.T) {
		_, err := load(with(t, "{model:", "      - {model: trello.card, on_leave: retire}"))
		wantText(t, err, "config.yaml:16: backends[0].models[0].on_leave: there is no domain to leave; give domain:, or leave on_leave out")
	})
}
