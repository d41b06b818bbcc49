package trello_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// TestHolders is about processes that lost the lock of the backend, and still have jobs in hand by their lease.
func TestHolders(t *testing.T) {
	board := func(t *testing.T) *world {
		w := newWorld(t)
		b := w.trello.AddBoard("Workshop")
		w.trello.AddCard(w.trello.AddList(b.ID, "To do").ID, "Paint the door")
		return w
	}
	run := func(t *testing.T, await bool) (done int, told []string) {
		w := board(t)
		w.with(func(ctx context.Context, r *run) {
			if err := synchronizer.Poll(ctx, []*synchronizer.Synchronizer{r.Synchronizer})[0]; err != nil {
				t.Fatal(err)
			}
			hold(ctx, t, r)
			s := synchronizer.New(synchronizer.Options{Env: r.env, DB: r.db, Queue: r.queue, Witness: synchronizer.Witness{
				Held: func(backend string, h synchronizer.Holders, waits bool) {
					told = append(told, fmt.Sprint(backend, h.Jobs, h.Workers, h.Longest.Round(time.Second), waits))
				},
			}})
			if err := synchronizer.RunJobs(ctx, s, nil, synchronizer.RunOptions{Owner: "test", Await: await}); err != nil {
				t.Fatal(err)
			}
			done = s.Report().Jobs.Done
		})
		return done, told
	}
	t.Run("Ensure a run takes their jobs back when their lease has ended, and says what it waits for", func(t *testing.T) {
		done, told := run(t, true)
		if want := []string{"trello1 [dead:1] 1m0s true"}; done == 0 || !slices.Equal(told, want) {
			t.Errorf("%d jobs done, told %q, want %q", done, told, want)
		}
	})
	t.Run("Ensure a run that does not wait leaves the line alone", func(t *testing.T) {
		if done, told := run(t, false); done != 0 || len(told) != 0 {
			t.Errorf("%d jobs done, told %q", done, told)
		}
	})
}

// hold leaves the first job in the hands of a process that lives by its lease for a minute more.
func hold(ctx context.Context, t *testing.T, r *run) {
	t.Helper()
	err := r.db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO job_worker (id, slot, started, heartbeat, lease, info) VALUES ('dead:1', 0, ?, ?, ?, '{}')",
			state.Micros(tx.Now()), state.Micros(tx.Now()), state.Micros(tx.Now().Add(time.Minute)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if held, err := r.queue.Claim(ctx, "dead:1", jobs.ClaimFilter{}); err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
}
