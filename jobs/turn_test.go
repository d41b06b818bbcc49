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

// TestEffectThatTheDatabaseRefuses is about outcomes whose Commit meets an error of the database.
func TestEffectThatTheDatabaseRefuses(t *testing.T) {
	exec := func(ctx context.Context, tx *state.Tx, query string) error {
		_, err := tx.ExecContext(ctx, query)
		return err
	}
	const add, nowhere = "INSERT INTO meta (key, value) VALUES ('effect', 'made')", "INSERT INTO nowhere VALUES (1)"
	t.Run("Ensure a job whose effect cannot be understood fails alone", func(t *testing.T) {
		for _, options := range []jobs.WorkerOptions{{}, {SliceLimit: 3}, {Jobs: 3}} {
			b := newBench(t)
			ids := []int64{b.add(jobs.Spec{}), b.add(jobs.Spec{}), b.add(jobs.Spec{})}
			queries := map[int64]string{ids[0]: "DELETE FROM meta", ids[1]: nowhere, ids[2]: "DELETE FROM meta"}
			_, err := b.worker(each(func(j jobs.Job) jobs.Outcome {
				return jobs.Outcome{Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error { return exec(ctx, tx, queries[j.ID]) }}
			}), options).Run(b.ctx(), jobs.RunFilter{})
			if err != nil {
				t.Errorf("%+v: %v", options, err)
			}
			for i, want := range []jobs.State{done, fail, done} {
				b.wantState(ids[i], want)
			}
		}
	})
	t.Run("Ensure an effect that makes nothing of an error is stored with its job, or the job fails; it runs once", func(t *testing.T) {
		b := newBench(t)
		id, runs := b.add(jobs.Spec{}), 0
		_, err := b.worker(each(func(jobs.Job) jobs.Outcome {
			b.execute("ALTER TABLE job_pause RENAME TO job_rest") // so that the claim fails that comes behind it
			return jobs.Outcome{Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error {
				if runs++; runs > 1 {
					return errors.New("ran before")
				}
				err := exec(ctx, tx, add)
				_ = exec(ctx, tx, nowhere)
				return err
			}}
		}), jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{})
		b.execute("ALTER TABLE job_rest RENAME TO job_pause")
		if err == nil {
			t.Error("the claim was told of nothing")
		}
		switch j := b.job(id); {
		case j.State == done && b.meta("effect") == "made":
		case j.State == fail && b.meta("effect") == "":
		default:
			t.Errorf("the job is %s, its effect is %q (%s)", j.State, b.meta("effect"), j.ExcMessage)
		}
	})
}
