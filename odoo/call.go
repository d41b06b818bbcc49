package odoo

import (
	"context"
	"errors"
	"strings"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// The services of the external API.
const (
	serviceCommon = "common" // login
	serviceObject = "object" // the models' methods
)

// call is one call of a service on its way.
type call struct {
	service string
	model   string
	method  string
	op      string // for errors, traces and crash points
	args    []any  // as the service takes them
	values  []any  // the model's method's own arguments, to understand a fault by
	read    bool   // changes nothing, so it may be repeated
}

// CallOption changes how ExecuteKW treats one call.
type CallOption func(*call)

// Read says that the method changes nothing. A call that failed on its way is then repeated, and
// its outcome never counts as unknown.
func Read() CallOption { return func(c *call) { c.read = true } }

// ExecuteKW calls a public method of a model: args by position, kw by name. The session's context
// is added under "context"; keys that kw's own "context" sets win. The answer is a bool, int64,
// float64, string, []any or map[string]any, as XML-RPC has it. Its errors are *Error.
func (s *Session) ExecuteKW(ctx context.Context, model, method string, args []any, kw map[string]any, opts ...CallOption) (any, error) {
	c := call{service: serviceObject, model: model, method: method, op: model + " " + method, values: args}
	for _, option := range opts {
		option(&c)
	}
	if args == nil {
		args = []any{}
	}
	c.args = []any{s.database, s.uid, s.password, model, method, args, s.keywords(kw)}
	return s.send(ctx, c)
}

// keywords is kw with the context; it always goes by name, never by position.
func (s *Session) keywords(kw map[string]any) map[string]any {
	own, _ := kw["context"].(map[string]any)
	out := merged(kw, nil)
	if c := merged(s.context, own); len(c) > 0 {
		out["context"] = c
	}
	return out
}

// send makes one call and turns everything but a result into an *Error.
func (l *login) send(ctx context.Context, c call) (any, error) {
	method := c.method
	if c.service == serviceObject {
		method = "execute_kw"
	}
	body, err := xmlrpc.EncodeCall(method, c.args...)
	if err != nil {
		return nil, l.unsendable(c, err)
	}
	answer, err := l.client.Do(ctx, l.request(c, body))
	if err != nil {
		return nil, l.broken(c, err)
	}
	result, err := xmlrpc.DecodeResponse(answer.Body)
	if err != nil {
		return nil, l.refused(c, answer, err)
	}
	return result, nil
}

// unsendable is a value that XML-RPC cannot carry. Nothing was sent.
func (l *login) unsendable(c call, err error) error {
	e := l.fail(c, InvalidValue, err.Error(), "correct the value in the other system")
	var value *xmlrpc.ValueError
	if errors.As(err, &value) {
		e.Text = value.Reason
		e.Field, e.path = fieldOfPath(value.Path), value.Path
	}
	e.Err = err
	return e
}

// fieldOfPath is the last name in a path like "argument 5[0][3].name".
func fieldOfPath(path string) string {
	dot := strings.LastIndex(path, ".")
	if dot < 0 {
		return ""
	}
	name, _, _ := strings.Cut(path[dot+1:], "[")
	return name
}

// broken is a call that got no answer from Odoo itself.
func (l *login) broken(c call, err error) error {
	e := l.fail(c, Connection, "", "")
	e.Err = err
	var t *transport.Error
	if !errors.As(err, &t) {
		e.Text = l.redact(err.Error())
		return e
	}
	e.Text, e.Hint = l.redact(t.Detail()), t.Hint()
	e.OutcomeUnknown = t.OutcomeUnknown && !c.read
	e.Retryable = t.Outage()
	switch t.Kind {
	case transport.Protocol, transport.NotFound:
		e.Kind, e.Hint = NotOdoo, hintNotOdoo
		if strings.Contains(t.Location, "/web/") {
			e.Hint = hintLoginPage
		}
	case transport.TooLarge:
		e.Kind = TooLarge
	case transport.Rejected:
		e.Kind, e.Hint = rejected(t.Status)
	}
	return e
}

// rejected tells an oversized request and a wrong URL from the rest. Odoo 18 answers 413 to a
// body over 128 MB, and 405 to a GET.
func rejected(status int) (Kind, string) {
	switch status {
	case 413:
		return TooLarge, "send fewer or smaller records at a time"
	case 405, 415:
		return NotOdoo, hintNotOdoo
	default:
		return Connection, "check what stands between here and Odoo: a proxy or a firewall"
	}
}

// refused is an answer without a result: a fault, or no XML-RPC at all.
func (l *login) refused(c call, answer *transport.Response, err error) error {
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		return l.fault(c, fault)
	}
	e := l.fail(c, UnexpectedAnswer, l.redact(err.Error()), "try again; look at the server's log if it stays")
	var broken *xmlrpc.ProtocolError
	if errors.As(err, &broken) {
		e.Text = l.redact(broken.Reason)
	}
	if isPage(answer) {
		e.Kind, e.Text, e.Hint = NotOdoo, "a web page came instead of an answer", hintNotOdoo
	}
	e.OutcomeUnknown, e.Err = !c.read, err
	return e
}

// isPage reports whether a page for people came, whatever it says that it is.
func isPage(answer *transport.Response) bool {
	start := strings.ToLower(strings.TrimSpace(string(answer.Body[:min(len(answer.Body), 100)])))
	return strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") ||
		strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}
