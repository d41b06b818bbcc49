package sandbox_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/sandbox"
)

// served names the folder that a copy of the test's program serves until it is killed.
const served = "SANDBOX_TEST_SERVES"

func TestMain(m *testing.M) {
	if dir := os.Getenv(served); dir != "" {
		if err := serve(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve writes how to reach both sides, and ends with its standard input.
func serve(dir string) error {
	s, err := sandbox.Open(dir, both())
	if err != nil {
		return err
	}
	var a access
	a.Odoo, _ = s.Odoo()
	a.Trello, _ = s.System("trello")
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

// serveApart serves a folder in a process of its own; kill kills it.
func serveApart(t *testing.T, dir string) (a access, kill func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), served+"="+dir)
	command.Stderr = os.Stderr
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &a) != nil {
		t.Fatalf("the program said %q, %v", line, err)
	}
	return a, func() {
		if err := command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := command.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the program was not killed: %v", err)
		}
	}
}

func TestSurvival(t *testing.T) {
	t.Run("Ensure that what was written is there after a kill -9", func(t *testing.T) {
		dir := t.TempDir()
		a, kill := serveApart(t, dir)
		a.write(t)
		before := a.contents(t)
		kill()
		after := accessTo(t, open(t, dir, both()))
		same(t, after.contents(t), before)
		if !strings.Contains(before, "A new card") || !strings.Contains(before, "A loaded task") {
			t.Error("what was written was not there at all")
		}
	})
	t.Run("Ensure that what was written is there after an orderly end, time and again", func(t *testing.T) {
		dir := t.TempDir()
		for range 3 {
			s := open(t, dir, both())
			a := accessTo(t, s)
			a.write(t)
			before := a.contents(t)
			closeNow(t, s)
			again := open(t, dir, both())
			same(t, accessTo(t, again).contents(t), before)
			closeNow(t, again)
		}
	})
	t.Run("Ensure that an empty sandbox keeps what was written, too", func(t *testing.T) {
		dir := t.TempDir()
		o := both()
		o.Empty = true
		s := open(t, dir, o)
		a := accessTo(t, s)
		a.execute(t, "project.project", "create", []any{map[string]any{"name": "The only one"}}, nil)
		closeNow(t, s)
		if rows := accessTo(t, open(t, dir, both())).rows(t, "project.project"); len(rows) != 1 || rows[0]["name"] != "The only one" {
			t.Errorf("the projects are %v", rows)
		}
	})
}

func TestTornLine(t *testing.T) {
	for _, name := range []string{"odoo.journal", "trello.journal"} {
		t.Run("Ensure that the unfinished last line of "+name+" is dropped, and that the next changes follow on the one before", func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, both())
			a := accessTo(t, s)
			before := a.contents(t)
			whole := read(t, dir, name)
			a.write(t)
			closeNow(t, s)
			added := strings.TrimPrefix(read(t, dir, name), whole)
			write(t, whole+added[:len(added)/5], dir, name) // in the midst of the first change
			for _, other := range []string{"odoo.journal", "trello.journal"} {
				if other != name {
					write(t, strings.SplitAfter(read(t, dir, other), "\n")[0], dir, other)
				}
			}

			s = open(t, dir, both())
			a = accessTo(t, s)
			same(t, a.contents(t), before)
			if read(t, dir, name) != whole {
				t.Error("the unfinished line is still in the journal")
			}
			a.write(t)
			after := a.contents(t)
			closeNow(t, s)
			same(t, accessTo(t, open(t, dir, both())).contents(t), after)
		})
		t.Run("Ensure that an unfinished first line of "+name+" is written anew", func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, both())
			before := accessTo(t, s).contents(t)
			closeNow(t, s)
			whole := read(t, dir, name)
			write(t, whole[:len(whole)-1], dir, name)
			same(t, accessTo(t, open(t, dir, both())).contents(t), before)
			if again := read(t, dir, name); again != whole {
				t.Errorf("the journal begins with %q, before it was %q", again, whole)
			}
		})
	}
}

func TestCorruptJournal(t *testing.T) {
	// begun gives a folder with two lines of changes in each journal.
	begun := func(t *testing.T) (dir string) {
		t.Helper()
		dir = t.TempDir()
		s := open(t, dir, both())
		accessTo(t, s).write(t)
		closeNow(t, s)
		return dir
	}
	refused := func(t *testing.T, dir, file string, line int) {
		t.Helper()
		_, err := sandbox.Open(dir, both())
		var corrupt *sandbox.CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != filepath.Join(dir, file) || corrupt.Line != line {
			t.Fatalf("it gave %v", err)
		}
		for _, want := range []string{corrupt.File, fmt.Sprintf("line %d", line), "delete the folder " + dir} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("more than a line: %q", err)
		}
	}
	replace := func(t *testing.T, line int, change func(string) string, path ...string) {
		t.Helper()
		lines := strings.SplitAfter(read(t, path...), "\n")
		lines[line-1] = change(lines[line-1])
		write(t, strings.Join(lines, ""), path...)
	}
	for _, file := range []string{"odoo.journal", "trello.journal"} {
		t.Run("Ensure that a damaged line of "+file+" is named", func(t *testing.T) {
			dir := begun(t)
			replace(t, 2, func(line string) string { return line[:len(line)/2] + "\n" }, dir, file)
			refused(t, dir, file, 2)
		})
		t.Run("Ensure that a damaged last line of "+file+" that has an end is named", func(t *testing.T) {
			dir := begun(t)
			last := strings.Count(read(t, dir, file), "\n")
			replace(t, last, func(string) string { return strings.Repeat("\x00", 20) + "\n" }, dir, file)
			refused(t, dir, file, last)
		})
		t.Run("Ensure that a damaged first line of "+file+" is named", func(t *testing.T) {
			dir := begun(t)
			replace(t, 1, func(string) string { return "{}\n" }, dir, file)
			refused(t, dir, file, 1)
		})
	}
	t.Run("Ensure that a change that cannot be made again is named", func(t *testing.T) {
		dir := begun(t)
		replace(t, 2, func(string) string { return "" }, dir, "trello.journal") // the card that the next line archives
		refused(t, dir, "trello.journal", 2)
	})
	t.Run("Ensure that a journal of a later format is not read", func(t *testing.T) {
		dir := begun(t)
		replace(t, 1, func(line string) string { return strings.Replace(line, `"sandbox":1`, `"sandbox":2`, 1) }, dir, "odoo.journal")
		refused(t, dir, "odoo.journal", 1)
	})
	t.Run("Ensure that changes are not applied to other demo data than those they were made to", func(t *testing.T) {
		dir := begun(t)
		replace(t, 1, func(line string) string { return strings.Replace(line, `"seed":"`, `"seed":"0`, 1) }, dir, "odoo.journal")
		refused(t, dir, "odoo.journal", 1)
	})
	t.Run("Ensure that nothing is changed in a folder that is refused", func(t *testing.T) {
		dir := begun(t)
		replace(t, 2, func(string) string { return "damaged\n" }, dir, "odoo.journal")
		before := read(t, dir, "odoo.journal") + read(t, dir, "trello.journal")
		refused(t, dir, "odoo.journal", 2)
		if after := read(t, dir, "odoo.journal") + read(t, dir, "trello.journal"); after != before {
			t.Error("the journals were changed")
		}
	})
}
