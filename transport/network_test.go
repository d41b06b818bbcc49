package transport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// quiet is a server that keeps its complaints to itself.
func quiet(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

func secure(t *testing.T, certificate *tls.Certificate) *httptest.Server {
	t.Helper()
	s := quiet(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") }))
	if certificate != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// signed makes a certificate that signs itself.
func signed(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pemFile writes a certificate as `ca_file:` wants it.
func pemFile(t *testing.T, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// asking sends one request over the network and gives its failure, nil for none.
func asking(t *testing.T, caFile, address string) (*transport.Error, *fakeClock) {
	t.Helper()
	base, err := transport.Network(caFile)
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	if _, err = transport.New(transport.Options{System: "Odoo main", Base: base, Clock: clock}).Do(context.Background(), post(address)); err == nil {
		return nil, clock
	}
	return failure(t, err), clock
}

// wantReason checks that nothing was sent, that it was not tried again for nothing, and what a person reads.
func wantReason(t *testing.T, e *transport.Error, clock *fakeClock, text, hint string) {
	t.Helper()
	if e == nil {
		t.Fatal("it went well")
	}
	if e.Kind != transport.Unreachable || e.OutcomeUnknown || !e.Outage() {
		t.Errorf("kind %q, unknown %v, outage %v", e.Kind, e.OutcomeUnknown, e.Outage())
	}
	if len(clock.slept) != 0 {
		t.Errorf("it was tried again after %v", clock.slept)
	}
	if !strings.Contains(e.Detail(), text) || !strings.Contains(e.Hint(), hint) || e.Remedy() != e.Hint() {
		t.Errorf("detail %q, hint %q; want %q, %q", e.Detail(), e.Hint(), text, hint)
	}
}

func TestCertificates(t *testing.T) {
	t.Run("Ensure a server that signed its certificate itself is told apart, with the way to trust it", func(t *testing.T) {
		e, clock := asking(t, "", secure(t, nil).URL)
		wantReason(t, e, clock, "is signed by an authority that is not known here", "give its PEM file as ca_file")
	})
	t.Run("Ensure the file of its certificate makes it trusted", func(t *testing.T) {
		server := secure(t, nil)
		if e, _ := asking(t, pemFile(t, server.Certificate().Raw), server.URL); e != nil {
			t.Error(e)
		}
	})
	t.Run("Ensure a certificate of another host is told apart", func(t *testing.T) {
		c := signed(t, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{"odoo.example.com", "www.example.com"}
		})
		e, clock := asking(t, pemFile(t, c.Certificate[0]), secure(t, &c).URL)
		wantReason(t, e, clock, "certificate is for odoo.example.com, www.example.com, not for the host of the URL", "as the certificate names it")
	})
	t.Run("Ensure a certificate that is over is told apart", func(t *testing.T) {
		c := signed(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
		e, clock := asking(t, pemFile(t, c.Certificate[0]), secure(t, &c).URL)
		wantReason(t, e, clock, "is not valid today", "renew the server's certificate, or set this machine's clock right")
	})
	t.Run("Ensure a server that speaks only an old TLS is told apart", func(t *testing.T) {
		c := signed(t, func(*x509.Certificate) {})
		s := quiet(http.NotFoundHandler())
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		s.StartTLS()
		t.Cleanup(s.Close)
		e, clock := asking(t, pemFile(t, c.Certificate[0]), s.URL)
		wantReason(t, e, clock, "no encrypted connection: ", "TLS 1.2 or newer")
	})
}

func TestFilesOfCertificates(t *testing.T) {
	t.Run("Ensure a file that is not there and one without a certificate are usage errors", func(t *testing.T) {
		empty := filepath.Join(t.TempDir(), "empty.pem")
		if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{
			empty: "holds no certificate in PEM form; correct ca_file", empty + "x": "no such file or directory; correct ca_file",
		} {
			_, err := transport.Network(path)
			var c *transport.CertificateError
			if !errors.As(err, &c) || c.File != path || !c.Usage() || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func TestTheWrongScheme(t *testing.T) {
	t.Run("Ensure https to a port that speaks http is told apart", func(t *testing.T) {
		s := quiet(http.NotFoundHandler())
		s.Start()
		t.Cleanup(s.Close)
		e, clock := asking(t, "", strings.Replace(s.URL, "http:", "https:", 1))
		wantReason(t, e, clock, "does not speak HTTPS on this port", "write http:// if the server has no encryption")
	})
	t.Run("Ensure http to a port that speaks https is told apart", func(t *testing.T) {
		e, clock := asking(t, "", strings.Replace(secure(t, nil).URL, "https:", "http:", 1))
		wantReason(t, e, clock, "HTTP 400: the server speaks HTTPS on this port", "write the URL with https://")
	})
	t.Run("Ensure nginx and Apache are understood too", func(t *testing.T) {
		for _, words := range []string{
			"<center>The plain HTTP request was sent to HTTPS port</center>",
			"You're speaking plain HTTP to an SSL-enabled server port.<br />",
		} {
			s := quiet(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, words)
			}))
			s.Start()
			e, clock := asking(t, "", s.URL)
			wantReason(t, e, clock, "the server speaks HTTPS on this port", "write the URL with https://")
			s.Close()
		}
	})
}

func TestNamesAndWays(t *testing.T) {
	cases := []struct {
		name, text, hint string
		err              error
	}{
		{"a name that nobody has", "there is no host of this name", "check the spelling of the URL",
			&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "odoo.invalid", IsNotFound: true}}},
		{"a name server that is silent", "the name server does not tell where the host is (i/o timeout)", "check the network",
			&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "odoo.test", IsTimeout: true}}},
		{"a port that nobody listens on", "connection refused", "check that the server runs",
			&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}},
		{"a network that is down", "there is no way to the server", "check the network",
			&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}},
		{"a firewall that swallows", "the server does not answer", "its firewall", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name+" is told in words that help, within 10 s", func(t *testing.T) {
			var n int
			clock := newClock()
			client := transport.New(transport.Options{System: "Odoo main", Base: sequence(&n, fails(c.err)), Clock: clock})
			_, err := client.Do(context.Background(), post("http://odoo.test:8069/xmlrpc/2/common"))
			e := failure(t, err)
			if e.Kind != transport.Unreachable || e.Detail() != c.text || strings.Contains(err.Error(), "odoo.test") || !strings.Contains(e.Hint(), c.hint) {
				t.Errorf("kind %q, detail %q, hint %q", e.Kind, e.Detail(), e.Hint())
			}
			if took := clock.now.Sub(newClock().now); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	t.Run("Ensure a refused connection of the network is told like that", func(t *testing.T) {
		s := quiet(http.NotFoundHandler())
		s.Start()
		s.Close()
		e, _ := asking(t, "", s.URL)
		if e == nil || e.Detail() != "connection refused" {
			t.Errorf("detail %v", e)
		}
	})
}

func TestIPv6(t *testing.T) {
	t.Run("Ensure a host of IPv6 is reached", func(t *testing.T) {
		listener, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("this machine has no IPv6")
		}
		s := quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
		_ = s.Listener.Close()
		s.Listener = listener
		s.Start()
		t.Cleanup(s.Close)
		r, err := transport.New(transport.Options{System: "Odoo main"}).Do(context.Background(), get(s.URL))
		if err != nil || !strings.HasPrefix(string(r.Body), "[::1]:") {
			t.Errorf("%v, %v", r, err)
		}
	})
}

func TestRedirects(t *testing.T) {
	cases := []struct{ name, from, to, hint string }{
		{"to https is a matter of the scheme", "http://odoo.test/xmlrpc/2/common", "https://odoo.test/xmlrpc/2/common", "write the URL with https://"},
		{"to another host names it", "https://odoo.test/x", "https://www.odoo.test/x?db=secret", "if that is the right server, write its address, https://www.odoo.test, as the URL"},
		{"to a login page is one of the URL", "https://odoo.test/x", "/web/login?redirect=%2Fx", "check the URL"},
	}
	for _, c := range cases {
		t.Run("Ensure a redirect "+c.name, func(t *testing.T) {
			base := roundTrip(func(*http.Request) (*http.Response, error) {
				r := answer(http.StatusFound, "text/html", "<html>")
				r.Header.Set("Location", c.to)
				return r, nil
			})
			_, err := transport.New(transport.Options{System: "Odoo main", Base: base}).Do(context.Background(), post(c.from))
			e := failure(t, err)
			if e.Kind != transport.Protocol || e.Hint() != c.hint || strings.Contains(err.Error(), "secret") {
				t.Errorf("kind %q, hint %q: %v", e.Kind, e.Hint(), err)
			}
		})
	}
}

// through is the network with a proxy in the place of the environment's, which net/http reads once per process and never uses for
// this machine's own addresses.
func through(t *testing.T, proxy string) http.RoundTripper {
	t.Helper()
	base, err := transport.Network("")
	if err != nil {
		t.Fatal(err)
	}
	network, ok := base.(*http.Transport)
	if !ok {
		t.Fatalf("the network is a %T", base)
	}
	network.Proxy = func(r *http.Request) (*url.URL, error) { return url.Parse(proxy) }
	return network
}

func TestProxies(t *testing.T) {
	refusing := quiet(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
	refusing.Start()
	t.Cleanup(refusing.Close)
	proxied := func(address, proxy string) *transport.Error {
		client := transport.New(transport.Options{System: "Odoo main", Base: through(t, proxy), Clock: newClock()})
		_, err := client.Do(context.Background(), post(address))
		return failure(t, err)
	}
	t.Run("Ensure a proxy that wants a password is named, whatever the scheme, and its password is not", func(t *testing.T) {
		address := strings.Replace(refusing.URL, "http://", "http://user:hush@", 1)
		tunnelled, plain := proxied("https://odoo.invalid/", address), proxied("http://odoo.invalid/", address)
		if tunnelled.Kind != transport.Unreachable || !strings.Contains(tunnelled.Detail(), "refuses: 407") {
			t.Errorf("https: %v", tunnelled)
		}
		if plain.Kind != transport.Unreachable || plain.Status != 407 || !strings.Contains(plain.Detail(), "the proxy refuses") || !plain.Outage() {
			t.Errorf("http: %v", plain)
		}
		for _, e := range []*transport.Error{tunnelled, plain} {
			if !strings.Contains(e.Hint(), "HTTPS_PROXY") || strings.Contains(e.Error(), "hush") || e.OutcomeUnknown {
				t.Errorf("hint %q, unknown %v: %v", e.Hint(), e.OutcomeUnknown, e)
			}
		}
	})
	t.Run("Ensure a proxy whose address cannot be read is told, and its password is not", func(t *testing.T) {
		network, ok := through(t, "").(*http.Transport)
		if !ok {
			t.Fatal("the network is no *http.Transport")
		}
		network.Proxy = func(*http.Request) (*url.URL, error) {
			return nil, errors.New(`invalid proxy address "http://u:hush@[h"`)
		}
		_, err := transport.New(transport.Options{System: "Odoo main", Base: network, Clock: newClock()}).Do(context.Background(), post("http://odoo.invalid/"))
		if e := failure(t, err); e.Kind != transport.Rejected || e.OutcomeUnknown || strings.Contains(err.Error(), "hush") {
			t.Errorf("kind %q, unknown %v: %v", e.Kind, e.OutcomeUnknown, err)
		}
	})
	t.Run("Ensure a proxy that is down is not taken for the server", func(t *testing.T) {
		down := quiet(http.NotFoundHandler())
		down.Start()
		down.Close()
		e := proxied("https://odoo.invalid/", down.URL)
		if e.Kind != transport.Unreachable || !strings.Contains(e.Detail(), "the proxy cannot be reached: ") || !strings.Contains(e.Hint(), "HTTPS_PROXY") {
			t.Errorf("%v", e)
		}
	})
	t.Run("Ensure a proxy that lets pass is used", func(t *testing.T) {
		proxy := quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.String()) }))
		proxy.Start()
		t.Cleanup(proxy.Close)
		r, err := transport.New(transport.Options{System: "Odoo main", Base: through(t, proxy.URL)}).Do(context.Background(), get("http://odoo.invalid/a"))
		if err != nil || string(r.Body) != "http://odoo.invalid/a" {
			t.Errorf("%v, %v", r, err)
		}
	})
}
