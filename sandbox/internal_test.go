package sandbox

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
)

// echo is the simplest fake: a request's path is a change, and what it tells are all changes so far.
type echo struct {
	Fake
	journal func([]byte) error
	changes []string
}

func (e *echo) change(text string) error {
	if err := e.journal([]byte(text)); err != nil {
		return err
	}
	return e.Replay([]byte(text))
}

func (e *echo) Replay(line []byte) error {
	e.changes = append(e.changes, string(line))
	return nil
}

func (e *echo) Listen(string) (url string, stop func(), err error) { return "", func() {}, nil }

func (e *echo) ServeHTTP(http.ResponseWriter, *http.Request) {}

// openEcho opens a sandbox of an echo alone.
func openEcho(t *testing.T, dir string) (*Sandbox, *echo) {
	t.Helper()
	fake := &echo{}
	s, err := Open(dir, Options{Systems: []System{{Name: "echo", New: func(o FakeOptions) Fake { fake.journal = o.Journal; return fake }}}})
	if err != nil {
		t.Fatal(err)
	}
	return s, fake
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s, fake := openEcho(t, dir)
	if err := fake.change("kept"); err != nil {
		t.Fatal(err)
	}
	whole := s.parts[0].journal.file
	readOnly, err := os.Open(filepath.Join(dir, "echo.journal"))
	if err != nil {
		t.Fatal(err)
	}
	s.parts[0].journal.file = readOnly

	t.Run("Ensure that the change is refused with an error of the environment", func(t *testing.T) {
		err := fake.change("lost")
		var unavailable *state.UnavailableError
		if !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "echo.journal") {
			t.Errorf("it gave %v", err)
		}
	})
	t.Run("Ensure that no change is taken afterwards, even if the file could be written again", func(t *testing.T) {
		s.parts[0].journal.file = whole
		if err := fake.change("lost as well"); err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("Ensure that closing reports it once, and that the folder can be opened again", func(t *testing.T) {
		var unavailable *state.UnavailableError
		if err := s.Close(); !errors.As(err, &unavailable) {
			t.Errorf("closing gave %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing again gave %v", err)
		}
		again, reread := openEcho(t, dir)
		defer func() { _ = again.Close() }()
		if len(reread.changes) != 1 || reread.changes[0] != "kept" {
			t.Errorf("the changes are %q", reread.changes)
		}
	})
}

func TestChangeAfterClose(t *testing.T) {
	t.Run("Ensure that a request still under way cannot write into a folder that was given back", func(t *testing.T) {
		dir := t.TempDir()
		s, fake := openEcho(t, dir)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := fake.change("too late"); !errors.Is(err, errClosed) {
			t.Errorf("it gave %v", err)
		}
		again, reread := openEcho(t, dir)
		defer func() { _ = again.Close() }()
		if len(reread.changes) != 0 {
			t.Errorf("the changes are %q", reread.changes)
		}
	})
}

func TestFolderNames(t *testing.T) {
	t.Run("Ensure that a folder's name is no pattern", func(t *testing.T) {
		dir := t.TempDir() + `/a[b]*\c`
		first, _ := openEcho(t, dir)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		var full *NotEmptyError
		if _, err := Open(dir, Options{Empty: true}); !errors.As(err, &full) {
			t.Errorf("the journal was not found: %v", err)
		}
	})
}

func TestLongLines(t *testing.T) {
	t.Run("Ensure that a change of some megabytes is read again", func(t *testing.T) {
		dir := t.TempDir()
		s, fake := openEcho(t, dir)
		long := strings.Repeat("x", 3<<20)
		for _, text := range []string{long, "short"} {
			if err := fake.change(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		again, reread := openEcho(t, dir)
		defer func() { _ = again.Close() }()
		if len(reread.changes) != 2 || reread.changes[0] != long || reread.changes[1] != "short" {
			t.Errorf("%d changes were read", len(reread.changes))
		}
	})
}
