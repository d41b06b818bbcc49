package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestWorkerTakenForDead is about workers that others took for dead, and about what is left in hands.
func TestWorkerTakenForDead(t *testing.T) {
	t.Run("Ensure a worker that was taken for dead claims nothing more", func(t *testing.T) {
		b := newBench(t, jobs.WithLease(time.Minute))
		first, second := b.add(jobs.Spec{}), b.add(jobs.Spec{})
		ctx, cancel := context.WithTimeout(b.ctx(), patience)
		defer cancel()
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.ID == first {
				_ = b.clock.Sleep(b.ctx(), 2*time.Minute)
				if _, _, err := b.RecoverDead(b.ctx()); err != nil {
					t.Error(err)
				}
			}
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{Jobs: 1})
		_, err := w.Work(ctx, jobs.RunFilter{})
		var lost *jobs.LeaseError
		if !errors.As(err, &lost) {
			t.Errorf("%v", err)
		}
		b.wantState(first, pend)
		b.wantState(second, pend)
	})
	t.Run("Ensure a claim that the database forgot, and gave to another worker by the same number, completes nothing", func(t *testing.T) {
		for _, o := range []jobs.Outcome{{Kind: jobs.Done}, {Kind: jobs.Failed, Err: errors.New("no")}, {Kind: jobs.Retry, Err: errors.New("later")}} {
			b := newBench(t)
			id := b.add(jobs.Spec{})
			forgotten, err := b.Claim(b.ctx(), "ann:1", jobs.ClaimFilter{})
			if err != nil {
				t.Fatal(err)
			}
			b.execute("UPDATE job SET state = 'pending', due = 1, slot = 0, worker = '', claims = claims - 1")
			if _, err := b.Claim(b.ctx(), "bob:2", jobs.ClaimFilter{}); err != nil {
				t.Fatal(err)
			}
			var lost *jobs.LostError
			if _, err := b.Finish(b.ctx(), forgotten[0], o); !errors.As(err, &lost) {
				t.Errorf("%s: %v", o.Kind, err)
			}
			if j := b.job(id); j.State != jobs.StateStarted || j.Worker != "bob:2" {
				t.Errorf("%s: %+v", o.Kind, j)
			}
		}
	})
	t.Run("Ensure a worker that leaves leaves no job started", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			b.write(func(tx *state.Tx) error { // a claim whose commit was never answered
				_, err := tx.ExecContext(b.ctx(), `UPDATE job SET state = 'started', due = 0, claims = claims + 1, slice = 1, slot = id,
					worker = ? WHERE state = 'pending'`, j.Worker)
				return err
			})
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{})
		if _, err := w.Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
		b.wantState(id, done)
		if j := b.job(id + 1); j.State != pend || j.Retry != 0 || j.Alone {
			t.Errorf("%+v", j)
		}
		if list, err := b.Workers(b.ctx()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
	t.Run("Ensure a worker stops before its lease ends, whatever keeps it from renewing it", func(t *testing.T) {
		s := statetest.New(t)
		b := openBench(t, s, state.Options{}, jobs.WithLease(4500*time.Millisecond)) // it stops a third before the end, and is looked at meanwhile
		other := s.Open(t, state.Options{})
		b.write(func(tx *state.Tx) error { _, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{})); return err })
		stopped, stuck := make(chan struct{}), make(chan error, 1)
		w := b.worker(func(ctx context.Context, _ []jobs.Job, _ func(jobs.Job, jobs.Outcome) error) error {
			go func() {
				stuck <- other.Write(b.ctx(), func(*state.Tx) error {
					select {
					case <-stopped:
						return nil
					case <-time.After(patience):
						return errors.New("the handler went on")
					}
				})
			}()
			<-ctx.Done()
			if list, err := b.Workers(b.ctx()); err != nil || len(list) != 1 || !list[0].Alive {
				t.Errorf("%+v, %v", list, err)
			}
			close(stopped)
			return ctx.Err()
		}, jobs.WorkerOptions{})
		_, err := w.Run(b.ctx(), jobs.RunFilter{})
		if heldUp := <-stuck; err == nil || heldUp != nil {
			t.Errorf("%v, %v", err, heldUp)
		}
	})
}
