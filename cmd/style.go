package cmd

import (
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/odoo-connector/connector/jobs"
)

// style dresses texts for one stream: in colours where a person looks at it, not at all elsewhere. The zero value dresses nothing.
// A dressed text is as wide as it was (widthOf).
type style struct{ colours bool }

// The codes of the colours, as ECMA-48 numbers them.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (s style) dress(code, text string) string {
	if !s.colours || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Good is for what went well: green.
func (s style) Good(text string) string { return s.dress(green, text) }

// Bad is for what failed: red.
func (s style) Bad(text string) string { return s.dress(red, text) }

// Warn is for what a person should look at: yellow.
func (s style) Warn(text string) string { return s.dress(yellow, text) }

// Heading is for what stands above others: bold.
func (s style) Heading(text string) string { return s.dress(bold, text) }

// Faint is for what matters less than the rest.
func (s style) Faint(text string) string { return s.dress(faint, text) }

// Added, Changed and Removed are for lines of a plan and of a diff, or their marks: green, yellow, red.
func (s style) Added(text string) string { return s.Good(text) }

// Changed see Added.
func (s style) Changed(text string) string { return s.Warn(text) }

// Removed see Added.
func (s style) Removed(text string) string { return s.Bad(text) }

// State is a job's state in its colour; one that is nothing to look at has none.
func (s style) State(state jobs.State) string {
	switch state {
	case jobs.StateDone:
		return s.Good(string(state))
	case jobs.StateFailed:
		return s.Bad(string(state))
	case jobs.StateStarted:
		return s.Warn(string(state))
	case jobs.StateCancelled:
		return s.Faint(string(state))
	default:
		return string(state)
	}
}

// Level is the level of a finding, ok, warn or fail, in its colour.
func (s style) Level(level, text string) string {
	switch level {
	case "ok":
		return s.Good(text)
	case "warn":
		return s.Warn(text)
	case "fail":
		return s.Bad(text)
	default:
		return text
	}
}

// style is that of stdout: what a command gives as its result. There is no colour in JSON.
func (a *app) style() style {
	return style{colours: !a.json() && a.colours(a.out)}
}

// noteStyle is that of stderr.
func (a *app) noteStyle() style { return style{colours: a.colours(a.err)} }

// colours tells whether a stream is shown in colours: on a terminal that knows them, unless --no-color or NO_COLOR
// (no-color.org) forbids it. CLICOLOR_FORCE asks for it where there is no terminal.
func (a *app) colours(stream io.Writer) bool {
	if a.noColor || os.Getenv("NO_COLOR") != "" {
		return false
	}
	if forced := os.Getenv("CLICOLOR_FORCE"); forced != "" && forced != "0" {
		return true
	}
	_, is := terminal(stream)
	return is && os.Getenv("TERM") != "dumb"
}

// dressing is what style puts around a text.
var dressing = regexp.MustCompile("\x1b\\[[0-9;]*m")

// undressed is a text without colours.
func undressed(s string) string {
	if !strings.Contains(s, "\x1b") {
		return s
	}
	return dressing.ReplaceAllString(s, "")
}
