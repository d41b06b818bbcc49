// Package trellotest is a Trello that lives in memory: the part of the REST API, version 1, that a connector of boards, lists, labels,
// cards, checklists and comments uses, with state. Tests talk to it in process through [Server.RoundTripper]; any client in any
// language talks to it over [Server.Listen].
//
// It answers as api.trello.com was recorded to answer (captures/trello) and as Trello's documentation says (facts/trello.md). Where
// neither says anything, the choice made here is marked "a choice" in a comment.
package trellotest

import (
	"net/http"
	"sync"
	"time"
)

// Options configure a [Server]. The zero value is a Trello with no boards that accepts "demo-key" and "demo-token".
type Options struct {
	// Key and Token are the accepted credentials; empty means "demo-key" and "demo-token". They belong to the member "demo".
	Key, Token string
	// Clock tells the time of every change, and with it the first eight digits of new ids; nil means time.Now.
	Clock func() time.Time
	// Journal receives one line (JSON, no line break, no credentials) for each request that changed something. It is called under the
	// server's lock, after the change was applied and before the request is answered. When it fails, the request is answered with
	// status 500 and the server holds a change that the journal does not: stop there. Direct changes (AddBoard …) are not journalled.
	Journal func(line []byte) error
	// Strict is for tests: a credential in a URL, an unknown endpoint, and an unknown or ill-typed parameter make the request fail
	// with status 400 and a text that names the parameter, and are recorded in [Server.Violations]. Without it a credential in the
	// query works and an unknown parameter is ignored, as at Trello.
	Strict bool
	// RateLimit enforces Trello's documented limits (facts/trello.md): 100 requests per token and 300 per key in any 10 s, and 100
	// in any 900 s below /1/members. The remaining requests are counted in the x-rate-limit headers either way.
	RateLimit bool
	// MaxAttachment is the largest file that a card takes, in bytes; 0 means 10 MB, what a free workspace allows.
	MaxAttachment int64
	// MaxCards is the most cards in one answer; more are refused with API_TOO_MANY_CARDS_REQUESTED. 0 means no such bound, except that
	// of 1,000 where their actions are asked for too.
	MaxCards int
	// DeletionsInFeed makes a comment's deletion leave an action deleteComment in the feeds.
	DeletionsInFeed bool
	// RedirectDownloads makes a download answer 302 with a signed address of Trello's storage, another host, which refuses requests
	// that carry Trello's credentials. Only the in-process transport reaches that host.
	RedirectDownloads bool
}

// Server is the fake Trello. It is an http.Handler and safe for concurrent use.
type Server struct {
	options Options
	routes  routes

	mu         sync.Mutex
	state      *state
	limits     limits
	requests   []Request
	violations []string
	fail       func(Request) error
	alter      func(Request, []byte) []byte
	readOnly   bool // the token is of the scope read
	revoked    bool
}

// New returns a server without boards, whose only member is "demo".
func New(o Options) *Server {
	if o.Key == "" {
		o.Key = "demo-key"
	}
	if o.Token == "" {
		o.Token = "demo-token"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Server{options: o, routes: newRoutes(), state: newState(), limits: newLimits()}
}

// ServeHTTP answers one request. A hook set by [Server.Fail] may drop the answer, which closes the connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := s.serve(r)
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without an answer
	}
	a.writeTo(w)
}

// serve takes a request from its bytes to its answer. The error is only that of a dropped answer.
func (s *Server) serve(r *http.Request) (answer, error) {
	if isStorage(r) {
		return s.stored(r), nil
	}
	in := s.read(r)
	if refused, err := s.inject(in.logged(false, 0)); err != nil || refused != nil {
		if refused != nil {
			s.record(in.logged(false, refused.status))
			return refused.with(s.rateHeaders()), nil
		}
		s.record(in.logged(false, 0))
		return answer{}, err
	}
	a := s.apply(in)
	refused, err := s.inject(in.logged(true, a.status))
	if err != nil {
		return answer{}, err
	}
	if refused != nil {
		return refused.with(s.rateHeaders()), nil
	}
	return s.altered(in.logged(true, a.status), a), nil
}

func (s *Server) rateHeaders() [][2]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits.headers(s.options.Clock())
}

// apply runs a request under the lock: credentials, limits, strictness, the endpoint itself, the journal.
func (s *Server) apply(in *incoming) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.applyLocked(in)
	s.requests = append(s.requests, in.logged(true, a.status))
	return a
}

func (s *Server) applyLocked(in *incoming) answer {
	now := s.options.Clock()
	if refused := s.authorise(in); refused != nil {
		return refused.answer()
	}
	if refused := s.limits.take(in, now, s.options.RateLimit); refused != nil {
		return refused.answer().with(s.limits.headers(now))
	}
	return s.execute(in, now).with(s.limits.headers(now))
}

// execute checks the parameters, runs the endpoint at the given time and journals what it changed.
func (s *Server) execute(in *incoming, now time.Time) answer {
	if refused := s.checkStrict(in); refused != nil {
		return refused.answer()
	}
	a := s.state.run(s, in, now)
	if !in.writes() || a.status != http.StatusOK || s.options.Journal == nil {
		return a
	}
	if err := s.options.Journal(in.entry(now)); err != nil {
		return (&apiError{status: http.StatusInternalServerError, text: "the change could not be journalled"}).answer()
	}
	return a
}
