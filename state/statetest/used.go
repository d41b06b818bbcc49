package statetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/odoo-connector/connector/state"
)

// used are the stores of tests that are over, empty again.
type used struct {
	server *Server
	mu     sync.Mutex
	free   []Store
}

// take gives one of them, or a new one, and takes it back at the end of the test.
func (u *used) take(t testing.TB) Store {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.server.Store()
	if n := len(u.free); n > 0 {
		s, u.free = u.free[n-1], u.free[:n-1]
	}
	t.Cleanup(func() { // after those that close what the test opened
		if wipe(s.Location) == nil { // otherwise the test has left it in a state that none should begin with
			u.mu.Lock()
			defer u.mu.Unlock()
			u.free = append(u.free, s)
		}
	})
	return s
}

// wipe takes all rows away, and lets ids begin with 1 again.
func wipe(location string) error {
	ctx := context.Background()
	db, err := state.Open(ctx, location, state.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the next test sees what is wrong with it
	return db.Write(ctx, func(tx *state.Tx) error {
		var statements string
		err := tx.QueryRowContext(ctx, `SELECT string_agg(CASE WHEN is_identity = 'YES' THEN
			format('ALTER TABLE %I ALTER COLUMN %I RESTART; ', table_name, column_name) ELSE '' END
			|| CASE WHEN ordinal_position = 1 THEN format('DELETE FROM %I; ', table_name) ELSE '' END, '')
			FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'connector_schema'`).Scan(&statements)
		if err != nil {
			return fmt.Errorf("wipe: %w", err)
		}
		_, err = tx.ExecContext(ctx, strings.TrimSpace(statements))
		return err
	})
}
