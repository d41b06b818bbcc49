// Package statetest runs a test on every kind of database that a state may live in: on SQLite, and on a PostgreSQL that
// it starts by itself from the binaries of this machine, on a socket in a directory of its own.
//
//	func TestMain(m *testing.M) { os.Exit(statetest.Main(m)) }
//
//	func TestQueue(t *testing.T) {
//		statetest.Each(t, func(t *testing.T, s statetest.Store) {
//			db := s.Open(t, state.Options{})
//			…
//		})
//	}
//
// A package whose every test is for both says so once instead, with MainOnEach and New.
//
// Without the binaries the tests on PostgreSQL are skipped, unless CONNECTOR_TEST_POSTGRES is "required". They are
// looked for in CONNECTOR_POSTGRES_BIN, in PATH and where Linux distributions and Homebrew put them.
package statetest

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
)

// Store is an empty place for a state.
type Store struct {
	// Location is what state.Open takes: the path of a file that doesn't exist, or the URL of a schema that doesn't.
	Location string
	// Dialect is the kind of database.
	Dialect state.Dialect

	server *Server
}

// Another gives one more empty place of the same kind, for subtests that must not meet.
func (s Store) Another(t testing.TB) Store {
	t.Helper()
	if s.server != nil {
		return s.server.Store()
	}
	return SQLite(t)
}

// Open opens the state, and closes it at the end of the test. It may be called several times, for a state that several
// programs have open.
func (s Store) Open(t testing.TB, o state.Options) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), s.Location, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Each runs the test once on each kind of database, as the subtests SQLite and PostgreSQL, each time with a store of its
// own.
func Each(t *testing.T, test func(t *testing.T, s Store)) {
	t.Helper()
	t.Run(string(state.SQLite), func(t *testing.T) { test(t, SQLite(t)) })
	t.Run(string(state.PostgreSQL), func(t *testing.T) { test(t, Postgres(t)) })
}

// New gives a store of the kind that the pass of [MainOnEach] is for; SQLite in a package without one. It holds no rows,
// but on PostgreSQL it may be there already: an earlier test's, emptied, for that takes a tenth of the time.
func New(t testing.TB) Store {
	t.Helper()
	_ = os.Getenv(onlyStore) // go test keeps results of one value apart from another's, if it is asked for while a test runs
	if pass == state.PostgreSQL {
		return running(t).used.take(t)
	}
	return SQLite(t)
}

// SQLite gives a file in a directory that is removed at the end of the test.
func SQLite(t testing.TB) Store {
	return Store{Location: filepath.Join(t.TempDir(), "state.db"), Dialect: state.SQLite}
}

// Postgres gives a schema of the server that all tests of this binary share. It skips the test where there is none.
func Postgres(t testing.TB) Store {
	t.Helper()
	return running(t).Store()
}

// With gives the store's URL with a parameter more, as statement_timeout; on SQLite it is an error of the test.
func (s Store) With(t testing.TB, name, value string) string {
	t.Helper()
	u, err := url.Parse(s.Location)
	if err != nil || s.Dialect != state.PostgreSQL {
		t.Fatalf("%s has no parameters (%v)", s.Dialect, err)
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}
