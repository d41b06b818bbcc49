package jobs_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func TestNextDue(t *testing.T) {
	next := func(b *bench, backends ...string) time.Time {
		b.t.Helper()
		at, err := b.NextDue(b.ctx(), backends)
		if err != nil {
			b.t.Fatal(err)
		}
		return at
	}
	t.Run("Ensure it is now where a job waits, and the nearest eta where none does", func(t *testing.T) {
		b := newBench(t)
		if at := next(b, "trello", "magento"); !at.IsZero() {
			t.Errorf("without jobs: %s", at)
		}
		later := b.clock.Now().Add(time.Hour)
		b.add(jobs.Spec{Identity: "a", ETA: later.Add(time.Minute)})
		b.add(jobs.Spec{Identity: "b", ETA: later})
		if at := next(b, "trello"); !at.Equal(later) {
			t.Errorf("next is %s, want %s", at, later)
		}
		if at := next(b, "magento"); !at.IsZero() {
			t.Errorf("of another backend: %s", at)
		}
		b.add(jobs.Spec{Identity: "c"})
		if at := next(b, "trello"); at.After(b.clock.Now()) {
			t.Errorf("next is %s, want now", at)
		}
	})
	t.Run("Ensure a backend that is paused has none", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		for _, p := range []jobs.Pause{{Scope: jobs.PauseBackend, Name: "trello"}, {Scope: jobs.PauseAll}} {
			b.write(func(tx *state.Tx) error { return b.Pause(b.ctx(), tx, p) })
			if at := next(b, "trello"); !at.IsZero() {
				t.Errorf("paused by %+v: %s", p, at)
			}
			b.write(func(tx *state.Tx) error { _, err := b.Resume(b.ctx(), tx, p.Scope, p.Name); return err })
		}
		if at := next(b, "trello"); at.IsZero() {
			t.Error("resumed, and none is due")
		}
	})
}
