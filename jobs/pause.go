package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Pause keeps jobs from being started. Those that run already go on.
type Pause struct {
	Scope  string // "all", "backend", or "channel" with its subchannels
	Name   string // of the backend or channel; "" for all
	Since  time.Time
	Until  time.Time // zero: until it is resumed by hand
	Reason string    // for people
}

// The scopes of a Pause.
const (
	PauseAll     = "all"
	PauseBackend = "backend"
	PauseChannel = "channel"
)

// holds tells whether the pause is on.
func (p Pause) holds(now time.Time) bool { return p.Until.IsZero() || now.Before(p.Until) }

// Covers tells whether it keeps the jobs of a backend in a channel, which is named in full (see [DefaultChannel]).
func (p Pause) Covers(backend, channel string) bool {
	switch p.Scope {
	case PauseAll:
		return true
	case PauseBackend:
		return p.Name == backend
	case PauseChannel:
		return within(channel, p.Name)
	}
	return false
}

// Pause pauses what p names; its Since is set here. A pause of the same name is replaced.
func (q *Queue) Pause(ctx context.Context, tx *state.Tx, p Pause) error {
	if p.Scope == PauseChannel {
		full, err := channelName(p.Name)
		if err != nil {
			return &ChannelsError{p.Name, err.Error()}
		}
		p.Name = full
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO job_pause (scope, name, since, until, reason) VALUES (?,?,?,?,?)
		ON CONFLICT (scope, name) DO UPDATE SET since = excluded.since, until = excluded.until, reason = excluded.reason`,
		p.Scope, p.Name, state.Micros(tx.Now()), state.Micros(p.Until), p.Reason)
	if err != nil {
		return fmt.Errorf("pause %s %s: %w", p.Scope, p.Name, err)
	}
	return nil
}

// Resume ends a pause, and tells whether there was one.
func (q *Queue) Resume(ctx context.Context, tx *state.Tx, scope, name string) (bool, error) {
	if scope == PauseChannel {
		if full, err := channelName(name); err == nil {
			name = full
		}
	}
	res, err := tx.ExecContext(ctx, "DELETE FROM job_pause WHERE scope = ? AND name = ?", scope, name)
	if err != nil {
		return false, fmt.Errorf("resume %s %s: %w", scope, name, err)
	}
	tx.Notify(Topic)
	n, err := res.RowsAffected()
	return n > 0, err
}

// Pauses gives the pauses that are on, by scope and name.
func (q *Queue) Pauses(ctx context.Context) ([]Pause, error) {
	all, err := readPauses(ctx, q.db.Read())
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", q.db.Explain(err))
	}
	now, err := q.db.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", err)
	}
	var on []Pause
	for _, p := range all {
		if p.holds(now) {
			on = append(on, p)
		}
	}
	return on, nil
}

func readPauses(ctx context.Context, from state.Querier) (all []Pause, err error) {
	err = each(ctx, from, "SELECT scope, name, since, until, reason FROM job_pause ORDER BY scope, name", nil, func(rows scanner) error {
		var p Pause
		var since, until int64
		err := rows.Scan(&p.Scope, &p.Name, &since, &until, &p.Reason)
		p.Since, p.Until = state.FromMicros(since), state.FromMicros(until)
		all = append(all, p)
		return err
	})
	return all, err
}
