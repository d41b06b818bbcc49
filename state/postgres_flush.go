package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// flusher waits for the server's disk, for all transactions that want it at a time. The write lock is held until a commit
// is over; would the commit wait for the disk, everybody else had to wait with it, one after the other. So commits don't
// wait, and afterwards one small transaction does: the log is written in the order of the commits, so that what it
// waits for has all of them in it. Where nobody else of this process wants its connection, a writer does so itself, along
// with its commit; and where no other process wants the lock either, the commit waits itself. See [waitsForDisk].
type flusher struct {
	pool   *sql.DB
	conn   any          // the driver's connection of the last wait; only who waits looks
	opened atomic.Int64 // how many connections there were

	mu      sync.Mutex
	waiting []pending
	busy    bool
}

// pending is a commit that is waited for.
type pending struct {
	moment

	done chan<- error
}

// moment is when a transaction was committed, as far as connections tell. A server that crashed since then has forgotten it, and
// waits for the disk all the same once it is there again.
type moment struct {
	engine  *postgresEngine
	session uint32 // that committed it: a crash ends all of them
	opened  int64  // of the flusher's connections, by then
}

// flushStatement writes something into the log that nobody reads; a transaction that writes nothing doesn't wait.
const flushStatement = "SELECT pg_logical_emit_message(true, 'connector', '')"

// flushPatience is how long the disk may take.
const flushPatience = time.Minute

// openFlusher opens the connection for it. Where the server doesn't let the user write into the log, commits wait
// themselves.
func (e *postgresEngine) openFlusher(ctx context.Context) error {
	config := e.session(map[string]string{"statement_timeout": millis(flushPatience)})
	if value := config.RuntimeParams["synchronous_commit"]; value == "" || value == "off" {
		config.RuntimeParams["synchronous_commit"] = "on"
	}
	disk := &flusher{pool: sized(stdlib.OpenDB(*config), 1)}
	err := disk.waitOn(ctx)
	var said *pgconn.PgError
	switch {
	case err == nil:
		e.disk = disk
		return nil
	case errors.As(err, &said) && (said.Code == "42501" || said.Code == "42883"): // insufficient_privilege, undefined_function
		return disk.pool.Close()
	default:
		return errors.Join(err, disk.pool.Close())
	}
}

func (e *postgresEngine) close() error {
	if e.disk == nil {
		return nil
	}
	return e.disk.pool.Close()
}

// flush returns when everything is on the disk that was committed before it was called.
func (f *flusher) flush(committed moment) error {
	done := make(chan error, 1)
	f.mu.Lock()
	f.waiting = append(f.waiting, pending{committed, done})
	if !f.busy {
		f.busy = true
		go f.run()
	}
	f.mu.Unlock()
	return <-done
}

// moment is now, for the transaction that the writer is about to commit.
func (e *postgresEngine) moment() moment {
	if e.disk == nil {
		return moment{engine: e}
	}
	return moment{e, e.pid.Load(), e.disk.opened.Load()}
}

// settle waits for the disk. The transaction is committed by then, so nothing that it meets means that nothing was done.
func (m moment) settle() error {
	if err := m.engine.disk.flush(m); err != nil {
		return m.engine.unsettled(err)
	}
	return nil
}

// unsettled says that a transaction stands, but maybe not for good.
func (e *postgresEngine) unsettled(err error) error {
	return e.trouble(ConnectionLost, "was not heard to put the last transaction on its disk ("+causeOf(err)+")",
		"try again; the transaction was committed, and stands unless the server crashed", err)
}

// run serves those who wait, all at once, until nobody does.
func (f *flusher) run() {
	for {
		f.mu.Lock()
		waiting := f.waiting
		f.waiting = nil
		f.busy = len(waiting) > 0
		f.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		err := f.wait()
		for _, u := range waiting {
			u.done <- f.since(u.moment, err)
		}
	}
}

// wait waits for the disk.
func (f *flusher) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	err := f.waitOn(ctx)
	if errors.Is(err, driver.ErrBadConn) { // it was gone before anything was sent
		err = f.waitOn(ctx)
	}
	return err
}

func (f *flusher) waitOn(ctx context.Context) error {
	conn, err := f.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // gives it back
	err = conn.Raw(func(driverConn any) error {
		if driverConn != f.conn {
			f.conn = driverConn
			f.opened.Add(1)
		}
		return nil
	})
	if err == nil {
		_, err = conn.ExecContext(ctx, flushStatement)
	}
	return err
}

// errForgotten says that nobody knows what a server did that was away.
var errForgotten = errors.New("the connection to it was lost meanwhile")

// since gives what a wait says of a commit before it: over a connection that was opened since then it says something only where the
// session is still there that committed.
func (f *flusher) since(committed moment, err error) error {
	if err != nil || committed.opened == f.opened.Load() {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	there := false
	query := "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1)"
	if err := f.pool.QueryRowContext(ctx, query, committed.session).Scan(&there); err != nil || there {
		return err
	}
	return errForgotten
}
