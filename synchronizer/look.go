package synchronizer

import (
	"context"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
)

// atATime is how many records are compared with their bindings at a time. Of all others a poll keeps no more than ids and dates, so that
// it takes hardly more memory for tens of thousands of them than for some hundreds.
const atATime = 500

// manyRows is how many rows of Odoo are read by their ids at a time, so that it takes few requests.
const manyRows = 2000

// parts lists the records outside, some hundreds at a time.
func (sl *slice) parts(ctx context.Context, lister backend.Lister, visit func(backend.Listing) error) error {
	if l, ok := lister.(backend.PartLister); ok {
		return l.ListParts(ctx, visit)
	}
	listing, err := lister.List(ctx)
	if err != nil {
		return err
	}
	for records := range slices.Chunk(listing.Records, atATime) {
		if err := visit(backend.Listing{Records: records}); err != nil {
			return err
		}
	}
	listing.Records = nil
	return visit(listing)
}

// look is one look at all external records of a model, part by part.
type look struct {
	*poll
	briefs     []binding.Brief
	staying    staying
	count      int
	held       []record.Record // what was listed and not compared yet
	listed     map[string]bool // external ids of what was listed: whether it is chosen
	full       map[string]bool // parents that were listed in full
	unreadable []backend.Key
	repeated   []binding.Binding // exports whose request was repeated, and whose twin is none of what was listed so far
	reviewed   *reviewedOutside
}

func (p *poll) newLook(ctx context.Context) (*look, error) {
	l := &look{poll: p, listed: map[string]bool{}, full: map[string]bool{}, reviewed: newReviewedOutside(p)}
	var err error
	if l.briefs, err = p.env.Binder.Briefs(ctx, p.model.Name); err != nil {
		return nil, err
	}
	if p.retires {
		if l.staying, err = p.newStaying(ctx, l.briefs); err != nil {
			return nil, err
		}
	}
	l.repeated, err = p.repeated(ctx)
	return l, err
}

// part takes a part of the listing: what needs no view of all is compared now.
func (l *look) part(ctx context.Context, part backend.Listing) error {
	for _, w := range part.Warnings {
		l.report.warn(w)
	}
	for _, parent := range part.Parents {
		l.full[parent] = true
	}
	l.unreadable = append(l.unreadable, part.Unreadable...)
	l.held = append(l.held, part.Records...)
	for len(l.held) >= l.atOnce() {
		if err := l.records(ctx, l.held[:l.atOnce()]); err != nil {
			return err
		}
		l.held = slices.Clone(l.held[l.atOnce():])
	}
	return nil
}

// atOnce is how many records are compared together: more of them where each is read in Odoo, too.
func (l *look) atOnce() int {
	if l.remapped {
		return manyRows
	}
	return atATime
}

func (l *look) records(ctx context.Context, records []record.Record) error {
	l.count += len(records)
	l.at(PollingOutside, l.model.Name, l.count, len(l.briefs))
	l.noteListed(l.slice, records)
	for _, r := range records {
		l.listed[r.ID] = l.selects(r)
	}
	known, err := l.boundOf(ctx, records)
	if err != nil {
		return err
	}
	if err := l.sortOut(ctx, records, known); err != nil {
		return err
	}
	if l.remapped {
		if err := l.firstLook(ctx, records, known); err != nil {
			return err
		}
	}
	if err := l.lookupFor(ctx, records, known); err != nil {
		return err
	}
	l.repeated = slices.DeleteFunc(l.repeated, func(b binding.Binding) bool { return l.mayBeTwin(b, records, known) })
	l.compare(l.reviewed.take(records, known), known)
	return l.flush(ctx)
}

// boundOf are the bindings of records by external id.
func (p *poll) boundOf(ctx context.Context, records []record.Record) (map[string]binding.Binding, error) {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID
	}
	return p.env.Binder.ByExternal(ctx, p.model.Name, ids)
}

func (l *look) compare(records []record.Record, known map[string]binding.Binding) {
	imports := l.direction(l.model.Name).Imports()
	for _, r := range records {
		if b := known[r.ID]; l.looksAt(r, b, imports) {
			l.external(r, b)
		}
	}
}

// end does what needs a view of all: reviews, and what is missing.
func (l *look) end(ctx context.Context) error {
	if err := l.records(ctx, l.held); err != nil {
		return err
	}
	l.env.Explainf("listed %d %s", l.count, plural(l.model.Noun, l.count))
	if err := l.sortOutUnlisted(ctx); err != nil {
		return err
	}
	if err := l.endReviewed(ctx); err != nil {
		return err
	}
	if l.direction(l.model.Name).Imports() {
		if err := l.absent(ctx); err != nil {
			return err
		}
	}
	if err := l.forgetTwins(ctx); err != nil {
		return err
	}
	if err := l.flush(ctx); err != nil || !l.remapped {
		return err
	}
	return l.store(ctx, nil, l.rememberPairs)
}

// absent makes jobs of what is not among the listed records: of every record that is there and could not be read, which fails with the
// reason, and of every bound one that a full listing of its parent lacks. Reading that by its id tells whether it was deleted or
// moved away.
func (l *look) absent(ctx context.Context) error {
	var left []Change
	for _, k := range l.unreadable {
		l.listed[k.ID] = true
		left = append(left, Change{Args: Args{Model: l.model.Name, ExternalID: k.ID, Parent: k.Parent, Scope: scopeOf(l.model, k.Parent)}})
	}
	for _, b := range l.briefs {
		if _, there := l.listed[b.ExternalID]; !there && b.TakesPart() && l.full[b.Parent] {
			left = append(left, Change{Args: Args{Model: l.model.Name, ExternalID: b.ExternalID, Scope: b.Scope, Parent: b.Parent}})
		}
	}
	return l.flushAbsent(ctx, left)
}

// nameBound fills in what bound records are called.
func (p *poll) nameBound(ctx context.Context, changes []Change) error {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.Args.ExternalID
	}
	known, err := p.env.Binder.Lean().ByExternal(ctx, p.model.Name, ids)
	for i := range changes {
		changes[i].Name = known[changes[i].Args.ExternalID].Name
	}
	return err
}

// repeated are the bound exports that were sent twice and whose twin is watched for long enough.
func (p *poll) repeated(ctx context.Context) ([]binding.Binding, error) {
	sent, err := p.env.Binder.Unsettled(ctx, p.model.Name)
	return slices.DeleteFunc(sent, func(b binding.Binding) bool {
		return !b.Sent.Repeated || b.Intent != binding.None || p.env.Clock.Now().Before(b.IntentAt.Add(twinWatch))
	}), err
}

// twinWatch is how long after the first request of a repeated export a second record may be its twin.
// The first of the two could take effect for 60 s; the rest is margin.
const twinWatch = time.Hour

// mayBeTwin says that one of the unbound records may be the export's second.
func (p *poll) mayBeTwin(b binding.Binding, records []record.Record, known map[string]binding.Binding) bool {
	return slices.ContainsFunc(records, func(r record.Record) bool { return known[r.ID].ID == 0 && p.mayHaveMade(b, r) })
}

// forgetTwins ends the watch for the twin of a repeated export: a full listing later than that shows
// none, so what appears from now on was made by people.
func (l *look) forgetTwins(ctx context.Context) error {
	for _, b := range l.repeated {
		if !l.full[b.Sent.Parent] {
			continue
		}
		now, there, err := l.env.Binder.Get(ctx, b.ID) // as it was noted meanwhile
		if err != nil {
			return err
		}
		if there {
			now.Sent = binding.Sent{}
			l.refresh = append(l.refresh, now)
		}
	}
	return nil
}
