package odoo_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	kolo "github.com/kolo/xmlrpc"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

// partnerFields are the twelve fields of streamtest's partners.
var partnerFields = map[string]any{
	"id": kind("integer"), "name": kind("char"), "email": kind("char"), "phone": kind("char"), "street": kind("char"), "city": kind("char"),
	"zip": kind("char"), "country_id": link("many2one", "res.country"), "category_id": link("many2many", "res.partner.category"),
	"is_company": kind("boolean"), "write_date": kind("datetime"), "partner_latitude": kind("float"),
}

func kind(name string) map[string]any { return map[string]any{"type": name, "string": name} }

func link(name, model string) map[string]any {
	return map[string]any{"type": name, "string": name, "relation": model}
}

// BenchmarkRecords decodes the answer of 10,000 partners of twelve fields, 12 MB of XML or 3.4 MB of JSON, straight into
// records, beside what the bare libraries make of the same bytes: maps of values without a type.
func BenchmarkRecords(b *testing.B) {
	xml, js := streamtest.Body(b, streamtest.Partners(10000)), streamtest.Body(b, streamtest.PartnersJSON(10000))
	run := func(name string, body []byte, decode func() error) {
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
	run("xmlrpc", xml, readPartners(b, overXML(xml)))
	run("json2", js, readPartners(b, overJSON(js)))
	run("kolo", xml, func() error {
		var value any
		return kolo.Response(xml).Unmarshal(&value)
	})
	run("encoding/json", js, func() error {
		var value any
		return json.Unmarshal(js, &value)
	})
}

// readPartners reads the partners of a server that always gives the same answer.
func readPartners(tb testing.TB, o odoo.Options) func() error {
	tb.Helper()
	session, err := odoo.Dial(ctx, o)
	if err != nil {
		tb.Fatal(err)
	}
	names := make([]string, 0, len(partnerFields))
	for name := range partnerFields {
		if name != "id" {
			names = append(names, name)
		}
	}
	return func() error {
		_, err := session.SearchRead(ctx, "res.partner", nil, names, odoo.SearchOptions{})
		return err
	}
}

func overXML(body []byte) odoo.Options {
	fields := withFields(nil)
	return options(roundTrip(func(r *http.Request) (*http.Response, error) {
		request, err := io.ReadAll(r.Body)
		if err != nil || bytes.Contains(request, []byte("search_read")) {
			return plain("text/xml", body), err
		}
		if bytes.Contains(request, []byte("fields_get")) {
			return reply(partnerFields, nil)
		}
		r.Body = io.NopCloser(bytes.NewReader(request))
		return fields.RoundTrip(r)
	}))
}

func overJSON(body []byte) odoo.Options {
	return keyed(odoo19(func(a asked) (*http.Response, error) {
		if a.path == "/json/2/res.partner/search_read" {
			return plain("application/json", body), nil
		}
		fields, err := json.Marshal(partnerFields)
		return plain("application/json", fields), err
	}))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func plain(contentType string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}
