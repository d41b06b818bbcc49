package streamtest

import (
	"bytes"
	"io"
	"testing"

	"github.com/odoo-connector/connector/transport/stream"
)

// Flat checks that a decoder's memory does not grow with the number of rows, and
// that a token allocates nothing. open makes the decoder of an answer, and answer
// the answer of that many rows.
func Flat(t *testing.T, open func(io.Reader) stream.Reader, answer func(rows int) io.Reader) {
	if RaceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	t.Run("Ensure memory is flat in the number of rows", func(t *testing.T) {
		heap := func(rows int) uint64 {
			tokens, err := Drain(open(answer(rows)))
			if err != nil || tokens < 20*rows {
				t.Fatalf("%d tokens, %v", tokens, err)
			}
			return LiveHeap(t, open(answer(rows)), tokens)
		}
		few, many := heap(1000), heap(20000)
		t.Logf("reachable: %d bytes while 1,000 rows are read, %d while 20,000 are", few, many)
		if many > few+64<<10 {
			t.Errorf("20 times the rows need %d bytes more", many-few)
		}
	})
	t.Run("Ensure a token allocates nothing", func(t *testing.T) {
		allocations := func(rows int) float64 {
			body := Body(t, answer(rows))
			return testing.AllocsPerRun(3, func() {
				if _, err := Drain(open(bytes.NewReader(body))); err != nil {
					t.Fatal(err)
				}
			})
		}
		if few, many := allocations(100), allocations(5000); many > few+5 {
			t.Errorf("%v allocations for 100 rows, %v for 5,000", few, many)
		}
	})
}

// Body is a whole answer.
func Body(tb testing.TB, answer io.Reader) []byte {
	tb.Helper()
	body, err := io.ReadAll(answer)
	if err != nil {
		tb.Fatal(err)
	}
	return body
}
