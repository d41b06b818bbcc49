package odootest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // datetimes of load are read in the user's time zone, on every machine alike
)

// convert reads a cell for a field.
func (l *loader) convert(r *loadRow, c column, cell any) (any, *complaint, error) {
	f := c.field
	if f.kind == kindMany2many {
		return l.convertSet(r, c, cell)
	}
	if !truthy(cell) {
		return false, nil, nil
	}
	if f.kind == kindMany2one {
		id, complaint, err := l.reference(r, f, c.sub, cell)
		return linkOrFalse(id), complaint, err
	}
	text, ok := cell.(string)
	if !ok {
		return l.convertRaw(f, cell)
	}
	switch f.kind {
	case kindBoolean:
		return convertBoolean(f, text)
	case kindInteger, kindFloat, kindMonetary, kindAnyLink:
		return convertNumber(f, text)
	case kindSelection:
		return convertChoice(f, text)
	case kindDate:
		value, complaint := convertDate(f, text)
		return value, complaint, nil
	case kindDatetime:
		value, complaint := l.convertDatetime(f, text)
		return value, complaint, nil
	default:
		return text, nil, nil
	}
}

// convertRaw reads a cell that is no text: a Python boolean where a text is
// expected loses the whole call (seen on Odoo 18).
func (l *loader) convertRaw(f *field, cell any) (any, *complaint, error) {
	if f.kind == kindBoolean || f.kind == kindSelection {
		return nil, nil, exception("AttributeError", "'%s' object has no attribute 'lower'", pythonType(cell))
	}
	if f.kind == kindDatetime || f.kind == kindDate {
		return nil, nil, exception("TypeError", "strptime() argument 1 must be str, not %s", pythonType(cell))
	}
	return cell, nil, nil
}

// linkOrFalse is a many2one's value for create and write.
func linkOrFalse(id int64) any {
	if id == 0 {
		return false
	}
	return id
}

// convertSet reads the ids or names of a many2many, separated by commas; they
// replace the set.
func (l *loader) convertSet(r *loadRow, c column, cell any) (any, *complaint, error) {
	if cell == nil || cell == false {
		cell = ""
	}
	text, ok := cell.(string)
	if !ok {
		return nil, nil, exception("AttributeError", "'%s' object has no attribute 'split'", pythonType(cell))
	}
	ids := []any{}
	for _, part := range strings.Split(text, ",") {
		id, complaint, err := l.reference(r, c.field, c.sub, part)
		if complaint != nil || err != nil {
			return nil, complaint, err
		}
		if id != 0 {
			ids = append(ids, id)
		}
	}
	return []any{[]any{int64(commandSet), int64(0), ids}}, nil, nil
}

// reference finds the record that a cell names.
func (l *loader) reference(r *loadRow, f *field, sub string, cell any) (int64, *complaint, error) {
	text := toText(cell)
	switch sub {
	case ".id":
		return l.byID(f, text)
	case "id":
		return l.byIdentifier(f, text)
	default:
		return l.byName(r, f, text)
	}
}

// isFalse reports whether a text means false to load.
func isFalse(text string) bool {
	switch strings.ToLower(text) {
	case "", "0", "false", "no":
		return true
	}
	return false
}

// byID finds a record by its id.
func (l *loader) byID(f *field, text string) (int64, *complaint, error) {
	if isFalse(text) {
		return 0, nil, nil
	}
	id, ok := parseID(text)
	if !ok {
		return 0, &complaint{text: fmt.Sprintf("Invalid database id '%s' for the field '%s'", text, f.label), more: possible(f, "ir.model.data")}, nil
	}
	if l.t.row(f.relation, id) == nil {
		return 0, noMatch("database id", text, f, "ir.model.data"), nil
	}
	return id, nil, nil
}

// parseID reads a whole number.
func parseID(text string) (id int64, ok bool) {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return id, err == nil
}

// byIdentifier finds a record by its external identifier.
func (l *loader) byIdentifier(f *field, text string) (int64, *complaint, error) {
	if isFalse(text) {
		return 0, nil, nil
	}
	if !strings.Contains(text, ".") {
		text = "__import__." + text
	}
	data := l.t.row("ir.model.data", l.t.s.identifiers[text])
	if data == nil || l.t.row(data.text("model"), data.link("res_id")) == nil {
		return 0, noMatch("external id", text, f, "ir.model.data"), nil
	}
	if data.text("model") != f.relation {
		return 0, &complaint{text: fmt.Sprintf("Invalid external ID %s: expected model '%s', found '%s'", text, f.relation, data.text("model"))}, nil
	}
	return data.link("res_id"), nil, nil
}

// byName finds a record by its name; several of one name are a warning.
func (l *loader) byName(r *loadRow, f *field, text string) (int64, *complaint, error) {
	if text == "" {
		return 0, nil, nil
	}
	ids, err := l.t.named(&field{kind: kindMany2many, relation: f.relation}, text, "=") // hides as name_search does
	if err != nil {
		return 0, nil, err
	}
	if len(ids) == 0 {
		return 0, noMatch("name", text, f, f.relation), nil
	}
	if len(ids) > 1 {
		l.complain(r, f, &complaint{warn: true, text: fmt.Sprintf("Found multiple matches for value \"%s\" in field \"%s\" (%d matches)", text, f.label, len(ids))})
	}
	return ids[0], nil, nil
}

// noMatch is the message about a record that was not found
// (captures/odoo18/res_partner_load_with_error).
func noMatch(kind, text string, f *field, model string) *complaint {
	return &complaint{text: fmt.Sprintf("No matching record found for %s '%s' in field '%s'", kind, text, f.label), more: possible(f, model)}
}

// possible is the action that Odoo sends along.
func possible(f *field, model string) map[string]any {
	action := map[string]any{
		"name": "Possible Values", "type": "ir.actions.act_window", "target": "new", "view_mode": "list,form",
		"views": []any{[]any{false, "list"}, []any{false, "form"}}, "context": map[string]any{"create": false},
		"help": "See all possible values", "res_model": model,
	}
	if model == "ir.model.data" {
		action["domain"] = []any{[]any{"model", "=", f.relation}}
	}
	return action
}

// convertBoolean reads yes and no.
func convertBoolean(f *field, text string) (any, *complaint, error) {
	switch strings.ToLower(text) {
	case "1", "true", "yes":
		return true, nil, nil
	}
	if isFalse(text) {
		return false, nil, nil
	}
	return nil, &complaint{text: fmt.Sprintf("Unknown value '%s' for boolean field '%s'", text, f.label), more: "Use '1' for yes and '0' for no"}, nil
}

// convertNumber reads a number.
func convertNumber(f *field, text string) (any, *complaint, error) {
	if f.kind == kindFloat || f.kind == kindMonetary {
		if value, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
			return value, nil, nil
		}
		return nil, &complaint{text: fmt.Sprintf("'%s' does not seem to be a number for field '%s'", text, f.label)}, nil
	}
	value, ok := parseID(text)
	if !ok {
		return nil, &complaint{text: fmt.Sprintf("'%s' does not seem to be an integer for field '%s'", text, f.label)}, nil
	}
	return value, nil, nil
}

// convertChoice takes a selection's value or label, in any case.
func convertChoice(f *field, text string) (any, *complaint, error) {
	labels := []any{}
	for _, choice := range f.selection {
		if strings.EqualFold(text, choice[0]) || strings.EqualFold(text, choice[1]) {
			return choice[0], nil, nil
		}
		labels = append(labels, choice[1])
	}
	return nil, &complaint{text: fmt.Sprintf("Value '%s' not found in selection field '%s'", text, f.label), more: labels}, nil
}

// convertDate reads a date.
func convertDate(f *field, text string) (any, *complaint) {
	at, err := time.Parse(dateLayout, text[:min(len(text), len(dateLayout))])
	if err != nil {
		return nil, &complaint{text: fmt.Sprintf("'%s' does not seem to be a valid date for field '%s'", text, f.label), more: "Use the format '2012-12-31'"}
	}
	return at.Format(dateLayout), nil
}

// convertDatetime reads a datetime in the time zone of the context, or else of
// the user: without tz UTC in the context 10:00 is stored as 09:00 (seen on 17 to
// 19).
func (l *loader) convertDatetime(f *field, text string) (any, *complaint) {
	size := min(len(text), len(datetimeLayout))
	at, err := time.ParseInLocation(datetimeLayout[:size], text, l.t.zone())
	if err != nil || size < len(dateLayout) {
		return nil, &complaint{text: fmt.Sprintf("'%s' does not seem to be a valid datetime for field '%s'", text, f.label), more: "Use the format '2012-12-31 23:59:59'"}
	}
	return at.UTC().Format(datetimeLayout), nil
}
