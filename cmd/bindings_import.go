package cmd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) bindingsImport() *cobra.Command {
	var name, form string
	var dryRun bool
	c := &cobra.Command{
		Use: "import FILE", Short: "Bind what a file says: an export, or another connector's",
		Long: `import binds the pairs of a file, "-" for the standard input: JSON lines, or CSV with a head. A line needs model,
external_id and odoo_id; all else that export writes may be there. Without what both sides agreed on
they are compared by the next sync, and what differs waits for a decision.

All lines are looked at first: both records must be there, and neither bound to another. All that is
wrong is told at once, by its line, and then nothing is bound. What is bound already is left as it is,
so that an import that broke off is begun again with the same file.
` + exitHelp + `

Next: ` + "`connector review preview`, `connector sync`" + `.`,
		Example: "  connector bindings import bindings.jsonl --dry-run\n  connector bindings import cards.csv --backend trello",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"name the one file to import, or - for the standard input"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.importBindings(c.Context(), args[0], name, form, dryRun)
		},
	}
	c.Flags().StringVar(&name, "backend", "", "the backend of lines that name none, where there are several")
	c.Flags().StringVar(&form, "format", "", "jsonl or csv; without it, csv for a file of that name, else jsonl")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only look at the lines and tell what would be bound: nothing is written, and no other run waited for")
	return c
}

// row is a line of a file to import.
type row struct {
	line int
	portable
}

// rowProblem is what is wrong with a line.
type rowProblem struct {
	line int
	text string
}

// problemsShown is how many lines that are wrong are told.
const problemsShown = 20

// rowsError makes one error of the lines that are wrong.
func rowsError(file string, problems []rowProblem) error {
	slices.SortStableFunc(problems, func(a, b rowProblem) int { return a.line - b.line })
	if file == "-" {
		file = "stdin"
	}
	var all []error
	for _, p := range problems[:min(len(problems), problemsShown)] {
		all = append(all, &usageError{fmt.Sprintf("%s:%d: %s", file, p.line, p.text)})
	}
	if more := len(problems) - len(all); more > 0 {
		all = append(all, &usageError{fmt.Sprintf("%s: and %d more lines are wrong", file, more)})
	}
	if len(all) > 0 {
		all = append(all, &usageError{"nothing was bound; correct the lines and import the file again"})
	}
	return errors.Join(all...)
}

// readRows reads all lines, and what is wrong with their form.
func readRows(file, form string) (rows []row, problems []rowProblem, err error) {
	var text []byte
	if file == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(file) //nolint:gosec // the operator's own path
	}
	if err != nil {
		return nil, nil, &usageError{fmt.Sprintf("the file cannot be read: %v", withoutCall(err))}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if form == formCSV {
		return csvRows(text)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		r := row{line: n}
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&r.portable); err != nil {
			problems = append(problems, rowProblem{n, "no binding in JSON: " + jsonProblem(err)})
			continue
		}
		rows = append(rows, r)
	}
	return rows, problems, lines.Err()
}

// withoutCall leaves out of an error of the file system which call it was.
func withoutCall(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}

// jsonProblem says what is wrong with a line, without the words of the library that reads it.
func jsonProblem(err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Sprintf("%s cannot be a %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return "a line holds { and }"
	case strings.Contains(err.Error(), "unknown field"):
		_, name, _ := strings.Cut(strings.TrimSuffix(err.Error(), `"`), `"`)
		return fmt.Sprintf("there is no %q; %s", name, nearest(name, portableColumns))
	default:
		return "a line looks like those that `connector bindings export` writes"
	}
}

func csvRows(text []byte) (rows []row, problems []rowProblem, err error) {
	table := csv.NewReader(bytes.NewReader(text))
	table.FieldsPerRecord = -1
	head, err := table.Read()
	if err != nil {
		return nil, nil, &usageError{"the file has no head that names its columns: " + strings.Join(portableColumns[:3], ",")}
	}
	for i, name := range head {
		if head[i] = strings.TrimSpace(name); !slices.Contains(portableColumns, head[i]) {
			problems = append(problems, rowProblem{1, fmt.Sprintf("there is no column %q; %s", name, nearest(name, portableColumns))})
		}
	}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) || len(problems) > 0 && problems[0].line == 1 {
			return rows, problems, nil
		}
		line, _ := table.FieldPos(0)
		var p portable
		if err == nil {
			p, err = portableFrom(head, cells)
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return rows, append(problems, rowProblem{syntax.Line, syntax.Err.Error()}), nil
		}
		if err != nil {
			problems = append(problems, rowProblem{line, err.Error()})
			continue
		}
		rows = append(rows, row{line, p})
	}
}

// importedView is what an import did, as `--output json` shows it.
type importedView struct {
	DryRun  bool `json:"dry_run,omitempty"`
	Lines   int  `json:"lines"`
	Bound   int  `json:"bound"`   // or would be
	Already int  `json:"already"` // were bound so before
}

func (a *app) importBindings(ctx context.Context, file, name, form string, dryRun bool) (err error) {
	if form, err = formOf(form, file); err != nil {
		return err
	}
	rows, problems, err := readRows(file, form)
	if err != nil {
		return err
	}
	by, more, err := a.sortRows(rows, name)
	if err != nil {
		return err
	}
	if err := rowsError(file, append(problems, more...)); err != nil {
		return err
	}
	view := importedView{DryRun: dryRun, Lines: len(rows)}
	if len(rows) > 0 {
		if err := a.importRows(ctx, file, by, &view); err != nil {
			return err
		}
	}
	if a.json() {
		return a.printJSON(view)
	}
	verb := "bound"
	if dryRun {
		verb = "would be bound"
	}
	_, err = fmt.Fprintf(a.out, "%s %s, %d were so before\n", count(view.Bound, "pair", "pairs"), verb, view.Already)
	return err
}

// sortRows gives the lines by their backend.
func (a *app) sortRows(rows []row, usual string) (by map[string][]row, problems []rowProblem, err error) {
	c, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	if usual != "" {
		if _, err := choose(c, []string{usual}); err != nil {
			return nil, nil, err
		}
	}
	by = map[string][]row{}
	for _, r := range rows {
		if r.Backend == "" {
			r.Backend = usual
		}
		switch {
		case r.Model == "" || r.ExternalID == "" || r.OdooID <= 0:
			problems = append(problems, rowProblem{r.line, "it needs model, external_id and odoo_id"})
			continue
		case r.Role != "" && r.Role != string(binding.Primary) && r.Role != string(binding.Alias):
			problems = append(problems, rowProblem{r.line, fmt.Sprintf("role %q is neither primary nor alias", r.Role)})
			continue
		}
		b, err := a.theBackend(c, r.Backend, r.Model)
		if err != nil {
			problems = append(problems, rowProblem{r.line, err.Error()})
			continue
		}
		by[b.Name] = append(by[b.Name], r)
	}
	return by, problems, nil
}

// openToImport opens the backends to bind their pairs; a dry run, which writes nothing, opens a copy of the state.
func (a *app) openToImport(ctx context.Context, names []string, dryRun bool) (r *running, begin func(*opened) error, err error) {
	if dryRun {
		r, err = a.openCopy(ctx, names)
		return r, func(o *opened) error { return o.BeginDry(ctx) }, err
	}
	r, err = a.open(ctx, names, nil)
	return r, func(o *opened) error { return o.Begin(ctx) }, err
}

// importRows looks at the lines of all backends before it binds any.
func (a *app) importRows(ctx context.Context, file string, by map[string][]row, view *importedView) (err error) {
	r, begin, err := a.openToImport(ctx, slices.Sorted(maps.Keys(by)), view.DryRun)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := errors.Join(append(r.failures, err)...); err != nil {
		return err
	}
	adoptions := make([]*synchronizer.Adoption, len(r.backends))
	var problems []rowProblem
	for i, o := range r.backends {
		if err := begin(o); err != nil {
			return err
		}
		rows := by[o.config.Name]
		pairs := make([]binding.Binding, len(rows))
		for n, one := range rows {
			pairs[n] = one.binding()
		}
		if adoptions[i], err = o.CheckAdoption(ctx, pairs); err != nil {
			return err
		}
		for n, text := range adoptions[i].Problems {
			problems = append(problems, rowProblem{rows[n].line, text})
		}
		view.Already += len(adoptions[i].Same)
		view.Bound += len(pairs) - len(adoptions[i].Same)
	}
	if err := rowsError(file, problems); err != nil || view.DryRun {
		return err
	}
	for i, o := range r.backends {
		if _, err := o.Adopt(ctx, adoptions[i]); err != nil {
			return err
		}
	}
	return nil
}
