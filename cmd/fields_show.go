package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/config"
)

// showMapped prints pairs and fields, in lines that fit a terminal of 80 columns.
func (a *app) showMapped(v fieldsView) error {
	if a.json() {
		return a.printJSON(v)
	}
	way := map[string]string{"both": "↔", "import": "← outside", "export": "→ outside", "off": "off"}[v.Direction]
	_, _ = fmt.Fprintf(a.out, "%s %s %s (backend %s)\n\nMapped:\n", v.OdooModel, way, v.Model, v.Backend)
	if err := table(a.out, v.pairRows()); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(a.out, "\nFields of %s:\n%s", v.Model, columns(v.externalRows()))
	_, _ = fmt.Fprintf(a.out, "\nFields of %s:\n%s", v.OdooModel, columns(v.odooRows()))
	for _, w := range v.Warnings {
		_, _ = fmt.Fprintf(a.out, "Warning: %s\n", w)
	}
	return nil
}

// The widths of columns that are cut; names never are, since they are to be written into the configuration.
const (
	typeWidth  = 20
	placeWidth = 24
)

// columns writes three columns, the last of them as wide as the screen lets it be.
func columns(rows [][3]string) string {
	var widths [2]int
	for _, r := range rows {
		for i := range widths {
			widths[i] = max(widths[i], widthOf(r[i]))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := "  " + pad(r[0], widths[0]) + "  " + pad(r[1], widths[1]) + "  "
		b.WriteString(strings.TrimRight(line+cut(r[2], max(8, screen-widthOf(line))), " ") + "\n")
	}
	return b.String()
}

func (v fieldsView) pairRows() [][]string {
	rows := [][]string{}
	for _, p := range v.Pairs {
		way := arrow(p.Direction, "←", "→")
		external := strings.Join(p.External, ", ")
		if p.Created {
			external += " (on creation)"
		}
		rows = append(rows, []string{"  " + cut(strings.Join(p.Odoo, ", "), placeWidth), way, cut(external, placeWidth), origin(p.From)})
	}
	return rows
}

// origin is short: the version, or file and line.
func origin(from string) string {
	place, _, _ := strings.Cut(from, ": ")
	return cut(place, placeWidth)
}

func (v fieldsView) externalRows() [][3]string {
	rows := [][3]string{}
	for _, f := range v.External {
		kind := f.Type
		if f.Links != "" {
			kind = f.Links
		}
		if f.ReadOnly {
			kind += ", read-only"
		}
		inOdoo := func(p pairView) (string, []string) { return arrow(p.Direction, "→", "←"), p.Odoo }
		rows = append(rows, [3]string{f.Name, kind, v.partners(f.Pairs, f.Note, inOdoo)})
	}
	return rows
}

func (v fieldsView) odooRows() [][3]string {
	rows := [][3]string{}
	for _, f := range v.Odoo {
		kind := f.Type
		if f.Relation != "" {
			kind = f.Relation
		}
		outside := func(p pairView) (string, []string) { return arrow(p.Direction, "←", "→"), p.External }
		rows = append(rows, [3]string{f.Name, cut(kind, typeWidth), v.partners(f.Pairs, f.Label, outside)})
	}
	return rows
}

// arrow shows where the values of a pair go, as one of its fields sees it.
func arrow(direction, imported, exported string) string {
	switch config.Direction(direction) {
	case config.DirectionImport:
		return imported
	case config.DirectionExport:
		return exported
	case config.DirectionOff:
		return "off"
	default:
		return "↔"
	}
}

// partners are the fields of the other side in these pairs, or a note where there are none.
func (v fieldsView) partners(pairs []string, note string, other func(pairView) (arrow string, names []string)) string {
	var all []string
	for _, p := range v.Pairs {
		if way, names := other(p); slices.Contains(pairs, p.Name) && len(names) > 0 {
			all = append(all, way+" "+strings.Join(names, ", "))
		}
	}
	if len(all) == 0 {
		return note
	}
	return strings.Join(all, ", ")
}
