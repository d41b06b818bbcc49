package jobs

import (
	"context"
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

// Outages gives the backends that are out, by name. A run that reaches a backend ends its outage.
func (q *Queue) Outages(ctx context.Context) (list []Outage, err error) {
	query := "SELECT backend, since, last_run, paused_until, reason FROM backend_state WHERE reason <> '' ORDER BY backend"
	err = each(ctx, q.db.Read(), query, nil, func(rows scanner) error {
		var o Outage
		var since, last, until int64
		err := rows.Scan(&o.Backend, &since, &last, &until, &o.Reason)
		o.Since, o.Last = state.FromMicros(since), state.FromMicros(last)
		if until > last {
			o.Until = state.FromMicros(until)
		}
		list = append(list, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which backends are out: %w", q.db.Explain(err))
	}
	return list, nil
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
