package record_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/record"
)

// Two sides hold the same card. Their raw forms differ in what only the way there made different;
// one field was truly changed.
func Example() {
	card := record.New("trello.card", "5f1", map[string]record.Value{
		"name": record.Text("Paint the door"),
		"desc": record.Text("Two coats.\r\nOak varnish."),
		"due":  record.Instant(time.Date(2026, 3, 9, 15, 0, 0, 250_000_000, time.UTC)),
	})
	asStored := card.With("desc", record.Text("Two coats.\nOak varnish.")).
		With("due", record.Instant(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC))).
		With("name", record.Text("Paint the front door"))

	for _, d := range record.Diff(card, asStored) {
		fmt.Printf("%s: %s → %s\n", d.Field, d.Old, d.New)
	}
	// Output:
	// name: "Paint the door" → "Paint the front door"
}

// A value says what an empty field is empty of, and is stored with its kind.
func ExampleValue() {
	price, err := record.Decimal("12.50")
	if err != nil {
		fmt.Println(err)
		return
	}
	tags := record.RefSet(record.Reference{Model: "project.tags", ID: "7"}, record.Reference{Model: "project.tags", ID: "4"})
	for _, v := range []record.Value{price, tags, record.Text(""), record.Text("").Canonical()} {
		stored, err := json.Marshal(v)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %s\n", v.Kind(), stored)
	}
	// Output:
	// decimal {"decimal":"12.5"}
	// refs {"refs":[["project.tags","4"],["project.tags","7"]]}
	// text {"text":""}
	// null null
}
