package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Load is what a channel has to do now, with all channels below it.
type Load struct {
	Channel
	Used    bool      // a job was put there once, or into a channel below
	Slots   int       // in use
	Running int       // jobs; those of one slice share a slot
	Pending int       // jobs that could run
	Waiting int       // jobs that wait for their time or for other jobs
	Failed  int       // jobs; a sequential channel stands still for them
	Paused  *Pause    // the widest pause that keeps all of its jobs; nil: none
	Opens   time.Time // when its throttle lets the next job start; zero: at once
}

// Loads gives the load of every channel that is configured, that is paused or that jobs were ever put into, and of those above
// it, by name.
func (q *Queue) Loads(ctx context.Context) ([]Load, error) {
	list, err := q.loads(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what the channels have to do: %w", q.db.Explain(err))
	}
	return list, nil
}

func (q *Queue) loads(ctx context.Context) ([]Load, error) {
	now := q.db.Clock().Now()
	seen, err := see(ctx, q.db.Read(), q.db.Dialect(), state.Micros(now), 1)
	if err != nil {
		return nil, err
	}
	lines, pauses := seen.lines, seen.pauses
	d := &desk{channels: q.channels, now: now, taken: seen.taken}
	all := map[string]*Load{}
	q.nameChannels(all, lines, pauses)
	if err := q.countLoads(ctx, all); err != nil {
		return nil, err
	}
	var list []Load
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l := all[name]
		l.Slots, l.Paused = d.taken[name], pauseOver(pauses, name, lines, now)
		if d.next = (time.Time{}); l.Throttle > 0 && !d.throttled(l.Channel, lines) {
			l.Opens = d.next
		}
		list = append(list, *l)
	}
	return list, nil
}

// nameChannels makes an entry for each channel.
func (q *Queue) nameChannels(all map[string]*Load, lines []*line, pauses []Pause) {
	add := func(channel string) {
		for _, name := range upwards(channel) {
			if all[name] == nil {
				all[name] = &Load{Channel: q.channels.Get(name)}
			}
		}
	}
	add(Root)
	for _, ch := range q.channels.Configured() {
		add(ch.Name)
	}
	for _, l := range lines {
		add(l.channel)
		for _, name := range upwards(l.channel) {
			all[name].Used = true
		}
	}
	for _, p := range pauses {
		if p.Scope == PauseChannel && p.holds(q.db.Clock().Now()) {
			add(p.Name)
		}
	}
}

// countLoads counts the jobs of each channel, and of those below it.
func (q *Queue) countLoads(ctx context.Context, all map[string]*Load) error {
	now := []any{state.Micros(q.db.Clock().Now())}
	for _, part := range []struct {
		where string
		args  []any
		add   func(*Load, int)
	}{
		{"state = 'started'", nil, func(l *Load, n int) { l.Running += n }},
		{"state = 'pending' AND due = 1", nil, func(l *Load, n int) { l.Pending += n }},
		{"state = 'pending' AND due = 0 AND eta <= ?", now, func(l *Load, n int) { l.Pending += n }},
		{"state = 'pending' AND due = 0 AND eta > ?", now, func(l *Load, n int) { l.Waiting += n }},
		{"state = 'wait_dependencies'", nil, func(l *Load, n int) { l.Waiting += n }},
		{"state = 'failed'", nil, func(l *Load, n int) { l.Failed += n }},
	} {
		query := "SELECT channel, COUNT(*) FROM job WHERE " + part.where + " GROUP BY channel"
		err := each(ctx, q.db.Read(), query, part.args, func(rows scanner) error {
			var channel string
			var n int
			err := rows.Scan(&channel, &n)
			for _, name := range upwards(channel) {
				if l := all[name]; l != nil {
					part.add(l, n)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pauseOver finds a pause that keeps all jobs of a channel: of everything, of the channel or one above it, or of the only
// backend that has jobs there.
func pauseOver(pauses []Pause, channel string, lines []*line, now time.Time) *Pause {
	backends := map[string]bool{}
	for _, l := range lines {
		if within(l.channel, channel) {
			backends[l.backend] = true
		}
	}
	for _, p := range pauses {
		covers := p.Scope == PauseAll || p.Scope == PauseChannel && within(channel, p.Name) ||
			p.Scope == PauseBackend && len(backends) == 1 && backends[p.Name]
		if covers && p.holds(now) {
			return &p
		}
	}
	return nil
}
