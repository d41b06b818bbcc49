package json2

import (
	"bytes"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/odoo-connector/connector/transport/stream"
)

// Decoder reads an answer's bare JSON value token by token, in a buffer that
// slides over it: its memory does not grow with the answer, only with the longest
// single text in it. It is a [stream.Reader].
//
// A number without fraction and exponent is an Int, any other a Float. Texts come
// as they were stored, control characters and \r\n too (seen on Odoo 19).
type Decoder struct {
	src    *source
	json   *jsontext.Decoder
	text   []byte // an unescaped text
	depth  int
	inside [stream.MaxDepth]bool // for each open list or struct: it is a struct
	named  bool                  // a member's name was read, its value follows
	whole  bool                  // the value is whole
	failed error                 // what every further call gives
}

// source remembers why a reader ended.
type source struct {
	io.Reader
	size int64
	err  error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.size += int64(n)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err //nolint:wrapcheck // a reader in a reader: io.EOF must stay itself.
}

// NewDecoder gives a Decoder that reads the answer from r. It reads ahead, to the
// end of r if that is reached; closing r is the caller's.
//
// The errors of its Next are io.EOF behind the answer's end, a [*ProtocolError]
// where the bytes are no answer (cut off, an HTML page, NaN, an integer beyond 64
// bits, something behind the value), one that wraps a [*stream.DepthError], and
// r's own errors, wrapped: an answer that breaks off with the connection.
func NewDecoder(r io.Reader) *Decoder {
	src := &source{Reader: r}
	return &Decoder{src: src, json: jsontext.NewDecoder(src)}
}

// Next gives the next token; see [NewDecoder] for its errors.
func (d *Decoder) Next() (stream.Token, error) {
	if d.failed != nil {
		return stream.Token{}, d.failed
	}
	token, err := d.next()
	if err != nil {
		d.failed = err
		return stream.Token{}, err
	}
	return token, nil
}

// next reads one token.
func (d *Decoder) next() (stream.Token, error) {
	kind := d.json.PeekKind()
	if d.whole {
		return stream.Token{}, d.finish(kind)
	}
	switch kind {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		return d.enter(kind == jsontext.KindBeginObject)
	case jsontext.KindEndObject, jsontext.KindEndArray:
		return d.leave(kind == jsontext.KindEndObject)
	default:
		return d.scalar(kind)
	}
}

// finish reads what follows the value. It gives io.EOF at the answer's end.
func (d *Decoder) finish(kind jsontext.Kind) error {
	if kind == jsontext.KindInvalid {
		_, err := d.json.ReadToken()
		if err == io.EOF { //nolint:errorlint // jsontext gives it bare at the end.
			return io.EOF
		}
		if broken := d.src.broken(); broken != nil {
			return broken
		}
	}
	return d.bad("something follows the answer's end", nil)
}

// enter opens a list or a struct.
func (d *Decoder) enter(isStruct bool) (stream.Token, error) {
	if d.depth == len(d.inside) {
		depth := &stream.DepthError{}
		return stream.Token{}, d.bad(depth.Error(), depth)
	}
	if _, err := d.json.ReadToken(); err != nil {
		return stream.Token{}, d.malformed(err)
	}
	d.inside[d.depth] = isStruct
	d.depth++
	d.named = false
	if isStruct {
		return stream.Token{Kind: stream.StructStart}, nil
	}
	return stream.Token{Kind: stream.ListStart}, nil
}

// leave closes the innermost list or struct.
func (d *Decoder) leave(isStruct bool) (stream.Token, error) {
	if _, err := d.json.ReadToken(); err != nil {
		return stream.Token{}, d.malformed(err)
	}
	d.depth--
	d.after()
	if isStruct {
		return stream.Token{Kind: stream.StructEnd}, nil
	}
	return stream.Token{Kind: stream.ListEnd}, nil
}

// after is what follows a value.
func (d *Decoder) after() {
	d.named = false
	d.whole = d.depth == 0
}

// scalar reads what holds no other values.
func (d *Decoder) scalar(kind jsontext.Kind) (stream.Token, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return stream.Token{}, d.malformed(err)
	}
	token, err := d.token(kind, raw)
	if err != nil {
		return stream.Token{}, err
	}
	if kind == jsontext.KindString && d.depth > 0 && d.inside[d.depth-1] && !d.named {
		token.Kind, d.named = stream.Name, true
		return token, nil
	}
	d.after()
	return token, nil
}

// token gives the token of a scalar's JSON.
func (d *Decoder) token(kind jsontext.Kind, raw []byte) (stream.Token, error) {
	switch kind {
	case jsontext.KindTrue, jsontext.KindFalse:
		return stream.Token{Kind: stream.Bool, Bool: kind == jsontext.KindTrue}, nil
	case jsontext.KindString:
		text, err := d.unquoted(raw)
		return stream.Token{Kind: stream.Text, Text: text}, err
	case jsontext.KindNumber:
		return d.number(raw)
	default:
		return stream.Token{Kind: stream.Null}, nil
	}
}

// unquoted gives the text of a JSON string.
func (d *Decoder) unquoted(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	var err error
	if d.text, err = jsontext.AppendUnquote(d.text[:0], raw); err != nil {
		return nil, d.malformed(err)
	}
	return d.text, nil
}

// number gives the token of a number.
func (d *Decoder) number(raw []byte) (stream.Token, error) {
	if bytes.ContainsAny(raw, ".eE") {
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return stream.Token{}, d.tooLarge(raw, "a number")
		}
		return stream.Token{Kind: stream.Float, Float: f}, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return stream.Token{}, d.tooLarge(raw, "an integer")
	}
	return stream.Token{Kind: stream.Int, Int: n}, nil
}
