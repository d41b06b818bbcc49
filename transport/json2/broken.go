package json2

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// broken is the error of a connection that broke off, or nil.
func (s *source) broken() error {
	if s.err == nil || s.err == io.EOF { //nolint:errorlint // a Reader ends with it bare; an error that wraps it is another.
		return nil
	}
	return fmt.Errorf("cannot read the answer after %d bytes: %w", s.size, s.err)
}

// bad is the error of an answer that goes wrong behind what was read.
func (d *Decoder) bad(reason string, err error) error {
	return &ProtocolError{Reason: reason, Size: int(d.src.size), Offset: d.json.InputOffset(), Err: err}
}

// tooLarge is a number that does not fit into 64 bits.
func (d *Decoder) tooLarge(raw []byte, what string) error {
	at := d.json.InputOffset() - int64(len(raw))
	return &ProtocolError{
		Reason: fmt.Sprintf("%s at byte %d does not fit into 64 bits", what, at),
		Size:   int(d.src.size), Offset: at,
	}
}

// malformed turns the parser's error into ours.
func (d *Decoder) malformed(err error) error {
	if broken := d.src.broken(); broken != nil {
		return broken
	}
	at := d.json.InputOffset()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	return &ProtocolError{Reason: d.reason(at, err), Size: int(d.src.size), Offset: at, Err: err}
}

// reason says what the parser's error means.
func (d *Decoder) reason(at int64, err error) string {
	rest := bytes.TrimSpace(d.json.UnreadBuffer())
	first := d.json.InputOffset() == 0
	switch {
	case first && len(rest) == 0:
		return "it is empty"
	case first && rest[0] == '<':
		return "it is an HTML page"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Sprintf("it ends at byte %d in the middle of a value, so the answer was cut off", d.src.size)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return fmt.Sprintf("a struct in it has a name twice at byte %d", at)
	}
	for _, word := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(bytes.TrimLeft(rest, " \n,:"), []byte(word)) {
			return fmt.Sprintf("it holds the number %s at byte %d, which is no JSON; correct the field in Odoo", word, at)
		}
	}
	return fmt.Sprintf("it is no JSON at byte %d", at)
}
