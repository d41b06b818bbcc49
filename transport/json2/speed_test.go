package json2_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

func TestMemoryIsFlatInTheNumberOfRows(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector keeps memory of its own")
	}
	heap := func(rows int) uint64 {
		tokens, err := streamtest.Drain(json2.NewDecoder(streamtest.PartnersJSON(rows)))
		if err != nil || tokens < 20*rows {
			t.Fatalf("%d tokens, %v", tokens, err)
		}
		return streamtest.LiveHeap(t, json2.NewDecoder(streamtest.PartnersJSON(rows)), tokens)
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
			if _, err := streamtest.Drain(json2.NewDecoder(bytes.NewReader(body))); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocations(100), allocations(5000); many > few+5 {
		t.Errorf("%v allocations for 100 rows, %v for 5,000", few, many)
	}
}

func TestTheDecoderIsFasterThanEncodingJSON(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector slows the two down in different ways")
	}
	body := partners(t, 4000)
	times := streamtest.Fastest(t,
		func() error {
			_, err := streamtest.Drain(json2.NewDecoder(bytes.NewReader(body)))
			return err
		},
		func() error {
			var value any
			return json.Unmarshal(body, &value)
		})
	t.Logf("%d bytes: %v, encoding/json %v", len(body), times[0], times[1])
	if times[0] > times[1] {
		t.Errorf("it takes %v, encoding/json %v", times[0], times[1])
	}
}
