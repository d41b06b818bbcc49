package state_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// fixedClock stands still unless told.
type fixedClock struct{ now time.Time }

func (c *fixedClock) Now() time.Time { return c.now }
func (c *fixedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

func open(t *testing.T, path string, o state.Options) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// fresh opens a state of its own.
func fresh(t *testing.T, s statetest.Store) *state.DB {
	t.Helper()
	return s.Another(t).Open(t, state.Options{})
}

func put(ctx context.Context, key, value string) func(*state.Tx) error {
	return func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, ?)", key, value)
		return err
	}
}

func value(t *testing.T, q state.Querier, key string) string {
	t.Helper()
	var v string
	err := q.QueryRowContext(t.Context(), "SELECT value FROM meta WHERE key = ?", key).Scan(&v)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return v
}

func TestOpen(t *testing.T) {
	t.Run("Ensure only the owner may read the file and what SQLite puts beside it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		db := open(t, path, state.Options{})
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 3 {
			t.Fatalf("%d files, want state.db, -wal, -shm (%v)", len(entries), err)
		}
		for _, e := range entries {
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v (%v)", e.Name(), info.Mode(), err)
			}
		}
	})
	t.Run("Ensure a file that others may read is closed to them", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		open(t, path, state.Options{})
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v (%v)", info.Mode(), err)
		}
	})
	t.Run("Ensure a path may hold what means something in a URI", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "50% off? #1 ü.db")
		open(t, path, state.Options{})
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

// raw runs a statement behind the state's back.
func raw(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	existing := func(t *testing.T) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "state.db")
		db, err := state.Open(t.Context(), path, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	refuses := func(t *testing.T, path string, o state.Options, words ...string) error {
		t.Helper()
		db, err := state.Open(t.Context(), path, o)
		if err == nil {
			_ = db.Close()
			t.Fatal("it was opened")
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q doesn't say %q", err, w)
			}
		}
		return err
	}

	t.Run("Ensure a newer schema is refused, to write and to read", func(t *testing.T) {
		path := existing(t)
		raw(t, path, "PRAGMA user_version = 999")
		for _, o := range []state.Options{{}, {ReadOnly: true}, {Immutable: true}} {
			err := refuses(t, path, o, "999", "newer version")
			var newer *state.NewerSchemaError
			if !errors.As(err, &newer) || newer.Found != 999 || newer.Known < 1 {
				t.Errorf("%#v", err)
			}
		}
	})
	t.Run("Ensure an older schema isn't read as it is", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		raw(t, path, "PRAGMA application_id = 1131376238")
		err := refuses(t, path, state.Options{ReadOnly: true}, "older", "sync")
		wantTrouble(t, err, state.OlderSchema)
	})
	t.Run("Ensure what is no database is named so", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("state: state.db\n", 400)), 0o600); err != nil {
			t.Fatal(err)
		}
		wantCorrupt(t, refuses(t, path, state.Options{}, "not an SQLite database", "state:"))
		wantCorrupt(t, refuses(t, filepath.Dir(path), state.Options{}, "is a directory", "state:"))
	})
	t.Run("Ensure another program's database is left alone", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		raw(t, path, "CREATE TABLE job (id INTEGER)")
		wantCorrupt(t, refuses(t, path, state.Options{}, "another program"))
	})
	t.Run("Ensure a damaged file is named so", func(t *testing.T) {
		path := existing(t)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copy(content[100:], strings.Repeat("\xff", 3000)) // the page of the schema, behind the header
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		wantCorrupt(t, refuses(t, path, state.Options{}, "damaged", "restore"))
	})
	t.Run("Ensure an absent directory is named so", func(t *testing.T) {
		err := refuses(t, filepath.Join(t.TempDir(), "none", "state.db"), state.Options{}, "directory", "create")
		wantTrouble(t, err, state.NoDirectory)
	})
	t.Run("Ensure reading creates nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		wantTrouble(t, refuses(t, path, state.Options{ReadOnly: true}, "no such file"), state.NoFile)
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Error("it was created")
		}
	})
	t.Run("Ensure a directory that may not be written is named so", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write everywhere")
		}
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		wantTrouble(t, refuses(t, filepath.Join(dir, "state.db"), state.Options{}, "may not"), state.Denied)
	})
}

func wantTrouble(t *testing.T, err error, want state.Trouble) {
	t.Helper()
	var u *state.UnavailableError
	if !errors.As(err, &u) || u.Trouble != want {
		t.Errorf("%v (%T), want an UnavailableError: %s", err, err, want)
	}
}

func wantCorrupt(t *testing.T, err error) {
	t.Helper()
	var c *state.CorruptError
	if !errors.As(err, &c) {
		t.Errorf("%v (%T), want a CorruptError", err, err)
	}
}

func TestWrite(t *testing.T) {
	t.Run("Ensure ordinary commits are synced at checkpoints, durable ones at once", func(t *testing.T) {
		db := open(t, filepath.Join(t.TempDir(), "state.db"), state.Options{})
		mode := func(into *int) func(*state.Tx) error {
			return func(tx *state.Tx) error {
				return tx.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(into)
			}
		}
		var before, durable, after int
		err := errors.Join(db.Write(t.Context(), mode(&before)), db.WriteDurable(t.Context(), mode(&durable)),
			db.Write(t.Context(), mode(&after)))
		if err != nil || before != 1 || durable != 2 || after != 1 {
			t.Errorf("synchronous is %d, %d, %d, want 1 (NORMAL), 2 (FULL), 1 (%v)", before, durable, after, err)
		}
	})
	t.Run("Ensure the settings that all else stands on hold", func(t *testing.T) {
		db := open(t, filepath.Join(t.TempDir(), "state.db"), state.Options{})
		want := map[string]string{"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "100"} // again and again, see begin
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			for name, value := range want {
				var got string
				if err := tx.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != value {
					t.Errorf("%s is %s, want %s (%v)", name, got, value, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a full disk is named so, and that it passes", func(t *testing.T) {
		db := open(t, filepath.Join(t.TempDir(), "state.db"), state.Options{})
		limit := func(pages string) {
			t.Helper()
			err := db.Write(t.Context(), func(tx *state.Tx) error {
				_, err := tx.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		limit("1") // SQLite makes it the present size
		err := db.Write(t.Context(), put(t.Context(), "a", strings.Repeat("x", 1<<20)))
		wantTrouble(t, err, state.DiskFull)
		limit("1000000")
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Error(err)
		}
	})
}

func TestRead(t *testing.T) {
	t.Run("Ensure readers cannot write and never wait for a writer", func(t *testing.T) {
		db := open(t, filepath.Join(t.TempDir(), "state.db"), state.Options{})
		err := db.Write(t.Context(), func(tx *state.Tx) error {
			if err := put(t.Context(), "a", "1")(tx); err != nil {
				return err
			}
			if got := value(t, db.Read(), "a"); got != "" {
				t.Errorf("read %q before its commit", got)
			}
			rows, err := db.Read().QueryContext(t.Context(), "INSERT INTO meta (key, value) VALUES ('b', '') RETURNING key")
			if err == nil {
				defer func() { _ = rows.Close() }()
				for rows.Next() {
					t.Error("a reader wrote")
				}
				err = rows.Err()
			}
			wantTrouble(t, db.Explain(err), state.Denied)
			return nil
		})
		if err != nil || value(t, db.Read(), "a") != "1" {
			t.Error(err, value(t, db.Read(), "a"))
		}
	})
}

func TestSnapshot(t *testing.T) {
	t.Run("Ensure a snapshot is one whole file, can be opened as immutable, and stays as it is", func(t *testing.T) {
		dir := t.TempDir()
		db := open(t, filepath.Join(dir, "state.db"), state.Options{})
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "copy", "state.db.example")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := db.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if before[18] != 1 || before[19] != 1 { // SQLite's header: 1 is a rollback journal, 2 a write-ahead log
			t.Errorf("journal versions %d and %d, want 1", before[18], before[19])
		}
		frozen := open(t, path, state.Options{Immutable: true})
		if got := value(t, frozen.Read(), "a"); got != "1" {
			t.Errorf("read %q", got)
		}
		after, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("reading changed the file (%v)", err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("%v beside it (%v)", entries, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v (%v)", info.Mode(), err)
		}
		if err := db.Snapshot(t.Context(), path); err == nil {
			t.Error("an existing file was overwritten")
		}
	})
	t.Run("Ensure a snapshot of one who only reads has what is in the write-ahead log alone", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "state.db")
		db := open(t, path, state.Options{}) // as after a crash, nobody has closed it
		if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
			t.Fatal(err)
		}
		if err := open(t, path, state.Options{ReadOnly: true}).Snapshot(t.Context(), filepath.Join(dir, "copy")); err != nil {
			t.Fatal(err)
		}
		if got := value(t, open(t, filepath.Join(dir, "copy"), state.Options{Immutable: true}).Read(), "a"); got != "1" {
			t.Errorf("read %q", got)
		}
	})
}

func TestClock(t *testing.T) {
	t.Run("Ensure an instant survives being stored, to the microsecond and in UTC", func(t *testing.T) {
		at := time.Date(2024, 5, 6, 7, 8, 9, 123456789, time.FixedZone("", 7200))
		got := state.FromMicros(state.Micros(at))
		if !got.Equal(at.Truncate(time.Microsecond)) || got.Location() != time.UTC {
			t.Errorf("%v became %v", at, got)
		}
		if state.Micros(time.Time{}) != 0 || !state.FromMicros(0).IsZero() {
			t.Error("the zero time is not 0")
		}
	})
	t.Run("Ensure sleep ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		clock := state.SystemClock()
		if err := clock.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		before := clock.Now()
		if err := errors.Join(clock.Sleep(t.Context(), time.Millisecond), clock.Sleep(t.Context(), -1)); err != nil {
			t.Error(err)
		}
		if d := clock.Now().Sub(before); d < time.Millisecond {
			t.Errorf("slept %v", d)
		}
	})
}

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	err = db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('greeting', 'hello')")
		return err
	})
	if err != nil {
		panic(err)
	}
	var greeting string
	if err := db.Read().QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'greeting'").Scan(&greeting); err != nil {
		panic(err)
	}
	fmt.Println(greeting)
	// Output: hello
}
