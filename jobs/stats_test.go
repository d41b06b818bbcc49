package jobs_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func TestStatistics(t *testing.T) {
	b := newBench(t)
	wait := func(d time.Duration) { _ = b.clock.Sleep(b.ctx(), d) }
	b.add(jobs.Spec{}) // long ago
	b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
	wait(48 * time.Hour)
	for range 10 {
		b.write(func(tx *state.Tx) error {
			_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{}))
			return err
		})
	}
	wait(time.Second)
	n := 0
	one := func(jobs.Job) jobs.Outcome {
		n++
		wait(100 * time.Millisecond)
		switch n {
		case 1:
			return jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}
		case 2:
			return jobs.Outcome{Kind: jobs.Retry, After: time.Minute, Err: errors.New("again")}
		}
		return jobs.Outcome{Kind: jobs.Done}
	}
	work := func() {
		if _, err := b.worker(each(one), jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
	}
	work()
	wait(time.Minute)
	work()
	running := b.add(jobs.Spec{Function: "board.import", Model: "trello.board"})
	b.wantClaim(1, running)
	oldest := b.clock.Now()
	b.add(jobs.Spec{Backend: "magento"})
	b.add(jobs.Spec{})
	cancelled := b.add(jobs.Spec{})
	b.write(func(tx *state.Tx) error { _, err := b.Cancel(b.ctx(), tx, cancelled); return err })
	b.add(jobs.Spec{ETA: b.clock.Now().Add(time.Hour)})
	b.add(jobs.Spec{DependsOn: []int64{running}})
	stats := func(t *testing.T, by jobs.GroupKey) []jobs.Statistic {
		t.Helper()
		list, err := b.Statistics(b.ctx(), by, b.clock.Now().Add(-24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}

	t.Run("Ensure that what ended within the time, and what is there now, is counted by function", func(t *testing.T) {
		list := stats(t, jobs.ByFunction)
		if len(list) != 2 || list[0].Name != "board.import" || list[1].Name != "card.import" {
			t.Fatalf("%+v", list)
		}
		board, cards := list[0], list[1]
		if board.Running != 1 || board.Done+board.Pending != 0 || !board.Oldest.IsZero() {
			t.Errorf("%+v", board)
		}
		got := []int{cards.Done, cards.Failed, cards.Cancelled, cards.Retries, cards.Pending, cards.Waiting, cards.Running}
		if want := []int{9, 1, 1, 1, 2, 2, 0}; !slices.Equal(got, want) {
			t.Errorf("done, failed, cancelled, retries, pending, waiting, running are %v, want %v", got, want)
		}
		if !cards.Oldest.Equal(oldest) {
			t.Errorf("the oldest pending one is of %s, want %s", cards.Oldest, oldest)
		}
		if cards.PerHour != 9.0/24 {
			t.Errorf("%v an hour", cards.PerHour)
		}
	})
	t.Run("Ensure that waiting begins when a job could run, and ends with its last run", func(t *testing.T) {
		cards := stats(t, jobs.ByFunction)[1]
		if cards.Duration.Count != 10 || cards.Duration.Max != 100*time.Millisecond || !about(cards.Duration.P50, 100*time.Millisecond) {
			t.Errorf("the durations are %+v", cards.Duration)
		}
		if cards.Wait.Max > 3*time.Second || cards.Wait.P50 < time.Second {
			t.Errorf("the waits are %+v: that for the second attempt's time is none", cards.Wait)
		}
	})
	t.Run("Ensure that channels and backends are groups as well", func(t *testing.T) {
		for by, want := range map[jobs.GroupKey][]string{
			jobs.ByChannel: {"root.magento", "root.trello"}, jobs.ByBackend: {"magento", "trello"},
		} {
			var names []string
			for _, s := range stats(t, by) {
				names = append(names, s.Name)
			}
			if !slices.Equal(names, want) {
				t.Errorf("by %s there are %v, want %v", by, names, want)
			}
		}
	})
	t.Run("Ensure that a worker's death is counted", func(t *testing.T) {
		b.recover(1)
		if crashes := stats(t, jobs.ByFunction)[0].Crashes; crashes != 1 {
			t.Errorf("%d deaths", crashes)
		}
	})
	t.Run("Ensure that an unknown group is refused", func(t *testing.T) {
		var bad *jobs.FilterError
		if _, err := b.Statistics(b.ctx(), "colour", noon); !errors.As(err, &bad) {
			t.Error(err)
		}
	})
}

// about tells whether two durations differ by no more than one part in a hundred.
func about(got, want time.Duration) bool {
	return got >= want-want/100 && got <= want+want/100
}

func TestSpread(t *testing.T) {
	t.Run("Ensure that each percentile is right to one part in a hundred, however the durations are spread", func(t *testing.T) {
		random := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{1, 2, 3, 10, 99, 100, 101, 10_000} {
			all := make([]time.Duration, n)
			for i := range all {
				all[i] = time.Duration(random.Int64N(1<<random.IntN(42)+1)) * time.Microsecond
			}
			got := jobs.SpreadOf(all)
			slices.Sort(all)
			rank := func(percent int) time.Duration { return all[(n*percent+99)/100-1] }
			if got.Count != n || got.Max != all[n-1] || !about(got.P50, rank(50)) || !about(got.P95, rank(95)) || !about(got.P99, rank(99)) {
				t.Errorf("of %d: %+v, want %v %v %v, at most %v", n, got, rank(50), rank(95), rank(99), all[n-1])
			}
		}
	})
	t.Run("Ensure that nothing has no spread", func(t *testing.T) {
		if got := jobs.SpreadOf(nil); got != (jobs.Spread{}) {
			t.Error(got)
		}
	})
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ message, want string }{
		{"Odoo main: project.task load: a mandatory field is not set: Title (name)", "Odoo main: project.task load: a mandatory field is not set: Title (name)"},
		{"Trello: PUT /cards/65f1a0c00000000000000007: server error (HTTP 500)", "Trello: PUT /cards/…: server error (HTTP …)"},
		{"no card 'Paint Anna's door' in \"To do\"", "no card '…' in \"…\""},
		{"it doesn't fit, isn't there", "it doesn't fit, isn't there"},
		{"waited 30s, 1.5 s and 3 days since 2026-03-02 08:00:01", "waited …s, … s and … days since …"},
		{"records 1, 2, 3 and 44 of x2many field_7", "records … and … of x2many field_…"},
		{"job 00000000-0000-4000-8000-000000000012 is lost", "job … is lost"},
		{"commit 1a2b3c4 broke it; decade and facade stay", "commit … broke it; decade and facade stay"},
		{"„Größe“ fehlt in «Lager», ‘Ort’", "„…“ fehlt in «…», ‘…’"},
		{"a\n  b", "a…b"},
		{"unclosed 'quote of 5", "unclosed 'quote of …"},
		{"", ""},
	} {
		t.Run("Ensure that it folds "+c.message, func(t *testing.T) {
			got := jobs.Fold(c.message)
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if again := jobs.Fold(got); again != got {
				t.Errorf("folded again, it is %q", again)
			}
		})
	}
}

func FuzzFold(f *testing.F) {
	f.Add("Trello: PUT /cards/65f1: 'a' 1, 2\n3")
	f.Add("“'‘«„\"`")
	f.Fuzz(func(t *testing.T, message string) {
		if again := jobs.Fold(message); len(again) > 3*len(message)+3 {
			t.Errorf("%q grows to %q", message, again)
		}
	})
}

func TestFailures(t *testing.T) {
	b := newBench(t)
	messages := []string{
		"no card 'A' on board 12", "no card 'B' on board 77", "no right to write", "no card 'A, B' on board 7", "100% of _ is lost", "a\nb  c", "",
	}
	var failed []int64
	for _, m := range messages {
		failed = append(failed, b.add(jobs.Spec{Description: "Import " + m}))
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New(m)}))
	}
	b.add(jobs.Spec{})
	kinds, err := b.Failures(b.ctx(), jobs.Filter{})
	if err != nil || len(kinds) != 5 {
		t.Fatal(len(kinds), err)
	}
	t.Run("Ensure that the most frequent kind comes first, with its first and last job", func(t *testing.T) {
		k := kinds[0]
		if k.Count != 3 || k.First.ID != failed[0] || k.Last.ID != failed[3] || k.Pattern != "no card '…' on board …" || k.Name != "error" {
			t.Errorf("%+v", k)
		}
		if k.Last.Message != messages[3] || k.Last.Backend != "trello" || k.Last.Description != "Import "+messages[3] || k.Last.Finished.IsZero() {
			t.Errorf("%+v", k.Last)
		}
	})
	t.Run("Ensure that each kind's filter finds its jobs", func(t *testing.T) {
		for _, k := range kinds {
			got := b.found(k.Filter())
			if k.Pattern != "" && len(got) != k.Count || !slices.Contains(got, k.First.ID) || !slices.Contains(got, k.Last.ID) {
				t.Errorf("%q finds %v, of %d", k.Pattern, got, k.Count)
			}
		}
	})
	t.Run("Ensure that a filter chooses what is grouped", func(t *testing.T) {
		some, err := b.Failures(b.ctx(), jobs.Filter{Error: "card", States: []jobs.State{jobs.StatePending}})
		if err != nil || len(some) != 1 || some[0].Count != 3 {
			t.Errorf("%+v, %v", some, err)
		}
	})
	t.Run("Ensure that what comes after a thousand kinds is one more", func(t *testing.T) {
		b := newBench(t)
		for i := range 1010 {
			b.add(jobs.Spec{Description: word(i)})
		}
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			return jobs.Outcome{Kind: jobs.Failed, Err: fmt.Errorf("no %s", j.Description)}
		})
		kinds, err := b.Failures(b.ctx(), jobs.Filter{})
		if err != nil || len(kinds) != 1001 || kinds[0].Count != 10 || kinds[0].Name != "" {
			t.Errorf("%d kinds, the first %+v, %v", len(kinds), kinds[0], err)
		}
	})
}

// word is a word of letters alone for a number.
func word(n int) (text string) {
	for ; n > 0; n /= 20 {
		text += string(rune('g' + n%20))
	}
	return "w" + text
}
