package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Outage is a backend that didn't answer, or let nobody in, when a run asked it last. Its jobs wait; none of them lost an
// attempt.
type Outage struct {
	Backend string
	Since   time.Time // when it was met first
	Last    time.Time // when it was met last
	Until   time.Time // before when it asked to be left alone; zero: it didn't
	Reason  string    // what was met, in one line
}

// String says since when and why, in one line.
func (o Outage) String() string {
	return fmt.Sprintf("backend %s is out since %s, asked last at %s: %s", o.Backend, o.Since.Local().Format(time.DateTime),
		o.Last.Local().Format(time.TimeOnly), oneLine(o.Reason))
}

// RunNote is what is known of the runs of a backend.
type RunNote struct {
	Backend string
	Success time.Time // when a run last went well; zero: never
	Last    time.Time // when a run last ended, well or with an outage
	Code    string    // the kind of the outage in one word, as timeout; "" while there is none
	Outage  Outage    // its Reason is "" while there is none
}

// Runs gives the backends that were ever run, by name.
func (q *Queue) Runs(ctx context.Context) (list []RunNote, err error) {
	query := "SELECT backend, since, last_success, last_run, paused_until, code, reason FROM backend_state ORDER BY backend"
	err = each(ctx, q.db.Read(), query, nil, func(rows scanner) error {
		var r RunNote
		var since, success, last, until int64
		err := rows.Scan(&r.Backend, &since, &success, &last, &until, &r.Code, &r.Outage.Reason)
		r.Success, r.Last = state.FromMicros(success), state.FromMicros(last)
		r.Outage.Backend, r.Outage.Since, r.Outage.Last = r.Backend, state.FromMicros(since), r.Last
		if until > last {
			r.Outage.Until = state.FromMicros(until)
		}
		list = append(list, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read how the runs of backends ended: %w", q.db.Explain(err))
	}
	return list, nil
}

// Outages gives the backends that are out, by name. A run that reaches a backend ends its outage.
func (q *Queue) Outages(ctx context.Context) (list []Outage, err error) {
	runs, err := q.Runs(ctx)
	for _, r := range runs {
		if r.Outage.Reason != "" {
			list = append(list, r.Outage)
		}
	}
	return list, err
}

func (q *Queue) whyOutage(ctx context.Context, j Job, _ time.Time) (w Waiting, err error) {
	list, err := q.Outages(ctx)
	for _, o := range list {
		if o.Backend == j.Backend {
			return Waiting{Kind: WaitsForBackend, Until: o.Until, Text: o.String()}, nil
		}
	}
	return w, err
}

// outage leaves a backend's jobs alone for a while.
func (p *pool) outage(paused *PausedError) {
	o, now := p.outages[paused.Backend], p.w.queue.db.Clock().Now()
	if o == nil {
		o = &outage{}
		p.outages[paused.Backend] = o
	} else if !p.forever || o.until.After(now) { // another slice met the same one
		o.until = latest(o.until, now.Add(paused.After))
		return
	}
	after := max(paused.After, outageDelay(o.times))
	o.times++
	o.until, o.met = now.Add(after), time.Now()
	if !p.forever {
		p.paused = errors.Join(p.paused, paused)
	}
	p.w.notice(Notice{Kind: OutageBegan, Backend: paused.Backend, After: after, Err: paused.Err})
	for h := range p.hands {
		if h.slice[0].Backend == paused.Backend {
			h.stopped.Store(true)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// outageDelay is how long a backend is left alone after it was found down so many times before.
func outageDelay(times int) time.Duration {
	delays := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}
	return delays[min(times, len(delays)-1)]
}
