package mapping

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/record"
)

// The types of Odoo's fields (fields_get) that values are converted to and from.
const (
	typeBoolean   = "boolean"
	typeInteger   = "integer"
	typeFloat     = "float"
	typeMonetary  = "monetary"
	typeChar      = "char"
	typeText      = "text"
	typeHTML      = "html"
	typeSelection = "selection"
	typeDate      = "date"
	typeDatetime  = "datetime"
	typeMany2one  = "many2one"
	typeMany2many = "many2many"
)

// OdooField is what a pair must know of its Odoo field, as fields_get tells it. The zero value is a field of which nothing
// is known yet.
type OdooField struct {
	Type     string   // "char", "many2one", …
	Relation string   // the model that a link leads to
	Choices  []Choice // of a selection
	Fixed    bool     // Odoo sets it itself and keeps nothing that is written
}

// Choice is one value of a selection and what people read for it.
type Choice struct{ Value, Label string }

// unfit is the error of a value, which it names, cut short.
func unfit(v record.Value, format string, args ...any) *UnfitError {
	text := []rune(v.String())
	if len(text) > 60 {
		text = append(text[:57], '…')
	}
	return &UnfitError{Reason: string(text) + " " + fmt.Sprintf(format, args...)}
}

// odooValue brings a value to the form that a field of Odoo holds, in the canonical terms of its type. What is empty is null;
// numbers and booleans cannot be empty in Odoo, so they are 0 and false. Links are brought by their own pairs.
func odooValue(v record.Value, f OdooField, zone *time.Location) (record.Value, error) {
	if v.Canonical().IsNull() {
		return emptyOf(f.Type), nil
	}
	switch f.Type {
	case typeChar, typeText, typeHTML:
		return textValue(v)
	case typeInteger:
		return wholeValue(v)
	case typeFloat, typeMonetary:
		return numberValue(v)
	case typeBoolean:
		return truthValue(v)
	case typeDate:
		return dayValue(v, zone)
	case typeDatetime:
		return momentValue(v, zone)
	case typeSelection:
		return choiceValue(v, f.Choices)
	default:
		return v, nil
	}
}

// emptyOf is what an empty field of a type holds.
func emptyOf(odooType string) record.Value {
	switch odooType {
	case typeInteger:
		return record.Int(0)
	case typeFloat, typeMonetary:
		return record.Float(0)
	case typeBoolean:
		return record.Bool(false)
	default:
		return record.Null()
	}
}

// externalValue brings a value to the kind that an external field holds; of KindNull any kind will do.
func externalValue(v record.Value, kind record.Kind, zone *time.Location) (record.Value, error) {
	if v.Canonical().IsNull() {
		return record.Null(), nil
	}
	switch kind {
	case record.KindText, record.KindMarkdown:
		return textValue(v)
	case record.KindInt:
		return wholeValue(v)
	case record.KindDecimal:
		return numberValue(v)
	case record.KindBool:
		return truthValue(v)
	case record.KindDate:
		return dayValue(v, zone)
	case record.KindInstant:
		return momentValue(v, zone)
	default:
		return v, nil
	}
}

// plain is a value as a table of values and a text hold it; ok is false where it has no such form.
func plain(v record.Value) (text string, ok bool) {
	switch v.Kind() {
	case record.KindText, record.KindMarkdown, record.KindHTML, record.KindDecimal, record.KindDate:
		return v.AsText(), true
	case record.KindInt:
		return strconv.FormatInt(v.AsInt(), 10), true
	case record.KindBool:
		return strconv.FormatBool(v.AsBool()), true
	case record.KindInstant:
		return v.AsTime().Format(time.RFC3339), true
	default:
		return "", false
	}
}

func textValue(v record.Value) (record.Value, error) {
	text, ok := plain(v)
	if !ok {
		return record.Null(), unfit(v, "is no text")
	}
	return record.Text(text), nil
}

func numberValue(v record.Value) (record.Value, error) {
	switch v.Kind() {
	case record.KindInt, record.KindDecimal, record.KindText:
		text, _ := plain(v)
		if n, err := record.Decimal(strings.TrimSpace(text)); err == nil {
			return n, nil
		}
	}
	return record.Null(), unfit(v, "is no number")
}

// wholeValue refuses a fraction: Odoo would cut it.
func wholeValue(v record.Value) (record.Value, error) {
	n, err := numberValue(v)
	if err != nil {
		return n, err
	}
	if r := n.AsRat(); r != nil && r.IsInt() && r.Num().IsInt64() && fits32(r.Num()) {
		return record.Int(r.Num().Int64()), nil
	}
	return record.Null(), unfit(v, "is no whole number of 32 bits, which is what Odoo's integers hold")
}

func fits32(n *big.Int) bool { return n.Int64() >= -1<<31 && n.Int64() < 1<<31 }

func truthValue(v record.Value) (record.Value, error) {
	if v.Kind() == record.KindBool {
		return v, nil
	}
	text, _ := plain(v)
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1":
		return record.Bool(true), nil
	case "false", "0":
		return record.Bool(false), nil
	default:
		return record.Null(), unfit(v, "is neither true nor false; give the words under values:")
	}
}

func dayValue(v record.Value, zone *time.Location) (record.Value, error) {
	switch v.Kind() {
	case record.KindDate:
		return v, nil
	case record.KindInstant:
		return record.Date(v.AsTime().In(zone)), nil
	case record.KindText:
		if t, dateOnly, ok := parseTime(v.AsText()); ok {
			if !dateOnly {
				t = t.In(zone)
			}
			return record.Date(t), nil
		}
	}
	return record.Null(), unfit(v, "is no date, as 2026-03-09")
}

// noon is the hour at which a day without an hour is, so that it is the same day in most of the world.
const noon = 12

func momentValue(v record.Value, zone *time.Location) (record.Value, error) {
	switch v.Kind() {
	case record.KindInstant:
		return v, nil
	case record.KindDate:
		return noonOf(v.AsTime(), zone), nil
	case record.KindText:
		if t, dateOnly, ok := parseTime(v.AsText()); ok {
			if dateOnly {
				return noonOf(t, zone), nil
			}
			return record.Instant(t), nil
		}
	}
	return record.Null(), unfit(v, "is no moment, as 2026-03-09T17:00:00Z")
}

func noonOf(day time.Time, zone *time.Location) record.Value {
	return record.Instant(time.Date(day.Year(), day.Month(), day.Day(), noon, 0, 0, 0, zone))
}

// parseTime reads a day, or a moment with its zone.
func parseTime(text string) (t time.Time, dateOnly, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, true, true
	}
	t, err := time.Parse(time.RFC3339, text)
	return t, false, err == nil
}

// choiceValue takes a choice by its value, or by the label that people read, if only one has that label.
func choiceValue(v record.Value, choices []Choice) (record.Value, error) {
	text, ok := plain(v)
	if !ok {
		return record.Null(), unfit(v, "is no text")
	}
	if slices.ContainsFunc(choices, func(c Choice) bool { return c.Value == text }) || choices == nil {
		return record.Text(text), nil
	}
	var found []string
	for _, c := range choices {
		if strings.EqualFold(strings.TrimSpace(c.Label), strings.TrimSpace(text)) {
			found = append(found, c.Value)
		}
	}
	if len(found) != 1 {
		return record.Null(), unfit(v, "is none of the choices (%s)", labels(choices))
	}
	return record.Text(found[0]), nil
}

// labels lists the choices for people.
func labels(choices []Choice) string {
	all := make([]string, len(choices))
	for i, c := range choices {
		all[i] = c.Value
		if c.Label != "" && c.Label != c.Value {
			all[i] += " " + c.Label
		}
	}
	return strings.Join(all, ", ")
}

// labelOf is the choice as people read it.
func labelOf(v record.Value, choices []Choice) record.Value {
	for _, c := range choices {
		if c.Value == v.AsText() && c.Label != "" {
			return record.Text(c.Label)
		}
	}
	return v
}
