package record

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// CanonicalVersion is the version of the canonical form. It grows when Canonical or the JSON form
// of a Value changes its output for any value; bases of an older version are then computed anew
// instead of being taken for edits.
const CanonicalVersion = 1

// Canonical is the form in which two sides are compared. Text is made NFC, its line ends become
// \n, what XML cannot carry is dropped (Odoo drops it too), and an empty text is null. Instants are
// cut to whole seconds, since Odoo keeps no more. Every other kind stays as it is, but for an empty
// set of references, which is null.
func (v Value) Canonical() Value {
	switch v.kind {
	case KindText, KindHTML, KindMarkdown:
		v.text = cleanText(v.text)
		if v.text == "" {
			return Null()
		}
	case KindInstant:
		return Instant(v.AsTime().Truncate(time.Second))
	case KindRefSet:
		if len(v.links()) == 0 {
			return Null()
		}
	}
	return v
}

// cleanText makes one form of the texts that only the way there made different.
func cleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(xmlRune, s)
	return norm.NFC.String(s)
}

// xmlRune drops the runes that XML 1.0 does not allow (section 2.2, "Characters").
func xmlRune(r rune) rune {
	switch {
	case r == '\t' || r == '\n':
		return r
	case r < 0x20, r == 0xFFFE, r == 0xFFFF, r >= 0xD800 && r <= 0xDFFF:
		return -1
	default:
		return r
	}
}

// XMLText is s without the characters that XML 1.0 cannot carry, line ends as \n. A side that
// speaks XML (Odoo's XML-RPC) would refuse or drop them.
func XMLText(s string) string {
	return strings.Map(xmlRune, strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// Hash is a short fingerprint of the value as it is, not of its canonical form: the raw hash that
// a binding keeps of each side. 16 hexadecimal digits.
func (v Value) Hash() string { return HashValues(v) }

// HashValues is the fingerprint of several values in this order, for a mapping that reads more
// than one field.
func HashValues(values ...Value) string {
	h := sha256.New()
	for _, v := range values {
		h.Write([]byte(v.kind.String()))
		h.Write([]byte(strconv.Itoa(len(v.text))))
		h.Write([]byte(":"))
		h.Write([]byte(v.text))
		h.Write([]byte(strconv.FormatInt(v.num, 10)))
		for _, r := range v.links() {
			h.Write([]byte("," + strconv.Itoa(len(r.Model)) + ":" + r.Model + strconv.Itoa(len(r.ID)) + ":" + r.ID))
		}
		h.Write([]byte(";"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// jsonValue is a Value on disk: {"text":"Paint the door"}, {"ref":["project.tags","4"]}, null.
type jsonValue map[string]json.RawMessage

// MarshalJSON writes null, or an object with one member named by the kind.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.kind == KindNull {
		return []byte("null"), nil
	}
	content, err := json.Marshal(v.content())
	if err != nil {
		return nil, err
	}
	return json.Marshal(jsonValue{v.kind.String(): content})
}

func (v Value) content() any {
	switch v.kind {
	case KindBool:
		return v.num != 0
	case KindInt:
		return v.num
	case KindInstant:
		return v.AsTime().Format(time.RFC3339Nano)
	case KindRef:
		return [2]string{v.links()[0].Model, v.links()[0].ID}
	case KindRefSet:
		pairs := make([][2]string, len(v.links()))
		for i, r := range v.links() {
			pairs[i] = [2]string{r.Model, r.ID}
		}
		return pairs
	case KindBytes:
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	default:
		return v.text
	}
}

// UnmarshalJSON reads what MarshalJSON wrote; anything else is an error.
func (v *Value) UnmarshalJSON(data []byte) error {
	var members jsonValue
	if err := json.Unmarshal(data, &members); err != nil {
		return fmt.Errorf("a stored value is not an object: %w", err)
	}
	if members == nil {
		*v = Null()
		return nil
	}
	if len(members) != 1 {
		return fmt.Errorf("a stored value has %d members instead of one", len(members))
	}
	for kind, content := range members {
		decoded, err := decodeContent(kind, content)
		if err != nil {
			return fmt.Errorf("a stored value of kind %q: %w", kind, err)
		}
		*v = decoded
	}
	return nil
}

func decodeContent(kind string, content json.RawMessage) (Value, error) {
	if string(content) == "null" {
		return Value{}, fmt.Errorf("it has no content")
	}
	switch kind {
	case "bool":
		return decodeAs(content, Bool)
	case "int":
		return decodeAs(content, Int)
	case "ref":
		return decodeAs(content, func(p pair) Value { return Ref(p[0], p[1]) })
	case "refs":
		return decodeAs(content, refSetOf)
	default:
		var s string
		if err := json.Unmarshal(content, &s); err != nil {
			return Value{}, err
		}
		return decodeString(kind, s)
	}
}

func decodeAs[T any](content json.RawMessage, build func(T) Value) (Value, error) {
	var x T
	if err := json.Unmarshal(content, &x); err != nil {
		return Value{}, err
	}
	return build(x), nil
}

// pair is the model and the id of a reference.
type pair [2]string

// UnmarshalJSON takes exactly two texts; an array of Go would take any number.
func (p *pair) UnmarshalJSON(data []byte) error {
	var parts []*string
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != len(p) || parts[0] == nil || parts[1] == nil {
		return fmt.Errorf("a reference is a model and an id")
	}
	p[0], p[1] = *parts[0], *parts[1]
	return nil
}

func refSetOf(pairs []pair) Value {
	refs := make([]Reference, len(pairs))
	for i, p := range pairs {
		refs[i] = Reference{Model: p[0], ID: p[1]}
	}
	return RefSet(refs...)
}

// decodeInstant refuses a moment that only a zone takes out of the years that RFC 3339 can write.
func decodeInstant(s string) (Value, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if y := t.UTC().Year(); err == nil && (y < 0 || y > 9999) {
		return Value{}, fmt.Errorf("%q is not in the years 0 to 9999", s)
	}
	return Instant(t), err
}

func decodeString(kind, s string) (Value, error) {
	switch kind {
	case "text":
		return Text(s), nil
	case "html":
		return HTML(s), nil
	case "markdown":
		return Markdown(s), nil
	case "decimal":
		return Decimal(s)
	case "date":
		t, err := time.Parse(time.DateOnly, s)
		return Date(t), err
	case "instant":
		return decodeInstant(s)
	case "bytes":
		b, err := base64.StdEncoding.DecodeString(s)
		return Bytes(b), err
	default:
		return Value{}, fmt.Errorf("unknown kind")
	}
}
