package odootest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// maxBody is the size of a request that Odoo 18 still takes.
const maxBody = 128 << 20

// ServeHTTP answers /xmlrpc/2/common, /xmlrpc/2/object and /xmlrpc/2/db, and on
// Odoo 19 /web/version and /json/version.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/xmlrpc/2/common", "/xmlrpc/2/object", "/xmlrpc/2/db":
		s.serveXMLRPC(w, r)
	case "/web/version", "/json/version":
		s.serveVersion(w, r)
	default:
		htmlPage(w, http.StatusNotFound, "Not Found")
	}
}

// htmlPage answers an HTML page, as Odoo does for what is no call.
func htmlPage(w http.ResponseWriter, status int, title string) {
	body := fmt.Sprintf("<!doctype html>\n<html lang=en>\n<title>%d %s</title>\n<h1>%s</h1>\n", status, title, title)
	answer(w, status, "text/html; charset=utf-8", []byte(body))
}

// answer writes a body of known length.
func answer(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// A client that is gone does not wait for an answer.
	_, _ = w.Write(body) //nolint:gosec // XML and JSON are escaped where they are encoded, pages are constant.
}

// serveVersion is Odoo 19's answer without a key (captures/odoo19/json2_web_version).
func (s *Server) serveVersion(w http.ResponseWriter, r *http.Request) {
	if s.major < 19 || r.Method != http.MethodGet {
		htmlPage(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := json.Marshal(map[string]any{"version_info": s.versionInfo(), "version": s.options.Version})
	if err != nil {
		panic("odootest: " + err.Error())
	}
	answer(w, http.StatusOK, "application/json; charset=utf-8", body)
}

// versionInfo is the version as a list.
func (s *Server) versionInfo() []any {
	return []any{s.major, 0, 0, "final", 0, ""}
}

// serveXMLRPC answers one call.
func (s *Server) serveXMLRPC(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "OPTIONS, POST")
		htmlPage(w, http.StatusMethodNotAllowed, "Method Not Allowed")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		htmlPage(w, http.StatusBadRequest, "Bad Request")
		return
	}
	if len(body) > maxBody {
		htmlPage(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	result, err := s.serveCall(r.URL.Path, body)
	if status := (*HTTPError)(nil); errors.As(err, &status) {
		status.write(w)
		return
	}
	if errors.Is(err, ErrNoAnswer) {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, "text/xml", encode(result, err))
}

// encode renders an answer or a fault.
func encode(result any, err error) []byte {
	if err != nil {
		if fault := (*xmlrpc.Fault)(nil); errors.As(err, &fault) {
			return xmlrpc.EncodeFault(fault.Code, fault.Text)
		}
		f := asFailure(err)
		return xmlrpc.EncodeFault(f.code, f.text)
	}
	body, err := xmlrpc.EncodeResponse(result)
	switch {
	case errors.Is(err, xmlrpc.ErrNil): // after the work was committed
		return xmlrpc.EncodeFault(1, traceback("TypeError: "+xmlrpc.ErrNil.Error()))
	case err != nil:
		return xmlrpc.EncodeFault(1, traceback("OverflowError: "+err.Error()))
	}
	return body
}

// serveCall decodes a call and carries it out, with the hooks before and after.
func (s *Server) serveCall(path string, body []byte) (any, error) {
	name, args, err := xmlrpc.DecodeCall(body)
	if err != nil { // captures/odoo19/fault_malformed_xml
		return nil, exception("xml.parsers.expat.ExpatError", "not well-formed (invalid token): line 1, column %d", len(body))
	}
	request := s.note(path, name, args)
	if err := s.ask(request, Before); err != nil {
		return nil, err
	}
	result, err := s.dispatch(path, name, args)
	if hooked := s.ask(request, After); hooked != nil {
		return nil, hooked
	}
	return result, err
}

// dispatch carries out a call of one of the three services.
func (s *Server) dispatch(path, name string, args []any) (any, error) {
	switch {
	case path == "/xmlrpc/2/common" && name == "version":
		return s.version(), nil
	case path == "/xmlrpc/2/common" && (name == "authenticate" || name == "login"):
		return s.authenticate(args)
	case path == "/xmlrpc/2/db" && name == "list":
		return []any{s.options.Database}, nil
	case path == "/xmlrpc/2/db":
		return nil, accessDenied()
	case path == "/xmlrpc/2/object" && (name == "execute_kw" || name == "execute"):
		return s.execute(name, args)
	case path == "/xmlrpc/2/object":
		return nil, exception("NameError", "Method not available %s", name)
	default: // captures/odoo18/fault_common_unknown_method
		return nil, exception("Exception", "Method not found: %s", name)
	}
}

// version is the answer that needs no login (captures/odoo*/common_version).
func (s *Server) version() map[string]any {
	version := s.options.Version
	return map[string]any{
		"server_version": version, "server_version_info": s.versionInfo(), "server_serie": version, "protocol_version": 1,
	}
}

// authenticate answers the uid, or False for a wrong login or password
// (captures/odoo18/authenticate_*).
func (s *Server) authenticate(args []any) (any, error) {
	if len(args) < 3 {
		return nil, exception("TypeError", "exp_authenticate() missing required positional arguments")
	}
	if args[0] != s.options.Database {
		return nil, wrongDatabase(fmt.Sprint(args[0]))
	}
	login, _ := args[1].(string)
	password, _ := args[2].(string)
	if user := s.login(login, password); user != nil {
		return user.uid, nil
	}
	return false, nil
}

// execute carries out a method of a model for a user: one transaction.
func (s *Server) execute(name string, args []any) (any, error) {
	target, err := s.parseExecute(name, args)
	if err != nil {
		return nil, err
	}
	table := s.tables[target.model]
	if table == nil {
		return nil, badModel(target.model)
	}
	if isPrivate(target.method) {
		return nil, s.privateMethod(target.model, target.method)
	}
	m := s.method(target.model, target.method)
	if m == nil {
		return nil, s.badMethod(target.model, target.method)
	}
	context, _ := target.kwargs["context"].(map[string]any)
	delete(target.kwargs, "context")
	ids, bound, err := m.bind(target.method, target.args, target.kwargs)
	if err != nil {
		return nil, err
	}
	return s.transact(target.user, context, func(t *tx) (any, error) {
		if err := t.checkContext(); err != nil {
			return nil, err
		}
		return m.run(&call{tx: t, model: table.model, ids: ids, args: bound})
	})
}

// target is what an execute_kw names.
type target struct {
	user          *account
	model, method string
	args          []any
	kwargs        map[string]any
}

// parseExecute reads the arguments of execute_kw(db, uid, password, model,
// method, args, kwargs) and of execute(db, uid, password, model, method, *args).
func (s *Server) parseExecute(name string, args []any) (*target, error) {
	if len(args) < 5 {
		return nil, exception("TypeError", "%s() missing required positional arguments", name)
	}
	if args[0] != s.options.Database {
		return nil, wrongDatabase(fmt.Sprint(args[0]))
	}
	uid, _ := args[1].(int64)
	password, _ := args[2].(string)
	user := s.byUID(uid)
	if user == nil || !user.accepts(password) {
		return nil, accessDenied()
	}
	t := &target{user: user, kwargs: map[string]any{}}
	t.model, _ = args[3].(string)
	t.method, _ = args[4].(string)
	if name == "execute" {
		t.args = args[5:]
		return t, nil
	}
	if len(args) > 5 {
		t.args, _ = args[5].([]any)
	}
	if len(args) > 6 {
		if kwargs, ok := args[6].(map[string]any); ok {
			t.kwargs = kwargs
		}
	}
	return t, nil
}

// transact runs one transaction under the lock: committed when it succeeds,
// undone when it fails or panics.
func (s *Server) transact(user *account, context map[string]any, run func(t *tx) (any, error)) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.begin(user, context)
	defer func() { t.rollback(0) }() // nothing is left to undo after a commit
	result, err := run(t)
	if err != nil {
		t.rollback(0)
		return nil, err
	}
	if err := t.commit(); err != nil {
		return nil, err
	}
	return result, nil
}
