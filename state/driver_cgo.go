//go:build cgo

package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3" // registers the database/sql driver "sqlite3" as well
)

const driverName = "sqlite3"

// classify tells what SQLite's error code means for the operator: one of the troubles or faults, or "" for all that is
// no matter of the file, such as a broken constraint.
func classify(err error) string {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrProtocol:
		return string(Locked)
	case sqlite3.ErrFull:
		return string(DiskFull)
	case sqlite3.ErrCorrupt:
		return faultCorrupt
	case sqlite3.ErrNotADB:
		return faultNotDatabase
	case sqlite3.ErrPerm, sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrAuth:
		return string(Denied)
	case sqlite3.ErrIoErr, sqlite3.ErrNoLFS:
		return string(BadDisk)
	default:
		return ""
	}
}

func isSQLiteUnique(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) &&
		(e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// backupStep is how many pages are copied at a time; between two steps whoever wants the copy to end is heard.
const backupStep = 64

// onlineBackup copies a database by SQLite's backup API (https://sqlite.org/backup.html) between two of the driver's
// connections.
func onlineBackup(ctx context.Context, to, from any, progress func(done, all int)) (err error) {
	target, isTarget := to.(*sqlite3.SQLiteConn)
	source, isSource := from.(*sqlite3.SQLiteConn)
	if !isTarget || !isSource {
		return fmt.Errorf("the connections are %T and %T", to, from)
	}
	b, err := target.Backup("main", source, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for {
		done, err := b.Step(backupStep)
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
		if done {
			return nil
		}
	}
}

// SQLiteVersion is the version of the SQLite that this program holds.
func SQLiteVersion() string {
	version, _, _ := sqlite3.Version()
	return version
}
