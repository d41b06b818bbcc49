//go:build unix

package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestMain lets the test's binary play the other process: it takes the lock that it is told to take and keeps it until
// its standard input ends.
func TestMain(m *testing.M) {
	path := os.Getenv("STATE_TEST_HOLD_LOCK")
	if path == "" {
		os.Exit(statetest.Main(m))
	}
	if _, err := state.LockState(context.Background(), path, "trello", time.Now()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("locked")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

func TestLock(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	t.Run("Ensure one has it at a time, and the second learns who", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		lock := mustLock(t, path, "trello", at)
		_, err := state.Lock(path, "trello", at.Add(time.Hour))
		var locked *state.LockedError
		if !errors.As(err, &locked) || locked.PID != os.Getpid() || !locked.Started.Equal(at) || locked.Name != "trello" {
			t.Fatalf("%#v", err)
		}
		if want := fmt.Sprintf("process %d, since 2024-05-06T07:08:09Z", os.Getpid()); !strings.Contains(err.Error(), want) {
			t.Errorf("%q doesn't say %q", err, want)
		}
		release(t, mustLock(t, path, "magento", at)) // another name is another lock
		release(t, lock)
		if _, err := os.Stat(lock.Path()); err != nil {
			t.Errorf("the file must stay: %v", err)
		}
		release(t, mustLock(t, path, "trello", at))
	})
	t.Run("Ensure a link to a state shares its locks", func(t *testing.T) {
		dir := t.TempDir()
		path, link := filepath.Join(dir, "state.db"), filepath.Join(dir, "link.db")
		open(t, path, state.Options{})
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		defer release(t, mustLock(t, path, "trello", at))
		if _, err := state.Lock(link, "trello", at); err == nil {
			t.Error("locked twice")
		}
	})
	t.Run("Ensure any name makes a file beside the state", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		lock := mustLock(t, path, "../a b/ü", at)
		defer release(t, lock)
		if filepath.Dir(lock.Path()) != filepath.Dir(path) {
			t.Error(lock.Path())
		}
	})
	t.Run("Ensure an absent directory is named so", func(t *testing.T) {
		_, err := state.Lock(filepath.Join(t.TempDir(), "none", "state.db"), "trello", at)
		wantTrouble(t, err, state.NoDirectory)
	})
	t.Run("Ensure the lock ends with its process, however that ends", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		holder := exec.CommandContext(t.Context(), os.Args[0])
		holder.Env = append(os.Environ(), "STATE_TEST_HOLD_LOCK="+path)
		stdin, err := holder.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stdin.Close() }()
		stdout, err := holder.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
			t.Fatal(line, err)
		}
		_, err = state.Lock(path, "trello", at)
		var locked *state.LockedError
		if !errors.As(err, &locked) || locked.PID != holder.Process.Pid {
			t.Errorf("%v, want the holder %d", err, holder.Process.Pid)
		}
		if err := holder.Process.Kill(); err != nil { // kill -9: it has no chance to clean up
			t.Fatal(err)
		}
		_ = holder.Wait() // says that it was killed
		release(t, mustLock(t, path, "trello", at))
	})
}

func mustLock(t *testing.T, path, name string, now time.Time) *state.FileLock {
	t.Helper()
	lock, err := state.Lock(path, name, now)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func release(t *testing.T, lock *state.FileLock) {
	t.Helper()
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockState(t *testing.T) { statetest.Each(t, testLockState) }

func testLockState(t *testing.T, s statetest.Store) {
	at := time.Now()
	take := func(t *testing.T, s statetest.Store, name string) state.Held {
		t.Helper()
		lock, err := state.LockState(t.Context(), s.Location, name, at)
		if err != nil {
			t.Fatal(err)
		}
		return lock
	}
	t.Run("Ensure one has it at a time, before there is a state, and the second learns who", func(t *testing.T) {
		s := s.Another(t)
		for range 3 { // what is given back is free at once
			lock := take(t, s, "trello")
			_, err := state.LockState(t.Context(), s.Location, "trello", at)
			var locked *state.LockedError
			if !errors.As(err, &locked) || locked.PID != os.Getpid() || locked.Name != "trello" || time.Since(locked.Started) > time.Hour {
				t.Fatalf("%#v", err)
			}
			giveBack(t, take(t, s, "magento"))           // another name
			giveBack(t, take(t, s.Another(t), "trello")) // another state
			giveBack(t, lock)
		}
	})
	t.Run("Ensure the lock ends with its process, however that ends", func(t *testing.T) {
		s := s.Another(t)
		holder := exec.CommandContext(t.Context(), os.Args[0])
		holder.Env = append(os.Environ(), "STATE_TEST_HOLD_LOCK="+s.Location)
		stdin, err := holder.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stdin.Close() }()
		stdout, err := holder.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
			t.Fatal(line, err)
		}
		_, err = state.LockState(t.Context(), s.Location, "trello", at)
		var locked *state.LockedError
		if !errors.As(err, &locked) || locked.PID != holder.Process.Pid {
			t.Errorf("%v, want the holder %d", err, holder.Process.Pid)
		}
		if err := holder.Process.Kill(); err != nil { // kill -9: it has no chance to clean up
			t.Fatal(err)
		}
		_ = holder.Wait() // says that it was killed
		giveBack(t, eventually(t, func() (state.Held, error) { return state.LockState(t.Context(), s.Location, "trello", at) }))
	})
}

// eventually asks again until there is no error: a server needs a moment to see that a client died.
func eventually[T any](t *testing.T, ask func() (T, error)) T {
	t.Helper()
	late := time.Now().Add(patience)
	for {
		got, err := ask()
		if err == nil {
			return got
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestLostLock(t *testing.T) {
	t.Run("Ensure whoever holds a lock learns when the server is gone, and can take it anew afterwards", func(t *testing.T) {
		server := statetest.NewServer(t)
		s := server.Store()
		lock, err := state.LockState(t.Context(), s.Location, "trello", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-lock.Lost():
			t.Fatal("it was lost at once")
		default:
		}
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-lock.Lost():
		case <-time.After(patience):
			t.Fatal("nobody was told")
		}
		if err := errors.Join(lock.Release(), server.Start()); err != nil {
			t.Fatal(err)
		}
		again, err := state.LockState(t.Context(), s.Location, "trello", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Release(); err != nil {
			t.Error(err)
		}
	})
}
