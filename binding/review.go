package binding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Review is something that a person has to decide: the reference's checkpoint. While it stands,
// the record (or the field) it names is left alone.
type Review struct {
	ID          int64
	Model       string
	ExternalID  string
	OdooID      int64
	Scope       string
	Field       string // "" for the record as a whole
	Parent      string
	Name        string
	Kind        ReviewKind
	Reason      string // one sentence for people
	Fingerprint string // of what was seen; another one makes the record be looked at again
	Created     time.Time
}

// ReviewKind sorts reviews by their cause.
type ReviewKind string

// The kinds of review.
const (
	Ambiguous        ReviewKind = "ambiguous"         // several records of that name
	Unequal          ReviewKind = "unequal"           // one record of that name, with other contents
	Conflict         ReviewKind = "conflict"          // both sides changed the same field
	Lossy            ReviewKind = "lossy"             // Odoo holds more than the other side's edit
	Shared           ReviewKind = "shared"            // the Odoo record stands for several external ones
	Deleted          ReviewKind = "deleted"           // one half was deleted
	MissingReference ReviewKind = "missing_reference" // a link has no counterpart
	Twin             ReviewKind = "twin"              // a request that was repeated may have made two
)

// Reviews are all open reviews of one model, oldest first.
func (b *Binder) Reviews(ctx context.Context, model string) (out []Review, err error) {
	rows, err := b.db.Read().QueryContext(ctx, `
		SELECT id, model, external_id, odoo_id, scope, field, parent, name, kind, reason, fingerprint, created
		FROM review WHERE database = ? AND backend = ? AND model = ? ORDER BY id`, b.database, b.backend, model)
	if err != nil {
		return nil, fmt.Errorf("reviews could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Review
		var created int64
		if err := rows.Scan(&r.ID, &r.Model, &r.ExternalID, &r.OdooID, &r.Scope, &r.Field, &r.Parent, &r.Name, &r.Kind,
			&r.Reason, &r.Fingerprint, &created); err != nil {
			return nil, fmt.Errorf("a review could not be read: %w", err)
		}
		r.Created = state.FromMicros(created)
		out = append(out, r)
	}
	return out, rows.Err()
}

// SaveReview opens a review, or refreshes the one of the same record and field.
func (b *Binder) SaveReview(ctx context.Context, tx *state.Tx, r Review) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO review (database, backend, model, external_id, odoo_id, scope, field, parent, name, kind, reason, fingerprint, created)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (database, backend, model, external_id, odoo_id, scope, field) DO UPDATE SET
		parent = excluded.parent, name = excluded.name, kind = excluded.kind, reason = excluded.reason, fingerprint = excluded.fingerprint`,
		b.database, b.backend, r.Model, r.ExternalID, r.OdooID, r.Scope, r.Field, r.Parent, r.Name, r.Kind, r.Reason, r.Fingerprint, state.Micros(r.Created))
	if err != nil {
		return fmt.Errorf("a review could not be written: %w", err)
	}
	return nil
}

// CloseReviews takes away the reviews of a record: those that name its external id or, within the
// scope, its Odoo id. What waits in a field of another external record of that Odoo id (two labels of
// one tag) stays.
func (b *Binder) CloseReviews(ctx context.Context, tx *state.Tx, model, externalID string, odooID int64, scope string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM review WHERE database = ? AND backend = ? AND model = ?
		AND ((external_id <> '' AND external_id = ?) OR (odoo_id <> 0 AND odoo_id = ? AND scope = ? AND (field = '' OR external_id = '')))`,
		b.database, b.backend, model, externalID, odooID, scope)
	if err != nil {
		return fmt.Errorf("reviews could not be closed: %w", err)
	}
	return nil
}
