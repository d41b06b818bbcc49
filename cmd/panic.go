package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/transport"
)

// panicError is a mistake of the program that ended a command.
type panicError struct {
	what  string // without secrets, on one line
	where string // file and line, "" where they are not known
	stack string // where the stack is, or why it is nowhere
}

func (e *panicError) Error() string {
	place := ""
	if e.where != "" {
		place = " at " + e.where
	}
	return fmt.Sprintf("a mistake of the program%s: %s; please report it: %s. What was committed is safe, and the next run goes on from there",
		place, e.what, e.stack)
}

// Code is that of a mistake of the program.
func (*panicError) Code() string { return "CON-INTERNAL-PANIC" }

// panicked makes an error of a panic and keeps its stack in a file that only this user may read: a stack holds no values of
// arguments, and what was panicked with has lost its secrets.
func (a *app) panicked(value any, stack []byte) error {
	e := &panicError{what: transport.Redact(fmt.Sprint(value), a.secrets()...), where: whence(stack)}
	path, err := keepStack(fmt.Sprintf("connector %s (%s)\npanic: %s\n\n%s", version(), commit(), e.what, stack))
	if err != nil {
		e.stack = fmt.Sprintf("its stack could not be kept (%v), so please say what you did", err)
		return e
	}
	e.stack = "its stack is in " + path
	return e
}

// keepStack writes the stack into the directory for temporary files.
func keepStack(text string) (path string, err error) {
	f, err := os.CreateTemp("", "connector-panic-*.txt")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text)
	return f.Name(), errors.Join(err, f.Close())
}

// frame is a line of a stack that names a file.
var frame = regexp.MustCompile(`(?m)^\t(\S+\.go):(\d+)`)

// whence is where the panic began: the first place in the stack behind Go's own panic.
func whence(stack []byte) string {
	_, after, found := strings.Cut(string(stack), "\npanic(")
	if !found {
		return ""
	}
	places := frame.FindAllStringSubmatch(after, -1)
	for _, p := range places {
		if !strings.Contains(p[1], "/runtime/") {
			return filepath.Join(filepath.Base(filepath.Dir(p[1])), filepath.Base(p[1])) + ":" + p[2]
		}
	}
	return ""
}

// guard makes an error of a panic, for what runs beside the command itself.
func (a *app) guard(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = a.panicked(v, debug.Stack())
		}
	}()
	return do()
}

// remember keeps a configuration in mind whose secrets may turn up in what is printed.
func (a *app) remember(c *config.Config) {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	a.known.configs = append(a.known.configs, c)
}

// secrets are the values of those that were fetched so far.
func (a *app) secrets() (all []string) {
	a.known.mu.Lock()
	defer a.known.mu.Unlock()
	for _, c := range a.known.configs {
		all = append(all, c.Revealed()...)
	}
	return all
}

// hide takes secrets out of a text of unknown origin, and makes one line of it.
func (a *app) hide(text string) string { return transport.Redact(text, a.secrets()...) }
