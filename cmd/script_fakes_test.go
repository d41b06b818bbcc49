package cmd_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	gate    *gate    // where a request is kept back; nil for none
}

// gate keeps the first request back that is like something.
type gate struct {
	like    *regexp.Regexp
	shut    atomic.Bool   // by the request
	open    sync.Once     // by the script
	came    chan struct{} // closed when the request is there
	through chan struct{} // closed when it may go on
}

func (g *gate) letThrough() { g.open.Do(func() { close(g.through) }) }

// pass keeps a request back that is the one. It takes effect in the end, whether somebody still waits for its answer or not.
func (g *gate) pass(r *http.Request) *http.Request {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || !g.like.MatchString(r.Method+" "+r.URL.Path+"\n"+string(body)) {
		return r
	}
	if !g.shut.CompareAndSwap(false, true) {
		return r
	}
	close(g.came)
	<-g.through
	return r.WithContext(context.WithoutCancel(r.Context()))
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { close(f.asked) })
	f.mu.Lock()
	h, gate := f.handler, f.gate
	f.mu.Unlock()
	if gate != nil {
		r = gate.pass(r)
	}
	h.ServeHTTP(w, r)
}

func (f *fake) become(h http.Handler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handler = h
}

func fakeCommand(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "fake NAME odoo|picky|secure|expired|misnamed|early|bare|portal|keyed|hidden|several|nineteen|trello|proxy URL|page|absent|denies|fails|silent|nobody")
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
	case "secure", "expired", "misnamed":
		f.handler = f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000")
	case "early":
		f.handler = early(f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000"), 5*time.Minute)
	case "bare":
		f.handler = bare(f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000"), "project.tags")
	case "portal":
		f.handler = answering(f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000"), portalUser())
	case "keyed":
		f.handler = answering(f.newOdoo("5f1c7f0a-0d5e-4c1e-9d60-0d0000000000"), keyThatEnds(time.Now().Add(72*time.Hour)))
	case "hidden":
		f.handler = odootest.New(odootest.Options{Password: passwordMarker, NoDatabaseList: true})
	case "several":
		f.handler = odootest.NewHost(odootest.New(odootest.Options{Password: passwordMarker, Database: "spare"}), f.newOdoo(""))
	case "nineteen":
		f.handler = odootest.New(odootest.Options{Version: "19.0", Password: passwordMarker, APIKey: tokenMarker})
	case "trello":
		f.handler = newTrello()
	case "proxy":
		need(ts, neg, args, 3, "fake NAME proxy URL")
		origin, err := url.Parse(args[2])
		ts.Check(err)
		f.handler = &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin) }, ErrorLog: log.New(io.Discard, "", 0),
		}
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
	f.server = httptest.NewUnstartedServer(f)
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a client breaks off
	if slices.Contains([]string{"secure", "expired", "misnamed"}, args[1]) {
		f.server.TLS = badCertificate(ts, args[1])
		f.server.StartTLS()
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.server.Certificate().Raw})
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pem"), certificate, 0o600))
	} else {
		f.server.Start()
	}
	if was := scriptOf(ts).fakes[args[0]]; was != nil {
		was.open()
		was.server.Close()
	}
	scriptOf(ts).fakes[args[0]] = f
	ts.Setenv(args[0], f.server.URL)
	ts.Setenv(args[0]+"_address", f.server.Listener.Addr().String())
	ts.Setenv(args[0]+"_elsewhere", strings.Replace(f.server.URL, "127.0.0.1", "localhost", 1))
}

// badCertificate is what a server shows that nobody should trust, even who trusts its authority; nil where httptest's own will do.
func badCertificate(ts *testscript.TestScript, what string) *tls.Config {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "connector test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	switch what {
	case "expired":
		c.NotAfter = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	case "misnamed":
		c.IPAddresses, c.DNSNames = nil, []string{"other.example.com"}
	default:
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	ts.Check(err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// refusing is an address that nobody listens on, and nobody will while the script runs: it is the client's end of a connection.
// A port that was merely free could become another fake's.
func refusing(ts *testscript.TestScript) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	connection, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", listener.Addr().String())
	ts.Check(err)
	ts.Defer(func() { _, _ = connection.Close(), listener.Close() })
	return "http://" + connection.LocalAddr().String()
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

// early is a server whose clock is ahead.
func early(h http.Handler, by time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(earlyWriter{w, by}, r) }
}

type earlyWriter struct {
	http.ResponseWriter
	by time.Duration
}

func (w earlyWriter) Write(body []byte) (int, error) {
	w.tell()
	return w.ResponseWriter.Write(body)
}

func (w earlyWriter) WriteHeader(status int) {
	w.tell()
	w.ResponseWriter.WriteHeader(status)
}

func (w earlyWriter) tell() {
	w.Header().Set("Date", time.Now().Add(w.by).UTC().Format(http.TimeFormat))
}

// bare is an Odoo without the module that brings a model (captures/odoo18/fault_unknown_model).
func bare(s *odootest.Server, model string) *odootest.Server {
	s.Fail(func(r odootest.Request) error {
		if r.Model == model {
			return &xmlrpc.Fault{Code: 2, Text: "Object " + model + " doesn't exist"}
		}
		return nil
	})
	return s
}

// answering is an Odoo that gives some calls over XML-RPC, by "model method", the answers of a real one.
func answering(h http.Handler, answers map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if method, args, err := xmlrpc.DecodeCall(body); err == nil && method == "execute_kw" {
			if answer, ok := answers[fmt.Sprint(args[3], " ", args[4])]; ok {
				if body, err := xmlrpc.EncodeResponse(answer); err == nil {
					w.Header().Set("Content-Type", "text/xml; charset=utf-8")
					_, _ = w.Write(body)
				}
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
	}
}

func field(kind string) map[string]any { return map[string]any{"type": kind, "string": "x"} }

// portalUser is what Odoo 16 to 19 answer to a portal user about itself.
func portalUser() map[string]any {
	row := map[string]any{
		"id": int64(2), "login": "gate", "name": "Gate", "lang": "en_US", "tz": false, "share": true, "company_id": int64(1), "company_ids": []any{int64(1)},
	}
	return map[string]any{
		"res.users read": []any{row},
		"res.users fields_get": map[string]any{
			"login": field("char"), "name": field("char"), "lang": field("selection"), "tz": field("selection"), "share": field("boolean"),
			"company_id": field("many2one"), "company_ids": field("many2many"),
		},
	}
}

// keyThatEnds is what Odoo 18 and 19 answer to the owner of an API key.
func keyThatEnds(at time.Time) map[string]any {
	user := field("many2one")
	user["relation"] = "res.users"
	row := map[string]any{"id": int64(1), "name": "connector", "scope": "rpc", "expiration_date": at.UTC().Format(time.DateTime)}
	return map[string]any{
		"res.users.apikeys search_read": []any{row},
		"res.users.apikeys fields_get": map[string]any{
			"name": field("char"), "scope": field("char"), "expiration_date": field("datetime"), "user_id": user,
		},
	}
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
	select {
	case <-scriptOf(ts).fake(ts, args[0]).asked:
	case <-time.After(patience):
		ts.Fatalf("nobody asked %s", args[0])
	}
}

func (s *script) fake(ts *testscript.TestScript, name string) *fake {
	f := s.fakes[name]
	if f == nil {
		ts.Fatalf("there is no fake %s", name)
	}
	return f
}

func hold(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "hold NAME RE")
	f := scriptOf(ts).fake(ts, args[0])
	like, err := regexp.Compile(args[1])
	ts.Check(err)
	f.open()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gate = &gate{like: like, came: make(chan struct{}), through: make(chan struct{})}
}

func held(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "held NAME")
	g := scriptOf(ts).fake(ts, args[0]).gate
	if g == nil {
		ts.Fatalf("%s holds nothing", args[0])
	}
	select {
	case <-g.came:
	case <-time.After(patience):
		ts.Fatalf("%s was sent nothing like %s", args[0], g.like)
	}
}

func release(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "release NAME")
	scriptOf(ts).fake(ts, args[0]).open()
}

// open lets a request through that was kept back.
func (f *fake) open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		f.gate.letThrough()
	}
}

// copyOdoo is what restoring a backup as a staging server does: the same records, another uuid.
func copyOdoo(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "copy NAME UUID")
	f := scriptOf(ts).fake(ts, args[0])
	replayed := &fake{}
	s := replayed.newOdoo(args[1])
	for _, line := range f.journal {
		ts.Check(s.Replay(line))
	}
	f.become(s)
}

// sendRequest changes something at a fake Trello, as a person does beside the program.
func sendRequest(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "send METHOD URL")
	request, err := http.NewRequestWithContext(context.Background(), args[0], args[1], http.NoBody)
	ts.Check(err)
	request.Header.Set("Authorization", `OAuth oauth_consumer_key="`+keyMarker+`", oauth_token="`+tokenMarker+`"`)
	answer, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		ts.Fatalf("%s %s: %s", args[0], request.URL.Path, answer.Status)
	}
}
