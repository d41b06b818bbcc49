package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Network is the way to servers over the network, for Options.Base: a pool of connections, the proxy that the environment names
// (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), 5 s to connect and 5 s for the TLS handshake. caFile is a PEM file with certificates of
// authorities that are trusted beside the system's, "" for none; a *CertificateError says why it cannot be used. There is no way
// to trust any certificate whatever.
func Network(caFile string) (http.RoundTripper, error) {
	base := defaultBase()
	if caFile == "" {
		return base, nil
	}
	data, err := os.ReadFile(caFile) //nolint:gosec // The administrator names the file.
	if err != nil {
		return nil, &CertificateError{File: caFile, Err: err}
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(data) {
		return nil, &CertificateError{File: caFile}
	}
	base.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return base, nil
}

// CertificateError says that a file of authorities' certificates cannot be used.
type CertificateError struct {
	// File is its path.
	File string
	// Err is the file system's reason, nil where the file holds no certificate.
	Err error
}

// Error names the file and the reason.
func (e *CertificateError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("the certificates cannot be read: %v; correct ca_file", e.Err)
	}
	return fmt.Sprintf("%s holds no certificate in PEM form; correct ca_file", e.File)
}

// Unwrap is the file system's reason.
func (e *CertificateError) Unwrap() error { return e.Err }

// Usage marks the error as one of configuration.
func (*CertificateError) Usage() bool { return true }

func defaultBase() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkProxy,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        60 * time.Second,
		ExpectContinueTimeout:  time.Second,
	}
}

// proxyError is a proxy that answers, but does not open the way to the server.
type proxyError struct {
	proxy  string // host and port
	status string // "407 Proxy Authentication Required"
}

func (e *proxyError) Error() string { return "the proxy " + e.proxy + " refuses: " + e.status }

func checkProxy(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy: proxy.Host, status: res.Status}
}
