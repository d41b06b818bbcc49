package json2_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

func TestMemoryIsFlatAndATokenAllocatesNothing(t *testing.T) {
	streamtest.Flat(t, func(r io.Reader) stream.Reader { return json2.NewDecoder(r) }, streamtest.PartnersJSON)
}

func TestTheDecoderIsFasterThanEncodingJSON(t *testing.T) {
	if streamtest.RaceDetector {
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
