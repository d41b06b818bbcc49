package trellotest

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// RoundTripper returns a transport whose requests are answered by the server itself: no socket, no goroutine, on the caller's
// goroutine, whatever the host of the URL. A request whose context has ended fails with the context's error, before its effect or
// after it. A panic of a [Server.Fail] hook reaches the caller.
func (s *Server) RoundTripper() http.RoundTripper { return inProcess{s} }

type inProcess struct{ server *Server }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a, err := t.server.serve(r)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return a.response(r), nil
}

// Listen serves on a TCP address until close is called. An empty address, or one without a host, means the loopback interface; port 0
// takes a free one. The url is a bare origin such as "http://127.0.0.1:40123"; the API begins at url + "/1". close ends open
// connections and returns when nothing runs any more. The error says which address could not be had.
func (s *Server) Listen(addr string) (url string, closeServer func(), err error) {
	listener, err := net.Listen("tcp", onLoopback(addr)) //nolint:noctx // listening does not wait
	if err != nil {
		return "", nil, fmt.Errorf("the fake Trello cannot listen on %q: %w; choose another address", addr, err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // always ends with ErrServerClosed, by the function below
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-done }, nil
}

func onLoopback(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	if addr[0] == ':' {
		return "127.0.0.1" + addr
	}
	return addr
}
