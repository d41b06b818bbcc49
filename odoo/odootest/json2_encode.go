package odootest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// jsonWriter renders values in the layout of Python's json.dumps without ASCII
// escapes: ", " and ": " between, U+FFFE and the like as they are, control
// characters escaped (captures/odoo19/json2_control_chars_read).
type jsonWriter struct {
	bytes.Buffer
	rank map[string]int // fields in the order in which they were asked for
}

// errNoText is what becomes of bytes that are no text: Odoo's answer breaks.
var errNoText = errors.New("bytes that are no text cannot be told in JSON")

// encodeJSON renders a value: nil, bool, numbers, string, lists and maps. Keys of
// a record stand in the order of fields, id first; all others in their own order.
func encodeJSON(value any, fields []string) ([]byte, error) {
	w := &jsonWriter{rank: make(map[string]int, len(fields)+1)}
	w.rank["id"] = -1
	for i, name := range fields {
		if _, known := w.rank[name]; !known {
			w.rank[name] = i
		}
	}
	if err := w.value(value); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// member is one key of an object whose order counts.
type member struct {
	key   string
	value any
}

// members renders an object with its keys as they stand.
func members(list ...member) []byte {
	w := &jsonWriter{}
	w.WriteByte('{')
	for i, m := range list {
		if i > 0 {
			w.WriteString(", ")
		}
		w.text(m.key)
		w.WriteString(": ")
		if err := w.value(m.value); err != nil {
			w.WriteString("null")
		}
	}
	w.WriteByte('}')
	return w.Bytes()
}

// raw is JSON that is rendered already.
type raw []byte

// value renders one value.
func (w *jsonWriter) value(value any) error {
	switch v := value.(type) {
	case nil:
		w.WriteString("null")
	case raw:
		w.Write(v)
	case dict:
		w.Write(members(v...))
	case bool:
		w.WriteString(strconv.FormatBool(v))
	case int:
		w.WriteString(strconv.Itoa(v))
	case int64:
		w.WriteString(strconv.FormatInt(v, 10))
	case *big.Int:
		w.WriteString(v.String())
	case float64:
		w.WriteString(pythonFloat(v))
	case string:
		if !utf8.ValidString(v) { // captures/odoo19/json2_attachment_read_raw_binary
			return errNoText
		}
		w.text(v)
	case time.Time:
		w.text(v.UTC().Format(datetimeLayout))
	case map[string]any:
		return w.object(v)
	case map[int64]any:
		return w.numbered(v)
	default:
		return w.list(value)
	}
	return nil
}

// list renders the kinds of lists.
func (w *jsonWriter) list(value any) error {
	switch v := value.(type) {
	case []any:
		return elements(w, v)
	case []int64:
		return elements(w, v)
	case []string:
		return elements(w, v)
	case []map[string]any:
		return elements(w, v)
	case [][]any:
		return elements(w, v)
	default:
		return fmt.Errorf("Object of type %T is not JSON serializable", value) //nolint:staticcheck // Python's words
	}
}

// elements renders an array.
func elements[T any](w *jsonWriter, list []T) error {
	w.WriteByte('[')
	for i, element := range list {
		if i > 0 {
			w.WriteString(", ")
		}
		if err := w.value(element); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

// object renders a dict.
func (w *jsonWriter) object(members map[string]any) error {
	keys := sortedKeys(members)
	if _, isRecord := members["id"]; isRecord {
		sort.SliceStable(keys, func(i, j int) bool { return w.before(keys[i], keys[j]) })
	}
	w.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			w.WriteString(", ")
		}
		w.text(key)
		w.WriteString(": ")
		if err := w.value(members[key]); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// before orders two keys of a record.
func (w *jsonWriter) before(a, b string) bool {
	first, known := w.rank[a]
	if !known {
		return false
	}
	second, known := w.rank[b]
	return !known || first < second
}

// numbered renders a dict whose keys are numbers, which become texts.
func (w *jsonWriter) numbered(members map[int64]any) error {
	named := make(map[string]any, len(members))
	for key, value := range members {
		named[strconv.FormatInt(key, 10)] = value
	}
	return w.object(named)
}

// shortEscapes are the control characters with a letter.
var shortEscapes = map[byte]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

// text renders a string.
func (w *jsonWriter) text(text string) {
	w.WriteByte('"')
	plain := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		w.WriteString(text[plain:i])
		plain = i + 1
		if short, ok := shortEscapes[c]; ok {
			w.WriteString(short)
		} else {
			_, _ = fmt.Fprintf(w, `\u%04x`, c) // a buffer takes all
		}
	}
	w.WriteString(text[plain:])
	w.WriteByte('"')
}

// pythonFloat renders a number as Python's repr does: 2.0, 1e+16, NaN.
func pythonFloat(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	if size := math.Abs(v); v != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
