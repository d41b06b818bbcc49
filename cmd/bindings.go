package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

func (a *app) bindingsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "bindings", Short: "Look at which records are bound to each other", Args: cobra.NoArgs,
		Long:    "bindings looks at the binding records in the local database.\n\nExit codes: 0 done, 2 usage.",
		Example: "  connector bindings list trello\n  connector bindings list --review",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.bindingsList(), a.bindingsRebase())
	return c
}

func (a *app) bindingsList() *cobra.Command {
	var model string
	var review bool
	c := &cobra.Command{
		Use: "list [BACKEND…]", Short: "List bindings, or what waits for review",
		Long: `list shows which external record is bound to which Odoo record; with --review, what a person has to
decide.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.`,
		Example: "  connector bindings list trello --model trello.card\n  connector bindings list --review",
		RunE: func(c *cobra.Command, args []string) error {
			return a.listBindings(c.Context(), args, model, review)
		},
	}
	c.Flags().StringVar(&model, "model", "", "only this binding model, as trello.card")
	c.Flags().BoolVar(&review, "review", false, "list what waits for review instead")
	return c
}

// bindingView is a binding as `--output json` shows it.
type bindingView struct {
	Backend    string     `json:"backend"`
	Database   string     `json:"database"`
	Model      string     `json:"model"`
	ExternalID string     `json:"external_id"`
	Odoo       string     `json:"odoo"`
	OdooID     int64      `json:"odoo_id"`
	Scope      string     `json:"scope"`
	Role       string     `json:"role"`
	Name       string     `json:"name"`
	SyncDate   *time.Time `json:"sync_date,omitempty"`
	Intent     string     `json:"intent,omitempty"`
	Deleted    string     `json:"deleted,omitempty"` // "external" or "odoo": the half that was deleted
	Retired    *time.Time `json:"retired,omitempty"` // since when it is out of what is synchronized
}

func (a *app) listBindings(ctx context.Context, names []string, model string, review bool) error {
	bindings, reviews, err := a.lookAt(ctx, names, model)
	if err != nil {
		return err
	}
	if review {
		return a.showReviews(withoutSkipped(reviews, false))
	}
	return a.showBindings(bindings)
}

// lookAt reads the bindings and reviews of the named backends, of all where none is named.
func (a *app) lookAt(ctx context.Context, names []string, model string) (bindings []bindingView, reviews []reviewView, err error) {
	c, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	chosen, err := choose(c, names)
	if err != nil {
		return nil, nil, err
	}
	err = a.withState(ctx, func(db *state.DB) error {
		for _, b := range chosen {
			found, waiting, err := a.lookAtBackend(ctx, db, b, model)
			if err != nil {
				return err
			}
			bindings, reviews = append(bindings, found...), append(reviews, waiting...)
		}
		return nil
	})
	return bindings, reviews, err
}

func (a *app) lookAtBackend(ctx context.Context, db *state.DB, b config.Backend, model string) (bindings []bindingView, reviews []reviewView, err error) {
	version, err := a.registry.Get(b.Kind, b.Version)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := version.Model(model); model != "" && !ok {
		return nil, nil, &usageError{fmt.Sprintf("%s has no binding model %q", b.Name, model)}
	}
	databases, err := binding.Databases(ctx, db, b.Name)
	if err != nil {
		return nil, nil, err
	}
	for _, database := range databases {
		found, waiting, err := look(ctx, binding.New(db, database, b.Name), version, model)
		if err != nil {
			return nil, nil, err
		}
		bindings, reviews = append(bindings, found...), append(reviews, waiting...)
	}
	return bindings, reviews, nil
}

// look reads the bindings and reviews of one backend in one database.
func look(ctx context.Context, binder *binding.Binder, version *backend.Backend, model string) (bindings []bindingView, reviews []reviewView, err error) {
	for _, m := range version.AllModels() {
		if model != "" && m.Name != model {
			continue
		}
		all, err := binder.All(ctx, m.Name)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range all {
			bindings = append(bindings, viewOfBinding(binder, f))
		}
		waiting, err := binder.Reviews(ctx, m.Name)
		if err != nil {
			return nil, nil, err
		}
		for _, w := range waiting {
			reviews = append(reviews, viewOfReview(binder.Backend(), w))
		}
	}
	return bindings, reviews, nil
}

func viewOfBinding(binder *binding.Binder, f binding.Binding) bindingView {
	v := bindingView{
		Backend: binder.Backend(), Database: binder.Database(), Model: f.Model, ExternalID: f.ExternalID, Odoo: f.OdooModel, OdooID: f.OdooID,
		Scope: f.Scope, Role: string(f.Role), Name: f.Name, SyncDate: optional(f.SyncDate), Intent: string(f.Intent), Retired: optional(f.Retired),
	}
	switch {
	case !f.ExternalGone.IsZero():
		v.Deleted = "external"
	case !f.OdooGone.IsZero():
		v.Deleted = "odoo"
	}
	return v
}

func (a *app) showBindings(list []bindingView) error {
	if a.json() {
		return a.printJSON(map[string]any{"bindings": append([]bindingView{}, list...)})
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "No bindings.")
		return err
	}
	rows := [][]string{{"MODEL", "EXTERNAL ID", "ODOO", "NAME", ""}}
	for _, b := range list {
		rows = append(rows, []string{b.Model, b.ExternalID, fmt.Sprintf("%s %d", b.Odoo, b.OdooID), cut(b.Name, 50), remark(b)})
	}
	return table(a.out, rows)
}

func remark(b bindingView) string {
	switch {
	case b.Deleted == "odoo":
		return "deleted in Odoo"
	case b.Deleted != "":
		return "deleted outside"
	case b.Retired != nil:
		return "retired"
	case b.Intent != "":
		return b.Intent + " under way"
	case b.Role == string(binding.Alias):
		return "alias"
	default:
		return ""
	}
}

func (a *app) bindingsRebase() *cobra.Command {
	return &cobra.Command{
		Use: "rebase BACKEND", Short: "Confirm that the configured Odoo database is the one to go on with",
		Long: `rebase takes the bindings of a backend along to the Odoo database that is configured now: after it
got another address, or when a copy of it (a staging server) is to be synchronized. Until then sync
refuses to run, since a copy would be written into as if it were the original.
` + exitHelp,
		Example: "  connector bindings rebase trello\n  connector sync trello",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"name the one backend to rebase"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.rebase(c.Context(), args[0]) },
	}
}

func (a *app) rebase(ctx context.Context, name string) (err error) {
	r, err := a.open(ctx, []string{name}, nil)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	o := r.backends[0]
	moved, err := o.Rebase(ctx)
	if err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(map[string]any{"backend": name, "database": o.session.Database(), "moved": moved})
	}
	_, err = fmt.Fprintf(a.deeds(), "%s goes on with %s (%s moved)\n", name, o.session.Database(), count(moved, "binding", "bindings"))
	return err
}
