package cmd_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// fake is a server of the test process that a script talks to.
type fake struct {
	server *httptest.Server
	once   sync.Once
	asked  chan struct{} // closed with the first request

	mu      sync.Mutex
	handler http.Handler
	journal [][]byte // of a fake Odoo
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { close(f.asked) })
	f.mu.Lock()
	h := f.handler
	f.mu.Unlock()
	h.ServeHTTP(w, r)
}

func (f *fake) become(h http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handler = h
}

func fakeCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "fake NAME odoo|picky|trello|page|absent|denies|fails|silent|nobody")
	if args[1] == "nobody" {
		ts.Setenv(args[0], refusing(ts))
		return
	}
	f := &fake{asked: make(chan struct{})}
	switch args[1] {
	case "odoo":
		f.handler = f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000")
	case "picky":
		f.handler = picky(f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000"))
	case "trello":
		f.handler = newTrello()
	case "page":
		f.handler = echo(http.StatusOK)
	case "absent":
		f.handler = echo(http.StatusNotFound)
	case "denies":
		f.handler = echo(http.StatusUnauthorized)
	case "fails":
		f.handler = echo(http.StatusInternalServerError)
	case "silent":
		f.handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client goes
			<-r.Context().Done()
		})
	default:
		ts.Fatalf("there is no fake %s", args[1])
	}
	f.server = httptest.NewServer(f)
	scriptOf(ts).fakes[args[0]] = f
	ts.Setenv(args[0], f.server.URL)
	ts.Setenv(args[0]+"_elsewhere", strings.Replace(f.server.URL, "127.0.0.1", "localhost", 1))
}

// refusing is an address that nobody listens on.
func refusing(ts *testscript.TestScript) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer func() { ts.Check(listener.Close()) }()
	return "http://" + listener.Addr().String()
}

// echo answers with a page that repeats all that it was sent, secrets included, as some proxies and debug pages do.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // as much as came
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<!doctype html><title>%s %s</title><h1>%s</h1><p>%v</p><pre>%s</pre>",
			r.URL, r.Header.Get("Authorization"), r.Header.Get("Authorization"), r.Header, body)
	}
}

// newOdoo is an Odoo with an administrator and a user who may use projects but not configure them.
func (f *fake) newOdoo(uuid string) *odootest.Server {
	return odootest.New(odootest.Options{
		Password: passwordMarker, DatabaseUUID: uuid,
		Users: []odootest.User{{Login: "worker", Password: passwordMarker, Groups: []string{"base.group_user", "project.group_project_user"}}},
		Journal: func(line []byte) error {
			f.journal = append(f.journal, append([]byte(nil), line...))
			return nil
		},
	})
}

// picky is an Odoo with a module that refuses one task, by a ValidationError.
func picky(s *odootest.Server) *odootest.Server {
	s.Fail(func(r odootest.Request) error {
		if r.Moment == odootest.Before && r.Writes && strings.Contains(fmt.Sprint(r.Args), "Oil the hinges") {
			return &xmlrpc.Fault{Code: 2, Text: "Hinges are not oiled on Mondays."}
		}
		return nil
	})
	return s
}

// newTrello is a Trello with one board, two lists, a label and three cards.
func newTrello() *trellotest.Server {
	s := trellotest.New(trellotest.Options{Key: keyMarker, Token: tokenMarker, Strict: true})
	board := s.AddBoard("Workshop")
	todo, done := s.AddList(board.ID, "To do"), s.AddList(board.ID, "Done")
	urgent := s.AddLabel(board.ID, "Urgent", "red")
	s.AddCard(todo.ID, "Paint the door", trellotest.WithLabels(urgent.ID), trellotest.WithDesc("Two coats."))
	s.AddCard(todo.ID, "Oil the hinges")
	s.AddCard(done.ID, "Sweep the yard", trellotest.Archived())
	return s
}

func asked(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "asked NAME")
	f := scriptOf(ts).fakes[args[0]]
	if f == nil {
		ts.Fatalf("there is no fake %s", args[0])
	}
	select {
	case <-f.asked:
	case <-time.After(patience):
		ts.Fatalf("nobody asked %s", args[0])
	}
}

// copyOdoo is what restoring a backup as a staging server does: the same records, another uuid.
func copyOdoo(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "copy NAME UUID")
	f := scriptOf(ts).fakes[args[0]]
	if f == nil {
		ts.Fatalf("there is no fake %s", args[0])
	}
	replayed := &fake{}
	s := replayed.newOdoo(args[1])
	for _, line := range f.journal {
		ts.Check(s.Replay(line))
	}
	f.become(s)
}
