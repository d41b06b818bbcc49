package jobs_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

func TestRelated(t *testing.T) {
	related := func(t *testing.T, b *bench, id int64) []int64 {
		t.Helper()
		r, err := b.Related(b.ctx(), id)
		if err != nil || r.More {
			t.Fatal(r.More, err)
		}
		return ids(r.Jobs)
	}
	t.Run("Ensure that all that are tied to a job are found from each of them, parents first", func(t *testing.T) {
		b := newBench(t)
		later := jobs.Spec{ETA: noon.Add(time.Hour)}
		alone, root, other := b.add(jobs.Spec{}), b.add(later), b.add(later)
		left, right := b.add(jobs.Spec{DependsOn: []int64{root}}), b.add(jobs.Spec{DependsOn: []int64{root}})
		end := b.add(jobs.Spec{DependsOn: []int64{left, right, other}})
		want := []int64{root, other, left, right, end}
		for _, id := range want {
			if got := related(t, b, id); !slices.Equal(got, want) {
				t.Errorf("job %d is tied to %v, want %v", id, got, want)
			}
		}
		if got := related(t, b, alone); !slices.Equal(got, []int64{alone}) {
			t.Errorf("a job alone is tied to %v", got)
		}
	})
	t.Run("Ensure that jobs of one graph belong together without a dependency", func(t *testing.T) {
		b := newBench(t)
		one, two := b.add(jobs.Spec{Graph: "g"}), b.add(jobs.Spec{Graph: "g"})
		b.add(jobs.Spec{Graph: "h"})
		if got := related(t, b, two); !slices.Equal(got, []int64{one, two}) {
			t.Error(got)
		}
	})
	t.Run("Ensure that a job comes after its parents even where it is older than they are", func(t *testing.T) {
		b := newBench(t)
		child := b.add(jobs.Spec{Identity: "a"})
		parent := b.add(jobs.Spec{ETA: noon.Add(time.Hour)})
		b.add(jobs.Spec{Identity: "a", DependsOn: []int64{parent}})
		if got := related(t, b, child); !slices.Equal(got, []int64{parent, child}) {
			t.Error(got)
		}
	})
	t.Run("Ensure that a long chain is found whole", func(t *testing.T) {
		b := newBench(t)
		last := b.add(jobs.Spec{ETA: noon.Add(time.Hour)})
		want := []int64{last}
		for range 600 {
			last = b.add(jobs.Spec{DependsOn: []int64{last}})
			want = append(want, last)
		}
		if got := related(t, b, last); !slices.Equal(got, want) {
			t.Errorf("%d jobs, want %d", len(got), len(want))
		}
		b.wantWhy(last, jobs.WaitsForDependency, "and so for job 1")
	})
	t.Run("Ensure that a job that there is none of is refused", func(t *testing.T) {
		var unknown *jobs.NotFoundError
		if _, err := newBench(t).Related(t.Context(), 5); !errors.As(err, &unknown) {
			t.Error(err)
		}
	})
}
