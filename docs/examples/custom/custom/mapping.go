// Package custom is Trello as our company uses it: versions of the system that the connector has.
package custom

import (
	"regexp"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/trello"
)

// Add adds our versions.
func Add(generic *backend.Backend) {
	ours := generic.Version("ours")
	ours.Mapper(trello.CardModel, trello.CardMapper().Without("user_ids").Extend(hours()))
	addHooks(ours)
	addReport(ours)
	addTickets(ours)
}

var inBrackets = regexp.MustCompile(`\((\d+)h\)`)

// hours reads "Paint the door (3h)" as three allocated hours, and a name without brackets as none. It goes into Odoo only: there is no
// ToExternal.
func hours() mapping.Field {
	return mapping.Field{
		Name: "allocated_hours", Odoo: []string{"allocated_hours"}, External: []string{"name"},
		FromExternal: func(s mapping.Source) (record.Value, error) {
			if found := inBrackets.FindStringSubmatch(s.Record.Value("name").AsText()); found != nil {
				return record.Decimal(found[1])
			}
			return record.Decimal("0")
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) { return s.Record.Value("allocated_hours"), nil },
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			return mapping.Values{"allocated_hours": t.Value}, nil
		},
	}
}
