package xmlrpc

import (
	"encoding/xml"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// EncodeCall renders a <methodCall> of method (as "execute_kw") with args.
//
// An argument is a bool, int, int32, int64, float64, string, []any,
// map[string]any (nested as you like), []string, []int or []int64. Everything
// that would arrive as something else is a [*ValueError] that names its path:
// nil (an empty string to Odoo), time.Time (loses its zone), []byte (a list of
// numbers), NaN and infinities, integers beyond 32 bits, invalid UTF-8, control
// characters (fault 1 on Odoo) and U+FFFE and U+FFFF (stored, they make every
// later answer malformed; seen on Odoo 18). The bytes are the same for the same
// arguments: keys are sorted.
func EncodeCall(method string, args ...any) ([]byte, error) {
	if !isMethodName(method) {
		return nil, &ValueError{Path: "the method's name", Reason: "it is empty or has characters other than letters, digits and _.:/"}
	}
	w := &callWriter{}
	w.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?><methodCall><methodName>", method, "</methodName>")
	if len(args) > 0 {
		w.raw("<params>")
	}
	for i, arg := range args {
		w.raw("<param>")
		if err := w.value(arg); err != nil {
			return nil, within("argument "+strconv.Itoa(i), err)
		}
		w.raw("</param>")
	}
	if len(args) > 0 {
		w.raw("</params>")
	}
	w.raw("</methodCall>")
	return w.b, nil
}

// isMethodName reports whether the protocol allows name as a method's name.
func isMethodName(name string) bool {
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("_.:/", r):
		default:
			return false
		}
	}
	return name != ""
}

// within puts a path in front of that of a value that was refused.
func within(path string, err *ValueError) *ValueError {
	err.Path = path + err.Path
	return err
}

func refuse(format string, args ...any) *ValueError {
	return &ValueError{Reason: fmt.Sprintf(format, args...)}
}

// callWriter renders values, each once and without a copy on the way: a domain may hold tens of thousands of ids. The path of a refused value
// is put together on the way back.
type callWriter struct{ b []byte }

func (w *callWriter) raw(parts ...string) {
	for _, p := range parts {
		w.b = append(w.b, p...)
	}
}

// Write takes escaped text.
func (w *callWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// value checks and renders a value of any kind.
func (w *callWriter) value(value any) *ValueError {
	w.raw("<value>")
	err := w.inner(value)
	w.raw("</value>")
	return err
}

func (w *callWriter) inner(value any) *ValueError {
	switch v := value.(type) {
	case bool:
		if v {
			w.raw("<boolean>1</boolean>")
		} else {
			w.raw("<boolean>0</boolean>")
		}
		return nil
	case int:
		return w.number(int64(v))
	case int32:
		return w.number(int64(v))
	case int64:
		return w.number(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return refuse("a number that is not finite has no form in XML-RPC")
		}
		w.b = append(strconv.AppendFloat(append(w.b, "<double>"...), v, 'f', -1, 64), "</double>"...)
		return nil
	case string:
		w.raw("<string>")
		err := w.escaped(v)
		w.raw("</string>")
		return err
	case map[string]any:
		return w.members(v)
	default:
		return w.list(value)
	}
}

// number refuses what does not fit into the protocol's 32 bits.
func (w *callWriter) number(v int64) *ValueError {
	if v < math.MinInt32 || v > math.MaxInt32 {
		return refuse("an integer beyond 32 bits does not fit into XML-RPC; send it as a float or a text if the field allows")
	}
	w.b = append(strconv.AppendInt(append(w.b, "<int>"...), v, 10), "</int>"...)
	return nil
}

func (w *callWriter) escaped(text string) *ValueError {
	if err := checkText(text); err != nil {
		return err
	}
	_ = xml.EscapeText(w, []byte(text)) // a callWriter never fails
	return nil
}

// members renders a struct, its keys in order.
func (w *callWriter) members(v map[string]any) *ValueError {
	w.raw("<struct>")
	for _, key := range sortedKeys(v) {
		if key == "" {
			return refuse("a struct's key is empty")
		}
		w.raw("<member><name>")
		if err := w.escaped(key); err != nil {
			return within("."+key, err)
		}
		w.raw("</name>")
		if err := w.value(v[key]); err != nil {
			return within("."+key, err)
		}
		w.raw("</member>")
	}
	w.raw("</struct>")
	return nil
}

// list renders the kinds of lists; what is none of them has no form.
func (w *callWriter) list(value any) *ValueError {
	switch v := value.(type) {
	case []any:
		return elements(w, v)
	case []string:
		return elements(w, v)
	case []int:
		return elements(w, v)
	case []int64:
		return elements(w, v)
	case nil:
		return refuse("nil has no form in XML-RPC; send false to empty a field")
	case time.Time:
		return refuse("a time has no form that Odoo takes; send UTC text as 2006-01-02 15:04:05")
	case []byte:
		return refuse("bytes have no form that Odoo's fields take; send base64 text")
	default:
		return refuse("a %T has no form in XML-RPC", value)
	}
}

func elements[T any](w *callWriter, list []T) *ValueError {
	w.raw("<array><data>")
	for i, element := range list {
		if err := w.value(element); err != nil {
			return within("["+strconv.Itoa(i)+"]", err)
		}
	}
	w.raw("</data></array>")
	return nil
}

// checkText refuses text that XML cannot carry unchanged.
func checkText(text string) *ValueError {
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			return refuse("the text is not valid UTF-8 at byte %d", i)
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return refuse("the text holds the character U+%04X at byte %d, which XML cannot carry; remove it", r, i)
		}
	}
	return nil
}

// sortedKeys gives the keys of v in order.
func sortedKeys(v map[string]any) []string {
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
