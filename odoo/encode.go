package odoo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/odoo-connector/connector/record"
)

// encodeAll turns named values into what create and write take.
func (s *Session) encodeAll(ctx context.Context, model, method string, values map[string]record.Value) (map[string]any, error) {
	names := slices.Sorted(maps.Keys(values))
	fields, err := s.pick(ctx, model, method, names)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(values))
	for _, f := range fields {
		raw, err := encode(f, values[f.Name])
		if err != nil {
			return nil, s.invalidValue(model, method, f.Name, err)
		}
		out[f.Name] = raw
	}
	return out, nil
}

func (s *Session) invalidValue(model, method, field string, err error) *Error {
	e := s.fail(callOf(model, method), InvalidValue, s.redact(err.Error()), "correct the value or the mapping of this field")
	e.Field = field
	return e
}

// encode gives a value the form in which create and write take it: an id for a many2one (a pair or
// 0 would clear the link without a word), the whole set for x2many, UTC text for a datetime, False for null.
//
// What the field or one of the protocols cannot hold is an error, never another value. Two things are
// brought into the form that Odoo gives back all the same: line ends become \n, and an instant is cut to
// whole seconds, since Odoo keeps no fraction that a client sends.
func encode(f Field, v record.Value) (any, error) {
	if err := accepts(f, v); err != nil {
		return nil, err
	}
	switch {
	case f.Type == typeOne2many || f.Type == typeMany2many:
		ids, err := relatedIDs(f, v)
		return []any{[]any{int64(6), int64(0), ids}}, err
	case v.IsNull():
		return false, nil
	case f.Type == typeMany2one:
		ids, err := relatedIDs(f, v)
		if err != nil {
			return nil, err
		}
		return ids[0], nil
	}
	switch v.Kind() {
	case record.KindBool:
		return v.AsBool(), nil
	case record.KindInt:
		return encodeInt(f, v.AsInt())
	case record.KindDecimal:
		return encodeDecimal(v)
	default:
		return encodeText(f, v)
	}
}

// encodeInt: a float field takes a whole number too, and as a float it may be a large one.
func encodeInt(f Field, n int64) (any, error) {
	if f.Type == typeFloat || f.Type == typeMonetary {
		return encodeDecimal(record.Int(n))
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return nil, fmt.Errorf("%d does not fit into the 32 bits of an integer field", n)
	}
	return n, nil
}

// encodeDecimal is the nearest float, the only form in which a number of a fraction travels. Digits beyond
// its 15 are lost, as Odoo itself rounds to the digits of the field; a whole part that it cannot hold is an error.
func encodeDecimal(v record.Value) (float64, error) {
	exact := v.AsRat()
	number, same := exact.Float64()
	if !same && exact.Num().CmpAbs(new(big.Int).Lsh(exact.Denom(), mantissa)) > 0 {
		return 0, fmt.Errorf("%s has more digits than a float field holds", cut(v.String()))
	}
	return number, nil
}

// mantissa is how many bits of a whole number a float holds.
const mantissa = 53

// encodeText is the text of the kinds that travel as one.
func encodeText(f Field, v record.Value) (any, error) {
	switch v.Kind() {
	case record.KindInstant:
		return encodeTime(v, time.DateTime)
	case record.KindDate:
		return encodeTime(v, time.DateOnly)
	case record.KindBytes:
		return base64.StdEncoding.EncodeToString(v.AsBytes()), nil
	case record.KindRef:
		return encodeReference(v)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(v.AsText(), "\r\n", "\n"), "\r", "\n")
	if f.Type == typeSelection {
		return encodeChoice(f, text)
	}
	return text, checkText(text)
}

// encodeTime refuses the years that Python's dates do not have.
func encodeTime(v record.Value, layout string) (any, error) {
	t := v.AsTime().UTC()
	if v.Kind() == record.KindDate && t.Format(layout) != v.AsText() || t.Year() < 1 || t.Year() > 9999 {
		return nil, fmt.Errorf("%s is not in the years 1 to 9999", cut(v.String()))
	}
	return t.Format(layout), nil
}

// encodeReference is "res.partner,5".
func encodeReference(v record.Value) (any, error) {
	ref, _ := v.AsRef()
	if _, err := relatedID(ref); err != nil {
		return nil, err
	}
	if ref.Model == "" || strings.Contains(ref.Model, ",") {
		return nil, fmt.Errorf("%q is no model", cut(ref.Model))
	}
	return ref.String(), checkText(ref.String())
}

// encodeChoice refuses what the selection does not offer, before Odoo does by an exception; an empty text
// is no choice.
func encodeChoice(f Field, text string) (any, error) {
	if text == "" {
		return false, nil
	}
	if len(f.Selection) > 0 && !f.offers(text) {
		return nil, fmt.Errorf("%q is none of its choices (%s)", cut(text), f.choices())
	}
	return text, checkText(text)
}

// offers reports whether the text is a choice of the selection.
func (f Field) offers(text string) bool {
	return slices.ContainsFunc(f.Selection, func(c Choice) bool { return c.Value == text })
}

// choices are the selection's values for people.
func (f Field) choices() string {
	values := make([]string, len(f.Selection))
	for i, c := range f.Selection {
		values[i] = c.Value
	}
	if len(values) > shownChoices {
		values = append(values[:shownChoices:shownChoices], "…")
	}
	return strings.Join(values, ", ")
}

const shownChoices = 12

// cut is a text short enough for an error's line.
func cut(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// checkText refuses the characters that would not arrive, whichever the protocol: XML cannot carry control
// characters, JSON-2 can, but then every reader over XML-RPC would lose them, and by U+FFFE the whole
// answer (seen on Odoo 18 and 19).
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("the text is not valid UTF-8")
	}
	for i, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF' {
			return fmt.Errorf("the text holds the character U+%04X at byte %d, which Odoo cannot give back; remove it", r, i)
		}
	}
	return nil
}

// kinds are what a field of each type takes, beside null.
var kinds = map[string][]record.Kind{
	typeBoolean:           {record.KindBool},
	typeInteger:           {record.KindInt},
	typeMany2oneReference: {record.KindInt},
	typeFloat:             {record.KindDecimal, record.KindInt},
	typeMonetary:          {record.KindDecimal, record.KindInt},
	typeChar:              {record.KindText},
	typeText:              {record.KindText},
	typeSelection:         {record.KindText},
	typeHTML:              {record.KindHTML},
	typeDate:              {record.KindDate},
	typeDatetime:          {record.KindInstant},
	typeBinary:            {record.KindBytes},
	typeReference:         {record.KindRef},
	typeMany2one:          {record.KindRef},
	typeOne2many:          {record.KindRefSet},
	typeMany2many:         {record.KindRefSet},
}

// ownFields are those that Odoo sets itself: what a client sends for them is dropped without a word
// (create_date and write_date, seen on Odoo 18).
var ownFields = []string{"id", "create_date", "create_uid", "write_date", "write_uid"}

// SetsItself says that Odoo sets a field of this name itself, on every model, and drops what a client sends for it.
func SetsItself(field string) bool { return slices.Contains(ownFields, field) }

// accepts reports why the field cannot take the value's kind.
func accepts(f Field, v record.Value) error {
	allowed, ok := kinds[f.Type]
	switch {
	case SetsItself(f.Name):
		return errors.New("it is a field that Odoo sets itself, and what is sent is dropped")
	case !ok:
		return fmt.Errorf("fields of type %s are not supported", f.Type)
	case v.IsNull() || slices.Contains(allowed, v.Kind()):
		return nil
	default:
		return fmt.Errorf("a field of type %s takes no value of kind %s", f.Type, v.Kind())
	}
}

// relatedIDs are the database ids of a value's references, which must lead to the field's model.
func relatedIDs(f Field, v record.Value) ([]any, error) {
	refs := v.AsRefs()
	ids := make([]any, len(refs))
	for i, ref := range refs {
		if ref.Model != f.Relation {
			return nil, fmt.Errorf("it leads to %s, not to %s", cut(ref.Model), f.Relation)
		}
		id, err := relatedID(ref)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// relatedID is the database id of a reference: a whole number above 0, of 32 bits.
func relatedID(ref record.Reference) (int64, error) {
	id, err := strconv.ParseInt(ref.ID, 10, 32)
	if err != nil || id <= 0 || formatID(id) != ref.ID {
		return 0, fmt.Errorf("%q is no database id of %s", cut(ref.ID), cut(ref.Model))
	}
	return id, nil
}

// LoadColumn is the column in which load takes the field: relations by database id, "stage_id/.id".
func (f Field) LoadColumn() string {
	switch f.Type {
	case typeMany2one, typeMany2many:
		return f.Name + "/.id"
	default:
		return f.Name
	}
}

// LoadCell is the value as load takes it, which is text for every type: "1" and "0" for booleans
// (words would be in the user's language; a boolean of the protocol loses the whole call), "1,2"
// for a many2many, the UTC text of a datetime for a context of tz UTC, "" for null. Its errors say
// what the field cannot hold; a one2many cannot be loaded, for its lines would be made again each
// time.
func (f Field) LoadCell(v record.Value) (string, error) {
	if f.Type == typeOne2many {
		return "", errors.New("a one2many cannot be loaded; set the other side's many2one")
	}
	if err := accepts(f, v); err != nil {
		return "", err
	}
	switch v.Kind() {
	case record.KindNull:
		return "", nil
	case record.KindBool:
		if v.AsBool() {
			return "1", nil
		}
		return "0", nil
	case record.KindInt:
		_, err := encodeInt(f, v.AsInt())
		return formatID(v.AsInt()), err
	case record.KindDecimal:
		_, err := encodeDecimal(v)
		return v.AsText(), err
	case record.KindRef, record.KindRefSet:
		return loadRelation(f, v)
	default:
		return loadText(f, v)
	}
}

// loadText is the text of an empty cell for what is no choice.
func loadText(f Field, v record.Value) (string, error) {
	raw, err := encodeText(f, v)
	text, _ := raw.(string)
	return text, err
}

func loadRelation(f Field, v record.Value) (string, error) {
	if f.Type == typeReference {
		return loadText(f, v)
	}
	ids, err := relatedIDs(f, v)
	if err != nil {
		return "", err
	}
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = fmt.Sprint(id)
	}
	return strings.Join(parts, ","), nil
}
