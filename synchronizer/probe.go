package synchronizer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// Probe tells with few requests whether anything may have been changed on either side since it looked last: one for each parent
// outside (see [backend.Prober]), and one for each Odoo model. What it cannot see a sync finds: records that were deleted in Odoo or
// left the domain, rows of Odoo transactions that took longer than five minutes, and what the system's own Prober says that it leaves
// out.
type Probe struct {
	all      []*Synchronizer
	aims     []aim                               // of Odoo
	turn     int                                 // of the aims but the first, which is looked at next
	external map[string]map[string]backend.Sight // by backend and parent, what was seen last
	rows     map[string]map[string]string        // by Odoo model and id, the write date that was seen last
}

// aim is what is asked of one Odoo model.
type aim struct {
	model     string
	domain    odoo.Domain
	consumers []consumer
	fields    int // that are mapped
}

// consumer is a binding model of a backend.
type consumer struct {
	of    *Synchronizer
	model string
}

// NewProbe gives a probe of backends of one Odoo that has seen nothing yet: to its first look everything is new but what the
// bindings know.
func NewProbe() *Probe {
	return &Probe{external: map[string]map[string]backend.Sight{}, rows: map[string]map[string]string{}}
}

// Aim tells the probe what to look at from now on: the backends, and what of Odoo is bound by now. It sends no request but those that
// a tailor may need once.
func (p *Probe) Aim(ctx context.Context, all []*Synchronizer) error {
	p.all = all
	aims := map[string]*aim{}
	var order []string
	for _, s := range all {
		for _, m := range s.env.Backend.AllModels() {
			domain, fields, err := s.probeDomain(ctx, m.Name)
			if err != nil {
				return err
			}
			if domain == nil {
				continue
			}
			a := aims[m.OdooModel]
			if a == nil {
				a = &aim{model: m.OdooModel, domain: domain}
				aims[m.OdooModel], order = a, append(order, m.OdooModel)
			} else {
				a.domain = odoo.Or(a.domain, domain)
			}
			a.consumers = append(a.consumers, consumer{s, m.Name})
			a.fields += fields
		}
	}
	p.aims = make([]aim, len(order))
	for i, model := range order {
		p.aims[i] = *aims[model]
	}
	slices.SortStableFunc(p.aims, func(a, b aim) int { return cmp.Compare(b.fields, a.fields) })
	return nil
}

// mostNamed is how many ids a probe's domain names; beyond that it asks more broadly.
const mostNamed = 2000

// probeDomain is what a probe asks of an Odoo model: what was written lately among what a poll would look at; and how many
// fields are read of it. A nil domain: nothing.
func (s *Synchronizer) probeDomain(ctx context.Context, model string) (domain odoo.Domain, fields int, err error) {
	w, err := s.odooWants(ctx, model)
	if err != nil || w == nil {
		return nil, 0, err
	}
	m, _ := s.env.Model(model)
	switch {
	case w.domain == nil:
		domain = w.reviewed
	case w.reviewed == nil:
		domain = w.domain
	default:
		domain = odoo.Or(w.domain, w.reviewed)
	}
	named, err := s.namedIDs(ctx, m)
	if err != nil {
		return nil, 0, err
	}
	if named > mostNamed {
		domain = m.Domain
	}
	if w.since == "" {
		return append(odoo.Domain{}, domain...), len(w.fields), nil
	}
	return odoo.And(odoo.Cond("write_date", ">=", w.since), domain), len(w.fields), nil
}

// namedIDs is how many ids the model's domain names.
func (s *Synchronizer) namedIDs(ctx context.Context, m backend.Model) (int, error) {
	bound, err := s.boundIDs(ctx, m.Name)
	if err != nil || m.Parent == "" || !polledOut(m) {
		return len(bound), err
	}
	parents, err := s.boundIDs(ctx, m.Parent)
	return len(bound) + len(parents), err
}

// Parents is how many requests a look sends outside, and how far apart they must be, as far as is known from the last one.
func (p *Probe) Parents() (count int, pace time.Duration) {
	for _, s := range p.all {
		count += len(p.external[s.env.Config.Name])
		if prober := s.prober(); prober != nil {
			pace = max(pace, prober.ProbePace())
		}
	}
	return count, pace
}

// Models is how many Odoo models there are to be looked at.
func (p *Probe) Models() int { return len(p.aims) }

// prober is the backend's adapter that can probe, if one can.
func (s *Synchronizer) prober() backend.Prober {
	for _, m := range s.env.Backend.AllModels() {
		if s.off(m.Name) {
			continue
		}
		if adapter, err := s.env.Adapter(m.Name); err == nil {
			if prober, ok := adapter.(backend.Prober); ok {
				return prober
			}
		}
	}
	return nil
}

// atOnce is how many requests of a look are under way at the same time on each side, at most: what each server allows besides (see
// calls_at_once of an Odoo) holds all the same. Asked one after the other, the models of a server far away would take longer than the look
// may.
const atOnce = 4

// Look asks both sides at the same time: all parents outside, and so many Odoo models, all where most is 0.
func (p *Probe) Look(ctx context.Context, most int) News {
	var sides [2]News
	_ = backend.Together(len(sides), len(sides), func(i int) error {
		if i == 0 {
			sides[i] = p.LookOutside(ctx)
		} else {
			sides[i] = p.LookAtOdoo(ctx, most)
		}
		return nil
	})
	sides[0].Add(sides[1])
	return sides[0]
}

// LookOutside asks the external systems. One that has no Prober always has news, since only a listing can tell.
func (p *Probe) LookOutside(ctx context.Context) (news News) {
	seen, errs := make([]map[string]backend.Sight, len(p.all)), make([]error, len(p.all))
	_ = backend.Together(atOnce, len(p.all), func(i int) error {
		if prober := p.all[i].prober(); prober != nil {
			seen[i], errs[i] = prober.Probe(ctx)
		}
		return nil
	})
	for i, s := range p.all {
		name := s.env.Config.Name
		switch {
		case errs[i] != nil:
			news.fail(s, errs[i])
		case s.prober() == nil:
			news.External = append(news.External, name+"/")
			news.of(s).listedOutside(s)
		default:
			p.compare(s, seen[i], &news)
		}
	}
	return news
}

// compare notes what a backend's prober saw, and finds what it saw otherwise before.
func (p *Probe) compare(s *Synchronizer, seen map[string]backend.Sight, news *News) {
	name := s.env.Config.Name
	before := p.external[name]
	for _, parent := range sortedKeys(union(seen, before)) {
		if models := differing(seen[parent], before[parent]); len(models) > 0 {
			news.External = append(news.External, name+"/"+parent)
			news.of(s).seenOutside(parent, models)
		}
	}
	p.external[name] = seen
}

// LookAtOdoo asks Odoo for so many of its models, or for all of them where most is 0: always for the one with the most mapped fields,
// where people work most, and for the others in turn.
func (p *Probe) LookAtOdoo(ctx context.Context, most int) (news News) {
	aims := p.next(most)
	seen := make([]*sightOfRows, len(aims))
	err := backend.Together(atOnce, len(aims), func(i int) (err error) {
		seen[i], err = p.look(ctx, aims[i])
		return err
	})
	for i, a := range aims {
		if seen[i] == nil {
			continue
		}
		p.rows[a.model] = seen[i].rows
		if len(seen[i].concerned) > 0 {
			news.Odoo = append(news.Odoo, a.model)
		}
		for _, c := range seen[i].concerned {
			news.of(c.of).inOdoo[c.model] = true
		}
	}
	if err != nil {
		news.failAll(p.all, err) // Odoo is everybody's
	}
	return news
}

// sightOfRows is what a look at an Odoo model saw: the write dates of its newest rows by id, and whom those concern that are new.
type sightOfRows struct {
	rows      map[string]string
	concerned []consumer
}

// next are the aims of the next look.
func (p *Probe) next(most int) []aim {
	others := len(p.aims) - 1
	if most <= 0 || most > others || len(p.all) == 0 {
		return p.aims
	}
	if most == 1 { // there is no room for one that is always asked
		p.turn = (p.turn + 1) % len(p.aims)
		return p.aims[p.turn : p.turn+1]
	}
	chosen := p.aims[:1:1]
	for range most - 1 {
		chosen = append(chosen, p.aims[1+p.turn%others])
		p.turn = (p.turn + 1) % others
	}
	return chosen
}

// newestRows is how many rows a look at an Odoo model reads: those written last.
const newestRows = 100

// look reads which rows were written last, and finds whom those concern that neither an earlier look nor the bindings know as they are.
func (p *Probe) look(ctx context.Context, a aim) (*sightOfRows, error) {
	rows, err := a.consumers[0].of.reading().SearchRead(ctx, a.model, a.domain, []string{"write_date"},
		odoo.SearchOptions{Limit: newestRows, Order: "write_date desc, id desc"})
	if err != nil {
		return nil, err
	}
	before, seen := p.rows[a.model], make(map[string]string, len(rows))
	var unknown []record.Record
	for _, r := range rows {
		seen[r.ID] = writeDate(r)
		if before[r.ID] != seen[r.ID] {
			unknown = append(unknown, r)
		}
	}
	concerned, err := a.news(ctx, unknown)
	if err != nil {
		return nil, err
	}
	return &sightOfRows{rows: seen, concerned: concerned}, nil
}

// news gives the consumers that rows concern: those whose bindings don't know one of them as it is. A row that changed in one backend, or
// that none has bound, concerns besides all who may create it outside and whose backend has not bound it.
func (a aim) news(ctx context.Context, rows []record.Record) (concerned []consumer, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	changed, boundIn := map[int64]bool{}, map[*Synchronizer]map[int64]bool{}
	known, own := map[int64]bool{}, make([]bool, len(a.consumers))
	for i, c := range a.consumers {
		bound, err := c.of.env.Binder.Lean().ByOdoo(ctx, c.model, ids(rows))
		if err != nil {
			return nil, err
		}
		if boundIn[c.of] == nil {
			boundIn[c.of] = map[int64]bool{}
		}
		for _, r := range rows {
			id := odooID(r)
			for _, b := range bound[id] {
				known[id], boundIn[c.of][id] = true, true
				if b.TakesPart() && b.OdooWriteDate != writeDate(r) {
					changed[id], own[i] = true, true
				}
			}
		}
	}
	for i, c := range a.consumers {
		m, _ := c.of.env.Model(c.model)
		lacks := func(r record.Record) bool {
			id := odooID(r)
			return (changed[id] || !known[id]) && !boundIn[c.of][id]
		}
		if own[i] || (polledOut(m) && slices.ContainsFunc(rows, lacks)) {
			concerned = append(concerned, c)
		}
	}
	return concerned, nil
}
