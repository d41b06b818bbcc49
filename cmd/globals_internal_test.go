package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// atNoon is a clock that stands still.
type atNoon struct{ state.Clock }

func (atNoon) Now() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

// loud is an app that logs into memory.
func loud(t *testing.T, level, format string) (a *app, out, err *bytes.Buffer) {
	t.Helper()
	t.Setenv("TZ", "UTC")
	out, err = &bytes.Buffer{}, &bytes.Buffer{}
	a = &app{out: out, err: err, clock: atNoon{state.SystemClock()}}
	if problem := a.beginLog(level, format); problem != nil {
		t.Fatal(problem)
	}
	return a, out, err
}

func TestLog(t *testing.T) {
	t.Run("Ensure a line has time, level, message and what belongs to it", func(t *testing.T) {
		a, _, said := loud(t, "debug", "text")
		a.log.With("backend", "trello").Warn("it\x1b[2J is\nslow", slog.Duration("took", 1500*time.Millisecond), slog.String("path", "a b"))
		at := a.clock.Now().Local().Format(time.DateTime)
		if want := at + " warning: it[2J isslow backend=trello took=1.5s path=\"a b\"\n"; said.String() != want {
			t.Errorf("it said %q, want %q", said, want)
		}
	})
	t.Run("Ensure JSON lines have UTC times and spans in milliseconds", func(t *testing.T) {
		a, _, said := loud(t, "debug", "json")
		a.log.Debug("asked", slog.Duration("took", 1500*time.Millisecond))
		var got map[string]any
		if err := json.Unmarshal(said.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got["time"] != "2024-05-06T12:00:00Z" || got["level"] != "DEBUG" || got["msg"] != "asked" || got["took_ms"] != 1500.0 {
			t.Errorf("it said %s", said)
		}
	})
	t.Run("Ensure each level leaves out those below it", func(t *testing.T) {
		for n, name := range logLevels {
			a, _, said := loud(t, name, "text")
			for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug} {
				a.log.Log(t.Context(), level, "line")
			}
			if got := strings.Count(said.String(), "\n"); got != n+1 {
				t.Errorf("%s lets %d lines through: %q", name, got, said)
			}
		}
	})
	t.Run("Ensure --quiet leaves warnings, and another level is as it was asked for", func(t *testing.T) {
		a := &app{quiet: true}
		if err := a.beginLog("", "text"); err != nil || a.level != slog.LevelWarn {
			t.Errorf("%v, %v", a.level, err)
		}
		if err := a.beginLog("debug", "text"); err != nil || a.level != slog.LevelDebug {
			t.Errorf("%v, %v", a.level, err)
		}
	})
	t.Run("Ensure the nearest level is offered for a misspelt one", func(t *testing.T) {
		var usage *usageError
		if err := (&app{}).beginLog("debgu", "text"); !errors.As(err, &usage) || !strings.Contains(err.Error(), `did you mean "debug"?`) {
			t.Errorf("%v", err)
		}
	})
}

func TestStyle(t *testing.T) {
	t.Run("Ensure nothing is dressed in a pipe, and by force it is, unless NO_COLOR forbids it", func(t *testing.T) {
		t.Setenv("NO_COLOR", "")
		a := &app{out: &bytes.Buffer{}, err: &bytes.Buffer{}}
		if got := a.style().State(jobs.StateFailed); got != "failed" {
			t.Errorf("a pipe got %q", got)
		}
		t.Setenv("CLICOLOR_FORCE", "1")
		if got := a.style().State(jobs.StateFailed); got != "\x1b[31mfailed\x1b[0m" {
			t.Errorf("forced, it got %q", got)
		}
		a.output = "json"
		if got := a.style().Good("x"); got != "x" {
			t.Errorf("JSON got %q", got)
		}
		a.output = ""
		t.Setenv("NO_COLOR", "1")
		if got := a.style().Good("x"); got != "x" {
			t.Errorf("NO_COLOR got %q", got)
		}
	})
	t.Run("Ensure colours take no column of a table, and survive where a cell is cut", func(t *testing.T) {
		s := style{colours: true}
		lines := layOut([][]string{{"STATE", "X"}, {s.Bad("failed"), "1"}, {s.Good("done and more than that"), "2"}}, 14, 0, 1)
		for _, line := range lines {
			if widthOf(strings.TrimRight(line, "\n")) > 14 {
				t.Errorf("%q is too wide", line)
			}
		}
		if !strings.Contains(lines[2], "\x1b[32mdone and…\x1b[0m") && !strings.Contains(lines[2], "…\x1b[0m") {
			t.Errorf("%q", lines[2])
		}
	})
}
