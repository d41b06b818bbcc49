package odoo

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Domain is a search condition in Odoo's prefix notation: "&", "|" and "!" before conditions of
// three parts. Conditions side by side are joined by "and". An empty Domain holds for all records.
// Build it with Cond, And, Or and Not.
type Domain []any

// Cond is one condition: a field or a path of fields ("project_id.name"), an operator ("=", "in",
// "ilike", "child_of", …), a value. A value is a bool, whole number, float, string, or a list of
// them; nil stands for Odoo's False, a time.Time for its UTC text to the second, and a Domain for the
// conditions of "any" and "not any".
func Cond(field, operator string, value any) Domain {
	return Domain{[]any{field, operator, conditionValue(value)}}
}

// conditionValue is a condition's value as it is sent.
func conditionValue(value any) any {
	switch v := value.(type) {
	case nil:
		return false
	case time.Time:
		return v.UTC().Format(time.DateTime)
	case Domain:
		return conditionValues(v)
	case []any:
		return conditionValues(v)
	default:
		return value
	}
}

func conditionValues[T ~[]any](values T) []any {
	list := make([]any, len(values))
	for i := range values {
		list[i] = conditionValue(values[i])
	}
	return list
}

// And holds where all the domains hold.
func And(domains ...Domain) Domain { return join("&", domains) }

// Or holds where one of the domains holds: for all records where an empty one is among them,
// nowhere without any.
func Or(domains ...Domain) Domain {
	if len(domains) == 0 {
		return nowhere()
	}
	for _, d := range domains {
		if len(d) == 0 {
			return Domain{}
		}
	}
	return join("|", domains)
}

// Not holds where the domain does not. The opposite of an empty one holds nowhere.
func Not(d Domain) Domain {
	if len(d) == 0 {
		return nowhere()
	}
	return append(Domain{"!"}, d.single()...)
}

func nowhere() Domain { return Cond("id", "=", false) }

// join puts the operator before all but one of the domains that say something.
func join(operator string, domains []Domain) Domain {
	out := Domain{}
	for i := len(domains) - 1; i >= 0; i-- {
		one := domains[i].single()
		switch {
		case len(one) == 0:
		case len(out) == 0:
			out = one
		default:
			out = append(append(Domain{operator}, one...), out...)
		}
	}
	return out
}

// single is the domain as one expression, with the "&" written that stand for themselves between
// conditions side by side.
func (d Domain) single() Domain {
	out := Domain{}
	wanted := 1
	for _, item := range d {
		if wanted == 0 {
			out, wanted = append(Domain{"&"}, out...), 1
		}
		out = append(out, item)
		wanted += arity(item)
	}
	return out
}

// arity is how many more expressions an item asks for.
func arity(item any) int {
	switch item {
	case "&", "|":
		return 1
	case "!":
		return 0
	default:
		return -1
	}
}

// maxNesting is how deep lists may stand in each other in a domain. Odoo's own stay below 10.
const maxNesting = 50

// Check reports what makes the domain unfit to be sent whatever the model: an unknown sign, a condition
// without three parts, a sign without its conditions, a value that no domain holds. CheckDomain looks at
// the fields too.
func (d Domain) Check() error { return checkItems(d, "", 0) }

// checkItems checks a domain, or the one inside a condition whose number is before.
func checkItems(d []any, before string, depth int) error {
	wanted, number := 0, 0
	for _, item := range d {
		if wanted == 0 {
			wanted = 1
		}
		if arity(item) < 0 {
			number++
		}
		if err := checkItem(item, before+strconv.Itoa(max(1, number)), depth); err != nil {
			return err
		}
		wanted += arity(item)
	}
	if wanted > 0 {
		return fmt.Errorf("%sthe domain ends before its last condition", placed(before))
	}
	return nil
}

// placed begins an error about the domain inside a condition.
func placed(before string) string {
	if before == "" {
		return ""
	}
	return "condition " + strings.TrimSuffix(before, ".") + ": "
}

// checkItem checks one condition or sign; number counts the conditions, "3" or "3.1" inside one.
func checkItem(item any, number string, depth int) error {
	if sign, ok := item.(string); ok {
		if arity(sign) < 0 {
			return fmt.Errorf("condition %s: %q is neither a condition nor a sign (& | !)", number, cut(sign))
		}
		return nil
	}
	parts, ok := item.([]any)
	if !ok || len(parts) != 3 {
		return fmt.Errorf("condition %s: a condition is [field, operator, value]", number)
	}
	if isConstant(parts) {
		return nil
	}
	field, ok := parts[0].(string)
	operator, okOperator := parts[1].(string)
	if !ok || !okOperator || field == "" || operator == "" {
		return fmt.Errorf("condition %s: field and operator of a condition are texts", number)
	}
	if err := checkValue(parts[2], depth); err != nil {
		return fmt.Errorf("condition %s: %s: %w", number, cut(field), err)
	}
	return checkInner(strings.ToLower(operator), parts[2], number, depth)
}

// checkInner checks the domain that an any holds.
func checkInner(operator string, value any, number string, depth int) error {
	if operator != "any" && operator != "not any" {
		return nil
	}
	inner, ok := asList(value)
	if !ok {
		return fmt.Errorf("condition %s: %s takes a domain", number, operator)
	}
	return checkItems(inner, number+".", depth+1)
}

// isConstant knows [1, "=", 1], which holds always, and [0, "=", 1], which never does. They are the only
// conditions without a field that every version takes (is_leaf in odoo/osv/expression.py).
func isConstant(parts []any) bool {
	left, ok := asInt(parts[0])
	right, okRight := asInt(parts[2])
	return ok && okRight && (left == 0 || left == 1) && parts[1] == "=" && right == 1
}

// checkValue reports what no domain can hold.
func checkValue(value any, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("its lists stand more than %d deep in each other", maxNesting)
	}
	switch v := value.(type) {
	case nil, bool, int, int32, int64, time.Time:
		return nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.New("a number that is not finite cannot be sent")
		}
		return nil
	case string:
		return checkText(v)
	}
	list, ok := asList(value)
	if !ok {
		return fmt.Errorf("a %T cannot be sent", value)
	}
	for _, element := range list {
		if err := checkValue(element, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// asList gives the lists of every kind that a domain may hold.
func asList(value any) ([]any, bool) {
	switch v := value.(type) {
	case []any:
		return v, true
	case Domain:
		return v, true
	case []string:
		return anyOf(v), true
	case []int:
		return anyOf(v), true
	case []int64:
		return anyOf(v), true
	default:
		return nil, false
	}
}

func anyOf[T any](list []T) []any {
	out := make([]any, len(list))
	for i, element := range list {
		out[i] = element
	}
	return out
}
