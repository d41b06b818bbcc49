package cmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/odoo-connector/connector/state"
)

// copyPrefix begins the names of the directories of copies, in the place for temporary files.
const copyPrefix = "connector-dry-run-"

// copyDir is a directory for a copy of the state. While its lock is held somebody works on the copy.
type copyDir struct {
	path string
	lock *state.FileLock
}

// newCopyDir makes a directory for a copy, once those are gone whose processes were killed.
func newCopyDir(now time.Time) (c copyDir, err error) {
	clearCopies(now)
	for range 10 {
		var dir string
		if dir, err = os.MkdirTemp("", copyPrefix); err != nil {
			return copyDir{}, err
		}
		c, err = lockCopy(dir, now)
		if taken := new(state.LockedError); err == nil || !errors.As(err, &taken) && !errors.Is(err, fs.ErrNotExist) {
			break
		} // another one cleared it away before it was locked
	}
	return c, err
}

// lockCopy takes the lock of a directory. One that is cleared away meanwhile is fs.ErrNotExist.
func lockCopy(dir string, now time.Time) (copyDir, error) {
	lock, err := state.Lock(filepath.Join(dir, "copy"), "dry-run", now)
	if err != nil {
		return copyDir{}, err
	}
	c := copyDir{dir, lock}
	if _, err := os.Lstat(lock.Path()); err != nil {
		return copyDir{}, errors.Join(err, c.remove())
	}
	return c, nil
}

// state is where the copy is.
func (c copyDir) state() string { return filepath.Join(c.path, "state.db") }

// remove takes the directory away, and gives the lock back after that.
func (c copyDir) remove() error {
	if c.path == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(c.path), c.lock.Release())
}

// clearCopies removes the copies of this user that nobody works on any more. What it cannot remove stays, for they are in nobody's way.
func clearCopies(now time.Time) {
	found, _ := os.ReadDir(os.TempDir()) // those that could be read
	for _, entry := range found {
		dir := filepath.Join(os.TempDir(), entry.Name())
		if !strings.HasPrefix(entry.Name(), copyPrefix) || !isOwnDir(dir) {
			continue
		}
		if c, err := lockCopy(dir, now); err == nil {
			_ = c.remove() // what stays is found again
		}
	}
}

// isOwnDir tells whether this is a directory that nobody but this user can have put anything into.
func isOwnDir(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(stat.Uid) == int64(os.Geteuid())
}
