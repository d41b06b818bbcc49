package odoo

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/stream"
)

// Protocol is how a session speaks to Odoo.
type Protocol string

// The protocols of the external API.
const (
	// ProtocolAuto is JSON-2 for an API key on Odoo 19 and later, and XML-RPC for everything else.
	ProtocolAuto Protocol = "auto"
	// ProtocolXMLRPC is /xmlrpc/2, which every version up to 21 has. It takes a password or an API key.
	ProtocolXMLRPC Protocol = "xmlrpc"
	// ProtocolJSON2 is /json/2, since Odoo 19. It takes an API key alone.
	ProtocolJSON2 Protocol = "json2"
)

// json2Since is the first version with JSON-2.
const json2Since = 19

// wire is one protocol as the session needs it: how a call becomes a request and an answer a value.
type wire interface {
	name() Protocol
	// authenticate gives the id of the user whom Odoo lets in.
	authenticate(ctx context.Context) (uid int64, err error)
	// renewable says that a login can go stale, because the user's id is kept.
	renewable() bool
	// request renders a call. Its error is of the call's arguments.
	request(c call) (transport.Request, error)
	// reader reads an answer's body.
	reader(body []byte) stream.Reader
	// refusal types an answer that is Odoo's own way to refuse a call; nil for everything else.
	refusal(c call, err error) *Error
}

// choose makes the wire that the options ask for. Only for "auto" with an API key is the server asked
// which version it is: with a password JSON-2 is closed.
func (l *login) choose(ctx context.Context, o Options) (wire, error) {
	switch o.Protocol {
	case ProtocolXMLRPC:
		return xmlrpcWire{l}, nil
	case ProtocolJSON2:
		if o.APIKey == "" {
			return nil, l.invalid("login", "JSON-2 takes an API key, not a password", "give api_key, or take protocol xmlrpc")
		}
		return json2Wire{l}, nil
	case ProtocolAuto, "":
	default:
		return nil, l.invalid("login", fmt.Sprintf("%q is no protocol", o.Protocol), "take auto, xmlrpc or json2")
	}
	if o.APIKey == "" {
		return xmlrpcWire{l}, nil
	}
	version, err := l.askAnyVersion(ctx)
	switch {
	case IsKind(err, NotOdoo) || forbidden(err):
		return xmlrpcWire{l}, nil // a proxy may let nothing but /xmlrpc pass
	case err != nil:
		return nil, err
	}
	l.version.Store(&version)
	if version.Major < json2Since {
		return xmlrpcWire{l}, nil
	}
	return json2Wire{l}, nil
}

// forbidden reports whether something answered, but would not say which version it is.
func forbidden(err error) bool {
	var t *transport.Error
	if !errors.As(err, &t) {
		return false
	}
	return t.Kind == transport.Denied || t.Kind == transport.Rejected || t.Kind == transport.ServerError
}

// exchange sends one call and hands its answer to read. A login that Odoo refuses although it took it
// before is renewed once: a restored database gives its users other ids.
func (l *login) exchange(ctx context.Context, c call, read func(stream.Reader) error) error {
	with := l.uid.Load()
	err := l.once(ctx, c, read)
	if !IsKind(err, AccessDenied) || !l.wire.renewable() {
		return err
	}
	switch uid, renewed := l.renew(ctx, with); {
	case !renewed:
		return err
	case uid != with: // the refusal came before the method ran
		return l.once(ctx, c, read)
	}
	e := *asError(err)
	e.Kind, e.Text, e.Hint = AccessError, "the method itself refuses; the login holds", hintRight
	return &e
}

// renew logs in again, unless another call has done so since this one was sent with the id. A refused
// password stays refused: Odoo counts failures, and in the end lets nobody in from this address.
func (l *login) renew(ctx context.Context, with int64) (uid int64, ok bool) {
	l.renewing.Lock()
	defer l.renewing.Unlock()
	if now := l.uid.Load(); now != with || l.refused {
		return now, !l.refused
	}
	uid, err := l.wire.authenticate(ctx)
	if err != nil {
		l.refused = IsKind(err, AccessDenied)
		return 0, false
	}
	l.uid.Store(uid)
	return uid, true
}

func (l *login) once(ctx context.Context, c call, read func(stream.Reader) error) error {
	request, err := l.wire.request(c)
	if err != nil {
		return l.unsendable(c, err)
	}
	request.Records = c.records()
	if c.content != nil {
		if request, err = withContent(request, c.content); err != nil {
			return l.unsendable(c, err)
		}
	}
	if c.into != nil {
		request = withSink(request, c.into)
	}
	return l.roundTrip(ctx, c, request, l.wire.reader, read)
}

// roundTrip sends a request of any kind and turns everything but a result into an *Error.
func (l *login) roundTrip(ctx context.Context, c call, request transport.Request, reader func([]byte) stream.Reader, read func(stream.Reader) error) error {
	answer, err := l.client.Do(ctx, request)
	if err != nil {
		if e := l.wireRefusal(c, err); e != nil {
			return e
		}
		return l.broken(c, err)
	}
	if c.into != nil {
		answer.Body = c.into.rest.Bytes()
	}
	if c.spent != nil {
		c.spent.bytes, c.spent.took = len(answer.Body), answer.Took
	}
	if err := read(reader(answer.Body)); err != nil {
		return l.unanswered(c, answer, err)
	}
	return nil
}

// wireRefusal is Odoo's own refusal in a protocol's words, nil before the protocol is chosen.
func (l *login) wireRefusal(c call, err error) *Error {
	if l.wire == nil {
		return nil
	}
	return l.wire.refusal(c, err)
}
