package trello

import (
	"strings"
	"time"

	"github.com/odoo-connector/connector/mapping"
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

// dueHour is the hour, in UTC, at which a deadline that is only a day is due.
const dueHour = 17

// due pairs a moment outside with an Odoo deadline, which is a moment since Odoo 17 and a day on 16
// (facts read with fields_get). A day keeps the hour that the card had, if it is the same day.
func due(external, odoo string) mapping.Field {
	f := mapping.Direct(external, odoo)
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		v := s.Record.Value(external)
		if s.Types[odoo] == "date" && !v.IsNull() {
			return record.Date(v.AsTime()), nil
		}
		return v, nil
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		return mapping.Values{external: moment(t.Value, t.Current.Value(external))}, nil
	}
	return f
}

func moment(v, current record.Value) record.Value {
	if v.Kind() != record.KindDate {
		return v
	}
	if current.Kind() == record.KindInstant && record.Date(current.AsTime()).Equal(v) {
		return current
	}
	return record.Instant(v.AsTime().Add(dueHour * time.Hour))
}

// description pairs a text of plain paragraphs with Odoo's HTML. What else the HTML holds (bold
// words, lists, images) makes it lossy: its words go out, but nothing comes back over it.
func description(external, odoo string) mapping.Field {
	f := mapping.Direct(external, odoo)
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		return record.Text(Paragraphs(s.Record.Value(external).AsText())), nil
	}
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		text, _ := TextOf(s.Record.Value(odoo).AsText())
		return record.Text(text), nil
	}
	f.ToOdoo = func(t mapping.Target) (mapping.Values, error) {
		return mapping.Values{odoo: record.HTML(HTMLOf(t.Value.AsText()))}, nil
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		return mapping.Values{external: record.Text(t.Value.AsText())}, nil
	}
	f.Lossy = func(r record.Record) bool {
		_, plain := TextOf(r.Value(odoo).AsText())
		return !plain
	}
	return f
}
