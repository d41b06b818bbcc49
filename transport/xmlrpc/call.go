package xmlrpc

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	kolo "github.com/kolo/xmlrpc"
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
	clean := make([]any, len(args))
	for i, arg := range args {
		value, err := prepare("argument "+strconv.Itoa(i), arg)
		if err != nil {
			return nil, err
		}
		clean[i] = value
	}
	body, err := kolo.EncodeMethodCall(method, clean...)
	if err != nil {
		return nil, fmt.Errorf("cannot encode the call of %s: %w", method, err)
	}
	return sortMembers(body), nil
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

// prepare checks value, which stands at path, and gives what the codec may
// encode in its stead: the same with escaped keys.
func prepare(path string, value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case int:
		return prepareInt(path, int64(v))
	case int32:
		return int64(v), nil
	case int64:
		return prepareInt(path, v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &ValueError{Path: path, Reason: "a number that is not finite has no form in XML-RPC"}
		}
		return v, nil
	case string:
		return v, checkText(path, v)
	case map[string]any:
		return prepareMap(path, v)
	default:
		return prepareList(path, value)
	}
}

// prepareInt refuses what does not fit into the protocol's 32 bits.
func prepareInt(path string, v int64) (any, error) {
	if v < math.MinInt32 || v > math.MaxInt32 {
		return nil, &ValueError{Path: path, Reason: "an integer beyond 32 bits does not fit into XML-RPC; send it as a float or a text if the field allows"}
	}
	return v, nil
}

// prepareMap checks a struct's values and escapes its keys, which the codec
// writes as they are.
func prepareMap(path string, v map[string]any) (any, error) {
	clean := make(map[string]any, len(v))
	for _, key := range sortedKeys(v) {
		at := path + "." + key
		if key == "" {
			return nil, &ValueError{Path: path, Reason: "a struct's key is empty"}
		}
		if err := checkText(at, key); err != nil {
			return nil, err
		}
		value, err := prepare(at, v[key])
		if err != nil {
			return nil, err
		}
		clean[escape(key)] = value
	}
	return clean, nil
}

// prepareList checks the kinds of lists; what is none of them has no form.
func prepareList(path string, value any) (any, error) {
	switch v := value.(type) {
	case []any:
		return prepareEach(path, v)
	case []string:
		return prepareEach(path, v)
	case []int:
		return prepareEach(path, v)
	case []int64:
		return prepareEach(path, v)
	case nil:
		return nil, &ValueError{Path: path, Reason: "nil has no form in XML-RPC; send false to empty a field"}
	case time.Time:
		return nil, &ValueError{Path: path, Reason: "a time has no form that Odoo takes; send UTC text as 2006-01-02 15:04:05"}
	case []byte:
		return nil, &ValueError{Path: path, Reason: "bytes have no form that Odoo's fields take; send base64 text"}
	default:
		return nil, &ValueError{Path: path, Reason: fmt.Sprintf("a %T has no form in XML-RPC", value)}
	}
}

// prepareEach checks the elements of a list.
func prepareEach[T any](path string, list []T) (any, error) {
	clean := make([]any, len(list))
	for i, element := range list {
		value, err := prepare(path+"["+strconv.Itoa(i)+"]", element)
		if err != nil {
			return nil, err
		}
		clean[i] = value
	}
	return clean, nil
}

// checkText refuses text that XML cannot carry unchanged.
func checkText(path, text string) error {
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			return &ValueError{Path: path, Reason: fmt.Sprintf("the text is not valid UTF-8 at byte %d", i)}
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return &ValueError{Path: path, Reason: fmt.Sprintf("the text holds the character U+%04X at byte %d, which XML cannot carry; remove it", r, i)}
		}
	}
	return nil
}

// escape renders text for XML.
func escape(text string) string {
	var b strings.Builder
	// A strings.Builder never fails.
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
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

// The tags that sortMembers looks for.
const (
	structStart = "<struct>"
	memberStart = "<member>"
	memberEnd   = "</member>"
)

// sortMembers puts the members of every struct of body in order, because the
// codec writes them in the order of a map. It relies on the codec's own output:
// no space between tags, no < in text.
func sortMembers(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for {
		at := bytes.Index(body, []byte(structStart))
		if at < 0 {
			return append(out, body...)
		}
		at += len(structStart)
		out = append(out, body[:at]...)
		out, body = appendMembers(out, body[at:])
	}
}

// appendMembers copies the members that body begins with to out, in order, and
// gives what follows them.
func appendMembers(out, body []byte) (sorted, rest []byte) {
	var members [][]byte
	for bytes.HasPrefix(body, []byte(memberStart)) {
		var member []byte
		member, body = cutMember(body)
		members = append(members, member)
	}
	sort.Slice(members, func(i, j int) bool { return bytes.Compare(members[i], members[j]) < 0 })
	for _, member := range members {
		out = append(out, member...)
	}
	return out, body
}

// cutMember takes the member that body begins with, with the structs in it
// sorted, and gives what follows it.
func cutMember(body []byte) (member, rest []byte) {
	for {
		end := bytes.Index(body, []byte(memberEnd)) + len(memberEnd)
		at := bytes.Index(body[:end], []byte(structStart))
		if at < 0 {
			return append(member, body[:end]...), body[end:]
		}
		at += len(structStart)
		member = append(member, body[:at]...)
		member, body = appendMembers(member, body[at:])
	}
}
