package odoo

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// endpoint is where an Odoo server is reached.
type endpoint struct {
	base string // scheme, host, and the path of a proxy before it; no trailing slash
}

// service is the URL of the external API's "common" or "object".
func (e endpoint) service(name string) string { return e.base + "/xmlrpc/2/" + name }

// json2 is the URL of a model's method.
func (e endpoint) json2(model, method string) string {
	return e.base + "/json/2/" + url.PathEscape(model) + "/" + url.PathEscape(method)
}

// browserPaths are first parts of paths of Odoo's own, as people copy them from a browser.
var browserPaths = []string{"web", "odoo", "xmlrpc", "jsonrpc", "json", "my"}

// parseEndpoint normalises a URL so that every spelling of one server is the same text. Its
// errors don't repeat the URL, which may hold a password.
func parseEndpoint(raw string) (endpoint, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil:
		return endpoint{}, errors.New("the URL cannot be read")
	case u.Scheme != "http" && u.Scheme != "https":
		return endpoint{}, errors.New("the URL does not begin with https:// or http://")
	case u.Hostname() == "":
		return endpoint{}, errors.New("the URL has no host")
	case !isPort(u.Port()):
		return endpoint{}, errors.New("the URL's port is not one of 1 to 65535")
	case u.User != nil:
		return endpoint{}, errors.New("the URL holds a user name; put user and password where they belong")
	}
	return endpoint{base: u.Scheme + "://" + hostOf(u) + prefixOf(u.EscapedPath())}, nil
}

// isPort reports whether a port can be dialled; none is the scheme's own.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// hostOf is the host in lower case, with its port unless that is the scheme's own. The zone of an IPv6 address ("%eth0") keeps its
// case, and is written behind %25 as a URL has to (RFC 6874).
func hostOf(u *url.URL) string {
	host, zone, zoned := strings.Cut(u.Hostname(), "%")
	host, port := strings.ToLower(strings.TrimSuffix(host, ".")), u.Port()
	if zoned {
		host += "%25" + url.PathEscape(zone)
	}
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

// prefixOf is the path up to the first part that is Odoo's own.
func prefixOf(path string) string {
	prefix := ""
	for part := range strings.SplitSeq(path, "/") {
		for _, own := range browserPaths {
			if part == own {
				return prefix
			}
		}
		if part != "" {
			prefix += "/" + part
		}
	}
	return prefix
}
