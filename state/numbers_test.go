package state_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// numbered are the tables whose rows people know by their number, and how a row comes into each.
var numbered = map[string]string{
	"binding": "INSERT INTO binding (database, backend, model, odoo_model) VALUES ('d','b','m','o') RETURNING id",
	"review": `INSERT INTO review (database, backend, model, external_id, kind, reason, created)
		VALUES ('d','b','m',?,'conflict','because',1) RETURNING id`,
	"job": "INSERT INTO job (uuid, function, channel, args, state, priority, max_retries, created) VALUES (?,'f','root','{}','pending',10,5,1) RETURNING id",
}

// give makes a row and tells its number.
func give(t *testing.T, db *state.DB, table string, nth int) (id int64) {
	t.Helper()
	ctx, query := t.Context(), numbered[table]
	var args []any
	if strings.Contains(query, "?") {
		args = []any{fmt.Sprint(nth)}
	}
	if err := db.Write(ctx, func(tx *state.Tx) error { return tx.QueryRowContext(ctx, query, args...).Scan(&id) }); err != nil {
		t.Fatal(err)
	}
	return id
}

func drop(t *testing.T, db *state.DB, table string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *state.Tx) error { _, err := tx.ExecContext(t.Context(), "DELETE FROM "+table); return err })
	if err != nil {
		t.Fatal(err)
	}
}

func TestNumbersComeOnce(t *testing.T) {
	statetest.Each(t, func(t *testing.T, s statetest.Store) {
		for table := range numbered {
			t.Run("Ensure the number of what is gone is not given again: "+table, func(t *testing.T) {
				own := s.Another(t)
				db := own.Open(t, state.Options{})
				give(t, db, table, 1)
				last := give(t, db, table, 2)
				drop(t, db, table)
				if id := give(t, db, table, 3); id <= last {
					t.Errorf("after %d comes %d", last, id)
				}
				drop(t, db, table)
				if id := give(t, own.Open(t, state.Options{}), table, 4); id <= last+1 {
					t.Errorf("once it is opened again, after %d comes %d", last+1, id)
				}
			})
		}
		t.Run("Ensure a copy goes on from there, even if it gave numbers before", func(t *testing.T) {
			statetest.Each(t, func(t *testing.T, to statetest.Store) {
				source, target := fresh(t, s), fresh(t, to)
				for table := range numbered {
					for i := range 5 {
						give(t, source, table, i)
					}
					drop(t, source, table)
					give(t, target, table, 0)
				}
				if _, err := state.Copy(t.Context(), source, target, state.CopyOptions{Overwrite: true}); err != nil {
					t.Fatal(err)
				}
				for table := range numbered {
					if id := give(t, target, table, 6); id <= 5 {
						t.Errorf("%s: after 5 comes %d", table, id)
					}
				}
			})
		})
		t.Run("Ensure a backup goes on from there", func(t *testing.T) {
			db := fresh(t, s)
			give(t, db, "review", 1)
			drop(t, db, "review")
			path := filepath.Join(t.TempDir(), "backup.db")
			if err := db.Backup(t.Context(), path, nil); err != nil {
				t.Fatal(err)
			}
			if id := give(t, reopened(t, path), "review", 2); id != 2 {
				t.Errorf("after 1 comes %d", id)
			}
		})
	})
}

func reopened(t *testing.T, path string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), path, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// before makes a file as the program made it at a version of the schema.
func before(t *testing.T, version int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "state.db")
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for _, name := range files[:version] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		raw(t, path, string(text))
	}
	raw(t, path, fmt.Sprintf("PRAGMA application_id = 1131376238; PRAGMA user_version = %d", version))
	return path
}

// held are the rows of the tables that the upgrade makes anew.
func held(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var out strings.Builder
	for _, table := range []string{"binding", "job", "job_attempt", "job_dependency", "review"} {
		if err := writeRows(t, &out, db, table); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func writeRows(t *testing.T, out io.Writer, db *sql.DB, table string) error {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // the error of Err counts
	columns, err := rows.Columns()
	for err == nil && rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		err = rows.Scan(into...)
		_, _ = fmt.Fprintln(out, table, columns, values)
	}
	return errors.Join(err, rows.Err())
}

func TestNumbersOfAnOlderState(t *testing.T) {
	t.Run("Ensure an upgrade keeps all rows, and what follows when one goes", func(t *testing.T) {
		path := before(t, 7)
		raw(t, path, `
			INSERT INTO job (id, uuid, function, channel, args, state, priority, max_retries, created, pair, next_run)
				VALUES (3,'a','f','root','{}','done',10,5,1,'p','n'), (9,'b','f','root','{}','pending',10,5,1,'','');
			INSERT INTO job_dependency VALUES (9, 3);
			INSERT INTO job_attempt (job_id, attempt, outcome, started, finished) VALUES (9, 1, 'retry', 1, 2);
			INSERT INTO binding (id, database, backend, model, odoo_model, external_id, odoo_id, retired, made) VALUES (4,'d','b','m','o','x',7,5,'import');
			INSERT INTO review (id, database, backend, model, kind, reason, created, decision) VALUES (6,'d','b','m','conflict','because',1,'{}')`)
		was := held(t, path)
		db := reopened(t, path)
		if now := held(t, path); now != was {
			t.Errorf("it holds\n%s, want\n%s", now, was)
		}
		report, err := db.Check(t.Context())
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("%v %v", report.Problems, err)
		}
		for table, last := range map[string]int64{"job": 9, "binding": 4, "review": 6} {
			drop(t, db, table)
			if id := give(t, db, table, 1); id != last+1 {
				t.Errorf("%s: after %d comes %d", table, last, id)
			}
		}
		for _, table := range []string{"job_dependency", "job_attempt"} {
			var n int
			if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows of %s outlive their job (%v)", n, table, err)
			}
		}
	})
	t.Run("Ensure an upgrade is not kept back by what points to jobs that somebody deleted by hand", func(t *testing.T) {
		path := before(t, 7)
		raw(t, path, `
			INSERT INTO job (id, uuid, function, channel, args, state, priority, max_retries, created)
				VALUES (3,'a','f','root','{}','done',10,5,1), (9,'b','f','root','{}','pending',10,5,1);
			INSERT INTO job_dependency VALUES (9, 3), (9, 4), (4, 3);
			INSERT INTO job_attempt (job_id, attempt, outcome, started, finished) VALUES (9, 1, 'retry', 1, 2), (4, 1, 'retry', 1, 2)`)
		db := reopened(t, path)
		for table, want := range map[string]int{"job_dependency": 1, "job_attempt": 1} {
			var n int
			if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != want {
				t.Errorf("%d rows of %s, want %d (%v)", n, table, want, err)
			}
		}
	})
}
