package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// watchedGroup are the backends of one Odoo.
type watchedGroup struct {
	*watchtower
	part     int // of the supervisor
	odoo     config.Odoo
	backends []config.Backend
	watch    *synchronizer.Watch
	failing  map[string]string // what was told of a backend that fails; under "" of all of them
	last     error             // of the last round
	began    bool              // a round went well
}

func sortedNames(backends []config.Backend) []string {
	names := make([]string, len(backends))
	for i, b := range backends {
		names[i] = b.Name
	}
	slices.Sort(names)
	return names
}

// begin makes the group's watch, which wakes up for jobs until ctx ends.
func (g *watchedGroup) begin(ctx context.Context) {
	g.watch = synchronizer.NewWatch(synchronizer.WatchOptions{
		Clock: g.app.clock, Interval: g.options.interval, Sweep: g.options.sweep, OdooModels: g.odooModels(g.odoo),
		Run:     synchronizer.RunOptions{Owner: owner(), TimeLimit: defaultTimeLimit, Info: watchNote(g.backends), Progress: g.progress},
		Connect: g.connect,
		Locked: func(ctx context.Context, do func(context.Context)) error {
			return g.locked(ctx, sortedNames(g.backends), do)
		},
		Due:   g.base.queue.NextDue,
		Wake:  g.base.db.Changed(ctx, jobs.Topic),
		Done:  g.done,
		Alive: func() { g.notify.alive(g.part); g.beat() },
	})
}

func (g *watchedGroup) connect(ctx context.Context) ([]*synchronizer.Synchronizer, error) {
	all, err := g.connectAll(ctx, g.backends)
	if err != nil {
		return nil, err
	}
	syncs := make([]*synchronizer.Synchronizer, len(all))
	for i, o := range all {
		syncs[i] = o.Synchronizer
	}
	return syncs, nil
}

// progress tells of a job that failed for good.
func (g *watchedGroup) progress(j jobs.Job, _ jobs.Outcome) {
	if j.State == jobs.StateFailed {
		view := viewOf(j)
		g.say(watchEvent{Event: "job_failed", Backend: j.Backend, Job: &view, failure: true,
			Message: fmt.Sprintf("job %d failed: %s: %s", j.ID, j.Description, j.ExcMessage)})
	}
}

// done tells what a round did. One that shows at the very beginning that the configuration or the credentials are wrong ends the watch:
// waiting would mend nothing.
func (g *watchedGroup) done(r synchronizer.Round) {
	failure := r.Failure()
	if isEnd(failure) {
		failure = nil
	}
	g.last = failure
	if failure != nil && !g.began && r.Reason == synchronizer.Beginning {
		if code := g.app.exitCode(failure); code == exitUsage || code == exitDenied {
			g.end(failure)
			return
		}
	}
	var locked *state.LockedError
	switch {
	case errors.As(r.Err, &locked):
		g.fails("", "waiting for another run: "+locked.Holder()+" works on "+locked.Name, "locked")
		return
	case isEnd(r.Err):
		return
	case r.Err != nil:
		g.fails("", r.Err.Error(), "failed")
		return
	case len(r.All) == 0 && failure != nil:
		g.fails("", failure.Error(), "outage")
		return
	}
	g.works("")
	for i, s := range r.All {
		report := s.Report()
		if err := r.Errs[i]; err != nil && !isEnd(err) {
			g.fails(report.Backend, err.Error(), "outage")
			continue
		}
		g.began = true
		g.works(report.Backend)
		g.tellRound(r, report)
	}
}

// isEnd tells that a round met nothing but the end of the watch: what waits for an answer gives the reason of its context, or that it
// was cancelled.
func isEnd(err error) bool { return errors.Is(err, context.Canceled) || errors.Is(err, errSpanOver) }

// fails tells of a failure, once as long as it lasts.
func (g *watchedGroup) fails(backend, text, event string) {
	if g.failing[backend] == text {
		return
	}
	g.failing[backend] = text
	for _, name := range g.named(backend) {
		g.say(watchEvent{Event: event, Backend: name, Message: text, failure: true})
	}
}

// works tells that a failure is over.
func (g *watchedGroup) works(backend string) {
	if _, failed := g.failing[backend]; !failed {
		return
	}
	delete(g.failing, backend)
	for _, name := range g.named(backend) {
		g.say(watchEvent{Event: "recovered", Backend: name, Message: "goes on", failure: true})
	}
}

// named is one backend, or all of the group.
func (g *watchedGroup) named(backend string) []string {
	if backend != "" {
		return []string{backend}
	}
	return sortedNames(g.backends)
}

// tellRound tells what was changed, and of the first round that it went well.
func (g *watchedGroup) tellRound(r synchronizer.Round, report *synchronizer.Report) {
	changed := changesOf(report)
	if len(changed) == 0 && report.Jobs.Failed == 0 && r.Reason != synchronizer.Beginning {
		return
	}
	j := report.Jobs
	parts := append(slices.Clone(changed), fmt.Sprintf("%s done, %d failed", count(j.Done, "job", "jobs"), j.Failed))
	if j.Pending > 0 {
		parts = append(parts, fmt.Sprintf("%d left", j.Pending))
	}
	g.say(watchEvent{
		Event: "round", Backend: report.Backend, Reason: string(r.Reason), Models: report.Models, Jobs: &report.Jobs, Milliseconds: r.Took.Milliseconds(),
		Message: fmt.Sprintf("%s: %s (%s)", r.Reason, strings.Join(parts, "; "), r.Took.Round(time.Millisecond)),
	})
}

// changesOf is a text for each model of which something was changed.
func changesOf(report *synchronizer.Report) (parts []string) {
	for i, c := range report.Models {
		if c.Created+c.Updated+c.Archived+c.Moved+c.Deleted+c.Failed > 0 {
			parts = append(parts, strings.TrimSpace(c.Model+" "+reportRows(report)[i][1]))
		}
	}
	return parts
}

// watchEvent is a line that a watch tells.
type watchEvent struct {
	Time         time.Time               `json:"time"`
	Event        string                  `json:"event"`
	Backend      string                  `json:"backend,omitempty"`
	Reason       string                  `json:"reason,omitempty"`
	Message      string                  `json:"message,omitempty"`
	Milliseconds int64                   `json:"duration_ms,omitempty"`
	Job          *jobView                `json:"job,omitempty"`
	Jobs         *synchronizer.JobCounts `json:"jobs,omitempty"`
	Models       []*synchronizer.Counts  `json:"models,omitempty"`
	failure      bool                    // told although nothing but failures are
}

// say tells a line.
func (w *watchtower) say(e watchEvent) {
	level := w.app.levelFor(e.failure, e.Event)
	if !w.app.json() {
		line(w.app.tell, level, e.Backend+": "+e.Message)
		return
	}
	if level >= w.app.level {
		w.mu.Lock()
		defer w.mu.Unlock()
		e.Time = w.app.clock.Now().UTC().Truncate(time.Millisecond)
		_ = w.app.printJSON(e) // who reads may have gone; the work goes on
	}
}
