package mapping

import "github.com/odoo-connector/connector/record"

// Names is what a Lookup may know besides: records of Odoo by the names that people read. The synchronizer asks Odoo once for
// each, as a Field's NeedsNamed and NeedsNames tell.
type Names interface {
	// Named is the Odoo id, in decimal, of the record of that name, and how many records have it; -1 if nobody asked.
	Named(odooModel, name string) (odooID string, count int)
	// NameOf is the name of an Odoo record; ok is false if nobody asked, or if it is not there.
	NameOf(odooModel, odooID string) (name string, ok bool)
}

// needsNamed is the name that the pair will look up.
func (c *conversion) needsNamed(r record.Record) []record.Reference {
	v, err := c.named(r)
	if text, ok := plain(v); err == nil && ok && text != "" {
		return []record.Reference{{Model: c.OdooField.Relation, ID: text}}
	}
	return nil
}

// needsNames are the Odoo records whose names the pair will ask for.
func (c *conversion) needsNames(r record.Record) []record.Reference {
	ref, ok := r.Value(c.Odoo).AsRef()
	if !ok {
		return nil
	}
	return []record.Reference{{Model: c.OdooField.Relation, ID: ref.ID}}
}

// link is the Odoo record of that name.
func (c *conversion) link(v record.Value, l Lookup) (record.Value, error) {
	if v.IsNull() {
		return v, nil
	}
	text, ok := plain(v)
	if !ok {
		return v, unfit(v, "is no name")
	}
	names, ok := l.(Names)
	if !ok {
		return v, ErrSkip
	}
	id, count := names.Named(c.OdooField.Relation, text)
	switch {
	case count == 1:
		return record.Ref(c.OdooField.Relation, id), nil
	case count < 0:
		return v, ErrSkip
	case count == 0:
		return v, unfit(v, "is the name of no record of %s that can be seen", c.OdooField.Relation)
	default:
		return v, unfit(v, "is the name of %d records of %s", count, c.OdooField.Relation)
	}
}

// nameOf is the name of the Odoo record that the value links to, translated and converted.
func (c *conversion) nameOf(v record.Value, l Lookup) (record.Value, error) {
	ref, _ := v.AsRef()
	names, ok := l.(Names)
	if !ok {
		return v, ErrSkip
	}
	name, ok := names.NameOf(c.OdooField.Relation, ref.ID)
	if !ok {
		return v, unfit(v, "is a record whose name cannot be read")
	}
	if _, count := names.Named(c.OdooField.Relation, name); count > 1 {
		return v, unfit(record.Text(name), "is the name of %d records of %s, which could not be told apart outside", count, c.OdooField.Relation)
	}
	out := record.Text(name)
	if translated, ok := c.toExternal[name]; ok {
		out = record.Text(translated)
	}
	if c.exporting != nil {
		converted, err := c.exporting.run(out, record.Record{})
		if err != nil {
			return v, err
		}
		out = converted
	}
	return externalValue(out, c.Kind, c.Zone)
}
