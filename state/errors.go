package state

import (
	"errors"
	"fmt"
)

// ErrReadOnly is returned by Write and WriteDurable of a database that was opened with ReadOnly or Immutable.
var ErrReadOnly = errors.New("the state was opened for reading only; nothing was written")

// NewerSchemaError says that the file was written by a newer version of this program, whose schema this one doesn't know.
type NewerSchemaError struct {
	Path  string // the file
	Found int    // the file's schema version
	Known int    // the newest schema version that this program knows
}

// Error names both versions and what to do.
func (e *NewerSchemaError) Error() string {
	return fmt.Sprintf("%s has schema version %d, this program knows up to %d: a newer version wrote it; "+
		"use that version again, or restore the copy from before the upgrade", e.Path, e.Found, e.Known)
}

// CorruptError says that the file cannot be used as it is: damaged, no SQLite database, or that of another program.
type CorruptError struct {
	Path   string // the file
	Reason string // what is wrong with it
	Hint   string // what to do next
	Err    error  // SQLite's own error; nil when the file is a sound database of another program
}

// Error says what is wrong and what to do.
func (e *CorruptError) Error() string { return fmt.Sprintf("%s %s; %s", e.Path, e.Reason, e.Hint) }

// Unwrap gives SQLite's own error.
func (e *CorruptError) Unwrap() error { return e.Err }

// Trouble is the kind of an UnavailableError.
type Trouble string

// The troubles that keep a sound file from being used. All of them lie in the environment: trying again makes sense
// once somebody has done something about it.
const (
	NoDirectory Trouble = "no directory" // the directory of the file doesn't exist
	NoFile      Trouble = "no file"      // opened for reading, and there is nothing to read
	Denied      Trouble = "denied"       // the file or its directory may not be read or written; the server refused the user
	DiskFull    Trouble = "disk full"    // SQLITE_FULL
	Locked      Trouble = "locked"       // SQLITE_BUSY after the whole busy timeout; a lock or a statement of PostgreSQL's that took too long
	BadDisk     Trouble = "bad disk"     // SQLITE_IOERR and what the file system cannot do
	OlderSchema Trouble = "older schema" // opened for reading, and only a writer may bring the schema up to date

	NoDatabase     Trouble = "no database"     // the server has no such database
	NoState        Trouble = "no state"        // the database holds none yet, and is opened for reading
	Unreachable    Trouble = "unreachable"     // the server cannot be reached or isn't ready; nothing was done
	ConnectionLost Trouble = "connection lost" // in the middle: what was being committed is committed, or not
)

// UnavailableError says that the state cannot be reached or written at the moment, though nothing is wrong with it.
type UnavailableError struct {
	Path    string  // the file, or the URL without a password
	Trouble Trouble // the kind
	Reason  string  // the kind as a clause of a sentence
	Hint    string  // what to do next
	Err     error   // the cause as the database or the system reported it; may be nil
}

// Error says what is in the way and what to do about it.
func (e *UnavailableError) Error() string { return fmt.Sprintf("%s: %s; %s", e.Path, e.Reason, e.Hint) }

// Refused tells that a server refused the user; a file that may not be read is a matter of this machine.
func (e *UnavailableError) Refused() bool { return e.Trouble == Denied && IsURL(e.Path) }

// Unwrap gives the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// IsUniqueViolation tells whether err comes from a statement that would have made a second row where a unique index or
// primary key allows one. On PostgreSQL the transaction can then only be undone, unless the statement ran in a
// [Tx.Savepoint].
func IsUniqueViolation(err error) bool { return isSQLiteUnique(err) || isPostgresUnique(err) }

// Explain turns a failure of the database into a *CorruptError or an *UnavailableError where it is one; any other error, nil
// included, comes back as it is. Write and the queries of Tx and Read do this themselves; it is exported for errors
// that surface later, from sql.Row.Scan and sql.Rows.Err.
func (db *DB) Explain(err error) error { return db.engine.explain(err) }

func explain(path string, err error) error {
	var corrupt *CorruptError
	var unavailable *UnavailableError
	if err == nil || errors.As(err, &corrupt) || errors.As(err, &unavailable) {
		return err
	}
	switch fault := classify(err); fault {
	case "":
		return err
	case faultCorrupt, faultNotDatabase:
		return corrupted(path, fault, err)
	default:
		return unavailableFor(path, Trouble(fault), err)
	}
}

// What classify makes of SQLite's codes; the names of the troubles are used as they are.
const (
	faultCorrupt     = "corrupt"
	faultNotDatabase = "not a database"
	faultDirectory   = "directory" // the path names one, which SQLite has no code for
)

func corrupted(path, fault string, err error) error {
	e := &CorruptError{Path: path, Reason: "is damaged", Err: err,
		Hint: "restore a copy of it; `sqlite3 FILE .recover` saves what can still be read"}
	switch fault {
	case faultDirectory:
		e.Reason = "is a directory"
		e.Hint = "name a file in it under `state:`, as state.db"
	case faultNotDatabase:
		e.Reason = "is not an SQLite database"
		e.Hint = "check the path of `state:`, or move the file away to start anew"
	}
	return e
}

func unavailableFor(path string, t Trouble, err error) error {
	e := &UnavailableError{Path: path, Trouble: t, Err: err}
	switch t {
	case DiskFull:
		e.Reason, e.Hint = "the disk is full", "free some space and try again; what was committed before is safe"
	case Locked:
		e.Reason, e.Hint = "another program holds it locked", "close that program (a database browser, a backup) and try again"
	case NoDirectory:
		e.Reason, e.Hint = "its directory doesn't exist", "create the directory, or name another path"
	case NoFile:
		e.Reason, e.Hint = "there is no such file", "check the path of `state:`; the first sync creates it"
	case OlderSchema:
		e.Reason, e.Hint = "its schema is older than this program", "run a command that writes, such as sync, to bring it up to date"
	case Denied:
		e.Reason, e.Hint = "it may not be read or written", "run as the user who owns the file and its directory, or change `state:`"
	default:
		e.Reason, e.Hint = "the disk or file system failed ("+err.Error()+")", "check the disk; a network file system cannot hold this file"
	}
	return e
}
