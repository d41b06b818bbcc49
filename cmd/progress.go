package cmd

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/odoo-connector/connector/synchronizer"
)

// How often a bar is drawn at most and at least, and how often a line is written at most where there is no bar.
const (
	drawAfter = 100 * time.Millisecond
	drawAgain = time.Second
	lineAfter = 10 * time.Second
)

// progress shows how far a run is: as a bar on a terminal, else as a line from time to time. A nil one shows nothing.
type progress struct {
	app   *app
	bar   *bar // nil: lines
	start time.Time
	drawn time.Time // the last bar or line

	mu    sync.Mutex
	stage synchronizer.Stage // none: nothing is under way
	since time.Time          // when the stage's phase began
	from  int                // what was done then
	moved time.Time          // when the run last got on
	stop  chan struct{}
	ended sync.WaitGroup
}

// beginProgress begins to show how far a run is, unless nobody wants to see that. It ends with end.
func (a *app) beginProgress() *progress {
	if a.quiet || a.silent || a.level > slog.LevelInfo || a.console == nil {
		return nil
	}
	now := a.clock.Now()
	p := &progress{app: a, start: now, drawn: now, stop: make(chan struct{})}
	every := lineAfter
	if _, is := terminal(a.err); is && os.Getenv("TERM") != "dumb" && !a.jsonLog {
		every = drawAgain
		p.bar = a.console.show(a.err, p.text)
	}
	p.ended.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.show(every)
			}
		}
	})
	return p
}

// at notes how far the run is.
func (p *progress) at(s synchronizer.Stage) {
	p.mu.Lock()
	now := p.app.clock.Now()
	if was := p.stage; was.Backend != s.Backend || was.Phase != s.Phase || was.Model != s.Model {
		p.since, p.from = now, s.Done
	}
	p.stage, p.moved = s, now
	p.mu.Unlock()
	if p.bar != nil {
		p.show(drawAfter)
	}
}

// show shows it, unless that was done not long ago.
func (p *progress) show(notWithin time.Duration) {
	p.mu.Lock()
	now := p.app.clock.Now()
	due := p.stage.Phase != "" && now.Sub(p.drawn) >= notWithin
	if due {
		p.drawn = now
	}
	p.mu.Unlock()
	switch {
	case !due:
	case p.bar != nil:
		p.app.console.draw()
	default:
		p.app.log.Info(p.line())
	}
}

// rest takes the bar away until the run gets on: something else is shown now.
func (p *progress) rest() {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.stage = synchronizer.Stage{}
	p.mu.Unlock()
	p.app.console.draw()
}

// end ends the showing.
func (p *progress) end() {
	if p == nil {
		return
	}
	close(p.stop)
	p.ended.Wait()
	p.app.console.hide()
}

// doing is a phase in words.
func doing(s synchronizer.Stage) string {
	switch s.Phase {
	case synchronizer.Settling:
		return "settling earlier creations"
	case synchronizer.PollingOutside:
		return "reading " + s.Model
	case synchronizer.PollingOdoo:
		return "reading Odoo for " + s.Model
	case synchronizer.Importing:
		return "importing " + s.Model
	case synchronizer.Exporting:
		return "exporting " + s.Model
	default:
		return "ordering " + s.Model
	}
}

// figures are the counts, the rate and the remaining time of a stage, as far as they can be told.
func figures(s synchronizer.Stage, done int, lasted time.Duration) (parts []string) {
	known := s.Total > 0 && s.Done <= s.Total
	switch {
	case known:
		parts = append(parts, fmt.Sprintf("%d/%d", s.Done, s.Total))
	case s.Done > 0:
		parts = append(parts, fmt.Sprint(s.Done))
	}
	if done <= 0 || lasted < time.Second {
		return parts
	}
	rate := float64(done) / lasted.Seconds()
	if parts = append(parts, perSecond(rate)); known && s.Done < s.Total {
		left := time.Duration(float64(s.Total-s.Done) / rate * float64(time.Second))
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	return parts
}

func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return fmt.Sprintf("%.0f/s", rate)
}

// now is what there is to show.
func (p *progress) now() (s synchronizer.Stage, parts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage, figures(p.stage, p.stage.Done-p.from, p.app.clock.Now().Sub(p.since))
}

// waits says for how much longer the run only waits, since it last got on; 0 for not at all.
func (p *progress) waits() time.Duration {
	pause := p.app.pause.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	if pause == nil || p.moved.After(pause.since) {
		return 0
	}
	return max(0, pause.until.Sub(p.app.clock.Now()).Round(time.Second))
}

// waiting is what is shown of a wait.
func waiting(backend string, left time.Duration) string {
	return fmt.Sprintf("%s: waiting, %s left", backend, left)
}

// line is a line for a log.
func (p *progress) line() string {
	s, parts := p.now()
	if left := p.waits(); left > 0 {
		return waiting(s.Backend, left)
	}
	return s.Backend + ": " + strings.Join(append([]string{doing(s)}, parts...), ", ")
}

// The columns of a meter and of what stands before it, and the room that they need.
const (
	labelColumns = 36
	meterColumns = 12
	meterNeeds   = labelColumns + meterColumns + 12
)

// text is what the bar shows in n columns.
func (p *progress) text(n int) string {
	s, parts := p.now()
	if s.Phase == "" {
		return ""
	}
	if left := p.waits(); left > 0 {
		return cutLine(waiting(s.Backend, left), n)
	}
	text := s.Backend + ": " + doing(s)
	if s.Total > 0 && s.Done <= s.Total && n >= meterNeeds {
		text = pad(cut(text, labelColumns), labelColumns) + "  " + meter(s.Done, s.Total, meterColumns)
	}
	return cutLine(text+"  "+strings.Join(parts, "  "), n)
}

// cutLine shortens a line to n columns and keeps its blanks.
func cutLine(s string, n int) string {
	s = strings.TrimRight(plainLine(s), " ")
	if widthOf(s) <= n {
		return s
	}
	taken := 0
	for i, r := range s {
		if taken += runeWidth(r); taken > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// witness is what a run tells to those who wait for it.
func (r *running) witness() synchronizer.Witness {
	return synchronizer.Witness{
		Stage: func(s synchronizer.Stage) {
			if r.progress != nil {
				r.progress.at(s)
			}
		},
		TookBack: func(backend string, n int) { r.app.log.Info(backend + ": " + tookBack(n)) },
		Held: func(backend string, h synchronizer.Holders, waits bool) {
			r.app.log.Info(backend + ": " + heldBy(h, waits))
		},
		Unsettled: func(backend string, n int, longest time.Duration) {
			r.app.log.Info(backend + ": " + unsettled(n, longest))
		},
	}
}

func tookBack(n int) string {
	return "took back " + count(n, "job", "jobs") + " of a process that died"
}

// heldBy tells of those who died, or were cut off, with jobs in hand.
func heldBy(h synchronizer.Holders, waits bool) string {
	text := fmt.Sprintf("%s in the hands of %s, which died or cannot reach the database", count(h.Jobs, "job is", "jobs are"), strings.Join(h.Workers, ", "))
	rest := max(h.Longest, 0).Round(time.Second)
	if waits {
		return fmt.Sprintf("waiting %s, until the lease ends: %s", rest, text)
	}
	return fmt.Sprintf("%s; the lease ends in %s, and then they are taken back", text, rest)
}

func unsettled(n int, longest time.Duration) string {
	return fmt.Sprintf("waiting up to %s for the outcome of %s that broke off", longest.Round(time.Second), count(n, "creation", "creations"))
}
