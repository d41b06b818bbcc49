package cmd

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
)

// workerNote is what a worker notes of itself for `jobs workers`.
type workerNote struct {
	Command   string   `json:"command"`
	Backends  []string `json:"backends,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Jobs      int      `json:"jobs"`         // slices at a time
	TimeLimit int64    `json:"time_limit_s"` // of jobs that have none of their own; 0: for ever
	Version   string   `json:"version"`
}

// String is the command as it was given, as far as it says what is worked on.
func (n workerNote) String() string {
	text := strings.Join(append([]string{n.Command}, n.Backends...), " ")
	if n.Command == "work" && n.Jobs > 1 {
		text += fmt.Sprintf(" --jobs %d", n.Jobs)
	}
	if len(n.Channels) > 0 {
		text += " --channels " + strings.Join(n.Channels, ",")
	}
	return text
}

// workEvent is a line that a worker tells.
type workEvent struct {
	Time    time.Time              `json:"time"`
	Event   string                 `json:"event"`
	Backend string                 `json:"backend,omitempty"`
	Message string                 `json:"message,omitempty"`
	Job     *jobView               `json:"job,omitempty"`
	Workers []string               `json:"workers,omitempty"`
	Jobs    *workCounts            `json:"jobs,omitempty"`
	Models  []*synchronizer.Counts `json:"models,omitempty"`
	failure bool                   // told although nothing but failures are
}

// workCounts are what became of jobs while a worker ran.
type workCounts struct {
	Done        int        `json:"done"`
	NothingToDo int        `json:"nothing_to_do"`
	Failed      int        `json:"failed"`
	Retried     int        `json:"retried"`    // to be tried again
	Waiting     int        `json:"waiting"`    // for other jobs
	GivenBack   int        `json:"given_back"` // unspent
	Left        int        `json:"left"`       // whose time has not come
	NextETA     *time.Time `json:"next_eta,omitempty"`
}

// teller tells lines, one after the other.
type teller struct {
	app *app
	mu  sync.Mutex
}

func (t *teller) say(e workEvent) {
	level := t.app.levelFor(e.failure, e.Event)
	if !t.app.json() {
		line(t.app.tell, level, e.Backend+": "+e.Message)
		return
	}
	if level >= t.app.level {
		t.mu.Lock()
		defer t.mu.Unlock()
		_ = t.app.printJSON(e) // who reads may have gone; the work goes on
	}
}

// levelFor is the level of an event: failures and ends of failures are told to those, too, who want to hear of nothing else.
func (a *app) levelFor(failure bool, event string) slog.Level {
	switch {
	case !failure:
		return slog.LevelInfo
	case slices.Contains([]string{"job_failed", "ended", "failed", "state_unusable"}, event):
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}

func (p *post) say(e workEvent) {
	e.Time, e.Backend = p.app.clock.Now().UTC().Truncate(time.Millisecond), p.backend.Name
	p.tell.say(e)
}

// atATime says how many slices of a backend run at a time, and what keeps it from being as many as were asked for.
func atATime(asked int, backend string, channels jobs.Channels) string {
	text := count(asked, "slice", "slices") + " at a time"
	own := channels.Get(jobs.DefaultChannel(backend))
	for _, ch := range []jobs.Channel{own, channels.Get(jobs.Root)} {
		if ch.Capacity > 0 && ch.Capacity < asked {
			return fmt.Sprintf("up to %s; the channel %s lets %d run, and more where `jobs: channels:` gives it more", text, ch.Name, ch.Capacity)
		}
	}
	return text
}

// summarize tells what was done in all.
func (p *post) summarize() {
	s := p.stats
	e := workEvent{Event: "summary", Jobs: &workCounts{
		Done: s.Done, NothingToDo: s.NothingToDo, Failed: s.Failed, Retried: s.Retried, Waiting: s.Waiting, GivenBack: s.GivenBack,
		Left: s.Left, NextETA: optional(s.NextETA),
	}}
	e.Message = fmt.Sprintf("%s done, %d with nothing to do, %d failed, %d to be tried again", count(s.Done, "job", "jobs"), s.NothingToDo, s.Failed, s.Retried)
	if s.GivenBack > 0 {
		e.Message += fmt.Sprintf(", %d given back", s.GivenBack)
	}
	if s.Left > 0 {
		e.Message += fmt.Sprintf(", %d left for later, the next at %s", s.Left, when(s.NextETA))
	}
	if p.report != nil {
		e.Models = p.report.Models
	}
	p.say(e)
	if p.report == nil || p.app.quiet || p.app.json() {
		return
	}
	var rows [][]string
	for _, r := range reportRows(p.report) {
		if r[1] != "none" {
			rows = append(rows, r)
		}
	}
	_ = table(p.app.out, rows) // who reads may have gone
}
