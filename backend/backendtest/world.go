// Package backendtest tries a system out as the program uses it: an Odoo, the system's fake server and a
// connector between them, all in the test's process and on a clock that no test waits for.
//
// A World is one such set-up, for tests of a system's own. Run is the suite that every system passes: what
// it checks is what the synchronizer relies on.
package backendtest

import (
	"cmp"
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
)

// Fake is a server of the external system that lives in the test.
type Fake interface {
	// RoundTripper reaches the fake within the process, without a socket.
	RoundTripper() http.RoundTripper
}

// System is a system under test, with F as its fake.
type System[F Fake] struct {
	// Backend makes the version of the system that is tried.
	Backend func() *backend.Backend
	// Settings makes what a configuration would say of it: the struct that Backend.Configure names, filled in. Give credentials by
	// config.PlainSecret, and a request rate beyond every test's.
	Settings func() any
	// New makes a fake without records, whose time is what clock says.
	New func(clock func() time.Time) F
	// URL is the backend's url:; default is that of Backend.Configure.
	URL string
	// Odoo is the version of Odoo, "16.0" to "19.0"; default "18.0".
	Odoo string
	// Nowhere is the id, in the system's form, of a record that is not there; default "404404404".
	Nowhere string
	// Writes tells requests that change something outside; default: every method but GET, HEAD and OPTIONS.
	Writes func(*http.Request) bool
	// Models are the binding models that the suite tries, parents first.
	Models []Model[F]
}

// World is an Odoo, an external server and what a connector keeps between its runs.
type World[F Fake] struct {
	Clock *Clock
	Odoo  *odootest.Server // of one user, admin, who may do everything
	Fake  F
	// Models are the configuration's settings of binding models; what is not named, or left out, has the defaults.
	Models []config.Model
	// Explain is told each step of a run; nil: nobody is.
	Explain func(step string)

	t       testing.TB
	system  System[F]
	backend *backend.Backend
	path    string
	line    *line
	hook    func(ctx context.Context, point string) // crash points; mostly nil
}

// NewWorld makes a world in which nothing is bound yet.
func NewWorld[F Fake](t testing.TB, s System[F]) *World[F] {
	t.Helper()
	w := &World[F]{t: t, system: s, Clock: NewClock(), backend: s.Backend(), path: filepath.Join(t.TempDir(), "state.db")}
	w.Odoo = odootest.New(odootest.Options{Version: s.Odoo, Clock: w.Clock.Now})
	w.Fake = s.New(w.Clock.Now)
	w.line = &line{base: w.Fake.RoundTripper(), writes: s.Writes}
	return w
}

// Opened is the connector of one run.
type Opened struct {
	*synchronizer.Synchronizer
	Env   *backend.Environment
	Queue *jobs.Queue
	db    *state.DB
}

// Open begins a run as a start of the program does: all is opened anew, and closed when use is done. Its errors are those of
// logging in and of the system's Connect, and what use gives back.
func (w *World[F]) Open(ctx context.Context, use func(*Opened) error) error {
	db, err := state.Open(ctx, w.path, state.Options{Clock: w.Clock, Hook: w.hook})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	session, err := odoo.Dial(ctx, odoo.Options{
		Name: "main", URL: "https://odoo.example.com", Database: "demo", Username: "admin", Password: "admin", Clock: w.Clock,
		Client: transport.New(transport.Options{System: "Odoo main", Base: w.Odoo.RoundTripper(), Clock: w.Clock, Hook: w.hook}),
	})
	if err != nil {
		return err
	}
	settings := w.settings()
	client, err := w.backend.Open(ctx, backend.Setup{Config: settings, Transport: w.line, Clock: w.Clock, Hook: w.hook})
	if err != nil {
		return err
	}
	env := &backend.Environment{
		Backend: w.backend, Config: settings, Session: session, Client: client, Clock: w.Clock, Explain: w.Explain,
		Binder: binding.New(db, session.Database(), settings.Name),
	}
	queue := jobs.New(db)
	s := synchronizer.New(synchronizer.Options{Env: env, DB: db, Queue: queue})
	return use(&Opened{Synchronizer: s, Env: env, Queue: queue, db: db})
}

// settings are the backend's block of a configuration.
func (w *World[F]) settings() config.Backend {
	kind := w.backend.Kind()
	b := config.Backend{
		Name: kind.Name, Kind: kind.Name, Version: w.backend.VersionName(), Odoo: "main", URL: w.system.URL,
		Timeout: config.DefaultTimeout, Settings: w.system.Settings(),
	}
	if b.URL == "" {
		b.URL = kind.DefaultURL
	}
	for _, name := range kind.Models {
		m := config.Model{Model: name, Direction: config.DirectionBoth, Conflict: config.ConflictAsk}
		for _, given := range w.Models {
			if given.Model == name {
				m = given
				m.Direction, m.Conflict = cmp.Or(m.Direction, config.DirectionBoth), cmp.Or(m.Conflict, config.ConflictAsk)
			}
		}
		b.Models = append(b.Models, m)
	}
	return b
}

// Sync is what `connector sync` does.
func (w *World[F]) Sync() (report *synchronizer.Report, err error) {
	ctx := context.Background()
	err = w.Open(ctx, func(o *Opened) error {
		err := synchronizer.Sync(ctx, []*synchronizer.Synchronizer{o.Synchronizer}, synchronizer.RunOptions{Owner: "test", Repanic: isDeath})[0]
		report = o.Report()
		return err
	})
	return report, err
}

// MustSync is a Sync that goes well: without an error, and no job of it fails.
func (w *World[F]) MustSync() *synchronizer.Report {
	w.t.Helper()
	report, err := w.Sync()
	if err != nil {
		w.t.Fatalf("sync: %v", err)
	}
	if report.Jobs.Failed != 0 {
		why := ""
		for _, j := range w.Failed() {
			why = cmp.Or(why, j.ExcMessage)
		}
		w.t.Fatalf("%d jobs of the sync failed: %s", report.Jobs.Failed, why)
	}
	return report
}

// Idle checks that another sync has nothing to do: it writes on neither side and makes no job.
func (w *World[F]) Idle() {
	w.t.Helper()
	w.Odoo.ResetRequests()
	w.line.sent = nil
	report := w.MustSync()
	for _, r := range w.Odoo.Requests() {
		if r.Writes {
			w.t.Errorf("a sync with nothing to do calls %s of %s", r.Method, r.Model)
		}
	}
	for _, request := range w.line.sent {
		w.t.Errorf("a sync with nothing to do sends %s", request)
	}
	if report.Jobs.Enqueued != 0 {
		w.t.Errorf("a sync with nothing to do makes %d jobs", report.Jobs.Enqueued)
	}
}

// Sent are the requests that changed something outside since the last call of Sent, as "PATCH /notes/7".
func (w *World[F]) Sent() []string {
	sent := w.line.sent
	w.line.sent = nil
	return sent
}

// LoseAnswer lets the next request that writes outside take effect, and breaks the connection before it is answered.
func (w *World[F]) LoseAnswer() { w.line.next = append(w.line.next, answerLost) }

// LoseRequest breaks the connection at the next request that writes outside, before it takes effect.
func (w *World[F]) LoseRequest() { w.line.next = append(w.line.next, requestLost) }

// Refuse answers the next request that writes outside with status 422, as a server does that will not have a value.
func (w *World[F]) Refuse() { w.line.next = append(w.line.next, refused) }

// Down makes the external server unreachable, or reachable again.
func (w *World[F]) Down(down bool) { w.line.down = down }

// ToOdoo is the Odoo id that an external record is bound to, 0 for none.
func (w *World[F]) ToOdoo(model, externalID string) (id int64) {
	w.t.Helper()
	err := w.Open(context.Background(), func(o *Opened) (err error) {
		id, _, err = o.Env.Binder.ToOdoo(context.Background(), model, externalID)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// Reviews are what waits for a person, of one binding model.
func (w *World[F]) Reviews(model string) (open []binding.Review) {
	w.t.Helper()
	err := w.Open(context.Background(), func(o *Opened) (err error) {
		open, err = o.Env.Binder.Reviews(context.Background(), model)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return open
}
