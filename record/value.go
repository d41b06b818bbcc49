// Package record holds what flows between the framework's bricks: a Record, which is a set of
// named Values of a small closed set, their canonical form, and their differences field by field.
//
// Odoo's external API uses False for four things (no text, no link, no date, no). A Value says
// which one it is, so no brick has to guess.
package record

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind tells what a Value holds. The set is closed: every brick handles all of them.
type Kind uint8

// The kinds of Value.
const (
	KindNull     Kind = iota // nothing: an empty field of any type but boolean
	KindBool                 // true or false
	KindInt                  // a whole number of 64 bits
	KindDecimal              // an exact decimal number
	KindText                 // plain text
	KindHTML                 // HTML, as Odoo's html fields hold it
	KindMarkdown             // Markdown, as Trello's descriptions hold it
	KindDate                 // a day without a time
	KindInstant              // a moment, in UTC, to the microsecond
	KindRef                  // a link to one record
	KindRefSet               // links to any number of records, without order
	KindBytes                // raw bytes
)

var kindNames = [...]string{
	"null", "bool", "int", "decimal", "text", "html", "markdown", "date", "instant", "ref", "refs", "bytes",
}

// String is the kind's name, as the canonical form writes it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Reference names one record of one model: an Odoo model with a database id written in decimal,
// or an external type with the external id.
type Reference struct {
	Model string
	ID    string
}

// String is "model,id", as Odoo writes a reference field.
func (r Reference) String() string { return r.Model + "," + r.ID }

func compareReferences(a, b Reference) int {
	if c := strings.Compare(a.Model, b.Model); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Value is one immutable value of the closed set. The zero Value is null.
type Value struct {
	kind Kind
	num  int64        // KindBool, KindInt; KindInstant in microseconds since 1970
	text string       // KindDecimal, KindText, KindHTML, KindMarkdown, KindDate, KindBytes
	refs *[]Reference // behind a pointer, since most values have none and there are very many
}

// links are the references, nil for none.
func (v Value) links() []Reference {
	if v.refs == nil {
		return nil
	}
	return *v.refs
}

func linksTo(kind Kind, refs []Reference) Value {
	if len(refs) == 0 {
		return Value{kind: kind}
	}
	return Value{kind: kind, refs: &refs}
}

// Null is the empty value.
func Null() Value { return Value{} }

// Bool is a yes or a no.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}

// Int is a whole number.
func Int(i int64) Value { return Value{kind: KindInt, num: i} }

// Decimal is an exact decimal number given in plain notation ("-12.50"). Trailing zeros of the
// fraction don't count: 12.50 equals 12.5. A text that is no such number is an error.
func Decimal(s string) (Value, error) {
	n, err := normalDecimal(s)
	if err != nil {
		return Value{}, err
	}
	return Value{kind: KindDecimal, text: n}, nil
}

// Float is the shortest decimal that reads back as f. Odoo rounds floats to the field's digits
// before it sends them, so nothing is lost. Infinities and NaN become null.
func Float(f float64) Value {
	v, err := Decimal(strconv.FormatFloat(f, 'f', -1, 64))
	if err != nil {
		return Value{}
	}
	return v
}

func normalDecimal(s string) (string, error) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || !isDecimal(digits) {
		return "", fmt.Errorf("%q is not a decimal number", s)
	}
	whole, frac, _ := strings.Cut(digits, ".")
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		whole += "." + frac
	}
	if s[0] == '-' && whole != "0" {
		whole = "-" + whole
	}
	return whole, nil
}

func isDecimal(s string) bool {
	digits, dots := 0, 0
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			dots++
		default:
			return false
		}
	}
	return digits > 0 && dots <= 1
}

// Text is plain text.
func Text(s string) Value { return Value{kind: KindText, text: s} }

// HTML is a piece of HTML.
func HTML(s string) Value { return Value{kind: KindHTML, text: s} }

// Markdown is a piece of Markdown.
func Markdown(s string) Value { return Value{kind: KindMarkdown, text: s} }

// Date is the day of t in t's own location.
func Date(t time.Time) Value { return Value{kind: KindDate, text: t.Format(time.DateOnly)} }

// Instant is a moment; what is finer than a microsecond is cut off.
func Instant(t time.Time) Value { return Value{kind: KindInstant, num: t.UnixMicro()} }

// Ref is a link to one record.
func Ref(model, id string) Value {
	return linksTo(KindRef, []Reference{{Model: model, ID: id}})
}

// RefSet is a set of links; order and repetitions don't count.
func RefSet(refs ...Reference) Value {
	set := slices.Clone(refs)
	slices.SortFunc(set, compareReferences)
	return linksTo(KindRefSet, slices.Compact(set))
}

// Bytes is raw data.
func Bytes(b []byte) Value { return Value{kind: KindBytes, text: string(b)} }

// Kind tells what the value holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is empty.
func (v Value) IsNull() bool { return v.kind == KindNull }

// AsBool is the value of a KindBool, and false for every other kind.
func (v Value) AsBool() bool { return v.kind == KindBool && v.num != 0 }

// AsInt is the value of a KindInt, and 0 for every other kind.
func (v Value) AsInt() int64 {
	if v.kind != KindInt {
		return 0
	}
	return v.num
}

// AsText is the text of a text, HTML, Markdown, decimal or date ("2006-01-02"), and "" for
// every other kind.
func (v Value) AsText() string {
	switch v.kind {
	case KindText, KindHTML, KindMarkdown, KindDecimal, KindDate:
		return v.text
	default:
		return ""
	}
}

// AsRat is the exact number of a KindDecimal or KindInt, and nil for every other kind.
func (v Value) AsRat() *big.Rat {
	switch v.kind {
	case KindDecimal:
		r, _ := new(big.Rat).SetString(v.text)
		return r
	case KindInt:
		return new(big.Rat).SetInt64(v.num)
	default:
		return nil
	}
}

// AsTime is the moment of a KindInstant, or midnight UTC of a KindDate, and the zero time for
// every other kind.
func (v Value) AsTime() time.Time {
	switch v.kind {
	case KindInstant:
		return time.UnixMicro(v.num).UTC()
	case KindDate:
		t, _ := time.Parse(time.DateOnly, v.text)
		return t
	default:
		return time.Time{}
	}
}

// AsRef is the reference of a KindRef; ok is false for every other kind.
func (v Value) AsRef() (ref Reference, ok bool) {
	if v.kind != KindRef {
		return Reference{}, false
	}
	return (*v.refs)[0], true
}

// AsRefs are the references of a KindRefSet in a fixed order, or the one of a KindRef.
func (v Value) AsRefs() []Reference { return slices.Clone(v.links()) }

// AsBytes is the data of a KindBytes, and nil for every other kind.
func (v Value) AsBytes() []byte {
	if v.kind != KindBytes {
		return nil
	}
	return []byte(v.text)
}

// Equal reports whether both values are of the same kind and hold the same.
func (v Value) Equal(w Value) bool {
	return v.kind == w.kind && v.num == w.num && v.text == w.text && slices.Equal(v.links(), w.links())
}

// String is a short form for people: what a plan or a log line shows.
func (v Value) String() string {
	switch v.kind {
	case KindNull:
		return "(empty)"
	case KindBool:
		return strconv.FormatBool(v.num != 0)
	case KindInt:
		return strconv.FormatInt(v.num, 10)
	case KindText, KindHTML, KindMarkdown:
		return strconv.Quote(v.text)
	case KindInstant:
		return v.AsTime().Format(time.RFC3339Nano)
	case KindRef, KindRefSet:
		return "[" + joinReferences(v.links()) + "]"
	case KindBytes:
		return strconv.Itoa(len(v.text)) + " bytes"
	default:
		return v.text
	}
}

func joinReferences(refs []Reference) string {
	var b bytes.Buffer
	for i, r := range refs {
		if i > 0 {
			b.WriteString(" ")
		}
		b.WriteString(r.String())
	}
	return b.String()
}
