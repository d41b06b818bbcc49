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
	asked   int64 // the key of the lock that those share who ask for this one
	explain func(error) error
	stop    context.CancelFunc // ends the look-out
	lost    chan struct{}
	lookout sync.WaitGroup

	mu     sync.Mutex
	wanted map[chan struct{}]bool // to be closed when somebody asks
}

func (e *postgresEngine) lock(ctx context.Context, name string) (Held, error) {
	d, err := e.door(ctx, name)
	if err != nil {
		return nil, err
	}
	held, err := d.take(ctx, time.Time{})
	return held, errors.Join(err, d.close(ctx, held != nil))
}

// sessionDoor keeps a lock and the line before it on one connection, with whose end all of it ends.
type sessionDoor struct {
	conn           *pgx.Conn
	name           string
	key            func(what string) int64
	explain        func(error) error
	turn, asking   bool
	holder         *LockedError
	holderSeen     time.Time
	holderLooksFor time.Duration
}

// door asks the server to notice within a minute or so when this machine is gone.
func (e *postgresEngine) door(ctx context.Context, name string) (*sessionDoor, error) {
	conn, err := e.lasting(ctx)
	if err != nil {
		return nil, e.explain(err)
	}
	_, err = conn.Exec(ctx, "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3")
	if err != nil {
		closeQuietly(ctx, conn)
		return nil, e.explain(err)
	}
	key := func(what string) int64 { return e.key(what + "\x00" + name) }
	return &sessionDoor{conn: conn, name: name, key: key, explain: e.explain, holderLooksFor: 5 * time.Second}, nil
}

// take looks out for the connection's end once it has the lock, and leaves the line before that.
func (d *sessionDoor) take(ctx context.Context, _ time.Time) (Held, error) {
	l := d.lock()
	got, err := d.try(ctx, "SELECT pg_try_advisory_lock($1)", l.key)
	if err != nil {
		return nil, err
	}
	if !got {
		return nil, d.held(ctx, l)
	}
	if _, err = d.step(ctx, false); err == nil {
		_, err = d.ask(ctx, false)
	}
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.lookout.Go(func() { l.watch(watching) })
	return l, nil
}

func (d *sessionDoor) lock() *sessionLock {
	return &sessionLock{conn: d.conn, key: d.key("lock"), asked: d.key("asked"), explain: d.explain,
		lost: make(chan struct{}), wanted: map[chan struct{}]bool{}}
}

func (d *sessionDoor) look(ctx context.Context, _ time.Time) error {
	l := d.lock()
	free, err := d.try(ctx, "SELECT CASE WHEN pg_try_advisory_lock($1) THEN pg_advisory_unlock($1) ELSE false END", l.key)
	if err != nil || free {
		return err
	}
	return d.held(ctx, l)
}

func (d *sessionDoor) try(ctx context.Context, query string, key int64) (got bool, err error) {
	if err := d.conn.QueryRow(ctx, query, key).Scan(&got); err != nil {
		return false, d.explain(err)
	}
	return got, nil
}

// held gives the error that names the holder, who is asked for now and then.
func (d *sessionDoor) held(ctx context.Context, l *sessionLock) error {
	if d.holder != nil && time.Since(d.holderSeen) < d.holderLooksFor {
		return d.holder
	}
	err := l.holder(ctx, d.name)
	var locked *LockedError
	if !errors.As(err, &locked) {
		return d.explain(err)
	}
	d.holder, d.holderSeen = locked, time.Now()
	return locked
}

func (d *sessionDoor) step(ctx context.Context, in bool) (bool, error) {
	return d.latch(ctx, &d.turn, in, "SELECT pg_try_advisory_lock($1)", "SELECT pg_advisory_unlock($1)", d.key("turn"))
}

func (d *sessionDoor) ask(ctx context.Context, on bool) (bool, error) {
	return d.latch(ctx, &d.asking, on, "SELECT pg_try_advisory_lock_shared($1)", "SELECT pg_advisory_unlock_shared($1)", d.key("asked"))
}

// latch takes a lock or gives it back, and tells whether it is held now.
func (d *sessionDoor) latch(ctx context.Context, is *bool, on bool, take, give string, key int64) (_ bool, err error) {
	switch {
	case on == *is:
	case on:
		*is, err = d.try(ctx, take, key)
	default:
		*is = false
		_, err = d.try(ctx, give, key)
	}
	return *is, err
}

func (d *sessionDoor) close(ctx context.Context, taken bool) error {
	if !taken {
		closeQuietly(ctx, d.conn)
	}
	return nil
}

// holder gives the error that names who holds the lock.
func (l *sessionLock) holder(ctx context.Context, name string) error {
	e := &LockedError{Name: name}
	err := readHolder(l.conn.QueryRow(ctx, holderQuery, l.key), e)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // no row: it has just been given back
		return err
	}
	return e
}

// holderQuery asks who holds an advisory lock.
const holderQuery = `SELECT a.application_name, a.backend_start
	FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d ON d.oid = l.database
	WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND d.datname = current_database()
	AND (l.classid::bigint << 32) | l.objid::bigint = $1`

// readHolder fills in who holds a lock, from the row that holderQuery gives.
func readHolder(row interface{ Scan(...any) error }, e *LockedError) error {
	var program string
	var started time.Time
	if err := row.Scan(&program, &started); err != nil {
		return err
	}
	e.PID, e.Host = readProgramName(program)
	e.Started = started.UTC().Truncate(time.Second)
	return nil
}

// watch waits for the end of the connection, on which the server has nothing else to say, and looks now and then whether
// somebody asks for the lock, if that is to be known.
func (l *sessionLock) watch(ctx context.Context) {
	for {
		look, cancel := context.WithTimeout(ctx, lookForAskers)
		_, err := l.conn.WaitForNotification(look)
		broken := err != nil && look.Err() == nil
		cancel()
		if ctx.Err() != nil {
			return
		}
		if broken || l.lookForAskers(ctx) != nil {
			if ctx.Err() == nil {
				close(l.lost)
			}
			return
		}
	}
}

// lookForAskers is how often a holder looks whether its lock is asked for.
const lookForAskers = time.Second

// lookForAskers takes for a moment, alone, what those share who ask: where it can, nobody does.
func (l *sessionLock) lookForAskers(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wanted) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second) // one that is broken off ends the connection
	defer cancel()
	var alone bool
	err := l.conn.QueryRow(ctx, "SELECT CASE WHEN pg_try_advisory_lock($1) THEN pg_advisory_unlock($1) ELSE false END", l.asked).Scan(&alone)
	if err != nil || alone {
		return err
	}
	for wanted := range l.wanted {
		close(wanted)
	}
	clear(l.wanted)
	return nil
}

// Wanted is looked for once a second.
func (l *sessionLock) Wanted(ctx context.Context) <-chan struct{} {
	wanted := make(chan struct{})
	l.mu.Lock()
	l.wanted[wanted] = true
	l.mu.Unlock()
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.wanted, wanted)
	})
	return wanted
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
