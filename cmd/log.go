package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
)

// The levels that --log-level knows.
var logLevels = []string{"error", "warn", "info", "debug"}

// levelOf is the level of that name.
func levelOf(name string) (slog.Level, error) {
	switch name {
	case "error":
		return slog.LevelError, nil
	case "warn":
		return slog.LevelWarn, nil
	case "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	}
	hint := "write one of " + strings.Join(logLevels, ", ")
	if near, ok := config.Nearest(name, logLevels); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return 0, &usageError{fmt.Sprintf("--log-level %q is no level; %s", name, hint)}
}

// beginLog makes the program's two logs as the flags want them: log is beside the result, on stderr; tell is of the commands that go
// on, whose lines are their result, on stdout.
func (a *app) beginLog(level, format string) error {
	if level == "" {
		level = map[bool]string{false: "info", true: "warn"}[a.quiet]
	}
	var err error
	if a.level, err = levelOf(level); err != nil {
		return err
	}
	if format != "text" && format != "json" {
		return &usageError{fmt.Sprintf("--log-format %q is neither text nor json", format)}
	}
	a.jsonLog = format == "json"
	a.log, a.tell = a.logger(a.err, a.noteStyle()), a.logger(a.out, a.style())
	return nil
}

// logger writes to a stream in the format that the flags want, with the times of the app's clock.
func (a *app) logger(out io.Writer, s style) *slog.Logger {
	if a.jsonLog {
		return slog.New(&timed{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: a.level, ReplaceAttr: inUTC}), a.clock})
	}
	_, isTerminal := terminal(out)
	return slog.New(&timed{&lineHandler{out: out, level: a.level, style: s, short: isTerminal, mu: &sync.Mutex{}}, a.clock})
}

// timed gives records the time of a clock.
type timed struct {
	slog.Handler
	clock state.Clock
}

// Handle writes a record. Who reads may have gone; the work goes on.
func (h *timed) Handle(ctx context.Context, r slog.Record) error {
	r.Time = h.clock.Now()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs adds what belongs to every record.
func (h *timed) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &timed{h.Handler.WithAttrs(attrs), h.clock}
}

// WithGroup begins a group.
func (h *timed) WithGroup(name string) slog.Handler {
	return &timed{h.Handler.WithGroup(name), h.clock}
}

// inUTC gives times as the other JSON of this program has them.
func inUTC(groups []string, at slog.Attr) slog.Attr {
	if at.Key == slog.TimeKey && len(groups) == 0 {
		return slog.Time(slog.TimeKey, at.Value.Time().UTC().Truncate(time.Millisecond))
	}
	if at.Value.Kind() == slog.KindDuration {
		return slog.Int64(at.Key+"_ms", at.Value.Duration().Milliseconds())
	}
	return at
}

// lineHandler writes a record as a line for people: the time (on a terminal without the date), its level unless that is info, the
// message and what belongs to it.
type lineHandler struct {
	out   io.Writer
	level slog.Level
	style style
	short bool // without the date
	attrs []slog.Attr
	mu    *sync.Mutex
}

// Enabled tells whether records of a level are written.
func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle writes a record.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	layout := time.DateTime
	if h.short {
		layout = time.TimeOnly
	}
	b.WriteString(h.style.Faint(r.Time.Local().Format(layout)) + " " + h.word(r.Level) + plainLine(r.Message))
	for _, at := range h.attrs {
		h.attr(&b, at)
	}
	r.Attrs(func(at slog.Attr) bool {
		h.attr(&b, at)
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.out.Write(b.Bytes())
	return err
}

// word is a level at the beginning of a line.
func (h *lineHandler) word(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return h.style.Bad("error:") + " "
	case l >= slog.LevelWarn:
		return h.style.Warn("warning:") + " "
	case l >= slog.LevelInfo:
		return ""
	default:
		return h.style.Faint("debug:") + " "
	}
}

func (h *lineHandler) attr(b *bytes.Buffer, at slog.Attr) {
	value := at.Value.Resolve()
	text := plainLine(value.String())
	if value.Kind() == slog.KindDuration {
		text = value.Duration().Round(time.Millisecond).String()
	}
	if text == "" || strings.ContainsAny(text, " \"=") {
		text = fmt.Sprintf("%q", text)
	}
	b.WriteString(" " + h.style.Faint(at.Key+"=") + text)
}

// WithAttrs adds what belongs to every record.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &with
}

// WithGroup is not needed here: names of what belongs to a record are flat.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

// line logs a record of a level that is known only when it happens.
func line(l *slog.Logger, level slog.Level, message string) {
	switch level {
	case slog.LevelError:
		l.Error(message)
	case slog.LevelWarn:
		l.Warn(message)
	default:
		l.Info(message)
	}
}
