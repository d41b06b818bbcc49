package odootest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// captured decodes a captured answer, or skips where the captures are absent.
func captured(t *testing.T, server, name string) (any, *xmlrpc.Fault) {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "captures", server, name+".response.xml")
	body, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no captured exchange at %s", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	value, err := xmlrpc.DecodeResponse(body)
	var fault *xmlrpc.Fault
	if err != nil && !errors.As(err, &fault) {
		t.Fatal(err)
	}
	return value, fault
}

// lastLine gives the last line of a fault's text.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestLogin(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *client) {
		login := func(db, user, password string) any {
			value, err := c.post("common", "authenticate", db, user, password, map[string]any{})
			if err != nil {
				return lastLine(err.Error())
			}
			return value
		}
		// captures/odoo18/authenticate_ok, _wrong_password, _wrong_db
		want(t, "right password", login("demo", "admin", "admin"), int64(2))
		want(t, "second user", login("demo", "pm", "pm"), int64(6))
		want(t, "an API key", login("demo", "pm", "key-of-pm"), int64(6))
		want(t, "wrong password", login("demo", "admin", "nope"), false)
		want(t, "empty password", login("demo", "portal", ""), false)
		want(t, "wrong user", login("demo", "nobody", "admin"), false)
		if got, _ := login("nodb", "admin", "admin").(string); !strings.HasSuffix(got, `FATAL:  database "nodb" does not exist`) {
			t.Errorf("wrong database: got %q", got)
		}
		// captures/odoo18/fault_execute_wrong_password
		c.as(2, "nope").fault(3, "Access Denied", "res.partner", "search", []any{})
		c.as(99, "admin").fault(3, "Access Denied", "res.partner", "search", []any{})
		want(t, "an API key as password", c.as(6, "key-of-pm").call("project.project", "search_count", []any{}), int64(0))
	})
}

func TestServicesWithoutLogin(t *testing.T) {
	t.Run("Ensure version is answered as by Odoo 16 and 19", func(t *testing.T) {
		for server, version := range map[string]string{"odoo16": "16.0", "odoo19": "19.0"} {
			_, c := start(t, version)
			got, err := c.post("common", "version")
			if err != nil {
				t.Fatal(err)
			}
			expected, _ := captured(t, server, "common_version")
			want(t, version, got, expected)
		}
	})
	t.Run("Ensure db.list names the database and an unknown method is fault 1", func(t *testing.T) {
		_, c := start(t, "18.0")
		got, err := c.post("db", "list")
		if err != nil {
			t.Fatal(err)
		}
		want(t, "db.list", got, []any{"demo"})
		_, err = c.post("common", "nosuch")
		var fault *xmlrpc.Fault
		if _, expected := captured(t, "odoo18", "fault_common_unknown_method"); !errors.As(err, &fault) || lastLine(fault.Text) != lastLine(expected.Text) {
			t.Errorf("got %v", err)
		}
	})
}

func TestWhatIsNoCall(t *testing.T) {
	get := func(version, path string) (int, string) {
		server, _ := start(t, version)
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://odoo.test"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.RoundTripper().RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	t.Run("Ensure GET is 405 and an unknown path 404", func(t *testing.T) {
		if status, _ := get("18.0", "/xmlrpc/2/object"); status != http.StatusMethodNotAllowed {
			t.Errorf("got %d", status)
		}
		if status, _ := get("18.0", "/xmlrpc/"); status != http.StatusNotFound {
			t.Errorf("got %d", status)
		}
	})
	t.Run("Ensure only Odoo 19 tells its version at /web/version", func(t *testing.T) {
		// captures/odoo19/json2_web_version; 404 on 17
		status, body := get("19.0", "/web/version")
		if status != http.StatusOK || body != `{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}` {
			t.Errorf("got %d %s", status, body)
		}
		if status, _ := get("17.0", "/web/version"); status != http.StatusNotFound {
			t.Errorf("got %d", status)
		}
	})
	t.Run("Ensure malformed XML is fault 1", func(t *testing.T) {
		// captures/odoo19/fault_malformed_xml
		server, _ := start(t, "19.0")
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://odoo.test/xmlrpc/2/object", strings.NewReader("<?xml version='1.0'?><methodCall><methodName>execute_kw</methodName><params>"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.RoundTripper().RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(response.Body)
		_, err = xmlrpc.DecodeResponse(body)
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || fault.Code != 1 || !strings.HasPrefix(lastLine(fault.Text), "xml.parsers.expat.ExpatError: ") {
			t.Errorf("got %v", err)
		}
	})
}

// TestFaultsOfRealServers compares the server's faults with captured ones: the
// code, and of a traceback the last line.
func TestFaultsOfRealServers(t *testing.T) {
	partner := map[string]any{"name": "x"}
	cases := []struct {
		capture, model, method string
		args                   []any
	}{
		{"fault_unknown_model", "no.such.model", "read", []any{[]any{1}}},
		{"fault_unknown_method", "res.partner", "no_such_method", []any{[]any{1}}},
		{"fault_private_method", "res.partner", "_compute_display_name", []any{[]any{1}}},
		{"fault_unknown_field_read", "res.partner", "read", []any{[]any{1}, []string{"nosuchfield"}}},
		{"fault_unknown_field_create", "res.partner", "create", []any{map[string]any{"name": "x", "nosuchfield": 1}}},
		{"fault_unknown_field_write", "res.partner", "write", []any{[]any{1}, map[string]any{"nosuchfield": 1}}},
		{"fault_unknown_field_domain", "res.partner", "search", []any{[]any{[]any{"nosuchfield", "=", 1}}}},
		{"fault_bad_selection", "res.partner", "create", []any{map[string]any{"name": "x", "type": "bogus"}}},
		{"fault_bad_date", "project.project", "create", []any{map[string]any{"name": "x", "date_start": "31/12/2024"}}},
		{"fault_bad_kwarg", "res.partner", "search", []any{[]any{}, kw{"nosuchkw": 1}}},
		{"fault_bad_domain", "res.partner", "search", []any{[]any{"foo"}}},
	}
	for server, version := range map[string]string{"odoo16": "16.0", "odoo18": "18.0", "odoo19": "19.0"} {
		for _, k := range cases {
			t.Run("Ensure "+version+" answers as "+server+"/"+k.capture, func(t *testing.T) {
				_, expected := captured(t, server, k.capture)
				_, c := start(t, version)
				_, err := c.try(k.model, k.method, k.args...)
				var fault *xmlrpc.Fault
				if !errors.As(err, &fault) {
					t.Fatalf("got %v, want fault %d", err, expected.Code)
				}
				if fault.Code != expected.Code || lastLine(fault.Text) != lastLine(expected.Text) {
					t.Errorf("got %d %q\nwant %d %q", fault.Code, lastLine(fault.Text), expected.Code, lastLine(expected.Text))
				}
			})
		}
	}
	t.Run("Ensure a dead record is named as by a real server", func(t *testing.T) {
		_, c := start(t, "18.0")
		id := c.create("res.partner", partner)
		c.call("res.partner", "unlink", []int64{id})
		c.fault(2, "Record does not exist or has been deleted.\n(Record: res.partner(101,), User: 2)", "res.partner", "write", []int64{1, id}, partner)
		c.fault(2, "Record does not exist", "res.partner", "unlink", []int64{id})
	})
	t.Run("Ensure an access error is worded as by a real server", func(t *testing.T) {
		for server, version := range map[string]string{"odoo16": "16.0", "odoo18": "18.0", "odoo19": "19.0"} {
			_, expected := captured(t, server, "fault_access_error_model")
			_, c := start(t, version)
			c.as(6, "pm").fault(4, expected.Text, "ir.config_parameter", "search_read", []any{}, kw{"limit": 1})
		}
	})
}

func TestNoneAndLargeNumbersAreFaultsAfterTheCommit(t *testing.T) {
	// captures/odoo18/fault_none_result_committed; action_archive seen on Odoo 18
	_, c := start(t, "18.0")
	project, _, _, task := c.board()
	c.fault(1, "TypeError: cannot marshal None unless allow_none is enabled", "project.project", "action_archive", []int64{project})
	want(t, "the project after the fault", c.get("project.project", project, "active"), false)
	want(t, "its task after the fault", c.get("project.task", task, "active"), false)
	c.fault(1, "TypeError: dictionary key must be string", "project.task", "get_external_id", []int64{task})
	c.fault(1, "cannot marshal None", "project.task", "check_access_rights", "read")
	want(t, "without raising", c.call("project.task", "check_access_rights", "read", false), true)
}

func TestPositionalExecute(t *testing.T) {
	_, c := start(t, "18.0")
	got, err := c.post("object", "execute", "demo", 2, "admin", "res.users", "search_count", []any{[]any{"login", "=", "pm"}})
	if err != nil || got != int64(1) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestArgumentsAreBoundAsPythonDoes(t *testing.T) {
	// seen on Odoo 18
	_, c := start(t, "18.0")
	c.fault(1, "TypeError: BaseModel.search() takes from 2 to 5 positional arguments but 7 were given", "project.project", "search", []any{}, 0, 1, "id", 5, 6)
	c.fault(1, "missing 1 required positional argument: 'vals'", "project.project", "write", []int64{1})
	c.fault(1, "missing 1 required positional argument: 'vals_list'", "project.project", "create")
	c.fault(1, "IndexError: tuple index out of range", "project.project", "read")
	c.fault(1, "got multiple values for argument 'domain'", "project.project", "search", []any{}, kw{"domain": []any{}})
	want(t, "one id in place of a list", len(c.call("res.users", "read", 2, []string{"login"}).([]any)), 1)
}

func TestTheServerListensOnLoopbackAlone(t *testing.T) {
	server, c := start(t, "18.0")
	url, stop, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url+"/xmlrpc/2/common", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("got %v, %v", response, err)
	} else {
		_ = response.Body.Close()
	}
	want(t, "the same server in the process", c.call("res.users", "search_count", []any{[]any{"id", "=", 2}}), int64(1))
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "nonsense"} {
		if _, stop, err := server.Listen(addr); err == nil {
			stop()
			t.Errorf("%q was accepted", addr)
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	server, c := start(t, "18.0")
	c.board()
	server.ResetRequests()
	c.call("project.task", "search_read", []any{}, []string{"name"})
	c.call("project.task", "write", []int64{1}, map[string]any{"name": "x"})
	c.call("project.tags", "load", []string{"name"}, []any{[]any{"a"}, []any{"b"}})
	if _, err := c.post("common", "version"); err != nil {
		t.Fatal(err)
	}
	type line struct {
		endpoint, model, method string
		count                   int
		writes                  bool
	}
	lines := []line{}
	for _, r := range server.Requests() {
		lines = append(lines, line{r.Endpoint, r.Model, r.Method, r.Count, r.Writes})
	}
	want(t, "log", lines, []line{
		{"object", "project.task", "search_read", 0, false},
		{"object", "project.task", "write", 1, true},
		{"object", "project.tags", "load", 2, true},
		{"common", "", "version", 0, false},
	})
}

func TestFailures(t *testing.T) {
	once := func(moment odootest.Moment, err error) func(odootest.Request) error {
		done := false
		return func(r odootest.Request) error {
			if done || r.Moment != moment || !r.Writes {
				return nil
			}
			done = true
			return err
		}
	}
	t.Run("Ensure a failure before the effect leaves nothing behind", func(t *testing.T) {
		server, c := start(t, "18.0")
		server.Fail(once(odootest.Before, odootest.ErrNoAnswer))
		if _, err := c.try("project.tags", "create", map[string]any{"name": "Bug"}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		want(t, "tags", server.Search("project.tags", nil), []int64{})
	})
	t.Run("Ensure an answer can be lost after the commit", func(t *testing.T) {
		server, c := start(t, "18.0")
		server.Fail(once(odootest.After, odootest.ErrNoAnswer))
		if _, err := c.try("project.tags", "create", map[string]any{"name": "Bug"}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		want(t, "tags", server.Search("project.tags", nil), []int64{1})
	})
	t.Run("Ensure a status or a fault can be played", func(t *testing.T) {
		server, c := start(t, "18.0")
		server.Fail(once(odootest.Before, &odootest.HTTPError{Status: http.StatusServiceUnavailable, Body: "<html>"}))
		if _, err := c.try("project.tags", "create", map[string]any{"name": "Bug"}); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("got %v", err)
		}
		server.Fail(once(odootest.Before, &xmlrpc.Fault{Code: 1, Text: "Traceback (most recent call last):\nx"}))
		c.fault(1, "x", "project.tags", "create", map[string]any{"name": "Bug"})
	})
	t.Run("Ensure a user can change records between two calls", func(t *testing.T) {
		server, c := start(t, "18.0")
		_, _, _, task := c.board()
		server.Fail(func(r odootest.Request) error {
			if r.Moment == odootest.Before && r.Method == "write" {
				server.Write("project.task", []int64{task}, map[string]any{"name": "by a user"})
			}
			return nil
		})
		c.call("project.task", "write", []int64{task}, map[string]any{"sequence": 3})
		want(t, "name", c.get("project.task", task, "name"), "by a user")
	})
	t.Run("Ensure a request's context is honoured", func(t *testing.T) {
		server, c := start(t, "18.0")
		ctx, cancel := context.WithCancel(context.Background())
		server.Fail(func(r odootest.Request) error {
			if r.Moment == odootest.After {
				cancel()
			}
			return nil
		})
		body, _ := xmlrpc.EncodeCall("version")
		for range 2 {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://odoo.test/xmlrpc/2/common", strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			if response, err := c.http.Do(request); !errors.Is(err, context.Canceled) {
				_ = response.Body.Close()
				t.Errorf("got %v", err)
			}
		}
		want(t, "calls that arrived", len(server.Requests()), 1)
	})
}
