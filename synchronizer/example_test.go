package synchronizer_test

import (
	"fmt"

	"github.com/odoo-connector/connector/synchronizer"
)

// Planning is a pure function: what both sides hold and what they last agreed on go in, and what is
// to be written on each side comes out. Here the title was changed outside and the text in Odoo.
func ExampleReconcile() {
	p := pair(note("Paint the gate", "Paint", false), task("Door", "Two coats", true))
	plan, err := synchronizer.Reconcile(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Action)
	fmt.Println("into Odoo:", plan.Odoo["name"])
	fmt.Println("outside:", plan.Outside["text"])
	// Output:
	// update
	// into Odoo: "Paint the gate"
	// outside: "Two coats"
}
