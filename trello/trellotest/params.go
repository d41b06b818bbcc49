package trellotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// params are the parameters of a request by name. Trello takes them from the query, from a form and from a JSON object alike.
type params map[string]string

// incoming is a request that has been read: what it asks, with which credentials, and what was wrong with it already.
type incoming struct {
	method, path string
	params       params
	files        map[string]upload // of a multipart body
	origin       string            // where files are downloaded from: Trello's, or the server's own
	route        *route
	args         []string
	key, token   string
	inURL        string    // the first credential that stood in the URL, "" if none
	problem      *apiError // what made the request unreadable
}

const maxBody = 300 << 20 // bytes: a file of a paid workspace

// read takes a request apart; it never fails, a problem is answered later.
func (s *Server) read(r *http.Request) *incoming {
	in := &incoming{method: r.Method, path: r.URL.EscapedPath(), params: params{}, origin: originFor(r)}
	in.addAll(r.URL.Query())
	in.takeCredentials(true)
	if err := in.readBody(r); err != nil {
		in.problem = err
	}
	in.takeCredentials(false)
	in.readAuthorization(r.Header.Get("Authorization"))
	in.route, in.args = s.routes.find(r.Method, r.URL.EscapedPath())
	in.hideToken()
	return in
}

// hideToken takes the token out of a path below /1/tokens, where Trello has it as an id.
func (in *incoming) hideToken() {
	const prefix = "/1/tokens/"
	if rest, found := strings.CutPrefix(in.path, prefix); found {
		_, after, more := strings.Cut(rest, "/")
		in.path, in.inURL = prefix+"{token}", "token"
		if more {
			in.path += "/" + after
		}
	}
}

func (in *incoming) writes() bool { return in.route != nil && in.method != http.MethodGet }

func (in *incoming) logged(after bool, status int) Request {
	return Request{Method: in.method, Path: in.path, Params: in.params, Write: in.writes(), After: after, Status: status}
}

func (in *incoming) addAll(values url.Values) {
	for name, all := range values {
		in.params[name] = strings.ToValidUTF8(strings.Join(all, ","), "\uFFFD")
	}
}

// takeCredentials moves key and token out of the parameters. Trello accepts them in the query and in a body (facts/trello.md, "auth").
func (in *incoming) takeCredentials(query bool) {
	for _, name := range []string{"key", "token"} {
		value, given := in.params[name]
		if !given {
			continue
		}
		delete(in.params, name)
		if query && in.inURL == "" {
			in.inURL = name
		}
		if name == "key" {
			in.key = value
		} else {
			in.token = value
		}
	}
	for name := range in.params {
		if strings.HasPrefix(name, "oauth_") {
			delete(in.params, name)
		}
	}
}

func (in *incoming) readBody(r *http.Request) *apiError {
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return &apiError{status: http.StatusRequestEntityTooLarge, text: "Payload Too Large"}
	}
	if len(body) == 0 {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		return in.readJSON(body)
	case err == nil && kind == "multipart/form-data":
		return in.readMultipart(body, parameters["boundary"])
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return &apiError{status: http.StatusBadRequest, text: "invalid form"}
	}
	in.addAll(values)
	return nil
}

// readJSON takes the keys of a JSON object as parameters: null is the empty text, an array of texts is joined by commas, an object stays
// JSON text.
func (in *incoming) readJSON(body []byte) *apiError {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(body, &values); err != nil {
		return &apiError{status: http.StatusBadRequest, text: "Error parsing body: invalid JSON"}
	}
	for name, raw := range values {
		in.params[name] = jsonText(raw)
	}
	return nil
}

func jsonText(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	var text string
	var all []json.RawMessage
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	case json.Unmarshal(raw, &all) == nil:
		parts := make([]string, len(all))
		for i, one := range all {
			parts[i] = jsonText(one)
		}
		return strings.Join(parts, ",")
	}
	return string(raw)
}

func (in *incoming) readMultipart(body []byte, boundary string) *apiError {
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(maxBody)
	if err != nil {
		return &apiError{status: http.StatusBadRequest, text: "invalid multipart form"}
	}
	in.addAll(form.Value)
	in.files = map[string]upload{}
	for name, files := range form.File {
		opened, err := files[0].Open()
		if err != nil {
			return &apiError{status: http.StatusBadRequest, text: "invalid multipart form"}
		}
		data, err := io.ReadAll(opened)
		_ = opened.Close() // only read
		if err != nil {
			return &apiError{status: http.StatusBadRequest, text: "invalid multipart form"}
		}
		in.files[name] = upload{files[0].Filename, files[0].Header.Get("Content-Type"), data}
	}
	return nil
}

// kind is what a parameter must look like.
type kind string

const (
	text     kind = "text"
	boolean  kind = "bool"
	id       kind = "id"
	ids      kind = "ids"
	instant  kind = "date"
	position kind = "pos"
	integer  kind = "int"
	moment   kind = "moment" // an id or a date: before and since
)

// ok says whether a value is of the kind. An empty value always is: clients send empty parameters for "not given"
// (captures/trello/can_success_create_a_card_when_due_is_time).
func (k kind) ok(value string) bool {
	if value == "" || value == "null" {
		return true
	}
	switch k {
	case boolean:
		return value == "true" || value == "false"
	case id:
		return isID(value)
	case ids:
		return allIDs(value)
	case instant:
		_, good := parseTime(value)
		return good
	case position:
		_, good := parsePos(value)
		return good
	case integer:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 0
	case moment:
		_, good := parseTime(value)
		return good || isID(value)
	case text:
	}
	return true
}

func isID(s string) bool {
	if len(s) != 24 {
		return false
	}
	for i := range len(s) {
		if !strings.ContainsRune("0123456789abcdef", rune(s[i]|0x20)) {
			return false
		}
	}
	return true
}

func allIDs(value string) bool {
	for _, one := range strings.Split(value, ",") {
		if !isID(one) {
			return false
		}
	}
	return true
}

// parsePos reads a position: "top", "bottom" or a number that is not negative (facts/trello.md, "pos").
func parsePos(s string) (float64, bool) {
	if s == "top" || s == "bottom" {
		return 0, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && f >= 0 && f < 1e15
}

// parseTime reads the forms of an instant that were recorded as accepted (captures/trello/can_success_create_a_card and the two beside
// it), the date alone, and milliseconds since 1970.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Millisecond), true
		}
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 12 && len(s) <= 14 {
		return time.UnixMilli(ms).UTC(), true
	}
	return time.Time{}, false
}

// maxText is the most characters that Trello keeps of a name, a description or a comment (facts/trello.md, "limits").
const maxText = 16384

// tooLong counts as JavaScript does, in units of UTF-16: a choice, the documentation says "characters".
func tooLong(s string) bool {
	return len(s) > maxText && len(utf16.Encode([]rune(s))) > maxText
}

// given returns a parameter that was sent and is not empty.
func (p params) given(name string) (string, bool) {
	value := p[name]
	return value, value != "" && value != "null"
}

func (p params) has(name string) bool {
	_, there := p[name]
	return there
}

// flag reads a boolean; empty means the default.
func (p params) flag(name string, otherwise bool) bool {
	if value, given := p.given(name); given {
		return value == "true"
	}
	return otherwise
}

func (p params) number(name string, otherwise int) int {
	if value, given := p.given(name); given {
		n, _ := strconv.Atoi(value) // checked by check
		return n
	}
	return otherwise
}

func (p params) time(name string) time.Time {
	value, _ := p.given(name)
	t, _ := parseTime(value)
	return t
}

func (p params) list(name string) []string {
	if value, given := p.given(name); given {
		return strings.Split(value, ",")
	}
	return []string{}
}

// check refuses an ill-typed parameter of the endpoint, in the order of the names.
func (p params) check(kinds map[string]kind) error {
	for _, name := range p.names() {
		if k, known := kinds[name]; known && !k.ok(p[name]) {
			return invalid(name)
		}
	}
	return nil
}

func (p params) names() []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// checkStrict finds, in strict mode only, what a careful client never sends. The caller holds the lock.
func (s *Server) checkStrict(in *incoming) *apiError {
	if !s.options.Strict {
		return nil
	}
	problem := in.strictProblem()
	if problem == "" {
		return nil
	}
	s.violations = append(s.violations, in.method+" "+in.path+": "+problem)
	return &apiError{status: http.StatusBadRequest, text: problem}
}

func (in *incoming) strictProblem() string {
	if in.inURL != "" {
		return fmt.Sprintf("credential %q in the URL", in.inURL)
	}
	if in.route == nil {
		return "unknown endpoint"
	}
	for name := range in.files {
		if _, known := in.route.takes(name); !known {
			return fmt.Sprintf("unknown file %q", name)
		}
	}
	p, kinds, _ := in.resolve()
	for _, name := range p.names() {
		k, known := kinds[name]
		if !known {
			return fmt.Sprintf("unknown parameter %q", name)
		}
		if !k.ok(p[name]) {
			return "invalid value for " + name
		}
	}
	return ""
}
