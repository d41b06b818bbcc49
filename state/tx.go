package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// Querier reads. Both [DB.Read] and [Tx] are one, so a function that only reads can serve inside and outside of a
// transaction. An error of a query that returns one row shows when that row is scanned: see [DB.Explain].
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is a transaction that holds the write lock. It is valid only inside the function that was given it, and only on
// one goroutine. Cancelling a context doesn't end its statements: a transaction that began runs to its end.
type Tx struct {
	db  *DB
	tx  *sql.Tx
	now time.Time

	topics []string // of Notify
}

// Now gives the instant at which the transaction began, in UTC and whole microseconds: everything that one transaction
// writes bears the same time.
func (t *Tx) Now() time.Time { return t.now }

// ExecContext runs a statement that gives no rows.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	res, err := t.tx.ExecContext(context.WithoutCancel(ctx), query, args...)
	return res, t.db.Explain(err)
}

// QueryContext runs a statement that gives rows, which must be closed before the next statement of a kind that
// changes what they read.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := t.tx.QueryContext(context.WithoutCancel(ctx), query, args...)
	return rows, t.db.Explain(err)
}

// QueryRowContext runs a statement that gives at most one row; Scan returns sql.ErrNoRows when it gives none.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// Write runs fn in a transaction that holds the write lock from its beginning, and commits. An error or a panic of fn
// rolls everything back; the error is returned as it is, the panic goes on. When ctx ends before the lock is had, fn
// isn't called and ctx's error is returned; after that ctx no longer matters. fn must not call Write itself: there is
// one writer, and it would wait for itself. A database opened for reading returns [ErrReadOnly].
//
// After a power cut or a crash of the operating system the last commits may be undone, all or nothing and in order; a
// crash of the process undoes none.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, fn, false)
}

// WriteDurable is [DB.Write] for what must survive even a power cut once it returned, such as the intent that precedes
// a request with an effect. It waits for the disk, which costs some milliseconds, and makes all earlier commits durable too.
func (db *DB) WriteDurable(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, fn, true)
}

func (db *DB) write(ctx context.Context, fn func(*Tx) error, durable bool) (err error) {
	if db.writer == nil {
		return ErrReadOnly
	}
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return db.Explain(err)
	}
	defer func() { _ = conn.Close() }() // gives it back; its error only says that it was given back already
	ctx = context.WithoutCancel(ctx)
	if durable {
		if err := setSynchronous(ctx, conn, "FULL"); err != nil {
			return db.Explain(err)
		}
		defer relax(ctx, conn)
	}
	return db.Explain(db.transact(ctx, conn, fn))
}

func (db *DB) transact(ctx context.Context, conn *sql.Conn, fn func(*Tx) error) error {
	begun, err := conn.BeginTx(ctx, nil) // BEGIN IMMEDIATE, by the DSN
	if err != nil {
		return err
	}
	defer func() { _ = begun.Rollback() }() // does nothing after the commit; undoes all after an error or a panic
	tx := &Tx{db: db, tx: begun, now: db.now()}
	if err := fn(tx); err != nil {
		return err
	}
	db.hook(ctx, "before commit")
	if err := begun.Commit(); err != nil {
		return err
	}
	db.hook(ctx, "after commit")
	db.signals.send(tx.topics...)
	return nil
}

func setSynchronous(ctx context.Context, conn *sql.Conn, mode string) error {
	_, err := conn.ExecContext(ctx, "PRAGMA synchronous = "+mode)
	return err
}

// relax goes back to the mode of ordinary commits. Where that fails the connection is thrown away; the pool's next one
// begins in that mode.
func relax(ctx context.Context, conn *sql.Conn) {
	if setSynchronous(ctx, conn, "NORMAL") != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}

// reader is what Read returns: the pool of readers with explained errors.
type reader struct{ db *DB }

func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := r.db.readers.QueryContext(ctx, query, args...)
	return rows, r.db.Explain(err)
}

func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.db.readers.QueryRowContext(ctx, query, args...)
}
