package jobs_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestDelay(t *testing.T) {
	delay := func(b *bench, specs ...jobs.Spec) ([]int64, int) {
		b.t.Helper()
		for i := range specs {
			specs[i] = card(specs[i])
		}
		ids, created, err := b.Delay(b.ctx(), specs...)
		if err != nil {
			b.t.Fatal(err)
		}
		return ids, created
	}
	t.Run("Ensure a job is stored as one of a caller's transaction is", func(t *testing.T) {
		for name, s := range map[string]jobs.Spec{
			"plain": {Identity: "card:5f", Args: map[string]string{"external_id": "5f"}, Description: "Import card 'Paint the door'", Priority: 3},
			"later": {ETA: noon.Add(time.Hour), Hold: true},
			"in":    {After: time.Minute},
		} {
			b := newBench(t, jobs.WithUUIDs(func() string { return "uuid" }))
			ids, created := delay(b, s)
			got := b.job(ids[0])
			b.execute("DELETE FROM job")
			want := b.job(b.add(s))
			got.ID, want.ID = 0, 0
			if !reflect.DeepEqual(got, want) || created != 1 {
				t.Errorf("%s, %d made:\ngot  %+v\nwant %+v", name, created, got, want)
			}
		}
	})
	t.Run("Ensure it bears the database's time where that counts", func(t *testing.T) {
		b := openBench(t, statetest.New(t), state.Options{})
		before, err := b.db.Now(b.ctx())
		ids, _ := delay(b, jobs.Spec{})
		after, afterErr := b.db.Now(b.ctx())
		j := b.job(ids[0])
		if err = errors.Join(err, afterErr); err != nil || j.Created.Before(before) || j.Created.After(after) || !j.Enqueued.Equal(j.Created) {
			t.Errorf("%s and %s, want something from %s to %s (%v)", j.Created, j.Enqueued, before, after, err)
		}
	})
	t.Run("Ensure a job whose identity waits is that one, one that failed begins anew, and ids follow the specs", func(t *testing.T) {
		b := newBench(t)
		waits, failed := b.add(jobs.Spec{Identity: "waits"}), b.add(jobs.Spec{Identity: "failed"})
		b.execute("UPDATE job SET state = 'failed', due = 0 WHERE identity = 'failed'")
		ids, created := delay(b, jobs.Spec{Identity: "new"}, jobs.Spec{Identity: "waits"}, jobs.Spec{Identity: "failed"}, jobs.Spec{}, jobs.Spec{Identity: "new"})
		if created != 3 || ids[1] != waits || ids[2] != failed || ids[4] != ids[0] || ids[3] == ids[0] {
			t.Errorf("%d made, %v (%d waited, %d had failed)", created, ids, waits, failed)
		}
		for _, id := range ids {
			b.wantState(id, pend)
		}
		if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 4 {
			t.Errorf("%d jobs (%v)", len(list), err)
		}
		if _, created := delay(b, jobs.Spec{Identity: "new"}); created != 0 {
			t.Errorf("%d made of one that waits", created)
		}
	})
	t.Run("Ensure a waiting job takes the arguments of a call that says so", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "a", Args: map[string]int{"n": 1}})
		delay(b, jobs.Spec{Identity: "a", Args: map[string]int{"n": 2}, Policy: jobs.ReplaceArgs})
		if j := b.job(id); string(j.Args) != `{"n":2}` {
			t.Errorf("%s", j.Args)
		}
	})
	t.Run("Ensure a job waits for those that it depends on", func(t *testing.T) {
		b := newBench(t)
		first, _ := delay(b, jobs.Spec{})
		second, _ := delay(b, jobs.Spec{DependsOn: first})
		if j := b.job(second[0]); j.State != jobs.StateWaitDependencies || !slices.Equal(j.DependsOn, first) {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure one that cannot be enqueued takes the others along", func(t *testing.T) {
		b := newBench(t)
		var unknown *jobs.NotFoundError
		if _, _, err := b.Delay(b.ctx(), card(jobs.Spec{}), card(jobs.Spec{DependsOn: []int64{77}})); !errors.As(err, &unknown) {
			t.Errorf("%v", err)
		}
		var args *jobs.ArgsError
		if _, _, err := b.Delay(b.ctx(), card(jobs.Spec{}), card(jobs.Spec{Args: make(chan int)})); !errors.As(err, &args) {
			t.Errorf("%v", err)
		}
		if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("%d jobs (%v)", len(list), err)
		}
	})
	t.Run("Ensure it ends with its context, and with nothing enqueued", func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithCancel(b.ctx())
		cancel()
		if _, _, err := b.Delay(ctx, card(jobs.Spec{})); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("%d jobs (%v)", len(list), err)
		}
	})
	t.Run("Ensure those who wait for work are told", func(t *testing.T) {
		b := newBench(t)
		changed := b.db.Changed(b.ctx(), jobs.Topic)
		delay(b, jobs.Spec{})
		select {
		case <-changed:
		case <-time.After(patience):
			t.Error("nobody was told")
		}
	})
}
