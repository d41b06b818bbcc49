package odoo

import (
	"errors"
	"fmt"
	"time"
)

// Domain is a search condition in Odoo's prefix notation: "&", "|" and "!" before conditions of
// three parts. Conditions side by side are joined by "and". An empty Domain holds for all records.
// Build it with Cond, And, Or and Not.
type Domain []any

// Cond is one condition: a field or a path of fields ("project_id.name"), an operator ("=", "in",
// "ilike", "child_of", …), a value. A value is a bool, whole number, float, string, or a list of
// them; nil stands for Odoo's False, a time.Time for its UTC text to the second.
func Cond(field, operator string, value any) Domain {
	return Domain{[]any{field, operator, conditionValue(value)}}
}

func conditionValue(value any) any {
	switch v := value.(type) {
	case nil:
		return false
	case time.Time:
		return v.UTC().Format(time.DateTime)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = conditionValue(v[i])
		}
		return list
	default:
		return value
	}
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

// wire is the domain as it is sent: the values of a domain that was not built by Cond (read from a
// configuration) are brought into the same form.
func (d Domain) wire() []any {
	out := make([]any, len(d))
	for i, item := range d {
		if parts, ok := item.([]any); ok && len(parts) == 3 {
			item = []any{parts[0], parts[1], conditionValue(parts[2])}
		}
		out[i] = item
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

// Check reports what makes the domain unfit to be sent: an unknown operator sign, a condition
// without three parts, a sign without its conditions.
func (d Domain) Check() error {
	wanted := 0
	for i, item := range d {
		if wanted == 0 {
			wanted = 1
		}
		if err := checkItem(item); err != nil {
			return fmt.Errorf("item %d of the domain: %w", i+1, err)
		}
		wanted += arity(item)
	}
	if wanted > 0 {
		return errors.New("the domain ends before its last condition")
	}
	return nil
}

func checkItem(item any) error {
	if sign, ok := item.(string); ok {
		if sign != "&" && sign != "|" && sign != "!" {
			return fmt.Errorf("%q is neither a condition nor a sign (& | !)", sign)
		}
		return nil
	}
	parts, ok := item.([]any)
	if !ok || len(parts) != 3 {
		return errors.New("a condition is [field, operator, value]")
	}
	field, ok := parts[0].(string)
	operator, okOperator := parts[1].(string)
	if !ok || !okOperator || field == "" || operator == "" {
		return errors.New("field and operator of a condition are texts")
	}
	return nil
}
