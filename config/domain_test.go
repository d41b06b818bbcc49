package config_test

import (
	"reflect"
	"testing"
)

// withDomain gives the valid file with a domain for cards, on line 16.
func withDomain(t *testing.T, domain string) string {
	t.Helper()
	return with(t, "{model:", "      - {model: trello.card, domain: "+domain+"}")
}

func TestDomains(t *testing.T) {
	for text, want := range map[string][]any{
		"[]":                                  {},
		`[["a", "=", 1], ["b.c", "!=", 2.5]]`: {[]any{"a", "=", int64(1)}, []any{"b.c", "!=", 2.5}},
		`["|", [a, "=", true], "!", [b, in, [1, "x", ~]]]`:   {"|", []any{"a", "=", true}, "!", []any{"b", "in", []any{int64(1), "x", false}}},
		`["&", "|", [a, =, x], [a, =, y], [b, =like, "z%"]]`: {"&", "|", []any{"a", "=", "x"}, []any{"a", "=", "y"}, []any{"b", "=like", "z%"}},
		`[["d", ">=", 2024-01-01], ["e", "=", ""]]`:          {[]any{"d", ">=", "2024-01-01"}, []any{"e", "=", ""}},
		`[[1, "=", 1], [0, "=", 1]]`:                         {[]any{int64(1), "=", int64(1)}, []any{int64(0), "=", int64(1)}},
		`[["f", "=", false], ["g", "=", null]]`:              {[]any{"f", "=", false}, []any{"g", "=", false}},
		`[["p", "child_of", [1, 2]], ["q", "not in", []]]`:   {[]any{"p", "child_of", []any{int64(1), int64(2)}}, []any{"q", "not in", []any{}}},
		`[["t", "any", [["name", "ilike", "x"]]]]`:           {[]any{"t", "any", []any{[]any{"name", "ilike", "x"}}}},
		`["|", [a, =, 1], [b, =, 2], [c, =, 3], "!", [d, =, 4]]`: {"|", []any{"a", "=", int64(1)}, []any{"b", "=", int64(2)},
			[]any{"c", "=", int64(3)}, "!", []any{"d", "=", int64(4)}},
	} {
		t.Run("Ensure "+text+" is read", func(t *testing.T) {
			m, _ := mustLoad(t, withDomain(t, text)).Backends[0].FindModel("trello.card")
			if !reflect.DeepEqual(m.Domain, want) {
				t.Errorf("got  %#v\nwant %#v", m.Domain, want)
			}
		})
	}
}

func TestDomainErrors(t *testing.T) {
	const (
		brackets = `write each condition in brackets of its own, as [["active", "=", true]]`
		three    = `write it as ["field", "=", value]`
	)
	for text, want := range map[string]string{
		`"[('a','=',1)]"`:                    `: expected a domain as lists, found text; ` + brackets,
		`[a, "=", 1]`:                        `[0]: "a" is neither "&", "|", "!" nor a condition; ` + brackets,
		`[true]`:                             `[0]: expected a condition, found true or false; ` + brackets,
		`[{a: 1}]`:                           `[0]: expected a condition, found keys with values; ` + brackets,
		`[[a, "="]]`:                         `[0]: a condition has three parts, this one has 2; ` + three,
		`[["", "=", 1]]`:                     `[0][0]: is empty`,
		`[["a b", "=", 1]]`:                  `[0][0]: "a b" is not a field; use a technical name, as project_id or project_id.name`,
		`[[5, "=", 1]]`:                      `[0][0]: expected text, found a number; write it in quotes`,
		`[[1, "=", 2]]`:                      `[0]: a condition without a field; ` + three,
		`[["a", "==", 1]]`:                   `[0][1]: "==" is not an operator of a domain; did you mean "="?`,
		`[["a", "<>", 1]]`:                   `[0][1]: "<>" is not an operator of a domain; did you mean "!="?`,
		`[["a", "ILIKE", "x"]]`:              `[0][1]: "ILIKE" is not an operator of a domain; did you mean "ilike"?`,
		`[["a", [], "x"]]`:                   `[0][1]: expected text, found a list`,
		`[["a", "in", 5]]`:                   `[0][2]: expected a list after "in", found a number; use "=" or "!=" for one value`,
		`[["a", "=", {b: c}]]`:               `[0][2]: expected a single value, found keys with values`,
		`[["a", "in", [[1]]]]`:               `[0][2][0]: expected a single value, found a list`,
		`[["a", "=", 99999999999999999999]]`: `[0][2]: is not a whole number that fits`,
		`[["a", "=", 18446744073709551615]]`: `[0][2]: is not a whole number that fits`,
		`[["a", "=", .nan]]`:                 `[0][2]: is not a finite number`,
		`[["a", "any", 5]]`:                  `[0][2]: expected a domain as lists, found a number; ` + brackets,
		`[["a", "any", ["|"]]]`:              `[0][2]: the domain ends too early: its operators lack 2 conditions; "&" and "|" stand before two conditions, "!" before one`,
		`["|", [a, "=", 1]]`:                 `: the domain ends too early: its operators lack 1 condition; "&" and "|" stand before two conditions, "!" before one`,
		`[[a, "=", 1], "!"]`:                 `: the domain ends too early: its operators lack 1 condition; "&" and "|" stand before two conditions, "!" before one`,
		`[! [a, "=", 1]]`:                    `[0]: a YAML tag (!…) is not read; put text that begins with "!" in quotes`,
	} {
		t.Run("Ensure "+text+" is refused", func(t *testing.T) {
			_, err := load(withDomain(t, text))
			wantText(t, err, "config.yaml:16: backends[0].models[0].domain"+want)
		})
	}
}
