package mapping

import (
	"strconv"

	"github.com/odoo-connector/connector/record"
)

// Parent pairs an external field that holds one id of the binding model with an Odoo field that holds the
// plain id of such a record (res_id, whose model stands in another field). It is written when a record is
// created. The canonical value is the Odoo id. On neither side can it be empty.
func Parent(external, odoo, bindingModel string) Field {
	return Field{
		Name: odoo, Odoo: []string{odoo}, External: []string{external}, OnlyCreate: true,
		Needs: needs(external, bindingModel),
		NeedsOdoo: func(r record.Record) []record.Reference {
			return []record.Reference{{Model: bindingModel, ID: strconv.FormatInt(r.Value(odoo).AsInt(), 10)}}
		},
		FromExternal: func(s Source) (record.Value, error) {
			v, err := refToOdoo(s, external, bindingModel, "")
			ref, _ := v.AsRef()
			id, _ := strconv.ParseInt(ref.ID, 10, 64)
			return record.Int(id), err
		},
		FromOdoo: func(s Source) (record.Value, error) { return s.Record.Value(odoo), nil },
		ToOdoo:   func(t Target) (Values, error) { return Values{odoo: t.Value}, nil },
		ToExternal: func(t Target) (Values, error) {
			t.Value = record.Ref("", strconv.FormatInt(t.Value.AsInt(), 10))
			return refToExternal(t, external, bindingModel)
		},
	}
}
