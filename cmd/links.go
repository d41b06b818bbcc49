package cmd

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// linksView are the web pages on which people see the two records of a pair, "" where there is none.
type linksView struct {
	Odoo     string `json:"odoo,omitempty"`
	External string `json:"external,omitempty"`
}

// versionKey is the note under which a backend's binder remembers the major version of its Odoo.
const versionKey = "odoo version"

// noteVersion remembers which Odoo it is that a backend works with, which is asked once: links to it depend on that. Whether the
// question was answered concerns nobody, since there is an address that every version understands.
func noteVersion(ctx context.Context, env *backend.Environment) {
	known, err := env.Binder.Recall(ctx, versionKey)
	if err != nil || known != "" {
		return
	}
	if v, err := env.Session.Version(ctx); err == nil {
		_ = env.Binder.Remember(ctx, versionKey, strconv.Itoa(v.Major))
	}
}

// linksOf are the pages of a pair, by what the configuration and the state say: no server is asked.
func (a *app) linksOf(ctx context.Context, c *config.Config, f binding.Found, db *state.DB) (v linksView, err error) {
	b, configured := c.FindBackend(f.Backend)
	if !configured {
		return v, nil
	}
	if version, err := a.registry.Get(b.Kind, b.Version); err == nil {
		v.External = version.PageOf(b, f.Binding)
	}
	o, _ := c.FindOdoo(b.Odoo)
	if _, sandboxed := o.SandboxName(); sandboxed || f.OdooID == 0 {
		return v, nil
	}
	text, err := binding.New(db, f.Database, f.Backend).Recall(ctx, versionKey)
	major, _ := strconv.Atoi(text) // "" is 0: not known
	v.Odoo = odoo.PageOf(o.URL, major, f.OdooModel, f.OdooID)
	return v, err
}

// pairOfJob is the number of the binding that a job works on, and where its records are seen.
func (a *app) pairOfJob(ctx context.Context, c *config.Config, db *state.DB, j jobs.Job) (number int64, links linksView, err error) {
	var args synchronizer.Args
	_ = json.Unmarshal(j.Args, &args) // a job of another kind names no record
	if args.Model == "" {
		return 0, links, nil
	}
	f, ok, err := a.bindingOf(ctx, c, db, j.Backend, args)
	if err != nil || !ok {
		return 0, links, err
	}
	links, err = a.linksOf(ctx, c, f, db)
	return f.ID, links, err
}

// bindingOf is the binding of the records that are named, or one of them alone where they aren't bound.
func (a *app) bindingOf(ctx context.Context, c *config.Config, db *state.DB, name string, args synchronizer.Args) (f binding.Found, ok bool, err error) {
	filter := binding.Filter{Backends: []string{name}, Model: args.Model, ExternalID: args.ExternalID, Limit: 1}
	if args.ExternalID == "" {
		filter.OdooID, filter.Scope = args.OdooID, args.Scope
	}
	if args.ExternalID == "" && args.OdooID == 0 {
		return f, false, nil
	}
	found, err := binding.Find(ctx, db, filter, true)
	if err != nil || len(found) > 0 {
		return firstOf(found), len(found) > 0, err
	}
	b, configured := c.FindBackend(name)
	version, unknown := a.registry.Get(b.Kind, b.Version)
	if !configured || unknown != nil {
		return f, false, nil //nolint:nilerr // then there is nothing to link to
	}
	m, ok := version.Model(args.Model)
	alone := binding.Binding{
		Model: args.Model, ExternalID: args.ExternalID, OdooModel: m.OdooModel, OdooID: args.OdooID, Parent: args.Parent, Scope: args.Scope,
	}
	return binding.Found{Backend: name, Binding: alone}, ok, nil
}

func firstOf[T any](list []T) (first T) {
	if len(list) > 0 {
		return list[0]
	}
	return first
}
