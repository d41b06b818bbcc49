package binding

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// known is a binding as its holder knows it to be stored: as it was read, or as the holder stored it last.
type known struct {
	columns      Binding // without Fields and Sent
	fields, sent string  // those, as JSON
}

func newKnown(f Binding, fields, sent string) *known {
	f.Fields, f.Sent, f.known = nil, Sent{}, nil
	return &known{f, fields, sent}
}

// Save writes a binding in a transaction: a new one if its ID is 0, which it then sets. Role, primary
// if it is left out, Fields where there are none, and Canonical are set as they are stored. A pair that would bind a record twice
// is refused with a *DuplicateError, after which the transaction, or the savepoint that this is part of, can only be undone.
//
// What the holder of a binding left as it was read stays as others made it meanwhile; so does, within a field, each part of its state.
// What both changed is as the holder has it, but for the hash of a side: that is not known then, so that the side is looked at again.
func (b *Binder) Save(ctx context.Context, tx *state.Tx, f *Binding) error {
	if f.lean {
		return fmt.Errorf("%s was read without its fields, so it cannot be saved; this is a mistake of the program", f)
	}
	if f.Fields == nil { // whoever reads it writes into it
		f.Fields = Fields{}
	}
	fields, err := encode(f.Fields)
	if err != nil {
		return err
	}
	sent := ""
	if f.Sent.Fields != nil || f.Sent.Values != nil {
		if sent, err = encode(f.Sent); err != nil {
			return err
		}
	}
	if f.Role == "" {
		f.Role = Primary
	}
	f.Canonical = record.CanonicalVersion
	if f.ID == 0 {
		err = b.insert(ctx, tx, f, b.arguments(f, fields, sent))
	} else {
		err = b.update(ctx, tx, f, fields, sent)
	}
	if err != nil && state.IsUniqueViolation(err) {
		return &DuplicateError{Binding: *f, Err: err}
	}
	if err == nil {
		f.known = newKnown(*f, fields, sent)
	}
	return err
}

// stored are the columns of a binding, apart from its id, in the order of [Binder.arguments].
var stored = []string{
	"database", "backend", "model", "external_id", "odoo_model", "odoo_id", "scope", "role", "parent", "name", "fields", "canonical",
	"odoo_write_date", "active_flip", "sync_date", "external_gone", "odoo_gone", "intent", "intent_at", "intent_sent", "retired", "made",
}

// fieldsAt is where the fields are among them.
const fieldsAt = 10

var (
	insertSQL = "INSERT INTO binding (" + strings.Join(stored, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(stored)-1) + ") RETURNING id"
	updateSQL = "UPDATE binding SET " + strings.Join(stored, " = ?, ") + " = ? WHERE id = ?"
	// updateAsKnownSQL updates a binding that nobody else has changed.
	updateAsKnownSQL = updateSQL + " AND " + strings.Join(stored, " IS NOT DISTINCT FROM ? AND ") + " IS NOT DISTINCT FROM ?"
)

func (b *Binder) insert(ctx context.Context, tx *state.Tx, f *Binding, args []any) error {
	return tx.QueryRowContext(ctx, insertSQL, args...).Scan(&f.ID)
}

// update writes a binding over what is stored, and takes along what others stored meanwhile.
func (b *Binder) update(ctx context.Context, tx *state.Tx, f *Binding, fields, sent string) error {
	args := b.arguments(f, fields, sent)
	if f.known != nil {
		before := b.arguments(&f.known.columns, f.known.fields, f.known.sent)
		done, err := written(tx.ExecContext(ctx, updateAsKnownSQL, append(append(args[:len(args):len(args)], f.ID), before...)...))
		if err != nil || done {
			return err
		}
		if args, err = b.together(ctx, tx, f, fields, before, args); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	done, err := written(tx.ExecContext(ctx, updateSQL, append(args, f.ID)...))
	if err != nil || done {
		return err
	}
	return fmt.Errorf("%s was not saved: its binding %d is gone", f, f.ID)
}

func (b *Binder) arguments(f *Binding, fields, sent string) []any {
	return []any{
		b.database, b.backend, f.Model, sql.NullString{String: f.ExternalID, Valid: f.ExternalID != ""},
		f.OdooModel, sql.NullInt64{Int64: f.OdooID, Valid: f.OdooID != 0}, f.Scope, f.Role, f.Parent, f.Name,
		fields, f.Canonical, f.OdooWriteDate, f.ActiveFlip, micros(f.SyncDate), micros(f.ExternalGone),
		micros(f.OdooGone), f.Intent, micros(f.IntentAt), sent, micros(f.Retired), f.Made,
	}
}

// written tells whether a statement wrote a row.
func written(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// together are the arguments that store what two made of a binding: one of what was stored before, into now, the other into what is
// stored.
func (b *Binder) together(ctx context.Context, tx *state.Tx, f *Binding, fields string, before, now []any) (out []any, err error) {
	other, err := scan(tx.QueryRowContext(ctx, "SELECT "+columns+contents+" FROM binding WHERE id = ?", f.ID), false)
	if err != nil {
		return now, err
	}
	theirs := b.arguments(&other, other.known.fields, other.known.sent)
	out = make([]any, len(now))
	for i := range now {
		if out[i] = now[i]; now[i] == before[i] {
			out[i] = theirs[i]
		}
	}
	out[fieldsAt], err = fieldsTogether(f.known.fields, other.known.fields, fields)
	return out, err
}

// fieldsTogether are the fields that two made of what was before; all of them as JSON.
func fieldsTogether(before, theirs, ours string) (string, error) {
	out, err := partsTogether([]byte(before), []byte(theirs), []byte(ours), func(_ string, before, theirs, ours json.RawMessage) (json.RawMessage, error) {
		if theirs == nil || ours == nil {
			return ours, nil
		}
		return partsTogether(before, theirs, ours, func(part string, _, _, ours json.RawMessage) (json.RawMessage, error) {
			if part == "x" || part == "o" { // hashes of what neither of the two has seen as it is now
				return json.RawMessage(`""`), nil
			}
			return ours, nil
		})
	})
	return string(out), err
}

// partsTogether are the parts of a JSON object that two made of what was before, nil for none. What both changed is decided one by one.
func partsTogether(before, theirs, ours []byte, both func(part string, before, theirs, ours json.RawMessage) (json.RawMessage, error)) ([]byte, error) {
	var was, their, out map[string]json.RawMessage
	if before != nil {
		if err := json.Unmarshal(before, &was); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(json.Unmarshal(theirs, &their), json.Unmarshal(ours, &out)); err != nil {
		return nil, err
	}
	names := maps.Clone(out)
	maps.Copy(names, their)
	for name := range names {
		part, err := out[name], error(nil)
		switch {
		case bytes.Equal(part, was[name]):
			part = their[name]
		case !bytes.Equal(their[name], was[name]) && !bytes.Equal(their[name], part):
			part, err = both(name, was[name], their[name], part)
		}
		if err != nil {
			return nil, err
		}
		if out[name] = part; part == nil {
			delete(out, name)
		}
	}
	return json.Marshal(out)
}
