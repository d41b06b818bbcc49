package cmd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// sumsIn gives the sums of all tables of a state.
func sumsIn(t *testing.T, location string) []state.TableSum {
	t.Helper()
	db, err := state.Open(t.Context(), location, state.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	sums, err := db.Sums(t.Context())
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return sums
}

// onlyReader is the URL of a state for a user who may read everything in it and write nothing.
func onlyReader(t *testing.T, s statetest.Store) string {
	t.Helper()
	u, err := url.Parse(s.Location)
	if err != nil {
		t.Fatal(err)
	}
	schema := u.Query().Get("search_path")
	db := s.Open(t, state.Options{})
	err = db.Write(t.Context(), func(tx *state.Tx) error {
		_, err := tx.ExecContext(t.Context(), fmt.Sprintf(
			"CREATE ROLE only_reads LOGIN PASSWORD 'reads'; GRANT USAGE ON SCHEMA %s TO only_reads; GRANT SELECT ON ALL TABLES IN SCHEMA %s TO only_reads", schema, schema))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("only_reads", "reads")
	return u.String()
}

func TestDryRunOnPostgreSQL(t *testing.T) {
	s := statetest.Postgres(t)
	t.Setenv("TMPDIR", t.TempDir())
	at := func(location string) string { return fmt.Sprintf("state: %q\n%s", location, sandboxed) }
	d := newDesk(t, at(s.Location))
	t.Run("Ensure a first one makes no state", func(t *testing.T) {
		mustHave(t, d.must("sync", "--dry-run"), "Plan: 44 to create in Odoo, ", "nothing was written.")
		_, err := state.Open(t.Context(), s.Location, state.Options{ReadOnly: true})
		var unavailable *state.UnavailableError
		if !errors.As(err, &unavailable) || unavailable.Trouble != state.NoState {
			t.Errorf("there is a state: %v", err)
		}
	})
	d.must("sync", "--limit", "5")
	d.must("poll")
	before := sumsIn(t, s.Location)
	t.Run("Ensure it leaves every table as it was, with jobs waiting and more to do", func(t *testing.T) {
		for _, args := range [][]string{{"sync", "--dry-run"}, {"sync", "--full", "--dry-run"}, {"review", "preview"}} {
			if out := d.must(args...); args[0] == "sync" {
				mustHave(t, out, " to create in Odoo, ", "nothing was written.")
			}
			if after := sumsIn(t, s.Location); !slices.Equal(before, after) {
				t.Errorf("%v: the tables were\n%v, and are\n%v", args, before, after)
			}
		}
	})
	t.Run("Ensure it needs no right to write", func(t *testing.T) {
		whole := d.must("sync", "--dry-run")
		d.write("config.yaml", at(onlyReader(t, s)))
		if got := d.must("sync", "--dry-run"); got != whole {
			t.Errorf("it says\n%s, to one who may write\n%s", got, whole)
		}
	})
	t.Run("Ensure no copy stays", func(t *testing.T) {
		if left := copiesIn(t, os.TempDir()); len(left) > 0 {
			t.Errorf("%v stayed", left)
		}
	})
}

// copiesIn are the directories of copies in a directory.
func copiesIn(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, copyPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCopyDirs(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	d := newDesk(t, sandboxed)
	place := func(name string, mode os.FileMode) string {
		path := filepath.Join(os.TempDir(), name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "state.db"), []byte("bindings"), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	there := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	killed := place(copyPrefix+"4711", 0o700)
	used, err := newCopyDir(d.now) // which clears the killed one away
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Ensure the copy of a process that was killed is cleared away by the next dry run", func(t *testing.T) {
		if there(killed) {
			t.Error("it stayed")
		}
	})
	open, other := place(copyPrefix+"open", 0o755), place("connector-other", 0o700)
	linked := filepath.Join(os.TempDir(), copyPrefix+"linked")
	if err := os.Symlink(other, linked); err != nil {
		t.Fatal(err)
	}
	d.must("sync", "--dry-run")
	t.Run("Ensure copies that somebody works on stay, and what only looks like one", func(t *testing.T) {
		for _, path := range []string{used.path, open, other, linked, filepath.Join(other, "state.db"), filepath.Join(open, "state.db")} {
			if !there(path) {
				t.Errorf("%s is gone", path)
			}
		}
		if got := len(copiesIn(t, os.TempDir())); got != 3 {
			t.Errorf("%d are there, want the used one and the two lookalikes", got)
		}
	})
	t.Run("Ensure a directory that goes before its lock is there is told from others", func(t *testing.T) {
		if _, err := lockCopy(filepath.Join(os.TempDir(), copyPrefix+"gone"), d.now); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v, want that it does not exist", err)
		}
	})
	t.Run("Ensure the end takes copy and lock away", func(t *testing.T) {
		if err := used.remove(); err != nil || there(used.path) {
			t.Errorf("%v, or it stayed", err)
		}
	})
	t.Run("Ensure a place that nobody can write to is told with what to do", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(d.dir, "absent"))
		code, _, errs := d.run("sync", "--dry-run")
		if code != exitEnvironment || !strings.Contains(errs, "set TMPDIR to a directory that can be written") {
			t.Errorf("exit %d, %s", code, errs)
		}
	})
}
