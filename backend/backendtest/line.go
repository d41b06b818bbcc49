package backendtest

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// trouble is what happens to a request that writes.
type trouble int

const (
	requestLost trouble = iota
	answerLost
	refused
)

// line is the way to the external server, which can be disturbed.
type line struct {
	base   http.RoundTripper
	writes func(*http.Request) bool
	sent   []string // requests that wrote and reached the server, as "POST /notes"
	next   []trouble
	down   bool
}

// RoundTrip sends a request, or what is left of it.
func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.down {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if !l.changes(r) {
		return l.base.RoundTrip(r)
	}
	if len(l.next) == 0 {
		l.sent = append(l.sent, r.Method+" "+r.URL.Path)
		return l.base.RoundTrip(r)
	}
	what := l.next[0]
	l.next = l.next[1:]
	switch what {
	case answerLost:
		l.sent = append(l.sent, r.Method+" "+r.URL.Path)
		answer, err := l.base.RoundTrip(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil, io.ErrUnexpectedEOF
	case refused:
		return &http.Response{
			Status: "422 Unprocessable Entity", StatusCode: http.StatusUnprocessableEntity, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(strings.NewReader("this value is not taken")), Request: r,
		}, nil
	default:
		return nil, io.ErrUnexpectedEOF
	}
}

func (l *line) changes(r *http.Request) bool {
	if l.writes != nil {
		return l.writes(r)
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}
