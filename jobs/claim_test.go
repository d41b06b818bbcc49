package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestClaim(t *testing.T) {
	t.Run("Ensure the line is by priority, then age, then id, and only of what may run now", func(t *testing.T) {
		b := newBench(t)
		old := b.add(jobs.Spec{})
		young := b.add(jobs.Spec{})
		urgent := b.add(jobs.Spec{Priority: 1})
		later := b.add(jobs.Spec{Priority: 1, ETA: b.clock.Now().Add(time.Minute)})
		b.add(jobs.Spec{DependsOn: []int64{later}})
		var twins []int64
		b.write(func(tx *state.Tx) (err error) {
			twins, _, err = b.EnqueueAll(b.ctx(), tx, []jobs.Spec{card(jobs.Spec{}), card(jobs.Spec{})})
			return err
		})
		b.wantClaim(3, urgent, old, young)
		b.wantClaim(10, twins...)
		b.wantClaim(10)
		_ = b.clock.Sleep(b.ctx(), time.Minute)
		b.wantClaim(10, later)
	})
	t.Run("Ensure a claimed job is started and says whose it is", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.wantClaim(1, id)
		if j := b.job(id); j.State != strt || j.Worker != "worker" || !j.Started.Equal(b.clock.Now()) {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure a slice is of one function and one model, and jumps nobody's place", func(t *testing.T) {
		b := newBench(t)
		var ids []int64
		for _, s := range []jobs.Spec{
			{}, {}, {Function: "board.import"}, {}, {Model: "trello.list"}, {Model: "trello.list"}, {Model: "trello.list"},
		} {
			ids = append(ids, b.add(s))
		}
		b.wantClaim(10, ids[0], ids[1])
		b.wantClaim(10, ids[2])
		b.wantClaim(10, ids[3])
		b.wantClaim(2, ids[4], ids[5])
		b.wantClaim(0, ids[6])
	})
	t.Run("Ensure a slice is of one backend", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.add(jobs.Spec{Backend: "magento"})
		b.add(jobs.Spec{Backend: "magento"})
		for want, n := range []int{1, 2, 0} {
			slice, err := b.Claim(b.ctx(), "worker", jobs.ClaimFilter{Limit: 10})
			if err != nil || len(slice) != n {
				t.Errorf("claim %d: %v (%v)", want, slice, err)
			}
		}
	})
	t.Run("Ensure only the asked jobs and the asked backend are claimed", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		wanted := b.add(jobs.Spec{})
		b.add(jobs.Spec{Backend: "magento", Priority: 1})
		for _, f := range []jobs.ClaimFilter{
			{Backend: "solr", Limit: 10}, {Backend: "magento", IDs: []int64{wanted}, Limit: 10},
		} {
			if slice, err := b.Claim(b.ctx(), "worker", f); err != nil || len(slice) != 0 {
				t.Errorf("%+v gave %v (%v)", f, slice, err)
			}
		}
		slice, err := b.Claim(b.ctx(), "worker", jobs.ClaimFilter{Backend: "trello", IDs: []int64{wanted, 99}, Limit: 10})
		if err != nil || len(slice) != 1 || slice[0].ID != wanted {
			t.Errorf("%v (%v)", slice, err)
		}
	})
	t.Run("Ensure no job is claimed while another one works on its record", func(t *testing.T) {
		b := newBench(t)
		first := b.add(jobs.Spec{Identity: "a"})
		b.wantClaim(10, first)
		b.add(jobs.Spec{Identity: "a"})
		free := b.add(jobs.Spec{Identity: "b"})
		b.wantClaim(10, free)
		b.wantClaim(10)
	})
	t.Run("Ensure many workers on several connections claim each job once", func(t *testing.T) {
		store := statetest.New(t)
		benches := []*bench{openBench(t, store, state.Options{}), openBench(t, store, state.Options{})}
		const n = 200
		specs := make([]jobs.Spec, n)
		for i := range specs {
			specs[i] = card(jobs.Spec{Identity: fmt.Sprint(i)})
		}
		benches[0].write(func(tx *state.Tx) error {
			_, _, err := benches[0].EnqueueAll(t.Context(), tx, specs)
			return err
		})
		var mu sync.Mutex
		claims := map[int64]int{}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				count := func(j jobs.Job) jobs.Outcome {
					mu.Lock()
					defer mu.Unlock()
					claims[j.ID]++
					return jobs.Outcome{Kind: jobs.Done}
				}
				w := benches[i%2].worker(each(count), jobs.WorkerOptions{SliceLimit: 3})
				if _, err := w.Run(t.Context(), jobs.RunFilter{Backend: "trello"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(claims) != n {
			t.Errorf("%d jobs ran, want %d", len(claims), n)
		}
		for id, times := range claims {
			if times != 1 {
				t.Errorf("job %d ran %d times", id, times)
			}
		}
	})
}

func TestRecover(t *testing.T) {
	t.Run("Ensure the members of a dead worker's slice come back uncharged and run alone", func(t *testing.T) {
		b := newBench(t)
		ids := []int64{b.add(jobs.Spec{}), b.add(jobs.Spec{}), b.add(jobs.Spec{})}
		b.wantClaim(2, ids[0], ids[1])
		b.recover(2)
		for _, id := range ids[:2] {
			if j := b.job(id); j.State != pend || !j.Alone || j.Retry != 0 || j.Crashes != 0 {
				t.Errorf("%+v", j)
			}
		}
		b.wantClaim(10, ids[0])
		b.wantClaim(10, ids[1])
		b.wantClaim(10, ids[2])
	})
	t.Run("Ensure a lone one ends the slice before it", func(t *testing.T) {
		b := newBench(t)
		lone := b.add(jobs.Spec{})
		b.wantClaim(1, lone)
		b.recover(1)
		first := b.add(jobs.Spec{Priority: 1})
		b.wantClaim(10, first)
		b.wantClaim(10, lone)
	})
	t.Run("Ensure a job that dies alone is charged, and fails after its last attempt", func(t *testing.T) {
		b := newBench(t)
		three := 3
		id := b.add(jobs.Spec{MaxRetries: &three})
		for n := 1; n <= 3; n++ {
			b.wantClaim(10, id)
			b.recover(1)
			if j := b.job(id); j.Crashes != n || j.Retry != n {
				t.Errorf("after %d deaths: %+v", n, j)
			}
		}
		if j := b.job(id); j.State != fail || j.ExcMessage != "killed its worker 3 times" || j.ExcName != "CON-JOBS-KILLED" {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure a job may kill its worker for ever where it has no limit", func(t *testing.T) {
		b := newBench(t)
		none := 0
		id := b.add(jobs.Spec{MaxRetries: &none})
		for range 7 {
			b.wantClaim(1, id)
			b.recover(1)
		}
		b.wantState(id, pend)
	})
	t.Run("Ensure what ended well shares slices again", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.claim(1)
		b.recover(1)
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		if j := b.job(1); j.Alone || j.State != done {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure other backends' jobs stay where they are", func(t *testing.T) {
		b := newBench(t)
		other := b.add(jobs.Spec{Backend: "magento"})
		if _, err := b.Claim(b.ctx(), "worker", jobs.ClaimFilter{}); err != nil {
			t.Fatal(err)
		}
		enqueued := b.bring(enqd)
		b.recover(1)
		b.wantState(other, strt)
		b.wantState(enqueued, pend)
	})
	t.Run("Ensure a job that comes back from the dead takes the place of its twin", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "a"})
		b.wantClaim(1, id)
		twin := b.add(jobs.Spec{Identity: "a"})
		b.recover(1)
		b.wantState(id, pend)
		b.wantState(twin, canc)
	})
	t.Run("Ensure a worker that was taken for dead completes nothing", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		other := b.add(jobs.Spec{})
		_, err := b.handle(func(j jobs.Job) jobs.Outcome {
			b.declareDead()
			b.recover(2)
			twin := b.add(jobs.Spec{Identity: "twin of none"})
			b.wantState(twin, pend)
			return jobs.Outcome{Kind: jobs.Done, Commit: meta("effect", j.ID)}
		})
		var lost *jobs.LostError
		if !errors.As(err, &lost) || lost.ID != id || b.meta("effect") != "" {
			t.Errorf("%v, stored %q", err, b.meta("effect"))
		}
		b.wantState(id, pend)
		b.wantState(other, pend)
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Done != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// TestLost lets another worker have the job when the first one, taken for dead, comes to complete it.
func TestLost(t *testing.T) {
	for name, o := range map[string]jobs.Outcome{
		"done":    {Kind: jobs.Done, Commit: meta("effect", 1)},
		"retried": {Kind: jobs.Retry, Commit: meta("effect", 1)},
	} {
		t.Run("Ensure a job that another worker has by now is not "+name, func(t *testing.T) {
			b := newBench(t)
			id := b.add(jobs.Spec{Identity: "a"})
			var twin int64
			_, err := b.handle(func(jobs.Job) jobs.Outcome {
				b.declareDead()
				b.recover(1)
				b.wantClaim(1, id)
				twin = b.add(jobs.Spec{Identity: "a"})
				return o
			})
			var lost *jobs.LostError
			if !errors.As(err, &lost) || b.meta("effect") != "" {
				t.Errorf("%v, stored %q", err, b.meta("effect"))
			}
			b.wantState(id, strt)
			b.wantState(twin, pend)
		})
	}
}

func TestGiveBack(t *testing.T) {
	t.Run("Ensure a run that was given back leaves no gap in the numbers of the attempts", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, After: time.Minute, IgnoreRetry: true}))
		_ = b.clock.Sleep(b.ctx(), time.Hour)
		broken := errors.New("no environment")
		h := func(context.Context, []jobs.Job, func(jobs.Job, jobs.Outcome) error) error { return broken }
		if _, err := b.worker(h, jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); !errors.Is(err, broken) {
			t.Error(err)
		}
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		list, err := b.Attempts(b.ctx(), id)
		if err != nil || len(list) != 2 || list[0].Number != 1 || list[1].Number != 2 || list[1].Outcome != "done" {
			t.Errorf("%+v, %v", list, err)
		}
	})
	t.Run("Ensure a job that another worker has by now is not given back", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "a"})
		var twin int64
		broken := errors.New("no environment")
		h := func(context.Context, []jobs.Job, func(jobs.Job, jobs.Outcome) error) error {
			b.declareDead()
			b.recover(1)
			b.wantClaim(1, id)
			twin = b.add(jobs.Spec{Identity: "a"})
			return broken
		}
		if _, err := b.worker(h, jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); !errors.Is(err, broken) {
			t.Error(err)
		}
		b.wantState(id, strt)
		b.wantState(twin, pend)
	})
}

func TestList(t *testing.T) {
	b := newBench(t)
	first := b.add(jobs.Spec{})
	second := b.add(jobs.Spec{Model: "trello.list", DependsOn: []int64{first}})
	third := b.add(jobs.Spec{Backend: "magento", ETA: noon.Add(time.Hour)})
	b.add(jobs.Spec{Backend: "magento", ETA: noon.Add(2 * time.Hour)})
	for name, c := range map[string]struct {
		filter jobs.Filter
		want   []int64
	}{
		"nothing":   {jobs.Filter{}, []int64{1, 2, 3, 4}},
		"a backend": {jobs.Filter{Backend: "trello"}, []int64{first, second}},
		"states":    {jobs.Filter{States: []jobs.State{wait, done}}, []int64{second}},
		"a model":   {jobs.Filter{Model: "trello.list"}, []int64{second}},
		"ids":       {jobs.Filter{IDs: []int64{third, first, 99}}, []int64{first, third}},
		"a page":    {jobs.Filter{Limit: 2, Offset: 1}, []int64{second, third}},
		"the rest":  {jobs.Filter{Offset: 3}, []int64{4}},
		"all":       {jobs.Filter{Backend: "trello", States: []jobs.State{pend}, Model: "trello.card", Limit: 5}, []int64{first}},
	} {
		t.Run("Ensure jobs are listed by "+name, func(t *testing.T) {
			list, err := b.List(t.Context(), c.filter)
			var ids []int64
			for _, j := range list {
				ids = append(ids, j.ID)
			}
			if err != nil || !slices.Equal(ids, c.want) {
				t.Errorf("%v, want %v (%v)", ids, c.want, err)
			}
		})
	}
	t.Run("Ensure a list shows dependencies", func(t *testing.T) {
		list, err := b.List(t.Context(), jobs.Filter{IDs: []int64{second}})
		if err != nil || len(list) != 1 || !slices.Equal(list[0].DependsOn, []int64{first}) {
			t.Error(list, err)
		}
	})
	t.Run("Ensure states are counted, of one backend and of all", func(t *testing.T) {
		one, err1 := b.Counts(t.Context(), "trello")
		all, err2 := b.Counts(t.Context(), "")
		if err := errors.Join(err1, err2); err != nil || one[pend] != 1 || one[wait] != 1 || all[pend] != 3 || len(all) != 2 {
			t.Error(one, all, err)
		}
	})
	t.Run("Ensure the nearest later eta is known", func(t *testing.T) {
		at, ok, err := b.NextETA(t.Context(), "magento")
		if err != nil || !ok || !at.Equal(noon.Add(time.Hour)) {
			t.Error(at, ok, err)
		}
		if at, ok, err := b.NextETA(t.Context(), "trello"); err != nil || ok {
			t.Error(at, ok, err)
		}
	})
}

// TestQueryPlans makes sure that claims and look-ups stay cheap however many jobs there are.
func TestQueryPlans(t *testing.T) {
	b := newBench(t)
	if b.db.Dialect() != state.SQLite {
		t.Skip("the plans are compared as SQLite words them")
	}
	for name, c := range map[string]struct {
		plan string
		want []string
	}{
		"a claim of one":  {jobs.ExplainHead(t.Context(), b.db, 1), []string{"INDEX job_line", "INDEX job_running"}},
		"a turn":          {jobs.ExplainTurn(t.Context(), b.db), []string{"INDEX job_line (backend=? AND channel=?)"}},
		"a claim of many": {jobs.ExplainHead(t.Context(), b.db, 10), []string{"INDEX job_line", "INDEX job_running"}},
		"a count of what there is": {jobs.ExplainStandings(t.Context(), b.db), []string{
			"INDEX job_blocked", "INDEX job_line", "INDEX job_later", "INDEX job_promised", "INDEX job_started", "COVERING INDEX job_ended"}},
		"a look-up of waiting": {jobs.ExplainLookup(t.Context(), b.db), []string{"INDEX job_waiting", "INDEX job_failed"}},
	} {
		t.Run("Ensure "+name+" reads no more than it needs", func(t *testing.T) {
			for _, w := range c.want {
				if !strings.Contains(c.plan, w) {
					t.Errorf("the plan lacks %q:\n%s", w, c.plan)
				}
			}
			if strings.Contains(c.plan, "SCAN job\n") {
				t.Errorf("the plan reads the whole table:\n%s", c.plan)
			}
		})
	}
}
