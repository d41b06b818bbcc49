package notify

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
)

// The events that a receiver may be told of, as the configuration names them.
const (
	Failed   = "failed"   // a job failed for good
	Schedule = "schedule" // an entry of the schedule failed, or didn't run
	Outage   = "outage"   // a backend's server or Odoo is out, or answers again
	Stuck    = "stuck"    // a job runs for longer than it may
	Review   = "review"   // a person has to decide something
)

// Item is a line of a message: what happened, how often, the first and the last time.
type Item struct {
	Event string     // one of the above
	Topic string     // what makes it one line
	Count int        // how often
	First Occurrence // the earliest
	Last  Occurrence // the latest; the same where Count is 1
}

// Occurrence is one time at which something happened.
type Occurrence struct {
	At   time.Time
	Text string // one line
}

// lasting is a trouble that goes on: it is told once, until it is another one of its topic.
type lasting struct {
	event, topic string
	since        time.Time
	text         string // "": it isn't worth a line
}

// The patience before something counts as a trouble.
const (
	LateAfter  = 10 * time.Minute // an entry of the schedule
	stuckAfter = time.Hour        // a job without a time limit of its own
)

// commitLag is how much later than its own time a transaction may be committed on PostgreSQL, where several write at once.
const commitLag = 10 * time.Second

// look finds what happened since the last look, and what goes on, and notes what is to be told. Where there is nothing it writes
// nothing.
func (n *Notifier) look(ctx context.Context, r config.Notify) error {
	from, err := n.position(ctx, r)
	if err != nil {
		return err
	}
	now, open, err := n.lasting(ctx, r)
	if err != nil {
		return fmt.Errorf("look for troubles that go on: %w", n.db.Explain(err))
	}
	fresh, err := n.happened(ctx, r, from, time.Time{})
	if err != nil {
		return fmt.Errorf("look for troubles: %w", n.db.Explain(err))
	}
	if len(fresh) == 0 && !differ(now, open) {
		return nil
	}
	to, err := n.until(ctx)
	if err != nil {
		return err
	}
	if fresh, err = n.happened(ctx, r, from, to); err != nil {
		return fmt.Errorf("look for troubles: %w", n.db.Explain(err))
	}
	return n.note(ctx, r, from, to, fresh, now)
}

// until is an instant before which nothing more will happen that cannot be read yet.
func (n *Notifier) until(ctx context.Context) (to time.Time, err error) {
	err = n.db.Write(ctx, func(tx *state.Tx) error {
		if to = tx.Now(); tx.Dialect() == state.PostgreSQL {
			to = to.Add(-commitLag)
		}
		return nil
	})
	return to, err
}

// happened finds failures and reviews of a time; a zero to is open.
func (n *Notifier) happened(ctx context.Context, r config.Notify, from, to time.Time) (items []Item, err error) {
	if !to.IsZero() && !from.Before(to) {
		return nil, nil
	}
	if slices.Contains(r.On, Failed) {
		kinds, err := n.queue.Failures(ctx, jobs.Filter{Since: from, Until: to})
		if err != nil {
			return nil, err
		}
		for _, k := range kinds {
			items = append(items, Item{Event: Failed, Topic: k.Name + ": " + k.Pattern, Count: k.Count, First: failure(k.First), Last: failure(k.Last)})
		}
	}
	if slices.Contains(r.On, Review) {
		reviews, err := n.reviews(ctx, from, to)
		if err != nil {
			return nil, err
		}
		items = append(items, reviews...)
	}
	return items, nil
}

func failure(f jobs.Failure) Occurrence {
	return Occurrence{f.Finished, oneLine(fmt.Sprintf("job %d of %s failed: %s: %s", f.ID, f.Backend, f.Description, f.Message))}
}

// reviews finds those that were made in a time, and that a person has to do something about.
func (n *Notifier) reviews(ctx context.Context, from, to time.Time) (items []Item, err error) {
	query := `SELECT backend, model, kind, name, reason, created FROM review WHERE kind <> 'deleted' AND decision = '' AND created >= ?`
	args := []any{state.Micros(from)}
	if !to.IsZero() {
		query, args = query+" AND created < ?", append(args, state.Micros(to))
	}
	err = n.each(ctx, query+" ORDER BY created, id", args, func(scan func(...any) error) error {
		var backend, model, kind, name, reason string
		var created int64
		if err := scan(&backend, &model, &kind, &name, &reason, &created); err != nil {
			return err
		}
		one := Occurrence{state.FromMicros(created), oneLine(fmt.Sprintf("for review: %s '%s' of %s: %s", model, name, backend, reason))}
		topic := backend + " " + model + " " + kind
		if i := slices.IndexFunc(items, func(o Item) bool { return o.Topic == topic }); i >= 0 {
			items[i].Count, items[i].Last = items[i].Count+1, one
			return nil
		}
		items = append(items, Item{Event: Review, Topic: topic, Count: 1, First: one, Last: one})
		return nil
	})
	return items, err
}

// lasting gives what goes on now, and what the receiver knows of.
func (n *Notifier) lasting(ctx context.Context, r config.Notify) (now, open []lasting, err error) {
	for _, of := range []struct {
		event string
		find  func(context.Context) ([]lasting, error)
	}{{Outage, n.outages}, {Schedule, n.schedule}, {Stuck, n.stuck}} {
		if !slices.Contains(r.On, of.event) {
			continue
		}
		found, err := of.find(ctx)
		if err != nil {
			return nil, nil, err
		}
		now = append(now, found...)
	}
	err = n.each(ctx, "SELECT event, topic, since FROM notify_open WHERE receiver = ? ORDER BY event, topic", []any{r.Name},
		func(scan func(...any) error) error {
			var one lasting
			var since int64
			err := scan(&one.event, &one.topic, &since)
			one.since = state.FromMicros(since)
			open = append(open, one)
			return err
		})
	return now, open, err
}

func (n *Notifier) outages(ctx context.Context) (all []lasting, err error) {
	err = n.each(ctx, "SELECT backend, since, reason FROM backend_state WHERE code <> '' ORDER BY backend", nil, func(scan func(...any) error) error {
		var backend, reason string
		var us int64
		err := scan(&backend, &us, &reason)
		since := state.FromMicros(us)
		all = append(all, lasting{Outage, backend, since, fmt.Sprintf("%s is out since %s: %s", backend, clockTime(since), reason)})
		return err
	})
	return all, err
}

// schedule finds entries whose last run failed, and those that are late.
func (n *Notifier) schedule(ctx context.Context) (all []lasting, err error) {
	now := n.db.Clock().Now()
	query := "SELECT name, last_start, next, outcome, message FROM job_schedule ORDER BY name"
	err = n.each(ctx, query, nil, func(scan func(...any) error) error {
		var name, outcome, message string
		var started, nextRun int64
		if err := scan(&name, &started, &nextRun, &outcome, &message); err != nil || !slices.Contains(n.options.Schedule, name) {
			return err
		}
		begun, next := state.FromMicros(started), state.FromMicros(nextRun)
		if outcome == "failed" || outcome == "interrupted" {
			all = append(all, lasting{Schedule, name, begun, fmt.Sprintf("%s of the schedule, begun at %s, %s: %s", name, clockTime(begun), outcome, message)})
		}
		if !next.IsZero() && now.Sub(next) > LateAfter && outcome != "running" {
			all = append(all, lasting{Schedule, name + " late", next, fmt.Sprintf("%s of the schedule should have run at %s", name, clockTime(next))})
		}
		return nil
	})
	return all, err
}

func (n *Notifier) stuck(ctx context.Context) (all []lasting, err error) {
	now := state.Micros(n.db.Clock().Now())
	query := `SELECT id, backend, description, started FROM job WHERE state = 'started'
		AND started + CASE WHEN time_limit > 0 THEN time_limit ELSE ? END < ? ORDER BY id`
	err = n.each(ctx, query, []any{stuckAfter.Microseconds(), now}, func(scan func(...any) error) error {
		var id, started int64
		var backend, description string
		err := scan(&id, &backend, &description, &started)
		since := state.FromMicros(started)
		all = append(all, lasting{Stuck, fmt.Sprint(id), since,
			fmt.Sprintf("job %d of %s has been running since %s: %s", id, backend, clockTime(since), description)})
		return err
	})
	return all, err
}

// differ tells whether something began or ended.
func differ(now, open []lasting) bool {
	return len(now) != len(open) || slices.ContainsFunc(now, func(one lasting) bool { return !knows(open, one) })
}

func knows(all []lasting, one lasting) bool {
	return slices.ContainsFunc(all, func(o lasting) bool { return o.event == one.event && o.topic == one.topic && o.since.Equal(one.since) })
}

// each calls fn for every row of a query.
func (n *Notifier) each(ctx context.Context, query string, args []any, fn func(scan func(...any) error) error) (err error) {
	rows, err := n.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// clockTime is a time as people read it, in the machine's zone.
func clockTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// longestLine is how many characters of a text a message shows.
const longestLine = 400

// oneLine makes one line of a text, and cuts it where it is long.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if r := []rune(text); len(r) > longestLine {
		return string(r[:longestLine-1]) + "…"
	}
	return text
}
