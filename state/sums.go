package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// TableSum tells the contents of a table apart from others, whatever database it is in.
type TableSum struct {
	Table string
	Rows  int64
	// Checksum is the sum of the SHA-256 of all rows, so that their order doesn't count: 64 hexadecimal digits.
	Checksum string
}

// Sums gives the sums of all tables, sorted by their names, as they are at one moment.
func (db *DB) Sums(ctx context.Context) (sums []TableSum, err error) {
	err = db.reading(ctx, func(q Querier, _ *sql.Conn) error {
		sums, err = sumsOf(ctx, db.engine, q)
		return err
	})
	return sums, db.Explain(err)
}

// reading runs fn in a transaction that only reads, and sees one moment of the whole state.
func (db *DB) reading(ctx context.Context, fn func(Querier, *sql.Conn) error) error {
	conn, err := db.readers.Conn(ctx)
	if err != nil {
		return db.Explain(err)
	}
	defer func() { _ = conn.Close() }() // gives it back
	if _, err := conn.ExecContext(ctx, db.engine.beginReading()); err != nil {
		return db.Explain(err)
	}
	defer func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			discard(conn)
		}
	}()
	var one int
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM meta").Scan(&one); err != nil { // the moment is that of the first look
		return db.Explain(err)
	}
	return db.Explain(fn(connReader{db.engine, conn}, conn))
}

// connReader reads on one connection.
type connReader struct {
	engine engine
	conn   *sql.Conn
}

func (r connReader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := r.conn.QueryContext(ctx, r.engine.text(query, args), r.engine.args(args)...)
	return rows, r.engine.explain(err)
}

func (r connReader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.conn.QueryRowContext(ctx, r.engine.text(query, args), r.engine.args(args)...)
}

func sumsOf(ctx context.Context, e engine, q Querier) (sums []TableSum, err error) {
	tables, err := e.tables(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		var s sum
		columns, err := columnsOf(ctx, q, table)
		if err == nil {
			err = eachRow(ctx, q, table, columns, func(values []any) error { s.add(columns, values); return nil })
		}
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		sums = append(sums, s.of(table))
	}
	return sums, nil
}

// columnsOf gives the columns of a table, sorted: two databases may have added them in different orders.
func columnsOf(ctx context.Context, q Querier, table string) ([]string, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+quoted(table)+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // there are no rows
	columns, err := rows.Columns()
	slices.Sort(columns)
	return columns, errors.Join(err, rows.Err())
}

// eachRow calls fn with the values of each row, which it may keep.
func eachRow(ctx context.Context, q Querier, table string, columns []string, fn func([]any) error) error {
	rows, err := q.QueryContext(ctx, "SELECT "+quotedList(columns)+" FROM "+quoted(table))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // the error of Err counts
	for rows.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func quotedList(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = quoted(name)
	}
	return strings.Join(list, ", ")
}

// sum adds up rows: their number, and their hashes as numbers of 256 bits.
type sum struct {
	rows  int64
	total [4]uint64
	text  []byte // room for the next row
}

// add writes each value with its column, its type and its length, so that no two rows look alike. Text counts as
// PostgreSQL can hold it.
func (s *sum) add(columns []string, values []any) {
	b := s.text[:0]
	for i, value := range values {
		b = append(b, columns[i]...)
		switch v := value.(type) {
		case nil:
			b = append(b, 0, 'n')
		case string:
			v = plainText(v)
			b = append(binary.AppendUvarint(append(b, 0, 't'), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 0, 'b'), uint64(len(v))), v...)
		default:
			b = fmt.Appendf(append(b, 0, 'v'), "%v\x00", v)
		}
	}
	hash := sha256.Sum256(b)
	carry := uint64(0)
	for i := range s.total {
		s.total[i], carry = bits.Add64(s.total[i], binary.LittleEndian.Uint64(hash[8*i:]), carry)
	}
	s.text, s.rows = b, s.rows+1
}

func (s *sum) of(table string) TableSum {
	return TableSum{Table: table, Rows: s.rows, Checksum: fmt.Sprintf("%016x%016x%016x%016x", s.total[3], s.total[2], s.total[1], s.total[0])}
}
