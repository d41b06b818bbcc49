package odoo

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strconv"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
)

// Version is which Odoo a server is.
type Version struct {
	// Major and Minor are 18 and 0 for "18.0", 18 and 1 for Online's "saas~18.1".
	Major, Minor int
	// Text is what the server calls itself: "18.0+e-20241005", "saas~18.1".
	Text string
}

// Version asks the server which it is, once for all sessions of one login. No login is needed for it,
// so it also answers where the user is let in no more.
func (s *Session) Version(ctx context.Context) (Version, error) {
	if known := s.version.Load(); known != nil {
		return *known, nil
	}
	version, err := s.askVersion(ctx)
	if err == nil {
		s.version.Store(&version)
	}
	return version, err
}

func (l *login) askVersion(ctx context.Context) (Version, error) {
	if l.wire.name() == ProtocolJSON2 {
		return l.askWebVersion(ctx)
	}
	c := call{service: serviceCommon, method: "version", op: "version", read: true}
	var result any
	if err := l.once(ctx, c, wholeInto(&result)); err != nil {
		return Version{}, err
	}
	return l.versionOf(c, result, "server_version", "server_version_info")
}

// askAnyVersion asks before a protocol is chosen. The web client's own question is answered by Odoo 16
// to 19 within milliseconds; for the other, Odoo 16 makes a page that takes a second to say 404.
func (l *login) askAnyVersion(ctx context.Context) (Version, error) {
	c := call{op: "version", read: true}
	answer, err := l.askWeb(ctx, c, "/web/webclient/version_info")
	if IsKind(err, NotOdoo) {
		return l.askWebVersion(ctx)
	}
	if err != nil {
		return Version{}, err
	}
	return l.versionOf(c, answer["result"], "server_version", "server_version_info")
}

// askWebVersion asks GET /web/version, which Odoo 19 brought (captures/odoo19/json2_web_version; 404 on
// 17).
func (l *login) askWebVersion(ctx context.Context) (Version, error) {
	c := call{op: "version", read: true}
	request := transport.Request{Method: http.MethodGet, URL: l.endpoint.base + "/web/version", Op: c.op, Idempotent: true}
	var result any
	if err := l.roundTrip(ctx, c, request, jsonReader, wholeInto(&result)); err != nil {
		return Version{}, err
	}
	return l.versionOf(c, result, "version", "version_info")
}

// askWeb calls a page of the web client that needs no login. The answer holds a "result" or an "error".
func (l *login) askWeb(ctx context.Context, c call, path string) (map[string]any, error) {
	request := transport.Request{
		Method: http.MethodPost, URL: l.endpoint.base + path, Op: c.op, Idempotent: true,
		Body:   []byte(`{"jsonrpc": "2.0", "method": "call", "params": {}}`),
		Header: http.Header{"Content-Type": {"application/json"}},
	}
	var answer any
	if err := l.roundTrip(ctx, c, request, jsonReader, wholeInto(&answer)); err != nil {
		return nil, err
	}
	table, ok := answer.(map[string]any)
	if !ok {
		return nil, l.fail(c, NotOdoo, "the answer is not one of Odoo's web client", hintNotOdoo)
	}
	return table, nil
}

func jsonReader(body []byte) stream.Reader { return json2.NewDecoder(bytes.NewReader(body)) }

// serie finds the numbers in "18.0", "18.0+e-20241005" and "saas~18.1".
var serie = regexp.MustCompile(`(\d+)\.(\d+)`)

func (l *login) versionOf(c call, answer any, text, info string) (Version, error) {
	table, _ := answer.(map[string]any)
	v := Version{}
	v.Text, _ = table[text].(string)
	if numbers := serie.FindStringSubmatch(v.Text); numbers != nil {
		v.Major, _ = strconv.Atoi(numbers[1])
		v.Minor, _ = strconv.Atoi(numbers[2])
	}
	if _, ok := table[info].([]any); !ok || v.Major == 0 {
		return v, l.fail(c, NotOdoo, "the answer is no version of Odoo", hintNotOdoo)
	}
	return v, nil
}
