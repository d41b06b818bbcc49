package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
)

func (a *app) configValidateCommand() *cobra.Command {
	var o validateOptions
	c := &cobra.Command{
		Use: "validate", Short: "Check the configuration, and tell all that is wrong with it", Args: cobra.NoArgs,
		Long: `validate reads the configuration and prints each error and each warning with its file, line and path, and
what to do. It looks whether the secrets can be had: variables, files and credentials are read,
programs are looked for and not run. With --online it asks the servers, too, as doctor does: whether they
are there, let the users in, and have what the configuration names. With --output json doctor's object
follows on a line of its own.

Exit codes: 0 valid (there may be warnings), 2 usage, or the configuration is wrong. With --online also
those of doctor: 3 a check failed, 4 denied, 11 another command holds the sandbox, 130/143 stopped by a
signal.

Next: ` + "`connector doctor`, `connector config show`" + `.`,
		Example: `  connector config validate
  connector config validate --online
  connector --config new.yaml --output json config validate --no-secrets`,
		RunE: func(c *cobra.Command, _ []string) error { return a.configValidate(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.online, "online", false, "ask the servers, too")
	c.Flags().BoolVar(&o.noSecrets, "no-secrets", false, "don't look whether the secrets can be had, as where there are none")
	return c
}

// validateOptions are the flags of `config validate`.
type validateOptions struct{ online, noSecrets bool }

// The levels of a configFinding.
const (
	findingError   = "error"
	findingWarning = "warning"
)

// configFinding is a problem of the configuration as `--output json` shows it.
type configFinding struct {
	Level   string `json:"level"`            // "error" or "warning"
	Line    int    `json:"line,omitempty"`   // counted from 1; left out where it is the file's as a whole
	Column  int    `json:"column,omitempty"` // counted from 1
	Path    string `json:"path,omitempty"`   // as backends[0].models[2].direction
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"` // what to do
	Code    string `json:"code,omitempty"` // of an error, as `connector explain` takes it
}

// validateView is what `config validate --output json` prints.
type validateView struct {
	File     string          `json:"file"` // as it was named
	Valid    bool            `json:"valid"`
	Odoo     []string        `json:"odoo"`     // names of the Odoo databases; empty where the file is not valid
	Backends []string        `json:"backends"` // names of the backends
	Findings []configFinding `json:"findings"` // in the order of the lines
}

// invalidError says that the configuration is wrong; what is, is printed.
type invalidError struct {
	file   string
	errors int
}

func (e *invalidError) Error() string {
	return fmt.Sprintf("%s has %s", e.file, count(e.errors, "error", "errors"))
}

// Usage marks the error as the caller's to mend.
func (*invalidError) Usage() bool { return true }

// Code is that of a configuration with errors.
func (*invalidError) Code() string { return "CON-CONFIG-INVALID" }

func (a *app) configValidate(ctx context.Context, o validateOptions) error {
	a.warned = true // they are part of the result
	c, err := a.load()
	if err == nil && !o.noSecrets {
		err = c.CheckSecrets(ctx)
	}
	var wrong config.Errors
	if err != nil && !errors.As(err, &wrong) {
		return err
	}
	if err := a.showValidated(c, wrong); err != nil {
		return err
	}
	switch {
	case len(wrong) > 0:
		return &invalidError{a.config, len(wrong)}
	case o.online:
		return a.doctor(ctx, nil)
	default:
		return nil
	}
}

// showValidated prints what is wrong and odd; c is nil where the file cannot be used.
func (a *app) showValidated(c *config.Config, wrong config.Errors) error {
	v := validateView{File: a.config, Valid: len(wrong) == 0, Odoo: []string{}, Backends: []string{}, Findings: []configFinding{}}
	if c != nil {
		for _, w := range c.Warnings {
			v.Findings = append(v.Findings, findingOf(w, findingWarning))
		}
		for _, o := range c.Odoo {
			v.Odoo = append(v.Odoo, o.Name)
		}
		v.Backends = append(v.Backends, backendNames(c.Backends)...)
	}
	for _, e := range wrong {
		v.Findings = append(v.Findings, findingOf(e, findingError))
	}
	if a.json() {
		return a.printJSON(v)
	}
	return a.printValidated(v)
}

func findingOf(e *config.Error, level string) configFinding {
	f := configFinding{Level: level, Line: e.Line, Column: e.Column, Path: e.Path, Problem: e.Problem, Hint: e.Hint}
	if level == findingError {
		f.Code = e.Code()
	}
	return f
}

func (a *app) printValidated(v validateView) error {
	var b strings.Builder
	warnings := 0
	for _, f := range v.Findings {
		e := config.Error{File: v.File, Line: f.Line, Path: f.Path, Problem: f.Problem, Hint: f.Hint}
		if f.Level != findingWarning {
			b.WriteString(hanging(e.Error(), a.columnsOf()) + "\n")
			continue
		}
		const mark = "warning:"
		e.Problem = mark + " " + e.Problem
		warnings++
		b.WriteString(strings.Replace(hanging(e.Error(), a.columnsOf()), mark, a.style().Warn(mark), 1) + "\n")
	}
	if v.Valid && !a.quiet {
		fmt.Fprintf(&b, "%s is valid: %s, %s", v.File, count(len(v.Odoo), "Odoo", "Odoos"), count(len(v.Backends), "backend", "backends"))
		if warnings > 0 {
			b.WriteString("; " + count(warnings, "warning", "warnings"))
		}
		b.WriteString("\n")
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}
