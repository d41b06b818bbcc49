package odootest

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// scalarCondition compares a stored value that is no link.
func (t *tx) scalarCondition(m *model, f *field, operator string, value any) (match, error) {
	return t.valueCondition(f, t.getter(m, f), operator, value)
}

// valueCondition compares what get gives for a record.
func (t *tx) valueCondition(f *field, get func(row) any, operator string, value any) (match, error) {
	switch strings.TrimPrefix(operator, "not ") {
	case "in":
		return t.oneOf(f, get, operator == "not in", value)
	case "like", "ilike", "=like", "=ilike":
		return alike(get, operator, value), nil
	}
	if f.kind == kindDatetime || f.kind == kindDate {
		if text, ok := value.(string); ok && text != "" {
			return t.timeCondition(f, get, operator, text)
		}
	}
	want, err := t.operand(f, value)
	if err != nil {
		return nil, err
	}
	empty := want == nil && t.s.major >= 18 // a stored empty text is empty there (seen on 18 and 19)
	return func(r row) bool {
		stored := get(r)
		if empty && stored == any("") {
			stored = nil
		}
		return holds(stored, operator, want)
	}, nil
}

// operand turns a condition's value into what rows keep; nil is NULL.
func (t *tx) operand(f *field, value any) (any, error) {
	switch f.kind {
	case kindBoolean:
		if text, ok := value.(string); ok && t.s.major >= 19 { // seen on 19; before, every text is true
			return text != "" && !isFalse(text), nil
		}
		return truthy(value), nil
	case kindInteger, kindFloat, kindMonetary, kindAnyLink:
		if value == false && t.s.major < 18 {
			return nil, nil //nolint:nilnil // up to 17 False is NULL and no 0 (seen on 16 and 17).
		}
		return numberOf(f, value)
	}
	if value == nil || value == false {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	if text, ok := value.(string); ok && text == "" && t.s.major >= 18 {
		return nil, nil //nolint:nilnil // 18 and 19 take an empty text for False (seen on both).
	}
	if f.kind == kindDate || f.kind == kindDatetime {
		return nil, t.noTime(f, value)
	}
	return toText(value), nil
}

// noTime is the fault of a date compared with what is none (seen on 16 to 19).
func (t *tx) noTime(f *field, value any) error {
	if t.s.major >= 19 {
		return exception("ValueError", "Failed to cast %s into a %s", repr(value), f.kind)
	}
	kind := map[string]string{kindDate: "date", kindDatetime: "timestamp"}[f.kind]
	return exception("psycopg2.errors.InvalidDatetimeFormat", "invalid input syntax for type %s: \"%s\"\n", kind, toText(value))
}

// numberOf reads a number, False as 0.
func numberOf(f *field, value any) (any, error) {
	if f.kind == kindFloat || f.kind == kindMonetary {
		return toFloat(value)
	}
	switch v := value.(type) {
	case int64:
		return v, nil // beyond 32 bits too: it matches nothing (captures/odoo19/json2_bigint_in_domain)
	case float64:
		return int64(v), nil
	}
	if text, ok := value.(string); ok && f.name == "id" {
		return nil, exception("psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer: \"%s\"\n", text)
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
	case operator == "!=" && want == any("") && stored == nil:
		return false // NULL is no more different from an empty text than equal (seen on 16 and 17)
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
func (t *tx) oneOf(f *field, get func(row) any, negative bool, value any) (match, error) {
	list, isList := value.([]any)
	if !isList { // a boolean: ['in', False] is 'not in the empty list'
		list = []any{}
	}
	if f.name == "id" {
		ids := idSet(idList(list))
		return func(r row) bool { return ids[r.id()] != negative }, nil
	}
	if texts, ok := textSet(f, list); ok {
		return func(r row) bool {
			text, _ := get(r).(string)
			return texts[text] != negative
		}, nil
	}
	conditions := make([]match, len(list))
	for i, element := range list {
		condition, err := t.valueCondition(f, get, "=", element)
		if err != nil {
			return nil, err
		}
		conditions[i] = condition
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

// textSet gives a list of texts, none of them empty, as a set.
func textSet(f *field, list []any) (set map[string]bool, ok bool) {
	if f.kind != kindChar && f.kind != kindSelection && f.kind != kindText {
		return nil, false
	}
	set = make(map[string]bool, len(list))
	for _, element := range list {
		text, isText := element.(string)
		if !isText || text == "" {
			return nil, false
		}
		set[text] = true
	}
	return set, true
}

// alike compares a text with a pattern of % and _.
func alike(get func(row) any, operator string, value any) match {
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
		text, ok := likeText(get(r))
		if !ok {
			return negative || pattern == "%%"
		}
		if fold {
			text = strings.ToLower(text)
		}
		return fitsPattern([]rune(text), compiled) != negative
	}
}

// likeText gives a value as the text that patterns are compared with: numbers are
// cast, as PostgreSQL does.
func likeText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case int64, float64:
		return repr(v), true
	default:
		return "", false
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
func (t *tx) timeCondition(f *field, get func(row) any, operator, text string) (match, error) {
	want, err := t.instant(f, text)
	if err != nil {
		return nil, err
	}
	if start, end, ok := t.dayOf(f, text); ok {
		if want = start; operator == ">" || operator == "<=" {
			want = end
		}
	}
	whole := t.s.major >= 19 && f.kind == kindDatetime
	if whole {
		want = want.Truncate(time.Second)
	}
	return func(r row) bool {
		stored, ok := get(r).(time.Time)
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
// up to 18 and a fault on 19 (captures/odoo19/json2_date_domain_tz), which knows
// "-1d" too (json2_domain_relative_date).
func (t *tx) instant(f *field, text string) (time.Time, error) {
	plain := strings.TrimSpace(strings.Replace(text, "T", " ", 1))
	if t.s.major >= 19 {
		if at, ok := t.relative(plain); ok {
			return at, nil
		}
	}
	if cut := strings.IndexAny(plain[min(len(plain), len(dateLayout)):], "Z+-"); cut >= 0 {
		if t.s.major >= 19 {
			return time.Time{}, exception("ValueError", "expecting only datetimes with no timezone: %s", repr(text))
		}
		plain = plain[:len(dateLayout)+cut]
	}
	if f.kind == kindDate {
		plain = plain[:min(len(plain), len(dateLayout))]
	}
	for _, layout := range []string{microLayout, dateLayout, "2006-01-02 15:04", "2006-01-02 15"} {
		if at, err := time.Parse(layout, plain); err == nil {
			return at, nil
		}
	}
	if t.s.major >= 19 {
		return time.Time{}, exception("ValueError", "Invalid term %s in expression date: %s", repr(text), repr(text))
	}
	return time.Time{}, t.noTime(f, text)
}

// dayOf tells whether a text is a date without a time, which a datetime is
// compared with as a whole day: > means after its end, <= up to its end (read in
// the source of 18). The day is that of UTC up to 18, of the context's or else the
// user's time zone on 19.
func (t *tx) dayOf(f *field, text string) (start, end time.Time, ok bool) {
	if f.kind != kindDatetime || len(text) != len(dateLayout) {
		return start, end, false
	}
	zone := time.UTC
	if t.s.major >= 19 {
		zone = t.zone()
	}
	day, err := time.ParseInLocation(dateLayout, text, zone)
	if err != nil {
		return start, end, false
	}
	return day.UTC(), day.AddDate(0, 0, 1).Add(-time.Second).UTC(), true
}

// relativePattern is a time as 19 reads it relative to now.
var relativePattern = regexp.MustCompile(`^(today|now)?((?:\s*[+-]\d+[dwmyHMS])*)$`)

// relative reads "-1d", "today +2H" and the like.
func (t *tx) relative(text string) (time.Time, bool) {
	parts := relativePattern.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return time.Time{}, false
	}
	at := t.now
	if parts[1] == "today" {
		local := at.In(t.zone())
		at = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location()).UTC()
	}
	for _, step := range strings.FieldsFunc(strings.NewReplacer("+", " +", "-", " -").Replace(parts[2]), func(c rune) bool { return c == ' ' }) {
		count, err := strconv.Atoi(step[:len(step)-1])
		if err != nil {
			return time.Time{}, false
		}
		at = moved(at, count, step[len(step)-1])
	}
	return at, true
}

// moved moves a time by a number of units.
func moved(at time.Time, count int, unit byte) time.Time {
	switch unit {
	case 'd':
		return at.AddDate(0, 0, count)
	case 'w':
		return at.AddDate(0, 0, 7*count)
	case 'm':
		return at.AddDate(0, count, 0)
	case 'y':
		return at.AddDate(count, 0, 0)
	case 'H':
		return at.Add(time.Duration(count) * time.Hour)
	case 'M':
		return at.Add(time.Duration(count) * time.Minute)
	default:
		return at.Add(time.Duration(count) * time.Second)
	}
}

// zone is the time zone of the context or else of the user.
func (t *tx) zone() *time.Location {
	name, _ := t.context["tz"].(string)
	if name == "" {
		user := t.row("res.users", t.user.uid)
		name = t.row("res.partner", user.link("partner_id")).text("tz")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
