package xmlrpc_test

import (
	"bytes"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// partners gives the answer of that many partners with twelve fields.
func partners(tb testing.TB, rows int) []byte {
	tb.Helper()
	return streamtest.Body(tb, streamtest.Partners(rows))
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
		_, err := streamtest.Drain(xmlrpc.NewDecoder(bytes.NewReader(body)))
		return err
	})
	run("values", func() error {
		_, err := xmlrpc.DecodeResponse(body)
		return err
	})
	run("kolo", func() error {
		var value any
		return kolo.Response(body).Unmarshal(&value)
	})
}
