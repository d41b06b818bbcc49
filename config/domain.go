package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// domainOperators are the operators of a condition, as Odoo 16 to 19 take them (osv/expression.py, orm/domains.py); any and
// not any came with Odoo 17, not =like and not =ilike with 19, which the session checks. Odoo takes them in this very
// spelling, in small letters.
var domainOperators = []string{"=", "!=", "<", "<=", ">", ">=", "=?", "like", "not like", "ilike", "not ilike", "=like", "=ilike",
	"not =like", "not =ilike", "in", "not in", "child_of", "parent_of", "any", "not any"}

var fieldPath = regexp.MustCompile(`^[A-Za-z_]\w*(\.\w+)*$`)

const conditionHint = `write each condition in brackets of its own, as [["active", "=", true]]`

// domain reads an Odoo domain: conditions and the operators &, | and ! in front of them, joined by "and" where none stands.
func (v value) domain() []any {
	if v.node.Kind != yaml.SequenceNode {
		v.failType("a domain as lists", conditionHint)
		return nil
	}
	items, _ := v.list()
	terms := make([]any, 0, len(items))
	open := 0 // operands that the operators so far still wait for
	before := len(v.r.errs)
	for _, item := range items {
		term, arity, ok := item.term()
		if !ok {
			return nil // one that lacks brackets would fail part by part
		}
		terms = append(terms, term)
		open = max(0, open-1) + arity // where none waits, an "and" is understood
	}
	if len(v.r.errs) > before {
		return nil
	}
	if open > 0 {
		v.fail("the domain ends too early: its operators lack "+plural(open, "condition"),
			`"&" and "|" stand before two conditions, "!" before one`)
	}
	return terms
}

// term reads one part of a domain: an operator, with the number of operands it takes, or a condition, which takes none and may be a
// wrong one.
func (v value) term() (term any, arity int, ok bool) {
	if v.node.Kind == yaml.SequenceNode {
		term, _ = v.condition()
		return term, 0, true
	}
	if v.isScalar("!!str") {
		switch v.node.Value {
		case "&", "|":
			return v.node.Value, 2, true
		case "!":
			return v.node.Value, 1, true
		}
		v.fail(shown(v.node.Value)+` is neither "&", "|", "!" nor a condition`, conditionHint)
		return nil, 0, false
	}
	v.failType("a condition", conditionHint)
	return nil, 0, false
}

// condition reads [field, operator, value]; [1, "=", 1] and [0, "=", 1] are Odoo's "all" and "none".
func (v value) condition() (any, bool) {
	parts, _ := v.list()
	if len(parts) != 3 {
		v.fail("a condition has three parts, this one has "+strconv.Itoa(len(parts)), `write it as ["field", "=", value]`)
		return nil, false
	}
	left, ok := parts[0].field()
	if !ok {
		return nil, false
	}
	operator, ok := parts[1].operator()
	if !ok {
		return nil, false
	}
	right, ok := parts[2].operand(operator)
	if _, isNumber := left.(int64); ok && isNumber && (operator != "=" || right != any(int64(1))) {
		v.fail("a condition without a field", `write it as ["field", "=", value]`)
		return nil, false
	}
	return []any{left, operator, right}, ok
}

// field reads a field's name, with dots to the fields of related records, or the 1 or 0 of Odoo's constant conditions.
func (v value) field() (any, bool) {
	if v.isScalar("!!int") && (v.node.Value == "1" || v.node.Value == "0") {
		return int64(v.node.Value[0] - '0'), true
	}
	name, ok := v.text()
	if ok && !fieldPath.MatchString(name) {
		v.fail(shown(name)+" is not a field", "use a technical name, as project_id or project_id.name")
		return nil, false
	}
	return name, ok
}

func (v value) operator() (string, bool) {
	text, ok := v.text()
	if ok && text == "<>" {
		v.fail(`"<>" is not an operator of a domain`, `did you mean "!="?`)
		return "", false
	}
	if !ok || slices.Contains(domainOperators, text) {
		return text, ok
	}
	return v.choice("an operator of a domain", domainOperators)
}

// operand reads a condition's value, as its operator needs it.
func (v value) operand(operator string) (any, bool) {
	isList := v.node.Kind == yaml.SequenceNode
	switch operator {
	case "any", "not any":
		before := len(v.r.errs)
		sub := v.domain()
		return sub, len(v.r.errs) == before
	case "in", "not in":
		if !isList {
			v.failType("a list after "+strconv.Quote(operator), `use "=" or "!=" for one value`)
			return nil, false
		}
	}
	if !isList {
		return v.domainScalar()
	}
	items, _ := v.list()
	all := make([]any, 0, len(items))
	for _, item := range items {
		one, ok := item.domainScalar()
		if !ok {
			return nil, false
		}
		all = append(all, one)
	}
	return all, true
}

// domainScalar reads a single value to compare with; a date is text to Odoo, and nothing is false.
func (v value) domainScalar() (any, bool) {
	if v.node.Kind != yaml.ScalarNode {
		v.failType("a single value", "")
		return nil, false
	}
	switch v.node.ShortTag() {
	case "!!null":
		return false, true
	case "!!bool":
		return strings.EqualFold(v.node.Value, "true"), true
	case "!!int":
		n, err := strconv.ParseInt(v.node.Value, 0, 64)
		if err != nil {
			v.fail("is not a whole number that fits", "")
		}
		return n, err == nil
	case "!!float":
		if strings.Trim(v.node.Value, "+-0123456789_") == "" { // to the YAML reader a long whole number is no longer one
			v.fail("is not a whole number that fits", "")
			return nil, false
		}
		return v.number()
	default:
		return v.node.Value, true
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
