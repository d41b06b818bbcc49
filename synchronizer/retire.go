package synchronizer

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// A pair retires when its Odoo record leaves the model's domain (where the configuration says so) or when its external record is
// not chosen any more. Its binding stays, so that it comes back as the same pair; nothing of it is polled, planned or created again
// until then, nor of what lives in it, which retires with it.

// selector is the adapter if it chooses among the records that it reads.
func (sl *slice) selector() (backend.Selector, bool) {
	s, ok := sl.adapter.(backend.Selector)
	return s, ok && s.Selecting()
}

// selects says that an external record takes part, as far as the configuration chooses.
func (sl *slice) selects(r record.Record) bool {
	s, chooses := sl.selector()
	return !chooses || s.Selects(r)
}

// unmarked is what records lack that do not take part and that a person can choose; "" if nothing can be put on them.
func (sl *slice) unmarked() string {
	if m, ok := sl.adapter.(backend.Marker); ok && m.Selecting() {
		return m.Unmarked()
	}
	return ""
}

// mark chooses the external record that an item from Odoo is bound to, if it was not chosen before: else the pair would retire at once.
func (sl *slice) mark(ctx context.Context, it *item, chosen *record.Record) error {
	m, ok := sl.adapter.(backend.Marker)
	if !ok || it.external != nil || sl.selects(*chosen) || !it.pair.Settings.Direction.Exports() {
		return nil
	}
	if sl.dry != nil {
		return nil
	}
	return m.Mark(ctx, *chosen)
}

// mayRetire says that the model's pairs may retire or come back.
func (p *poll) mayRetire(ctx context.Context) (bool, error) {
	if _, chooses := p.selector(); chooses || p.env.Settings(p.model.Name).OnLeave == config.LeaveRetire {
		return true, nil
	}
	return p.env.Binder.AnyRetired(ctx, p.model.Name)
}

// staying is what tells which pairs of a model take part.
type staying struct {
	inside map[int64]bool  // see insideDomain
	idle   map[string]bool // parents that are retired themselves
	now    time.Time
}

func (p *poll) newStaying(ctx context.Context, all []binding.Brief) (s staying, err error) {
	s.now = p.env.Clock.Now()
	if s.inside, err = p.insideDomain(ctx, all); err != nil {
		return s, err
	}
	s.idle, err = p.idleParents(ctx)
	return s, err
}

// turns says that a pair is to retire or to come back. What is not listed stays as it is, unless the whole of its parent is: then
// reading it tells.
func (l *look) turns(odooID int64, external, parent string, retired bool) bool {
	chosen, listed := l.listed[external]
	in := (l.staying.inside == nil || l.staying.inside[odooID]) && (chosen || !listed) && !l.staying.idle[parent]
	_, chooses := l.selector()
	untold := chooses && !listed && !l.full[parent]
	return in == retired && (!in || !untold)
}

// sortOut retires the pairs of listed records that left, and brings back those that returned. Known is changed to what is so now.
func (l *look) sortOut(ctx context.Context, records []record.Record, known map[string]binding.Binding) error {
	if !l.retires {
		return nil
	}
	for _, r := range records {
		b := known[r.ID]
		if !settledPair(b) || !l.turns(b.OdooID, b.ExternalID, b.Parent, !b.Retired.IsZero()) {
			continue
		}
		if err := l.turn(ctx, &b, l.staying.now); err != nil {
			return err
		}
		known[r.ID] = b
	}
	return nil
}

// sortOutUnlisted does so with the pairs whose records were not listed.
func (l *look) sortOutUnlisted(ctx context.Context) error {
	if !l.retires {
		return nil
	}
	for i := range l.briefs {
		f := &l.briefs[i]
		_, listed := l.listed[f.ExternalID]
		if listed || !f.Bound() || f.Gone() || f.Intent != binding.None || !l.turns(f.OdooID, f.ExternalID, f.Parent, f.Retired) {
			continue
		}
		b, there, err := l.env.Binder.Get(ctx, f.ID)
		if err != nil {
			return err
		}
		if !there || !settledPair(b) || b.Retired.IsZero() == f.Retired { // it went, or turned with what it lives in
			continue
		}
		if err := l.turn(ctx, &b, l.staying.now); err != nil {
			return err
		}
		f.Retired = !b.Retired.IsZero()
	}
	return nil
}

// settledPair says that both halves are there, and nothing of them is open.
func settledPair(b binding.Binding) bool { return b.Bound() && !b.Gone() && b.Intent == binding.None }

// insideDomain are the Odoo ids, among the bound ones, that are in the configured domain; nil where leaving it means nothing. A
// record that does not exist any more counts as inside: that it was deleted is found out elsewhere.
func (p *poll) insideDomain(ctx context.Context, all []binding.Brief) (map[int64]bool, error) {
	settings := p.env.Settings(p.model.Name)
	if settings.OnLeave != config.LeaveRetire || len(settings.Domain) == 0 {
		return nil, nil
	}
	inside := map[int64]bool{}
	var ids, rest []any
	for _, b := range all {
		if b.Bound() && !b.Gone() {
			ids = append(ids, b.OdooID)
			inside[b.OdooID] = true
		}
	}
	in, err := p.existing(ctx, ids, odoo.Domain(settings.Domain))
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if n, _ := id.(int64); !in[n] {
			rest = append(rest, id)
		}
	}
	out, err := p.existing(ctx, rest, nil)
	for id := range out {
		inside[id] = false
	}
	if err != nil {
		return nil, err
	}
	return inside, p.hiddenStay(ctx, all, out, in, inside)
}

// hiddenStay leaves retired pairs out whose Odoo record is there and may not be seen: nobody can tell whether it came back.
func (p *poll) hiddenStay(ctx context.Context, all []binding.Brief, out, in, inside map[int64]bool) error {
	var ids []int64
	for _, b := range all {
		if b.Bound() && !b.Gone() && b.Retired && !out[b.OdooID] && !in[b.OdooID] {
			ids = append(ids, b.OdooID)
		}
	}
	there, err := p.read(ctx, p.model.OdooModel, ids, []string{"write_date"})
	for id := range there.refused {
		inside[id] = false
	}
	return err
}

// existing are those of the Odoo records that are there and in the domain, archived ones too.
func (p *poll) existing(ctx context.Context, ids []any, domain odoo.Domain) (map[int64]bool, error) {
	there := map[int64]bool{}
	if len(ids) == 0 {
		return there, nil
	}
	found, err := p.reading().All(ctx, p.model.OdooModel, odoo.And(odoo.Cond("id", "in", ids), domain), []string{"write_date"}, sweepPage)
	for _, r := range found {
		there[odooID(r)] = true
	}
	return there, err
}

// idleParents are the parents of the model's records that are retired themselves.
func (p *poll) idleParents(ctx context.Context) (map[string]bool, error) {
	idle := map[string]bool{}
	if p.model.Parent == "" {
		return idle, nil
	}
	all, err := p.env.Binder.Briefs(ctx, p.model.Parent)
	for _, b := range all {
		if b.Retired {
			idle[b.ExternalID] = true
		}
	}
	return idle, err
}

// turn retires a pair that takes part, with all that lives in it, or brings it back with what retired with it.
func (p *poll) turn(ctx context.Context, b *binding.Binding, now time.Time) error {
	before := b.Retired
	if b.Retired = now; !before.IsZero() {
		b.Retired = time.Time{}
	}
	tree, err := p.below(ctx, *b, before, b.Retired)
	if err != nil {
		return err
	}
	if before.IsZero() {
		p.env.Explainf("%s '%s' retires: it left what is synchronized", p.model.Noun, b.Name)
		p.report.Of(b.Model).Retired++
		p.dry.retired(*b)
	} else {
		p.turned = true
		p.env.Explainf("%s '%s' is back", p.model.Noun, b.Name) // what changed meanwhile is found as always
	}
	return p.db.Write(ctx, func(tx *state.Tx) error {
		for _, one := range append([]binding.Binding{*b}, tree...) {
			if err := p.env.Binder.Save(ctx, tx, &one); err != nil {
				return err
			}
			if err := p.env.Binder.CloseReviews(ctx, tx, one.Model, one.ExternalID, 0, one.Scope); err != nil {
				return err
			}
		}
		return nil
	})
}

// below are the pairs that live in a pair, however deep, whose retirement was before and is after now.
func (p *poll) below(ctx context.Context, parent binding.Binding, before, after time.Time) (tree []binding.Binding, err error) {
	for _, m := range p.env.Backend.AllModels() {
		if m.Parent != parent.Model {
			continue
		}
		all, err := p.env.Binder.Within(ctx, m.Name, parent.ExternalID)
		if err != nil {
			return nil, err
		}
		for _, b := range all {
			if !b.Bound() || !b.Retired.Equal(before) {
				continue
			}
			b.Retired = after
			deeper, err := p.below(ctx, b, before, after)
			if err != nil {
				return nil, err
			}
			tree = append(append(tree, b), deeper...)
		}
	}
	return tree, nil
}

// leaveRetired ends the items whose pair is retired, and unbound ones that are not chosen.
func (sl *slice) leaveRetired(context.Context) error {
	for _, it := range sl.unfinished() {
		if it.binding.Retired.IsZero() {
			continue
		}
		reason := fmt.Sprintf("left alone: the %s left what is synchronized, and is taken up again when it comes back", sl.model.Noun)
		if err := sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: reason}); err != nil {
			return err
		}
	}
	return nil
}

// leaveUnchosen ends an unbound item that the configuration does not choose; done says that it did.
func (sl *slice) leaveUnchosen(it *item, r record.Record) (done bool, err error) {
	if it.binding.ID != 0 || sl.selects(r) {
		return false, nil
	}
	reason := fmt.Sprintf("left alone: the %s is not one of those that are synchronized", sl.model.Noun)
	return true, sl.close(it, jobs.Outcome{Kind: jobs.NothingToDo, Result: reason, Commit: func(ctx context.Context, tx *state.Tx) error {
		return sl.env.Binder.CloseReviews(ctx, tx, sl.model.Name, r.ID, 0, "") // nothing of it is to be decided
	}})
}
