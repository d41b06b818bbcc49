package trellotest

import (
	"errors"
	"maps"
	"net/http"
)

// Request is one request as the log and the hook of [Server.Fail] see it. It never holds a credential.
type Request struct {
	// Method is "GET", "POST", "PUT" or "DELETE".
	Method string
	// Path is the path as sent, beginning with "/1/"; a token in it is replaced by "{token}".
	Path string
	// Params are the parameters of query and body together.
	Params map[string]string
	// Write says that the endpoint changes something when it succeeds.
	Write bool
	// After is false before the request has had its effect and true afterwards. In the log it tells whether the server got as far as
	// looking at the request (a hook did not refuse it before).
	After bool
	// Status is the status of the answer; 0 before there is one.
	Status int
}

// Requests returns the requests so far, in the order of their effect.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ResetRequests forgets the requests so far. Violations stay.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Violations returns what strict mode refused so far, one sentence each; it is empty without Options.Strict.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.violations...)
}

// ErrDropped is for a hook of [Server.Fail]: it makes the connection end without an answer.
var ErrDropped = errors.New("the fake Trello dropped the answer")

// Refusal is for a hook of [Server.Fail]: it makes the server answer with this status instead.
type Refusal struct {
	// Status is the HTTP status, for example 401, 429 or 503.
	Status int
	// Text is the body; empty means the text that Trello gives with this status. For 429 it is the value of "error".
	Text string
}

// Error implements error.
func (r *Refusal) Error() string { return r.apiError().text }

func (r *Refusal) apiError() *apiError {
	if r.Text != "" {
		return &apiError{status: r.Status, text: r.Text}
	}
	switch r.Status {
	case http.StatusUnauthorized:
		return &apiError{status: r.Status, text: "invalid token"}
	case http.StatusTooManyRequests:
		return &apiError{status: r.Status, text: "API_TOKEN_LIMIT_EXCEEDED"}
	case http.StatusNotFound:
		return &apiError{status: r.Status, text: "The requested resource was not found."}
	}
	return &apiError{status: r.Status, text: http.StatusText(r.Status)}
}

// Fail sets a hook that sees every request twice: before its effect (After is false) and after it, before the answer leaves. It runs
// without the server's lock, so it may look at the server and change it. When it returns nil all goes on; a *[Refusal] is answered as
// it says; any other error, such as [ErrDropped], drops the answer: the in-process transport returns that error, a socket is closed.
// Refused or dropped "after" therefore means that the change was made and the client does not know. nil takes the hook away.
func (s *Server) Fail(hook func(Request) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = hook
}

// inject asks the hook. It returns the answer to give instead, or the error of a dropped answer.
func (s *Server) inject(r Request) (*answer, error) {
	s.mu.Lock()
	hook := s.fail
	s.mu.Unlock()
	if hook == nil {
		return nil, nil //nolint:nilnil // no refusal and no drop: the usual way
	}
	r.Params = maps.Clone(r.Params)
	err := hook(r)
	if err == nil {
		return nil, nil //nolint:nilnil // as above
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		a := refusal.apiError().answer()
		return &a, nil
	}
	return nil, err
}

func (s *Server) record(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}
