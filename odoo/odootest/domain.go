package odootest

import (
	"strings"
)

// match tells whether a record is in a domain.
type match func(row) bool

// everything matches all records, nothing none.
func everything(row) bool { return true }
func nothing(row) bool    { return false }

// domain turns what a client sent into a predicate: conditions with the operators
// &, | and ! before them, an implicit & between what is left.
func (t *tx) domain(m *model, value any) (match, error) {
	list, err := t.domainList(value)
	if err != nil {
		return nil, err
	}
	stack := []match{}
	for i := len(list) - 1; i >= 0; i-- {
		if stack, err = t.reduce(m, stack, list, list[i]); err != nil {
			return nil, err
		}
	}
	return func(r row) bool {
		for _, condition := range stack {
			if !condition(r) {
				return false
			}
		}
		return true
	}, nil
}

// domainList gives a domain's elements.
func (t *tx) domainList(value any) ([]any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	}
	if !truthy(value) {
		return nil, nil
	}
	return nil, exception("AssertionError", "Domains to normalize must have a 'domain' form: a list or tuple of domain components")
}

// reduce takes one element of a domain, read from its end, onto the stack.
func (t *tx) reduce(m *model, stack []match, whole []any, element any) ([]match, error) {
	needed := map[any]int{"&": 2, "|": 2, "!": 1}
	if word, ok := element.(string); ok && needed[word] > 0 {
		n := len(stack)
		if n < needed[word] {
			return nil, exception("ValueError", "Domain %s is syntactically not correct.", repr(whole))
		}
		switch word {
		case "!":
			inner := stack[n-1]
			return append(stack[:n-1:n-1], func(r row) bool { return !inner(r) }), nil
		case "&":
			a, b := stack[n-1], stack[n-2]
			return append(stack[:n-2:n-2], func(r row) bool { return a(r) && b(r) }), nil
		default:
			a, b := stack[n-1], stack[n-2]
			return append(stack[:n-2:n-2], func(r row) bool { return a(r) || b(r) }), nil
		}
	}
	condition, err := t.leaf(m, element)
	return append(stack, condition), err
}

// leafParts splits a condition into its three parts
// (captures/odoo*/fault_bad_domain).
func (t *tx) leafParts(element any) (parts []any, err error) {
	switch v := element.(type) {
	case []any:
		parts = v
	case string:
		switch {
		case t.s.major >= 19:
			return nil, exception("ValueError", "Domain() invalid item in domain: %s", repr(v))
		case t.s.major < 17:
			return nil, exception("ValueError", "Invalid leaf %s", v)
		}
		for _, c := range v { // Odoo 17 and 18 take a text of three letters for a condition
			parts = append(parts, string(c))
		}
	default:
		return nil, exception("TypeError", "'%s' object is not subscriptable", pythonType(element))
	}
	switch {
	case len(parts) < 3:
		return nil, exception("ValueError", "not enough values to unpack (expected 3, got %d)", len(parts))
	case len(parts) > 3:
		return nil, exception("ValueError", "too many values to unpack (expected 3)")
	}
	return parts, nil
}

// pythonType names a value's type as Python does.
func pythonType(value any) string {
	switch value.(type) {
	case int64:
		return "int"
	case float64:
		return "float"
	case bool:
		return "bool"
	case map[string]any:
		return "dict"
	default:
		return "NoneType"
	}
}

// leaf turns one condition into a predicate.
func (t *tx) leaf(m *model, element any) (match, error) {
	parts, err := t.leafParts(element)
	if err != nil {
		return nil, err
	}
	if number, ok := parts[0].(int64); ok { // (1, '=', 1) and (0, '=', 1)
		if same := parts[2] == any(number); same == (parts[1] == "=") {
			return everything, nil
		}
		return nothing, nil
	}
	path, _ := parts[0].(string)
	operator, _ := parts[1].(string)
	return t.condition(m, parts, path, strings.ToLower(operator), parts[2])
}

// operators are all that a condition may have.
var operators = map[string]bool{
	"=": true, "!=": true, "<>": true, ">": true, ">=": true, "<": true, "<=": true, "in": true, "not in": true, "like": true, "ilike": true,
	"not like": true, "not ilike": true, "=like": true, "=ilike": true, "child_of": true, "parent_of": true, "=?": true,
}

// condition builds the predicate of path, operator and value; parts is the
// condition as it was sent, for the texts of faults.
func (t *tx) condition(m *model, parts []any, path, operator string, value any) (match, error) {
	name, rest, dotted := strings.Cut(path, ".")
	f := m.fields[name]
	switch {
	case f == nil:
		return nil, t.badLeafField(m, name, parts)
	case !operators[operator]:
		return nil, exception("ValueError", "Invalid leaf (%s)", reprAll(parts))
	case operator == "=?" && !truthy(value):
		return everything, nil
	case !suits(operator, value):
		return nil, exception("ValueError", "Invalid domain term (%s)", reprAll(parts))
	case dotted && f.relation == "":
		return nil, t.badLeafField(m, path, parts)
	}
	switch operator {
	case "<>":
		operator = "!="
	case "=?":
		operator = "="
	}
	if dotted {
		return t.dotted(m, f, rest, operator, value)
	}
	return t.simple(m, f, operator, value)
}

// suits reports whether an operator takes a value: in and not in want a list, and
// a boolean in its place is the empty one.
func suits(operator string, value any) bool {
	if operator != "in" && operator != "not in" {
		return true
	}
	switch value.(type) {
	case []any, bool:
		return true
	}
	return false
}

// simple builds the predicate of a field, an operator and a value.
func (t *tx) simple(m *model, f *field, operator string, value any) (match, error) {
	switch {
	case operator == "child_of" || operator == "parent_of":
		return t.family(m, f, operator, value)
	case f.name == "display_name":
		return t.byDisplayName(m, operator, value)
	case f.links() || f.kind == kindMany2one:
		return t.linkCondition(m, f, operator, value)
	case f.computed:
		return func(r row) bool { return compareAny(t.computed(m, f, r), operator, value) }, nil
	default:
		return t.scalarCondition(f, operator, value)
	}
}

// badLeafField is the fault of an unknown field in a domain
// (captures/odoo*/fault_unknown_field_domain).
func (t *tx) badLeafField(m *model, name string, parts []any) error {
	word := "leaf"
	if t.s.major >= 19 {
		word = "condition"
	}
	return exception("ValueError", "Invalid field %s.%s in %s (%s)", m.name, name, word, reprAll(parts))
}

// dotted follows a link: the records whose link leads to one that matches the
// rest. A many2one finds archived records, a set does not.
func (t *tx) dotted(m *model, f *field, rest, operator string, value any) (match, error) {
	comodel := t.s.tables[f.relation].model
	inner, err := t.condition(comodel, []any{rest, operator, value}, rest, operator, value)
	if err != nil {
		return nil, err
	}
	hide := f.links() && !f.allRecords && t.active() && comodel.hasActive()
	return t.leadsTo(m, f, idSet(t.where(f.relation, func(r row) bool {
		return inner(r) && (!hide || r.flag("active"))
	})), false), nil
}

// idSet makes a set of ids.
func idSet(ids []int64) map[int64]bool {
	set := make(map[int64]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// leadsTo matches records whose link leads into a set, or to nothing when empty
// is true.
func (t *tx) leadsTo(m *model, f *field, ids map[int64]bool, empty bool) match {
	if f.kind == kindMany2one {
		return func(r row) bool {
			id := r.link(f.name)
			return (id == 0 && empty) || ids[id]
		}
	}
	return func(r row) bool {
		links := t.linked(m, f, r)
		for _, id := range links {
			if ids[id] {
				return true
			}
		}
		return empty && len(links) == 0
	}
}

// linkCondition compares a link with ids, with names or with False.
func (t *tx) linkCondition(m *model, f *field, operator string, value any) (match, error) {
	negative := operator == "!=" || strings.HasPrefix(operator, "not ")
	positive := strings.TrimPrefix(operator, "not ")
	if positive == "!=" {
		positive = "="
	}
	ids, empty, err := t.targets(f, positive, value)
	if err != nil {
		return nil, err
	}
	inside := t.leadsTo(m, f, ids, empty)
	if !negative {
		return inside, nil
	}
	return func(r row) bool { return !inside(r) }, nil
}

// targets finds the records that a condition on a link means, and whether an
// empty link is meant too.
func (t *tx) targets(f *field, operator string, value any) (ids map[int64]bool, empty bool, err error) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	ids = map[int64]bool{}
	for _, element := range list {
		switch v := element.(type) {
		case int64:
			ids[v] = true
			empty = empty || (v == 0 && !isList)
		case string:
			named, err := t.named(f.relation, v, operator)
			if err != nil {
				return nil, false, err
			}
			for _, id := range named {
				ids[id] = true
			}
		default:
			empty = empty || !truthy(v)
		}
	}
	delete(ids, 0)
	return ids, empty, nil
}

// named finds records by their display name, archived ones too when the context
// does not hide them.
func (t *tx) named(model, text, operator string) ([]int64, error) {
	if operator == "in" {
		operator = "="
	}
	m := t.s.tables[model].model
	inner, err := t.byDisplayName(m, operator, text)
	if err != nil {
		return nil, err
	}
	hide := t.active() && m.hasActive()
	return t.where(model, func(r row) bool { return inner(r) && (!hide || r.flag("active")) }), nil
}

// byDisplayName compares the name that a record shows.
func (t *tx) byDisplayName(m *model, operator string, value any) (match, error) {
	name := &field{name: "display_name", kind: kindChar}
	inner, err := t.scalarCondition(name, operator, value)
	if err != nil {
		return nil, err
	}
	return func(r row) bool { return inner(row{"display_name": t.displayName(m.name, r.id())}) }, nil
}

// family matches records below (child_of) or above (parent_of) others, those
// included, by parent_id.
func (t *tx) family(m *model, f *field, operator string, value any) (match, error) {
	model := m.name
	if f.relation != "" {
		model = f.relation
	}
	comodel := t.s.tables[model].model
	if comodel.fields["parent_id"] == nil {
		return nil, exception("KeyError", "'parent_id'")
	}
	roots, _, err := t.targets(&field{relation: model}, "=", value)
	if err != nil {
		return nil, err
	}
	set := t.descendants(comodel, roots)
	if operator == "parent_of" {
		set = t.ancestors(comodel, roots)
	}
	if f.name == "id" {
		return func(r row) bool { return set[r.id()] }, nil
	}
	return t.leadsTo(m, f, set, false), nil
}

// descendants gives roots and all that is below them.
func (t *tx) descendants(m *model, roots map[int64]bool) map[int64]bool {
	set := roots
	for grown := true; grown; {
		grown = false
		for _, id := range t.where(m.name, func(r row) bool { return set[r.link("parent_id")] && !set[r.id()] }) {
			set[id], grown = true, true
		}
	}
	return set
}

// ancestors gives leaves and all that is above them.
func (t *tx) ancestors(m *model, leaves map[int64]bool) map[int64]bool {
	set := map[int64]bool{}
	for id := range leaves {
		for r := t.row(m.name, id); r != nil && !set[r.id()]; r = t.row(m.name, r.link("parent_id")) {
			set[r.id()] = true
		}
	}
	return set
}

// mentions reports whether a domain has a condition on a field.
func mentions(value any, name string) bool {
	list, _ := value.([]any)
	for _, element := range list {
		if leaf, ok := element.([]any); ok && len(leaf) > 0 && leaf[0] == name {
			return true
		}
	}
	return false
}

// search finds the records of a domain that the user sees, in order. Archived
// records are hidden unless the context or the domain speaks of them. A limit of
// 0 is none.
func (t *tx) search(m *model, domain any, offset, limit int64, order string) ([]int64, error) {
	if err := t.check(m, "read"); err != nil {
		return nil, err
	}
	inside, err := t.domain(m, domain)
	if err != nil {
		return nil, err
	}
	hide := t.active() && m.hasActive() && !mentions(domain, "active")
	ids := t.where(m.name, func(r row) bool {
		return (!hide || r.flag("active")) && inside(r) && t.sees(m, r)
	})
	if order == "" {
		order = m.order
	}
	if err := t.sortIDs(m.name, ids, order); err != nil {
		return nil, err
	}
	return page(ids, offset, limit), nil
}

// page cuts a part out of a list.
func page(ids []int64, offset, limit int64) []int64 {
	if offset > 0 {
		ids = ids[min(offset, int64(len(ids))):]
	}
	if limit > 0 && limit < int64(len(ids)) {
		ids = ids[:limit]
	}
	if ids == nil {
		return []int64{}
	}
	return ids
}
