package odoo_test

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// BenchmarkRealServer reads all partners of the Odoo that the environment names, archived ones too. x_server is how many
// times as long it takes as the server's own time, which is from the sending of each request to the last byte of its answer:
// the limit that no client can pass.
//
//	CONNECTOR_TEST_ODOO_URL=… go test ./odoo -run '^$' -bench RealServer
func BenchmarkRealServer(b *testing.B) {
	o := odoo.Options{
		Name: "real", URL: os.Getenv("CONNECTOR_TEST_ODOO_URL"), Database: os.Getenv("CONNECTOR_TEST_ODOO_DB"),
		Username: os.Getenv("CONNECTOR_TEST_ODOO_USER"), Password: os.Getenv("CONNECTOR_TEST_ODOO_PASSWORD"),
		APIKey: os.Getenv("CONNECTOR_TEST_ODOO_KEY"), Protocol: odoo.Protocol(os.Getenv("CONNECTOR_TEST_ODOO_PROTOCOL")),
	}
	if o.URL == "" {
		b.Skip("set CONNECTOR_TEST_ODOO_URL, _DB, _USER and _PASSWORD or _KEY to read from a real Odoo")
	}
	var served, bytes atomic.Int64
	secret := o.Password + o.APIKey
	o.Client = transport.New(transport.Options{System: "Odoo real", Secrets: []string{secret}, Timeout: 5 * time.Minute, Trace: func(x transport.Exchange) {
		served.Add(int64(x.Took))
		bytes.Add(int64(x.Got))
	}})
	session, err := odoo.Dial(ctx, o)
	if err != nil {
		b.Fatal(err)
	}
	session = session.WithContext(map[string]any{"active_test": false})
	fields := []string{
		"name", "email", "phone", "street", "city", "zip", "country_id", "ref", "comment", "is_company", "category_id", "write_date",
	}
	if _, err := session.FieldsGet(ctx, "res.partner"); err != nil {
		b.Fatal(err)
	}
	served.Store(0)
	bytes.Store(0)
	rows := 0
	begin := time.Now()
	for b.Loop() {
		rows = 0
		err := session.Each(ctx, "res.partner", nil, fields, func(record.Record) error {
			rows++
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(begin)
	b.ReportMetric(float64(rows), "rows")
	b.ReportMetric(float64(bytes.Load())/float64(b.N)/1e6, "MB/op")
	b.ReportMetric(float64(took)/float64(served.Load()), "x_server")
}
