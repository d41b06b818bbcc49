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
	get        func(r row) any
	descending bool
	nullsFirst bool
}

// orderPattern is what Odoo takes as an order.
var orderPattern = regexp.MustCompile(`(?i)^\s*[a-z0-9_."]+(\s+(asc|desc))?(\s+nulls\s+(first|last))?(\s*,\s*[a-z0-9_."]+(\s+(asc|desc))?(\s+nulls\s+(first|last))?)*\s*$`)

// parseOrder reads an order as "sequence desc, id".
func (t *tx) parseOrder(m *model, order string) ([]term, error) {
	if !orderPattern.MatchString(order) {
		return nil, t.invalidOrder(order)
	}
	terms := []term{}
	for _, part := range strings.Split(order, ",") {
		words := strings.Fields(strings.ReplaceAll(part, `"`, ""))
		f := m.fields[words[0]]
		switch {
		case f == nil:
			return nil, t.badOrder(m, words[0], order)
		case !f.column() && t.s.major == 16: // passed over (seen on 16)
			continue
		case !f.column():
			return nil, exception("ValueError", "Cannot convert %s.%s to SQL because it is not stored", m.name, f.name)
		}
		rest := strings.ToLower(strings.Join(words[1:], " "))
		descending := strings.HasPrefix(rest, "desc")
		nullsFirst := strings.Contains(rest, "nulls first") || (descending && !strings.Contains(rest, "nulls last"))
		terms = append(terms, term{f, t.getter(m, f), descending, nullsFirst})
	}
	return terms, nil
}

// badOrder is the fault of an order by a field that is none (seen on 16 to 19).
func (t *tx) badOrder(m *model, name, order string) error {
	base, rest, dotted := strings.Cut(name, ".")
	switch {
	case dotted && t.s.major < 17:
		return t.invalidOrder(order)
	case dotted && t.s.major >= 19 && m.fields[base] != nil:
		return exception("ValueError", "Invalid field property %s on %s.%s", repr(rest), m.name, base)
	}
	return exception("ValueError", "Invalid field '%s' on model '%s'", name, m.name)
}

// invalidOrder is the fault of what is no order.
func (t *tx) invalidOrder(order string) error {
	return warning("Invalid \"order\" specified (%s). A valid \"order\" specification is a comma-separated list of "+
		"valid field names (optionally followed by asc/desc for the direction)", order)
}

// sortIDs sorts records of a model. Equal ones stay in the order of their ids.
func (t *tx) sortIDs(name string, ids []int64, order string) error {
	table := t.s.table(name)
	terms, err := t.parseOrder(table.model, order)
	if err != nil {
		return err
	}
	if len(terms) == 1 && terms[0].field.name == "id" && !terms[0].descending {
		sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
		return nil
	}
	rows := make([]keyed, len(ids))
	for i, id := range ids {
		rows[i] = keyed{id, keysOf(table.rows[id], terms)}
	}
	sort.SliceStable(rows, func(i, j int) bool { return t.compareKeys(rows[i].keys, rows[j].keys, terms, 0) < 0 })
	for i, r := range rows {
		ids[i] = r.id
	}
	return nil
}

// keyed is a record with the values that an order compares.
type keyed struct {
	id   int64
	keys []any
}

// keysOf gives the values that an order compares.
func keysOf(r row, terms []term) []any {
	keys := make([]any, len(terms))
	for i, k := range terms {
		keys[i] = k.get(r)
	}
	return keys
}

// compareKeys compares two records by terms.
func (t *tx) compareKeys(a, b []any, terms []term, depth int) int {
	for i, k := range terms {
		left, right := a[i], b[i]
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
	comodel := t.s.table(relation).model
	terms, err := t.parseOrder(comodel, comodel.order)
	if err != nil {
		return cmp.Compare(a.id(), b.id())
	}
	return t.compareKeys(keysOf(a, terms), keysOf(b, terms), terms, depth+1)
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
