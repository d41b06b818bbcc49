package synchronizer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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
	Latest  string          // the newest write_date among the changed ones, to which the positions move
}

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
	w, err := s.odooWants(ctx, model)
	if err != nil || w == nil {
		return err
	}
	m, _ := s.env.Model(model)
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
	m, _ := g.consumers[0].env.Model(g.models[0])
	found, err := pollOdoo(ctx, g.consumers[0].reading(), m.OdooModel, g.wants)
	if err != nil {
		return err
	}
	for i, s := range g.consumers {
		if err := s.ConsumeOdoo(ctx, g.models[i], found); err != nil {
			return err
		}
	}
	return nil
}

// pollOdoo sends at most two requests while there are no more rows than a page holds.
func pollOdoo(ctx context.Context, session *odoo.Session, model string, all []wants) (*OdooPoll, error) {
	p := &OdooPoll{Model: model}
	w := together(all)
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
	var err error
	if p.Changed, err = session.All(ctx, model, domain, w.fields, 0); err != nil {
		return nil, err
	}
	sweep := []string{"write_date"}
	if w.parent != "" { // to tell whose the rows are, or in which of their places they lack a counterpart
		sweep = append(sweep, w.parent)
	}
	sweep = unique(append(sweep, w.order...))
	if w.since == "" {
		p.Sweep = p.Changed // everything was read just now
	} else if p.Sweep, err = session.All(ctx, model, w.domain, sweep, sweepPage); err != nil {
		return nil, err
	}
	for _, r := range p.Changed {
		p.Latest = max(p.Latest, writeDate(r))
	}
	return p, nil
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
	if m.Order != nil {
		w.order = append(m.Order.OdooFields(), s.activeField(ctx, m)...)
	}
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
	w.since = since(position)
	return w, err
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
	all, err := s.env.Binder.Lean().All(ctx, model)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	var ids []any
	for _, b := range all {
		if b.OdooID != 0 && b.OdooGone.IsZero() && b.Retired.IsZero() && b.Intent != binding.Export && !seen[b.OdooID] {
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
	s.noteSwept(sl.model, found.Sweep)
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
	move, err := s.move(ctx, sl.model, found.Latest)
	if err != nil {
		return err
	}
	if err := s.store(ctx, p.refresh, move); err != nil {
		return err
	}
	return s.forgetNewLinks(ctx, sl.model)
}

// compareOdoo goes through the rows that were read and through those that the sweep shows to be
// other than the bindings know them.
func (p *poll) compareOdoo(ctx context.Context, found *OdooPoll) error {
	all, err := p.env.Binder.Lean().All(ctx, p.model.Name)
	if err != nil {
		return err
	}
	known := map[int64][]binding.Binding{}
	for _, b := range all {
		if b.OdooID != 0 {
			known[b.OdooID] = append(known[b.OdooID], b)
		}
	}
	stale, err := p.readStale(ctx, found, known)
	if err != nil {
		return err
	}
	rows := slices.Concat(found.Changed, stale)
	if err := p.lookupOdoo(ctx, rows); err != nil {
		return err
	}
	if p.parents, err = p.boundParents(ctx); err != nil {
		return err
	}
	alone, err := p.reviewsInOdoo(ctx, rows, known)
	if err != nil {
		return err
	}
	bound, err := p.env.Binder.ByOdoo(ctx, p.model.Name, ids(rows))
	if err != nil {
		return err
	}
	if err := p.fill(ctx, p.lookup, nil, p.baseLinks(bound)); err != nil {
		return err
	}
	sortRows(p.model, rows) // so that what is created outside comes in Odoo's order
	exports := p.direction(p.model.Name).Exports()
	for i := range rows {
		p.odooRow(rows[i], bound[odooID(rows[i])], alone, exports)
	}
	if err := p.confirmPartial(ctx); err != nil {
		return err
	}
	if exports {
		p.missingOdoo(all, found.Sweep)
	}
	return nil
}

// readStale reads the rows whose write_date is not the binding's and which the poll did not read:
// the changes that a transaction of long duration hid, and unbound records that nobody looked at.
func (p *poll) readStale(ctx context.Context, found *OdooPoll, known map[int64][]binding.Binding) ([]record.Record, error) {
	if !p.direction(p.model.Name).Exports() {
		return nil, nil
	}
	parents, err := p.boundParents(ctx)
	if err != nil {
		return nil, err
	}
	read := map[string]bool{}
	for _, r := range found.Changed {
		read[r.ID] = true
	}
	var ids []int64
	for _, r := range found.Sweep {
		if !read[r.ID] && p.ours(r, parents) && p.stale(r, known[odooID(r)], parents) {
			ids = append(ids, odooID(r))
		}
	}
	there, err := p.read(ctx, p.model.OdooModel, ids, p.odooFields())
	var rows []record.Record
	for _, id := range ids {
		if r := there.records[id]; r != nil {
			rows = append(rows, *r)
		}
	}
	return rows, err
}

// stale says that a row of the sweep is to be read: it is not as its bindings know it, or it lacks one.
func (p *poll) stale(r record.Record, bindings []binding.Binding, parents map[string]string) bool {
	if len(bindings) == 0 || (p.model.Scoped && len(p.freeParents(r, bindings, parents)) > 0) {
		return polledOut(p.model)
	}
	for _, b := range bindings {
		if b.TakesPart() && b.OdooWriteDate != writeDate(r) {
			return true
		}
	}
	return false
}

// ours reports that a row of the sweep lives in a parent that is bound here, as far as the sweep
// tells: rows of several consumers come with their parents.
func (p *poll) ours(r record.Record, parents map[string]string) bool {
	id := refID(r, p.model.OdooParent)
	return id == "" || parents[id] != ""
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

// odooRow takes one row that was read: it may be bound in several scopes. What is not exported is
// looked at only where it waits for a person.
func (p *poll) odooRow(r record.Record, bindings []binding.Binding, alone map[int64]bool, exports bool) {
	name := nameOf(r.Value(p.model.OdooNameField))
	if exports && !alone[odooID(r)] {
		p.unboundRow(r, name, bindings)
	}
	for _, b := range bindings {
		if exports && p.comesBack(b, r) {
			p.changes = append(p.changes, Change{Args: bindingArgs(b), Name: name})
		}
		if !b.TakesPart() || (!exports && p.waitingFields(b) == nil) {
			continue
		}
		scope := b.Parent
		if parent := p.odooParent(&r); parent != "" {
			scope = parent
		}
		held, found := p.heldFields(b, r, scope)
		if found || p.archivedAgain(b, r) || p.changed(&b, r, scope, odooSide, held) {
			p.changes = append(p.changes, Change{Args: bindingArgs(b), Name: name})
			continue
		}
		p.noteWriteDate(b, writeDate(r))
	}
}

// unboundRow makes a change of a row for each parent in which it has no counterpart.
func (p *poll) unboundRow(r record.Record, name string, bindings []binding.Binding) {
	if !polledOut(p.model) || p.emptied(r) {
		return
	}
	for _, parent := range p.freeParents(r, bindings, p.parents) {
		args := Args{Model: p.model.Name, OdooID: odooID(r), Scope: scopeOf(p.model, parent), Parent: parent}
		if len(bindings) == 0 {
			p.changes = append(p.changes, Change{Args: args, Name: name})
		} else {
			p.partial = append(p.partial, Change{Args: args, Name: name})
		}
	}
}

// confirmPartial makes changes of the rows that are bound in some of their parents only, as far as they may be created
// in the others: that they were read says nothing of the domain.
func (p *poll) confirmPartial(ctx context.Context) error {
	all := make([]Args, len(p.partial))
	for i, c := range p.partial {
		all[i] = c.Args
	}
	within, err := p.inDomain(ctx, p.model, all)
	if err != nil {
		return err
	}
	for _, c := range p.partial {
		if within[c.Args.OdooID] {
			p.changes = append(p.changes, c)
		}
	}
	return nil
}

// freeParents are the external ids of the bound parents, by their Odoo ids, that a row lives in and in which it
// has no binding.
func (p *poll) freeParents(r record.Record, bindings []binding.Binding, parents map[string]string) (out []string) {
	for _, parent := range p.parentsOf(r, parents) {
		taken := func(b binding.Binding) bool { return b.Scope == scopeOf(p.model, parent) }
		if !slices.ContainsFunc(bindings, taken) {
			out = append(out, parent)
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

// missingOdoo makes a job of every bound record that the sweep lacks: reading it by its id tells
// whether it was deleted.
func (p *poll) missingOdoo(all []binding.Binding, sweep []record.Record) {
	there := make(map[int64]bool, len(sweep))
	for _, r := range sweep {
		there[odooID(r)] = true
	}
	for _, b := range all {
		if b.TakesPart() && !there[b.OdooID] {
			p.changes = append(p.changes, Change{Args: bindingArgs(b), Name: b.Name})
		}
	}
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
