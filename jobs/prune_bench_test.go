package jobs_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// BenchmarkPrune prunes 100,000 done jobs while another one enqueues and claims, and reports the longest claim.
func BenchmarkPrune(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db, err := state.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"), state.Options{})
		if err != nil {
			b.Fatal(err)
		}
		q := jobs.New(db, jobs.WithChannels(unlimited))
		err = db.Write(b.Context(), func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.Context(), `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
				INSERT INTO job (uuid, function, backend, channel, identity, args, state, priority, max_retries, created, enqueued, started, finished)
				SELECT 'u' || i, 'f', 'trello', 'root.trello', 'trello.card:' || i, '{"external_id":"5f2b8c1e9d3a4b5c6d7e8f90"}', 'done', 10, 5, i, i, i, i FROM n`)
			if err == nil {
				_, _, err = q.Enqueue(b.Context(), tx, jobs.Spec{Function: "f", Backend: "trello"})
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		ctx, stop := context.WithCancel(b.Context())
		longest := make(chan time.Duration)
		go func() { longest <- longestClaim(ctx, db, q) }()
		pruned, err := q.Prune(b.Context(), jobs.DefaultRetention())
		stop()
		b.ReportMetric(float64((<-longest).Milliseconds()), "ms-longest-claim")
		if err != nil || len(pruned) != 1 || pruned[0].Jobs != 100_000 {
			b.Fatal(pruned, err)
		}
		b.StopTimer()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func longestClaim(ctx context.Context, db *state.DB, q *jobs.Queue) (longest time.Duration) {
	for ctx.Err() == nil {
		err := db.Write(ctx, func(tx *state.Tx) error {
			_, _, err := q.Enqueue(ctx, tx, jobs.Spec{Function: "f", Backend: "trello"})
			return err
		})
		begin := time.Now()
		if err == nil {
			_, err = q.Claim(ctx, "w", jobs.ClaimFilter{})
		}
		if err == nil {
			longest = max(longest, time.Since(begin))
		}
		_ = state.SystemClock().Sleep(ctx, time.Millisecond)
	}
	return longest
}
