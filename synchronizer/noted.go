package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/transport"
)

// noteRun keeps when the backend was last worked on, when with success, and why it is paused if its
// server or Odoo is down.
func (s *Synchronizer) noteRun(ctx context.Context, failure error) error {
	return NoteRun(ctx, s.db, s.env.Config.Name, failure)
}

// NoteRun keeps how a run of a backend ended: for nil that it was a success, for an outage since when, why and how long the
// backend is paused. Any other failure is the run's own, and leaves what is known of the backend as it is. It is for those who
// end before there is a [Synchronizer], as when a login fails.
func NoteRun(ctx context.Context, db *state.DB, backend string, failure error) error {
	if failure != nil && !isOut(failure) {
		return nil
	}
	err := db.Write(ctx, func(tx *state.Tx) error {
		now := state.Micros(tx.Now())
		reason, code, success, since, until := "", "", now, int64(0), int64(0)
		if failure != nil {
			reason, code, success, since, until = failure.Error(), outageCode(failure), 0, now, now+retryAfter(failure).Microseconds()
		}
		var paused *jobs.PausedError
		if errors.As(failure, &paused) {
			reason, until = paused.Err.Error(), now+paused.After.Microseconds()
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO backend_state (backend, paused_until, reason, code, since, last_success, last_run)
			VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (backend) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason, code = excluded.code,
			since = CASE WHEN excluded.since > 0 AND backend_state.since > 0 THEN backend_state.since ELSE excluded.since END,
			last_success = `+tx.Dialect().Greatest("backend_state.last_success", "excluded.last_success")+`, last_run = excluded.last_run`,
			backend, until, reason, code, since, success, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("note how the run of backend %s ended: %w", backend, err)
	}
	return nil
}

// isOut tells whether a run ended since a server didn't answer, or didn't let us in.
func isOut(failure error) bool {
	var paused *jobs.PausedError
	return errors.As(failure, &paused) || outage(failure)
}

// outageCode names the kind of an outage in one word, as rate_limited.
func outageCode(err error) string {
	var t *transport.Error
	var o *odoo.Error
	switch {
	case errors.As(err, &t): // the cause of what Odoo's session says, too
		return strings.ReplaceAll(string(t.Kind), " ", "_")
	case !errors.As(err, &o):
		return "unknown"
	}
	switch o.Kind {
	case odoo.AccessDenied:
		return "denied"
	case odoo.UnknownDatabase:
		return "unknown_database"
	case odoo.DatabaseDown:
		return "database_down"
	case odoo.NotOdoo:
		return "not_odoo"
	default:
		return "odoo"
	}
}
