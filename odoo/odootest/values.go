package odootest

import (
	"encoding/base64"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Layouts of dates as Odoo sends and takes them, in UTC.
const (
	dateLayout     = "2006-01-02"
	datetimeLayout = "2006-01-02 15:04:05"
	microLayout    = "2006-01-02 15:04:05.999999"
)

// truthy is Python's bool(): the text 'False' is true.
func truthy(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case int:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case []int64:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	default:
		return true
	}
}

// toStored turns what a client sent into what a row keeps, with the coercions
// that were measured: 'False' is a true boolean, 3.9 the integer 3, a many2one
// given as a pair is empty. Fields of links are not stored here.
func (t *tx) toStored(m *model, f *field, value any) (any, error) {
	switch f.kind {
	case kindBoolean:
		return truthy(value), nil
	case kindInteger, kindAnyLink:
		return toInteger(value)
	case kindFloat, kindMonetary:
		return rounded(f, value)
	case kindMany2one:
		return t.toLink(m, f, value)
	}
	if value == nil || value == false {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	switch f.kind {
	case kindHTML:
		return sanitize(toText(value)), nil
	case kindSelection:
		return toChoice(m, f, value)
	case kindDate:
		return t.s.toDate(toText(value))
	case kindDatetime:
		return t.s.toDatetime(toText(value))
	case kindBinary:
		return toBinary(f, value)
	case kindJSON, kindProps, kindPropsDef:
		return value, nil
	default:
		return toText(value), nil
	}
}

// toBinary takes base64; letters that are none are passed over, as Python does
// (seen on 16 to 19), but not in an image (captures/odoo19/json2_binary_bad_base64).
func toBinary(f *field, value any) (any, error) {
	text := strings.NewReplacer("\n", "", "\r", "").Replace(toText(value))
	if text == "" {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	content, err := base64.StdEncoding.DecodeString(text)
	switch image := strings.HasPrefix(f.name, "image"); {
	case image && err != nil:
		return nil, warning("Image is not encoded in base64.")
	case image && !strings.HasPrefix(http.DetectContentType(content), "image/"):
		return nil, warning("This file could not be decoded as an image file.")
	case err == nil:
		return text, nil
	}
	content = lenientBase64(text)
	if len(content) == 0 && strings.ContainsFunc(text, unicode.IsLetter) {
		return nil, exception("binascii.Error", "Incorrect padding")
	}
	return base64.StdEncoding.EncodeToString(content), nil
}

// rounded reads a number and keeps as many decimals as the field does
// (captures/odoo18/product_template_read).
func rounded(f *field, value any) (any, error) {
	number, err := toFloat(value)
	if err != nil || f.digits == 0 {
		return number, err
	}
	return round(number, f.digits), nil
}

// round cuts a number to some decimals.
func round(number float64, digits int) float64 {
	factor := math.Pow10(digits)
	return math.Round(number*factor) / factor
}

// toText is Python's str().
func toText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return repr(value)
}

// toInteger is Python's int(value or 0), in 32 bits.
func toInteger(value any) (any, error) {
	number := int64(0)
	switch v := value.(type) {
	case int64:
		number = v
	case float64:
		if math.Abs(v) > math.MaxInt32 {
			return nil, exception("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n")
		}
		number = int64(v)
	case string:
		parsed, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil && v != "" {
			return nil, exception("ValueError", "invalid literal for int() with base 10: %s", repr(v))
		}
		number = parsed
	default:
		if value == true {
			number = 1
		}
	}
	if number > math.MaxInt32 || number < math.MinInt32 {
		return nil, exception("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n")
	}
	return number, nil
}

// toFloat is Python's float(value or 0).
func toFloat(value any) (float64, error) {
	switch v := value.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case string:
		parsed, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil && v != "" {
			return 0, exception("ValueError", "could not convert string to float: %s", repr(v))
		}
		return parsed, nil
	default:
		if value == true {
			return 1, nil
		}
		return 0, nil
	}
}

// toLink reads a many2one. Everything but the id of a living record empties it or
// is a fault: [id, name] and 0 empty it, as on real servers.
func (t *tx) toLink(m *model, f *field, value any) (any, error) {
	switch v := value.(type) {
	case int64:
		if v == 0 {
			return nil, nil //nolint:nilnil // NULL is a value.
		}
		if t.row(f.relation, v) == nil {
			return nil, t.s.foreignKey(m, f, strings.ReplaceAll(m.name, ".", "_")+"_"+f.name+"_fkey")
		}
		return v, nil
	case string:
		if v == "" {
			return nil, nil //nolint:nilnil // NULL is a value.
		}
		return nil, exception("psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer: \"%s\"", v)
	default:
		return nil, nil //nolint:nilnil // NULL is a value.
	}
}

// toChoice refuses what is no value of a selection
// (captures/odoo18/fault_bad_selection).
func toChoice(m *model, f *field, value any) (any, error) {
	for _, choice := range f.selection {
		if choice[0] == openChoice {
			return toText(value), nil
		}
		if value == choice[0] {
			return choice[0], nil
		}
	}
	if value == "" {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	return nil, exception("ValueError", "Wrong value for %s.%s: %s", m.name, f.name, repr(value))
}

// toDate takes YYYY-MM-DD, of a longer text the first ten characters.
func (s *Server) toDate(text string) (any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	parsed, err := time.Parse(dateLayout, text[:min(len(text), len(dateLayout))])
	switch {
	case err == nil:
		return parsed, nil
	case s.major >= 19: // captures/odoo19/fault_bad_date
		return nil, exception("ValueError", "time data %s does not match format '%%Y-%%m-%%d'", repr(text))
	default: // captures/odoo18/fault_bad_date
		return nil, exception("psycopg2.errors.DatetimeFieldOverflow",
			"date/time field value out of range: \"%s\"\nHINT:  Perhaps you need a different \"datestyle\" setting.\n", text)
	}
}

// toDatetime takes YYYY-MM-DD HH:MM:SS or a shorter beginning of it; T, Z and
// fractions are faults (captures/odoo19/json2_date_write_*).
func (s *Server) toDatetime(text string) (any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // NULL is a value.
	}
	size := min(len(text), len(datetimeLayout))
	parsed, err := time.Parse(datetimeLayout[:size], text[:size])
	switch {
	case err != nil || size < len(dateLayout):
		return nil, exception("ValueError", "time data %s does not match format '%%Y-%%m-%%d %%H:%%M:%%S'", repr(text))
	case len(text) > size:
		return nil, exception("ValueError", "unconverted data remains: %s", text[size:])
	}
	return parsed, nil
}

// shown turns a stored value into what read answers: False for what is empty,
// dates as text cut to seconds. Links need the transaction; see tx.value.
func shown(f *field, value any) any {
	switch v := value.(type) {
	case nil:
		switch f.kind {
		case kindInteger, kindAnyLink:
			return int64(0)
		case kindFloat, kindMonetary:
			return 0.0
		case kindProps, kindPropsDef:
			return []any{}
		}
		return false
	case time.Time:
		if f.kind == kindDate {
			return v.Format(dateLayout)
		}
		return v.Format(datetimeLayout)
	default:
		return v
	}
}

// sanitize is the part of Odoo's HTML cleaning that was measured on real servers:
// plain text becomes a paragraph, scripts and handlers go, what is open is closed,
// <br/> is <br>, entities are written as Odoo writes them.
func sanitize(text string) string {
	text = strings.TrimLeft(text, " \t\n")
	if text == "" {
		return ""
	}
	c := cleaner{}
	for rest := text; rest != ""; {
		at := tagStart(rest)
		if at < 0 {
			c.text(rest)
			break
		}
		c.text(rest[:at])
		var tag string
		tag, rest = cutTag(rest[at:])
		c.tag(tag)
	}
	for i := len(c.open) - 1; i >= 0; i-- {
		c.out.WriteString("</" + c.open[i] + ">")
	}
	switch {
	case tagStart(text) != 0, strings.HasPrefix(text, "</"):
		return "<p>" + c.out.String() + "</p>"
	case c.loose && inline[tagName(text)]:
		return "<span>" + c.out.String() + "</span>"
	}
	return c.out.String()
}

// cleaner writes cleaned HTML.
type cleaner struct {
	out   strings.Builder
	open  []string
	loose bool // text stands outside of all elements
}

// Elements that are never closed, and those that stand in a line.
var (
	void   = map[string]bool{"br": true, "hr": true, "img": true, "input": true, "col": true, "wbr": true}
	inline = map[string]bool{"a": true, "b": true, "i": true, "em": true, "strong": true, "u": true, "s": true, "code": true, "font": true}
)

// text writes text between tags.
func (c *cleaner) text(text string) {
	c.loose = c.loose || (len(c.open) == 0 && strings.TrimSpace(text) != "")
	c.out.WriteString(cleanText(text))
}

// handlerPattern is an attribute that runs a script.
var handlerPattern = regexp.MustCompile(`(?i)\s+on[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)

// scriptPattern is an address that does.
var scriptPattern = regexp.MustCompile(`(?i)(href|src)="\s*javascript:[^"]*"`)

// tag writes a tag; a closing one without its opening goes.
func (c *cleaner) tag(tag string) {
	name := tagName(tag)
	switch {
	case tag == "" || strings.HasPrefix(tag, "<!"):
	case strings.HasPrefix(tag, "</"):
		if at := lastIndex(c.open, name); at >= 0 {
			for i := len(c.open) - 1; i > at; i-- {
				c.out.WriteString("</" + c.open[i] + ">")
			}
			c.open = c.open[:at]
			break
		}
		return
	default:
		tag = scriptPattern.ReplaceAllString(handlerPattern.ReplaceAllString(tag, ""), `$1=""`)
		if tag == "<blockquote>" { // Odoo looks for the quotes of mails (seen on 16 to 19)
			tag = `<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1">`
		}
		if !void[name] {
			c.open = append(c.open, name)
		}
	}
	c.out.WriteString(tag)
}

// lastIndex is the place of the innermost open element of that name, -1 if there is none.
func lastIndex(open []string, name string) int {
	for i, o := range slices.Backward(open) {
		if o == name {
			return i
		}
	}
	return -1
}

// tagName gives the name of the tag that text begins with.
func tagName(text string) string {
	name := strings.TrimLeft(text, "</")
	if end := strings.IndexAny(name, " \t\n/>"); end >= 0 {
		name = name[:end]
	}
	return strings.ToLower(name)
}

// tagStart gives the place of the first tag or comment, -1 when there is none.
func tagStart(text string) int {
	for at := strings.IndexByte(text, '<'); at >= 0 && at+1 < len(text); {
		c := text[at+1]
		if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '/' || c == '!') && strings.IndexByte(text[at:], '>') > 0 {
			return at
		}
		next := strings.IndexByte(text[at+1:], '<')
		if next < 0 {
			return -1
		}
		at += 1 + next
	}
	return -1
}

// cutTag takes the tag that text begins with, and with a script its content.
func cutTag(text string) (tag, rest string) {
	end := strings.IndexByte(text, '>') + 1
	if strings.HasPrefix(text, "<!--") {
		if at := strings.Index(text, "-->"); at >= 0 {
			end = at + len("-->")
		}
		return text[:end], text[end:]
	}
	tag, rest = text[:end], text[end:]
	for _, name := range []string{"script", "style"} {
		if !strings.HasPrefix(strings.ToLower(tag), "<"+name) {
			continue
		}
		if at := strings.Index(strings.ToLower(rest), "</"+name+">"); at >= 0 {
			return "", rest[at+len(name)+3:]
		}
		return "", ""
	}
	if strings.HasSuffix(tag, "/>") {
		tag = strings.TrimRight(strings.TrimSuffix(tag, "/>"), " ") + ">"
	}
	return tag, rest
}

// cleanText writes text between tags with the entities that Odoo uses.
func cleanText(text string) string {
	plain := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "&nbsp;", "\u00a0", "&amp;", "&").Replace(text)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;").Replace(plain)
}

// fits reports whether text can stand in the database: PostgreSQL takes no NUL
// and no broken UTF-8.
func fits(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }
