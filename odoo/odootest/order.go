package odootest

import (
	"cmp"
	"regexp"
	"sort"
	"strings"
	"time"
)

// term is one key of an order.
type term struct {
	field      *field
	descending bool
	nullsFirst bool
}

// orderPattern is what Odoo takes as an order.
var orderPattern = regexp.MustCompile(`(?i)^\s*[a-z0-9_."]+(\s+(asc|desc))?(\s+nulls\s+(first|last))?(\s*,\s*[a-z0-9_."]+(\s+(asc|desc))?(\s+nulls\s+(first|last))?)*\s*$`)

// parseOrder reads an order as "sequence desc, id".
func (t *tx) parseOrder(m *model, order string) ([]term, error) {
	if !orderPattern.MatchString(order) {
		return nil, warning("Invalid \"order\" specified (%s). A valid \"order\" specification is a comma-separated list of "+
			"valid field names (optionally followed by asc/desc for the direction)", order)
	}
	terms := []term{}
	for _, part := range strings.Split(order, ",") {
		words := strings.Fields(strings.ReplaceAll(part, `"`, ""))
		f := m.fields[words[0]]
		switch {
		case f == nil:
			return nil, t.s.badField(m.name, words[0], "read")
		case !f.stored() || f.links():
			return nil, exception("ValueError", "Cannot convert %s.%s to SQL because it is not stored", m.name, f.name)
		}
		rest := strings.ToLower(strings.Join(words[1:], " "))
		descending := strings.HasPrefix(rest, "desc")
		nullsFirst := strings.Contains(rest, "nulls first") || (descending && !strings.Contains(rest, "nulls last"))
		terms = append(terms, term{f, descending, nullsFirst})
	}
	return terms, nil
}

// sortIDs sorts records of a model. Equal ones stay in the order of their ids.
func (t *tx) sortIDs(name string, ids []int64, order string) error {
	m := t.s.tables[name].model
	terms, err := t.parseOrder(m, order)
	if err != nil {
		return err
	}
	sort.SliceStable(ids, func(i, j int) bool {
		return t.compareRows(t.row(name, ids[i]), t.row(name, ids[j]), terms, 0) < 0
	})
	return nil
}

// compareRows compares two records by terms.
func (t *tx) compareRows(a, b row, terms []term, depth int) int {
	for _, k := range terms {
		left, right := a[k.field.name], b[k.field.name]
		result := 0
		switch {
		case left == nil && right == nil:
		case left == nil || right == nil:
			if result = 1; (left == nil) == k.nullsFirst {
				result = -1
			}
		case k.field.kind == kindMany2one && depth < 3:
			result = t.compareLinks(k.field.relation, left, right, depth)
		default:
			result = compareValues(left, right)
		}
		if left != nil && right != nil && k.descending {
			result = -result
		}
		if result != 0 {
			return result
		}
	}
	return 0
}

// compareLinks compares two many2ones as their model orders its records.
func (t *tx) compareLinks(relation string, left, right any, depth int) int {
	a, b := t.row(relation, asID(left)), t.row(relation, asID(right))
	if a == nil || b == nil || a.id() == b.id() {
		return cmp.Compare(asID(left), asID(right))
	}
	terms, err := t.parseOrder(t.s.tables[relation].model, t.s.tables[relation].model.order)
	if err != nil {
		return cmp.Compare(a.id(), b.id())
	}
	return t.compareRows(a, b, terms, depth+1)
}

// compareValues compares two stored values of one field; texts by their bytes, as
// a database of the collation C does.
func compareValues(left, right any) int {
	switch a := left.(type) {
	case string:
		b, _ := right.(string)
		return strings.Compare(a, b)
	case int64:
		b, _ := right.(int64)
		return cmp.Compare(a, b)
	case float64:
		b, _ := right.(float64)
		return cmp.Compare(a, b)
	case time.Time:
		return a.Compare(asTime(right))
	case bool:
		b, _ := right.(bool)
		switch {
		case a == b:
			return 0
		case b:
			return -1
		}
		return 1
	default:
		return 0
	}
}
