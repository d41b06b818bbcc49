package odootest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const jsonType = "application/json; charset=utf-8"

// httpFailure is an exception of Odoo's web layer, whose name brings its status.
func httpFailure(status int, format string, args ...any) *failure {
	names := map[int]string{400: "BadRequest", 401: "Unauthorized", 404: "NotFound", 422: "UnprocessableEntity"}
	message := fmt.Sprintf(format, args...)
	return &failure{
		code: 1, class: "werkzeug.exceptions." + names[status], name: "werkzeug.exceptions." + names[status],
		detail: message, arguments: []any{message, int64(status)},
	}
}

// statusOf gives the HTTP status of an exception over JSON-2
// (captures/odoo19/json2_error_*).
func statusOf(f *failure) int {
	switch name := f.python(); name {
	case nameUserError, nameValidationError:
		return http.StatusUnprocessableEntity
	case nameAccessError, nameAccessDenied:
		return http.StatusForbidden
	case nameMissingError:
		return http.StatusNotFound
	default:
		if status, ok := f.status(); ok {
			return status
		}
		return http.StatusInternalServerError
	}
}

// status gives the status that an exception of the web layer carries.
func (f *failure) status() (int, bool) {
	if !strings.HasPrefix(f.python(), "werkzeug.exceptions.") || len(f.arguments) < 2 {
		return 0, false
	}
	status, ok := f.arguments[1].(int64)
	return int(status), ok
}

// errorObject is an exception as the JSON protocols tell it; debug is a traceback
// for every user. It comes last on 19, and second before (seen on 16 to 19).
func errorObject(f *failure, major int) []byte {
	last := strings.TrimPrefix(f.python(), "builtins.") + ": "
	if status, ok := f.status(); ok {
		last += fmt.Sprintf("%d %s: ", status, http.StatusText(status))
	}
	debug := "Traceback (most recent call last):\n" +
		"  File \"/opt/odoo/odoo/http.py\", line 2273, in _serve_db\n" +
		"    return service_model.retrying(serve_func, env=self.env)\n" +
		"           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n" + last + f.spoken() + "\n"
	rest := []member{{"message", f.spoken()}, {"arguments", f.given()}, {"context", map[string]any{}}}
	if major >= 19 {
		rest = append(rest, member{"debug", debug})
	} else {
		rest = append([]member{{"debug", debug}}, rest...)
	}
	return members(append([]member{{"name", f.python()}}, rest...)...)
}

// refuseJSON answers an exception over JSON-2.
func refuseJSON(w http.ResponseWriter, r *http.Request, wire error, f *failure) {
	status := statusOf(f)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer ")
	}
	deliver(w, r, wire, status, jsonType, errorObject(f, 19))
}

// serveJSON2 answers POST /json/2/<model>/<method>. The order of its checks is
// that of the real server: the path, the database, the type of the body, the key,
// the body.
func (h *Host) serveJSON2(w http.ResponseWriter, r *http.Request) {
	s := h.selected(r)
	if s == nil {
		noDatabasePage(w)
		return
	}
	if !jsonBody(r) {
		unsupportedPage(w)
		return
	}
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/json/2/"), "/")
	model, method, ok := strings.Cut(path, "/")
	if !ok || r.Method != http.MethodPost || model == "" || method == "" || strings.Contains(method, "/") {
		// captures/odoo19/json2_get_method, _get_model_only, _post_model_only, _put_method
		refuseJSON(w, r, nil, httpFailure(http.StatusNotFound, "Did you mean POST /json/2/<model>/<method>?"))
		return
	}
	c := &jsonCall{model: model, method: method}
	if c.user, c.refused = s.bearerOf(r); c.refused == nil {
		c.params, c.lone, c.refused = jsonParams(r)
	}
	s.answerJSON2(w, r, c)
}

// selected finds the database of a request: that of the header X-Odoo-Database,
// or the only one there is (captures/odoo19/json2_database_*).
func (h *Host) selected(r *http.Request) *Server {
	if name := r.Header.Get("X-Odoo-Database"); name != "" {
		return h.database(name)
	}
	if len(h.servers) == 1 {
		return h.first()
	}
	return nil
}

// noDatabasePage is the page where no database is selected
// (captures/odoo19/json2_database_wrong).
func noDatabasePage(w http.ResponseWriter) {
	answer(w, http.StatusNotFound, "text/html; charset=utf-8", []byte("<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"+
		"<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>\n"+
		"<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>\n\n"+
		"<!-- Alternatively, use the X-Odoo-Database header. -->\n"))
}

// unsupportedPage is the page for a body that is not called JSON
// (captures/odoo19/json2_content_type_*).
func unsupportedPage(w http.ResponseWriter) {
	w.Header().Set("Accept", "application/json")
	htmlPage(w, http.StatusUnsupportedMediaType, "Unsupported Media Type",
		"Request inferred type is compatible with [&#39;http&#39;] but &#39;/json/2/&lt;__model__&gt;/&lt;__method__&gt;&#39; is type=&#39;json2&#39;."+
			"<br><br>Please verify the Content-Type request header and try again.")
}

// jsonBody reports whether a request's body is called JSON, or has no length.
func jsonBody(r *http.Request) bool {
	if r.ContentLength <= 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// bearerOf finds the user of a request's key (captures/odoo19/json2_auth_*).
func (s *Server) bearerOf(r *http.Request) (*account, error) {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || strings.TrimSpace(key) == "" {
		return nil, httpFailure(http.StatusUnauthorized, "User not authenticated, use an API Key with a Bearer Authorization header.")
	}
	if user := s.bearer(strings.TrimSpace(key)); user != nil {
		return user, nil
	}
	return nil, httpFailure(http.StatusUnauthorized, "Invalid apikey")
}

// jsonParams reads the named arguments. A body without a length is not read at
// all, and what is no object has no arguments: neither is an error
// (captures/odoo19/json2_chunked_*, _positional_list_body).
func jsonParams(r *http.Request) (params map[string]any, lone bool, err error) {
	if r.ContentLength <= 0 {
		return map[string]any{}, false, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, false, httpFailure(http.StatusBadRequest, "could not parse the body as json: %v", err)
	}
	value, lone, err := decodeJSON(body)
	if err != nil {
		return nil, false, httpFailure(http.StatusBadRequest, "could not parse the body as json: %v", err)
	}
	params, ok := value.(map[string]any)
	if !ok {
		params = map[string]any{}
	}
	return params, lone, nil
}

// jsonCall is a call over JSON-2.
type jsonCall struct {
	user          *account
	model, method string
	params        map[string]any
	lone          bool  // a text cannot be encoded
	refused       error // the key or the body is none
}

// uid is the caller, 0 without a key.
func (c *jsonCall) uid() int64 {
	if c.user == nil {
		return 0
	}
	return c.user.uid
}

// answerJSON2 carries out a call with its hooks and answers it.
func (s *Server) answerJSON2(w http.ResponseWriter, r *http.Request, c *jsonCall) {
	request := s.record(Request{
		Protocol: protocolJSON2, Endpoint: serviceObject, Model: c.model, Method: c.method, UID: c.uid(), Kwargs: c.params,
	})
	o := s.guarded(request, func() (any, error) { return s.callJSON(c) })
	if c.lone && o.wire == nil {
		crashPage(w)
		return
	}
	if o.err != nil {
		refuseJSON(w, r, o.wire, asFailure(o.err))
		return
	}
	body, err := encodeJSON(o.result, textsOf(c.params["fields"]))
	if errors.Is(err, errNoText) && o.wire == nil {
		crashPage(w)
		return
	}
	if err != nil {
		refuseJSON(w, r, o.wire, exception("TypeError", "%v", err))
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	deliver(w, r, o.wire, http.StatusOK, jsonType, body)
}

// callJSON carries out a method with arguments by name.
func (s *Server) callJSON(c *jsonCall) (any, error) {
	if c.refused != nil {
		return nil, c.refused
	}
	table := s.tables[c.model]
	if table == nil {
		return nil, httpFailure(http.StatusNotFound, "the model '%s' does not exist", c.model)
	}
	context, err := jsonContext(c.params["context"])
	if err != nil {
		return nil, err
	}
	m, err := s.public(c.model, c.method)
	if err != nil {
		if f := asFailure(err); f.code == 1 {
			return nil, httpFailure(http.StatusNotFound, "%s", f.spoken())
		}
		return nil, err
	}
	bound, err := bindJSON(c, m)
	if err != nil {
		return nil, err
	}
	if err := checkJSON(bound, m.writes); err != nil || c.lone {
		return nil, err
	}
	ids, err := s.jsonIDs(c, m)
	if err != nil {
		return nil, err
	}
	result, err := s.run(c.user, context, &call{model: table.model, ids: ids, args: bound}, m)
	if id, single := result.(int64); err == nil && single && c.method == "create" {
		return []int64{id}, nil // captures/odoo19/json2_create_single
	}
	return keepIDs(result, c), err
}

// jsonContext reads the context as Python's dict() does. Without a language texts
// are English, whatever the user's (captures/odoo19/json2_context_*, and seen on
// Odoo 19).
func jsonContext(value any) (map[string]any, error) {
	context := map[string]any{"lang": "en_US"}
	switch v := value.(type) {
	case map[string]any:
		for key, element := range v {
			context[key] = element
		}
	case nil:
	case string:
		if v != "" {
			return nil, noPairs()
		}
	case []any:
		for _, element := range v {
			two, ok := element.([]any)
			if !ok || len(two) != 2 {
				return nil, noPairs()
			}
			context[fmt.Sprint(two[0])] = two[1]
		}
	default:
		return nil, exception("TypeError", "'%s' object is not iterable", pythonType(value))
	}
	return context, nil
}

// noPairs is dict()'s complaint (captures/odoo19/json2_context_not_a_dict).
func noPairs() *failure {
	return exception("ValueError", "dictionary update sequence element #0 has length 1; 2 is required")
}

// bindJSON checks the arguments as Python's inspect does: what is missing comes
// before what is unexpected (captures/odoo19/json2_error_missing_argument,
// _unexpected_argument, _create_wrong_argument_name, _ids_with_model_method).
func bindJSON(c *jsonCall, m *method) (map[string]any, error) {
	if !m.records && truthy(c.params["ids"]) {
		return nil, httpFailure(http.StatusUnprocessableEntity, "cannot call %s.%s with ids", c.model, c.method)
	}
	for i, param := range m.params {
		if _, given := c.params[jsonName(c.method, param)]; i < m.required && !given {
			return nil, httpFailure(http.StatusUnprocessableEntity, "missing a required argument: '%s'", jsonName(c.method, param))
		}
	}
	bound := map[string]any{}
	for _, key := range sortedKeys(c.params) {
		if key == "ids" || key == "context" {
			continue
		}
		at := slices.IndexFunc(m.params, func(param string) bool { return jsonName(c.method, param) == key })
		if at < 0 {
			if err := swallowed(c, key); err != nil {
				return nil, err
			}
			return nil, httpFailure(http.StatusUnprocessableEntity, "got an unexpected keyword argument '%s'", key)
		}
		bound[m.params[at]] = c.params[key]
	}
	return bound, nil
}

// swallowed is the answer of methods that take any named argument and complain
// later (seen on Odoo 19); nil for all others.
func swallowed(c *jsonCall, key string) error {
	switch {
	case c.method == "message_post":
		return exception("ValueError", "Those values are not supported when posting or notifying: %s", key)
	case c.method == "search_read" && c.model != "project.tags":
		return exception("TypeError", "BaseModel._read_format() got an unexpected keyword argument '%s'", key)
	default:
		return nil
	}
}

// jsonName is a parameter's name on Odoo 19, where it was another one before.
func jsonName(method, param string) string {
	switch {
	case method == "name_search" && param == "args":
		return "domain"
	case method == "default_get" && param == "fields_list":
		return "fields"
	default:
		return param
	}
}

// checkJSON refuses what XML cannot carry and PostgreSQL does not take
// (captures/odoo19/json2_nul_char_write, _nan_write, _bigint_write). Where nothing
// is written an integer beyond 64 bits equals nothing (seen on Odoo 19): it becomes
// a float.
func checkJSON(value any, writes bool) error {
	switch v := value.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			return exception("ValueError", "A string literal cannot contain NUL (0x00) characters.")
		}
	case float64:
		if math.IsNaN(v) {
			return exception("ValueError", "cannot convert float NaN to integer")
		}
	case *big.Int:
		if writes {
			return exception("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n")
		}
	case []any:
		for i, element := range v {
			if err := checkJSON(element, writes); err != nil {
				return err
			}
			v[i] = smaller(element)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if err := checkJSON(v[key], writes); err != nil {
				return err
			}
			v[key] = smaller(v[key])
		}
	}
	return nil
}

// smaller gives an integer beyond 64 bits as a float, and all else as it is.
func smaller(value any) any {
	number, ok := value.(*big.Int)
	if !ok {
		return value
	}
	float, _ := new(big.Float).SetInt(number).Float64()
	return float
}

// jsonIDs reads ids: a list or one number, floats among them; what is empty is no
// records (captures/odoo19/json2_ids_float, _ids_null, _read_one_int_id). A text
// is no record either: read answers without it (captures/odoo19/json2_error_ids_strings),
// what changes records says that it is missing (seen on Odoo 19).
func (s *Server) jsonIDs(c *jsonCall, m *method) ([]int64, error) {
	list, err := idElements(c.params["ids"])
	if err != nil || !m.records {
		return nil, err
	}
	ids := []int64{}
	for _, element := range list {
		switch id := element.(type) {
		case int64:
			ids = append(ids, id)
		case float64:
			if id == math.Trunc(id) {
				ids = append(ids, int64(id))
			}
		case string:
			if err := textID(c, m, id); err != nil {
				return nil, err
			}
		case bool:
			return nil, exception("psycopg2.errors.UndefinedFunction", "operator does not exist: integer = boolean\n")
		case []any, map[string]any:
			return nil, exception("TypeError", "unhashable type: '%s'", collection(element))
		}
	}
	return ids, nil
}

// collection is Python's name of a list or a dict.
func collection(value any) string {
	if _, ok := value.([]any); ok {
		return "list"
	}
	return "dict"
}

// idElements gives ids as a list, as Python iterates over them.
func idElements(value any) ([]any, error) {
	switch v := value.(type) {
	case []any:
		return v, nil
	case int64:
		return []any{v}, nil
	case string:
		return letters(v), nil
	case map[string]any:
		keys := []any{}
		for _, key := range sortedKeys(v) {
			keys = append(keys, key)
		}
		return keys, nil
	}
	if truthy(value) {
		return nil, exception("TypeError", "'%s' object is not iterable", pythonType(value))
	}
	return nil, nil
}

// letters gives the characters of a text.
func letters(text string) []any {
	list := []any{}
	for _, letter := range text {
		list = append(list, string(letter))
	}
	return list
}

// textID is the answer to a text among ids (seen on Odoo 19).
func textID(c *jsonCall, m *method, id string) error {
	if _, err := strconv.ParseInt(id, 10, 32); err != nil {
		return exception("psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer: \"%s\"\n", id)
	}
	if !m.writes {
		return nil
	}
	f := warning("Record does not exist or has been deleted.\n(Record: %s('%s',), User: %d)", c.model, id, c.user.uid)
	f.name = nameMissingError
	return f
}

// keepIDs gives read rows the ids in the form in which they were asked for
// (captures/odoo19/json2_ids_float).
func keepIDs(result any, c *jsonCall) any {
	rows, ok := result.([]map[string]any)
	list, isList := c.params["ids"].([]any)
	if !ok || !isList {
		return result
	}
	for _, element := range list {
		float, isFloat := element.(float64)
		for _, row := range rows {
			if isFloat && row["id"] == int64(float) {
				row["id"] = float
			}
		}
	}
	return result
}

// serveVersion is Odoo 19's answer without a key, with a cookie for whom it does
// not know (captures/odoo19/json2_web_version, json2_json_version).
func (h *Host) serveVersion(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		methodPage(w, "GET, HEAD, OPTIONS")
		return
	}
	s := h.first()
	request := s.record(Request{Protocol: protocolWeb, Endpoint: serviceWeb, Method: "version"})
	o := s.guarded(request, func() (any, error) { return true, nil })
	if o.err != nil {
		refuseJSON(w, r, nil, asFailure(o.err))
		return
	}
	h.sessions.greet(w, r)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	body := members(member{"version_info", s.versionInfo()}, member{"version", s.versionText()})
	deliver(w, r, o.wire, http.StatusOK, jsonType, body)
}
