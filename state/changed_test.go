package state_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// notify commits a transaction that asks for the topic.
func notify(t *testing.T, db *state.DB, topic, key string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *state.Tx) error {
		tx.Notify(topic)
		return put(t.Context(), key, "1")(tx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// woken waits for a signal, long enough for the slowest machine.
func woken(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	select {
	case _, ok := <-changed:
		if !ok {
			t.Fatal("the channel was closed")
		}
	case <-time.After(patience):
		t.Fatal("nobody was woken")
	}
}

func TestChanged(t *testing.T) { statetest.Each(t, testChanged) }

func testChanged(t *testing.T, s statetest.Store) {
	t.Run("Ensure a commit that asks for it wakes who waits for that topic, and nobody else", func(t *testing.T) {
		db := fresh(t, s)
		jobs, other := db.Changed(t.Context(), "jobs"), db.Changed(t.Context(), "other")
		woken(t, jobs) // the beginning
		woken(t, other)
		notify(t, db, "jobs", "a")
		select {
		case <-jobs:
		default:
			t.Error("the own process is told at once")
		}
		select {
		case <-other:
			t.Error("another topic was told")
		default:
		}
	})
	t.Run("Ensure a transaction that is undone wakes nobody", func(t *testing.T) {
		db := fresh(t, s)
		jobs := db.Changed(t.Context(), "jobs")
		woken(t, jobs)
		broken := errors.New("broken")
		if err := db.Write(t.Context(), func(tx *state.Tx) error { tx.Notify("jobs"); return broken }); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		select {
		case <-jobs:
			t.Error("somebody was woken")
		default:
		}
	})
	t.Run("Ensure another process is woken, one that only reads as well", func(t *testing.T) {
		s := s.Another(t)
		db := s.Open(t, state.Options{})
		for i, o := range []state.Options{{}, {ReadOnly: true}} {
			changed := s.Open(t, o).Changed(t.Context(), "jobs")
			woken(t, changed)
			notify(t, db, "jobs", string(rune('a'+i)))
			woken(t, changed)
		}
	})
	t.Run("Ensure the channel is closed when its context ends, and another goes on", func(t *testing.T) {
		db := fresh(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		ending, going := db.Changed(ctx, "jobs"), db.Changed(t.Context(), "jobs")
		cancel()
		for range ending { // ends by being closed
		}
		woken(t, going)
		notify(t, db, "jobs", "a")
		woken(t, going)
	})
	t.Run("Ensure a closed state sends nothing more, and its waiters end with their contexts", func(t *testing.T) {
		db, err := state.Open(t.Context(), s.Another(t).Location, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		changed := db.Changed(ctx, "jobs")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		late := db.Changed(ctx, "jobs")
		cancel()
		for range changed {
		}
		for range late {
			t.Error("a closed state sent something")
		}
	})
}
