package state_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// execute runs a statement as the server's superuser.
func execute(t *testing.T, s statetest.Store, statement string) {
	t.Helper()
	db := s.Open(t, state.Options{})
	err := db.Write(t.Context(), func(tx *state.Tx) error {
		_, err := tx.ExecContext(t.Context(), statement)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// as gives the store's URL for another user and password, and perhaps another database.
func as(t *testing.T, s statetest.Store, user, password, database string) string {
	t.Helper()
	u, err := url.Parse(s.Location)
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.UserPassword(user, password), "/"+database
	return u.String()
}

func refused(t *testing.T, location string, o state.Options, words ...string) error {
	t.Helper()
	db, err := state.Open(t.Context(), location, o)
	if err == nil {
		_ = db.Close()
		t.Fatal("it was opened")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q doesn't say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q holds the password, or is more than a line", err)
	}
	return err
}

func TestPostgresRefuses(t *testing.T) {
	s := statetest.Postgres(t)
	execute(t, s.Another(t), "CREATE ROLE guest LOGIN PASSWORD 's3cret'")
	t.Run("Ensure a wrong password is named so", func(t *testing.T) {
		wantTrouble(t, refused(t, as(t, s, "guest", "s3cret-not", "postgres"), state.Options{}, "guest", "password"), state.Denied)
	})
	t.Run("Ensure a user without rights learns what he needs", func(t *testing.T) {
		wantTrouble(t, refused(t, as(t, s.Another(t), "guest", "s3cret", "postgres"), state.Options{}, "GRANT"), state.Denied)
	})
	t.Run("Ensure an absent database is named so", func(t *testing.T) {
		wantTrouble(t, refused(t, as(t, s, "connector", "s3cret", "absent"), state.Options{}, "absent", "createdb"), state.NoDatabase)
	})
	t.Run("Ensure a server that isn't there is named so", func(t *testing.T) {
		for _, location := range []string{
			"postgres://u:s3cret@127.0.0.1:1/db",
			"postgres://u:s3cret@127.0.0.1:1,127.0.0.1:2/db",
			"postgres://u:s3cret@/db?host=" + t.TempDir(),
			"postgres://u@127.0.0.1:1/db?password=s3cret",
		} {
			wantTrouble(t, refused(t, location, state.Options{}, "cannot be reached", "start the server"), state.Unreachable)
			_, err := state.LockState(t.Context(), location, "trello", time.Now())
			wantTrouble(t, err, state.Unreachable)
		}
	})
	t.Run("Ensure a URL that cannot be understood doesn't come out in the error", func(t *testing.T) {
		for _, location := range []string{
			"postgres://u:s3cret@host:port/db", "postgres://u:s3cret@[::1/db", "postgres://u:s3cret%zz@host/db",
			"postgres://u:s3cret@host/db?sslmode=s3cret", "postgres://u:s3cret@host/db?sslrootcert=/s3cret/absent",
			"postgres://u@host/db?search_path=S3cret,public", "postgresql://u:s3cret@host/db?search_path=a%22b",
		} {
			var wrong *state.LocationError
			if err := refused(t, location, state.Options{}, "URL of the state"); !errors.As(err, &wrong) {
				t.Errorf("%T", err)
			}
			if _, err := state.LockState(t.Context(), location, "trello", time.Now()); !errors.As(err, &wrong) {
				t.Errorf("%T", err)
			}
		}
	})
	t.Run("Ensure tables of another program are left alone", func(t *testing.T) {
		other := s.Another(t)
		schema := mustParse(t, other.Location).Query().Get("search_path")
		execute(t, s.Another(t), "CREATE SCHEMA "+schema+"; CREATE TABLE "+schema+".job (id INTEGER)")
		wantCorrupt(t, refused(t, other.Location, state.Options{}, "another program", "search_path"))
	})
	t.Run("Ensure a newer schema is refused, to write and to read", func(t *testing.T) {
		s := s.Another(t)
		execute(t, s, "UPDATE connector_schema SET version = 999")
		for _, o := range []state.Options{{}, {ReadOnly: true}} {
			var newer *state.NewerSchemaError
			if err := refused(t, s.Location, o, "999", "newer version"); !errors.As(err, &newer) || newer.Found != 999 {
				t.Errorf("%#v", err)
			}
		}
	})
	t.Run("Ensure an older schema isn't read as it is, and reading creates nothing", func(t *testing.T) {
		s := s.Another(t)
		for range 2 {
			wantTrouble(t, refused(t, s.Location, state.Options{ReadOnly: true}, "no state yet"), state.NoState)
		}
		execute(t, s, "UPDATE connector_schema SET version = 1")
		wantTrouble(t, refused(t, s.Location, state.Options{ReadOnly: true}, "older", "sync"), state.OlderSchema)
	})
}

func mustParse(t *testing.T, location string) *url.URL {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPostgresSettings(t *testing.T) {
	t.Run("Ensure a URL without a schema gets one of our own, and the path names it without the password", func(t *testing.T) {
		s := statetest.NewServer(t).Store()
		u := mustParse(t, s.Location)
		query := u.Query()
		query.Del("search_path")
		u.RawQuery, u.User = query.Encode(), url.UserPassword("connector", "s3cret")
		s.Location = u.String()
		db := s.Open(t, state.Options{})
		if path := db.Path(); !strings.Contains(path, "search_path=connector") || !strings.Contains(path, "connector@") ||
			strings.Contains(path, "s3cret") || !state.IsURL(path) {
			t.Errorf("path %q", path)
		}
		if got := value(t, db.Read(), "a"); got != "" || db.Dialect() != state.PostgreSQL {
			t.Errorf("%q on %s", got, db.Dialect())
		}
	})
	t.Run("Ensure text is ordered byte by byte, whatever the database's language", func(t *testing.T) {
		db := statetest.Postgres(t).Open(t, state.Options{})
		for _, key := range []string{"a", "B", "ä", "b"} {
			if err := db.Write(t.Context(), put(t.Context(), key, "")); err != nil {
				t.Fatal(err)
			}
		}
		var ordered string
		row := db.Read().QueryRowContext(t.Context(), "SELECT string_agg(key, '' ORDER BY key) FROM meta")
		if err := row.Scan(&ordered); err != nil || ordered != "Babä" {
			t.Errorf("ordered %q (%v)", ordered, err)
		}
	})
	t.Run("Ensure transactions take the server's time, and a test's clock where one is given", func(t *testing.T) {
		s := statetest.Postgres(t)
		for _, c := range []struct {
			clock state.Clock
			own   bool
		}{
			{nil, false}, {state.SystemClock(), false}, {wrongClock{machine: true}, false}, {wrongClock{}, true},
		} {
			db := s.Open(t, state.Options{Clock: c.clock})
			err := db.Write(t.Context(), func(tx *state.Tx) error {
				var server int64
				row := tx.QueryRowContext(t.Context(), "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
				if err := row.Scan(&server); err != nil {
					return err
				}
				outside, err := db.Now(t.Context())
				if d := outside.Sub(tx.Now()); err != nil || d < 0 || d > time.Minute {
					t.Errorf("%T: outside of the transaction it is %v later (%v)", c.clock, d, err)
				}
				between := state.FromMicros(server).Sub(tx.Now())
				if c.own != (between > time.Hour) || between < 0 || tx.Now().Location() != time.UTC {
					t.Errorf("%T: %v, the server's clock is %v ahead", c.clock, tx.Now(), between)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Ensure a transaction takes the time when it got the write lock, not when it asked for it", func(t *testing.T) {
		s := statetest.Postgres(t)
		db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{})
		var before time.Time
		waited := make(chan time.Time, 1)
		err := db.Write(t.Context(), func(*state.Tx) (err error) {
			go func() {
				var at time.Time
				if err := other.Write(t.Context(), func(tx *state.Tx) error { at = tx.Now(); return nil }); err != nil {
					t.Error(err)
				}
				waited <- at
			}()
			for waits := 0; waits == 0 && err == nil; {
				row := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
				err = row.Scan(&waits)
			}
			before, _ = db.Now(t.Context())
			return err
		})
		if at := <-waited; err != nil || before.IsZero() || at.Before(before) {
			t.Errorf("%v, though the lock was another's at %v (%v)", at, before, err)
		}
	})
	t.Run("Ensure transactions write, and see what others committed, whatever the URL's defaults are", func(t *testing.T) {
		s := statetest.Postgres(t)
		s.Location = s.With(t, "default_transaction_isolation", "serializable")
		s.Location = s.With(t, "default_transaction_read_only", "on")
		var level, readOnly string
		err := s.Open(t, state.Options{}).Write(t.Context(), func(tx *state.Tx) error {
			return tx.QueryRowContext(t.Context(), "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')").
				Scan(&level, &readOnly)
		})
		if err != nil || level != "read committed" || readOnly != "off" {
			t.Errorf("%q, %q (%v)", level, readOnly, err)
		}
	})
	t.Run("Ensure text that PostgreSQL cannot hold is stored as near as it can, and found again", func(t *testing.T) {
		db := statetest.Postgres(t).Open(t, state.Options{})
		if err := db.Write(t.Context(), put(t.Context(), "a\x00b", "\xff!")); err != nil {
			t.Fatal(err)
		}
		if got := value(t, db.Read(), "a\x00b"); got != "\uFFFD!" {
			t.Errorf("%q", got)
		}
	})
}

// wrongClock is a day late.
type wrongClock struct{ machine bool }

func (c wrongClock) Now() time.Time                                   { return time.Now().Add(-24 * time.Hour) }
func (c wrongClock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }
func (c wrongClock) Machine() bool                                    { return c.machine }

func TestPostgresOutages(t *testing.T) {
	t.Run("Ensure a state goes on after its server was started anew, to read, to write and to wait", func(t *testing.T) {
		server := statetest.NewServer(t)
		s := server.Store()
		db, other := s.Open(t, state.Options{}), s.Open(t, state.Options{})
		changed := db.Changed(t.Context(), "jobs")
		woken(t, changed)
		notify(t, db, "jobs", "a")
		for i, end := range []func() error{server.Stop, server.Kill} {
			last := fmt.Sprint("last ", i)
			if err := errors.Join(db.Write(t.Context(), put(t.Context(), last, "1")), end()); err != nil {
				t.Fatal(err)
			}
			if _, err := state.Open(t.Context(), s.Location, state.Options{}); err == nil {
				t.Error("it was opened without a server")
			}
			started := make(chan error)
			go func() { started <- server.Start() }()
			if err := db.Write(t.Context(), func(*state.Tx) error { return nil }); err != nil { // waits for it
				t.Error(err)
			}
			if got := value(t, other.Read(), last); got != "1" { // waits for it, or finds its connections broken
				t.Errorf("read %q of what had returned before the server ended", got)
			}
			answers(t, other.Read())
			if err := <-started; err != nil {
				t.Fatal(err)
			}
		}
		if got := value(t, db.Read(), "a"); got != "1" {
			t.Errorf("read %q", got)
		}
		for range 2 { // perhaps for the first time since it listens anew, and for the commit
			notify(t, other, "jobs", "b"+time.Now().String())
			woken(t, changed)
		}
	})
	t.Run("Ensure a transaction whose connection breaks is undone and said to be, and the next one works", func(t *testing.T) {
		s := statetest.Postgres(t)
		db := s.Open(t, state.Options{})
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "a", "1")(tx); err != nil {
				return err
			}
			endSession(t, s.Another(t), tx)
			return put(t.Context(), "b", "1")(tx)
		})
		var u *state.UnavailableError
		if !errors.As(err, &u) || (u.Trouble != state.Unreachable && u.Trouble != state.ConnectionLost) {
			t.Errorf("%v", err)
		}
		if err := db.Write(t.Context(), put(t.Context(), "c", "1")); err != nil {
			t.Error(err)
		}
		if got := value(t, db.Read(), "a") + value(t, db.Read(), "c"); got != "1" {
			t.Errorf("kept %q", got)
		}
	})
	t.Run("Ensure a server that ends behind a commit isn't said to have done nothing", func(t *testing.T) {
		server := statetest.NewServer(t)
		end, second := func() {}, make(chan error, 1)
		db := server.Store().Open(t, state.Options{Hook: func(_ context.Context, point string) {
			if point == "after commit" {
				end()
			}
		}})
		end = func() {
			end = func() {}
			if err := server.Kill(); err != nil {
				t.Error(err)
			}
		}
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			go func() { second <- db.Write(t.Context(), func(*state.Tx) error { return nil }) }()
			state.AwaitWaiting(db) // one that nobody waits for is on the disk with its commit
			return put(t.Context(), "a", "1")(tx)
		})
		wantTrouble(t, err, state.ConnectionLost)
		if err := errors.Join(server.Start(), <-second); err != nil { // which waited for the server
			t.Error(err)
		}
	})
	t.Run("Ensure a failed statement that nobody looked at undoes the transaction, and says so", func(t *testing.T) {
		db := statetest.Postgres(t).Open(t, state.Options{})
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			tx.Notify("jobs")
			_ = put(t.Context(), "a", "1")(tx)
			_ = put(t.Context(), "a", "2")(tx)
			return nil
		})
		if err == nil || value(t, db.Read(), "a") != "" {
			t.Errorf("%v, kept %q", err, value(t, db.Read(), "a"))
		}
		if err := db.Write(t.Context(), put(t.Context(), "b", "1")); err != nil {
			t.Error(err)
		}
	})
}

// answers asks for a row by way of rows.
func answers(t *testing.T, q state.Querier) {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), "SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() || rows.Err() != nil {
		t.Error(rows.Err())
	}
}

// endSession ends the session of a transaction, as an administrator does.
func endSession(t *testing.T, s statetest.Store, tx *state.Tx) {
	t.Helper()
	var pid int
	if err := tx.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	var ended bool
	if err := s.Open(t, state.Options{}).Read().QueryRowContext(t.Context(), "SELECT pg_terminate_backend(CAST(? AS INTEGER), 10000)", pid).Scan(&ended); err != nil || !ended {
		t.Fatal(ended, err)
	}
}

func TestPostgresPatience(t *testing.T) {
	t.Run("Ensure who waits too long for the write lock is told so", func(t *testing.T) {
		s := statetest.Postgres(t)
		holder := s.Open(t, state.Options{})
		s.Location = s.With(t, "lock_timeout", "100")
		waiting := s.Open(t, state.Options{})
		err := holder.Write(t.Context(), func(*state.Tx) error {
			wantTrouble(t, waiting.Write(t.Context(), func(*state.Tx) error { return nil }), state.Locked)
			return nil
		})
		if err := errors.Join(err, waiting.Write(t.Context(), func(*state.Tx) error { return nil })); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a program that stands still in a transaction loses it, and others go on", func(t *testing.T) {
		s := statetest.Postgres(t)
		other := s.Open(t, state.Options{})
		s.Location = s.With(t, "idle_in_transaction_session_timeout", "200")
		still := s.Open(t, state.Options{})
		err := still.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "a", "1")(tx); err != nil {
				return err
			}
			if err := other.Write(t.Context(), put(t.Context(), "b", "1")); err != nil { // has to wait for the server to act
				t.Error(err)
			}
			return nil
		})
		wantTrouble(t, err, state.ConnectionLost)
		if got := value(t, other.Read(), "a"); got != "" {
			t.Errorf("kept %q", got)
		}
	})
}

func TestDialect(t *testing.T) { statetest.Each(t, testDialect) }

func testDialect(t *testing.T, s statetest.Store) {
	db := s.Open(t, state.Options{})
	d := db.Dialect()
	for query, want := range map[string]string{
		"SELECT " + d.Greatest("1", "3", "2"): "3",
		"SELECT " + d.Least("2", "1", "3"):    "1",
		"SELECT COUNT(*) FROM (" + d.TextsOf(`'["a","b","ü"]'`) + ") x WHERE value IN ('a','ü')":         "2",
		"SELECT SUM(value) FROM (" + d.IntegersOf("'[1,20,300]'") + ") x WHERE value > 1":                "320",
		"SELECT " + d.JSONText(`'{"a":"x","b":5}'`, "a") + " || " + d.JSONText(`'{"a":"x","b":5}'`, "b"): "x5",
		"SELECT COALESCE(" + d.JSONText("'{}'", "a") + ", 'none')":                                       "none",
	} {
		t.Run("Ensure it means the same on both: "+query, func(t *testing.T) {
			var got string
			if err := db.Read().QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
				t.Errorf("%q, want %q (%v)", got, want, err)
			}
		})
	}
	t.Run("Ensure lists are given as one argument", func(t *testing.T) {
		if err := errors.Join(db.Write(t.Context(), put(t.Context(), "a", "1")), db.Write(t.Context(), put(t.Context(), "b", "2"))); err != nil {
			t.Fatal(err)
		}
		var n int
		row := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM meta WHERE key IN ("+d.TextsOf("?")+") AND CAST(value AS INTEGER) IN ("+
			d.IntegersOf("?")+")", `["a","b","c"]`, "[2,3]")
		if err := row.Scan(&n); err != nil || n != 1 {
			t.Errorf("%d, want 1 (%v)", n, err)
		}
	})
}

func TestPostgresDurability(t *testing.T) {
	// position asks for a place in the server's log: where it ends, or how far it is on the disk.
	position := func(t *testing.T, db *state.DB, function string) (bytes int64) {
		t.Helper()
		row := db.Read().QueryRowContext(t.Context(), "SELECT ("+function+"() - '0/0')::bigint")
		if err := row.Scan(&bytes); err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	server := statetest.NewServer(t)
	execute(t, server.Store(), `CREATE ROLE ann LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE postgres TO ann;
		REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM PUBLIC;
		GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog TO ann;
		DO $$ DECLARE f text; BEGIN FOR f IN SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
			EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || f || ' FROM ann'; END LOOP; END $$`)
	relaxed, denied, shared := server.Store(), server.Store(), server.Store()
	relaxed.Location = relaxed.With(t, "synchronous_commit", "off")
	denied.Location = as(t, denied, "ann", "x", "postgres")
	for name, c := range map[string]struct {
		store statetest.Store
		write func(*state.DB, func(*state.Tx) error) error
	}{
		"an ordinary one":                          {server.Store(), func(db *state.DB, fn func(*state.Tx) error) error { return db.Write(t.Context(), fn) }},
		"a durable one where others are not to be": {relaxed, func(db *state.DB, fn func(*state.Tx) error) error { return db.WriteDurable(t.Context(), fn) }},
		"one that another program kept waiting": {shared, func(db *state.DB, fn func(*state.Tx) error) error {
			other, done := shared.Open(t, state.Options{}), make(chan error, 1)
			err := other.Write(t.Context(), func(*state.Tx) error {
				go func() { done <- db.Write(t.Context(), fn) }()
				awaitLock(t, other, db)
				return nil
			})
			return errors.Join(err, <-done, db.Write(t.Context(), func(tx *state.Tx) error {
				_, err := tx.ExecContext(t.Context(), "UPDATE meta SET value = value || '!'")
				return err
			}))
		}},
		"an early one that was waited for": {server.Store(), func(db *state.DB, fn func(*state.Tx) error) error {
			settle, err := db.WriteEarly(t.Context(), nil, fn)
			if err != nil {
				return err
			}
			return settle()
		}},
		"one of a user who may not write into the log": {denied, func(db *state.DB, fn func(*state.Tx) error) error { return db.Write(t.Context(), fn) }},
	} {
		t.Run("Ensure a transaction that returned is on the disk: "+name, func(t *testing.T) {
			var db *state.DB
			var end int64
			db = c.store.Open(t, state.Options{Hook: func(_ context.Context, point string) {
				if point == "before commit" {
					end = position(t, db, "pg_current_wal_insert_lsn")
				}
			}})
			for i := range 20 {
				if err := c.write(db, put(t.Context(), fmt.Sprint(i), "1")); err != nil {
					t.Fatal(err)
				}
				if flushed := position(t, db, "pg_current_wal_flush_lsn"); end == 0 || flushed <= end { // the commit comes behind it
					t.Fatalf("%d bytes are on the disk of more than %d", flushed, end)
				}
			}
		})
	}
	t.Run("Ensure many at a time all wait, and none for long", func(t *testing.T) {
		db := server.Store().Open(t, state.Options{})
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if err := db.Write(t.Context(), put(t.Context(), fmt.Sprint(i), "1")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM meta").Scan(&n); err != nil || n != 50 {
			t.Errorf("%d rows (%v)", n, err)
		}
	})
}
