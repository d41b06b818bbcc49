package trellotest

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// object is a JSON object whose keys keep their order, so that two answers of the same state are the same bytes.
type object []pair

// pair is one key of an object and its value: nil, bool, string, int, float64, time.Time, object, or a slice of those.
type pair struct {
	key   string
	value any
}

// array is a JSON array of mixed values.
type array []any

// appendJSON writes a value as Node's JSON.stringify does: whole numbers without a point, no escape for < > &. A zero time is null,
// another one is ISO 8601 with milliseconds and Z.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case time.Time:
		return appendTime(b, v)
	case object:
		return appendObject(b, v)
	case array:
		return appendArray(b, v)
	case []object:
		return appendArray(b, v)
	case []string:
		return appendArray(b, v)
	}
	panic("trellotest: a value that has no JSON form")
}

func appendArray[T any](b []byte, items []T) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, item)
	}
	return append(b, ']')
}

func appendObject(b []byte, o object) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, m.key), ':')
		b = appendJSON(b, m.value)
	}
	return append(b, '}')
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	return append(t.UTC().AppendFormat(append(b, '"'), timeLayout), '"')
}

// timeLayout is how Trello writes an instant: UTC, milliseconds always there (captures/trello/can_success_create_a_card).
const timeLayout = "2006-01-02T15:04:05.000Z"

func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < 0x20:
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// orNull gives null for an empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// with returns the object with one more key.
func (o object) with(key string, value any) object { return append(o, pair{key, value}) }
