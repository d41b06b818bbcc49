package trello_test

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
)

// liveHeap is what the last collection left, in bytes.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// atMost runs something while memory is collected all the time, and gives the most that was in use after a collection beyond what was
// before. What the fakes have in use while they answer does not count.
func (w *world) atMost(do func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	w.resetRequests()
	var most atomic.Uint64
	var ended, answering atomic.Bool
	runtime.GC()
	before := liveHeap()
	var look func(*[64]byte)
	look = func(*[64]byte) {
		if now := liveHeap(); !answering.Load() && now > most.Load() {
			most.Store(now)
		}
		if !ended.Load() {
			runtime.SetFinalizer(new([64]byte), look) // called after the next collection
		}
	}
	w.hook = func(_ context.Context, point string) {
		switch {
		case strings.HasPrefix(point, "before request"):
			answering.Store(true)
		case strings.HasPrefix(point, "after request"):
			w.resetRequests()
			runtime.GC() // ends one that began before, and makes another
			runtime.GC()
			answering.Store(false)
		}
	}
	look(nil)
	do()
	w.hook = nil
	ended.Store(true)
	return most.Load() - min(before, most.Load())
}

// perPair is how much more memory an idle sync may take at most for each pair of records more, in bytes: less than half of it is the
// cards as Trello tells them, which are kept through a run.
const perPair = 3500

func TestAnIdleSyncTakesLittleMemoryForEachPair(t *testing.T) {
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	const few, many = 500, 2000
	used := func(cards int) uint64 {
		w := newWorld(t)
		fill(w, 1, cards)
		w.mustSync()
		w.mustSync()
		return w.atMost(func() { w.mustSync() })
	}
	small, large := used(few), used(many)
	each := (int64(large) - int64(small)) / (many - few)
	t.Logf("%d kB for %d cards, %d kB for %d: %d bytes for each", small>>10, few, large>>10, many, each)
	if each > perPair {
		t.Errorf("an idle sync takes %d bytes for each pair of records, want %d at most", each, perPair)
	}
}
