package cmd_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestSignals stops syncs of 300 records in their middle: when the sandbox answers a certain request.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name   string
		signal syscall.Signal
		code   int
		during request // that the sandbox is about to answer when the signal comes
		nth    int64   // the how many-th of its kind
	}{
		{"Ctrl-C while cards are created", syscall.SIGINT, 130, newCard, 40},
		{"SIGTERM while cards are created", syscall.SIGTERM, 143, newCard, 5},
		{"Ctrl-C while tasks are created", syscall.SIGINT, 130, newTasks, 1},
		{"SIGTERM at the login", syscall.SIGTERM, 143, login, 1},
	} {
		t.Run("Ensure that "+s.name+" ends a sync in order and that the next one completes it", func(t *testing.T) {
			w := newWorld(t, "connector")
			w.fill(150, 150)
			proxy := w.between(s.during, s.nth)
			p := w.startSync()
			proxy.wait(t)
			w.must(p.signal(s.signal))
			w.noticed(p)
			proxy.letThrough()
			code, err := p.wait()
			w.must(err)
			if code != s.code || strings.Count(p.err.String(), `{"error":{"code":"CON-RUN-STOPPED","message":"stopped; the record in hand was finished`) != 1 {
				t.Errorf("it ended with %d and said %q", code, p.err)
			}
			held := w.count(`SELECT COUNT(*) FROM job WHERE state IN ('started', 'enqueued') OR retry > 0 OR crashes > 0 OR alone > 0`)
			if held != 0 {
				t.Errorf("%d unstarted jobs were not given back unspent", held)
			}
			if begun := proxy.seen.Load() - s.nth; begun > 0 {
				t.Errorf("after the signal %d more requests like %q were begun", begun, s.during.line)
			}
			w.mustSync()
			w.complete()
			w.quiet()
		})
	}
	t.Run("Ensure that a second signal ends a sync at once", func(t *testing.T) {
		w := newWorld(t, "connector")
		w.fill(3, 3)
		proxy := w.between(newCard, 1)
		p := w.startSync()
		proxy.wait(t)
		w.must(p.signal(syscall.SIGINT))
		w.noticed(p)
		w.must(p.signal(syscall.SIGTERM))
		code, err := p.wait() // while its request is not answered
		w.must(err)
		if code != 143 {
			t.Errorf("it ended with %d and said %q", code, p.err)
		}
		proxy.letThrough() // the card is created after all
		w.mustSync()
		w.complete()
		w.quiet()
	})
}

// noticed waits until a run tells that a signal reached it.
func (w *world) noticed(p *process) {
	w.t.Helper()
	_, err := p.err.await(regexp.MustCompile("finishing the record in hand; a second signal stops at once"), p.done)
	w.must(err)
}

// request tells requests apart: by method and path, and by what stands in the body.
type request struct {
	line string
	body []string
}

var (
	newCard  = request{line: "POST /1/cards"}
	newTasks = request{line: "POST /xmlrpc/2/object", body: []string{"<string>project.task</string>", "<string>load</string>"}}
	login    = request{line: "POST /xmlrpc/2/common"}
)

// is reads the body and puts it back.
func (want request) is(r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil || r.Method+" "+r.URL.Path != want.line {
		return false
	}
	return !slices.ContainsFunc(want.body, func(part string) bool { return !bytes.Contains(body, []byte(part)) })
}

// proxy stands between the connector and the sandbox. It holds the nth request of a kind until it is let through.
type proxy struct {
	want    request
	nth     int64
	seen    atomic.Int64
	came    chan struct{}
	through chan struct{}
	once    sync.Once
}

// between puts proxies before both sides of the world.
func (w *world) between(want request, nth int64) *proxy {
	w.t.Helper()
	p := &proxy{want: want, nth: nth, came: make(chan struct{}), through: make(chan struct{})}
	w.configure(p.before(w, w.served.Odoo.URL), p.before(w, w.served.Trello.URL))
	w.t.Cleanup(p.letThrough)
	return p
}

func (p *proxy) before(w *world, target string) string {
	w.t.Helper()
	origin, err := url.Parse(target)
	w.must(err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin) }, ErrorLog: log.New(io.Discard, "", 0)}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if p.want.is(r) && p.seen.Add(1) == p.nth {
			close(p.came)
			<-p.through
			r = r.WithContext(context.WithoutCancel(r.Context())) // it takes effect, whether somebody waits for its answer or not
		}
		forward.ServeHTTP(out, r)
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// wait returns when the request came.
func (p *proxy) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.came:
	case <-time.After(patience):
		t.Fatalf("no request %d like %q came", p.nth, p.want.line)
	}
}

func (p *proxy) letThrough() { p.once.Do(func() { close(p.through) }) }
