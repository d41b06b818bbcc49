package synchronizer

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// takeExternal takes what reading an external record said.
func (sl *slice) takeExternal(ctx context.Context, it *item, r backend.Result) error {
	switch {
	case errors.Is(r.Err, backend.ErrNotFound):
		return sl.externalGone(ctx, it)
	case r.Err != nil:
		return sl.close(it, sl.failed(it, r.Err))
	}
	if done, err := sl.leaveUnchosen(it, r.Record); done {
		return err
	}
	it.external = &r.Record
	hooks := sl.env.Backend.ImporterOf(sl.model.Name)
	if hooks.Skip != nil {
		it.notImported = hooks.Skip(r.Record)
	}
	if hooks.Before != nil && it.notImported == "" {
		if err := hooks.Before(ctx, sl.env, r.Record); err != nil {
			return sl.close(it, sl.failed(it, err))
		}
	}
	return nil
}

// foundInOdoo takes an Odoo record that was read.
func (sl *slice) foundInOdoo(ctx context.Context, it *item, r *record.Record) error {
	if it.binding.Bound() && sl.emptied(*r) {
		return sl.odooGone(ctx, it)
	}
	it.odoo = r
	hooks := sl.env.Backend.ExporterOf(sl.model.Name)
	if hooks.Skip != nil {
		it.notExported = hooks.Skip(*r)
	}
	if hooks.Before != nil && it.notExported == "" {
		if err := hooks.Before(ctx, sl.env, *r); err != nil {
			return sl.close(it, sl.failed(it, err))
		}
	}
	return nil
}

// externalGone ends an item whose external record was deleted, unless its whole parent is gone or
// does not answer: then nothing is known of it.
func (sl *slice) externalGone(ctx context.Context, it *item) error {
	if !it.binding.Bound() {
		return sl.close(it, sl.vanished(it, sl.model.Noun))
	}
	if may, err := sl.mayFollow(it, config.DirectionImport); !may {
		return err
	}
	b := it.binding
	b.ExternalGone = sl.env.Clock.Now()
	with, err := sl.goneWithParent(ctx, b.Parent)
	if err != nil {
		return err
	}
	if with {
		reason := fmt.Sprintf("the %s was deleted outside with its %s; %s", sl.model.Noun, sl.parentNoun(), fate(false, sl.model.OdooNoun))
		return sl.gone(ctx, it, b, reason)
	}
	answers, err := sl.parentAnswers(ctx, b.Parent)
	if err != nil {
		return err
	}
	if !answers {
		return sl.skip(it, fmt.Sprintf("its %s does not answer", sl.parentNoun()))
	}
	deleted, err := sl.followIntoOdoo(ctx, it)
	if outage(err) {
		return err
	}
	if err != nil {
		return sl.close(it, sl.failed(it, err))
	}
	if deleted {
		b.OdooGone = b.ExternalGone
	}
	return sl.gone(ctx, it, b, fmt.Sprintf("the %s was deleted outside; %s", sl.model.Noun, fate(deleted, sl.model.OdooNoun)))
}

// goneWithParent says that the parent of a rooted record is known to have been deleted outside, and the record with it.
func (sl *slice) goneWithParent(ctx context.Context, parent string) (bool, error) {
	if !sl.model.Rooted {
		return false, nil
	}
	found, err := sl.env.Binder.Lean().ByExternal(ctx, sl.model.Parent, []string{parent})
	return !found[parent].ExternalGone.IsZero(), err
}

// leaveParents ends the items whose Odoo record was taken out of the parent in which the external record is rooted: that one stays
// behind, as if the Odoo record had been deleted, and the new parent gets one of its own.
func (sl *slice) leaveParents(ctx context.Context) error {
	if !sl.model.Rooted || !sl.direction(sl.model.Name).Exports() {
		return nil
	}
	for _, it := range sl.unfinished() {
		if !sl.leaves(it) {
			continue
		}
		b := it.binding
		b.OdooGone = sl.env.Clock.Now()
		reason := fmt.Sprintf("the %s was taken out of its parent in Odoo; %s", sl.model.OdooNoun, fate(false, sl.model.Noun))
		var follow []jobs.Spec
		if parent := sl.odooParent(it.odoo); parent != "" && sl.model.Creates {
			a := Args{Model: b.Model, OdooID: b.OdooID, Scope: scopeOf(sl.model, parent), Parent: parent}
			follow = append(follow, sl.Spec(ExportRecord, a, b.Name))
		}
		if err := sl.gone(ctx, it, b, reason, follow...); err != nil {
			return err
		}
	}
	return nil
}

// leaves says that the Odoo half lives in another parent than the binding's, and that the external half does not.
func (sl *slice) leaves(it *item) bool {
	if it.odoo == nil || it.external == nil || !it.binding.TakesPart() || refID(*it.external, sl.model.ParentField) != it.binding.Parent {
		return false
	}
	was, known := sl.lookup.ToOdoo(sl.model.Parent, it.binding.Parent)
	return sl.lookup.Lost(sl.model.Parent, it.binding.Parent) || known && refID(*it.odoo, sl.model.OdooParent) != was
}

// parentAnswers reads the parent: a 404 of a record means something only while its parent is there.
func (sl *slice) parentAnswers(ctx context.Context, parent string) (bool, error) {
	if sl.model.Parent == "" || parent == "" {
		return true, nil
	}
	adapter, err := sl.env.Adapter(sl.model.Parent)
	if err != nil {
		return false, err
	}
	results, err := adapter.Read(ctx, []backend.Key{{ID: parent}})
	if err != nil {
		return false, err
	}
	return results[0].Err == nil, nil
}

func (sl *slice) parentNoun() string {
	m, _ := sl.env.Model(sl.model.Parent)
	return m.Noun
}

// odooGone ends an item whose Odoo record a read by id left out.
func (sl *slice) odooGone(ctx context.Context, it *item) error {
	if !it.binding.Bound() {
		return sl.close(it, sl.vanished(it, sl.model.OdooNoun))
	}
	if may, err := sl.mayFollow(it, config.DirectionExport); !may {
		return err
	}
	deleted, err := sl.followOutside(ctx, it)
	if outage(err) {
		return err
	}
	if err != nil {
		return sl.close(it, sl.failed(it, err))
	}
	b := it.binding
	b.OdooGone = sl.env.Clock.Now()
	if deleted {
		b.ExternalGone = b.OdooGone
	}
	return sl.gone(ctx, it, b, fmt.Sprintf("the %s was deleted in Odoo; %s", sl.model.OdooNoun, fate(deleted, sl.model.Noun)))
}

// vanished is the outcome for an unbound record that does not exist any more: nobody needs to decide
// anything about it.
func (sl *slice) vanished(it *item, noun string) jobs.Outcome {
	a := it.args
	return jobs.Outcome{
		Kind: jobs.NothingToDo, Result: fmt.Sprintf("the %s does not exist any more", noun),
		Commit: func(ctx context.Context, tx *state.Tx) error {
			return sl.env.Binder.CloseReviews(ctx, tx, a.Model, a.ExternalID, a.OdooID, a.Scope)
		},
	}
}

// successor is the alias that takes the place of a primary binding whose external half was deleted, and makes that one an alias;
// nothing if there is none.
func (sl *slice) successor(ctx context.Context, b *binding.Binding) (aside, error) {
	if b.ExternalGone.IsZero() || !b.OdooGone.IsZero() {
		return aside{}, nil
	}
	next, err := sl.promoted(ctx, *b)
	if len(next.bindings) > 0 {
		b.Role = binding.Alias
	}
	return next, err
}

// gone marks a binding whose one half was deleted. The other half is left alone: a deletion is only
// reported. Jobs that follow may be given.
func (sl *slice) gone(ctx context.Context, it *item, b binding.Binding, reason string, follow ...jobs.Spec) error {
	sl.env.Explainf("%s", reason)
	review := binding.Review{
		Model: b.Model, ExternalID: b.ExternalID, OdooID: b.OdooID, Scope: b.Scope, Parent: b.Parent,
		Name: b.Name, Kind: binding.Deleted, Reason: reason, Created: sl.env.Clock.Now(),
	}
	next, err := sl.successor(ctx, &b)
	if err != nil {
		return err
	}
	it.binding = b
	o := jobs.Outcome{Kind: jobs.Done, Result: reason, FollowUps: follow, Commit: func(ctx context.Context, tx *state.Tx) error {
		if err := sl.env.Binder.Save(ctx, tx, &b); err != nil {
			return err
		}
		if err := next.save(ctx, tx, sl.env.Binder); err != nil {
			return err
		}
		if err := sl.env.Binder.CloseReviews(ctx, tx, b.Model, b.ExternalID, 0, b.Scope); err != nil { // its fields wait for nobody any more
			return err
		}
		if both := !b.ExternalGone.IsZero() && !b.OdooGone.IsZero(); both { // nobody has anything to decide
			return nil
		}
		return sl.env.Binder.SaveReview(ctx, tx, review)
	}}
	if after := sl.env.Backend.DeleterOf(b.Model).After; after != nil && sl.dry == nil {
		if err := after(ctx, sl.env, b); err != nil {
			o.Kind, o.Err = jobs.Failed, fmt.Errorf("the hook after the deletion of %s: %w", b, err)
			sl.report.fail(b.Model, it.key())
		}
	}
	if err := sl.close(it, o); err != nil {
		return err
	}
	sl.report.Of(b.Model).Deleted++
	sl.report.touched[b.Model][b.ExternalID] = true
	sl.dry.deleted(sl, b, reason)
	return nil
}
