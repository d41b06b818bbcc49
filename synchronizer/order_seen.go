package synchronizer

import (
	"context"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// orderSeen is what a run knows of the order of one model's records: what its polls saw, so that nobody need be asked again where nothing
// has changed since.
type orderSeen struct {
	listed  []listedPlace   // nil: nothing was listed
	partly  bool            // it was not listed everywhere
	swept   *sweep          // nil: nothing was swept
	changed map[string]bool // external ids of what the run wrote or bound since
}

// listedPlace is where an external record is.
type listedPlace struct {
	id, parent, group string
	number            float64
	active            bool
}

// seen is the run's knowledge of a model's order.
func (s *Synchronizer) seen(model string) *orderSeen {
	if s.orders[model] == nil {
		s.orders[model] = &orderSeen{changed: map[string]bool{}}
	}
	return s.orders[model]
}

// reorder notes that the order around a record has to be looked at anew.
func (s *Synchronizer) reorder(model, externalID string) {
	s.seen(model).changed[externalID] = true
}

// noteListing begins to keep the places of what a poll lists outside.
func (s *Synchronizer) noteListing(m backend.Model, partly bool) {
	if m.Order != nil {
		s.seen(m.Name).listed, s.seen(m.Name).partly = []listedPlace{}, partly
	}
}

// noteListed keeps the places of a part of what a poll lists outside.
func (s *Synchronizer) noteListed(sl *slice, records []record.Record) {
	if sl.model.Order != nil {
		seen := s.seen(sl.model.Name)
		seen.listed = append(seen.listed, sl.places(records)...)
	}
}

// places are where external records are, in their order.
func (sl *slice) places(records []record.Record) []listedPlace {
	out := make([]listedPlace, len(records))
	for i, r := range records {
		number := 0.0
		if n := r.Value(sl.model.Order.External).AsRat(); n != nil {
			number, _ = n.Float64()
		}
		out[i] = listedPlace{
			id: r.ID, parent: refID(r, sl.model.ParentField), group: refID(r, sl.model.Order.Group), number: number, active: sl.inUse(r),
		}
	}
	return out
}

// inUse says that an external record is not put away.
func (sl *slice) inUse(r record.Record) bool {
	for f := range sl.mapper.Each() {
		if f.Active {
			v, err := f.ReadExternal(mapping.Source{Record: r})
			return err == nil && v.AsBool()
		}
	}
	return true
}

// noteSwept keeps the rows that a poll swept in Odoo.
func (s *Synchronizer) noteSwept(m backend.Model, rows *sweep) {
	if m.Order != nil {
		s.seen(m.Name).swept = rows
	}
}

// activeField is the field that says whether a row is archived, where the model has one.
func (s *Synchronizer) activeField(ctx context.Context, m backend.Model) []string {
	types, err := s.fieldTypes(ctx, m)
	if err != nil || types["active"] == "" {
		return nil
	}
	return []string{"active"}
}

// archived says that a row is.
func archived(r record.Record) bool {
	v := r.Value("active")
	return v.Kind() == record.KindBool && !v.AsBool()
}
