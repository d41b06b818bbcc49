package state

import (
	"context"
	"database/sql"
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
	db     *DB
	run    *transaction
	now    time.Time
	topics []string // of Notify
}

// Now gives the instant at which the transaction began, in UTC and whole microseconds: everything that one transaction
// writes bears the same time. On PostgreSQL it is the database's time, see [Options].
func (t *Tx) Now() time.Time { return t.now }

// Dialect tells what kind of database it is.
func (t *Tx) Dialect() Dialect { return t.db.Dialect() }

// ExecContext runs a statement that gives no rows.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	e := t.db.engine
	res, err := t.run.ExecContext(t.run.bound(ctx), e.text(query, args), e.args(args)...)
	return res, e.explain(err)
}

// QueryContext runs a statement that gives rows. They must be closed before the transaction's next statement.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e := t.db.engine
	rows, err := t.run.QueryContext(t.run.bound(ctx), e.text(query, args), e.args(args)...)
	return rows, e.explain(err)
}

// QueryRowContext runs a statement that gives at most one row; Scan returns sql.ErrNoRows when it gives none.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e := t.db.engine
	return t.run.QueryRowContext(t.run.bound(ctx), e.text(query, args), e.args(args)...)
}

// Write runs fn in a transaction that holds the write lock from its beginning, and commits. An error or a panic of fn
// rolls everything back; the error is returned as it is, the panic goes on. When ctx ends before the lock is had, fn
// isn't called and ctx's error is returned; after that ctx no longer matters. fn must not call Write itself: there is
// one writer, and it would wait for itself. A database opened for reading returns [ErrReadOnly].
//
// After a power cut or a crash of the operating system the last commits may be undone, all or nothing and in order; a
// crash of the process undoes none. On PostgreSQL none is undone, unless the URL says synchronous_commit=off. When the
// connection breaks while the commit is under way, whether it was committed is not known (see [ConnectionLost]).
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, nil, fn, ordinary)
}

// WriteDurable is [DB.Write] for what must survive even a power cut once it returned, such as the intent that precedes
// a request with an effect. It waits for the disk, which costs some milliseconds, and makes all earlier commits durable too.
func (db *DB) WriteDurable(ctx context.Context, fn func(*Tx) error) error {
	return db.write(ctx, nil, fn, durable)
}

func (db *DB) write(ctx context.Context, first func() []Statement, fn func(*Tx) error, mode writeMode) error {
	run, err := db.commit(ctx, first, fn, mode)
	if err != nil {
		return err
	}
	return db.settle(run)
}

// settle waits until a committed transaction is safe.
func (db *DB) settle(run *transaction) error {
	if run.settle == nil {
		return nil
	}
	return db.Explain(run.settle())
}

// commit does all of a write but for the wait until it is safe.
func (db *DB) commit(ctx context.Context, first func() []Statement, fn func(*Tx) error, mode writeMode) (*transaction, error) {
	if db.writer == nil {
		return nil, ErrReadOnly
	}
	if first == nil {
		first = func() []Statement { return nil }
	}
	conn, run, err := db.begin(ctx, mode, first)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // gives it back; its error only says that it was given back already
	run.early = mode == early
	return run, db.Explain(db.transact(context.WithoutCancel(ctx), run, fn))
}

// begin waits for the writer's connection and for the write lock. Its error is explained, and ctx's where that ended: whatever came of
// it then, nothing was done.
func (db *DB) begin(ctx context.Context, mode writeMode, first func() []Statement) (conn *sql.Conn, run *transaction, err error) {
	err = db.patiently(ctx, func() error {
		conn, run, err = db.beginOnce(ctx, mode, first())
		return err
	})
	if err != nil && ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	return conn, run, db.Explain(err)
}

// patiently does something that has no effect when it fails, and tries it again for a while where it fails for a reason that
// passes soon, as while PostgreSQL is started anew.
func (db *DB) patiently(ctx context.Context, do func() error) error {
	late := time.Now().Add(busyTimeout)
	for pause := firstPause; ; pause = min(2*pause, time.Second) {
		err := do()
		if err == nil || !db.engine.again(err) || time.Now().After(late) {
			return err
		}
		if err := SystemClock().Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func (db *DB) beginOnce(ctx context.Context, mode writeMode, first []Statement) (*sql.Conn, *transaction, error) {
	db.waiting.Add(1)
	conn, err := db.writer.Conn(ctx)
	db.waiting.Add(-1)
	if err != nil {
		return nil, nil, err
	}
	o := opening{statements: first}
	if db.ownTime {
		o.clock = db.now
	}
	run, err := db.engine.begin(ctx, conn, mode, o)
	if err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil { // while it waited
		run.abandon()
		_ = conn.Close() // gives it back
		return nil, nil, ctx.Err()
	}
	return conn, run, nil
}

func (db *DB) transact(ctx context.Context, run *transaction, fn func(*Tx) error) error {
	defer run.abandon() // undoes all after an error or a panic
	tx := &Tx{db: db, run: run, now: run.now}
	if run.now.IsZero() {
		tx.now = db.now()
	}
	for _, s := range run.first {
		if err := tx.perform(ctx, s); err != nil {
			return err
		}
	}
	if err := fn(tx); err != nil {
		return err
	}
	db.hook(ctx, "before commit")
	stands, err := run.commit(tx.topics, !run.early && db.waiting.Load() == 0)
	if stands {
		db.hook(ctx, "after commit")
		db.signals.send(tx.topics...)
	}
	return err
}

// reader is what Read returns: the pool of readers with explained errors.
type reader struct{ db *DB }

func (r reader) QueryContext(ctx context.Context, query string, args ...any) (rows *sql.Rows, err error) {
	e := r.db.engine
	err = r.db.patiently(ctx, func() error {
		rows, err = r.db.readers.QueryContext(ctx, e.text(query, args), e.args(args)...) //nolint:sqlclosecheck,rowserrcheck // the caller's
		return err
	})
	return rows, e.explain(err)
}

func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) (row *sql.Row) {
	e := r.db.engine
	_ = r.db.patiently(ctx, func() error {
		row = r.db.readers.QueryRowContext(ctx, e.text(query, args), e.args(args)...)
		return row.Err()
	}) // the row keeps its error
	return row
}
