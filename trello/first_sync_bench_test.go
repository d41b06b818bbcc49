package trello_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"testing"
)

// fillChecklists makes boards as fill does, whose cards have three checklists of three items each, an attachment and a value in a custom
// field.
func fillChecklists(w *world, boards, cards int) {
	fill(w, boards, cards)
	for _, b := range w.trello.Boards() {
		points := w.trello.AddCustomField(b.ID, "Points", "number")
		for i, c := range w.trello.Cards(b.ID) {
			for l := range 3 {
				w.trello.AddChecklist(c.ID, fmt.Sprintf("List %d", l), "First", "Second", "Third")
			}
			w.trello.AddLink(c.ID, "Offer", fmt.Sprintf("https://example.com/%s", c.ID))
			w.trello.SetCustomValue(c.ID, points.ID, fmt.Sprint(i))
		}
	}
}

// leastOfTrello is the least number of requests that a first sync of so many boards can take at Trello: which boards there are, and of each
// the board with what is on it and its cards with what hangs on them. One answer for both would save a request of each board, but cards that
// come nested in their board cannot be paged; /batch would wrap the same answers, ten at a time, into one that cannot be paged either.
func leastOfTrello(boards int) int { return 1 + 2*boards }

// heap is how much memory is in use after a collection, in MiB.
func heap() float64 {
	runtime.GC()
	return inUse()
}

// inUse is how much memory is in use, in MiB, with what is not collected yet.
func inUse() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkFirstSync prints the requests of a first sync beside the least that are possible, and those of an idle sync after it.
func BenchmarkFirstSync(b *testing.B) {
	for _, size := range []struct{ boards, cards int }{{1, 500}, {10, 500}, {1, 5000}} {
		b.Run(fmt.Sprintf("%d boards %d cards", size.boards, size.cards), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				w := newWorld(b)
				fillChecklists(w, size.boards, size.cards)
				w.resetRequests()
				before, peak := heap(), 0.0
				w.hook = func(context.Context, string) { peak = max(peak, inUse()) }
				b.StartTimer()
				w.mustSync()
				b.StopTimer()
				w.hook = nil
				b.ReportMetric(peak-before, "MiB-at-most")
				w.printRequests(b, size.boards)
				b.ReportMetric(math.Max(0, heap()-before), "MiB-kept")
			}
		})
	}
}

// printRequests prints what was asked of Trello, and how much more it is than had to be.
func (w *world) printRequests(b *testing.B, boards int) {
	b.Helper()
	least, reads := leastOfTrello(boards), 0
	for _, r := range w.trello.Requests() {
		if !r.Write {
			reads++
		}
	}
	b.ReportMetric(float64(least), "least-trello-requests")
	b.ReportMetric(float64(reads), "trello-requests")
	b.ReportMetric(float64(len(w.odoo.Requests())), "odoo-requests")
	w.resetRequests()
	w.mustSync()
	b.ReportMetric(float64(len(w.trello.Requests())-1)/float64(boards), "idle-trello-requests/board")
	b.Logf("first sync: %d requests at Trello, at least %d are needed; idle sync: %d", reads, least, len(w.trello.Requests()))
}
