package state_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestBegin is about the time between the wish for a transaction and its beginning.
func TestBegin(t *testing.T) { statetest.Each(t, testBegin) }

func testBegin(t *testing.T, s statetest.Store) {
	first := func() []state.Statement {
		return []state.Statement{{Query: insertMeta, Args: []any{"first", state.TxNow{}}}}
	}
	writes := map[string]func(context.Context, *state.DB, func(*state.Tx) error) error{
		"Write": func(ctx context.Context, db *state.DB, fn func(*state.Tx) error) error { return db.Write(ctx, fn) },
		"WriteDurable": func(ctx context.Context, db *state.DB, fn func(*state.Tx) error) error {
			return db.WriteDurable(ctx, fn)
		},
		"WriteAfter": func(ctx context.Context, db *state.DB, fn func(*state.Tx) error) error {
			return db.WriteAfter(ctx, first, fn)
		},
	}
	for name, write := range writes {
		t.Run("Ensure one that waits for another program's lock gives up when its context ends: "+name, func(t *testing.T) {
			s := s.Another(t)
			db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{})
			called := false
			err := db.Write(t.Context(), func(*state.Tx) error {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- write(ctx, other, func(*state.Tx) error { called = true; return nil }) }()
				awaitLock(t, db, other)
				cancel()
				return <-done // while the lock is held still
			})
			if err != context.Canceled || called || value(t, db.Read(), "first") != "" { //nolint:errorlint // as it is
				t.Errorf("%v; its function was called: %v", err, called)
			}
			if err := other.Write(t.Context(), put(t.Context(), "a", "1")); err != nil || value(t, db.Read(), "a") != "1" {
				t.Errorf("the next one: %v", err)
			}
		})
	}
	t.Run("Ensure a deadline is told as one, and as no trouble of the database", func(t *testing.T) {
		s := s.Another(t)
		db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{})
		err := db.Write(t.Context(), func(*state.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // several of SQLite's stretches
			defer cancel()
			if err := other.Write(ctx, put(ctx, "a", "1")); err != context.DeadlineExceeded { //nolint:errorlint // as it is
				t.Errorf("%v", err)
			}
			return nil
		})
		if err != nil || value(t, db.Read(), "a") != "" {
			t.Errorf("it wrote all the same (%v)", err)
		}
	})
	t.Run("Ensure a test's clock is read once the lock is had, as the database's is", func(t *testing.T) {
		s, clock := s.Another(t), statetest.NewClock(time.Unix(1e9, 0))
		db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{Clock: clock})
		for name, write := range writes {
			begun := make(chan time.Time, 1)
			err := db.Write(t.Context(), func(*state.Tx) error {
				go func() {
					var at time.Time
					err := write(t.Context(), other, func(tx *state.Tx) error {
						at = tx.Now()
						if stored := value(t, tx, "first"); name == "WriteAfter" && stored != strconv.FormatInt(state.Micros(tx.Now()), 10) {
							t.Errorf("its statements took it for %s, want %s", stored, strconv.FormatInt(state.Micros(tx.Now()), 10))
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					begun <- at
				}()
				awaitLock(t, db, other)
				return clock.Sleep(t.Context(), time.Hour)
			})
			if at := <-begun; err != nil || !at.Equal(clock.Now()) {
				t.Errorf("%s began at %v, and had the lock at %v (%v)", name, at, clock.Now(), err)
			}
		}
	})
}

// awaitLock returns when a transaction of the other waits for the lock that db has.
func awaitLock(t *testing.T, db, other *state.DB) {
	t.Helper()
	state.AwaitBeginning(other)
	if db.Dialect() != state.PostgreSQL {
		return
	}
	for waits := 0; waits == 0; {
		row := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
		if err := row.Scan(&waits); err != nil {
			t.Error(err)
			return
		}
	}
}
