package xmlrpc_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// FuzzDecodeResponse: whatever comes, the decoder ends, gives the same byte by
// byte, and agrees with the referee where that one reads the answer.
func FuzzDecodeResponse(f *testing.F) {
	seed, _ := xmlrpc.EncodeResponse([]any{map[string]any{"a": "", "b": []any{}, "c": 1.5}, true, int64(-3)})
	partners, _ := io.ReadAll(streamtest.Partners(1))
	f.Add(seed)
	f.Add(partners)
	f.Add(pythonDumps([]any{nil, "<\u00e9>", map[string]any{"x": map[string]any{}}}))
	f.Add(xmlrpc.EncodeFault(1, "x"))
	for _, c := range broken() {
		if len(c.body) < 300 {
			f.Add([]byte(c.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := xmlrpc.DecodeResponse(body)
		slow, slowErr := decodeSlowly(body)
		if !same(value, slow) || reasonOf(err) != reasonOf(slowErr) {
			t.Fatalf("at once %#v, %v\nbyte by byte %#v, %v", value, err, slow, slowErr)
		}
		want, fault, ok := referee(body)
		if !ok {
			return
		}
		var got *xmlrpc.Fault
		switch {
		case err != nil && (stricter(body, err) || fault != nil && fault.Code == 0): // 0 is what the referee takes for no code
		case fault != nil:
			if !errors.As(err, &got) || *got != *fault {
				t.Errorf("got %#v, %v, want %v", value, err, fault)
			}
		case err != nil || !same(value, want):
			t.Errorf("got %#v, %v\nwant %#v", value, err, want)
		}
	})
}

// same compares values, a NaN with itself too.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.IsNaN(x) && math.IsNaN(y)
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !same(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name := range x {
			if other, known := y[name]; !known || !same(x[name], other) {
				return false
			}
		}
		return true
	}
	return false
}

// reasonOf gives what is wrong, without the size, which depends on the reading.
func reasonOf(err error) string {
	var broken *xmlrpc.ProtocolError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &broken):
		return broken.Reason
	default:
		return err.Error()
	}
}

// stricter reports whether we refuse an answer on purpose that the referee reads.
func stricter(body []byte, err error) bool {
	var broken *xmlrpc.ProtocolError
	if !errors.As(err, &broken) {
		return false
	}
	reason := broken.Reason
	switch {
	case strings.Contains(reason, "nested"): // by then the referee counts otherwise
		return bytes.Count(body, []byte("<value")) > 100
	case strings.Contains(reason, "does not know"): // half a pair, which the referee reads as U+FFFD
		return bytes.Contains(bytes.ToLower(body), []byte("&#"))
	case strings.Contains(reason, "longer than"): // a tag of many spaces
		return len(body) > 1024
	case strings.Contains(reason, "declaration"), strings.Contains(reason, "encoding"), strings.Contains(reason, "no XML 1.0"),
		strings.Contains(reason, "no <methodResponse>"):
		return !soundProlog.Match(body)
	case strings.Contains(reason, "calls itself us-ascii"): // the referee overlooks a declaration with odd spaces
		return !ascii(body)
	case strings.Contains(reason, "cannot be read"), strings.Contains(reason, "is empty"): // in a fault the referee skips what it does not look for
		return bytes.Contains(body, []byte("<fault>"))
	case strings.Contains(reason, "its fault has no"): // the referee takes 0 and "" for what is missing
		return true
	case strings.Contains(reason, "follows"), strings.Contains(reason, "bare text"), strings.Contains(reason, "text stands"),
		strings.Contains(reason, "does not begin with a tag"): // spaces that XML does not know
		return !ascii(body) || bytes.ContainsAny(body, "\v\f")
	}
	return false
}

// soundProlog is a prolog as XML has it; the referee does not read it closely.
var soundProlog = regexp.MustCompile(`^\s*(<\?xml( [a-z]+=("[^"<>?]*"|'[^'<>?]*'))* ?\?>\s*)?<methodResponse`)

// ascii reports whether body is plain ASCII.
func ascii(body []byte) bool {
	for _, c := range body {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// FuzzRoundTrip: what the three encoders write of a value is read as that value.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{9, 3, 2, 65, 66, 4, 3, 60, 38, 13, 8, 2, 6, 1, 2, 3, 4, 5, 6, 7, 8, 1})
	f.Add([]byte{8, 4, 1, 0, 1, 2, 200, 3, 1, 2, 3, 4})
	f.Add(append([]byte{4, 255}, bytes.Repeat([]byte("\u00e9\r\n"), 12)...))
	f.Fuzz(func(t *testing.T, seed []byte) {
		value := sendable(streamtest.Value(seed), math.MaxInt64)
		if got, err := xmlrpc.DecodeResponse(pythonDumps(value)); err != nil || !reflect.DeepEqual(got, arrived(value)) {
			t.Fatalf("Python's: got %#v, %v\nwant %#v", got, err, arrived(value))
		}
		value = withoutNil(sendable(value, math.MaxInt32))
		body, err := xmlrpc.EncodeResponse(value)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := xmlrpc.DecodeResponse(body); err != nil || !reflect.DeepEqual(got, arrived(value)) {
			t.Fatalf("Odoo's: got %#v, %v\nwant %#v", got, err, arrived(value))
		}
		call, err := xmlrpc.EncodeCall("m", value)
		if err != nil {
			return // an empty name
		}
		if got, err := xmlrpc.DecodeResponse(answerOfCall(call)); err != nil || !reflect.DeepEqual(got, value) {
			t.Fatalf("kolo's: got %#v, %v\nwant %#v", got, err, value)
		}
	})
}

// answerOfCall makes an answer of a call with one argument.
func answerOfCall(call []byte) []byte {
	from, to := bytes.Index(call, []byte("<params>")), bytes.LastIndex(call, []byte("</methodCall>"))
	return []byte("<methodResponse>" + string(call[from:to]) + "</methodResponse>")
}

// withoutNil puts false for nil.
func withoutNil(v any) any {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for i := range v {
			v[i] = withoutNil(v[i])
		}
	case map[string]any:
		for _, name := range names(v) {
			v[name] = withoutNil(v[name])
		}
	}
	return v
}

// FuzzEncodeCall: a call arrives with the values that it was given, or is refused
// by the path of one of them.
func FuzzEncodeCall(f *testing.F) {
	f.Add("execute_kw", []byte{9, 3, 2, 65, 66, 4, 3, 60, 38, 13, 8, 2, 6, 1, 2, 3, 4, 5, 6, 7, 8, 1})
	f.Add("m", []byte{1})
	f.Add("", []byte{4, 3, 0, 1, 2})
	f.Add("a.b:c/d", []byte{3, 0, 0, 0, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, method string, seed []byte) {
		value := streamtest.Value(seed)
		body, err := xmlrpc.EncodeCall(method, "db", value)
		if err != nil {
			var refused *xmlrpc.ValueError
			if !errors.As(err, &refused) || refused.Path == "" || refused.Reason == "" {
				t.Errorf("got %v", err)
			}
			return
		}
		name, args, err := xmlrpc.DecodeCall(body)
		if err != nil || name != method || !reflect.DeepEqual(args, []any{"db", value}) {
			t.Errorf("got %q %#v, %v\nwant %q %#v", name, args, err, method, value)
		}
	})
}
