package xmlrpc_test

import (
	"bytes"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

func TestMemoryIsFlatInTheNumberOfRows(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	heap := func(rows int) uint64 {
		tokens, err := streamtest.Drain(xmlrpc.NewDecoder(streamtest.Partners(rows)))
		if err != nil || tokens < 20*rows {
			t.Fatalf("%d tokens, %v", tokens, err)
		}
		return streamtest.LiveHeap(t, xmlrpc.NewDecoder(streamtest.Partners(rows)), tokens)
	}
	few, many := heap(1000), heap(20000)
	t.Logf("reachable: %d bytes while 1,000 rows are read, %d while 20,000 are", few, many)
	if many > few+64<<10 {
		t.Errorf("20 times the rows need %d bytes more", many-few)
	}
}

func TestATokenAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	allocations := func(rows int) float64 {
		body := partners(t, rows)
		return testing.AllocsPerRun(3, func() {
			if _, err := streamtest.Drain(xmlrpc.NewDecoder(bytes.NewReader(body))); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(100), allocations(5000); many > few+5 {
		t.Errorf("%v allocations for 100 rows, %v for 5,000", few, many)
	}
}

// leastRatio is far below the ratio that is measured on a quiet machine, about 35.
const leastRatio = 9

func TestTheDecoderIsFasterThanKolo(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector slows the two down in different ways")
	}
	body := partners(t, 2000)
	times := streamtest.Fastest(t,
		func() error {
			_, err := streamtest.Drain(xmlrpc.NewDecoder(bytes.NewReader(body)))
			return err
		},
		func() error {
			var value any
			return kolo.Response(body).Unmarshal(&value)
		})
	t.Logf("%d bytes: %v, kolo %v", len(body), times[0], times[1])
	if ratio := float64(times[1]) / float64(times[0]); ratio < leastRatio {
		t.Errorf("it is only %.1f times faster than kolo", ratio)
	}
}
