package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// Settle finds out, before anything is polled, what became of every creation that a crash or an
// outage left open: an Odoo record by its external identifier, an external one by what was sent. An
// export that is not found stays open until its request can no longer take effect; its job waits
// for that.
func (s *Synchronizer) Settle(ctx context.Context) error {
	intents, err := s.env.Binder.Intents(ctx)
	if err != nil {
		return err
	}
	for i, b := range intents {
		s.at(Settling, b.Model, i, len(intents))
		if err := s.settleOne(ctx, b); err != nil {
			return fmt.Errorf("settle an earlier run's %s of %s '%s': %w", b.Intent, b.Model, b.Name, err)
		}
	}
	if len(intents) == 0 {
		return nil
	}
	return s.tellUnsettled(ctx)
}

func (s *Synchronizer) settleOne(ctx context.Context, b binding.Binding) error {
	if b.Intent == binding.Import {
		_, _, err := s.settleImport(ctx, b)
		return err
	}
	sl, err := s.newSlice(ctx, b.Model, nil)
	if err != nil {
		return err
	}
	after, err := sl.search(ctx, b)
	var several *severalError
	if errors.As(err, &several) {
		s.report.skip(b.Model, unboundKey(b.OdooID, b.Scope))
		return nil
	}
	var untraceable *untraceableError // its job tells
	if after.Bound() || (err != nil && !errors.As(err, &untraceable)) {
		return err
	}
	return s.db.Write(ctx, func(tx *state.Tx) error {
		args := Args{Model: b.Model, OdooID: b.OdooID, Scope: b.Scope, Parent: b.Parent}
		_, created, err := s.queue.Enqueue(ctx, tx, s.Spec(ExportRecord, args, b.Name))
		if created {
			s.report.Jobs.Enqueued++
		}
		return err
	})
}

// settleImport looks the identifier up: if it is there the binding is completed, else the intent is
// dropped and the record is imported anew. Both loads of one identifier make one record. What a creator
// makes otherwise is found by its mark, and is made again only when the earlier request can no longer take
// effect: wait is for how long it still can.
func (s *Synchronizer) settleImport(ctx context.Context, b binding.Binding) (after binding.Binding, wait time.Duration, err error) {
	id, found, again, err := s.createdInOdoo(ctx, b)
	switch {
	case err != nil:
		return b, 0, err
	case found:
		s.env.Explainf("the earlier creation of %s '%s' in Odoo took effect: %s %d", b.Model, b.Name, b.OdooModel, id)
		b.OdooID = id
		after, err = s.completed(ctx, b, b.Sent.Fields)
		return after, 0, err
	case !again && s.openFor(b) > 0:
		return b, s.openFor(b), nil
	default:
		s.env.Explainf("the earlier creation of %s '%s' in Odoo did not take effect", b.Model, b.Name)
		return binding.Binding{}, 0, s.db.Write(ctx, func(tx *state.Tx) error { return s.env.Binder.Delete(ctx, tx, b.ID) })
	}
}

// createdInOdoo looks for the record that an import made, and not for one that was there before; again says that making it again makes no second
// one.
func (s *Synchronizer) createdInOdoo(ctx context.Context, b binding.Binding) (id int64, found, again bool, err error) {
	identifier := s.identifier(b.Model, b.ExternalID)
	if finder, ok := s.env.Backend.ImporterOf(b.Model).Creator.(backend.OdooFinder); ok {
		id, found, err = finder.FindInOdoo(ctx, s.env, identifier)
		return id, found, false, err
	}
	_, name, _ := cutIdentifier(identifier)
	id, _, found, err = s.env.Session.Lookup(ctx, identifierModule, name)
	if odoo.IsKind(err, odoo.AccessError) {
		found, err = false, nil // the identifier of a record that was deleted since
	}
	return id, found && id > b.Sent.Newest, true, err // one that was there before goes to the merge
}

func cutIdentifier(identifier string) (module, name string, ok bool) {
	return identifier[:len(identifierModule)], identifier[len(identifierModule)+1:], true
}

// completed stores an intent whose other half was found.
func (s *Synchronizer) completed(ctx context.Context, b binding.Binding, fields binding.Fields) (binding.Binding, error) {
	b.Made = b.Intent
	b.Fields, b.Intent, b.SyncDate = fields, binding.None, s.env.Clock.Now()
	b.OdooWriteDate = "" // what it is now is read by the next poll
	if !b.Sent.Repeated {
		b.Sent = binding.Sent{}
	}
	m, _ := s.env.Model(b.Model)
	if err := s.openPointing(ctx, b); err != nil {
		return b, err
	}
	over, err := s.changes(ctx, m, b)
	defer over()
	if err != nil {
		return b, err
	}
	fresh, err := s.newcomers(ctx, m, b, nil)
	if err != nil {
		return b, err
	}
	err = s.db.Write(ctx, func(tx *state.Tx) error {
		if err := s.env.Binder.Save(ctx, tx, &b); err != nil {
			return err
		}
		if err := fresh.save(ctx, tx, s.env.Binder); err != nil {
			return err
		}
		_, created, err := s.queue.EnqueueAll(ctx, tx, fresh.specs)
		if err != nil {
			return err
		}
		s.report.Jobs.Enqueued += created
		return s.env.Binder.CloseReviews(ctx, tx, b.Model, b.ExternalID, b.OdooID, b.Scope)
	})
	if err != nil {
		return b, err
	}
	s.report.Of(b.Model).Created++
	s.report.touched[b.Model][b.ExternalID] = true
	s.dry.settled(b)
	s.reorder(b.Model, b.ExternalID)
	return b, s.noteMade(ctx, b)
}

// settleItems settles the intents of the slice's own records.
func (sl *slice) settleItems(ctx context.Context) error {
	for _, it := range sl.unfinished() {
		var err error
		switch it.binding.Intent {
		case binding.Import:
			err = sl.settleImported(ctx, it)
		case binding.Export:
			err = sl.settleExport(ctx, it, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleImported settles the item's import. While that is open the item waits.
func (sl *slice) settleImported(ctx context.Context, it *item) error {
	after, wait, err := sl.settleImport(ctx, it.binding)
	if err != nil {
		return err
	}
	if wait > 0 {
		sl.env.Explainf("it may still take effect for %s; it is searched for again then", wait.Round(1e9))
		return sl.close(it, jobs.Outcome{Kind: jobs.Postponed, After: wait, Hold: true})
	}
	it.binding = after
	return nil
}

// avoidIntents leaves unbound external records alone that an export may have made: while its outcome
// is open they wait, and a late twin of a repeated request goes to review, never into Odoo.
func (sl *slice) avoidIntents(ctx context.Context) error {
	sent, err := sl.env.Binder.Unsettled(ctx, sl.model.Name)
	if err != nil || len(sent) == 0 {
		return err
	}
	for _, it := range sl.unfinished() {
		if it.external == nil || it.binding.ID != 0 {
			continue
		}
		for _, b := range sent {
			if !sl.mayHaveMade(b, *it.external) {
				continue
			}
			if err := sl.avoid(it, b); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func (s *Synchronizer) mayHaveMade(b binding.Binding, r record.Record) bool {
	m, _ := s.env.Model(b.Model)
	return sentEquals(r, b, m.NameField) && refID(r, m.ParentField) == b.Sent.Parent
}

// openFor is for how long the export's request may still take effect; 0 once it is settled.
func (s *Synchronizer) openFor(b binding.Binding) time.Duration {
	if b.Intent == binding.None {
		return 0
	}
	wait := b.IntentAt.Add(s.window).Sub(s.env.Clock.Now())
	return max(0, min(s.window, wait)) // the clock may have been set back
}

// awaitIntents lets unbound Odoo records wait while a candidate of theirs may be what an open export made:
// once that is settled they are no longer mistaken for each other.
func (sl *slice) awaitIntents(ctx context.Context, items []*item, p *pool) error {
	match, _ := sl.mapper.MatchField()
	candidates := func(it *item) []record.Record {
		at, _ := sl.placeOf(match, it)
		return p.external[at]
	}
	items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool {
		return it.external != nil || it.leftOut() != "" || len(candidates(it)) == 0
	})
	if len(items) == 0 {
		return nil
	}
	sent, err := sl.env.Binder.Unsettled(ctx, sl.model.Name)
	if err != nil {
		return err
	}
	for _, it := range items {
		wait := time.Duration(0)
		for _, b := range sent {
			made := func(r record.Record) bool { return sl.mayHaveMade(b, r) }
			if b.ID != it.binding.ID && slices.ContainsFunc(candidates(it), made) {
				wait = max(wait, sl.openFor(b))
			}
		}
		if wait == 0 {
			continue
		}
		after := wait + time.Second // the export itself comes first
		if err := sl.close(it, jobs.Outcome{Kind: jobs.Postponed, After: after, Hold: true}); err != nil {
			return err
		}
	}
	return nil
}

func (sl *slice) avoid(it *item, b binding.Binding) error {
	if wait := sl.openFor(b); wait > 0 {
		return sl.close(it, jobs.Outcome{Kind: jobs.Postponed, After: wait, Hold: true})
	}
	reason := fmt.Sprintf("it may be a second %s made by the repeated export of %s %d, which is bound to %s %s; delete this one",
		sl.model.Noun, sl.model.OdooNoun, b.OdooID, sl.model.Noun, b.ExternalID)
	if b.ExternalID == "" {
		reason = fmt.Sprintf("it may be the %s that the export of %s %d made; delete all but one of this name", sl.model.Noun, sl.model.OdooNoun, b.OdooID)
	}
	it.plan.Reviews = []binding.Review{{
		Model: sl.model.Name, ExternalID: it.external.ID, Parent: b.Sent.Parent, Name: b.Sent.Name, Kind: binding.Twin, Reason: reason,
		Fingerprint: fingerprint(sl.mapper.ExternalFields(), *it.external) + ":",
	}}
	return sl.skip(it, reason)
}

// settleExport searches for what an export may have made. Found, the item goes on as a bound one;
// not found, it waits until the request can no longer take effect, and only then is repeated: once
// in a run. If that is lost too, for the given cause, the job spends an attempt and a later run goes on.
func (sl *slice) settleExport(ctx context.Context, it *item, cause error) error {
	after, err := sl.search(ctx, it.binding)
	var several *severalError
	var untraceable *untraceableError
	switch {
	case errors.As(err, &several):
		return sl.skip(it, several.Error())
	case errors.As(err, &untraceable):
		return sl.close(it, sl.failed(it, err))
	case err != nil:
		return err
	case after.Bound():
		it.binding = after
		if it.external != nil || it.plan.Action == CreateExternal { // found right after the request
			return sl.close(it, jobs.Outcome{
				Kind: jobs.Done, Result: fmt.Sprintf("created %s %s; its answer was lost", sl.model.Noun, after.ExternalID),
				FollowUps: sl.followUps(it, after),
			})
		}
		return nil
	}
	if wait := sl.openFor(it.binding); wait > 0 {
		sl.env.Explainf("it may still take effect for %s; it is searched for again then", wait.Round(1e9))
		if it.repeat {
			return sl.close(it, jobs.Outcome{Kind: jobs.Retry, After: wait, Err: cause})
		}
		return sl.close(it, jobs.Outcome{Kind: jobs.Postponed, After: wait, Hold: true})
	}
	sl.env.Explainf("the earlier request did not take effect, so it is sent again")
	it.repeat = true
	return nil
}

// severalError says that more than one record may be what a request made.
type severalError struct{ reason string }

func (e *severalError) Error() string { return e.reason }

// search looks for the external record that an export made, by what was sent: an unbound record of
// the sent name under the sent parent, one that holds all that was sent before any other. It completes the binding if there
// is one; several are left for review with a *severalError.
func (sl *slice) search(ctx context.Context, b binding.Binding) (binding.Binding, error) {
	lister, ok := sl.adapter.(backend.Siblings)
	if _, matches := sl.mapper.MatchField(); !ok || !matches {
		return b, sl.tooMany(ctx, b, "the other side cannot be searched for it")
	}
	if r, ok := sl.adapter.(interface{ Refresh() }); ok {
		r.Refresh()
	}
	records, err := sl.siblings(ctx, lister, []string{b.Sent.Parent})
	if err != nil {
		return b, err
	}
	hits, err := sl.hits(ctx, records, b)
	if err != nil {
		return b, err
	}
	if len(hits) != 1 {
		if hits, err = sl.traced(ctx, b, hits); err != nil {
			return b, err
		}
	}
	switch len(hits) {
	case 0:
		return b, nil
	case 1:
		return sl.found(ctx, b, hits[0])
	default:
		return b, sl.tooMany(ctx, b, fmt.Sprintf("%d %s of that name may be what was sent", len(hits), plural(sl.model.Noun, len(hits))))
	}
}

// hits are the unbound records that the export may have made: those of the sent name that no other open
// export is likelier to have made. If any holds all that was sent, only such. Where at least as many exports
// sent the very same, it is one of them: it doesn't matter which export made which.
func (sl *slice) hits(ctx context.Context, records []record.Record, b binding.Binding) ([]record.Record, error) {
	named, err := sl.unboundOfName(ctx, records, b)
	if err != nil || len(named) == 0 {
		return nil, err
	}
	sent, err := sl.env.Binder.Unsettled(ctx, sl.model.Name)
	if err != nil {
		return nil, err
	}
	named = slices.DeleteFunc(named, func(r record.Record) bool { return sl.likelierOf(sent, r, b) })
	whole := slices.DeleteFunc(slices.Clone(named), func(r record.Record) bool { return !sentWhole(r, b) })
	switch {
	case len(whole) == 0:
		return named, nil
	case len(whole) <= alike(sent, b):
		return whole[:1], nil
	default:
		return whole, nil
	}
}

// unboundOfName are the unbound ones of the records that have the name that was sent.
func (sl *slice) unboundOfName(ctx context.Context, records []record.Record, b binding.Binding) (named []record.Record, err error) {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	bound, err := sl.env.Binder.ByExternal(ctx, sl.model.Name, ids)
	for _, r := range records {
		if _, ok := bound[r.ID]; !ok && sentEquals(r, b, sl.model.NameField) {
			named = append(named, r)
		}
	}
	return named, err
}

// alike counts the unsettled exports that sent the very same, among them the given one.
func alike(sent []binding.Binding, b binding.Binding) (count int) {
	for _, o := range sent {
		if o.Sent.Parent == b.Sent.Parent && maps.EqualFunc(o.Sent.Values, b.Sent.Values, record.Value.Equal) {
			count++
		}
	}
	return count
}

// likelierOf says that another export is likelier to have made the record: it sent more of what the record holds.
// Two tasks of one name, in two stages, are told apart by that.
func (sl *slice) likelierOf(sent []binding.Binding, r record.Record, b binding.Binding) bool {
	return likelier(slices.DeleteFunc(slices.Clone(sent), func(rival binding.Binding) bool { return !sl.mayHaveMade(rival, r) }), r, b)
}

// likelier says that one of the rivals sent more of what the record holds than the export did.
func likelier(rivals []binding.Binding, r record.Record, b binding.Binding) bool {
	same, other := likeness(r, b)
	return slices.ContainsFunc(rivals, func(rival binding.Binding) bool {
		itsSame, itsOther := likeness(r, rival)
		return rival.ID != b.ID && (itsOther < other || (itsOther == other && itsSame > same))
	})
}

// likeness counts the sent values that the record holds, and those that it doesn't.
func likeness(r record.Record, b binding.Binding) (same, other int) {
	for name := range b.Sent.Values {
		if !r.Has(name) { // the record does not tell
			continue
		}
		if sentEquals(r, b, name) {
			same++
		} else {
			other++
		}
	}
	return same, other
}

func sentEquals(r record.Record, b binding.Binding, field string) bool {
	sent, ok := b.Sent.Values[field]
	return ok && r.Value(field).Canonical().Equal(sent.Canonical())
}

func sentWhole(r record.Record, b binding.Binding) bool {
	_, other := likeness(r, b)
	return other == 0
}

// found completes an export. What creating could not set is taken from the record as it is.
func (sl *slice) found(ctx context.Context, b binding.Binding, r record.Record) (binding.Binding, error) {
	sl.env.Explainf("the earlier creation of %s '%s' took effect: %s", sl.model.Noun, b.Name, r.ID)
	if sl.lookup == nil {
		sl.lookup = newLookup()
	}
	b.ExternalID = r.ID
	fields := b.Sent.Fields
	for f := range sl.mapper.Each() {
		if _, known := fields[f.Name]; !known && f.AfterCreate {
			sl.laterField(fields, f, FieldPlan{}, &r, nil)
		}
	}
	sl.keepFound(fields, r)
	return sl.completed(ctx, b, fields)
}

// keepFound notes what is only kept of a record that was found.
func (sl *slice) keepFound(fields binding.Fields, r record.Record) {
	for f := range sl.mapper.Each() {
		if v, err := f.ReadExternal(sl.source(r, refID(r, sl.model.ParentField))); err == nil && f.Kept {
			fields[f.Name] = binding.FieldState{External: f.ExternalHash(r), Base: v}
		}
	}
}

func (sl *slice) tooMany(ctx context.Context, b binding.Binding, reason string) error {
	return sl.asksAbout(ctx, b, fmt.Sprintf("the answer to creating the %s '%s' was lost, and %s; delete all but one", sl.model.Noun, b.Name, reason))
}

// asksAbout lets a person decide about a creation whose answer was lost.
func (sl *slice) asksAbout(ctx context.Context, b binding.Binding, reason string) error {
	review := binding.Review{
		Model: b.Model, OdooID: b.OdooID, Scope: b.Scope, Parent: b.Parent, Name: b.Name, Kind: binding.Twin,
		Reason: reason, Created: sl.env.Clock.Now(),
	}
	err := sl.db.Write(ctx, func(tx *state.Tx) error { return sl.env.Binder.SaveReview(ctx, tx, review) })
	if err != nil {
		return err
	}
	return &severalError{reason: review.Reason}
}
