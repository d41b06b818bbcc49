package odoo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

var ctx = context.Background()

func TestDial(t *testing.T) {
	t.Run("Ensure every spelling of a URL is the same database", func(t *testing.T) {
		cases := map[string]string{
			"https://Odoo.Example.com":                   "https://odoo.example.com/demo",
			"https://odoo.example.com/":                  "https://odoo.example.com/demo",
			"https://odoo.example.com:443/web/login?a=b": "https://odoo.example.com/demo",
			"https://odoo.example.com/odoo/project#x":    "https://odoo.example.com/demo",
			"https://odoo.example.com/xmlrpc/2/common":   "https://odoo.example.com/demo",
			"http://odoo.example.com:80":                 "http://odoo.example.com/demo",
			"http://odoo.example.com:8069//":             "http://odoo.example.com:8069/demo",
			"http://[::1]:8069":                          "http://[::1]:8069/demo",
			"http://[::1]":                               "http://[::1]/demo",
			"https://example.com/erp/web":                "https://example.com/erp/demo",
		}
		for url, want := range cases {
			o := options(&scripted{})
			o.URL = url
			s, err := odoo.Dial(ctx, o)
			if err != nil {
				t.Fatalf("%s: %v", url, err)
			}
			if s.Database() != want || s.UID() != 2 || s.Name() != "main" || s.Requests() != 1 {
				t.Errorf("%s: database %s, uid %d, name %s, %d requests", url, s.Database(), s.UID(), s.Name(), s.Requests())
			}
		}
	})
}

func TestDialWithAKey(t *testing.T) {
	t.Run("Ensure a database whose address changes keeps the key that it is given", func(t *testing.T) {
		o := options(&scripted{})
		o.Key = "sandbox://demo"
		s, err := odoo.Dial(ctx, o)
		if err != nil || s.Database() != "sandbox://demo" {
			t.Errorf("key %v, error %v", s, err)
		}
	})
}

func TestDialRefusesWhatIsNoServer(t *testing.T) {
	t.Run("Ensure a URL that cannot be one is refused unseen and unsent", func(t *testing.T) {
		for _, url := range []string{"", "odoo.example.com", "ftp://h", "https://", "https://admin:hush@h", "http://h:port/hush"} {
			o := options(&scripted{})
			o.URL = url
			_, err := odoo.Dial(ctx, o)
			if e := failed(t, err); e.Kind != odoo.InvalidCall || strings.Contains(err.Error(), "hush") || o.Client.Requests() != 0 {
				t.Errorf("%q: kind %q, %d requests: %v", url, e.Kind, o.Client.Requests(), err)
			}
		}
	})
	t.Run("Ensure a user must be named", func(t *testing.T) {
		o := options(&scripted{})
		o.Username = ""
		if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.InvalidCall {
			t.Error(err)
		}
	})
}

func TestDialOfServersThatRefuse(t *testing.T) {
	t.Run("Ensure a wrong password is denied, with the answer of a real server", func(t *testing.T) {
		body := capture(t, "odoo18/authenticate_wrong_password.response.xml")
		base := answering(string(body))
		_, err := odoo.Dial(ctx, options(base))
		if e := failed(t, err); e.Kind != odoo.AccessDenied || e.OutcomeUnknown || !e.Outage() || !strings.Contains(err.Error(), "API key") {
			t.Errorf("kind %q: %v", e.Kind, err)
		}
	})
	t.Run("Ensure a database that is not there is told, with the answer of a real server", func(t *testing.T) {
		o := options(answering(string(capture(t, "odoo19/authenticate_wrong_db.response.xml"))))
		o.Database = "nodb"
		_, err := odoo.Dial(ctx, o)
		if e := failed(t, err); e.Kind != odoo.UnknownDatabase {
			t.Errorf("kind %q: %v", e.Kind, err)
		}
	})
}

func TestDialOverASocket(t *testing.T) {
	t.Run("Ensure it needs no client and speaks over a socket", func(t *testing.T) {
		var paths []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.Method+" "+r.URL.Path)
			body, _ := xmlrpc.EncodeResponse(int64(7))
			_, _ = w.Write(body)
		}))
		defer server.Close()
		s, err := odoo.Dial(ctx, odoo.Options{Name: "x", URL: server.URL + "/web", Database: "d", Username: "u", Password: "p"})
		if err != nil || s.UID() != 7 || !slices.Equal(paths, []string{"POST /xmlrpc/2/common"}) {
			t.Errorf("uid %v, paths %v, error %v", s, paths, err)
		}
	})
	t.Run("Ensure a server that is not there is no answer, within the clock's 10 s", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		_, err := odoo.Dial(ctx, odoo.Options{Name: "x", URL: server.URL, Database: "d", Username: "u", Password: "p", Clock: stillClock{}})
		if e := failed(t, err); e.Kind != odoo.Connection || !e.Outage() || e.OutcomeUnknown {
			t.Errorf("kind %q: %v", e.Kind, err)
		}
	})
}

// answering gives the same body to every request.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return page(200, "text/xml", string(a))
}

func TestContext(t *testing.T) {
	server := &scripted{answer: func(called) (any, error) { return true, nil }}
	s := dial(t, server)
	french := s.WithContext(map[string]any{"lang": "fr_FR", "tz": "UTC"}).WithContext(map[string]any{"tz": "Europe/Paris"})
	kw := map[string]any{"context": map[string]any{"lang": "de_DE"}, "limit": 1}
	for _, call := range []func() (any, error){
		func() (any, error) { return s.ExecuteKW(ctx, "m", "f", nil, nil) },
		func() (any, error) { return french.ExecuteKW(ctx, "m", "f", nil, nil) },
		func() (any, error) { return french.ExecuteKW(ctx, "m", "f", []any{1}, kw) },
	} {
		if _, err := call(); err != nil {
			t.Fatal(err)
		}
	}
	want := []map[string]any{
		{},
		{"context": map[string]any{"lang": "fr_FR", "tz": "Europe/Paris"}},
		{"context": map[string]any{"lang": "de_DE", "tz": "Europe/Paris"}, "limit": int64(1)},
	}
	for i, c := range server.calls {
		if !reflect.DeepEqual(c.kw, want[i]) {
			t.Errorf("call %d has keywords %v, want %v", i, c.kw, want[i])
		}
	}
	if len(s.Context()) != 0 || french.Context()["tz"] != "Europe/Paris" || len(kw) != 2 {
		t.Errorf("a context was changed: %v, %v, %v", s.Context(), french.Context(), kw)
	}
}

func TestFieldsGet(t *testing.T) {
	server := withFields(nil)
	s := dial(t, server)
	for range 2 {
		fields, err := s.FieldsGet(ctx, "project.task")
		if err != nil {
			t.Fatal(err)
		}
		want := odoo.Field{Name: "priority", Type: "selection", Label: "Label of selection", Selection: []odoo.Choice{{"0", "Low"}, {"1", "High"}}}
		if !reflect.DeepEqual(fields["priority"], want) || fields["stage_id"].Relation != "project.task.type" || fields.Names()[0] != "active" {
			t.Errorf("fields %+v", fields)
		}
	}
	if len(server.calls) != 1 {
		t.Errorf("asked %d times for one model", len(server.calls))
	}
	if _, err := s.WithContext(map[string]any{"lang": "fr_FR"}).FieldsGet(ctx, "project.task"); err != nil || len(server.calls) != 2 {
		t.Errorf("labels of another language were not asked for: %d calls, error %v", len(server.calls), err)
	}
}

// row is one of a real server's, as captures/odoo18/res_partner_read_all_types has its values.
func row(id int64) map[string]any {
	return map[string]any{
		"id": id, "name": "Enc <&> \"é\" 日本 😀", "note": "", "description": "<p>Hi &amp; <b>x</b></p>", "active": false,
		"sequence": int64(2147483647), "hours": 1.5, "amount": int64(3), "day": "2025-01-31", "date_deadline": "2025-01-31 10:00:00",
		"write_date": "2026-11-23 08:36:44", "stage_id": int64(4), "tag_ids": []any{int64(9), int64(3)}, "child_ids": []any{},
		"image": "iVBORw0KGgo=", "res_id": int64(12), "origin": "res.partner,5", "priority": "1",
	}
}

func decodedRow() map[string]record.Value {
	hours, _ := record.Decimal("1.5")
	amount, _ := record.Decimal("3")
	return map[string]record.Value{
		"name": record.Text("Enc <&> \"é\" 日本 😀"), "note": record.Text(""), "description": record.HTML("<p>Hi &amp; <b>x</b></p>"), "active": record.Bool(false),
		"sequence": record.Int(2147483647), "hours": hours, "amount": amount, "day": record.Date(time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC)),
		"date_deadline": record.Instant(time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC)), "write_date": record.Instant(time.Date(2026, 11, 23, 8, 36, 44, 0, time.UTC)),
		"stage_id": record.Ref("project.task.type", "4"), "tag_ids": record.RefSet(record.Reference{Model: "project.tags", ID: "3"}, record.Reference{Model: "project.tags", ID: "9"}),
		"child_ids": record.RefSet(), "image": record.Bytes([]byte("\x89PNG\r\n\x1a\n")), "res_id": record.Int(12), "origin": record.Ref("res.partner", "5"),
		"priority": record.Text("1"), "id": record.Int(7),
	}
}

// readableNames are the fields of a type that the session reads.
func readableNames() []string {
	var out []string
	for n := range taskFields() {
		if n != "properties" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func TestReading(t *testing.T) {
	names := readableNames()
	t.Run("Ensure every type of field has its value", func(t *testing.T) {
		server := withFields(func(called) (any, error) { return []any{row(7)}, nil })
		got, err := dial(t, server).SearchRead(ctx, "project.task", odoo.Cond("id", "=", 7), names, odoo.SearchOptions{Limit: 3, Offset: 1, Order: "id desc"})
		if err != nil {
			t.Fatal(err)
		}
		want := decodedRow()
		for _, n := range names {
			if !got[0].Value(n).Equal(want[n]) {
				t.Errorf("%s is %v, want %v", n, got[0].Value(n), want[n])
			}
		}
		if got[0].Model != "project.task" || got[0].ID != "7" || len(got[0].Names()) != len(names) {
			t.Errorf("record %s %s has %d values of %d", got[0].Model, got[0].ID, len(got[0].Names()), len(names))
		}
		kw := server.calls[1].kw
		if kw["limit"] != int64(3) || kw["offset"] != int64(1) || kw["order"] != "id desc" {
			t.Errorf("keywords %v", kw)
		}
	})
	t.Run("Ensure False is emptiness for every type but boolean", func(t *testing.T) {
		empty := map[string]any{"id": int64(7)}
		for _, n := range names {
			if n != "id" {
				empty[n] = false
			}
		}
		got, err := dial(t, withFields(func(called) (any, error) { return []any{empty}, nil })).SearchRead(ctx, "project.task", nil, names, odoo.SearchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			if v := got[0].Value(n); !v.IsNull() && n != "active" && n != "id" {
				t.Errorf("%s is %v", n, v)
			}
		}
		if v := got[0].Value("active"); v.Kind() != record.KindBool || v.AsBool() {
			t.Errorf("active is %v", v)
		}
	})
	t.Run("Ensure a many2one is understood as a pair too", func(t *testing.T) {
		server := withFields(func(called) (any, error) {
			return []any{map[string]any{"id": int64(1), "stage_id": []any{int64(4), "To do"}}}, nil
		})
		got, err := dial(t, server).SearchRead(ctx, "project.task", nil, []string{"stage_id"}, odoo.SearchOptions{})
		if err != nil || !got[0].Value("stage_id").Equal(record.Ref("project.task.type", "4")) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestAnswersOfAnotherShape(t *testing.T) {
	t.Run("Ensure a value of another type than the field's is told with model and field", func(t *testing.T) {
		for field, raw := range map[string]any{
			"name": int64(1), "active": "x", "sequence": 1.5, "hours": "x", "day": "31/12/2024", "date_deadline": "2025-01-31", "stage_id": "x",
			"tag_ids": []any{"x"}, "image": "not base64!", "description": []any{}, "properties": "x",
		} {
			server := withFields(func(called) (any, error) { return []any{map[string]any{"id": int64(1), field: raw}}, nil })
			_, err := dial(t, server).SearchRead(ctx, "project.task", nil, []string{field}, odoo.SearchOptions{})
			if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || e.Field != field || e.Model != "project.task" {
				t.Errorf("%s: kind %q, field %q: %v", field, e.Kind, e.Field, err)
			}
		}
	})
	t.Run("Ensure a number that is none is told, with its field", func(t *testing.T) {
		for _, number := range []string{"nan", "inf", "-inf"} {
			body := "<?xml version='1.0'?><methodResponse><params><param><value><array><data><value><struct><member><name>id</name><value><int>1</int></value></member>" +
				"<member><name>hours</name><value><double>" + number + "</double></value></member></struct></value></data></array></value></param></params></methodResponse>"
			server := withFields(nil)
			s := dial(t, server)
			if _, err := s.FieldsGet(ctx, "project.task"); err != nil {
				t.Fatal(err)
			}
			server.raw = func() (*http.Response, error) { return page(200, "text/xml", body) }
			_, err := s.SearchRead(ctx, "project.task", nil, []string{"hours"}, odoo.SearchOptions{})
			if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || e.Field != "hours" || !strings.Contains(e.Text, "not finite") {
				t.Errorf("%s: %v", number, err)
			}
		}
	})
	t.Run("Ensure an answer of another shape is told", func(t *testing.T) {
		for _, answer := range []any{true, []any{int64(1)}, []any{map[string]any{"name": "x"}}, []any{map[string]any{"id": int64(1)}}} {
			_, err := dial(t, withFields(func(called) (any, error) { return answer, nil })).SearchRead(ctx, "project.task", nil, []string{"name"}, odoo.SearchOptions{})
			if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer {
				t.Errorf("%v: kind %q", answer, e.Kind)
			}
		}
	})
}

func TestReadsThatAreNotSent(t *testing.T) {
	t.Run("Ensure a field that the model lacks is told before anything is sent", func(t *testing.T) {
		server := withFields(nil)
		_, err := dial(t, server).SearchRead(ctx, "project.task", nil, []string{"name", "nosuch"}, odoo.SearchOptions{})
		if e := failed(t, err); e.Kind != odoo.UnknownField || e.Field != "nosuch" || len(server.calls) != 1 {
			t.Errorf("kind %q, field %q, %d calls", e.Kind, e.Field, len(server.calls))
		}
	})
	t.Run("Ensure fields must be named and a domain must be one", func(t *testing.T) {
		server := withFields(nil)
		s := dial(t, server)
		_, err1 := s.SearchRead(ctx, "project.task", nil, nil, odoo.SearchOptions{})
		_, err2 := s.All(ctx, "project.task", odoo.Domain{"&"}, []string{"name"}, 0)
		_, err3 := s.Search(ctx, "project.task", odoo.Domain{7}, odoo.SearchOptions{})
		for _, err := range []error{err1, err2, err3} {
			if e := failed(t, err); e.Kind != odoo.InvalidCall || len(server.calls) != 0 {
				t.Errorf("kind %q, %d calls", e.Kind, len(server.calls))
			}
		}
	})
}

func TestPages(t *testing.T) {
	t.Run("Ensure pages follow the ids", func(t *testing.T) {
		server := withFields(func(c called) (any, error) {
			domain := c.args[0].([]any)
			last := domain[len(domain)-1].([]any)[2]
			switch {
			case len(domain) == 1:
				return []any{row(3), row(5)}, nil
			case last == int64(5) && domain[0] == "&" && len(domain) == 3:
				return []any{row(9)}, nil
			default:
				return nil, fmt.Errorf("unexpected domain %v", domain)
			}
		})
		got, err := dial(t, server).All(ctx, "project.task", odoo.Cond("active", "=", true), []string{"name"}, 2)
		if err != nil || len(got) != 3 || got[2].ID != "9" || len(server.calls) != 3 {
			t.Errorf("%d records in %d calls, error %v", len(got), len(server.calls), err)
		}
	})
	t.Run("Ensure a server that repeats its page is not asked for ever", func(t *testing.T) {
		server := withFields(func(called) (any, error) { return []any{row(3)}, nil })
		_, err := dial(t, server).All(ctx, "project.task", nil, []string{"name"}, 1)
		if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || len(server.calls) != 3 {
			t.Errorf("kind %q after %d calls", e.Kind, len(server.calls))
		}
	})
}

func TestRead(t *testing.T) {
	t.Run("Ensure records are read in the order asked for, and missing ones are told", func(t *testing.T) {
		server := withFields(func(called) (any, error) { return []any{row(3), row(9)}, nil })
		found, missing, err := dial(t, server).Read(ctx, "project.task", []int64{9, 4, 3, 9}, []string{"id"})
		if err != nil || len(found) != 2 || found[0].ID != "9" || found[1].ID != "3" || !slices.Equal(missing, []int64{4}) {
			t.Errorf("found %v, missing %v, error %v", found, missing, err)
		}
		want := called{"project.task", "read", []any{[]any{int64(9), int64(4), int64(3)}}, map[string]any{"fields": []any{"id", "write_date"}, "load": ""}}
		if !reflect.DeepEqual(server.calls[1], want) || found[0].Has("write_date") {
			t.Errorf("asked %v, want %v; record %v", server.calls[1], want, found[0].Names())
		}
	})
	t.Run("Ensure a domain that nobody built by Cond is sent all the same", func(t *testing.T) {
		server := withFields(func(called) (any, error) { return []any{}, nil })
		at := time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC)
		raw := odoo.Domain{"!", []any{"name", "=", nil}, []any{"write_date", ">=", at}, []any{"id", "in", []any{1, nil}}}
		_, err := dial(t, server).Search(ctx, "project.task", raw, odoo.SearchOptions{})
		want := []any{"!", []any{"name", "=", false}, []any{"write_date", ">=", "2025-01-31 10:00:00"}, []any{"id", "in", []any{int64(1), false}}}
		if err != nil || !reflect.DeepEqual(server.calls[1].args, []any{want}) {
			t.Errorf("sent %v, error %v", server.calls, err)
		}
	})
	t.Run("Ensure many ids are read in pages", func(t *testing.T) {
		ids := make([]int64, 0, 2500)
		for i := range int64(2500) {
			ids = append(ids, i+1)
		}
		server := withFields(func(called) (any, error) { return []any{}, nil })
		_, missing, err := dial(t, server).Read(ctx, "project.task", ids, []string{"name"})
		if err != nil || len(missing) != 2500 || len(server.calls) != 3 {
			t.Errorf("%d missing in %d calls, error %v", len(missing), len(server.calls), err)
		}
	})
}

func TestWriting(t *testing.T) {
	t.Run("Ensure every type of value is written as Odoo takes it", func(t *testing.T) {
		server := withFields(func(c called) (any, error) {
			if c.method == "create" {
				return []any{int64(7), int64(8)}, nil
			}
			return true, nil
		})
		s := dial(t, server)
		values := decodedRow()
		delete(values, "id")
		delete(values, "write_date") // Odoo's own
		null := map[string]record.Value{"name": record.Null(), "tag_ids": record.Null(), "stage_id": record.Null(), "active": record.Null()}
		ids, err := s.Create(ctx, "project.task", []map[string]record.Value{values, null})
		if err != nil || !slices.Equal(ids, []int64{7, 8}) {
			t.Fatalf("ids %v, error %v", ids, err)
		}
		want := row(7)
		delete(want, "id")
		delete(want, "write_date")
		want["amount"] = 3.0
		want["tag_ids"] = []any{[]any{int64(6), int64(0), []any{int64(3), int64(9)}}}
		want["child_ids"] = []any{[]any{int64(6), int64(0), []any{}}}
		empty := map[string]any{"name": false, "stage_id": false, "active": false, "tag_ids": []any{[]any{int64(6), int64(0), []any{}}}}
		if got := server.calls[1].args; !reflect.DeepEqual(got, []any{[]any{want, empty}}) {
			t.Errorf("create was given %v, want %v", got, want)
		}
		if err := s.Write(ctx, "project.task", []int64{7}, map[string]record.Value{"hours": record.Int(5000000000)}); err != nil {
			t.Fatal(err)
		}
		if got := server.calls[2].args; !reflect.DeepEqual(got, []any{[]any{int64(7)}, map[string]any{"hours": 5e9}}) {
			t.Errorf("write was given %v", got)
		}
		if err := s.Unlink(ctx, "project.task", []int64{7, 8}); err != nil || server.calls[3].method != "unlink" {
			t.Errorf("unlink: %v", err)
		}
	})
}

func TestWritesThatAreNotSent(t *testing.T) {
	t.Run("Ensure a value that cannot be carried names model and field, and nothing is sent", func(t *testing.T) {
		cases := map[string]record.Value{
			"sequence": record.Int(1 << 31), "name": record.Text("bell \x07"), "description": record.HTML("\uFFFE"), "stage_id": record.Ref("res.partner", "4"),
			"tag_ids": record.RefSet(record.Reference{Model: "project.tags", ID: "x"}), "date_deadline": record.Date(time.Now()),
			"note": record.Markdown("x"), "properties": record.Text("x"),
		}
		for field, value := range cases {
			server := withFields(nil)
			err := dial(t, server).Write(ctx, "project.task", []int64{1}, map[string]record.Value{"active": record.Bool(true), field: value})
			e := failed(t, err)
			if e.Kind != odoo.InvalidValue || e.Field != field || e.Model != "project.task" || e.OutcomeUnknown || len(server.calls) != 1 {
				t.Errorf("%s: kind %q, field %q, %d calls: %v", field, e.Kind, e.Field, len(server.calls), err)
			}
		}
	})
	t.Run("Ensure nothing to write is no request", func(t *testing.T) {
		s := dial(t, &scripted{})
		_, err := s.Create(ctx, "m", nil)
		if err = errors.Join(err, s.Write(ctx, "m", nil, decodedRow()), s.Write(ctx, "m", []int64{1}, nil), s.Unlink(ctx, "m", nil)); err != nil || s.Requests() != 1 {
			t.Errorf("%d requests, error %v", s.Requests(), err)
		}
	})
}

func TestWritesWithAnUnknownOutcome(t *testing.T) {
	t.Run("Ensure a create that was answered strangely has an unknown outcome", func(t *testing.T) {
		_, err := dial(t, withFields(func(called) (any, error) { return []any{int64(1)}, nil })).Create(ctx, "project.task", []map[string]record.Value{{}, {}})
		if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || !e.OutcomeUnknown {
			t.Errorf("kind %q, unknown %v", e.Kind, e.OutcomeUnknown)
		}
	})
	t.Run("Ensure a write is sent once and a read again", func(t *testing.T) {
		drop := withFields(func(called) (any, error) { return nil, errors.New("connection reset") })
		s := dial(t, drop)
		if _, err := s.FieldsGet(ctx, "project.task"); err != nil {
			t.Fatal(err)
		}
		before := s.Requests()
		err := s.Write(ctx, "project.task", []int64{1}, map[string]record.Value{"name": record.Text("x")})
		if e := failed(t, err); !e.OutcomeUnknown || s.Requests() != before+1 {
			t.Errorf("unknown %v, %d requests", e.OutcomeUnknown, s.Requests()-before)
		}
		_, err = s.Search(ctx, "project.task", nil, odoo.SearchOptions{})
		if e := failed(t, err); e.OutcomeUnknown || s.Requests() != before+4 {
			t.Errorf("unknown %v, %d requests", e.OutcomeUnknown, s.Requests()-before)
		}
	})
}

func TestIdentity(t *testing.T) {
	t.Run("Ensure an identifier is looked up among archived records too", func(t *testing.T) {
		server := &scripted{answer: func(called) (any, error) { return []any{"res.partner", int64(49)}, nil }}
		id, model, found, err := dial(t, server).Lookup(ctx, "__connector__", "trello_trello.card_5")
		if err != nil || !found || id != 49 || model != "res.partner" {
			t.Errorf("%s %d, found %v, error %v", model, id, found, err)
		}
		want := called{"ir.model.data", "check_object_reference", []any{"__connector__", "trello_trello.card_5"}, map[string]any{"context": map[string]any{"active_test": false}}}
		if !reflect.DeepEqual(server.calls[0], want) {
			t.Errorf("asked %v", server.calls[0])
		}
	})
	t.Run("Ensure a missing identifier is no error", func(t *testing.T) {
		server := &scripted{answer: func(called) (any, error) {
			return nil, &xmlrpc.Fault{Code: 1, Text: "Traceback (most recent call last):\n  File \"x.py\", line 1, in y\n    z\nValueError: External ID not found in the system: a.b\n"}
		}}
		_, _, found, err := dial(t, server).Lookup(ctx, "a", "b")
		if err != nil || found {
			t.Errorf("found %v, error %v", found, err)
		}
	})
}

// A load that was rolled back leaves its identifiers in the memory of the server's process, which answers [model, False] for
// them from then on: seen on Odoo 17, 18 and 19.
func TestLookupOfWhatIsNotShown(t *testing.T) {
	unseen := func(table func(c called) (any, error), partners ...any) *scripted {
		return &scripted{answer: func(c called) (any, error) {
			switch {
			case c.method == "fields_get" && c.model == "ir.model.data":
				return map[string]any{
					"id": kind("integer"), "module": kind("char"), "name": kind("char"), "model": kind("char"), "res_id": kind("integer"),
				}, nil
			case c.method == "fields_get":
				return taskFields(), nil
			case c.method == "check_object_reference":
				return []any{"project.task", false}, nil
			case c.model == "ir.model.data":
				return table(c)
			default:
				return append([]any{}, partners...), nil
			}
		}}
	}
	row := func(called) (any, error) {
		return []any{map[string]any{"id": int64(9), "model": "project.task", "res_id": int64(49)}}, nil
	}
	cases := map[string]struct {
		server *scripted
		found  bool
	}{
		"is in the table, and there":       {unseen(row, map[string]any{"id": int64(49), "write_date": "2025-01-31 10:00:00"}), true},
		"is in the table, but not there":   {unseen(row), false},
		"is not in the table":              {unseen(func(called) (any, error) { return []any{}, nil }), false},
		"is asked for by an ordinary user": {unseen(func(called) (any, error) { return nil, &xmlrpc.Fault{Code: 4, Text: "not allowed"} }), false},
	}
	for name, c := range cases {
		t.Run("Ensure an identifier is found only with its record: it "+name, func(t *testing.T) {
			id, _, found, err := dial(t, c.server).Lookup(ctx, "a", "b")
			if err != nil || found != c.found || found && id != 49 {
				t.Errorf("%d, found %v, error %v", id, found, err)
			}
		})
	}
}

func TestGroupsAndTheDatabase(t *testing.T) {
	t.Run("Ensure the group is asked for in the form of 18, then of 16 and 17", func(t *testing.T) {
		old := &scripted{answer: func(c called) (any, error) {
			if len(c.args) == 2 {
				return nil, &xmlrpc.Fault{Code: 1, Text: "TypeError: Users.has_group() takes 2 positional arguments but 3 were given"}
			}
			return true, nil
		}}
		has, err := dial(t, old).HasGroup(ctx, "project.group_project_manager")
		if err != nil || !has || len(old.calls) != 2 {
			t.Errorf("%v in %d calls, error %v", has, len(old.calls), err)
		}
		recent := &scripted{answer: func(called) (any, error) { return false, nil }}
		has, err = dial(t, recent).HasGroup(ctx, "base.group_system")
		if err != nil || has || !reflect.DeepEqual(recent.calls[0].args, []any{[]any{int64(2)}, "base.group_system"}) {
			t.Errorf("%v by %v, error %v", has, recent.calls, err)
		}
	})
	t.Run("Ensure the database's identity is unreadable for ordinary users", func(t *testing.T) {
		uuid := func(answer any, err error) (string, bool, error) {
			return dial(t, &scripted{locked: true, answer: func(called) (any, error) { return answer, err }}).DatabaseUUID(ctx)
		}
		if id, ok, err := uuid("3e-4f", nil); id != "3e-4f" || !ok || err != nil {
			t.Errorf("%q, %v, %v", id, ok, err)
		}
		if id, ok, err := uuid(nil, &xmlrpc.Fault{Code: 4, Text: "no"}); id != "" || ok || err != nil {
			t.Errorf("%q, %v, %v", id, ok, err)
		}
		if _, _, err := uuid(nil, &xmlrpc.Fault{Code: 3, Text: "no"}); !odoo.IsKind(err, odoo.AccessDenied) {
			t.Errorf("error %v", err)
		}
	})
}

func TestCancelledCalls(t *testing.T) {
	s := dial(t, &scripted{answer: func(called) (any, error) { return true, nil }})
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.ExecuteKW(done, "m", "f", nil, nil)
	var e *transport.Error
	if !errors.As(err, &e) || e.Kind != transport.Cancelled || failed(t, err).OutcomeUnknown || s.Requests() != 1 {
		t.Errorf("%d requests, error %v", s.Requests(), err)
	}
}

func TestConcurrentSessions(t *testing.T) {
	t.Run("Ensure one login serves several goroutines", func(t *testing.T) {
		body, err := xmlrpc.EncodeResponse([]any{int64(3)})
		if err != nil {
			t.Fatal(err)
		}
		fields, err := xmlrpc.EncodeResponse(taskFields())
		if err != nil {
			t.Fatal(err)
		}
		s := dial(t, byMethod{"search": string(body), "fields_get": string(fields)})
		done := make(chan error)
		for range 4 {
			go func() {
				_, errFields := s.WithContext(map[string]any{"tz": "UTC"}).FieldsGet(ctx, "project.task")
				_, errSearch := s.Search(ctx, "project.task", nil, odoo.SearchOptions{})
				done <- errors.Join(errFields, errSearch)
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// byMethod answers by the method's name alone, and keeps nothing.
type byMethod map[string]string

func (b byMethod) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	method, args, err := xmlrpc.DecodeCall(body)
	if err != nil || method == "authenticate" {
		return reply(int64(2), err)
	}
	return page(200, "text/xml", b[args[4].(string)])
}

func TestReadOnly(t *testing.T) {
	t.Run("Ensure a session that only reads refuses what may write before it is sent, whatever is made of it", func(t *testing.T) {
		s, err := odoo.Dial(ctx, options(&scripted{}))
		if err != nil {
			t.Fatal(err)
		}
		for name, reading := range map[string]*odoo.Session{
			"itself": s.ReadOnly(), "with a context": s.ReadOnly().WithContext(map[string]any{"active_test": false}), "in a language": s.ReadOnly().WithLanguage("fr_FR"),
		} {
			before := s.Requests()
			for what, err := range map[string]error{
				"unlink": reading.Unlink(ctx, "project.task", []int64{1}),
				"a call": func() error {
					_, err := reading.Call(ctx, "project.task", "message_post", []int64{1}, nil)
					return err
				}(),
			} {
				if !odoo.IsKind(err, odoo.InvalidCall) {
					t.Errorf("%s, %s: got %v, want an InvalidCall", name, what, err)
				}
			}
			if n := s.Requests() - before; n != 0 {
				t.Errorf("%s: %d requests were sent", name, n)
			}
		}
	})
}
