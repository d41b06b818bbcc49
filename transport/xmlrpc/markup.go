package xmlrpc

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// tag is one tag of the answer. Its name is valid until the next read.
type tag struct {
	name       []byte
	end, empty bool // </name>, <name/>
}

// Where an answer can be cut off, for people.
const (
	insideTag  = "a tag"
	insideText = "a text"
)

// more reads on where the answer must go on: its end is an answer cut off there.
func (d *Decoder) more(where string) error {
	err := d.fill()
	if err == io.EOF { //nolint:errorlint // fill gives it bare; an error that wraps it is another.
		return d.badf(len(d.buf), "it ends inside %s, so the answer was cut off", where)
	}
	return err
}

// bad is the error of an answer that goes wrong at buf[at].
func (d *Decoder) bad(at int, reason string) error {
	offset := d.offset(at)
	return &ProtocolError{Reason: reason, Offset: offset, Size: int(max(offset, d.offset(len(d.buf))))}
}

// badf is bad with a reason of many parts.
func (d *Decoder) badf(at int, format string, args ...any) error {
	return d.bad(at, fmt.Sprintf(format, args...))
}

// isSpace reports whether XML takes c for a space.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skipSpace goes to the next byte that is no space. The error is io.EOF at the
// answer's end.
func (d *Decoder) skipSpace() error {
	for {
		for d.pos < len(d.buf) {
			if !isSpace(d.buf[d.pos]) {
				return nil
			}
			d.pos++
		}
		if err := d.fill(); err != nil {
			return err
		}
	}
}

// next tag inside <parent>, spaces before it skipped.
func (d *Decoder) tag(parent string) (tag, error) {
	err := d.skipSpace()
	switch {
	case err == io.EOF: //nolint:errorlint // fill gives it bare.
		return tag{}, d.more("<" + parent + ">")
	case err != nil:
		return tag{}, err
	case d.buf[d.pos] != '<':
		return tag{}, d.badf(d.pos, "<%s> holds bare text", parent)
	}
	return d.tagHere()
}

// tagHere reads the tag whose < is the next byte.
func (d *Decoder) tagHere() (tag, error) {
	length := -1
	for {
		window := d.buf[d.pos:min(len(d.buf), d.pos+maxTag)]
		if length = bytes.IndexByte(window, '>'); length >= 0 {
			break
		}
		if len(window) == maxTag {
			return tag{}, d.badf(d.pos, "a tag in it is longer than %d bytes", maxTag)
		}
		if err := d.more(insideTag); err != nil {
			return tag{}, err
		}
	}
	name := bytes.TrimRight(d.buf[d.pos+1:d.pos+length], " \t\r\n")
	d.pos += length + 1
	if end, is := bytes.CutPrefix(name, []byte("/")); is {
		return tag{name: end, end: true}, nil
	}
	if start, is := bytes.CutSuffix(name, []byte("/")); is {
		return tag{name: bytes.TrimRight(start, " \t\r\n"), empty: true}, nil
	}
	return tag{name: name}, nil
}

// opened reads the start tag <name> inside <parent>.
func (d *Decoder) opened(name, parent string) error {
	t, err := d.tag(parent)
	switch {
	case err != nil:
		return err
	case t.end:
		return d.unmatched(t, parent)
	case string(t.name) != name:
		return d.misplaced(t, parent)
	case t.empty:
		return d.isEmpty(name)
	}
	return nil
}

// closed reads the end tag </name>.
func (d *Decoder) closed(name string) error {
	t, err := d.tag(name)
	if err != nil {
		return err
	}
	return d.ends(t, name)
}

// ends checks that t is </name>.
func (d *Decoder) ends(t tag, name string) error {
	switch {
	case t.end && string(t.name) == name:
		return nil
	case t.end:
		return d.badf(d.pos, "its tags do not match inside <%s>", name)
	case known(t.name):
		return d.badf(d.pos, "<%s> holds more than the protocol allows", name)
	default:
		return d.misplaced(t, name)
	}
}

// unmatched is an end tag inside <parent> where something else must come.
func (d *Decoder) unmatched(t tag, parent string) error {
	if string(t.name) != parent {
		return d.badf(d.pos, "its tags do not match inside <%s>", parent)
	}
	return d.isEmpty(parent)
}

// isEmpty is an element without what it must hold.
func (d *Decoder) isEmpty(name string) error { return d.badf(d.pos, "a <%s> is empty", name) }

// known reports whether the protocol has an element of that name.
func known(name []byte) bool {
	switch string(name) {
	case "methodResponse", "params", "param", "fault", "value", "array", "data", "struct", "member", "name":
		return true
	default:
		return typeOf(name) != noType
	}
}

// misplaced says what a tag that may not stand inside <parent> means.
func (d *Decoder) misplaced(t tag, parent string) error {
	word := string(bytes.ToLower(t.name[:min(len(t.name), 20)]))
	word, _, _ = strings.Cut(strings.ReplaceAll(word, "\n", " "), " ")
	switch {
	case strings.HasPrefix(word, "!doctype"), strings.HasPrefix(word, "!entity"):
		return d.bad(d.pos, "it holds a document type, which Odoo never sends; entities are not expanded")
	case strings.HasPrefix(word, "!"), strings.HasPrefix(word, "?"):
		return d.bad(d.pos, "it holds a comment, CDATA or an instruction, which Odoo never sends")
	case len(t.name) > 20:
		return d.badf(d.pos, "a tag stands where <%s> does not allow it", parent)
	default:
		return d.badf(d.pos, "%q stands where <%s> does not allow it", word, parent)
	}
}
