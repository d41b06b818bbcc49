// Command ours is the connector of a company that has its own idea of priorities, and notes in a text file. It stands for all
// programs that are built on the connector from outside.
package main

import (
	"os"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/cmd"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/trello"
)

func main() {
	os.Exit(cmd.Main(cmd.Extending("trello", custom), cmd.With(notes, nil)))
}

// custom is Trello as we use it: what is due is starred in Odoo.
func custom(generic *backend.Backend) {
	generic.Version("custom").Mapper(trello.CardModel, trello.CardMapper().Extend(mapping.Field{
		Name: "priority", Odoo: []string{"priority"}, External: []string{"due"},
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if s.Record.Value("due").Canonical().IsNull() {
				return record.Text("0"), nil
			}
			return record.Text("1"), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"priority": t.Value}, nil },
	}))
}
