package json2_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

// capture is one raw answer.
type capture struct {
	name   string
	status int
	isJSON bool
	body   []byte
}

// captures gives the answers beside the repository whose names match, or skips.
func captures(t *testing.T, pattern string) []capture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "captures", "odoo19", pattern+".response.http"))
	if err != nil || len(files) == 0 {
		t.Skip("no captured exchanges beside the repository")
	}
	var all []capture
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
		status, err := strconv.Atoi(strings.Fields(string(head))[1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, capture{strings.TrimSuffix(filepath.Base(file), ".response.http"), status, bytes.Contains(head, []byte("\nContent-Type: application/json")), body})
	}
	return all
}

// decode reads a whole answer.
func decode(body string) (any, error) {
	return stream.Whole(json2.NewDecoder(strings.NewReader(body)))
}

// referee decodes with encoding/json: numbers as we have them.
func referee(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows")
	}
	return numbers(value)
}

// numbers makes int64 and float64 of json.Number.
func numbers(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return v.Float64()
		}
		return v.Int64()
	case []any:
		for i := range v {
			if v[i], err = numbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range v {
			if v[name], err = numbers(v[name]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func TestCapturedAnswersDecode(t *testing.T) {
	for _, c := range captures(t, "json2_*") {
		got, err := stream.Whole(json2.NewDecoder(bytes.NewReader(c.body)))
		if !c.isJSON {
			var broken *json2.ProtocolError
			if !errors.As(err, &broken) || !strings.Contains(broken.Reason, "HTML page") {
				t.Errorf("%s, a page: got %v, %v", c.name, got, err)
			}
			continue
		}
		if strings.HasSuffix(c.name, "_cut") { // only its beginning was kept
			var broken *json2.ProtocolError
			if !errors.As(err, &broken) || !strings.Contains(broken.Reason, "cut off") {
				t.Errorf("%s: got %v, %v", c.name, got, err)
			}
			continue
		}
		want, wantErr := referee(c.body)
		if wantErr != nil || err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v\nwant %#v, %v", c.name, got, err, want, wantErr)
		}
	}
}

func TestCapturedErrorsAreTyped(t *testing.T) {
	for _, c := range captures(t, "json2_*") {
		refused, ok := json2.DecodeError(c.status, c.body)
		switch {
		case c.status < 400:
			continue
		case !c.isJSON:
			if ok {
				t.Errorf("%s, a page: got %v", c.name, refused)
			}
			continue
		case !ok || refused.Status != c.status || !strings.Contains(refused.Name, ".") || refused.Message == "" || len(refused.Arguments) == 0:
			t.Errorf("%s: got %#v, %v", c.name, refused, ok)
			continue
		}
		if !strings.HasPrefix(refused.Debug, "Traceback") || strings.Contains(refused.Error(), "Traceback") {
			t.Errorf("%s: debug %.30q, text %q", c.name, refused.Debug, refused)
		}
	}
	t.Run("Ensure an access error says what it is", func(t *testing.T) {
		c := captures(t, "json2_error_access_model")[0]
		refused, ok := json2.DecodeError(c.status, c.body)
		if !ok || refused.Status != 403 || refused.Name != "odoo.exceptions.AccessError" || !strings.HasPrefix(refused.Error(), "the server answered 403 odoo.exceptions.AccessError: You are not allowed") {
			t.Errorf("got %v, %v", refused, ok)
		}
	})
}

func TestWhatIsNoErrorOfTheProtocolIsNone(t *testing.T) {
	for _, body := range []string{
		"", "<html></html>", "[]", "{}", "null", `{"name": "x"}`, `{"name": 1, "message": "x"}`, `{"name": "", "message": "x"}`,
		`{"name": "x", "message": "y"`, `{"error": {"name": "x", "message": "y"}}`,
	} {
		if refused, ok := json2.DecodeError(500, []byte(body)); ok {
			t.Errorf("%q: got %v", body, refused)
		}
	}
	t.Run("Ensure what is left out of an error is empty", func(t *testing.T) {
		refused, ok := json2.DecodeError(422, []byte(`{"name": "x.Y", "message": ""}`))
		if !ok || !reflect.DeepEqual(refused, &json2.Error{Status: 422, Name: "x.Y"}) {
			t.Errorf("got %#v, %v", refused, ok)
		}
	})
}

func TestAnswersAreRead(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       any
	}{
		{"null", "null", nil},
		{"true", " true\n", true},
		{"an integer", "-5", int64(-5)},
		{"an integer of 64 bits", "-9223372036854775808", int64(math.MinInt64)},
		{"an integer beyond XML-RPC's 32 bits", "4294967294", int64(4294967294)},
		{"a float", "2.0", 2.0},
		{"a float with an exponent", "1e3", 1000.0},
		{"a float with a capital exponent", "-1E2", -100.0},
		{"a text", `"a b"`, "a b"},
		{"an empty text", `""`, ""},
		{"escapes", `"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00"`, "\"\\/\b\f\n\r\tA\u00e9\U0001F600"},
		{"control characters and U+FFFE, as they were stored", "\"a\\u0001b\\u001fc\uFFFE d\\r\\ne\"", "a\x01b\x1fc\uFFFE d\r\ne"},
		{"lists and structs", `[1, [], {}, {"a": {"b": [null, ""]}, "": false}]`, []any{int64(1), []any{}, map[string]any{}, map[string]any{"a": map[string]any{"b": []any{nil, ""}}, "": false}}},
		{"a struct of structs", `{"a": {"b": {"c": "d"}}, "e": [{"f": "g"}]}`, map[string]any{"a": map[string]any{"b": map[string]any{"c": "d"}}, "e": []any{map[string]any{"f": "g"}}}},
		{"a long text", `"` + strings.Repeat("0123456789", 5000) + `\n"`, strings.Repeat("0123456789", 5000) + "\n"},
	} {
		t.Run("Ensure "+c.name+" is read", func(t *testing.T) {
			if got, err := decode(c.body); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, %v, want %#v", got, err, c.want)
			}
			slow, err := stream.Whole(json2.NewDecoder(iotest.OneByteReader(strings.NewReader(c.body))))
			if err != nil || !reflect.DeepEqual(slow, c.want) {
				t.Errorf("byte by byte: got %#v, %v, want %#v", slow, err, c.want)
			}
		})
	}
}

// brokenBodies gives the bodies that are no answers, and a part of the reason.
func brokenBodies() []struct{ name, body, reason string } {
	return []struct{ name, body, reason string }{
		{"an empty body", "", "it is empty"},
		{"a body of spaces", " \n ", "it is empty"},
		{"an HTML page", "\n<!doctype html>\n<html lang=en>", "HTML page"},
		{"a plain text", "Bad Gateway", "no JSON at byte 0"},
		{"a cut list", `[{"id": 1}, {"id"`, "cut off"},
		{"a cut text", `"abc`, "cut off"},
		{"a cut word", `[tru`, "cut off"},
		{"a cut escape", `["\u00`, "cut off"},
		{"a second value", `[] []`, "follows"},
		{"a text behind the value", `[1]x`, "follows"},
		{"a page behind the value", `[1]<html>`, "follows"},
		{"an end too many", `[]]`, "follows"},
		{"NaN", `[{"id": 1, "x": NaN}]`, "the number NaN at byte 16"},
		{"infinity", `[Infinity]`, "the number Infinity"},
		{"minus infinity", `{"a": -Infinity}`, "the number -Infinity"},
		{"an integer beyond 64 bits", `[1, 9223372036854775808]`, "an integer at byte 4 does not fit into 64 bits"},
		{"a float beyond 64 bits", `[1, 1e999]`, "a number at byte 4 does not fit"},
		{"a name twice", `{"a": 1, "a": 2}`, "a name twice"},
		{"a name that is a number", `{1: 2}`, "no JSON"},
		{"a member without a value", `{"a"}`, "no JSON"},
		{"a comma too many", `[1,]`, "no JSON"},
		{"wrong brackets", `[1}`, "no JSON"},
		{"broken UTF-8", "[\"a\xff\"]", "no JSON at byte"},
		{"half a surrogate pair", `["\ud800"]`, "no JSON at byte"},
		{"a bare control character", "[\"a\x01\"]", "no JSON at byte"},
		{"an unknown escape", `["\x41"]`, "no JSON at byte"},
		{"a leading zero", `[01]`, "no JSON"},
		{"single quotes", `{'a': 1}`, "no JSON"},
		{"deep nesting", strings.Repeat("[", 10000), "nested"},
		{"a byte order mark", "\xef\xbb\xbf[]", "no JSON at byte 0"},
	}
}

func TestWhatIsNoAnswerIsAProtocolError(t *testing.T) {
	for _, c := range brokenBodies() {
		t.Run("Ensure "+c.name+" is refused", func(t *testing.T) {
			got, err := decode(c.body)
			var broken *json2.ProtocolError
			if !errors.As(err, &broken) || !strings.Contains(broken.Reason, c.reason) {
				t.Fatalf("got %#v, %v; want a ProtocolError with %q", got, err, c.reason)
			}
			if broken.Offset < 0 || broken.Offset > int64(len(c.body)) || broken.Size > len(c.body) {
				t.Errorf("size %d, offset %d of %d bytes", broken.Size, broken.Offset, len(c.body))
			}
		})
	}
	t.Run("Ensure nesting up to the limit is read and beyond it has a type of its own", func(t *testing.T) {
		nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
		if _, err := decode(nested(stream.MaxDepth)); err != nil {
			t.Error(err)
		}
		var depth *stream.DepthError
		if _, err := decode(nested(stream.MaxDepth + 1)); !errors.As(err, &depth) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure no cut answer is taken for a whole one", func(t *testing.T) {
		whole, _ := io.ReadAll(streamtest.PartnersJSON(2))
		for n := range whole {
			var broken *json2.ProtocolError
			if got, err := decode(string(whole[:n])); !errors.As(err, &broken) {
				t.Fatalf("%d bytes: got %v, %v", n, got, err)
			}
		}
	})
	t.Run("Ensure a connection that breaks off is its own error, at any byte", func(t *testing.T) {
		whole, _ := io.ReadAll(streamtest.PartnersJSON(2))
		for n := range len(whole) + 1 {
			r := io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
			_, err := stream.Whole(json2.NewDecoder(r))
			var broken *json2.ProtocolError
			if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) {
				t.Fatalf("after %d bytes: got %v", n, err)
			}
		}
	})
	t.Run("Ensure an error that wraps io.EOF is no end", func(t *testing.T) {
		wrapped := fmt.Errorf("proxy: %w", io.EOF)
		_, err := stream.Whole(json2.NewDecoder(io.MultiReader(strings.NewReader("[1]"), iotest.ErrReader(wrapped))))
		if !errors.Is(err, wrapped) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure an error stays, and so does the end", func(t *testing.T) {
		d := json2.NewDecoder(strings.NewReader("[x]"))
		_, _ = d.Next()
		_, first := d.Next()
		if _, again := d.Next(); first == nil || again != first { //nolint:errorlint // the same error.
			t.Errorf("got %v, then %v", first, again)
		}
		d = json2.NewDecoder(strings.NewReader("1"))
		_, _ = d.Next()
		for range 3 {
			if _, err := d.Next(); err != io.EOF { //nolint:errorlint // it must be bare.
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestBodies(t *testing.T) {
	body, err := json2.EncodeBody(map[string]any{
		"ids": []int64{3, 1}, "context": map[string]any{"lang": "fr_FR", "active_test": false},
		"vals": map[string]any{"name": "<\u00e9>&\"\\\n\x01\u2028\U0001F600", "n": 2.0, "f": 0.1, "e": 1e30, "i": int64(1) << 53, "j": int32(-1), "k": 7, "none": false},
		"data": []any{[]any{"a", int64(1) << 40}, []string{}, []int{1}, []any{}},
	})
	want := `{"context":{"active_test":false,"lang":"fr_FR"},"data":[["a",1099511627776],[],[1],[]],"ids":[3,1],` +
		`"vals":{"e":1e+30,"f":0.1,"i":9007199254740992,"j":-1,"k":7,"n":2.0,"name":"<` + "\u00e9" + `>&\"\\\n\u0001` + "\u2028\U0001F600" + `","none":false}}`
	if err != nil || string(body) != want {
		t.Errorf("got  %s, %v\nwant %s", body, err, want)
	}
	t.Run("Ensure no arguments are an object all the same", func(t *testing.T) {
		for _, args := range []map[string]any{nil, {}} {
			if body, err := json2.EncodeBody(args); string(body) != "{}" || err != nil {
				t.Errorf("got %s, %v", body, err)
			}
		}
	})
	t.Run("Ensure the same arguments are the same bytes", func(t *testing.T) {
		args := map[string]any{}
		for _, name := range strings.Split("k a g c m b z y x w v", " ") {
			args[name] = map[string]any{"two": name, "one": 1, "three": []any{}}
		}
		first, _ := json2.EncodeBody(args)
		for range 20 {
			if again, _ := json2.EncodeBody(args); !bytes.Equal(again, first) {
				t.Fatalf("got %s, then %s", first, again)
			}
		}
	})
}

func TestWhatOdooWouldMisunderstandIsRefused(t *testing.T) {
	nested := any(1)
	for range 200 {
		nested = []any{nested}
	}
	for _, c := range []struct {
		name, path string
		args       map[string]any
	}{
		{"null for ids", "ids", map[string]any{"ids": nil}},
		{"no ids", "ids", map[string]any{"ids": []int64{}}},
		{"no ids of any type", "ids", map[string]any{"ids": []any{}}},
		{"no ids of ints", "ids", map[string]any{"ids": []int(nil)}},
		{"ids that are texts", "ids", map[string]any{"ids": []any{1, "2"}}},
		{"ids that are floats", "ids", map[string]any{"ids": []any{1.0}}},
		{"one id", "ids", map[string]any{"ids": 1}},
		{"a nil argument", "context", map[string]any{"context": nil}},
		{"a nil in a field", "vals.name", map[string]any{"vals": map[string]any{"name": nil}}},
		{"a nil in a list of structs", "vals_list[1].a.b[0]", map[string]any{"vals_list": []any{1, map[string]any{"a": map[string]any{"b": []any{nil}}}}}},
		{"a NUL", "vals.name", map[string]any{"vals": map[string]any{"name": "a\x00"}}},
		{"a NUL in a cell", "data[3][2]", map[string]any{"data": []any{1, 2, 3, []string{"", "", "\x00"}}}},
		{"broken UTF-8", "x", map[string]any{"x": "a\xff"}},
		{"broken UTF-8 in a key", "x.a\xff", map[string]any{"x": map[string]any{"a\xff": 1}}},
		{"half a surrogate pair as UTF-8", "x", map[string]any{"x": "\xed\xa0\x80"}},
		{"an empty key", "x", map[string]any{"x": map[string]any{"": 1}}},
		{"an empty argument's name", "the arguments", map[string]any{"": 1}},
		{"NaN", "x", map[string]any{"x": math.NaN()}},
		{"infinity", "x[0]", map[string]any{"x": []any{math.Inf(1)}}},
		{"a time", "x", map[string]any{"x": time.Unix(0, 0)}},
		{"bytes", "x", map[string]any{"x": []byte("a")}},
		{"an unknown type", "x", map[string]any{"x": struct{}{}}},
		{"an unsigned integer", "x", map[string]any{"x": uint64(1) << 63}},
		{"endless nesting", "x" + strings.Repeat("[0]", 99), map[string]any{"x": nested}},
	} {
		t.Run("Ensure "+c.name+" is refused by its path", func(t *testing.T) {
			body, err := json2.EncodeBody(c.args)
			var refused *json2.ValueError
			if !errors.As(err, &refused) || refused.Path != c.path || refused.Reason == "" || body != nil {
				t.Errorf("got %s, %v, want a ValueError at %q", body, err, c.path)
			}
		})
	}
}
