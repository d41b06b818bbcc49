package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

const day = 24 * time.Hour

// ended enqueues a job of a channel and lets it end in a state.
func (b *bench) ended(in jobs.State, s jobs.Spec) int64 {
	b.t.Helper()
	id := b.add(s)
	switch in {
	case canc:
		b.mustAct("cancel", b.cancel(id))
	case fail:
		b.mustHandle(always(failing))
	case done:
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
	}
	b.wantState(id, in)
	return id
}

func (b *bench) prune(r jobs.Retention) string {
	b.t.Helper()
	before, err := b.Prunable(b.ctx(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	after, err := b.Prune(b.ctx(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	if !slices.Equal(before, after) {
		b.t.Errorf("it said that it would prune %v, and pruned %v", before, after)
	}
	return fmt.Sprint(after)
}

func TestPrune(t *testing.T) {
	t.Run("Ensure done and cancelled jobs go after 30 days, and no others", func(t *testing.T) {
		b := newBench(t)
		ids := map[jobs.State]int64{}
		for _, s := range []jobs.State{done, fail, canc} {
			ids[s] = b.ended(s, jobs.Spec{})
		}
		_ = b.clock.Sleep(b.ctx(), 29*day)
		if got := b.prune(jobs.DefaultRetention()); got != "[]" {
			t.Errorf("after 29 days: %s", got)
		}
		ids[pend] = b.add(jobs.Spec{ETA: noon.AddDate(1, 0, 0)})
		ids[wait] = b.add(jobs.Spec{DependsOn: []int64{ids[pend]}})
		_ = b.clock.Sleep(b.ctx(), 2*day)
		if got := b.prune(jobs.DefaultRetention()); got != "[{cancelled root.trello 1} {done root.trello 1}]" {
			t.Errorf("after 31 days: %s", got)
		}
		for s, id := range ids {
			if b.gone(id) != (s == done || s == canc) {
				t.Errorf("the %s one is gone: %t", s, b.gone(id))
			}
		}
	})
	t.Run("Ensure the rule of the nearest channel counts, for its subchannels too", func(t *testing.T) {
		b := newBench(t)
		r := jobs.DefaultRetention().With(jobs.RetentionRule{State: done, Channel: "trello", Keep: 60 * day},
			jobs.RetentionRule{State: done, Channel: "root.trello.quick", Keep: day}, jobs.RetentionRule{State: fail, Channel: "trello.never", Keep: day},
			jobs.RetentionRule{State: canc, Channel: "trello.never"})
		in := func(s jobs.State, channel string) int64 { return b.ended(s, jobs.Spec{Channel: channel}) }
		quick, sixty, lists, other := in(done, "trello.quick"), in(done, "trello"), in(done, "trello.list"), in(done, "magento")
		failed, kept, cancelled := in(fail, "trello.never.x"), in(fail, "magento"), in(canc, "trello.never")
		_ = b.clock.Sleep(b.ctx(), 31*day)
		b.prune(r)
		for id, want := range map[int64]bool{quick: true, other: true, failed: true, sixty: false, lists: false, kept: false, cancelled: false} {
			if b.gone(id) != want {
				t.Errorf("job %d in %s is gone: %t", id, "its channel", !want)
			}
		}
		_ = b.clock.Sleep(b.ctx(), 30*day)
		if got := b.prune(r); got != "[{done root.trello 1} {done root.trello.list 1}]" {
			t.Error(got)
		}
	})
	t.Run("Ensure a pruned dependency counts as done", func(t *testing.T) {
		b := newBench(t)
		parent, other := b.add(jobs.Spec{}), b.add(jobs.Spec{ETA: noon.Add(40 * day)})
		both := b.add(jobs.Spec{DependsOn: []int64{parent, other}})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		_ = b.clock.Sleep(b.ctx(), 31*day)
		b.prune(jobs.DefaultRetention())
		if !b.gone(parent) || !slices.Equal(b.job(both).DependsOn, []int64{other}) {
			t.Errorf("it depends on %v", b.job(both).DependsOn)
		}
		_ = b.clock.Sleep(b.ctx(), 10*day)
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		b.wantState(both, done)
	})
	t.Run("Ensure a cancelled graph goes whole, however long it is, and stays whole while a part of it is younger", func(t *testing.T) {
		b := newBench(t)
		var links []jobs.Node
		for range 400 {
			links = append(links, named("link"))
		}
		whole := b.delay(jobs.Chain(links...))
		young := b.delay(jobs.Chain(named("a"), named("b")))
		b.mustAct("cancel", b.cancel(whole.IDs[0]))
		b.mustAct("cancel", b.cancel(young.IDs[0]))
		_ = b.clock.Sleep(b.ctx(), 20*day)
		b.mustAct("requeue", b.requeue(young.IDs[0]))
		b.mustAct("requeue", b.requeue(young.IDs[1]))
		b.mustAct("cancel", b.cancel(young.IDs[1]))
		b.mustAct("cancel", b.cancel(young.IDs[0]))
		b.write(func(tx *state.Tx) error { // the parent ended long before the child did
			_, err := tx.ExecContext(b.ctx(), "UPDATE job SET finished = ? WHERE id = ?", state.Micros(noon), young.IDs[0])
			return err
		})
		_ = b.clock.Sleep(b.ctx(), 11*day)
		list, err := b.Prune(b.ctx(), jobs.DefaultRetention())
		if err != nil || len(list) != 1 || list[0].Jobs != 400 {
			t.Errorf("%v, %v", list, err)
		}
		if got := b.states(young.IDs...); got != "cancelled cancelled" {
			t.Error(got)
		}
		_ = b.clock.Sleep(b.ctx(), 31*day)
		if got := b.prune(jobs.DefaultRetention()); got != "[{cancelled root.trello 2}]" {
			t.Error(got)
		}
	})
	t.Run("Ensure a failed job stays as long as others wait for it", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(jobs.Chain(named("a"), named("b")))
		b.mustHandle(always(failing))
		_ = b.clock.Sleep(b.ctx(), 31*day)
		r := jobs.DefaultRetention().With(jobs.RetentionRule{State: fail, Keep: day})
		if list, err := b.Prune(b.ctx(), r); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
		if got := b.states(out.IDs...); got != "failed wait_dependencies" {
			t.Error(got)
		}
	})
	t.Run("Ensure it ends with its context, and what it did stays done", func(t *testing.T) {
		b := newBench(t)
		b.fill(500)
		ctx, stop := context.WithCancel(b.ctx())
		stop()
		if list, err := b.Prune(ctx, jobs.Retention{{State: done, Keep: time.Microsecond}}); !errors.Is(err, context.Canceled) || len(list) > 1 {
			t.Errorf("%v, %v", list, err)
		}
	})
	t.Run("Ensure many go piece by piece, with a rest after each", func(t *testing.T) {
		b := newBench(t)
		b.fill(12_345)
		begin := b.clock.Now()
		if got := b.prune(jobs.Retention{{State: done, Keep: time.Microsecond}}); got != "[{done root.trello 12345}]" {
			t.Error(got)
		}
		if rested := b.clock.Now().Sub(begin); rested < 8*time.Millisecond {
			t.Errorf("it rested %s", rested)
		}
	})
}

// fill adds done jobs that nobody ran.
func (b *bench) fill(n int) {
	b.t.Helper()
	specs := make([]jobs.Spec, n)
	for i := range specs {
		specs[i] = card(jobs.Spec{})
	}
	b.write(func(tx *state.Tx) error {
		if _, _, err := b.EnqueueAll(b.ctx(), tx, specs); err != nil {
			return err
		}
		_, err := tx.ExecContext(b.ctx(), "UPDATE job SET state = 'done', due = 0, finished = ?", state.Micros(b.clock.Now()))
		return err
	})
	_ = b.clock.Sleep(b.ctx(), time.Second)
}
