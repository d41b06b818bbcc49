package xmlrpc_test

import (
	"bytes"
	"io"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

func TestMemoryIsFlatAndATokenAllocatesNothing(t *testing.T) {
	streamtest.Flat(t, func(r io.Reader) stream.Reader { return xmlrpc.NewDecoder(r) }, streamtest.Partners)
}

// leastRatio is far below the ratio that is measured on a quiet machine, about 35.
const leastRatio = 9

func TestTheDecoderIsFasterThanKolo(t *testing.T) {
	if streamtest.RaceDetector {
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
