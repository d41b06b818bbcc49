package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// function is the name of the job function; each peer stores one.
const function = "record.import"

// concurrentLanes is how many backends the jobs of a concurrent run are spread over, each with a channel of its own.
const concurrentLanes = 10

// record are the arguments of a job.
type record struct {
	ID int `json:"id"`
}

// ourStore is this project's queue. Its jobs are what a connector makes: each for a record of its own, which is its
// identity and its lock, in a channel of a backend.
type ourStore struct {
	db    *state.DB
	queue *jobs.Queue
	lanes int // backends, each with a channel of its own
}

func openOurs(ctx context.Context, at place) (store, error) {
	return openOurState(ctx, at.file(), at.lanes)
}

func openOurSchema(ctx context.Context, at place) (store, error) {
	return openOurState(ctx, at.url(), at.lanes)
}

func openOurState(ctx context.Context, location string, lanes int) (store, error) {
	lanes = max(lanes, 1)
	db, err := state.Open(ctx, location, state.Options{})
	if err != nil {
		return nil, err
	}
	channels, err := jobs.ParseChannels(ourChannels(lanes))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	queue := []jobs.Option{jobs.WithChannels(channels)}
	if db.Dialect() == state.PostgreSQL {
		queue = append(queue, jobs.WithLease(30*time.Second))
	}
	return &ourStore{db, jobs.New(db, queue...), lanes}, nil
}

// ourChannels gives the lanes a hundred slots in all.
func ourChannels(lanes int) string {
	text := "root:0"
	for i := range lanes {
		text += fmt.Sprintf(",root.lane%d:%d", i, max(100/lanes, 1))
	}
	return text
}

func (s *ourStore) close() error { return s.db.Close() }

func (s *ourStore) enqueue(ctx context.Context, first, n, batch int) error {
	for at := first; at < first+n; at += batch {
		specs := make([]jobs.Spec, min(batch, first+n-at))
		for i := range specs {
			specs[i] = s.spec(at + i)
		}
		if _, _, err := s.queue.Delay(ctx, specs...); err != nil {
			return err
		}
	}
	return nil
}

func (s *ourStore) spec(i int) jobs.Spec {
	return jobs.Spec{Function: function, Backend: fmt.Sprint("lane", i%s.lanes), Model: "bench.record",
		Identity: fmt.Sprint("bench.record:", i), Args: record{i}, Description: fmt.Sprint("Import record ", i)}
}

func (s *ourStore) run(ctx context.Context, n, atOnce int) error {
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	var left atomic.Int64
	left.Store(int64(n))
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		for _, j := range slice {
			if err := finish(j, jobs.Outcome{Kind: jobs.Done}); err != nil {
				return err
			}
		}
		if left.Add(-int64(len(slice))) == 0 {
			enough()
		}
		return nil
	}
	stats, err := s.worker(handler, atOnce).Run(ctx, jobs.RunFilter{})
	if err != nil && (left.Load() > 0 || !errors.Is(err, context.Canceled)) {
		return err
	}
	if stats.Done < n {
		return fmt.Errorf("%d jobs ran instead of %d", stats.Done, n)
	}
	return nil
}

func (s *ourStore) worker(h jobs.Handler, atOnce int) *jobs.Worker {
	owner := fmt.Sprint("bench:", os.Getpid())
	return jobs.NewWorker(s.queue, owner, map[string]jobs.Handler{function: h}, jobs.WorkerOptions{Jobs: atOnce})
}

func (s *ourStore) wait(ctx context.Context, atOnce int) error {
	_, err := s.worker(nil, atOnce).Work(ctx, jobs.RunFilter{})
	if errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

func (s *ourStore) pending(ctx context.Context) (int, error) {
	counts, err := s.queue.Counts(ctx, "")
	return counts[jobs.StatePending], err
}

// claimOne claims a job and sets it done; the claim alone is timed.
func (s *ourStore) claimOne(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	c, err := s.queue.ClaimSlices(ctx, "bench", jobs.ClaimFilter{})
	took := time.Since(start)
	if err != nil || len(c.Slices) != 1 {
		return took, errors.Join(err, fmt.Errorf("%d slices claimed", len(c.Slices)))
	}
	return took, s.db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE job SET state = 'done', slot = 0, finished = ? WHERE state = 'started'", state.Micros(tx.Now()))
		return err
	})
}

func (s *ourStore) endLongAgo(ctx context.Context) (ended int, err error) {
	err = s.db.Write(ctx, func(tx *state.Tx) error {
		at := state.Micros(tx.Now().AddDate(0, 0, -40))
		res, err := tx.ExecContext(ctx, "UPDATE job SET state = 'done', due = 0, started = ?, finished = ? WHERE state = 'pending'", at, at)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		ended = int(n)
		return err
	})
	return ended, err
}

func (s *ourStore) prune(ctx context.Context) (deleted int, err error) {
	pruned, err := s.queue.Prune(ctx, jobs.DefaultRetention())
	for _, p := range pruned {
		deleted += p.Jobs
	}
	return deleted, err
}
