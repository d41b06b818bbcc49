// Package odoo is the connector's session with one Odoo database over its external API: login,
// context, records, domains, load, and faults with a type.
//
// A Session reads Odoo's answers into records by the types that fields_get names, and writes them
// back the same way, so that Odoo's False never has to be guessed. It speaks XML-RPC
// (/xmlrpc/2/common and /xmlrpc/2/object, Odoo 16 to 19).
package odoo

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// Clock is the time as the session sees it; state.Clock satisfies it.
type Clock interface {
	// Now is the current time.
	Now() time.Time
	// Sleep returns nil after d, or the context's error as soon as that is done.
	Sleep(ctx context.Context, d time.Duration) error
}

// Options are what Dial needs.
type Options struct {
	// Name is what errors call this Odoo: "main".
	Name string
	// URL is where it is: "https://example.odoo.com". A trailing slash and the paths that a
	// browser shows (/web, /odoo) do no harm.
	URL string
	// Database is the database's name.
	Database string
	// Username is the login of the user.
	Username string
	// Password is the user's password, or an API key, which serves as one.
	Password string
	// Key identifies the database for good. Default: URL and name. A server whose address changes from
	// start to start needs one.
	Key string
	// Client sends the requests. Default: a transport.Client of its own.
	Client *transport.Client
	// Clock is the clock of that default. Default: the system's.
	Clock Clock
}

// Session is a logged-in user in one database, with a context. It is safe for concurrent use.
type Session struct {
	*login
	context map[string]any // Odoo's context, never changed
}

// login is what the sessions of one Dial share.
type login struct {
	name, user, password string
	database             string // the name that Odoo knows it by
	key                  string // URL and name
	endpoint             endpoint
	client               *transport.Client
	uid                  int64

	mu     sync.Mutex
	fields map[string]Fields // by model and language
}

// Dial logs in, with one request. The URL, a database and a user must be named. Its errors are
// *Error: AccessDenied for a wrong user or password, UnknownDatabase, NotOdoo, Connection.
func Dial(ctx context.Context, o Options) (*Session, error) {
	l, err := newLogin(o)
	if err != nil {
		return nil, err
	}
	if err := l.authenticate(ctx); err != nil {
		return nil, err
	}
	return &Session{login: l}, nil
}

func newLogin(o Options) (*login, error) {
	l := &login{
		name: o.Name, user: o.Username, password: o.Password, database: o.Database,
		client: o.Client, fields: map[string]Fields{},
	}
	var err error
	if l.endpoint, err = parseEndpoint(o.URL); err != nil {
		return nil, l.invalid("login", err.Error(), "write the URL as https://example.odoo.com")
	}
	if o.Database == "" || o.Username == "" {
		return nil, l.invalid("login", "the database or the user is not named", "name both in the configuration")
	}
	if l.key = o.Key; l.key == "" {
		l.key = l.endpoint.base + "/" + o.Database
	}
	if l.client == nil {
		options := transport.Options{System: "Odoo " + o.Name, Secrets: []string{o.Password}}
		if o.Clock != nil {
			options.Clock = o.Clock
		}
		l.client = transport.New(options)
	}
	return l, nil
}

// authenticate asks for the user's id. A wrong password is no fault but false
// (captures/odoo18/authenticate_wrong_password).
func (l *login) authenticate(ctx context.Context) error {
	c := call{service: serviceCommon, method: "authenticate", op: "login", read: true,
		args: []any{l.database, l.user, l.password, map[string]any{}}}
	result, err := l.send(ctx, c)
	if err != nil {
		return err
	}
	uid, ok := result.(int64)
	if !ok || uid <= 0 {
		return l.fail(c, AccessDenied, "wrong user or password for database "+l.database, hintLogin)
	}
	l.uid = uid
	return nil
}

// Name is what the configuration calls this Odoo.
func (s *Session) Name() string { return s.name }

// UID is the database id of the user, in res.users.
func (s *Session) UID() int64 { return s.uid }

// Database is the key of the database: Options.Key, or the same for every spelling of its URL,
// "https://host/db".
func (s *Session) Database() string { return s.key }

// Requests is how many requests the session's client has sent so far.
func (s *Session) Requests() int { return s.client.Requests() }

// Context is a copy of Odoo's context as every call of this session sends it.
func (s *Session) Context() map[string]any { return maps.Clone(s.context) }

// WithContext is the same login with some keys of Odoo's context set, as change_context does:
// {"lang": "fr_FR"}, {"active_test": false}. Without "lang" Odoo answers in the source language.
func (s *Session) WithContext(set map[string]any) *Session {
	return &Session{login: s.login, context: merged(s.context, set)}
}

// merged is a copy of a with what b sets.
func merged(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

// request is the HTTP request of one call.
func (l *login) request(c call, body []byte) transport.Request {
	return transport.Request{
		Method: http.MethodPost, URL: l.endpoint.service(c.service), Op: c.op, Body: body, Idempotent: c.read,
		Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
	}
}
