package backend

import (
	"context"
	"time"
)

// Prober is what an adapter may be besides: it tells at the cost of a request for each parent whether anything may have been
// changed, so that a program that goes on running need not list everything again and again.
type Prober interface {
	// Probe gives what is seen of each of what is polled (Trello's boards), by its id. What it cannot see is found by the next listing.
	// Its errors are those of List. While it is called, Odoo and other backends may be asked by others.
	Probe(ctx context.Context) (map[string]Sight, error)
	// ProbePace is how far apart, on average, the requests of Probe must be for the server to take no more than half of what it
	// allows: so much is left for work.
	ProbePace() time.Duration
}

// Narrower is a client of a backend with a Prober whose listings can be kept to some of what that tells of: only there something may have
// been changed. Until end is called, listings of what lives in others, at any depth, leave it and them out (Listing.Parents); that of
// what the Prober tells of is whole all the same, and so is everything that is asked for by its id or its parent.
type Narrower interface {
	Narrow(to []string) (end func())
}

// Sight is what a Prober saw of one parent: by binding model, a text that is another one as soon as one of the model's records in the
// parent may have been changed, created or deleted. Under "" stands what may concern them all.
type Sight map[string]string
