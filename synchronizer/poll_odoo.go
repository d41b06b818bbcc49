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

// OdooPoll is what one look at an Odoo model found, for all its consumers.
type OdooPoll struct {
	Model   string
	Changed []record.Record // rows written since the oldest consumer's position, with all mapped fields
	Sweep   []record.Record // id and write_date of every row that takes part
	Latest  string          // the newest write_date among both
}

// wants is what one synchronizer needs of an Odoo model.
type wants struct {
	fields   []string
	domain   odoo.Domain
	position string
}

// PollOdoo looks for Odoo records of the model that are not as their bindings know them, and fires
// OnOdooChange for the true changes among them.
func (s *Synchronizer) PollOdoo(ctx context.Context, model string) error {
	w, err := s.odooWants(ctx, model)
	if err != nil || w == nil {
		return err
	}
	m, _ := s.env.Backend.Model(model)
	found, err := pollOdoo(ctx, s.reading(), m.OdooModel, []wants{*w})
	if err != nil {
		return err
	}
	return s.ConsumeOdoo(ctx, model, found)
}

// PollOdooTogether asks Odoo once for consumers of one database and one Odoo model, each with its
// own domain and position, and hands every one what was found. Models are the consumers' binding
// models, in the consumers' order.
func PollOdooTogether(ctx context.Context, consumers []*Synchronizer, models []string) error {
	var all []wants
	var of []int
	for i, s := range consumers {
		w, err := s.odooWants(ctx, models[i])
		if err != nil {
			return err
		}
		if w != nil {
			all, of = append(all, *w), append(of, i)
		}
	}
	if len(all) == 0 {
		return nil
	}
	m, _ := consumers[of[0]].env.Backend.Model(models[of[0]])
	found, err := pollOdoo(ctx, consumers[of[0]].reading(), m.OdooModel, all)
	if err != nil {
		return err
	}
	for _, i := range of {
		if err := consumers[i].ConsumeOdoo(ctx, models[i], found); err != nil {
			return err
		}
	}
	return nil
}

// pollOdoo sends at most two requests while there are no more rows than a page holds.
func pollOdoo(ctx context.Context, session *odoo.Session, model string, all []wants) (*OdooPoll, error) {
	p := &OdooPoll{Model: model}
	var fields []string
	var domains []odoo.Domain
	since := all[0].position
	for _, w := range all {
		fields = append(fields, w.fields...)
		domains = append(domains, w.domain)
		since = min(since, w.position)
	}
	domain := odoo.Or(domains...)
	changed := domain
	if since != "" {
		changed = odoo.And(odoo.Cond("write_date", ">=", since), domain)
	}
	var err error
	if p.Changed, err = session.All(ctx, model, changed, unique(fields), 0); err != nil {
		return nil, err
	}
	if since == "" {
		p.Sweep = p.Changed // everything was read just now
	} else if p.Sweep, err = session.All(ctx, model, domain, []string{"write_date"}, sweepPage); err != nil {
		return nil, err
	}
	for _, r := range p.Changed {
		p.Latest = max(p.Latest, writeDate(r))
	}
	return p, nil
}

// odooWants is what to ask Odoo for; nil if nothing of the model goes out of Odoo.
func (s *Synchronizer) odooWants(ctx context.Context, model string) (*wants, error) {
	m, ok := s.env.Backend.Model(model)
	if !ok || !s.direction(model).Exports() {
		return nil, nil
	}
	mapper, err := s.env.Backend.MapperOf(model)
	if err != nil {
		return nil, err
	}
	domain, err := s.odooDomain(ctx, m)
	if err != nil || domain == nil {
		return nil, err
	}
	position, err := s.position(ctx, m)
	if err != nil {
		return nil, err
	}
	return &wants{fields: odooFields(m, mapper), domain: domain, position: position}, nil
}

// odooDomain holds the bound records and, where records are created outside, those that may be: in
// a bound parent and in the configured domain. nil: there can be none.
func (s *Synchronizer) odooDomain(ctx context.Context, m backend.Model) (odoo.Domain, error) {
	bound, err := s.boundIDs(ctx, m.Name)
	if err != nil {
		return nil, err
	}
	var domains []odoo.Domain
	if len(bound) > 0 {
		domains = append(domains, odoo.Cond("id", "in", bound))
	}
	if m.Creates {
		parents, err := s.boundIDs(ctx, m.Parent)
		if err != nil {
			return nil, err
		}
		if len(parents) > 0 {
			domains = append(domains, odoo.And(odoo.Cond(m.OdooParent, "in", parents), m.Domain, odoo.Domain(s.env.Settings(m.Name).Domain)))
		}
	}
	if len(domains) == 0 {
		return nil, nil
	}
	return odoo.Or(domains...), nil
}

// boundIDs are the Odoo ids of the model's bindings, each once.
func (s *Synchronizer) boundIDs(ctx context.Context, model string) ([]any, error) {
	all, err := s.env.Binder.All(ctx, model)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	var ids []any
	for _, b := range all {
		if b.OdooID != 0 && b.OdooGone.IsZero() && b.Intent != binding.Export && !seen[b.OdooID] {
			seen[b.OdooID] = true
			ids = append(ids, b.OdooID)
		}
	}
	return ids, nil
}

// ConsumeOdoo compares what a poll found with this backend's bindings, makes jobs of the true
// changes and moves this consumer's position, in one transaction.
func (s *Synchronizer) ConsumeOdoo(ctx context.Context, model string, found *OdooPoll) error {
	sl, err := s.newSlice(ctx, model, nil)
	if err != nil {
		return err
	}
	s.env.Explainf("polled Odoo: %d %s written lately, %d in all", len(found.Changed), plural(sl.model.OdooNoun, len(found.Changed)), len(found.Sweep))
	p := &poll{slice: sl}
	if p.reviews, err = s.env.Binder.Reviews(ctx, model); err != nil {
		return err
	}
	if err := p.compareOdoo(ctx, found); err != nil {
		return err
	}
	if err := s.OnOdooChange.Fire(ctx, model, p.changes); err != nil {
		return err
	}
	return s.store(ctx, p.refresh, s.move(sl.model, found.Latest))
}

// compareOdoo goes through the rows that were read and through those that the sweep shows to be
// other than the bindings know them.
func (p *poll) compareOdoo(ctx context.Context, found *OdooPoll) error {
	all, err := p.env.Binder.All(ctx, p.model.Name)
	if err != nil {
		return err
	}
	known := map[int64][]binding.Binding{}
	for _, b := range all {
		if b.OdooID != 0 {
			known[b.OdooID] = append(known[b.OdooID], b)
		}
	}
	rows := found.Changed
	stale, err := p.readStale(ctx, found, known)
	if err != nil {
		return err
	}
	rows = append(rows, stale...)
	if err := p.lookupOdoo(ctx, rows); err != nil {
		return err
	}
	for i := range rows {
		p.odooRow(rows[i], known[odooID(rows[i])])
	}
	p.missingOdoo(all, found.Sweep)
	return nil
}

// readStale reads the rows whose write_date is not the binding's and which the poll did not read:
// the changes that a transaction of long duration hid, and unbound records that nobody looked at.
func (p *poll) readStale(ctx context.Context, found *OdooPoll, known map[int64][]binding.Binding) ([]record.Record, error) {
	read := map[string]bool{}
	for _, r := range found.Changed {
		read[r.ID] = true
	}
	var ids []int64
	for _, r := range found.Sweep {
		if !read[r.ID] && p.stale(r, known[odooID(r)]) {
			ids = append(ids, odooID(r))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, _, err := p.reading().Read(ctx, p.model.OdooModel, ids, p.odooFields())
	return rows, err
}

func (p *poll) stale(r record.Record, bindings []binding.Binding) bool {
	if len(bindings) == 0 {
		return p.model.Creates && !p.waitsOdoo(odooID(r))
	}
	for _, b := range bindings {
		if b.Bound() && !b.Gone() && b.OdooWriteDate != writeDate(r) {
			return true
		}
	}
	return p.waitsForReference(odooID(r))
}

// waitsOdoo reports that an unbound Odoo record is in review for anything but a link, which may
// have got its counterpart meanwhile.
func (p *poll) waitsOdoo(id int64) bool {
	for _, r := range p.reviews {
		if r.Field == "" && r.OdooID == id {
			return r.Kind != binding.MissingReference
		}
	}
	return false
}

func (p *poll) waitsForReference(id int64) bool {
	for _, r := range p.reviews {
		if r.Field != "" && r.OdooID == id && r.Kind == binding.MissingReference {
			return true
		}
	}
	return false
}

func (p *poll) lookupOdoo(ctx context.Context, rows []record.Record) error {
	p.lookup = newLookup()
	var needs []record.Reference
	for i := range rows {
		needs = append(needs, p.odooNeeds(&rows[i])...)
	}
	return p.fill(ctx, p.lookup, nil, needs)
}

// odooRow takes one row that was read: it may be bound in several scopes.
func (p *poll) odooRow(r record.Record, bindings []binding.Binding) {
	name := r.Value(p.model.OdooNameField).AsText()
	if len(bindings) == 0 {
		p.unboundRow(r, name)
		return
	}
	for _, b := range bindings {
		if !b.Bound() || b.Gone() {
			continue
		}
		scope := b.Parent
		if parent := p.odooParent(&r); parent != "" {
			scope = parent
		}
		if p.changed(&b, r, scope, odooSide) || p.waitsForReference(b.OdooID) {
			args := Args{Model: p.model.Name, ExternalID: b.ExternalID, Scope: b.Scope, Parent: b.Parent}
			p.changes = append(p.changes, Change{Args: args, Name: name})
			continue
		}
		p.noteWriteDate(b, writeDate(r))
	}
}

func (p *poll) unboundRow(r record.Record, name string) {
	if !p.model.Creates {
		return
	}
	parent := p.odooParent(&r)
	for _, rv := range p.reviews {
		if rv.Field == "" && rv.OdooID == odooID(r) && rv.Kind != binding.MissingReference && unchangedSince(rv, p.mapper, r) {
			p.report.skip(p.model.Name, reviewKey(rv))
			return
		}
	}
	args := Args{Model: p.model.Name, OdooID: odooID(r), Scope: scopeOf(p.model, parent), Parent: parent}
	p.changes = append(p.changes, Change{Args: args, Name: name})
}

func reviewKey(r binding.Review) string {
	if r.ExternalID != "" {
		return r.ExternalID
	}
	return fmt.Sprintf("odoo:%d@%s", r.OdooID, r.Scope)
}

// unchangedSince reports that the Odoo record is as it was when the review was opened.
func unchangedSince(rv binding.Review, m mapping.Mapper, r record.Record) bool {
	hash := ":" + fingerprint(m.OdooFields(), r)
	return len(rv.Fingerprint) >= len(hash) && rv.Fingerprint[len(rv.Fingerprint)-len(hash):] == hash
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

// missingOdoo makes a job of every bound record that the sweep lacks: reading it by its id tells
// whether it was deleted.
func (p *poll) missingOdoo(all []binding.Binding, sweep []record.Record) {
	there := make(map[int64]bool, len(sweep))
	for _, r := range sweep {
		there[odooID(r)] = true
	}
	for _, b := range all {
		if b.Bound() && !b.Gone() && !there[b.OdooID] {
			args := Args{Model: p.model.Name, ExternalID: b.ExternalID, Scope: b.Scope, Parent: b.Parent}
			p.changes = append(p.changes, Change{Args: args, Name: b.Name})
		}
	}
}

func isSkip(err error) bool { return errors.Is(err, mapping.ErrSkip) }

// consumer is the name under which a binding model's position is kept.
func (s *Synchronizer) consumer(m backend.Model) string { return s.env.Config.Name + "/" + m.Name }

// position is where this consumer begins: the newest write_date that it has seen, less the overlap;
// "" if it has seen none.
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
	t, err := time.Parse(time.DateTime, at)
	if err != nil {
		return "", nil //nolint:nilerr // a position that cannot be read means to begin anew
	}
	return t.Add(-overlap).Format(time.DateTime), nil
}

// move stores the consumer's position. It never goes back.
func (s *Synchronizer) move(m backend.Model, latest string) func(context.Context, *state.Tx) error {
	if latest == "" {
		return nil
	}
	return func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO poll_position (database, model, consumer, position, updated) VALUES (?,?,?,?,?)
			ON CONFLICT (database, model, consumer) DO UPDATE SET position = max(position, excluded.position), updated = excluded.updated`,
			s.env.Session.Database(), m.OdooModel, s.consumer(m), latest, state.Micros(tx.Now()))
		return err
	}
}
