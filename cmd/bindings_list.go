package cmd

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// bindingView is a binding as `--output json` shows it.
type bindingView struct {
	ID         int64      `json:"id"`
	Backend    string     `json:"backend"`
	Database   string     `json:"database"`
	Model      string     `json:"model"`
	ExternalID string     `json:"external_id"`
	Odoo       string     `json:"odoo"`
	OdooID     int64      `json:"odoo_id"`
	Scope      string     `json:"scope"`
	Role       string     `json:"role"`
	Parent     string     `json:"parent"` // external id of the record that the external one lives in
	Name       string     `json:"name"`
	Made       string     `json:"made,omitempty"` // "import" or "export": the half that was there first is outside, or Odoo's
	SyncDate   *time.Time `json:"sync_date,omitempty"`
	Intent     string     `json:"intent,omitempty"`
	Deleted    string     `json:"deleted,omitempty"` // "external" or "odoo": the half that was deleted
	Retired    *time.Time `json:"retired,omitempty"` // since when it is out of what is synchronized
}

func viewOfBinding(f binding.Found) bindingView {
	v := bindingView{
		ID: f.ID, Backend: f.Backend, Database: f.Database, Model: f.Model, ExternalID: f.ExternalID, Odoo: f.OdooModel, OdooID: f.OdooID,
		Scope: f.Scope, Role: string(f.Role), Parent: f.Parent, Name: f.Name, Made: string(f.Made), SyncDate: optional(f.SyncDate),
		Intent: string(f.Intent), Retired: optional(f.Retired),
	}
	switch {
	case !f.ExternalGone.IsZero():
		v.Deleted = "external"
	case !f.OdooGone.IsZero():
		v.Deleted = "odoo"
	}
	return v
}

// bindingsPage is a page of bindings as `--output json` shows it.
type bindingsPage struct {
	Bindings []bindingView `json:"bindings"`
	Next     string        `json:"next,omitempty"` // what --page is to be for the next one
}

// bindingFilter is the flags that select bindings.
type bindingFilter struct {
	backends []string
	states   []string
	binding.Filter
}

func (f *bindingFilter) register(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.backends, "backend", nil, "only bindings of this backend, as an argument says, too")
	c.Flags().StringVar(&f.Model, "model", "", "only this binding model, as trello.card, or this model of Odoo, as project.task")
	c.Flags().StringVar(&f.ExternalID, "external-id", "", "only the record with this id outside")
	c.Flags().Int64Var(&f.OdooID, "odoo-id", 0, "only the record with this id in Odoo")
	c.Flags().StringVar(&f.Scope, "scope", "", "only pairs within this parent, by its external id")
	c.Flags().StringVar(&f.Search, "search", "", "only pairs whose name has this in it")
	c.Flags().StringSliceVar(&f.states, "state", nil, "only pairs in one of these states: "+strings.Join(standingNames(), ", "))
}

func standingNames() (names []string) {
	for _, s := range binding.Standings() {
		names = append(names, string(s))
	}
	return names
}

// check reads the flags, by what the configuration has.
func (f *bindingFilter) check(a *app, c *config.Config, names []string) error {
	for _, s := range f.states {
		if !slices.Contains(standingNames(), s) {
			return &usageError{fmt.Sprintf("--state %q is no state of a binding; %s", s, nearest(s, standingNames()))}
		}
		f.Standings = append(f.Standings, binding.Standing(s))
	}
	if f.OdooID < 0 {
		return &usageError{fmt.Sprintf("--odoo-id %d is no id of a record", f.OdooID)}
	}
	backends, err := choose(c, append(slices.Clone(names), f.backends...))
	if err != nil {
		return err
	}
	if err := a.checkModelOf(backends, f.Model); err != nil {
		return err
	}
	if len(names)+len(f.backends) == 0 && f.Model == "" {
		return nil // those that are no longer configured, too
	}
	for _, b := range backends {
		f.Backends = append(f.Backends, b.Name)
	}
	return nil
}

// checkModelOf refuses a model that none of the backends has, be it a binding model or one of Odoo; "" is any.
func (a *app) checkModelOf(backends []config.Backend, model string) error {
	var known, names []string
	for _, b := range backends {
		names = append(names, b.Name)
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return &usageError{err.Error()}
		}
		for _, m := range version.AllModels() {
			known = union(known, m.Name, m.OdooModel)
		}
	}
	if model == "" || slices.Contains(known, model) {
		return nil
	}
	return &usageError{fmt.Sprintf("%s has no binding model %q; %s", strings.Join(names, ", "), model, nearest(model, known))}
}

func (a *app) bindingsList() *cobra.Command {
	var f bindingFilter
	var review bool
	var page string
	c := &cobra.Command{
		Use: "list [BACKEND…]", Short: "List bindings",
		Long: `list shows which external record is bound to which Odoo record, in the order in which they were bound.
All that is asked for must hold together. On a terminal long names are cut to fit; in a pipe nothing is.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.

Next: ` + "`connector bindings show NUMBER`" + `; what waits for a decision: ` + "`connector review list`" + `.`,
		Example: `  connector bindings list trello --model trello.card --search glue
  connector bindings list --odoo-id 42 --model project.task
  connector bindings list --state intent,deleted`,
		RunE: func(c *cobra.Command, args []string) error {
			if review {
				return a.listReviews(c.Context(), args, f.Model, false)
			}
			return a.listBindings(c.Context(), args, &f, page)
		},
	}
	f.register(c)
	c.Flags().BoolVar(&review, "review", false, "list what waits for a decision instead, as 'review list' does")
	c.Flags().IntVar(&f.Limit, "limit", 100, "at most so many on a page; 0 for all")
	c.Flags().StringVar(&page, "page", "", "the number of the page, or what the JSON of the page before gives as next")
	return c
}

// pageOf puts a page into the filter: a number, or what follows a binding, as after-17.
func (f *bindingFilter) pageOf(page string) error {
	if f.Limit < 0 {
		return &usageError{fmt.Sprintf("--limit %d: write how many bindings a page has, or 0 for all", f.Limit)}
	}
	if page == "" {
		return nil
	}
	if f.Limit == 0 {
		return &usageError{"--page needs a --limit: without one there is one page"}
	}
	if after, is := strings.CutPrefix(page, "after-"); is {
		id, err := strconv.ParseInt(after, 10, 64)
		f.After = id
		if err == nil && id > 0 {
			return nil
		}
	}
	number, err := strconv.Atoi(page)
	if err != nil || number < 1 {
		return &usageError{fmt.Sprintf("--page %q is no page: they are counted from 1", page)}
	}
	f.Offset = (number - 1) * f.Limit
	return nil
}

func (a *app) listBindings(ctx context.Context, names []string, f *bindingFilter, page string) error {
	if err := f.pageOf(page); err != nil {
		return err
	}
	c, err := a.load()
	if err != nil {
		return err
	}
	if err := f.check(a, c, names); err != nil {
		return err
	}
	return a.withState(ctx, func(db *state.DB) error {
		asked := f.Filter
		if asked.Limit > 0 {
			asked.Limit++ // to see whether there are more
		}
		list, err := binding.Find(ctx, db, asked, true)
		if err != nil {
			return err
		}
		more := f.Limit > 0 && len(list) > f.Limit
		if more {
			list = list[:f.Limit]
		}
		return a.showBindings(ctx, db, f, list, more)
	})
}

func (a *app) showBindings(ctx context.Context, db *state.DB, f *bindingFilter, list []binding.Found, more bool) error {
	if a.json() {
		v := bindingsPage{Bindings: make([]bindingView, len(list))}
		for i, one := range list {
			v.Bindings[i] = viewOfBinding(one)
		}
		if more {
			v.Next = fmt.Sprintf("after-%d", list[len(list)-1].ID)
		}
		return a.printJSON(v)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "No bindings.")
		return err
	}
	rows := [][]string{{"#", "MODEL", "EXTERNAL ID", "ODOO", "NAME", ""}}
	for _, one := range list {
		b := viewOfBinding(one)
		inOdoo := b.Odoo
		if b.OdooID != 0 { // else it is being created
			inOdoo += fmt.Sprintf(" %d", b.OdooID)
		}
		rows = append(rows, []string{strconv.FormatInt(b.ID, 10), b.Model, plain(b.ExternalID), inOdoo, plain(b.Name), remark(b)})
	}
	if err := a.print(layOut(rows, a.columnsOf(), 4)); err != nil || !more {
		return err
	}
	total, err := binding.CountFound(ctx, db, f.Filter)
	if err != nil {
		return err
	}
	if f.After > 0 {
		_, _ = fmt.Fprintf(a.err, "the next page: --page after-%d\n", list[len(list)-1].ID)
		return nil
	}
	number := f.Offset/f.Limit + 1
	_, _ = fmt.Fprintf(a.err, "page %d of %d, %d bindings in all; --page %d shows the next\n", number, (total+f.Limit-1)/f.Limit, total, number+1)
	return nil
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
