package odoo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// asked is one request as a scripted server saw it.
type asked struct {
	method, path, key, database, contentType string
	length                                   int64
	body                                     map[string]any
	raw                                      []byte
}

// web is a server whose pages a test writes itself.
type web struct {
	asked []asked
	page  func(a asked) (*http.Response, error)
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	a := asked{
		method: r.Method, path: r.URL.Path, key: r.Header.Get("Authorization"), database: r.Header.Get("X-Odoo-Database"),
		contentType: r.Header.Get("Content-Type"), length: r.ContentLength,
	}
	if r.Body != nil {
		var err error
		if a.raw, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = json.Unmarshal(a.raw, &a.body) // an XML-RPC body is none
	}
	w.asked = append(w.asked, a)
	return w.page(a)
}

const (
	version19 = `{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}`
	htmlPage  = "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
)

// odoo19 is a server with JSON-2 that answers the rest by the function.
func odoo19(answer func(a asked) (*http.Response, error)) *web {
	return &web{page: func(a asked) (*http.Response, error) {
		switch a.path {
		case "/web/webclient/version_info":
			return page(200, "application/json", `{"jsonrpc": "2.0", "id": null, "result": {"server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""]}}`)
		case "/web/version":
			return page(200, "application/json; charset=utf-8", version19)
		case "/json/2/res.users/context_get":
			return page(200, "application/json; charset=utf-8", `{"lang": "en_US", "tz": "Europe/Brussels", "uid": 2}`)
		case "/json/2/res.users/read":
			return page(200, "application/json; charset=utf-8", `[{"id": 2, "login": "admin"}]`)
		default:
			return answer(a)
		}
	}}
}

func keyed(base http.RoundTripper) odoo.Options {
	o := options(base)
	o.Password, o.APIKey = "", password
	return o
}

func dialKeyed(t *testing.T, base http.RoundTripper) *odoo.Session {
	t.Helper()
	s, err := odoo.Dial(ctx, keyed(base))
	if err != nil {
		t.Fatal(err)
	}
	if s.Protocol() != odoo.ProtocolJSON2 {
		t.Fatalf("the session speaks %s", s.Protocol())
	}
	return s
}

func TestAutoProtocol(t *testing.T) {
	t.Run("Ensure an API key takes JSON-2 where the server has it", func(t *testing.T) {
		w := odoo19(nil)
		s := dialKeyed(t, w)
		v, err := s.Version(ctx)
		if err != nil || v != (odoo.Version{Major: 19, Text: "19.0"}) || s.UID() != 2 || len(w.asked) != 3 {
			t.Errorf("version %+v, uid %d, %d requests, error %v", v, s.UID(), len(w.asked), err)
		}
	})
	for _, status := range []int{404, 403, 405, 500} {
		t.Run(fmt.Sprintf("Ensure an older server, or a proxy that lets only XML-RPC pass (%d), gets the key as a password", status), func(t *testing.T) {
			w := &web{page: func(a asked) (*http.Response, error) {
				if strings.HasPrefix(a.path, "/web/") {
					return page(status, "text/html; charset=utf-8", htmlPage)
				}
				return reply(int64(2), nil)
			}}
			s, err := odoo.Dial(ctx, keyed(w))
			if err != nil || s.Protocol() != odoo.ProtocolXMLRPC {
				t.Fatalf("%v, error %v", s, err)
			}
			_, args, err := xmlrpc.DecodeCall(w.asked[len(w.asked)-1].raw)
			if err != nil || !reflect.DeepEqual(args[:3], []any{"demo", "admin", password}) {
				t.Errorf("login with %v, error %v", args, err)
			}
		})
	}
	t.Run("Ensure a server that has left the old pages behind is asked the new way", func(t *testing.T) {
		w := odoo19(nil)
		inner := w.page
		w.page = func(a asked) (*http.Response, error) {
			if strings.HasPrefix(a.path, "/web/webclient") || strings.HasPrefix(a.path, "/xmlrpc") {
				return page(404, "text/html; charset=utf-8", htmlPage)
			}
			return inner(a)
		}
		dialKeyed(t, w)
	})
	t.Run("Ensure a password asks for no version", func(t *testing.T) {
		w := &web{page: func(asked) (*http.Response, error) { return reply(int64(2), nil) }}
		s, err := odoo.Dial(ctx, options(w))
		if err != nil || s.Protocol() != odoo.ProtocolXMLRPC || len(w.asked) != 1 {
			t.Errorf("%v, %d requests, error %v", s, len(w.asked), err)
		}
	})
	t.Run("Ensure what cannot be is refused before anything is sent", func(t *testing.T) {
		for name, change := range map[string]func(*odoo.Options){
			"JSON-2 with a password": func(o *odoo.Options) { o.Protocol, o.APIKey, o.Password = odoo.ProtocolJSON2, "", password },
			"no such protocol":       func(o *odoo.Options) { o.Protocol = "soap" },
			"XML-RPC without a user": func(o *odoo.Options) { o.Protocol, o.Username = odoo.ProtocolXMLRPC, "" },
		} {
			o := keyed(odoo19(nil))
			change(&o)
			if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.InvalidCall || o.Client.Requests() != 0 {
				t.Errorf("%s: %d requests, %v", name, o.Client.Requests(), err)
			}
		}
	})
}

func TestVersions(t *testing.T) {
	t.Run("Ensure a version is read, Online's own too, and asked for once", func(t *testing.T) {
		for text, want := range map[string]odoo.Version{
			"18.0+e-20241005": {Major: 18, Text: "18.0+e-20241005"},
			"saas~18.3+e":     {Major: 18, Minor: 3, Text: "saas~18.3+e"},
			"16.0":            {Major: 16, Text: "16.0"},
		} {
			w := &web{page: func(a asked) (*http.Response, error) {
				if strings.Contains(string(a.raw), "authenticate") {
					return reply(int64(2), nil)
				}
				return reply(map[string]any{"server_version": text, "server_version_info": []any{int64(18), int64(0)}}, nil)
			}}
			s := dial(t, w)
			for range 2 {
				if got, err := s.Version(ctx); err != nil || got != want {
					t.Errorf("%s: %+v, error %v", text, got, err)
				}
			}
			if len(w.asked) != 2 {
				t.Errorf("%d requests", len(w.asked))
			}
		}
	})
	t.Run("Ensure something else is not taken for Odoo", func(t *testing.T) {
		w := &web{page: func(a asked) (*http.Response, error) {
			if strings.Contains(string(a.raw), "authenticate") {
				return reply(int64(2), nil)
			}
			return reply(map[string]any{"server_version": "a wiki"}, nil)
		}}
		if _, err := dial(t, w).Version(ctx); failed(t, err).Kind != odoo.NotOdoo {
			t.Error(err)
		}
	})
}

func TestJSON2Requests(t *testing.T) {
	w := odoo19(func(a asked) (*http.Response, error) { return page(200, "application/json", "[7]") })
	s := dialKeyed(t, w).WithContext(map[string]any{"lang": "fr_FR"})
	t.Run("Ensure a call is an object with names, length, key and database", func(t *testing.T) {
		got, err := s.ExecuteKW(ctx, "res.partner", "search", []any{[]any{}, 3}, map[string]any{"order": "id"})
		a := w.asked[len(w.asked)-1]
		want := map[string]any{"domain": []any{}, "offset": 3.0, "order": "id", "context": map[string]any{"lang": "fr_FR"}}
		if err != nil || !reflect.DeepEqual(got, []any{int64(7)}) || !reflect.DeepEqual(a.body, want) {
			t.Errorf("answer %v, error %v, body %v", got, err, a.body)
		}
		if a.method != "POST" || a.path != "/json/2/res.partner/search" || a.key != "bearer "+password || a.database != "demo" ||
			!strings.HasPrefix(a.contentType, "application/json") || a.length != int64(len(a.raw)) || a.length == 0 {
			t.Errorf("request %+v", a)
		}
	})
	t.Run("Ensure a method without arguments still sends an object", func(t *testing.T) {
		bare := dialKeyed(t, w)
		if _, err := bare.ExecuteKW(ctx, "res.users", "context_get", nil, nil); err != nil {
			t.Fatal(err)
		}
		if a := w.asked[len(w.asked)-1]; string(a.raw) != "{}" || a.length != 2 {
			t.Errorf("body %q, length %d", a.raw, a.length)
		}
	})
	t.Run("Ensure records go as ids, by whatever form the caller gave them", func(t *testing.T) {
		calls := map[string]func() error{
			"read": func() error {
				_, err := s.ExecuteKW(ctx, "m", "read", []any{[]int64{1, 2}, []any{"name"}}, nil)
				return err
			},
			"one id": func() error {
				_, err := s.ExecuteKW(ctx, "m", "write", []any{5, map[string]any{"a": 1}}, nil)
				return err
			},
			"unknown method": func() error {
				_, err := s.ExecuteKW(ctx, "m", "action_confirm", []any{[]any{int64(4)}}, nil)
				return err
			},
			"by Call": func() error { _, err := s.Call(ctx, "m", "action_confirm", []int64{4}, nil); return err },
		}
		want := map[string]string{"read": "[1 2]", "one id": "[5]", "unknown method": "[4]", "by Call": "[4]"}
		for name, call := range calls {
			if err := call(); err != nil || fmt.Sprint(w.asked[len(w.asked)-1].body["ids"]) != want[name] {
				t.Errorf("%s: body %v, error %v", name, w.asked[len(w.asked)-1].body, err)
			}
		}
	})
}

func TestJSON2SendsNoCallForNothing(t *testing.T) {
	w := odoo19(func(asked) (*http.Response, error) { return page(200, "application/json", "true") })
	s := dialKeyed(t, w)
	calls := map[string]func() error{
		"write without records": func() error {
			_, err := s.ExecuteKW(ctx, "m", "write", []any{[]int64{}, map[string]any{}}, nil)
			return err
		},
		"unlink without ids": func() error { _, err := s.ExecuteKW(ctx, "m", "unlink", nil, nil); return err },
		"ids that are texts": func() error { _, err := s.ExecuteKW(ctx, "m", "unlink", []any{[]any{"1"}}, nil); return err },
		"an empty list":      func() error { _, err := s.Call(ctx, "m", "action_confirm", []int64{}, nil); return err },
		"no names":           func() error { _, err := s.ExecuteKW(ctx, "m", "do_it", []any{"a", "b"}, nil); return err },
		"too many":           func() error { _, err := s.ExecuteKW(ctx, "m", "unlink", []any{[]int64{1}, "b"}, nil); return err },
	}
	before := len(w.asked)
	for name, call := range calls {
		t.Run("Ensure it is refused: "+name, func(t *testing.T) {
			if e := failed(t, call()); e.Kind != odoo.InvalidCall || e.OutcomeUnknown || len(w.asked) != before {
				t.Errorf("kind %s, %d requests", e.Kind, len(w.asked)-before)
			}
		})
	}
	t.Run("Ensure a right may be asked for without a record", func(t *testing.T) {
		if may, err := s.HasAccess(ctx, "m", "create"); err != nil || !may {
			t.Fatal(may, err)
		}
		if a := w.asked[len(w.asked)-1]; string(a.raw) != `{"operation":"create"}` {
			t.Errorf("body %s", a.raw)
		}
	})
}

func TestJSON2Refusals(t *testing.T) {
	cases := []struct {
		capture string
		kind    odoo.Kind
		field   string
	}{
		{"error_access_model", odoo.AccessError, ""},
		{"error_access_rule", odoo.AccessError, ""},
		{"error_access_field", odoo.AccessError, ""},
		{"error_private_method", odoo.AccessError, ""},
		{"context_companies_denied", odoo.AccessError, ""},
		{"error_user_error", odoo.UserError, ""},
		{"error_user_error_fr", odoo.UserError, ""},
		{"error_redirect_warning", odoo.UserError, ""},
		{"error_validation_error", odoo.ValidationError, ""},
		{"error_unique", odoo.ValidationError, ""},
		{"error_required_field", odoo.ValidationError, ""},
		{"error_unlink_linked_foreign_key", odoo.ValidationError, ""},
		{"error_missing_write", odoo.MissingError, ""},
		{"error_missing_unlink", odoo.MissingError, ""},
		{"error_unknown_model", odoo.UnknownModel, ""},
		{"error_unknown_method", odoo.UnknownMethod, ""},
		{"error_unknown_field_read", odoo.UnknownField, "nosuchfield"},
		{"error_unknown_field_create", odoo.UnknownField, "nosuchfield"},
		{"error_unknown_field_domain", odoo.UnknownField, "nosuchfield"},
		{"error_unknown_field_write", odoo.UnknownField, "nosuchfield"},
		{"error_bad_date", odoo.ValueError, ""},
		{"error_bad_selection", odoo.ValueError, ""},
		{"error_bad_domain", odoo.ValueError, ""},
		{"error_missing_argument", odoo.ValueError, ""},
		{"error_unexpected_argument", odoo.ValueError, ""},
		{"error_ids_with_model_method", odoo.ValueError, ""},
		{"malformed_json", odoo.ValueError, ""},
		{"error_serialization", odoo.Serialization, ""},
		{"auth_wrong_key", odoo.AccessDenied, ""},
		{"auth_no_header", odoo.AccessDenied, ""},
		{"get_method", odoo.NotOdoo, ""},
		{"content_type_none", odoo.NotOdoo, ""},
		{"database_wrong", odoo.NotOdoo, ""},
	}
	for _, c := range cases {
		t.Run("Ensure it is typed by its name: "+c.capture, func(t *testing.T) {
			status, contentType, body := exchange(t, "odoo19/json2_"+c.capture+".response.http")
			model, method := target(t, "odoo19/json2_"+c.capture+".request.http")
			s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) { return page(status, contentType, body) }))
			_, err := s.ExecuteKW(ctx, model, method, []any{[]int64{1}}, map[string]any{"vals": map[string]any{"nosuchfield": 1}})
			e := failed(t, err)
			if e.Kind != c.kind || e.Field != c.field || e.Retryable != (c.kind == odoo.Serialization) || strings.Contains(err.Error(), "Traceback") {
				t.Errorf("kind %q, field %q, retryable %v: %v", e.Kind, e.Field, e.Retryable, err)
			}
			if e.OutcomeUnknown {
				t.Error("Odoo rolled it back, and yet the outcome counts as unknown")
			}
		})
	}
}

// exchange is a recorded answer: status, content type and body.
func exchange(t *testing.T, name string) (status int, contentType, body string) {
	t.Helper()
	head, body, ok := strings.Cut(strings.ReplaceAll(string(capture(t, name)), "\r\n", "\n"), "\n\n")
	if !ok {
		t.Fatalf("%s has no body", name)
	}
	if _, err := fmt.Sscanf(head, "HTTP/1.0 %d", &status); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(head) {
		if value, ok := strings.CutPrefix(line, "Content-Type: "); ok {
			contentType = strings.TrimSpace(value)
		}
	}
	return status, contentType, body
}

// target is what a recorded request called.
func target(t *testing.T, name string) (model, method string) {
	t.Helper()
	line, _, _ := strings.Cut(string(capture(t, name)), "\n")
	parts := strings.Split(strings.Fields(line)[1], "/")
	if len(parts) < 5 {
		return "res.partner", "write"
	}
	method = parts[4]
	if method == "search" || method == "create" || method == "search_read" || method == "context_get" {
		method = "write" // a call that the session takes with the arguments below
	}
	return parts[3], method
}

func TestJSON2Outcomes(t *testing.T) {
	cases := map[string]struct {
		status      int
		contentType string
		body        string
		kind        odoo.Kind
		unknown     bool
	}{
		"a page of the server's own with status 500":  {500, "text/html; charset=utf-8", "<!doctype html><title>500</title>", odoo.Connection, true},
		"a page with status 200":                      {200, "text/html", "<html>welcome</html>", odoo.NotOdoo, true},
		"an answer that is cut off":                   {200, "application/json", `[{"id": 1, "na`, odoo.UnexpectedAnswer, true},
		"something after the answer":                  {200, "application/json", `true true`, odoo.UnexpectedAnswer, true},
		"an empty answer":                             {200, "application/json", ``, odoo.UnexpectedAnswer, true},
		"a proxy's 502":                               {502, "text/html", "<html>bad gateway</html>", odoo.Connection, true},
		"too large a request":                         {413, "text/html", "<html>too large</html>", odoo.TooLarge, false},
		"an exception that has no type of its own":    {500, "application/json", `{"name": "builtins.ZeroDivisionError", "message": "division by zero", "debug": "Traceback"}`, odoo.ServerError, false},
		"a deadlock":                                  {500, "application/json", `{"name": "psycopg2.errors.DeadlockDetected", "message": "deadlock detected"}`, odoo.Serialization, false},
		"a key error of a value that was sent":        {500, "application/json", `{"name": "builtins.KeyError", "message": "'nosuch'"}`, odoo.UnknownField, false},
		"JSON of somebody else, with an error status": {500, "application/json", `{"error": "quota"}`, odoo.Connection, true},
	}
	for name, c := range cases {
		t.Run("Ensure it is told: "+name, func(t *testing.T) {
			s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) { return page(c.status, c.contentType, c.body) }))
			_, err := s.ExecuteKW(ctx, "res.partner", "write", []any{[]int64{1}, map[string]any{"nosuch": 1}}, nil)
			if e := failed(t, err); e.Kind != c.kind || e.OutcomeUnknown != c.unknown {
				t.Errorf("kind %q, unknown %v: %v", e.Kind, e.OutcomeUnknown, err)
			}
		})
	}
	t.Run("Ensure a method that returns nothing is no failure", func(t *testing.T) {
		s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) { return page(200, "application/json", "null") }))
		if got, err := s.Call(ctx, "stock.quant", "action_apply_inventory", []int64{41}, nil); got != nil || err != nil {
			t.Errorf("%v, error %v", got, err)
		}
	})
	t.Run("Ensure the traceback is kept without the key", func(t *testing.T) {
		body := fmt.Sprintf(`{"name": "builtins.ZeroDivisionError", "message": "x", "debug": "Traceback\nkey %s"}`, password)
		s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) { return page(500, "application/json", body) }))
		_, err := s.Call(ctx, "m", "f", []int64{1}, nil)
		var refused *json2.Error
		if !errors.As(err, &refused) || !strings.Contains(refused.Debug, "Traceback") || strings.Contains(refused.Debug, password) {
			t.Errorf("%+v", refused)
		}
	})
}

func TestDatabaseOfJSON2(t *testing.T) {
	wrong := func(a asked) (*http.Response, error) { return page(404, "text/html; charset=utf-8", htmlPage) }
	t.Run("Ensure a database that is not there is told from a server that is not Odoo", func(t *testing.T) {
		o := keyed(&web{page: func(a asked) (*http.Response, error) {
			if a.path == "/web/version" {
				return page(200, "application/json", version19)
			}
			return wrong(a)
		}})
		if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.UnknownDatabase {
			t.Error(err)
		}
		o = keyed(&web{page: wrong})
		o.Protocol = odoo.ProtocolJSON2
		if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.NotOdoo || !strings.Contains(err.Error(), "xmlrpc") {
			t.Error(err)
		}
	})
	list := func(names string) *web {
		return &web{page: func(a asked) (*http.Response, error) {
			if a.path == "/web/database/list" {
				return page(200, "application/json", `{"jsonrpc": "2.0", "id": null, "result": `+names+`}`)
			}
			return reply(int64(2), nil)
		}}
	}
	t.Run("Ensure the only database is found, and several are told", func(t *testing.T) {
		o := options(list(`["shop"]`))
		o.Database = ""
		s, err := odoo.Dial(ctx, o)
		if err != nil || s.Database() != "https://odoo.example.com/shop" {
			t.Errorf("%v, error %v", s, err)
		}
		for _, names := range []string{`[]`, `["shop", "test"]`} {
			o := options(list(names))
			o.Database = ""
			if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.UnknownDatabase {
				t.Error(err)
			}
		}
	})
}

func TestRenewedLogin(t *testing.T) {
	// server lets in the users of uids one after the other, and takes calls of the last alone. A login of 0 is refused.
	server := func(uids ...int64) (*web, *atomic.Int64) {
		var logins atomic.Int64
		return &web{page: func(a asked) (*http.Response, error) {
			method, args, err := xmlrpc.DecodeCall(a.raw)
			if err != nil {
				return nil, err
			}
			if method == "authenticate" {
				uid := uids[min(int(logins.Add(1)), len(uids))-1]
				if uid == 0 {
					return reply(false, nil)
				}
				return reply(uid, nil)
			}
			if args[1] != uids[len(uids)-1] {
				return reply(nil, &xmlrpc.Fault{Code: 3, Text: "Access Denied"})
			}
			return reply(true, nil)
		}}, &logins
	}
	call := func(s *odoo.Session) error { _, err := s.ExecuteKW(ctx, "m", "f", []any{[]any{}}, nil); return err }
	t.Run("Ensure a stale login is renewed once, and the call sent again", func(t *testing.T) {
		w, logins := server(2, 9)
		s := dial(t, w)
		if err := call(s); err != nil || s.UID() != 9 || logins.Load() != 2 {
			t.Errorf("uid %d, %d logins, error %v", s.UID(), logins.Load(), err)
		}
	})
	t.Run("Ensure a login that stays refused ends", func(t *testing.T) {
		w, logins := server(2, 3, 4)
		if err := call(dial(t, w)); failed(t, err).Kind != odoo.AccessDenied || logins.Load() != 2 {
			t.Errorf("%d logins, error %v", logins.Load(), err)
		}
	})
	t.Run("Ensure a password that was changed is not tried for ever, since Odoo counts failures", func(t *testing.T) {
		w, logins := server(2, 0)
		s := dial(t, w)
		for range 5 {
			if err := call(s); failed(t, err).Kind != odoo.AccessDenied {
				t.Error(err)
			}
		}
		if logins.Load() != 2 {
			t.Errorf("%d logins", logins.Load())
		}
	})
	t.Run("Ensure a refusal of the method itself is no outage, and not repeated", func(t *testing.T) {
		scripted := &scripted{answer: func(called) (any, error) { return nil, &xmlrpc.Fault{Code: 3, Text: "Access Denied"} }}
		err := call(dial(t, scripted))
		if e := failed(t, err); e.Kind != odoo.AccessError || e.Outage() || len(scripted.calls) != 1 {
			t.Errorf("%d calls, error %v", len(scripted.calls), err)
		}
	})
}

func TestTheKeysOwner(t *testing.T) {
	t.Run("Ensure a key of another user than the one named is refused", func(t *testing.T) {
		o := keyed(odoo19(nil))
		o.Username = "portal"
		if _, err := odoo.Dial(ctx, o); failed(t, err).Kind != odoo.AccessDenied || !strings.Contains(err.Error(), "of another user than portal") {
			t.Error(err)
		}
	})
	t.Run("Ensure a key alone is enough", func(t *testing.T) {
		o := keyed(odoo19(nil))
		o.Username = ""
		if s, err := odoo.Dial(ctx, o); err != nil || s.UID() != 2 {
			t.Error(err)
		}
	})
}

func TestWritesOfNothing(t *testing.T) {
	server := &scripted{answer: func(called) (any, error) { return true, nil }}
	s := dial(t, server)
	for _, method := range []string{"write", "unlink"} {
		for name, args := range map[string][]any{
			"no ids": {[]int64{}}, "no arguments": nil, "an id of 0": {[]int64{1, 0}}, "an id below 0": {[]any{int64(-5)}}, "a single 0": {0},
		} {
			t.Run("Ensure "+method+" is refused that would report success and do nothing: "+name, func(t *testing.T) {
				_, err := s.ExecuteKW(ctx, "m", method, args, nil)
				if e := failed(t, err); e.Kind != odoo.InvalidCall || len(server.calls) != 0 {
					t.Errorf("%d calls, %v", len(server.calls), err)
				}
			})
		}
	}
}

func TestAnInactiveLanguage(t *testing.T) {
	t.Run("Ensure it is not taken for a model that is not there", func(t *testing.T) {
		server := &scripted{answer: func(c called) (any, error) { // seen on Odoo 18 and 19
			if context, ok := c.kw["context"].(map[string]any); ok && context["lang"] == "de_DE" {
				return nil, &xmlrpc.Fault{Code: 2, Text: "Invalid language code: de_DE"}
			}
			return taskFields(), nil
		}}
		_, err := dial(t, server).WithLanguage("de_DE").FieldsGet(ctx, "project.task")
		if e := failed(t, err); e.Kind != odoo.InvalidCall || !strings.Contains(err.Error(), "de_DE is not active") {
			t.Error(err)
		}
	})
}

func TestPostgreSQLIsAway(t *testing.T) {
	line := func(text string) func(called) (any, error) {
		return func(called) (any, error) {
			return nil, &xmlrpc.Fault{Code: 1, Text: "Traceback (most recent call last):\n  File \"x.py\", line 1, in y\n    z\n" + text + "\n"}
		}
	}
	cases := []struct {
		text    string
		kind    odoo.Kind
		unknown bool
	}{
		{`psycopg2.OperationalError: connection to server at "db.internal" (10.1.2.3), port 5432 failed: Connection refused`, odoo.DatabaseDown, false},
		{`psycopg2.errors.AdminShutdown: terminating connection due to administrator command`, odoo.DatabaseDown, true},
		{`psycopg2.InterfaceError: connection already closed`, odoo.DatabaseDown, true},
		{`psycopg2.pool.PoolError: The Connection Pool Is Full`, odoo.DatabaseDown, false},
		{`psycopg2.errors.QueryCanceled: canceling statement due to statement timeout`, odoo.Serialization, false},
		{`odoo.exceptions.ConcurrencyError: could not serialize`, odoo.Serialization, false},
	}
	for _, c := range cases {
		t.Run("Ensure it is not the record's fault, and no host is shown: "+c.text, func(t *testing.T) {
			s := dial(t, &scripted{answer: line(c.text)})
			_, err := s.ExecuteKW(ctx, "m", "write", []any{[]int64{1}, map[string]any{}}, nil)
			e := failed(t, err)
			if e.Kind != c.kind || !e.Retryable || e.OutcomeUnknown != c.unknown || strings.Contains(err.Error(), "10.1.2.3") || strings.Contains(err.Error(), "db.internal") {
				t.Errorf("unknown %v, %v", e.OutcomeUnknown, err)
			}
		})
	}
	t.Run("Ensure a proxy's 503 in JSON stays one, with its pause", func(t *testing.T) {
		s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) {
			r, err := page(503, "application/json", `{"name": "werkzeug.exceptions.ServiceUnavailable", "message": "busy"}`)
			r.Header.Set("Retry-After", "120")
			return r, err
		}))
		_, err := s.Call(ctx, "m", "f", []int64{1}, nil)
		var underneath *transport.Error
		if e := failed(t, err); !e.Retryable || !e.Outage() || !errors.As(err, &underneath) || underneath.RetryAfter != 2*time.Minute {
			t.Error(err)
		}
	})
}

func TestCallOverXMLRPC(t *testing.T) {
	var got called
	s := dial(t, &scripted{answer: func(c called) (any, error) { got = c; return true, nil }})
	cases := map[string]struct {
		call func() error
		args []any
		kw   map[string]any
	}{
		"a domain by position, for Odoo 16 calls it args": {
			func() error {
				_, err := s.Call(ctx, "m", "search", nil, map[string]any{"domain": []any{}, "limit": 1})
				return err
			},
			[]any{[]any{}}, map[string]any{"limit": int64(1)},
		},
		"records first": {
			func() error {
				_, err := s.Call(ctx, "m", "write", []int64{3}, map[string]any{"vals": map[string]any{"a": "b"}})
				return err
			},
			[]any{[]any{int64(3)}, map[string]any{"a": "b"}}, map[string]any{},
		},
		"the rest by name": {
			func() error {
				_, err := s.Call(ctx, "m", "message_post", []int64{3}, map[string]any{"body": "x"})
				return err
			},
			[]any{[]any{int64(3)}}, map[string]any{"body": "x"},
		},
	}
	for name, c := range cases {
		t.Run("Ensure it is sent: "+name, func(t *testing.T) {
			if err := c.call(); err != nil || !reflect.DeepEqual(got.args, c.args) || !reflect.DeepEqual(got.kw, c.kw) {
				t.Errorf("args %v, kw %v, error %v", got.args, got.kw, err)
			}
		})
	}
	t.Run("Ensure an empty list of records is refused", func(t *testing.T) {
		if _, err := s.Call(ctx, "m", "unlink", []int64{}, nil); failed(t, err).Kind != odoo.InvalidCall {
			t.Error(err)
		}
	})
}

// the transport's own failures are those of session_test.go; this names the one that JSON-2 adds.
func TestJSON2Timeout(t *testing.T) {
	t.Run("Ensure a dropped connection after sending leaves the outcome open", func(t *testing.T) {
		s := dialKeyed(t, odoo19(func(asked) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }))
		_, err := s.Call(ctx, "m", "action_confirm", []int64{1}, nil)
		var broken *transport.Error
		if e := failed(t, err); !e.OutcomeUnknown || !errors.As(err, &broken) || broken.Kind != transport.Dropped {
			t.Errorf("unknown %v: %v", e.OutcomeUnknown, err)
		}
	})
}

func TestAKeyThatNoHeaderCarries(t *testing.T) {
	t.Run("Ensure a key with a line end is told before anything is sent, without the key", func(t *testing.T) {
		o := keyed(odoo19(nil))
		o.APIKey = password + "\n"
		_, err := odoo.Dial(ctx, o)
		if e := failed(t, err); e.Kind != odoo.InvalidCall || e.OutcomeUnknown || e.Outage() || !strings.Contains(err.Error(), "line end") {
			t.Error(err)
		}
	})
}
