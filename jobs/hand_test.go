package jobs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// act does something within a transaction and gives its error.
func (b *bench) act(fn func(tx *state.Tx) error) error { return b.db.Write(b.ctx(), fn) }

func (b *bench) requeue(id int64) error {
	return b.act(func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, id) })
}

func (b *bench) cancel(id int64) error {
	return b.act(func(tx *state.Tx) error { _, err := b.Cancel(b.ctx(), tx, id); return err })
}

func (b *bench) delete(id int64, cascade bool) (n int, err error) {
	err = b.act(func(tx *state.Tx) (err error) {
		n, err = b.Delete(b.ctx(), tx, id, cascade)
		return err
	})
	return n, err
}

func (b *bench) gone(id int64) bool {
	_, err := b.Get(b.ctx(), id)
	var missing *jobs.NotFoundError
	return errors.As(err, &missing)
}

// states gives the states of jobs, in their order.
func (b *bench) states(ids ...int64) string {
	b.t.Helper()
	var all []string
	for _, id := range ids {
		all = append(all, string(b.job(id).State))
	}
	return strings.Join(all, " ")
}

var failing = jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}

func TestRetryingInGraphs(t *testing.T) {
	ok := always(jobs.Outcome{Kind: jobs.Done})
	family := func(b *bench) (parent, child, grandchild int64) {
		out := b.delay(jobs.Chain(named("parent"), named("child"), named("grandchild")))
		return out.IDs[0], out.IDs[1], out.IDs[2]
	}
	t.Run("Ensure a failed parent that is put back no longer says to its children that it failed, and releases them when done", func(t *testing.T) {
		b := newBench(t)
		parent, child, grandchild := family(b)
		b.mustHandle(always(failing))
		if why := b.job(child).ExcMessage; !strings.Contains(why, "which failed") {
			t.Errorf("the child says %q", why)
		}
		if err := b.requeue(parent); err != nil {
			t.Fatal(err)
		}
		if j := b.job(child); j.State != wait || j.ExcMessage != "" || j.ExcName != "" {
			t.Errorf("%+v", j)
		}
		b.mustHandle(ok)
		if got := b.states(parent, child, grandchild); got != "done done done" {
			t.Error(got)
		}
	})
	t.Run("Ensure a cancelled parent that is put back leaves its descendants cancelled, which can follow one after the other", func(t *testing.T) {
		b := newBench(t)
		parent, child, grandchild := family(b)
		if err := errors.Join(b.cancel(parent), b.requeue(parent)); err != nil {
			t.Fatal(err)
		}
		if got := b.states(parent, child, grandchild); got != "pending cancelled cancelled" {
			t.Error(got)
		}
		var te *jobs.TransitionError
		if err := b.requeue(grandchild); !errors.As(err, &te) || te.ID != child || te.From != canc ||
			!strings.Contains(err.Error(), fmt.Sprintf("job %d is cancelled; put it back first", child)) {
			t.Errorf("%v, want it to name the cancelled %d and what to do", err, child)
		}
		if err := errors.Join(b.requeue(child), b.requeue(grandchild)); err != nil {
			t.Error(err)
		}
		if got := b.states(parent, child, grandchild); got != "pending wait_dependencies wait_dependencies" {
			t.Error(got)
		}
		b.mustHandle(ok)
		if got := b.states(parent, child, grandchild); got != "done done done" {
			t.Error(got)
		}
	})
	t.Run("Ensure a job that waited for something else in between still waits behind what it follows in its graph", func(t *testing.T) {
		b := newBench(t)
		one, two := jobs.NewDelayable(card(jobs.Spec{Identity: "one"})), jobs.NewDelayable(card(jobs.Spec{Identity: "two"}))
		var d jobs.Delayed
		b.write(func(tx *state.Tx) (err error) {
			d, err = b.EnqueueGraph(b.ctx(), tx, jobs.Chain(one, two))
			return err
		})
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			if j.Identity == "two" && b.job(j.ID).Waits == 0 {
				return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{card(jobs.Spec{Identity: "three"})}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if got := b.states(d.IDs...); got != "done done" {
			t.Fatal(got)
		}
		if err := errors.Join(b.requeue(d.IDs[0]), b.requeue(d.IDs[1])); err != nil {
			t.Fatal(err)
		}
		if got := b.states(d.IDs...); got != "pending wait_dependencies" {
			t.Error(got)
		}
	})
	t.Run("Ensure a done parent that is put back leaves the released ones alone, and keeps those that wait for others too", func(t *testing.T) {
		b := newBench(t)
		parent, other := b.add(jobs.Spec{}), b.add(jobs.Spec{ETA: noon.AddDate(1, 0, 0)})
		released := b.add(jobs.Spec{DependsOn: []int64{parent}, ETA: noon.AddDate(1, 0, 0)})
		both := b.add(jobs.Spec{DependsOn: []int64{parent, other}})
		b.mustHandle(ok)
		if err := b.requeue(parent); err != nil {
			t.Fatal(err)
		}
		if err := b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, other) }); err != nil {
			t.Fatal(err)
		}
		if got := b.states(parent, released, both); got != "pending pending wait_dependencies" {
			t.Error(got)
		}
		b.mustHandle(ok)
		b.wantState(both, done)
	})
	t.Run("Ensure a waiting job that is set done releases what waits for it, while its own parent goes on", func(t *testing.T) {
		b := newBench(t)
		parent, child, grandchild := family(b)
		if err := b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, child) }); err != nil {
			t.Fatal(err)
		}
		if got := b.states(parent, child, grandchild); got != "pending done pending" {
			t.Error(got)
		}
		b.mustHandle(ok)
		if got := b.states(parent, child, grandchild); got != "done done done" {
			t.Error(got)
		}
	})
}

func TestSet(t *testing.T) {
	five, slow, tomorrow := 5, "slow", noon.AddDate(0, 0, 1)
	for _, from := range jobs.States() {
		refused := from == strt || from == done
		t.Run(fmt.Sprintf("Ensure a job that is %s is changed by hand: %t", from, !refused), func(t *testing.T) {
			b := newBench(t)
			id := b.bring(from)
			before := b.job(id)
			err := b.act(func(tx *state.Tx) error {
				return b.Set(b.ctx(), tx, id, jobs.Changes{Priority: &five, Channel: &slow, ETA: &tomorrow})
			})
			j := b.job(id)
			var re *jobs.RefusedError
			if errors.As(err, &re) != refused || (err != nil) != refused || j.State != from {
				t.Errorf("%s: %v", j.State, err)
			}
			changed := j.Priority == 5 && j.Channel == "root.slow" && j.ETA.Equal(tomorrow)
			same := j.Priority == before.Priority && j.Channel == before.Channel && j.ETA.Equal(before.ETA)
			if refused && !same || !refused && !changed {
				t.Errorf("%+v", j)
			}
		})
	}
	t.Run("Ensure the line is as the changes say", func(t *testing.T) {
		b := newBench(t)
		first, second, third := b.add(jobs.Spec{}), b.add(jobs.Spec{}), b.add(jobs.Spec{ETA: tomorrow})
		one, later, atOnce, at, elsewhere := 1, tomorrow, time.Time{}, b.clock.Now(), "magento"
		for id, c := range map[int64]jobs.Changes{first: {ETA: &later}, second: {Channel: &elsewhere, ETA: &at}, third: {ETA: &atOnce, Priority: &one}} {
			b.write(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, id, c) })
		}
		b.wantClaim(1, third)
		b.wantClaim(1, second)
		b.wantClaim(1)
		_ = b.clock.Sleep(b.ctx(), 24*time.Hour)
		b.wantClaim(1, first)
	})
	t.Run("Ensure a run doesn't wait for an eta that was set by hand", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{ETA: noon.Add(time.Minute), Hold: true})
		b.write(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, id, jobs.Changes{ETA: &tomorrow}) })
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Left != 1 || s.Done != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("Ensure a name that is no channel's is refused, and an unknown job is named so", func(t *testing.T) {
		b := newBench(t)
		bad := "a..b"
		var ce *jobs.ChannelsError
		if err := b.act(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, b.add1(tx), jobs.Changes{Channel: &bad}) }); !errors.As(err, &ce) {
			t.Error(err)
		}
		var missing *jobs.NotFoundError
		if err := b.act(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, 99, jobs.Changes{}) }); !errors.As(err, &missing) {
			t.Error(err)
		}
	})
}

// add1 enqueues a job within a transaction.
func (b *bench) add1(tx *state.Tx) int64 {
	b.t.Helper()
	id, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{}))
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func TestDelete(t *testing.T) {
	for _, from := range jobs.States() {
		t.Run(fmt.Sprintf("Ensure a job that is %s is deleted with its attempts unless it runs", from), func(t *testing.T) {
			b := newBench(t)
			id := b.bring(from)
			b.write(func(tx *state.Tx) error {
				_, err := tx.ExecContext(b.ctx(), "INSERT INTO job_attempt (job_id, attempt, outcome, started, finished) VALUES (?, 9, 'retry', 1, 1)", id)
				return err
			})
			n, err := b.delete(id, false)
			var re *jobs.RefusedError
			if refused := from == strt; errors.As(err, &re) != refused || b.gone(id) == refused || (n == 1) == refused {
				t.Errorf("%d deleted: %v", n, err)
			}
			var attempts int
			row := b.db.Read().QueryRowContext(b.ctx(), "SELECT COUNT(*) FROM job_attempt WHERE attempt = 9")
			if err := row.Scan(&attempts); err != nil || (attempts == 0) != (from != strt) {
				t.Errorf("%d attempts left, %v", attempts, err)
			}
		})
	}
	t.Run("Ensure what others depend on is kept, and goes with them where that is asked for", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(jobs.Chain(named("a"), named("b"), named("c")))
		bystander := b.add(jobs.Spec{})
		_, err := b.delete(out.IDs[0], false)
		var de *jobs.DependentsError
		if !errors.As(err, &de) || !slices.Equal(de.By, out.IDs[1:]) {
			t.Errorf("%v", err)
		}
		if n, err := b.delete(out.IDs[0], true); n != 3 || err != nil || b.gone(bystander) {
			t.Errorf("%d deleted: %v", n, err)
		}
	})
	t.Run("Ensure a cancelled job that depends on it keeps it too, for it could be put back", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(jobs.Chain(named("a"), named("b")))
		if err := b.cancel(out.IDs[0]); err != nil {
			t.Fatal(err)
		}
		var de *jobs.DependentsError
		if _, err := b.delete(out.IDs[0], false); !errors.As(err, &de) {
			t.Error(err)
		}
		if n, err := b.delete(out.IDs[1], false); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
	t.Run("Ensure a done job is deleted under those that wait, for whom it stays done", func(t *testing.T) {
		b := newBench(t)
		parent, other := b.add(jobs.Spec{}), b.add(jobs.Spec{ETA: noon.Add(time.Hour)})
		child := b.add(jobs.Spec{DependsOn: []int64{parent, other}})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		if n, err := b.delete(parent, false); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		b.wantState(child, wait)
		_ = b.clock.Sleep(b.ctx(), time.Hour)
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		b.wantState(child, done)
	})
}

func TestBulk(t *testing.T) {
	many := func(b *bench, n int, s jobs.Spec) {
		b.t.Helper()
		specs := make([]jobs.Spec, n)
		for i := range specs {
			specs[i] = card(s)
		}
		b.write(func(tx *state.Tx) error { _, _, err := b.EnqueueAll(b.ctx(), tx, specs); return err })
	}
	counts := func(b *bench) string {
		b.t.Helper()
		c, err := b.Counts(b.ctx(), "")
		if err != nil {
			b.t.Fatal(err)
		}
		return fmt.Sprint(c)
	}
	t.Run("Ensure all that a filter selects is put back, cancelled, set done, changed and deleted, and nothing else", func(t *testing.T) {
		b := newBench(t)
		many(b, 1000, jobs.Spec{})
		b.mustHandle(always(failing))
		many(b, 7, jobs.Spec{Backend: "magento"})
		failed := jobs.Filter{Backend: "trello", States: []jobs.State{fail}}
		pending := jobs.Filter{Backend: "trello", States: []jobs.State{pend}}
		five := 5
		steps := []struct {
			name string
			do   func() (jobs.Bulk, error)
			want string
		}{
			{"put back", func() (jobs.Bulk, error) { return b.RequeueAll(b.ctx(), failed) }, "map[pending:1007]"},
			{"change", func() (jobs.Bulk, error) { return b.SetAll(b.ctx(), pending, jobs.Changes{Priority: &five}) }, "map[pending:1007]"},
			{"cancel", func() (jobs.Bulk, error) { return b.CancelAll(b.ctx(), pending) }, "map[cancelled:1000 pending:7]"},
			{"set done", func() (jobs.Bulk, error) { return b.SetDoneAll(b.ctx(), jobs.Filter{Backend: "trello"}) }, "map[done:1000 pending:7]"},
			{"delete", func() (jobs.Bulk, error) { return b.DeleteAll(b.ctx(), jobs.Filter{Backend: "trello"}) }, "map[pending:7]"},
		}
		for _, step := range steps {
			out, err := step.do()
			if err != nil || out.Changed != 1000 || out.Refused != 0 {
				t.Errorf("%s: %+v, %v", step.name, out, err)
			}
			if got := counts(b); got != step.want {
				t.Errorf("%s: %s, want %s", step.name, got, step.want)
			}
		}
	})
	t.Run("Ensure graphs are put back and deleted whole, whatever the order of their ids", func(t *testing.T) {
		b := newBench(t)
		young := named("young").ETA(noon.AddDate(1, 0, 0)).Identity("young", jobs.KeepFirst)
		old := b.delay(jobs.Chain(named("old").Identity("old", jobs.KeepFirst), named("oldest child")))
		b.delay(jobs.Chain(young, named("old").Identity("old", jobs.ReplaceArgs)))
		if got := b.edges(); got != "old<young oldest child<old" {
			t.Fatal(got)
		}
		all := jobs.Filter{}
		if out, err := b.CancelAll(b.ctx(), all); err != nil || out.Changed+out.Same < 3 {
			t.Errorf("%+v, %v", out, err)
		}
		if out, err := b.RequeueAll(b.ctx(), all); err != nil || out.Changed != 3 || out.Refused != 0 {
			t.Errorf("%+v, %v", out, err)
		}
		if got := b.states(old.IDs...); got != "wait_dependencies wait_dependencies" {
			t.Error(got)
		}
		if out, err := b.DeleteAll(b.ctx(), all); err != nil || out.Changed != 3 || out.Refused != 0 || counts(b) != "map[]" {
			t.Errorf("%+v, %v, %s", out, err, counts(b))
		}
	})
	t.Run("Ensure what is refused is counted with the reason, and holds nothing else up", func(t *testing.T) {
		b := newBench(t)
		running := b.bring(strt)
		b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		out, err := b.CancelAll(b.ctx(), jobs.Filter{})
		var te *jobs.TransitionError
		if err != nil || out.Changed != 2 || out.Refused != 1 || len(out.Reasons) != 1 || !errors.As(out.Reasons[0], &te) || te.ID != running {
			t.Errorf("%+v, %v", out, err)
		}
	})
	t.Run("Ensure no more reasons than twenty are kept", func(t *testing.T) {
		b := newBench(t)
		many(b, 300, jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		if out, err := b.CancelAll(b.ctx(), jobs.Filter{}); err != nil || out.Refused != 300 || len(out.Reasons) != 20 {
			t.Errorf("%d refused, %d reasons, %v", out.Refused, len(out.Reasons), err)
		}
	})
	t.Run("Ensure the filter's limit counts, and an unusable filter is told", func(t *testing.T) {
		b := newBench(t)
		many(b, 10, jobs.Spec{})
		if out, err := b.CancelAll(b.ctx(), jobs.Filter{Limit: 3}); err != nil || out.Changed != 3 {
			t.Errorf("%+v, %v", out, err)
		}
		var fe *jobs.FilterError
		if _, err := b.CancelAll(b.ctx(), jobs.Filter{Channel: "a..b"}); !errors.As(err, &fe) {
			t.Error(err)
		}
	})
}
