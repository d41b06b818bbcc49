package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport"
)

// traced is a client whose requests are written to an archive in a file.
func traced(t *testing.T, base http.RoundTripper, keep int, secrets ...string) (*transport.Client, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.har")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	w, err := transport.NewArchive(file, transport.HARCreator{Name: "connector", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	watched := transport.Watched(base, transport.Watcher{Keep: keep, Now: clock.Now, Tell: func(s transport.Seen) {
		if err := w.Add(s.Entry()); err != nil {
			t.Error(err)
		}
	}})
	return transport.New(transport.Options{System: "Odoo main", Base: watched, Clock: clock, Secrets: secrets, Authorize: func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+strings.Join(secrets, ""))
	}}), path
}

func readArchive(t *testing.T, path string) (transport.Archive, string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, whole, err := transport.ReadArchive(data)
	if err != nil || !whole || !json.Valid(data) {
		t.Fatalf("whole %v, %v: %s", whole, err, data)
	}
	return a, string(data)
}

// says is a base that answers with a kind of body.
func says(kind, text string) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Proto: "HTTP/1.1", Request: r, Body: io.NopCloser(strings.NewReader(text)),
			Header: http.Header{"Content-Type": {kind}, "Set-Cookie": {"session_id=cookie-marker"}},
		}, nil
	})
}

const call = `<?xml version="1.0"?><methodCall><methodName>execute_kw</methodName><params>` +
	`<param><value><string>demo</string></value></param><param><value><int>2</int></value></param>` +
	`<param><value><string>pa&lt;ss</string></value></param><param><value><string>project.task</string></value></param>` +
	`<param><value><string>read</string></value></param></params></methodCall>`

func TestArchive(t *testing.T) {
	for _, c := range []struct {
		name          string
		kind, body    string // of the request
		query         string
		answer        string
		secrets       []string
		hidden, shown []string
	}{
		{name: "the password of a call by XML-RPC", kind: "text/xml", body: call,
			hidden: []string{"pa&lt;ss", "pa<ss"}, shown: []string{"project.task", "demo", "<string>***</string>"}},
		{name: "the password of a call by JSON-RPC", kind: "application/json",
			body:   `{"params":{"service":"object","method":"execute_kw","args":["demo",2,"marker-\"1","project.task"]}}`,
			hidden: []string{"marker-"}, shown: []string{"project.task"}},
		{name: "fields that are called as credentials are", kind: "application/json", body: `{"login":"ann","password":"mar\"ker","api-key":"marker2","x_token_y":"marker3"}`,
			hidden: []string{"mar\\", "ker", "marker2", "marker3"}, shown: []string{"ann"}},
		{name: "parts of a form", kind: "application/x-www-form-urlencoded", body: "name=Paint&key=marker&token=marker2", hidden: []string{"marker"}, shown: []string{"name=Paint"}},
		{name: "parts of a query", query: "fields=id&key=marker&X-Amz-Signature=marker2", hidden: []string{"marker"}, shown: []string{"fields=id"}},
		{name: "members of an answer", answer: `<member><name>access_token</name><value><string>marker</string></value></member>`, hidden: []string{"marker"}, shown: []string{"access_token"}},
		{name: "a secret that the client knows, however it is written", kind: "application/json", body: `{"text":"a & marker<>1 is secret"}`, query: "q=a+%26+marker%3C%3E1",
			answer: "it was a &amp; marker&lt;&gt;1, no a \\u0026 marker\\u003c\\u003e1", secrets: []string{"a & marker<>1"}, hidden: []string{"marker"}, shown: []string{"is secret"}},
		{name: "a secret in the JSON of Python and of PHP", answer: `{"said":"no \u00fcber/marker\ud83d\ude00, no über\/marker😀, no \u00fcber\/marker\ud83d\ude00"}`, secrets: []string{"über/marker😀"},
			hidden: []string{"marker"}, shown: []string{"said"}},
		{name: "a secret in an address that is escaped in small letters", query: "q=a%2fmarker", secrets: []string{"a/marker"}, hidden: []string{"marker"}},
		{name: "numbers and lists that are called as credentials are", kind: "application/json", body: `{"pin_token":12345,"tokens":["marker",
			"marker"],"name":"Paint"}`, hidden: []string{"12345", "marker"}, shown: []string{"Paint"}},
		{name: "a part of a form of several", kind: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nmarker\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nPaint\r\n--x--", hidden: []string{"marker"}, shown: []string{"Paint"}},
		{name: "members of other types", answer: `<member><name>token</name><value><base64>marker</base64></value></member>`, hidden: []string{"marker"}, shown: []string{"<base64>***"}},
		{name: "tokens in fields of a page", kind: "text/html", body: `<form><input type="hidden" name="csrf_token" value="marker1"/><input value='marker2>' name=csrf_token>
			<meta content="marker3" name="csrf-token"><script>odoo = {csrf_token: "marker4"}</script><input name="login" value="ann"></form>`,
			answer: `<input name="xsrf" value=marker5>`, hidden: []string{"marker"}, shown: []string{"ann", "csrf_token"}},
		{name: "a user's password in Base64 without a word before it", kind: "application/json", body: `{"auth":"YW5uOm1hcmtlci1vbmUtbG9uZw=="}`, query: "q=YW5uOm1hcmtlci1vbmUtbG9uZw%3D%3D",
			answer: `<string>YW5uOm1hcmtlci1vbmUtbG9uZw</string>`, secrets: []string{"marker-one-long"}, hidden: []string{"1hcmtlc", "marker"}, shown: []string{"auth"}},
		{name: "cookies and credentials of headers", hidden: []string{"cookie-marker", "Bearer"}, shown: []string{"Set-Cookie", "Authorization"}},
	} {
		t.Run("Ensure an archive hides "+c.name, func(t *testing.T) {
			client, path := traced(t, says("text/xml", c.answer), 1000, c.secrets...)
			r := transport.Request{Method: "POST", URL: "http://odoo.test/x?" + c.query, Op: "task read", Body: []byte(c.body), Header: http.Header{"Content-Type": {c.kind}}}
			if _, err := client.Do(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			a, _ := readArchive(t, path)
			e := a.Log.Entries[0]
			text := e.Request.URL + e.Response.Content.Text
			if e.Request.Body != nil {
				text += e.Request.Body.Text
			}
			for _, pairs := range [][]transport.HARPair{e.Request.Headers, e.Request.Query, e.Response.Headers} {
				for _, p := range pairs {
					text += "\n" + p.Name + ": " + p.Value
				}
			}
			for _, hidden := range c.hidden {
				if strings.Contains(text, hidden) {
					t.Errorf("%q stands in %s", hidden, text)
				}
			}
			for _, shown := range c.shown {
				if !strings.Contains(text, shown) {
					t.Errorf("%q is missing in %s", shown, text)
				}
			}
			if e.Op != "task read" || e.System != "Odoo main" || e.Try != 1 || e.Response.Status != 200 {
				t.Errorf("%+v", e)
			}
		})
	}
	t.Run("Ensure long bodies are cut, marked, and hide a secret at the cut", func(t *testing.T) {
		long := strings.Repeat("x", 95) + "marker-secret" + strings.Repeat("y", 9000)
		client, path := traced(t, says("application/json", long), 100, "marker-secret")
		r := transport.Request{Method: "POST", URL: "http://odoo.test/", Body: []byte(long), Header: http.Header{"Content-Type": {"application/json"}}}
		answer, err := client.Do(context.Background(), r)
		if err != nil || string(answer.Body) != long {
			t.Fatalf("the answer itself was changed: %v", err)
		}
		a, text := readArchive(t, path)
		got := a.Log.Entries[0].Response.Content
		if !got.Cut || got.Size != int64(len(long)) || len(got.Text) != 100 || !strings.HasPrefix(got.Comment, "cut: the first 100 of ") || strings.Contains(text, "mark") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("Ensure a failure is an entry with its reason", func(t *testing.T) {
		client, path := traced(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no way to marker-secret") }), 100, "marker-secret")
		if _, err := client.Do(context.Background(), transport.Request{Method: "POST", URL: "http://odoo.test/"}); err == nil {
			t.Fatal("it went well")
		}
		a, _ := readArchive(t, path)
		if e := a.Log.Entries[0]; e.Response.Status != 0 || e.Error != "no way to ***" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("Ensure what is not text is kept as base64", func(t *testing.T) {
		client, path := traced(t, says("image/png", "\x89PNG\xff"), 100)
		if _, err := client.Do(context.Background(), get("http://odoo.test/")); err != nil {
			t.Fatal(err)
		}
		a, _ := readArchive(t, path)
		if got := a.Log.Entries[0].Response.Content; got.Encoding != "base64" || got.Text != "iVBOR/8=" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("Ensure an archive that broke off at any byte gives the entries before", func(t *testing.T) {
		client, path := traced(t, says("text/plain", "hello"), 100)
		for range 3 {
			if _, err := client.Do(context.Background(), get("http://odoo.test/")); err != nil {
				t.Fatal(err)
			}
		}
		_, text := readArchive(t, path)
		head := strings.Index(text, "\n")
		for end := head + 1; end < len(text); end++ {
			a, _, err := transport.ReadArchive([]byte(text[:end]))
			if want := strings.Count(text[:end], `"_try":1}`); err != nil || len(a.Log.Entries) < want-1 || len(a.Log.Entries) > want {
				t.Fatalf("%d entries of %d, %v at byte %d", len(a.Log.Entries), want, err, end)
			}
		}
	})
	t.Run("Ensure something else is no archive", func(t *testing.T) {
		if _, _, err := transport.ReadArchive([]byte("odoo:\n  - name: main\n")); err == nil {
			t.Error("it was taken")
		}
	})
}

func TestReplay(t *testing.T) {
	asks := []transport.Request{
		{Method: "GET", URL: "http://odoo.test/a?token=one"}, {Method: "GET", URL: "http://odoo.test/a?token=one"},
		{Method: "POST", URL: "http://odoo.test/rpc", Body: []byte(call), Header: http.Header{"Content-Type": {"text/xml"}}},
	}
	n := 0
	client, path := traced(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		return says("text/plain", r.URL.Path+strings.Repeat("!", n)).RoundTrip(r)
	}), 1000)
	for _, r := range asks {
		if _, err := client.Do(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := readArchive(t, path)
	t.Run("Ensure the same requests get the same answers in turn, and then the last again", func(t *testing.T) {
		again := transport.New(transport.Options{System: "Odoo main", Base: transport.NewReplay(a), Clock: newClock()})
		for i, want := range []string{"/a!", "/a!!", "/a!!"} {
			r := asks[0]
			r.URL = strings.Replace(r.URL, "one", "another", 1) // of somebody else
			if got, err := again.Do(context.Background(), r); err != nil || string(got.Body) != want {
				t.Errorf("answer %d is %v, %v", i, got, err)
			}
		}
	})
	t.Run("Ensure a call with other arguments gets the answer to one of that method", func(t *testing.T) {
		again := transport.New(transport.Options{System: "Odoo main", Base: transport.NewReplay(a), Clock: newClock()})
		r := asks[2]
		r.Body = []byte(strings.Replace(call, "</params>", "<param><value><int>7</int></value></param></params>", 1))
		if got, err := again.Do(context.Background(), r); err != nil || string(got.Body) != "/rpc!!!" {
			t.Errorf("%v, %v", got, err)
		}
		r.Body = []byte(strings.Replace(call, ">read<", ">write<", 1))
		var missing *transport.NotRecordedError
		if _, err := again.Do(context.Background(), r); !errors.As(err, &missing) {
			t.Errorf("another method got %v", err)
		}
	})
	t.Run("Ensure it is served, too, and says what it has no answer to", func(t *testing.T) {
		p := transport.NewReplay(a)
		if got := p.Origins(); len(got) != 1 || got[0] != "http://odoo.test" {
			t.Fatalf("%v", got)
		}
		server := httptest.NewServer(p.Server("http://odoo.test"))
		defer server.Close()
		for path, want := range map[string]string{"/a?token=x": "/a!", "/b": "the trace holds no answer to GET http://odoo.test/b\n"} {
			res, err := http.Get(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if string(body) != want {
				t.Errorf("%s gave %q", path, body)
			}
		}
	})
}
