package jobs_test

import (
	"fmt"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func BenchmarkEnqueueOneByOne(b *testing.B) {
	q := newBench(b)
	for i := range b.N {
		q.write(func(tx *state.Tx) error {
			_, _, err := q.Enqueue(b.Context(), tx, numbered(i))
			return err
		})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

func BenchmarkEnqueueAll(b *testing.B) {
	q := newBench(b)
	fill(q, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkClaim shows that a claim's cost doesn't grow with the line behind it.
func BenchmarkClaim(b *testing.B) {
	for _, waiting := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(waiting, " waiting"), func(b *testing.B) {
			q := newBench(b)
			fill(q, waiting+b.N)
			b.ResetTimer()
			for range b.N {
				q.claim(1)
			}
		})
	}
}

func BenchmarkRun(b *testing.B) {
	for _, limit := range []int{1, 50} {
		b.Run(fmt.Sprint("slices of ", limit), func(b *testing.B) {
			q := newBench(b)
			fill(q, b.N)
			w := q.worker(each(always(jobs.Outcome{Kind: jobs.Done})), jobs.WorkerOptions{SliceLimit: limit})
			b.ResetTimer()
			stats, err := w.Run(b.Context(), jobs.RunFilter{Backend: "trello"})
			if err != nil || stats.Done != b.N {
				b.Fatal(stats, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

func numbered(i int) jobs.Spec {
	return card(jobs.Spec{Identity: fmt.Sprint("trello.card:", i), Args: map[string]int{"id": i}, Description: fmt.Sprint("Import card ", i)})
}

func fill(q *bench, n int) {
	q.t.Helper()
	for at := 0; at < n; at += 1000 {
		var specs []jobs.Spec
		for i := at; i < min(at+1000, n); i++ {
			specs = append(specs, numbered(i))
		}
		q.write(func(tx *state.Tx) error {
			_, _, err := q.EnqueueAll(q.t.Context(), tx, specs)
			return err
		})
	}
}

// BenchmarkPool runs jobs that do nothing, a hundred at a time in channels without limits, and in one that takes one.
func BenchmarkPool(b *testing.B) {
	for _, c := range []struct {
		channels string
		jobs     int
	}{{"root.trello:0", 100}, {"root.trello:1", 1}} {
		b.Run(fmt.Sprint(c.jobs, " at a time"), func(b *testing.B) {
			q := newBench(b, channels(b, c.channels))
			fill(q, b.N)
			w := q.worker(each(always(jobs.Outcome{Kind: jobs.Done})), jobs.WorkerOptions{Jobs: c.jobs})
			b.ResetTimer()
			stats, err := w.Run(b.Context(), jobs.RunFilter{Backend: "trello"})
			if err != nil || stats.Done != b.N {
				b.Fatal(stats, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}
