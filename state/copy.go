package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// CopyOptions are what Copy may be told.
type CopyOptions struct {
	// Overwrite lets Copy throw away what the target holds.
	Overwrite bool
}

// NotEmptyError says that what would be copied to holds something already.
type NotEmptyError struct {
	Path  string // the target
	Table string // a table that has rows
	Rows  int64
}

// Error names what is there.
func (e *NotEmptyError) Error() string {
	return fmt.Sprintf("%s is not empty: %s has %d rows; name another one, or say that they may be thrown away", e.Path, e.Table, e.Rows)
}

// Usage tells that whoever named the target can name another.
func (*NotEmptyError) Usage() bool { return true }

// copyValues is how many values are inserted by one statement: SQLite takes 32,766, PostgreSQL 65,535.
const copyValues = 8000

// Copy copies everything that a state holds into another, of whatever kind of database, in one transaction: from as it is
// at one moment, to as a whole or not at all. Both are summed up table by table and compared before it is committed;
// the sums are what both then hold. Meanwhile others may write to from; what they write isn't copied.
//
// Errors: *NotEmptyError, *CorruptError, *UnavailableError, or ctx's.
func Copy(ctx context.Context, from, to *DB, o CopyOptions) (sums []TableSum, err error) {
	if from.Path() == to.Path() {
		return nil, &NotEmptyError{Path: to.Path(), Table: "the state itself"}
	}
	err = from.reading(ctx, func(q Querier, _ *sql.Conn) error {
		return to.write(ctx, nil, func(tx *Tx) error {
			c := copier{from: from, to: to, source: q, tx: tx}
			sums, err = c.run(ctx, o)
			return err
		}, lengthy)
	})
	if err != nil {
		return nil, fmt.Errorf("copy the state to %s: %w", to.Path(), err)
	}
	return sums, nil
}

type copier struct {
	from, to *DB
	source   Querier
	tx       *Tx
}

func (c *copier) run(ctx context.Context, o CopyOptions) ([]TableSum, error) {
	tables, err := c.tables(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.tx.ExecContext(ctx, c.to.engine.beginCopying()); err != nil {
		return nil, err
	}
	if err := c.clear(ctx, tables, o.Overwrite); err != nil {
		return nil, err
	}
	sums := make([]TableSum, len(tables))
	for i, table := range tables {
		if sums[i], err = c.copy(ctx, table); err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
	}
	given, err := c.from.engine.given(ctx, c.source)
	if err != nil {
		return nil, err
	}
	if err := c.to.engine.endCopying(ctx, c.tx, given); err != nil {
		return nil, err
	}
	return sums, c.verify(ctx, sums)
}

// tables gives the tables, which both must have: their schemas are of one version.
func (c *copier) tables(ctx context.Context) ([]string, error) {
	source, err := c.from.engine.tables(ctx, c.source)
	if err != nil {
		return nil, err
	}
	target, err := c.to.engine.tables(ctx, c.tx)
	if err == nil && !slices.Equal(source, target) {
		err = fmt.Errorf("the tables differ: %s has %s, %s has %s", c.from.Path(), strings.Join(source, ", "), c.to.Path(), strings.Join(target, ", "))
	}
	return target, err
}

// clear makes sure that the target is empty.
func (c *copier) clear(ctx context.Context, tables []string, overwrite bool) error {
	for _, table := range tables {
		var rows int64
		if err := c.tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoted(table)).Scan(&rows); err != nil {
			return err
		}
		if rows > 0 && !overwrite {
			return &NotEmptyError{Path: c.to.Path(), Table: table, Rows: rows}
		}
	}
	if !overwrite {
		return nil
	}
	for _, table := range tables {
		if _, err := c.tx.ExecContext(ctx, "DELETE FROM "+quoted(table)); err != nil {
			return err
		}
	}
	return nil
}

// copy copies a table in pieces and gives the sum of what was read.
func (c *copier) copy(ctx context.Context, table string) (TableSum, error) {
	columns, err := columnsOf(ctx, c.tx, table)
	if err != nil {
		return TableSum{}, err
	}
	var s sum
	var piece []any
	insert := func() error {
		if len(piece) == 0 {
			return ctx.Err()
		}
		row := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
		query := "INSERT INTO " + quoted(table) + " (" + quotedList(columns) + ") VALUES " + row + strings.Repeat(", "+row, len(piece)/len(columns)-1)
		_, err := c.tx.ExecContext(ctx, query, piece...)
		piece = piece[:0]
		return errors.Join(err, ctx.Err())
	}
	err = eachRow(ctx, c.source, table, columns, func(values []any) error {
		s.add(columns, values)
		if piece = append(piece, values...); len(piece)+len(columns) > copyValues {
			return insert()
		}
		return nil
	})
	return s.of(table), errors.Join(err, insert())
}

// lastNumbers reads tables and the last number that each gave.
func lastNumbers(rows *sql.Rows) (map[string]int64, error) {
	defer func() { _ = rows.Close() }() // the error of Err counts
	given := map[string]int64{}
	for rows.Next() {
		var table string
		var last int64
		if err := rows.Scan(&table, &last); err != nil {
			return nil, err
		}
		given[table] = last
	}
	return given, rows.Err()
}

// verify sums up what was written.
func (c *copier) verify(ctx context.Context, want []TableSum) error {
	got, err := sumsOf(ctx, c.to.engine, c.tx)
	if err != nil {
		return err
	}
	for i, s := range got {
		if s != want[i] {
			return fmt.Errorf("the copy of %s differs: %d rows with checksum %.12s were read, %d with %.12s are there; nothing was kept",
				s.Table, want[i].Rows, want[i].Checksum, s.Rows, s.Checksum)
		}
	}
	return nil
}

// Backup writes a copy of the state as it is now to a new SQLite file at path, which is one file and complete once it
// bears that name. Others may write meanwhile. progress, which may be nil, is told how many pages of how many are copied,
// where pages are copied at all.
func (db *DB) Backup(ctx context.Context, path string, progress func(done, all int)) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up the state: %w", &FileExistsError{Path: path})
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // mode 0600
	if err != nil {
		return fmt.Errorf("back up the state: %w", fileTrouble(path, err))
	}
	part := f.Name()
	defer func() { _ = os.Remove(part) }() // at worst a part stays
	if err := f.Close(); err != nil {
		return fmt.Errorf("back up the state: %w", fileTrouble(path, err))
	}
	if err := db.engine.backup(ctx, db, part, progress); err != nil {
		return fmt.Errorf("back up the state to %s: %w", path, err)
	}
	switch err := os.Link(part, path); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("back up the state: %w", &FileExistsError{Path: path})
	case err != nil:
		return fmt.Errorf("back up the state: %w", fileTrouble(path, err))
	}
	return nil
}

// FileExistsError says that a file is there already that would be overwritten.
type FileExistsError struct{ Path string }

// Error names the file.
func (e *FileExistsError) Error() string { return e.Path + " is there already; name a new file" }

// Usage tells that whoever named the file can name another.
func (*FileExistsError) Usage() bool { return true }

// becomeOneFile takes the write-ahead log away, so that the file can be opened where nothing may be written.
func (db *DB) becomeOneFile(ctx context.Context) error {
	if err := db.readers.Close(); err != nil {
		return db.Explain(err)
	}
	db.readers = nil
	_, err := db.writer.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	return db.Explain(err)
}
