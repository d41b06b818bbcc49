package odootest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

func TestDomains(t *testing.T) {
	_, c := start(t, "18.0")
	project, todo, doing, first := c.board()
	tag := c.create("project.tags", map[string]any{"name": "Bug"})
	make1 := func(name string, vals map[string]any) int64 {
		vals["name"] = name
		return c.create("project.task", vals)
	}
	second := make1("Sell 50% of A_B", map[string]any{"project_id": project, "stage_id": doing, "tag_ids": []any{[]any{4, tag, 0}}, "sequence": 5, "date_deadline": "2030-05-06 10:00:00", "user_ids": []any{}})
	child := make1("child", map[string]any{"project_id": project, "parent_id": first, "priority": "1", "user_ids": []any{[]any{4, 2, 0}}})
	alone := make1("alone", map[string]any{"user_ids": []any{[]any{4, 2, 0}}, "email_cc": ""})
	a := func(ids ...int64) []any {
		list := make([]any, len(ids))
		for i, id := range ids {
			list[i] = id
		}
		return list
	}
	one := func(field, operator string, value any) []any { return []any{[]any{field, operator, value}} }
	for _, k := range []struct {
		name   string
		domain []any
		ids    []any
	}{
		{"no condition", []any{}, a(first, second, child, alone)},
		{"an implicit and", []any{[]any{"project_id", "=", project}, []any{"sequence", "=", 10}}, a(first, child)},
		{"or, not, and", []any{"|", []any{"id", "=", first}, "&", "!", []any{"project_id", "=", false}, []any{"sequence", "<", 10}}, a(first, second)},
		{"not before a group", []any{"!", "|", []any{"id", "=", first}, []any{"id", "=", alone}}, a(second, child)},
		{"true", []any{[]any{1, "=", 1}}, a(first, second, child, alone)},
		{"false", []any{[]any{0, "=", 1}}, a()},
		{"ids", one("id", "in", []any{second, 999}), a(second)},
		{"not ids", one("id", "not in", []any{second}), a(first, child, alone)},
		{"an empty list", one("id", "in", []any{}), a()},
		{"not in an empty list", one("id", "not in", []any{}), a(first, second, child, alone)},
		{"greater", one("sequence", ">", 5), a(first, child, alone)},
		{"a number beyond 32 bits as text", one("id", "=", 2147483647), a()},
		{"many2one by id", one("stage_id", "=", doing), a(second)},
		{"many2one by ids", one("stage_id", "in", []any{doing, todo}), a(first, second, child)},
		{"many2one by name", one("stage_id", "=", "Doing"), a(second)},
		{"many2one like", one("stage_id", "ilike", "do"), a(first, second, child)},
		{"many2one not", one("stage_id", "!=", doing), a(first, child, alone)},
		{"many2one empty", one("stage_id", "=", false), a(alone)},
		{"many2one not empty", one("stage_id", "!=", false), a(first, second, child)},
		{"many2one or empty", one("stage_id", "in", []any{doing, false}), a(second, alone)},
		{"a path", one("stage_id.name", "=", "Doing"), a(second)},
		{"a negative path leaves out the empty", one("stage_id.name", "!=", "Doing"), a(first, child)},
		{"a longer path", one("stage_id.project_ids.name", "=", "Board"), a(first, second, child)},
		{"a path over a set", one("tag_ids.name", "ilike", "bug"), a(second)},
		{"a set holds", one("tag_ids", "=", tag), a(second)},
		{"a set holds one of", one("tag_ids", "in", []any{tag, 999}), a(second)},
		{"a set holds none of", one("tag_ids", "not in", []any{tag}), a(first, child, alone)},
		{"a set is empty", one("tag_ids", "=", false), a(first, child, alone)},
		{"a set is not empty", one("tag_ids", "!=", false), a(second)},
		{"a set by name", one("tag_ids", "=", "Bug"), a(second)},
		{"a one2many", one("child_ids", "=", child), a(first)},
		{"a one2many is empty", one("child_ids", "=", false), a(second, child, alone)},
		{"below", one("id", "child_of", first), a(first, child)},
		{"above", one("id", "parent_of", []any{child}), a(first, child)},
		{"like", one("name", "like", "ain"), a(first)},
		{"like knows case", one("name", "like", "paint"), a()},
		{"ilike", one("name", "ilike", "PAINT"), a(first)},
		{"not ilike", one("name", "not ilike", "l"), a(first)},
		{"=like from the start", one("name", "=like", "%e"), a(alone)},
		{"=ilike with a letter", one("name", "=ilike", "CHIL_"), a(child)},
		{"like with %", one("name", "like", `50\%`), a(second)},
		{"like with _", one("name", "like", "A_B"), a(second)},
		{"equal texts", one("name", "=", "child"), a(child)},
		{"texts in", one("name", "in", []any{"child", "alone"}), a(child, alone)},
		{"an empty text is empty", one("email_cc", "=", false), a(first, second, child, alone)},
		{"not empty", one("email_cc", "!=", false), a()},
		{"no date", one("date_deadline", "=", false), a(first, child, alone)},
		{"a date", one("date_deadline", ">=", "2030-05-06"), a(second)},
		{"a date and a time", one("date_deadline", "=", "2030-05-06T10:00:00"), a(second)},
		{"boolean", one("active", "=", true), a(first, second, child, alone)},
		{"boolean not", one("active", "!=", true), a()},
		{"selection by number", one("priority", "=", 1), a(child)},
		{"=? with nothing", one("stage_id", "=?", false), a(first, second, child, alone)},
		{"=? with something", one("stage_id", "=?", doing), a(second)},
		{"display name", one("display_name", "ilike", "chil"), a(child)},
		{"computed", one("is_closed", "=", false), a(first, second, child, alone)},
	} {
		t.Run("Ensure "+k.name+" is understood", func(t *testing.T) {
			want(t, k.name, c.call("project.task", "search", k.domain, kw{"order": "id"}), k.ids)
		})
	}
}

func TestBadDomains(t *testing.T) {
	// texts seen on Odoo 18
	_, c := start(t, "18.0")
	for _, k := range []struct {
		domain any
		text   string
	}{
		{[]any{[]any{"name", "foo", 1}}, "ValueError: Invalid leaf ('name', 'foo', 1)"},
		{[]any{"|", []any{"name", "=", 1}}, "ValueError: Domain ['|', ['name', '=', 1]] is syntactically not correct."},
		{[]any{"&"}, "ValueError: Domain ['&'] is syntactically not correct."},
		{[]any{[]any{"name", "="}}, "ValueError: not enough values to unpack (expected 3, got 2)"},
		{[]any{[]any{"name", "=", "a", "b"}}, "ValueError: too many values to unpack (expected 3)"},
		{"abc", "AssertionError: Domains to normalize must have a 'domain' form"},
		{[]any{1}, "TypeError: 'int' object is not subscriptable"},
		{[]any{[]any{"name", "in", "abc"}}, "ValueError: Invalid domain term ('name', 'in', 'abc')"},
		{[]any{[]any{"stage_id", "child_of", 1}}, "KeyError: 'parent_id'"},
		{[]any{[]any{"project_id.nosuch", "=", 1}}, "ValueError: Invalid field project.project.nosuch in leaf ('nosuch', '=', 1)"},
		{[]any{[]any{"name.x", "=", 1}}, "AssertionError: Invalid field 'name.x' in domain term ('name.x', '=', 1)"},
	} {
		c.fault(1, k.text, "project.task", "search", k.domain)
	}
}

func TestOrdersAndPages(t *testing.T) {
	_, c := start(t, "18.0")
	_, todo, doing, _ := c.board()
	project := 1
	create := func(name string, sequence int, stage int64, deadline any) int64 {
		return c.create("project.task", map[string]any{"name": name, "project_id": project, "sequence": sequence, "stage_id": stage, "date_deadline": deadline})
	}
	c.call("project.task", "unlink", []int64{1})
	x, y, z := create("b", 2, doing, false), create("a", 1, todo, "2030-01-01 00:00:00"), create("B", 2, todo, "2029-01-01 00:00:00")
	for order, expected := range map[string][]any{
		"name":                                {z, y, x},
		"sequence desc, id":                   {x, z, y},
		"sequence, name desc":                 {y, x, z},
		"stage_id, id":                        {y, z, x},
		"date_deadline":                       {z, y, x},
		"date_deadline desc":                  {x, y, z},
		"date_deadline nulls first":           {x, z, y},
		"date_deadline DESC NULLS LAST":       {y, z, x},
		"id desc":                             {z, y, x},
		"priority desc, sequence, id desc":    {y, z, x},
		" sequence  asc ,  date_deadline asc": {y, z, x},
	} {
		want(t, order, c.call("project.task", "search", []any{}, kw{"order": order}), expected)
	}
	want(t, "the model's own order", c.call("project.task", "search", []any{}), []any{y, z, x})
	page := func(offset, limit int) any {
		return c.call("project.task", "search", []any{}, kw{"order": "id", "offset": offset, "limit": limit})
	}
	want(t, "a page", page(1, 1), []any{y})
	want(t, "a limit of 0 is none", page(0, 0), []any{x, y, z})
	want(t, "an offset behind the end", page(9, 0), []any{})
	c.fault(2, "Invalid \"order\" specified (name foo).", "project.task", "search", []any{}, kw{"order": "name foo"})
	c.fault(2, "Invalid \"order\" specified (name;drop).", "project.task", "search", []any{}, kw{"order": "name;drop"})
	c.fault(1, "Invalid field 'nosuch' on model 'project.task'", "project.task", "search", []any{}, kw{"order": "nosuch"})
	c.fault(1, "Cannot convert project.task.tag_ids to SQL because it is not stored", "project.task", "search", []any{}, kw{"order": "tag_ids"})
}

// FuzzDomain sends whatever looks like a domain: a fault or ids, never a crash.
func FuzzDomain(f *testing.F) {
	f.Add(`[["name","=","x"]]`)
	f.Add(`["|","!",["id","in",[1,2]],["stage_id.project_ids.name","ilike","b"]]`)
	f.Add(`[["write_date",">","2026-01-01T00:00:00Z"],["tag_ids","child_of",[false,"x",1.5]]]`)
	f.Fuzz(func(t *testing.T, text string) {
		var domain any
		decoder := json.NewDecoder(strings.NewReader(text))
		if decoder.Decode(&domain) != nil {
			return
		}
		if _, err := xmlrpc.EncodeCall("x", domain); err != nil {
			return
		}
		_, c := start(t, "18.0")
		c.board()
		_, err := c.try("project.task", "search", domain)
		var fault *xmlrpc.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Error(err)
		}
		if fault != nil && strings.Contains(fault.Text, "RuntimeError") {
			t.Error(fault.Text)
		}
	})
}
