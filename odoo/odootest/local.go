package odootest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// RoundTripper gives a transport that calls the server on the caller's goroutine:
// no socket, no goroutine. It honours the request's context: one that is done
// before the call prevents it, one that is done after it loses the answer.
func (s *Server) RoundTripper() http.RoundTripper { return roundTripper{s} }

// roundTripper is the in-process transport.
type roundTripper struct{ server *Server }

// RoundTrip serves one request.
func (rt roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer func() { _ = request.Body.Close() }()
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	served := request.Clone(request.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	if lost := rt.serve(w, served); lost {
		return nil, fmt.Errorf("odootest: the server closed the connection: %w", io.ErrUnexpectedEOF)
	}
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(request), nil
}

// serve calls the handler and reports whether it gave no answer.
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
	rt.server.ServeHTTP(w, request)
	return false
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(body []byte) (int, error) { return w.body.Write(body) }

// response gives the kept answer as a client sees it.
func (w *recorder) response(request *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: request,
		Body: io.NopCloser(bytes.NewReader(w.body.Bytes())), ContentLength: int64(w.body.Len()),
	}
}

// Listen serves the server on a loopback address, as "127.0.0.1:0" for any free
// port, for clients outside the process. It gives the address as
// "http://127.0.0.1:41234", without a slash at its end, and a function that stops
// serving. An address that is not on loopback is an error: what is served here
// has no protection.
func (s *Server) Listen(addr string) (url string, stop func(), err error) {
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
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Serve ends with ErrServerClosed when stop is called.
		_ = server.Serve(listener)
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}
