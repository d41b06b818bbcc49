package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const maxFile = 1 << 20

// Load reads and checks the file at path against the systems that kinds describe. Every problem of the file is reported at
// once: the error is [Errors]. The returned Config is complete (defaults are filled in) and nil where there is an error.
// Secrets are not fetched yet; see [Secret.Reveal]. The checks add what they find wrong.
func Load(path string, kinds []Kind, checks ...Check) (*Config, error) {
	data, err := readLimited(path, maxFile)
	if err != nil {
		return nil, Errors{unreadable(path, err)}
	}
	c, err := LoadBytes(path, data, kinds, checks...)
	if err == nil {
		c.warnOfReaders()
	}
	return c, err
}

// LoadBytes checks data as [Load] does; path only names it in messages and gives the directory where relative paths start.
func LoadBytes(path string, data []byte, kinds []Kind, checks ...Check) (*Config, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, Errors{unreadable(path, err)}
	}
	r := &reader{file: path, dir: dir, kinds: kinds, known: &ledger{}}
	root, err := r.parse(data)
	if err != nil {
		return nil, err
	}
	c := r.config(root)
	r.runChecks(c, root, checks)
	if err := r.errs.err(); err != nil {
		return nil, err
	}
	c.Warnings = r.warns
	c.Warnings.sort()
	return c, nil
}

// unreadable explains why the file cannot be read and what to do about it.
func unreadable(path string, err error) *Error {
	e := &Error{File: path, Err: err, code: codeFile}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem = "no such file"
		e.Hint = "`connector config init` makes one; or name another file with --config"
	case errors.Is(err, errDirectory):
		e.Problem, e.Hint = "is a directory", "name the file itself with --config"
	case errors.Is(err, errTooLarge):
		e.Problem, e.Hint = "is larger than 1 MiB, which no configuration is", "name another file with --config"
	default:
		e.Problem = "cannot be read: " + reason(err)
	}
	return e
}

var (
	errDirectory = errors.New("is a directory")
	errTooLarge  = errors.New("is too large")
)

// readLimited reads a whole file of at most limit bytes; errDirectory and errTooLarge are its own errors.
func readLimited(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path) //nolint:gosec // The administrator names the file.
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, errDirectory
	}
	data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLarge
	}
	return data, err
}

// reason gives the operating system's words alone, as "permission denied", without operation and path.
func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// resolve makes path absolute: ~/ is the home directory, and a relative path starts at dir.
func resolve(dir, path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		return filepath.Join(home, rest), err
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	return filepath.Join(dir, path), nil
}
