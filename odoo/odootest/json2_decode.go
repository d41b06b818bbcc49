package odootest

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonError is Python's JSONDecodeError: what was expected and where, counted in
// characters.
type jsonError struct {
	expected     string
	line, column int
	char         int
}

// Error words it as Python does.
func (e *jsonError) Error() string {
	return fmt.Sprintf("%s: line %d column %d (char %d)", e.expected, e.line, e.column, e.char)
}

// maxJSONDepth bounds nesting, as Python's recursion limit does.
const maxJSONDepth = 500

// jsonReader reads JSON as Python's json.loads does: integers are told from
// floats and may be of any size, NaN and Infinity are numbers, the last of equal
// keys counts, and surrogates may stand alone.
type jsonReader struct {
	text  []rune
	at    int
	depth int
	lone  bool // a surrogate stood alone: Python cannot encode that text
}

// decodeJSON reads a body; bytes that are no UTF-8 become U+FFFD
// (captures/odoo19/json2_not_utf8). Numbers are int64, *big.Int beyond 64 bits,
// or float64. lone tells of a lone surrogate, which stands as U+FFFD in the value.
func decodeJSON(body []byte) (value any, lone bool, err error) {
	r := &jsonReader{text: []rune(strings.ToValidUTF8(string(body), "\ufffd"))}
	r.space()
	if value, err = r.value(); err != nil {
		return nil, false, err
	}
	if r.space(); r.at < len(r.text) {
		return nil, false, r.fail("Extra data", r.at)
	}
	return value, r.lone, nil
}

// fail makes the error of a place.
func (r *jsonReader) fail(expected string, at int) error {
	e := &jsonError{expected: expected, line: 1, column: at + 1, char: at}
	for i, c := range r.text[:at] {
		if c == '\n' {
			e.line++
			e.column = at - i
		}
	}
	return e
}

// next gives the character at the cursor, 0 at the end.
func (r *jsonReader) next() rune {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// space passes over white space.
func (r *jsonReader) space() {
	for r.at < len(r.text) && strings.ContainsRune(" \t\n\r", r.text[r.at]) {
		r.at++
	}
}

// value reads any value.
func (r *jsonReader) value() (any, error) {
	if r.depth++; r.depth > maxJSONDepth {
		return nil, r.fail("maximum recursion depth exceeded while decoding a JSON value", r.at)
	}
	defer func() { r.depth-- }()
	switch c := r.next(); {
	case c == '"':
		r.at++
		return r.string()
	case c == '{':
		r.at++
		return r.object()
	case c == '[':
		r.at++
		return r.array()
	case c == '-' || (c >= '0' && c <= '9'):
		return r.number()
	default:
		return r.word()
	}
}

// words are the values that are no numbers, texts or collections.
var words = []struct {
	text  string
	value any
}{
	{"null", nil}, {"true", true}, {"false", false}, {"NaN", math.NaN()}, {"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)},
}

// word reads one of the words.
func (r *jsonReader) word() (any, error) {
	for _, w := range words {
		if r.at+len(w.text) <= len(r.text) && string(r.text[r.at:r.at+len(w.text)]) == w.text {
			r.at += len(w.text)
			return w.value, nil
		}
	}
	return nil, r.fail("Expecting value", r.at)
}

// digits passes over digits and tells how many.
func (r *jsonReader) digits() int {
	start := r.at
	for r.next() >= '0' && r.next() <= '9' {
		r.at++
	}
	return r.at - start
}

// number reads an integer or a float.
func (r *jsonReader) number() (any, error) {
	start := r.at
	if r.next() == '-' {
		r.at++
	}
	if r.next() == '0' {
		r.at++
	} else if r.digits() == 0 {
		r.at = start
		return r.word()
	}
	float := r.part('.', false)
	float = r.part('e', true) || float
	text := string(r.text[start:r.at])
	if float {
		number, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(number, 0) {
			return nil, r.fail("Expecting value", start)
		}
		return number, nil
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number, nil
	}
	number, _ := new(big.Int).SetString(text, 10)
	return number, nil
}

// part reads a fraction or an exponent, when there is a whole one.
func (r *jsonReader) part(mark rune, signed bool) bool {
	start := r.at
	if c := r.next(); c != mark && (mark != 'e' || c != 'E') {
		return false
	}
	r.at++
	if c := r.next(); signed && (c == '+' || c == '-') {
		r.at++
	}
	if r.digits() == 0 {
		r.at = start
		return false
	}
	return true
}

// array reads on after the bracket.
func (r *jsonReader) array() (any, error) {
	list := []any{}
	if r.space(); r.next() == ']' {
		r.at++
		return list, nil
	}
	for {
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
		r.space()
		switch r.next() {
		case ']':
			r.at++
			return list, nil
		case ',':
			r.at++
			r.space()
		default:
			return nil, r.fail("Expecting ',' delimiter", r.at)
		}
	}
}

// object reads on after the brace.
func (r *jsonReader) object() (any, error) {
	members := map[string]any{}
	if r.space(); r.next() == '}' {
		r.at++
		return members, nil
	}
	for {
		if r.next() != '"' {
			return nil, r.fail("Expecting property name enclosed in double quotes", r.at)
		}
		r.at++
		if err := r.member(members); err != nil {
			return nil, err
		}
		r.space()
		switch r.next() {
		case '}':
			r.at++
			return members, nil
		case ',':
			r.at++
			r.space()
		default:
			return nil, r.fail("Expecting ',' delimiter", r.at)
		}
	}
}

// member reads a key, after its first quote, and its value.
func (r *jsonReader) member(members map[string]any) error {
	key, err := r.string()
	if err != nil {
		return err
	}
	if r.space(); r.next() != ':' {
		return r.fail("Expecting ':' delimiter", r.at)
	}
	r.at++
	r.space()
	value, err := r.value()
	members[key] = value
	return err
}

// string reads on after the first quote.
func (r *jsonReader) string() (string, error) {
	start := r.at - 1
	var b strings.Builder
	for r.at < len(r.text) {
		c := r.text[r.at]
		r.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\':
			if err := r.escape(&b, start); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", r.fail("Invalid control character at", r.at-1)
		default:
			b.WriteRune(c)
		}
	}
	return "", r.fail("Unterminated string starting at", start)
}

// escapes are what stands for a backslash and one letter.
var escapes = map[rune]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads on after a backslash, in a string that started at start.
func (r *jsonReader) escape(b *strings.Builder, start int) error {
	if r.at >= len(r.text) {
		return r.fail("Unterminated string starting at", start)
	}
	c := r.next()
	r.at++
	if plain, ok := escapes[c]; ok {
		b.WriteRune(plain)
		return nil
	}
	if c != 'u' {
		return r.fail(`Invalid \escape`, r.at-2)
	}
	unit, ok := r.unit()
	if !ok {
		return r.fail(`Invalid \uXXXX escape`, r.at-1)
	}
	if utf16.IsSurrogate(unit) {
		unit = r.pair(unit)
	}
	b.WriteRune(unit)
	return nil
}

// unit reads four hexadecimal digits.
func (r *jsonReader) unit() (rune, bool) {
	if r.at+4 > len(r.text) {
		return 0, false
	}
	number, err := strconv.ParseUint(string(r.text[r.at:r.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += 4
	return rune(number), true
}

// pair reads the second half of a surrogate pair; a half alone is noted.
func (r *jsonReader) pair(first rune) rune {
	mark := r.at
	if r.next() == '\\' && r.at+1 < len(r.text) && r.text[r.at+1] == 'u' {
		r.at += 2
		if second, ok := r.unit(); ok {
			if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
				return c
			}
		}
	}
	r.at = mark
	r.lone = true
	return utf8.RuneError
}
