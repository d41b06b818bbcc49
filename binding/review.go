package binding

import (
	"context"
	"database/sql"
	"encoding/json"
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
	Decision    Decision // what a person said about it; the zero value while nothing is decided
}

// Decision is what a person decided about a review. It is carried out by the next job of the record, and is gone with the
// review.
type Decision struct {
	Verdict Verdict `json:"verdict,omitempty"`
	// ExternalID and OdooID are the two records that belong together, for Link.
	ExternalID string `json:"external_id,omitempty"`
	OdooID     int64  `json:"odoo_id,omitempty"`
	// Prefer says which side wins where the two differ: for Take, and for Link where it is given.
	Prefer Side `json:"prefer,omitempty"`
}

// Verdict is the kind of a Decision.
type Verdict string

// The verdicts.
const (
	Undecided Verdict = ""
	Skipped   Verdict = "skip" // it is left alone, and not shown any more, for as long as it is as it was
	Link      Verdict = "link" // the record belongs to the one that is named
	Take      Verdict = "take" // one side's value goes to the other
)

// Side is one of the two sides of a binding.
type Side string

// The sides.
const (
	NoSide   Side = ""
	Odoo     Side = "odoo"
	External Side = "backend"
)

// Taken is the side whose value a person chose, NoSide if none was chosen.
func (d Decision) Taken() Side {
	if d.Verdict != Take {
		return NoSide
	}
	return d.Prefer
}

// Same reports whether two reviews say the same of the same record and field, so that what was decided about the one holds for
// the other.
func (r Review) Same(o Review) bool {
	return r.Model == o.Model && r.ExternalID == o.ExternalID && r.OdooID == o.OdooID && r.Scope == o.Scope && r.Field == o.Field &&
		r.Kind == o.Kind && r.Reason == o.Reason && (!r.chooses() || r.Fingerprint == o.Fingerprint)
}

// chooses says that the review is about the values of two sides of which one can be taken. Its fingerprint is that of both.
func (r Review) chooses() bool { return r.Kind == Conflict || r.Kind == Lossy }

// ReviewKind sorts reviews by their cause.
type ReviewKind string

// The kinds of review.
const (
	Ambiguous        ReviewKind = "ambiguous"         // several records of that name
	Unchosen         ReviewKind = "unchosen"          // records of that name outside, of which none is chosen to take part
	Unequal          ReviewKind = "unequal"           // one record of that name, with other contents
	Imported         ReviewKind = "imported"          // the Odoo record was made of the external one before, and holds something else now
	Conflict         ReviewKind = "conflict"          // both sides changed the same field
	Lossy            ReviewKind = "lossy"             // Odoo holds more than the other side's edit
	Shared           ReviewKind = "shared"            // the Odoo record stands for several external ones
	Deleted          ReviewKind = "deleted"           // one half was deleted
	MissingReference ReviewKind = "missing_reference" // a link has no counterpart
	Twin             ReviewKind = "twin"              // a request that was repeated may have made two
	Unfit            ReviewKind = "unfit"             // the other side cannot take the value as it is
)

// Reviews are all open reviews of one model, oldest first; those that were decided, too.
func (b *Binder) Reviews(ctx context.Context, model string) ([]Review, error) {
	return b.reviews(ctx, `model = ?`, model)
}

// Review is the review of that id; ok is false if there is none.
func (b *Binder) Review(ctx context.Context, id int64) (r Review, ok bool, err error) {
	found, err := b.reviews(ctx, `id = ?`, id)
	if err != nil || len(found) == 0 {
		return Review{}, false, err
	}
	return found[0], true, nil
}

func (b *Binder) reviews(ctx context.Context, where string, arg any) (out []Review, err error) {
	rows, err := b.db.Read().QueryContext(ctx, `
		SELECT id, model, external_id, odoo_id, scope, field, parent, name, kind, reason, fingerprint, created, decision
		FROM review WHERE database = ? AND backend = ? AND `+where+` ORDER BY id`, b.database, b.backend, arg)
	if err != nil {
		return nil, fmt.Errorf("reviews could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r, err := scanReview(rows)
		if err != nil {
			return nil, fmt.Errorf("a review could not be read: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func scanReview(rows *sql.Rows) (r Review, err error) {
	var created int64
	var decision string
	if err := rows.Scan(&r.ID, &r.Model, &r.ExternalID, &r.OdooID, &r.Scope, &r.Field, &r.Parent, &r.Name, &r.Kind,
		&r.Reason, &r.Fingerprint, &created, &decision); err != nil {
		return r, err
	}
	r.Created = state.FromMicros(created)
	if decision != "" {
		err = json.Unmarshal([]byte(decision), &r.Decision)
	}
	return r, err
}

// SaveReview opens a review, or refreshes the one of the same record and field.
func (b *Binder) SaveReview(ctx context.Context, tx *state.Tx, r Review) error {
	decision := ""
	if r.Decision != (Decision{}) {
		text, err := encode(r.Decision)
		if err != nil {
			return err
		}
		decision = text
	}
	where := []any{b.database, b.backend, r.Model, r.ExternalID, r.OdooID, r.Scope, r.Field}
	done, err := tx.ExecContext(ctx, `UPDATE review SET parent = ?, name = ?, kind = ?, reason = ?, fingerprint = ?, decision = ?
		WHERE database = ? AND backend = ? AND model = ? AND external_id = ? AND odoo_id = ? AND scope = ? AND field = ?`,
		append([]any{r.Parent, r.Name, r.Kind, r.Reason, r.Fingerprint, decision}, where...)...)
	if err == nil {
		err = b.openReview(ctx, tx, r, decision, where, done)
	}
	if err != nil {
		return fmt.Errorf("a review could not be written: %w", err)
	}
	return nil
}

// openReview opens a review unless one was refreshed. An insertion that turns out to be an update would take a number all the same.
func (b *Binder) openReview(ctx context.Context, tx *state.Tx, r Review, decision string, where []any, refreshed sql.Result) error {
	if n, err := refreshed.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO review (database, backend, model, external_id, odoo_id, scope, field, parent, name, kind, reason, fingerprint, created, decision)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		append(where, r.Parent, r.Name, r.Kind, r.Reason, r.Fingerprint, state.Micros(r.Created), decision)...)
	return err
}

// CloseReview takes one review away by its id.
func (b *Binder) CloseReview(ctx context.Context, tx *state.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM review WHERE id = ?`, id)
	if err != nil {
		return fmt.Errorf("a review could not be closed: %w", err)
	}
	return nil
}

// CloseReviews takes away the reviews of a record: those that name its external id or, within the
// scope, its Odoo id. What waits in a field of another external record of that Odoo id (two labels of
// one tag) stays, and so do the reviews of the ids but: people know them by these numbers.
func (b *Binder) CloseReviews(ctx context.Context, tx *state.Tx, model, externalID string, odooID int64, scope string, but ...int64) error {
	query := `DELETE FROM review WHERE database = ? AND backend = ? AND model = ?
		AND ((external_id <> '' AND external_id = ?) OR (odoo_id <> 0 AND odoo_id = ? AND scope = ? AND (field = '' OR external_id = '')))`
	args := []any{b.database, b.backend, model, externalID, odooID, scope}
	for _, id := range but {
		query += ` AND id <> ?`
		args = append(args, id)
	}
	_, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("reviews could not be closed: %w", err)
	}
	return nil
}

// OfReview is the Odoo database and the backend that the review of that id belongs to; both are "" if there is none.
func OfReview(ctx context.Context, db *state.DB, id int64) (database, backend string, err error) {
	err = db.Read().QueryRowContext(ctx, `SELECT database, backend FROM review WHERE id = ?`, id).Scan(&database, &backend)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return database, backend, db.Explain(err)
}
