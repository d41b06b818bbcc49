package odoo

import "context"

// Reached is what a server tells anybody.
type Reached struct {
	// Version is which Odoo it is.
	Version Version
	// Databases are those that the server shows for its address; none where it hides them, as most do.
	Databases []string
}

// Reach asks a server who it is, without a login: user, password and database of the options are left alone. Its errors are *Error:
// Connection where nobody answers, NotOdoo where somebody else does.
func Reach(ctx context.Context, o Options) (Reached, error) {
	l, err := newLogin(o)
	if err != nil {
		return Reached{}, err
	}
	x := &examination{options: o}
	version, err := x.askAnyhow(ctx, l)
	if err != nil {
		return Reached{}, err
	}
	l.wire = xmlrpcWire{l}
	names, _ := l.databases(ctx) // a server that doesn't answer this hides them
	return Reached{Version: version, Databases: names}, nil
}
