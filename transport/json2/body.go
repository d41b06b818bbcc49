package json2

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/odoo-connector/connector/transport/stream"
)

// EncodeBody renders the body of a request: one JSON object of the method's named
// arguments, beside them "ids" and "context". No arguments are {}.
//
// An argument is a bool, int, int32, int64, float64, string, []any,
// map[string]any (nested as you like), []string, []int or []int64. The bytes are
// the same for the same arguments: keys are sorted. Texts go exactly as they are
// given, floats keep their fraction (2.0), as Python writes them. What would do
// something else than it says is a [*ValueError] that names its path:
//
//   - "ids" that is no list, is empty or holds anything but integers: Odoo 19 takes
//     that for no records, does nothing and answers as if it had (seen with null,
//     without ids and with texts);
//   - nil, anywhere: Odoo takes null for false in a field
//     (captures/odoo19/json2_write_null), for no records in ids, for no context. False,
//     or an argument left out, says which is meant, and goes over XML-RPC too;
//   - the character U+0000, which PostgreSQL refuses
//     (captures/odoo19/json2_nul_char_write), and invalid UTF-8;
//   - NaN and infinities, which JSON does not know, time.Time, []byte, other types.
//
// Integers go with all their 64 bits: which fit is the field's to say. So do
// control characters, which JSON-2 gives back as they were (seen on Odoo 19).
func EncodeBody(args map[string]any) ([]byte, error) {
	if ids, given := args["ids"]; given {
		if reason := checkIDs(ids); reason != "" {
			return nil, &ValueError{Path: "ids", Reason: reason}
		}
	}
	e := &encoder{}
	if err := e.members(args); err != nil {
		err.Path = strings.TrimPrefix(err.Path, ".")
		if err.Path == "" {
			err.Path = "the arguments"
		}
		return nil, err
	}
	return e.out, nil
}

// checkIDs gives the reason why ids names no records, or "".
func checkIDs(ids any) string {
	n := 0
	switch ids := ids.(type) {
	case []int64:
		n = len(ids)
	case []int:
		n = len(ids)
	case []any:
		n = len(ids)
		if i := slices.IndexFunc(ids, isNoInteger); i >= 0 {
			return fmt.Sprintf("element %d is no integer, and Odoo would do nothing and answer as if it had", i)
		}
	default:
		return "it is no list of integers, and Odoo would do nothing and answer as if it had"
	}
	if n == 0 {
		return "it is empty, and Odoo would do nothing and answer as if it had"
	}
	return ""
}

// isNoInteger reports whether an id is something else.
func isNoInteger(id any) bool {
	switch id.(type) {
	case int, int32, int64:
		return false
	default:
		return true
	}
}

// encoder appends JSON to out. Its errors have the path from the value that was
// asked for, so each caller puts its own part before it.
type encoder struct {
	out   []byte
	depth int
}

// refuse is the error of the value itself.
func refuse(reason string) *ValueError { return &ValueError{Reason: reason} }

// value appends one value.
func (e *encoder) value(value any) *ValueError {
	switch v := value.(type) {
	case bool:
		e.out = strconv.AppendBool(e.out, v)
	case int:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case int32:
		e.out = strconv.AppendInt(e.out, int64(v), 10)
	case int64:
		e.out = strconv.AppendInt(e.out, v, 10)
	case float64:
		return e.float(v)
	case string:
		return e.text(v)
	case map[string]any:
		return e.members(v)
	default:
		return e.list(value)
	}
	return nil
}

// list appends the kinds of lists; what is none of them has no form.
func (e *encoder) list(value any) *ValueError {
	switch v := value.(type) {
	case []any:
		return elements(e, v)
	case []string:
		return elements(e, v)
	case []int:
		return elements(e, v)
	case []int64:
		return elements(e, v)
	case nil:
		return refuse("nil says too little; send false to empty a field, or leave the argument out")
	case time.Time:
		return refuse("a time has no form that Odoo takes; send UTC text as 2006-01-02 15:04:05")
	case []byte:
		return refuse("bytes have no form that Odoo's fields take; send base64 text")
	default:
		return refuse(fmt.Sprintf("a %T has no form in JSON-2", value))
	}
}

// float appends a number that keeps its fraction.
func (e *encoder) float(v float64) *ValueError {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return refuse("a number that is not finite has no form in JSON")
	}
	format := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e16) {
		format = 'e'
	}
	from := len(e.out)
	e.out = strconv.AppendFloat(e.out, v, format, -1, 64)
	if format == 'f' && !slices.Contains(e.out[from:], '.') {
		e.out = append(e.out, ".0"...)
	}
	return nil
}

// text appends a JSON string.
func (e *encoder) text(v string) *ValueError {
	if at := strings.IndexByte(v, 0); at >= 0 {
		return refuse(fmt.Sprintf("the text holds the character U+0000 at byte %d, which Odoo's database cannot store; remove it", at))
	}
	out, err := jsontext.AppendQuote(e.out, v)
	if err != nil {
		return refuse(fmt.Sprintf("the text is not valid UTF-8 at byte %d", invalidAt(v)))
	}
	e.out = out
	return nil
}

// invalidAt is the first byte of text that is no UTF-8.
func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return i
		}
	}
	return len(text)
}

// deeper counts how deep lists and maps are nested, up or down.
func (e *encoder) deeper(by int) *ValueError {
	if e.depth += by; e.depth > stream.MaxDepth {
		return refuse(fmt.Sprintf("values are nested more than %d deep", stream.MaxDepth))
	}
	return nil
}

// elements appends a list.
func elements[T any](e *encoder, list []T) *ValueError {
	if err := e.deeper(+1); err != nil {
		return err
	}
	e.out = append(e.out, '[')
	for i, element := range list {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.value(element); err != nil {
			err.Path = "[" + strconv.Itoa(i) + "]" + err.Path
			return err
		}
	}
	e.out = append(e.out, ']')
	return e.deeper(-1)
}

// members appends an object, its keys in order.
func (e *encoder) members(v map[string]any) *ValueError {
	if err := e.deeper(+1); err != nil {
		return err
	}
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	e.out = append(e.out, '{')
	for i, key := range keys {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		if err := e.member(key, v[key]); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return e.deeper(-1)
}

// member appends a key and its value.
func (e *encoder) member(key string, value any) *ValueError {
	if key == "" {
		return refuse("a key is empty")
	}
	err := e.text(key)
	if err == nil {
		e.out = append(e.out, ':')
		err = e.value(value)
	}
	if err != nil {
		err.Path = "." + key + err.Path
	}
	return err
}
