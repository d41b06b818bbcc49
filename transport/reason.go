package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
)

const (
	hintNetwork = "check the URL, the network and the proxy, then try again"
	hintProxy   = "check the proxy's address, user and password in HTTPS_PROXY and HTTP_PROXY, or name the server in NO_PROXY"
	hintCA      = "if the server, or an authority of your own, signed it, give its PEM file as ca_file; " +
		"if not, somebody may stand between here and the server"
)

// reason is why a server could not be reached, in words that help.
type reason struct {
	text string
	hint string
	code string // "": that of the kind
	// lasting says that another try within seconds makes no sense.
	lasting bool
}

// reasonOf explains an error of looking a name up, of dialling, of a proxy or of the TLS handshake, without the address: the
// configuration knows it, and a log is read by more people. An error that it does not know keeps its own words.
func reasonOf(err error) reason {
	for _, explain := range []func(error) (reason, bool){proxyReason, certificateReason, tlsReason, nameReason, dialReason} {
		if r, ok := explain(err); ok {
			return r
		}
	}
	return reason{text: causeText(err), hint: hintNetwork}
}

func nameReason(err error) (reason, bool) {
	var lookup *net.DNSError
	switch {
	case !errors.As(err, &lookup):
		return reason{}, false
	case lookup.IsNotFound:
		return reason{code: codeName, text: "there is no host of this name", hint: "check the spelling of the URL, and the network's name server"}, true
	default:
		text := "the name server does not tell where the host is (" + lookup.Err + ")"
		return reason{code: codeName, text: text, hint: "check the network, then try again"}, true
	}
}

func dialReason(err error) (reason, bool) {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		hint := "check that the server runs and that the URL names its port, then try again"
		return reason{code: codeRefused, text: "connection refused", hint: hint}, true
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return reason{text: "there is no way to the server", hint: "check the network and the proxy, then try again"}, true
	case errors.As(err, &timeout) && timeout.Timeout():
		return reason{text: "the server does not answer", hint: "check the URL, the network and its firewall, then try again"}, true
	default:
		return reason{}, false
	}
}

func proxyReason(err error) (reason, bool) {
	var refused *proxyError
	var dial *net.OpError
	switch {
	case errors.As(err, &refused):
		return reason{code: codeProxy, text: refused.Error(), hint: hintProxy, lasting: true}, true
	case errors.As(err, &dial) && dial.Op == "proxyconnect":
		return reason{code: codeProxy, text: "the proxy cannot be reached: " + dial.Err.Error(), hint: hintProxy}, true
	default:
		return reason{}, false
	}
}

// certificateReason explains why a server's certificate is not trusted.
func certificateReason(err error) (reason, bool) {
	var (
		unknown  x509.UnknownAuthorityError
		invalid  x509.CertificateInvalidError
		name     x509.HostnameError
		verified *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		text := "the server's certificate is for " + namesOn(name.Certificate) + ", not for the host of the URL"
		return reason{text, "write the host into the URL as the certificate names it", codeCertificate, true}, true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		text := "the server's certificate is not valid today: " + invalid.Detail
		return reason{text, "renew the server's certificate, or set this machine's clock right", codeCertificate, true}, true
	case errors.As(err, &unknown):
		return reason{"the server's certificate is signed by an authority that is not known here", hintCA, codeCertificate, true}, true
	case errors.As(err, &verified), errors.As(err, &invalid):
		return reason{"the server's certificate is not trusted: " + causeText(err), hintCA, codeCertificate, true}, true
	default:
		return reason{}, false
	}
}

// namesOn are the hosts that a certificate is for.
func namesOn(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host at all"
	}
	return strings.Join(names[:min(len(names), 3)], ", ")
}

func tlsReason(err error) (reason, bool) {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		hint := "write http:// if the server has no encryption, or the port on which it speaks HTTPS"
		return reason{"the server does not speak HTTPS on this port", hint, codeTLS, true}, true
	case errors.As(err, &alert), strings.Contains(err.Error(), "tls: "):
		text := "no encrypted connection: " + causeText(err)
		return reason{text, "the server must speak TLS 1.2 or newer; check it, or what stands before it", codeTLS, true}, true
	default:
		return reason{}, false
	}
}

// wantsHTTPS recognises the answer of a port that speaks HTTPS to a request in plain HTTP: the words of Go's server, of nginx and
// of Apache.
func wantsHTTPS(answer *Response) bool {
	if answer.Status != http.StatusBadRequest {
		return false
	}
	for _, words := range []string{
		"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port",
	} {
		if bytes.Contains(answer.Body, []byte(words)) {
			return true
		}
	}
	return false
}
