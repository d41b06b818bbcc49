package state_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestPostgresModes is about the ways in which pgx can send a statement: people who have a pooler choose one that keeps nothing prepared.
func TestPostgresModes(t *testing.T) {
	s := statetest.Postgres(t)
	for _, query := range []string{
		"statement_cache_capacity=0",
		"statement_cache_capacity=0&description_cache_capacity=0",
		"statement_cache_capacity=0&default_query_exec_mode=cache_statement",
		"statement_cache_capacity=-1",
		"description_cache_capacity=0&default_query_exec_mode=cache_describe",
		"default_query_exec_mode=cache_describe",
		"default_query_exec_mode=describe_exec",
		"default_query_exec_mode=exec",
		"default_query_exec_mode=simple_protocol",
		"statement_cache_capacity=2",
	} {
		t.Run("Ensure a state is written and read in full with "+query, func(t *testing.T) {
			s := s.Another(t)
			given, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			for name := range given {
				s.Location = s.With(t, name, given.Get(name))
			}
			worksInFull(t, s)
		})
	}
}

func worksInFull(t *testing.T, s statetest.Store) {
	db := s.Open(t, state.Options{})
	var ran []string
	first := func() []state.Statement {
		return []state.Statement{putting("a", "1", &ran), putting("b", "'\\ü", &ran)}
	}
	err := db.WriteAfter(t.Context(), first, func(tx *state.Tx) error {
		if err := tx.Savepoint(t.Context(), func() error { return put(t.Context(), "a", "2")(tx) }); !state.IsUniqueViolation(err) {
			t.Errorf("a second row: %v", err)
		}
		if err := tx.Later(t.Context(), putting("c", "3", &ran)); err != nil {
			return err
		}
		_, err := tx.ExecContext(t.Context(), "INSERT INTO meta (key, value) SELECT key, value FROM "+tx.Dialect().Unnest("new", "key", "value"),
			[]string{"d", "e"}, []string{"{4,\"", "NULL"})
		return err
	})
	if err != nil || !slices.Equal(ran, []string{"a=1", "b='\\ü", "c=3"}) {
		t.Errorf("%q ran (%v)", ran, err)
	}
	for key, want := range map[string]string{"a": "1", "b": "'\\ü", "c": "3", "d": "{4,\"", "e": "NULL"} {
		if got := value(t, db.Read(), key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	lock, err := db.Lock(t.Context(), "trello")
	if err != nil {
		t.Fatal(err)
	}
	var held *state.LockedError
	if _, err := state.LockState(t.Context(), s.Location, "trello", time.Time{}); !errors.As(err, &held) || held.PID == 0 {
		t.Errorf("a lock that is held: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}
