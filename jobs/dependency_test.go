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

func TestDependencies(t *testing.T) {
	t.Run("Ensure a job waits until all it depends on is done", func(t *testing.T) {
		b := newBench(t)
		first, second := b.add(jobs.Spec{}), b.add(jobs.Spec{})
		child := b.add(jobs.Spec{Priority: 1, DependsOn: []int64{second, first, second}})
		if j := b.job(child); j.State != wait || !slices.Equal(j.DependsOn, []int64{first, second}) {
			t.Errorf("%s on %v", j.State, j.DependsOn)
		}
		var order []int64
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			order = append(order, j.ID)
			b.wantState(child, map[bool]jobs.State{true: strt, false: wait}[j.ID == child])
			return jobs.Outcome{Kind: jobs.Done}
		})
		if !slices.Equal(order, []int64{first, second, child}) {
			t.Errorf("ran %v", order)
		}
	})
	t.Run("Ensure what depends only on done jobs doesn't wait", func(t *testing.T) {
		b := newBench(t)
		b.wantState(b.add(jobs.Spec{DependsOn: []int64{b.bring(done)}}), pend)
	})
	t.Run("Ensure unknown and cancelled jobs are nothing to wait for", func(t *testing.T) {
		b := newBench(t)
		cancelled := b.bring(canc)
		for _, on := range []int64{cancelled, 99} {
			err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
				_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{DependsOn: []int64{on}}))
				return err
			})
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(on)) {
				t.Errorf("%v, want it to name job %d", err, on)
			}
		}
	})
	t.Run("Ensure a waiting job gains what a second one of its identity depends on", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "a"})
		parent := b.add(jobs.Spec{ETA: noon.AddDate(1, 0, 0)})
		b.add(jobs.Spec{Identity: "a", DependsOn: []int64{parent}})
		if j := b.job(id); j.State != wait || !slices.Equal(j.DependsOn, []int64{parent}) {
			t.Errorf("%s on %v", j.State, j.DependsOn)
		}
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{Identity: "a", DependsOn: []int64{id}}))
			return err
		})
		wantCycle(t, err, id, id)
	})
	t.Run("Ensure a failed parent leaves its children waiting, which say so until it is done", func(t *testing.T) {
		b := newBench(t)
		parent := b.add(jobs.Spec{Description: "Import board 'Garden'"})
		early := b.add(jobs.Spec{DependsOn: []int64{parent}})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no such board")}))
		late := b.add(jobs.Spec{DependsOn: []int64{parent}})
		for _, id := range []int64{early, late} {
			j := b.job(id)
			if want := fmt.Sprintf("waits for job %d (Import board 'Garden'), which failed: no such board", parent); j.State != wait || j.ExcMessage != want {
				t.Errorf("job %d is %s: %q", id, j.State, j.ExcMessage)
			}
		}
		b.write(func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, parent) })
		if j := b.job(early); j.State != wait || j.ExcMessage != "" {
			t.Errorf("%s: %q", j.State, j.ExcMessage)
		}
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Done != 3 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWait(t *testing.T) {
	board := card(jobs.Spec{Function: "board.import", Model: "trello.board", Identity: "board:1"})
	t.Run("Ensure jobs wait for one and the same dependency, which runs first", func(t *testing.T) {
		b := newBench(t)
		cards := []int64{b.add(jobs.Spec{Identity: "card:1"}), b.add(jobs.Spec{Identity: "card:2"})}
		var order []string
		there := false
		stats := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			order = append(order, j.Identity)
			there = there || j.Identity == "board:1"
			if !there {
				return jobs.Outcome{Kind: jobs.Wait, Result: "board 1 is missing", Dependencies: []jobs.Spec{board}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if want := "card:1 card:2 board:1 card:1 card:2"; strings.Join(order, " ") != want {
			t.Errorf("ran %v, want %s", order, want)
		}
		if stats.Waiting != 2 || stats.Done != 3 {
			t.Errorf("%+v", stats)
		}
		if j := b.job(cards[0]); j.Waits != 1 || j.Retry != 0 || len(j.DependsOn) != 1 {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure a job waits for one that runs already, instead of a second one", func(t *testing.T) {
		b := newBench(t)
		first, second := b.add(jobs.Spec{Identity: "1"}), b.add(jobs.Spec{Identity: "2"})
		stats := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			if j.ID == first && j.Waits == 0 { // the second one is in the same slice
				return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{card(jobs.Spec{Identity: "2"})}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if deps := b.job(first).DependsOn; !slices.Equal(deps, []int64{second}) || stats != (jobs.Stats{Waiting: 1, Done: 2}) {
			t.Errorf("waited for %v, %+v", deps, stats)
		}
	})
	t.Run("Ensure a job that waits again no longer depends on what it waited for before", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "1"})
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			if j.ID != id || j.Waits == 2 {
				return jobs.Outcome{Kind: jobs.Done}
			}
			next := card(jobs.Spec{Identity: fmt.Sprint("dependency ", j.Waits)})
			return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{next}}
		})
		if j := b.job(id); j.State != done || !slices.Equal(j.DependsOn, []int64{3}) {
			t.Errorf("%s on %v", j.State, j.DependsOn)
		}
	})
	t.Run("Ensure a circle is refused with its path", func(t *testing.T) {
		b := newBench(t)
		first, second, third := b.add(jobs.Spec{Identity: "1"}), b.add(jobs.Spec{Identity: "2"}), b.add(jobs.Spec{Identity: "3"})
		next := map[string]string{"1": "2", "2": "3", "3": "1"}
		stats := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{card(jobs.Spec{Identity: next[j.Identity]})}}
		})
		j := b.job(third)
		want := fmt.Sprintf("(%d → %d → %d → %d)", third, first, second, third)
		if j.State != fail || j.ExcName != "CON-JOBS-CYCLE" || !strings.Contains(j.ExcMessage, want) {
			t.Errorf("%s %s: %s, want %s", j.State, j.ExcName, j.ExcMessage, want)
		}
		if stats.Waiting != 2 || stats.Failed != 1 || !strings.Contains(b.job(second).ExcMessage, "which failed") {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("Ensure a job doesn't wait for itself, nor for nothing, nor without end", func(t *testing.T) {
		b := newBench(t, jobs.WithMaxWaits(3))
		self, nothing, endless := b.add(jobs.Spec{Identity: "self"}), b.add(jobs.Spec{Identity: "nothing"}), b.add(jobs.Spec{Identity: "endless"})
		stats := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			o := jobs.Outcome{Kind: jobs.Wait}
			switch j.Identity {
			case "self":
				o.Dependencies = []jobs.Spec{card(jobs.Spec{Identity: "self"})}
			case "endless":
				o.Dependencies = []jobs.Spec{board}
			case "board:1":
				o.Kind = jobs.NothingToDo
			}
			return o
		})
		for id, want := range map[int64]string{self: "circle", nothing: "names no job", endless: "waited 3 times"} {
			if j := b.job(id); j.State != fail || !strings.Contains(j.ExcMessage, want) {
				t.Errorf("job %d is %s: %q, want %q", id, j.State, j.ExcMessage, want)
			}
		}
		if stats.Failed != 3 || stats.Waiting != 3 || stats.NothingToDo != 3 {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("Ensure a failed dependency is tried again when a job asks for it anew", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{Function: "board.import", Model: "trello.board", Identity: "board:1"})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		b.add(jobs.Spec{Identity: "card:1"})
		there := false
		stats := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			there = there || j.Identity == "board:1"
			if !there {
				return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{board}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if stats.Done != 2 {
			t.Errorf("%+v", stats)
		}
	})
}

func wantCycle(t *testing.T, err error, path ...int64) {
	t.Helper()
	var ce *jobs.CycleError
	if !errors.As(err, &ce) || !slices.Equal(ce.Path, path) {
		t.Errorf("%v, want the circle %v", err, path)
	}
}

func TestCycleOfABatch(t *testing.T) {
	t.Run("Ensure pending jobs that come to wait for each other in one batch are refused", func(t *testing.T) {
		b := newBench(t)
		one, two := b.add(jobs.Spec{Identity: "a"}), b.add(jobs.Spec{Identity: "b"})
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, _, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{
				card(jobs.Spec{Identity: "a", DependsOn: []int64{two}}), card(jobs.Spec{Identity: "b", DependsOn: []int64{one}})})
			return err
		})
		var cycle *jobs.CycleError
		if !errors.As(err, &cycle) {
			t.Errorf("%v; %s and %s", err, b.job(one).State, b.job(two).State)
		}
	})
}

func TestTwinThatWaits(t *testing.T) {
	t.Run("Ensure a job that does its twin's work waits for what the twin waited for", func(t *testing.T) {
		b := newBench(t)
		parent := b.add(jobs.Spec{ETA: noon.Add(time.Hour)})
		id := b.add(jobs.Spec{Identity: "a"})
		b.wantClaim(1, id)
		twin := b.add(jobs.Spec{Identity: "a", DependsOn: []int64{parent}})
		b.recover(1)
		b.wantState(twin, canc)
		b.wantState(id, wait)
	})
}
