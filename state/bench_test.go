package state_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// BenchmarkWrite measures a transaction that writes one row, alone and among eight that want the lock: on a file, on a
// PostgreSQL that waits for the disk at each commit, and on one that doesn't. CONNECTOR_TEST_FSYNC=on lets the server of
// the tests use the disk at all.
func BenchmarkWrite(b *testing.B) {
	s := statetest.Postgres(b)
	for _, store := range []struct{ name, location string }{
		{"SQLite", statetest.SQLite(b).Location},
		{"PostgreSQL", s.Location},
		{"PostgreSQL asynchronous", s.With(b, "synchronous_commit", "off")},
	} {
		for _, writers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", store.name, writers), func(b *testing.B) { benchmarkWrite(b, store.location, writers) })
		}
	}
}

func benchmarkWrite(b *testing.B, location string, writers int) {
	var last atomic.Int64
	var wg sync.WaitGroup
	dbs := make([]*state.DB, writers)
	for i := range dbs {
		dbs[i] = statetest.Store{Location: location}.Open(b, state.Options{})
	}
	b.ResetTimer()
	for _, db := range dbs {
		wg.Go(func() {
			for n := last.Add(1); n <= int64(b.N); n = last.Add(1) {
				if err := db.Write(b.Context(), put(b.Context(), fmt.Sprint(b.Name(), b.N, " ", n), "x")); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
