package odoo

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/record"
)

// records turns the rows of an answer of search_read or read into records of the given fields.
func (s *Session) records(model, method string, fields []Field, answer any) ([]record.Record, error) {
	rows, ok := answer.([]any)
	if !ok {
		return nil, s.unexpected(model, method, "the answer is no list")
	}
	out := make([]record.Record, len(rows))
	for i, r := range rows {
		row, ok := r.(map[string]any)
		id, okID := row["id"].(int64)
		if !ok || !okID {
			return nil, s.unexpected(model, method, fmt.Sprintf("row %d of the answer has no id", i+1))
		}
		values, err := s.values(model, method, fields, row)
		if err != nil {
			return nil, err
		}
		out[i] = record.New(model, formatID(id), values)
	}
	return out, nil
}

func (s *Session) values(model, method string, fields []Field, row map[string]any) (map[string]record.Value, error) {
	values := make(map[string]record.Value, len(fields))
	for _, f := range fields {
		raw, ok := row[f.Name]
		if !ok {
			return nil, s.unexpected(model, method, "the answer lacks field "+f.Name)
		}
		v, err := decode(f, raw)
		if err != nil {
			e := s.unexpected(model, method, err.Error())
			e.Field = f.Name
			return nil, e
		}
		values[f.Name] = v
	}
	return values, nil
}

// decode gives a raw value of an answer its meaning by the field's type. False is a value for a
// boolean only, elsewhere it is emptiness; an empty text that Odoo stores stays one.
func decode(f Field, raw any) (record.Value, error) {
	if f.Type == typeBoolean {
		b, ok := raw.(bool)
		if !ok {
			return record.Value{}, mismatch(f, raw)
		}
		return record.Bool(b), nil
	}
	if raw == false {
		return record.Null(), nil
	}
	switch f.Type {
	case typeInteger, typeMany2oneReference, typeFloat, typeMonetary:
		return decodeNumber(f, raw)
	case typeMany2one, typeOne2many, typeMany2many:
		return decodeRelation(f, raw)
	default:
		return decodeText(f, raw)
	}
}

func mismatch(f Field, raw any) error {
	return fmt.Errorf("a field of type %s holds a %T", f.Type, raw)
}

// decodeNumber: XML-RPC writes a float without a fraction as a double all the same, but a computed
// field's code may answer either kind.
func decodeNumber(f Field, raw any) (record.Value, error) {
	whole := f.Type == typeInteger || f.Type == typeMany2oneReference
	switch n := raw.(type) {
	case int64:
		if whole {
			return record.Int(n), nil
		}
		return record.Decimal(strconv.FormatInt(n, 10))
	case float64:
		if !whole {
			return record.Float(n), nil
		}
		if n == float64(int64(n)) {
			return record.Int(int64(n)), nil
		}
	}
	return record.Value{}, mismatch(f, raw)
}

func decodeRelation(f Field, raw any) (record.Value, error) {
	list, isList := raw.([]any)
	if f.Type == typeMany2one {
		if isList && len(list) == 2 { // [id, name], where load='' was not heeded
			raw = list[0]
		}
		id, ok := raw.(int64)
		if !ok {
			return record.Value{}, mismatch(f, raw)
		}
		return record.Ref(f.Relation, formatID(id)), nil
	}
	ids, ok := idsOf(raw)
	if !ok {
		return record.Value{}, mismatch(f, raw)
	}
	refs := make([]record.Reference, len(ids))
	for i, id := range ids {
		refs[i] = record.Reference{Model: f.Relation, ID: formatID(id)}
	}
	return record.RefSet(refs...), nil
}

func decodeText(f Field, raw any) (record.Value, error) {
	text, ok := raw.(string)
	if !ok {
		if n, isInt := raw.(int64); isInt && f.Type == typeSelection {
			return record.Text(formatID(n)), nil
		}
		return record.Value{}, mismatch(f, raw)
	}
	switch f.Type {
	case typeChar, typeText, typeSelection:
		return record.Text(text), nil
	case typeHTML:
		return record.HTML(text), nil
	case typeDate:
		t, err := time.Parse(time.DateOnly, text)
		return record.Date(t), err
	case typeDatetime:
		t, err := time.Parse(time.DateTime, text)
		return record.Instant(t), err
	case typeBinary:
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		return record.Bytes(data), err
	case typeReference:
		model, id, _ := strings.Cut(text, ",")
		return record.Ref(model, id), nil
	default:
		return record.Value{}, fmt.Errorf("fields of type %s are not supported", f.Type)
	}
}

// idsOf reads a list of database ids.
func idsOf(raw any) ([]int64, bool) {
	list, ok := raw.([]any)
	if !ok {
		return nil, false
	}
	ids := make([]int64, len(list))
	for i, item := range list {
		if ids[i], ok = item.(int64); !ok {
			return nil, false
		}
	}
	return ids, true
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// unique is ids without repetitions, in order of first appearance.
func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}
