package synchronizer

import (
	"context"
	"fmt"
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
	if r.ExternalID != "" {
		return r.ExternalID
	}
	return fmt.Sprintf("odoo:%d@%s", r.OdooID, r.Scope)
}

// places sorts unbound records by their place. Records whose name cannot be read are in none.
func (p *poll) places(records []record.Record, bound func(record.Record) bool, parents func(record.Record) []string,
	read func(mapping.Field, mapping.Source) (record.Value, error),
) map[place][]record.Record {
	out := map[place][]record.Record{}
	match, ok := p.mapper.MatchField()
	if !ok || len(p.reviews) == 0 {
		return out
	}
	for _, r := range records {
		if bound(r) {
			continue
		}
		for _, parent := range parents(r) {
			if v, err := read(match, p.source(r, parent)); err == nil {
				at := place{p.placeParent(parent), v.AsText()}
				out[at] = append(out[at], r)
			}
		}
	}
	return out
}

// reviewsOutside looks, after a listing, at the reviews of unbound external records, and at those of Odoo's whose namesakes outside do
// not take part: what is as it was is left alone, all else is looked at again. It gives the records that are left alone.
func (p *poll) reviewsOutside(records []record.Record, known map[string]binding.Binding, full map[string]bool) map[string]bool {
	listed := map[string]record.Record{}
	for _, r := range records {
		listed[r.ID] = r
	}
	parents := func(r record.Record) []string { return []string{refID(r, p.model.ParentField)} }
	out := func(r record.Record) bool { return known[r.ID].ID != 0 || !p.selects(r) }
	at := p.places(records, out, parents, mapping.Field.ReadExternal)
	alone := map[string]bool{}
	for _, rv := range p.reviews {
		if rv.Field != "" || rv.ExternalID == "" || known[rv.ExternalID].ID != 0 || rv.Kind == binding.Deleted {
			continue
		}
		then, _ := halves(rv)
		r, there := listed[rv.ExternalID]
		here := []record.Record{r}
		if ofNamesakes(rv) {
			here = at[place{p.placeParent(rv.Parent), rv.Name}]
		}
		switch {
		case !there && !full[rv.Parent]: // nothing is known of it
		case there && then == fingerprint(p.mapper.ExternalFields(), here...):
			alone[rv.ExternalID] = true
			p.report.skip(p.model.Name, reviewKey(rv))
		default:
			p.changes = append(p.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
		}
	}
	p.reviewsOfUnchosen(records, known, full)
	return alone
}

// reviewsOfUnchosen looks at Odoo's records again of which a namesake outside was chosen, changed, went or came.
func (p *poll) reviewsOfUnchosen(records []record.Record, known map[string]binding.Binding, full map[string]bool) {
	of := func(rv binding.Review) bool { return rv.Kind == binding.Unchosen && full[rv.Parent] }
	if !slices.ContainsFunc(p.reviews, of) {
		return
	}
	parents := func(r record.Record) []string { return []string{refID(r, p.model.ParentField)} }
	out := func(r record.Record) bool { return known[r.ID].ID != 0 || p.selects(r) }
	at := p.places(records, out, parents, mapping.Field.ReadExternal)
	for _, rv := range p.reviews {
		then, _ := halves(rv)
		if of(rv) && then != fingerprint(p.mapper.ExternalFields(), at[place{p.placeParent(rv.Parent), rv.Name}]...) {
			p.changes = append(p.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
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

// reviewsInOdoo looks, after a poll, at the reviews of unbound records in the same way. It gives the
// Odoo ids that are left alone.
func (p *poll) reviewsInOdoo(ctx context.Context, rows []record.Record, known map[int64][]binding.Binding) (map[int64]bool, error) {
	at, err := p.odooPlaces(ctx, rows, known)
	if err != nil {
		return nil, err
	}
	byID := map[int64]*record.Record{}
	for i := range rows {
		byID[odooID(rows[i])] = &rows[i]
	}
	alone := map[int64]bool{}
	for _, rv := range p.reviews {
		_, then := halves(rv)
		switch {
		case ofNamesakes(rv):
			if then != fingerprint(p.mapper.OdooFields(), at[place{p.placeParent(rv.Parent), rv.Name}]...) {
				p.changes = append(p.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
			} else {
				p.report.skip(p.model.Name, reviewKey(rv))
			}
			alone[rv.OdooID] = true
		case rv.Field == "" && rv.OdooID != 0 && (rv.Kind == binding.MissingReference || rv.Kind == binding.Unfit) && p.direction(p.model.Name).Exports():
			if p.stillMissing(byID[rv.OdooID]) || p.stillRefused(rv, byID[rv.OdooID]) {
				p.report.skip(p.model.Name, reviewKey(rv))
			} else {
				p.changes = append(p.changes, Change{Args: reviewArgs(rv), Name: rv.Name})
			}
			alone[rv.OdooID] = true
		}
	}
	return alone, nil
}

// stillRefused says that a row that the other side did not take, when others asked for it, is as it was then.
func (p *poll) stillRefused(rv binding.Review, r *record.Record) bool {
	_, then := halves(rv)
	return p.model.OnDemand && rv.Kind == binding.Unfit && r != nil && then == fingerprint(p.mapper.OdooFields(), *r)
}

// odooPlaces sorts the unbound rows into the places of the bound parents.
func (p *poll) odooPlaces(ctx context.Context, rows []record.Record, known map[int64][]binding.Binding) (map[place][]record.Record, error) {
	parents, err := p.boundParents(ctx)
	if err != nil {
		return nil, err
	}
	scopesOf := func(r record.Record) map[string]bool {
		scopes := map[string]bool{}
		for _, b := range known[odooID(r)] {
			scopes[b.Scope] = true
		}
		return scopes
	}
	free := func(record.Record) bool { return false }
	within := func(r record.Record) (out []string) {
		taken := scopesOf(r)
		for _, parent := range p.parentsOf(r, parents) {
			if !taken[scopeOf(p.model, parent)] {
				out = append(out, parent)
			}
		}
		return out
	}
	return p.places(rows, free, within, mapping.Field.ReadOdoo), nil
}

// boundParents are the external ids of the bound parents by the parents' Odoo ids.
func (p *poll) boundParents(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	if p.model.Parent == "" {
		return out, nil
	}
	all, err := p.env.Binder.Lean().All(ctx, p.model.Parent)
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
		for _, link := range p.mapper.Fields() {
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
