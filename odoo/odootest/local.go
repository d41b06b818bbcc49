package odootest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// RoundTripper gives a transport that calls the server on the caller's goroutine:
// no socket, no goroutine. It honours the request's context: one that is done
// before the call prevents it, one that is done after it loses the answer.
func (s *Server) RoundTripper() http.RoundTripper { return s.host.RoundTripper() }

// RoundTripper is [Server.RoundTripper] for all databases of the host.
func (h *Host) RoundTripper() http.RoundTripper { return roundTripper{h} }

// roundTripper is the in-process transport.
type roundTripper struct{ host *Host }

// RoundTrip serves one request.
func (rt roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer func() { _ = request.Body.Close() }()
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	served := request.Clone(request.Context())
	switch {
	case served.Body == nil:
		served.Body = http.NoBody
	case served.ContentLength == 0 && served.Body != http.NoBody:
		served.ContentLength = -1 // of unknown length: it would go out in chunks
	}
	w := &recorder{header: http.Header{}}
	w.cut = rt.serve(w, served)
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	if w.cut && w.status == 0 {
		return nil, fmt.Errorf("odootest: the server closed the connection: %w", io.ErrUnexpectedEOF)
	}
	return w.response(request), nil
}

// serve calls the handler and reports whether it gave no whole answer.
func (rt roundTripper) serve(w http.ResponseWriter, request *http.Request) (lost bool) {
	defer func() {
		if reason := recover(); reason != nil {
			err, ok := reason.(error)
			if !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(reason)
			}
			lost = true
		}
	}()
	rt.host.ServeHTTP(w, request)
	return false
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int // 0 before anything was answered
	body   bytes.Buffer
	cut    bool // the connection was closed before the answer's end
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(body []byte) (int, error) { return w.body.Write(body) }

// response gives the kept answer as a client sees it.
func (w *recorder) response(request *http.Request) *http.Response {
	length, err := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	if err != nil {
		length = int64(w.body.Len())
	}
	var body io.Reader = bytes.NewReader(w.body.Bytes())
	if w.cut {
		body = io.MultiReader(body, broken{})
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: request,
		Body: io.NopCloser(body), ContentLength: length,
	}
}

// broken is the end of a connection that was closed too early.
type broken struct{}

// Read fails as net/http does for a body that is too short.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Listen serves the server on a loopback address, as "127.0.0.1:0" for any free
// port, for clients outside the process. It gives the address as
// "http://127.0.0.1:41234", without a slash at its end, and a function that stops
// serving. An address that is not on loopback is an error: what is served here
// has no protection.
func (s *Server) Listen(addr string) (url string, stop func(), err error) { return s.host.Listen(addr) }

// Listen is [Server.Listen] for all databases of the host.
func (h *Host) Listen(addr string) (url string, stop func(), err error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", nil, fmt.Errorf("odootest: no address %q: %w; use 127.0.0.1:0", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", nil, fmt.Errorf("odootest: %q is not on loopback; use 127.0.0.1:0", addr)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("odootest: cannot listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Serve ends with ErrServerClosed when stop is called.
		_ = server.Serve(listener)
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}
