package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// FileError says why metrics could not be written to a file.
type FileError struct {
	Path string
	Err  error
}

// Error names the file and what to do.
func (e *FileError) Error() string {
	return fmt.Sprintf("the metrics could not be written to %s: %v; name a file in a directory that this user may write to", e.Path, e.Err)
}

// Unwrap gives the cause.
func (e *FileError) Unwrap() error { return e.Err }

// Code is that of a metrics file which cannot be written.
func (*FileError) Code() string { return "CON-METRICS-FILE" }

// CheckFile says what is wrong with the name of a file for node_exporter's textfile collector, which takes *.prom only; "":
// nothing.
func CheckFile(path string) string {
	if !strings.HasSuffix(path, ".prom") {
		return "node_exporter reads files that end in .prom only"
	}
	return ""
}

// WriteFile writes the metrics to a file for node_exporter's textfile collector. Whoever reads it sees the old metrics or the
// new ones, never a part: they are written beside it, and renamed. Everybody may read it. The error is a *FileError.
func (s Snapshot) WriteFile(path string) error {
	if err := s.writeFile(path); err != nil {
		return &FileError{path, err}
	}
	return nil
}

func (s Snapshot) writeFile(path string) (err error) {
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text.Bytes())
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
