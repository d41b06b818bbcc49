package trello_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// measure runs syncs and reports, beside time and allocations, the requests of each and how much
// memory is still held at the end of one.
func measure(b *testing.B, w *world, each func(i int)) {
	b.Helper()
	b.ReportAllocs()
	w.resetRequests()
	requests := 0
	b.ResetTimer()
	for i := range b.N {
		each(i)
		w.mustSync()
		requests += len(w.odoo.Requests()) + len(w.trello.Requests())
		w.resetRequests()
	}
	b.StopTimer()
	b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-of-process")
}

// thousand is a world of 1,000 bound cards on five boards, and one task that was written long after
// all others.
func thousand(b *testing.B) *world {
	b.Helper()
	w := newWorld(b)
	fill(w, 5, 1000)
	w.mustSync()
	w.clock.Advance(time.Hour)
	w.editTask("Card 500", map[string]any{"description": "<p>Lately</p>"})
	w.mustSync()
	w.mustSync()
	return w
}

func BenchmarkIdleSync1000Cards(b *testing.B) { measure(b, thousand(b), func(int) {}) }

// BenchmarkIdleSync1000CardsJustWritten reads all of them again, since a transaction as long as the
// polls' overlap may have written them meanwhile.
func BenchmarkIdleSync1000CardsJustWritten(b *testing.B) {
	w := newWorld(b)
	fill(w, 5, 1000)
	w.mustSync()
	w.mustSync()
	measure(b, w, func(int) {})
}

func BenchmarkSyncOneOf1000Cards(b *testing.B) {
	w := thousand(b)
	measure(b, w, func(i int) { w.editTask("Card 500", map[string]any{"description": fmt.Sprintf("<p>Round %d</p>", i)}) })
}

func BenchmarkFirstImport1000Cards(b *testing.B) {
	b.ReportAllocs()
	requests := 0
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		fill(w, 5, 1000)
		b.StartTimer()
		w.mustSync()
		requests += len(w.odoo.Requests()) + len(w.trello.Requests())
	}
	b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
}

func BenchmarkFirstExport1000Tasks(b *testing.B) {
	b.ReportAllocs()
	requests := 0
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		fillOdoo(w, 1000)
		b.StartTimer()
		w.mustSync()
		requests += len(w.odoo.Requests()) + len(w.trello.Requests())
	}
	b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
}
