package stream

import "fmt"

// ValueError says that an argument of a request cannot be carried to Odoo without
// being changed on the way, or without doing harm. Nothing was sent.
type ValueError struct {
	// Path names the value, as the protocol's encoder counts: "vals.name",
	// "argument 5[0].name", "data[3][2]" for the third element of the fourth.
	Path string
	// Reason says what is wrong with it, without the value itself.
	Reason string
}

// Error gives path and reason.
func (e *ValueError) Error() string {
	return fmt.Sprintf("cannot send %s: %s", e.Path, e.Reason)
}
