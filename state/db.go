package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// busyTimeout is how long SQLite waits for another process's transaction before it gives up. Ours last milliseconds; what
// holds the lock longer is a program that was left open.
const busyTimeout = 10 * time.Second

// readerCount is the size of the pool of readers.
const readerCount = 4

// Options are what Open may be told. The zero value is right for a program.
type Options struct {
	// Clock is asked for every instant that is stored; nil means the machine's.
	Clock Clock
	// Hook is called with "before commit" and "after commit" around every commit of Write and WriteDurable. A test may
	// let it panic there: the transaction is then undone or stands, as if the process had died at that instant. Open's
	// own transaction, which brings the schema up to date, is not among them.
	Hook func(ctx context.Context, point string)
	// ReadOnly opens what is there without creating, upgrading or changing it. Others may go on writing.
	ReadOnly bool
	// Immutable is ReadOnly for a file that nobody writes while it is open, such as one in a version control system:
	// SQLite takes no locks and creates no file beside it.
	Immutable bool
}

// DB is an open state.db. It may be used from several goroutines; transactions wait for each other.
type DB struct {
	path    string
	clock   Clock
	onPoint func(ctx context.Context, point string)
	writer  *sql.DB // one connection; nil when opened for reading
	readers *sql.DB
	version int
	signals signals
}

// Open opens the state at path, which is created where it doesn't exist and brought up to the schema of this program
// where it is older. The file, its -wal and its -shm are made readable by their owner only. Its directory must exist.
//
// Errors: *NewerSchemaError, *CorruptError, *UnavailableError, or ctx's.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = SystemClock()
	}
	db := &DB{path: path, clock: o.Clock}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(explain(path, err), db.Close())
	}
	db.onPoint = o.Hook
	return db, nil
}

func (db *DB) open(ctx context.Context, o Options) (err error) {
	if o.ReadOnly || o.Immutable {
		return db.openForReading(ctx, o.Immutable)
	}
	if err := prepareFile(db.path); err != nil {
		return err
	}
	if db.writer, err = openPool(writerDSN(db.path), 1); err != nil {
		return err
	}
	if err := db.useWAL(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	db.readers, err = openPool(readerDSN(db.path, false), readerCount)
	return err
}

func (db *DB) openForReading(ctx context.Context, immutable bool) (err error) {
	if _, err := os.Stat(db.path); err != nil {
		return fileTrouble(db.path, err)
	}
	if db.readers, err = openPool(readerDSN(db.path, immutable), readerCount); err != nil {
		return err
	}
	return db.checkSchema(ctx)
}

// Read gives access to the pool of readers. Each query sees what was committed when it began, and never waits for a
// writer.
func (db *DB) Read() Querier { return reader{db} }

// Path gives the path that was opened.
func (db *DB) Path() string { return db.path }

// Clock gives the clock that the state was opened with.
func (db *DB) Clock() Clock { return db.clock }

// SchemaVersion gives the version of the schema, which is the number of the newest migration.
func (db *DB) SchemaVersion() int { return db.version }

// Close waits for running queries and closes the file. The last process to close it folds the write-ahead log into the
// file and removes it.
func (db *DB) Close() error {
	db.signals.close()
	var errs []error
	for _, pool := range []*sql.DB{db.readers, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return explain(db.path, errors.Join(errs...))
}

// Snapshot writes a copy of the state as it is now to a new file at path, compact, without a write-ahead log and fit to
// be opened with Immutable. The file must not exist. Running transactions are not waited for and not disturbed.
func (db *DB) Snapshot(ctx context.Context, path string) error {
	if err := createPrivate(path); err != nil {
		return fmt.Errorf("copy the state to %s: %w", path, err)
	}
	pool, err := openPool(readerDSN(db.path, db.writer == nil), 1)
	if err != nil {
		return db.Explain(err)
	}
	defer func() { _ = pool.Close() }() // a reader's: there is nothing left to lose
	if _, err := pool.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return db.Explain(err)
	}
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy the state to %s: %w", path, explain(path, err))
	}
	return nil
}

func (db *DB) now() time.Time { return db.clock.Now().UTC().Truncate(time.Microsecond) }

func (db *DB) hook(ctx context.Context, point string) {
	if db.onPoint != nil {
		db.onPoint(ctx, point)
	}
}

// useWAL switches the file to a write-ahead log, which it then keeps. Some file systems cannot share the memory that
// this takes, and SQLite answers with the mode that it kept.
func (db *DB) useWAL(ctx context.Context) error {
	var mode string
	if err := db.writer.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return unavailableFor(db.path, BadDisk, fmt.Errorf("journal mode %q instead of a write-ahead log", mode))
	}
	return nil
}

func openPool(dsn string, size int) (*sql.DB, error) {
	pool, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// writerDSN describes the writer's connection. go-sqlite3 sets the busy timeout before every other pragma.
func writerDSN(path string) string {
	q := url.Values{
		"_busy_timeout":    {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_txlock":          {"immediate"},
		"_synchronous":     {"NORMAL"},
		"_foreign_keys":    {"1"},
		"_stmt_cache_size": {"64"},
		"mode":             {"rw"},
	}
	return fileURI(path) + "?" + q.Encode()
}

func readerDSN(path string, immutable bool) string {
	q := url.Values{
		"_busy_timeout":    {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_query_only":      {"1"},
		"_stmt_cache_size": {"64"},
		"mode":             {"ro"},
	}
	if immutable {
		q.Set("immutable", "1")
	}
	return fileURI(path) + "?" + q.Encode()
}

// fileURI writes a path so that neither go-sqlite3 nor SQLite takes a part of it for something else.
func fileURI(path string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
}

// prepareFile makes sure that the file exists and that only its owner may read it: jobs and bindings name people's
// records. SQLite gives -wal and -shm the mode of the file.
func prepareFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return createPrivate(path)
	case err != nil:
		return fileTrouble(path, err)
	case info.IsDir():
		return corrupted(path, faultNotDatabase, errors.New("it is a directory"))
	case info.Mode().Perm()&0o077 == 0:
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return fileTrouble(path, err)
	}
	return nil
}

// createPrivate makes an empty file that only its owner may read; one that is there already is left alone. The file
// gets its name only after its descriptor is closed: closing a descriptor of a database file would drop the locks that
// SQLite holds on it elsewhere in this process.
func createPrivate(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return fileTrouble(path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // at worst an empty file stays
	if err := f.Close(); err != nil {
		return fileTrouble(path, err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fileTrouble(path, err)
	}
	return nil
}

// fileTrouble types an error of the file system.
func fileTrouble(path string, err error) error {
	switch _, dirErr := os.Stat(filepath.Dir(path)); {
	case errors.Is(err, fs.ErrPermission):
		return unavailableFor(path, Denied, err)
	case errors.Is(dirErr, fs.ErrNotExist):
		return unavailableFor(path, NoDirectory, err)
	case errors.Is(err, fs.ErrNotExist):
		return unavailableFor(path, NoFile, err)
	case isDiskFull(err):
		return unavailableFor(path, DiskFull, err)
	default:
		return unavailableFor(path, BadDisk, err)
	}
}
