// Package sandbox is a demo Odoo, and demo systems beside it, that a program carries with it: the stateful fakes of the tests with a
// demo data set, served over HTTP on loopback, so that the connector can be tried, and other clients too, without an account anywhere.
//
// What clients write is kept in a folder: each side has a journal there, and a change stands in it before the request is answered. So
// a program that is killed loses nothing that it answered, and the next one finds it again. (A power cut may cost the last changes: the
// disk is not waited for.) One program holds the folder at a time.
//
// The package knows Odoo's fake only. The others are given to Open as values:
//
//	s, err := sandbox.Open(".sandbox", sandbox.Options{Odoo: true, Systems: []sandbox.System{{
//		Name:        "trello",
//		New:         func(o sandbox.FakeOptions) sandbox.Fake { return trellotest.New(trellotest.Options{Clock: o.Clock, Journal: o.Journal}) },
//		Demo:        …,
//		Credentials: map[string]string{"key": "demo-key", "token": "demo-token"},
//	}}})
package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/state"
)

// odooName is how Odoo's part is called: its journal is odoo.journal.
const odooName = "odoo"

// Fake is a stateful fake of an external system, such as odootest.Server and trellotest.Server are.
type Fake interface {
	http.Handler
	// Replay applies a line that was given to FakeOptions.Journal again: the same change at the same time, with the same ids.
	Replay(line []byte) error
	// Listen serves the fake on an address, such as "127.0.0.1:0" for any free port. It gives the origin, as "http://127.0.0.1:41234"
	// without a slash at its end, and a function that stops serving.
	Listen(addr string) (url string, stop func(), err error)
	// RoundTripper reaches the fake within the process, without a socket.
	RoundTripper() http.RoundTripper
}

// FakeOptions are what a fake is made with.
type FakeOptions struct {
	// Clock tells the fake the time of every change. While the demo data are made it stands still.
	Clock func() time.Time
	// Journal takes a line for each change, without line breaks, after it was made and before it is answered. When it fails, the fake
	// must answer with an error.
	Journal func(line []byte) error
}

// System is one external system's part of the sandbox.
type System struct {
	// Name is the system's, as "trello". Its journal is called after it.
	Name string
	// New makes the fake without data.
	New func(FakeOptions) Fake
	// Demo puts the demo data into a new fake. With the same clock it must make the same data, ids included: it is called again each
	// time the folder is opened. nil means that there are none.
	Demo func(Fake)
	// Credentials are what a client needs beside the address, as {"key": "demo-key", "token": "demo-token"}.
	Credentials map[string]string
	// Try gives lines of shell that edit a record of the fake, which is served at the URL, for people who look how a change crosses; ""
	// where it has no record. nil means that there are none.
	Try func(f Fake, url string) string
}

// Options say what a sandbox consists of.
type Options struct {
	// Systems are the external systems that are served.
	Systems []System
	// Odoo says whether Odoo is served.
	Odoo bool
	// Empty begins without demo data. A folder keeps what it was begun with, so Empty may be left out when it is opened again; given
	// for a folder with demo data it is an error.
	Empty bool
	// Clock gives the time; nil is the machine's.
	Clock func() time.Time
	// Addr are the addresses to listen on, by "odoo" or the system's name, as "127.0.0.1:8069"; default is a free port on 127.0.0.1.
	// Others than those of the loopback interface are refused: the demo credentials are known to everyone.
	Addr map[string]string
}

// Odoo is what a client needs to log in to the sandbox's Odoo.
type Odoo struct {
	URL                          string // the origin, without a slash at its end
	Database, Username, Password string
}

// External is what a client needs to reach a system of the sandbox.
type External struct {
	URL         string // the origin, without a slash at its end
	Credentials map[string]string
}

// Sandbox is an open sandbox. Its methods may be called by several goroutines, Close at last.
type Sandbox struct {
	lock        *state.FileLock
	parts       []*part
	credentials map[string]map[string]string
	tries       map[string]func(f Fake, url string) string
}

// Open makes the sandbox that the folder dir holds, or begins a new one there, and serves it. The folder is created where it doesn't
// exist, for its owner alone. The line that a killed program left unfinished is dropped; it was never answered.
//
// Errors: *state.LockedError while another program has it open, *CorruptError, *NotEmptyError, *AddressError,
// *state.UnavailableError for the disk, and those of listening, which wrap a *net.OpError.
func Open(dir string, o Options) (*Sandbox, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unavailable(dir, err)
	}
	lock, err := state.Lock(filepath.Join(dir, "journal"), "sandbox", o.Clock())
	if err != nil {
		return nil, err
	}
	s := &Sandbox{lock: lock, credentials: map[string]map[string]string{}, tries: map[string]func(Fake, string) string{}}
	if err := s.start(dir, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// check refuses options that cannot work, before anything is made.
func (o Options) check() error {
	seen := map[string]bool{odooName: true}
	for _, system := range o.Systems {
		if seen[system.Name] || system.Name == "" || strings.ContainsAny(system.Name, `/\*?[`) {
			return fmt.Errorf("sandbox: %q cannot be the name of a system here; it must be one of its own, and fit for a file", system.Name)
		}
		seen[system.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(o.Addr)) {
		if err := checkAddress(name, o.Addr[name]); err != nil {
			return err
		}
	}
	return nil
}

// start opens all parts. They are served only when all of them have their data.
func (s *Sandbox) start(dir string, o Options) error {
	begin, err := beginning(dir, o)
	if err != nil {
		return err
	}
	systems := o.Systems
	if o.Odoo {
		systems = append([]System{odooSystem()}, systems...)
	}
	for _, system := range systems {
		p, err := openPart(dir, system, begin, o.Clock)
		if err != nil {
			return err
		}
		s.parts = append(s.parts, p)
		s.credentials[system.Name] = maps.Clone(system.Credentials)
		s.tries[system.Name] = system.Try
	}
	for _, p := range s.parts {
		if err := p.listen(o.Addr[p.name]); err != nil {
			return err
		}
	}
	return nil
}

// odooSystem is Odoo as one of the systems.
func odooSystem() System {
	login := map[string]string{"database": "demo", "username": "admin", "password": "admin"}
	return System{
		Name: odooName,
		New: func(o FakeOptions) Fake {
			return odootest.New(odootest.Options{
				Database: login["database"], Username: login["username"], Password: login["password"], Clock: o.Clock, Journal: o.Journal,
				DatabaseUUID: uuidOf(o.Clock()),
			})
		},
		Demo: func(f Fake) {
			if server, ok := f.(*odootest.Server); ok {
				demo(server)
			}
		},
		Credentials: login,
		Try: func(f Fake, url string) string {
			server, ok := f.(*odootest.Server)
			if !ok {
				return ""
			}
			tasks := server.Search("project.task", nil)
			if len(tasks) == 0 {
				return ""
			}
			return fmt.Sprintf(`curl -s %s/jsonrpc -H 'Content-Type: application/json' -d '
  {"method": "call", "params": {"service": "object", "method": "execute_kw",
  "args": ["%s", 2, "%s", "project.task", "write", [[%d],
  {"name": "Edited in Odoo"}]]}}'`, url, login["database"], login["password"], slices.Min(tasks))
		},
	}
}

// uuidOf is the identity of a database that began at that time: the folder's own, so that a new folder is another database.
func uuidOf(began time.Time) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(began.Unix()), uint64(began.UnixMicro())&(1<<48-1)) //nolint:gosec // a label
}

// Odoo tells how to log in to Odoo, and whether it is served.
func (s *Sandbox) Odoo() (o Odoo, served bool) {
	e, served := s.external(odooName)
	return Odoo{URL: e.URL, Database: e.Credentials["database"], Username: e.Credentials["username"], Password: e.Credentials["password"]}, served
}

// System tells how to reach an external system, and whether it is served. The credentials are the caller's own copy.
func (s *Sandbox) System(name string) (e External, served bool) {
	if name == odooName {
		return External{}, false
	}
	return s.external(name)
}

func (s *Sandbox) external(name string) (External, bool) {
	for _, p := range s.parts {
		if p.name == name {
			return External{URL: p.url, Credentials: maps.Clone(s.credentials[name])}, true
		}
	}
	return External{}, false
}

// Try gives lines of shell that edit a record of a side, "odoo" or a system's name, for people who look how a change crosses; "" where
// there is nothing to edit.
func (s *Sandbox) Try(name string) string {
	for _, p := range s.parts {
		if try := s.tries[name]; p.name == name && try != nil {
			return try(p.fake, p.url)
		}
	}
	return ""
}

// Close stops serving, closes the journals and gives the folder back. What was answered is kept; a request that is under way is not
// answered any more. A second Close does nothing. The error is that of a journal that could not be written: the changes since then were
// refused.
func (s *Sandbox) Close() error {
	var failed []error
	for _, p := range s.parts {
		failed = append(failed, p.close())
	}
	s.parts = nil
	if s.lock != nil {
		failed = append(failed, s.lock.Release())
		s.lock = nil
	}
	return errors.Join(failed...)
}
