// Package odoo is the connector's session with one Odoo database over its external API: login,
// context, records, domains, load, and faults with a type.
//
// A Session reads Odoo's answers into records by the types that fields_get names, and writes them
// back the same way, so that Odoo's False never has to be guessed. It speaks XML-RPC
// (/xmlrpc/2/common and /xmlrpc/2/object, Odoo 16 to 21) or JSON-2 (/json/2, Odoo 19 and later); a
// caller need not know which.
package odoo

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/stream"
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
	// Database is the database's name. Where the server lets one alone be seen it may be left out.
	Database string
	// Username is the login of the user. JSON-2 needs none: the key tells.
	Username string
	// Password is the user's password, or an API key, which serves as one. It is for XML-RPC.
	Password string
	// APIKey is the user's API key, instead of the password.
	APIKey string
	// Protocol is how to speak. Default: ProtocolAuto.
	Protocol Protocol
	// Context is Odoo's context of every call: {"tracking_disable": true}. Default: empty.
	Context map[string]any
	// Key identifies the database for good. Default: URL and name. A server whose address changes from
	// start to start needs one.
	Key string
	// Client sends the requests. Default: a transport.Client of its own.
	Client *transport.Client
	// Clock is the clock of that default. Default: the system's.
	Clock Clock
}

// Session is a logged-in user in one database, with a context. It is safe for concurrent use.
//
// A session is of one user for good: what OpenERP's connector did by change_user is another Dial.
type Session struct {
	*login
	context map[string]any // Odoo's context, never changed
	// readOnly refuses what may change something.
	readOnly bool
}

// login is what the sessions of one Dial share.
type login struct {
	name, user, password string // the password is the API key, where that is given
	database             string // the name that Odoo knows it by
	key                  string // URL and name
	keyed                bool   // by an API key
	endpoint             endpoint
	client               *transport.Client
	wire                 wire
	uid                  atomic.Int64
	version              atomic.Pointer[Version]

	renewing sync.Mutex
	refused  bool // by a renewed login

	mu     sync.Mutex
	fields map[string]Fields // by model and language
}

// Dial logs in, with one request; an API key with ProtocolAuto costs a second one, for the version, and
// a database that is not named another. Its errors are *Error: AccessDenied for a wrong user, password or key,
// UnknownDatabase, NotOdoo, Connection.
func Dial(ctx context.Context, o Options) (*Session, error) {
	l, err := newLogin(o)
	if err != nil {
		return nil, err
	}
	if err := l.findDatabase(ctx, o); err != nil {
		return nil, err
	}
	if l.wire, err = l.choose(ctx, o); err != nil {
		return nil, err
	}
	if l.user == "" && l.wire.name() == ProtocolXMLRPC {
		return nil, l.invalid("login", "the user is not named", "name it in the configuration")
	}
	uid, err := l.wire.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	l.uid.Store(uid)
	return &Session{login: l, context: merged(o.Context, nil)}, nil
}

func newLogin(o Options) (*login, error) {
	l := &login{
		name: o.Name, user: o.Username, password: o.Password, database: o.Database,
		client: o.client(), fields: map[string]Fields{},
	}
	if o.APIKey != "" {
		l.password, l.keyed = o.APIKey, true
	}
	var err error
	if l.endpoint, err = parseEndpoint(o.URL); err != nil {
		return nil, l.invalid("login", err.Error(), "write the URL as https://example.odoo.com")
	}
	return l, nil
}

// client is the options' own, or the default one.
func (o Options) client() *transport.Client {
	if o.Client != nil {
		return o.Client
	}
	options := transport.Options{System: "Odoo " + o.Name, Secrets: []string{o.Password, o.APIKey}}
	if o.Clock != nil {
		options.Clock = o.Clock
	}
	return transport.New(options)
}

// Name is what the configuration calls this Odoo.
func (s *Session) Name() string { return s.name }

// Protocol is how this session speaks: ProtocolXMLRPC or ProtocolJSON2.
func (s *Session) Protocol() Protocol { return s.wire.name() }

// UID is the database id of the user, in res.users.
func (s *Session) UID() int64 { return s.uid.Load() }

// Database is the key of the database: Options.Key, or the same for every spelling of its URL,
// "https://host/db".
func (s *Session) Database() string { return s.key }

// Requests is how many requests the session's client has sent so far.
func (s *Session) Requests() int { return s.client.Requests() }

// ReadOnly is the same login in which every call that may change something is refused, before it is sent, with an *Error of the
// kind InvalidCall: whatever does not say that it reads. Sessions made of it by WithContext and its like only read, too.
func (s *Session) ReadOnly() *Session {
	return &Session{login: s.login, context: s.context, readOnly: true}
}

// exchange sends a call, unless the session only reads and the call may write.
func (s *Session) exchange(ctx context.Context, c call, read func(stream.Reader) error) error {
	if s.readOnly && !c.read {
		return s.fail(c, InvalidCall, "this session only reads, and the call may change something", "make it with a session that may write")
	}
	return s.login.exchange(ctx, c, read)
}

// Context is a copy of Odoo's context as every call of this session sends it.
func (s *Session) Context() map[string]any { return maps.Clone(s.context) }

// WithContext is the same login with some keys of Odoo's context set, as change_context does:
// {"lang": "fr_FR"}, {"active_test": false}. Without "lang" Odoo answers in the source language.
func (s *Session) WithContext(set map[string]any) *Session {
	return &Session{login: s.login, context: merged(s.context, set), readOnly: s.readOnly}
}

// merged is a copy of a with what b sets.
func merged(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}
