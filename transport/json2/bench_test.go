package json2_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

// partners gives the answer of that many partners with twelve fields.
func partners(tb testing.TB, rows int) []byte {
	tb.Helper()
	return streamtest.Body(tb, streamtest.PartnersJSON(rows))
}

func BenchmarkPartners(b *testing.B) {
	body := partners(b, 10000)
	run := func(name string, decode func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("tokens", func() error {
		_, err := streamtest.Drain(json2.NewDecoder(bytes.NewReader(body)))
		return err
	})
	run("values", func() error {
		_, err := stream.Whole(json2.NewDecoder(bytes.NewReader(body)))
		return err
	})
	run("encoding/json", func() error {
		var value any
		return json.Unmarshal(body, &value)
	})
}
