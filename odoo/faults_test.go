package odoo_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// recorded are the faults of real servers, with the kind that each is.
var recorded = []struct {
	name  string
	kind  odoo.Kind
	field string
	all   bool // recorded on 16, 18 and 19, else on 18 alone
}{
	{"fault_execute_wrong_password", odoo.AccessDenied, "", true},
	{"authenticate_wrong_db", odoo.UnknownDatabase, "", true},
	{"fault_execute_wrong_db", odoo.UnknownDatabase, "", true},
	{"fault_access_error_field", odoo.AccessError, "", true},
	{"fault_access_error_model", odoo.AccessError, "", true},
	{"fault_access_error_rule", odoo.AccessError, "", true},
	{"fault_access_error_write", odoo.AccessError, "", true},
	{"fault_private_method", odoo.AccessError, "", true},
	{"fault_user_error", odoo.UserError, "", true},
	{"fault_validation_error", odoo.UserError, "", true},
	{"fault_unique_constraint", odoo.UserError, "", true},
	{"fault_required_field_missing", odoo.UserError, "", true},
	{"fault_required_field_missing_product", odoo.UserError, "", true},
	{"fault_bad_many2one", odoo.UserError, "", true},
	{"fault_unlink_partner_linked", odoo.UserError, "", true},
	{"fault_missing_error_write", odoo.MissingError, "", true},
	{"fault_missing_error_method", odoo.MissingError, "", true},
	{"unlink_deleted", odoo.MissingError, "", true},
	{"fault_unknown_model", odoo.UnknownModel, "", true},
	{"fault_unknown_method", odoo.UnknownMethod, "", true},
	{"fault_common_unknown_method", odoo.UnknownMethod, "", true},
	{"fault_unknown_field_read", odoo.UnknownField, "nosuchfield", true},
	{"fault_unknown_field_create", odoo.UnknownField, "nosuchfield", true},
	{"fault_unknown_field_write", odoo.UnknownField, "nosuchfield", true},
	{"fault_unknown_field_domain", odoo.UnknownField, "nosuchfield", true},
	{"fault_bad_selection", odoo.ValueError, "", true},
	{"fault_bad_date", odoo.ValueError, "", true},
	{"fault_bad_kwarg", odoo.ValueError, "", true},
	{"fault_none_result_committed", odoo.NoneResult, "", true},
	{"fault_int_overflow_response", odoo.LargeResult, "", true},
	{"fault_serialization", odoo.Serialization, "", false},
}

func TestFaultsOfRealServers(t *testing.T) {
	for _, version := range []string{"odoo16", "odoo18", "odoo19"} {
		for _, c := range recorded {
			if !c.all && version != "odoo18" {
				continue
			}
			t.Run("Ensure "+c.name+" of "+version+" is "+string(c.kind), func(t *testing.T) {
				e := replay(t, path.Join(version, c.name))
				if e.Kind != c.kind || e.Field != c.field {
					t.Errorf("kind %q, field %q, want %q, %q: %v", e.Kind, e.Field, c.kind, c.field, e)
				}
				if e.Hint == "" || e.Text == "" && e.Kind != odoo.AccessDenied {
					t.Errorf("no text or no hint: %v", e)
				}
				if want := c.kind == odoo.NoneResult || c.kind == odoo.LargeResult; e.OutcomeUnknown != want {
					t.Errorf("outcome unknown: %v", e.OutcomeUnknown)
				}
				if want := c.kind == odoo.Serialization; e.Retryable != want {
					t.Errorf("retryable: %v", e.Retryable)
				}
			})
		}
	}
}

// replay makes the recorded request in the session's way and gives it the recorded answer.
func replay(t *testing.T, name string) *odoo.Error {
	t.Helper()
	answer := capture(t, name+".response.xml")
	method, args, err := xmlrpc.DecodeCall(capture(t, name+".request.xml"))
	if err != nil {
		t.Fatal(err)
	}
	server := &scripted{raw: func() (*http.Response, error) { return page(200, "text/xml", string(answer)) }, locked: true}
	o := options(server)
	if method == "execute_kw" {
		o.Database = args[0].(string)
	} else { // a call of the service common: its fault comes from the same code
		o.Database, args = "nodb", []any{"nodb", 2, "", "res.partner", method, []any{}}
	}
	s, err := odoo.Dial(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	kw := map[string]any(nil)
	if len(args) > 6 {
		kw = args[6].(map[string]any)
	}
	_, err = s.ExecuteKW(context.Background(), args[3].(string), args[4].(string), args[5].([]any), kw)
	return failed(t, err)
}

func TestFaultsInAnyLanguage(t *testing.T) {
	fault := func(code int, text string) func(called) (any, error) {
		return func(called) (any, error) { return nil, &xmlrpc.Fault{Code: code, Text: text} }
	}
	t.Run("Ensure an unknown model is known by fields_get, whose only refusal it is", func(t *testing.T) {
		s := dial(t, &scripted{answer: fault(2, "L'objet project.task n'existe pas")})
		_, err := s.FieldsGet(context.Background(), "project.task")
		if e := failed(t, err); e.Kind != odoo.UnknownModel {
			t.Errorf("kind %q", e.Kind)
		}
	})
	t.Run("Ensure a missing record is known by Python's form of it", func(t *testing.T) {
		s := dial(t, &scripted{answer: fault(2, "L'enregistrement n'existe pas ou a été supprimé.\n(Enregistrement : res.partner(44, 45), Utilisateur : 2)")})
		err := s.Unlink(context.Background(), "res.partner", []int64{44, 45})
		if e := failed(t, err); e.Kind != odoo.MissingError {
			t.Errorf("kind %q", e.Kind)
		}
	})
	t.Run("Ensure the text of a RedirectWarning is its first part", func(t *testing.T) {
		s := dial(t, &scripted{answer: fault(2, `("You can't.\nArchive it.", {'type': 'ir.actions.act_window'}, 'Go')`)})
		err := s.Unlink(context.Background(), "res.partner", []int64{1})
		if e := failed(t, err); e.Kind != odoo.UserError || e.Text != "You can't. Archive it." {
			t.Errorf("kind %q, text %q", e.Kind, e.Text)
		}
	})
	t.Run("Ensure the password never shows, whatever the server says", func(t *testing.T) {
		s := dial(t, &scripted{answer: fault(1, "Traceback (most recent call last):\n  File \"x.py\", line 1, in f\n    g()\nRuntimeError: login with "+password+" failed")})
		_, err := s.ExecuteKW(context.Background(), "res.partner", "f", nil, nil)
		if e := failed(t, err); e.Kind != odoo.ServerError || e.Text != "RuntimeError: login with *** failed" {
			t.Errorf("kind %q, text %q", e.Kind, e.Text)
		}
		var cause *xmlrpc.Fault
		if !errors.As(err, &cause) || strings.Contains(cause.Error(), password) || !strings.Contains(cause.Text, "line 1, in f\n") {
			t.Errorf("the cause is %q, want the traceback without the password", cause)
		}
	})
	t.Run("Ensure a server without its database is an outage", func(t *testing.T) {
		s := dial(t, &scripted{answer: fault(1, "psycopg2.OperationalError: connection to server failed: FATAL:  sorry, too many clients already")})
		_, err := s.ExecuteKW(context.Background(), "res.partner", "f", nil, nil)
		if e := failed(t, err); e.Kind != odoo.DatabaseDown || !e.Outage() || !e.Retryable {
			t.Errorf("kind %q, outage %v, retryable %v", e.Kind, e.Outage(), e.Retryable)
		}
	})
}

func TestAnswersThatAreNotOdoo(t *testing.T) {
	redirect := func() (*http.Response, error) {
		r, err := page(303, "text/html", "")
		r.Header.Set("Location", "/web/login?db=secret")
		return r, err
	}
	status := func(code int) func() (*http.Response, error) {
		return func() (*http.Response, error) { return page(code, "text/html", "<html>"+password+"</html>") }
	}
	cases := []struct {
		name    string
		raw     func() (*http.Response, error)
		kind    odoo.Kind
		unknown bool // for a call that writes
		outage  bool
		says    string
	}{
		{"a page of HTML with status 200", status(200), odoo.NotOdoo, true, true, "check the URL"},
		{"a page of HTML that calls itself XML", func() (*http.Response, error) { return page(200, "text/xml", "\n<!DOCTYPE HTML><html>") }, odoo.NotOdoo, true, true, "a web page came"},
		{"a redirect to the login page", redirect, odoo.NotOdoo, false, true, "leads to a login page"},
		{"a page that is not there", status(404), odoo.NotOdoo, false, true, "check the URL"},
		{"a method that is not allowed", status(405), odoo.NotOdoo, false, true, "check the URL"},
		{"a body that is too large", status(413), odoo.TooLarge, false, false, "fewer or smaller"},
		{"a proxy without Odoo behind it", status(502), odoo.Connection, true, true, "try again later"},
		{"a proxy that wants a password", status(401), odoo.Connection, false, true, "check the credentials"},
		{"a proxy that is in the way", status(451), odoo.Connection, false, false, "proxy or a firewall"},
		{"an empty answer", func() (*http.Response, error) { return page(200, "text/xml", "") }, odoo.UnexpectedAnswer, true, false, "try again"},
		{"an answer that breaks off", func() (*http.Response, error) {
			return page(200, "text/xml", "<?xml version='1.0'?><methodResponse><params><param>")
		}, odoo.UnexpectedAnswer, true, false, "try again"},
		{"a connection that breaks off", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, odoo.Connection, true, true, "try again later"},
		{"a refused connection", func() (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}, odoo.Connection, false, true, "check the URL"},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name+" is told", func(t *testing.T) {
			s := dial(t, &scripted{raw: c.raw})
			_, err := s.ExecuteKW(context.Background(), "res.partner", "write", []any{[]int64{1}, map[string]any{}}, nil)
			e := failed(t, err)
			if e.Kind != c.kind || e.OutcomeUnknown != c.unknown || e.Outage() != c.outage || !strings.Contains(err.Error(), c.says) {
				t.Errorf("kind %q, unknown %v, outage %v: %v", e.Kind, e.OutcomeUnknown, e.Outage(), err)
			}
			if strings.Contains(err.Error(), "db=") || strings.Contains(err.Error(), "xmlrpc/2/object") {
				t.Errorf("the error shows a query or the endpoint: %v", err)
			}
			_, err = s.ExecuteKW(context.Background(), "res.partner", "search", []any{}, nil, odoo.Read())
			if failed(t, err).OutcomeUnknown {
				t.Errorf("a read has no outcome: %v", err)
			}
		})
	}
}

func TestTheTransportsErrorIsUnderneath(t *testing.T) {
	t.Run("Ensure the transport's error is underneath", func(t *testing.T) {
		s := dial(t, &scripted{raw: func() (*http.Response, error) { return page(502, "text/html", "") }})
		_, err := s.ExecuteKW(context.Background(), "res.partner", "write", []any{[]int64{1}, map[string]any{}}, nil)
		var e *transport.Error
		if !errors.As(err, &e) || e.Kind != transport.Unavailable {
			t.Errorf("underneath is %v", e)
		}
	})
}
