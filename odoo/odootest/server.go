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
	// Database is the only one of the server; default demo.
	Database string
	// Username and Password are those of the administrator, uid 2; default admin.
	Username, Password string
	// DatabaseUUID is the parameter database.uuid; a constant by default.
	DatabaseUUID string
	// Clock gives the time; default time.Now. It stamps transactions.
	Clock func() time.Time
	// Journal takes a line for each transaction that changed something, after it
	// was applied and before it is answered, under the server's lock. Lines are
	// JSON without line ends. An error undoes the transaction and is answered as
	// a fault. See [Server.Replay].
	Journal func(line []byte) error
	// Users are more users, with uid 6 and on.
	Users []User
}

// User is a user of a server.
type User struct {
	// Login and Password are what the user logs in with.
	Login, Password string
	// APIKey, where set, serves as a password too.
	APIKey string
	// Name is the login by default.
	Name string
	// TZ is a time zone as "Europe/Brussels", empty for none.
	TZ string
	// Groups are external identifiers, as "project.group_project_manager",
	// "project.group_project_user", "base.group_system" or "base.group_portal";
	// what they imply comes with them. Default is base.group_user.
	Groups []string
}

// Server is an Odoo with its data in memory. It is an http.Handler; all its
// methods may be called by several goroutines.
type Server struct {
	options     Options
	major       int
	users       []*account
	mu          sync.Mutex // guards what follows
	tables      map[string]*table
	models      []string         // names of the tables, in order
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
	for _, m := range append(baseModels(major), projectModels(major)...) {
		s.tables[m.name] = &table{model: m, rows: map[int64]row{}}
		s.models = append(s.models, m.name)
	}
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

// addUsers makes the accounts: OdooBot, who cannot log in, the administrator, and
// those of the options.
func (s *Server) addUsers() {
	bot := newAccount(botUID, User{Login: "__system__", Name: "OdooBot", Groups: []string{groupSettings}})
	admin := newAccount(mainUID, User{
		Login: s.options.Username, Password: s.options.Password, Name: "Mitchell Admin", TZ: "Europe/Brussels",
		Groups: []string{groupSettings, groupManager},
	})
	s.users = []*account{bot, admin}
	for i, user := range s.options.Users {
		s.users = append(s.users, newAccount(extraUID+int64(i), user))
	}
}

// byUID finds an account, nil when there is none.
func (s *Server) byUID(uid int64) *account {
	for _, user := range s.users {
		if user.uid == uid {
			return user
		}
	}
	return nil
}

// login finds the account of a login and a password, nil when they do not match.
func (s *Server) login(login, password string) *account {
	for _, user := range s.users {
		if user.login == login && user.accepts(password) {
			return user
		}
	}
	return nil
}

// accepts reports whether a text is the user's password or API key.
func (a *account) accepts(password string) bool {
	return password != "" && (password == a.password || password == a.key)
}

// Version gives the version as "18.0".
func (s *Server) Version() string { return s.options.Version }
