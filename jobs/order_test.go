package jobs_test

import (
	"testing"

	"github.com/odoo-connector/connector/jobs"
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
