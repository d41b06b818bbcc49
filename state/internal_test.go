package state

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

func TestMigrations(t *testing.T) {
	t.Run("Ensure the program's own are numbered without a gap", func(t *testing.T) {
		steps, err := loadMigrations(migrationFiles)
		if err != nil || len(steps) == 0 {
			t.Fatal(steps, err)
		}
	})
	t.Run("Ensure a gap and a name without a number are refused", func(t *testing.T) {
		for _, second := range []string{"0003_late.sql", "0001_twice.sql", "next.sql"} {
			fsys := fstest.MapFS{"migrations/0001_initial.sql": {}, "migrations/" + second: {}}
			if steps, err := loadMigrations(fsys); err == nil {
				t.Errorf("%s was taken as %v", second, steps)
			}
		}
	})
	t.Run("Ensure they are applied in order, each once, and all or none", func(t *testing.T) {
		db, err := Open(t.Context(), t.TempDir()+"/state.db", Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		steps, err := loadMigrations(migrationFiles)
		if err != nil {
			t.Fatal(err)
		}
		n := len(steps)
		next := migration{n + 1, "next", "CREATE TABLE extra (n INTEGER); INSERT INTO extra VALUES (1)"}
		broken := migration{n + 2, "broken", "INSERT INTO absent VALUES (1)"}
		upgrade := func(steps ...migration) error {
			return db.Write(t.Context(), func(tx *Tx) error { return db.upgrade(t.Context(), tx, steps) })
		}
		if err := upgrade(append(steps, next, broken)...); err == nil || !strings.Contains(err.Error(), "broken") {
			t.Fatalf("%v, want the name of the broken one", err)
		}
		for range 2 {
			if err := upgrade(append(steps, next)...); err != nil {
				t.Fatal(err)
			}
		}
		if found, err := db.engine.inspect(t.Context(), db.Read(), n+1); err != nil || found != n+1 {
			t.Errorf("version %d, want %d (%v)", found, n+1, err)
		}
	})
}

func TestFileTroubles(t *testing.T) {
	t.Run("Ensure the file system's errors are told apart", func(t *testing.T) {
		path := t.TempDir() + "/state.db"
		for cause, want := range map[error]Trouble{
			os.ErrPermission: Denied, syscall.ENOSPC: DiskFull, os.ErrNotExist: NoFile, syscall.EIO: BadDisk,
		} {
			var u *UnavailableError
			if err := fileTrouble(path, cause); !errors.As(err, &u) || u.Trouble != want || !errors.Is(err, cause) {
				t.Errorf("%v became %v, want %s", cause, err, want)
			}
		}
	})
}

func TestWithoutCgo(t *testing.T) {
	t.Run("Ensure a build without a C compiler fails with a sentence that says what to install", func(t *testing.T) {
		if testing.Short() {
			t.Skip("compiles the package once more")
		}
		build := exec.CommandContext(t.Context(), "go", "build", ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := build.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "install_gcc_or_clang") || strings.Count(string(out), "undefined") != 1 {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func TestBrokenCommit(t *testing.T) {
	for name, c := range map[string]struct {
		stands bool
		want   int
	}{
		"wakes those who wait, where it stands or nobody knows": {true, 1},
		"wakes nobody, where it is undone":                      {false, 0},
	} {
		t.Run("Ensure a connection that is lost while a transaction is committed "+name, func(t *testing.T) {
			db, err := Open(t.Context(), t.TempDir()+"/state.db", Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			w, broken := &waiter{topic: "jobs", wake: make(chan struct{}, 1)}, errors.New("broken")
			db.signals.waiters = map[*waiter]bool{w: true}
			run := &transaction{abandon: func() {}, commit: func([]string, bool) (bool, error) { return c.stands, broken }}
			err = db.transact(t.Context(), run, func(tx *Tx) error { tx.Notify("jobs"); return nil })
			if !errors.Is(err, broken) || len(w.wake) != c.want {
				t.Errorf("%v; %d signals, want %d", err, len(w.wake), c.want)
			}
		})
	}
}
