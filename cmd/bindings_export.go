package cmd

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// The forms in which bindings leave and come.
const (
	formJSONL = "jsonl"
	formCSV   = "csv"
)

// portable is a binding as export writes and import reads it. Of what is left out import finds out what it needs.
type portable struct {
	Backend    string         `json:"backend,omitempty"`
	Database   string         `json:"database,omitempty"` // told, and not read back: bindings belong to the Odoo that is configured
	Model      string         `json:"model"`
	ExternalID string         `json:"external_id"`
	Odoo       string         `json:"odoo,omitempty"`
	OdooID     int64          `json:"odoo_id"`
	Scope      string         `json:"scope,omitempty"`
	Role       string         `json:"role,omitempty"`
	Parent     string         `json:"parent,omitempty"`
	Name       string         `json:"name,omitempty"`
	Made       string         `json:"made,omitempty"`
	SyncDate   *time.Time     `json:"sync_date,omitempty"`
	Retired    *time.Time     `json:"retired,omitempty"`
	Deleted    string         `json:"deleted,omitempty"` // "external" or "odoo"
	DeletedAt  *time.Time     `json:"deleted_at,omitempty"`
	WriteDate  string         `json:"odoo_write_date,omitempty"`
	ActiveFlip string         `json:"active_flip,omitempty"`
	Canonical  int            `json:"canonical,omitempty"` // version of the form of fields
	Fields     binding.Fields `json:"fields,omitempty"`    // what both sides agreed on; left out, they are compared anew
}

// portableColumns are the columns of a CSV file; all but the first three may be missing.
var portableColumns = []string{
	"model", "external_id", "odoo_id", "backend", "database", "odoo", "scope", "role", "parent", "name", "made", "sync_date", "retired",
	"deleted", "deleted_at", "odoo_write_date", "active_flip", "canonical", "fields",
}

func portableOf(f binding.Found) portable {
	v := viewOfBinding(f)
	p := portable{
		Backend: v.Backend, Database: v.Database, Model: v.Model, ExternalID: v.ExternalID, Odoo: v.Odoo, OdooID: v.OdooID, Scope: v.Scope,
		Role: v.Role, Parent: v.Parent, Name: v.Name, Made: v.Made, SyncDate: v.SyncDate, Retired: v.Retired, Deleted: v.Deleted,
		WriteDate: f.OdooWriteDate, ActiveFlip: f.ActiveFlip, Canonical: f.Canonical, Fields: f.Fields,
	}
	switch v.Deleted {
	case "external":
		p.DeletedAt = optional(f.ExternalGone)
	case "odoo":
		p.DeletedAt = optional(f.OdooGone)
	}
	return p
}

// binding is what is to be bound. What was agreed on in another form is forgotten: both sides are compared anew.
func (p portable) binding() binding.Binding {
	b := binding.Binding{
		Model: p.Model, ExternalID: p.ExternalID, OdooModel: p.Odoo, OdooID: p.OdooID, Scope: p.Scope, Role: binding.Role(p.Role),
		Parent: p.Parent, Name: p.Name, Made: binding.Intent(p.Made), SyncDate: given(p.SyncDate), Retired: given(p.Retired),
		OdooWriteDate: p.WriteDate, ActiveFlip: p.ActiveFlip, Fields: p.Fields,
	}
	if p.Canonical != record.CanonicalVersion {
		b.Fields = nil
	}
	switch p.Deleted {
	case "external":
		b.ExternalGone = given(p.DeletedAt)
	case "odoo":
		b.OdooGone = given(p.DeletedAt)
	}
	return b
}

func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// cells are the values of a CSV row, in the order of portableColumns. The keys of a binding's JSON and the columns are the same.
func (p portable) cells() ([]string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	cells := make([]string, len(portableColumns))
	for i, name := range portableColumns {
		var s string
		if json.Unmarshal(values[name], &s) != nil { // a number or an object stands as it is
			s = string(values[name])
		}
		cells[i] = s
	}
	return cells, nil
}

func (a *app) bindingsExport() *cobra.Command {
	var f bindingFilter
	var to, form string
	c := &cobra.Command{
		Use: "export [BACKEND…]", Short: "Write all bindings, to keep them or to take them elsewhere",
		Long: `export writes a line for each binding that the flags select (all without any), with what both records agreed
on: JSON lines, or CSV. What is under way is left out: it belongs to a run. import reads the same back.
The whole state, with jobs and reviews, is what ` + "`connector state backup`" + ` keeps.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.

Next: ` + "`connector bindings import FILE --dry-run`" + `.`,
		Example: "  connector bindings export --to bindings.jsonl\n  connector bindings export trello --model trello.card --format csv > cards.csv",
		RunE:    func(c *cobra.Command, args []string) error { return a.exportBindings(c.Context(), args, &f, to, form) },
	}
	f.register(c)
	c.Flags().StringVar(&to, "to", "", "write to this new file, for its owner alone, instead of the standard output")
	c.Flags().StringVar(&form, "format", "", "jsonl or csv; without it, csv for a file of that name, else jsonl")
	return c
}

// formOf is the form of a file, by what was asked for or by its name.
func formOf(asked, file string) (string, error) {
	switch {
	case asked == formJSONL || asked == formCSV:
		return asked, nil
	case asked != "":
		return "", &usageError{fmt.Sprintf("--format %q is neither jsonl nor csv", asked)}
	case filepath.Ext(file) == ".csv":
		return formCSV, nil
	default:
		return formJSONL, nil
	}
}

func (a *app) exportBindings(ctx context.Context, names []string, f *bindingFilter, to, form string) error {
	form, err := formOf(form, to)
	if err != nil {
		return err
	}
	c, err := a.load()
	if err != nil {
		return err
	}
	if err := f.check(a, c, names); err != nil {
		var unknown *unknownNameError
		if errors.As(err, &unknown) && filepath.Ext(unknown.name) != "" {
			unknown.hint += "; --to FILE writes into a file"
		}
		return err
	}
	return a.lookingAtState(ctx, func(db *state.DB, _ *config.Config) (err error) {
		out := a.out
		if to != "" {
			file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own path
			if err != nil {
				return &usageError{fmt.Sprintf("--to: %v; name a file that is not there yet", err)}
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			out = file
		}
		n, err := writeBindings(ctx, db, f.Filter, form, out)
		if err == nil && to != "" && !a.json() {
			_, err = fmt.Fprintf(a.out, "%s written to %s\n", count(n, "binding", "bindings"), to)
		}
		return err
	})
}

// exportPage is how many bindings are read at a time.
const exportPage = 1000

// writeBindings writes what a filter selects, page by page, and counts it.
func writeBindings(ctx context.Context, db *state.DB, f binding.Filter, form string, out io.Writer) (n int, err error) {
	table, lines := csv.NewWriter(out), json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if form == formCSV {
		if err := table.Write(portableColumns); err != nil {
			return 0, err
		}
	}
	f.Limit = exportPage
	for {
		list, err := binding.Find(ctx, db, f, false)
		if err != nil {
			return n, err
		}
		for _, one := range list {
			if one.Intent != binding.None {
				continue
			}
			if err := writeBinding(portableOf(one), form, table, lines); err != nil {
				return n, err
			}
			n++
		}
		if len(list) < exportPage {
			table.Flush()
			return n, table.Error()
		}
		f.After = list[len(list)-1].ID
	}
}

func writeBinding(p portable, form string, table *csv.Writer, lines *json.Encoder) error {
	if form == formJSONL {
		return lines.Encode(p)
	}
	cells, err := p.cells()
	if err != nil {
		return err
	}
	return table.Write(cells)
}

// portableFrom reads the cells of a CSV row under its head.
func portableFrom(head, cells []string) (p portable, err error) {
	values := map[string]any{}
	for i, name := range head {
		text := ""
		if i < len(cells) {
			text = cells[i]
		}
		switch {
		case text == "":
		case name == "odoo_id" || name == "canonical":
			if values[name], err = strconv.ParseInt(text, 10, 32); err != nil {
				return p, fmt.Errorf("%s: %q is no number", name, text)
			}
		case name == "fields":
			values[name] = json.RawMessage(text)
		default:
			values[name] = text
		}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return p, err
	}
	err = json.Unmarshal(text, &p)
	return p, err
}
