package cmd

import (
	"context"
	"sync"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport"
)

// courtesy is how gently one server is treated, by all that are logged in to it.
type courtesy struct {
	gate  *transport.Gate
	limit *transport.Limiter
}

// courtesies are those of all servers.
type courtesies struct {
	mu sync.Mutex
	by map[string]courtesy // the server's address
}

// courtesyOf is that of the entry's server. Where several entries of one server ask for different limits, the strictest hold.
func (r *running) courtesyOf(o config.Odoo) courtesy {
	r.courtesies.mu.Lock()
	defer r.courtesies.mu.Unlock()
	if known, ok := r.courtesies.by[o.Server()]; ok {
		return known
	}
	atOnce, perSecond := o.CallsAtOnce, o.CallsPerSecond
	for _, other := range r.config.Odoo {
		if other.Server() != o.Server() {
			continue
		}
		atOnce = min(atOnce, other.CallsAtOnce)
		if other.CallsPerSecond > 0 && (perSecond == 0 || other.CallsPerSecond < perSecond) {
			perSecond = other.CallsPerSecond
		}
	}
	c := courtesy{gate: transport.NewGate(atOnce), limit: transport.PerSecond(perSecond)}
	r.courtesies.by[o.Server()] = c
	return c
}

// options are what a login to the Odoo needs, its secrets fetched.
func (r *running) options(ctx context.Context, o config.Odoo) (odoo.Options, error) {
	options := odoo.Options{
		Name: o.Name, URL: o.URL, Database: o.Database, Username: o.Username, Protocol: odoo.Protocol(o.Protocol),
		Context: contextOf(o), Clock: r.app.clock,
	}
	if err := r.credentials(ctx, o, &options); err != nil {
		return options, err
	}
	base, err := transport.Network(o.CAFile)
	if err != nil {
		return options, err
	}
	if base, err = r.app.way(base); err != nil {
		return options, err
	}
	c := r.courtesyOf(o)
	options.Client = transport.New(transport.Options{
		System: "Odoo " + o.Name, Secrets: []string{options.Password, options.APIKey}, Timeout: o.Timeout, Clock: r.app.clock,
		Base: base, Gate: c.gate, Limit: c.limit,
	})
	return options, nil
}

// credentials fetches the password or the API key; a sandbox has its own.
func (r *running) credentials(ctx context.Context, o config.Odoo, options *odoo.Options) (err error) {
	if box, ok := o.SandboxName(); ok {
		demo, _ := r.sandboxes[box].Odoo()
		options.URL, options.Database, options.Username, options.Password = demo.URL, demo.Database, demo.Username, demo.Password
		options.Key, options.Protocol = o.URL+"/"+demo.Database, odoo.ProtocolAuto
		return nil
	}
	if o.APIKey.IsZero() {
		options.Password, err = o.Password.Reveal(ctx)
		return err
	}
	options.APIKey, err = o.APIKey.Reveal(ctx)
	return err
}

// contextOf is Odoo's context as the entry asks for it, but for the companies, whose names Odoo alone knows.
func contextOf(o config.Odoo) map[string]any {
	set := map[string]any{}
	if o.Language != "" {
		set["lang"] = o.Language
	}
	if o.TrackingDisable {
		set["tracking_disable"] = true
	}
	return set
}

// companiesOf are the entry's companies as a session takes them.
func companiesOf(o config.Odoo) []odoo.Company {
	all := make([]odoo.Company, len(o.Companies))
	for i, c := range o.Companies {
		all[i] = odoo.Company{ID: c.ID, Name: c.Name}
	}
	return all
}

// dial logs in to the named Odoo.
func (r *running) dial(ctx context.Context, name string) (*odoo.Session, error) {
	o, _ := r.config.FindOdoo(name)
	options, err := r.options(ctx, o)
	if err != nil {
		return nil, err
	}
	session, err := odoo.Dial(ctx, options)
	if err != nil || len(o.Companies) == 0 {
		return session, err
	}
	ids, err := session.ChooseCompanies(ctx, companiesOf(o))
	if err != nil {
		return nil, err
	}
	return session.WithCompanies(ids...), nil
}
