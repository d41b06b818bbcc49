package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Errors is everything that is wrong with one configuration file, in the order of its lines; it is never empty as an error.
type Errors []*Error

// Error gives one line per problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single problems to errors.Is and errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// err gives the problems as an error in the order of the file, or nil where there are none.
func (e Errors) err() error {
	if len(e) == 0 {
		return nil
	}
	e.sort()
	return e
}

// sort puts the problems into the order of the file.
func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Error is one problem of a configuration file, told without the value of any secret.
type Error struct {
	// File is the file as it was named to [Load].
	File string
	// Line and Column are where the problem is, counted from 1; 0 where it is the file's as a whole.
	Line, Column int
	// Path leads to the problem, as backends[0].models[2].direction; empty at the top of the file.
	Path string
	// Key is the key that the problem is about, as direction; empty where it is about none.
	Key string
	// Problem says what is wrong and Hint what to do about it; Hint may be empty.
	Problem, Hint string
	// Err is the cause, as an error of the file system; nil where there is none.
	Err error

	code string // "": CON-CONFIG-VALUE
}

// Code tells the file as a whole, its YAML, its keys and their values apart.
func (e *Error) Code() string { return cmp.Or(e.code, "CON-CONFIG-VALUE") }

// The codes of what isn't wrong with a value.
const (
	codeFile     = "CON-CONFIG-FILE"     // it cannot be read
	codeYAML     = "CON-CONFIG-YAML"     // it cannot be understood
	codeKey      = "CON-CONFIG-KEY"      // a key that nobody knows
	codeRequired = "CON-CONFIG-REQUIRED" // a key that is missing
)

// Error gives `file:line: path: problem; hint` on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Path != "" {
		b.WriteString(": " + e.Path)
	}
	b.WriteString(": " + e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }
