package odoo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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

// encode gives a value the form in which create and write take it: an id for a many2one (a pair
// would clear the link without a word), the whole set for x2many, UTC text for a datetime, False
// for null.
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
		number, _ := v.AsRat().Float64()
		return number, nil
	default:
		return encodeText(v), nil
	}
}

// encodeInt: a float field takes a whole number too, and as a float it may be a large one.
func encodeInt(f Field, n int64) (any, error) {
	if f.Type == typeFloat || f.Type == typeMonetary {
		return float64(n), nil
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return nil, fmt.Errorf("%d does not fit into the 32 bits of an integer field", n)
	}
	return n, nil
}

// encodeText is the text of the kinds that travel as one.
func encodeText(v record.Value) string {
	switch v.Kind() {
	case record.KindInstant:
		return v.AsTime().UTC().Format(time.DateTime)
	case record.KindBytes:
		return base64.StdEncoding.EncodeToString(v.AsBytes())
	case record.KindRef:
		ref, _ := v.AsRef()
		return ref.String()
	default:
		return v.AsText()
	}
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

// accepts reports why the field cannot take the value's kind.
func accepts(f Field, v record.Value) error {
	allowed, ok := kinds[f.Type]
	switch {
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
			return nil, fmt.Errorf("it leads to %s, not to %s", f.Relation, ref.Model)
		}
		id, err := strconv.ParseInt(ref.ID, 10, 32)
		if err != nil || id <= 0 {
			return nil, fmt.Errorf("%q is no database id of %s", ref.ID, ref.Model)
		}
		ids[i] = id
	}
	return ids, nil
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
	case record.KindRef, record.KindRefSet:
		return loadRelation(f, v)
	default:
		return encodeText(v), nil
	}
}

func loadRelation(f Field, v record.Value) (string, error) {
	if f.Type == typeReference {
		return encodeText(v), nil
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
