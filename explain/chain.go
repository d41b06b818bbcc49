package explain

import "fmt"

// Cause is one error of a chain.
type Cause struct {
	// Type is its Go type: "*odoo.Error".
	Type string
	// Text is its own text; "" below a sealed one.
	Text string
}

// Chain lists an error and what it wraps, from the outside to the inside. An error with a method Sealed says that the texts
// of its causes may hold a secret: of those only the types are given.
func Chain(err error) []Cause {
	var chain []Cause
	sealed := false
	walk(err, func(e error) bool {
		c := Cause{Type: fmt.Sprintf("%T", e)}
		if !sealed {
			c.Text = e.Error()
		}
		_, seals := e.(interface{ Sealed() })
		sealed = sealed || seals
		chain = append(chain, c)
		return false
	})
	return chain
}
