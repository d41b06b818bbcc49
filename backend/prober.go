package backend

import (
	"context"
	"time"
)

// Prober is what an adapter may be besides: it tells at the cost of a request for each parent whether anything may have been
// changed, so that a program that goes on running need not list everything again and again.
type Prober interface {
	// Probe gives, by the ids of what is polled (Trello's boards), a text that is another one as soon as something was changed
	// there. What it cannot see is found by the next listing. Its errors are those of List.
	Probe(ctx context.Context) (map[string]string, error)
	// ProbePace is how far apart, on average, the requests of Probe must be for the server to take no more than half of what it
	// allows: so much is left for work.
	ProbePace() time.Duration
}
