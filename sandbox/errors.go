package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/odoo-connector/connector/state"
)

// CorruptError says that a journal of the sandbox cannot be used.
type CorruptError struct {
	File   string // the journal
	Line   int    // the line, counted from 1
	Reason string // what is wrong with it, as "holds a change that cannot be made again"
	Err    error  // the cause, may be nil
}

// Error names the line and the way out.
func (e *CorruptError) Error() string {
	cause := ""
	if e.Err != nil {
		cause = fmt.Sprintf(" (%v)", e.Err)
	}
	return fmt.Sprintf("the sandbox's journal %s, line %d, %s%s; delete the folder %s to begin anew",
		e.File, e.Line, e.Reason, cause, filepath.Dir(e.File))
}

// Unwrap gives the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Code is that of a journal which cannot be used.
func (*CorruptError) Code() string { return "CON-SANDBOX-JOURNAL" }

// NotEmptyError says that a sandbox without demo data was asked for, in a folder that was begun with them.
type NotEmptyError struct {
	Dir string // the folder
}

// Error names the folder and the way out.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("the sandbox in %s was begun with demo data, so it cannot be opened as an empty one; choose another folder, or delete this one", e.Dir)
}

// Usage marks the error as the caller's.
func (*NotEmptyError) Usage() bool { return true }

// Code is that of a sandbox which was begun otherwise.
func (*NotEmptyError) Code() string { return "CON-SANDBOX-NOTEMPTY" }

// AddressError says that the sandbox doesn't listen on an address.
type AddressError struct {
	Name string // the side, as "odoo"
	Addr string // the address as it was given
	Err  error  // why it is none; nil for an address that is not on loopback
}

// Error names the address and what would do.
func (e *AddressError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the sandbox's %s cannot listen on %q: it is not a host and a port; write it as 127.0.0.1:8069, or 127.0.0.1:0 for any free port",
			e.Name, e.Addr)
	}
	return fmt.Sprintf("the sandbox's %s doesn't listen on %q: everyone knows its credentials, so it is for this machine alone; use 127.0.0.1",
		e.Name, e.Addr)
}

// Unwrap gives the cause.
func (e *AddressError) Unwrap() error { return e.Err }

// Usage marks the error as the caller's.
func (*AddressError) Usage() bool { return true }

// Code is that of an address which nobody listens on.
func (*AddressError) Code() string { return "CON-USAGE-ADDRESS" }

// unavailable explains an error of the file system.
func unavailable(path string, err error) error {
	e := &state.UnavailableError{Path: path, Err: err, Trouble: state.BadDisk}
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		e.Trouble, e.Reason, e.Hint = state.DiskFull, "the disk is full", "free some space and try again; what was answered before is kept"
	case errors.Is(err, fs.ErrPermission):
		e.Trouble, e.Reason, e.Hint = state.Denied, "it may not be read or written", "run as the user who owns the sandbox's folder, or choose another folder"
	default:
		e.Reason, e.Hint = fmt.Sprintf("the file system failed (%v)", err), "check the path and the disk, or choose another folder for the sandbox"
	}
	return e
}
