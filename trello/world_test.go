package trello_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// world is an Odoo, a Trello and a connector between them, all in this process.
type world struct {
	t       testing.TB
	clock   *backendtest.Clock
	odoo    *odootest.Server
	trello  *trellotest.Server
	path    string
	hook    func(ctx context.Context, point string) // crash points
	models  []config.Model
	backend *backend.Backend
	boards  []string
	members map[string]string // usernames by id
	table   []trello.MemberLink
	tune    func(*trello.Settings) // changes the backend's settings
	user    string
	name    string // the backend's
	explain func(string)
	base    func(http.RoundTripper) http.RoundTripper
	limits  synchronizer.Limits // of every sync
	places  *synchronizer.Places
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOf(t, "18.0")
}

// newWorldOf is a world with this version of Odoo.
func newWorldOf(t testing.TB, version string) *world {
	t.Helper()
	w := &world{t: t, clock: backendtest.NewClock(), path: filepath.Join(t.TempDir(), "state.db"), backend: trello.Backend(), user: "admin", name: "trello"}
	w.odoo = odootest.New(odootest.Options{Version: version, Clock: w.clock.Now, Users: []odootest.User{
		{Login: "manager", Password: "manager", Groups: []string{"base.group_user", "project.group_project_manager"}},
		{Login: "worker", Password: "worker", Groups: []string{"base.group_user", "project.group_project_user"}},
	}})
	w.trello = trellotest.New(trellotest.Options{Clock: w.clock.Now, Strict: true})
	t.Cleanup(func() {
		for _, v := range w.trello.Violations() {
			t.Errorf("Trello was asked something that it does not know: %s", v)
		}
	})
	return w
}

// run is one run of the program: everything is opened anew.
type run struct {
	*synchronizer.Synchronizer
	db      *state.DB
	queue   *jobs.Queue
	env     *backend.Environment
	session *odoo.Session
	client  *trello.Client
}

func (w *world) settings() config.Backend {
	kind := w.backend.Kind()
	settings := &trello.Settings{
		Key: config.PlainSecret("demo-key"), Token: config.PlainSecret("demo-token"), Boards: w.boards, Rate: 1000000, Members: w.table,
	}
	if w.tune != nil {
		w.tune(settings)
	}
	b := config.Backend{
		Name: w.name, Kind: "trello", Odoo: "main", URL: "https://api.trello.com/1", Timeout: 30 * time.Second, Settings: settings,
	}
	for _, name := range kind.Models {
		m := config.Model{Model: name, Direction: config.DirectionBoth, Conflict: config.ConflictAsk}
		for _, override := range w.models {
			if override.Model == name {
				m = override
			}
		}
		b.Models = append(b.Models, m)
	}
	return b
}

// begin opens everything, as a start of the program does.
func (w *world) begin(ctx context.Context) (*run, error) {
	db, err := state.Open(ctx, w.path, state.Options{Clock: w.clock, Hook: w.hook})
	if err != nil {
		return nil, err
	}
	odooBase, trelloBase := w.odoo.RoundTripper(), w.trello.RoundTripper()
	if w.base != nil {
		odooBase, trelloBase = w.base(odooBase), w.base(trelloBase)
	}
	session, err := odoo.Dial(ctx, odoo.Options{
		Name: "main", URL: "https://odoo.example.com", Database: "demo", Username: w.user, Password: w.user, Clock: w.clock,
		Client: transport.New(transport.Options{System: "Odoo main", Base: odooBase, Clock: w.clock, Hook: w.hook}),
	})
	if err != nil {
		return nil, closed(db, err)
	}
	settings := w.settings()
	client, err := w.backend.Open(ctx, backend.Setup{Config: settings, Transport: trelloBase, Clock: w.clock, Hook: w.hook})
	if err != nil {
		return nil, closed(db, err)
	}
	env := &backend.Environment{
		Backend: w.backend, Config: settings, Session: session, Client: client, Clock: w.clock, Explain: w.explain,
		Binder: binding.New(db, session.Database(), settings.Name),
	}
	queue := jobs.New(db)
	s := synchronizer.New(synchronizer.Options{Env: env, DB: db, Queue: queue, Places: w.places})
	return &run{Synchronizer: s, db: db, queue: queue, env: env, session: session, client: client.(*trello.Client)}, nil
}

func closed(db *state.DB, err error) error {
	_ = db.Close()
	return err
}

// sync is one run of `connector sync trello`.
func (w *world) sync() (*synchronizer.Report, error) {
	ctx := context.Background()
	r, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.db.Close() }()
	err = synchronizer.Sync(ctx, []*synchronizer.Synchronizer{r.Synchronizer}, synchronizer.RunOptions{Owner: "test", Repanic: isCrash, Limits: w.limits})[0]
	return r.Report(), err
}

// mustSync runs a sync that must go well.
func (w *world) mustSync() *synchronizer.Report {
	w.t.Helper()
	report, err := w.sync()
	if err != nil {
		w.t.Fatalf("sync: %v", err)
	}
	return report
}

// with opens everything for a look.
func (w *world) with(look func(ctx context.Context, r *run)) {
	w.t.Helper()
	ctx := context.Background()
	r, err := w.begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.db.Close() }()
	look(ctx, r)
}

// crash is what a crash point panics with.
type crash struct{ point string }

func isCrash(v any) bool { _, ok := v.(crash); return ok }

// counts checks the report's counts of one model: "created=3 unchanged=2"; what is not named is 0.
func (w *world) counts(r *synchronizer.Report, model, want string) {
	w.t.Helper()
	raw, err := json.Marshal(r.Of(model))
	if err != nil {
		w.t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(raw, &got); err != nil {
		w.t.Fatal(err)
	}
	var parts []string
	for _, name := range []string{"created", "updated", "archived", "deleted", "unchanged", "skipped", "failed"} {
		if n, _ := got[name].(float64); n != 0 {
			parts = append(parts, name+"="+json.Number(trimFloat(n)).String())
		}
	}
	if text := strings.Join(parts, " "); text != want {
		w.t.Errorf("%s: got %q, want %q", model, text, want)
	}
}

func trimFloat(n float64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// writes are the requests that changed something on either side since the last reset.
func (w *world) writes() (odooWrites, trelloWrites int) {
	for _, r := range w.odoo.Requests() {
		if r.Writes {
			odooWrites++
		}
	}
	for _, r := range w.trello.Requests() {
		if r.Write {
			trelloWrites++
		}
	}
	return odooWrites, trelloWrites
}

func (w *world) resetRequests() {
	w.odoo.ResetRequests()
	w.trello.ResetRequests()
}

// task is the one task of that name, archived or not.
func (w *world) task(name string) (id int64, values map[string]any) {
	w.t.Helper()
	ids := w.odoo.Search("project.task", []any{[]any{"name", "=", name}, []any{"active", "in", []any{true, false}}})
	if len(ids) != 1 {
		w.t.Fatalf("there are %d tasks %q, want one", len(ids), name)
	}
	return ids[0], w.odoo.Read("project.task", ids[0], "name", "description", "project_id", "stage_id", "tag_ids", "date_deadline", "active")
}

// card is the one card of that name on any board, archived or not.
func (w *world) card(name string) trellotest.Card {
	w.t.Helper()
	var found []trellotest.Card
	for _, b := range w.trello.Boards() {
		for _, c := range w.trello.Cards(b.ID) {
			if c.Name == name {
				found = append(found, c)
			}
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("there are %d cards %q, want one", len(found), name)
	}
	return found[0]
}
