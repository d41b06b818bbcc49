package odootest

import (
	"strings"
	"time"
)

// scalarCondition compares a stored value that is no link.
func (t *tx) scalarCondition(f *field, operator string, value any) (match, error) {
	switch operator {
	case "in", "not in":
		return t.oneOf(f, operator == "not in", value)
	case "like", "ilike", "not like", "not ilike", "=like", "=ilike":
		return alike(f, operator, value), nil
	}
	if f.kind == kindDatetime || f.kind == kindDate {
		if text, ok := value.(string); ok && text != "" {
			return t.timeCondition(f, operator, text)
		}
	}
	want, err := t.operand(f, value)
	if err != nil {
		return nil, err
	}
	return func(r row) bool { return holds(r[f.name], operator, want) }, nil
}

// operand turns a condition's value into what rows keep; nil is NULL.
func (t *tx) operand(f *field, value any) (any, error) {
	switch f.kind {
	case kindBoolean:
		return truthy(value), nil
	case kindInteger, kindFloat:
		return numberOf(f, value)
	}
	if value == nil || value == false {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	if text, ok := value.(string); ok && text == "" && t.s.major >= 19 {
		return nil, nil //nolint:nilnil // 19 takes an empty text for False.
	}
	return toText(value), nil
}

// numberOf reads a number, False as 0.
func numberOf(f *field, value any) (any, error) {
	if f.kind == kindFloat {
		return toFloat(value)
	}
	switch v := value.(type) {
	case int64:
		return v, nil // beyond 32 bits too: it matches nothing (captures/odoo19/json2_bigint_in_domain)
	case float64:
		return int64(v), nil
	}
	return toInteger(value)
}

// holds compares a stored value with another; NULL is smaller than nothing and
// equal to NULL alone, but a missing number or boolean equals 0 and false.
func holds(stored any, operator string, want any) bool {
	if stored == nil {
		switch want.(type) {
		case int64:
			stored = int64(0)
		case float64:
			stored = 0.0
		case bool:
			stored = false
		}
	}
	switch {
	case operator == "!=":
		return !holds(stored, "=", want)
	case stored == nil || want == nil:
		return operator == "=" && stored == nil && want == nil
	}
	return ordered(compareValues(stored, want), operator)
}

// ordered tells what a comparison's result means for an operator.
func ordered(result int, operator string) bool {
	switch operator {
	case "=":
		return result == 0
	case ">":
		return result > 0
	case ">=":
		return result >= 0
	case "<":
		return result < 0
	case "<=":
		return result <= 0
	default:
		return false
	}
}

// oneOf matches values in a list; False in it means an empty value.
func (t *tx) oneOf(f *field, negative bool, value any) (match, error) {
	list, isList := value.([]any)
	if !isList { // a boolean: ['in', False] is 'not in the empty list'
		list = []any{}
	}
	conditions := make([]match, len(list))
	for i, element := range list {
		condition, err := t.scalarCondition(f, "=", element)
		if err != nil {
			return nil, err
		}
		conditions[i] = condition
	}
	if f.name == "id" {
		ids := idSet(idList(list))
		return func(r row) bool { return ids[r.id()] != negative }, nil
	}
	return func(r row) bool {
		for _, condition := range conditions {
			if condition(r) {
				return !negative
			}
		}
		return negative
	}, nil
}

// alike compares a text with a pattern of % and _.
func alike(f *field, operator string, value any) match {
	pattern := ""
	if value != nil && value != false {
		pattern = toText(value)
	}
	negative := strings.HasPrefix(operator, "not ")
	operator = strings.TrimPrefix(operator, "not ")
	fold := strings.HasSuffix(operator, "ilike")
	if !strings.HasPrefix(operator, "=") {
		pattern = "%" + pattern + "%"
	}
	if fold {
		pattern = strings.ToLower(pattern)
	}
	compiled := compilePattern(pattern)
	return func(r row) bool {
		text, ok := r[f.name].(string)
		if !ok {
			return negative || pattern == "%%"
		}
		if fold {
			text = strings.ToLower(text)
		}
		return fitsPattern([]rune(text), compiled) != negative
	}
}

// Letters of a compiled pattern that stand for others.
const (
	anyText   = rune(-1) // %
	anyLetter = rune(-2) // _
)

// compilePattern reads SQL's LIKE, with \ before a % or _ that means itself.
func compilePattern(pattern string) []rune {
	compiled, quoted := []rune{}, false
	for _, letter := range pattern {
		switch {
		case quoted:
			compiled, quoted = append(compiled, letter), false
		case letter == '\\':
			quoted = true
		case letter == '%':
			compiled = append(compiled, anyText)
		case letter == '_':
			compiled = append(compiled, anyLetter)
		default:
			compiled = append(compiled, letter)
		}
	}
	return compiled
}

// fitsPattern reports whether a whole text fits a compiled pattern.
func fitsPattern(text, pattern []rune) bool {
	star, mark, i, p := -1, 0, 0, 0
	for i < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == anyText:
			star, mark, p = p, i, p+1
		case p < len(pattern) && (pattern[p] == anyLetter || pattern[p] == text[i]):
			i, p = i+1, p+1
		case star >= 0:
			mark++
			i, p = mark, star+1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyText {
		p++
	}
	return p == len(pattern)
}

// timeCondition compares a date or a datetime with a text. Up to 18 microseconds
// count: > finds the row of the returned write_date again and = never does. On 19
// whole seconds are compared: = matches it, > skips the rest of its second
// (captures/odoo19/json2_domain_write_date_*).
func (t *tx) timeCondition(f *field, operator, text string) (match, error) {
	want, err := t.instant(f, text)
	if err != nil {
		return nil, err
	}
	whole := t.s.major >= 19 && f.kind == kindDatetime
	if whole {
		want = want.Truncate(time.Second)
	}
	return func(r row) bool {
		stored, ok := r[f.name].(time.Time)
		if !ok {
			return operator == "!="
		}
		if whole {
			stored = stored.Truncate(time.Second)
		}
		if operator == "!=" {
			return !stored.Equal(want)
		}
		return ordered(stored.Compare(want), operator)
	}, nil
}

// instant reads a date or datetime of a domain. A T is allowed; a zone is ignored
// up to 18 and a fault on 19. A date alone is midnight, on 19 in the user's time
// zone.
func (t *tx) instant(f *field, text string) (time.Time, error) {
	plain := strings.TrimSpace(strings.Replace(text, "T", " ", 1))
	if cut := strings.IndexAny(plain[min(len(plain), len(dateLayout)):], "Z+-"); cut >= 0 {
		if t.s.major >= 19 {
			return time.Time{}, exception("ValueError", "unconverted data remains: %s", plain[len(dateLayout)+cut:])
		}
		plain = plain[:len(dateLayout)+cut]
	}
	if f.kind == kindDate {
		plain = plain[:min(len(plain), len(dateLayout))]
	}
	zone := time.UTC
	if len(plain) == len(dateLayout) && t.s.major >= 19 && f.kind == kindDatetime {
		zone = t.zone()
	}
	for _, layout := range []string{microLayout, dateLayout, "2006-01-02 15:04", "2006-01-02 15"} {
		if at, err := time.ParseInLocation(layout, plain, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, exception("psycopg2.errors.InvalidDatetimeFormat", "invalid input syntax for type timestamp: \"%s\"\n", text)
}

// zone is the time zone of the context or else of the user.
func (t *tx) zone() *time.Location {
	name, _ := t.context["tz"].(string)
	if name == "" {
		name = t.user.tz
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// compareAny compares a computed value.
func compareAny(value any, operator string, want any) bool {
	if flag, ok := value.(bool); ok {
		return (flag == truthy(want)) == (operator == "=")
	}
	if operator == "=" || operator == "!=" {
		return (value == want) == (operator == "=")
	}
	return ordered(compareValues(value, want), operator)
}
