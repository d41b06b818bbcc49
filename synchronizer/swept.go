package synchronizer

import (
	"cmp"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// sweptRow is what a poll keeps of every row of an Odoo model: who it is, when it was written, what it lives in, and where it stands
// in its order. The rows themselves are not kept, for there may be tens of thousands.
type sweptRow struct {
	id      int64
	date    string   // write_date as Odoo writes it
	parent  string   // Odoo id of what it lives in, "" for nothing or several
	parents []string // where it lives in several
	standing
}

// standing is where a row stands in its model's order.
type standing struct {
	row      int64  // its id
	group    string // Odoo id of what the order is within, "" for nothing or several
	archived bool
	sequence int64
	keys     []record.Value // by what else Odoo sorts, as [sorting] says
}

// sweep are the rows of a model in the order of their ids.
type sweep struct {
	rows []sweptRow
	of   sweeper
}

// sweeper makes swept rows of one model. What many of them have in common is there once.
type sweeper struct {
	parent  string
	order   *backend.Order
	sorting sorting
	texts   map[string]string
	keys    map[string][]record.Value
}

// newSweep begins a sweep of about so many rows.
func newSweep(m backend.Model, rows int) *sweep {
	of := sweeper{parent: m.OdooParent, order: m.Order, texts: map[string]string{}, keys: map[string][]record.Value{}}
	if m.Order != nil {
		of.sorting = newSorting(m.Order.OdooOrder, m.Order.Odoo)
	}
	return &sweep{rows: make([]sweptRow, 0, rows), of: of}
}

// add takes rows, in the order of their ids.
func (s *sweep) add(rows []record.Record) {
	for _, r := range rows {
		s.rows = append(s.rows, s.of.row(r))
	}
}

// find is the row with that id; ok is false if there is none.
func (s *sweep) find(id int64) (found sweptRow, ok bool) {
	i, ok := slices.BinarySearchFunc(s.rows, id, func(r sweptRow, id int64) int { return cmp.Compare(r.id, id) })
	if !ok {
		return sweptRow{}, false
	}
	return s.rows[i], true
}

func (s sweeper) text(t string) string {
	known, ok := s.texts[t]
	if !ok {
		s.texts[t], known = t, t
	}
	return known
}

func (s sweeper) row(r record.Record) sweptRow {
	out := sweptRow{id: odooID(r), date: s.text(writeDate(r)), standing: s.standing(r)}
	switch parents := linkIDs(r, s.parent); len(parents) {
	case 0:
	case 1:
		out.parent = s.text(parents[0])
	default:
		out.parents = parents
	}
	return out
}

// within are the ids of the Odoo records that the row lives in.
func (r sweptRow) within() []string {
	if r.parent != "" {
		return []string{r.parent}
	}
	return r.parents
}

// standing is where a row stands; nothing but its id for a model without order.
func (s sweeper) standing(r record.Record) standing {
	at := standing{row: odooID(r)}
	if s.order == nil {
		return at
	}
	at.archived, at.sequence = archived(r), r.Value(s.order.Odoo).AsInt()
	if ids := linkIDs(r, s.order.OdooGroup); len(ids) == 1 {
		at.group = s.text(ids[0])
	}
	keys := s.sorting.keysOf(r)
	hash := record.HashValues(keys...)
	if known, ok := s.keys[hash]; ok && slices.EqualFunc(known, keys, record.Value.Equal) {
		keys = known
	} else {
		s.keys[hash] = keys
	}
	at.keys = keys
	return at
}
