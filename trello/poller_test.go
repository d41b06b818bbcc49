package trello_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// longTransactions are transactions in Odoo that begin before a poll and are committed after it, so
// that their rows appear with a write_date older than what the poll saw.
var longTransactions = []struct {
	name string
	took time.Duration
}{
	{"for a few seconds", 5 * time.Second},
	{"for longer than polls overlap", time.Hour},
}

// held begins a transaction, lets a sync see younger changes than it, and commits it.
func (w *world) held(took time.Duration, change func(*odootest.Held)) {
	w.t.Helper()
	w.clock.Advance(time.Minute) // write_date comes in whole seconds
	transaction := w.odoo.Hold()
	change(transaction)
	w.clock.Advance(took)
	w.editTask("Wax the floor", map[string]any{"name": "Wax all floors"})
	w.mustSync()
	if w.card("Wax all floors"); len(w.trello.Boards()) != 1 {
		w.t.Fatal("the sync did not come by")
	}
	transaction.Release()
}

func TestALongTransactionIsNotMissed(t *testing.T) {
	for _, l := range longTransactions {
		t.Run("Ensure a change is exported although its transaction was open "+l.name, func(t *testing.T) {
			w := newWorld(t)
			fullBoard(w)
			w.mustSync()
			task := w.odooID("project.task", "Oil the hinges")
			w.held(l.took, func(h *odootest.Held) {
				h.Write("project.task", []int64{task}, map[string]any{"name": "Oil all hinges"})
			})
			w.mustSync()
			w.card("Oil all hinges")
		})
		t.Run("Ensure a new task is exported although its transaction was open "+l.name, func(t *testing.T) {
			w := newWorld(t)
			fullBoard(w)
			w.mustSync()
			project, stage := w.odooID("project.project", "Workshop"), w.odooID("project.task.type", "Doing")
			w.held(l.took, func(h *odootest.Held) {
				h.Create("project.task", map[string]any{"name": "Fix the lock", "project_id": project, "stage_id": stage})
			})
			w.mustSync()
			if c := w.card("Fix the lock"); c.IDList != w.listID("Doing") {
				t.Errorf("the card is in list %s", c.IDList)
			}
		})
		t.Run("Ensure a deletion is reported although its transaction was open "+l.name, func(t *testing.T) {
			w := newWorld(t)
			fullBoard(w)
			w.mustSync()
			task := w.odooID("project.task", "Oil the hinges")
			w.held(l.took, func(h *odootest.Held) { h.Unlink("project.task", task) })
			w.counts(w.mustSync(), "trello.card", "deleted=1 unchanged=5")
		})
		t.Run("Ensure a renamed stage is exported although its transaction was open "+l.name, func(t *testing.T) {
			w := newWorld(t)
			fullBoard(w)
			w.mustSync()
			stage := w.odooID("project.task.type", "Doing")
			w.held(l.took, func(h *odootest.Held) {
				h.Write("project.task.type", []int64{stage}, map[string]any{"name": "In hand"})
			})
			w.mustSync()
			w.listID("In hand")
		})
	}
}

// TestALongTransactionIsReadOnce shows that the sweep, which finds what the overlap cannot, reads
// such a row by its id and then leaves it alone.
func TestALongTransactionIsReadOnce(t *testing.T) {
	w := newWorld(t)
	fullBoard(w)
	w.mustSync()
	task := w.odooID("project.task", "Oil the hinges")
	w.held(time.Hour, func(h *odootest.Held) { h.Write("project.task", []int64{task}, map[string]any{"priority": "1"}) })
	for _, want := range []int{1, 0} {
		w.resetRequests()
		w.mustSync()
		if got := w.tally()["project.task read"]; got != want {
			t.Errorf("the row was read %d times, want %d", got, want)
		}
	}
}

// TestALongTransactionFromTheSecondOfOurOwnWriteIsNotMissed needs the polls' overlap: the sweep sees
// the write_date, in whole seconds, that the binding knows, and a younger row has moved the position on.
func TestALongTransactionFromTheSecondOfOurOwnWriteIsNotMissed(t *testing.T) {
	w := newWorld(t)
	fullBoard(w)
	w.mustSync()
	w.clock.Advance(time.Hour)
	w.clock.Advance(w.clock.Now().Truncate(time.Second).Add(time.Second).Sub(w.clock.Now()))
	w.editCard("Oil the hinges", func(c *trellotest.Card) { c.Desc = "Two drops" })
	task, start := w.odooID("project.task", "Oil the hinges"), w.clock.Now()
	var written time.Time
	var transaction *odootest.Held
	w.hook = func(_ context.Context, point string) {
		at := w.odoo.WriteDate("project.task", task)
		if transaction == nil && strings.HasPrefix(point, "after request") && strings.HasSuffix(point, "project.task read") && at.After(start) {
			written, transaction = at, w.odoo.Hold()
		}
	}
	w.mustSync()
	w.hook = nil
	w.clock.Advance(10 * time.Second)
	w.editTask("Wax the floor", map[string]any{"name": "Wax all floors"})
	w.mustSync()
	w.card("Wax all floors")
	transaction.Write("project.task", []int64{task}, map[string]any{"name": "Oil all hinges"})
	transaction.Release()
	if again := w.odoo.WriteDate("project.task", task); !again.Truncate(time.Second).Equal(written.Truncate(time.Second)) {
		t.Fatalf("the task was written at %s and at %s, which is not one second", written, again)
	}
	w.mustSync()
	w.card("Oil all hinges")
}

// shared are two backends on one Odoo, each with a Trello of its own and a connector's state for both.
type shared struct {
	*world
	trellos map[string]*trellotest.Server
}

func newShared(t *testing.T) *shared {
	t.Helper()
	w := newWorld(t)
	s := &shared{world: w, trellos: map[string]*trellotest.Server{"one": w.trello}}
	s.trellos["two"] = trellotest.New(trellotest.Options{Clock: w.clock.Now, Strict: true})
	t.Cleanup(func() {
		for _, v := range s.trellos["two"].Violations() {
			t.Errorf("the second Trello was asked something that it does not know: %s", v)
		}
	})
	return s
}

// open makes the synchronizers of both backends, which share the state and the session with Odoo.
func (s *shared) open(ctx context.Context, path string) (*state.DB, []*synchronizer.Synchronizer) {
	s.t.Helper()
	db, err := state.Open(ctx, path, state.Options{Clock: s.clock})
	if err != nil {
		s.t.Fatal(err)
	}
	session, err := odoo.Dial(ctx, odoo.Options{
		Name: "main", URL: "https://odoo.example.com", Database: "demo", Username: "admin", Password: "admin", Clock: s.clock,
		Client: transport.New(transport.Options{System: "Odoo main", Base: s.odoo.RoundTripper(), Clock: s.clock}),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var all []*synchronizer.Synchronizer
	for _, name := range []string{"one", "two"} {
		settings := s.settings()
		settings.Name = name
		client, err := s.backend.Open(ctx, backend.Setup{Config: settings, Transport: s.trellos[name].RoundTripper(), Clock: s.clock})
		if err != nil {
			s.t.Fatal(err)
		}
		env := &backend.Environment{
			Backend: s.backend, Config: settings, Session: session, Client: client, Clock: s.clock,
			Binder: binding.New(db, session.Database(), name),
		}
		all = append(all, synchronizer.New(synchronizer.Options{Env: env, DB: db, Queue: jobs.New(db)}))
	}
	return db, all
}

// syncBoth is one run over both backends.
func (s *shared) syncBoth() []*synchronizer.Report {
	s.t.Helper()
	ctx := context.Background()
	db, all := s.open(ctx, s.path)
	defer func() { _ = db.Close() }()
	var reports []*synchronizer.Report
	for i, err := range synchronizer.Sync(ctx, all, synchronizer.RunOptions{Owner: "test"}) {
		if err != nil {
			s.t.Fatalf("backend %d: %v", i+1, err)
		}
		reports = append(reports, all[i].Report())
	}
	return reports
}

func fillShared(s *shared) {
	for name, server := range s.trellos {
		board := server.AddBoard("Board of " + name)
		for _, list := range []string{"To do", "Doing"} {
			l := server.AddList(board.ID, list+" of "+name)
			for c := range 5 {
				server.AddCard(l.ID, fmt.Sprintf("%s %d of %s", list, c, name))
			}
		}
		server.AddLabel(board.ID, "Urgent", "red")
	}
}

func TestTwoBackendsPollTheirOdooOnce(t *testing.T) {
	s := newShared(t)
	fillShared(s)
	s.syncBoth()
	s.resetRequests()
	for _, r := range s.syncBoth() {
		s.counts(r, "trello.card", "unchanged=10")
		s.counts(r, "trello.label", "unchanged=1")
	}
	got := s.tally()
	for _, model := range []string{"project.project", "project.task.type", "project.tags", "project.task"} {
		for method, want := range map[string]int{"search_read": 2, "fields_get": 1} {
			if model == "project.task" && method == "search_read" {
				want++ // for sub-tasks, of which there are none
			}
			if n := got[model+" "+method]; n != want {
				t.Errorf("%s %s was called %d times for both backends, want %d", model, method, n, want)
			}
		}
	}
	if o, x := s.writes(); o+x != 0 {
		t.Errorf("the second run wrote %d times into Odoo and %d times into Trello, want nothing", o, x)
	}
}

func TestTwoBackendsSeeTheSameChangeEach(t *testing.T) {
	s := newShared(t)
	fillShared(s)
	s.syncBoth()
	tag := s.odooID("project.tags", "Urgent")
	s.odoo.Write("project.tags", []int64{tag}, map[string]any{"name": "Very urgent"})
	for _, r := range s.syncBoth() {
		s.counts(r, "trello.label", "updated=1")
	}
	for name, server := range s.trellos {
		for _, b := range server.Boards() {
			for _, l := range server.Labels(b.ID) {
				if l.Name != "Very urgent" {
					t.Errorf("the label of backend %s is called %q", name, l.Name)
				}
			}
		}
	}
}

func TestAnOutageOfOneBackendLeavesTheOtherAlone(t *testing.T) {
	s := newShared(t)
	fillShared(s)
	s.trellos["one"].Fail(func(trellotest.Request) error { return &trellotest.Refusal{Status: 503} })
	ctx := context.Background()
	db, all := s.open(ctx, s.path)
	errs := synchronizer.Sync(ctx, all, synchronizer.RunOptions{Owner: "test"})
	_ = db.Close()
	if !isOutage(errs[0]) || errs[1] != nil {
		t.Fatalf("got %v, want an outage of the first backend alone", errs)
	}
	s.counts(all[1].Report(), "trello.card", "created=10")
	s.trellos["one"].Fail(nil)
	reports := s.syncBoth()
	s.counts(reports[0], "trello.card", "created=10")
	s.counts(reports[1], "trello.card", "unchanged=10")
}

// TestRunsSideBySide lets several programs with states of their own work on one Odoo and one Trello
// while people change things there, for the race detector, and looks whether all agree in the end.
func TestRunsSideBySide(t *testing.T) {
	w := newWorld(t)
	fill(w, 2, 30)
	w.mustSync()
	var programs []*world
	for b := range 2 {
		p := newProgram(w, fmt.Sprintf("state of board %d", b), fmt.Sprintf("Board %d", b))
		p.mustSync()
		programs = append(programs, p)
	}
	var work sync.WaitGroup
	for _, p := range programs {
		work.Go(func() {
			for range 4 {
				if _, err := p.sync(); err != nil {
					t.Errorf("the program for %s: %v", p.boards, err)
				}
			}
		})
	}
	work.Go(func() {
		for i := range 20 {
			w.editTask(fmt.Sprintf("Card %d", i), map[string]any{"description": fmt.Sprintf("<p>Round %d</p>", i)})
		}
	})
	work.Wait()
	for _, p := range programs {
		p.mustSync()
	}
	for i := range 20 {
		if c := w.card(fmt.Sprintf("Card %d", i)); c.Desc != fmt.Sprintf("Round %d", i) {
			t.Errorf("card %d says %q", i, c.Desc)
		}
	}
}

// newProgram is a second connector on the same two servers, with a state of its own, for one board.
func newProgram(w *world, name, board string) *world {
	other := *w
	other.path = filepath.Join(filepath.Dir(w.path), name+".db")
	other.boards = []string{board}
	other.backend = trello.Backend()
	return &other
}
