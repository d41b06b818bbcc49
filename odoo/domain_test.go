package odoo_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
)

func leaf(name string) []any { return []any{name, "=", 1} }

func TestDomains(t *testing.T) {
	a, b, c := odoo.Cond("a", "=", 1), odoo.Cond("b", "=", 1), odoo.Cond("c", "=", 1)
	beside := odoo.Domain{leaf("a"), leaf("b")}
	cases := []struct {
		name string
		got  odoo.Domain
		want odoo.Domain
	}{
		{"one condition stands alone", a, odoo.Domain{leaf("a")}},
		{"and of two", odoo.And(a, b), odoo.Domain{"&", leaf("a"), leaf("b")}},
		{"and of three", odoo.And(a, b, c), odoo.Domain{"&", leaf("a"), "&", leaf("b"), leaf("c")}},
		{"or of and", odoo.Or(odoo.And(a, b), c), odoo.Domain{"|", "&", leaf("a"), leaf("b"), leaf("c")}},
		{"conditions side by side are one operand", odoo.Or(beside, c), odoo.Domain{"|", "&", leaf("a"), leaf("b"), leaf("c")}},
		{"an or beside a condition is one operand", odoo.And(odoo.Domain{"|", leaf("a"), leaf("b"), leaf("c")}, a), odoo.Domain{"&", "&", "|", leaf("a"), leaf("b"), leaf("c"), leaf("a")}},
		{"not of conditions side by side", odoo.Not(beside), odoo.Domain{"!", "&", leaf("a"), leaf("b")}},
		{"a not beside a condition", odoo.And(odoo.Domain{"!", leaf("a"), leaf("b")}, c), odoo.Domain{"&", "&", "!", leaf("a"), leaf("b"), leaf("c")}},
		{"and leaves out what holds for all", odoo.And(odoo.Domain{}, a, nil), odoo.Domain{leaf("a")}},
		{"or with what holds for all holds for all", odoo.Or(a, nil), odoo.Domain{}},
		{"or of nothing holds nowhere", odoo.Or(), odoo.Domain{[]any{"id", "=", false}}},
		{"not of all holds nowhere", odoo.Not(nil), odoo.Domain{[]any{"id", "=", false}}},
		{"nil is Odoo's False", odoo.Cond("a", "=", nil), odoo.Domain{[]any{"a", "=", false}}},
		{"a domain inside a condition is a list", odoo.Cond("a", "any", odoo.Domain{leaf("b"), []any{"c", "=", nil}}), odoo.Domain{[]any{"a", "any", []any{leaf("b"), []any{"c", "=", false}}}}},
		{"a time is UTC text", odoo.Cond("a", ">=", time.Date(2025, 1, 31, 11, 0, 0, 0, time.FixedZone("", 3600))), odoo.Domain{[]any{"a", ">=", "2025-01-31 10:00:00"}}},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			if !reflect.DeepEqual(c.got, c.want) {
				t.Errorf("got %v, want %v", c.got, c.want)
			}
			if err := c.got.Check(); err != nil {
				t.Errorf("it does not pass its own check: %v", err)
			}
		})
	}
	t.Run("Ensure the operands are not changed", func(t *testing.T) {
		_ = odoo.And(beside, odoo.Or(beside, c))
		if !reflect.DeepEqual(beside, odoo.Domain{leaf("a"), leaf("b")}) {
			t.Errorf("now %v", beside)
		}
	})
}

func TestDomainsThatOdooWouldRefuse(t *testing.T) {
	cases := map[string]odoo.Domain{
		"a sign without its conditions": {"&", leaf("a")},
		"a sign alone":                  {"!"},
		"an unknown sign":               {"and", leaf("a"), leaf("b")},
		"a condition of two parts":      {[]any{"a", "="}},
		"a condition without a field":   {[]any{"", "=", 1}},
		"an operator that is no text":   {[]any{"a", 1, 1}},
		"a bare value":                  {7},
		"a constant of other numbers":   {[]any{2, "=", 2}},
		"an any without a domain":       {[]any{"a", "any", 7}},
		"a sign inside an any":          {[]any{"a", "any", []any{"&"}}},
		"a value that cannot be sent":   {[]any{"a", "=", struct{}{}}},
		"a number that is not finite":   {[]any{"a", "=", math.NaN()}},
		"a control character":           {[]any{"a", "=", []any{"bell \x07"}}},
		"half a character":              {[]any{"a", "=", "\xff"}},
		"bytes":                         {[]any{"a", "=", []byte("a")}},
	}
	for name, d := range cases {
		t.Run("Ensure "+name+" is refused", func(t *testing.T) {
			if d.Check() == nil {
				t.Errorf("%v passes", d)
			}
		})
	}
}

func TestConstants(t *testing.T) {
	t.Run("Ensure what Odoo takes for all and for none passes", func(t *testing.T) {
		d := odoo.And(odoo.Domain{[]any{1, "=", 1}}, odoo.Not(odoo.Domain{[]any{int64(0), "=", int64(1)}}))
		if err := d.Check(); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure lists without an end are refused", func(t *testing.T) {
		deep := []any{1}
		for range 100 {
			deep = []any{deep}
		}
		if err := (odoo.Domain{[]any{"a", "in", deep}}).Check(); err == nil {
			t.Error("it passes")
		}
	})
}

func TestParseDomain(t *testing.T) {
	t.Run("Ensure lists as YAML decodes them become one form", func(t *testing.T) {
		at := time.Date(2025, 1, 31, 11, 0, 0, 0, time.FixedZone("", 3600))
		got, err := odoo.ParseDomain([]any{
			"|", []any{"name", "ILIKE", "paint"}, "!", []any{"write_date", ">=", at}, []any{"color", "<>", 3}, []any{"sequence", "==", nil}, []any{1, "=", 1},
			[]any{"tag_ids", "any", []any{[]any{"color", "in", []int{1, 2}}}},
		})
		want := odoo.Domain{
			"|", []any{"name", "ilike", "paint"}, "!", []any{"write_date", ">=", "2025-01-31 10:00:00"}, []any{"color", "!=", int64(3)}, []any{"sequence", "=", false},
			[]any{int64(1), "=", int64(1)}, []any{"tag_ids", "any", []any{[]any{"color", "in", []any{int64(1), int64(2)}}}},
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v, error %v", got, want, err)
		}
	})
	for name, c := range map[string]struct {
		items []any
		want  string
	}{
		"an operator that nobody knows":   {[]any{"&", leaf("a"), []any{"b", "ilik", "x"}}, `condition 2: b: "ilik" is no operator; did you mean ilike?`},
		"a mistake inside an any":         {[]any{leaf("a"), []any{"b", "any", []any{leaf("c"), []any{"d", "="}}}}, "condition 2.2: a condition is [field, operator, value]"},
		"an operator inside an any":       {[]any{[]any{"b", "any", []any{[]any{"d", "equals", 1}}}}, `condition 1.1: d: "equals" is no operator`},
		"a sign that stands for nothing":  {[]any{leaf("a"), "&", leaf("b")}, "the domain ends before its last condition"},
		"an end too early inside an any":  {[]any{[]any{"b", "any", []any{"!"}}}, "condition 1: the domain ends before its last condition"},
		"a condition without brackets":    {[]any{"name", "=", "x"}, `condition 1: "name" is neither a condition nor a sign (& | !)`},
		"a value of a kind that is none":  {[]any{leaf("a"), leaf("b"), []any{"c", "=", map[string]any{}}}, "condition 3: c: a map[string]interface {} cannot be sent"},
		"a third condition without texts": {[]any{leaf("a"), leaf("b"), []any{1, "=", 7}}, "condition 3: field and operator of a condition are texts"},
	} {
		t.Run("Ensure "+name+" is told with its place", func(t *testing.T) {
			got, err := odoo.ParseDomain(c.items)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, error %v, want %s", got, err, c.want)
			}
		})
	}
}

func ExampleOr() {
	mine := odoo.And(odoo.Cond("project_id", "=", 7), odoo.Cond("active", "=", true))
	fmt.Println(odoo.Or(mine, odoo.Cond("tag_ids", "in", []int64{3, 4})))
	// Output: [| & [project_id = 7] [active = true] [tag_ids in [3 4]]]
}
