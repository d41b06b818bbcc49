package trello

import (
	"strings"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// shade is a colour of Trello's as Odoo shows it.
type shade struct {
	color string // of a label, "" for none
	index int64  // of a tag: 0 to 11
}

// shades are the colours by which a tag's index is written outside, one for each, and after them those that are read as an
// index besides: the closest by hue. Trello has ten colours, each also with _dark and _light (Trello's API description; captures
// of 2023); these are read as the colour itself unless they are listed. Odoo's colours are those of its kanban boards ($o-colors
// of its web module): none, red, orange, yellow, light blue, dark purple, salmon pink, medium blue, dark blue, fuchsia, green, purple.
func shades() []shade {
	return []shade{
		{"", 0},
		{"red", 1},
		{"orange", 2},
		{"yellow", 3},
		{"sky", 4},
		{"purple_dark", 5},
		{"pink", 6},
		{"blue", 7},
		{"black", 8},
		{"pink_dark", 9},
		{"green", 10},
		{"purple", 11},
		{"lime", 10},
	}
}

// ColorIndex is the index that a tag has for a label's colour, 0 for none; ok is false for a colour that is not known.
func ColorIndex(color string) (index int64, ok bool) {
	for _, name := range []string{color, strings.TrimSuffix(strings.TrimSuffix(color, "_dark"), "_light")} {
		for _, s := range shades() {
			if s.color == name {
				return s.index, true
			}
		}
	}
	return 0, false
}

// LabelColor is the colour that a label has for a tag's index, "" for none; ok is false for an index that Odoo does not show.
func LabelColor(index int64) (color string, ok bool) {
	for _, s := range shades() {
		if s.index == index {
			return s.color, true
		}
	}
	return "", false
}

// color pairs a label's colour with a tag's. Both are compared by the index, so that a label keeps its shade while that stays
// the same. It is loose: labels of one tag may have colours of their own. A label that goes by its colour keeps it.
func color() mapping.Field {
	f := mapping.Direct("color", "color")
	f.Loose = true
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		index, ok := ColorIndex(s.Record.Value("color").AsText())
		if !ok {
			return record.Null(), mapping.ErrSkip
		}
		return record.Int(index), nil
	}
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		index := record.Int(s.Record.Value("color").AsInt())
		if _, ok := LabelColor(index.AsInt()); !ok {
			return record.Null(), mapping.ErrSkip
		}
		return index, nil
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		if goesByColor(t.Current) {
			return nil, mapping.ErrSkip
		}
		name, ok := LabelColor(t.Value.AsInt())
		if !ok {
			return nil, mapping.ErrSkip
		}
		return mapping.Values{"color": record.Text(name).Canonical()}, nil
	}
	return f
}
