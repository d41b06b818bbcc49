package trello

import (
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/record"
)

// LabelName is a label's name for people: its colour's where it has none.
func LabelName(label record.Record) string {
	if n := strings.TrimSpace(record.XMLText(label.Value("name").AsText())); n != "" {
		return n
	}
	if c := label.Value("color").AsText(); c != "" {
		return strings.ReplaceAll(c, "_", " ")
	}
	return "no colour"
}

// goesByColor says that a label that exists has no name of its own.
func goesByColor(label record.Record) bool {
	return label.ID != "" && label.Value("name").Canonical().IsNull()
}

// description pairs a text in Trello's Markdown with one of Odoo's HTML fields. What Markdown cannot hold (tables,
// images, colours) makes the field lossy: its words go out, but nothing comes back over it. A text that is too long
// for Trello waits for a person, and is never cut.
func description(external, odoo string) mapping.Field {
	f := mapping.Direct(external, odoo)
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		return record.Markdown(markup.Canonical(s.Record.Value(external).AsText())), nil
	}
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		text, _ := markup.Markdown(s.Record.Value(odoo).AsText())
		return record.Markdown(text), nil
	}
	f.ToOdoo = func(t mapping.Target) (mapping.Values, error) {
		return mapping.Values{odoo: record.HTML(markup.HTML(t.Value.AsText()))}, nil
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		if err := tooLong(odoo, t.Value); err != nil {
			err.Optional = true
			return nil, err
		}
		return mapping.Values{external: record.Markdown(t.Value.AsText())}, nil
	}
	f.Lossy = func(r record.Record) []string {
		_, lost := markup.Markdown(r.Value(odoo).AsText())
		return lost
	}
	return f
}

// tooLong is why Trello would not take a text, nil if it would.
func tooLong(field string, v record.Value) *mapping.UnfitError {
	if n := markup.Length(v.AsText()); n > markup.Limit {
		return &mapping.UnfitError{Reason: fmt.Sprintf("%s has %d characters, and Trello takes %d at most; shorten it in Odoo", field, n, markup.Limit)}
	}
	return nil
}

// unnamed is what a card without a name is called in Odoo, whose records cannot do without.
const unnamed = "(no name)"

// name pairs the two names, by which unbound records of both sides are recognised. One that Trello would refuse (blank,
// or too long: Trello's API description) waits for a person.
func name() mapping.Field {
	f := mapping.Direct("name", "name", mapping.Trimmed)
	f.Match = true
	read := f.FromExternal
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		v, err := read(s)
		if v.Canonical().IsNull() {
			return record.Text(unnamed), err
		}
		return v, err
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		if t.Value.AsText() == unnamed && t.Current.ID != "" && mapping.Trimmed(t.Current.Value("name")).Canonical().IsNull() {
			return nil, nil
		}
		if t.Value.Canonical().IsNull() {
			return nil, &mapping.UnfitError{Reason: "the name is blank in Odoo, and Trello takes none such; give it one"}
		}
		if err := tooLong("name", t.Value); err != nil {
			return nil, err
		}
		return mapping.Values{"name": t.Value}, nil
	}
	return f
}
