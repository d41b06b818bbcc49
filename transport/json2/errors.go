package json2

import (
	"fmt"

	"github.com/odoo-connector/connector/transport/stream"
)

// ProtocolError says that a body is not the JSON that was expected: an HTML page,
// an empty or cut body, malformed JSON, a number that does not fit. It never shows
// the body itself.
type ProtocolError struct {
	// Reason says in words what is wrong.
	Reason string
	// Size is how many bytes were looked at: as much as had come when the error was
	// found.
	Size int
	// Offset is the byte at or before which it goes wrong, counted from 0.
	Offset int64
	// Err is the parser's error, if there is one.
	Err error
}

// Error gives the reason, the size and what to look at next.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("no answer of JSON-2 in these %d bytes: %s; check that the address is Odoo's own and that no proxy answers in its place",
		e.Size, e.Reason)
}

// Unwrap gives the parser's error.
func (e *ProtocolError) Unwrap() error { return e.Err }

// ValueError is a [stream.ValueError]: its paths begin with an argument's name, "vals.name".
type ValueError = stream.ValueError

// Error is the server's refusal of a call, with its status of 4xx or 5xx.
//
// Go by Name, not by Status: seen on Odoo 19, an unknown field is a 500 as a lock
// is, and a missing record is a 404 as a wrong path is.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Name is the exception's class with its module: "odoo.exceptions.AccessError",
	// "builtins.ValueError", "werkzeug.exceptions.NotFound"
	// (captures/odoo19/json2_error_*).
	Name string
	// Message is for people, in the language of the context's lang, else English:
	// show it, never match on it.
	Message string
	// Arguments are the exception's own, as [stream.Value] gives them; the first
	// is mostly the message.
	Arguments []any
	// Context is the exception's own, mostly empty.
	Context map[string]any
	// Debug is the traceback of the server, sent to every user: for a log that
	// developers read, never for a message.
	Debug string
}

// Error gives status, name and message.
func (e *Error) Error() string {
	return fmt.Sprintf("the server answered %d %s: %s", e.Status, e.Name, e.Message)
}
