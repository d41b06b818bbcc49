package cmd

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// byHand is a clock that a test moves.
type byHand struct {
	state.Clock
	now time.Time
}

func (c *byHand) Now() time.Time { return c.now }

func (c *byHand) pass(d time.Duration) { c.now = c.now.Add(d) }

// atWork is a run whose progress is looked at.
func atWork(t *testing.T, withBar bool) (p *progress, clock *byHand, screen *bytes.Buffer, columns *int) {
	t.Helper()
	clock = &byHand{now: time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)}
	screen, columns = &bytes.Buffer{}, new(int)
	*columns = 80
	a := &app{console: &console{}, clock: clock, level: slog.LevelInfo}
	a.out, a.err = a.console.stream(screen), a.console.stream(screen)
	a.log = a.logger(a.err, style{})
	p = &progress{app: a, start: clock.now, drawn: clock.now}
	if withBar {
		p.bar = &bar{out: screen, text: p.text, columns: func() int { return *columns }}
		a.console.bar = p.bar
	}
	return p, clock, screen, columns
}

func cards(done, total int) synchronizer.Stage {
	return synchronizer.Stage{Backend: "trello", Phase: synchronizer.Importing, Model: "trello.card", Done: done, Total: total}
}

func TestProgress(t *testing.T) {
	t.Run("Ensure a bar has counts, rate and the remaining time, and fits any width", func(t *testing.T) {
		p, clock, _, _ := atWork(t, true)
		p.at(cards(10, 900))
		clock.pass(10 * time.Second)
		p.at(cards(130, 900))
		if got, want := p.text(79), "trello: importing trello.card         [#-----------]  130/900  12/s  1m4s left"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		s := cards(130, 900)
		s.Backend = "貿易" + strings.Repeat("易", 30)
		p.at(s)
		for n := range 120 {
			if got := p.text(n); widthOf(got) > max(n, 1) {
				t.Errorf("%d columns got %q of %d", n, got, widthOf(got))
			}
		}
	})
	t.Run("Ensure a wait is shown as one, until the run gets on", func(t *testing.T) {
		p, clock, _, _ := atWork(t, true)
		p.at(cards(10, 900))
		p.app.pause.Store(&pause{clock.now, clock.now.Add(42 * time.Second)})
		clock.pass(10 * time.Second)
		for _, got := range []string{p.text(79), p.line()} {
			if want := "trello: waiting, 32s left"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		p.at(cards(11, 900))
		if got := p.line(); !strings.Contains(got, "importing trello.card, 11/900") {
			t.Errorf("%q", got)
		}
	})
	t.Run("Ensure a bar is drawn ten times a second at most", func(t *testing.T) {
		p, clock, screen, _ := atWork(t, true)
		for i := range 1000 {
			clock.pass(time.Millisecond)
			p.at(cards(i, 1000))
		}
		if n := strings.Count(screen.String(), "importing"); n < 5 || n > 10 {
			t.Errorf("it was drawn %d times in a second", n)
		}
	})
	t.Run("Ensure lines go above the bar, and nothing is left of it at the end", func(t *testing.T) {
		p, clock, screen, _ := atWork(t, true)
		clock.pass(time.Second)
		p.at(cards(1, 2))
		p.app.log.Info("line one")
		_, _ = p.app.out.Write([]byte("part of a "))
		_, _ = p.app.out.Write([]byte("line\n"))
		p.rest()
		if got := onScreen(screen.String(), 80); got != clock.now.Local().Format(time.DateTime)+" line one\npart of a line" {
			t.Errorf("the screen shows %q", got)
		}
	})
	t.Run("Ensure a bar that a narrower terminal broke is taken away whole", func(t *testing.T) {
		p, clock, screen, columns := atWork(t, true)
		clock.pass(time.Second)
		p.at(cards(1, 2))
		*columns = 40
		screen.Reset()
		p.rest()
		if got := screen.String(); got != "\r\x1b[1A\x1b[J" {
			t.Errorf("%q", got)
		}
	})
	t.Run("Ensure there is a line every ten seconds where there is no terminal", func(t *testing.T) {
		p, clock, screen, _ := atWork(t, false)
		for i := range 300 {
			clock.pass(100 * time.Millisecond)
			p.at(cards(i, 300))
			p.show(lineAfter)
		}
		lines := strings.Split(strings.TrimSpace(screen.String()), "\n")
		if len(lines) != 3 || !strings.HasSuffix(lines[1], " trello: importing trello.card, 199/300, 10/s, 10s left") {
			t.Errorf("%q", lines)
		}
	})
	t.Run("Ensure nothing is shown to those who want to hear of trouble only", func(t *testing.T) {
		a := &app{quiet: true, console: &console{}, clock: &byHand{}, err: os.Stderr}
		p := a.beginProgress()
		p.rest()
		p.end()
		if p != nil {
			t.Error("there is a progress")
		}
	})
	t.Run("Ensure a total that was too low is not shown", func(t *testing.T) {
		if got := strings.Join(figures(cards(12, 10), 12, 3*time.Second), " "); got != "12 4.0/s" {
			t.Errorf("%q", got)
		}
	})
}

// onScreen is what a terminal of so many columns shows, for what bars and lines write.
func onScreen(written string, columns int) string {
	lines := []string{""}
	for written != "" {
		at := len(lines) - 1
		switch {
		case strings.HasPrefix(written, "\r\x1b[J"):
			lines[at], written = "", written[len("\r\x1b[J"):]
		case written[0] == '\n':
			lines, written = append(lines, ""), written[1:]
		default:
			lines[at], written = lines[at]+written[:1], written[1:]
			if len(lines[at]) > columns {
				lines = append(lines, "")
			}
		}
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
