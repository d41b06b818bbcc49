package odoo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

const password = "s3cr3t-pass"

// called is one execute_kw as the server saw it.
type called struct {
	model, method string
	args          []any
	kw            map[string]any
}

// scripted is an Odoo whose answers a test writes itself: for answers that no well-behaved server
// gives. Everything else is tested against odootest.
type scripted struct {
	calls  []called
	answer func(called) (any, error)      // an error: *xmlrpc.Fault, or a broken connection
	raw    func() (*http.Response, error) // instead of answer
	locked bool                           // no second login is let in
	logins int
}

// RoundTrip answers authenticate with user 2 and every other call by the script.
func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	method, args, err := xmlrpc.DecodeCall(body)
	if err != nil {
		return nil, err
	}
	if method == "authenticate" {
		if s.logins++; s.locked && s.logins > 1 {
			return reply(false, nil)
		}
		return reply(int64(2), nil)
	}
	c := called{model: args[3].(string), method: args[4].(string), args: args[5].([]any), kw: args[6].(map[string]any)}
	s.calls = append(s.calls, c)
	if s.raw != nil {
		return s.raw()
	}
	return reply(s.answer(c))
}

func reply(result any, err error) (*http.Response, error) {
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		return page(200, "text/xml", string(xmlrpc.EncodeFault(fault.Code, fault.Text)))
	}
	if err != nil {
		return nil, err
	}
	body, err := xmlrpc.EncodeResponse(result)
	if err != nil {
		return nil, err
	}
	return page(200, "text/xml", string(body))
}

func page(status int, contentType, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)),
	}, nil
}

// stillClock never waits.
type stillClock struct{}

func (stillClock) Now() time.Time { return time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC) }

func (stillClock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func dial(t *testing.T, base http.RoundTripper) *odoo.Session {
	t.Helper()
	s, err := odoo.Dial(context.Background(), options(base))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func options(base http.RoundTripper) odoo.Options {
	return odoo.Options{
		Name: "main", URL: "https://odoo.example.com", Database: "demo", Username: "admin", Password: password,
		Client: transport.New(transport.Options{System: "Odoo main", Base: base, Clock: stillClock{}}),
	}
}

// failed is the *odoo.Error in err; its text must be one line without the password.
func failed(t *testing.T, err error) *odoo.Error {
	t.Helper()
	var e *odoo.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is a %T (%v), not an *odoo.Error", err, err)
	}
	if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error shows the password or is more than one line: %v", err)
	}
	return e
}

// capture is the body of a recorded exchange; the recordings lie beside the repository.
func capture(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "shared", "captures", filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the recorded exchange " + name + " is not here: no folder shared beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// taskFields are the fields of a model with one field of each type.
func taskFields() map[string]any {
	field := func(kind, relation string) map[string]any {
		return map[string]any{"type": kind, "string": "Label of " + kind, "relation": relation, "required": false, "readonly": false}
	}
	out := map[string]any{
		"name": field("char", ""), "note": field("text", ""), "description": field("html", ""), "active": field("boolean", ""),
		"sequence": field("integer", ""), "hours": field("float", ""), "amount": field("monetary", ""),
		"day": field("date", ""), "date_deadline": field("datetime", ""), "write_date": field("datetime", ""),
		"stage_id": field("many2one", "project.task.type"), "tag_ids": field("many2many", "project.tags"),
		"child_ids": field("one2many", "project.task"), "image": field("binary", ""), "res_id": field("many2one_reference", ""),
		"origin": field("reference", ""), "properties": field("properties", ""), "priority": field("selection", ""),
		"id": field("integer", ""),
	}
	out["priority"].(map[string]any)["selection"] = []any{[]any{"0", "Low"}, []any{"1", "High"}}
	return out
}

// withFields answers fields_get, and the rest by the function.
func withFields(answer func(called) (any, error)) *scripted {
	return &scripted{answer: func(c called) (any, error) {
		if c.method == "fields_get" {
			return taskFields(), nil
		}
		return answer(c)
	}}
}

func ref(model string, id int64) record.Reference {
	return record.Reference{Model: model, ID: strconv.FormatInt(id, 10)}
}
