package backend

import (
	"context"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// Finding is one thing that was looked at: [odoo.Finding], which says the same of an Odoo.
type Finding = odoo.Finding

// Examined is what a system's client found out about its server.
type Examined struct {
	// Findings are what was looked at, in the order in which it matters.
	Findings []Finding
	// Parts are what the backend synchronizes: the boards of Trello, say. Two backends that have one of them in common and share
	// an Odoo get in each other's way.
	Parts []Part
}

// Part is one of those.
type Part struct{ ID, Name string }

// Examiner is what a system's client may be besides: one that looks for what stands in the way of a sync. It goes on after a failure as
// long as the rest makes sense, writes nothing outside, and ends soon after its context.
type Examiner interface {
	Examine(ctx context.Context, c config.Backend) Examined
}
