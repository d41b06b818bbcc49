package state

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipes opens the writer's connections.
type pipes struct{ driver.Connector }

func (p pipes) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if plain, ok := conn.(*stdlib.Conn); ok {
		return &pipe{Conn: plain}, err
	}
	return conn, err
}

// pipe is the writer's connection. What is to run later waits here, and goes along with the next statement in one message.
type pipe struct {
	*stdlib.Conn

	later []order
	kept  int // how many were to run later so far
}

// order is one statement of a message, as pgx wants it, and then what came of it.
type order struct {
	text string
	args []any
	row  func(pgx.Rows) error // called for each row; nil: they are skipped
	tag  pgconn.CommandTag    // once it ran
}

// pipeOf gives the driver's connection that is behind one of the writer's pool.
func pipeOf(driverConn any) (*pipe, error) {
	if p, ok := driverConn.(*pipe); ok {
		return p, nil
	}
	return nil, fmt.Errorf("the connection is a %T", driverConn)
}

// converse sends statements in one message, behind those that wait, and reads each one's rows in its turn. The error is that of
// the first statement that failed; the server has skipped those after it. Or else it is a *rowError: all of them ran.
func (p *pipe) converse(ctx context.Context, list []order) error {
	waiting := p.later
	p.later = nil
	batch := &pgx.Batch{}
	for _, o := range append(waiting[:len(waiting):len(waiting)], list...) {
		batch.Queue(o.text, o.args...)
	}
	results := p.Conn.Conn().SendBatch(ctx, batch)
	unread, err := readOrders(results, waiting)
	if err == nil {
		var more error
		more, err = readOrders(results, list)
		unread = cmp.Or(unread, more)
	}
	if closeErr := results.Close(); err == nil { // otherwise it repeats the error
		err = closeErr
	}
	if err == nil && unread != nil {
		return &rowError{unread}
	}
	return err
}

// rowError is that of a [Statement]'s Row.
type rowError struct{ error }

// Unwrap gives it.
func (e *rowError) Unwrap() error { return e.error }

// readOrders stops at a statement that failed. What Row says of a statement that didn't is given apart.
func readOrders(results pgx.BatchResults, list []order) (unread, err error) {
	for i := range list {
		rowErr, err := list[i].read(results)
		if err != nil {
			return nil, err
		}
		unread = cmp.Or(unread, rowErr)
	}
	return unread, nil
}

func (o *order) read(results pgx.BatchResults) (unread, err error) {
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		if o.row != nil && unread == nil {
			unread = o.row(rows)
		}
	}
	o.tag = rows.CommandTag() // there is none before all rows are read
	return unread, rows.Err()
}

// QueryContext is the driver's.
func (p *pipe) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(p.later) == 0 {
		return p.Conn.QueryContext(ctx, query, args)
	}
	found := &pipedRows{}
	err := p.converse(ctx, []order{{text: query, args: plainArgs(args), row: found.add}})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ExecContext is the driver's.
func (p *pipe) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(p.later) == 0 {
		return p.Conn.ExecContext(ctx, query, args)
	}
	list := []order{{text: query, args: plainArgs(args)}}
	err := p.converse(ctx, list)
	return driver.RowsAffected(list[0].tag.RowsAffected()), err
}

func plainArgs(args []driver.NamedValue) []any {
	plain := make([]any, len(args))
	for i, a := range args {
		plain[i] = a.Value
	}
	return plain
}

// pipedRows are the rows of a statement that was sent with others, all of them: what comes after them is waiting to be read.
type pipedRows struct {
	columns []string
	values  [][]driver.Value
}

func (r *pipedRows) add(rows pgx.Rows) error {
	if r.columns == nil {
		for _, field := range rows.FieldDescriptions() {
			r.columns = append(r.columns, field.Name)
		}
	}
	values, err := rows.Values()
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(values))
	for i, v := range values {
		if row[i], err = driverValue(v); err != nil {
			return err
		}
	}
	r.values = append(r.values, row)
	return nil
}

// driverValue gives a value that pgx read as database/sql knows it.
func driverValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case driver.Valuer: // numeric
		return v.Value()
	}
	if !driver.IsValue(v) {
		return nil, fmt.Errorf("a statement gives a %T", v)
	}
	return v, nil
}

// Columns is the driver's.
func (r *pipedRows) Columns() []string { return r.columns }

// Close is the driver's.
func (r *pipedRows) Close() error { return nil }

// Next is the driver's.
func (r *pipedRows) Next(dest []driver.Value) error {
	if len(r.values) == 0 {
		return io.EOF
	}
	copy(dest, r.values[0])
	r.values = r.values[1:]
	return nil
}

// pipedRow is a row of pgx that may be scanned as one of database/sql: yes and no are 1 and 0 in the tables.
type pipedRow struct{ pgx.Rows }

func (r pipedRow) Scan(dest ...any) error {
	for i, d := range dest {
		if yes, ok := d.(*bool); ok {
			dest[i] = (*numericBool)(yes)
		}
	}
	return r.Rows.Scan(dest...)
}

type numericBool bool

// Scan takes what a column of yes and no gives.
func (b *numericBool) Scan(v any) error {
	switch v := v.(type) {
	case int64:
		*b = v != 0
	case bool:
		*b = numericBool(v)
	default:
		return errors.New("neither yes nor no")
	}
	return nil
}

// orders gives statements as they are sent.
func (e *postgresEngine) order(s Statement) order {
	o := order{text: e.text(s.Query, s.Args), args: e.args(withoutNow(s.Args))}
	if s.Row != nil {
		o.row = func(rows pgx.Rows) error { return s.Row(pipedRow{rows}) }
	}
	return o
}

// withoutNow leaves out what the text itself asks for.
func withoutNow(args []any) []any {
	for i, arg := range args {
		if arg == (TxNow{}) {
			return append(args[:i:i], withoutNow(args[i+1:])...)
		}
	}
	return args
}

// onPipe works with the driver's connection.
func (e *postgresEngine) onPipe(conn *sql.Conn, do func(*pipe) error) (err error) {
	rawErr := conn.Raw(func(driverConn any) error {
		var p *pipe
		if p, err = pipeOf(driverConn); err == nil {
			e.pid.Store(p.Conn.Conn().PgConn().PID())
			err = do(p)
		}
		return nil
	})
	return errors.Join(err, rawErr)
}

// forget drops what waits.
func (e *postgresEngine) forget(conn *sql.Conn) { (&keeper{e, conn}).drop(0) }

// keeper is the queue of a connection. One that is gone says so at the next statement.
type keeper struct {
	*postgresEngine

	conn *sql.Conn
}

func (w *keeper) keep(s Statement) {
	_ = w.onPipe(w.conn, func(p *pipe) error {
		p.later, p.kept = append(p.later, w.order(s)), p.kept+1
		return nil
	})
}

func (w *keeper) mark() (n int) {
	_ = w.onPipe(w.conn, func(p *pipe) error { n = p.kept; return nil })
	return n
}

func (w *keeper) waits(since int) (yes bool) {
	_ = w.onPipe(w.conn, func(p *pipe) error { yes = len(p.later) > 0 && p.kept > since; return nil })
	return yes
}

func (w *keeper) drop(since int) {
	_ = w.onPipe(w.conn, func(p *pipe) error {
		n := min(p.kept-since, len(p.later))
		p.later, p.kept = p.later[:len(p.later)-n], p.kept-n
		return nil
	})
}

// openWith begins a transaction with statements, in one message, and gives its instant. Where that is the server's, a setting of
// the transaction has it for them: see transactionNow.
func (e *postgresEngine) openWith(ctx context.Context, conn *sql.Conn, settings []string, first opening) (time.Time, error) {
	now := first.now
	var list []order
	for _, text := range settings {
		list = append(list, order{text: text})
	}
	list = append(list, order{text: e.lockStatement() + ", set_config('connector.now', " + clockMicros + "::text, true)",
		row: func(rows pgx.Rows) error {
			values := rows.RawValues()
			micros, err := strconv.ParseInt(string(values[len(values)-1]), 10, 64)
			if now.IsZero() {
				now = FromMicros(micros)
			}
			return err
		}})
	for _, s := range first.statements {
		if !first.now.IsZero() {
			s.Args = known(s.Args, first.now)
		}
		list = append(list, e.order(s))
	}
	err := e.onPipe(conn, func(p *pipe) error { return p.converse(ctx, list) })
	return now, err
}

// transactionNow is the instant of a transaction that began with statements; see openWith.
const transactionNow = "current_setting('connector.now')::bigint"

// end ends a transaction, as commit wants it: what waits goes along. Without that the statements are one text, which takes the
// server less.
func (p *pipe) end(ctx context.Context, channel string, topics []string, flush bool) (end ending, err error) {
	if len(p.later) > 0 {
		return p.endWith(ctx, channel, topics, flush)
	}
	var text strings.Builder
	text.WriteString("SELECT ")
	for _, topic := range topics {
		fmt.Fprintf(&text, "pg_notify('%s', %s), ", channel, literal(topic))
	}
	text.WriteString(noteWritten + "; COMMIT")
	if flush {
		text.WriteString("; " + awaitDisk)
	}
	results, err := p.Conn.Conn().PgConn().Exec(ctx, text.String()).ReadAll()
	if len(results) > 1 {
		end.wrote, end.committed = lastValue(results[:1]) == "on", results[1].CommandTag.String() == "COMMIT"
	}
	return end, err
}

func (p *pipe) endWith(ctx context.Context, channel string, topics []string, flush bool) (end ending, err error) {
	list := []order{
		{text: "SELECT pg_notify($1::text, topic) FROM unnest($2::text[]) AS t (topic)", args: []any{channel, plainTexts(topics)}},
		{text: "SELECT " + noteWritten, row: func(rows pgx.Rows) error {
			end.wrote = string(rows.RawValues()[0]) == "on"
			return nil
		}},
		{text: "COMMIT"},
		{text: awaitDisk},
	}
	if len(topics) == 0 {
		list = list[1:]
	}
	if !flush {
		list = list[:len(list)-1]
	}
	err = p.converse(ctx, list)
	for _, o := range list {
		end.committed = end.committed || o.tag.String() == "COMMIT"
	}
	return end, err
}
