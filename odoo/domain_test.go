package odoo_test

import (
	"fmt"
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
	}
	for name, d := range cases {
		t.Run("Ensure "+name+" is refused", func(t *testing.T) {
			if d.Check() == nil {
				t.Errorf("%v passes", d)
			}
		})
	}
}

func ExampleOr() {
	mine := odoo.And(odoo.Cond("project_id", "=", 7), odoo.Cond("active", "=", true))
	fmt.Println(odoo.Or(mine, odoo.Cond("tag_ids", "in", []int64{3, 4})))
	// Output: [| & [project_id = 7] [active = true] [tag_ids in [3 4]]]
}
