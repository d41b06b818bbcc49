// Package stream gives an answer's one value token by token, whatever protocol
// carried it, so that ten thousand rows need no more memory than one.
//
// transport/xmlrpc and transport/json2 have a decoder each that is a [Reader].
// Rows are best taken from the tokens; [Value], [ValueOf] and [Skip] are for
// what is small or unknown.
package stream

import (
	"fmt"
	"io"
)

// MaxDepth is how deep lists and structs may be nested: 100. Odoo's answers stay
// below 10.
const MaxDepth = 100

// Kind says what a [Token] is.
type Kind uint8

// The kinds of tokens. A list is ListStart, its values, ListEnd. A struct is
// StructStart, for each member Name and a value, StructEnd; its names come in
// the order of the wire, and a name may come twice where the server's bug has it
// so (the last one counts).
const (
	// Null is JSON's null or XML-RPC's <nil/>; the zero Token is one.
	Null Kind = iota
	// Bool is a truth value, in Token.Bool. Odoo's empty fields are false.
	Bool
	// Int is a whole number, in Token.Int.
	Int
	// Float is a number with a fraction or an exponent, in Token.Float. Over
	// XML-RPC it may be NaN or infinite, as Python sends them.
	Float
	// Text is a text, in Token.Text: valid UTF-8, nothing escaped.
	Text
	// ListStart opens a list.
	ListStart
	// ListEnd closes it.
	ListEnd
	// StructStart opens a struct (a dict of Python, an object of JSON).
	StructStart
	// Name is a member's name, in Token.Text; the member's value follows.
	Name
	// StructEnd closes it.
	StructEnd
)

// String gives the kind's name for messages.
func (k Kind) String() string {
	names := [...]string{"null", "bool", "int", "float", "text", "list", "end of list", "struct", "name", "end of struct"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Token is one step of a value. Only the field of its kind is set.
type Token struct {
	// Kind says which field holds.
	Kind Kind
	// Bool is the value of a Bool.
	Bool bool
	// Int is the value of an Int, of 64 bits.
	Int int64
	// Float is the value of a Float.
	Float float64
	// Text is a Text or a Name. It belongs to the Reader and is valid until the
	// next call of Next: copy what is kept.
	Text []byte
}

// Reader gives the tokens of one value in order.
type Reader interface {
	// Next gives the next token. The error is io.EOF once the value is whole and
	// nothing but space follows it; an answer cut off in the middle is another
	// error. After an error every call gives the same error. The tokens before an
	// error are no whole answer: act on them only when the rest has come.
	Next() (Token, error)
}

// DepthError says that values are nested deeper than [MaxDepth].
type DepthError struct{}

// Error names the limit.
func (*DepthError) Error() string {
	return fmt.Sprintf("its values are nested more than %d deep; no answer of Odoo is", MaxDepth)
}

// OrderError says that a token stands where it may not, as a value asked for at
// the end of a list: a mistake of the code that reads, or of a Reader.
type OrderError struct {
	// Kind is what came.
	Kind Kind
}

// Error names the token's kind.
func (e *OrderError) Error() string {
	return fmt.Sprintf("the token %q stands where a value was expected; read the list's or the struct's end where it is looked for", e.Kind)
}

// Value reads the next whole value: nil, bool, int64, float64, string, []any or
// map[string]any. It does not look at what follows; [Whole] does. The errors are
// the Reader's, a [*DepthError] and an [*OrderError]; io.EOF where no value is left.
func Value(r Reader) (any, error) {
	first, err := r.Next()
	if err != nil {
		return nil, err
	}
	return ValueOf(r, first)
}

// ValueOf reads the rest of the value whose first token was read already, and
// gives it as [Value] does.
func ValueOf(r Reader, first Token) (any, error) {
	b := builder{r: r}
	return b.value(first)
}

// Whole reads the one value of an answer to the end of the answer, as [Value]
// gives it. What follows the value is the Reader's error.
func Whole(r Reader) (any, error) {
	value, err := Value(r)
	if err != nil {
		return nil, err
	}
	if err := End(r); err != nil {
		return nil, err
	}
	return value, nil
}

// End reads what must be the answer's end. The error is the Reader's; nil at the end.
func End(r Reader) error {
	token, err := r.Next()
	if err == nil {
		return &OrderError{Kind: token.Kind}
	}
	if err == io.EOF { //nolint:errorlint // a Reader ends with it bare; an error that wraps it is another.
		return nil
	}
	return err
}

// Skip reads the next whole value and drops it.
func Skip(r Reader) error {
	first, err := r.Next()
	if err != nil {
		return err
	}
	return SkipOf(r, first)
}

// SkipOf drops the rest of the value whose first token was read already.
func SkipOf(r Reader, first Token) error {
	depth := 0
	for token := first; ; {
		switch token.Kind {
		case ListStart, StructStart:
			depth++
		case ListEnd, StructEnd:
			depth--
		case Name:
			if depth == 0 {
				return &OrderError{Kind: Name}
			}
		case Null, Bool, Int, Float, Text:
		}
		switch {
		case depth < 0:
			return &OrderError{Kind: token.Kind}
		case depth > MaxDepth:
			return &DepthError{}
		case depth == 0:
			return nil
		}
		var err error
		if token, err = r.Next(); err != nil {
			return noEOF(err)
		}
	}
}
