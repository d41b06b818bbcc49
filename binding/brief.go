package binding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Brief is what tells who is bound to whom, and no more: some 200 bytes a pair, so that all bindings of a model can be gone through where
// there are tens of thousands. Whatever is to be compared or saved is read in full, some hundreds at a time.
type Brief struct {
	ID            int64
	OdooID        int64  // 0 while an import's intent is open
	ExternalID    string // "" while an export's intent is open
	Scope         string
	Parent        string // external id of the parent
	OdooWriteDate string // of the Odoo record when it was last read
	Role          Role
	Intent        Intent
	Made          Intent
	ExternalGone  bool // deleted outside
	OdooGone      bool // deleted in Odoo
	Retired       bool
}

// Bound reports whether both halves are there.
func (b Brief) Bound() bool { return b.ExternalID != "" && b.OdooID != 0 }

// Gone reports whether one half was deleted on its side.
func (b Brief) Gone() bool { return b.ExternalGone || b.OdooGone }

// TakesPart reports that the pair is to be kept in step: see [Binding.TakesPart].
func (b Brief) TakesPart() bool { return b.Bound() && !b.Gone() && !b.Retired }

// Briefs are all bindings of one model, as All gives them and in its order.
func (b *Binder) Briefs(ctx context.Context, model string) (out []Brief, err error) {
	n := 0
	row := b.db.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM binding WHERE database = ? AND backend = ? AND model = ?`, b.database, b.backend, model)
	if err := row.Scan(&n); err != nil {
		return nil, fmt.Errorf("bindings could not be counted: %w", b.db.Explain(err))
	}
	rows, err := b.db.Read().QueryContext(ctx, `SELECT id, COALESCE(odoo_id, 0), COALESCE(external_id, ''), scope, parent, odoo_write_date, role, intent,
		made, external_gone <> 0, odoo_gone <> 0, retired <> 0 FROM binding WHERE database = ? AND backend = ? AND model = ?`,
		b.database, b.backend, model)
	if err != nil {
		return nil, fmt.Errorf("bindings could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out = make([]Brief, 0, n)
	texts := shared{}
	for rows.Next() {
		var f Brief
		if err := rows.Scan(&f.ID, &f.OdooID, &f.ExternalID, &f.Scope, &f.Parent, &f.OdooWriteDate, &f.Role, &f.Intent, &f.Made,
			&f.ExternalGone, &f.OdooGone, &f.Retired); err != nil {
			return nil, fmt.Errorf("a binding could not be read: %w", err)
		}
		f.Scope, f.Parent, f.OdooWriteDate = texts.one(f.Scope), texts.one(f.Parent), texts.one(f.OdooWriteDate)
		f.Role, f.Intent, f.Made = Role(texts.one(string(f.Role))), Intent(texts.one(string(f.Intent))), Intent(texts.one(string(f.Made)))
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Brief) int { // by SQLite it takes as much memory as the rows
		return cmp.Or(cmp.Compare(b.Role, a.Role), cmp.Compare(a.ID, b.ID))
	})
	return out, rows.Err()
}

// shared keeps each text once, however many bindings have it.
type shared map[string]string

func (s shared) one(text string) string {
	if known, ok := s[text]; ok {
		return known
	}
	s[text] = text
	return text
}

// Within are the bindings of a model whose records live in one parent, named by its external id.
func (b *Binder) Within(ctx context.Context, model, parent string) ([]Binding, error) {
	return b.query(ctx, `model = ? AND parent = ?`, model, parent)
}
