package streamtest

import (
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport/stream"
)

// Drain reads the tokens of r to the end, and counts them.
func Drain(r stream.Reader) (tokens int, err error) {
	for ; ; tokens++ {
		_, err := r.Next()
		if err == io.EOF { //nolint:errorlint // a Reader gives it bare.
			return tokens, nil
		}
		if err != nil {
			return tokens, err //nolint:wrapcheck // the decoder's own error is what a test looks at.
		}
	}
}

// LiveHeap gives the largest number of bytes that were reachable while r was read
// to its end, looked at 20 times in that many tokens. It collects the garbage
// first, so what is only waiting for that does not count.
func LiveHeap(tb testing.TB, r stream.Reader, tokens int) uint64 {
	tb.Helper()
	most, every := uint64(0), max(1, tokens/20)
	for i := 0; ; i++ {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			return most
		}
		if err != nil {
			tb.Fatal(err)
		}
		if i%every == 0 {
			most = max(most, live())
		}
	}
}

// live is what is reachable now.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Fastest gives the shortest of three runs of each work, taken in turns so that a
// busy machine is busy for all of them.
func Fastest(tb testing.TB, works ...func() error) []time.Duration {
	tb.Helper()
	best := make([]time.Duration, len(works))
	for range 3 {
		for i, work := range works {
			runtime.GC()
			start := time.Now()
			if err := work(); err != nil {
				tb.Fatal(err)
			}
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	return best
}
