package xmlrpc

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/odoo-connector/connector/transport/stream"
)

// DecodeResponse reads a <methodResponse> as a whole. The value is a bool, int64,
// float64, string, []any or map[string]any, nil for <nil/> (which Odoo never
// sends); base64 and dates stay their text. A fault is a [*Fault]; a body that is
// no XML-RPC answer, or could not be taken without a loss, is a [*ProtocolError].
//
// It is for answers that are small. A [Decoder] reads rows as they come.
func DecodeResponse(body []byte) (any, error) {
	value, err := stream.Whole(NewDecoder(bytes.NewReader(body)))
	var broken *ProtocolError
	if errors.As(err, &broken) {
		broken.Size = len(body)
	}
	return value, err
}

// fault reads the value of a <fault> and all that follows. The error is the
// [*Fault], or why there is none.
func (d *Decoder) fault() error {
	at := d.pos
	value, err := stream.Value(faultReader{d})
	if err != nil {
		return err
	}
	if err := d.finish(); err != io.EOF { //nolint:errorlint // finish gives it bare.
		return err
	}
	fields, _ := value.(map[string]any)
	code, hasCode := fields["faultCode"].(int64)
	text, hasText := fields["faultString"].(string)
	switch {
	case hasCode && hasText:
		return &Fault{Code: int(code), Text: text}
	case hasText:
		return d.bad(at, "its fault has no number for a code, as the first version of the protocol at /xmlrpc/ sends it; the second is at /xmlrpc/2/")
	default:
		return d.bad(at, "its fault has no faultCode and faultString")
	}
}

// faultReader reads the value of a fault, while its Decoder is still at its first token.
type faultReader struct{ d *Decoder }

// Next gives the fault's next token.
func (f faultReader) Next() (stream.Token, error) { return f.d.next() }

// why is the reason that a number cannot be read, without the number.
func why(err error) string {
	if errors.Is(err, strconv.ErrRange) {
		return "it does not fit into 64 bits"
	}
	return "it is none of its type"
}
