package state_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
)

// heldBackup gives the path of a backup that stands in the place of a state, in which another program has begun a transaction.
func heldBackup(t *testing.T, begin string) string {
	t.Helper()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "state.db"), state.Options{})
	path := filepath.Join(dir, "backup.db")
	err := errors.Join(db.Write(t.Context(), put(t.Context(), "a", "1")), db.Snapshot(t.Context(), path))
	if err != nil {
		t.Fatal(err)
	}
	browser, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = browser.Close() }) // and with it ends what it began
	browser.SetMaxOpenConns(1)
	if _, err := browser.ExecContext(t.Context(), begin+"; SELECT * FROM meta"); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLooking(t *testing.T) {
	for _, begin := range []string{"BEGIN", "BEGIN IMMEDIATE"} {
		t.Run("Ensure a backup in a state's place is read as it is while another program has it open: "+begin, func(t *testing.T) {
			path := heldBackup(t, begin)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			db := open(t, path, state.Options{Looking: true})
			if got := value(t, db.Read(), "a"); got != "1" || db.SchemaVersion() == 0 {
				t.Errorf("a is %q, the schema's version %d", got, db.SchemaVersion())
			}
			if err := db.Write(t.Context(), put(t.Context(), "b", "2")); !errors.Is(err, state.ErrReadOnly) {
				t.Errorf("it writes: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
	t.Run("Ensure who wants to write waits for another program that is about to, and until its context ends", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		db, err := state.Open(ctx, heldBackup(t, "BEGIN IMMEDIATE"), state.Options{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, %v", db, err)
		}
	})
	t.Run("Ensure a state as ever is opened as ever", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		for range 2 { // there is none at first
			db := open(t, path, state.Options{Looking: true})
			if err := db.Write(t.Context(), func(*state.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
		}
	})
}
