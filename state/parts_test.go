package state_test

import (
	"errors"
	"math"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestPartsThatFail is about what became of a part when another one fails, and in which of them an error shows.
func TestPartsThatFail(t *testing.T) { statetest.Each(t, testPartsThatFail) }

func testPartsThatFail(t *testing.T, s statetest.Store) {
	exec := func(tx *state.Tx, query string, args ...any) func() error {
		return func() error { _, err := tx.ExecContext(t.Context(), query, args...); return err }
	}
	kept := func(db *state.DB) (all string) {
		for _, key := range []string{"a", "b", "c"} {
			all += value(t, db.Read(), key)
		}
		return all
	}
	t.Run("Ensure a part stays that went well, when a statement of the next one cannot even be understood", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := tx.Savepoint(t.Context(), exec(tx, insertMeta, "a", "1")); err != nil {
				return err
			}
			if err := tx.Savepoint(t.Context(), exec(tx, "INSERT INTO nowhere VALUES (?)", "b")); err == nil {
				t.Error("it went well")
			}
			return put(t.Context(), "c", "3")(tx)
		})
		if got := kept(db); err != nil || got != "13" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure a part that is the first fails alone by such a statement, and one within another does", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := tx.Savepoint(t.Context(), exec(tx, "INSERT INTO nowhere VALUES (?)", "b")); err == nil {
				t.Error("it went well")
			}
			return tx.Savepoint(t.Context(), func() error {
				if err := put(t.Context(), "a", "1")(tx); err != nil {
					return err
				}
				if err := tx.Savepoint(t.Context(), exec(tx, "INSERT INTO nowhere VALUES (?, ?)", "b", "c")); err == nil {
					t.Error("it went well")
				}
				return put(t.Context(), "b", "2")(tx)
			})
		})
		if got := kept(db); err != nil || got != "12" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure what waits before a part is kept when that fails by such a statement", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := tx.Later(t.Context(), putting("a", "1", &ran)); err != nil {
				return err
			}
			if err := tx.Savepoint(t.Context(), exec(tx, "INSERT INTO nowhere VALUES (?)", "b")); err == nil {
				t.Error("it went well")
			}
			return nil
		})
		if got := kept(db); err != nil || got != "1" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure rows that are refused in a part undo that part alone", func(t *testing.T) {
		db, broken := fresh(t, s), errors.New("broken")
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "a", "1")(tx); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error {
				return tx.Later(t.Context(), state.Statement{Query: insertMeta + " RETURNING 1", Args: []any{"b", "2"},
					Row: func(state.Scanner) error { return broken }})
			})
			if !errors.Is(err, broken) {
				t.Error(err)
			}
			return put(t.Context(), "c", "3")(tx)
		})
		if got := kept(db); err != nil || got != "13" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure a row that doesn't fit is told of as the row's own error, and nothing else", func(t *testing.T) {
		db := fresh(t, s)
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "a", "1")(tx); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error {
				return tx.Later(t.Context(), state.Statement{Query: insertMeta + " RETURNING key", Args: []any{"b", "2"},
					Row: func(row state.Scanner) error { var n int; return row.Scan(&n) }})
			})
			if err == nil {
				t.Error("it went well")
			}
			return put(t.Context(), "c", "3")(tx)
		})
		if got := kept(db); err != nil || got != "13" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
}

func TestSwallowedFailureOnPostgreSQL(t *testing.T) {
	t.Run("Ensure a failed statement that a part makes nothing of fails that part, and no other", func(t *testing.T) {
		db := fresh(t, statetest.Postgres(t))
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := tx.Savepoint(t.Context(), func() error { return put(t.Context(), "a", "1")(tx) }); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error {
				if err := put(t.Context(), "b", "2")(tx); err != nil {
					return err
				}
				if err := put(t.Context(), "b", "2")(tx); err == nil {
					t.Error("it went well")
				}
				return nil
			})
			if err == nil {
				t.Error("the part is taken for good, although the server has given it up")
			}
			return put(t.Context(), "c", "3")(tx)
		})
		if got := value(t, db.Read(), "a") + value(t, db.Read(), "b") + value(t, db.Read(), "c"); err != nil || got != "13" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure a part is not undone silently by the next one's failure, once a failed statement was swallowed in it", func(t *testing.T) {
		db := fresh(t, statetest.Postgres(t))
		var first error
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			first = tx.Savepoint(t.Context(), func() error {
				if err := put(t.Context(), "a", "1")(tx); err != nil {
					return err
				}
				_ = put(t.Context(), "a", "1")(tx)
				return nil
			})
			_ = tx.Savepoint(t.Context(), func() error { return put(t.Context(), "b", "2")(tx) })
			return put(t.Context(), "c", "3")(tx)
		})
		if err == nil && first == nil && value(t, db.Read(), "a") == "" {
			t.Error("the part went well, so did the transaction, and what it wrote is gone")
		}
	})
}

func TestUnfitArgumentOnPostgreSQL(t *testing.T) {
	const query = "INSERT INTO meta (key, value) VALUES (?, COALESCE(CAST(? AS TEXT), '1'))"
	part := func(tx *state.Tx, key string, arg any) error {
		return tx.Savepoint(t.Context(), func() error { _, err := tx.ExecContext(t.Context(), query, key, arg); return err })
	}
	for name, arg := range map[string]struct{ fits, doesNot any }{
		"of no type":   {nil, struct{ n int }{}},
		"out of range": {7, uint64(math.MaxUint64)},
	} {
		t.Run("Ensure an argument that cannot be sent fails its own part alone: "+name, func(t *testing.T) {
			db := fresh(t, statetest.Postgres(t))
			err := db.Write(t.Context(), func(tx *state.Tx) error {
				if err := part(tx, "a", arg.fits); err != nil { // now the statement is prepared, and needs no message of its own
					return err
				}
				if err := part(tx, "b", arg.doesNot); err == nil {
					t.Error("it went well")
				}
				return put(t.Context(), "c", "3")(tx)
			})
			if a, b, c := value(t, db.Read(), "a"), value(t, db.Read(), "b"), value(t, db.Read(), "c"); err != nil || a == "" || b != "" || c != "3" {
				t.Errorf("kept %q, %q, %q (%v)", a, b, c, err)
			}
		})
	}
}
