package xmlrpc_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// referee decodes an answer with the codec of kolo, where that loses nothing; ok
// is false where it would. The codec cuts text at comments, loses its place at
// empty values and finds a value in any page, so the tags are checked first.
func referee(body []byte) (value any, fault *xmlrpc.Fault, ok bool) {
	if checkShape(body) != "" {
		return nil, nil, false
	}
	response := kolo.Response(body)
	if err := response.Err(); err != nil {
		var refused kolo.FaultError
		if !errors.As(err, &refused) {
			return nil, nil, false
		}
		return nil, &xmlrpc.Fault{Code: refused.Code, Text: refused.String}, true
	}
	if err := response.Unmarshal(&value); err != nil {
		return nil, nil, false
	}
	return restore(value), nil, true
}

// restore undoes what the codec makes of empty values: nil is an empty string
// (<string></string>), a nil map an empty struct.
func restore(value any) any {
	switch v := value.(type) {
	case nil:
		return ""
	case map[string]any:
		if v == nil {
			return map[string]any{}
		}
		for key, member := range v {
			v[key] = restore(member)
		}
	case []any:
		for i, element := range v {
			v[i] = restore(element)
		}
	}
	return value
}

func TestTheRefereeKnowsTheRules(t *testing.T) {
	t.Run("Ensure kolo alone cuts a text where the rules refuse it", func(t *testing.T) {
		body := []byte(answered("<value><string>a<![CDATA[x]]></string></value>"))
		var alone any
		if err := kolo.Response(body).Unmarshal(&alone); err != nil || alone != "a" {
			t.Errorf("got %v, %v", alone, err)
		}
		if _, _, ok := referee(body); ok {
			t.Error("the referee takes it")
		}
	})
	t.Run("Ensure it reads an answer", func(t *testing.T) {
		if value, _, ok := referee([]byte(answered("<value><int>5</int></value>"))); value != int64(5) || !ok {
			t.Errorf("got %v, %v", value, ok)
		}
	})
}

// grammar names for each element the elements that it may hold. A nil entry is
// a scalar: it holds text alone.
var grammar = map[string][]string{
	"":               {"methodResponse"},
	"methodResponse": {"params", "fault"},
	"params":         {"param"},
	"param":          {"value"},
	"fault":          {"value"},
	"value":          {"array", "struct", "string", "int", "boolean", "double", "i4", "i8", "base64"},
	"array":          {"data"},
	"data":           {"value"},
	"struct":         {"member"},
	"member":         {"name", "value"},
	"name":           nil,
	"string":         nil,
	"base64":         nil,
	"int":            nil,
	"i4":             nil,
	"i8":             nil,
	"boolean":        nil,
	"double":         nil,
}

// shape walks over the tags of an answer before the codec sees it.
type shape struct {
	rest  []byte
	open  []string
	count []int
}

// checkShape gives the reason why body is no XML-RPC answer that the codec
// decodes without loss, or "".
func checkShape(body []byte) string {
	s := &shape{rest: skipProlog(body), count: []int{0}}
	for len(s.rest) > 0 {
		if reason := s.step(); reason != "" {
			return reason
		}
	}
	switch {
	case len(s.open) > 0:
		return "it ends inside <" + s.parent() + ">, so the answer was cut off"
	case s.count[0] != 1:
		return "it is empty"
	}
	return ""
}

// skipProlog cuts the byte order mark, the XML declaration and spaces.
func skipProlog(body []byte) []byte {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("<?xml")) {
		if end := bytes.Index(body, []byte("?>")); end >= 0 {
			return bytes.TrimSpace(body[end+2:])
		}
	}
	return body
}

// parent names the innermost open element.
func (s *shape) parent() string {
	if len(s.open) == 0 {
		return ""
	}
	return s.open[len(s.open)-1]
}

// step reads up to the end of the next tag.
func (s *shape) step() string {
	at := bytes.IndexByte(s.rest, '<')
	if at < 0 {
		at = len(s.rest)
	}
	scalar := len(s.open) > 0 && grammar[s.parent()] == nil
	if !scalar && len(bytes.TrimSpace(s.rest[:at])) > 0 {
		if len(s.open) == 0 {
			return "it does not begin with a tag, as JSON or plain text"
		}
		return "<" + s.parent() + "> holds bare text"
	}
	if at == len(s.rest) {
		s.rest = nil
		return ""
	}
	end := bytes.IndexByte(s.rest[at:], '>')
	if end < 0 {
		return "it ends inside a tag, so the answer was cut off"
	}
	tag := s.rest[at+1 : at+end]
	s.rest = s.rest[at+end+1:]
	return s.tag(tag, at)
}

// tag takes one tag, given without its angle brackets, after text bytes of text.
func (s *shape) tag(tag []byte, text int) string {
	if len(tag) > 0 && tag[0] == '/' {
		return s.closeTag(bytes.TrimRight(tag[1:], " \t\r\n"), text)
	}
	name := bytes.TrimRight(tag, " \t\r\n")
	empty := bytes.HasSuffix(name, []byte("/"))
	name = bytes.TrimRight(bytes.TrimSuffix(name, []byte("/")), " \t\r\n")
	if reason := s.openTag(name); reason != "" {
		return reason
	}
	if empty {
		return s.closeTag(name, 0)
	}
	return ""
}

// openTag enters an element.
func (s *shape) openTag(name []byte) string {
	allowed := ""
	for _, child := range grammar[s.parent()] {
		if child == string(name) {
			allowed = child
		}
	}
	switch {
	case allowed == "":
		return s.misplaced(name)
	case len(s.open) >= 4*stream.MaxDepth:
		return fmt.Sprintf("its values are nested more than %d deep", stream.MaxDepth)
	}
	if reason := s.tooMany(allowed); reason != "" {
		return reason
	}
	s.count[len(s.count)-1]++
	s.open = append(s.open, allowed)
	s.count = append(s.count, 0)
	return ""
}

// tooMany refuses a second child where one is the rule.
func (s *shape) tooMany(name string) string {
	n, many := s.count[len(s.count)-1], false
	switch s.parent() {
	case "data", "struct":
		many = true
	case "member":
		many = n == 1 && name == "value"
		if n == 0 && name != "name" {
			return "a <member> has no name"
		}
	}
	if n > 0 && !many {
		if len(s.open) == 0 {
			return "something follows the answer's end"
		}
		return "<" + s.parent() + "> holds more than the protocol allows"
	}
	return ""
}

// misplaced says what an element that may not stand here means.
func (s *shape) misplaced(name []byte) string {
	word := string(bytes.ToLower(name))
	if at := bytes.IndexAny(name, " \t\r\n"); at >= 0 {
		word = word[:at]
	}
	switch {
	case len(s.open) == 0 && (word == "html" || word == "!doctype"):
		return "it is an HTML page"
	case len(word) > 20 || (len(s.open) == 0 && s.count[0] == 0):
		return "it is no <methodResponse>"
	case word == "nil" || word == "datetime.iso8601":
		return "it holds a <" + word + ">, which Odoo never sends"
	case word != "" && (word[0] == '!' || word[0] == '?'):
		return "it holds a comment, CDATA or an instruction, which Odoo never sends"
	default:
		return fmt.Sprintf("%q stands where <%s> does not allow it", word, s.parent())
	}
}

// closeTag leaves an element.
func (s *shape) closeTag(name []byte, text int) string {
	parent := s.parent()
	if parent == "" || string(name) != parent {
		return fmt.Sprintf("its tags do not match inside <%s>", parent)
	}
	children := s.count[len(s.count)-1]
	s.open, s.count = s.open[:len(s.open)-1], s.count[:len(s.count)-1]
	switch parent {
	case "string", "base64", "data", "struct":
		return ""
	case "member":
		if children != 2 {
			return "a <member> has no value"
		}
	case "name", "int", "i4", "i8", "boolean", "double":
		if text == 0 {
			return "a <" + parent + "> is empty"
		}
	default:
		if children == 0 {
			return "a <" + parent + "> is empty"
		}
	}
	return ""
}
