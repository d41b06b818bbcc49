package jobs

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// throttled tells whether a throttled channel may start a job already.
func (d *desk) throttled(ch Channel, all []*line) bool {
	var last time.Time
	for _, l := range all {
		if within(l.channel, ch.Name) && l.lastStart.After(last) {
			last = l.lastStart
		}
	}
	opens := last.Add(ch.Throttle)
	if last.IsZero() || !opens.After(d.now) || last.After(d.now) { // a clock that was set back keeps nobody waiting
		return true
	}
	if d.next.IsZero() || opens.Before(d.next) {
		d.next = opens
	}
	return false
}

// shut ends all lines of a throttled channel in which a job of this one was just started.
func (d *desk) shut(started *line) {
	if len(d.filter.IDs) > 0 { // no throttle keeps them waiting
		return
	}
	for _, ch := range d.path(started) {
		if ch.Throttle == 0 {
			continue
		}
		for _, l := range d.lines {
			if within(l.channel, ch.Name) {
				l.waiting, l.whole = nil, true
			}
		}
	}
}

func (d *desk) throttles(l *line) bool {
	return slices.ContainsFunc(d.path(l), func(ch Channel) bool { return ch.Throttle > 0 })
}

// inTree is the condition that a job is of a channel or of one below it; its arguments are those of tree.
const inTree = "(channel = ? OR channel > ? AND channel < ?)" // '/' comes after '.'

func tree(channel string) []any { return []any{channel, channel + ".", channel + "/"} }

// lineHead selects the first job of a line, and laterHead the first of a channel whose eta is to come.
const (
	waitingHead = "SELECT id, priority, created FROM job WHERE state = 'pending' AND "
	lineHead    = waitingHead + "due = 1 AND backend = ? AND channel = ?" + headFirst
	laterHead   = waitingHead + "due = 0 AND " + inTree + headFirst
	headFirst   = " ORDER BY priority, created, id LIMIT 1"
)

// turn gives the job whose turn it is in a sequential channel; 0: it waits for a failed job, or for the eta of the first in line.
// It looks at the head of each line, through the index job_line, as nothing else knows the first of a channel.
func (d *desk) turn(ctx context.Context, tx state.Querier, ch Channel, all []*line) (id int64, err error) {
	var failed bool
	query := "SELECT EXISTS (SELECT 1 FROM job WHERE state = 'failed' AND " + inTree + ")"
	if err := tx.QueryRowContext(ctx, query, tree(ch.Name)...).Scan(&failed); err != nil || failed {
		return 0, err
	}
	first, err := headOf(ctx, tx, candidate{}, laterHead, tree(ch.Name)...)
	later := first.id
	for _, l := range all {
		if err == nil && within(l.channel, ch.Name) {
			first, err = headOf(ctx, tx, first, lineHead, l.backend, l.channel)
		}
	}
	if err != nil || first.id == later {
		return 0, err
	}
	return first.id, nil
}

// headOf gives the job that a query finds, or the one that is given where that one comes first.
func headOf(ctx context.Context, tx state.Querier, first candidate, query string, args ...any) (candidate, error) {
	var c candidate
	err := tx.QueryRowContext(ctx, query, args...).Scan(&c.id, &c.priority, &c.created)
	if errors.Is(err, sql.ErrNoRows) || err == nil && first.id != 0 && first.compare(c) < 0 {
		return first, nil
	}
	return c, err
}
