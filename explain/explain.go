// Package explain is the catalogue of error codes: what each code means, what mostly causes it and what to do. An error
// carries its code by a method `Code() string`; the texts are data that the framework ([Framework]) and each system bring.
//
// A code is CON-AREA-NAME: the area is the layer or the system that the error is of, the name is a word or, where a server
// answered, its status. A code keeps its meaning for ever: scripts and people's notes refer to it.
package explain

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Prefix begins every code.
const Prefix = "CON-"

// Exit is the exit code of a command that ends with an error.
type Exit int

// The exit codes. Where several hold, the first of 130/143, 1, 2, 11, 4, 3, 5 stands.
const (
	Internal    Exit = 1   // a mistake of the program, or a state that cannot be used
	Usage       Exit = 2   // the command line or the configuration
	Environment Exit = 3   // the network, a server, the disk: trying again makes sense
	Denied      Exit = 4   // credentials or rights
	FailedJobs  Exit = 5   // done, but some jobs failed
	Locked      Exit = 11  // another run holds the lock
	Interrupted Exit = 130 // a signal; 143 for SIGTERM
)

// String says what the exit code stands for.
func (e Exit) String() string {
	switch e {
	case Internal:
		return "internal error or unusable state"
	case Usage:
		return "usage or configuration"
	case Environment:
		return "environment: try again"
	case Denied:
		return "denied: credentials or rights"
	case FailedJobs:
		return "done, but some jobs failed"
	case Locked:
		return "another run holds the lock"
	case Interrupted:
		return "stopped by a signal"
	default:
		return fmt.Sprintf("Exit(%d)", int(e))
	}
}

// Entry is what is known of one code.
type Entry struct {
	// Code is CON-AREA-NAME, in capitals.
	Code string
	// What says in one sentence what happened.
	What string
	// Causes are the usual ones, the most frequent first; never empty.
	Causes []string
	// Do is what to do about it, step by step; never empty.
	Do []string
	// Exit is the exit code of a command that ends with this error. A failed job doesn't end its run: that ends with 5.
	Exit Exit
	// See are commands that show more, without "connector": "doctor".
	See []string
}

// Area is the part of a code that names the layer or the system: "ODOO" of CON-ODOO-403.
func (e Entry) Area() string { return areaOf(e.Code) }

func areaOf(code string) string {
	area, _, _ := strings.Cut(strings.TrimPrefix(code, Prefix), "-")
	return area
}

// Coded is an error that has a code.
type Coded interface {
	error
	// Code is CON-AREA-NAME; "" where the cause's own code is meant.
	Code() string
}

// Code gives the code of an error: that of the outermost of its chain that has one; "" where none has.
func Code(err error) string {
	found := ""
	walk(err, func(e error) bool {
		coded, ok := e.(Coded) //nolint:errorlint // the walk goes to the wrapped ones
		if ok && strings.HasPrefix(coded.Code(), Prefix) {
			found = coded.Code()
		}
		return found != ""
	})
	return found
}

// walk shows an error and what it wraps, from the outside to the inside, until it is told to stop.
func walk(err error, stop func(error) bool) bool {
	for err != nil {
		if stop(err) {
			return true
		}
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			return slices.ContainsFunc(several.Unwrap(), func(e error) bool { return walk(e, stop) })
		}
		err = errors.Unwrap(err)
	}
	return false
}

// Catalogue is a list of entries in the order of their codes, areas beside each other.
type Catalogue struct{ entries []Entry }

// form is what a code looks like.
var form = regexp.MustCompile(`^CON-[A-Z][A-Z0-9]*-[A-Z0-9]+$`)

// New makes a catalogue. A code that is there twice, or is of another form than CON-AREA-NAME, panics: it is a mistake of
// whoever built the binary.
func New(entries ...Entry) *Catalogue {
	c := &Catalogue{entries: slices.Clone(entries)}
	slices.SortStableFunc(c.entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Area(), b.Area()), cmp.Compare(a.Code, b.Code))
	})
	for i, e := range c.entries {
		if !form.MatchString(e.Code) {
			panic(fmt.Sprintf("explain: %q is not of the form CON-AREA-NAME", e.Code))
		}
		if i > 0 && c.entries[i-1].Code == e.Code {
			panic(fmt.Sprintf("explain: the code %s is there twice", e.Code))
		}
	}
	return c
}

// Entries are all of them.
func (c *Catalogue) Entries() []Entry { return slices.Clone(c.entries) }

// Codes are the codes of all entries.
func (c *Catalogue) Codes() []string {
	codes := make([]string, len(c.entries))
	for i, e := range c.entries {
		codes[i] = e.Code
	}
	return codes
}

// Get gives the entry of exactly this code.
func (c *Catalogue) Get(code string) (Entry, bool) {
	at := slices.IndexFunc(c.entries, func(e Entry) bool { return e.Code == code })
	if at < 0 {
		return Entry{}, false
	}
	return c.entries[at], true
}

// Find gives what a person means: one code, in whatever case, with or without CON- and the brackets around it; or an area,
// for all of it; empty where there is neither.
func (c *Catalogue) Find(text string) []Entry {
	code := Normal(text)
	if e, ok := c.Get(code); ok {
		return []Entry{e}
	}
	var found []Entry
	for _, e := range c.entries {
		if Prefix+e.Area() == code {
			found = append(found, e)
		}
	}
	return found
}

// Normal is a code as it is written here: capitals, CON- in front, no brackets.
func Normal(text string) string {
	code := strings.ToUpper(strings.Trim(strings.TrimSpace(text), "[]"))
	return Prefix + strings.Trim(strings.TrimPrefix(code, Prefix), "-")
}
