package synchronizer

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// orderer keeps the order of one model's records.
type orderer struct {
	*slice
	ranking ranking
	bound   map[string]binding.Brief // by external id
	groups  map[string]string        // Odoo ids of the groups by their external ids
}

// orderGroup are the records of one group that people see on both sides.
type orderGroup struct {
	id, parent string
	outside    []string // their external ids, as people see them
	rows       []Ranked // in Odoo's order
	made       map[string]binding.Intent
}

// newOrderer reads what is bound; nil if the model's order is not kept.
func (s *Synchronizer) newOrderer(ctx context.Context, model string) (*orderer, error) {
	m, ok := s.env.Model(model)
	if !ok || m.Order == nil || s.off(model) {
		return nil, nil
	}
	sl, err := s.newSlice(ctx, model, nil)
	if err != nil {
		return nil, err
	}
	o := &orderer{slice: sl, ranking: newRanking(m.Order.OdooOrder, m.Order.Odoo), bound: map[string]binding.Brief{}, groups: map[string]string{}}
	all, err := s.env.Binder.Briefs(ctx, model)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		if b.TakesPart() && b.Intent == binding.None && b.Role != binding.Alias {
			o.bound[b.ExternalID] = b
		}
	}
	if len(o.bound) == 0 {
		return nil, nil
	}
	groups, err := s.env.Binder.Briefs(ctx, m.Order.GroupModel)
	for _, b := range groups {
		if b.TakesPart() {
			o.groups[b.ExternalID] = binding.OdooID(b.OdooID)
		}
	}
	return o, err
}

func byNumber(a, b listedPlace) int {
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.id, b.id))
}

// gather sorts records into their groups: those that are bound, in use on both sides, and in the same group there.
func (o *orderer) gather(listed []listedPlace, rows ...*sweep) map[string]*orderGroup {
	slices.SortStableFunc(listed, byNumber)
	groups := map[string]*orderGroup{}
	for _, p := range listed {
		b, bound := o.bound[p.id]
		row, there := findIn(rows, b.OdooID)
		if !bound || !there || !p.active || row.archived || !o.together(p, row) {
			continue
		}
		g := groups[p.group]
		if g == nil {
			g = &orderGroup{id: p.group, parent: p.parent, made: map[string]binding.Intent{}}
			groups[p.group] = g
		}
		g.outside = append(g.outside, p.id)
		g.rows = append(g.rows, Ranked{ID: p.id, standing: row.standing})
		g.made[p.id] = b.Made
	}
	for _, g := range groups {
		o.ranking.sort(g.rows)
	}
	return groups
}

// findIn is the row in the first of the sweeps that has it.
func findIn(sweeps []*sweep, id int64) (row sweptRow, ok bool) {
	for _, s := range sweeps {
		if row, ok = s.find(id); ok {
			return row, true
		}
	}
	return row, false
}

// together says that a row is in the Odoo counterpart of the external group, and in no other.
func (o *orderer) together(p listedPlace, row sweptRow) bool {
	id, known := o.groups[p.group]
	return known && row.group == id
}

// ordersOf are a group's orders for planning.
func (o *orderer) ordersOf(g *orderGroup, kept keptOrder) Orders {
	out := Orders{External: g.outside, Made: map[string]binding.Intent{}, Base: kept.agreed, Moving: kept.moving, Settings: o.env.Settings(o.model.Name)}
	placed := slices.ContainsFunc(g.rows, func(r Ranked) bool { return r.sequence != o.model.Order.Unplaced })
	var old []int64 // sequences of what was on both sides before
	for _, r := range g.rows {
		out.Odoo = append(out.Odoo, r.ID)
		switch made := g.made[r.ID]; {
		case made == binding.None:
			old = append(old, r.sequence)
		case made == binding.Export && placed && r.sequence == o.model.Order.Unplaced:
			out.Made[r.ID] = binding.Import
		default:
			out.Made[r.ID] = made
		}
	}
	out.NoOrder = len(slices.Compact(old)) <= 1
	return out
}

// target is what has to be done to a group.
type target struct {
	wanted    Wanted
	shown     []string         // Odoo's order, as Odoo can show it
	moves     []string         // to be moved outside
	sequences map[string]int64 // to be written into Odoo
	movedIn   []string         // what is moved in Odoo, apart from what makes room for it
}

func (o *orderer) target(g *orderGroup, kept keptOrder) target {
	orders := o.ordersOf(g, kept)
	rows := make(map[string]Ranked, len(g.rows))
	for _, r := range g.rows {
		rows[r.ID] = r
	}
	t := target{wanted: orders.Plan()}
	t.shown = o.ranking.shown(t.wanted.Odoo, rows)
	t.moves, t.movedIn = movedIDs(g.outside, t.wanted.External), movedIDs(orders.Odoo, t.shown)
	if len(t.movedIn) > 0 {
		t.sequences = o.ranking.sequences(g.rows, t.shown)
	}
	return t
}

// settled says that nothing has to be moved.
func (t target) settled() bool { return len(t.moves)+len(t.movedIn) == 0 }

// agreed is how both sides are once the target is reached.
func (t target) agreed() Agreed { return agreed(t.wanted.External, t.shown) }

// rowsOf reads what tells the places of the records' Odoo halves.
func (o *orderer) rowsOf(ctx context.Context, ids []string) (*sweep, error) {
	var in []any
	for _, id := range ids {
		if b, bound := o.bound[id]; bound {
			in = append(in, b.OdooID)
		}
	}
	out := newSweep(o.model, len(in))
	if len(in) == 0 {
		return out, nil
	}
	fields := unique(append(append(o.model.Order.OdooFields(), "write_date"), o.activeField(ctx, o.model)...))
	defer func() { out.add(o.dry.rows(o.model, in)) }()
	return out, o.reading().EachPage(ctx, o.model.OdooModel, odoo.Cond("id", "in", in), fields, sweepPage, func(rows []record.Record) error {
		out.add(o.dry.left(o.model, rows, o.now))
		return nil
	})
}

// groupsOf are the groups of the places, in order of their ids, that hold any of the records.
func groupsOf(listed []listedPlace, ids map[string]bool) []string {
	found := map[string]bool{}
	for _, p := range listed {
		if ids[p.id] {
			found[p.group] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
