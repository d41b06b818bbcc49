package synchronizer

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/transport"
)

// sight is what there is to look at of a backend, each binding model in each of its directions, and what of it a run looked at.
type sight struct{ all, looked []string }

// sight is what the run looked at. One that reached its limit has looked at nothing: nobody knows what it left out.
func (s *Synchronizer) sight() (out sight) {
	for _, m := range s.env.Backend.AllModels() {
		configured, now := s.env.Settings(m.Name).Direction, s.direction(m.Name)
		looks := s.looks(m.Name) && !s.limits.Reached
		if part := m.Name + " import"; configured.Imports() {
			out.add(part, looks && now.Imports())
		}
		if part := m.Name + " export"; configured.Exports() {
			out.add(part, looks && now.Exports())
		}
	}
	return out
}

func (s *sight) add(part string, looked bool) {
	s.all = append(s.all, part)
	if looked {
		s.looked = append(s.looked, part)
	}
}

// success is since when all was looked at, given when that was so before and when parts were looked at since, and the parts that were
// looked at later than that.
func (s sight) success(before int64, parts map[string]int64, now int64) (success int64, left map[string]int64) {
	left = map[string]int64{}
	for _, part := range s.all {
		left[part] = max(before, parts[part])
		if slices.Contains(s.looked, part) {
			left[part] = now
		}
	}
	success = before
	if len(left) > 0 {
		success = slices.Min(slices.Collect(maps.Values(left)))
	}
	maps.DeleteFunc(left, func(_ string, at int64) bool { return at <= success })
	return success, left
}

// noteRun keeps when the backend was last worked on, when all of it was looked at with success, and why it is paused if its
// server or Odoo is down.
func (s *Synchronizer) noteRun(ctx context.Context, failure error) error {
	return noteRun(ctx, s.db, s.env.Config.Name, s.sight(), failure)
}

// NoteRun keeps how a run of a backend ended that looked for no changes: for nil that the backend answers, for an outage since when,
// why and how long the backend is paused. Any other failure is the run's own, and leaves what is known of the backend as it is. It is
// for runs of jobs, and for those who end before there is a [Synchronizer], as when a login fails.
func NoteRun(ctx context.Context, db *state.DB, backend string, failure error) error {
	return noteRun(ctx, db, backend, sight{}, failure)
}

func noteRun(ctx context.Context, db *state.DB, backend string, seen sight, failure error) error {
	if failure != nil && !isOut(failure) {
		return nil
	}
	err := db.Write(ctx, func(tx *state.Tx) error {
		now := state.Micros(tx.Now())
		reason, code, since, until := "", "", int64(0), int64(0)
		if failure != nil {
			reason, code, since, until = failure.Error(), outageCode(failure), now, now+retryAfter(failure).Microseconds()
			seen = sight{}
		}
		var paused *jobs.PausedError
		if errors.As(failure, &paused) {
			reason, until = paused.Err.Error(), now+paused.After.Microseconds()
		}
		success, looked, err := seen.since(ctx, tx, backend, now)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO backend_state (backend, paused_until, reason, code, since, last_success, looked, last_run)
			VALUES (?,?,?,?,?,?,?,?)
			ON CONFLICT (backend) DO UPDATE SET paused_until = excluded.paused_until, reason = excluded.reason, code = excluded.code,
			since = CASE WHEN excluded.since > 0 AND backend_state.since > 0 THEN backend_state.since ELSE excluded.since END,
			last_success = excluded.last_success, looked = excluded.looked, last_run = excluded.last_run`,
			backend, until, reason, code, since, success, looked, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("note how the run of backend %s ended: %w", backend, err)
	}
	return nil
}

// since is since when all of a backend was looked at, and which parts of it later, as they are stored.
func (s sight) since(ctx context.Context, tx *state.Tx, backend string, now int64) (success int64, looked string, err error) {
	err = tx.QueryRowContext(ctx, "SELECT last_success, looked FROM backend_state WHERE backend = ?", backend).Scan(&success, &looked)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if err != nil || len(s.looked) == 0 {
		return success, looked, err
	}
	parts := map[string]int64{}
	if looked != "" {
		if err := json.Unmarshal([]byte(looked), &parts); err != nil {
			return 0, "", fmt.Errorf("what runs looked at: %w", err)
		}
	}
	success, parts = s.success(success, parts, now)
	if len(parts) == 0 {
		return success, "", nil
	}
	text, err := json.Marshal(parts)
	return success, string(text), err
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
