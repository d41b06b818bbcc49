package backend

import (
	"context"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// OdooCreation is one Odoo record that is to be created. Its intent was committed before.
type OdooCreation struct {
	// Identifier is the external identifier "module.name", the same for every try: what the record is
	// marked with, so that it can be found again.
	Identifier string
	External   record.Record  // the external record that it is made of
	Values     mapping.Values // what the import mapper says
}

// OdooCreator creates the Odoo records of a binding model in its own way, where load leaves out what
// people expect of a creation (a message that tells a task's followers) or cannot carry it (the bytes of
// a file). It is registered as Importer.Creator. What it makes is either made by load with the
// identifier, so that a second try changes nothing, or it is an OdooFinder too.
type OdooCreator interface {
	// AtOnce is how many records CreateInOdoo is given at most, 0 for as many as go into a call of load. A run that is told to stop
	// ends between two calls.
	AtOnce() int
	// CreateInOdoo creates the records one after the other and gives a result for each, in order. The
	// error beside the results is the one that ended the work, as for odoo.Session.LoadRecords.
	CreateInOdoo(ctx context.Context, env *Environment, all []OdooCreation) ([]odoo.LoadResult, error)
}

// OdooFinder finds what an OdooCreator made, after an outcome that nobody saw. What it does not find is
// made again only once the earlier request can no longer take effect.
type OdooFinder interface {
	// FindInOdoo gives the Odoo id of the record that bears the identifier's mark.
	FindInOdoo(ctx context.Context, env *Environment, identifier string) (id int64, found bool, err error)
}

// Remover deletes external records. One that does not exist any more is deleted.
type Remover interface {
	Remove(ctx context.Context, keys []Key) ([]error, error)
}
