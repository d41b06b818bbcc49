package odootest

import (
	"errors"
	"net/http"
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
	// Endpoint is common, object or db.
	Endpoint string
	// Model and Method are those of execute_kw; other services have a method only.
	Model, Method string
	// UID is the caller, 0 before the login.
	UID int64
	// Count is the number of records concerned: ids, rows or value sets given.
	Count int
	// Writes says whether the method changes something.
	Writes bool
	// Args and Kwargs are the method's arguments, not to be changed.
	Args   []any
	Kwargs map[string]any
}

// ErrNoAnswer is what a hook of [Server.Fail] returns to close the connection
// without an answer, as a worker that is killed does.
var ErrNoAnswer = errors.New("odootest: the connection is closed without an answer")

// HTTPError is what a hook of [Server.Fail] returns to have a status answered in
// place of XML-RPC, as a proxy or an overloaded server does.
type HTTPError struct {
	// Status is the HTTP status.
	Status int
	// Header is sent along, as Retry-After.
	Header http.Header
	// Body is sent as text/html.
	Body string
}

// Error gives the status.
func (e *HTTPError) Error() string { return "odootest: HTTP status " + http.StatusText(e.Status) }

// write sends the answer.
func (e *HTTPError) write(w http.ResponseWriter) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	answer(w, e.Status, "text/html; charset=utf-8", []byte(e.Body))
}

// Fail sets a hook that is called before and after each call, without a lock, so
// that it may change records too (nil takes it away). When it returns an error
// before, the call has no effect; after, the effect is committed and the answer
// is lost. The error is [ErrNoAnswer], an [*HTTPError], a *xmlrpc.Fault, or
// anything else, which becomes fault 1.
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

// note adds a call to the log.
func (s *Server) note(path, name string, args []any) Request {
	request := Request{Endpoint: path[len("/xmlrpc/2/"):], Method: name}
	if request.Endpoint == "object" && len(args) >= 5 {
		request.UID, _ = args[1].(int64)
		request.Model, _ = args[3].(string)
		request.Method, _ = args[4].(string)
		request.Args = args[5:]
		if name == "execute_kw" {
			request.Args, request.Kwargs = splitArguments(args[5:])
		}
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
	at := 0
	if request.Method == "load" {
		at = 1
	}
	if len(request.Args) <= at {
		return 0
	}
	switch v := request.Args[at].(type) {
	case []any:
		return len(v)
	case map[string]any, int64:
		return 1
	default:
		return 0
	}
}
