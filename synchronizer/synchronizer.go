// Package synchronizer keeps the records of one backend in step with those of one Odoo database:
// it polls both sides for changes, turns each into a job, and runs jobs by planning (purely),
// applying and committing. Importer, exporter and deleter are its directions; one reconciling plan
// stands behind them.
package synchronizer

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/event"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// The names of the job functions.
const (
	ImportRecord = "import_record"
	ExportRecord = "export_record"
	OrderRecords = "order_records"
)

// Functions names the job functions.
func Functions() []string { return []string{ImportRecord, ExportRecord, OrderRecords} }

// Args are the arguments of both job functions: the ids of the pair, as far as they are known.
type Args struct {
	Model      string `json:"model" jobs:"required"` // the binding model
	ExternalID string `json:"external_id,omitempty"` // of the external record
	OdooID     int64  `json:"odoo_id,omitempty"`     // of the Odoo record
	Scope      string `json:"scope,omitempty"`       // of the binding
	Parent     string `json:"parent,omitempty"`      // external id of the parent
	Group      string `json:"group,omitempty"`       // for OrderRecords: external id of what the order is within
}

// Change is what the poller says of one record: that it is not as its binding knows it.
type Change struct {
	Args Args
	Name string // the record's name, for people
}

// Options are what New needs.
type Options struct {
	Env   *backend.Environment
	DB    *state.DB
	Queue *jobs.Queue
	// Window is how long after its intent a request whose outcome nobody saw can still take effect:
	// the deadline of a request and a margin. Default: 60 s.
	Window time.Duration
	// Chunk is how many records are created in Odoo by one call. Default: 100.
	Chunk int
	// Places are shared with the synchronizers that work at the same time; nil: there are none.
	Places *Places
	// Witness is told what is done; the zero value: nobody is.
	Witness Witness
	// Hide takes secrets out of what a job panicked with, before that is stored; nil: it holds none.
	Hide func(string) string
}

// Synchronizer keeps one backend in step. It is used by one goroutine, under the backend's lock.
type Synchronizer struct {
	env      *backend.Environment
	db       *state.DB
	queue    *jobs.Queue
	window   time.Duration
	chunk    int
	report   *Report
	denied   bool // Odoo said that the user lacks a right
	book     *nameBook
	followed *followed // deletions that were carried over
	shared   *Places   // shared with others that work at a time; nil: there are none
	hide     func(string) string
	// orders are what this run knows of the order of records, by model.
	orders map[string]*orderSeen

	// OnExternalChange and OnOdooChange are fired by the poller for every true change, some hundreds of them at a time; their consumer of
	// this synchronizer delays the jobs.
	OnExternalChange *event.Event[[]Change]
	OnOdooChange     *event.Event[[]Change]

	limits Limits          // of this run
	spent  map[string]bool // records that this run wrote, by [keyOf], where it may write a certain number only

	focus  *focus          // of this run; nil: it looks at everything
	made   map[string]bool // models of which this run bound records
	turned bool            // this run took up pairs again that had retired or had left their parents

	rest context.CancelFunc // ends the work on jobs once the handler has returned

	dry *dryRun // of a run that writes nothing; nil in every other

	leftAlone map[string]bool // identities of unbound Odoo records that this run left alone

	witness  Witness
	found    int // jobs that were there when the run began
	finished int // jobs, by this run

	pending []jobs.Spec // what the consumers delayed, until the poller's transaction takes it
}

// New makes a synchronizer whose events are consumed by the importer and the exporter.
func New(o Options) *Synchronizer {
	s := &Synchronizer{
		env: o.Env, db: o.DB, queue: o.Queue, window: o.Window, chunk: o.Chunk, report: newReport(o.Env),
		followed: newFollowed(), shared: o.Places, witness: o.Witness, hide: o.Hide,
		orders: map[string]*orderSeen{}, leftAlone: map[string]bool{}, made: map[string]bool{},
		OnExternalChange: event.New[[]Change]("on_external_change"),
		OnOdooChange:     event.New[[]Change]("on_odoo_change"),
	}
	if s.window <= 0 {
		s.window = time.Minute
	}
	if s.chunk <= 0 {
		s.chunk = 100
	}
	s.OnExternalChange.Subscribe("delay_import", s.delay(ImportRecord))
	s.OnOdooChange.Subscribe("delay_export", s.delay(ExportRecord))
	return s
}

// Report is what this synchronizer did so far.
func (s *Synchronizer) Report() *Report { return s.report }

// delay is the consumer that makes a job of each change.
func (s *Synchronizer) delay(function string) event.Consumer[[]Change] {
	return func(_ context.Context, _ string, changes []Change) error {
		for _, c := range changes {
			s.pending = append(s.pending, s.Spec(function, c.Args, c.Name))
		}
		return nil
	}
}

// Spec is the job that imports or exports one record. The pair is its identity.
func (s *Synchronizer) Spec(function string, a Args, name string) jobs.Spec {
	return recordFunc(function).Spec(a, jobs.Spec{
		Backend: s.env.Config.Name, Model: a.Model, Identity: s.identity(a), Description: s.describe(function, a, name),
	})
}

// identity names the pair: by the external id where it is known, else by the Odoo id and its scope.
func (s *Synchronizer) identity(a Args) string {
	if a.ExternalID != "" {
		return fmt.Sprintf("%s:%s:%s", s.env.Config.Name, a.Model, a.ExternalID)
	}
	return fmt.Sprintf("%s:%s:odoo:%d@%s", s.env.Config.Name, a.Model, a.OdooID, a.Scope)
}

func (s *Synchronizer) describe(function string, a Args, name string) string {
	m, _ := s.env.Model(a.Model)
	if name == "" {
		name = a.ExternalID
	}
	if name == "" {
		name = strconv.FormatInt(a.OdooID, 10)
	}
	name = excerpt(name)
	if function == ImportRecord {
		return fmt.Sprintf("Import %s '%s' into %s", m.Noun, name, m.OdooModel)
	}
	return fmt.Sprintf("Export %s '%s' to %s", m.OdooNoun, name, a.Model)
}

// identifier is the external identifier under which an imported record is created in Odoo. Its
// parts are escaped, so that no two records share one.
func (s *Synchronizer) identifier(model, externalID string) string {
	return identifierModule + "." + escape(s.env.Config.Name) + "_" + escape(model) + "_" + escape(externalID)
}

// identifierModule is no installable module's name: one of a real module would delete our records
// when it is updated or uninstalled.
const identifierModule = "__connector__"

// escape leaves letters, digits, dots and dashes; every other byte becomes %XX. Odoo refuses blanks
// in identifiers (seen on 18: ir_model_data_name_nospaces) and takes "%".
func escape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// direction is where the model's records may go in this run.
func (s *Synchronizer) direction(model string) config.Direction {
	return s.limits.within(s.env.Settings(model).Direction)
}

// off says that a binding model is not synchronized at all.
func (s *Synchronizer) off(model string) bool {
	return s.env.Settings(model).Direction == config.DirectionOff
}

// odooID is the database id of an Odoo record.
func odooID(r record.Record) int64 {
	id, _ := strconv.ParseInt(r.ID, 10, 64)
	return id
}

// scopeOf is the scope of a binding whose record lives in the given parent.
func scopeOf(m backend.Model, parent string) string {
	if m.Scoped {
		return parent
	}
	return ""
}

// refID is the id of the record that a field of one record points to, "" for none or for several.
func refID(r record.Record, field string) string {
	if v := r.Value(field); v.Kind() != record.KindRefSet {
		if ids := linkIDs(r, field); len(ids) == 1 {
			return ids[0]
		}
	}
	return ""
}

// linkIDs are the ids of the records that a field points to: by a link, by several, or by a plain id as
// Odoo's res_id, whose model stands in another field (a many2one_reference).
func linkIDs(r record.Record, field string) (ids []string) {
	v := r.Value(field)
	if v.Kind() == record.KindInt && v.AsInt() > 0 {
		return []string{strconv.FormatInt(v.AsInt(), 10)}
	}
	for _, ref := range v.AsRefs() {
		ids = append(ids, ref.ID)
	}
	return ids
}

// newBinding starts the binding of an external record.
func newBinding(m backend.Model, external, parent, name string) binding.Binding {
	return binding.Binding{
		Model: m.Name, OdooModel: m.OdooModel, ExternalID: external, Parent: parent,
		Scope: scopeOf(m, parent), Role: binding.Primary, Name: name, Fields: binding.Fields{},
	}
}
