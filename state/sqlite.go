package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sqliteEngine is a state in a file.
type sqliteEngine struct {
	path      string
	shortened any // the driver's connection that waits for a lock in stretches; only who has it looks
}

func (e *sqliteEngine) dialect() Dialect                      { return SQLite }
func (e *sqliteEngine) location() string                      { return e.path }
func (e *sqliteEngine) text(query string, _ []any) string     { return query }
func (e *sqliteEngine) args(args []any) []any                 { return args }
func (e *sqliteEngine) migration(m migration) (string, error) { return m.sql, nil }
func (e *sqliteEngine) again(error) bool                      { return false } // it has waited already
func (e *sqliteEngine) explain(err error) error               { return explain(e.path, err) }

func (e *sqliteEngine) openWriter(ctx context.Context) (*sql.DB, error) {
	if err := prepareFile(e.path); err != nil {
		return nil, err
	}
	pool, err := openPool(writerDSN(e.path), 1)
	if err != nil {
		return nil, err
	}
	return pool, e.useWAL(ctx, pool)
}

func (e *sqliteEngine) openReaders(immutable bool) (*sql.DB, error) {
	if _, err := os.Stat(e.path); err != nil {
		return nil, fileTrouble(e.path, err)
	}
	return openPool(readerDSN(e.path, immutable), readerCount)
}

// openAsItIs opens the pool that only reads, and tells whether the file is kept with a write-ahead log.
func (e *sqliteEngine) openAsItIs(ctx context.Context) (pool *sql.DB, logged bool, err error) {
	if pool, err = e.openReaders(false); err != nil {
		return nil, false, err
	}
	var mode string
	err = pool.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode)
	return pool, mode == "wal", err
}

// useWAL switches the file to a write-ahead log, which it then keeps. Some file systems cannot share the memory that
// this takes, and SQLite answers with the mode that it kept.
func (e *sqliteEngine) useWAL(ctx context.Context, pool *sql.DB) error {
	var mode string
	err := insist(ctx, func() error { return pool.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode) })
	if err != nil {
		return err
	}
	if mode != "wal" {
		return unavailableFor(e.path, BadDisk, fmt.Errorf("journal mode %q instead of a write-ahead log", mode))
	}
	return nil
}

func (e *sqliteEngine) inspect(ctx context.Context, q Querier, known int) (int, error) {
	var version, id, tables int
	for _, ask := range []struct {
		query string
		into  *int
	}{
		{"PRAGMA user_version", &version},
		{"PRAGMA application_id", &id},
		{"SELECT COUNT(*) FROM sqlite_schema", &tables},
	} {
		if err := q.QueryRowContext(ctx, ask.query).Scan(ask.into); err != nil {
			return 0, err
		}
	}
	switch {
	case id != applicationID && (id != 0 || version != 0 || tables != 0):
		return 0, &CorruptError{Path: e.path, Reason: "is an SQLite database of another program",
			Hint: "check the path of `state:`"}
	case version > known:
		return 0, &NewerSchemaError{Path: e.path, Found: version, Known: known}
	}
	return version, nil
}

func (e *sqliteEngine) mark(ctx context.Context, tx *Tx, version int) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, version))
	return err
}

func (e *sqliteEngine) begin(ctx context.Context, conn *sql.Conn, mode writeMode, first opening) (run *transaction, err error) {
	if err = e.shorten(ctx, conn); err == nil {
		err = insist(ctx, func() error {
			run, err = beginOn(context.WithoutCancel(ctx), conn, mode, first)
			return err
		})
	}
	if err != nil {
		_ = conn.Close() // gives it back
	}
	return run, err
}

// insist tries again what SQLite refuses as another program holds a lock, until the time is up or ctx ends. SQLite itself waits in most
// cases, and hears of nothing meanwhile; but at once it refuses to change a file to which that other is about to write.
func insist(ctx context.Context, do func() error) error {
	late := time.Now().Add(busyTimeout)
	for {
		err := do()
		if err == nil || classify(err) != string(Locked) || time.Now().After(late) {
			return err
		}
		if err := SystemClock().Sleep(ctx, insistPause); err != nil {
			return err
		}
	}
}

// shorten lets a connection wait no longer than one stretch at a time. What comes before its first transaction waits the whole time.
func (e *sqliteEngine) shorten(ctx context.Context, conn *sql.Conn) error {
	known := false
	err := conn.Raw(func(driverConn any) error {
		known = driverConn == e.shortened
		e.shortened = driverConn
		return nil
	})
	if err != nil || known {
		return err
	}
	_, err = conn.ExecContext(ctx, "PRAGMA busy_timeout = "+strconv.FormatInt(busyStretch.Milliseconds(), 10))
	return err
}

func beginOn(ctx context.Context, conn *sql.Conn, mode writeMode, first opening) (*transaction, error) {
	strict := mode.strict()
	if strict {
		if err := setSynchronous(ctx, conn, "FULL"); err != nil {
			return nil, err
		}
	}
	tx, err := conn.BeginTx(ctx, nil) // BEGIN IMMEDIATE, by the DSN
	if err != nil {
		if strict {
			relax(ctx, conn)
		}
		return nil, err
	}
	undo := func() { _ = tx.Rollback() } // does nothing after the commit
	return &transaction{
		executor: tx,
		first:    first.statements,
		bound:    context.WithoutCancel,
		commit: func([]string, bool) (bool, error) { // other processes poll
			err := tx.Commit()
			return err == nil, err
		},
		abandon: func() {
			undo()
			if strict {
				relax(ctx, conn)
			}
		},
		doom: undo,
	}, nil
}

func setSynchronous(ctx context.Context, conn *sql.Conn, mode string) error {
	_, err := conn.ExecContext(ctx, "PRAGMA synchronous = "+mode)
	return err
}

// relax goes back to the mode of ordinary commits. Where that fails the connection is thrown away; the pool's next one
// begins in that mode.
func relax(ctx context.Context, conn *sql.Conn) {
	if setSynchronous(ctx, conn, "NORMAL") != nil {
		discard(conn)
	}
}

// discard closes a connection instead of giving it back to its pool.
func discard(conn *sql.Conn) { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }

// snapshot copies by VACUUM INTO, which leaves out what was deleted. Only a file that nobody writes may be read without its write-ahead
// log: after a crash all that was committed may be in there.
func (e *sqliteEngine) snapshot(ctx context.Context, db *DB, path string) error {
	pool, err := openPool(readerDSN(e.path, db.frozen), 1)
	if err != nil {
		return db.Explain(err)
	}
	defer func() { _ = pool.Close() }() // a reader's: there is nothing left to lose
	if _, err := pool.ExecContext(ctx, "PRAGMA query_only = 0"); err != nil {
		return db.Explain(err)
	}
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?", path)
	return explain(path, err)
}

// backup copies page by page, from one moment of the state: writers go on meanwhile and disturb nothing.
func (e *sqliteEngine) backup(ctx context.Context, db *DB, path string, progress func(done, all int)) error {
	to, err := openPool(fileURI(path), 1)
	if err != nil {
		return err
	}
	err = db.reading(ctx, func(_ Querier, from *sql.Conn) error { return copyPages(ctx, to, from, progress) })
	if err == nil {
		_, err = to.ExecContext(ctx, "PRAGMA journal_mode = DELETE") // one file, which can be opened where nothing may be written
	}
	return explain(path, errors.Join(err, to.Close()))
}

func copyPages(ctx context.Context, to *sql.DB, from *sql.Conn, progress func(done, all int)) error {
	conn, err := to.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // gives it back
	return conn.Raw(func(toConn any) error {
		return from.Raw(func(fromConn any) error { return onlineBackup(ctx, toConn, fromConn, progress) })
	})
}

func (e *sqliteEngine) close() error         { return nil }
func (e *sqliteEngine) beginReading() string { return "BEGIN" }
func (e *sqliteEngine) beginCopying() string { return "PRAGMA defer_foreign_keys = ON" }

// endCopying raises what SQLite has counted by itself, which are the rows that were copied.
func (e *sqliteEngine) endCopying(ctx context.Context, tx *Tx, given map[string]int64) error {
	for _, table := range slices.Sorted(maps.Keys(given)) {
		if _, err := tx.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", given[table], table); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) SELECT ?, ?
			WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)`, table, given[table], table)
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) given(ctx context.Context, q Querier) (map[string]int64, error) {
	rows, err := q.QueryContext(ctx, "SELECT name, seq FROM sqlite_sequence")
	if err != nil {
		return nil, err
	}
	return lastNumbers(rows)
}

func (e *sqliteEngine) tables(ctx context.Context, q Querier) ([]string, error) {
	return textsOf(ctx, q, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
}

func (e *sqliteEngine) indexes(ctx context.Context, q Querier) ([]string, error) {
	return textsOf(ctx, q, `SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
}

// examine lets SQLite look at every page, and for rows that refer to nothing.
func (e *sqliteEngine) examine(ctx context.Context, q Querier, r *Report) error {
	r.Version = SQLiteVersion()
	row := q.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	if err := row.Scan(&r.Bytes); err != nil {
		return err
	}
	found, err := textsOf(ctx, q, "PRAGMA integrity_check(20)")
	if err != nil {
		return err
	}
	for _, text := range found {
		if text != "ok" {
			r.Problems = append(r.Problems, text)
		}
	}
	lost, err := textsOf(ctx, q, `SELECT COUNT(*) || ' rows of ' || "table" || ' refer to rows of ' || parent || ' that are not there'
		FROM pragma_foreign_key_check GROUP BY "table", parent ORDER BY 1`)
	r.Problems = append(r.Problems, lost...)
	return err
}

// watch wakes everybody when another connection has written to the file. SQLite counts those writes for each
// connection apart (data_version), so the writer's is asked where there is one: it doesn't count its own.
func (e *sqliteEngine) watch(ctx context.Context, db *DB) {
	pool := db.writer
	if pool == nil {
		var err error
		if pool, err = openPool(readerDSN(e.path, false), 1); err != nil {
			return // sql.Open fails on unknown drivers only
		}
		defer func() { _ = pool.Close() }() // a reader's: there is nothing left to lose
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var seen fileVersion
	for {
		// What cannot be asked now is asked again: whoever reads or writes meets the same trouble and tells it.
		if now, err := versionOf(ctx, pool); err == nil && now != seen {
			seen = now
			db.signals.sendAll()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// fileVersion tells two states of a file apart, as one connection sees them.
type fileVersion struct {
	conn  any // the driver's connection: the numbers of two mean nothing to each other
	count int64
}

func versionOf(ctx context.Context, pool *sql.DB) (v fileVersion, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return v, err
	}
	defer func() { _ = conn.Close() }() // gives it back
	if err := conn.Raw(func(driverConn any) error { v.conn = driverConn; return nil }); err != nil {
		return v, err
	}
	return v, conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v.count)
}

func openPool(dsn string, size int) (*sql.DB, error) {
	fewArenas()
	pool, err := sql.Open(driverName, dsn)
	if err != nil {
		return nil, err
	}
	return sized(pool, size), nil
}

// sized keeps as many connections as it may have.
func sized(pool *sql.DB, size int) *sql.DB {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool
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
