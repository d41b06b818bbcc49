package custom

import (
	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/trello"
)

// addTickets adds a version of a server that calls cards tickets: cards are read and written elsewhere, and all else is inherited.
func addTickets(parent *backend.Backend) {
	parent.Version("tickets").Adapter(trello.CardModel, trello.Cards("tickets"))
}
