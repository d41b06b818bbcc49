package odoo_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
)

// lookedAt is a server that answers fields_get of a model with a field of each type and of the models that it leads to,
// and every search with nothing.
func lookedAt() *scripted {
	return &scripted{answer: func(c called) (any, error) {
		if c.method != "fields_get" {
			return []any{}, nil
		}
		fields := taskFields()
		fields["emptiness"] = map[string]any{"type": "integer", "searchable": false}
		fields["project_id"] = map[string]any{"type": "many2one", "relation": "project.project"}
		if c.model == "project.project" {
			return map[string]any{
				"id": map[string]any{"type": "integer"}, "name": map[string]any{"type": "char"}, "display_name": map[string]any{"type": "char"},
				"partner_id": map[string]any{"type": "many2one", "relation": "res.partner"}, "task_ids": map[string]any{"type": "one2many", "relation": "project.task"},
			}, nil
		}
		return fields, nil
	}}
}

func TestDomainsThatPassTheCheck(t *testing.T) {
	cases := []struct {
		name string
		give []any
		want []any // nil: as it was given
	}{
		{"nothing against any type", []any{"stage_id", "=", nil}, []any{"stage_id", "=", false}},
		{"a path through relations", []any{"project_id.task_ids.stage_id.name", "ilike", "x"}, nil},
		{"the id", []any{"id", "in", []int64{3}}, []any{"id", "in", []any{int64(3)}}},
		{"the name that a user sees", []any{"project_id.display_name", "=", "Garden"}, nil},
		{"a one where a boolean stands", []any{"active", "=", 1}, []any{"active", "=", true}},
		{"both booleans", []any{"active", "in", []any{true, false}}, nil},
		{"a number in quotes", []any{"sequence", "=", "5"}, []any{"sequence", "=", int64(5)}},
		{"a whole number with a point", []any{"sequence", "=", 5.0}, []any{"sequence", "=", int64(5)}},
		{"a large number for a float", []any{"hours", ">", 5000000000}, []any{"hours", ">", 5e9}},
		{"a number for a text", []any{"name", "=", 5}, []any{"name", "=", "5"}},
		{"a record by its name", []any{"stage_id", "=", "Done"}, nil},
		{"records by ids and emptiness", []any{"stage_id", "in", []any{4, false}}, []any{"stage_id", "in", []any{int64(4), false}}},
		{"one value after in", []any{"stage_id", "in", 4}, []any{"stage_id", "in", []any{int64(4)}}},
		{"a list after =", []any{"stage_id", "=", []any{4, 5}}, []any{"stage_id", "=", []any{int64(4), int64(5)}}},
		{"an empty list after in", []any{"id", "in", []any{}}, nil},
		{"the children of a record", []any{"stage_id", "child_of", 4}, []any{"stage_id", "child_of", int64(4)}},
		{"the parents of some, by id", []any{"id", "parent_of", []any{4, "Garden"}}, []any{"id", "parent_of", []any{int64(4), "Garden"}}},
		{"a choice", []any{"priority", "=", "1"}, nil},
		{"a choice as a number", []any{"priority", "=", 1}, []any{"priority", "=", "1"}},
		{"a list of choices of several versions", []any{"priority", "in", []any{"3", "1"}}, nil},
		{"a pattern for a choice", []any{"priority", "ilike", "x"}, nil},
		{"a pattern for a number", []any{"sequence", "ilike", 5}, []any{"sequence", "ilike", "5"}},
		{"a value that need not be", []any{"priority", "=?", false}, nil},
		{"a day", []any{"day", "<=", "2025-01-31"}, nil},
		{"the day of a moment", []any{"day", "=", time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC)}, []any{"day", "=", "2025-01-31"}},
		{"a moment", []any{"date_deadline", ">=", "2025-01-31 10:00:00"}, nil},
		{"a moment without seconds", []any{"date_deadline", "=", "2025-01-31T10:00"}, []any{"date_deadline", "=", "2025-01-31 10:00:00"}},
		{"a moment with a zone", []any{"date_deadline", ">=", "2025-01-31T11:00:00+01:00"}, []any{"date_deadline", ">=", "2025-01-31 10:00:00"}},
		{"a moment with a Z", []any{"date_deadline", "=", "2025-01-31T10:00:00Z"}, []any{"date_deadline", "=", "2025-01-31 10:00:00"}},
		{"a fraction after >=", []any{"date_deadline", ">=", "2025-01-31 10:00:00.123456"}, nil},
		{"whether there is a picture", []any{"image", "!=", false}, nil},
		{"a part of a date, which Odoo 18 knows", []any{"date_deadline.month_number", "=", 5}, []any{"date_deadline.month_number", "=", int64(5)}},
		{"a property", []any{"properties.colour", "=", "red"}, nil},
		{"a reference", []any{"origin", "=", "res.partner,5"}, nil},
		{"an operator in capitals", []any{"name", "ILIKE", "x"}, []any{"name", "ilike", "x"}},
		{"an old operator", []any{"name", "<>", "x"}, []any{"name", "!=", "x"}},
		{"a constant", []any{1, "=", 1}, []any{int64(1), "=", int64(1)}},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name+" passes", func(t *testing.T) {
			server := lookedAt()
			s := dial(t, server)
			if err := s.CheckDomain(ctx, "project.task", odoo.Domain{c.give}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Search(ctx, "project.task", odoo.Domain{"!", c.give}, odoo.SearchOptions{}); err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == nil {
				want = c.give
			}
			if got := server.calls[len(server.calls)-1].args; !reflect.DeepEqual(got, []any{[]any{"!", want}}) {
				t.Errorf("sent %v, want %v", got, want)
			}
		})
	}
}

func TestDomainsThatFailTheCheck(t *testing.T) {
	cases := []struct {
		name  string
		give  []any
		kind  odoo.Kind
		field string
		text  string
	}{
		{"a field with a mistake", []any{"nam", "=", "x"}, odoo.UnknownField, "nam", "condition 2: nam: project.task has no field nam; did you mean name?"},
		{"a mistake at the end of a path", []any{"project_id.nam", "=", "x"}, odoo.UnknownField, "project_id.nam", "project.project has no field nam; did you mean name?"},
		{"a mistake in a path's middle", []any{"project_id.partnr_id.name", "=", "x"}, odoo.UnknownField, "project_id.partnr_id.name", "project.project has no field partnr_id; did you mean partner_id?"},
		{"a field that is like no other", []any{"zzzzzz", "=", "x"}, odoo.UnknownField, "zzzzzz", "project.task has no field zzzzzz"},
		{"a path behind a text", []any{"name.x", "=", "x"}, odoo.UnknownField, "name.x", "leads to no other model"},
		{"a path that ends with a dot", []any{"stage_id.", "=", "x"}, odoo.UnknownField, "stage_id.", "project.task.type has no field"},
		{"a field that Odoo would leave out of the search", []any{"emptiness", "=", 0}, odoo.InvalidCall, "emptiness", "cannot search for it"},
		{"a picture's value", []any{"image", "=", "aGk="}, odoo.InvalidValue, "image", "compare it with false"},
		{"a text for a boolean", []any{"active", "=", "False"}, odoo.InvalidValue, "active", "takes true or false"},
		{"a text for a number", []any{"sequence", "=", "x"}, odoo.InvalidValue, "sequence", "whole number"},
		{"a fraction for a whole number", []any{"sequence", ">=", 0.5}, odoo.InvalidValue, "sequence", "whole number"},
		{"a number beyond 32 bits", []any{"id", "in", []any{1, 1 << 31}}, odoo.InvalidValue, "id", "32 bits"},
		{"a text for a float", []any{"hours", "=", "NaN"}, odoo.InvalidValue, "hours", "takes a number"},
		{"true for a text", []any{"name", "=", true}, odoo.InvalidValue, "name", `write "!=" and false`},
		{"true for a record", []any{"stage_id", "=", true}, odoo.InvalidValue, "stage_id", `write "!=" and false`},
		{"a fraction for a record", []any{"stage_id", "=", 1.5}, odoo.InvalidValue, "stage_id", "an id or a name"},
		{"a choice with a mistake", []any{"priority", "=", "11"}, odoo.InvalidValue, "priority", `"11" is none of its choices (0, 1); did you mean 1?`},
		{"a list without a choice", []any{"priority", "not in", []any{"7", "8"}}, odoo.InvalidValue, "priority", "none of its choices"},
		{"a date for a datetime", []any{"date_deadline", ">", "2025-01-31"}, odoo.InvalidValue, "date_deadline", `write "2025-01-31 00:00:00", in UTC`},
		{"a date in a list for a datetime", []any{"date_deadline", "in", []any{"2025-01-31"}}, odoo.InvalidValue, "date_deadline", "in UTC"},
		{"a fraction of a second after =", []any{"date_deadline", "=", "2025-01-31 10:00:00.5"}, odoo.InvalidValue, "date_deadline", `use ">=" and "<"`},
		{"a day that is none", []any{"day", "=", "2025-02-30"}, odoo.InvalidValue, "day", `is no date; write it as "2025-01-31"`},
		{"an empty day", []any{"day", "=", ""}, odoo.InvalidValue, "day", "write false"},
		{"a number for a day", []any{"day", "=", 5}, odoo.InvalidValue, "day", "takes a text"},
		{"the year 0", []any{"day", "=", "0000-01-01"}, odoo.InvalidValue, "day", "1 to 9999"},
		{"an empty list after =", []any{"name", "=", []any{}}, odoo.InvalidValue, "name", `write "in"`},
		{"false after in", []any{"tag_ids", "not in", false}, odoo.InvalidValue, "tag_ids", "write [false]"},
		{"a list after <", []any{"sequence", "<", []any{1}}, odoo.InvalidValue, "sequence", `a list stands after "<"`},
		{"a list of lists", []any{"name", "in", []any{[]any{"x"}}}, odoo.InvalidValue, "name", "stands in a list"},
		{"a list of patterns", []any{"name", "ilike", []any{"x"}}, odoo.InvalidValue, "name", "one text"},
		{"the children of a text", []any{"name", "child_of", 4}, odoo.InvalidValue, "name", "leads to records"},
		{"the children of true", []any{"stage_id", "child_of", true}, odoo.InvalidValue, "stage_id", "true is no record"},
		{"an operator with a mistake", []any{"name", "ilik", "x"}, odoo.InvalidCall, "name", `"ilik" is no operator; did you mean ilike?`},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name+" is refused", func(t *testing.T) {
			s := dial(t, lookedAt())
			domain := odoo.Domain{"|", []any{"active", "=", true}, c.give}
			e := failed(t, s.CheckDomain(ctx, "project.task", domain))
			if e.Kind != c.kind || e.Field != c.field || !strings.Contains(e.Text, c.text) || !strings.HasPrefix(e.Text, "condition 2: "+c.field) {
				t.Errorf("kind %q, field %q, text %q", e.Kind, e.Field, e.Text)
			}
		})
	}
}

func TestChecksBeforeReading(t *testing.T) {
	wrong := odoo.Cond("project_id.nam", "=", "x")
	for name, read := range map[string]func(*odoo.Session) error{
		"Search": func(s *odoo.Session) error {
			_, err := s.Search(ctx, "project.task", wrong, odoo.SearchOptions{})
			return err
		},
		"SearchRead": func(s *odoo.Session) error {
			_, err := s.SearchRead(ctx, "project.task", wrong, []string{"name"}, odoo.SearchOptions{})
			return err
		},
		"All": func(s *odoo.Session) error {
			_, err := s.All(ctx, "project.task", wrong, []string{"name"}, 0)
			return err
		},
		"Each":  func(s *odoo.Session) error { return s.Each(ctx, "project.task", wrong, []string{"name"}, nil) },
		"Count": func(s *odoo.Session) error { _, err := s.Count(ctx, "project.task", wrong); return err },
	} {
		t.Run("Ensure "+name+" sends no wrong domain, and asks once for each model's fields", func(t *testing.T) {
			server := lookedAt()
			s := dial(t, server)
			for range 2 {
				if e := failed(t, read(s)); e.Kind != odoo.UnknownField || e.Field != "project_id.nam" {
					t.Errorf("kind %q, field %q", e.Kind, e.Field)
				}
			}
			if len(server.calls) != 2 {
				t.Errorf("%d calls: %v", len(server.calls), server.calls)
			}
		})
	}
	t.Run("Ensure a domain without conditions costs no question", func(t *testing.T) {
		server := lookedAt()
		if _, err := dial(t, server).Search(ctx, "project.task", odoo.Domain{[]any{1, "=", 1}}, odoo.SearchOptions{}); err != nil || len(server.calls) != 1 {
			t.Errorf("%d calls, error %v", len(server.calls), err)
		}
	})
}

func TestOperatorsOfVersions(t *testing.T) {
	cases := []struct {
		name   string
		domain odoo.Domain
		passes []string
	}{
		{"any", odoo.Cond("tag_ids", "any", odoo.Cond("name", "=", "Garden")), []string{"17.0", "18.0", "19.0"}},
		{"not any", odoo.Cond("project_id", "not any", odoo.Cond("name", "=", "Garden")), []string{"17.0", "18.0", "19.0"}},
		{"not =like", odoo.Cond("name", "not =like", "G%"), []string{"19.0"}},
		{"any of the id", odoo.Cond("id", "any", odoo.Cond("name", "=", "Garden")), []string{"19.0"}},
		{"a day in words", odoo.Cond("date_deadline", ">", "today"), []string{"19.0"}},
		{"like", odoo.Cond("name", "=like", "G%"), []string{"16.0", "17.0", "18.0", "19.0"}},
	}
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		_, s, _ := fake(t, odootest.Options{Version: version})
		for _, c := range cases {
			passes := slices.Contains(c.passes, version)
			t.Run("Ensure "+c.name+" is told as Odoo "+version+" has it", func(t *testing.T) {
				err := s.CheckDomain(ctx, "project.task", c.domain)
				if passes && err != nil {
					t.Error(err)
				}
				if !passes && !odoo.IsKind(err, odoo.InvalidCall, odoo.InvalidValue) {
					t.Errorf("error %v", err)
				}
			})
		}
		t.Run("Ensure a mistake inside an any names its place", func(t *testing.T) {
			if version == "16.0" {
				t.Skip("Odoo 16 has no any")
			}
			inside := odoo.Domain{[]any{"color", "=", 1}, []any{"nam", "=", "x"}}
			e := failed(t, s.CheckDomain(ctx, "project.task", odoo.Cond("tag_ids", "any", inside)))
			if !strings.HasPrefix(e.Text, "condition 1.2: nam: project.tags has no field nam") {
				t.Errorf("text %q", e.Text)
			}
		})
	}
}
