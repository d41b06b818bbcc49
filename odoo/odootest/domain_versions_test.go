package odootest_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestDomainsOfVersions holds what the same calls gave on real servers of 16 to 19;
// a, b and x are a company, its contact and an archived contact of it. What begins
// with ! is the last line of a fault.
func TestDomainsOfVersions(t *testing.T) {
	same := func(text string) [4]string { return [4]string{text, text, text, text} }
	before18 := func(old, now string) [4]string { return [4]string{old, old, now, now} }
	on19 := func(old, now string) [4]string { return [4]string{old, old, old, now} }
	cases := []struct {
		name     string
		leaf     []any
		expected [4]string
	}{
		{"below, by a link of the model to itself", []any{"parent_id", "child_of", "A"}, same("ab")},
		{"above, by a link of the model to itself", []any{"parent_id", "parent_of", "B"}, same("ab")},
		{"by the name of an archived target", []any{"parent_id", "=", "Old"}, same("")},
		{"an archived line by id", []any{"child_ids", "=", "X"}, on19("a", "")},
		{"an archived line by path", []any{"child_ids.name", "=", "Gone"}, same("")},
		{"any of a set", []any{"child_ids", "any", []any{[]any{"name", "=", "Child"}}}, [4]string{"!TypeError: unhashable type: 'list'", "a", "a", "a"}},
		{"not any of a set", []any{"child_ids", "not any", []any{[]any{"name", "=", "Child"}}}, [4]string{"!TypeError: unhashable type: 'list'", "b", "b", "b"}},
		{"any of a link", []any{"parent_id", "any", []any{[]any{"name", "=", "Parent"}}}, [4]string{"!TypeError: unhashable type: 'list'", "b", "b", "b"}},
		{"not any of a link", []any{"parent_id", "not any", []any{[]any{"name", "=", "Parent"}}}, [4]string{"!TypeError: unhashable type: 'list'", "a", "a", "a"}},
		{"any of a text", []any{"name", "any", []any{}}, [4]string{"!TypeError: unhashable type: 'list'", "!KeyError: None", "!KeyError: None", "!ValueError: Cannot use 'any' with non-relational fields in condition"}},
		{"not =like", []any{"name", "not =like", "C%"}, on19("!ValueError: Invalid leaf ('name', 'not =like', 'C%')", "a")},
		{"in without a list", []any{"name", "in", "Child"}, on19("!ValueError: Invalid domain term ('name', 'in', 'Child')", "b")},
		{"a link in without a list", []any{"parent_id", "in", "A"}, on19("!ValueError: Invalid domain term", "b")},
		{"= with a list", []any{"parent_id", "=", []any{"A"}}, same("b")},
		{"empty text", []any{"email", "=", ""}, before18("", "ab")},
		{"not empty text", []any{"email", "!=", ""}, same("")},
		{"another text", []any{"email", "!=", "x"}, same("ab")},
		{"0 is False", []any{"color", "=", false}, before18("", "ab")},
		{"0 is not False", []any{"color", "!=", false}, before18("ab", "")},
		{"the text False", []any{"active", "=", "False"}, on19("ab", "x")},
		{"both", []any{"active", "in", []any{true, false}}, same("abx")},
		{"display name", []any{"display_name", "=", "Parent, Child"}, [4]string{"b", "ab", "b", "b"}},
		{"a path behind a text", []any{"name.x", "=", 1}, [4]string{"!AttributeError: 'Char' object has no attribute 'auto_join'", "!AssertionError: Invalid field 'name.x' in domain term ('name.x', '=', 1)", "!AssertionError: Invalid field 'name.x' in domain term", "!ValueError: Invalid field property 'x' on res.partner.name"}},
		{"a part of a date", []any{"create_date.year_number", "=", 2026}, [4]string{"!AttributeError: 'Datetime' object has no attribute 'auto_join'", "!AssertionError: Invalid field 'create_date.year_number'", "ab", "ab"}},
		{"no date", []any{"create_date", "=", "garbage"}, on19("!psycopg2.errors.InvalidDatetimeFormat: invalid input syntax for type timestamp: \"garbage\"", "!ValueError: Invalid term 'garbage' in expression date: 'garbage'")},
		{"a number for a date", []any{"create_date", ">", 5}, on19("!psycopg2.errors.InvalidDatetimeFormat: invalid input syntax for type timestamp: \"5\"", "!ValueError: Failed to cast 5 into a datetime")},
		{"a field that cannot be searched", []any{"contact_address", "like", "x"}, on19("ab", "!ValueError: Cannot convert res.partner.contact_address to SQL because it is not stored")},
		{"no operator", []any{"name", "foo", 1}, on19("!ValueError: Invalid leaf ('name', 'foo', 1)", "!ValueError: Invalid operator in condition ('name', 'foo', 1)")},
		{"two parts", []any{"name", "="}, [4]string{"!ValueError: Invalid leaf ('name', '=')", "!ValueError: not enough values to unpack (expected 3, got 2)", "!ValueError: not enough values to unpack (expected 3, got 2)", "!ValueError: Domain() invalid item in domain: ['name', '=']"}},
		{"a tree behind a text", []any{"name", "child_of", 1}, [4]string{"!SyntaxError: syntax error at or near \"child_of\"", "!KeyError: 'child_of'", "!KeyError: 'child_of'", "!ValueError: Cannot execute child_of for res.partner.name"}},
	}
	eachVersion(t, func(t *testing.T, version int, c *client) {
		a := c.create("res.partner", map[string]any{"name": "Parent", "is_company": true})
		b := c.create("res.partner", map[string]any{"name": "Child", "parent_id": a})
		x := c.create("res.partner", map[string]any{"name": "Gone", "parent_id": a, "active": false})
		ids := map[any]any{"A": a, "B": b, "X": x}
		letters := map[any]string{a: "a", b: "b", x: "x"}
		for _, k := range cases {
			t.Run("Ensure "+k.name+" is understood", func(t *testing.T) {
				leaf := withIDs(k.leaf, ids).([]any)
				got, err := c.try("res.partner", "search", []any{[]any{"id", "in", []any{a, b, x}}, leaf}, kw{"order": "id"})
				compareDomain(t, k.expected[version-16], got, err, letters)
			})
		}
	})
}

// withIDs puts ids in the place of letters.
func withIDs(value any, ids map[any]any) any {
	if list, ok := value.([]any); ok {
		copied := make([]any, len(list))
		for i, element := range list {
			copied[i] = withIDs(element, ids)
		}
		return copied
	}
	if text, ok := value.(string); ok && ids[text] != nil {
		return ids[text]
	}
	return value
}

// compareDomain compares an answer of search with what is expected.
func compareDomain(t *testing.T, expected string, got any, err error, letters map[any]string) {
	t.Helper()
	if text, fault := strings.CutPrefix(expected, "!"); fault {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, %v; want the fault %q", got, err, text)
		}
		return
	}
	if err != nil {
		t.Fatalf("got %v, want %q", err, expected)
	}
	found := ""
	for _, id := range got.([]any) {
		found += letters[id]
	}
	if found != expected {
		t.Errorf("got %q, want %q", found, expected)
	}
}

func TestDomainsThatAreNone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *client) {
		old := "AssertionError: Domains to normalize must have a 'domain' form"
		texts := map[string][4]string{
			"int":  {"TypeError: object of type 'int' has no len()", old, old, "TypeError: Domain() invalid argument type for domain: 5"},
			"text": {old, old, old, "TypeError: Domain() invalid argument type for domain: 'abc'"},
			"bool": {"TypeError: object of type 'bool' has no len()", old, old, ""},
			"&":    {"AssertionError: This domain is syntactically not correct: ['&']", "ValueError: Domain ['&'] is syntactically not correct.", "ValueError: Domain ['&'] is syntactically not correct.", "ValueError: Domain() malformed domain ['&']"},
		}
		for name, domain := range map[string]any{"int": 5, "text": "abc", "bool": false, "&": []any{"&"}} {
			if text := texts[name][version-16]; text != "" {
				c.fault(1, text, "res.partner", "search", domain)
			} else {
				want(t, name, c.call("res.partner", "search", domain), []any{})
			}
		}
		c.fault(1, "LIMIT must not be negative", "res.partner", "search", []any{}, kw{"limit": -1})
		c.fault(1, "OFFSET must not be negative", "res.partner", "search", []any{}, kw{"offset": -1})
	})
}

func TestDatesWithoutATimeAreDays(t *testing.T) {
	// read in the source of 18: > means after the day, <= up to its end; on 19 the day is that of the time zone
	eachVersion(t, func(t *testing.T, version int, c *client) {
		_, _, _, task := c.board()
		if version == 16 { // date_deadline is a date there
			return
		}
		c.call("project.task", "write", []int64{task}, map[string]any{"date_deadline": "2030-05-06 12:00:00"})
		brussels := c.with(map[string]any{"tz": "Asia/Tokyo"})
		for condition, expected := range map[string]bool{
			"> 2030-05-05": true, "> 2030-05-06": false, ">= 2030-05-06": true, "< 2030-05-06": false, "<= 2030-05-06": true, "<= 2030-05-05": false, "< 2030-05-07": true,
		} {
			operator, day, _ := strings.Cut(condition, " ")
			want(t, condition, c.call("project.task", "search_count", []any{[]any{"date_deadline", operator, day}}) == int64(1), expected)
		}
		c.call("project.task", "write", []int64{task}, map[string]any{"date_deadline": "2030-05-06 16:00:00"})
		want(t, "the next day in Tokyo", brussels.call("project.task", "search_count", []any{[]any{"date_deadline", ">", "2030-05-06"}}) == int64(1), version == 19)
		if version == 19 { // captures/odoo19/json2_domain_relative_date, json2_date_domain_tz
			want(t, "relative", c.call("project.task", "search_count", []any{[]any{"write_date", ">=", "-1d"}}), int64(1))
			c.fault(1, "expecting only datetimes with no timezone: '2025-01-31T00:00:00Z'", "project.task", "search", []any{[]any{"date_deadline", ">=", "2025-01-31T00:00:00Z"}})
		}
	})
}

func TestSearchesByIndex(t *testing.T) {
	// an index finds the same as a look at all records, also after changes and rollbacks
	_, c := start(t, "18.0")
	ids := []any{}
	for i := range 20 {
		ids = append(ids, c.create("res.partner", map[string]any{"name": fmt.Sprint("P", i), "ref": fmt.Sprint(i % 3), "parent_id": 1}))
	}
	byRef := func(ref string) int {
		return len(c.call("res.partner", "search", []any{[]any{"ref", "=", ref}}).([]any))
	}
	want(t, "first", []any{byRef("0"), byRef("1"), byRef("2")}, []any{7, 7, 6})
	c.call("res.partner", "write", ids[:4], map[string]any{"ref": "2"})
	want(t, "changed", []any{byRef("0"), byRef("1"), byRef("2")}, []any{5, 6, 9})
	if _, err := c.try("res.partner", "create", []any{map[string]any{"name": "x", "ref": "1"}, map[string]any{"ref": "1"}}); err == nil {
		t.Error("a partner without a name was created")
	}
	want(t, "undone", byRef("1"), 6)
	c.call("res.partner", "unlink", ids[:2])
	want(t, "deleted", byRef("2"), 7)
	want(t, "with or", len(c.call("res.partner", "search", []any{"|", []any{"ref", "=", "0"}, []any{"ref", "=", "1"}}).([]any)), 11)
	want(t, "pages by id", c.call("res.partner", "search", []any{[]any{"id", ">", ids[5]}, []any{"ref", "=", "2"}}, kw{"order": "id", "limit": 2}), []any{ids[8], ids[11]})
	want(t, "ids in any order", c.call("res.partner", "search", []any{[]any{"id", "in", []any{ids[9], 99999, ids[8], ids[9]}}}, kw{"order": "id"}), []any{ids[8], ids[9]})
}
