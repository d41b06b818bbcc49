package jobs_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// wrongClock is a machine's clock that is wrong.
type wrongClock struct {
	state.Clock
	by     time.Duration
	sleeps *atomic.Int32
}

func (c wrongClock) Now() time.Time { return c.Clock.Now().Add(c.by) }
func (c wrongClock) Machine() bool  { return true }
func (c wrongClock) Sleep(ctx context.Context, d time.Duration) error {
	c.sleeps.Add(1)
	return c.Clock.Sleep(ctx, d)
}

func TestClocksApart(t *testing.T) {
	t.Run("Ensure a pause is over by the database's clock, where one's own is an hour late", func(t *testing.T) {
		s := statetest.New(t)
		if s.Dialect != state.PostgreSQL {
			t.Skip("a file is written on one machine")
		}
		b := openBench(t, s, state.Options{Clock: wrongClock{state.SystemClock(), -time.Hour, new(atomic.Int32)}})
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			return b.Pause(b.ctx(), tx, jobs.Pause{Scope: jobs.PauseAll, Until: tx.Now().Add(-time.Minute)})
		})
		if err != nil {
			t.Fatal(err)
		}
		if on, err := b.Pauses(b.ctx()); err != nil || len(on) != 0 {
			t.Errorf("%+v, %v", on, err)
		}
	})
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(fmt.Sprintf("Ensure a run waits by the database's clock, where its own is off by %s", by), func(t *testing.T) {
			for _, n := range []int{1, 4} {
				s := statetest.New(t)
				var sleeps atomic.Int32
				if s.Dialect != state.PostgreSQL {
					t.Skip("a file is written on one machine")
				}
				b := openBench(t, s, state.Options{Clock: wrongClock{state.SystemClock(), by, &sleeps}}, channels(t, "a:1:throttle=0.3"))
				err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
					_, _, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{
						card(jobs.Spec{Channel: "a"}), card(jobs.Spec{Channel: "a"}), card(jobs.Spec{After: time.Second, Hold: true})})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(b.ctx(), patience)
				w := b.worker(each(always(jobs.Outcome{Kind: jobs.Done})), jobs.WorkerOptions{Jobs: n})
				if s, err := w.Run(ctx, jobs.RunFilter{}); err != nil || s.Done != 3 {
					t.Errorf("%d at a time: %+v, %v", n, s, err)
				}
				cancel()
				if sleeps.Load() > 200 {
					t.Errorf("%d at a time: looked %d times", n, sleeps.Load())
				}
			}
		})
	}
}
