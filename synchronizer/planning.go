package synchronizer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// planAll plans every item and ends those that need no writing.
func (sl *slice) planAll(ctx context.Context) error {
	var unbound, bound []*item
	for _, it := range sl.unfinished() {
		it.pair = sl.pairOf(it)
		if it.external != nil && it.odoo != nil {
			bound = append(bound, it)
		} else {
			unbound = append(unbound, it)
		}
	}
	cascades, err := sl.cascades(ctx, bound)
	if err != nil {
		return err
	}
	anew, err := sl.planBound(ctx, bound, cascades)
	if err != nil {
		return err
	}
	if anew, err = sl.readAnew(ctx, anew); err != nil {
		return err
	}
	if _, err := sl.planBound(ctx, anew, cascades); err != nil {
		return err
	}
	return sl.planUnbound(ctx, unbound)
}

// planBound plans pairs, but for those that would write outside on the word of a listing: they are given back.
func (sl *slice) planBound(ctx context.Context, bound []*item, cascades owners) (anew []*item, err error) {
	plans, errs := make([]Plan, len(bound)), make([]error, len(bound))
	for i, it := range bound {
		cascades.of(sl, it)
		plans[i], errs[i] = Reconcile(it.pair)
	}
	if err := sl.keepNamesApart(ctx, bound, plans); err != nil {
		return nil, err
	}
	var renamed []*item
	for i, it := range bound {
		switch {
		case errs[i] == nil && plans[i].Action == Rebind && !sl.spend(sl.model.Name, it.key()):
		case errs[i] == nil && plans[i].Action == Rebind:
			it.plan, renamed = plans[i], append(renamed, it)
		case plans[i].later:
			it.plan = Plan{}
		case it.listed && len(plans[i].Outside) > 0:
			anew = append(anew, it)
		default:
			if err := sl.planned(ctx, it, plans[i], errs[i]); err != nil {
				return nil, err
			}
		}
	}
	return anew, sl.rebind(ctx, renamed)
}

// readAnew reads the external halves of pairs again, and gives the pairs that are still there.
func (sl *slice) readAnew(ctx context.Context, items []*item) (left []*item, err error) {
	for _, it := range items {
		it.listed, it.external = false, nil
	}
	if err := sl.readBy(ctx, sl.adapter.Read, items); err != nil {
		return nil, err
	}
	var needs []record.Reference
	for _, it := range items {
		if !it.done {
			left, needs = append(left, it), append(needs, sl.externalNeeds(it.external)...)
		}
	}
	if err := sl.fill(ctx, sl.lookup, needs, nil); err != nil {
		return nil, err
	}
	for _, it := range left {
		it.scope = sl.parentOf(it)
		it.pair = sl.pairOf(it)
	}
	return left, nil
}

func (sl *slice) planUnbound(ctx context.Context, items []*item) error {
	items, err := sl.filledIn(ctx, items)
	if err != nil {
		return err
	}
	if items, err = sl.takeNames(ctx, items); err != nil {
		return err
	}
	pool, err := sl.candidates(ctx, items)
	if err != nil {
		return err
	}
	if err := sl.awaitIntents(ctx, items, pool); err != nil {
		return err
	}
	match, _ := sl.mapper.MatchField()
	making := map[string]bool{}
	taken := map[string]bool{}
	for _, it := range items {
		if it.done || sl.outgrown(it, pool) {
			continue
		}
		if err := sl.planOneUnbound(ctx, it, match, pool, making, taken); err != nil {
			return err
		}
	}
	return nil
}

// planOneUnbound plans an item that is not bound, unless it has to wait for a namesake of this pass: see mustWaitForNamesake.
func (sl *slice) planOneUnbound(ctx context.Context, it *item, match mapping.Field, p *pool, making, taken map[string]bool) error {
	if reason := it.leftOut(); reason != "" {
		return sl.skip(it, reason)
	}
	at, _ := sl.placeOf(match, it)
	candidates, err := sl.candidatesOf(ctx, it, p, at)
	if err != nil {
		return err
	}
	if len(candidates.Records) == 0 && candidates.Unusable == 0 && it.external != nil {
		candidates.Records, candidates.Siblings = p.joinable(sl, at.name, it), 1
	}
	plan, chosen, err := Match(it.pair, candidates)
	if err == nil && sl.mustWaitForNamesake(plan, chosen, at.name, making, taken) {
		it.plan = Plan{}
		return nil // the next pass finds what this one makes
	}
	if sl.readLater(it, chosen != nil && len(plan.Outside) > 0) {
		return nil
	}
	if err == nil && plan.Action == Update && !sl.spend(sl.model.Name, it.key()) {
		it.plan = Plan{} // it goes back into the line
		return nil
	}
	if err == nil {
		if err = sl.takeCandidate(ctx, it, plan, chosen); outage(err) {
			return err
		}
	}
	sl.noteNamesakes(it, at, p, plan.Reviews)
	return sl.planned(ctx, it, plan, err)
}

// takeCandidate makes the candidate that the plan binds the item's other half.
func (sl *slice) takeCandidate(ctx context.Context, it *item, plan Plan, chosen *record.Record) error {
	if chosen == nil || (plan.Action != Bind && plan.Action != Update) {
		return nil
	}
	err := sl.mark(ctx, it, chosen)
	it.choose(chosen)
	return err
}

// noteNamesakes notes in those reviews that are about all records of one name what is there of them.
func (sl *slice) noteNamesakes(it *item, at place, p *pool, reviews []binding.Review) {
	for i := range reviews {
		if ofNamesakes(reviews[i]) {
			reviews[i].Name, reviews[i].Fingerprint = at.name, p.fingerprint(sl, at, it, reviews[i].Kind)
		}
	}
}

// filledIn adds to the unbound records what takes asking, where the model's hooks do so. An item whose
// hook fails fails alone.
func (sl *slice) filledIn(ctx context.Context, items []*item) (left []*item, err error) {
	in, out := sl.env.Backend.ImporterOf(sl.model.Name).Complete, sl.env.Backend.ExporterOf(sl.model.Name).Complete
	for _, it := range items {
		side, complete := &it.external, in
		if it.external == nil {
			side, complete = &it.odoo, out
		}
		if complete != nil && it.leftOut() == "" {
			r, err := complete(ctx, sl.env, **side)
			if outage(err) {
				return nil, err
			}
			if err != nil {
				if err := sl.close(it, sl.failed(it, err)); err != nil {
					return nil, err
				}
				continue
			}
			*side = &r
			it.pair = sl.pairOf(it)
		}
		left = append(left, it)
	}
	return left, nil
}

// mustWaitForNamesake says that another item of this pass makes or takes what this one would: two
// labels of one new name make one tag, and one task is bound to one card.
func (sl *slice) mustWaitForNamesake(plan Plan, chosen *record.Record, name string, making, taken map[string]bool) bool {
	if plan.Action == CreateOdoo && (sl.model.ByName || sl.model.Joins) {
		if making[name] {
			return true
		}
		making[name] = true
	}
	if (plan.Action == Bind || plan.Action == Update) && chosen != nil {
		key := chosen.Model + "," + chosen.ID
		if taken[key] {
			return true
		}
		taken[key] = true
	}
	return false
}

// choose makes the candidate the item's other half.
func (it *item) choose(r *record.Record) {
	if it.external == nil {
		it.external = r
	} else {
		it.odoo = r
	}
}

// planned takes a plan and ends the item if there is nothing to write.
func (sl *slice) planned(ctx context.Context, it *item, plan Plan, err error) error {
	if err != nil {
		return sl.close(it, sl.failed(it, err))
	}
	if plan.left {
		return sl.leave(it, leftToBoth)
	}
	if plan.writes() && !sl.spend(sl.model.Name, it.key()) {
		it.plan = Plan{} // it goes back into the line
		return nil
	}
	it.plan = plan
	sl.explain(it)
	switch plan.Action {
	case Wait:
		return sl.wait(ctx, it)
	case Skip:
		return sl.skip(it, plan.Reason)
	case Nothing, Bind:
		return sl.commit(ctx, it, *it.external, *it.odoo)
	default:
		return nil
	}
}

// explain tells the plan to whoever listens.
func (sl *slice) explain(it *item) {
	if sl.env.Explain == nil {
		return
	}
	sl.env.Explainf("plan for %s: %s", it.label(), it.plan.title())
	for _, fp := range it.plan.Fields {
		if line := fp.line(); line != "" {
			sl.env.Explainf("  %s", line)
		}
	}
	for _, r := range it.plan.Reviews {
		sl.env.Explainf("  review: %s", r.Reason)
	}
}

func (p Plan) title() string {
	titles := map[Action]string{
		Nothing: "nothing to do, both sides agree", Bind: "bind two equal records", CreateOdoo: "create it in Odoo",
		CreateExternal: "create it outside", Update: "update", Wait: "wait for other records",
		Rebind: "bind it to the record of its new name",
	}
	if p.Action == Skip {
		return "leave it alone: " + p.Reason
	}
	return titles[p.Action]
}

func (fp FieldPlan) line() string {
	var to []string
	if fp.ToOdoo && !fp.stays(fp.Odoo) {
		to = append(to, fmt.Sprintf("Odoo %s → %s", brief(fp.Odoo), brief(fp.Result)))
	}
	if fp.ToExternal && !fp.stays(fp.External) {
		to = append(to, fmt.Sprintf("outside %s → %s", brief(fp.External), brief(fp.Result)))
	}
	if fp.Note != "" {
		to = append(to, fp.Note)
	}
	if len(to) == 0 {
		return ""
	}
	return fp.Field + ": " + strings.Join(to, "; ")
}

// stays says that what is empty stays so: a creation says no word of it.
func (fp FieldPlan) stays(before record.Value) bool { return before.IsNull() && fp.Result.IsNull() }

// label names an item for people.
func (it *item) label() string {
	p := it.pair
	if it.external != nil {
		return fmt.Sprintf("%s '%s'", p.Model.Noun, excerpt(it.external.Value(p.Model.NameField).AsText()))
	}
	return fmt.Sprintf("%s '%s'", p.Model.OdooNoun, excerpt(nameOf(it.odoo.Value(p.Model.OdooNameField))))
}

// wait ends an item that needs others first: their jobs are enqueued and this one waits for them.
// Where such a record is left alone itself, nothing is written below it.
func (sl *slice) wait(ctx context.Context, it *item) error {
	var specs []jobs.Spec
	for _, ref := range it.plan.Missing {
		m, _ := sl.env.Model(ref.Model)
		if sl.lookup.Lost(ref.Model, ref.ID) {
			return sl.skip(it, fmt.Sprintf("its %s was deleted in Odoo", m.OdooNoun))
		}
		waiting, err := sl.inReview(ctx, ref)
		if err != nil {
			return err
		}
		if waiting {
			return sl.skip(it, fmt.Sprintf("its %s waits for review", m.Noun))
		}
		if sl.leftOut(ref.Model) == config.DirectionImport {
			return sl.leave(it, leftToBoth)
		}
		if !sl.direction(ref.Model).Imports() {
			return sl.skip(it, fmt.Sprintf("its %s is not bound, and %s is not imported", m.Noun, ref.Model))
		}
		chosen, err := sl.chosen(ctx, ref)
		if err != nil {
			return err
		}
		if !chosen {
			return sl.skip(it, fmt.Sprintf("its %s is not one of those that are synchronized", m.Noun))
		}
		a := Args{Model: ref.Model, ExternalID: ref.ID}
		if m.Parent != "" {
			a.Parent = it.scope
		}
		specs = append(specs, sl.Spec(ImportRecord, a, ""))
	}
	for _, a := range it.plan.Exports {
		specs = append(specs, sl.Spec(ExportRecord, a, ""))
	}
	return sl.close(it, jobs.Outcome{Kind: jobs.Wait, Dependencies: specs, Result: "waits for what it points to"})
}

// chosen reports that an external record takes part, where the configuration chooses.
func (s *Synchronizer) chosen(ctx context.Context, ref record.Reference) (bool, error) {
	adapter, err := s.env.Adapter(ref.Model)
	if err != nil {
		return false, err
	}
	c, ok := adapter.(backend.Chooser)
	if !ok {
		return true, nil
	}
	return c.Chooses(ctx, ref.ID)
}

// inReview reports that an external record as a whole waits for review.
func (s *Synchronizer) inReview(ctx context.Context, ref record.Reference) (bool, error) {
	reviews, err := s.env.Binder.Reviews(ctx, ref.Model)
	if err != nil {
		return false, err
	}
	for _, r := range reviews {
		if r.Field == "" && r.ExternalID == ref.ID {
			return true, nil
		}
	}
	return false, nil
}

// skip ends an item that is left alone.
func (sl *slice) skip(it *item, reason string) error {
	sl.report.skip(sl.model.Name, it.key())
	sl.dry.leftAlone(sl, it, reason)
	if it.binding.ID == 0 && it.args.OdooID != 0 {
		sl.leftAlone[sl.identity(it.args)] = true // what waits for it goes on without it
	}
	reviews := sl.decided(sl.dated(it.plan.Reviews))
	return sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: "left alone: " + reason, Commit: func(ctx context.Context, tx *state.Tx) error {
		if it.binding.ID == 0 && len(reviews) == 0 { // what was to be decided is no more
			return sl.env.Binder.CloseReviews(ctx, tx, it.args.Model, it.args.ExternalID, it.args.OdooID, it.args.Scope)
		}
		for _, old := range sl.superseded(reviews) {
			if err := sl.env.Binder.CloseReview(ctx, tx, old.ID); err != nil {
				return err
			}
		}
		return sl.saveReviews(ctx, tx, reviews)
	}})
}

// superseded are the reviews of records without a chosen namesake for which other reviews stand now: one was chosen and differs.
func (sl *slice) superseded(by []binding.Review) (old []binding.Review) {
	for _, r := range sl.reviews {
		stands := func(n binding.Review) bool {
			return n.OdooID == r.OdooID && n.Scope == r.Scope && n.Field == "" && n.ExternalID != r.ExternalID
		}
		if r.Kind == binding.Unchosen && slices.ContainsFunc(by, stands) {
			old = append(old, r)
		}
	}
	return old
}

// key names an item within its model, the same for both of its directions.
func (it *item) key() string {
	if id := it.externalID(); id != "" {
		return id
	}
	for _, r := range it.plan.Reviews {
		if r.ExternalID != "" {
			return r.ExternalID
		}
	}
	return it.unboundKey()
}

func (sl *slice) dated(reviews []binding.Review) []binding.Review {
	for i := range reviews {
		reviews[i].Created = sl.env.Clock.Now()
	}
	return reviews
}

// decided are the reviews with what a person decided about them: as long as they say the same.
func (sl *slice) decided(reviews []binding.Review) []binding.Review {
	for i, r := range reviews {
		if at := slices.IndexFunc(sl.reviews, r.Same); at >= 0 {
			reviews[i].Decision = sl.reviews[at].Decision
		}
	}
	return reviews
}

func (sl *slice) saveReviews(ctx context.Context, tx *state.Tx, reviews []binding.Review) error {
	for _, r := range reviews {
		if err := sl.env.Binder.SaveReview(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}
