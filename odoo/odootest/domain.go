package odootest

import (
	"slices"
	"strings"
	"time"
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

// domainList gives a domain's elements; what is no list is refused, in the words
// of each version (all seen on real servers). On 19 False is a domain without
// records.
func (t *tx) domainList(value any) ([]any, error) {
	list, ok := value.([]any)
	switch {
	case ok:
		return list, nil
	case t.s.major >= 19 && value == false:
		return []any{[]any{int64(0), "=", int64(1)}}, nil
	case t.s.major >= 19 && value == true:
		return nil, nil
	case t.s.major >= 19:
		return nil, exception("TypeError", "Domain() invalid argument type for domain: %s", repr(value))
	}
	if _, text := value.(string); t.s.major == 16 && !text {
		return nil, exception("TypeError", "object of type '%s' has no len()", pythonType(value))
	}
	return nil, exception("AssertionError", "Domains to normalize must have a 'domain' form: a list or tuple of domain components")
}

// unbalanced is the fault of a domain with too few conditions for its operators.
func (t *tx) unbalanced(whole []any) error {
	switch {
	case t.s.major >= 19:
		return exception("ValueError", "Domain() malformed domain %s", repr(whole))
	case t.s.major == 16:
		return exception("AssertionError", "This domain is syntactically not correct: %s", repr(whole))
	}
	return exception("ValueError", "Domain %s is syntactically not correct.", repr(whole))
}

// reduce takes one element of a domain, read from its end, onto the stack.
func (t *tx) reduce(m *model, stack []match, whole []any, element any) ([]match, error) {
	needed := map[any]int{"&": 2, "|": 2, "!": 1}
	if word, ok := element.(string); ok && needed[word] > 0 {
		n := len(stack)
		if n < needed[word] {
			return nil, t.unbalanced(whole)
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
	case len(parts) == 3:
		return parts, nil
	case t.s.major >= 19:
		return nil, exception("ValueError", "Domain() invalid item in domain: %s", repr(parts))
	case t.s.major == 16:
		return nil, exception("ValueError", "Invalid leaf (%s)", reprAll(parts))
	case len(parts) < 3:
		return nil, exception("ValueError", "not enough values to unpack (expected 3, got %d)", len(parts))
	}
	return nil, exception("ValueError", "too many values to unpack (expected 3)")
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
	case string:
		return "str"
	case []any:
		return "list"
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

// operators are all that a condition may have, with the first version of each.
var operators = map[string]int{
	"=": 16, "!=": 16, "<>": 16, ">": 16, ">=": 16, "<": 16, "<=": 16, "in": 16, "not in": 16, "like": 16, "ilike": 16,
	"not like": 16, "not ilike": 16, "=like": 16, "=ilike": 16, "child_of": 16, "parent_of": 16, "=?": 16,
	"any": 17, "not any": 17, "not =like": 19, "not =ilike": 19, "==": 19,
}

// condition builds the predicate of path, operator and value; parts is the
// condition as it was sent, for the texts of faults.
func (t *tx) condition(m *model, parts []any, path, operator string, value any) (match, error) {
	name, rest, dotted := strings.Cut(path, ".")
	f := m.fields[name]
	if f == nil {
		return nil, t.badLeafField(m, name, parts)
	}
	if err := t.checkOperator(f, parts, operator, value); err != nil {
		return nil, err
	}
	if !t.mayUse(f) {
		return nil, t.checkFields(m, "read", []string{name})
	}
	switch operator {
	case "<>":
		operator = "!="
	case "==":
		operator = "="
	case "=?":
		if !truthy(value) {
			return everything, nil
		}
		operator = "="
	}
	switch {
	case dotted && f.relation == "":
		return t.property(m, f, parts, rest, operator, value)
	case dotted:
		return t.within(m, f, []any{[]any{rest, operator, value}}, false)
	case strings.HasSuffix(operator, "any"):
		return t.within(m, f, value, operator == "not any")
	}
	return t.listed(m, f, operator, value)
}

// listed takes = with a list for in, as all versions do (with a line in the log), and
// in without a list for one with a single value, as 19 does.
func (t *tx) listed(m *model, f *field, operator string, value any) (match, error) {
	list, isList := value.([]any)
	switch {
	case isList && operator == "=":
		return t.simple(m, f, "in", list)
	case isList && operator == "!=":
		return t.simple(m, f, "not in", list)
	case !isList && strings.HasSuffix(operator, "in") && t.s.major >= 19:
		return t.simple(m, f, operator, []any{value})
	}
	return t.simple(m, f, operator, value)
}

// checkOperator refuses operators that a version or a field does not have, in the
// words of each version (all seen on real servers).
func (t *tx) checkOperator(f *field, parts []any, operator string, value any) error {
	known := operators[operator] != 0 && operators[operator] <= t.s.major
	sets := operator == "any" || operator == "not any"
	fit := (!sets || f.relation != "") && (t.s.major >= 19 || suits(operator, value))
	if known && fit {
		return nil
	}
	switch {
	case sets && t.s.major < 17:
		return exception("TypeError", "unhashable type: '%s'", pythonType(value))
	case sets && t.s.major >= 19:
		return exception("ValueError", "Cannot use '%s' with non-relational fields in condition (%s)", operator, reprAll(parts))
	case sets:
		return exception("KeyError", "None")
	case t.s.major >= 19:
		return exception("ValueError", "Invalid operator in condition (%s)", reprAll(parts))
	case known:
		return exception("ValueError", "Invalid domain term (%s)", reprAll(parts))
	}
	return exception("ValueError", "Invalid leaf (%s)", reprAll(parts))
}

// datePart gives a part of a time by the name that 18 and 19 have for it, as
// "write_date.month_number".
var datePart = map[string]func(time.Time) int64{
	"year_number": func(at time.Time) int64 { return int64(at.Year()) }, "quarter_number": func(at time.Time) int64 { return int64(at.Month()+2) / 3 },
	"month_number": func(at time.Time) int64 { return int64(at.Month()) }, "day_of_year": func(at time.Time) int64 { return int64(at.YearDay()) },
	"day_of_month": func(at time.Time) int64 { return int64(at.Day()) }, "hour_number": func(at time.Time) int64 { return int64(at.Hour()) },
	"minute_number": func(at time.Time) int64 { return int64(at.Minute()) }, "second_number": func(at time.Time) int64 { return int64(at.Second()) },
	"iso_week_number": func(at time.Time) int64 { _, week := at.ISOWeek(); return int64(week) },
}

// property is a path behind a field that is no link: a part of a date on 18 and
// 19, or else a fault in the words of each version (all seen on real servers).
func (t *tx) property(m *model, f *field, parts []any, name, operator string, value any) (match, error) {
	dated := f.kind == kindDate || f.kind == kindDatetime
	if part := datePart[name]; part != nil && dated && t.s.major >= 18 {
		get := t.getter(m, f)
		return t.valueCondition(&field{name: name, kind: kindInteger}, func(r row) any {
			if at, ok := get(r).(time.Time); ok {
				return part(at)
			}
			return nil
		}, operator, value)
	}
	switch t.s.major {
	case 16:
		return nil, exception("AttributeError", "'%s' object has no attribute 'auto_join'", strings.ToUpper(f.kind[:1])+f.kind[1:])
	case 19:
		return nil, exception("ValueError", "Invalid field property %s on %s.%s", repr(name), m.name, f.name)
	}
	return nil, exception("AssertionError", "Invalid field %s in domain term (%s)", repr(f.name+"."+name), reprAll(parts))
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
	case f.through != "":
		return t.inParent(m, f, operator, value)
	case operator == "child_of" || operator == "parent_of":
		return t.family(m, f, operator, value)
	case f.name == "display_name":
		if t.nameUnsearchable(f) && !t.naming {
			return everything, nil
		}
		return t.byDisplayName(m, operator, value)
	case f.unsearchable():
		return t.ignored(m, f)
	case f.links() || f.kind == kindMany2one:
		return t.linkCondition(m, f, operator, value)
	default:
		return t.scalarCondition(m, f, operator, value)
	}
}

// unsearchable reports whether the field has neither a column nor a way to compute
// it here.
func (f *field) unsearchable() bool {
	return f.unsaved && f.compute == nil && !f.stored() && !f.links()
}

// inParent compares a field that the record inherits from another.
func (t *tx) inParent(m *model, f *field, operator string, value any) (match, error) {
	parent := t.s.table(m.parent())
	inner, err := t.simple(parent.model, parent.model.fields[f.name], operator, value)
	if err != nil {
		return nil, err
	}
	return func(r row) bool {
		other := parent.rows[r.link(f.through)]
		return other != nil && inner(other)
	}, nil
}

// ignored is a condition on a field without a column: up to 18 the server
// logs it and goes on as if it was not there (read in the source of 18), 19
// refuses it.
func (t *tx) ignored(m *model, f *field) (match, error) {
	if t.s.major >= 19 {
		return nil, exception("ValueError", "Cannot convert %s.%s to SQL because it is not stored", m.name, f.name)
	}
	return everything, nil
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

// within follows a link: the records whose link leads to one that matches a
// domain, or for negative those that have none such. A many2one finds archived
// records, a set does not; records that the user may not see are not found.
func (t *tx) within(m *model, f *field, domain any, negative bool) (match, error) {
	if f.through != "" {
		parent := t.s.table(m.parent())
		inner, err := t.within(parent.model, parent.model.fields[f.name], domain, negative)
		return func(r row) bool {
			other := parent.rows[r.link(f.through)]
			return other != nil && inner(other)
		}, err
	}
	comodel := t.comodel(f)
	inner, err := t.domain(comodel, domain)
	if err != nil {
		return nil, err
	}
	hide := f.links() && !f.allRecords && t.active() && comodel.hasActive() && !mentions(domain, "active")
	found := t.leadsTo(m, f, idSet(t.among(comodel, domain, func(r row) bool {
		return inner(r) && (!hide || r.flag("active")) && t.sees(comodel, r)
	})), false)
	if negative {
		return func(r row) bool { return !found(r) }, nil
	}
	return found, nil
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
		get := t.getter(m, f)
		return func(r row) bool {
			id := asID(get(r))
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
	if operator[0] == '<' || operator[0] == '>' {
		return nothing, nil // real servers compare ids as numbers; nobody asks for it with sense
	}
	negative := operator == "!=" || strings.HasPrefix(operator, "not ")
	positive := strings.TrimPrefix(operator, "not ")
	if positive == "!=" {
		positive = "="
	}
	ids, empty, err := t.targets(f, positive, value)
	if err != nil {
		return nil, err
	}
	if f.links() && t.s.major >= 19 {
		t.hideArchived(f, ids)
	}
	inside := t.leadsTo(m, f, ids, empty)
	if !negative {
		return inside, nil
	}
	return func(r row) bool { return !inside(r) }, nil
}

// hideArchived takes the archived records out of ids where the context hides them:
// on 19 a set that holds only such is as good as empty to a search (seen on 19).
func (t *tx) hideArchived(f *field, ids map[int64]bool) {
	if !t.active() || f.allRecords || !t.comodel(f).hasActive() {
		return
	}
	for id := range ids {
		if !t.row(f.relation, id).flag("active") {
			delete(ids, id)
		}
	}
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
			named, err := t.named(f, v, operator)
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

// named finds records by their display name: for a many2one archived ones too,
// for a set as the context says.
func (t *tx) named(f *field, text, operator string) ([]int64, error) {
	if operator == "in" {
		operator = "="
	}
	m := t.comodel(f)
	inner, err := t.byDisplayName(m, operator, text)
	if err != nil {
		return nil, err
	}
	hide := f.links() && t.active() && m.hasActive()
	return t.where(m.name, func(r row) bool { return inner(r) && (!hide || r.flag("active")) && t.sees(m, r) }), nil
}

// byDisplayName compares the name that a record shows, or one of the texts that
// its model is found by beside it, as a country's code.
func (t *tx) byDisplayName(m *model, operator string, value any) (match, error) {
	name := &field{name: "display_name", kind: kindChar}
	shown, err := t.valueCondition(name, func(r row) any { return t.displayName(m.name, r.id()) }, operator, value)
	if err != nil || len(m.found) == 0 || operator == "!=" || strings.HasPrefix(operator, "not ") {
		return shown, err
	}
	conditions := []match{shown}
	for _, column := range m.found {
		if f := m.fields[column]; f != nil {
			condition, err := t.simple(m, f, operator, value)
			if err != nil {
				return nil, err
			}
			conditions = append(conditions, condition)
		}
	}
	return func(r row) bool {
		return slices.ContainsFunc(conditions, func(c match) bool { return c(r) })
	}, nil
}

// family matches records below (child_of) or above (parent_of) others, those
// included. The field id and a link of a model to itself name the tree's own
// records, another link leads into a tree of parent_id.
func (t *tx) family(m *model, f *field, operator string, value any) (match, error) {
	if f.relation == "" && f.name != "id" {
		return nil, t.noTree(m, f, operator, value)
	}
	tree, parent := m, "parent_id"
	if f.relation != "" {
		tree = t.comodel(f)
	}
	self := f.name == "id" || (tree == m && !f.links())
	if self && f.relation != "" {
		parent = f.name
	}
	if tree.fields[parent] == nil {
		return nil, exception("KeyError", "'%s'", parent)
	}
	roots, err := t.roots(tree, value)
	if err != nil {
		return nil, err
	}
	set := t.descendants(tree, parent, roots)
	if operator == "parent_of" {
		set = t.ancestors(tree, parent, roots)
	}
	if self {
		return func(r row) bool { return set[r.id()] }, nil
	}
	return t.leadsTo(m, f, set, false), nil
}

// noTree is the fault of child_of and parent_of on a field that is no link (seen
// on 16 to 19).
func (t *tx) noTree(m *model, f *field, operator string, value any) error {
	switch {
	case t.s.major >= 19:
		return exception("ValueError", "Cannot execute %s for %s.%s, works only for relational fields in condition (%s)",
			operator, m.name, f.name, reprAll([]any{f.name, operator, value}))
	case t.s.major >= 17:
		return exception("KeyError", "'%s'", operator)
	}
	return exception("psycopg2.errors.SyntaxError", "syntax error at or near \"%s\"\n", operator)
}

// roots reads the records that child_of and parent_of start from: ids, or names
// or parts of them.
func (t *tx) roots(m *model, value any) (map[int64]bool, error) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	roots := idSet(idList(list))
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			continue
		}
		ids, err := t.named(&field{relation: m.name}, text, "ilike")
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			roots[id] = true
		}
	}
	return roots, nil
}

// descendants gives roots and all that is below them.
func (t *tx) descendants(m *model, parent string, roots map[int64]bool) map[int64]bool {
	set, queue := map[int64]bool{}, []int64{}
	for id := range roots { // a set is filled: the order does not matter
		queue = append(queue, id)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		if id := queue[0]; !set[id] {
			set[id] = true
			queue = append(queue, t.pointing(m.name, parent, id)...)
		}
	}
	return set
}

// ancestors gives leaves and all that is above them.
func (t *tx) ancestors(m *model, parent string, leaves map[int64]bool) map[int64]bool {
	set := map[int64]bool{}
	for id := range leaves {
		for r := t.row(m.name, id); r != nil && !set[r.id()]; r = t.row(m.name, r.link(parent)) {
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
	switch {
	case limit < 0:
		return nil, exception("psycopg2.errors.InvalidRowCountInLimitClause", "LIMIT must not be negative\n")
	case offset < 0:
		return nil, exception("psycopg2.errors.InvalidRowCountInResultOffsetClause", "OFFSET must not be negative\n")
	}
	inside, err := t.domain(m, domain)
	if err != nil {
		return nil, err
	}
	shows := t.shows(m, domain)
	seen := func(r row) bool { return shows(r) && inside(r) && t.sees(m, r) }
	if order == "" {
		order = m.order
	}
	if byID := strings.ToLower(strings.TrimSpace(order)); limit > 0 && (byID == "id" || byID == "id asc") {
		return page(t.first(m, domain, seen, offset+limit), offset, limit), nil
	}
	ids := t.among(m, domain, seen)
	if err := t.sortIDs(m.name, ids, order); err != nil {
		return nil, err
	}
	return page(ids, offset, limit), nil
}

// shows says which records a search finds by itself, which are not archived and not
// the contents of fields, unless its domain asks for those.
func (t *tx) shows(m *model, domain any) func(r row) bool {
	archived := !t.active() || !m.hasActive() || mentions(domain, "active")
	contents := t.sudo || !hidesFields(m, domain)
	return func(r row) bool { return (archived || r.flag("active")) && (contents || r["res_field"] == nil) }
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
