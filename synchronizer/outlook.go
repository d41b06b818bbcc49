package synchronizer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// outlook is what a dry run has planned so far.
type outlook struct {
	changes []*PlannedChange
	by      map[string]*PlannedChange // changes of pairs, by [keyOf]
	open    map[string]*PlannedChange // what came to no end yet, or was left alone, in no order
}

func newOutlook() outlook {
	return outlook{by: map[string]*PlannedChange{}, open: map[string]*PlannedChange{}}
}

// keyOf names a record of a binding model: by its id, or as it goes while it has none.
func keyOf(model, name string) string { return model + "\x00" + name }

// unboundKey names an item by its Odoo half, as it goes while it has no other.
func (it *item) unboundKey() string { return unboundKey(it.odooID(), it.args.Scope) }

// key names a record as its job does.
func (a Args) key() string {
	if a.ExternalID != "" {
		return a.ExternalID
	}
	return unboundKey(a.OdooID, a.Scope)
}

func unboundKey(odooID int64, scope string) string { return fmt.Sprintf("odoo:%d@%s", odooID, scope) }

// plan notes what became of an item.
func (d *dryRun) plan(sl *slice, it *item, b binding.Binding) {
	if d == nil {
		return
	}
	delete(d.open, keyOf(sl.model.Name, it.unboundKey()))
	delete(d.open, keyOf(sl.model.Name, b.ExternalID))
	c := PlannedChange{Name: b.Name, Linked: it.first && it.plan.Action != CreateOdoo && it.plan.Action != CreateExternal}
	switch it.plan.Action {
	case CreateOdoo:
		c.Operation, c.Side = WouldCreate, binding.Odoo
	case CreateExternal:
		c.Operation, c.Side = WouldCreate, binding.External
	case Update:
		c.Operation, c.Side = WouldUpdate, it.plan.side()
		if it.plan.archives(sl.mapper) {
			c.Operation = WouldArchive
		}
	case Bind:
		c.Operation = WouldLink
	default:
		return
	}
	if it.plan.Action != Bind {
		d.done[record.Reference{Model: b.Model, ID: b.ExternalID}] = true
	}
	c.Fields = plannedFields(it.plan, sl.mapper)
	d.note(b, c)
}

// note adds a change of a pair; what is noted of one pair twice is one change.
func (d *dryRun) note(b binding.Binding, c PlannedChange) {
	c.Model, c.parent, c.parentModel = b.Model, b.Parent, ""
	if !isMadeUp(b.ExternalID) {
		c.ExternalID = b.ExternalID
	}
	if b.OdooID < firstMadeUp {
		c.OdooID = b.OdooID
	}
	key := keyOf(b.Model, b.ExternalID)
	before := d.by[key]
	if before == nil {
		d.by[key] = &c
		d.changes = append(d.changes, &c)
		return
	}
	if before.Operation == WouldLink {
		before.Operation, before.Side = c.Operation, c.Side
	}
	before.Linked = before.Linked || c.Linked
	before.Fields = append(before.Fields, c.Fields...)
}

// side is the side that a plan writes, or both.
func (p Plan) side() binding.Side {
	switch {
	case len(p.Odoo) > 0 && len(p.Outside) > 0:
		return BothSides
	case len(p.Outside) > 0:
		return binding.External
	case len(p.Odoo) > 0:
		return binding.Odoo
	default:
		return binding.NoSide
	}
}

// plannedFields are what a plan says of fields: what is written, and why something is left alone.
func plannedFields(p Plan, m mapping.Mapper) (out []PlannedField) {
	for _, fp := range p.Fields {
		sides := fp.onSides(p.Action)
		if f, _ := m.Field(fp.Field); len(sides) == 0 && fp.Note != "" && !f.Kept {
			sides = []PlannedField{{}}
		}
		for i := range sides {
			sides[i].Field = fp.Field
		}
		if len(sides) > 0 {
			sides[0].Note = fp.Note
		}
		out = append(out, sides...)
	}
	return out
}

// onSides are the sides on which a field would be written, with what it holds there and shall hold.
func (fp FieldPlan) onSides(action Action) (sides []PlannedField) {
	add := func(side binding.Side, before record.Value) {
		if !fp.Result.Equal(before) && !fp.stays(before) {
			sides = append(sides, PlannedField{Side: side, Before: PlannedValue{Value: before}, After: PlannedValue{Value: fp.Result}})
		}
	}
	created := action == CreateOdoo || action == CreateExternal
	inOdoo, outside := fp.Odoo, fp.External
	if created {
		inOdoo, outside = record.Null(), record.Null()
	}
	if fp.ToOdoo {
		add(binding.Odoo, inOdoo)
	}
	if fp.ToExternal || (action == CreateExternal && fp.later) {
		add(binding.External, outside)
	}
	return sides
}

// deleted notes that one half of a pair was found deleted, and whether the other goes with it.
func (d *dryRun) deleted(sl *slice, b binding.Binding, reason string) {
	if d == nil {
		return
	}
	c := PlannedChange{Operation: FoundDeleted, Name: b.Name, Reason: reason}
	if !b.ExternalGone.IsZero() && !b.OdooGone.IsZero() {
		c.Side = d.followed
	}
	delete(d.open, keyOf(sl.model.Name, b.ExternalID))
	d.note(b, c)
}

// retired notes that a pair leaves what is synchronized.
func (d *dryRun) retired(b binding.Binding) {
	if d != nil {
		d.note(b, PlannedChange{Operation: WouldRetire, Name: b.Name, Reason: "it left what is synchronized"})
	}
}

// settled notes that a record was found that an earlier run created.
func (d *dryRun) settled(b binding.Binding) {
	if d != nil {
		d.note(b, PlannedChange{Operation: WouldLink, Linked: true, Name: b.Name, Reason: "an earlier run created it, and did not see the answer"})
	}
}

// move notes the moves of a group.
func (d *dryRun) move(o *orderer, g *orderGroup, t target) {
	d.groups[keyOf(o.model.Name, g.id)] = true
	d.moves(o, g, t.moves, t.wanted.External, binding.External)
	d.moves(o, g, t.movedIn, t.shown, binding.Odoo)
}

// moves notes the moves of one side, in the order that it would have.
func (d *dryRun) moves(o *orderer, g *orderGroup, moved, order []string, side binding.Side) {
	moving, after := setOf(moved), ""
	for _, id := range order {
		key := keyOf(o.model.Name, "move "+id)
		switch before := d.by[key]; {
		case !moving[id]:
		case before != nil:
			before.Side = BothSides
		default:
			c := &PlannedChange{
				Model: o.model.Name, Operation: WouldMove, Side: side, Name: id, named: true,
				after: after, parent: g.id, parentModel: o.model.Order.GroupModel,
			}
			if !isMadeUp(id) {
				c.ExternalID = id
			}
			if b := o.bound[id]; b.OdooID < firstMadeUp {
				c.OdooID = b.OdooID
			}
			d.by[key] = c
			d.changes = append(d.changes, c)
		}
		after = id
	}
}

// leftAlone notes that an item is left alone, for a reason. What waits for a person is told by its review.
func (d *dryRun) leftAlone(sl *slice, it *item, reason string) {
	if d != nil && len(it.plan.Reviews) == 0 {
		d.open[keyOf(sl.model.Name, it.key())] = d.unfinished(sl, it, WouldSkip, reason)
	}
}

// ended notes how an item ended that did not come to its end.
func (d *dryRun) ended(sl *slice, it *item, o jobs.Outcome) {
	if d == nil {
		return
	}
	key := keyOf(sl.model.Name, it.key())
	switch o.Kind {
	case jobs.Failed:
		d.open[key] = d.unfinished(sl, it, WouldFail, o.Err.Error())
	case jobs.Wait:
		d.open[key] = d.unfinished(sl, it, WouldWait, "it waits for "+awaited(sl, it.plan))
	case jobs.Postponed, jobs.Retry:
		reason := cmp.Or(o.Result, "an earlier creation may still take effect")
		if o.Err != nil {
			reason = o.Err.Error()
		}
		d.open[key] = d.unfinished(sl, it, WouldWait, reason)
	case jobs.Done, jobs.NothingToDo:
		if c := d.open[key]; c != nil && c.Operation == WouldWait {
			delete(d.open, key)
		}
	}
}

// awaited names what a plan waits for.
func awaited(sl *slice, p Plan) string {
	var names []string
	for _, ref := range p.Missing {
		m, _ := sl.env.Model(ref.Model)
		names = append(names, fmt.Sprintf("the %s %s", m.Noun, ref.ID))
	}
	for _, a := range p.Exports {
		m, _ := sl.env.Model(a.Model)
		names = append(names, fmt.Sprintf("the %s %d", m.OdooNoun, a.OdooID))
	}
	slices.Sort(names)
	return enumeration(slices.Compact(names))
}

func (d *dryRun) unfinished(sl *slice, it *item, op Operation, reason string) *PlannedChange {
	c := &PlannedChange{Model: sl.model.Name, Operation: op, Name: it.knownName(sl), Reason: reason, parent: it.scope}
	if id := it.externalID(); !isMadeUp(id) {
		c.ExternalID = id
	}
	if id := it.odooID(); id < firstMadeUp {
		c.OdooID = id
	}
	return c
}

// knownName is what an item is called, as far as it was read.
func (it *item) knownName(sl *slice) (name string) {
	switch {
	case it.external != nil:
		name = it.external.Value(sl.model.NameField).AsText()
	case it.odoo != nil:
		name = nameOf(it.odoo.Value(sl.model.OdooNameField))
	}
	if strings.TrimSpace(name) == "" {
		name = it.binding.Name
	}
	return excerpt(name)
}
