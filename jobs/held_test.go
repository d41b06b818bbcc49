package jobs_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

func TestHeld(t *testing.T) {
	t.Run("Ensure one sees who has jobs of a backend in hand until the lease ends, and then nobody stands by who died", func(t *testing.T) {
		b := newBench(t, jobs.WithLease(time.Minute))
		id := b.add(jobs.Spec{})
		b.add(jobs.Spec{Channel: "other", Backend: "magento"})
		standby, err := b.StandBy(b.ctx(), "host:1", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = standby.Leave(b.ctx()) }()
		if err := b.Enlist(b.ctx(), "host:1"); err != nil {
			t.Fatal(err)
		}
		if slice, err := b.Claim(b.ctx(), "host:1", jobs.ClaimFilter{IDs: []int64{id}}); err != nil || len(slice) != 1 {
			t.Fatal(slice, err)
		}
		held, err := b.HeldOf(b.ctx(), "trello")
		if err != nil || len(held) != 1 || held[0].Jobs != 1 || held[0].Worker.Process() != "host:1" || held[0].Worker.Lease.IsZero() {
			t.Errorf("%+v, %v", held, err)
		}
		if held, err := b.HeldOf(b.ctx(), "magento"); err != nil || len(held) != 0 {
			t.Errorf("of magento: %+v, %v", held, err)
		}
		_ = b.clock.Sleep(b.ctx(), time.Minute+time.Second)
		if held, err := b.HeldOf(b.ctx(), "trello"); err != nil || len(held) != 0 {
			t.Errorf("when the lease has ended: %+v, %v", held, err)
		}
		if _, n, err := b.RecoverDead(b.ctx()); err != nil || n != 1 {
			t.Errorf("took %d jobs (%v)", n, err)
		}
		if list, err := b.Workers(b.ctx()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		b.wantState(id, pend)
	})
}
