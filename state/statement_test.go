package state_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

const insertMeta = "INSERT INTO meta (key, value) VALUES (?, ?)"

// putting is put as a statement of its own, which notes that it ran.
func putting(key string, value any, ran *[]string) state.Statement {
	return state.Statement{Query: insertMeta + " RETURNING key, value", Args: []any{key, value}, Row: func(row state.Scanner) error {
		var key, value string
		err := row.Scan(&key, &value)
		*ran = append(*ran, key+"="+value)
		return err
	}}
}

func TestWriteEarly(t *testing.T) { statetest.Each(t, testWriteEarly) }

func testWriteEarly(t *testing.T, s statetest.Store) {
	t.Run("Ensure others see it before it is waited for, and the next one may begin", func(t *testing.T) {
		db := fresh(t, s)
		settle, err := db.WriteEarly(t.Context(), nil, put(t.Context(), "a", "1"))
		if err != nil {
			t.Fatal(err)
		}
		next, err := db.WriteEarly(t.Context(), nil, put(t.Context(), "b", "2"))
		if err != nil || value(t, db.Read(), "a")+value(t, db.Read(), "b") != "12" {
			t.Errorf("a is %q, b is %q (%v)", value(t, db.Read(), "a"), value(t, db.Read(), "b"), err)
		}
		if err := errors.Join(next(), settle()); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure one that fails leaves nothing, and nothing to wait for", func(t *testing.T) {
		db := fresh(t, s)
		undo := errors.New("undo")
		settle, err := db.WriteEarly(t.Context(), nil, func(tx *state.Tx) error {
			return errors.Join(put(t.Context(), "a", "1")(tx), undo)
		})
		if !errors.Is(err, undo) || settle != nil || value(t, db.Read(), "a") != "" {
			t.Errorf("a is %q (%v)", value(t, db.Read(), "a"), err)
		}
	})
	t.Run("Ensure one that only read needs no disk", func(t *testing.T) {
		db := fresh(t, s)
		settle, err := db.WriteEarly(t.Context(), nil, func(*state.Tx) error { return nil })
		if err != nil || settle() != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestWriteAfter(t *testing.T) { statetest.Each(t, testWriteAfter) }

func testWriteAfter(t *testing.T, s statetest.Store) {
	t.Run("Ensure a transaction's first statements ran when it is given to its function, in their order", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		first := func() []state.Statement {
			return []state.Statement{putting("a", "1", &ran), putting("b", "2", &ran)}
		}
		err := db.WriteAfter(t.Context(), first, func(tx *state.Tx) error {
			if !slices.Equal(ran, []string{"a=1", "b=2"}) {
				t.Errorf("%q ran", ran)
			}
			return put(t.Context(), "c", "3")(tx)
		})
		if got := value(t, db.Read(), "a") + value(t, db.Read(), "b") + value(t, db.Read(), "c"); err != nil || got != "123" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure they know the transaction's instant, whoever's clock it is", func(t *testing.T) {
		for _, o := range []state.Options{{}, {Clock: statetest.NewClock(time.Unix(1e9, 5000))}} {
			db := s.Open(t, o)
			var micros int64
			first := func() []state.Statement {
				return []state.Statement{{Query: "SELECT ? + 0, ?", Args: []any{state.TxNow{}, "?"}, Row: func(row state.Scanner) error {
					var mark string
					return row.Scan(&micros, &mark)
				}}}
			}
			err := db.WriteAfter(t.Context(), first, func(tx *state.Tx) error {
				if micros != state.Micros(tx.Now()) || micros == 0 {
					t.Errorf("%d, want %d", micros, state.Micros(tx.Now()))
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Ensure the error of one is its own, undoes those before it and keeps the function from being called", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		first := func() []state.Statement {
			return []state.Statement{putting("a", "1", &ran), putting("a", "2", &ran), putting("b", "3", &ran)}
		}
		err := db.WriteAfter(t.Context(), first, func(*state.Tx) error { t.Error("called"); return nil })
		if !state.IsUniqueViolation(err) || value(t, db.Read(), "a") != "" || !slices.Equal(ran, []string{"a=1"}) {
			t.Errorf("%v, %q ran, a is %q", err, ran, value(t, db.Read(), "a"))
		}
		if err := db.Write(t.Context(), put(t.Context(), "a", "4")); err != nil || value(t, db.Read(), "a") != "4" {
			t.Errorf("the next transaction: %v", err)
		}
	})
	t.Run("Ensure what their rows are refused for undoes all", func(t *testing.T) {
		db, broken := fresh(t, s), errors.New("broken")
		first := func() []state.Statement {
			return []state.Statement{{Query: insertMeta + " RETURNING 1", Args: []any{"a", "1"}, Row: func(state.Scanner) error { return broken }}}
		}
		err := db.WriteAfter(t.Context(), first, func(*state.Tx) error { t.Error("called"); return nil })
		if !errors.Is(err, broken) || value(t, db.Read(), "a") != "" {
			t.Errorf("%v, a is %q", err, value(t, db.Read(), "a"))
		}
	})
}

func TestLater(t *testing.T) { statetest.Each(t, testLater) }

func testLater(t *testing.T, s statetest.Store) {
	later := func(tx *state.Tx, list ...state.Statement) error {
		var errs []error
		for _, s := range list {
			errs = append(errs, tx.Later(t.Context(), s))
		}
		return errors.Join(errs...)
	}
	t.Run("Ensure what is run later comes before the next statement, which sees it", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := later(tx, putting("a", "1", &ran), putting("b", "2", &ran)); err != nil {
				return err
			}
			var n, sum int
			var yes, no bool
			var text string
			err := tx.QueryRowContext(t.Context(), `SELECT COUNT(*), SUM(CAST(value AS BIGINT)), 1, 0, MAX(key) FROM meta WHERE key IN (?, ?)`,
				"a", "b").Scan(&n, &sum, &yes, &no, &text)
			if n != 2 || sum != 3 || !yes || no || text != "b" || !slices.Equal(ran, []string{"a=1", "b=2"}) {
				t.Errorf("%d rows of %d, %v, %v, %q; %q ran", n, sum, yes, no, text, ran)
			}
			if err := errors.Join(err, later(tx, putting("c", "3", &ran))); err != nil {
				return err
			}
			res, err := tx.ExecContext(t.Context(), "DELETE FROM meta WHERE key IN (?, ?)", "b", "c")
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); n != 2 || err != nil {
				t.Errorf("%d rows deleted (%v)", n, err)
			}
			return nil
		})
		if err != nil || value(t, db.Read(), "a") != "1" || value(t, db.Read(), "c") != "" {
			t.Error(err)
		}
	})
	t.Run("Ensure it comes with the commit where no other follows, and its rows with it", func(t *testing.T) {
		db := fresh(t, s)
		heard := db.Changed(t.Context(), "topic's")
		<-heard // at the beginning
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			tx.Notify("topic's")
			return later(tx, putting("a", "1", &ran), state.Statement{Query: insertMeta, Args: []any{"b", state.TxNow{}}})
		})
		if err != nil || value(t, db.Read(), "a") != "1" || value(t, db.Read(), "b") == "" || !slices.Equal(ran, []string{"a=1"}) {
			t.Errorf("%v, %q ran", err, ran)
		}
		<-heard
	})
	t.Run("Ensure its error keeps the transaction from being committed", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error { return later(tx, putting("a", "1", &ran), putting("a", "2", &ran)) })
		if !state.IsUniqueViolation(err) || value(t, db.Read(), "a") != "" {
			t.Errorf("%v, a is %q", err, value(t, db.Read(), "a"))
		}
		if err := db.Write(t.Context(), put(t.Context(), "a", "3")); err != nil || value(t, db.Read(), "a") != "3" {
			t.Errorf("the next transaction: %v", err)
		}
	})
	t.Run("Ensure a transaction that its function gives up takes along what was to run later", func(t *testing.T) {
		db, broken := fresh(t, s), errors.New("broken")
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error { return errors.Join(later(tx, putting("a", "1", &ran)), broken) })
		if !errors.Is(err, broken) {
			t.Error(err)
		}
		if err := db.Write(t.Context(), put(t.Context(), "b", "2")); err != nil || value(t, db.Read(), "a") != "" {
			t.Errorf("the next transaction wrote it (%v)", err)
		}
	})
	t.Run("Ensure a part takes along what waits in it, and nothing that waits before it", func(t *testing.T) {
		db, broken := fresh(t, s), errors.New("broken")
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := later(tx, putting("before", "1", &ran)); err != nil {
				return err
			}
			err := tx.Savepoint(t.Context(), func() error { return errors.Join(later(tx, putting("part", "2", &ran)), broken) })
			if !errors.Is(err, broken) {
				t.Error(err)
			}
			return later(tx, putting("after", "3", &ran))
		})
		got := value(t, db.Read(), "before") + value(t, db.Read(), "part") + value(t, db.Read(), "after")
		if err != nil || got != "13" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
	t.Run("Ensure what fails later in a part fails in that part", func(t *testing.T) {
		db := fresh(t, s)
		var ran []string
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			err := tx.Savepoint(t.Context(), func() error { return later(tx, putting("a", "1", &ran), putting("a", "2", &ran)) })
			if !state.IsUniqueViolation(err) {
				t.Error(err)
			}
			err = tx.Savepoint(t.Context(), func() error { return later(tx, putting("b", "3", &ran)) })
			return errors.Join(err, later(tx, putting("c", "4", &ran)))
		})
		if got := value(t, db.Read(), "a") + value(t, db.Read(), "b") + value(t, db.Read(), "c"); err != nil || got != "34" {
			t.Errorf("kept %q (%v)", got, err)
		}
	})
}

func TestLaterOnPostgreSQL(t *testing.T) {
	t.Run("Ensure rows that are refused when the commit is over undo nothing, and are told of", func(t *testing.T) {
		db, broken := fresh(t, statetest.Postgres(t)), errors.New("broken")
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			return tx.Later(t.Context(), state.Statement{Query: insertMeta + " RETURNING 1", Args: []any{"a", "1"},
				Row: func(state.Scanner) error { return broken }})
		})
		if !errors.Is(err, broken) || value(t, db.Read(), "a") != "1" {
			t.Errorf("%v, a is %q", err, value(t, db.Read(), "a"))
		}
	})
	t.Run("Ensure a transaction that began with statements is on the disk when it returns", func(t *testing.T) {
		db := fresh(t, statetest.Postgres(t))
		var insert, flushed int64
		for i := range 5 {
			key := strings.Repeat("a", i+1)
			first := func() []state.Statement { return []state.Statement{{Query: insertMeta, Args: []any{key, "1"}}} }
			err := db.WriteAfter(t.Context(), first, func(tx *state.Tx) error {
				if err := tx.QueryRowContext(t.Context(), "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").Scan(&insert); err != nil {
					return err
				}
				return tx.Later(t.Context(), state.Statement{Query: insertMeta, Args: []any{key + "later", "1"}})
			})
			if err != nil {
				t.Fatal(err)
			}
			row := db.Read().QueryRowContext(context.WithoutCancel(t.Context()), "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint")
			if err := row.Scan(&flushed); err != nil || insert == 0 || flushed <= insert {
				t.Fatalf("%d bytes are on the disk of more than %d (%v)", flushed, insert, err)
			}
		}
	})
}
