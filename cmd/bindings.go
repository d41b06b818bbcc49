package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) bindingsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "bindings", Short: "See which records are bound to each other, and change that", Args: cobra.NoArgs,
		Long: `bindings is about the pairs of records in the local database: which external record and which Odoo
record are the same thing, and what both last agreed on.

Exit codes: 0 done, 2 usage.

Next: ` + "`connector bindings list`" + `.`,
		Example: "  connector bindings list trello\n  connector bindings show project.task:42",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.bindingsList(), a.bindingsShow(), a.bindingsLink(), a.bindingsUnlink(), a.bindingsExport(), a.bindingsImport(), a.bindingsRebase())
	return c
}

func (a *app) bindingsRebase() *cobra.Command {
	return &cobra.Command{
		Use: "rebase BACKEND", Short: "Confirm that the configured Odoo database is the one to go on with",
		Long: `rebase takes the bindings of a backend along to the Odoo database that is configured now: after it
got another address, or when a copy of it (a staging server) is to be synchronized. Until then sync
refuses to run, since a copy would be written into as if it were the original.
` + exitHelp + "\n\nNext: `connector sync --dry-run`.",
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
		return a.printJSON(reboundView{name, o.session.Database(), moved})
	}
	_, err = fmt.Fprintf(a.deeds(), "%s goes on with %s (%s moved)\n", name, o.session.Database(), count(moved, "binding", "bindings"))
	return err
}
