package xmlrpc

import (
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/transport/stream"
)

// ErrNil says that an answer holds a nil, which Odoo cannot send: its answer is
// then fault 1 "cannot marshal None unless allow_none is enabled", after the
// work was committed (captures/odoo18/fault_none_result).
var ErrNil = errors.New("cannot marshal None unless allow_none is enabled")

// Fault is the server's refusal of a call, sent with HTTP status 200.
//
// Seen on Odoo 16 to 19: code 1 is an exception in the server with a Python
// traceback as text, 2 a warning for the user, 3 a wrong password, 4 missing
// rights. The text is in the user's language: show it, never match on it.
type Fault struct {
	// Code is Odoo's fault code.
	Code int
	// Text is the message, for code 1 a whole traceback of many lines.
	Text string
}

// Error gives the code and the text.
func (f *Fault) Error() string {
	return fmt.Sprintf("the server answered with fault %d: %s", f.Code, f.Text)
}

// ProtocolError says that a body is not the XML-RPC that was expected: an HTML
// page, an empty or cut body, malformed XML. It never shows the body itself.
type ProtocolError struct {
	// Reason says in words what is wrong.
	Reason string
	// Size is how many bytes were looked at: the body's length, or as much as had
	// come when the error was found.
	Size int
	// Offset is the byte at or before which it goes wrong, counted from 0.
	Offset int64
	// Err is the parser's error, if there is one.
	Err error
}

// Error gives the reason, the size and what to look at next.
func (e *ProtocolError) Error() string {
	text := fmt.Sprintf("no XML-RPC in these %d bytes: %s", e.Size, e.Reason)
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text + "; check that the address is Odoo's own and that no proxy answers in its place"
}

// Unwrap gives the parser's error.
func (e *ProtocolError) Unwrap() error { return e.Err }

// ValueError is a [stream.ValueError]: its paths begin with the argument's number,
// counted from 0, "argument 5[0].name".
type ValueError = stream.ValueError
