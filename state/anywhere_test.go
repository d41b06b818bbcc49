package state_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// What holds on every kind of database.

func TestOpenAnywhere(t *testing.T) { statetest.Each(t, testOpenAnywhere) }

func testOpenAnywhere(t *testing.T, s statetest.Store) {
	t.Run("Ensure a new state has the schema, and keeps what was written", func(t *testing.T) {
		s := s.Another(t)
		db := s.Open(t, state.Options{})
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Fatal(err)
		}
		again := s.Open(t, state.Options{})
		if got := value(t, again.Read(), "a"); got != "1" {
			t.Errorf("read %q, want what was written", got)
		}
		if again.SchemaVersion() < 1 || again.Path() != db.Path() {
			t.Errorf("version %d of %s", again.SchemaVersion(), again.Path())
		}
	})
	t.Run("Ensure many may open a new state at once", func(t *testing.T) {
		s := s.Another(t)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				db, err := state.Open(t.Context(), s.Location, state.Options{})
				if err != nil {
					t.Error(err)
					return
				}
				err = db.Write(t.Context(), put(t.Context(), fmt.Sprint(i), "x"))
				if err := errors.Join(err, db.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int
		row := s.Open(t, state.Options{}).Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM meta")
		if err := row.Scan(&n); err != nil || n != 8 {
			t.Errorf("%d rows of 8 (%v)", n, err)
		}
	})
}

func TestWriteAnywhere(t *testing.T) { statetest.Each(t, testWriteAnywhere) }

func testWriteAnywhere(t *testing.T, s statetest.Store) {
	t.Run("Ensure an error undoes everything and comes back as it is", func(t *testing.T) {
		db := fresh(t, s)
		broken := errors.New("broken")
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			return errors.Join(put(t.Context(), "a", "1")(tx), broken)
		})
		if !errors.Is(err, broken) || value(t, db.Read(), "a") != "" {
			t.Errorf("error %v, value %q", err, value(t, db.Read(), "a"))
		}
	})
	t.Run("Ensure a panic undoes everything, goes on, and leaves the state usable", func(t *testing.T) {
		db := fresh(t, s)
		for _, write := range []func(context.Context, func(*state.Tx) error) error{db.Write, db.WriteDurable} {
			got := panicOf(func() {
				_ = write(t.Context(), func(tx *state.Tx) error {
					if err := put(t.Context(), "a", "1")(tx); err != nil {
						t.Error(err)
					}
					panic("out")
				})
			})
			if got != "out" || value(t, db.Read(), "a") != "" {
				t.Errorf("panic %v, value %q", got, value(t, db.Read(), "a"))
			}
		}
		if err := db.Write(t.Context(), put(t.Context(), "a", "2")); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a second writer waits instead of failing", func(t *testing.T) {
		s := s.Another(t)
		dbs := []*state.DB{s.Open(t, state.Options{}), s.Open(t, state.Options{})}
		if err := dbs[0].Write(t.Context(), put(t.Context(), "n", "0")); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for range 25 { // each reads first and writes later: what a deferred transaction loses
					if err := dbs[i%2].Write(t.Context(), increment(t.Context())); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if got := value(t, dbs[0].Read(), "n"); got != "100" {
			t.Errorf("counted to %s, want 100", got)
		}
	})
	t.Run("Ensure a transaction begins with the clock and is not torn by its context", func(t *testing.T) {
		clock := &fixedClock{now: time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 3600))}
		db := s.Another(t).Open(t, state.Options{Clock: clock})
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Write(ctx, func(tx *state.Tx) error {
			cancel()
			if want := time.Date(2024, 5, 6, 6, 8, 9, 123456000, time.UTC); !tx.Now().Equal(want) {
				t.Errorf("now is %v, want %v", tx.Now(), want)
			}
			return put(ctx, "a", "1")(tx)
		})
		if err != nil || value(t, db.Read(), "a") != "1" {
			t.Errorf("error %v, value %q", err, value(t, db.Read(), "a"))
		}
		called := false
		err = db.Write(ctx, func(*state.Tx) error { called = true; return nil })
		if !errors.Is(err, context.Canceled) || called {
			t.Errorf("a cancelled context began a transaction (%v)", err)
		}
	})
	t.Run("Ensure a row that exists already is told from other failures", func(t *testing.T) {
		db := fresh(t, s)
		twice := func(tx *state.Tx) error {
			return errors.Join(put(t.Context(), "a", "1")(tx), put(t.Context(), "a", "2")(tx))
		}
		if err := db.Write(t.Context(), twice); !state.IsUniqueViolation(err) {
			t.Errorf("%v is not seen as one", err)
		}
		err := db.Write(t.Context(), put(t.Context(), "b", ""))
		if err != nil || state.IsUniqueViolation(err) || state.IsUniqueViolation(errors.New("x")) {
			t.Errorf("%v is seen as one", err)
		}
	})
}

func increment(ctx context.Context) func(*state.Tx) error {
	return func(tx *state.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'n'").Scan(&n); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE meta SET value = ? WHERE key = 'n'", fmt.Sprint(n+1))
		return err
	}
}

func panicOf(fn func()) (v any) {
	defer func() { v = recover() }()
	fn()
	return nil
}

func TestCrashPoints(t *testing.T) { statetest.Each(t, testCrashPoints) }

func testCrashPoints(t *testing.T, s statetest.Store) {
	for point, want := range map[string]string{"before commit": "", "after commit": "1"} {
		t.Run("Ensure a death "+point+" leaves what it must", func(t *testing.T) {
			s := s.Another(t)
			var points []string
			db := s.Open(t, state.Options{Hook: func(_ context.Context, p string) {
				points = append(points, p)
				if p == point {
					panic("dead")
				}
			}})
			died := panicOf(func() { _ = db.Write(t.Context(), put(t.Context(), "a", "1")) })
			if died != "dead" || points[len(points)-1] != point {
				t.Fatalf("died of %v at %v", died, points)
			}
			if got := value(t, s.Open(t, state.Options{}).Read(), "a"); got != want {
				t.Errorf("the next run reads %q, want %q", got, want)
			}
		})
	}
}

func TestReadAnywhere(t *testing.T) { statetest.Each(t, testReadAnywhere) }

func testReadAnywhere(t *testing.T, s statetest.Store) {
	t.Run("Ensure a state opened for reading follows another's writes, and writes nothing", func(t *testing.T) {
		s := s.Another(t)
		db := s.Open(t, state.Options{})
		reading := s.Open(t, state.Options{ReadOnly: true})
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Fatal(err)
		}
		if got := value(t, reading.Read(), "a"); got != "1" {
			t.Errorf("read %q", got)
		}
		if err := reading.Write(t.Context(), put(t.Context(), "b", "1")); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("%v, want ErrReadOnly", err)
		}
	})
	t.Run("Ensure a closed state can be opened for reading", func(t *testing.T) {
		s := s.Another(t)
		db, err := state.Open(t.Context(), s.Location, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Write(t.Context(), put(t.Context(), "a", "1")), db.Close()); err != nil {
			t.Fatal(err)
		}
		if got := value(t, s.Open(t, state.Options{ReadOnly: true}).Read(), "a"); got != "1" {
			t.Errorf("read %q", got)
		}
	})
}
