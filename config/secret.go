package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	mask           = "******"
	commandTimeout = time.Minute
	maxSecret      = 64 << 10
)

// Secret is a password, key or token as the file gives it: the text itself, {env: NAME}, {file: PATH}, {credential: NAME} or
// {command: [PROGRAM, ARGUMENT…]}. However it is printed, logged or marshalled, it shows as ******; only [Secret.Reveal] gives the
// value. The zero Secret is one that was left out.
type Secret struct {
	// from points to a pointer: where fmt cannot call Format (a field of an unexported name) it follows one pointer, for a verb
	// that does not fit, and would print the text; it does not follow two.
	from **origin
}

// origin is where a secret comes from: one of text, env, file, command and credential is set.
type origin struct {
	text       string
	env        string
	file       string   // as the configuration writes it
	command    []string // the program and its arguments
	credential string   // of systemd
	dir        string   // where relative paths start and the command runs
	place      string   // config.yaml:7: odoo[0].password
	at         *Error   // the same without a problem; nil without a file
	known      *ledger  // where it is noted that it was fetched; may be nil
}

// PlainSecret gives a Secret whose value is text, for programs and tests that build their settings without a file.
func PlainSecret(text string) Secret { return newSecret(&origin{text: text}) }

func newSecret(o *origin) Secret { return Secret{from: &o} }

// IsZero tells whether the secret was left out.
func (s Secret) IsZero() bool { return s.from == nil }

// String gives ******.
func (s Secret) String() string { return mask }

// GoString gives ******, so that %#v tells nothing either.
func (s Secret) GoString() string { return mask }

// Format writes ****** whatever the verb is.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// LogValue gives ****** to slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText gives ******, to encoders of map keys and of formats other than JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// MarshalJSON gives "******".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// MarshalYAML gives ******.
func (s Secret) MarshalYAML() (any, error) { return mask, nil }

// Reveal fetches the value: it reads the environment variable, the file or the credential, or runs the command in the directory of the
// configuration file, with no input and for at most one minute. One line break at the value's end is cut off. Every failure
// is a [*SecretError], as is a value that is empty or no UTF-8; none of them holds the value.
func (s Secret) Reveal(ctx context.Context) (string, error) {
	if s.from == nil {
		return "", &SecretError{Source: "the secret", Problem: "is not configured", Hint: "give it in the configuration file"}
	}
	o := *s.from
	value, err := o.fetch(ctx)
	if err == nil && !utf8.ValidString(value) {
		return "", &SecretError{Place: o.place, Source: "the secret", Problem: "is no UTF-8 text", Hint: "save it in UTF-8"}
	}
	if err == nil {
		o.known.add(value)
	}
	return value, err
}

func (o *origin) fetch(ctx context.Context) (string, error) {
	switch {
	case o.env != "":
		return o.fromEnv()
	case o.file != "":
		return o.fromFile("file", o.file)
	case o.credential != "":
		return o.fromCredential()
	case len(o.command) > 0:
		return o.fromCommand(ctx)
	default:
		return o.text, nil
	}
}

// SecretError says why a secret could not be fetched: from where, what went wrong, what to do. It never holds the value.
type SecretError struct {
	// Place is where the configuration asks for the secret, as `config.yaml:7: odoo[0].password`; empty without a file.
	Place string
	// Source names the variable, file or command, as `environment variable TRELLO_KEY`; of a command the program only.
	Source string
	// Problem says what is wrong with the source and Hint what to do about it; Hint may be empty.
	Problem, Hint string
	// Err is the cause, as an error of the file system, of the command or of the context; nil where there is none.
	Err error
}

// Error gives `place: source problem; hint` on one line.
func (e *SecretError) Error() string {
	text := e.Source + " " + e.Problem
	if e.Place != "" {
		text = e.Place + ": " + text
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *SecretError) Unwrap() error { return e.Err }

// Code is that of a secret which could not be fetched.
func (*SecretError) Code() string { return "CON-CONFIG-SECRET" }

func (o *origin) fromEnv() (string, error) {
	fail := &SecretError{Place: o.place, Source: "environment variable " + o.env, Hint: "export it before connector starts"}
	value, set := os.LookupEnv(o.env)
	value = trimLineBreak([]byte(value))
	switch {
	case !set:
		fail.Problem = "is not set"
		return "", fail
	case value == "":
		fail.Problem = "is empty"
		return "", fail
	}
	return value, nil
}

// credentials is the variable by which systemd tells a service where its credentials are.
const credentials = "CREDENTIALS_DIRECTORY"

func (o *origin) fromCredential() (string, error) {
	dir := os.Getenv(credentials)
	if dir == "" {
		return "", &SecretError{Place: o.place, Source: "credential " + o.credential, Problem: "cannot be had: " + credentials + " is not set",
			Hint: "start the program by systemd, with LoadCredential=" + o.credential + ":FILE in the unit"}
	}
	return o.fromFile("credential", filepath.Join(dir, o.credential))
}

// fromFile reads a file; what says what it is, as "file".
func (o *origin) fromFile(what, name string) (string, error) {
	fail := &SecretError{Place: o.place, Source: what + " " + name}
	path, err := resolve(o.dir, name)
	if err != nil {
		fail.Problem, fail.Hint, fail.Err = "cannot be found: the home directory is unknown", "write the whole path", err
		return "", fail
	}
	fail.Source = what + " " + path
	data, err := readLimited(path, maxSecret)
	switch {
	case errors.Is(err, os.ErrNotExist) && o.credential != "":
		fail.Problem, fail.Hint = "does not exist", "add LoadCredential="+o.credential+":FILE to the unit"
	case errors.Is(err, os.ErrNotExist):
		fail.Problem, fail.Hint = "does not exist", "create it, readable by this user only"
	case err != nil:
		fail.Problem = "cannot be read: " + reason(err)
	case trimLineBreak(data) == "":
		fail.Problem, fail.Hint = "is empty", "write the secret into it"
	default:
		return trimLineBreak(data), nil
	}
	fail.Err = err
	return "", fail
}

func (o *origin) fromCommand(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var stdout, stderr capped
	//nolint:gosec // The administrator's own configuration names the command.
	cmd := exec.CommandContext(ctx, o.command[0], o.command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = o.dir, &stdout, &stderr, time.Second
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it ended well; an agent that it left behind holds its output open
		err = nil
	}
	value := trimLineBreak(stdout.kept)
	if err == nil && value != "" && len(value) <= maxSecret {
		return value, nil
	}
	fail := &SecretError{Place: o.place, Source: "command " + filepath.Base(o.command[0]), Hint: "run it by hand to see why"}
	switch {
	case err == nil && value == "":
		fail.Problem = "printed nothing"
	case err == nil:
		fail.Problem = "printed more than a secret can hold"
	default:
		fail.Problem, fail.Err = commandProblem(ctx, err, hideValue(lastLine(string(stderr.kept)), value))
	}
	return "", fail
}

// commandProblem tells a command that was stopped from one that did not start and from one that failed, with its last words.
func commandProblem(ctx context.Context, err error, lastWords string) (string, error) {
	var exit *exec.ExitError
	var start *exec.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "was stopped: it took too long", ctx.Err()
	case ctx.Err() != nil:
		return "was stopped", ctx.Err()
	case errors.As(err, &start):
		return "could not be started: " + start.Err.Error(), err
	case !errors.As(err, &exit):
		return "could not be started: " + reason(err), err
	case lastWords == "":
		return "failed with " + exit.String(), nil
	default:
		return "failed with " + exit.String() + ": " + lastWords, nil
	}
}

// hideValue masks what the command printed as the secret, line by line, where its complaint repeats it.
func hideValue(words, value string) string {
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); line != "" {
			words = strings.ReplaceAll(words, line, mask)
		}
	}
	return words
}

// lastLine gives the last line that is not blank, fit for a message: printable and at most 200 characters.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	text = strings.TrimSpace(text[strings.LastIndexAny(text, "\r\n")+1:])
	return cut(strings.Map(printable, text), 200)
}

// capped keeps as much of a command's output as is needed to see that it is too long for a secret.
type capped struct{ kept []byte }

// Write takes everything and keeps what fits.
func (c *capped) Write(p []byte) (int, error) {
	room := max(0, maxSecret+3-len(c.kept)) // a line break may follow, and one byte too many has to show
	c.kept = append(c.kept, p[:min(room, len(p))]...)
	return len(p), nil
}

// trimLineBreak cuts one line break, of Unix or of Windows, off the end.
func trimLineBreak(data []byte) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
}
