package jobs_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// The states by short names, for tables.
const (
	wait, pend, enqd, strt = jobs.StateWaitDependencies, jobs.StatePending, jobs.StateEnqueued, jobs.StateStarted
	done, fail, canc       = jobs.StateDone, jobs.StateFailed, jobs.StateCancelled
)

func TestTransitions(t *testing.T) {
	allowed := map[jobs.State]map[jobs.State]bool{
		wait: {pend: true, done: true, canc: true},
		pend: {wait: true, enqd: true, strt: true, done: true, canc: true},
		enqd: {pend: true, strt: true, done: true, canc: true},
		strt: {wait: true, pend: true, done: true, fail: true},
		done: {wait: true, pend: true},
		fail: {wait: true, pend: true, done: true, canc: true},
		canc: {wait: true, pend: true, done: true},
	}
	for _, from := range jobs.States() {
		for _, to := range jobs.States() {
			verb := "cannot become"
			if allowed[from][to] {
				verb = "can become"
			}
			t.Run(fmt.Sprintf("Ensure a job that is %s %s %s", from, verb, to), func(t *testing.T) {
				if jobs.Allowed(from, to) != allowed[from][to] {
					t.Error("it is the other way round")
				}
			})
		}
	}
}

// TestByHand tries everything that people do to a job in every state.
func TestByHand(t *testing.T) {
	type want struct {
		to      jobs.State
		refused bool
	}
	acts := []struct {
		name string
		do   func(b *bench, tx *state.Tx, id int64) error
		want map[jobs.State]want
	}{
		{"requeued", func(b *bench, tx *state.Tx, id int64) error { return b.Requeue(b.ctx(), tx, id) }, map[jobs.State]want{
			wait: {wait, true}, pend: {pend, false}, enqd: {enqd, true}, strt: {strt, true},
			done: {pend, false}, fail: {pend, false}, canc: {pend, false}}},
		{"set done", func(b *bench, tx *state.Tx, id int64) error { return b.SetDone(b.ctx(), tx, id) }, map[jobs.State]want{
			wait: {done, false}, pend: {done, false}, enqd: {done, false}, strt: {strt, true},
			done: {done, false}, fail: {done, false}, canc: {done, false}}},
		{"cancelled", func(b *bench, tx *state.Tx, id int64) error {
			_, err := b.Cancel(b.ctx(), tx, id)
			return err
		}, map[jobs.State]want{
			wait: {canc, false}, pend: {canc, false}, enqd: {canc, false}, strt: {strt, true},
			done: {done, true}, fail: {canc, false}, canc: {canc, false}}},
	}
	for _, act := range acts {
		for _, from := range jobs.States() {
			w := act.want[from]
			verdict := "is " + string(w.to) + " afterwards"
			if w.refused {
				verdict = "is refused"
			}
			t.Run(fmt.Sprintf("Ensure a job that is %s and is %s %s", from, act.name, verdict), func(t *testing.T) {
				b := newBench(t)
				id := b.bring(from)
				err := b.db.Write(b.ctx(), func(tx *state.Tx) error { return act.do(b, tx, id) })
				var te *jobs.TransitionError
				if errors.As(err, &te) != w.refused || (err != nil) != w.refused {
					t.Errorf("error %v", err)
				}
				if te != nil && (te.ID != id || te.From != from) {
					t.Errorf("the error is about %+v", te)
				}
				b.wantState(id, w.to)
			})
		}
	}
	t.Run("Ensure an unknown job is named so by everything", func(t *testing.T) {
		b := newBench(t)
		_, getErr := b.Get(b.ctx(), 7)
		errs := map[string]error{"get": getErr}
		for _, act := range acts {
			errs[act.name] = b.db.Write(b.ctx(), func(tx *state.Tx) error { return act.do(b, tx, 7) })
		}
		for name, err := range errs {
			var missing *jobs.NotFoundError
			if !errors.As(err, &missing) || missing.ID != 7 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("Ensure a requeued job begins anew, at once and with all attempts", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{ETA: noon.AddDate(0, 0, 1)})
		requeue := func() { b.write(func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, id) }) }
		requeue()
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, Err: errors.New("later")}))
		requeue()
		if j := b.job(id); j.Retry != 0 || !j.ETA.IsZero() {
			t.Errorf("retry %d, eta %v", j.Retry, j.ETA)
		}
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		requeue()
		if j := b.job(id); j.ExcMessage != "" || !j.Finished.IsZero() || j.Worker != "" {
			t.Errorf("%+v", j)
		}
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Done != 1 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("Ensure a job isn't requeued beside one that waits for the same record", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "a"})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		twin := b.add(jobs.Spec{Identity: "a"})
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, id) })
		var te *jobs.TwinError
		if !errors.As(err, &te) || te.Twin != twin {
			t.Errorf("%v, want the twin %d", err, twin)
		}
		b.wantState(id, done)
	})
	t.Run("Ensure cancelling takes all that waits for the job along, and nothing else", func(t *testing.T) {
		b := newBench(t)
		root, other := b.add(jobs.Spec{}), b.add(jobs.Spec{})
		child := b.add(jobs.Spec{DependsOn: []int64{root}})
		grandchild := b.add(jobs.Spec{DependsOn: []int64{child, other}})
		stranger := b.add(jobs.Spec{DependsOn: []int64{other}})
		b.write(func(tx *state.Tx) error {
			n, err := b.Cancel(b.ctx(), tx, root)
			if n != 3 {
				t.Errorf("%d cancelled, want 3", n)
			}
			return err
		})
		for id, want := range map[int64]jobs.State{root: canc, child: canc, grandchild: canc, other: pend, stranger: wait} {
			b.wantState(id, want)
		}
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, grandchild) })
		var te *jobs.TransitionError
		if !errors.As(err, &te) || te.ID != child {
			t.Errorf("%v: a job came back that waits for the cancelled %d", err, child)
		}
	})
	t.Run("Ensure a job that was cancelled while it waited waits again", func(t *testing.T) {
		b := newBench(t)
		parent := b.add(jobs.Spec{})
		child := b.add(jobs.Spec{DependsOn: []int64{parent}})
		b.write(func(tx *state.Tx) error { _, err := b.Cancel(b.ctx(), tx, child); return err })
		b.write(func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, child) })
		b.wantState(child, wait)
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		b.wantState(child, done)
	})
	t.Run("Ensure setting a job done releases what waits for it", func(t *testing.T) {
		b := newBench(t)
		parent := b.add(jobs.Spec{})
		child := b.add(jobs.Spec{DependsOn: []int64{parent}})
		b.write(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, parent) })
		b.wantState(child, pend)
	})
}
