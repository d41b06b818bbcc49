package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// recordArgs are the arguments of River's jobs: an id, as ours.
type recordArgs struct {
	ID int `json:"id"`
}

// Kind names the job function.
func (recordArgs) Kind() string { return "record_import" }

// riverStore is River on one of its drivers. T is the driver's transaction.
type riverStore[T any] struct {
	driver riverdriver.Driver[T]
	insert *river.Client[T] // which runs nothing
	free   func() error
	count  func(ctx context.Context) (int, error)
	opts   *river.InsertOpts // nil: jobs are not unique, and batches give no ids back

	// complete sets a job done within a transaction of its worker's; nil: River does so afterwards, in the background.
	complete func(context.Context, *river.Job[recordArgs]) error
}

func openRiverSQLite(ctx context.Context, at place) (store, error) {
	return openRiverFile(ctx, sqliteDSN(at.file()), false)
}

// openRiverExactSQLite is openRiverSQLite with jobs that are done when their worker returns.
func openRiverExactSQLite(ctx context.Context, at place) (store, error) {
	return openRiverFile(ctx, sqliteDSN(at.file()), true)
}

// openRiverUntuned leaves SQLite in the mode in which it comes.
func openRiverUntuned(ctx context.Context, at place) (store, error) {
	return openRiverFile(ctx, "file:"+at.file()+"?_busy_timeout=10000", false)
}

func openRiverFile(ctx context.Context, dsn string, exact bool) (store, error) {
	db, err := openSQLite(dsn)
	if err != nil {
		return nil, err
	}
	count := func(ctx context.Context) (n int, err error) {
		err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM river_job WHERE state = 'available'").Scan(&n)
		return n, err
	}
	s, err := openRiver[*sql.Tx](ctx, riversqlite.New(db), db.Close, count)
	if err == nil && exact {
		s.complete = func(ctx context.Context, job *river.Job[recordArgs]) error { return completeInFile(ctx, db, job) }
	}
	return s, err
}

// completeInFile is River's way to have a job done once its worker's own transaction is committed.
func completeInFile(ctx context.Context, db *sql.DB, job *river.Job[recordArgs]) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if _, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job); err != nil {
		return err
	}
	return tx.Commit()
}

func openRiverPostgres(ctx context.Context, at place) (store, error) {
	return openRiverSchema(ctx, at, false)
}

// openRiverExact is openRiverPostgres with jobs that are done when their worker returns.
func openRiverExact(ctx context.Context, at place) (store, error) {
	return openRiverSchema(ctx, at, true)
}

func openRiverSchema(ctx context.Context, at place, exact bool) (store, error) {
	pool, err := riverPool(ctx, at, exact)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{at.schema}.Sanitize()); err != nil {
		return nil, err
	}
	free := func() error { pool.Close(); return nil }
	count := func(ctx context.Context) (n int, err error) {
		err = pool.QueryRow(ctx, "SELECT COUNT(*) FROM river_job WHERE state = 'available'").Scan(&n)
		return n, err
	}
	s, err := openRiver[pgx.Tx](ctx, riverpgxv5.New(pool), free, count)
	if err == nil && exact {
		s.complete = func(ctx context.Context, job *river.Job[recordArgs]) error { return completeInSchema(ctx, pool, job) }
	}
	return s, err
}

// riverPool has as many connections as pgx gives it, or else exactConnections.
func riverPool(ctx context.Context, at place, exact bool) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(at.url())
	if err != nil {
		return nil, err
	}
	if exact {
		config.MaxConns = exactConnections
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// exactConnections serve the workers' own transactions: with 100 of them at once 4, 16 and 50 made 450, 900 and 1,100 jobs/s on
// two busy cores. A server takes 100 by default.
const exactConnections = 50

// completeInSchema is completeInFile on PostgreSQL.
func completeInSchema(ctx context.Context, pool *pgxpool.Pool, job *river.Job[recordArgs]) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after the commit
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// openRiverUnique gives River's jobs what ours have: of a kind and its arguments only one waits or runs, and whoever enqueues
// gets the ids.
func openRiverUnique(ctx context.Context, at place) (store, error) {
	s, err := openRiverPostgres(ctx, at)
	if own, ok := s.(*riverStore[pgx.Tx]); ok {
		own.opts = &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
	}
	return s, err
}

func openRiver[T any](ctx context.Context, driver riverdriver.Driver[T], free func() error,
	count func(context.Context) (int, error)) (*riverStore[T], error) {
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, errors.Join(err, free())
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, errors.Join(err, free())
	}
	client, err := river.NewClient(driver, &river.Config{Logger: quiet})
	if err != nil {
		return nil, errors.Join(err, free())
	}
	return &riverStore[T]{driver: driver, insert: client, free: free, count: count}, nil
}

func (s *riverStore[T]) close() error { return s.free() }

func (s *riverStore[T]) pending(ctx context.Context) (int, error) { return s.count(ctx) }

// enqueue uses the fastest way in that River has: for a batch of jobs that are not unique the one that gives no ids back.
func (s *riverStore[T]) enqueue(ctx context.Context, first, n, batch int) error {
	for at := first; at < first+n; at += batch {
		if batch == 1 {
			if _, err := s.insert.Insert(ctx, recordArgs{at}, s.opts); err != nil {
				return err
			}
			continue
		}
		params := make([]river.InsertManyParams, min(batch, first+n-at))
		for i := range params {
			params[i].Args, params[i].InsertOpts = recordArgs{at + i}, s.opts
		}
		if s.opts != nil {
			if _, err := s.insert.InsertMany(ctx, params); err != nil {
				return err
			}
			continue
		}
		if _, err := s.insert.InsertManyFast(ctx, params); err != nil {
			return err
		}
	}
	return nil
}

// riverWorker counts the jobs it ran and tells when there were enough.
type riverWorker struct {
	river.WorkerDefaults[recordArgs]

	left     atomic.Int64
	enough   chan struct{}
	complete func(context.Context, *river.Job[recordArgs]) error // as of riverStore
}

// Work does nothing but what complete does.
func (w *riverWorker) Work(ctx context.Context, job *river.Job[recordArgs]) error {
	if w.complete != nil {
		if err := w.complete(ctx, job); err != nil {
			return err
		}
	}
	if w.left.Add(-1) == 0 {
		close(w.enough)
	}
	return nil
}

// worker gives a client that runs jobs, with the shortest pause between two fetches that River allows; its default of 100 ms
// would make most of what is measured.
func (s *riverStore[T]) worker(w *riverWorker, atOnce int) (*river.Client[T], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	return river.NewClient(s.driver, &river.Config{
		FetchCooldown: river.FetchCooldownMin, FetchPollInterval: 20 * time.Millisecond,
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		Workers: workers,
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
}

// run ends with Stop, which lets the completions be stored.
func (s *riverStore[T]) run(ctx context.Context, n, atOnce int) error {
	w := &riverWorker{enough: make(chan struct{}), complete: s.complete}
	w.left.Store(int64(n))
	client, err := s.worker(w, atOnce)
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("start River: %w", err)
	}
	select {
	case <-w.enough:
	case <-ctx.Done():
	}
	return errors.Join(ctx.Err(), client.Stop(context.WithoutCancel(ctx)))
}

// wait has River's default intervals: what a program would use that waits most of the time.
func (s *riverStore[T]) wait(ctx context.Context, atOnce int) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverWorker{enough: make(chan struct{})})
	client, err := river.NewClient(s.driver, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}},
		Workers: workers,
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start River: %w", err)
	}
	<-ctx.Done()
	return client.Stop(context.WithoutCancel(ctx))
}
