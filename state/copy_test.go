package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// fill writes rows of every kind: jobs that wait for each other, bindings with and without both halves, odd texts.
func fill(t *testing.T, db *state.DB, jobs int) {
	t.Helper()
	ctx := t.Context()
	err := db.Write(ctx, func(tx *state.Tx) error {
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i <= jobs; i++ {
			exec("INSERT INTO job (id, uuid, function, channel, args, state, priority, max_retries, created) VALUES (?,?,?,?,?,?,?,?,?)",
				i, fmt.Sprint("uuid ", i), "import", "root", `{"a":"\u0000 ü"}`, "pending", 10, 5, int64(1)<<53+int64(i))
		}
		for i := 2; i <= jobs; i++ { // each waits for a later one as well, so that no order of the tables' rows is right
			exec("INSERT INTO job_dependency (job_id, depends_on) VALUES (?,?)", i-1, i)
		}
		exec("INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id) VALUES ('d','b','m',NULL,'o',7)")
		exec("INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id) VALUES ('d','b','m','','o',NULL)")
		exec("INSERT INTO meta (key, value) VALUES (?,?)", "odd", "a'b\"c?$1\n\t\\ ü € 😀 \u2028")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sumsOf(t *testing.T, db *state.DB) string {
	t.Helper()
	sums, err := db.Sums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(sums)
}

func TestCopy(t *testing.T) { statetest.Each(t, testCopy) }

func testCopy(t *testing.T, from statetest.Store) { // into both kinds
	statetest.Each(t, func(t *testing.T, to statetest.Store) {
		t.Run("Ensure a copy has all that the original has, and goes on by itself", func(t *testing.T) {
			source, target := fresh(t, from), fresh(t, to)
			fill(t, source, 700) // several pieces
			sums, err := state.Copy(t.Context(), source, target, state.CopyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if want := sumsOf(t, source); fmt.Sprint(sums) != want || sumsOf(t, target) != want {
				t.Errorf("copied\n%v, the copy has\n%s, want\n%s", sums, sumsOf(t, target), want)
			}
			if got := value(t, target.Read(), "odd"); got != value(t, source.Read(), "odd") || got == "" {
				t.Errorf("%q", got)
			}
			for _, db := range []*state.DB{source, target} { // the next id is free
				var id int64
				err := db.Write(t.Context(), func(tx *state.Tx) error {
					row := tx.QueryRowContext(t.Context(), `INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id)
						VALUES ('d','b','m','x','o',8) RETURNING id`)
					return row.Scan(&id)
				})
				if err != nil || id != 3 {
					t.Errorf("the next id of %s is %d (%v)", db.Dialect(), id, err)
				}
			}
		})
		t.Run("Ensure a target that holds something is left alone unless it is to be thrown away", func(t *testing.T) {
			source, target := fresh(t, from), fresh(t, to)
			fill(t, source, 3)
			fill(t, target, 5)
			before := sumsOf(t, target)
			var full *state.NotEmptyError
			if _, err := state.Copy(t.Context(), source, target, state.CopyOptions{}); !errors.As(err, &full) || full.Rows == 0 || full.Path != target.Path() {
				t.Errorf("%v", err)
			}
			if sumsOf(t, target) != before {
				t.Error("the target was changed")
			}
			if _, err := state.Copy(t.Context(), source, target, state.CopyOptions{Overwrite: true}); err != nil || sumsOf(t, target) != sumsOf(t, source) {
				t.Errorf("%v: %s", err, sumsOf(t, target))
			}
		})
		t.Run("Ensure a copy that is interrupted leaves nothing", func(t *testing.T) {
			source, target := fresh(t, from), fresh(t, to)
			fill(t, source, 3)
			before := sumsOf(t, target)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := state.Copy(ctx, source, target, state.CopyOptions{}); !errors.Is(err, context.Canceled) || sumsOf(t, target) != before {
				t.Errorf("%v: %s", err, sumsOf(t, target))
			}
		})
	})
	t.Run("Ensure a state isn't copied onto itself", func(t *testing.T) {
		s := from.Another(t)
		one, two := s.Open(t, state.Options{}), s.Open(t, state.Options{})
		fill(t, one, 3)
		before := sumsOf(t, one)
		if _, err := state.Copy(t.Context(), one, two, state.CopyOptions{Overwrite: true}); err == nil || sumsOf(t, one) != before {
			t.Errorf("%v", err)
		}
	})
}

func TestSums(t *testing.T) { statetest.Each(t, testSums) }

func testSums(t *testing.T, s statetest.Store) {
	db := s.Open(t, state.Options{})
	fill(t, db, 3)
	seen := map[string]string{sumsOf(t, db): "as it was"}
	for _, change := range []string{
		"UPDATE meta SET value = value || ' '",
		"UPDATE binding SET external_id = NULL WHERE external_id = ''",
		"UPDATE binding SET scope = parent, name = 'x' WHERE odoo_id = 7",
		"UPDATE binding SET parent = 'x', name = '' WHERE odoo_id = 7",
		"UPDATE job SET priority = 11 WHERE id = 1",
		"DELETE FROM job_dependency WHERE job_id = 1",
	} {
		t.Run("Ensure the sums tell of every change: "+change, func(t *testing.T) {
			if err := db.Write(t.Context(), func(tx *state.Tx) error { _, err := tx.ExecContext(t.Context(), change); return err }); err != nil {
				t.Fatal(err)
			}
			sums := sumsOf(t, db)
			if before, twice := seen[sums]; twice {
				t.Errorf("they are the same as after %s", before)
			}
			seen[sums] = change
		})
	}
}

func TestBackup(t *testing.T) { statetest.Each(t, testBackup) }

func testBackup(t *testing.T, s statetest.Store) {
	t.Run("Ensure a backup is one whole file of one moment, while others write", func(t *testing.T) {
		s := s.Another(t)
		db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{})
		fill(t, db, 2000)
		before := sumsOf(t, db)
		path := filepath.Join(t.TempDir(), "backup.db")
		steps := 0
		err := db.Backup(t.Context(), path, func(done, all int) {
			if steps++; done > all || done <= 0 {
				t.Errorf("%d of %d pages", done, all)
			}
			if err := other.Write(t.Context(), put(t.Context(), fmt.Sprint("while it ran ", steps), "x")); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.Dialect == state.SQLite && (steps < 2 || sumsOf(t, db) == before) {
			t.Errorf("it took %d steps, during which nobody wrote", steps)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 {
			t.Errorf("%v (%v)", entries, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v (%v)", info.Mode(), err)
		}
		copied := open(t, path, state.Options{Immutable: true})
		if got := sumsOf(t, copied); got != before {
			t.Errorf("the backup has\n%s, want\n%s", got, before)
		}
		if r, err := copied.Check(t.Context()); err != nil || len(r.Problems) > 0 {
			t.Errorf("%v (%v)", r.Problems, err)
		}
	})
	t.Run("Ensure a file that is there is not overwritten, and one that fails leaves nothing", func(t *testing.T) {
		db := fresh(t, s)
		fill(t, db, 3)
		dir := t.TempDir()
		path := filepath.Join(dir, "backup.db")
		if err := os.WriteFile(path, []byte("letter"), 0o600); err != nil {
			t.Fatal(err)
		}
		var there *state.FileExistsError
		if err := db.Backup(t.Context(), path, nil); !errors.As(err, &there) || there.Path != path {
			t.Errorf("%v", err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "letter" {
			t.Errorf("%q (%v)", text, err)
		}
		wantTrouble(t, db.Backup(t.Context(), filepath.Join(dir, "none", "backup.db"), nil), state.NoDirectory)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Backup(ctx, filepath.Join(dir, "late.db"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%v (%v)", entries, err)
		}
	})
	t.Run("Ensure a snapshot can be taken as well", func(t *testing.T) {
		db := fresh(t, s)
		fill(t, db, 3)
		path := filepath.Join(t.TempDir(), "snapshot.db")
		if err := db.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if got, want := sumsOf(t, open(t, path, state.Options{Immutable: true})), sumsOf(t, db); got != want {
			t.Errorf("the snapshot has\n%s, want\n%s", got, want)
		}
	})
}

func TestCheck(t *testing.T) { statetest.Each(t, testCheck) }

func testCheck(t *testing.T, s statetest.Store) {
	check := func(t *testing.T, db *state.DB) state.Report {
		t.Helper()
		r, err := db.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Run("Ensure a sound state has no problems, and is described", func(t *testing.T) {
		s := s.Another(t)
		db := s.Open(t, state.Options{})
		fill(t, db, 3)
		r := check(t, s.Open(t, state.Options{ReadOnly: true}))
		if len(r.Problems) > 0 || r.Schema != db.SchemaVersion() || r.Bytes <= 0 || r.Version == "" || r.Dialect != s.Dialect || r.Location != db.Path() {
			t.Errorf("%+v", r)
		}
		if fmt.Sprint(r.Tables) != sumsOf(t, db) {
			t.Errorf("%v", r.Tables)
		}
	})
	for change, want := range map[string]string{
		"DROP INDEX job_waiting":                "the index job_waiting is missing",
		"DROP TABLE poll_position":              "the table poll_position is missing",
		"ALTER TABLE review DROP COLUMN parent": "the table review lacks its column parent",
	} {
		t.Run("Ensure what somebody took away is told: "+change, func(t *testing.T) {
			db := fresh(t, s)
			if err := db.Write(t.Context(), func(tx *state.Tx) error { _, err := tx.ExecContext(t.Context(), change); return err }); err != nil {
				t.Fatal(err)
			}
			if r := check(t, db); len(r.Problems) != 1 || r.Problems[0] != want {
				t.Errorf("%q, want %q", r.Problems, want)
			}
		})
	}
}

func TestCheckOfAFile(t *testing.T) {
	t.Run("Ensure rows that refer to nothing are told", func(t *testing.T) {
		db := fresh(t, statetest.SQLite(t))
		raw(t, db.Path(), "PRAGMA foreign_keys = OFF; INSERT INTO job_dependency (job_id, depends_on) VALUES (1, 2), (1, 3)")
		r, err := db.Check(t.Context())
		if want := "4 rows of job_dependency refer to rows of job that are not there"; err != nil || len(r.Problems) != 1 || r.Problems[0] != want {
			t.Errorf("%q (%v)", r.Problems, err)
		}
	})
	t.Run("Ensure damage is told", func(t *testing.T) {
		db, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, db, 500)
		path := db.Path()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copy(content[len(content)-3000:], strings.Repeat("\xff", 2000)) // somewhere in the rows
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := open(t, path, state.Options{ReadOnly: true}).Check(t.Context())
		var corrupt *state.CorruptError
		if len(r.Problems) == 0 && !errors.As(err, &corrupt) {
			t.Errorf("%+v (%v)", r, err)
		}
	})
}
