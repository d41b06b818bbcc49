package synchronizer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/transport"
)

// apply writes what was planned. Calls into Odoo are shared by many records; requests out of Odoo
// go one by one, so that each can be told from the next after a crash.
func (sl *slice) apply(ctx context.Context) error {
	var create, update []*item
	for _, it := range sl.unfinished() {
		switch it.plan.Action {
		case CreateOdoo:
			create = append(create, it)
		case Update:
			update = append(update, it)
		}
	}
	for part := range slices.Chunk(create, sl.atOnce()) {
		if jobs.Stopping(ctx) {
			return nil
		}
		if err := sl.createOdoo(ctx, part); err != nil {
			return err
		}
	}
	if err := sl.announce(ctx, update); err != nil {
		return err
	}
	if err := sl.updateOdoo(ctx, update); err != nil {
		return err
	}
	for _, it := range sl.unfinished() {
		if jobs.Stopping(ctx) {
			return nil
		}
		if err := sl.applyExternal(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// atOnce is how many records are created in Odoo by one call.
func (sl *slice) atOnce() int {
	if creator := sl.env.Backend.ImporterOf(sl.model.Name).Creator; creator != nil && creator.AtOnce() > 0 {
		return min(creator.AtOnce(), sl.chunk)
	}
	return sl.chunk
}

func (sl *slice) applyExternal(ctx context.Context, it *item) error {
	switch it.plan.Action {
	case CreateExternal:
		return sl.createExternal(ctx, it)
	case Update:
		return sl.updateExternal(ctx, it)
	default:
		return nil
	}
}

// createOdoo creates records by load, under identifiers by which a second call makes no second one.
func (sl *slice) createOdoo(ctx context.Context, items []*item) error {
	items, err := sl.validated(items, sl.env.Backend.ImporterOf(sl.model.Name).Validate)
	if err != nil || len(items) == 0 {
		return err
	}
	items, newest, err := sl.beforeCreation(ctx, items)
	if err != nil || len(items) == 0 {
		return err
	}
	if err := sl.saveIntents(ctx, items, binding.Import, newest); err != nil {
		return err
	}
	sl.env.Explainf("create %d %s in Odoo", len(items), plural(sl.model.OdooNoun, len(items)))
	results, ended := sl.makeInOdoo(ctx, items)
	if ended != nil && len(results) == 0 {
		return ended
	}
	made, before := sl.loaded(items, results)
	if err := sl.leaveFound(ctx, before); err != nil {
		return err
	}
	if len(made) > 0 {
		if err := sl.readBack(ctx, made); err != nil {
			return err
		}
	}
	if err := sl.loadFailures(items, results); err != nil || !outage(ended) {
		return err // what ended the call and is no outage stands in each row's result
	}
	return ended
}

// makeInOdoo creates the records by load, or as the model's own creator does; a dry run makes them up.
func (sl *slice) makeInOdoo(ctx context.Context, items []*item) ([]odoo.LoadResult, error) {
	if sl.dry != nil {
		return sl.dry.createInOdoo(ctx, sl, items)
	}
	rows, own := make([]odoo.NewRecord, len(items)), make([]backend.OdooCreation, len(items))
	for i, it := range items {
		identifier := sl.identifier(sl.model.Name, it.external.ID)
		rows[i] = odoo.NewRecord{Identifier: identifier, Values: it.plan.Odoo}
		own[i] = backend.OdooCreation{Identifier: identifier, External: *it.external, Values: it.plan.Odoo}
	}
	if creator := sl.env.Backend.ImporterOf(sl.model.Name).Creator; creator != nil {
		return creator.CreateInOdoo(ctx, sl.env, own)
	}
	session := sl.reading().WithContext(map[string]any{"tracking_disable": true})
	return session.LoadRecords(ctx, sl.model.OdooModel, rows)
}

// loaded notes the new ids and gives the items that have one, apart from those whose record was there before.
func (sl *slice) loaded(items []*item, results []odoo.LoadResult) (made, before []*item) {
	for i, it := range items {
		id := results[i].ID
		switch {
		case results[i].Err != nil:
		case id <= it.binding.Sent.Newest:
			sl.imported[it.external.ID] = id
			before = append(before, it)
		default:
			it.binding.OdooID = id
			made = append(made, it)
		}
	}
	return made, before
}

// readBack reads what Odoo made of it and commits.
func (sl *slice) readBack(ctx context.Context, items []*item) error {
	ids := make([]int64, len(items))
	for i, it := range items {
		ids[i] = it.odooID()
	}
	found, err := sl.read(ctx, sl.model.OdooModel, ids, sl.odooFields())
	if err != nil {
		return err
	}
	for _, it := range items {
		r, ok := found.records[it.odooID()]
		if !ok {
			why := fmt.Errorf("the %s was written and then could not be read any more: %w", sl.model.OdooNoun, cmp.Or(found.refused[it.odooID()], errGone))
			if err := sl.close(it, sl.failed(it, why)); err != nil {
				return err
			}
			continue
		}
		if len(it.plan.Outside) > 0 { // the other direction follows
			it.odoo = r
			continue
		}
		if err := sl.commit(ctx, it, *it.external, *r); err != nil {
			return err
		}
	}
	return nil
}

// loadFailures ends the items that were not created. An intent whose outcome is unknown stays.
func (sl *slice) loadFailures(items []*item, results []odoo.LoadResult) error {
	for i, it := range items {
		err := results[i].Err
		if err == nil || it.done || outage(err) {
			continue
		}
		if unfit := unfitOf(err); unfit != nil {
			if err := sl.leaveUnfit(it, unfit); err != nil {
				return err
			}
			continue
		}
		o := sl.failed(it, err)
		if !unknownOutcome(err) {
			o.Commit = sl.dropIntent(it.binding)
		}
		if err := sl.close(it, o); err != nil {
			return err
		}
	}
	return nil
}

// leaveUnfit ends an item of which only its creation showed that the other side cannot take it.
func (sl *slice) leaveUnfit(it *item, e *mapping.UnfitError) error {
	b := it.binding
	it.plan, it.binding = it.pair.unfit(e), binding.Binding{}
	sl.report.skip(sl.model.Name, it.key())
	reviews := sl.dated(it.plan.Reviews)
	return sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: "left alone: " + e.Reason, Commit: func(ctx context.Context, tx *state.Tx) error {
		return errors.Join(sl.env.Binder.Delete(ctx, tx, b.ID), sl.saveReviews(ctx, tx, reviews))
	}})
}

func (sl *slice) dropIntent(b binding.Binding) func(context.Context, *state.Tx) error {
	return func(ctx context.Context, tx *state.Tx) error { return sl.env.Binder.Delete(ctx, tx, b.ID) }
}

// saveIntents commits, durably and before anything is sent, what is about to be created: in Odoo beyond the newest record that it has.
func (sl *slice) saveIntents(ctx context.Context, items []*item, intent binding.Intent, newest int64) error {
	now := sl.env.Clock.Now()
	for _, it := range items {
		sl.intend(it, intent, now)
		it.binding.Sent.Newest = newest
	}
	return sl.db.WriteDurable(ctx, func(tx *state.Tx) error {
		for _, it := range items {
			if err := sl.env.Binder.Save(ctx, tx, &it.binding); err != nil {
				return err
			}
		}
		return nil
	})
}

// announce commits, before any of it is sent, what is about to be written, so that after a crash or a lost
// answer the run's own writes are not taken for people's edits.
func (sl *slice) announce(ctx context.Context, items []*item) error {
	items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.binding.Canonical != record.CanonicalVersion })
	if len(items) == 0 {
		return nil
	}
	for _, it := range items {
		it.binding.Fields = announced(it.binding.Fields, it.plan)
	}
	return sl.db.Write(ctx, func(tx *state.Tx) error {
		for _, it := range items {
			if err := sl.env.Binder.Save(ctx, tx, &it.binding); err != nil {
				return err
			}
		}
		return nil
	})
}

// announced are the field states with what the plan writes. A field that is written on both sides was
// merged, and is merged again.
func announced(fields binding.Fields, plan Plan) binding.Fields {
	out := maps.Clone(fields)
	for _, fp := range plan.Fields {
		st, known := out[fp.Field]
		if !known || st.Apart != binding.NoSide || fp.ToOdoo == fp.ToExternal {
			continue
		}
		st.Writing = &binding.Writing{Odoo: fp.ToOdoo, Value: fp.Result}
		out[fp.Field] = st
	}
	return out
}

// intend fills the item's binding with what is about to be sent.
func (sl *slice) intend(it *item, intent binding.Intent, now time.Time) {
	values, external := it.plan.Odoo, ""
	if intent == binding.Export {
		values = it.plan.Outside
	} else {
		external = it.external.ID
	}
	b := newBinding(sl.model, external, it.scope, it.pair.name())
	b.ID = it.binding.ID
	if intent == binding.Export {
		b.OdooID = odooID(*it.odoo)
		b.OdooWriteDate = writeDate(*it.odoo)
	}
	b.Intent, b.IntentAt = intent, now
	b.Sent = binding.Sent{
		Values: values, Name: it.pair.name(), Parent: it.scope, Repeated: it.repeat,
		Fields: sl.fields(it, it.external, it.odoo),
	}
	it.binding = b
}

// validated ends the items whose values a hook refuses.
func (sl *slice) validated(items []*item, validate func(mapping.Values) error) ([]*item, error) {
	if validate == nil {
		return items, nil
	}
	var good []*item
	for _, it := range items {
		values := it.plan.Odoo
		if len(values) == 0 {
			values = it.plan.Outside
		}
		if err := validate(values); err != nil {
			if err := sl.close(it, sl.failed(it, err)); err != nil {
				return nil, err
			}
			continue
		}
		good = append(good, it)
	}
	return good, nil
}

// updateOdoo writes into Odoo, records of equal values by one call.
func (sl *slice) updateOdoo(ctx context.Context, items []*item) error {
	items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return len(it.plan.Odoo) == 0 })
	items, err := sl.validated(items, sl.env.Backend.ImporterOf(sl.model.Name).Validate)
	if err != nil {
		return err
	}
	groups, order := map[string][]*item{}, []string(nil)
	for _, it := range items {
		key, err := json.Marshal(it.plan.Odoo)
		if err != nil {
			return err
		}
		if groups[string(key)] == nil {
			order = append(order, string(key))
		}
		groups[string(key)] = append(groups[string(key)], it)
	}
	for _, key := range order {
		if jobs.Stopping(ctx) {
			return nil
		}
		if err := sl.writeGroup(ctx, groups[key]); err != nil {
			return err
		}
	}
	return nil
}

// writeGroup writes the same values to several records. One that Odoo refuses fails alone.
func (sl *slice) writeGroup(ctx context.Context, items []*item) error {
	changes := make([]odoo.RecordChange, len(items))
	for i, it := range items {
		changes[i] = odoo.RecordChange{ID: it.odooID(), Values: it.plan.Odoo}
	}
	sl.env.Explainf("write %d %s in Odoo", len(items), plural(sl.model.OdooNoun, len(items)))
	results, ended := sl.writeInOdoo(ctx, items, changes)
	if ended != nil && (outage(ended) || results == nil) {
		return ended
	}
	var written []*item
	for i, it := range items {
		if results[i].Err == nil {
			written = append(written, it)
			continue
		}
		if err := sl.close(it, sl.failed(it, results[i].Err)); err != nil {
			return err
		}
	}
	if len(written) == 0 {
		return nil
	}
	return sl.readBack(ctx, written)
}

// writeInOdoo writes the changes of the items; a dry run notes what they would be.
func (sl *slice) writeInOdoo(ctx context.Context, items []*item, changes []odoo.RecordChange) ([]odoo.WriteResult, error) {
	if sl.dry != nil {
		return sl.dry.writeInOdoo(sl, items), nil
	}
	return sl.env.Session.WriteRecords(ctx, sl.model.OdooModel, changes)
}

// createExternal creates one external record. The intent is committed before the request leaves.
func (sl *slice) createExternal(ctx context.Context, it *item) error {
	creator, ok := sl.adapter.(backend.Creator)
	if !ok {
		return sl.skip(it, fmt.Sprintf("%s are not created outside", plural(sl.model.Noun, 2)))
	}
	if left, err := sl.validated([]*item{it}, sl.env.Backend.ExporterOf(sl.model.Name).Validate); err != nil || len(left) == 0 {
		return err
	}
	if err := sl.saveIntents(ctx, []*item{it}, binding.Export, 0); err != nil {
		return err
	}
	sl.env.Explainf("create the %s outside", sl.model.Noun)
	create := creator.Create
	if sl.dry != nil {
		create = sl.dry.createOutside(sl, it)
	}
	results, err := create(ctx, []mapping.Values{it.plan.Outside})
	if err == nil {
		err = results[0].Err
	}
	if err == nil {
		it.external = &results[0].Record
		it.remarked(sl, results[0].Note)
		it.binding.ExternalID = it.external.ID
		if err := sl.fill(ctx, sl.lookup, sl.externalNeeds(it.external), nil); err != nil { // it has links that Odoo did not ask for
			return err
		}
		return sl.commit(ctx, it, *it.external, *it.odoo)
	}
	return sl.createFailed(ctx, it, err)
}

// createFailed searches at once for what an unknown request may have made, and otherwise leaves it
// for when the request can no longer take effect.
func (sl *slice) createFailed(ctx context.Context, it *item, err error) error {
	if unknownOutcome(err) {
		sl.env.Explainf("it is not known whether that took effect: %v", err)
		return sl.settleExport(ctx, it, err)
	}
	if sl.model.OnDemand && !outage(err) {
		return sl.refused(it, err)
	}
	o := sl.failed(it, err)
	o.Commit = sl.dropIntent(it.binding)
	return sl.close(it, o)
}

// refused leaves a record alone that others asked for and that the other side does not take: they go on without it. It is tried
// again once it changed.
func (sl *slice) refused(it *item, cause error) error {
	drop := sl.dropIntent(it.binding)
	it.binding, it.plan = binding.Binding{}, Plan{}
	reason := fmt.Sprintf("no %s is made for it: %v", sl.model.Noun, cause)
	it.pair.reviewUnbound(&it.plan, binding.Unfit, reason)
	sl.report.skip(sl.model.Name, it.key())
	sl.leftAlone[sl.identity(it.args)] = true
	reviews := sl.decided(sl.dated(it.plan.Reviews))
	return sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: "left alone: " + reason, Commit: func(ctx context.Context, tx *state.Tx) error {
		if err := drop(ctx, tx); err != nil {
			return err
		}
		return sl.saveReviews(ctx, tx, reviews)
	}})
}

// updateExternal sends the changed fields of one external record.
func (sl *slice) updateExternal(ctx context.Context, it *item) error {
	if len(it.plan.Outside) == 0 {
		return nil
	}
	updater, ok := sl.adapter.(backend.Updater)
	if !ok {
		return sl.skip(it, fmt.Sprintf("%s are not changed outside", plural(sl.model.Noun, 2)))
	}
	if left, err := sl.validated([]*item{it}, sl.env.Backend.ExporterOf(sl.model.Name).Validate); err != nil || len(left) == 0 {
		return err
	}
	sl.env.Explainf("change the %s outside", sl.model.Noun)
	change := backend.Change{Key: backend.Key{ID: it.external.ID, Parent: it.scope}, Values: it.plan.Outside}
	update := updater.Update
	if sl.dry != nil {
		update = sl.dry.updateOutside(it)
	}
	results, err := update(ctx, []backend.Change{change})
	if err == nil {
		err = results[0].Err
	}
	if errors.Is(err, backend.ErrNotFound) {
		return sl.externalGone(ctx, it)
	}
	if err != nil {
		return sl.close(it, sl.failed(it, err))
	}
	it.remarked(sl, results[0].Note)
	if slices.ContainsFunc(it.plan.Fields, func(fp FieldPlan) bool { return fp.later }) { // it got links that nobody asked for
		if err := sl.fill(ctx, sl.lookup, sl.externalNeeds(&results[0].Record), nil); err != nil {
			return err
		}
	}
	return sl.commit(ctx, it, results[0].Record, *it.odoo)
}

// remarked keeps what the other side did not take, for the job's result.
func (it *item) remarked(sl *slice, note string) {
	if it.note = note; note != "" {
		sl.env.Explainf("  %s", note)
	}
}

// failed is the outcome of an error: an outage pauses the backend and charges no one, what may pass
// is tried again, all else fails.
func (sl *slice) failed(it *item, err error) jobs.Outcome {
	var r *odoo.Error
	switch {
	case outage(err):
		return jobs.Outcome{Kind: jobs.Paused, After: retryAfter(err), Err: err}
	case errors.As(err, &r) && r.Retryable:
		return jobs.Outcome{Kind: jobs.Retry, Err: err}
	default:
		sl.denied = sl.denied || odoo.IsKind(err, odoo.AccessError)
		if !it.done {
			sl.report.fail(sl.model.Name, it.key())
		}
		return jobs.Outcome{Kind: jobs.Failed, Err: err}
	}
}

// outage says that the whole server is the matter, not one record.
func outage(err error) bool {
	var o interface{ Outage() bool }
	return errors.As(err, &o) && o.Outage()
}

// retryAfter is the pause that the server asked for, 0 where it did not.
func retryAfter(err error) time.Duration {
	var t *transport.Error
	if errors.As(err, &t) {
		return t.RetryAfter
	}
	return 0
}

// unknownOutcome says that a request may have taken effect although it failed.
func unknownOutcome(err error) bool {
	var r *odoo.Error
	if errors.As(err, &r) {
		return r.OutcomeUnknown
	}
	var t *transport.Error
	return errors.As(err, &t) && t.OutcomeUnknown
}
