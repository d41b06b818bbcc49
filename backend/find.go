package backend

import (
	"context"
	"time"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Sought is a record that an export may have made: its request's answer was lost.
type Sought struct {
	Parent string         // external id of the parent that was sent, "" for a model without parent
	Values mapping.Values // what was sent
	Since  time.Time      // the request did not leave before this moment, whosever clock tells it
}

// Trace is a record that was made since a moment.
type Trace struct {
	Record record.Record // as it is now; of one that is gone its id alone
	// Gone says that it was deleted since. It may be none that we made: nobody can tell any more.
	Gone bool
}

// Finder finds what an export made where its name does not tell any more, since somebody changed it meanwhile: by who made it
// and when, and by what it was then. It is what an adapter can be besides, for servers that keep such a record.
type Finder interface {
	// Find gives the records that our own account made in the parent, as it sent them, and those that somebody deleted since and
	// that may have been such. Others and bound ones among them do no harm.
	Find(ctx context.Context, s Sought) ([]Trace, error)
}
