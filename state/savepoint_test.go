package state_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestSavepoint(t *testing.T) { statetest.Each(t, testSavepoint) }

func testSavepoint(t *testing.T, s statetest.Store) {
	broken := errors.New("broken")
	t.Run("Ensure an error undoes the part alone and comes back as it is", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "before", "1")(tx); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error { return errors.Join(put(t.Context(), "part", "1")(tx), broken) })
			if !errors.Is(err, broken) || errors.Is(err, sql.ErrTxDone) {
				t.Errorf("%v, want the part's own error", err)
			}
			return put(t.Context(), "after", "1")(tx)
		})
		if got := value(t, db.Read(), "before") + value(t, db.Read(), "part") + value(t, db.Read(), "after"); err != nil || got != "11" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure a statement that fails inside, such as a second row of a key, leaves the transaction usable", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			for range 3 {
				err := tx.Savepoint(t.Context(), func() error { return put(t.Context(), "a", "1")(tx) })
				if err != nil && !state.IsUniqueViolation(err) {
					return err
				}
			}
			return put(t.Context(), "b", "1")(tx)
		})
		if err != nil || value(t, db.Read(), "a") != "1" || value(t, db.Read(), "b") != "1" {
			t.Error(err, value(t, db.Read(), "a"), value(t, db.Read(), "b"))
		}
	})
	t.Run("Ensure parts nest: an inner failure keeps the outer, an outer one takes the inner along", func(t *testing.T) {
		db := fresh(t, s)
		both := func(tx *state.Tx, prefix string, inner, outer error) error {
			return tx.Savepoint(t.Context(), func() error {
				err := tx.Savepoint(t.Context(), func() error { return errors.Join(put(t.Context(), prefix+"inner", "1")(tx), inner) })
				if !errors.Is(err, inner) {
					t.Errorf("%v, want %v", err, inner)
				}
				return errors.Join(put(t.Context(), prefix+"outer", "1")(tx), outer)
			})
		}
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := both(tx, "a ", broken, nil); err != nil {
				t.Error(err)
			}
			if err := both(tx, "b ", nil, broken); !errors.Is(err, broken) {
				t.Error(err)
			}
			return nil
		})
		for key, want := range map[string]string{"a inner": "", "a outer": "1", "b inner": "", "b outer": ""} {
			if got := value(t, db.Read(), key); got != want {
				t.Errorf("%s is %q, want %q (%v)", key, got, want, err)
			}
		}
	})
	t.Run("Ensure a panic undoes the part, goes on, and whoever recovers can go on as well", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			got := panicOf(func() {
				_ = tx.Savepoint(t.Context(), func() error {
					if err := put(t.Context(), "part", "1")(tx); err != nil {
						t.Error(err)
					}
					panic("out")
				})
			})
			if got != "out" {
				t.Errorf("panic %v", got)
			}
			return put(t.Context(), "after", "1")(tx)
		})
		if err != nil || value(t, db.Read(), "part") != "" || value(t, db.Read(), "after") != "1" {
			t.Error(err, value(t, db.Read(), "part"), value(t, db.Read(), "after"))
		}
	})
}

func TestSavepointOnAFullDisk(t *testing.T) {
	t.Run("Ensure a transaction that the database gave up commits nothing, whatever its function makes of the error", func(t *testing.T) {
		db := open(t, filepath.Join(t.TempDir(), "state.db"), state.Options{})
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if _, err := tx.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // SQLite makes it the present size
				return err
			}
			if err := put(t.Context(), "before", "1")(tx); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error { return put(t.Context(), "part", strings.Repeat("x", 1<<20))(tx) })
			wantTrouble(t, err, state.DiskFull)
			if err := put(t.Context(), "after", "1")(tx); err != nil && !errors.Is(err, sql.ErrTxDone) {
				t.Errorf("%v, want sql.ErrTxDone", err)
			}
			return nil
		})
		kept := value(t, db.Read(), "before") + value(t, db.Read(), "after")
		if (err == nil) != (kept == "11") || (err != nil && kept != "") {
			t.Errorf("kept %q with error %v", kept, err)
		}
	})
}

func BenchmarkSavepoint(b *testing.B) {
	db, err := state.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"), state.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.Write(b.Context(), func(tx *state.Tx) error {
		for b.Loop() {
			if err := tx.Savepoint(b.Context(), func() error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
