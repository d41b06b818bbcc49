package state

import (
	"context"
	"database/sql"
	"time"
)

// Scanner is a row that comes; its Scan is that of [sql.Rows].
type Scanner interface{ Scan(dest ...any) error }

// Statement is one that is sent together with others, so that they take one message to PostgreSQL and one back: see
// [DB.WriteAfter] and [Tx.Later].
type Statement struct {
	Query string
	Args  []any
	// Row is called for each row that it gives; its error ends the transaction. Nil: it gives none, or nobody reads them.
	Row func(Scanner) error
}

// TxNow stands among the arguments of a [Statement] for the instant of its transaction, [Tx.Now], in microseconds: whoever
// makes the statement before the transaction begins doesn't know it.
type TxNow struct{}

// WriteAfter is [DB.Write] for a transaction that begins with statements which are known before: on PostgreSQL they go along with
// what begins it, in one message. first is called before each try to begin, as one that comes to nothing may have given rows already;
// when fn is called all of their rows have been read. An error of a statement is returned as one of fn's would be.
func (db *DB) WriteAfter(ctx context.Context, first func() []Statement, fn func(*Tx) error) error {
	return db.write(ctx, first, fn, ordinary)
}

// WriteEarly is [DB.WriteAfter] for who has something to do as soon as the transaction is committed and others see it: it doesn't
// wait until that is safe. settle does; it is given unless there is an error, and is to be called once, from any goroutine. Its error
// is Write's where the disk wasn't heard of. On SQLite there is nothing to wait for.
func (db *DB) WriteEarly(ctx context.Context, first func() []Statement, fn func(*Tx) error) (settle func() error, err error) {
	run, err := db.commit(ctx, first, fn, early)
	if err != nil {
		return nil, err
	}
	return func() error { return db.settle(run) }, nil
}

// Later runs a statement with the next one that isn't run later, or with the commit: on PostgreSQL in one message with that.
// SQLite runs it at once. Its error is that of what it is sent with.
func (t *Tx) Later(ctx context.Context, s Statement) error {
	s.Args = known(s.Args, t.now)
	if t.run.queue != nil {
		t.run.queue.keep(s)
		return nil
	}
	return t.perform(ctx, s)
}

// perform runs a statement and reads its rows.
func (t *Tx) perform(ctx context.Context, s Statement) error {
	s.Args = known(s.Args, t.now)
	if s.Row == nil {
		_, err := t.ExecContext(ctx, s.Query, s.Args...)
		return err
	}
	rows, err := t.QueryContext(ctx, s.Query, s.Args...)
	if err != nil {
		return err
	}
	return readAll(rows, s.Row)
}

func readAll(rows *sql.Rows, row func(Scanner) error) error {
	defer func() { _ = rows.Close() }() // the error of Err counts
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// known puts an instant in the place of TxNow.
func known(args []any, now time.Time) []any {
	for i, arg := range args {
		if arg == (TxNow{}) {
			args = replaced(args, i, Micros(now))
		}
	}
	return args
}
