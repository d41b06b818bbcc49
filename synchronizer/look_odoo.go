package synchronizer

import (
	"cmp"
	"context"
	"slices"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/record"
)

// odooLook is one look of one consumer at an Odoo model: at the rows that were written lately, with all mapped fields, page by page, and at
// every row that takes part, of which no more than [sweptRow] is kept.
type odooLook struct {
	*poll
	briefs   []binding.Brief // in the order of their Odoo ids
	all      bool            // what was written lately is everything
	swept    *sweep
	wasRead  map[int64]bool // Odoo ids of the rows that were read
	latest   string         // the newest write_date among those that were written lately, to which the position moves
	reviewed *reviewedInOdoo
	alone    map[int64]bool // rows whose reviews say what is so now
	unbound  []unboundRow
	exports  bool
}

// unboundRow is a row that lacks a counterpart in one of its parents; partial says that it has one in another.
type unboundRow struct {
	change  Change
	at      standing
	partial bool
}

func (s *Synchronizer) newOdooLook(ctx context.Context, model string, all bool) (*odooLook, error) {
	sl, err := s.newSlice(ctx, model, nil)
	if err != nil {
		return nil, err
	}
	p := &poll{slice: sl, fires: sl.OnOdooChange}
	if p.reviews, err = s.env.Binder.Reviews(ctx, model); err != nil {
		return nil, err
	}
	if p.parents, err = p.boundParents(ctx); err != nil {
		return nil, err
	}
	l := &odooLook{
		poll: p, all: all, wasRead: map[int64]bool{}, reviewed: newReviewedInOdoo(p), exports: s.direction(model).Exports(),
	}
	l.briefs, err = s.env.Binder.Briefs(ctx, model)
	l.swept = newSweep(sl.model, len(l.briefs))
	slices.SortStableFunc(l.briefs, func(a, b binding.Brief) int { return cmp.Compare(a.OdooID, b.OdooID) })
	return l, err
}

// bindingsOf are the bindings of an Odoo record.
func (l *odooLook) bindingsOf(id int64) []binding.Brief {
	from, ok := slices.BinarySearchFunc(l.briefs, id, func(b binding.Brief, id int64) int { return cmp.Compare(b.OdooID, id) })
	to := from
	for ok && to < len(l.briefs) && l.briefs[to].OdooID == id {
		to++
	}
	return l.briefs[from:to]
}

// written takes a page of the rows that were written lately.
func (l *odooLook) written(ctx context.Context, page []record.Record) error {
	page = l.dry.left(l.model, page, l.env.Clock.Now())
	if l.all {
		l.swept.add(page)
	}
	for _, r := range page {
		l.latest = max(l.latest, writeDate(r))
	}
	return l.rows(ctx, page)
}

// rows takes rows with all mapped fields, and compares them with their bindings, some hundreds at a time. Those that a review is about
// wait until all were read.
func (l *odooLook) rows(ctx context.Context, page []record.Record) error {
	for rows := range slices.Chunk(page, atATime) {
		l.at(PollingOdoo, l.model.Name, len(l.wasRead), 0)
		for _, r := range rows {
			l.wasRead[odooID(r)] = true
		}
		if err := l.lookupOdoo(ctx, rows); err != nil {
			return err
		}
		if err := l.compare(ctx, l.reviewed.take(rows, l.bindingsOf)); err != nil {
			return err
		}
	}
	return nil
}

// compare compares rows with their bindings, once what they point to was looked up.
func (l *odooLook) compare(ctx context.Context, rows []record.Record) error {
	bound, err := l.env.Binder.ByOdoo(ctx, l.model.Name, ids(rows))
	if err != nil {
		return err
	}
	if err := l.fill(ctx, l.lookup, nil, l.baseLinks(bound)); err != nil {
		return err
	}
	for i := range rows {
		l.row(rows[i], bound[odooID(rows[i])])
	}
	return l.flush(ctx)
}

// row takes one row that was read: it may be bound in several scopes. What is not exported is
// looked at only where it waits for a person.
func (l *odooLook) row(r record.Record, bindings []binding.Binding) {
	name := nameOf(r.Value(l.model.OdooNameField))
	if l.exports && !l.alone[odooID(r)] {
		l.lacking(r, name, bindings)
	}
	for _, b := range bindings {
		if l.exports && l.comesBack(b, r) {
			l.turned = true
			l.changes = append(l.changes, Change{Args: bindingArgs(b), Name: name})
		}
		if !b.TakesPart() || (!l.exports && l.waitingFields(b) == nil) {
			continue
		}
		scope := b.Parent
		if parent := l.odooParent(&r); parent != "" {
			scope = parent
		}
		held, found := l.heldFields(b, r, scope)
		if found || l.archivedAgain(b, r) || l.changed(&b, r, scope, odooSide, held) {
			l.changes = append(l.changes, Change{Args: bindingArgs(b), Name: name})
			continue
		}
		l.noteWriteDate(b, writeDate(r))
	}
}

// lacking notes a row for each parent in which it has no counterpart.
func (l *odooLook) lacking(r record.Record, name string, bindings []binding.Binding) {
	if !polledOut(l.model) || l.emptied(r) {
		return
	}
	scopes := make([]string, len(bindings))
	for i, b := range bindings {
		scopes[i] = b.Scope
	}
	for _, parent := range l.freeParents(l.parentsOf(r, l.parents), scopes) {
		args := Args{Model: l.model.Name, OdooID: odooID(r), Scope: scopeOf(l.model, parent), Parent: parent}
		l.unbound = append(l.unbound, unboundRow{Change{Args: args, Name: name}, l.swept.of.standing(r), len(bindings) > 0})
	}
}

// end does what needs a view of all, and moves this consumer's position in the transaction that takes the last of the jobs.
func (l *odooLook) end(ctx context.Context) error {
	l.env.Explainf("polled Odoo: %d %s written lately, %d in all", len(l.wasRead), plural(l.model.OdooNoun, len(l.wasRead)), len(l.swept.rows))
	l.noteSwept(l.model, l.swept)
	if err := l.readStale(ctx); err != nil {
		return err
	}
	if err := l.endReviewed(ctx); err != nil {
		return err
	}
	if err := l.letOut(ctx); err != nil {
		return err
	}
	if l.exports {
		if err := l.absent(ctx); err != nil {
			return err
		}
	}
	if err := l.OnOdooChange.Fire(ctx, l.model.Name, l.changes); err != nil {
		return err
	}
	if l.leftOut(l.model.Name) == config.DirectionExport { // only what reviews are about was read
		return l.store(ctx, l.refresh, nil)
	}
	move, err := l.move(ctx, l.model, l.latest)
	if err != nil {
		return err
	}
	if err := l.store(ctx, l.refresh, move); err != nil {
		return err
	}
	return l.forgetNewLinks(ctx, l.model)
}

// readStale reads the rows whose write_date is not the binding's and which the poll did not read:
// the changes that a transaction of long duration hid, and unbound records that nobody looked at.
func (l *odooLook) readStale(ctx context.Context) error {
	if !l.exports {
		return nil
	}
	var stale []int64
	for _, r := range l.swept.rows {
		if !l.wasRead[r.id] && l.ours(r) && l.stale(r) {
			stale = append(stale, r.id)
		}
	}
	for ids := range slices.Chunk(stale, manyRows) {
		there, err := l.read(ctx, l.model.OdooModel, ids, l.odooFields())
		if err != nil {
			return err
		}
		l.cascaded(there)
		var rows []record.Record
		for _, id := range ids {
			if r := there.records[id]; r != nil {
				rows = append(rows, *r)
			}
		}
		if err := l.rows(ctx, rows); err != nil {
			return err
		}
	}
	return nil
}

// stale says that a row of the sweep is to be read: it is not as its bindings know it, or it lacks one.
func (l *odooLook) stale(r sweptRow) bool {
	bindings := l.bindingsOf(r.id)
	if len(bindings) == 0 || (l.model.Scoped && len(l.freeParents(l.livesIn(r), scopesOf(bindings))) > 0) {
		return polledOut(l.model)
	}
	return slices.ContainsFunc(bindings, func(b binding.Brief) bool { return b.TakesPart() && b.OdooWriteDate != r.date })
}

func scopesOf(bindings []binding.Brief) []string {
	scopes := make([]string, len(bindings))
	for i, b := range bindings {
		scopes[i] = b.Scope
	}
	return scopes
}

// livesIn are the external ids of the bound parents that a row of the sweep lives in.
func (l *odooLook) livesIn(r sweptRow) (out []string) {
	if l.model.OdooParent == "" {
		return []string{""}
	}
	for _, id := range r.within() {
		if parent, ok := l.parents[id]; ok {
			out = append(out, parent)
		}
	}
	return out
}

// ours reports that a row of the sweep lives in a parent that is bound here, as far as the sweep
// tells: rows of several consumers come with their parents.
func (l *odooLook) ours(r sweptRow) bool { return r.parent == "" || l.parents[r.parent] != "" }

// freeParents are those of the external parents in which a row has no binding, if it has bindings in these scopes.
func (p *poll) freeParents(parents, scopes []string) (out []string) {
	for _, parent := range parents {
		if !slices.Contains(scopes, scopeOf(p.model, parent)) {
			out = append(out, parent)
		}
	}
	return out
}

// letOut makes changes of the rows that are to be created outside, in Odoo's order. Those that are bound in some of their parents only go
// out as far as they may be created in the others: that they were read says nothing of the domain.
func (l *odooLook) letOut(ctx context.Context) error {
	sorting := l.swept.of.sorting
	slices.SortStableFunc(l.unbound, func(a, b unboundRow) int { return sorting.compare(a.at, b.at, len(sorting.keys)) })
	var partial []Args
	for _, u := range l.unbound {
		if u.partial {
			partial = append(partial, u.change.Args)
		}
	}
	within, err := l.inDomain(ctx, l.model, partial)
	if err != nil {
		return err
	}
	for _, u := range l.unbound {
		if !u.partial || within[u.change.Args.OdooID] {
			l.changes = append(l.changes, u.change)
		}
		if len(l.changes) >= atATime {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
	}
	l.unbound = nil
	return nil
}

// absent makes a job of every bound record that the sweep lacks: reading it by its id tells
// whether it was deleted.
func (l *odooLook) absent(ctx context.Context) error {
	var left []Change
	for _, b := range l.briefs {
		if _, there := l.swept.find(b.OdooID); !there && b.TakesPart() {
			left = append(left, Change{Args: Args{Model: l.model.Name, ExternalID: b.ExternalID, Scope: b.Scope, Parent: b.Parent}})
		}
	}
	return l.flushAbsent(ctx, left)
}
