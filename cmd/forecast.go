package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// showForecast prints what a sync of a backend would do: one JSON object, or the changes model by model with a summary below them.
func (r *running) showForecast(o *opened, f *synchronizer.Forecast, failure error) error {
	if r.app.json() {
		return r.app.printJSON(f)
	}
	p := &forecastPrinter{backend: f.Backend, columns: r.app.columnsOf(), model: o.env.Model, style: r.app.style()}
	wrapped(&p.text, p.style.Heading(f.Backend+" ↔ Odoo "+f.Odoo), fmt.Sprintf(": %s to Odoo, %s to %s",
		count(f.Requests.Odoo, "request", "requests"), count(f.Requests.Backend, "request", "requests"), o.config.Kind), p.columns)
	if text := narrowed(f.Limits); text != "" {
		p.line(text)
	}
	p.changes(f.Changes)
	for _, w := range f.Warnings {
		wrapped(&p.text, p.style.Warn("Warning:")+" ", w, p.columns)
	}
	if f.Limits != nil && f.Limits.Reached {
		p.line("There is more to do than that; the rest is left to the next sync.")
	}
	if failure == nil {
		p.line(p.summary(f.Summary))
	}
	_, err := io.WriteString(r.app.out, p.text.String())
	return err
}

// forecastPrinter writes a forecast for people.
type forecastPrinter struct {
	text    strings.Builder
	backend string
	columns int // 0: as many as it takes
	style   style
	model   func(name string) (backend.Model, bool)
}

func (p *forecastPrinter) line(text string) { wrapped(&p.text, "", text, p.columns) }

// changes writes the changes below a line for each model.
func (p *forecastPrinter) changes(all []*synchronizer.PlannedChange) {
	model := ""
	for _, c := range all {
		m, _ := p.model(c.Model)
		if c.Model != model {
			model = c.Model
			p.text.WriteString("\n" + p.style.Heading(m.Name+" ↔ "+m.OdooModel) + "\n")
		}
		p.change(m, c)
	}
	if len(all) > 0 {
		p.text.WriteString("\n")
	}
}

// marks begin the line of a change.
var marks = map[synchronizer.Operation]string{
	synchronizer.WouldCreate: "+", synchronizer.WouldUpdate: "~", synchronizer.WouldArchive: "-", synchronizer.WouldMove: ">",
	synchronizer.WouldLink: "=", synchronizer.FoundDeleted: "-", synchronizer.WouldRetire: "-", synchronizer.WouldReview: "?",
	synchronizer.WouldWait: "…", synchronizer.WouldSkip: "·", synchronizer.WouldFail: "!",
}

func (p *forecastPrinter) change(m backend.Model, c *synchronizer.PlannedChange) {
	text := fmt.Sprintf("%s %s", c.Operation, p.subject(m, c))
	if c.Operation == synchronizer.FoundDeleted {
		text = p.subject(m, c)
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	var lines strings.Builder
	wrapped(&lines, "  "+marks[c.Operation]+" ", text, p.columns)
	p.text.WriteString(strings.Replace(lines.String(), marks[c.Operation], p.dressed(c.Operation), 1))
	if c.Operation == synchronizer.WouldReview || c.Operation == synchronizer.WouldSkip {
		return // the reason tells the fields
	}
	for _, f := range c.Fields {
		p.field(c, f)
	}
}

// dressed is the mark of an operation in its colour.
func (p *forecastPrinter) dressed(op synchronizer.Operation) string {
	switch mark := marks[op]; op {
	case synchronizer.WouldCreate:
		return p.style.Added(mark)
	case synchronizer.WouldUpdate, synchronizer.WouldMove, synchronizer.WouldReview, synchronizer.WouldWait:
		return p.style.Changed(mark)
	case synchronizer.WouldArchive, synchronizer.FoundDeleted, synchronizer.WouldRetire, synchronizer.WouldFail:
		return p.style.Removed(mark)
	default:
		return mark
	}
}

// subject names the record of a change, where it is, and the side that is written.
func (p *forecastPrinter) subject(m backend.Model, c *synchronizer.PlannedChange) string {
	noun := m.Noun
	if c.Side == binding.Odoo || (c.Side == binding.NoSide && c.ExternalID == "") {
		noun = m.OdooNoun
	}
	text := fmt.Sprintf("%s '%s'", noun, c.Name)
	if c.Parent != "" {
		parent, _ := p.model(m.Parent)
		if m.Order != nil && c.Operation == synchronizer.WouldMove {
			parent, _ = p.model(m.Order.GroupModel)
		}
		text += fmt.Sprintf(" of %s '%s'", parent.Noun, c.Parent)
	}
	switch c.Side {
	case binding.Odoo:
		text += " in Odoo"
	case binding.External:
		text += " in " + p.backend
	case synchronizer.BothSides:
		text += " on both sides"
	}
	if c.Linked && c.Operation != synchronizer.WouldLink {
		text += ", which would be linked"
	}
	return text
}

// fieldIndent is what is left of a change's fields.
const fieldIndent = "      "

func (p *forecastPrinter) field(c *synchronizer.PlannedChange, f synchronizer.PlannedField) {
	head := fieldIndent + f.Field
	if c.Side == synchronizer.BothSides && f.Side != "" {
		head += map[binding.Side]string{binding.Odoo: " in Odoo", binding.External: " in " + p.backend}[f.Side]
	}
	head += ": "
	switch {
	case f.Side == "":
		wrapped(&p.text, head, f.Note, p.columns)
		return
	case long(f.Before) || long(f.After):
		p.text.WriteString(strings.TrimRight(head, " ") + "\n")
		p.difference(f.Before, f.After)
	case c.Operation == synchronizer.WouldCreate:
		wrapped(&p.text, head, plannedText(f.After), p.columns)
	default:
		wrapped(&p.text, head, plannedText(f.Before)+" → "+plannedText(f.After), p.columns)
	}
	if f.Note != "" {
		wrapped(&p.text, fieldIndent+"  ", "("+f.Note+")", p.columns)
	}
}

// longText is from how many characters a text is shown as lines.
const longText = 60

func long(v synchronizer.PlannedValue) bool {
	return isText(v) && (strings.Contains(v.AsText(), "\n") || len([]rune(v.AsText())) > longText)
}

func isText(v synchronizer.PlannedValue) bool {
	switch v.Kind() {
	case record.KindText, record.KindHTML, record.KindMarkdown:
		return true
	default:
		return false
	}
}

// plannedText is a value in one line.
func plannedText(v synchronizer.PlannedValue) string {
	switch v.Kind() {
	case record.KindNull:
		return "(empty)"
	case record.KindRef, record.KindRefSet:
		names := make([]string, len(v.Names))
		for i, n := range v.Names {
			names[i] = "'" + n + "'"
		}
		if len(names) == 0 {
			return "(none)"
		}
		return strings.Join(names, ", ")
	default:
		return v.String()
	}
}

// mostLines is how many lines of a text's difference are shown.
const mostLines = 20

// difference writes the lines in which two texts differ.
func (p *forecastPrinter) difference(before, after synchronizer.PlannedValue) {
	lines := lineDifference(textLines(before), textLines(after))
	for _, l := range lines[:min(len(lines), mostLines)] {
		text := fieldIndent + "  " + plainLine(l)
		if p.columns > 0 && widthOf(text) > p.columns {
			text = fieldIndent + "  " + l[:2] + cut(l[2:], p.columns-len(fieldIndent)-4)
		}
		if text = strings.TrimRight(text, " "); strings.HasPrefix(l, "+") {
			text = p.style.Added(text)
		} else {
			text = p.style.Removed(text)
		}
		p.text.WriteString(text + "\n")
	}
	if n := len(lines) - mostLines; n > 0 {
		p.text.WriteString(fieldIndent + "  " + fmt.Sprintf("… and %s\n", count(n, "more line", "more lines")))
	}
}

func textLines(v synchronizer.PlannedValue) []string {
	if v.IsNull() {
		return nil
	}
	return strings.Split(strings.TrimRight(v.AsText(), "\n"), "\n")
}

// summary is the last line: how much would be done.
func (p *forecastPrinter) summary(counts []synchronizer.PlannedCount) string {
	words := map[synchronizer.Operation]string{
		synchronizer.WouldCreate: "to create", synchronizer.WouldUpdate: "to update", synchronizer.WouldArchive: "to archive",
		synchronizer.WouldMove: "to move", synchronizer.WouldLink: "to link", synchronizer.FoundDeleted: "found deleted",
		synchronizer.WouldRetire: "to retire", synchronizer.WouldReview: "for review", synchronizer.WouldWait: "waiting",
		synchronizer.WouldSkip: "left alone", synchronizer.WouldFail: "to fail",
	}
	sides := map[binding.Side]string{
		binding.Odoo: " in Odoo", binding.External: " in " + p.backend, synchronizer.BothSides: " on both sides",
	}
	var parts []string
	for _, c := range counts {
		text := fmt.Sprintf("%d %s%s", c.Count, words[c.Operation], sides[c.Side])
		if c.Operation == synchronizer.FoundDeleted && c.Side != binding.NoSide {
			text = fmt.Sprintf("%d to delete%s", c.Count, sides[c.Side])
		}
		parts = append(parts, text)
	}
	changes := slices.ContainsFunc(counts, func(c synchronizer.PlannedCount) bool {
		return c.Operation != synchronizer.WouldReview && c.Operation != synchronizer.WouldSkip
	})
	switch {
	case len(parts) == 0:
		return "Plan: nothing would change; nothing was written."
	case !changes:
		return "Plan: nothing would change, " + strings.Join(parts, ", ") + "; nothing was written."
	default:
		return "Plan: " + strings.Join(parts, ", ") + "; nothing was written."
	}
}
