package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// sqliteDSN opens a file in the mode in which all peers on SQLite are measured.
func sqliteDSN(path string) string {
	return "file:" + path + "?" + url.Values{
		"_busy_timeout": {"10000"}, "_journal_mode": {"WAL"}, "_synchronous": {"NORMAL"}, "_txlock": {"immediate"},
		"_foreign_keys": {"1"}, "_stmt_cache_size": {"64"},
	}.Encode()
}

// openSQLite opens a pool of one connection: there is one writer.
func openSQLite(dsn string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// bareStore is the least that a queue must do: a row for each job, found by priority and age, in transactions of the
// same durability. What it reaches is the limit of a queue on this driver.
type bareStore struct{ db *sql.DB }

func openBare(ctx context.Context, at place) (store, error) {
	db, err := openSQLite(sqliteDSN(at.file()))
	if err != nil {
		return nil, err
	}
	_, err = db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, state TEXT NOT NULL, function TEXT NOT NULL, args TEXT NOT NULL,
			priority INTEGER NOT NULL, created INTEGER NOT NULL, started INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0);
		CREATE INDEX IF NOT EXISTS job_line ON job (priority, created, id) WHERE state = 'pending'`)
	return &bareStore{db}, joinErrors(err)
}

func (s *bareStore) close() error { return s.db.Close() }

func (s *bareStore) enqueue(ctx context.Context, first, n, batch int) error {
	for at := first; at < first+n; at += batch {
		size := min(batch, first+n-at)
		args := make([]any, 0, 3*size)
		for i := range size {
			args = append(args, function, fmt.Sprintf(`{"id":%d}`, at+i), time.Now().UnixMicro())
		}
		query := insertBare(size)
		err := s.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, query, args...) //nolint:gosec // of constants
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insertBare gives the statement for so many rows.
func insertBare(rows int) string {
	const row = "('pending',?,?,10,?)"
	return "INSERT INTO job (state, function, args, priority, created) VALUES " + row + strings.Repeat(","+row, rows-1)
}

// completeBare gives the statement for so many jobs.
func completeBare(ids int) string {
	return "UPDATE job SET state = 'done', finished = ? WHERE state = 'started' AND id IN (?" + strings.Repeat(",?", ids-1) + ")"
}

// run claims the next jobs in the transaction that completes those before them.
func (s *bareStore) run(ctx context.Context, n, atOnce int) error {
	var inHand []any
	for left := n; left > 0 || len(inHand) > 0; {
		err := s.write(ctx, func(tx *sql.Tx) (err error) {
			if err := complete(ctx, tx, inHand); err != nil {
				return err
			}
			inHand, err = claim(ctx, tx, min(atOnce, left))
			left -= len(inHand)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func complete(ctx context.Context, tx *sql.Tx, ids []any) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, completeBare(len(ids)), append([]any{time.Now().UnixMicro()}, ids...)...)
	return err
}

func claim(ctx context.Context, tx *sql.Tx, n int) (ids []any, err error) {
	if n == 0 {
		return nil, nil
	}
	rows, err := tx.QueryContext(ctx, `UPDATE job SET state = 'started', started = ? WHERE id IN (
		SELECT id FROM job WHERE state = 'pending' ORDER BY priority, created, id LIMIT ?) RETURNING id, function, args`, time.Now().UnixMicro(), n)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has its errors
	for rows.Next() {
		var id int64
		var function, args string
		if err := rows.Scan(&id, &function, &args); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (s *bareStore) write(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *bareStore) wait(context.Context, int) error { return errNotMeasured }

func (s *bareStore) pending(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM job WHERE state = 'pending'").Scan(&n)
	return n, err
}
