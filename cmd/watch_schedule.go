package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/schedule"
	"github.com/odoo-connector/connector/synchronizer"
)

// planAgain is how often a watch looks at the schedule when nothing is due: another process may have run what was.
const planAgain = 30 * time.Second

// runSchedule runs the entries of the schedule that concern what is watched, in their time, until ctx ends.
func (w *watchtower) runSchedule(ctx context.Context) {
	mine := *w.base.config
	mine.Schedule = nil
	for _, s := range w.base.config.Schedule {
		if w.concerns(s) {
			mine.Schedule = append(mine.Schedule, s)
		}
	}
	if len(mine.Schedule) == 0 {
		return
	}
	s := schedule.New(w.base.db, w.location, owner(), entriesOf(&mine))
	told := ""
	for ctx.Err() == nil {
		err := w.scheduleOnce(ctx, s)
		if err != nil && ctx.Err() == nil && err.Error() != told {
			told = err.Error()
			w.say(watchEvent{Event: "failed", Backend: "schedule", Message: told, failure: true})
		}
		if err == nil {
			told = ""
		}
	}
}

// concerns tells whether an entry works on nothing but what is watched here; the others are left to other processes.
func (w *watchtower) concerns(s config.Scheduled) bool {
	if s.Run == pruning || (len(s.Backends) == 0 && w.all) {
		return true
	}
	for _, name := range s.Backends {
		if w.groupOf(name) == nil {
			return false
		}
	}
	return len(s.Backends) > 0
}

// scheduleOnce runs what is due and waits for what comes next.
func (w *watchtower) scheduleOnce(ctx context.Context, s *schedule.Schedule) error {
	err := s.Plan(ctx)
	if err == nil {
		_, err = s.RunDue(ctx, w.act)
	}
	next, nextErr := s.Next(ctx)
	pause := planAgain
	if until := next.Sub(w.app.clock.Now()); err == nil && nextErr == nil && !next.IsZero() {
		pause = min(max(until, time.Second), pause)
	}
	_ = w.app.clock.Sleep(ctx, pause) // its only error is ctx's
	return errors.Join(err, nextErr)
}

// act does what an entry is there for. Whatever it is called, a round of the watch does it: it polls, and it runs jobs; a sync may be
// narrowed.
func (w *watchtower) act(ctx context.Context, e schedule.Entry) (string, error) {
	entry, _ := w.base.config.FindScheduled(e.Name)
	if entry.Run == pruning {
		pruned, err := w.base.queue.Prune(ctx, retentionOf(w.base.config.Jobs))
		total := 0
		for _, p := range pruned {
			total += p.Jobs
		}
		return fmt.Sprintf("%s deleted", count(total, "job", "jobs")), err
	}
	var reports []*synchronizer.Report
	var errs []error
	for _, g := range w.groups {
		if !g.takesPart(entry.Backends) {
			continue
		}
		r, err := g.watch.Ask(ctx, synchronizer.Wish{Backends: entry.Backends, Limits: limitsOf(entry)})
		reports, errs = append(reports, reportsOf(r.All)...), append(errs, err)
	}
	return summary(reports), errors.Join(errs...)
}

// takesPart tells whether one of the backends, or any where none is named, belongs to the group.
func (g *watchedGroup) takesPart(names []string) bool {
	for _, name := range names {
		if g.groupOf(name) == g {
			return true
		}
	}
	return len(names) == 0
}
