package odoo

import (
	"context"
	"errors"
	"strings"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// call is one call on its way.
type call struct {
	service string // of XML-RPC; empty for a model's method
	model   string
	method  string
	op      string         // for errors, traces and crash points
	args    []any          // by position
	kw      map[string]any // by name
	read    bool           // changes nothing, so it may be repeated
	spent   *cost          // where to put what the answer took, or nil
	content *Content       // in the place of the placeholder in the arguments, or nil
	into    *contentSink   // takes the answer apart while it comes, or nil
}

// CallOption changes how Call and ExecuteKW treat one call.
type CallOption func(*call)

// Read says that the method changes nothing. A call that failed on its way is then repeated, and
// its outcome never counts as unknown.
func Read() CallOption { return func(c *call) { c.read = true } }

// Call calls a public method of a model with arguments by Python's names. ids are the records of a
// method of records, and nil for one of the model itself; an empty list is an *Error of the kind
// InvalidCall, for Odoo would do nothing and report success. The session's context is added under
// "context"; keys that named's own "context" sets win. The answer is a bool, int64, float64, string,
// []any or map[string]any, and over JSON-2 nil where the method returns nothing (over XML-RPC that is
// an *Error of the kind NoneResult). Its errors are *Error.
func (s *Session) Call(ctx context.Context, model, method string, ids []int64, named map[string]any, opts ...CallOption) (any, error) {
	if ids != nil && len(ids) == 0 {
		return nil, s.fail(callOf(model, method), InvalidCall, "it names no records", "give the ids of the records")
	}
	args, kw := byPosition(method, ids, named)
	return s.ExecuteKW(ctx, model, method, args, kw, opts...)
}

// ExecuteKW is Call in the form of XML-RPC: args by position, the ids first, and kw by name. Over JSON-2
// the arguments by position must be those of a method that every model has, or ids alone.
func (s *Session) ExecuteKW(ctx context.Context, model, method string, args []any, kw map[string]any, opts ...CallOption) (any, error) {
	var result any
	err := s.exchange(ctx, s.callFor(model, method, args, kw, opts), wholeInto(&result))
	return result, err
}

func (s *Session) callFor(model, method string, args []any, kw map[string]any, opts []CallOption) call {
	c := callOf(model, method)
	c.args, c.kw = args, s.keywords(kw)
	for _, option := range opts {
		option(&c)
	}
	return c
}

// records is how many records the call is about: those that it names, or the rows that it loads; 0: it does not say.
func (c call) records() int {
	if c.method == "load" && len(c.args) > 1 {
		rows, _ := c.args[1].([]any)
		return len(rows)
	}
	if len(c.args) == 0 {
		return 0
	}
	switch ids := c.args[0].(type) {
	case []int64:
		return len(ids)
	case []any: // ids, or a domain
		if len(ids) > 0 {
			if _, are := ids[0].(int64); are {
				return len(ids)
			}
		}
	}
	return 0
}

// callOf is a call without arguments, to name in errors.
func callOf(model, method string) call {
	return call{model: model, method: method, op: model + " " + method}
}

// wholeInto reads a whole answer.
func wholeInto(result *any) func(stream.Reader) error {
	return func(r stream.Reader) error {
		value, err := stream.Whole(r)
		*result = value
		return err
	}
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

// unsendable is a value that the protocol cannot carry, or a call that it cannot make. Nothing was sent.
func (l *login) unsendable(c call, err error) error {
	if own := asError(err); own != nil {
		return own
	}
	e := l.fail(c, InvalidValue, err.Error(), "correct the value in the other system")
	var value *stream.ValueError
	if errors.As(err, &value) {
		e.Text, e.path = value.Reason, value.Path
	}
	e.Field = fieldOfPath(e.path)
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
		if t.Status == 0 { // it could not be sent
			e.Kind, e.Hint = InvalidCall, t.Hint()
		}
	}
	if own := t.Remedy(); own != "" { // it knows http where https is due, and a redirect to another host
		e.Hint = own
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

// unanswered is an answer without a result: a fault, a page for people, or no answer of the protocol at all.
func (l *login) unanswered(c call, answer *transport.Response, err error) error {
	if own := asError(err); own != nil {
		return own // of what the answer holds
	}
	if e := l.wireRefusal(c, err); e != nil {
		return e
	}
	e := l.fail(c, UnexpectedAnswer, l.redact(err.Error()), "try again; look at the server's log if it stays")
	var xml *xmlrpc.ProtocolError
	var js *json2.ProtocolError
	switch {
	case errors.As(err, &xml):
		e.Text = l.redact(xml.Reason)
	case errors.As(err, &js):
		e.Text = l.redact(js.Reason)
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
