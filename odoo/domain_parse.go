package odoo

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseDomain reads a domain from lists, as YAML or JSON decode them: signs, and conditions of field, operator
// and value. Operators are brought into the spelling that every version takes ("ILIKE" to "ilike", "<>" and
// "==" to "!=" and "="), numbers and lists of every kind into one. An error names the condition by its
// number, which counts conditions alone: "condition 3", and "condition 3.1" for the first inside an any.
func ParseDomain(items []any) (Domain, error) {
	return parseItems(items, "", 0)
}

func parseItems(items []any, before string, depth int) (Domain, error) {
	if err := checkItems(items, before, depth); err != nil {
		return nil, err
	}
	out := make(Domain, len(items))
	number := 0
	for i, item := range items {
		out[i] = item
		parts, ok := item.([]any)
		if !ok {
			continue
		}
		number++
		condition, err := parseCondition(parts, before+strconv.Itoa(number), depth)
		if err != nil {
			return nil, err
		}
		out[i] = condition
	}
	return out, nil
}

// parseCondition takes a condition that checkItem has passed.
func parseCondition(parts []any, number string, depth int) ([]any, error) {
	if isConstant(parts) {
		left, _ := asInt(parts[0])
		return []any{left, "=", int64(1)}, nil
	}
	field, operator := fmt.Sprint(parts[0]), spelled(fmt.Sprint(parts[1]))
	since, known := operators[operator]
	if !known {
		return nil, fmt.Errorf("condition %s: %s: %q is no operator%s", number, cut(field), cut(operator), meant(operator, operatorNames))
	}
	if since == anySince {
		inner, _ := asList(parts[2])
		domain, err := parseItems(inner, number+".", depth+1)
		return []any{field, operator, []any(domain)}, err
	}
	return []any{field, operator, plain(parts[2])}, nil
}

// plain is a value in the kinds of an answer: int64, float64, string, bool, []any.
func plain(value any) any {
	switch v := conditionValue(value).(type) {
	case int:
		return int64(v)
	case int32:
		return int64(v)
	default:
		list, ok := asList(v)
		if !ok {
			return v
		}
		out := make([]any, len(list))
		for i, element := range list {
			out[i] = plain(element)
		}
		return out
	}
}

// operators are those of a condition with the first version that has them, 0 for every one (TERM_OPERATORS in
// odoo/osv/expression.py of 16 to 18, CONDITION_OPERATORS in odoo/orm/domains.py of 19).
var operators = map[string]int{
	"=": 0, "!=": 0, "<": 0, "<=": 0, ">": 0, ">=": 0, "=?": 0, "in": 0, "not in": 0,
	"like": 0, "not like": 0, "ilike": 0, "not ilike": 0, "=like": 0, "=ilike": 0,
	"child_of": 0, "parent_of": 0,
	"any": anySince, "not any": anySince,
	"not =like": notPatternSince, "not =ilike": notPatternSince,
}

const (
	anySince        = 17
	notPatternSince = 19
	anyOfIDSince    = 19
)

// operatorNames are the operators in a fixed order, for hints.
var operatorNames = []string{"=", "!=", "<", "<=", ">", ">=", "=?", "in", "not in", "like", "not like", "ilike", "not ilike",
	"=like", "=ilike", "child_of", "parent_of", "any", "not any", "not =like", "not =ilike"}

// spelled is the operator in the spelling of every version: Odoo takes capitals and <> up to 18 in silence and
// from 19 with a warning in its log, and == is 19's alone.
func spelled(operator string) string {
	operator = strings.Join(strings.Fields(strings.ToLower(operator)), " ")
	switch operator {
	case "<>":
		return "!="
	case "==":
		return "="
	default:
		return operator
	}
}

// meant is "; did you mean …?" with the nearest of the names, or nothing where none is near.
func meant(name string, names []string) string {
	best, distance := "", max(1, len(name)/3)+1
	for _, candidate := range names {
		if d := edits(strings.ToLower(name), strings.ToLower(candidate), distance); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// edits is how many letters must be changed, added or left out to make b of a; most says when to stop counting.
func edits(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0]++
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
