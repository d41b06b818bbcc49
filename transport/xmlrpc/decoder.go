package xmlrpc

import (
	"io"

	"github.com/odoo-connector/connector/transport/stream"
)

// Decoder reads a <methodResponse> token by token, in one buffer that slides over
// the answer: its memory does not grow with the answer, only with the longest
// single text in it. It is a [stream.Reader].
//
// It takes what Odoo and Python's xmlrpc send, and what the protocol allows
// besides: untyped values (a Text), <nil/> (Null), i1 to i8, spaces between tags,
// UTF-8, ISO-8859-1 and us-ascii. A <base64> and a <dateTime.iso8601> are Text as
// they stand, since Odoo sends both as <string>. A <double> may be NaN or
// infinite. It takes no comment, CDATA or document type: Odoo sends none, and a
// text is never cut at one.
type Decoder struct {
	input
	state  state
	depth  int
	inside [stream.MaxDepth]container // what is open, outermost first
	ascii  bool                       // the answer calls itself us-ascii
	faulty bool                       // the answer is a <fault>
	failed error                      // what every further call gives
}

// container is a list or a struct.
type container uint8

const (
	list container = iota
	members
)

// state is what comes next.
type state uint8

const (
	atStart  state = iota // the answer's beginning
	atValue               // <value>
	inList                // <value> or </data>
	inStruct              // <member> or </struct>
	atName                // </member>, then as inStruct
	emptyEnd              // nothing: the end of <data/> or <struct/>
	atEnd                 // what closes the answer
)

// NewDecoder gives a Decoder that reads the answer from r. It reads ahead, to the
// end of r if that is reached; closing r is the caller's.
//
// The errors of its Next are io.EOF behind the answer's end, a [*Fault] (at the
// first call), a [*ProtocolError] where the bytes are no XML-RPC answer (with the
// offset), one that wraps a [*stream.DepthError], and r's own errors, wrapped: an
// answer that breaks off with the connection.
func NewDecoder(r io.Reader) *Decoder {
	return &Decoder{input: input{src: r, mark: -1}}
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
	d.mark = -1
	if len(d.buf)-d.pos < lookahead && d.err == nil {
		// Any error is found again where the bytes are missed.
		_ = d.fill()
	}
	switch d.state {
	case inStruct:
		return d.member()
	case inList:
		return d.item()
	case atValue:
		return d.value()
	case atName:
		if err := d.closed("member"); err != nil {
			return stream.Token{}, err
		}
		return d.member()
	case atStart:
		return d.start()
	case emptyEnd:
		return d.leave()
	default:
		return stream.Token{}, d.finish()
	}
}

// start reads up to the value. A fault is read whole.
func (d *Decoder) start() (stream.Token, error) {
	if err := d.prolog(); err != nil {
		return stream.Token{}, err
	}
	t, err := d.tag("methodResponse")
	switch {
	case err != nil:
		return stream.Token{}, err
	case t.end:
		return stream.Token{}, d.unmatched(t, "methodResponse")
	case t.empty && known(t.name):
		return stream.Token{}, d.isEmpty(string(t.name))
	case string(t.name) == "fault":
		d.faulty, d.state = true, atValue
		return stream.Token{}, d.fault()
	case string(t.name) != "params":
		return stream.Token{}, d.misplaced(t, "methodResponse")
	}
	if err := d.opened("param", "params"); err != nil {
		return stream.Token{}, err
	}
	return d.value()
}

// finish reads what follows the value. It gives io.EOF at the answer's end.
func (d *Decoder) finish() error {
	outer := []string{"param", "params", "methodResponse"}
	if d.faulty {
		outer = []string{"fault", "methodResponse"}
	}
	for _, name := range outer {
		if err := d.closed(name); err != nil {
			return err
		}
	}
	if err := d.skipSpace(); err != nil {
		return err
	}
	return d.bad(d.pos, "something follows the answer's end")
}

// enter opens a list or a struct.
func (d *Decoder) enter(c container, next state) (stream.Token, error) {
	if d.depth == len(d.inside) {
		depth := &stream.DepthError{}
		return stream.Token{}, &ProtocolError{Reason: depth.Error(), Offset: d.offset(d.pos), Size: int(d.offset(len(d.buf))), Err: depth}
	}
	d.inside[d.depth] = c
	d.depth++
	d.state = next
	if c == list {
		return stream.Token{Kind: stream.ListStart}, nil
	}
	return stream.Token{Kind: stream.StructStart}, nil
}

// leave closes the innermost list or struct, behind its </data> or </struct>.
func (d *Decoder) leave() (stream.Token, error) {
	d.depth--
	token, closing := stream.Token{Kind: stream.StructEnd}, "</value>"
	if d.inside[d.depth] == list {
		token.Kind, closing = stream.ListEnd, "</array></value>"
	}
	if d.eat(closing) {
		d.after()
		return token, nil
	}
	if token.Kind == stream.ListEnd {
		if err := d.closed("array"); err != nil {
			return token, err
		}
	}
	return token, d.valueEnd()
}

// valueEnd reads </value>.
func (d *Decoder) valueEnd() error {
	if err := d.closed("value"); err != nil {
		return err
	}
	d.after()
	return nil
}

// after is what follows </value>, by what is open.
func (d *Decoder) after() {
	if d.depth == 0 {
		d.state = atEnd
		return
	}
	d.newline()
	if d.inside[d.depth-1] == list {
		d.state = inList
		return
	}
	d.state = atName
	if d.eat("</member>") {
		d.state = inStruct
		d.newline()
	}
}

// eat goes over text if it comes next and is in the buffer as a whole.
func (d *Decoder) eat(text string) bool {
	b := d.buf[d.pos:]
	if len(b) < len(text) || string(b[:len(text)]) != text {
		return false
	}
	d.pos += len(text)
	return true
}

// newline goes over a line's end, as Python writes them between tags.
func (d *Decoder) newline() {
	if d.pos < len(d.buf) && d.buf[d.pos] == '\n' {
		d.pos++
	}
}

// member reads <member><name>…</name> or the struct's end.
func (d *Decoder) member() (stream.Token, error) {
	switch {
	case d.eat("<member>\n<name>"), d.eat("<member><name>"):
	case d.eat("</struct>"):
		return d.leave()
	default:
		t, err := d.tag("struct")
		switch {
		case err != nil:
			return stream.Token{}, err
		case t.end && string(t.name) == "struct":
			return d.leave()
		}
		if empty, err := d.memberName(t); empty || err != nil {
			return stream.Token{Kind: stream.Name}, err
		}
	}
	if err := d.text(); err != nil {
		return stream.Token{}, err
	}
	if !d.eat("</name>\n") && !d.eat("</name>") {
		if err := d.closed("name"); err != nil {
			return stream.Token{}, err
		}
	}
	d.state = atValue
	return stream.Token{Kind: stream.Name, Text: d.held()}, nil
}

// memberName reads the <name> of the member that t opens; empty is <name/>.
func (d *Decoder) memberName(t tag) (empty bool, err error) {
	switch {
	case t.end:
		return false, d.unmatched(t, "struct")
	case string(t.name) != "member":
		return false, d.misplaced(t, "struct")
	case t.empty:
		return false, d.isEmpty("member")
	}
	if t, err = d.tag("member"); err != nil {
		return false, err
	}
	switch {
	case t.end && string(t.name) == "member":
		return false, d.isEmpty("member")
	case !t.end && string(t.name) == "value":
		return false, d.bad(d.pos, "a <member> has no name")
	case t.end:
		return false, d.unmatched(t, "member")
	case string(t.name) != "name":
		return false, d.misplaced(t, "member")
	case t.empty:
		d.state = atValue
	}
	return t.empty, nil
}

// item reads a list's next value or its end.
func (d *Decoder) item() (stream.Token, error) {
	if d.eat("</data>") {
		return d.leave()
	}
	if len(d.buf) > d.pos+7 && string(d.buf[d.pos:d.pos+7]) == "<value>" {
		return d.value()
	}
	t, err := d.tag("data")
	switch {
	case err != nil:
		return stream.Token{}, err
	case t.end && string(t.name) == "data":
		return d.leave()
	case t.end:
		return stream.Token{}, d.unmatched(t, "data")
	}
	return d.opening(t, "data")
}
