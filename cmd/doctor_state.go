package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
)

// What is looked at of the state.
const (
	checkState       = "state"       // it is there and can be used
	checkDisk        = "disk"        // the space that is left
	checkPermissions = "permissions" // who else may read or change files
	checkQueue       = "jobs"        // that failed, or whose worker died
)

// The space on a disk that is little, and that is too little for a run.
const (
	littleSpace = 500 << 20
	noSpace     = 20 << 20
)

// examineState looks at the state and at the files on this machine.
func (r *running) examineState(ctx context.Context, outcome *findingsError) *examinedView {
	view := &examinedView{Name: "state", URL: r.config.State, Findings: []findingView{}}
	take := func(f odoo.Finding) { view.take([]odoo.Finding{f}, outcome) }
	db, err := r.app.stateOrNone(ctx, r.config, false)
	switch {
	case err != nil:
		take(odoo.Finding{Check: checkState, Level: odoo.LevelFail, What: r.app.sentence(err), Why: "no run can keep what it did"})
	case db == nil:
		take(odoo.Finding{Check: checkState, Level: odoo.LevelOK, What: "not there yet; the first sync makes it"})
	default:
		take(odoo.Finding{Check: checkState, Level: odoo.LevelOK, What: fmt.Sprintf("it can be used; schema %d", db.SchemaVersion())})
	}
	if dir := r.config.StateDir(); dir != "" {
		view.take(examineDisk(dir), outcome)
		if err := writable(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // of that the disk tells
			take(odoo.Finding{
				Check: checkPermissions, Level: odoo.LevelFail, What: fmt.Sprintf("this user may not write in %s: %v", dir, err),
				Why: "a run makes and locks files there", Remedy: "run as the user who owns the directory, or change state: in the configuration",
			})
		}
		take(readableBy(r.config.State, forOwner, "bindings and jobs are in it, with names of records"))
	}
	for _, f := range r.examineSecrets() {
		take(f)
	}
	if db == nil {
		return view
	}
	view.take(r.examineJobs(ctx, db), outcome)
	if err := db.Close(); err != nil {
		take(odoo.Finding{Check: checkState, Level: odoo.LevelWarn, What: err.Error(), Why: "it may not have been closed well"})
	}
	return view
}

// examineDisk tells how much space is left where the state is.
func examineDisk(dir string) []odoo.Finding {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return []odoo.Finding{{Check: checkDisk, Level: odoo.LevelFail, What: fmt.Sprintf("%s cannot be looked at: %v", dir, err),
			Why: "the state is to be there", Remedy: "make the directory, or change state: in the configuration"}}
	}
	free := s.Bavail * uint64(s.Bsize) //nolint:gosec // a block's size is no negative number
	f := odoo.Finding{Check: checkDisk, Level: odoo.LevelOK, What: sizeText(free) + " are free"}
	switch {
	case free < noSpace:
		f.Level, f.Why, f.Remedy = odoo.LevelFail, "a run would end in the middle", "make room, or put the state elsewhere: state: in the configuration"
	case free < littleSpace:
		f.Level, f.Why, f.Remedy = odoo.LevelWarn, "a first sync may need that", "make room"
	}
	return []odoo.Finding{f}
}

// sizeText writes a number of bytes for people.
func sizeText(bytes uint64) string {
	for _, unit := range []struct {
		size uint64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "kB"}} {
		if bytes >= unit.size {
			return fmt.Sprintf("%.1f %s", float64(bytes)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// writable asks the system whether this user may make files in a directory, and makes none.
func writable(dir string) error {
	const write = 2
	return syscall.Access(dir, write)
}

// The rights that others than its owner should not have to a file.
const (
	forOwner fs.FileMode = 0o077 // what it holds is nobody else's affair
	forRead  fs.FileMode = 0o022 // others may not change it
)

// examineSecrets looks who may read the files of secrets, and change the configuration.
func (r *running) examineSecrets() (all []odoo.Finding) {
	files := r.config.SecretFiles()
	if !slices.Contains(files, r.config.Path) {
		all = append(all, readableBy(r.config.Path, forRead, "whoever can change it decides which commands the connector runs"))
	}
	for _, path := range files {
		all = append(all, readableBy(path, forOwner, "whoever reads it has a secret of the connector"))
	}
	return all
}

// readableBy tells whether others than its owner have rights to a file that they should not have.
func readableBy(path string, wrong fs.FileMode, why string) odoo.Finding {
	name := filepath.Base(path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return odoo.Finding{Check: checkPermissions, Level: odoo.LevelOK, What: name + ": to be made for its owner alone"}
	}
	if err != nil {
		return odoo.Finding{Check: checkPermissions, Level: odoo.LevelWarn, What: err.Error(), Why: why}
	}
	mode := info.Mode().Perm()
	if mode&wrong == 0 {
		return odoo.Finding{Check: checkPermissions, Level: odoo.LevelOK, What: fmt.Sprintf("%s: %04o", name, mode)}
	}
	return odoo.Finding{
		Check: checkPermissions, Level: odoo.LevelWarn, What: fmt.Sprintf("%s: %04o, which lets others in", name, mode), Why: why,
		Remedy: "chmod go= " + quoted(path),
	}
}

// examineJobs counts jobs that failed and those that are in the hands of the dead.
func (r *running) examineJobs(ctx context.Context, db *state.DB) []odoo.Finding {
	q := newQueue(db, r.config)
	standings, err := q.Standings(ctx)
	workers, workersErr := r.app.workersOf(ctx, q)
	if err := errors.Join(err, workersErr); err != nil {
		return []odoo.Finding{{Check: checkQueue, Level: odoo.LevelFail, What: r.app.sentence(err), Why: "the queue cannot be read"}}
	}
	failed, dead, stuck := 0, 0, 0
	for _, s := range standings {
		if s.State == jobs.StateFailed {
			failed += s.Count
		}
	}
	for _, w := range workers {
		for _, h := range w.InHand {
			if !w.Alive {
				dead += len(h.Jobs)
			}
			if h.Stuck {
				stuck += len(h.Jobs)
			}
		}
	}
	var all []odoo.Finding
	for _, one := range []struct {
		n           int
		what, do    string
		consequence string
	}{
		{failed, "failed", "see `connector jobs errors`", "their records are not in step"},
		{stuck, "running for longer than allowed", "see `connector jobs workers`", "their records are kept from others"},
		{dead, "in the hands of a process that died", "run `connector sync`, which takes them back", "nobody works on them"},
	} {
		if one.n > 0 {
			what := count(one.n, "job", "jobs") + " " + one.what
			all = append(all, odoo.Finding{Check: checkQueue, Level: odoo.LevelWarn, What: what, Why: one.consequence, Remedy: one.do})
		}
	}
	if len(all) == 0 {
		all = append(all, odoo.Finding{Check: checkQueue, Level: odoo.LevelOK, What: "none failed"})
	}
	return all
}
