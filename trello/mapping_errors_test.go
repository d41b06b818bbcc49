package trello_test

import (
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// loadFields reads a configuration file whose model has these lines of fields: the first of them is line 9.
func loadFields(model string, lines ...string) error {
	text := "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends:\n  - name: trello\n    kind: trello\n    url: sandbox://demo\n    models:\n      - model: " +
		model + "\n        fields:\n          " + strings.Join(lines, "\n          ") + "\n"
	_, err := config.LoadBytes("config.yaml", []byte(text), []config.Kind{trello.Backend().Kind()})
	return err
}

func TestErrorsOfADomain(t *testing.T) {
	for wrong, want := range map[string][]any{
		"condition 1: prio: project.task has no field prio":    {[]any{"prio", "=", "1"}},
		"condition 2: color: ":                                 {[]any{"priority", "=", "1"}, []any{"color", "=", "red"}},
		"condition 1: project_id.nmae: project.project has no": {[]any{"project_id.nmae", "=", "x"}},
	} {
		t.Run("Ensure a domain that does not fit this Odoo is told before anything is written: "+wrong, func(t *testing.T) {
			w := newWorld(t)
			workshop(w)
			w.model(trello.CardModel, func(m *config.Model) { m.Domain = want })
			_, err := w.sync()
			if err == nil {
				t.Fatal("there is no error")
			}
			says(t, err.Error(), "domain: of trello.card: "+wrong, "correct it in the configuration")
			w.noOdooWrites()
			w.noTrelloWrites()
		})
	}
}

func TestErrorsOfAMapping(t *testing.T) {
	const at = "config.yaml:9: backends[0].models[0].fields[0]"
	for _, c := range []struct{ about, line, want string }{
		{"an external field that there is none of", "- {odoo: date_end, external: starts}",
			at + `.external: trello.card has no field "starts"; did you mean "start"? (`},
		{"one that is read-only", "- {odoo: x_url, external: shortUrl}", at + `.external: shortUrl cannot be written; set direction: import`},
		{"a modifier that there is none of", "- {odoo: x_a, external: desc, direction: import, modifiers: [trim]}",
			at + `.modifiers: there is no modifier "trim"; use one of trimmed, none, upper, lower, single_line`},
		{"one that the reference has", "- {odoo: x_a, external: start, modifiers: [convert]}",
			at + `.modifiers: there is no modifier "convert"; values are converted to the type of the other side's field by themselves; for more use import: and export:`},
		{"an expression that cannot be read", `- {odoo: x_a, external: start, direction: import, import: "value +"}`,
			at + `.import: unexpected token EOF (character 7); the field's own value is called value`},
		{"a name that it has no value for", `- {odoo: x_a, external: start, direction: import, import: "vlue"}`,
			at + `.import: unknown name vlue (character 1); the field's own value is called value`},
		{"a function of another type of value", `- {odoo: x_a, external: start, direction: import, import: "upper(value)"}`,
			at + `.import: cannot use time.Time as argument (type string) to call upper (character 7); the field's own value is called value`},
		{"a function that does not exist here", `- {odoo: x_a, external: start, direction: import, import: "now()"}`,
			at + `.import: unknown name now (character 1); the field's own value is called value`},
		{"an expression of one direction in a pair of both", `- {odoo: x_a, external: dueComplete, import: "not value"}`,
			at + `.import: the value is converted one way only; give export: too, or set direction: import`},
		{"an expression whose type the other side cannot hold", `- {odoo: x_a, external: start, direction: export, export: "1 > 2"}`,
			at + `.export: it gives a yes or no, and start holds a moment`},
		{"an external field that two pairs would write", "- {odoo: x_name, external: name}",
			at + `.external: name is written by the pair of name already; set direction: import here, or take the other one out by odoo: name with direction: off`},
		{"a pair without which nothing could be created", "- {odoo: stage_id, direction: off}",
			at + `.odoo: without this pair no card could be created, since it needs idList; map idList to another field, or set the model's direction: import`},
		{"the pair of where a card lives", "- {odoo: project_id, direction: off}",
			at + `.odoo: project_id says where a card lives, so its pair stays as it is; leave the entry out`},
		{"a conversion of links", "- {odoo: x_tags, external: idLabels, direction: import, modifiers: [none]}",
			at + `.external: idLabels holds links, which are translated by their bindings and by nothing else; leave import, export, values, modifiers and default out`},
		{"a table with a value twice", "- {odoo: x_a, external: address, direction: import, values: [{odoo: 1, external: a}, {odoo: 2, external: a}]}",
			at + `.values: the external value "a" is there twice`},
		{"options of a pair that is not exported", "- {odoo: x_a, external: 'custom:Size', direction: import, create_options: true}",
			at + `.create_options: the pair is not exported, so no option is ever created; leave create_options: out, or change the direction`},
	} {
		t.Run("Ensure "+c.about+" is found when the configuration is read", func(t *testing.T) {
			err := loadFields("trello.card", c.line)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || (strings.Contains(err.Error(), "\n") && !strings.Contains(c.want, "\n")) {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
		})
	}
	t.Run("Ensure all problems are reported at once, by line", func(t *testing.T) {
		err := loadFields("trello.card", "- {odoo: x_b, external: starts}", "- {odoo: x_a, external: start, modifiers: [nope]}")
		if err == nil || !strings.HasPrefix(err.Error(), at) || !strings.Contains(err.Error(), "\nconfig.yaml:10: backends[0].models[0].fields[1].modifiers: ") {
			t.Errorf("error\n%v", err)
		}
	})
	t.Run("Ensure a direction beyond the model's is refused", func(t *testing.T) {
		err := loadFields("trello.card\n        direction: import", "- {odoo: x_a, external: start, direction: both}")
		if err == nil || !strings.Contains(err.Error(), "fields[0].direction: the direction of trello.card is import; leave direction out, or change the model's") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("Ensure what takes unbounded time or memory is refused", func(t *testing.T) {
		for _, text := range []string{
			"let a = value; a", "filter([1, 2], # > 1)[0]", "all(1..1000, true)", "1..1000000", "$env", "map(['a'], {# + value})", "repeat(value, 100000)",
			"value; value", strings.Repeat("value + ", 100) + "value",
		} {
			err := loadFields("trello.card", `- {odoo: x_a, external: address, direction: import, import: "`+text+`"}`)
			if err == nil || !strings.HasPrefix(err.Error(), at+".import: ") {
				t.Errorf("%s is taken: %v", text, err)
			}
		}
	})
	t.Run("Ensure good pairs are taken", func(t *testing.T) {
		err := loadFields("trello.card",
			"- {odoo: x_a, external: 'custom:Size', values: [{odoo: s, external: Small}], default: s, create_options: true}",
			"- {odoo: allocated_hours, direction: import, import: 'float(capture(name, \"([0-9]+)h\") ?? \"0\")'}",
			"- {odoo: date_end, external: start, only_create: true}",
			"- {odoo: date_deadline, direction: off}",
			"- {odoo: x_url, external: shortUrl, direction: import}")
		if err != nil {
			t.Error(err)
		}
	})
}

func TestErrorsOfOdoosFields(t *testing.T) {
	for _, c := range []struct{ about, fields, want string }{
		{"a field that Odoo lacks", "  - {odoo: date_edn, external: start}",
			`config.yaml:9: backends[0].models[0].fields[0].odoo: project.task has no field "date_edn" that the user may see; did you mean "date_end"?`},
		{"a type that the other side cannot become", "  - {odoo: priority, external: start}\n  - {odoo: date_end, external: dueComplete}",
			`config.yaml:10: backends[0].models[0].fields[1].odoo: date_end is of type datetime, and dueComplete holds a yes or no; convert it by values:, or by import: and export:`},
		{"a type that cannot be mapped", "  - {odoo: child_ids, external: start}",
			`config.yaml:9: backends[0].models[0].fields[0].odoo: child_ids is of type one2many, which cannot be mapped`},
		{"a choice that the selection lacks", "  - {odoo: priority, external: dueComplete, values: [{odoo: '7', external: true}]}",
			`config.yaml:9: backends[0].models[0].fields[0].values: "7" is none of the choices of priority; they are 0 Low, 1 High`},
		{"a field that Odoo computes", "  - {odoo: subtask_count, external: votes, direction: import}",
			`config.yaml:9: backends[0].models[0].fields[0].odoo: subtask_count is set by Odoo itself, which keeps nothing that is written to it; set direction: export`},
		{"a field that Odoo alone writes", "  - {odoo: write_date, external: created, direction: import}",
			`config.yaml:9: backends[0].models[0].fields[0].odoo: write_date is set by Odoo itself, which keeps nothing that is written to it; set direction: export`},
		{"links of another model", "  - {odoo: milestone_id, external: idList, direction: import}",
			`config.yaml:9: backends[0].models[0].fields[0].odoo: milestone_id leads to project.milestone, and idList to project.task.type`},
	} {
		t.Run("Ensure "+c.about+" stops the sync before anything is read, with file and line", func(t *testing.T) {
			s := bound(t)
			s.mapping("model: trello.card\nfields:\n" + c.fields + "\n")
			s.edit("Paint the door", func(card *trellotest.Card) { card.Name = "Paint the gate" })
			s.resetRequests()
			_, err := s.sync()
			if err == nil || err.Error() != c.want {
				t.Errorf("error\n%v\nwant\n%s", err, c.want)
			}
			s.noWrites()
			if n := len(s.trello.Requests()); n != 0 {
				t.Errorf("Trello was asked %d times", n)
			}
		})
	}
}
