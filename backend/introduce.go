package backend

import "context"

// Introducer is what a system's client (see [Connect]) may be besides: it tells a person who sets the backend up who the server takes
// him for, and what there is to choose from.
type Introducer interface {
	// Introduce asks the server. Its errors are those of the client, Denied for credentials that are refused.
	Introduce(ctx context.Context) (Introduction, error)
}

// Introduction is what a system's server says of those who log in.
type Introduction struct {
	// Who is a short sentence about who logged in and what he sees: "logged in as Ann Lee (annlee), who sees 3 open boards".
	Who string
	// Choices are the values that keys of the backend's settings can have, by key: the names of boards.
	Choices map[string][]string
}
