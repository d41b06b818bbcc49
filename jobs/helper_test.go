package jobs_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// bench is a queue on a state of its own, with what tests do with it.
type bench struct {
	*jobs.Queue
	t     testing.TB
	db    *state.DB
	clock *statetest.Clock
}

// unlimited lets tests of the line alone claim without an end.
var unlimited, _ = jobs.ParseChannels("root.trello:0,root.magento:0")

var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

func newBench(tb testing.TB, opts ...jobs.Option) *bench {
	tb.Helper()
	clock := statetest.NewClock(noon)
	return openBench(tb, statetest.New(tb), state.Options{Clock: clock}, opts...)
}

func openBench(tb testing.TB, s statetest.Store, o state.Options, opts ...jobs.Option) *bench {
	tb.Helper()
	db := s.Open(tb, o)
	clock, _ := o.Clock.(*statetest.Clock)
	opts = append([]jobs.Option{jobs.WithChannels(unlimited), jobs.WithLease(0)}, opts...)
	return &bench{Queue: jobs.New(db, opts...), t: tb, db: db, clock: clock}
}

func (b *bench) ctx() context.Context { return b.t.Context() }

// write runs fn in a transaction that must succeed.
func (b *bench) write(fn func(tx *state.Tx) error) {
	b.t.Helper()
	if err := b.db.Write(b.ctx(), fn); err != nil {
		b.t.Fatal(err)
	}
}

// execute runs a statement of the test's own.
func (b *bench) execute(query string) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.ctx(), query)
		return err
	})
}

// add enqueues one job of backend "trello" and lets time pass, so that the next one is younger.
func (b *bench) add(s jobs.Spec) int64 {
	b.t.Helper()
	id, _ := b.enqueue(s)
	return id
}

func (b *bench) enqueue(s jobs.Spec) (id int64, created bool) {
	b.t.Helper()
	b.write(func(tx *state.Tx) (err error) {
		id, created, err = b.Enqueue(b.ctx(), tx, card(s))
		return err
	})
	b.tick()
	return id, created
}

func (b *bench) tick() { _ = b.clock.Sleep(b.ctx(), time.Millisecond) }

// card fills in what a test doesn't care for.
func card(s jobs.Spec) jobs.Spec {
	if s.Function == "" {
		s.Function = "card.import"
	}
	if s.Backend == "" {
		s.Backend = "trello"
	}
	if s.Model == "" {
		s.Model = "trello.card"
	}
	return s
}

func (b *bench) job(id int64) jobs.Job {
	b.t.Helper()
	j, err := b.Get(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return j
}

func (b *bench) wantState(id int64, want jobs.State) {
	b.t.Helper()
	if j := b.job(id); j.State != want {
		b.t.Errorf("job %d is %s, want %s (%s%s)", id, j.State, want, j.Result, j.ExcMessage)
	}
}

func (b *bench) claim(limit int) []int64 {
	b.t.Helper()
	slice, err := b.Claim(b.ctx(), "worker", jobs.ClaimFilter{Backend: "trello", Limit: limit})
	if err != nil {
		b.t.Fatal(err)
	}
	ids := make([]int64, len(slice))
	for i, j := range slice {
		ids[i] = j.ID
	}
	return ids
}

func (b *bench) wantClaim(limit int, want ...int64) {
	b.t.Helper()
	if got := b.claim(limit); !slices.Equal(got, want) {
		b.t.Errorf("claimed %v, want %v", got, want)
	}
}

// recover takes back what dead workers had in hand.
func (b *bench) recover(want int) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		n, err := b.Recover(b.ctx(), tx, "trello")
		if n != want {
			b.t.Errorf("took back %d jobs, want %d", n, want)
		}
		return err
	})
}

// declareDead makes the others believe that no worker lives.
func (b *bench) declareDead() {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.ctx(), "DELETE FROM job_worker")
		return err
	})
}

// handle runs all jobs, each with the outcome that fn gives for it.
func (b *bench) handle(fn func(jobs.Job) jobs.Outcome) (jobs.Stats, error) {
	b.t.Helper()
	return b.worker(each(fn), jobs.WorkerOptions{SliceLimit: 10}).Run(b.ctx(), jobs.RunFilter{Backend: "trello"})
}

func (b *bench) mustHandle(fn func(jobs.Job) jobs.Outcome) jobs.Stats {
	b.t.Helper()
	stats, err := b.handle(fn)
	if err != nil {
		b.t.Fatal(err)
	}
	return stats
}

func (b *bench) worker(h jobs.Handler, o jobs.WorkerOptions) *jobs.Worker {
	return jobs.NewWorker(b.Queue, "runner", map[string]jobs.Handler{"card.import": h, "board.import": h}, o)
}

// each is a handler that works through its slice.
func each(fn func(jobs.Job) jobs.Outcome) jobs.Handler {
	return func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		for _, j := range slice {
			if jobs.Stopping(ctx) {
				return nil
			}
			if err := finish(j, fn(j)); err != nil {
				return err
			}
		}
		return nil
	}
}

func always(o jobs.Outcome) func(jobs.Job) jobs.Outcome {
	return func(jobs.Job) jobs.Outcome { return o }
}

// bring takes a job of its own into a state by the ways that lead there.
func (b *bench) bring(to jobs.State) int64 {
	b.t.Helper()
	if to == jobs.StateWaitDependencies {
		return b.add(jobs.Spec{DependsOn: []int64{b.add(jobs.Spec{ETA: noon.AddDate(1, 0, 0)})}})
	}
	id := b.add(jobs.Spec{})
	switch to {
	case jobs.StateStarted:
		b.wantClaim(1, id)
	case jobs.StateDone:
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
	case jobs.StateFailed:
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
	case jobs.StateCancelled:
		b.write(func(tx *state.Tx) error { _, err := b.Cancel(b.ctx(), tx, id); return err })
	case jobs.StateEnqueued: // no way of this version leads there; another version's may
		b.write(func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.ctx(), "UPDATE job SET state = 'enqueued' WHERE id = ?", id)
			return err
		})
	}
	b.wantState(id, to)
	return id
}
