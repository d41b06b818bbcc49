package odootest

import (
	"net/http"
)

// envelope is a request of JSON-RPC.
type envelope struct {
	id     any
	params map[string]any
}

// serveJSONRPC answers /jsonrpc: params hold service, method and args, as they
// stand in XML-RPC.
func (h *Host) serveJSONRPC(w http.ResponseWriter, r *http.Request) {
	e, ok := h.openEnvelope(w, r)
	if !ok {
		return
	}
	c := rpcCall{protocol: protocolJSONRPC}
	c.service, _ = e.params["service"].(string)
	c.method, _ = e.params["method"].(string)
	args, isList := e.params["args"].([]any)
	c.args = args
	switch {
	case !isList:
		h.replyRPC(w, r, e, outcome{err: exception("TypeError", "%s.jsonrpc() missing 1 required positional argument: 'args'", h.controller())})
	case !isService(c.service):
		h.replyRPC(w, r, e, outcome{err: unknownService(c.service)})
	default:
		h.replyRPC(w, r, e, h.carryOut(c))
	}
}

// controller is the class that answers /jsonrpc (seen on 17 and 19).
func (h *Host) controller() string {
	if h.major() >= 19 {
		return "JSONRPC"
	}
	return "RPC"
}

// isService reports whether a service exists.
func isService(name string) bool {
	return name == serviceCommon || name == serviceObject || name == serviceDB
}

// unknownService is the answer to a service that does not exist (seen on 17 to 19).
func unknownService(name string) *failure { return exception("KeyError", "'%s'", name) }

// openEnvelope reads a request of JSON-RPC; it answers itself what is none, a GET
// among it (seen on 16 to 19).
func (h *Host) openEnvelope(w http.ResponseWriter, r *http.Request) (*envelope, bool) {
	if r.ContentLength != 0 && !jsonBody(r) {
		h.wrongTypePage(w, r)
		return nil, false
	}
	body, ok := readBody(w, r, maxBody)
	if !ok {
		return nil, false
	}
	value, _, err := decodeJSON(body)
	request, isObject := value.(map[string]any)
	switch {
	case err != nil:
		answer(w, http.StatusBadRequest, "text/html; charset=utf-8", []byte("Invalid JSON data"))
		return nil, false
	case !isObject:
		answer(w, http.StatusBadRequest, "text/html; charset=utf-8", []byte("Invalid JSON-RPC data"))
		return nil, false
	}
	e := &envelope{id: request["id"]}
	if e.params, ok = request["params"].(map[string]any); !ok {
		e.params = map[string]any{}
	}
	return e, true
}

// wrongTypePage is the page for a body that is not called JSON: 415 on 19, 400
// before (seen on 17 to 19).
func (h *Host) wrongTypePage(w http.ResponseWriter, r *http.Request) {
	text := "Request inferred type is compatible with [&#39;http&#39;] but &#39;" + escapeHTML(r.URL.Path) + "&#39; is type=&#39;"
	if h.major() < 19 {
		htmlPage(w, http.StatusBadRequest, "Bad Request", text+"json&#39;.")
		return
	}
	w.Header().Set("Accept", "application/json, application/json-rpc")
	htmlPage(w, http.StatusUnsupportedMediaType, "Unsupported Media Type",
		text+"jsonrpc&#39;.<br><br>Please verify the Content-Type request header and try again.")
}

// replyRPC answers over JSON-RPC: status 200 whatever comes, no result for None.
func (h *Host) replyRPC(w http.ResponseWriter, r *http.Request, e *envelope, o outcome) {
	err := o.err
	told := []member{{"jsonrpc", "2.0"}, {"id", e.id}}
	if err == nil && o.result != nil {
		body, failed := encodeJSON(o.result, textsOf(fieldsOf(e.params)))
		if failed != nil {
			err = exception("TypeError", "%v", failed)
		}
		told = append(told, member{"result", raw(body)})
	}
	if err != nil {
		deliver(w, r, o.wire, http.StatusOK, jsonType, h.errorRPC(e, asFailure(err)))
		return
	}
	if h.major() >= 17 {
		w.Header().Set("X-Content-Type-Options", "nosniff")
	}
	deliver(w, r, o.wire, http.StatusOK, jsonType, members(told...))
}

// fieldsOf finds the names of fields that a call asks for, for the order of keys.
func fieldsOf(params map[string]any) any {
	kwargs, _ := params["kwargs"].(map[string]any)
	if args, ok := params["args"].([]any); ok && len(args) > 6 {
		kwargs, _ = args[6].(map[string]any)
	}
	return kwargs["fields"]
}

// errorRPC is the answer of an exception: application errors have code 200 up to
// 18 and 0 on 19, so data.name is what counts. A session that is over is found out
// before the request's id is read (seen on 16 to 19).
func (h *Host) errorRPC(e *envelope, f *failure) []byte {
	code, message, id := int64(200), "Odoo Server Error", e.id
	if h.major() >= 19 {
		code = 0
	}
	if f.python() == nameSessionExpired {
		code, message, id = 100, "Odoo Session Expired", nil
	}
	data := raw(errorObject(f, h.major()))
	told := members(member{"code", code}, member{"message", message}, member{"data", data})
	return members(member{"jsonrpc", "2.0"}, member{"id", id}, member{"error", raw(told)})
}
