package cmd

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// detailView is a review with what it is about, as `--output json` shows it.
type detailView struct {
	reviewView
	External []recordView `json:"external"`
	Odoo     []recordView `json:"odoo"`
	Fields   []fieldView  `json:"fields"`
	Links    linksView    `json:"links"` // of the record on each side, where there is but one
}

type recordView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type fieldView struct {
	Field    string       `json:"field"`
	External record.Value `json:"external"`
	Odoo     record.Value `json:"odoo"`
	Agreed   record.Value `json:"agreed"` // what both sides last held; null where that is not known
	Differs  bool         `json:"differs"`
}

func viewOfDetail(backend string, rv binding.Review, d synchronizer.Detail) detailView {
	v := detailView{reviewView: viewOfReview(backend, rv), External: []recordView{}, Odoo: []recordView{}, Fields: []fieldView{}}
	for _, x := range d.External {
		v.External = append(v.External, recordView{x.ID, x.Value(d.Model.NameField).AsText()})
	}
	for _, o := range d.Odoo {
		v.Odoo = append(v.Odoo, recordView{o.ID, o.Value(d.Model.OdooNameField).AsText()})
	}
	for _, f := range d.Fields {
		v.Fields = append(v.Fields, fieldView{f.Field, f.External, f.Odoo, f.Base, !f.External.Equal(f.Odoo)})
	}
	return v
}

// linksOfReview are the pages of the record on each side, where there is but one.
func (r *running) linksOfReview(ctx context.Context, rv binding.Review, d synchronizer.Detail) (linksView, error) {
	o := r.backends[0]
	f := binding.Found{Database: o.session.Database(), Backend: o.config.Name}
	f.Binding = binding.Binding{Model: rv.Model, ExternalID: rv.ExternalID, OdooModel: d.Model.OdooModel, OdooID: rv.OdooID, Parent: rv.Parent}
	if len(d.External) == 1 {
		f.ExternalID = d.External[0].ID
	}
	if len(d.Odoo) == 1 {
		f.OdooID, _ = strconv.ParseInt(d.Odoo[0].ID, 10, 64)
	}
	return r.app.linksOf(ctx, r.config, f, r.db)
}

// showDetail prints a review and both sides.
func (r *running) showDetail(ctx context.Context, rv binding.Review, d synchronizer.Detail) (err error) {
	v := viewOfDetail(r.backends[0].config.Name, rv, d)
	if v.Links, err = r.linksOfReview(ctx, rv, d); err != nil {
		return err
	}
	if r.app.json() {
		return r.app.printJSON(v)
	}
	columns := r.app.columnsOf()
	_, _ = fmt.Fprintf(r.app.out, "%s '%s' (%s, since %s)\n%s\n", d.Model.Noun, v.Name, v.Kind, when(rv.Created), inLines(v.Reason, columns))
	rows := [][]string{{"", "", ""}}
	for _, x := range v.External {
		rows = append(rows, []string{"outside", x.ID, "'" + cut(x.Name, 40) + "'"})
	}
	for _, o := range v.Odoo {
		rows = append(rows, []string{"in Odoo", d.Model.OdooNoun + " " + o.ID, "'" + cut(o.Name, 40) + "'"})
	}
	if err := table(r.app.out, rows); err != nil {
		return err
	}
	for _, page := range []string{v.Links.External, v.Links.Odoo} {
		if page != "" {
			_, _ = fmt.Fprintf(r.app.out, "  %s\n", page)
		}
	}
	if err := r.showFields(v.Fields, d.Names); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.app.out, "\n%s\n", inLines(remedy(rv, len(v.External), len(v.Odoo)), columns))
	return err
}

// inLines breaks each line of a text so that it fits the screen; 0 columns: none.
func inLines(text string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		wrapped(&b, "", line, columns)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// hanging is the same with all lines but the first a little to the right.
func hanging(text string, columns int) string {
	return strings.ReplaceAll(inLines(text, max(0, columns-2)), "\n", "\n  ")
}

func (r *running) showFields(fields []fieldView, names map[record.Reference]string) error {
	if len(fields) == 0 {
		return nil
	}
	rows := [][]string{{"", "", "", ""}, {"", "FIELD", "OUTSIDE", "ODOO"}}
	for _, f := range fields {
		mark := " "
		if f.Differs {
			mark = "*"
		}
		rows = append(rows, []string{mark, f.Field, cut(shownValue(f.External, names), 28), cut(shownValue(f.Odoo, names), 28)})
	}
	return table(r.app.out, rows)
}

// shownValue is a value for people, with the names of what it points to.
func shownValue(v record.Value, names map[record.Reference]string) string {
	refs := v.AsRefs()
	if len(refs) == 0 {
		return v.String()
	}
	texts := make([]string, len(refs))
	for i, ref := range refs {
		texts[i] = cmp.Or(names[ref], ref.String())
	}
	return strings.Join(texts, ", ")
}

// remedy says by which commands a review is decided.
func remedy(rv binding.Review, outside, inOdoo int) string {
	skip := fmt.Sprintf("Leave it as it is: `connector review skip %d`.", rv.ID)
	switch rv.Kind {
	case binding.Conflict, binding.Lossy:
		return fmt.Sprintf("Take one side: `connector review take %d odoo` or `connector review take %d backend`.\n%s", rv.ID, rv.ID, skip)
	case binding.Unequal:
		return fmt.Sprintf("They are the same: `connector review link %d`, with `--prefer odoo` or `--prefer backend`.\n"+
			"They are not: rename one of them.\n%s", rv.ID, skip)
	case binding.Imported:
		if rv.OdooID == 0 {
			return fmt.Sprintf("Name an Odoo record of its own: `connector review link %d OTHER`, OTHER being its id.\n%s", rv.ID, skip)
		}
		return fmt.Sprintf("Bind them again: `connector review link %d`, with `--prefer odoo` or `--prefer backend`.\n"+
			"Or make them equal on one side.\n%s", rv.ID, skip)
	case binding.Ambiguous:
		other := "the Odoo record's id"
		if rv.ExternalID == "" {
			other = "the id outside"
		}
		if outside == 0 || inOdoo == 0 {
			return skip
		}
		return fmt.Sprintf("Say which belongs to it: `connector review link %d OTHER`, OTHER being %s.\nOr rename them.\n%s", rv.ID, other, skip)
	case binding.Unchosen:
		return fmt.Sprintf("They are the same: choose the one outside as said above, or `connector review link %d OTHER`, OTHER being the id outside.\n"+
			"They are not: rename one of them.\n%s", rv.ID, skip)
	default:
		return skip
	}
}
