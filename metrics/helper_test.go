package metrics_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/metrics"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestMain runs every test on SQLite and on PostgreSQL.
func TestMain(m *testing.M) { os.Exit(statetest.MainOnEach(m)) }

// bench is a state with a queue and the collector of its metrics.
type bench struct {
	*metrics.Collector
	t     testing.TB
	db    *state.DB
	queue *jobs.Queue
	clock *statetest.Clock
}

var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

func newBench(t testing.TB) *bench {
	t.Helper()
	clock := statetest.NewClock(noon)
	db := statetest.New(t).Open(t, state.Options{Clock: clock})
	channels, err := jobs.ParseChannels("root:4,root.trello:2")
	if err != nil {
		t.Fatal(err)
	}
	q := jobs.New(db, jobs.WithChannels(channels))
	o := metrics.Options{Build: metrics.Build{Version: "1.2", Commit: "c0ffee", Go: "go"}, Backends: []string{"trello"}, Receivers: []string{"ops"}}
	return &bench{Collector: metrics.New(db, q, o), t: t, db: db, queue: q, clock: clock}
}

func (b *bench) pass(d time.Duration) { _ = b.clock.Sleep(b.t.Context(), d) }

// write runs fn in a transaction that must succeed.
func (b *bench) write(fn func(tx *state.Tx) error) {
	b.t.Helper()
	if err := b.db.Write(b.t.Context(), fn); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.t.Context(), query, args...)
		return err
	})
}

// add enqueues n jobs of a function.
func (b *bench) add(n int, function string) {
	b.t.Helper()
	for range n {
		b.write(func(tx *state.Tx) error {
			_, _, err := b.queue.Enqueue(b.t.Context(), tx, jobs.Spec{Function: function, Backend: "trello", Model: "trello.card"})
			return err
		})
	}
}

// run runs what waits; each job takes some time and ends as it is told.
func (b *bench) run(took time.Duration, o jobs.Outcome) {
	b.t.Helper()
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		b.pass(took)
		return finish(slice[0], o)
	}
	w := jobs.NewWorker(b.queue, "runner", map[string]jobs.Handler{"import": handler, "export": handler}, jobs.WorkerOptions{})
	if _, err := w.Run(b.t.Context(), jobs.RunFilter{}); err != nil {
		b.t.Fatal(err)
	}
}

// settle lets so much time pass that nothing is too young to be counted.
func (b *bench) settle() { b.pass(time.Minute) }

// read collects and gives the values by name and labels, as the text has them.
func (b *bench) read() map[string]string {
	b.t.Helper()
	s, err := b.Collect(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		b.t.Fatal(err)
	}
	return parse(b.t, text.String())
}

// want compares some of the values; "" says that there is none.
func (b *bench) want(got, want map[string]string) {
	b.t.Helper()
	for name, value := range want {
		if got[name] != value {
			b.t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}
