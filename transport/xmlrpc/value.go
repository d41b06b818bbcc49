package xmlrpc

import (
	"bytes"
	"strconv"

	"github.com/odoo-connector/connector/transport/stream"
)

// valueType is what a <value> holds.
type valueType uint8

const (
	noType valueType = iota
	stringType
	intType
	booleanType
	doubleType
	nilType
	arrayType
	structType
)

// typeOf is the type that an element in a <value> stands for.
func typeOf(name []byte) valueType {
	switch string(name) {
	case "string", "base64", "dateTime.iso8601":
		return stringType
	case "int", "i1", "i2", "i4", "i8":
		return intType
	case "boolean":
		return booleanType
	case "double":
		return doubleType
	case "nil", "ex:nil":
		return nilType
	case "array":
		return arrayType
	case "struct":
		return structType
	default:
		return noType
	}
}

// value reads a <value> up to its end, or up to what a list or a struct holds.
// The layouts of Odoo and of Python are taken at a glance; what is written in
// another way, or stands at the buffer's end, goes tag by tag.
func (d *Decoder) value() (stream.Token, error) {
	b := d.buf[d.pos:]
	if len(b) < lookahead/2 || string(b[:8]) != "<value><" {
		return d.anyValue()
	}
	from := d.pos
	d.pos += 8
	switch {
	case string(b[8:15]) == "string>":
		d.pos += 7
		return d.quickText()
	case string(b[8:12]) == "int>":
		d.pos += 4
		if n, ok := d.quickInt(); ok {
			return stream.Token{Kind: stream.Int, Int: n}, nil
		}
	case string(b[8:16]) == "boolean>":
		value := b[16] == '1'
		if (value || b[16] == '0') && string(b[17:35]) == "</boolean></value>" {
			d.pos = from + 35
			d.after()
			return stream.Token{Kind: stream.Bool, Bool: value}, nil
		}
	case string(b[8:20]) == "array><data>":
		d.pos += 12
		d.newline()
		return d.enter(list, inList)
	case string(b[8:15]) == "struct>":
		d.pos += 7
		d.newline()
		return d.enter(members, inStruct)
	case string(b[8:15]) == "double>":
		d.pos += 7
		return d.number("double", doubleType)
	}
	d.pos = from
	return d.anyValue()
}

// quickText reads a <string>'s text and what closes it.
func (d *Decoder) quickText() (stream.Token, error) {
	if err := d.text(); err != nil {
		return stream.Token{}, err
	}
	if d.eat("</string></value>") {
		d.after()
		return stream.Token{Kind: stream.Text, Text: d.held()}, nil
	}
	return d.closedText("string")
}

// closedText reads the end tags behind the text in hand.
func (d *Decoder) closedText(name string) (stream.Token, error) {
	if err := d.closed(name); err != nil {
		return stream.Token{}, err
	}
	if err := d.valueEnd(); err != nil {
		return stream.Token{}, err
	}
	return stream.Token{Kind: stream.Text, Text: d.held()}, nil
}

// quickInt reads a whole number of up to 18 digits and what closes it. Where it
// is not ok, the place is as before.
func (d *Decoder) quickInt() (n int64, ok bool) {
	b := d.buf[d.pos:]
	i, negative := 0, b[0] == '-'
	if negative {
		i = 1
	}
	first := i
	for i < 19 && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int64(b[i]-'0')
		i++
	}
	if i == first || i == 19 || string(b[i:i+14]) != "</int></value>" {
		return 0, false
	}
	d.pos += i + 14
	d.after()
	if negative {
		n = -n
	}
	return n, true
}

// anyValue reads a <value> tag by tag.
func (d *Decoder) anyValue() (stream.Token, error) {
	parent := d.parent()
	t, err := d.tag(parent)
	switch {
	case err != nil:
		return stream.Token{}, err
	case t.end && parent == "member" && string(t.name) == "member":
		return stream.Token{}, d.bad(d.pos, "a <member> has no value")
	case t.end:
		return stream.Token{}, d.unmatched(t, parent)
	}
	return d.opening(t, parent)
}

// parent names what the next value stands in.
func (d *Decoder) parent() string {
	switch {
	case d.depth > 0 && d.inside[d.depth-1] == list:
		return "data"
	case d.depth > 0:
		return "member"
	case d.faulty:
		return "fault"
	default:
		return "param"
	}
}

// opening reads the value that t opens inside <parent>.
func (d *Decoder) opening(t tag, parent string) (stream.Token, error) {
	switch {
	case string(t.name) != "value":
		return stream.Token{}, d.misplaced(t, parent)
	case t.empty:
		d.after()
		return stream.Token{Kind: stream.Text}, nil
	}
	if err := d.text(); err != nil {
		return stream.Token{}, err
	}
	t, err := d.tagHere()
	switch {
	case err != nil:
		return stream.Token{}, err
	case t.end && string(t.name) == "value": // an untyped value is a text
		d.after()
		return stream.Token{Kind: stream.Text, Text: d.held()}, nil
	case t.end:
		return stream.Token{}, d.unmatched(t, "value")
	case len(bytes.TrimSpace(d.held())) > 0:
		return stream.Token{}, d.mixed(t)
	}
	return d.typed(t)
}

// mixed is a tag behind an untyped text.
func (d *Decoder) mixed(t tag) error {
	if typeOf(t.name) == noType {
		return d.misplaced(t, "value")
	}
	return d.bad(d.pos, "<value> holds bare text beside a typed value")
}

// typed reads the value in the element that t opens.
func (d *Decoder) typed(t tag) (stream.Token, error) {
	name := string(t.name)
	switch kind := typeOf(t.name); kind {
	case stringType:
		return d.string(name, t.empty)
	case intType, booleanType, doubleType:
		if t.empty {
			return stream.Token{}, d.isEmpty(name)
		}
		return d.number(name, kind)
	case nilType:
		return d.null(name, t.empty)
	case arrayType:
		return d.array(t.empty)
	case structType:
		return d.enter(members, opened(t.empty, inStruct))
	default:
		return stream.Token{}, d.misplaced(t, "value")
	}
}

// opened is the state behind a start tag.
func opened(empty bool, next state) state {
	if empty {
		return emptyEnd
	}
	return next
}

// string reads an element whose text is the value.
func (d *Decoder) string(name string, empty bool) (stream.Token, error) {
	if empty {
		return stream.Token{Kind: stream.Text}, d.valueEnd()
	}
	if err := d.text(); err != nil {
		return stream.Token{}, err
	}
	return d.closedText(name)
}

// null reads the rest of <nil/> or <nil></nil>.
func (d *Decoder) null(name string, empty bool) (stream.Token, error) {
	if !empty {
		if err := d.closed(name); err != nil {
			return stream.Token{}, err
		}
	}
	return stream.Token{}, d.valueEnd()
}

// array reads the <data> in an <array>.
func (d *Decoder) array(empty bool) (stream.Token, error) {
	if empty {
		return stream.Token{}, d.isEmpty("array")
	}
	t, err := d.tag("array")
	switch {
	case err != nil:
		return stream.Token{}, err
	case t.end:
		return stream.Token{}, d.unmatched(t, "array")
	case string(t.name) != "data":
		return stream.Token{}, d.misplaced(t, "array")
	}
	return d.enter(list, opened(t.empty, inList))
}

// number reads a number or a truth value behind <name>, and what closes it.
func (d *Decoder) number(name string, kind valueType) (stream.Token, error) {
	at := d.offset(d.pos)
	if err := d.text(); err != nil {
		return stream.Token{}, err
	}
	token, reason := parsed(kind, bytes.TrimSpace(d.held()))
	switch {
	case reason == empty:
		return stream.Token{}, d.isEmpty(name)
	case reason != "":
		return stream.Token{}, d.badf(d.pos, "the <%s> at byte %d cannot be read: %s", name, at, reason)
	}
	if kind == doubleType && d.eat("</double></value>") {
		d.after()
		return token, nil
	}
	if err := d.closed(name); err != nil {
		return stream.Token{}, err
	}
	return token, d.valueEnd()
}

// empty is the reason where there is no number at all.
const empty = "it is empty"

// parsed gives the token of a number's text, or the reason why there is none.
func parsed(kind valueType, text []byte) (token stream.Token, reason string) {
	if len(text) == 0 {
		return token, empty
	}
	var err error
	switch kind {
	case intType:
		token.Kind = stream.Int
		token.Int, err = strconv.ParseInt(string(text), 10, 64)
	case booleanType:
		token.Kind = stream.Bool
		token.Bool, err = strconv.ParseBool(string(text))
	default:
		token.Kind = stream.Float
		token.Float, err = strconv.ParseFloat(string(text), 64)
	}
	if err != nil {
		return token, why(err)
	}
	return token, ""
}
