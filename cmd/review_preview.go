package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) reviewPreview() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "preview [BACKEND…]", Short: "Show what a sync would take for the same, before it does",
		Long: `preview compares the records of both sides that are not bound yet, and writes nothing anywhere: it works on
a copy of the state, and waits for no other run. "certain"
are one record of a name on each side that are equal; "likely", those of which some fields differ;
"ambiguous", several of one name; "new", those that the other side has none of. Below a record that is
not bound yet, as a board or a card, records are compared as if its match were bound.
` + exitHelp + "\n\nNext: `connector sync --dry-run`, `connector bindings link`.",
		Example: "  connector review preview trello\n  connector review preview trello --all",
		RunE:    func(c *cobra.Command, args []string) error { return a.preview(c.Context(), args, all) },
	}
	c.Flags().BoolVar(&all, "all", false, "name those that are certain and new, too")
	return c
}

func (a *app) preview(ctx context.Context, names []string, all bool) (err error) {
	r, err := a.openCopy(ctx, names)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	failures := r.failures
	for _, o := range r.backends {
		found, err := o.Preview(ctx)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		failures = append(failures, a.showPreview(o.config.Name, found, all))
	}
	return errors.Join(failures...)
}

func (a *app) showPreview(backend string, models []synchronizer.ModelPreview, all bool) error {
	if a.json() {
		return a.printJSON(previewView{backend, models})
	}
	rows := [][]string{{"", "CERTAIN", "LIKELY", "AMBIGUOUS", "NEW", "ONLY IN ODOO"}}
	for _, m := range models {
		n := map[synchronizer.Certainty]int{}
		for _, r := range m.Records {
			n[r.Certainty]++
		}
		rows = append(rows, []string{
			m.Model + " ↔ " + m.Odoo, fmt.Sprint(n[synchronizer.Certain]), fmt.Sprint(n[synchronizer.Likely]),
			fmt.Sprint(n[synchronizer.Unsure]), fmt.Sprint(n[synchronizer.NoMatch]), fmt.Sprint(m.OnlyIn),
		})
	}
	if err := table(a.out, rows); err != nil {
		return err
	}
	for _, m := range models {
		for _, r := range m.Records {
			if err := a.showPreviewed(r, all); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) showPreviewed(r synchronizer.PreviewedRecord, all bool) error {
	settled := r.Certainty == synchronizer.Certain || r.Certainty == synchronizer.NoMatch
	if settled && !all {
		return nil
	}
	_, err := fmt.Fprintf(a.out, "%s: %s '%s'%s\n", r.Certainty, r.Model, r.Name, reasonOf(r))
	return err
}

func reasonOf(r synchronizer.PreviewedRecord) string {
	if r.Reason == "" {
		return ""
	}
	return ": " + r.Reason
}
