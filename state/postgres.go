package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// What a session of the writer may take before the server ends what it does. A program that was stopped in the middle
// of a transaction loses it before those who wait for the lock give up.
const (
	idleInTransaction  = 10 * time.Second
	lockPatience       = 15 * time.Second
	statementPatience  = 30 * time.Second
	transactionLimit   = 2 * time.Minute // a network that swallows everything shows after that
	lengthyLimit       = 12 * time.Hour
	firstPause         = 50 * time.Millisecond
	defaultSchema      = "connector"
	schemaVersionTable = "connector_schema"
)

// clockMicros is the server's clock, in microseconds since 1970; serverTime asks for it.
const (
	clockMicros = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	serverTime  = "SELECT " + clockMicros
)

// postgresEngine is a state in one schema of a PostgreSQL database.
type postgresEngine struct {
	config *pgx.ConnConfig
	schema string
	shown  string // the URL without a password
	texts  rewriter
	pid    atomic.Uint32 // of the writer's session, whose notifications are no news
	disk   *flusher      // nil where a commit has to wait for the disk itself
	rivals rivals        // for the write lock
}

func (e *postgresEngine) dialect() Dialect                     { return PostgreSQL }
func (e *postgresEngine) location() string                     { return e.shown }
func (e *postgresEngine) text(query string, args []any) string { return e.texts.rewrite(query, args) }
func (e *postgresEngine) args(args []any) []any                { return storable(args) }

func (e *postgresEngine) openWriter(ctx context.Context) (*sql.DB, error) {
	pool := sized(sql.OpenDB(pipes{stdlib.GetConnector(*e.writerSession())}), 1)
	if err := e.makeSchema(ctx, pool); err != nil {
		return pool, err
	}
	return pool, e.openFlusher(ctx)
}

// writerSession commits without waiting for the disk, as the lock would be held meanwhile: see [flusher].
func (e *postgresEngine) writerSession() *pgx.ConnConfig {
	config := e.session(map[string]string{
		"statement_timeout":                   millis(statementPatience),
		"lock_timeout":                        millis(lockPatience),
		"idle_in_transaction_session_timeout": millis(idleInTransaction),
	})
	config.RuntimeParams["synchronous_commit"] = "off"
	config.RuntimeParams["default_transaction_isolation"] = "read committed" // whatever the URL, the user or the database say
	config.RuntimeParams["default_transaction_read_only"] = "off"
	config.RuntimeParams["enable_bitmapscan"] = "off" // it doesn't mark the entries of an index that lead nowhere any more
	// A plan is kept as long as the session, and the way through the table, which is the better one while that is small, would be taken
	// until statistics are renewed, some minutes after it has grown. What goes through a table all the same looks dear then, too dear
	// to be run without being compiled.
	config.RuntimeParams["enable_seqscan"], config.RuntimeParams["jit"] = "off", "off"
	return config
}

// relaxed tells whether the URL asks not to wait for the disk at all, other than where it must be.
func (e *postgresEngine) relaxed() bool { return e.config.RuntimeParams["synchronous_commit"] == "off" }

func (e *postgresEngine) openReaders(bool) (*sql.DB, error) {
	return e.pool(readerCount, map[string]string{
		"default_transaction_read_only": "on",
		"statement_timeout":             millis(statementPatience),
	}), nil
}

// pool opens connections whose sessions have these settings, as far as the URL doesn't say otherwise.
func (e *postgresEngine) pool(size int, settings map[string]string) *sql.DB {
	return sized(stdlib.OpenDB(*e.session(settings)), size)
}

func (e *postgresEngine) session(settings map[string]string) *pgx.ConnConfig {
	config := e.config.Copy()
	for name, value := range settings {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	return config
}

// lasting is the session of a connection that stays open without doing anything.
func (e *postgresEngine) lasting(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, e.session(nil))
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(ctx, "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout')")
	if err != nil {
		closeQuietly(ctx, conn)
		return nil, err
	}
	return conn, nil
}

// closeQuietly closes a connection that has nothing left to lose.
func closeQuietly(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// makeSchema makes the schema where there is none. A schema that is there is left alone, as whoever made it may have
// kept the right to do so from us.
func (e *postgresEngine) makeSchema(ctx context.Context, pool *sql.DB) error {
	var there bool
	err := pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", e.schema).Scan(&there)
	if err != nil || there {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // gives it back
	return e.exec(ctx, conn, "BEGIN; "+e.lockStatement()+"; CREATE SCHEMA IF NOT EXISTS "+e.schema+"; COMMIT")
}

func (e *postgresEngine) inspect(ctx context.Context, q Querier, known int) (int, error) {
	var marked bool
	var tables, version int
	err := q.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(BOOL_OR(c.relname = $2), false)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`,
		e.schema, schemaVersionTable).Scan(&tables, &marked)
	if err != nil {
		return 0, err
	}
	if marked {
		err = q.QueryRowContext(ctx, "SELECT version FROM "+schemaVersionTable).Scan(&version)
	}
	switch {
	case err != nil:
		return 0, err
	case tables > 0 && !marked:
		return 0, &CorruptError{Path: e.shown, Reason: "has tables of another program in its schema " + e.schema,
			Hint: "name a schema that is empty, or isn't there yet, by ?search_path= in `state:`"}
	case version > known:
		return 0, &NewerSchemaError{Path: e.shown, Found: version, Known: known}
	}
	return version, nil
}

// migration gives the file of the same name from migrations/postgresql, where a rule cannot make it out of SQLite's.
func (e *postgresEngine) migration(m migration) (string, error) {
	text, err := fs.ReadFile(migrationFiles, "migrations/postgresql/"+m.name)
	if errors.Is(err, fs.ErrNotExist) {
		return definitions(m.sql), nil
	}
	return string(text), err
}

func (e *postgresEngine) mark(ctx context.Context, tx *Tx, version int) error {
	if err := followIdentities(ctx, tx, nil); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`
		CREATE TABLE IF NOT EXISTS %[1]s (version BIGINT NOT NULL);
		DELETE FROM %[1]s;
		INSERT INTO %[1]s VALUES (%[2]d)`, schemaVersionTable, version))
	return err
}

// textsOf gives the first column of what a query finds.
func textsOf(ctx context.Context, q Querier, query string, args ...any) (all []string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // the error of Err counts
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// quoted writes a name so that it means what it is.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes a text as SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(plainText(text), "'", "''") + "'" }

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// key names an advisory lock of this state: they belong to the whole database.
func (e *postgresEngine) key(what string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("connector\x00" + e.schema + "\x00" + what)) // a hash never fails
	return int64(h.Sum64())                                            //nolint:gosec // all 64 bits are wanted, whatever the sign
}

func (e *postgresEngine) channel() string {
	return fmt.Sprintf("connector_%016x", uint64(e.key("changed"))) //nolint:gosec // a name for people who list channels
}

// lockAndTell is lockStatement that tells whether it had to wait.
func (e *postgresEngine) lockAndTell() string {
	return fmt.Sprintf("SELECT CASE WHEN pg_try_advisory_xact_lock(%[1]d) THEN '%[2]s' ELSE '%[3]s' || pg_advisory_xact_lock(%[1]d)::text END",
		e.key("write"), lockWasFree, lockWasHeld)
}

// lockStatement waits for the write lock, which the end of the transaction gives back.
func (e *postgresEngine) lockStatement() string {
	return fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", e.key("write"))
}

// begin takes one round trip: it begins, waits for the write lock and then reads the clock; the server gives the values of a
// list in its order. Whatever the first statement of the transaction reads was committed by then, as each statement of READ
// COMMITTED looks anew.
func (e *postgresEngine) begin(ctx context.Context, conn *sql.Conn, mode writeMode, first opening) (*transaction, error) {
	settings := []string{"BEGIN"}
	safe := mode.strict() || !e.relaxed()
	if safe && e.disk == nil {
		settings = append(settings, "SET LOCAL synchronous_commit = on")
	}
	limit := transactionLimit
	if mode == lengthy {
		limit = lengthyLimit
		settings = append(settings, "SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0")
	}
	waiting, stop := context.WithTimeout(ctx, limit)
	defer stop()
	now, err := e.open(waiting, conn, settings, first)
	if err != nil { // where ctx ended, pgx has told the server and broken off the connection
		e.rollBack(context.WithoutCancel(ctx), conn)
		_ = conn.Close() // gives it back
		return nil, err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	run := &transaction{executor: conn, now: now, bound: func(context.Context) context.Context { return bounded }}
	e.completed(bounded, run, conn, cancel, safe && e.disk != nil)
	return run, nil
}

// open begins a transaction, and gives its instant.
func (e *postgresEngine) open(ctx context.Context, conn *sql.Conn, settings []string, first opening) (time.Time, error) {
	if len(first.statements) > 0 {
		return e.openWith(ctx, conn, settings, first)
	}
	results, err := e.simple(ctx, conn, strings.Join(settings, "; ")+"; "+e.lockAndTell()+", "+clockMicros)
	if err != nil {
		return time.Time{}, err
	}
	e.rivals.note(firstValue(results))
	if first.clock != nil {
		return first.clock(), nil
	}
	now, err := strconv.ParseInt(lastValue(results), 10, 64)
	return FromMicros(now), err
}

// completed adds what ends a transaction.
func (e *postgresEngine) completed(bounded context.Context, run *transaction, conn *sql.Conn, cancel func(), flush bool) {
	done := false
	run.commit = func(topics []string, alone bool) (bool, error) {
		done = true // even where it fails: the connection then is thrown away, and with it the transaction
		wait := waitsForDisk(flush, alone, e.rivals.about())
		committed := e.moment()
		end, err := e.commit(bounded, conn, topics, wait)
		if wait == diskAfter && end.wrote {
			run.settle = committed.settle
		}
		return end.committed || err != nil && isBroken(err), err
	}
	run.abandon = func() {
		cancel()
		if !done {
			e.rollBack(context.WithoutCancel(bounded), conn)
		}
	}
	run.doom = func() {} // PostgreSQL refuses whatever follows by itself
	run.queue = &keeper{e, conn}
}

// After the commit of a transaction that wrote something, a second one waits for the disk: by then the write lock is given
// back, and the first commit, which was asynchronous, is in the log before it (see [flusher]). Between the two only a
// session's setting says whether there was anything to wait for.
const (
	noteWritten = "set_config('connector.wrote', CASE WHEN txid_current_if_assigned() IS NULL THEN 'off' ELSE 'on' END, false)"
	awaitDisk   = "SELECT set_config('synchronous_commit', current_setting('connector.wrote'), true), " +
		"CASE WHEN current_setting('connector.wrote') = 'on' THEN pg_logical_emit_message(true, 'connector', '') END"
)

// ending is what came of the end of a transaction.
type ending struct {
	wrote     bool // something
	committed bool
}

// commit tells the other processes, ends the transaction and, where it is asked to, waits for the disk, in one round trip. One
// with a failed statement is rolled back by the server, which says so only in its answer.
func (e *postgresEngine) commit(ctx context.Context, conn *sql.Conn, topics []string, wait diskWait) (end ending, err error) {
	err = e.onPipe(conn, func(p *pipe) (err error) {
		end, err = p.end(ctx, e.channel(), topics, wait)
		return err
	})
	var row *rowError
	switch {
	case end.committed && errors.As(err, &row):
		return end, row.error
	case err != nil && end.committed:
		err = e.unsettled(err)
	case err == nil && !end.committed:
		err = errRolledBack
	}
	var said *pgconn.PgError
	if errors.As(err, &said) && said.Code == "25P02" { // in_failed_sql_transaction
		err = errRolledBack
	}
	if err != nil {
		e.rollBack(context.WithoutCancel(ctx), conn)
	}
	return end, err
}

var errRolledBack = errors.New("the transaction was rolled back, since one of its statements had failed; nothing was written")

// rollBack ends what is begun; a connection that cannot is thrown away, which comes to the same.
func (e *postgresEngine) rollBack(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	e.forget(conn)
	if e.exec(ctx, conn, "ROLLBACK") != nil {
		discard(conn)
	}
}

func (e *postgresEngine) exec(ctx context.Context, conn *sql.Conn, text string) error {
	_, err := e.simple(ctx, conn, text)
	return err
}

// simple runs statements without arguments in one round trip.
func (e *postgresEngine) simple(ctx context.Context, conn *sql.Conn, text string) (results []*pgconn.Result, err error) {
	err = e.onPipe(conn, func(p *pipe) (err error) {
		results, err = p.Conn.Conn().PgConn().Exec(ctx, text).ReadAll()
		return err
	})
	return results, err
}

// firstValue is the first value of the last statement's first row.
func firstValue(results []*pgconn.Result) string {
	if rows := lastRows(results); len(rows) > 0 && len(rows[0]) > 0 {
		return string(rows[0][0])
	}
	return ""
}

// lastValue is the last value of the last statement's first row.
func lastValue(results []*pgconn.Result) string {
	if rows := lastRows(results); len(rows) > 0 && len(rows[0]) > 0 {
		return string(rows[0][len(rows[0])-1])
	}
	return ""
}

func lastRows(results []*pgconn.Result) [][][]byte {
	if len(results) == 0 {
		return nil
	}
	return results[len(results)-1].Rows
}

func (e *postgresEngine) again(err error) bool {
	var u *UnavailableError
	return errors.As(e.explain(err), &u) && (u.Trouble == Unreachable || u.Trouble == ConnectionLost)
}

// watch listens on a connection of its own, and comes back after that broke. It looks after everybody at each
// beginning, since what came in between is unknown.
func (e *postgresEngine) watch(ctx context.Context, db *DB) {
	for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, 30*time.Second) {
		if e.listen(ctx, db) {
			pause = firstPause
		}
		_ = SystemClock().Sleep(ctx, pause) // its end is seen above
	}
}

// listen passes on what it hears until the connection breaks, and tells whether there was one.
func (e *postgresEngine) listen(ctx context.Context, db *DB) bool {
	conn, err := e.lasting(ctx)
	if err != nil {
		return false
	}
	defer closeQuietly(ctx, conn)
	if _, err := conn.Exec(ctx, "LISTEN "+e.channel()); err != nil {
		return false
	}
	db.signals.sendAll()
	for {
		heard, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true
		}
		if heard.PID != e.pid.Load() { // otherwise those who wait here have been told already
			db.signals.send(heard.Payload)
		}
	}
}
