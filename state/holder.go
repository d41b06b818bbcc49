//go:build unix

package state

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Holder tells who holds the lock of this name, without asking for it: nil where nobody does. It is for those who look, and
// keeps nobody from taking the lock.
//
// Errors: *UnavailableError, or ctx's.
func (db *DB) Holder(ctx context.Context, name string) (*LockedError, error) {
	if e, ok := db.engine.(*postgresEngine); ok {
		held := &LockedError{Name: name}
		err := readHolder(db.readers.QueryRowContext(ctx, holderQuery, e.key("lock\x00"+name)), held)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil {
			return nil, db.Explain(err)
		}
		return held, nil
	}
	return fileHolder(lockPath(db.Path(), name), name)
}

// fileHolder looks at the note of the lock's file: a holder erases it when it gives the lock back. One that was killed leaves
// its note; then the lock is tried, shared, to tell whether anybody has it.
func fileHolder(path, name string) (*LockedError, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fileTrouble(path, err)
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	held := lockedBy(f, name)
	if held.PID == 0 {
		return nil, nil
	}
	switch err := flock(f, syscall.LOCK_SH); {
	case err == nil:
		return nil, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return held, nil
	default:
		return nil, fileTrouble(path, err)
	}
}
