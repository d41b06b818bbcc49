package binding

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Binder finds and writes the bindings of one Odoo database and one backend.
type Binder struct {
	db       *state.DB
	database string
	backend  string
	lean     bool
}

// New makes a binder. Database is the key of the Odoo database (its URL and name), backend the
// backend's name.
func New(db *state.DB, database, backend string) *Binder {
	return &Binder{db: db, database: database, backend: backend}
}

// Lean is the same binder, whose bindings come without Fields and Sent: who is bound to whom, for a
// fifth of the cost where there are thousands. What it gives cannot be saved.
func (b *Binder) Lean() *Binder {
	lean := *b
	lean.lean = true
	return &lean
}

// Database is the key of the Odoo database.
func (b *Binder) Database() string { return b.database }

// Backend is the backend's name.
func (b *Binder) Backend() string { return b.backend }

const columns = `id, model, external_id, odoo_model, odoo_id, scope, role, parent, name, canonical,
	odoo_write_date, active_flip, sync_date, external_gone, odoo_gone, intent, intent_at, retired, made`

// contents are the columns that a lean binder leaves out.
const contents = `, fields, intent_sent`

// ByExternal finds the bindings of external records. Unbound ones are absent from the answer.
func (b *Binder) ByExternal(ctx context.Context, model string, externalIDs []string) (map[string]Binding, error) {
	list, err := jsonList(externalIDs)
	if err != nil {
		return nil, err
	}
	found, err := b.query(ctx, `model = ? AND external_id IN (`+b.db.Dialect().TextsOf("?")+`)`, model, list)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Binding, len(found))
	for _, f := range found {
		out[f.ExternalID] = f
	}
	return out, nil
}

// ByOdoo finds the bindings of Odoo records, of every scope and role, primaries first.
func (b *Binder) ByOdoo(ctx context.Context, model string, odooIDs []int64) (map[int64][]Binding, error) {
	list, err := jsonList(odooIDs)
	if err != nil {
		return nil, err
	}
	found, err := b.query(ctx, `model = ? AND odoo_id IN (`+b.db.Dialect().IntegersOf("?")+`)`, model, list)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]Binding, len(found))
	for _, f := range found {
		out[f.OdooID] = append(out[f.OdooID], f)
	}
	return out, nil
}

// ToOdoo is the Odoo id of an external record, as the reference's to_openerp. ok is false if it
// isn't bound.
func (b *Binder) ToOdoo(ctx context.Context, model, externalID string) (id int64, ok bool, err error) {
	found, err := b.ByExternal(ctx, model, []string{externalID})
	if err != nil {
		return 0, false, err
	}
	f, ok := found[externalID]
	return f.OdooID, ok && f.OdooID != 0, nil
}

// ToBackend is the external id that stands for an Odoo record within a scope, as the reference's
// to_backend. ok is false if it isn't bound there.
func (b *Binder) ToBackend(ctx context.Context, model string, odooID int64, scope string) (id string, ok bool, err error) {
	found, err := b.ByOdoo(ctx, model, []int64{odooID})
	if err != nil {
		return "", false, err
	}
	for _, f := range found[odooID] {
		if f.Role == Primary && f.Scope == scope && f.ExternalID != "" {
			return f.ExternalID, true, nil
		}
	}
	return "", false, nil
}

// All are the bindings of one model, open intents among them: primaries first, then aliases, both in
// the order of their ids.
func (b *Binder) All(ctx context.Context, model string) ([]Binding, error) {
	return b.query(ctx, `model = ?`, model)
}

// AnyRetired says that a binding of the model is retired.
func (b *Binder) AnyRetired(ctx context.Context, model string) (retired bool, err error) {
	row := b.db.Read().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM binding WHERE database = ? AND backend = ? AND model = ? AND retired <> 0)`,
		b.database, b.backend, model)
	err = row.Scan(&retired)
	return retired, b.db.Explain(err)
}

// Intents are the open intents of all models, oldest first.
func (b *Binder) Intents(ctx context.Context) ([]Binding, error) {
	return b.query(ctx, `intent <> ''`)
}

// Unsettled are the exports of one model whose request may still make an external record, or may
// have made a second one: open intents and bindings whose request was repeated.
func (b *Binder) Unsettled(ctx context.Context, model string) ([]Binding, error) {
	found, err := b.query(ctx, `model = ? AND intent_sent <> ''`, model)
	return slices.DeleteFunc(found, func(f Binding) bool { return f.Intent == Import }), err
}

// Get is one binding by its own id; ok is false if there is none.
func (b *Binder) Get(ctx context.Context, id int64) (found Binding, ok bool, err error) {
	list, err := b.query(ctx, `id = ?`, id)
	if err != nil || len(list) == 0 {
		return Binding{}, false, err
	}
	return list[0], true, nil
}

func (b *Binder) query(ctx context.Context, where string, args ...any) (out []Binding, err error) {
	selected := columns + contents
	if b.lean {
		selected = columns
	}
	rows, err := b.db.Read().QueryContext(ctx, `SELECT `+selected+` FROM binding
		WHERE database = ? AND backend = ? AND `+where+` ORDER BY role DESC, id`, append([]any{b.database, b.backend}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("bindings could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		f, err := scan(rows, b.lean)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

// scanner is a row.
type scanner interface{ Scan(into ...any) error }

func scan(rows scanner, lean bool) (f Binding, err error) {
	var external sql.NullString
	var odooID sql.NullInt64
	var fields, sent string
	var synced, externalGone, odooGone, intentAt, retired int64
	into := []any{
		&f.ID, &f.Model, &external, &f.OdooModel, &odooID, &f.Scope, &f.Role, &f.Parent, &f.Name, &f.Canonical,
		&f.OdooWriteDate, &f.ActiveFlip, &synced, &externalGone, &odooGone, &f.Intent, &intentAt, &retired, &f.Made,
	}
	if !lean {
		into = append(into, &fields, &sent)
	}
	if err := rows.Scan(into...); err != nil {
		return f, fmt.Errorf("a binding could not be read: %w", err)
	}
	f.lean = lean
	f.ExternalID, f.OdooID = external.String, odooID.Int64
	f.SyncDate, f.ExternalGone = state.FromMicros(synced), state.FromMicros(externalGone)
	f.OdooGone, f.IntentAt, f.Retired = state.FromMicros(odooGone), state.FromMicros(intentAt), state.FromMicros(retired)
	if lean {
		return f, nil
	}
	f.known = newKnown(f, fields, sent)
	err = decodeJSON(&f, fields, sent)
	return f, err
}

func decodeJSON(f *Binding, fields, sent string) error {
	if err := json.Unmarshal([]byte(fields), &f.Fields); err != nil {
		return fmt.Errorf("binding %d holds fields that cannot be read: %w", f.ID, err)
	}
	if sent == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(sent), &f.Sent); err != nil {
		return fmt.Errorf("binding %d holds an intent that cannot be read: %w", f.ID, err)
	}
	return nil
}

// DuplicateError says that a record is bound already, so that a second binding was refused.
type DuplicateError struct {
	Binding Binding
	Err     error
}

// Error names the pair that was refused.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%s was not bound: one of the two is bound already; look at `connector bindings list`", e.Binding)
}

// Unwrap is the database's own error.
func (e *DuplicateError) Unwrap() error { return e.Err }

// Code is that of a record which is bound already.
func (*DuplicateError) Code() string { return "CON-BINDING-DUPLICATE" }

// micros stores the zero time as 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return state.Micros(t)
}

// Delete takes a binding away: an intent that came to nothing.
func (b *Binder) Delete(ctx context.Context, tx *state.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM binding WHERE id = ?`, id)
	return err
}

// Unlink takes a binding away, with what waits for a decision about its records, in one transaction. Neither record is touched.
func (b *Binder) Unlink(ctx context.Context, f Binding) error {
	return b.db.Write(ctx, func(tx *state.Tx) error {
		if err := b.CloseReviews(ctx, tx, f.Model, f.ExternalID, f.OdooID, f.Scope); err != nil {
			return err
		}
		return b.Delete(ctx, tx, f.ID)
	})
}

// OdooID is an id as a reference holds it.
func OdooID(id int64) string { return strconv.FormatInt(id, 10) }

func jsonList[T any](ids []T) (string, error) {
	if len(ids) == 0 {
		return "[]", nil
	}
	return encode(ids)
}

// Remember keeps a short text for the backend beyond this run; see Recall.
func (b *Binder) Remember(ctx context.Context, key, text string) error {
	return b.db.Write(ctx, func(tx *state.Tx) error { return b.RememberIn(ctx, tx, key, text) })
}

// RememberIn is Remember within a transaction.
func (b *Binder) RememberIn(ctx context.Context, tx *state.Tx, key, text string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, b.note(key), text)
	return err
}

// Recall is the text that was remembered under the key, "" if there is none.
func (b *Binder) Recall(ctx context.Context, key string) (text string, err error) {
	err = b.db.Read().QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, b.note(key)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return text, b.db.Explain(err)
}

func (b *Binder) note(key string) string { return "note " + b.backend + " " + key }

// Databases are the keys of the Odoo databases that a backend has bindings or reviews in, sorted.
func Databases(ctx context.Context, db *state.DB, backend string) (out []string, err error) {
	rows, err := db.Read().QueryContext(ctx, `SELECT database FROM binding WHERE backend = ? UNION SELECT database FROM review WHERE backend = ? ORDER BY 1`, backend, backend)
	if err != nil {
		return nil, fmt.Errorf("bindings could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}
