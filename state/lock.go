//go:build unix

package state

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Held is a lock between processes that somebody holds.
type Held interface {
	// Release gives the lock back.
	Release() error
	// Lost is closed when the lock was lost without Release, so that another process may have it: what it protects must
	// stop. It is nil for a lock that cannot be lost while its process lives.
	Lost() <-chan struct{}
	// Wanted is closed as soon as another process asks for the lock (see [AwaitLock]), within a second or so; the holder may
	// give way to it. The look-out ends with ctx.
	Wanted(ctx context.Context) <-chan struct{}
}

// LockState takes the lock of this name of the state at location, whether that state exists or not: for a file as [Lock]
// does, for PostgreSQL on a connection of its own, with which the lock ends.
//
// Errors: *LockedError, *UnavailableError, *LocationError, or ctx's.
func LockState(ctx context.Context, location, name string, now time.Time) (Held, error) {
	if !IsURL(location) {
		lock, err := Lock(location, name, now)
		if err != nil {
			return nil, err
		}
		return lock, nil
	}
	e, err := newPostgres(location)
	if err != nil {
		return nil, err
	}
	return e.lock(ctx, name)
}

// Lock is [LockState] for this state.
func (db *DB) Lock(ctx context.Context, name string) (Held, error) {
	if e, ok := db.engine.(*postgresEngine); ok {
		return e.lock(ctx, name)
	}
	return LockState(ctx, db.Path(), name, db.clock.Now())
}

// FileLock is a lock between processes. The kernel holds it, so it ends with the process, however that ends.
type FileLock struct {
	file *os.File
}

// LockedError says that another process, or another part of this one, holds the lock.
type LockedError struct {
	Name    string    // the lock's name
	PID     int       // the holder's process id; 0 when it is not known (yet)
	Host    string    // the holder's machine; empty where it can only be this one
	Started time.Time // when the holder took it; the zero time when it is not known (yet)
	Hint    string    // how its end can be waited for; empty where that is nobody else's affair
}

// Error names the holder.
func (e *LockedError) Error() string {
	hint := cmp.Or(e.Hint, "wait for its end")
	if e.PID == 0 {
		return fmt.Sprintf("another run holds the lock of %s; %s", e.Name, hint)
	}
	return fmt.Sprintf("another run holds the lock of %s: %s, since %s; %s, or stop that process",
		e.Name, e.Holder(), e.Started.Format(time.RFC3339), hint)
}

// Holder names who holds the lock, as far as it is known: "process 4711", "process 4711 on thatmachine", "another process".
func (e *LockedError) Holder() string {
	switch {
	case e.PID == 0:
		return "another process"
	case e.Host == "":
		return fmt.Sprintf("process %d", e.PID)
	default:
		return fmt.Sprintf("process %d on %s", e.PID, e.Host)
	}
}

type lockNote struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// Lock takes the lock of this name at once or not at all. It is held on a file of its own beside the state at path,
// <path>.<name>.lock, as closing any descriptor of a database file drops SQLite's locks on it; the file stays when the
// lock is released, since a file removed and one locked could be two. now is noted in it for those who come second.
//
// Errors: *LockedError, *UnavailableError.
func Lock(path, name string, now time.Time) (*FileLock, error) {
	path = lockPath(path, name)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, fileTrouble(path, err)
	}
	if err := lockAlone(f); err != nil {
		defer func() { _ = f.Close() }() // nothing was written through it
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, lockedBy(f, name)
		}
		return nil, fileTrouble(path, err)
	}
	if err := writeNote(f, now); err != nil {
		return nil, errors.Join(fileTrouble(path, err), f.Close())
	}
	return &FileLock{file: f}, nil
}

// Release gives the lock back. The file stays, without a holder's name.
func (l *FileLock) Release() error {
	return errors.Join(l.file.Truncate(0), l.file.Close())
}

// Lost is nil: the kernel takes the lock from nobody who lives.
func (l *FileLock) Lost() <-chan struct{} { return nil }

// Path gives the file that the lock is held on.
func (l *FileLock) Path() string { return l.file.Name() }

// lockPath follows symbolic links, so that two names of one state share their locks.
func lockPath(path, name string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return path + "." + url.PathEscape(name) + ".lock"
}

// flock locks a file in this way at once or not at all.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// lockAlone locks a file for this process alone. Those who only look whether it is locked (see [DB.Holder]) share it for a moment, and
// keep nobody from it.
func lockAlone(f *os.File) error {
	for tries := 0; ; tries++ {
		err := flock(f, syscall.LOCK_EX)
		if !errors.Is(err, syscall.EWOULDBLOCK) || tries == 1000 || flock(f, syscall.LOCK_SH) != nil {
			return err
		}
		if err := flock(f, syscall.LOCK_UN); err != nil {
			return err
		}
		time.Sleep(time.Millisecond) // of nothing but lookers
	}
}

func writeNote(f *os.File, now time.Time) error {
	text, err := json.Marshal(lockNote{PID: os.Getpid(), Started: now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(text, '\n'), 0)
	return err
}

// lockedBy reads the holder's note, which may not be written yet.
func lockedBy(f *os.File, name string) *LockedError {
	e := &LockedError{Name: name}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	var note lockNote
	if err == nil && json.Unmarshal(text, &note) == nil {
		e.PID, e.Started = note.PID, note.Started
	}
	return e
}

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
