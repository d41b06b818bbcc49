package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// prepareFile makes sure that the file exists and that only its owner may read it: jobs and bindings name people's
// records. SQLite gives -wal and -shm the mode of the file.
func prepareFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createPrivate(path)
	case err != nil:
		return fileTrouble(path, err)
	case info.IsDir():
		return corrupted(path, faultDirectory, errors.New("it is a directory"))
	case info.Mode().Perm()&0o077 == 0:
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fileTrouble(path, err)
	}
	return nil
}

// createPrivate makes an empty file that only its owner may read; one that is there already is left alone. The file
// gets its name only after its descriptor is closed: closing a descriptor of a database file would drop the locks that
// SQLite holds on it elsewhere in this process.
func createPrivate(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return fileTrouble(path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // at worst an empty file stays
	if err := f.Close(); err != nil {
		return fileTrouble(path, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fileTrouble(path, err)
	}
	return nil
}

// fileTrouble types an error of the file system.
func fileTrouble(path string, err error) error {
	switch _, dirErr := os.Stat(filepath.Dir(path)); {
	case errors.Is(err, fs.ErrPermission):
		return unavailableFor(path, Denied, err)
	case errors.Is(dirErr, fs.ErrNotExist):
		return unavailableFor(path, NoDirectory, err)
	case errors.Is(err, fs.ErrNotExist):
		return unavailableFor(path, NoFile, err)
	case isDiskFull(err):
		return unavailableFor(path, DiskFull, err)
	default:
		return unavailableFor(path, BadDisk, err)
	}
}
