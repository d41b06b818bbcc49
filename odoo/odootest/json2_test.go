package odootest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// adminKey is the administrator's API key on the servers of these tests.
const adminKey = "key-of-admin"

// startJSON makes an Odoo 19 whose users have keys.
func startJSON(t testing.TB, change ...func(*odootest.Options)) *odootest.Server {
	t.Helper()
	options := odootest.Options{Version: "19.0", APIKey: adminKey, Clock: newClock().time, Users: users()}
	for _, c := range change {
		c(&options)
	}
	return odootest.New(options)
}

// page is an answer over HTTP.
type page struct {
	status int
	header http.Header
	body   string
}

// object reads the body as a JSON object without its traceback.
func (p page) object(t testing.TB) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(p.body), &value); err != nil {
		t.Fatalf("status %d: no JSON object: %v in %q", p.status, err, p.body)
	}
	if debug, _ := value["debug"].(string); value["arguments"] != nil && !strings.HasPrefix(debug, "Traceback (most recent call last):\n") {
		t.Errorf("an error without traceback: %q", debug)
	}
	delete(value, "debug")
	return value
}

// do sends a request in the process.
func do(t testing.TB, handler interface{ RoundTripper() http.RoundTripper }, method, path, body string, headers ...string) page {
	t.Helper()
	var reader io.Reader = http.NoBody
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, "http://odoo.test"+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return send(t, handler, request)
}

// send sends a request in the process.
func send(t testing.TB, handler interface{ RoundTripper() http.RoundTripper }, request *http.Request) page {
	t.Helper()
	response, err := handler.RoundTripper().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{response.StatusCode, response.Header, string(content)}
}

// json2 calls a method with a key.
func json2(t testing.TB, server *odootest.Server, path, body string, headers ...string) page {
	t.Helper()
	headers = append([]string{"Authorization", "bearer " + adminKey, "Content-Type", "application/json"}, headers...)
	return do(t, server, http.MethodPost, "/json/2/"+path, body, headers...)
}

// captures is the folder of raw exchanges beside the repository.
func captures(t testing.TB) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "captures")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skipf("no captured exchanges at %s", path)
	}
	return path
}

// capturedJSON reads a captured exchange of JSON-2.
func capturedJSON(t testing.TB, name string) (request *http.Request, expected page) {
	t.Helper()
	base := filepath.Join(captures(t), "odoo19", name)
	sent, err := os.ReadFile(base + ".request.http")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(base + ".response.http")
	if err != nil {
		t.Fatal(err)
	}
	return parseRequest(t, sent), parseResponse(t, got)
}

// parseRequest reads a captured request, whose line ends and length may have been
// changed by hand.
func parseRequest(t testing.TB, raw []byte) *http.Request {
	t.Helper()
	head, body := splitHead(raw)
	lines := strings.Split(head, "\n")
	parts := strings.Fields(lines[0])
	request, err := http.NewRequestWithContext(context.Background(), parts[0], "http://odoo.test"+parts[1], bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, strings.TrimSpace(value))
	}
	if request.Header.Get("Transfer-Encoding") == "chunked" {
		request.ContentLength = -1
	}
	return request
}

// splitHead parts headers from the body.
func splitHead(raw []byte) (head string, body []byte) {
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		if before, after, ok := bytes.Cut(raw, []byte(gap)); ok {
			return strings.ReplaceAll(string(before), "\r\n", "\n"), after
		}
	}
	return string(raw), nil
}

// parseResponse reads a captured answer.
func parseResponse(t testing.TB, raw []byte) page {
	t.Helper()
	head, body := splitHead(raw)
	status, rest, _ := strings.Cut(head, "\n")
	code, err := strconv.Atoi(strings.Fields(status)[1])
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	scanner := bufio.NewScanner(strings.NewReader(rest))
	for scanner.Scan() {
		name, value, _ := strings.Cut(scanner.Text(), ": ")
		header.Add(name, value)
	}
	return page{code, header, string(body)}
}

// lengthOf is the length of a body as a header has it.
func lengthOf(p page) string { return strconv.Itoa(len(p.body)) }

// withoutDebug decodes a body; of an error the traceback is left out.
func withoutDebug(t *testing.T, body string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("no JSON: %v in %q", err, body)
	}
	if object, ok := value.(map[string]any); ok && object["name"] != nil {
		delete(object, "debug")
	}
	return value
}

func TestJSON2CookieAndHeaders(t *testing.T) {
	server := startJSON(t)
	t.Run("Ensure the version brings a cookie to whom has none", func(t *testing.T) {
		// captures/odoo19/json2_web_version
		got := do(t, server, http.MethodGet, "/web/version", "")
		if set := got.header.Get("Set-Cookie"); !strings.HasPrefix(set, "session_id=") || !strings.Contains(set, "Max-Age=604800; HttpOnly; Path=/") {
			t.Errorf("got %q", set)
		}
		again := do(t, server, http.MethodGet, "/web/version", "", "Cookie", "session_id=known")
		want(t, "cookie for a known client", again.header.Get("Set-Cookie"), "")
	})
	t.Run("Ensure a call answers without cookie, not compressed, with the time", func(t *testing.T) {
		// captures/odoo19/json2_gzip_accepted
		got := json2(t, server, "res.users/search_count", `{"domain": []}`, "Accept-Encoding", "gzip")
		want(t, "encoding", got.header.Get("Content-Encoding"), "")
		want(t, "cookie", got.header.Get("Set-Cookie"), "")
		want(t, "date", got.header.Get("Date"), "Fri, 02 Jan 2026 10:00:00 GMT")
	})
	t.Run("Ensure before 19 there is neither JSON-2 nor a page of the version", func(t *testing.T) {
		for _, version := range []string{"16.0", "17.0", "18.0"} {
			old := odootest.New(odootest.Options{Version: version, APIKey: adminKey})
			for _, path := range []string{"/json/2/res.users/context_get", "/web/version", "/json/version", "/doc-bearer/index.json"} {
				got := do(t, old, http.MethodPost, path, "{}", "Content-Type", "application/json", "Authorization", "bearer "+adminKey)
				if got.status != http.StatusNotFound || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
					t.Errorf("%s on %s: got %d %s", path, version, got.status, got.header.Get("Content-Type"))
				}
			}
		}
	})
}

func TestJSON2Keys(t *testing.T) {
	status := func(server *odootest.Server, key string) int {
		return json2(t, server, "res.users/context_get", "{}", "Authorization", "bearer "+key).status
	}
	t.Run("Ensure every user's key opens its own user", func(t *testing.T) {
		got := json2(t, startJSON(t), "res.users/context_get", "{}", "Authorization", "bearer key-of-pm")
		want(t, "context", got.body, `{"lang": "en_US", "tz": false, "uid": 6}`)
	})
	t.Run("Ensure a key that ends, of another scope or of an archived user opens nothing", func(t *testing.T) {
		// seen on Odoo 19
		now := newClock()
		server := odootest.New(odootest.Options{Version: "19.0", Clock: now.time, Users: []odootest.User{
			{Login: "short", Password: "p", APIKey: "ends", KeyExpires: now.now.Add(time.Hour)},
			{Login: "scoped", Password: "p", APIKey: "mail", KeyScope: "mail"},
			{Login: "gone", Password: "p", APIKey: "gone"},
		}})
		want(t, "before its end", status(server, "ends"), http.StatusOK)
		now.forward(2 * time.Hour)
		want(t, "after its end", status(server, "ends"), http.StatusUnauthorized)
		want(t, "another scope", status(server, "mail"), http.StatusUnauthorized)
		want(t, "an active user", status(server, "gone"), http.StatusOK)
		server.Write("res.users", []int64{8}, map[string]any{"active": false})
		want(t, "an archived user", status(server, "gone"), http.StatusUnauthorized)
	})
	t.Run("Ensure a key can be changed and taken away", func(t *testing.T) {
		server := startJSON(t)
		server.SetKey("pm", "another", time.Time{})
		want(t, "the former key", status(server, "key-of-pm"), http.StatusUnauthorized)
		want(t, "the new key", status(server, "another"), http.StatusOK)
		if _, err := newClient(t, server, 6, "another").try("res.users", "context_get"); err != nil {
			t.Errorf("the new key over XML-RPC: %v", err)
		}
		server.SetKey("pm", "", time.Time{})
		want(t, "no key", status(server, "another"), http.StatusUnauthorized)
	})
}

func TestJSON2ArgumentsThatAreLost(t *testing.T) {
	// captures/odoo19/json2_chunked_unlink_ignored, _positional_list_body_unlink, _write_without_ids, _ids_null
	server := startJSON(t)
	id := server.Create("res.partner", map[string]any{"name": "kept", "color": 1})
	number := strconv.FormatInt(id, 10)
	t.Run("Ensure a body in chunks has no arguments", func(t *testing.T) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://odoo.test/json/2/res.partner/unlink",
			io.MultiReader(strings.NewReader(`{"ids": [`+number+`]}`)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "bearer "+adminKey)
		request.Header.Set("Content-Type", "application/json")
		want(t, "answer", send(t, server, request).body, "true")
	})
	for _, body := range []string{"[[" + number + "]]", `{"ids": null}`, `{}`, `{"ids": []}`, `"x"`, "null"} {
		t.Run("Ensure unlink of "+body+" is true and does nothing", func(t *testing.T) {
			want(t, "answer", json2(t, server, "res.partner/unlink", body).body, "true")
		})
	}
	want(t, "write without ids", json2(t, server, "res.partner/write", `{"vals": {"color": 5}}`).body, "true")
	want(t, "arguments in the query string", json2(t, server, "res.users/search_count?limit=1", `{"domain": []}`).body, "5")
	want(t, "the record", server.Read("res.partner", id, "color"), map[string]any{"id": id, "color": int64(1)})
}

func TestJSON2Values(t *testing.T) {
	server := startJSON(t)
	id := server.Create("res.partner", map[string]any{"name": "Enc"})
	number := strconv.FormatInt(id, 10)
	read := func(field, extra string) string {
		return json2(t, server, "res.partner/read", `{"ids": [`+number+`], "fields": ["`+field+`"]`+extra+`}`).body
	}
	t.Run("Ensure control characters and U+FFFE come back", func(t *testing.T) {
		// captures/odoo19/json2_control_chars_write, _read
		json2(t, server, "res.partner/write", `{"ids": [`+number+`], "vals": {"street": "a\u0001b\u001fc`+"\ufffe"+` d\te"}}`)
		want(t, "street", read("street", ""), `[{"id": `+number+`, "street": "a\u0001b\u001fc`+"\ufffe"+` d\te"}]`)
	})
	t.Run("Ensure an empty text stays and what is empty is false", func(t *testing.T) {
		// captures/odoo19/json2_write_empty_string, _read_after_empty_string, _write_null
		json2(t, server, "res.partner/write", `{"ids": [`+number+`], "vals": {"street": "", "city": false, "parent_id": null}}`)
		want(t, "street", read("street", ""), `[{"id": `+number+`, "street": ""}]`)
		want(t, "city", read("city", ""), `[{"id": `+number+`, "city": false}]`)
		want(t, "parent", read("parent_id", ""), `[{"id": `+number+`, "parent_id": false}]`)
	})
	t.Run("Ensure a link is a pair, a bare id on demand, and a pair clears it", func(t *testing.T) {
		// captures/odoo19/json2_read_many2one_bare, _write_many2one_as_pair
		json2(t, server, "res.partner/write", `{"ids": [`+number+`], "vals": {"parent_id": 1}}`)
		want(t, "pair", read("parent_id", ""), `[{"id": `+number+`, "parent_id": [1, "My Company"]}]`)
		want(t, "bare", read("parent_id", `, "load": ""`), `[{"id": `+number+`, "parent_id": 1}]`)
		json2(t, server, "res.partner/write", `{"ids": [`+number+`], "vals": {"parent_id": [1, "My Company"]}}`)
		want(t, "cleared", read("parent_id", ""), `[{"id": `+number+`, "parent_id": false}]`)
	})
}

func TestJSON2Arguments(t *testing.T) {
	server := startJSON(t)
	number := strconv.FormatInt(server.Create("res.partner", map[string]any{"name": "Enc"}), 10)
	t.Run("Ensure texts among ids are no records, and missing ones to what changes records", func(t *testing.T) {
		// seen on Odoo 19
		for body, expected := range map[string]string{
			`{"ids": ["1"], "fields": ["name"]}`: "[]", `{"ids": "12", "fields": ["name"]}`: "[]", `{"ids": false, "fields": ["name"]}`: "[]",
		} {
			want(t, body, json2(t, server, "res.partner/read", body).body, expected)
		}
		got := json2(t, server, "res.partner/write", `{"ids": ["1"], "vals": {"color": 1}}`)
		want(t, "status", got.status, http.StatusNotFound)
		want(t, "name", got.object(t)["name"], "odoo.exceptions.MissingError")
		want(t, "message", got.object(t)["message"], "Record does not exist or has been deleted.\n(Record: res.partner('1',), User: 2)")
		want(t, "no number", json2(t, server, "res.partner/read", `{"ids": ["a"]}`).object(t)["name"], "psycopg2.errors.InvalidTextRepresentation")
		want(t, "a boolean", json2(t, server, "res.partner/read", `{"ids": true}`).object(t)["message"], "'bool' object is not iterable")
	})
	t.Run("Ensure a slash at the end is allowed, and some methods take any argument and complain later", func(t *testing.T) {
		// seen on Odoo 19
		want(t, "slash", json2(t, server, "res.users/context_get/", "{}").status, http.StatusOK)
		got := json2(t, server, "res.partner/search_read", `{"domain": [], "nosuch": 1}`)
		want(t, "status", got.status, http.StatusInternalServerError)
		want(t, "message", got.object(t)["message"], "BaseModel._read_format() got an unexpected keyword argument 'nosuch'")
		want(t, "tags", json2(t, server, "project.tags/search_read", `{"domain": [], "nosuch": 1}`).status, http.StatusUnprocessableEntity)
	})
	t.Run("Ensure an integer beyond 64 bits equals nothing and cannot be written", func(t *testing.T) {
		// seen on Odoo 19
		want(t, "search", json2(t, server, "res.partner/search", `{"domain": [["color", "=", 9223372036854775808]]}`).body, "[]")
		want(t, "read", json2(t, server, "res.partner/read", `{"ids": [9223372036854775808], "fields": ["name"]}`).body, "[]")
		got := json2(t, server, "res.partner/write", `{"ids": [`+number+`], "vals": {"color": 9223372036854775808}}`)
		want(t, "write", got.object(t)["name"], "psycopg2.errors.NumericValueOutOfRange")
	})
	t.Run("Ensure the context is read as Python's dict does", func(t *testing.T) {
		// captures/odoo19/json2_context_null, _not_a_dict; pairs seen on Odoo 19
		for context, status := range map[string]int{"null": 200, "[]": 200, `""`: 200, `[["a", 1]]`: 200, `["x"]`: 500, "5": 500} {
			want(t, context, json2(t, server, "res.partner/search", `{"domain": [["id", "=", 1]], "context": `+context+`}`).status, status)
		}
	})
	t.Run("Ensure methods that only Python calls are private", func(t *testing.T) {
		// captures/odoo19/json2_error_private_decorated; seen on Odoo 19
		for _, method := range []string{"exists", "browse", "sudo", "union", "flush_model", "_name"} {
			want(t, method, json2(t, server, "res.partner/"+method, "{}").status, http.StatusForbidden)
		}
		want(t, "name_get", json2(t, server, "res.partner/name_get", `{"ids": [1]}`).status, http.StatusNotFound)
	})
	t.Run("Ensure ids may be one number or floats", func(t *testing.T) {
		// captures/odoo19/json2_read_one_int_id, _ids_float
		want(t, "one", json2(t, server, "res.partner/read", `{"ids": `+number+`, "fields": ["name"]}`).body, `[{"id": `+number+`, "name": "Enc"}]`)
		want(t, "float", json2(t, server, "res.partner/read", `{"ids": [1.0], "fields": ["name"]}`).body, `[{"id": 1.0, "name": "My Company"}]`)
	})
	t.Run("Ensure create answers a list even for one dict", func(t *testing.T) {
		// captures/odoo19/json2_create_single, _create_list
		want(t, "one", json2(t, server, "res.partner/create", `{"vals_list": {"name": "JS one"}}`).body, "[102]")
		want(t, "two", json2(t, server, "res.partner/create", `{"vals_list": [{"name": "J1"}, {"name": "J2"}]}`).body, "[103, 104]")
	})
	t.Run("Ensure None is null with status 200", func(t *testing.T) {
		// captures/odoo19/json2_none_result
		got := json2(t, server, "project.tags/check_access_rights", `{"operation": "read"}`)
		want(t, "answer", got.body, "null")
		want(t, "status", got.status, http.StatusOK)
	})
	t.Run("Ensure an unknown language is a UserError", func(t *testing.T) {
		// captures/odoo19/json2_context_lang_unknown
		got := json2(t, server, "project.tags/search", `{"domain": [], "context": {"lang": "xx_XX"}}`)
		want(t, "status", got.status, http.StatusUnprocessableEntity)
		want(t, "error", got.object(t), map[string]any{"name": "odoo.exceptions.UserError", "message": "Invalid language code: xx_XX",
			"arguments": []any{"Invalid language code: xx_XX"}, "context": map[string]any{}})
	})
}

func TestJSON2Bodies(t *testing.T) {
	server := startJSON(t)
	t.Run("Ensure Python's JSON is read as Python does", func(t *testing.T) {
		for body, message := range map[string]string{
			`{"domain": [`:      "Expecting value: line 1 column 13 (char 12)",
			`{"domain": [1 2]}`: "Expecting ',' delimiter: line 1 column 15 (char 14)",
			`{domain: []}`:      "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
			"{\"a\"\n 1}":       "Expecting ':' delimiter: line 2 column 2 (char 6)",
			`{"a": "x`:          "Unterminated string starting at: line 1 column 7 (char 6)",
			`{"a": "\x"}`:       `Invalid \escape: line 1 column 8 (char 7)`,
			`{"a": "\u12"}`:     `Invalid \uXXXX escape: line 1 column 9 (char 8)`,
			"{\"a\": \"\n\"}":   "Invalid control character at: line 1 column 8 (char 7)",
			`{"a": é}`:          "Expecting value: line 1 column 7 (char 6)",
			`{} {}`:             "Extra data: line 1 column 4 (char 3)",
			`{"a": 01}`:         "Expecting ',' delimiter: line 1 column 8 (char 7)",
			`{"a": -}`:          "Expecting value: line 1 column 7 (char 6)",
		} {
			got := json2(t, server, "res.partner/search", body)
			want(t, body, got.status, http.StatusBadRequest)
			want(t, body, got.object(t)["message"], "could not parse the body as json: "+message)
		}
	})
}

func TestJSON2CallsThatAreRefusedAreNotedToo(t *testing.T) {
	server := startJSON(t)
	want(t, "wrong key", json2(t, server, "res.users/context_get", "{}", "Authorization", "bearer nonsense").status, http.StatusUnauthorized)
	want(t, "no JSON", json2(t, server, "res.users/context_get", "{").status, http.StatusBadRequest)
	notes := server.Requests()
	if len(notes) != 2 || notes[0].UID != 0 || notes[1].UID != 2 || notes[0].Method != "context_get" {
		t.Errorf("got %+v", notes)
	}
	server.Fail(func(odootest.Request) error { return odootest.BadGateway() })
	want(t, "a proxy before the key", json2(t, server, "res.users/context_get", "{}", "Authorization", "bearer nonsense").status, http.StatusBadGateway)
}

func BenchmarkReadOverJSON2(b *testing.B) {
	server := startJSON(b)
	id := strconv.FormatInt(server.Create("res.partner", map[string]any{"name": "read"}), 10)
	for b.Loop() {
		if got := json2(b, server, "res.partner/read", `{"ids": [`+id+`], "fields": ["name", "email", "write_date"]}`); got.status != http.StatusOK {
			b.Fatal(got.body)
		}
	}
}

func TestJSON2Documentation(t *testing.T) {
	// captures/odoo19/json2_doc_bearer_index_cut, _doc_bearer_model
	server := startJSON(t)
	get := func(path string) map[string]any {
		got := do(t, server, http.MethodGet, path, "", "Authorization", "bearer "+adminKey)
		want(t, path, got.status, http.StatusOK)
		return got.object(t)
	}
	index := get("/doc-bearer/index.json")
	found := map[string]any{}
	for _, element := range index["models"].([]any) {
		model := element.(map[string]any)
		found[model["model"].(string)] = model["name"]
	}
	want(t, "label of a model", found["project.tags"], "Project Tags")
	tags := get("/doc-bearer/project.tags.json")
	want(t, "type of a field", tags["fields"].(map[string]any)["name"].(map[string]any)["type"], "char")
	methods := tags["methods"].(map[string]any)
	search := methods["search"].(map[string]any)
	want(t, "signature", search["signature"], "(domain, offset=None, limit=None, order=None)")
	want(t, "a method of the model", search["api"], []any{"model"})
	want(t, "Python's name of 19", methods["name_search"].(map[string]any)["parameters"].(map[string]any)["domain"], map[string]any{"default": nil})
	raw := do(t, server, http.MethodGet, "/doc-bearer/project.tags.json", "", "Authorization", "bearer "+adminKey)
	if !strings.Contains(raw.body, `"parameters": {"domain": {}, "offset": {"default": null}, "limit"`) {
		t.Error("the parameters are not in the order of the signature")
	}
	if methods["name_get"] != nil || methods["search_fetch"] != nil {
		t.Error("methods that 19 does not let be called are listed")
	}
	want(t, "an unknown model", do(t, server, http.MethodGet, "/doc-bearer/no.such.json", "", "Authorization", "bearer "+adminKey).status, http.StatusNotFound)
}
