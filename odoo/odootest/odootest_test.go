package odootest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// versions are all that the server plays.
var versions = []string{"16.0", "17.0", "18.0", "19.0"}

// clock is a time that a test moves by hand; each look moves it by a microsecond.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 10, 0, 0, 250_000_000, time.UTC)} }

func (c *clock) time() time.Time {
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

// client calls a server over HTTP in the process as one user.
type client struct {
	t        testing.TB
	server   *odootest.Server
	http     *http.Client
	uid      int64
	password string
	context  map[string]any
}

// users are the users of a test's server beside admin.
func users() []odootest.User {
	return []odootest.User{
		{Login: "pm", Password: "pm", APIKey: "key-of-pm", Name: "PM", Groups: []string{"project.group_project_manager"}},
		{Login: "pu", Password: "pu", Name: "PU", Groups: []string{"project.group_project_user"}},
		{Login: "portal", Password: "portal", Groups: []string{"base.group_portal"}},
		{Login: "employee", Password: "employee"},
	}
}

// start makes a server of a version and a client of its administrator.
func start(t testing.TB, version string) (*odootest.Server, *client) {
	t.Helper()
	server := odootest.New(odootest.Options{Version: version, Clock: newClock().time, Users: users()})
	return server, newClient(t, server, 2, "admin")
}

func newClient(t testing.TB, server *odootest.Server, uid int64, password string) *client {
	return &client{t: t, server: server, http: &http.Client{Transport: server.RoundTripper()}, uid: uid, password: password}
}

// as gives a client of another user.
func (c *client) as(uid int64, password string) *client {
	return newClient(c.t, c.server, uid, password)
}

// with gives a client with another context.
func (c *client) with(values map[string]any) *client {
	copied := *c
	copied.context = values
	return &copied
}

// post sends a call to a service.
func (c *client) post(service, method string, args ...any) (any, error) {
	body, err := xmlrpc.EncodeCall(method, args...)
	if err != nil {
		c.t.Fatalf("cannot encode %s: %v", method, err)
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://odoo.test/xmlrpc/2/"+service, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || response.ContentLength != int64(len(answer)) {
		return nil, fmt.Errorf("status %d, length %d of %d", response.StatusCode, response.ContentLength, len(answer))
	}
	return xmlrpc.DecodeResponse(answer)
}

// try calls a method of a model.
func (c *client) try(model, method string, args ...any) (any, error) {
	kwargs := map[string]any{}
	if n := len(args); n > 0 {
		if given, ok := args[n-1].(kw); ok {
			kwargs, args = given, args[:n-1]
		}
	}
	if c.context != nil {
		kwargs["context"] = c.context
	}
	return c.post("object", "execute_kw", "demo", c.uid, c.password, model, method, append([]any{}, args...), kwargs)
}

// kw are keyword arguments.
type kw map[string]any

// call is try where a fault ends the test.
func (c *client) call(model, method string, args ...any) any {
	c.t.Helper()
	result, err := c.try(model, method, args...)
	if err != nil {
		c.t.Fatalf("%s.%s: %v", model, method, err)
	}
	return result
}

// create makes a record.
func (c *client) create(model string, vals map[string]any) int64 {
	c.t.Helper()
	return c.call(model, "create", vals).(int64)
}

// get reads one field of a record, archived or not.
func (c *client) get(model string, id int64, field string) any {
	c.t.Helper()
	values := map[string]any{"active_test": false}
	for name, value := range c.context {
		values[name] = value
	}
	rows := c.with(values).call(model, "read", []int64{id}, []string{field}).([]any)
	if len(rows) != 1 {
		c.t.Fatalf("%s(%d) does not exist", model, id)
	}
	return rows[0].(map[string]any)[field]
}

// fault calls a method that must fail with a code and a text in its last line.
func (c *client) fault(code int, text, model, method string, args ...any) {
	c.t.Helper()
	result, err := c.try(model, method, args...)
	var fault *xmlrpc.Fault
	if !errors.As(err, &fault) {
		c.t.Errorf("%s.%s: got %v, %v; want fault %d with %q", model, method, result, err, code, text)
		return
	}
	if fault.Code != code || !strings.Contains(fault.Text, text) {
		c.t.Errorf("%s.%s: got fault %d %q; want %d with %q", model, method, fault.Code, fault.Text, code, text)
	}
	if code == 1 && !strings.HasPrefix(fault.Text, "Traceback (most recent call last):\n") {
		c.t.Errorf("%s.%s: fault 1 without a traceback: %q", model, method, fault.Text)
	}
}

// want compares what was got with what was expected.
func want(t testing.TB, what string, got, expected any) {
	t.Helper()
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%s: got %#v, want %#v", what, got, expected)
	}
}

// eachVersion runs a test for every version.
func eachVersion(t *testing.T, run func(t *testing.T, version int, c *client)) {
	t.Helper()
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			_, c := start(t, version)
			major := 0
			if _, err := fmt.Sscanf(version, "%d", &major); err != nil {
				t.Fatal(err)
			}
			run(t, major, c)
		})
	}
}

// board makes a project with two stages and a task in the first.
func (c *client) board() (project, todo, doing, task int64) {
	c.t.Helper()
	project = c.create("project.project", map[string]any{"name": "Board"})
	set := []any{[]any{6, 0, []int64{project}}}
	todo = c.create("project.task.type", map[string]any{"name": "To do", "sequence": 1, "project_ids": set})
	doing = c.create("project.task.type", map[string]any{"name": "Doing", "sequence": 2, "project_ids": set})
	task = c.create("project.task", map[string]any{"name": "Paint the door", "project_id": project, "user_ids": []any{}})
	return project, todo, doing, task
}
