package mapping_test

import (
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// A mapper is declared once and used in both directions.
func Example() {
	cards := mapping.New(
		mapping.Direct("name", "name", mapping.Trimmed),
		mapping.Active("closed"),
	)
	card := record.New("trello.card", "5f2b", map[string]record.Value{"name": record.Text(" Paint the door "), "closed": record.Bool(true)})
	into, _ := cards.Import().Values(mapping.Source{Record: card}, true)
	fmt.Println(into["name"], into["active"])

	task := record.New("project.task", "7", map[string]record.Value{"name": record.Text("Oil the hinges"), "active": record.Bool(true)})
	out, _ := cards.Export().Values(mapping.Source{Record: task}, true)
	fmt.Println(out["name"], out["closed"])
	// Output:
	// "Paint the door" false
	// "Oil the hinges" false
}

// A child version of a system extends its parent's mapper by one field, or replaces one.
func ExampleMapper_Extend() {
	cards := mapping.New(mapping.Direct("name", "name"))
	shouting := mapping.Direct("name", "name", func(v record.Value) record.Value {
		return record.Text(strings.ToUpper(v.AsText()))
	})
	custom := cards.Extend(shouting, mapping.Direct("pos", "sequence"))

	card := record.New("trello.card", "5f2b", map[string]record.Value{"name": record.Text("Paint"), "pos": record.Int(3)})
	values, _ := custom.Import().Values(mapping.Source{Record: card}, true)
	fmt.Println(values["name"], values["sequence"])
	// Output: "PAINT" 3
}
