package jobs_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func TestThrottle(t *testing.T) {
	t.Run("Ensure a throttled channel starts one job at a time, of all backends and subchannels", func(t *testing.T) {
		b := newBench(t, channels(t, "a:5:throttle=3,a.x:2,a.y:2"))
		for _, s := range []jobs.Spec{{Channel: "a"}, {Channel: "a", Backend: "magento"}, {Channel: "a.x"}, {Channel: "a.y"}} {
			b.add(s)
		}
		c, err := b.ClaimSlices(b.ctx(), "worker", jobs.ClaimFilter{Slots: 5})
		if err != nil || len(c.Slices) != 1 {
			t.Errorf("%d slices at once (%v)", len(c.Slices), err)
		}
	})
}

func TestSequential(t *testing.T) {
	t.Run("Ensure no job of a sequential channel passes one whose pair is worked on elsewhere", func(t *testing.T) {
		b := newBench(t, channels(t, "a:1:sequential,b:0"))
		busy := b.add(jobs.Spec{Channel: "b", Pair: "p"})
		b.wantClaim(1, busy)
		b.add(jobs.Spec{Channel: "a", Pair: "p"})
		b.add(jobs.Spec{Channel: "a"})
		b.wantClaim(1)
	})
	t.Run("Ensure the order of a sequential channel is kept over its lines", func(t *testing.T) {
		b := newBench(t, channels(t, "a:1:sequential,b:0"))
		b.add(jobs.Spec{Channel: "a", Backend: "magento"})
		b.add(jobs.Spec{Channel: "a"})
		b.wantClaim(1)
	})
}

func TestManyOfOnePair(t *testing.T) {
	t.Run("Ensure thousands of jobs of one pair don't hold up a claim, nor hide what is behind them", func(t *testing.T) {
		b := newBench(t)
		specs := make([]jobs.Spec, 3000)
		for i := range specs {
			specs[i] = card(jobs.Spec{Pair: "p"})
		}
		began := time.Now()
		b.write(func(tx *state.Tx) error {
			_, _, err := b.EnqueueAll(b.ctx(), tx, specs)
			return err
		})
		enqueued := time.Since(began)
		other := b.add(jobs.Spec{Priority: 20})
		began = time.Now()
		c, err := b.ClaimSlices(b.ctx(), "worker", jobs.ClaimFilter{Slots: 3})
		if err != nil || len(c.Slices) != 2 || c.Slices[1][0].ID != other {
			t.Errorf("%v, %v", c.Slices, err)
		}
		if took := time.Since(began); took > time.Second && took > 20*enqueued { // usually a sixth of it; slow machines are slow at both
			t.Errorf("a claim took %s, to enqueue them %s", took, enqueued)
		}
	})
}
