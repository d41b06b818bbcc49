package schedule_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/odoo-connector/connector/schedule"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestMain(m *testing.M) { os.Exit(statetest.Main(m)) }

// bench is a state in which a schedule is kept, and a clock.
type bench struct {
	t     *testing.T
	store statetest.Store
	clock *statetest.Clock
	db    *state.DB
	ran   []string
}

func newBench(t *testing.T, s statetest.Store) *bench {
	t.Helper()
	clock := statetest.NewClock(instant(t, "2024-05-06T12:00:00Z"))
	s = s.Another(t)
	return &bench{t: t, store: s, clock: clock, db: s.Open(t, state.Options{Clock: clock})}
}

// process is a schedule as another process has it, planned.
func (b *bench) process(worker string, entries ...schedule.Entry) *schedule.Schedule {
	b.t.Helper()
	s := schedule.New(b.db, b.store.Location, worker, entries)
	if err := s.Plan(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) pass(d time.Duration) { _ = b.clock.Sleep(b.t.Context(), d) }

// do notes the entry's run.
func (b *bench) do(_ context.Context, e schedule.Entry) (string, error) {
	b.ran = append(b.ran, e.Name)
	return "did " + e.Name, nil
}

// due runs what is due and checks what that was.
func (b *bench) due(s *schedule.Schedule, want ...string) {
	b.t.Helper()
	b.ran = nil
	n, err := s.RunDue(b.t.Context(), b.do)
	if err != nil {
		b.t.Fatal(err)
	}
	if n != len(want) || len(b.ran) != len(want) {
		b.t.Fatalf("%d ran: %q, want %q", n, b.ran, want)
	}
	for i := range want {
		if b.ran[i] != want[i] {
			b.t.Fatalf("%q ran, want %q", b.ran, want)
		}
	}
}

func (b *bench) status(s *schedule.Schedule, name string) schedule.Status {
	b.t.Helper()
	all, err := s.List(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, st := range all {
		if st.Name == name {
			return st
		}
	}
	b.t.Fatalf("there is no %s among %v", name, all)
	return schedule.Status{}
}

var errBroken = errors.New("it is broken")
