package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// found gives the ids that a filter lists, and makes sure that as many are counted.
func (b *bench) found(f jobs.Filter) []int64 {
	b.t.Helper()
	list, err := b.List(b.ctx(), f)
	if err != nil {
		b.t.Fatal(err)
	}
	if n, err := b.Count(b.ctx(), f); err != nil || f.Limit == 0 && f.Offset == 0 && f.After == "" && n != len(list) {
		b.t.Errorf("%+v lists %d jobs and counts %d, %v", f, len(list), n, err)
	}
	return ids(list)
}

func ids(list []jobs.Job) []int64 {
	all := []int64{}
	for _, j := range list {
		all = append(all, j.ID)
	}
	return all
}

func (b *bench) wantFound(f jobs.Filter, want ...int64) {
	b.t.Helper()
	if got := b.found(f); !slices.Equal(got, append([]int64{}, want...)) {
		b.t.Errorf("%+v finds %v, want %v", f, got, want)
	}
}

func TestFilter(t *testing.T) {
	t.Run("Ensure that states are found alone and together", func(t *testing.T) {
		b := newBench(t)
		byState := map[jobs.State]int64{}
		for _, s := range []jobs.State{jobs.StateWaitDependencies, jobs.StateStarted, jobs.StateDone, jobs.StateFailed, jobs.StateCancelled,
			jobs.StateEnqueued, jobs.StatePending} { // a worker on the way to a state takes what is pending
			byState[s] = b.bring(s)
		}
		for _, s := range jobs.States() {
			if got := b.found(jobs.Filter{States: []jobs.State{s}}); !slices.Contains(got, byState[s]) {
				t.Errorf("%s finds %v, not %d", s, got, byState[s])
			}
		}
		b.wantFound(jobs.Filter{States: []jobs.State{jobs.StateFailed, jobs.StateDone, jobs.StateFailed}},
			slices.Sorted(slices.Values([]int64{byState[jobs.StateDone], byState[jobs.StateFailed]}))...)
		if all := b.found(jobs.Filter{}); !slices.Equal(b.found(jobs.Filter{States: jobs.States()}), all) {
			t.Errorf("all states together don't find all jobs: %v", all)
		}
	})
	t.Run("Ensure that a channel has its subchannels with it, and no namesake", func(t *testing.T) {
		b := newBench(t)
		above := b.add(jobs.Spec{Channel: "trello"})
		below := b.add(jobs.Spec{Channel: "root.trello.import"})
		other := b.add(jobs.Spec{Channel: "trellos"})
		b.wantFound(jobs.Filter{Channel: "trello"}, above, below)
		b.wantFound(jobs.Filter{Channel: "root.trello.import"}, below)
		b.wantFound(jobs.Filter{Channel: "root"}, above, below, other)
	})
	t.Run("Ensure that backend, model, function, worker and graph are found by their names", func(t *testing.T) {
		b := newBench(t)
		one := b.add(jobs.Spec{})
		two := b.add(jobs.Spec{Backend: "magento", Model: "magento.order", Function: "order.import", Graph: "g-1"})
		b.wantFound(jobs.Filter{Backend: "magento"}, two)
		b.wantFound(jobs.Filter{Model: "trello.card"}, one)
		b.wantFound(jobs.Filter{Function: "order.import"}, two)
		b.wantFound(jobs.Filter{Graph: "g-1"}, two)
		if _, err := b.Claim(b.ctx(), "host_a:12", jobs.ClaimFilter{Backend: "trello"}); err != nil {
			t.Fatal(err)
		}
		b.wantFound(jobs.Filter{Worker: "host_a:12"}, one)
		b.wantFound(jobs.Filter{Worker: "host_a"}, one)
		b.wantFound(jobs.Filter{Worker: "host"})
		b.wantFound(jobs.Filter{Backend: "magento", Model: "trello.card"})
	})
	t.Run("Ensure that a record is found by either id, and no longer id that holds it", func(t *testing.T) {
		b := newBench(t)
		external := b.add(jobs.Spec{Identity: "trello:trello.card:65f1"})
		scoped := b.add(jobs.Spec{Identity: "trello:trello.list:odoo:41@65f1"})
		b.add(jobs.Spec{Identity: "trello:trello.card:odoo:4100@"})
		args := b.add(jobs.Spec{Identity: "trello:trello.card:77aa", Args: map[string]any{"external_id": "77aa", "odoo_id": 41}})
		paired := b.add(jobs.Spec{Pair: "trello.card:99"})
		nameless := b.add(jobs.Spec{Args: map[string]any{"ids": []any{7, "ab_1"}}})
		b.add(jobs.Spec{Args: map[string]any{"ids": []any{70, "ab11"}}})
		b.wantFound(jobs.Filter{Record: "65f1"}, external)
		b.wantFound(jobs.Filter{Record: "41"}, scoped, args)
		b.wantFound(jobs.Filter{Record: "99"}, paired)
		b.wantFound(jobs.Filter{Record: "7"}, nameless)
		b.wantFound(jobs.Filter{Record: "ab_1"}, nameless)
		b.wantFound(jobs.Filter{Record: "%"})
	})
	t.Run("Ensure that the text of a failure is found whole, in part and with gaps", func(t *testing.T) {
		b := newBench(t)
		failed := func(text string) int64 {
			id := b.add(jobs.Spec{})
			b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New(text)}))
			return id
		}
		timeout := failed("Trello: GET /cards/65f1: Timeout after 30 s")
		late := failed("Odoo: timeout")
		percent := failed("100% of 5_0 are lost")
		failed("100 of 550 are lost")
		b.add(jobs.Spec{})
		b.wantFound(jobs.Filter{Error: "TIMEOUT"}, timeout, late)
		b.wantFound(jobs.Filter{Error: "timeout$"}, late)
		b.wantFound(jobs.Filter{Error: "^odoo"}, late)
		b.wantFound(jobs.Filter{Error: "^Trello: GET /cards/…: Timeout after … s$"}, timeout)
		b.wantFound(jobs.Filter{Error: "100% of 5_0"}, percent)
		b.wantFound(jobs.Filter{Error: "errors.errorString"}) // no type of its own
		b.wantFound(jobs.Filter{Error: "error", States: []jobs.State{jobs.StatePending}})
	})
	t.Run("Ensure that a time is that of the last step", func(t *testing.T) {
		b := newBench(t)
		done := b.bring(jobs.StateDone)
		_ = b.clock.Sleep(b.ctx(), time.Hour)
		split := b.clock.Now()
		failed, waiting := b.bring(jobs.StateFailed), b.add(jobs.Spec{})
		b.wantFound(jobs.Filter{Since: split}, failed, waiting)
		b.wantFound(jobs.Filter{Until: split}, done)
		b.wantFound(jobs.Filter{Since: split, States: []jobs.State{jobs.StateDone, jobs.StateFailed}}, failed)
		b.wantFound(jobs.Filter{Since: noon, Until: split.Add(time.Hour)}, done, failed, waiting)
	})
	t.Run("Ensure that a channel without a name is refused", func(t *testing.T) {
		var bad *jobs.FilterError
		if _, err := newBench(t).List(t.Context(), jobs.Filter{Channel: "a..b"}); !errors.As(err, &bad) || bad.Field != "channel" {
			t.Error(err)
		}
	})
}

func TestPages(t *testing.T) {
	b := newBench(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		b.add(jobs.Spec{Priority: 5 + random.IntN(4), ETA: noon.Add(time.Duration(random.IntN(3)) * time.Hour)})
	}
	b.mustHandle(func(j jobs.Job) jobs.Outcome {
		_ = b.clock.Sleep(b.ctx(), time.Duration(random.IntN(4))*time.Second)
		return jobs.Outcome{Kind: []jobs.OutcomeKind{jobs.Done, jobs.Failed}[random.IntN(2)], Err: errors.New("no")}
	})
	for range 10 {
		b.add(jobs.Spec{})
	}
	b.claim(3)
	b.tick()
	for _, states := range [][]jobs.State{nil, {jobs.StateDone, jobs.StateFailed, jobs.StateStarted, jobs.StatePending}} {
		for _, key := range jobs.SortKeys() {
			for _, descending := range []bool{false, true} {
				f := jobs.Filter{Sort: jobs.Sort{Key: key, Descending: descending}, States: states}
				t.Run(fmt.Sprintf("Ensure that pages by %s of states %v show each job once, in order", f.Sort, states), func(t *testing.T) {
					whole, err := b.List(b.ctx(), f)
					if err != nil || len(whole) != 50 {
						t.Fatal(len(whole), err)
					}
					wantOrder(t, f.Sort, whole, b.clock.Now())
					if got := pages(t, b, f, 7); !slices.Equal(got, ids(whole)) {
						t.Errorf("pages give %v, the whole list %v", got, ids(whole))
					}
					f.Limit, f.Offset = 7, 14
					if got := b.found(f); !slices.Equal(got, ids(whole)[14:21]) {
						t.Errorf("the third page is %v, want %v", got, ids(whole)[14:21])
					}
				})
			}
		}
	}
	t.Run("Ensure that a page past the end is empty", func(t *testing.T) {
		b.wantFound(jobs.Filter{Limit: 10, Offset: 50})
	})
	t.Run("Ensure that a job enqueued meanwhile moves nothing on the pages that are left", func(t *testing.T) {
		f := jobs.Filter{Limit: 20, Sort: jobs.Sort{Descending: true}}
		whole := b.found(jobs.Filter{Sort: f.Sort})
		first, err := b.Page(b.ctx(), f)
		if err != nil {
			t.Fatal(err)
		}
		b.add(jobs.Spec{})
		f.After = first.Next
		if second := b.found(f); !slices.Equal(second, whole[20:40]) {
			t.Errorf("the second page is %v, want %v", second, whole[20:40])
		}
	})
	t.Run("Ensure that what is no page, or one of another list, is refused", func(t *testing.T) {
		var bad *jobs.FilterError
		p, err := b.Page(b.ctx(), jobs.Filter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []jobs.Filter{{After: "???"}, {After: "abcd"}, {After: p.Next, Sort: jobs.Sort{Key: jobs.SortETA}}} {
			if _, err := b.List(b.ctx(), f); !errors.As(err, &bad) || bad.Field != "page" {
				t.Errorf("%+v: %v", f, err)
			}
		}
	})
}

// pages walks through a list.
func pages(t *testing.T, b *bench, f jobs.Filter, limit int) (got []int64) {
	t.Helper()
	f.Limit = limit
	for {
		p, err := b.Page(b.ctx(), f)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(p.Jobs)...)
		if f.After = p.Next; p.Next == "" {
			return got
		}
	}
}

// wantOrder compares neighbours by what the key means.
func wantOrder(t *testing.T, s jobs.Sort, list []jobs.Job, now time.Time) {
	t.Helper()
	value := func(j jobs.Job) (int64, bool) {
		switch s.Key {
		case jobs.SortCreated:
			return j.Created.UnixMicro(), true
		case jobs.SortETA:
			return state.Micros(j.ETA), true
		case jobs.SortPriority:
			return int64(j.Priority), true
		case jobs.SortStarted:
			return j.Started.UnixMicro(), !j.Started.IsZero()
		case jobs.SortFinished:
			return j.Finished.UnixMicro(), !j.Finished.IsZero()
		case jobs.SortDuration:
			if j.State == jobs.StateStarted {
				return now.Sub(j.Started).Microseconds(), true
			}
			return j.Finished.Sub(j.Started).Microseconds(), !j.Finished.IsZero()
		case jobs.SortID:
		}
		return j.ID, true
	}
	for i := 1; i < len(list); i++ {
		a, hasA := value(list[i-1])
		b, hasB := value(list[i])
		if !hasA && hasB {
			t.Fatalf("job %d, which has no %s, comes before job %d", list[i-1].ID, s.Key, list[i].ID)
		}
		if !hasA || !hasB {
			continue
		}
		if a == b {
			a, b = list[i-1].ID, list[i].ID
		}
		if a < b == s.Descending {
			t.Fatalf("job %d comes before job %d: %d, %d", list[i-1].ID, list[i].ID, a, b)
		}
	}
}

func TestParseSort(t *testing.T) {
	t.Run("Ensure that an order is written as it was read", func(t *testing.T) {
		for _, k := range jobs.SortKeys() {
			for _, text := range []string{string(k), "-" + string(k)} {
				if s, err := jobs.ParseSort(text); err != nil || s.String() != text {
					t.Errorf("%s is read as %s, %v", text, s, err)
				}
			}
		}
	})
	t.Run("Ensure that an unknown one is refused with those that there are", func(t *testing.T) {
		if _, err := jobs.ParseSort("-age"); err == nil || !strings.Contains(err.Error(), "duration") {
			t.Error(err)
		}
	})
}

func TestWaitBeforeARunStaysKnown(t *testing.T) {
	t.Run("Ensure that a job that has ended still tells when it had become ready", func(t *testing.T) {
		for _, kind := range []jobs.OutcomeKind{jobs.Done, jobs.Failed} {
			b := newBench(t)
			id := b.add(jobs.Spec{})
			_ = b.clock.Sleep(b.ctx(), time.Minute)
			b.mustHandle(always(jobs.Outcome{Kind: kind, Err: errors.New("no")}))
			if j := b.job(id); !j.Enqueued.Equal(noon) || j.Started.Sub(j.Enqueued) < time.Minute {
				t.Errorf("%v: it was ready at %s and started at %s", kind, j.Enqueued, j.Started)
			}
		}
	})
}
