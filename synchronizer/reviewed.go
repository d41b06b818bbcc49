package synchronizer

import (
	"context"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// ofNamesakes says that a review is about all unbound records of one name in one place. It comes to
// an end when any of them changes, goes or comes, on either side.
func ofNamesakes(r binding.Review) bool {
	return r.Field == "" && (r.Kind == binding.Ambiguous || r.Kind == binding.Unequal || r.Kind == binding.Unchosen)
}

// fingerprint is what a review of that kind keeps of a place: a hash for each of its two sides.
func (p *pool) fingerprint(sl *slice, at place, it *item, kind binding.ReviewKind) string {
	external, inOdoo := p.external[at], p.odoo[at]
	if kind == binding.Unchosen {
		external = p.unchosen[at]
	}
	if len(external) == 0 && it.args.ExternalID != "" {
		external = []record.Record{*it.external}
	}
	return fingerprint(sl.mapper.ExternalFields(), external...) + ":" + fingerprint(sl.mapper.OdooFields(), inOdoo...)
}

// halves are the fingerprints of the external and of the Odoo side.
func halves(r binding.Review) (external, inOdoo string) {
	external, inOdoo, _ = strings.Cut(r.Fingerprint, ":")
	return external, inOdoo
}

// reviewArgs name what a review is about, for a job that looks at it again.
func reviewArgs(r binding.Review) Args {
	a := Args{Model: r.Model, ExternalID: r.ExternalID, Scope: r.Scope, Parent: r.Parent}
	if a.ExternalID == "" {
		a.OdooID = r.OdooID
	}
	return a
}

func reviewKey(r binding.Review) string {
	return Args{ExternalID: r.ExternalID, OdooID: r.OdooID, Scope: r.Scope}.key()
}

// wantedPlaces are the places that reviews of namesakes are about.
func (p *poll) wantedPlaces() map[place]bool {
	at := map[place]bool{}
	for _, rv := range p.reviews {
		if ofNamesakes(rv) {
			at[p.reviewPlace(rv)] = true
		}
	}
	return at
}

func (p *poll) reviewPlace(rv binding.Review) place { return place{p.placeParent(rv.Parent), rv.Name} }

// placesOf are those of the wanted places that an unbound record is in: one for each of its parents. One whose name cannot be read is in
// none.
func (p *poll) placesOf(r record.Record, parents []string, wanted map[place]bool,
	read func(mapping.Field, mapping.Source) (record.Value, error),
) (out []place) {
	match, ok := p.mapper.MatchField()
	if !ok || len(wanted) == 0 {
		return nil
	}
	for _, parent := range parents {
		if v, err := read(match, p.source(r, parent)); err == nil && wanted[place{p.placeParent(parent), v.AsText()}] {
			out = append(out, place{p.placeParent(parent), v.AsText()})
		}
	}
	return out
}

// reviewedOutside gathers, of what is listed outside, what reviews are about.
type reviewedOutside struct {
	*poll
	about    map[string]bool // external ids that reviews are about as a whole
	wanted   map[place]bool
	records  map[string]record.Record // those that reviews are about
	order    []string                 // their ids as they were listed
	at       map[place][]record.Record
	unchosen map[place][]record.Record // those that do not take part
}

func newReviewedOutside(p *poll) *reviewedOutside {
	v := &reviewedOutside{
		poll: p, about: map[string]bool{}, wanted: p.wantedPlaces(),
		records: map[string]record.Record{}, at: map[place][]record.Record{}, unchosen: map[place][]record.Record{},
	}
	for _, rv := range p.reviews {
		if rv.Field == "" && rv.ExternalID != "" {
			v.about[rv.ExternalID] = true
		}
	}
	return v
}

// take takes listed records and gives those that no review is about as a whole. The others are compared when all was listed.
func (v *reviewedOutside) take(records []record.Record, known map[string]binding.Binding) (left []record.Record) {
	if len(v.about)+len(v.wanted) == 0 {
		return records
	}
	for _, r := range records {
		if known[r.ID].ID == 0 {
			at := v.at
			if !v.selects(r) {
				at = v.unchosen
			}
			for _, here := range v.placesOf(r, []string{refID(r, v.model.ParentField)}, v.wanted, mapping.Field.ReadExternal) {
				at[here] = append(at[here], r)
			}
		}
		if v.about[r.ID] {
			v.records[r.ID], v.order = r, append(v.order, r.ID)
		} else {
			left = append(left, r)
		}
	}
	return left
}

// endReviewed looks, after a listing, at the reviews of unbound external records, and at those of Odoo's whose namesakes outside do not
// take part: what is as it was is left alone, all else is looked at again. Then the records that reviews are about are compared.
func (l *look) endReviewed(ctx context.Context) error {
	v := l.reviewed
	bound, err := l.env.Binder.ByExternal(ctx, l.model.Name, sortedKeys(v.about))
	if err != nil {
		return err
	}
	alone := l.stillReviewed(bound)
	l.reviewsOfUnchosen()
	var left []record.Record
	for _, id := range v.order {
		if !alone[id] {
			left = append(left, v.records[id])
		}
	}
	for records := range slices.Chunk(left, atATime) {
		if err := l.lookupFor(ctx, records, bound); err != nil {
			return err
		}
		l.compare(records, bound)
		if err := l.flush(ctx); err != nil {
			return err
		}
	}
	return l.flush(ctx)
}

// stillReviewed are the unbound external records whose reviews say what is so now. Jobs are made for the others.
func (l *look) stillReviewed(bound map[string]binding.Binding) map[string]bool {
	alone := map[string]bool{}
	for _, rv := range l.reviews {
		if rv.Field != "" || rv.ExternalID == "" || bound[rv.ExternalID].ID != 0 || rv.Kind == binding.Deleted {
			continue
		}
		then, _ := halves(rv)
		r, there := l.reviewed.records[rv.ExternalID]
		here := []record.Record{r}
		if ofNamesakes(rv) {
			here = l.reviewed.at[l.reviewPlace(rv)]
		}
		switch {
		case !there && !l.full[rv.Parent]: // nothing is known of it
		case there && then == fingerprint(l.mapper.ExternalFields(), here...):
			alone[rv.ExternalID] = true
			l.report.skip(l.model.Name, reviewKey(rv))
		default:
			l.changes = append(l.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
		}
	}
	return alone
}

// reviewsOfUnchosen looks at Odoo's records again of which a namesake outside was chosen, changed, went or came.
func (l *look) reviewsOfUnchosen() {
	for _, rv := range l.reviews {
		if rv.Kind != binding.Unchosen || !l.full[rv.Parent] {
			continue
		}
		if then, _ := halves(rv); then != fingerprint(l.mapper.ExternalFields(), l.reviewed.unchosen[l.reviewPlace(rv)]...) {
			l.changes = append(l.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
		}
	}
}

// reviewedDomain holds the Odoo records that reviews are about, so that the poll reads them whether
// they were written or not; nil if there are none.
func (s *Synchronizer) reviewedDomain(ctx context.Context, m backend.Model) (odoo.Domain, error) {
	reviews, err := s.env.Binder.Reviews(ctx, m.Name)
	if err != nil || len(reviews) == 0 {
		return nil, err
	}
	exports := s.direction(m.Name).Exports()
	var names, ids []any
	for _, r := range reviews {
		switch {
		case ofNamesakes(r):
			names = append(names, r.Name)
		case r.Kind == binding.Imported && r.OdooID != 0:
			ids = append(ids, r.OdooID)
		case r.OdooID != 0 && pendsOutside(r) == exports && r.Kind != binding.Deleted:
			ids = append(ids, r.OdooID) // what is exported and bound is polled anyway
		}
	}
	var domains []odoo.Domain
	if len(names) > 0 {
		within, err := s.withinBound(ctx, m)
		if err != nil {
			return nil, err
		}
		domains = append(domains, odoo.And(odoo.Cond(m.OdooNameField, "in", names), m.Domain, within))
	}
	if len(ids) > 0 {
		domains = append(domains, odoo.Cond("id", "in", ids))
	}
	if len(domains) == 0 {
		return nil, nil
	}
	return odoo.Or(domains...), nil
}

// withinBound holds the Odoo records that live in a bound parent: all of a model without parents.
func (s *Synchronizer) withinBound(ctx context.Context, m backend.Model) (odoo.Domain, error) {
	if m.OdooParent == "" {
		return nil, nil
	}
	parents, err := s.boundIDs(ctx, m.Parent)
	return odoo.Cond(m.OdooParent, "in", parents), err
}

// reviewedInOdoo gathers, of the rows that a poll reads, what reviews are about.
type reviewedInOdoo struct {
	*poll
	about  map[int64]bool // Odoo ids that reviews of unbound records are about
	wanted map[place]bool
	rows   []record.Record // those that reviews are about, or that are namesakes of them
	at     map[place][]record.Record
}

func newReviewedInOdoo(p *poll) *reviewedInOdoo {
	v := &reviewedInOdoo{poll: p, about: map[int64]bool{}, wanted: p.wantedPlaces(), at: map[place][]record.Record{}}
	for _, rv := range p.reviews {
		if rv.Field == "" && rv.OdooID != 0 {
			v.about[rv.OdooID] = true
		}
	}
	return v
}

// take takes rows and gives those that no review is about as a whole. The others are compared when all was read.
func (v *reviewedInOdoo) take(rows []record.Record, bound func(id int64) []binding.Brief) (left []record.Record) {
	if len(v.about)+len(v.wanted) == 0 {
		return rows
	}
	for _, r := range rows {
		id := odooID(r)
		free := v.freeParents(v.parentsOf(r, v.parents), scopesOf(bound(id)))
		for _, here := range v.placesOf(r, free, v.wanted, mapping.Field.ReadOdoo) {
			v.at[here] = append(v.at[here], r)
		}
		if v.about[id] {
			v.rows = append(v.rows, r)
		} else {
			left = append(left, r)
		}
	}
	return left
}

// endReviewed looks, after a poll, at the reviews of unbound records in the same way, and compares the rows that they are about.
func (l *odooLook) endReviewed(ctx context.Context) error {
	rows := l.reviewed.rows
	if err := l.lookupOdoo(ctx, rows); err != nil {
		return err
	}
	l.alone = l.stillReviewed(rows)
	for part := range slices.Chunk(rows, atATime) {
		if err := l.compare(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// stillReviewed are the Odoo ids that are left alone. Jobs are made for what is not as its review says.
func (l *odooLook) stillReviewed(rows []record.Record) map[int64]bool {
	byID := map[int64]*record.Record{}
	for i := range rows {
		byID[odooID(rows[i])] = &rows[i]
	}
	alone := map[int64]bool{}
	for _, rv := range l.reviews {
		_, then := halves(rv)
		still := false
		switch {
		case ofNamesakes(rv):
			still = then == fingerprint(l.mapper.OdooFields(), l.reviewed.at[l.reviewPlace(rv)]...)
		case rv.Kind == binding.Imported && rv.OdooID != 0:
			r := byID[rv.OdooID]
			still = r != nil && then == fingerprint(l.mapper.OdooFields(), *r)
		case rv.Field == "" && rv.OdooID != 0 && (rv.Kind == binding.MissingReference || rv.Kind == binding.Unfit) && l.exports:
			still = l.stillMissing(byID[rv.OdooID]) || l.stillRefused(rv, byID[rv.OdooID])
		default:
			continue
		}
		alone[rv.OdooID] = true
		if still {
			l.report.skip(l.model.Name, reviewKey(rv))
		} else {
			l.changes = append(l.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
		}
	}
	return alone
}

// stillRefused says that a row that the other side did not take, when others asked for it, is as it was then.
func (p *poll) stillRefused(rv binding.Review, r *record.Record) bool {
	_, then := halves(rv)
	return p.model.OnDemand && rv.Kind == binding.Unfit && r != nil && then == fingerprint(p.mapper.OdooFields(), *r)
}

// boundParents are the external ids of the bound parents by the parents' Odoo ids.
func (p *poll) boundParents(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	if p.model.Parent == "" {
		return out, nil
	}
	all, err := p.env.Binder.Briefs(ctx, p.model.Parent)
	for _, b := range all {
		if b.TakesPart() {
			out[binding.OdooID(b.OdooID)] = b.ExternalID
		}
	}
	return out, err
}

// stillMissing says that an unbound row cannot be created outside as before, for lack of what it
// points to. A row that is nil was deleted.
func (p *poll) stillMissing(r *record.Record) bool {
	if r == nil {
		return false
	}
	plan, err := planCreateExternal(Pair{
		Model: p.model, Mapper: p.mapper, Settings: p.env.Settings(p.model.Name), Odoo: r,
		Lookup: p.lookup, Types: p.types, OdooScope: p.odooParent(r), Off: p.off, Export: p.export,
	})
	return err == nil && plan.Action == Skip && len(plan.Reviews) > 0
}

// heldFields are the fields of a bound row whose links had no counterpart outside: those that still
// have none are left alone; found says that one has got its counterpart, or needs it no more, or that a value
// which the other side did not take fits now.
func (p *poll) heldFields(b binding.Binding, r record.Record, scope string) (held map[string]bool, found bool) {
	held = p.heldLinks(b)
	for _, rv := range p.reviews {
		f, mapped := p.mapper.Field(rv.Field)
		if !mapped || rv.ExternalID != b.ExternalID || !pendsOutside(rv) {
			continue
		}
		v, err := f.ReadOdoo(p.source(r, scope))
		if err == nil {
			_, err = f.WriteExternal(mapping.Target{Value: v, Source: p.source(record.Record{}, scope)})
		}
		if (!isMissing(err) && !isUnfit(err)) || p.awaited(err, scope) {
			return nil, true
		}
		held[rv.Field] = rv.Kind == binding.MissingReference
	}
	return held, false
}

// heldOutside are the fields of a bound external record that are left alone: links whose Odoo half has
// no counterpart outside and which are as they were when that was found out.
func (p *poll) heldOutside(b binding.Binding, r record.Record) map[string]bool {
	held := p.heldLinks(b)
	for _, rv := range p.reviews {
		if rv.Field != "" && rv.ExternalID == b.ExternalID && rv.Kind == binding.MissingReference {
			f, _ := p.mapper.Field(rv.Field)
			held[rv.Field] = held[rv.Field] || rv.Fingerprint == f.ExternalHash(r)
		}
	}
	return held
}

// heldLinks are the links of a pair whose place waits for review: in two places they mean nothing to each
// other. The link to the place itself is not among them.
func (p *poll) heldLinks(b binding.Binding) map[string]bool {
	held := map[string]bool{}
	for _, rv := range p.reviews {
		if rv.ExternalID != b.ExternalID || rv.Field == "" || rv.Field != p.model.OdooParent {
			continue
		}
		for link := range p.mapper.Each() {
			held[link.Name] = (link.Needs != nil || link.Links != "") && link.Name != rv.Field
		}
	}
	return held
}

// waitingFields are the fields of a bound record that wait for a person: a change of theirs is looked at
// even if it leads back to what both sides agreed on.
func (p *poll) waitingFields(b binding.Binding) map[string]bool {
	var out map[string]bool
	for _, rv := range p.reviews {
		if rv.Field != "" && rv.ExternalID == b.ExternalID {
			if out == nil {
				out = map[string]bool{}
			}
			out[rv.Field] = true
		}
	}
	return out
}
