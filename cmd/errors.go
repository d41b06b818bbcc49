package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"github.com/odoo-connector/connector/explain"
)

// The codes of what has no type that could name one.
const (
	codeStopped  = "CON-RUN-STOPPED"
	codeUsage    = "CON-USAGE-COMMAND"
	codeInternal = "CON-INTERNAL-ERROR"
)

// catalogue is what is known of the codes of this binary.
func (a *app) catalogue() *explain.Catalogue {
	return explain.New(append(explain.Framework(), a.registry.Explained()...)...)
}

// errorCode is the code of an error; what has none is the caller's mistake, a signal's or the program's.
func (a *app) errorCode(err error) string {
	var stopped *stoppedError
	switch code := explain.Code(err); {
	case errors.As(err, &stopped):
		return codeStopped
	case a.lost.Load() != nil && errors.Is(err, context.Canceled):
		return a.lost.Load().Code()
	case a.signal != nil && errors.Is(err, context.Canceled):
		return codeStopped
	case code != "":
		return code
	case isUsage(err):
		return codeUsage
	case errors.Is(err, context.Canceled):
		return codeStopped
	default:
		return codeInternal
	}
}

func isUsage(err error) bool {
	var usage interface{ Usage() bool }
	return errors.As(err, &usage) && usage.Usage()
}

// sentence is the error for people; a signal has its own words.
func (a *app) sentence(err error) string {
	var stopped *stoppedError
	if errors.As(err, &stopped) {
		return stopped.Error()
	}
	if lost := a.lost.Load(); lost != nil && errors.Is(err, context.Canceled) {
		return lost.Error()
	}
	if a.signal != nil && errors.Is(err, context.Canceled) {
		return "stopped; the record in hand was finished and the other jobs wait for the next run"
	}
	return err.Error()
}

// errorLine is an error as `--output json` writes it to stderr: one object a line.
type errorLine struct {
	// Error is the one key, so that a reader tells the line from others.
	Error spokenError `json:"error"`
}

// spokenError is one error of a command.
type spokenError struct {
	// Code is CON-AREA-NAME; `connector explain` tells what it means.
	Code string `json:"code"`
	// Message is one line for people: what failed, why, what to do.
	Message string `json:"message"`
	// Hint is the first thing to do about errors of this code.
	Hint string `json:"hint,omitempty"`
	// Exit is the exit code that this error alone ends the command with.
	Exit int `json:"exit"`
	// Causes is the chain of causes, from the outside to the inside; with --log-level debug only.
	Causes []causeView `json:"causes,omitempty"`
}

// causeView is one error of a chain.
type causeView struct {
	// Type is its Go type: "*odoo.Error".
	Type string `json:"type"`
	// Text is its own text without secrets; left out where it may hold one.
	Text string `json:"text,omitempty"`
}

// causes is the chain of an error, where somebody wants to know it.
func (a *app) causes(err error) []causeView {
	if a.level > slog.LevelDebug {
		return nil
	}
	var all []causeView
	for _, c := range explain.Chain(err) {
		all = append(all, causeView{c.Type, a.hide(c.Text)})
	}
	return all
}

// debugCauses writes the chains of all errors to the log, where a program doesn't get them with the errors.
func (a *app) debugCauses(err error) {
	if a.json() {
		return
	}
	for _, one := range flatten(err) {
		for _, c := range a.causes(one) {
			if c.Text == "" {
				a.log.Debug("caused by " + c.Type)
				continue
			}
			a.log.Debug("caused by "+c.Type, "text", c.Text)
		}
	}
}

// lines are what is printed of an error: one line for each that was joined, each with its code.
func (a *app) lines(err error) []string {
	var lines []string
	said := map[string]bool{}
	for _, one := range flatten(err) {
		if text := a.sentence(one); !said[text] {
			said[text] = true
			lines = append(lines, a.linesOf(one, text)...)
		}
	}
	return lines
}

func (a *app) linesOf(err error, text string) (lines []string) {
	code := a.errorCode(err)
	if !a.json() {
		for line := range strings.Lines(text) {
			lines = append(lines, "connector: "+strings.TrimRight(line, "\n")+" ["+code+"]")
		}
		return lines
	}
	view := spokenError{Code: code, Message: strings.ReplaceAll(text, "\n", "; "), Exit: a.exitOf(err), Causes: a.causes(err)}
	if entry, ok := a.catalogue().Get(code); ok {
		view.Hint = entry.Do[0]
	}
	var line strings.Builder
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if enc.Encode(errorLine{view}) != nil { // texts and a number: it cannot be
		return nil
	}
	return []string{strings.TrimRight(line.String(), "\n")}
}
