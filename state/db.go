package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// busyTimeout is how long SQLite waits for another process's transaction before it gives up. Ours last milliseconds; what
// holds the lock longer is a program that was left open.
const busyTimeout = 10 * time.Second

// busyStretch is how long it takes to notice, while SQLite waits to begin a transaction, that nobody wants it any more.
const busyStretch = 100 * time.Millisecond

// insistPause is between two tries of what SQLite refuses.
const insistPause = 5 * time.Millisecond

// readerCount is the size of the pool of readers.
const readerCount = 4

// Options are what Open may be told. The zero value is right for a program.
type Options struct {
	// Clock is asked for every instant that is stored; nil means the machine's. Where it is nil or one that tells the
	// machine's time (see [SystemClock]), transactions on PostgreSQL take their time from the database instead, so that
	// all machines agree.
	Clock Clock
	// Hook is called with "before commit" and "after commit" around every commit of Write and WriteDurable. A test may
	// let it panic there: the transaction is then undone or stands, as if the process had died at that instant. Open's
	// own transaction, which brings the schema up to date, is not among them.
	Hook func(ctx context.Context, point string)
	// ReadOnly opens what is there without creating, upgrading or changing it. Others may go on writing.
	ReadOnly bool
	// Looking is for who will write nothing. It opens as ever, and brings the schema up to date, but for a file that isn't kept with a
	// write-ahead log, such as a backup that was put in its place: to give it one, all other programs must have closed it. So
	// it is opened as by ReadOnly where its schema is of this program.
	Looking bool
	// Immutable is ReadOnly for a file that nobody writes while it is open, such as one in a version control system:
	// SQLite takes no locks and creates no file beside it.
	Immutable bool
}

// DB is an open state. It may be used from several goroutines; transactions wait for each other.
type DB struct {
	engine  engine
	clock   Clock
	ownTime bool // the clock, and not the database's, says when a transaction began
	onPoint func(ctx context.Context, point string)
	frozen  bool         // opened as immutable
	writer  *sql.DB      // one connection; nil when opened for reading
	waiting atomic.Int32 // transactions that wait for it
	readers *sql.DB
	version int
	signals signals
}

// Open opens the state at location, which is the path of an SQLite file or the URL of a PostgreSQL database
// (see [IsURL]). It is created where it doesn't exist and brought up to the schema of this program where it is older.
//
// A file, its -wal and its -shm are made readable by their owner only; its directory must exist. Of PostgreSQL the
// database must exist, the schema is created; what the URL leaves out comes from the environment (PGPASSWORD and the
// like) and ~/.pgpass, as for psql.
//
// Errors: *NewerSchemaError, *CorruptError, *UnavailableError, *LocationError, or ctx's. None holds a password.
func Open(ctx context.Context, location string, o Options) (*DB, error) {
	e, err := engineFor(location)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, clock: o.Clock, ownTime: o.Clock != nil && !isMachine(o.Clock), frozen: o.Immutable}
	if db.clock == nil {
		db.clock = SystemClock()
	}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(db.Explain(err), db.Close())
	}
	db.onPoint = o.Hook
	return db, nil
}

func engineFor(location string) (engine, error) {
	if IsURL(location) {
		return newPostgres(location)
	}
	return &sqliteEngine{path: location}, nil
}

func (db *DB) open(ctx context.Context, o Options) (err error) {
	if o.ReadOnly || o.Immutable {
		if db.readers, err = db.engine.openReaders(o.Immutable); err != nil {
			return err
		}
		return db.checkSchema(ctx)
	}
	if o.Looking {
		if done, err := db.lookAsItIs(ctx); done || err != nil {
			return err
		}
	}
	if db.writer, err = db.engine.openWriter(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	db.readers, err = db.engine.openReaders(false)
	return err
}

// lookAsItIs opens the file to read, without a change to how it is kept, where that is to be seen and all that is needed. Of the
// troubles only that of a lock is told here: the others show, and are told better, when it is opened to write.
func (db *DB) lookAsItIs(ctx context.Context) (done bool, err error) {
	file, isFile := db.engine.(*sqliteEngine)
	if !isFile {
		return false, nil
	}
	pool, logged, err := file.openAsItIs(ctx)
	if err == nil && !logged {
		db.readers = pool
		if err = db.checkSchema(ctx); err == nil {
			return true, nil
		}
		db.readers = nil
	}
	if pool != nil {
		_ = pool.Close() // a reader's: there is nothing left to lose
	}
	if err != nil && classify(err) == string(Locked) {
		return false, err
	}
	return false, nil
}

// Read gives access to the pool of readers. Each query sees what was committed when it began, and never waits for a
// writer. As a transaction does, it waits some seconds for a PostgreSQL that is started anew.
func (db *DB) Read() Querier { return reader{db} }

// Dialect tells what kind of database it is.
func (db *DB) Dialect() Dialect { return db.engine.dialect() }

// Path gives the path that was opened, or the URL without its password.
func (db *DB) Path() string { return db.engine.location() }

// Clock gives the clock that the state was opened with.
func (db *DB) Clock() Clock { return db.clock }

// Now gives the instant that a transaction would bear which begins now, see [Tx.Now]: on PostgreSQL the server is asked.
func (db *DB) Now(ctx context.Context) (time.Time, error) {
	if db.ownTime || db.Dialect() != PostgreSQL {
		return db.now(), nil
	}
	var us int64
	err := db.readers.QueryRowContext(ctx, serverTime).Scan(&us)
	return FromMicros(us), db.Explain(err)
}

// SchemaVersion gives the version of the schema, which is the number of the newest migration.
func (db *DB) SchemaVersion() int { return db.version }

// Close waits for running queries and closes the state. The last process to close a file folds the write-ahead log into
// it and removes that.
func (db *DB) Close() error {
	db.signals.close()
	errs := []error{db.engine.close()}
	for _, pool := range []*sql.DB{db.readers, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return db.Explain(errors.Join(errs...))
}

// Snapshot writes a copy of the state as it is now to a new SQLite file at path, compact, without a write-ahead log and
// fit to be opened with Immutable. The file must not exist. Running transactions are not waited for and not disturbed.
func (db *DB) Snapshot(ctx context.Context, path string) error {
	err := createPrivate(path)
	if err == nil {
		err = db.engine.snapshot(ctx, db, path)
	}
	if err != nil {
		return fmt.Errorf("copy the state to %s: %w", path, err)
	}
	return nil
}

func (db *DB) now() time.Time { return db.clock.Now().UTC().Truncate(time.Microsecond) }

func (db *DB) hook(ctx context.Context, point string) {
	if db.onPoint != nil {
		db.onPoint(ctx, point)
	}
}
