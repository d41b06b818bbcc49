package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// Recorder makes a Fake of an http.Handler that plays a server: it journals the requests that change something and makes them again,
// serves the handler, and reaches it without a socket. A fake embeds one. Requests come to the handler one after the other.
//
// The handler must answer the same to the same requests at the same times, ids included: it counts them up, takes the time from the
// clock that it is given, and goes by the order of no map.
type Recorder struct {
	options FakeOptions
	handler http.Handler
	allow   func(*http.Request) bool

	mu sync.Mutex
	at *time.Time // what the clock says while a line is replayed
}

// NewRecorder makes a recorder. Handler makes what answers, with the clock that it is to go by. Allow says whether a request has the
// right credentials; one that has not is answered with status 401 and does not come to the handler, and none comes twice: what is
// replayed was allowed. A nil Allow allows all.
func NewRecorder(o FakeOptions, allow func(*http.Request) bool, handler func(clock func() time.Time) http.Handler) *Recorder {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if allow == nil {
		allow = func(*http.Request) bool { return true }
	}
	r := &Recorder{options: o, allow: allow}
	r.handler = handler(r.now)
	return r
}

// now is the time for the handler, which is called under the lock only.
func (r *Recorder) now() time.Time {
	if r.at != nil {
		return *r.at
	}
	return r.options.Clock()
}

// recorded is a line of the journal: a request without its headers, which hold credentials, but for its body's type.
type recorded struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	URL    string    `json:"url"`
	Type   string    `json:"type,omitempty"`
	Body   []byte    `json:"body,omitempty"`
}

// answer is what a handler wrote.
type answer struct {
	header http.Header
	status int // 0 until it is written
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

func (a *answer) ok() bool { return a.status/100 == 2 }

// ask lets the handler answer a request at a time.
func (r *Recorder) ask(request *http.Request, at time.Time) *answer {
	r.at = &at
	defer func() { r.at = nil }()
	a := &answer{header: http.Header{}}
	r.handler.ServeHTTP(a, request)
	a.WriteHeader(http.StatusOK)
	return a
}

// Do changes what the handler plays as a person would, while no request is answered. Nothing of it is journalled.
func (r *Recorder) Do(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// ServeHTTP implements http.Handler.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	a := r.serve(request)
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

// serve answers one request, and journals it if it changed something.
func (r *Recorder) serve(request *http.Request) *answer {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return refusal(http.StatusBadRequest, "the request's body cannot be read")
	}
	if !r.allow(request) {
		return refusal(http.StatusUnauthorized, "wrong credentials")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.options.Clock().UTC()
	request.Body = io.NopCloser(bytes.NewReader(body))
	a := r.ask(request, at)
	if reads(request.Method) || !a.ok() || r.options.Journal == nil {
		return a
	}
	e := recorded{At: at, Method: request.Method, URL: request.URL.RequestURI(), Type: request.Header.Get("Content-Type"), Body: body}
	line, err := json.Marshal(e)
	if err == nil {
		err = r.options.Journal(line)
	}
	if err != nil {
		return refusal(http.StatusInternalServerError, "the change could not be journalled")
	}
	return a
}

// reads says that requests of a method change nothing.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

func refusal(status int, text string) *answer {
	a := &answer{header: http.Header{}}
	http.Error(a, text, status)
	return a
}

// Replay makes a journalled change again. Its error says why that cannot be.
func (r *Recorder) Replay(line []byte) error {
	var e recorded
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("the line is no request: %w", err)
	}
	request, err := http.NewRequestWithContext(context.Background(), e.Method, e.URL, bytes.NewReader(e.Body))
	if err != nil {
		return fmt.Errorf("the line is no request: %w", err)
	}
	request.Header.Set("Content-Type", e.Type)
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.ask(request, e.At); !a.ok() {
		return fmt.Errorf("%s %s was taken once and is refused now: %s", e.Method, e.URL, bytes.TrimSpace(a.body.Bytes()))
	}
	return nil
}

// RoundTripper reaches the handler on the caller's goroutine, whatever the host of the URL. A request whose context has ended fails
// with the context's error, before its effect or after it.
func (r *Recorder) RoundTripper() http.RoundTripper { return within{r} }

type within struct{ recorder *Recorder }

// RoundTrip implements http.RoundTripper.
func (t within) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body == nil {
		request = request.Clone(request.Context())
		request.Body = http.NoBody
	}
	defer func() { _ = request.Body.Close() }()
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	a := t.recorder.serve(request.Clone(request.Context()))
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: request,
	}, nil
}

// Listen serves the handler on an address of the loopback interface, such as "127.0.0.1:0" for any free port.
func (r *Recorder) Listen(addr string) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", addr) //nolint:noctx // listening does not wait
	if err != nil {
		return "", nil, fmt.Errorf("cannot listen on %q: %w; choose another address", addr, err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always ends with ErrServerClosed, by the function below
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}
