package odoo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CheckDomain reports what Odoo would refuse in a domain of the model, or take for something else than it
// says, by one fields_get for each model on its paths, all of which are kept. Search, SearchRead, Each, All
// and Count do the same. Its errors are *Error that name the condition by its number, the path and what is near:
// UnknownField; InvalidValue for a value that the field cannot be compared with; InvalidCall for
// what is no domain, or needs another version of Odoo.
//
// What is refused although a server answers:
//   - a field that cannot be searched, as display_name on 17: Odoo 16 to 18 leave the condition out and
//     find all records (seen on each); so does 19 for a binary field compared with a value;
//   - a date without a time for a datetime: the day's end or begin in UTC up to 18, the user's midnight on 19;
//   - a fraction of a second for "=": never equal up to 18, cut on 19;
//   - an empty list after "=": nothing up to 18, the empty field on 19 (seen on each);
//   - a choice that no record can have, and true for a text.
func (s *Session) CheckDomain(ctx context.Context, model string, domain Domain) error {
	_, err := s.checked(ctx, model, "search", domain)
	return err
}

// checked is the domain in the form in which it is sent, or what is wrong with it.
func (s *Session) checked(ctx context.Context, model, method string, domain Domain) ([]any, error) {
	if err := domain.Check(); err != nil {
		return nil, s.fail(callOf(model, method), InvalidCall, err.Error(), "correct the domain")
	}
	c := &domainCheck{session: s, model: model, method: method}
	return c.items(ctx, model, domain, "")
}

// domainCheck is the check of one domain.
type domainCheck struct {
	session       *Session
	model, method string // of the call
}

// items checks a domain that has passed Check; before is the number of the condition that it stands in.
func (c *domainCheck) items(ctx context.Context, model string, items []any, before string) ([]any, error) {
	out := make([]any, len(items))
	number := 0
	for i, item := range items {
		parts, ok := item.([]any)
		if !ok {
			out[i] = item
			continue
		}
		number++
		condition, err := c.condition(ctx, model, parts, before+strconv.Itoa(number))
		if err != nil {
			return nil, err
		}
		out[i] = condition
	}
	return out, nil
}

func (c *domainCheck) condition(ctx context.Context, model string, parts []any, number string) ([]any, error) {
	if isConstant(parts) {
		left, _ := asInt(parts[0])
		return []any{left, "=", int64(1)}, nil
	}
	path, operator := fmt.Sprint(parts[0]), spelled(fmt.Sprint(parts[1]))
	at := place{number: number, path: path}
	if err := c.operator(ctx, at, operator); err != nil {
		return nil, err
	}
	f, err := c.walk(ctx, model, at)
	if err != nil {
		return nil, err
	}
	var value any
	if operators[operator] == anySince {
		value, err = c.inner(ctx, at, model, f, operator, parts[2])
	} else {
		value, err = c.value(ctx, at, f, operator, parts[2])
	}
	if err == nil && c.session.Protocol() == ProtocolXMLRPC {
		if n, found := beyond32(value); found {
			err = c.refuse(at, InvalidValue, fmt.Errorf("%d does not fit into the 32 bits that XML-RPC has for a whole number", n))
		}
	}
	return []any{path, operator, value}, err
}

// beyond32 finds a whole number that XML-RPC cannot carry. JSON-2 can, and the condition then holds nowhere
// (captures/odoo19/json2_bigint_in_domain).
func beyond32(value any) (n int64, found bool) {
	switch v := value.(type) {
	case int64:
		return v, v < math.MinInt32 || v > math.MaxInt32
	case []any:
		for _, element := range v {
			if n, found := beyond32(element); found {
				return n, true
			}
		}
	}
	return 0, false
}

// place is where a condition stands: for errors.
type place struct{ number, path string }

func (c *domainCheck) refuse(at place, kind Kind, err error) *Error {
	hint := "correct the domain"
	if kind == UnknownField {
		hint = hintField
	}
	text := "condition " + at.number + ": " + cut(at.path) + ": " + err.Error()
	e := c.session.fail(callOf(c.model, c.method), kind, c.session.redact(text), hint)
	e.Field = cut(at.path)
	return e
}

// operator refuses one that the server's version does not know. The version is asked for only where it matters.
func (c *domainCheck) operator(ctx context.Context, at place, operator string) error {
	since, known := operators[operator]
	if !known {
		return c.refuse(at, InvalidCall, fmt.Errorf("%q is no operator%s", cut(operator), meant(operator, operatorNames)))
	}
	if since == 0 {
		return nil
	}
	version, err := c.session.Version(ctx)
	if err != nil || version.Major >= since {
		return err
	}
	return c.refuse(at, InvalidCall, fmt.Errorf("the operator %q needs Odoo %d or later, and this is %s", operator, since, version.Text))
}

// free is the field of a path whose end fields_get does not tell: a property, a part of a date.
var free = Field{}

// walk follows a path of fields to its last one.
func (c *domainCheck) walk(ctx context.Context, model string, at place) (Field, error) {
	names := strings.Split(at.path, ".")
	for i, name := range names {
		fields, err := c.session.FieldsGet(ctx, model)
		if i > 0 && IsKind(err, UnknownModel, AccessError) {
			return free, nil // Odoo alone can tell
		}
		if err != nil {
			return free, err
		}
		f, ok := fields[name]
		if !ok {
			return free, c.refuse(at, UnknownField, fmt.Errorf("%s has no field %s%s", model, cut(name), meant(name, fields.Names())))
		}
		if f.Unsearchable {
			return free, c.refuse(at, InvalidCall, fmt.Errorf("%s of %s is computed, and Odoo cannot search for it", name, model))
		}
		switch {
		case i == len(names)-1:
			return f, nil
		case isRelation(f):
			model = f.Relation
		case slices.Contains(fixedTypes, f.Type):
			return free, c.refuse(at, UnknownField, fmt.Errorf("%s of %s leads to no other model, so nothing can follow it", name, model))
		default:
			return free, nil
		}
	}
	return free, nil
}

func isRelation(f Field) bool {
	return f.Type == typeMany2one || f.Type == typeOne2many || f.Type == typeMany2many
}

// fixedTypes are those of fields without parts. Properties have some, and since Odoo 18 so have dates
// (deadline.month_number).
var fixedTypes = []string{
	typeBoolean, typeInteger, typeMany2oneReference, typeFloat, typeMonetary, typeChar, typeText, typeHTML, typeSelection, typeBinary, typeReference,
}

// inner checks the domain that any or not any holds. Since 19 the field id leads to the records themselves;
// to 18 it is a KeyError.
func (c *domainCheck) inner(ctx context.Context, at place, model string, f Field, operator string, value any) (any, error) {
	items, _ := asList(value)
	switch {
	case isRelation(f):
		return c.items(ctx, f.Relation, items, at.number+".")
	case f.Type == "":
		return plain(value), nil
	case f.Name == "id":
		version, err := c.session.Version(ctx)
		if err != nil {
			return nil, err
		}
		if version.Major >= anyOfIDSince {
			return c.items(ctx, model, items, at.number+".")
		}
	}
	return nil, c.refuse(at, InvalidCall, fmt.Errorf("%q asks for a field that leads to records, and this is of type %s", operator, f.Type))
}

// value checks a condition's value and brings it into the form that every version takes.
func (c *domainCheck) value(ctx context.Context, at place, f Field, operator string, value any) (any, error) {
	if f.Type == "" || operator == "=?" && (value == nil || value == false) {
		return plain(value), nil
	}
	value, err := c.compared(ctx, f, operator, value)
	if err == nil || asError(err) != nil {
		return value, err
	}
	return nil, c.refuse(at, InvalidValue, err)
}

// compared checks a value by what its operator takes.
func (c *domainCheck) compared(ctx context.Context, f Field, operator string, value any) (any, error) {
	list, isList := asList(value)
	value = plain(value)
	equals := operator == "=" || operator == "!="
	switch {
	case operator == "child_of" || operator == "parent_of":
		return hierarchyValue(f, operator, value)
	case strings.Contains(operator, "like"):
		return patternValue(operator, value, isList)
	case operator == "in" || operator == "not in":
		return c.memberValue(ctx, f, operator, value, list, isList)
	case isList && (!equals || len(list) == 0):
		return nil, fmt.Errorf("a list stands after %q; write \"in\" or \"not in\"", operator)
	case isList:
		return c.listValue(ctx, f, operator, list)
	default:
		return c.single(ctx, f, operator, value)
	}
}

// memberValue is what in and not in take: a list. One value alone is put into a list, since only 19 does that
// itself; a bare false would be the empty list (seen on Odoo 16 to 19), which nobody means.
func (c *domainCheck) memberValue(ctx context.Context, f Field, operator string, value any, list []any, isList bool) (any, error) {
	if _, bare := value.(bool); bare {
		return nil, fmt.Errorf("%q takes a list; to ask for an empty field write [false]", operator)
	}
	if !isList {
		list = []any{value}
	}
	return c.listValue(ctx, f, operator, list)
}

// listValue checks the elements of a list. Of a selection one at least must be a choice: a list may serve
// several versions of Odoo.
func (c *domainCheck) listValue(ctx context.Context, f Field, operator string, list []any) (any, error) {
	out := make([]any, len(list))
	for i, element := range list {
		value, err := c.scalar(ctx, f, operator, plain(element))
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	if len(out) == 0 || slices.ContainsFunc(out, func(v any) bool { return isChoice(f, v) }) {
		return out, nil
	}
	return nil, noChoice(f, out[0])
}

// single checks one value.
func (c *domainCheck) single(ctx context.Context, f Field, operator string, value any) (any, error) {
	out, err := c.scalar(ctx, f, operator, value)
	compares := operator == "=" || operator == "!=" || operator == "=?"
	if err == nil && compares && !isChoice(f, out) {
		err = noChoice(f, out)
	}
	return out, err
}

// isChoice reports whether a value is possible as far as the field's choices tell.
func isChoice(f Field, value any) bool {
	text, isText := value.(string)
	return f.Type != typeSelection || len(f.Selection) == 0 || !isText || text == "" || f.offers(text)
}

func noChoice(f Field, value any) error {
	values := make([]string, len(f.Selection))
	for i, choice := range f.Selection {
		values[i] = choice.Value
	}
	text := fmt.Sprint(value)
	return fmt.Errorf("%q is none of its choices (%s)%s", cut(text), f.choices(), meant(text, values))
}

// hierarchyValue is what child_of and parent_of take: ids and names.
func hierarchyValue(f Field, operator string, value any) (any, error) {
	if !isRelation(f) && f.Name != "id" {
		return nil, fmt.Errorf("%q asks for id or a field that leads to records, and this is of type %s", operator, f.Type)
	}
	list, isList := value.([]any)
	if !isList {
		return relatedValue(value)
	}
	for i, element := range list {
		one, err := relatedValue(element)
		if err != nil {
			return nil, err
		}
		list[i] = one
	}
	return list, nil
}

// patternValue is what like and its kin take: a text, or a number as one.
func patternValue(operator string, value any, isList bool) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		if !v { // up to 18 and on 19 an empty pattern
			return v, nil
		}
	case int64:
		return formatID(v), nil
	}
	if isList {
		return nil, fmt.Errorf("%q takes one text, not a list", operator)
	}
	return nil, fmt.Errorf("%q takes a text", operator)
}

// scalar checks one value by the field's type. False asks whether the field is empty, whatever its type.
func (c *domainCheck) scalar(ctx context.Context, f Field, operator string, value any) (any, error) {
	if f.Type == typeBoolean {
		return booleanValue(value)
	}
	if value == false {
		return value, nil
	}
	if _, nested := value.([]any); nested {
		return nil, errors.New("a list stands in a list")
	}
	switch f.Type {
	case typeInteger, typeMany2oneReference:
		return integerValue(value)
	case typeFloat, typeMonetary:
		return floatValue(value)
	case typeChar, typeText, typeHTML, typeSelection, typeReference:
		return textValue(value)
	case typeDate, typeDatetime:
		return c.timeValue(ctx, f, operator, value)
	case typeMany2one, typeOne2many, typeMany2many:
		return relatedValue(value)
	case typeBinary:
		return nil, errors.New("a binary field can only be asked whether it is empty: compare it with false")
	default:
		return value, nil
	}
}

func booleanValue(value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case int64:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
	}
	return nil, errors.New("a boolean field takes true or false, and Odoo takes every text for true")
}

// integerValue takes a text of digits too, as Odoo does. A fraction would be cut.
func integerValue(value any) (any, error) {
	if n, ok := wholeNumber(value); ok {
		return n, nil
	}
	return nil, errors.New("an integer field takes a whole number")
}

func wholeNumber(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}

func floatValue(value any) (any, error) {
	switch v := value.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case string:
		number, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err == nil && number-number == 0 { // neither infinite nor NaN
			return number, nil
		}
	}
	return nil, errors.New("a field of numbers takes a number")
}

func textValue(value any) (any, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case int64:
		return formatID(v), nil
	case bool:
		return nil, errors.New(`true is no text; to ask whether there is one write "!=" and false`)
	default:
		return nil, errors.New("it takes a text: put it in quotes")
	}
}

// relatedValue is a record by its id or its name.
func relatedValue(value any) (any, error) {
	switch v := value.(type) {
	case string, int64:
		return v, nil
	case float64:
		if v == float64(int64(v)) {
			return int64(v), nil
		}
	case bool:
		if !v {
			return v, nil
		}
		return nil, errors.New(`true is no record; to ask whether there is one write "!=" and false`)
	}
	return nil, errors.New("a field that leads to records takes an id or a name")
}
