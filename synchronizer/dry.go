package synchronizer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// A dry run is a run with the same polls, jobs and plans as any other, on a copy of the state, in which nothing is written on either
// side: what would be created is made up, so that what lives in it finds its parent bound, and what would be changed is kept as it
// would be then. A pair that was dealt with so is not looked at again, since the servers show it as it was before.

// dryRun is what a dry run has made up and planned so far. All methods do nothing where there is none (nil), as in every other run.
type dryRun struct {
	outlook
	odoo     map[record.Reference]record.Record // by Odoo model and id: what was made up or changed
	external map[record.Reference]record.Record // by binding model and external id
	defaults map[string]map[string]record.Value // what Odoo gives a new record, by binding model
	made     map[string][]record.Record         // Odoo records that were made up, in their order, by binding model
	created  map[string][]string                // external ids that were made up, in their order, by binding model
	count    int64
	done     map[record.Reference]bool // pairs that were dealt with, by binding model and external id
	groups   map[string]bool           // groups that were put in order
	flipped  map[record.Reference]bool // Odoo records that were archived (false) or restored, with what lives in them
	followed binding.Side              // where a deletion was carried over to last
	// identified are the ids of records that our user made in Odoo, by identifier, by Odoo model.
	identified map[string]map[string]int64
}

func newDryRun() *dryRun {
	return &dryRun{
		outlook: newOutlook(), odoo: map[record.Reference]record.Record{}, external: map[record.Reference]record.Record{},
		defaults: map[string]map[string]record.Value{},
		made:     map[string][]record.Record{}, created: map[string][]string{}, done: map[record.Reference]bool{}, groups: map[string]bool{},
		flipped: map[record.Reference]bool{}, identified: map[string]map[string]int64{},
	}
}

// firstMadeUp is the least Odoo id that is made up: beyond what Odoo has given out, so that it sorts as the newest, and still an id that
// a domain may name.
const firstMadeUp = 2_000_000_000

// madeUpPrefix begins every external id that is made up.
const madeUpPrefix = "(new) "

func isMadeUp(externalID string) bool { return strings.HasPrefix(externalID, madeUpPrefix) }

// makeUp makes up an Odoo record of these values.
func (d *dryRun) makeUp(sl *slice, values mapping.Values) record.Record {
	d.count++
	all := maps.Clone(d.defaults[sl.model.Name])
	if all == nil {
		all = map[string]record.Value{}
	}
	maps.Copy(all, values)
	all["write_date"] = record.Instant(sl.now)
	r := record.New(sl.model.OdooModel, fmt.Sprint(firstMadeUp+d.count), all)
	d.odoo[r.Reference()] = r
	d.made[sl.model.Name] = append(d.made[sl.model.Name], r)
	return r
}

// createInOdoo makes up the records of items.
func (d *dryRun) createInOdoo(ctx context.Context, sl *slice, items []*item) ([]odoo.LoadResult, error) {
	if err := d.findDefaults(ctx, sl); err != nil {
		return nil, err
	}
	out := make([]odoo.LoadResult, len(items))
	for i, it := range items {
		out[i].ID = odooID(d.makeUp(sl, it.plan.Odoo))
	}
	return out, nil
}

// findDefaults asks Odoo, once for each model, what it would give a new record that says where the record stands in its order.
func (d *dryRun) findDefaults(ctx context.Context, sl *slice) error {
	if _, asked := d.defaults[sl.model.Name]; asked || sl.model.Order == nil {
		return nil
	}
	defaults := map[string]record.Value{}
	d.defaults[sl.model.Name] = defaults
	answer, err := sl.env.Session.ExecuteKW(ctx, sl.model.OdooModel, "default_get", []any{sl.model.Order.OdooFields()}, nil, odoo.Read())
	if outage(err) {
		return err
	}
	values, _ := answer.(map[string]any) // without an answer the order is a guess, and nothing else
	for name, v := range values {
		switch v := v.(type) {
		case string:
			defaults[name] = record.Text(v)
		case int64:
			defaults[name] = record.Int(v)
		}
	}
	return nil
}

// writeInOdoo keeps the items' Odoo halves as they would be.
func (d *dryRun) writeInOdoo(sl *slice, items []*item) []odoo.WriteResult {
	out := make([]odoo.WriteResult, len(items))
	for i, it := range items {
		r := changed(*it.odoo, it.plan.Odoo).With("write_date", record.Instant(sl.now))
		d.odoo[r.Reference()] = r
		if before, after := it.odoo.Value("active"), r.Value("active"); !before.IsNull() && before.AsBool() != after.AsBool() {
			d.flipped[r.Reference()] = after.AsBool()
		}
		out[i].ID = odooID(r)
	}
	return out
}

// changed is a record with other values.
func changed(r record.Record, values mapping.Values) record.Record {
	for _, name := range sortedKeys(values) {
		r = r.With(name, values[name])
	}
	return r
}

// createOutside makes up the external half of an item, as an adapter's Create creates it.
func (d *dryRun) createOutside(sl *slice, it *item) func(context.Context, []mapping.Values) ([]backend.Result, error) {
	return func(_ context.Context, values []mapping.Values) ([]backend.Result, error) {
		d.count++
		id := fmt.Sprint(madeUpPrefix, d.count)
		all := maps.Clone(map[string]record.Value(values[0]))
		if sl.model.Parent != "" {
			all[sl.model.ParentField] = record.Ref(sl.model.Parent, it.scope)
		}
		r := record.New(sl.model.Name, id, all)
		d.external[record.Reference{Model: sl.model.Name, ID: id}] = r
		d.created[sl.model.Name] = append(d.created[sl.model.Name], id)
		return []backend.Result{{Record: r}}, nil
	}
}

// updateOutside keeps an item's external half as it would be, as an adapter's Update changes it.
func (d *dryRun) updateOutside(it *item) func(context.Context, []backend.Change) ([]backend.Result, error) {
	return func(_ context.Context, changes []backend.Change) ([]backend.Result, error) {
		r := changed(*it.external, changes[0].Values)
		d.external[record.Reference{Model: it.pair.Model.Name, ID: r.ID}] = r
		return []backend.Result{{Record: r}}, nil
	}
}

// readMadeUp takes those of the Odoo records that are not as the server has them, and gives the ids of the others.
func (d *dryRun) readMadeUp(out seen, model string, ids []int64) []int64 {
	if d == nil {
		return ids
	}
	left := make([]int64, 0, len(ids))
	for _, id := range ids {
		if r, known := d.odoo[record.Reference{Model: model, ID: binding.OdooID(id)}]; known {
			out.records[id] = &r
			continue
		}
		left = append(left, id)
	}
	return left
}

// cascade is a record of Odoo as it is once Odoo has archived or restored it with what it lives in.
func (d *dryRun) cascade(m backend.Model, r record.Record, now record.Value) record.Record {
	if d == nil || len(d.flipped) == 0 {
		return r
	}
	for _, name := range m.CascadeFrom {
		ref, _ := r.Value(name).AsRef()
		active, flipped := d.flipped[ref]
		if !flipped || (active && name == m.CascadeStays) || (r.Has("active") && r.Value("active").AsBool() == active) {
			continue
		}
		r = r.With("active", record.Bool(active)).With("write_date", now)
	}
	return r
}

// withoutMadeUp takes the external halves of those items that the server does not have, and gives the others.
func (d *dryRun) withoutMadeUp(sl *slice, items []*item) []*item {
	if d == nil {
		return items
	}
	return slices.DeleteFunc(slices.Clone(items), func(it *item) bool {
		if !isMadeUp(it.externalID()) {
			return false
		}
		r := d.external[record.Reference{Model: sl.model.Name, ID: it.externalID()}]
		it.external = &r
		return true
	})
}

// named are the Odoo records of the slice's model that were made up under one of the names.
func (d *dryRun) named(sl *slice, names []any) (found []record.Record) {
	if d == nil {
		return nil
	}
	for _, r := range d.made[sl.model.Name] {
		if sl.model.Alike || slices.Contains(names, any(nameOf(r.Value(sl.model.OdooNameField)))) {
			found = append(found, r)
		}
	}
	return found
}

// leaveDone ends the items whose pair a dry run has dealt with.
func (sl *slice) leaveDone(context.Context) error {
	if sl.dry == nil {
		return nil
	}
	for _, it := range sl.unfinished() {
		if !sl.dry.done[record.Reference{Model: sl.model.Name, ID: it.externalID()}] {
			continue
		}
		if err := sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: "planned already"}); err != nil {
			return err
		}
	}
	return nil
}

// follow notes that a deletion is carried over to a side.
func (d *dryRun) follow(side binding.Side) (dry bool) {
	if d == nil {
		return false
	}
	d.followed = side
	return true
}

// endOfGroup is the number from which the places of what is created outside are counted: behind all others.
const endOfGroup = 1e18

// places are the places of external records as they would be then, with those that would be created. What comes into a parent comes
// last there.
func (d *dryRun) places(sl *slice, listed []listedPlace) []listedPlace {
	if d == nil {
		return listed
	}
	there, last := map[string]bool{}, 0
	behind := func(p *listedPlace) {
		last++
		p.number = endOfGroup * float64(last)
	}
	for i, p := range listed {
		there[p.id] = true
		r, known := d.external[record.Reference{Model: sl.model.Name, ID: p.id}]
		if !known || isMadeUp(p.id) {
			continue
		}
		listed[i] = sl.places([]record.Record{r})[0]
		if listed[i].parent != p.parent {
			behind(&listed[i])
		}
	}
	for _, id := range d.created[sl.model.Name] {
		if there[id] {
			continue
		}
		p := sl.places([]record.Record{d.external[record.Reference{Model: sl.model.Name, ID: id}]})[0]
		behind(&p)
		listed = append(listed, p)
	}
	return listed
}

// left are rows of a model of Odoo as they would be then.
func (d *dryRun) left(m backend.Model, rows []record.Record, now time.Time) []record.Record {
	if d == nil {
		return rows
	}
	for i, r := range rows {
		written, known := d.odoo[r.Reference()]
		if known {
			rows[i] = written
			continue
		}
		rows[i] = d.cascade(m, r, record.Instant(now.Truncate(time.Second)))
	}
	return rows
}

// rows are those among the Odoo records that were made up, in the order of their ids.
func (d *dryRun) rows(m backend.Model, ids []any) (rows []record.Record) {
	if d == nil {
		return nil
	}
	asked := make(map[any]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	for _, r := range d.made[m.Name] {
		if asked[odooID(r)] {
			rows = append(rows, r)
		}
	}
	return rows
}

// ordered says that a group was put in order before.
func (d *dryRun) ordered(model, group string) bool { return d != nil && d.groups[model+"\x00"+group] }
