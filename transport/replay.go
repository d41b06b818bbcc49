package transport

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Replay answers requests from an archive: of the entries of the same method, address and body the first that was not used yet; else of
// those that call the same method of the same model, since bodies hold times and marks that are made anew in every run. A request
// that was answered and comes again gets the same answer. It is safe for concurrent use.
type Replay struct {
	mu      sync.Mutex
	entries []HAREntry
	keys    [][2]string // of each entry: exactly, and roughly
	used    []bool
}

// NewReplay replays an archive. Entries without an answer are left out.
func NewReplay(a Archive) *Replay {
	p := &Replay{}
	for _, e := range a.Log.Entries {
		if e.Response.Status == 0 {
			continue
		}
		body := ""
		if e.Request.Body != nil {
			body = e.Request.Body.Text
		}
		p.entries = append(p.entries, e)
		p.keys = append(p.keys, keysOf(e.Request.Method, e.Request.URL, body))
		p.used = append(p.used, false)
	}
	return p
}

// Origins are the servers that were asked, as "https://api.trello.com", in the order in which they were asked first.
func (p *Replay) Origins() (all []string) {
	seen := map[string]bool{}
	for _, e := range p.entries {
		if origin := originOf(e.Request.URL); !seen[origin] {
			seen[origin], all = true, append(all, origin)
		}
	}
	return all
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// NotRecordedError says that the archive has no answer to a request, or only the beginning of one.
type NotRecordedError struct {
	Method, URL string // without secrets
	Cut         bool   // there is the beginning of one
}

// Error says so.
func (e *NotRecordedError) Error() string {
	if e.Cut {
		return fmt.Sprintf("the trace holds only the beginning of the answer to %s %s", e.Method, e.URL)
	}
	return fmt.Sprintf("the trace holds no answer to %s %s", e.Method, e.URL)
}

// RoundTrip implements http.RoundTripper. An answer that is not there is a *NotRecordedError.
func (p *Replay) RoundTrip(req *http.Request) (*http.Response, error) {
	e, err := p.answer(req, req.URL.Scheme+"://"+req.URL.Host)
	if err != nil {
		return nil, err
	}
	return answerOf(req, e), nil
}

// Server serves the answers of one of the Origins. What the archive lacks is answered with status 501 and the reason.
func (p *Replay) Server(origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := p.answer(r, origin)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotImplemented)
			return
		}
		res := answerOf(r, e)
		defer func() { _ = res.Body.Close() }()
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body) // who asked may be gone
	})
}

func (p *Replay) answer(req *http.Request, origin string) (HAREntry, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return HAREntry{}, err
		}
		_ = req.Body.Close()
	}
	asked := Seen{Request: req.Clone(req.Context()), Sent: body, keep: len(body)}
	if at, err := url.Parse(origin); err == nil {
		asked.Request.URL.Scheme, asked.Request.URL.Host = at.Scheme, at.Host
	}
	shown := asked.request()
	text := ""
	if shown.Body != nil {
		text = shown.Body.Text
	}
	at := p.find(keysOf(req.Method, shown.URL, text))
	if at < 0 || p.entries[at].Response.Content.Cut {
		return HAREntry{}, &NotRecordedError{Method: req.Method, URL: shown.URL, Cut: at >= 0}
	}
	return p.entries[at], nil
}

// find gives the entry that answers, -1 for none.
func (p *Replay) find(keys [2]string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	again := -1
	for _, exactness := range []int{0, 1} {
		for i := range p.entries {
			if p.keys[i][exactness] != keys[exactness] {
				continue
			}
			if !p.used[i] {
				p.used[i] = true
				return i
			}
			if exactness == 0 {
				again = i
			}
		}
		if again >= 0 {
			return again
		}
	}
	return -1
}

// calledParam are the method's name and the parameters of a call by XML-RPC.
var (
	calledMethod = regexp.MustCompile(`<methodName>([^<]*)</methodName>`)
	calledParam  = regexp.MustCompile(`<param>\s*<value>(?:<\w+>)?([^<]*)`)
)

// keysOf tells requests apart: exactly, and by what they call.
func keysOf(method, address, body string) [2]string {
	path, _, _ := strings.Cut(address, "?")
	rough := method + " " + path
	if called := calledMethod.FindStringSubmatch(body); called != nil {
		rough += " " + called[1]
		if params := calledParam.FindAllStringSubmatch(body, 5); len(params) == 5 {
			rough += " " + params[3][1] + " " + params[4][1]
		}
	}
	return [2]string{method + " " + address + "\n" + body, rough}
}

func answerOf(req *http.Request, e HAREntry) *http.Response {
	text := e.Response.Content.Text
	if e.Response.Content.Encoding == "base64" {
		if data, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(data)
		}
	}
	res := &http.Response{
		StatusCode: e.Response.Status, Status: fmt.Sprintf("%d %s", e.Response.Status, e.Response.StatusText), Proto: "HTTP/1.1",
		ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req, ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)),
	}
	for _, h := range e.Response.Headers {
		switch h.Name {
		case "Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection", "Set-Cookie":
		default:
			res.Header.Add(h.Name, h.Value)
		}
	}
	return res
}
