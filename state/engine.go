package state

import (
	"context"
	"database/sql"
	"time"
)

// engine is what differs between the databases that a state may live in.
type engine interface {
	dialect() Dialect
	// location names the database for people and in errors, without a password.
	location() string
	// text and args give a query and its arguments as the driver wants them.
	text(query string, args []any) string
	args(args []any) []any

	// openWriter opens the pool of the one connection that writes, and makes the place for the state where there is none.
	openWriter(ctx context.Context) (*sql.DB, error)
	// openReaders opens the pool that only reads. immutable says that nobody writes meanwhile.
	openReaders(immutable bool) (*sql.DB, error)
	// inspect gives the schema version, 0 for an empty place, and refuses newer ones and what belongs to other programs.
	inspect(ctx context.Context, q Querier, known int) (int, error)
	// migration gives the file of that name's text for this database; mark notes the version that was reached.
	migration(m migration) (string, error)
	mark(ctx context.Context, tx *Tx, version int) error

	// begin begins a transaction that holds the write lock, with these statements where that saves messages. It waits for the lock
	// until ctx ends; where it fails it gives the connection back.
	begin(ctx context.Context, conn *sql.Conn, mode writeMode, first opening) (*transaction, error)
	// again tells whether begin, or the connection before it, failed for a reason that passes soon.
	again(err error) bool
	// watch calls who waits for changes that others commit, until ctx ends.
	watch(ctx context.Context, db *DB)
	// snapshot copies the state into an SQLite file that is there and empty; backup does so page by page where it can, and
	// tells how much is done of how much.
	snapshot(ctx context.Context, db *DB, path string) error
	backup(ctx context.Context, db *DB, path string, progress func(done, all int)) error
	// beginReading is the statement that begins a transaction which sees one moment of the whole state.
	beginReading() string
	// beginCopying is the statement that lets rows come before those which they refer to, until the end of a transaction;
	// endCopying makes new rows follow those that were copied, and all numbers that were given before.
	beginCopying() string
	endCopying(ctx context.Context, tx *Tx, given map[string]int64) error
	// given tells the highest number that rows were ever given, by table, whether they are still there or not.
	given(ctx context.Context, q Querier) (map[string]int64, error)
	// tables gives the names of the state's own tables, sorted, indexes those of its named indexes.
	tables(ctx context.Context, q Querier) ([]string, error)
	indexes(ctx context.Context, q Querier) ([]string, error)
	// examine looks for damage that the database itself can see, and describes the database.
	examine(ctx context.Context, q Querier, r *Report) error
	// explain types an error, and leaves what it doesn't know as it is.
	explain(err error) error
	// close gives back what is opened beside the pools.
	close() error
}

// writeMode says what a transaction is for.
type writeMode int

const (
	ordinary writeMode = iota
	durable            // it must survive a power cut once it is committed
	lengthy            // durable, and nobody minds if it takes minutes
	early              // ordinary, but the caller has something to do before it is safe
)

// strict tells whether a transaction has to survive a power cut, whatever the state's own mode is.
func (m writeMode) strict() bool { return m == durable || m == lengthy }

// opening is what a transaction begins with.
type opening struct {
	statements []Statement
	clock      func() time.Time // read once the lock is had; nil: the database's is, where it has one that counts
}

// queue keeps statements to be sent with the next one.
type queue interface {
	keep(s Statement)
	// mark tells a moment by how many were kept so far; waits tells whether one that was kept since then still waits, and drop
	// drops all of those.
	mark() int
	waits(since int) bool
	drop(since int)
	// send sends all that wait. failed tells whether a statement has failed that was sent, and nothing has undone its part since.
	send(ctx context.Context) error
	failed() bool
}

// executor is what runs the statements of a transaction.
type executor interface {
	Querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// transaction is one that has begun.
type transaction struct {
	executor
	now   time.Time   // the database's, or the opening's clock's; zero where nobody has read one
	first []Statement // of the opening, those that are still to be run
	early bool        // whoever wrote it has something to do before it is safe
	queue queue       // nil where it saves nothing to send statements together
	// bound gives the context for a statement: whatever becomes of the caller's, a transaction runs to its end.
	bound func(context.Context) context.Context
	// commit ends it, and tells other processes of the topics. alone says that nobody else of this process waits to write, so
	// that it may keep the connection until the transaction is safe. stands: it is committed, though maybe not safe, or nobody
	// knows whether it is.
	commit func(topics []string, alone bool) (stands bool, err error)
	// abandon ends it where it wasn't committed, and gives back what begin took; it is called in any case.
	abandon func()
	// settle waits, once it is committed and others may write again, until it is safe; nil where it is at once, or as safe
	// as it has to be.
	settle func() error
	// doom keeps later statements from standing alone, once the database gave the transaction up.
	doom func()
}
