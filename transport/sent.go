package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
)

// newRequest makes the http.Request. Its length is always known, so net/http sends Content-Length:
// Odoo 19's JSON-2 takes a chunked body for an empty one.
func newRequest(ctx context.Context, r Request) (*http.Request, error) {
	if r.Content != nil {
		return contentRequest(ctx, r)
	}
	if r.Body == nil {
		return http.NewRequestWithContext(ctx, r.Method, r.URL, http.NoBody)
	}
	return http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
}

// headerError is a header whose value HTTP cannot carry. It does not hold the value, which may be a secret.
type headerError struct{ name string }

func (e *headerError) Error() string { return "a header cannot carry it (" + e.name + ")" }

// hint says where to look: credentials are what people paste with a line end.
func (e *headerError) hint() string {
	what := "the key"
	if e.name != "Authorization" {
		what = "the value of " + e.name
	}
	return "check " + what + " for a line end or a stray character"
}

// checkHeader finds the first header, by name, with a control character in its value: net/http sends none of those.
func checkHeader(h http.Header) error {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.ContainsFunc(h[name], func(v string) bool { return strings.ContainsFunc(v, isControl) }) {
			return &headerError{name}
		}
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// reach is how far a request got that ended without an answer.
type reach int

const (
	reachedServer  reach = iota // it was sent, or part of it can have been
	reachedNobody               // a connection was asked for, and there was none
	reachedNothing              // it was not even tried
)

// progress is how far a request got, as net/http's own transport tells it. Another Base tells
// nothing; then the kind of error decides.
type progress struct {
	asked, connected atomic.Bool
}

// watch gives the request a context that ends in time and reports its progress.
func watch(ctx context.Context, req *http.Request) (*http.Request, *progress) {
	p := &progress{}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// net/http asks again for a request that it could not write to a stale connection.
		GetConn: func(string) { p.asked.Store(true); p.connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { p.asked.Store(true); p.connected.Store(true) },
	})
	return req.WithContext(traced), p
}

// reach is what the error of a round trip proves. net/http's own transport asks for a connection before all else that can send
// something; what it refuses earlier (a header, the scheme) went nowhere.
func (p *progress) reach(err error, base http.RoundTripper) reach {
	telling := tells(base)
	switch {
	case p.connected.Load():
		return reachedServer
	case p.asked.Load(), beforeSending(err):
		return reachedNobody
	case telling:
		return reachedNothing
	default:
		return reachedServer
	}
}

// tells says that requests end in net/http's own transport, whatever they pass before.
func tells(base http.RoundTripper) bool {
	for {
		switch one := base.(type) {
		case *http.Transport:
			return true
		case interface{ Unwrap() http.RoundTripper }:
			base = one.Unwrap()
		default:
			return false
		}
	}
}

// beforeSending knows the errors of looking a name up, of dialling and of the TLS handshake.
func beforeSending(err error) bool {
	var (
		dial    *net.OpError
		lookup  *net.DNSError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
	)
	return errors.As(err, &dial) && dial.Op == "dial" ||
		errors.As(err, &lookup) || errors.As(err, &cert) || errors.As(err, &unknown) || errors.As(err, &record)
}
