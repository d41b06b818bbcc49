package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// NextDue gives when a job of these backends can be begun: the time of the state's clock where one waits already, else the nearest
// eta; zero where no job waits for its time. Backends that are paused are passed over; what channels allow is not looked at.
func (q *Queue) NextDue(ctx context.Context, backends []string) (time.Time, error) {
	free, err := q.unpaused(ctx, backends)
	if err != nil || len(free) == 0 {
		return time.Time{}, err
	}
	now := q.db.Clock().Now()
	filter := ClaimFilter{Backends: free}
	if due, err := q.due(ctx, filter, now); err != nil || due {
		return now, err
	}
	where, args := filter.where()
	var next int64
	row := q.db.Read().QueryRowContext(ctx, "SELECT COALESCE(MIN(eta), 0) FROM job WHERE state = 'pending' AND due = 0"+where, args...)
	if err := row.Scan(&next); err != nil {
		return time.Time{}, fmt.Errorf("look for the next job: %w", q.db.Explain(err))
	}
	return state.FromMicros(next), nil
}

// unpaused are the backends whose jobs may be started.
func (q *Queue) unpaused(ctx context.Context, backends []string) (free []string, err error) {
	pauses, err := q.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for _, p := range pauses {
		switch p.Scope {
		case PauseAll:
			return nil, nil
		case PauseBackend:
			paused[p.Name] = true
		}
	}
	for _, name := range backends {
		if !paused[name] {
			free = append(free, name)
		}
	}
	return free, nil
}
