package odootest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options describe a server. The zero value is Odoo 18.0 with the database demo
// and the user admin, whose password is admin.
type Options struct {
	// Version is "16.0", "17.0", "18.0" (default) or "19.0".
	Version string
	// Build stands after the version in what the server says of itself, as
	// "-20240709" (seen on 17) or "+e-20241005" (seen on 18); default none.
	Build string
	// Database is the only one of the server; default demo.
	Database string
	// Username and Password are those of the administrator, uid 2; default admin.
	Username, Password string
	// APIKey, where set, is an API key of the administrator: it serves as a
	// password, and on 19 as the bearer key of JSON-2.
	APIKey string
	// NoDatabaseList hides the names of databases, as list_db = False does.
	NoDatabaseList bool
	// DatabaseUUID is the parameter database.uuid; a constant by default.
	DatabaseUUID string
	// Clock gives the time; default time.Now. It stamps transactions.
	Clock func() time.Time
	// Journal takes a line for each transaction that changed something, after it
	// was applied and before it is answered, under the server's lock. Lines are
	// JSON without line ends. An error undoes the transaction and is answered as
	// a fault. See [Server.Replay].
	Journal func(line []byte) error
	// Users are more users, with uid 6 and on unless they say another.
	Users []User
	// Modules are those that are installed beside base, mail and contacts, of
	// project, product, sale, stock, account and crm, with what they depend on;
	// none means all.
	Modules []string
}

// User is a user of a server.
type User struct {
	// UID is the user's id; by default they are numbered from 6 on.
	UID int64
	// Login and Password are what the user logs in with.
	Login, Password string
	// APIKey, where set, serves as a password too, and on 19 as the bearer key of
	// JSON-2.
	APIKey string
	// KeyExpires is the end of the API key, the zero time for never.
	KeyExpires time.Time
	// KeyScope is what the API key is for: "" or "rpc" for all calls; a key of
	// another scope is refused.
	KeyScope string
	// TwoFactor asks for a second factor: the password opens no call, the API key
	// does.
	TwoFactor bool
	// Name is the login by default.
	Name string
	// TZ is a time zone as "Europe/Brussels", empty for none.
	TZ string
	// Groups are external identifiers, as "project.group_project_manager",
	// "project.group_project_user", "base.group_system" or "base.group_portal";
	// what they imply comes with them. Default is base.group_user.
	Groups []string
}

// Server is an Odoo with its data in memory: one database. It is an http.Handler;
// all its methods may be called by several goroutines. See [NewHost] for several
// databases behind one address.
type Server struct {
	options     Options
	major       int
	host        *Host
	usersMu     sync.RWMutex // guards users and keys; it is taken last
	users       []*account
	keys        []apiKey
	mu          sync.Mutex // guards what follows
	tables      map[string]*table
	models      []string          // names of the tables, in order
	hidden      map[string]*table // of models that clients do not see
	catalog     *catalog
	grants      map[grant]bool   // rights that tests gave or took
	rules       map[grant][]any  // record rules of tests
	identifiers map[string]int64 // of ir.model.data, by module.name
	logMu       sync.Mutex       // guards what follows
	requests    []Request
	count       int
	hook        func(Request) error
}

// New makes a server with an installed database: a company, the users, no
// projects. It panics when the version is none of those it knows.
func New(options Options) *Server {
	options = withDefaults(options)
	major, err := strconv.Atoi(strings.TrimSuffix(options.Version, ".0"))
	if err != nil || major < 16 || major > 19 {
		panic(fmt.Sprintf("odootest: no version %q; use 16.0, 17.0, 18.0 or 19.0", options.Version))
	}
	s := &Server{options: options, major: major, tables: map[string]*table{}, identifiers: map[string]int64{}}
	s.host = &Host{servers: []*Server{s}}
	s.open()
	s.addUsers()
	s.install()
	return s
}

// withDefaults fills what was left out.
func withDefaults(options Options) Options {
	fallback := func(value *string, other string) {
		if *value == "" {
			*value = other
		}
	}
	fallback(&options.Version, "18.0")
	fallback(&options.Database, "demo")
	fallback(&options.Username, "admin")
	fallback(&options.Password, "admin")
	fallback(&options.DatabaseUUID, "5f1c7f0a-0d5e-4c1e-9d60-0d0000000000")
	if options.Clock == nil {
		options.Clock = time.Now
	}
	return options
}

// Version gives the version as "18.0".
func (s *Server) Version() string { return s.options.Version }
