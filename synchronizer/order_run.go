package synchronizer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// orderPhase brings the records of a model into the same order on both sides, once they are in step.
func (s *Synchronizer) orderPhase(ctx context.Context, model string, o RunOptions) error {
	if err := s.PollOrder(ctx, model); err != nil {
		return err
	}
	return s.work(ctx, o, jobs.RunFilter{NoHold: true})
}

// orderLate brings what was made at the end of a run, after its model's turn, into order.
func (s *Synchronizer) orderLate(ctx context.Context, o RunOptions) error {
	for _, m := range s.env.Backend.AllModels() {
		if seen := s.orders[m.Name]; seen == nil || len(seen.changed) == 0 || m.Order == nil {
			continue
		}
		if err := s.orderPhase(ctx, m.Name, o); err != nil {
			return err
		}
	}
	return nil
}

// PollOrder compares the order of a model's records on both sides, group by group, and makes a job of each group in which something has to
// be moved. It goes by what the polls before it saw, and asks only for groups that the run itself has changed since.
func (s *Synchronizer) PollOrder(ctx context.Context, model string) error {
	if s.oneWay(model) || !s.looks(model) {
		return nil
	}
	o, err := s.newOrderer(ctx, model)
	if err != nil || o == nil {
		return err
	}
	kept, err := s.keptOrders(ctx, model)
	if err != nil {
		return err
	}
	groups, err := o.look(ctx, kept)
	if err != nil {
		return err
	}
	var specs []jobs.Spec
	agreed := map[string]Agreed{}
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		g := groups[id]
		t := o.target(g, kept[id])
		switch {
		case !t.settled():
			specs = append(specs, o.spec(ctx, g))
		case len(g.outside) > 1 && (!kept[id].agreed.equal(t.agreed()) || !kept[id].moving.empty()):
			agreed[id] = t.agreed()
		}
	}
	if len(specs)+len(agreed) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *state.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(agreed)) {
			if err := s.saveOrder(ctx, tx, model, id, keptOrder{agreed: agreed[id]}); err != nil {
				return err
			}
		}
		_, created, err := s.queue.EnqueueAll(ctx, tx, specs)
		s.report.Jobs.Enqueued += created
		return err
	})
}

// spec is the job that brings a group into order.
func (o *orderer) spec(ctx context.Context, g *orderGroup) jobs.Spec {
	m, _ := o.env.Model(o.model.Order.GroupModel)
	name := g.id
	if found, err := o.env.Binder.Lean().ByExternal(ctx, m.Name, []string{g.id}); err == nil && found[g.id].Name != "" {
		name = excerpt(found[g.id].Name)
	}
	return recordFunc(OrderRecords).Spec(Args{Model: o.model.Name, Group: g.id, Parent: g.parent}, jobs.Spec{
		Backend: o.env.Config.Name, Model: o.model.Name,
		Identity:    fmt.Sprintf("%s:%s:order:%s", o.env.Config.Name, o.model.Name, g.id),
		Description: fmt.Sprintf("Order the %s of %s '%s'", plural(o.model.Noun, 2), m.Noun, name),
	})
}

// look gathers the groups from what the polls saw; what the run changed since is read again.
func (o *orderer) look(ctx context.Context, kept map[string]keptOrder) (map[string]*orderGroup, error) {
	seen := o.seen(o.model.Name)
	defer delete(o.orders, o.model.Name)
	if seen.listed == nil || (seen.partly && seen.swept != nil) || (len(seen.changed) > 0 && o.dry == nil) {
		if err := o.list(ctx, seen); err != nil || seen.listed == nil {
			return nil, err
		}
	}
	seen.listed = o.dry.places(o.slice, seen.listed)
	if seen.swept == nil && o.unmoved(seen.listed, kept) {
		return nil, nil
	}
	ask := groupsOf(seen.listed, seen.changed)
	if seen.swept == nil {
		ask = groupsOf(seen.listed, o.boundIDs())
		seen.swept = newSweep(o.model, 0)
	}
	fresh, err := o.rowsOf(ctx, inGroups(seen.listed, ask))
	if err != nil {
		return nil, err
	}
	return o.gather(seen.listed, fresh, seen.swept), nil
}

// list lists the places anew: of what the run looks at and of what it changed where that was so before and Odoo's order is not compared,
// else of all.
func (o *orderer) list(ctx context.Context, seen *orderSeen) error {
	lister, ok := o.adapter.(backend.Lister)
	if seen.listed = nil; !ok {
		return nil
	}
	if seen.partly && seen.swept == nil {
		for _, id := range sortedKeys(seen.changed) {
			if err := o.lookInto(ctx, o.model.Name, id, o.bound[id].Parent); err != nil {
				return err
			}
		}
		end, _ := o.narrow()
		defer end()
	}
	seen.listed = []listedPlace{}
	return o.parts(ctx, lister, func(part backend.Listing) error {
		seen.listed = append(seen.listed, o.places(part.Records)...)
		return nil
	})
}

func (o *orderer) boundIDs() map[string]bool {
	ids := make(map[string]bool, len(o.bound))
	for id := range o.bound {
		ids[id] = true
	}
	return ids
}

// inGroups are the ids of the places in some groups.
func inGroups(listed []listedPlace, groups []string) (ids []string) {
	in := setOf(groups)
	for _, p := range listed {
		if in[p.group] {
			ids = append(ids, p.id)
		}
	}
	return ids
}

// unmoved says that the external order alone, which is all that counts where nothing goes out of Odoo, is as it was left.
func (o *orderer) unmoved(listed []listedPlace, kept map[string]keptOrder) bool {
	in := map[string][]string{}
	sorted := slices.Clone(listed)
	slices.SortStableFunc(sorted, byNumber)
	for _, p := range sorted {
		if _, bound := o.bound[p.id]; bound && p.active {
			in[p.group] = append(in[p.group], p.id)
		}
	}
	for id, now := range in {
		if len(now) > 1 && (!slices.Equal(now, kept[id].agreed.External) || !kept[id].moving.empty()) {
			return false
		}
	}
	return true
}

// RunOrder brings the groups that the arguments name into the same order on both sides, and calls finish for each with the outcome that
// is to be committed. What it returns is an outage or a fault of the program, as of Run.
func (s *Synchronizer) RunOrder(ctx context.Context, args []Args, finish func(index int, o jobs.Outcome) error) error {
	if len(args) == 0 {
		return nil
	}
	o, err := s.newOrderer(ctx, args[0].Model)
	if err != nil {
		return err
	}
	if o == nil || s.oneWay(args[0].Model) { // the next poll of the order finds it again
		return each(args, func(i int, _ Args) error {
			return finish(i, jobs.Outcome{Kind: jobs.NothingToDo, Result: "nothing to do: nothing is bound, or the run goes one way"})
		})
	}
	kept, err := s.keptOrders(ctx, args[0].Model)
	if err != nil {
		return err
	}
	groups, err := o.read(ctx, args)
	if err != nil {
		return err
	}
	return each(args, func(i int, a Args) error {
		if jobs.Stopping(ctx) {
			return nil
		}
		outcome, err := o.bring(ctx, groups[a.Group], kept[a.Group])
		if err != nil || o.limits.Reached {
			return err
		}
		return finish(i, outcome)
	})
}

func each[T any](all []T, do func(i int, one T) error) error {
	for i, a := range all {
		if err := do(i, a); err != nil {
			return err
		}
	}
	return nil
}

// read gathers the groups that are named as they are now.
func (o *orderer) read(ctx context.Context, args []Args) (map[string]*orderGroup, error) {
	lister, ok := o.adapter.(backend.Siblings)
	if !ok {
		return nil, nil
	}
	parents, groups := map[string]bool{}, map[string]bool{}
	for _, a := range args {
		parents[a.Parent], groups[a.Group] = true, true
	}
	records, err := o.siblings(ctx, lister, sortedKeys(parents))
	if err != nil {
		return nil, err
	}
	listed := slices.DeleteFunc(o.dry.places(o.slice, o.places(records)), func(p listedPlace) bool { return !groups[p.group] })
	rows, err := o.rowsOf(ctx, inGroups(listed, sortedKeys(groups)))
	if err != nil {
		return nil, err
	}
	return o.gather(listed, rows), nil
}

// bring moves what has to be moved in one group. What is about to be moved is stored before, so that after a crash it is not taken for
// people's doing.
func (o *orderer) bring(ctx context.Context, g *orderGroup, kept keptOrder) (jobs.Outcome, error) {
	if g == nil {
		return jobs.Outcome{Kind: jobs.NothingToDo, Result: "nothing to do: no two records are there on both sides"}, nil
	}
	t := o.target(g, kept)
	if t.settled() || o.dry.ordered(o.model.Name, g.id) {
		return o.done(g, t, jobs.NothingToDo, "nothing to do: both sides are in the same order"), nil
	}
	if !o.spendAll(unique(append(slices.Clone(t.moves), t.movedIn...))) {
		return jobs.Outcome{}, nil
	}
	kept.moving = Moving{External: unique(append(kept.moving.External, t.moves...)), Odoo: unique(append(kept.moving.Odoo, t.movedIn...))}
	if err := o.db.Write(ctx, func(tx *state.Tx) error { return o.saveOrder(ctx, tx, o.model.Name, g.id, kept) }); err != nil {
		return jobs.Outcome{}, err
	}
	err := o.move(ctx, g, t)
	switch {
	case outage(err):
		return jobs.Outcome{}, err
	case err != nil:
		return o.failed(&item{}, err), nil
	}
	o.report.Of(o.model.Name).Moved += len(unique(append(slices.Clone(t.moves), t.movedIn...)))
	return o.done(g, t, jobs.Done, t.result(o.model)), nil
}

// spendAll says that all of a group's records may be moved. They are moved together or not at all.
func (o *orderer) spendAll(ids []string) bool {
	fresh := 0
	for _, id := range ids {
		if !o.spent[keyOf(o.model.Name, id)] {
			fresh++
		}
	}
	if o.limits.Records > 0 && len(o.spent)+fresh > o.limits.Records {
		o.limits.Reached = true
		return false
	}
	for _, id := range ids {
		o.spend(o.model.Name, id)
	}
	return true
}

// move moves what has to be moved on both sides; a dry run notes it.
func (o *orderer) move(ctx context.Context, g *orderGroup, t target) error {
	if o.dry != nil {
		o.dry.move(o, g, t)
		return nil
	}
	if err := o.moveInOdoo(ctx, t.sequences); err != nil {
		return err
	}
	return o.moveOutside(ctx, g, t)
}

// done is the outcome of a group that is in order.
func (o *orderer) done(g *orderGroup, t target, kind jobs.OutcomeKind, result string) jobs.Outcome {
	return jobs.Outcome{Kind: kind, Result: result, Commit: func(ctx context.Context, tx *state.Tx) error {
		return o.saveOrder(ctx, tx, o.model.Name, g.id, keptOrder{agreed: t.agreed()})
	}}
}

// result tells what was moved.
func (t target) result(m backend.Model) string {
	text := fmt.Sprintf("moved %d %s and %d %s", len(t.moves), plural(m.Noun, len(t.moves)), len(t.movedIn), plural(m.OdooNoun, len(t.movedIn)))
	if n := len(t.wanted.Contested); n > 0 {
		text += fmt.Sprintf("; %d were moved on both sides, and are where the conflict policy has them", n)
	}
	return text
}

// moveInOdoo writes the new sequences.
func (o *orderer) moveInOdoo(ctx context.Context, sequences map[string]int64) error {
	var changes []odoo.RecordChange
	for _, id := range sortedKeys(sequences) {
		changes = append(changes, odoo.RecordChange{
			ID: o.bound[id].OdooID, Values: mapping.Values{o.model.Order.Odoo: record.Int(sequences[id])},
		})
	}
	if len(changes) == 0 {
		return nil
	}
	o.env.Explainf("order %d %s in Odoo", len(changes), plural(o.model.OdooNoun, len(changes)))
	results, err := o.env.Session.WriteRecords(ctx, o.model.OdooModel, changes)
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
	}
	return err
}

// moveOutside moves the external records, each behind the one that it shall follow.
func (o *orderer) moveOutside(ctx context.Context, g *orderGroup, t target) error {
	mover, ok := o.adapter.(backend.Mover)
	if !ok || len(t.moves) == 0 {
		return nil
	}
	moving, after := setOf(t.moves), ""
	var moves []backend.Move
	for _, id := range t.wanted.External {
		if moving[id] {
			moves = append(moves, backend.Move{Key: backend.Key{ID: id, Parent: g.parent}, Group: g.id, After: after})
		}
		after = id
	}
	o.env.Explainf("order %d %s outside", len(moves), plural(o.model.Noun, len(moves)))
	results, err := mover.Move(ctx, moves)
	for _, r := range results {
		if err == nil {
			err = r.Err
		}
	}
	return err
}
