package json2_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
)

// FuzzJSON: whatever comes, the decoder ends, gives the same byte by byte, and
// agrees with encoding/json but where it is stricter on purpose.
func FuzzJSON(f *testing.F) {
	partners, _ := io.ReadAll(streamtest.PartnersJSON(1))
	f.Add(partners)
	f.Add([]byte(`{"a": [1, -2.5e3, true, null, "\u00e9\ud83d\ude00"], "b": {"": {}}}`))
	for _, c := range brokenBodies() {
		if len(c.body) < 300 {
			f.Add([]byte(c.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := stream.Whole(json2.NewDecoder(bytes.NewReader(body)))
		slow, slowErr := stream.Whole(json2.NewDecoder(iotest.OneByteReader(bytes.NewReader(body))))
		if (err == nil) != (slowErr == nil) || !reflect.DeepEqual(value, slow) {
			t.Fatalf("at once %#v, %v\nbyte by byte %#v, %v", value, err, slow, slowErr)
		}
		want, wantErr := referee(body)
		switch {
		case err != nil && wantErr == nil && stricter(body):
		case (err == nil) != (wantErr == nil), err == nil && !reflect.DeepEqual(value, want):
			t.Errorf("got %#v, %v\nwant %#v, %v", value, err, want, wantErr)
		}
	})
}

// stricter reports whether we refuse on purpose what encoding/json takes: text that
// is no Unicode, which it replaces, a name twice, and deep nesting.
func stricter(body []byte) bool {
	lower := bytes.ToLower(body)
	return !utf8.Valid(body) || bytes.Contains(lower, []byte(`\ud`)) || bytes.Count(body, []byte("[")) > 100 ||
		bytes.Count(body, []byte("{")) > 100 || nameTwice(json.NewDecoder(bytes.NewReader(body)))
}

// nameTwice reports whether the next value has a struct with a name twice.
func nameTwice(d *json.Decoder) bool {
	first, err := d.Token()
	if err != nil {
		return false
	}
	twice, seen := false, map[any]bool{}
	if delim, is := first.(json.Delim); is {
		for d.More() {
			if delim == '{' {
				name, err := d.Token()
				if err != nil {
					return false
				}
				twice = twice || seen[name]
				seen[name] = true
			}
			twice = nameTwice(d) || twice
		}
		_, _ = d.Token()
	}
	return twice
}

// FuzzEncodeBody: arguments arrive as they were given, whoever reads them, or are
// refused by the path of one of them.
func FuzzEncodeBody(f *testing.F) {
	f.Add("vals", []byte{9, 3, 2, 65, 66, 4, 3, 60, 38, 13, 8, 2, 6, 1, 2, 3, 4, 5, 6, 7, 8, 1})
	f.Add("ids", []byte{8, 2, 2, 1, 2, 2})
	f.Add("", []byte{4, 3, 0, 1, 2})
	f.Fuzz(func(t *testing.T, name string, seed []byte) {
		args := map[string]any{name: streamtest.Value(seed), "fields": []any{"id"}}
		body, err := json2.EncodeBody(args)
		if err != nil {
			var refused *json2.ValueError
			if !errors.As(err, &refused) || refused.Path == "" || refused.Reason == "" {
				t.Errorf("got %v", err)
			}
			return
		}
		if got, err := decode(string(body)); err != nil || !reflect.DeepEqual(got, any(args)) {
			t.Errorf("got %#v, %v\nwant %#v", got, err, args)
		}
		if got, err := referee(body); err != nil || !reflect.DeepEqual(got, any(args)) {
			t.Errorf("encoding/json: got %#v, %v\nwant %#v", got, err, args)
		}
	})
}
