package odootest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// nameSessionExpired is what a call without a living session gets.
const nameSessionExpired = "odoo.http.SessionExpiredException"

// sessions are those of the cookie session_id.
type sessions struct {
	mu   sync.Mutex // guards what follows
	last int
	open map[string]session
}

// session is a login through /web/session/authenticate. It ends when the user's
// password changes.
type session struct {
	server   *Server
	uid      int64
	password string
}

// cookie is the cookie's name.
const cookie = "session_id"

// give makes a session and its cookie; they are numbered.
func (ss *sessions) give(w http.ResponseWriter, r *http.Request, opened session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.last++
	token := fmt.Sprintf("%040x", ss.last)
	if given, err := r.Cookie(cookie); err == nil {
		delete(ss.open, given.Value) // the token changes at a login
	}
	if ss.open == nil {
		ss.open = map[string]session{}
	}
	ss.open[token] = opened
	age := 7 * 24 * time.Hour
	w.Header().Set("Set-Cookie", fmt.Sprintf("%s=%s; Max-Age=%d; HttpOnly; Path=/", cookie, token, int(age.Seconds())))
}

// greet gives a session without a user to a client that has none.
func (ss *sessions) greet(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(cookie); err != nil {
		ss.give(w, r, session{})
	}
}

// end forgets a session.
func (ss *sessions) end(r *http.Request) {
	if given, err := r.Cookie(cookie); err == nil {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		delete(ss.open, given.Value)
	}
}

// find gives the server and the user of a request's session, nil when it is over.
func (ss *sessions) find(r *http.Request) (*Server, *account) {
	given, err := r.Cookie(cookie)
	if err != nil {
		return nil, nil
	}
	ss.mu.Lock()
	opened := ss.open[given.Value]
	ss.mu.Unlock()
	if opened.server == nil {
		return nil, nil
	}
	user := opened.server.byUID(opened.uid)
	if user == nil || !opened.server.isActive(user.uid) || opened.server.passwordOf(user) != opened.password {
		return nil, nil
	}
	return opened.server, user
}

// passwordOf gives a user's password of now.
func (s *Server) passwordOf(user *account) string {
	s.usersMu.RLock()
	defer s.usersMu.RUnlock()
	return user.password
}

// serveWeb answers the pages under /web that clients without a browser use.
func (h *Host) serveWeb(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/web/login":
		LoginPage().write(w)
	case path == "/web/webclient/version_info", path == "/web/database/list", strings.HasPrefix(path, "/web/session/"),
		path == "/web/dataset/call_kw", strings.HasPrefix(path, "/web/dataset/call_kw/"):
		if e, ok := h.openEnvelope(w, r); ok {
			h.replyRPC(w, r, e, h.webCall(w, r, e))
		}
	default:
		notFoundPage(w)
	}
}

// webCall carries out a call of the web client.
func (h *Host) webCall(w http.ResponseWriter, r *http.Request, e *envelope) outcome {
	_, page, _ := strings.Cut(r.URL.Path, "/web/")
	if strings.HasPrefix(page, "dataset/call_kw") {
		return h.callKW(r, e)
	}
	request := h.first().record(Request{Protocol: protocolWeb, Endpoint: serviceWeb, Method: page})
	return h.first().guarded(request, func() (any, error) {
		switch page {
		case "webclient/version_info":
			return h.first().version(), nil
		case "database/list":
			return h.databaseService("list", nil)
		case "session/authenticate":
			return h.openSession(w, r, e)
		case "session/get_session_info":
			return h.sessionInfo(r)
		case "session/destroy":
			h.sessions.end(r)
			return nil, nil //nolint:nilnil // the method answers None.
		default:
			return nil, httpFailure(http.StatusNotFound, "The requested URL was not found on the server.")
		}
	})
}

// openSession logs in and sets the cookie. A user with a second factor is not yet
// logged in: the uid is null.
func (h *Host) openSession(w http.ResponseWriter, r *http.Request, e *envelope) (any, error) {
	s := h.database(e.params["db"])
	if s == nil {
		return nil, denied("Database not found.")
	}
	login, _ := e.params["login"].(string)
	password, _ := e.params["password"].(string)
	user := s.byPassword(login, password)
	if user == nil {
		return nil, accessDenied()
	}
	s.usersMu.RLock()
	second := s.twoFactor(user.uid)
	s.usersMu.RUnlock()
	if second { // seen on 16 to 19
		h.sessions.give(w, r, session{})
		return map[string]any{"uid": nil}, nil
	}
	h.sessions.give(w, r, session{server: s, uid: user.uid, password: password})
	return s.describeSession(user), nil
}

// byPassword finds the active user of a login and a password; keys open no
// session.
func (s *Server) byPassword(login, password string) *account {
	for _, user := range s.accounts() {
		if user.login == login && password != "" && s.passwordOf(user) == password && s.isActive(user.uid) {
			return user
		}
	}
	return nil
}

// sessionInfo describes the session of a request.
func (h *Host) sessionInfo(r *http.Request) (any, error) {
	s, user := h.sessions.find(r)
	if s == nil {
		return nil, sessionExpired()
	}
	return s.describeSession(user), nil
}

// sessionExpired is the answer to a call without a living session.
func sessionExpired() *failure {
	return &failure{code: 1, class: nameSessionExpired, name: nameSessionExpired, detail: "Session expired"}
}

// describeSession is what the web client learns after a login, as far as clients
// without a browser use it.
func (s *Server) describeSession(user *account) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.tables["res.users"].rows[user.uid]
	contact := s.tables["res.partner"].rows[row.link("partner_id")]
	orFalse := func(text string) any {
		if text == "" {
			return false
		}
		return text
	}
	return map[string]any{
		"uid": user.uid, "is_system": user.has(groupSettings), "is_admin": user.has(groupSettings), "is_internal_user": user.has(groupUser),
		"user_context": map[string]any{"lang": orFalse(contact.text("lang")), "tz": orFalse(contact.text("tz")), "uid": user.uid},
		"db":           s.options.Database, "server_version": s.versionText(), "server_version_info": s.versionInfo(),
		"name": contact.text("name"), "username": user.login, "partner_display_name": contact.text("name"),
		"partner_id": row.link("partner_id"), "user_companies": map[string]any{
			"current_company": row.link("company_id"),
		},
	}
}

// callKW carries out a method for the session's user.
func (h *Host) callKW(r *http.Request, e *envelope) outcome {
	s, user := h.sessions.find(r)
	if s == nil {
		return outcome{err: sessionExpired()}
	}
	t := &target{user: user, kwargs: map[string]any{}}
	t.model, _ = e.params["model"].(string)
	t.method, _ = e.params["method"].(string)
	t.args, _ = e.params["args"].([]any)
	if kwargs, ok := e.params["kwargs"].(map[string]any); ok {
		t.kwargs = kwargs
	}
	request := s.record(Request{
		Protocol: protocolWeb, Endpoint: serviceObject, Model: t.model, Method: t.method, UID: user.uid, Args: t.args, Kwargs: t.kwargs,
	})
	return s.guarded(request, func() (any, error) { return s.invoke(t) })
}
