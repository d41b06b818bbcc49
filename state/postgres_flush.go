package state

import (
	"context"
	"database/sql"
	"errors"
	"sync"
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
	pool *sql.DB

	mu      sync.Mutex
	waiting []chan<- error
	busy    bool
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
	_, err := disk.pool.ExecContext(ctx, flushStatement)
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
func (f *flusher) flush() error {
	done := make(chan error, 1)
	f.mu.Lock()
	f.waiting = append(f.waiting, done)
	if !f.busy {
		f.busy = true
		go f.run()
	}
	f.mu.Unlock()
	return <-done
}

// settle waits for the disk. The transaction is committed by then, so nothing that it meets means that nothing was done.
func (e *postgresEngine) settle() error {
	if err := e.disk.flush(); err != nil {
		return e.unsettled(err)
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
		for _, done := range waiting {
			done <- err
		}
	}
}

func (f *flusher) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushPatience)
	defer cancel()
	_, err := f.pool.ExecContext(ctx, flushStatement)
	return err
}
