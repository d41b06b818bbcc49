package jobs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// TestClaimThatFails is about claims that share a transaction with outcomes.
func TestClaimThatFails(t *testing.T) {
	oneByOne, err := jobs.ParseChannels("root.trello:1")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]jobs.Outcome{
		"an outcome that only says so":            {Kind: jobs.Done, Result: "made"},
		"an outcome with something to be stored":  {Kind: jobs.Done, Result: "made", Commit: func(context.Context, *state.Tx) error { return nil }},
		"an outcome that must survive power cuts": {Kind: jobs.Done, Result: "made", Durable: true},
	}
	for name, outcome := range kinds {
		for way, options := range map[string]jobs.WorkerOptions{"one by one": {}, "several at once": {Jobs: 2}} {
			t.Run("Ensure it leaves the job done that was, "+way+": "+name, func(t *testing.T) {
				b := newBench(t, jobs.WithChannels(oneByOne))
				first, second := b.add(jobs.Spec{}), b.add(jobs.Spec{})
				w := b.worker(each(func(jobs.Job) jobs.Outcome {
					b.execute("ALTER TABLE job_pause RENAME TO job_rest") // which a claim looks into
					return outcome
				}), options)
				_, err := w.Run(b.ctx(), jobs.RunFilter{})
				b.execute("ALTER TABLE job_rest RENAME TO job_pause")
				if err == nil || errors.As(err, new(*jobs.LostError)) {
					t.Errorf("the run ended with %v", err)
				}
				if j := b.job(first); j.State != done || j.Result != "made" {
					t.Errorf("%+v", j)
				}
				b.wantState(second, pend)
			})
		}
	}
	t.Run("Ensure a worker that nobody knows any more keeps what it did and claims nothing", func(t *testing.T) {
		b := newBench(t)
		first, second := b.add(jobs.Spec{}), b.add(jobs.Spec{})
		w := b.worker(each(func(jobs.Job) jobs.Outcome {
			b.execute("DELETE FROM job_worker")
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{})
		_, err := w.Run(b.ctx(), jobs.RunFilter{})
		if !errors.As(err, new(*jobs.LeaseError)) {
			t.Error(err)
		}
		b.wantState(first, done)
		b.wantState(second, pend)
	})
}
