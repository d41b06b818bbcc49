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
	"sync/atomic"
)

// newRequest makes the http.Request. Its length is always known, so net/http sends Content-Length:
// Odoo 19's JSON-2 takes a chunked body for an empty one.
func newRequest(ctx context.Context, r Request) (*http.Request, error) {
	if r.Body == nil {
		return http.NewRequestWithContext(ctx, r.Method, r.URL, http.NoBody)
	}
	return http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
}

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
		GotConn: func(httptrace.GotConnInfo) { p.connected.Store(true) },
	})
	return req.WithContext(traced), p
}

// notSent reports whether the error proves that nothing of the request was sent.
func (p *progress) notSent(err error) bool {
	if p.asked.Load() {
		return !p.connected.Load()
	}
	return beforeSending(err)
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
