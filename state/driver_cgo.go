//go:build cgo

package state

import (
	"errors"

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

// SQLiteVersion is the version of the SQLite that this program holds.
func SQLiteVersion() string {
	version, _, _ := sqlite3.Version()
	return version
}
