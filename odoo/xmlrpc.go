package odoo

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// The services of XML-RPC.
const (
	serviceCommon = "common" // login and version
	serviceObject = "object" // the models' methods
)

// xmlrpcWire speaks /xmlrpc/2/common and /xmlrpc/2/object.
type xmlrpcWire struct{ *login }

func (w xmlrpcWire) name() Protocol { return ProtocolXMLRPC }

// authenticate asks for the user's id. A wrong password is no fault but false
// (captures/odoo18/authenticate_wrong_password).
func (w xmlrpcWire) authenticate(ctx context.Context) (int64, error) {
	c := call{service: serviceCommon, method: "authenticate", op: "login", read: true,
		args: []any{w.database, w.user, w.password, map[string]any{}}}
	var result any
	if err := w.once(ctx, c, wholeInto(&result)); err != nil {
		return 0, err
	}
	uid, ok := result.(int64)
	if !ok || uid <= 0 {
		return 0, w.denied(c)
	}
	return uid, nil
}

func (w xmlrpcWire) renewable() bool { return true }

func (w xmlrpcWire) request(c call) (transport.Request, error) {
	method, args := c.method, c.args
	if c.service != serviceCommon {
		if err := w.checkRecords(c); err != nil {
			return transport.Request{}, err
		}
		positional, kw := c.args, c.kw
		if positional == nil {
			positional = []any{}
		}
		if kw == nil {
			kw = map[string]any{}
		}
		method, args = "execute_kw", []any{w.database, w.uid.Load(), w.password, c.model, c.method, positional, kw}
	}
	body, err := xmlrpc.EncodeCall(method, args...)
	if err != nil {
		return transport.Request{}, err
	}
	service := serviceObject
	if c.service == serviceCommon {
		service = serviceCommon
	}
	return transport.Request{
		Method: http.MethodPost, URL: w.endpoint.service(service), Op: c.op, Body: body, Idempotent: c.read,
		Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}},
	}, nil
}

func (w xmlrpcWire) reader(body []byte) stream.Reader {
	return xmlrpc.NewDecoder(bytes.NewReader(body))
}

// refusal: a fault comes with status 200, as the error of the answer's reader.
func (w xmlrpcWire) refusal(c call, err error) *Error {
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		return w.fault(c, fault)
	}
	return nil
}
