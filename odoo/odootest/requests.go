package odootest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Moment says when a hook of [Server.Fail] is called.
type Moment int

// The two moments of a call.
const (
	// Before is before the call had an effect.
	Before Moment = iota
	// After is after it was committed and before it is answered.
	After
)

// String gives the word.
func (m Moment) String() string {
	if m == After {
		return "after"
	}
	return "before"
}

// Request is one call that the server got.
type Request struct {
	// Number counts all calls from 1; [Server.ResetRequests] does not reset it.
	Number int
	// Moment is set for hooks only.
	Moment Moment
	// Protocol is xmlrpc, jsonrpc, json2 or web.
	Protocol string
	// Endpoint is common, object or db; all calls of a model's method are object,
	// whatever the protocol. Pages that are no calls are web.
	Endpoint string
	// Model and Method are those of the call; other services have a method only.
	Model, Method string
	// UID is the caller, 0 before the login.
	UID int64
	// Count is the number of records concerned: ids, rows or value sets given.
	Count int
	// Writes says whether the method changes something.
	Writes bool
	// Args and Kwargs are the method's arguments, not to be changed. JSON-2 has
	// named ones only, ids among them.
	Args   []any
	Kwargs map[string]any
}

// What a hook of [Server.Fail] returns to disturb the connection.
var (
	// ErrNoAnswer closes the connection without an answer, as a worker that is
	// killed does.
	ErrNoAnswer = errors.New("odootest: the connection is closed without an answer")
	// ErrTruncated sends half of the answer and closes the connection.
	ErrTruncated = errors.New("odootest: the connection is closed in the middle of the answer")
	// ErrHangs never answers: the call ends when the client gives up.
	ErrHangs = errors.New("odootest: the call is never answered")
)

// HTTPError is what a hook of [Server.Fail] returns to have a page answered in
// place of the call's answer, as a proxy or an overloaded server does.
type HTTPError struct {
	// Status is the HTTP status; 200 is allowed.
	Status int
	// Header is sent along, as Retry-After or Location. Without a Content-Type
	// the body is text/html.
	Header http.Header
	// Body is what is sent.
	Body string
}

// Error gives the status.
func (e *HTTPError) Error() string { return "odootest: HTTP status " + http.StatusText(e.Status) }

// write sends the answer.
func (e *HTTPError) write(w http.ResponseWriter) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	contentType := "text/html; charset=utf-8"
	if given := e.Header.Get("Content-Type"); given != "" {
		contentType = given
	}
	answer(w, e.Status, contentType, []byte(e.Body))
}

// TooLarge is the page of a proxy that takes no such long body: 413.
func TooLarge() *HTTPError { return proxyPage(http.StatusRequestEntityTooLarge) }

// BadGateway is the page of a proxy whose Odoo is down: 502.
func BadGateway() *HTTPError { return proxyPage(http.StatusBadGateway) }

// Unavailable is the page of a proxy that asks for patience: 503. retryAfter is
// the header's text, as "120", empty for none.
func Unavailable(retryAfter string) *HTTPError {
	page := proxyPage(http.StatusServiceUnavailable)
	if retryAfter != "" {
		page.Header.Set("Retry-After", retryAfter)
	}
	return page
}

// proxyPage is the short page of a web server in front of Odoo.
func proxyPage(status int) *HTTPError {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return &HTTPError{
		Status: status, Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
	}
}

// LoginRedirect sends the client to the page where people log in: 303
// (captures/odoo19/json2_doc_page).
func LoginRedirect() *HTTPError { return redirectPage("/web/login?redirect=%2Fweb%3F") }

// LoginPage is the page where people log in, with status 200: what a client finds
// that follows such a redirect.
func LoginPage() *HTTPError {
	return &HTTPError{Status: http.StatusOK, Body: "<!DOCTYPE html>\n<html>\n<head><title>Odoo</title></head>\n" +
		"<body><form class=\"oe_login_form\" action=\"/web/login\" method=\"post\"></form></body>\n</html>\n"}
}

// redirectPage sends a client elsewhere.
func redirectPage(location string) *HTTPError {
	shown := strings.ReplaceAll(location, "&", "&amp;")
	return &HTTPError{
		Status: http.StatusSeeOther, Header: http.Header{"Location": {location}},
		Body: "<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n" +
			"<p>You should be redirected automatically to the target URL: <a href=\"" + shown + "\">" + shown + "</a>. If not, click the link.\n",
	}
}

// Raise gives what a hook of [Server.Fail] returns to have an exception of Odoo
// answered in the words of whatever protocol the call came by. class is Python's
// name with its module, as "odoo.exceptions.UserError", "builtins.ValueError" or
// "psycopg2.errors.SerializationFailure"; message is the exception's own.
func Raise(class, message string) error { return raised(class, message) }

// Fail sets a hook that is called before and after each call, without a lock, so
// that it may change records too (nil takes it away). When it returns an error
// before, the call has no effect; after, the effect is committed and the answer
// is lost. The error is [ErrNoAnswer], [ErrTruncated], [ErrHangs], an
// [*HTTPError], what [Raise] gives, a *xmlrpc.Fault, or anything else, which
// becomes fault 1.
func (s *Server) Fail(hook func(Request) error) {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	s.hook = hook
}

// ask calls the hook.
func (s *Server) ask(request Request, moment Moment) error {
	s.logMu.Lock()
	hook := s.hook
	s.logMu.Unlock()
	if hook == nil {
		return nil
	}
	request.Moment = moment
	return hook(request)
}

// Requests gives the calls since the start or the last [Server.ResetRequests], in
// order.
func (s *Server) Requests() []Request {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ResetRequests forgets the calls so far.
func (s *Server) ResetRequests() {
	s.logMu.Lock()
	defer s.logMu.Unlock()
	s.requests = nil
}

// maxRequests bounds the log of a server that runs for long.
const maxRequests = 100_000

// note adds a call of a service to the log.
func (s *Server) note(c rpcCall) Request {
	request := Request{Protocol: c.protocol, Endpoint: c.service, Method: c.method}
	if c.service == serviceObject && len(c.args) >= 5 {
		request.UID, _ = c.args[1].(int64)
		request.Model, _ = c.args[3].(string)
		request.Method, _ = c.args[4].(string)
		request.Args = c.args[5:]
		if c.method == "execute_kw" {
			request.Args, request.Kwargs = splitArguments(c.args[5:])
		}
	}
	return s.record(request)
}

// record numbers a request, says what it is about and adds it to the log.
func (s *Server) record(request Request) Request {
	if request.Model != "" {
		if m := s.method(request.Model, request.Method); m != nil {
			request.Writes = m.writes
		}
		request.Count = countRecords(request)
	}
	s.logMu.Lock()
	defer s.logMu.Unlock()
	s.count++
	request.Number = s.count
	if len(s.requests) < maxRequests {
		s.requests = append(s.requests, request)
	}
	return request
}

// splitArguments gives the two last arguments of execute_kw.
func splitArguments(rest []any) (args []any, kwargs map[string]any) {
	if len(rest) > 0 {
		args, _ = rest[0].([]any)
	}
	if len(rest) > 1 {
		given, _ := rest[1].(map[string]any)
		kwargs = make(map[string]any, len(given))
		for name, value := range given {
			kwargs[name] = value
		}
	}
	return args, kwargs
}

// countRecords counts what a call is about.
func countRecords(request Request) int {
	switch v := subject(request).(type) {
	case []any:
		return len(v)
	case map[string]any, int64:
		return 1
	default:
		return 0
	}
}

// subject is the argument that holds the records of a call.
func subject(request Request) any {
	if request.Protocol == protocolJSON2 {
		for _, name := range []string{"ids", "vals_list", "data"} {
			if value, given := request.Kwargs[name]; given {
				return value
			}
		}
		return nil
	}
	at := 0
	if request.Method == "load" {
		at = 1
	}
	if len(request.Args) <= at {
		return nil
	}
	return request.Args[at]
}
