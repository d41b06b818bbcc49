package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/record"
)

// conversion is a Pair that was compiled.
type conversion struct {
	Pair
	modifiers            []Modifier
	importing, exporting *expression
	toOdoo, toExternal   map[string]string
}

// translate makes both directions of the table of values. A value may stand on one side several times: the first line that
// has it decides what becomes of it.
func (c *conversion) translate() (problems []Problem) {
	if len(c.Values) == 0 {
		return nil
	}
	c.toOdoo, c.toExternal = map[string]string{}, map[string]string{}
	for _, t := range c.Values {
		if _, twice := c.toOdoo[t.External]; twice {
			problems = append(problems, Problem{"values", fmt.Sprintf("the external value %q is there twice", t.External), ""})
		}
		c.toOdoo[t.External] = t.Odoo
		if _, first := c.toExternal[t.Odoo]; !first {
			c.toExternal[t.Odoo] = t.External
		}
		if choices := c.OdooField.Choices; choices != nil && !slices.ContainsFunc(choices, func(o Choice) bool { return o.Value == t.Odoo }) {
			problems = append(problems, Problem{"values", fmt.Sprintf("%q is none of the choices of %s", t.Odoo, c.Odoo), "they are " + labels(choices)})
		}
	}
	return problems
}

// external are the external fields that the pair reads and writes, its own first.
func (c *conversion) external() (names []string) {
	if c.External != "" {
		names = append(names, c.External)
	}
	if c.importing != nil {
		for _, name := range c.importing.uses {
			if name != c.External {
				names = append(names, name)
			}
		}
	}
	return names
}

// field is the mapping's field but for its names and flags.
func (c *conversion) field() Field {
	switch {
	case c.Links != "" && c.Kind == record.KindRefSet && c.LinksOnly:
		return OptionalMany2Many(c.External, c.Odoo, c.Links, c.LinksOdoo)
	case c.Links != "" && c.Kind == record.KindRefSet:
		return Many2Many(c.External, c.Odoo, c.Links, c.LinksOdoo)
	case c.Links != "":
		return Many2One(c.External, c.Odoo, c.Links, c.LinksOdoo)
	}
	f := Field{FromExternal: c.fromExternal, FromOdoo: c.fromOdoo, ToOdoo: c.writeOdoo, ToExternal: c.writeExternal, Unset: isZero}
	if c.OdooField.Type == typeMany2one {
		f.NeedsNamed, f.NeedsNames = c.needsNamed, c.needsNames
	}
	if c.OdooField.Type == typeHTML {
		f.Lossy = func(r record.Record) []string {
			_, lost := c.Prose.Text(r.Value(c.Odoo).AsText())
			return lost
		}
	}
	return f
}

// named is the external value in Odoo's terms, before a name becomes a link.
func (c *conversion) named(r record.Record) (v record.Value, err error) {
	if c.External != "" {
		if !r.Has(c.External) {
			return record.Null(), ErrSkip
		}
		v = r.Value(c.External).Canonical()
	}
	if c.importing != nil {
		if v, err = c.importing.run(v, r); err != nil {
			return v, err
		}
	}
	if v = v.Canonical(); c.toOdoo != nil && !v.IsNull() {
		text, _ := plain(v)
		translated, ok := c.toOdoo[text]
		if !ok {
			return v, unfit(v, "is not in the table under values:")
		}
		v = record.Text(translated)
	}
	if c.OdooField.Type != typeMany2one && !v.IsNull() { // modifiers see on both sides what Odoo's field holds
		if v, err = odooValue(v, c.OdooField, c.Zone); err != nil {
			return v, err
		}
	}
	if v = modify(v, c.modifiers).Canonical(); v.IsNull() && c.Default != "" {
		v = record.Text(c.Default)
	}
	return v, nil
}

func (c *conversion) fromExternal(s Source) (record.Value, error) {
	v, err := c.named(s.Record)
	if err != nil {
		return v, err
	}
	if c.OdooField.Type == typeMany2one {
		return c.link(v, s.Lookup)
	}
	return c.canonical(odooValue(v, c.OdooField, c.Zone))
}

// canonical is the one form of a text that Odoo holds as HTML.
func (c *conversion) canonical(v record.Value, err error) (record.Value, error) {
	if err != nil || c.OdooField.Type != typeHTML || c.Prose.Canonical == nil || v.IsNull() {
		return v, err
	}
	return record.Text(c.Prose.Canonical(v.AsText())), nil
}

func (c *conversion) fromOdoo(s Source) (record.Value, error) {
	v := s.Record.Value(c.Odoo)
	switch c.OdooField.Type {
	case typeMany2one, typeSelection: // a selection as it is, be it a choice still or not
		return v, nil
	case typeHTML:
		text, _ := c.Prose.Text(v.AsText())
		v = record.Text(text)
	}
	v, err := odooValue(v, c.OdooField, c.Zone)
	if err != nil {
		return v, err
	}
	return c.canonical(c.dayAlone(odooValue(modify(v, c.modifiers), c.OdooField, c.Zone)))
}

// onlyDay says that the external field holds a day, and Odoo's its moment.
func (c *conversion) onlyDay() bool {
	return c.Kind == record.KindDate && c.OdooField.Type == typeDatetime && c.importing == nil && c.exporting == nil
}

// dayAlone makes one value of all moments of a day where a day is all that the external side knows, else an hour that only Odoo has
// would be a difference.
func (c *conversion) dayAlone(v record.Value, err error) (record.Value, error) {
	if err != nil || !c.onlyDay() || v.Kind() != record.KindInstant {
		return v, err
	}
	return noonOf(v.AsTime().In(c.Zone), c.Zone), nil
}

// keepHour gives another day the hour that Odoo has.
func (c *conversion) keepHour(v, current record.Value) record.Value {
	if !c.onlyDay() || v.Kind() != record.KindInstant || current.Kind() != record.KindInstant {
		return v
	}
	day, hour := v.AsTime().In(c.Zone), current.AsTime().In(c.Zone)
	return record.Instant(time.Date(day.Year(), day.Month(), day.Day(), hour.Hour(), hour.Minute(), hour.Second(), 0, c.Zone))
}

func (c *conversion) writeOdoo(t Target) (Values, error) {
	if c.OdooField.Type == typeHTML {
		return Values{c.Odoo: record.HTML(c.Prose.HTML(t.Value.AsText()))}, nil
	}
	return Values{c.Odoo: c.keepHour(t.Value, t.Current.Value(c.Odoo))}, nil
}

// writeExternal leaves a record alone that lacks the field: not every board has each custom field.
func (c *conversion) writeExternal(t Target) (Values, error) {
	if t.Current.ID != "" && !t.Current.Has(c.External) {
		return nil, ErrSkip
	}
	v, err := c.outside(t)
	if err == nil {
		err = c.checkOption(v, t.Scope)
	}
	if err != nil {
		return nil, c.optional(err)
	}
	return Values{c.External: c.sameDay(v, t.Current.Value(c.External))}, nil
}

// optional lets a record be created without the field, unless people recognise it by that.
func (c *conversion) optional(err error) error {
	var u *UnfitError
	if errors.As(err, &u) {
		u.Optional = !c.Match
	}
	return err
}

// outside is a canonical value in the external field's terms.
func (c *conversion) outside(t Target) (v record.Value, err error) {
	v = t.Value
	text, hasText := plain(v)
	translated, inTable := c.toExternal[text]
	switch {
	case v.IsNull():
	case c.OdooField.Type == typeMany2one:
		return c.nameOf(v, t.Lookup)
	case inTable && hasText:
		v = record.Text(translated)
	case c.Default != "" && text == c.Default:
		return record.Null(), nil
	case c.toExternal != nil && isZero(v):
		return record.Null(), nil // a field of Odoo that nobody filled in
	case c.toExternal != nil:
		return v, unfit(v, "is not in the table under values:")
	case c.OdooField.Type == typeSelection:
		v = labelOf(v, c.OdooField.Choices)
	}
	if c.exporting != nil {
		if v, err = c.exporting.run(v, record.Record{}); err != nil {
			return v, err
		}
	}
	return externalValue(v, c.Kind, c.Zone)
}

// sameDay keeps the hour of a moment outside whose day is all that Odoo knows.
func (c *conversion) sameDay(v, current record.Value) record.Value {
	if c.OdooField.Type != typeDate || v.Kind() != record.KindInstant || current.Kind() != record.KindInstant {
		return v
	}
	if v.AsTime().In(c.Zone).Format("2006-01-02") == current.AsTime().In(c.Zone).Format("2006-01-02") {
		return current
	}
	return v
}

// checkOption refuses a value that the external field does not offer.
func (c *conversion) checkOption(v record.Value, scope string) error {
	if c.Options == nil || v.IsNull() || c.CreateOptions {
		return nil
	}
	options, known := c.Options(scope)
	if !known || slices.Contains(options, v.AsText()) {
		return nil
	}
	err := unfit(v, "is none of the options of %s (%s); add it there, or set create_options: true", c.External, strings.Join(options, ", "))
	err.Passing = true
	return err
}
