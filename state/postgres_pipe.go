package state

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
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

	later []*order
	kept  int             // how many were to run later so far
	known map[string]bool // texts that the server has prepared
	lost  error           // why the server doesn't have the savepoints that the transaction takes it to have; nil: it has
}

// order is one statement of a message, as pgx wants it, and then what came of it.
type order struct {
	text   string
	args   []any
	row    func(pgx.Rows) error // called for each row; nil: they are skipped
	ran    bool
	tag    pgconn.CommandTag // once it ran
	unread error             // what row said
}

// pipeOf gives the driver's connection that is behind one of the writer's pool.
func pipeOf(driverConn any) (*pipe, error) {
	if p, ok := driverConn.(*pipe); ok {
		return p, nil
	}
	return nil, fmt.Errorf("the connection is a %T", driverConn)
}

// converse sends statements behind those that wait, and reads each one's rows in its turn. The error is that of the first statement
// that failed; those after it didn't run. Or else it is a *rowError: all of them ran.
func (p *pipe) converse(ctx context.Context, list ...*order) error {
	waiting := p.later
	p.later = nil
	if p.lost != nil {
		return p.lost
	}
	all := slices.Concat(waiting, list)
	if err := p.sendAll(ctx, all); err != nil {
		if slices.ContainsFunc(waiting, (*order).leftOut) {
			p.lost = fmt.Errorf("the transaction cannot go on: %w", err)
		}
		return err
	}
	for _, o := range all {
		if o.unread != nil {
			return &rowError{o.unread}
		}
	}
	return nil
}

// rowError is that of a [Statement]'s Row.
type rowError struct{ error }

// Unwrap gives it.
func (e *rowError) Unwrap() error { return e.error }

// leftOut tells whether a savepoint was not set or not forgotten, as a statement before it failed. All have one name: the next
// failure would undo what belongs to another part.
func (o *order) leftOut() bool {
	return !o.ran && (o.text == setSavepoint || o.text == forgetSavepoint)
}

// sendAll sends statements in one message, once all of them are known. pgx has all that are new prepared before any of a message
// runs, and where one cannot be, none does; and where it cannot write an argument it breaks off the connection, unless that is one of
// the first statement. So each of those begins a message, and fails when it is its turn.
func (p *pipe) sendAll(ctx context.Context, list []*order) error {
	for len(list) > 0 {
		n := 1
		for n < len(list) && p.known[list[n].text] && writable(list[n].args) {
			n++
		}
		if err := p.send(ctx, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// send sends one message. After a failure pgx forgets what it had prepared for it.
func (p *pipe) send(ctx context.Context, list []*order) (err error) {
	batch := &pgx.Batch{}
	for _, o := range list {
		batch.Queue(o.text, o.args...)
	}
	results := p.Conn.Conn().SendBatch(ctx, batch)
	for i := 0; i < len(list) && err == nil; i++ {
		err = list[i].read(results)
	}
	if closeErr := results.Close(); err == nil { // otherwise it repeats the error
		err = closeErr
	}
	for _, o := range list {
		p.remember(o.text, err == nil)
	}
	return err
}

// knownRoom is how many statements pgx keeps prepared unless the URL says otherwise. Where it forgot one that is known here, that
// one is prepared too early.
const knownRoom = 512

// failed tells whether the server refuses everything, other than to undo the part or the transaction.
func (p *pipe) failed() bool { return p.lost != nil || p.Conn.Conn().PgConn().TxStatus() == 'E' }

func (p *pipe) remember(text string, prepared bool) {
	if !prepared {
		delete(p.known, text)
		return
	}
	if p.known == nil || len(p.known) >= knownRoom {
		p.known = map[string]bool{}
	}
	p.known[text] = true
}

func (o *order) read(results pgx.BatchResults) error {
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if o.row != nil && o.unread == nil {
			o.unread = o.row(rows)
		}
	}
	o.tag = rows.CommandTag() // there is none before all rows are read
	o.ran = rows.Err() == nil
	return rows.Err()
}

// QueryContext is the driver's.
func (p *pipe) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(p.later) == 0 && p.lost == nil {
		rows, err := p.Conn.QueryContext(ctx, query, args)
		if err != nil {
			p.remember(query, false)
		}
		return rows, err
	}
	found := &pipedRows{}
	err := p.converse(ctx, &order{text: query, args: plainArgs(args), row: found.add})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// ExecContext is the driver's.
func (p *pipe) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(p.later) == 0 && p.lost == nil {
		res, err := p.Conn.ExecContext(ctx, query, args)
		if err != nil {
			p.remember(query, false)
		}
		return res, err
	}
	own := &order{text: query, args: plainArgs(args)}
	err := p.converse(ctx, own)
	return driver.RowsAffected(own.tag.RowsAffected()), err
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

// pipedRow is a row of pgx that may be scanned as one of database/sql: yes and no are 1 and 0 in the tables. One that doesn't fit
// says nothing of the statement, whereas pgx's own Scan would have that fail, and those behind it.
type pipedRow struct{ pgx.Rows }

func (r pipedRow) Scan(dest ...any) error {
	for i, d := range dest {
		if yes, ok := d.(*bool); ok {
			dest[i] = (*numericBool)(yes)
		}
	}
	return pgx.ScanRow(r.Conn().TypeMap(), r.FieldDescriptions(), r.RawValues(), dest...)
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
func (e *postgresEngine) order(s Statement) *order {
	o := &order{text: e.text(s.Query, s.Args), args: e.args(withoutNow(s.Args))}
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

// forget drops what is left of a transaction.
func (e *postgresEngine) forget(conn *sql.Conn) {
	_ = e.onPipe(conn, func(p *pipe) error { p.later, p.lost = nil, nil; return nil })
}

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

func (w *keeper) send(ctx context.Context) error {
	return w.onPipe(w.conn, func(p *pipe) error { return p.converse(ctx) })
}

func (w *keeper) failed() (yes bool) {
	_ = w.onPipe(w.conn, func(p *pipe) error { yes = p.failed(); return nil })
	return yes
}

func (w *keeper) drop(since int) {
	_ = w.onPipe(w.conn, func(p *pipe) error {
		n := min(p.kept-since, len(p.later))
		p.later, p.kept = p.later[:len(p.later)-n], p.kept-n
		return nil
	})
}

// openWith begins a transaction with statements, in one message, and gives its instant. A setting of the transaction has it for them:
// see transactionNow. A clock that isn't the server's is read between two messages.
func (e *postgresEngine) openWith(ctx context.Context, conn *sql.Conn, settings []string, first opening) (now time.Time, err error) {
	var list []*order
	for _, text := range settings {
		list = append(list, &order{text: text})
	}
	list = append(list, &order{text: e.lockAndTell() + ", set_config('connector.now', " + clockMicros + "::text, true)",
		row: func(rows pgx.Rows) error {
			values := rows.RawValues()
			e.rivals.note(string(values[0]))
			micros, err := strconv.ParseInt(string(values[len(values)-1]), 10, 64)
			now = FromMicros(micros)
			return err
		}})
	err = e.onPipe(conn, func(p *pipe) error {
		if first.clock != nil {
			if err := p.converse(ctx, list...); err != nil {
				return err
			}
			now = first.clock()
			list = []*order{{text: "SELECT set_config('connector.now', $1::text, true)", args: []any{strconv.FormatInt(Micros(now), 10)}}}
		}
		for _, s := range first.statements {
			list = append(list, e.order(s))
		}
		return p.converse(ctx, list...)
	})
	return now, err
}

// transactionNow is the instant of a transaction that began with statements; see openWith.
const transactionNow = "current_setting('connector.now')::bigint"

// end ends a transaction, as commit wants it: what waits goes along. Without that the statements are one text, which takes the
// server less.
func (p *pipe) end(ctx context.Context, channel string, topics []string, wait diskWait) (end ending, err error) {
	if p.lost != nil {
		return end, errRolledBack
	}
	if len(p.later) > 0 {
		return p.endWith(ctx, channel, topics, wait)
	}
	var text strings.Builder
	text.WriteString("SELECT ")
	for _, topic := range topics {
		fmt.Fprintf(&text, "pg_notify('%s', %s), ", channel, literal(topic))
	}
	text.WriteString(wait.before() + "; COMMIT")
	if wait == diskBehind {
		text.WriteString("; " + awaitDisk)
	}
	results, err := p.Conn.Conn().PgConn().Exec(ctx, text.String()).ReadAll()
	if len(results) > 1 {
		end.wrote, end.committed = lastValue(results[:1]) == "on", results[1].CommandTag.String() == "COMMIT"
	}
	return end, err
}

func (p *pipe) endWith(ctx context.Context, channel string, topics []string, wait diskWait) (end ending, err error) {
	list := []*order{
		{text: "SELECT pg_notify($1::text, topic) FROM unnest($2::text[]) AS t (topic)", args: []any{channel, plainTexts(topics)}},
		{text: "SELECT " + wait.before(), row: func(rows pgx.Rows) error {
			end.wrote = string(rows.RawValues()[0]) == "on"
			return nil
		}},
		{text: "COMMIT"},
		{text: awaitDisk},
	}
	if len(topics) == 0 {
		list = list[1:]
	}
	if wait != diskBehind {
		list = list[:len(list)-1]
	}
	err = p.converse(ctx, list...)
	for _, o := range list {
		end.committed = end.committed || o.tag.String() == "COMMIT"
	}
	return end, err
}
