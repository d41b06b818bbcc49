package synchronizer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// overlap is how far a poll looks back behind the newest write_date that was seen: write_date is the
// time at which a transaction began, and a long one appears after younger ones (facts: Odoo 18 kept
// rows locked for up to 22 s). The sweep closes what is longer.
const overlap = 5 * time.Minute

// sweepPage is how many ids and write dates one call sweeps; a row takes about 200 bytes.
const sweepPage = 10000

// wants is what one synchronizer needs of an Odoo model.
type wants struct {
	fields   []string
	domain   odoo.Domain // what is exported; nil for nothing
	reviewed odoo.Domain // what reviews are about; nil for nothing
	since    string      // write_date to begin with; "" for everything
	parent   string      // the field with the Odoo parent
	places   bool        // a row is created outside once for each of its parents
	// condition is what an unbound record must fulfil to be let out, beside living in a bound parent.
	condition string
	order     []string // what tells the rows' order
	// linked is what to read whenever it was written: what points to records that were linked lately.
	linked odoo.Domain
}

// PollOdoo looks for Odoo records of the model that are not as their bindings know them, and fires
// OnOdooChange for the true changes among them.
func (s *Synchronizer) PollOdoo(ctx context.Context, model string) error {
	return PollOdooTogether(ctx, []*Synchronizer{s}, []string{model})
}

// PollOdooTogether asks Odoo once for consumers of one database and one Odoo model, each with its
// own domain and position, and hands every one what was found. Models are the consumers' binding
// models, in the consumers' order.
func PollOdooTogether(ctx context.Context, consumers []*Synchronizer, models []string) error {
	groups, order := map[string]*shared{}, []string(nil)
	for i, s := range consumers {
		w, err := s.odooWants(ctx, models[i])
		if err != nil {
			return err
		}
		if w == nil {
			continue
		}
		if groups[w.condition] == nil {
			groups[w.condition], order = &shared{}, append(order, w.condition)
		}
		g := groups[w.condition]
		g.wants, g.consumers, g.models = append(g.wants, *w), append(g.consumers, s), append(g.models, models[i])
	}
	for _, condition := range order {
		if err := groups[condition].poll(ctx); err != nil {
			return err
		}
	}
	return nil
}

// shared is a poll of consumers that let the same records out of Odoo. Those of another condition
// ask for themselves: a row does not tell which condition it fulfils.
type shared struct {
	wants     []wants
	consumers []*Synchronizer
	models    []string
}

func (g *shared) poll(ctx context.Context) error {
	session, w := g.consumers[0].reading(), together(g.wants)
	m, _ := g.consumers[0].env.Model(g.models[0])
	looks := make([]*odooLook, len(g.consumers))
	for i, s := range g.consumers {
		l, err := s.newOdooLook(ctx, g.models[i], w.since == "")
		if err != nil {
			return err
		}
		looks[i] = l
		s.at(PollingOdoo, g.models[i], 0, 0)
	}
	err := session.EachPage(ctx, m.OdooModel, w.changed(), w.fields, 0, func(rows []record.Record) error {
		return each(looks, func(_ int, l *odooLook) error { return l.written(ctx, rows) })
	})
	if err != nil {
		return err
	}
	if w.since != "" { // else everything was read just now
		err := session.EachPage(ctx, m.OdooModel, w.domain, w.sweep(), sweepPage, func(rows []record.Record) error {
			return each(looks, func(_ int, l *odooLook) error {
				l.swept.add(l.dry.left(l.model, rows, l.env.Clock.Now()))
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return each(looks, func(_ int, l *odooLook) error { return l.end(ctx) })
}

// changed holds what was written lately, and what is to be read whenever it was written.
func (w wants) changed() odoo.Domain {
	domain := w.domain
	if w.since != "" {
		recent := odoo.Cond("write_date", ">=", w.since)
		if len(w.linked) > 0 {
			recent = odoo.Or(recent, w.linked)
		}
		domain = odoo.And(recent, domain)
	}
	if w.reviewed != nil {
		domain = odoo.Or(w.reviewed, domain)
	}
	return domain
}

// sweep are the fields that are read of every row.
func (w wants) sweep() []string {
	fields := []string{"write_date"}
	if w.parent != "" { // to tell whose the rows are, or in which of their places they lack a counterpart
		fields = append(fields, w.parent)
	}
	return unique(append(fields, w.order...))
}

// together is what to ask for all of them: it begins where the first of them begins. Several of them
// tell their rows apart by the parent.
func together(all []wants) wants {
	var domains, reviewed, linked []odoo.Domain
	var out wants
	for _, w := range all {
		out.fields, out.order = unique(append(out.fields, w.fields...)), unique(append(out.order, w.order...))
		if w.reviewed != nil {
			reviewed = append(reviewed, w.reviewed)
		}
		if len(all) > 1 || w.places {
			out.parent = w.parent
		}
		if len(w.linked) > 0 {
			linked = append(linked, w.linked)
		}
		if w.domain == nil {
			continue
		}
		if len(domains) == 0 || w.since < out.since {
			out.since = w.since
		}
		domains = append(domains, w.domain)
	}
	if out.domain = odoo.Or(domains...); len(reviewed) > 0 {
		out.reviewed = odoo.Or(reviewed...)
	}
	if len(linked) > 0 {
		out.linked = odoo.Or(linked...)
	}
	return out
}

// odooWants is what to ask Odoo for; nil if nothing of the model goes out of Odoo.
func (s *Synchronizer) odooWants(ctx context.Context, model string) (*wants, error) {
	m, ok := s.env.Model(model)
	if !ok || s.off(model) || m.LinkOnly {
		return nil, nil
	}
	mapper, err := s.env.Mapper(ctx, model)
	if err != nil {
		return nil, err
	}
	w := &wants{fields: odooFields(m, mapper), parent: m.OdooParent, places: m.Scoped && polledOut(m)}
	w.order = s.sweptFields(ctx, m)
	if w.reviewed, err = s.reviewedDomain(ctx, m); err != nil {
		return nil, err
	}
	more, err := s.exportDomain(ctx, m)
	if err != nil {
		return nil, err
	}
	if s.direction(model).Exports() {
		if w.domain, err = s.odooDomain(ctx, m, more); err != nil {
			return nil, err
		}
	}
	if w.domain == nil && w.reviewed == nil {
		return nil, nil
	}
	if polledOut(m) {
		w.condition = fmt.Sprint(m.Domain, s.env.Settings(model).Domain, more)
	}
	if w.linked, err = s.newlyLinked(ctx, m); err != nil {
		return nil, err
	}
	position, err := s.position(ctx, m)
	if !s.limits.Full {
		w.since = since(position)
	}
	return w, err
}

// sweptFields are what is read of every row of a model beside its id and date: what tells its place in the order, and, in a dry run, what
// it may be archived with.
func (s *Synchronizer) sweptFields(ctx context.Context, m backend.Model) (fields []string) {
	if m.Order != nil {
		fields = append(m.Order.OdooFields(), s.activeField(ctx, m)...)
	}
	if s.dry != nil {
		fields = append(fields, m.CascadeFrom...)
	}
	return fields
}

// exportDomain is what the exporter asks of records that are to be created outside; nil for nothing.
func (s *Synchronizer) exportDomain(ctx context.Context, m backend.Model) (odoo.Domain, error) {
	hook := s.env.Backend.ExporterOf(m.Name).Domain
	if hook == nil || !m.Creates || !s.direction(m.Name).Exports() {
		return nil, nil
	}
	return hook(ctx, s.env)
}

// odooDomain holds the bound records and, where records are created outside, those that may be: in
// a bound parent, in the configured domain and in what the exporter asks for more. nil: there can be none.
func (s *Synchronizer) odooDomain(ctx context.Context, m backend.Model, more odoo.Domain) (odoo.Domain, error) {
	bound, err := s.boundIDs(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	var domains []odoo.Domain
	if len(bound) > 0 {
		domains = append(domains, odoo.Cond("id", "in", bound))
	}
	out, err := s.unboundDomain(ctx, m, more)
	if err != nil {
		return nil, err
	}
	if out != nil {
		domains = append(domains, out)
	}
	if len(domains) == 0 {
		return nil, nil
	}
	return odoo.Or(domains...), nil
}

// unboundDomain holds the Odoo records that may be created outside; nil: there can be none.
func (s *Synchronizer) unboundDomain(ctx context.Context, m backend.Model, more odoo.Domain) (odoo.Domain, error) {
	if !polledOut(m) {
		return nil, nil
	}
	configured := odoo.Domain(s.env.Settings(m.Name).Domain)
	if m.Parent == "" {
		return append(odoo.Domain{}, odoo.And(m.Domain, configured, more)...), nil
	}
	parents, err := s.boundIDs(ctx, m.Parent)
	if err != nil || len(parents) == 0 {
		return nil, err
	}
	return odoo.And(odoo.Cond(m.OdooParent, "in", parents), m.Domain, configured, more), nil
}

// polledOut says that Odoo is asked for records of the model that are to be created outside.
func polledOut(m backend.Model) bool { return m.Creates && !m.OnDemand }

// boundIDs are the Odoo ids of the model's bindings, each once.
func (s *Synchronizer) boundIDs(ctx context.Context, model string) ([]any, error) {
	all, err := s.env.Binder.Briefs(ctx, model)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	var ids []any
	for _, b := range all {
		if b.OdooID != 0 && !b.OdooGone && !b.Retired && b.Intent != binding.Export && !seen[b.OdooID] {
			seen[b.OdooID] = true
			ids = append(ids, b.OdooID)
		}
	}
	return ids, nil
}

func (p *poll) lookupOdoo(ctx context.Context, rows []record.Record) error {
	p.lookup = newLookup()
	var needs []record.Reference
	for i := range rows {
		needs = append(needs, p.odooNeeds(&rows[i])...)
	}
	if err := p.fill(ctx, p.lookup, nil, needs); err != nil {
		return err
	}
	if err := p.fillNames(ctx, nil, pointers(rows)); err != nil {
		return err
	}
	return p.findExports(ctx, p.lacking(rows))
}

// lacking are the rows that wait for a counterpart of what they point to.
func (p *poll) lacking(rows []record.Record) (out []inPlace) {
	lack := map[int64]bool{}
	for _, rv := range p.reviews {
		if rv.Kind == binding.MissingReference {
			lack[rv.OdooID] = true
		}
	}
	for i := range rows {
		if lack[odooID(rows[i])] {
			out = append(out, inPlace{&rows[i], p.odooParent(&rows[i])})
		}
	}
	return out
}

// noteWriteDate remembers that a row was looked at, so that the sweep leaves it alone.
func (p *poll) noteWriteDate(b binding.Binding, date string) {
	if b.OdooWriteDate == date {
		return
	}
	for i := range p.refresh {
		if p.refresh[i].ID == b.ID {
			p.refresh[i].OdooWriteDate = date
			return
		}
	}
	b.OdooWriteDate = date
	p.refresh = append(p.refresh, b)
}

// bindingArgs name a bound pair for a job.
func bindingArgs(b binding.Binding) Args {
	return Args{Model: b.Model, ExternalID: b.ExternalID, Scope: b.Scope, Parent: b.Parent}
}

// comesBack says that a row, which is there, had left its parent for good, as far as its binding knows, and lives in it again.
func (p *poll) comesBack(b binding.Binding, r record.Record) bool {
	return p.model.Rooted && b.Bound() && !b.OdooGone.IsZero() && b.ExternalGone.IsZero() && p.odooParent(&r) == b.Parent
}

// ids are the database ids of Odoo records.
func ids(rows []record.Record) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = odooID(r)
	}
	return out
}

func isSkip(err error) bool { return errors.Is(err, mapping.ErrSkip) }

func isMissing(err error) bool {
	var missing *mapping.MissingError
	return errors.As(err, &missing)
}

// consumer is the name under which a binding model's position is kept.
func (s *Synchronizer) consumer(m backend.Model) string { return s.env.Config.Name + "/" + m.Name }

// position is the newest write_date that this consumer has seen; "" if it has seen none.
func (s *Synchronizer) position(ctx context.Context, m backend.Model) (string, error) {
	var at string
	row := s.db.Read().QueryRowContext(ctx, `SELECT position FROM poll_position WHERE database = ? AND model = ? AND consumer = ?`,
		s.env.Session.Database(), m.OdooModel, s.consumer(m))
	err := row.Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the poll's position could not be read: %w", s.db.Explain(err))
	}
	return at, nil
}

// since is where a consumer of that position begins: less the overlap.
func since(position string) string {
	t, err := time.Parse(time.DateTime, position)
	if err != nil {
		return "" // no position, or one that cannot be read: begin anew
	}
	return t.Add(-overlap).Format(time.DateTime)
}

// move stores the consumer's position, unless it stands there already. It never goes back.
func (s *Synchronizer) move(ctx context.Context, m backend.Model, latest string) (func(context.Context, *state.Tx) error, error) {
	at, err := s.position(ctx, m)
	if err != nil || latest <= at {
		return nil, err
	}
	return func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO poll_position (database, model, consumer, position, updated) VALUES (?,?,?,?,?)
			ON CONFLICT (database, model, consumer) DO UPDATE SET position = `+tx.Dialect().Greatest("poll_position.position", "excluded.position")+`, updated = excluded.updated`,
			s.env.Session.Database(), m.OdooModel, s.consumer(m), latest, state.Micros(tx.Now()))
		return err
	}, nil
}
