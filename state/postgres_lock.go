package state

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// sessionLock is an advisory lock of PostgreSQL's. The server gives it back when the connection ends, however that ends.
type sessionLock struct {
	conn    *pgx.Conn
	key     int64
	explain func(error) error
	stop    context.CancelFunc // ends the look-out
	lost    chan struct{}
	lookout sync.WaitGroup
}

func (e *postgresEngine) lock(ctx context.Context, name string) (Held, error) {
	conn, err := e.lasting(ctx)
	if err != nil {
		return nil, e.explain(err)
	}
	l := &sessionLock{conn: conn, key: e.key("lock\x00" + name), explain: e.explain, lost: make(chan struct{})}
	if err := l.take(ctx, name); err != nil {
		closeQuietly(ctx, conn)
		return nil, e.explain(err)
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.lookout.Go(func() { l.watch(watching) })
	return l, nil
}

// take asks the server to notice within a minute or so when this machine is gone, and takes the lock.
func (l *sessionLock) take(ctx context.Context, name string) error {
	var got bool
	_, err := l.conn.Exec(ctx, "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3")
	if err == nil {
		err = l.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", l.key).Scan(&got)
	}
	if err == nil && !got {
		err = l.holder(ctx, name)
	}
	return err
}

// holder gives the error that names who holds the lock.
func (l *sessionLock) holder(ctx context.Context, name string) error {
	e := &LockedError{Name: name}
	var program string
	var started time.Time
	err := l.conn.QueryRow(ctx, `SELECT a.application_name, a.backend_start
		FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database
		WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND d.datname = current_database()
		AND (l.classid::bigint << 32) | l.objid::bigint = $1`, l.key).Scan(&program, &started)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // it has just been given back
	case err != nil:
		return err
	default:
		e.PID, e.Host = readProgramName(program)
		e.Started = started.UTC().Truncate(time.Second)
	}
	return e
}

// watch waits for the end of the connection, on which the server has nothing else to say.
func (l *sessionLock) watch(ctx context.Context) {
	for {
		if _, err := l.conn.WaitForNotification(ctx); err != nil {
			if ctx.Err() == nil {
				close(l.lost)
			}
			return
		}
	}
}

// Lost is closed when the connection broke.
func (l *sessionLock) Lost() <-chan struct{} { return l.lost }

// Release gives the lock back before it closes the connection, so that the next one finds it free at once.
func (l *sessionLock) Release() error {
	l.stop()
	l.lookout.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	defer closeQuietly(ctx, l.conn)
	select {
	case <-l.lost:
		return nil
	default:
		_, err := l.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", l.key)
		return l.explain(err)
	}
}
