package binding

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/state"
)

// Standing is what a binding is good for at the moment.
type Standing string

// The standings of a binding.
const (
	StandingBound   Standing = "bound"   // both halves are there and kept in step; aliases among them
	StandingAlias   Standing = "alias"   // such a one whose Odoo record has another external record that stands for it
	StandingIntent  Standing = "intent"  // one half is being created
	StandingRetired Standing = "retired" // the pair is out of what is synchronized
	StandingDeleted Standing = "deleted" // one half was deleted, or both
)

// Standings are all standings.
func Standings() []Standing {
	return []Standing{StandingBound, StandingAlias, StandingIntent, StandingRetired, StandingDeleted}
}

var standingSQL = map[Standing]string{
	StandingBound:   "intent = '' AND retired = 0 AND external_gone = 0 AND odoo_gone = 0",
	StandingAlias:   "intent = '' AND retired = 0 AND external_gone = 0 AND odoo_gone = 0 AND role = 'alias'",
	StandingIntent:  "intent <> ''",
	StandingRetired: "retired <> 0 AND external_gone = 0 AND odoo_gone = 0",
	StandingDeleted: "(external_gone <> 0 OR odoo_gone <> 0)",
}

// Filter selects bindings of several backends. All that is given must hold together.
type Filter struct {
	Backends   []string // none for all
	Model      string   // binding model or Odoo model
	Scope      string
	ExternalID string
	OdooID     int64
	Search     string // is part of the name, in upper or lower case
	Standings  []Standing
	After      int64 // the binding's own id is greater
	Offset     int
	Limit      int // 0 for all
}

// Found is a binding with where it belongs.
type Found struct {
	Database string // key of the Odoo database
	Backend  string // the backend's name
	Binding
}

// Find gives the bindings that a filter selects, in the order of their own ids. Lean ones come without Fields and Sent.
func Find(ctx context.Context, db *state.DB, f Filter, lean bool) (list []Found, err error) {
	where, args, err := f.where(ctx, db)
	if err != nil {
		return nil, err
	}
	selected := "database, backend, " + columns
	if !lean {
		selected += contents
	}
	query := "SELECT " + selected + " FROM binding" + where + " ORDER BY id"
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d OFFSET %d", f.Limit, f.Offset)
	}
	rows, err := db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("bindings could not be read: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one Found
		if one.Binding, err = scan(within{rows, &one}, lean); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, db.Explain(rows.Err())
}

// within scans a row that begins with where a binding belongs.
type within struct {
	scanner
	found *Found
}

// Scan puts the first two columns into the Found.
func (w within) Scan(into ...any) error {
	return w.scanner.Scan(append([]any{&w.found.Database, &w.found.Backend}, into...)...)
}

// CountFound counts the bindings that a filter selects, whatever its Offset and Limit.
func CountFound(ctx context.Context, db *state.DB, f Filter) (n int, err error) {
	where, args, err := f.where(ctx, db)
	if err != nil {
		return 0, err
	}
	err = db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM binding"+where, args...).Scan(&n)
	return n, db.Explain(err)
}

// where is the filter's condition. What an index has behind the database is asked for with all databases by name.
func (f Filter) where(ctx context.Context, db *state.DB) (string, []any, error) {
	var conditions []string
	var args []any
	add := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	if f.ExternalID != "" {
		names, err := databases(ctx, db)
		if err != nil {
			return "", nil, err
		}
		add("database IN "+marks(len(names)), names...)
		add("external_id = ?", f.ExternalID)
	}
	if len(f.Backends) > 0 {
		list := make([]any, len(f.Backends))
		for i, name := range f.Backends {
			list[i] = name
		}
		add("backend IN "+marks(len(list)), list...)
	}
	if f.Model != "" {
		add("(model = ? OR odoo_model = ?)", f.Model, f.Model)
	}
	if f.Scope != "" {
		add("scope = ?", f.Scope)
	}
	if f.OdooID != 0 {
		add("odoo_id = ?", f.OdooID)
	}
	if f.Search != "" {
		add(`LOWER(name) LIKE LOWER(?) ESCAPE '!'`, "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(f.Search)+"%")
	}
	if len(f.Standings) > 0 {
		var either []string
		for _, s := range f.Standings {
			either = append(either, standingSQL[s])
		}
		add("((" + strings.Join(either, ") OR (") + "))")
	}
	if f.After > 0 {
		add("id > ?", f.After)
	}
	if len(conditions) == 0 {
		return "", nil, nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), args, nil
}

// marks are the places of n values in a list; of none, one that equals nothing.
func marks(n int) string {
	if n == 0 {
		return "(NULL)"
	}
	return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")"
}

// databases are the keys of all databases that have bindings with an external record, each found by one step in an index.
func databases(ctx context.Context, db *state.DB) (names []any, err error) {
	last := ""
	for {
		var next *string
		row := db.Read().QueryRowContext(ctx, "SELECT MIN(database) FROM binding WHERE external_id IS NOT NULL AND database > ?", last)
		if err := row.Scan(&next); err != nil {
			return nil, fmt.Errorf("bindings could not be read: %w", db.Explain(err))
		}
		if next == nil {
			return names, nil
		}
		last = *next
		names = append(names, last)
	}
}
