package odootest

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecodeJSON compares the reader of requests with encoding/json, where both
// agree on what JSON is, and reads again what it writes.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"ids": [1, 2.0, -0, 1e5], "a": null}`, `[true, false, "é\u00e9\ud83d\ude00\n"]`, `"\ud800"`, `[NaN, Infinity, -Infinity]`,
		`{"a": 1, "a": 2}`, "[\x00]", `9223372036854775808`, `1E+2`, `-`, `[1,]`, `{"a":}`, " 1 \n", "\"\x7f\ufffe\"", `"\/"`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		value, lone, err := decodeJSON(body)
		if err != nil {
			if json.Valid(body) && bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) < maxJSONDepth {
				t.Fatalf("refused %q: %v", body, err)
			}
			return
		}
		if json.Valid(body) && utf8.Valid(body) && !lone {
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			var other any
			if err := decoder.Decode(&other); err != nil {
				t.Fatal(err)
			}
			if !equalJSON(value, other) {
				t.Fatalf("%q: got %#v, encoding/json has %#v", body, value, other)
			}
		}
		written, err := encodeJSON(value, nil)
		if err != nil {
			t.Fatalf("%q cannot be written again: %v", body, err)
		}
		again, _, err := decodeJSON(written)
		if err != nil || !sameJSON(value, again) {
			t.Fatalf("%q: %#v was written as %s and read as %#v, %v", body, value, written, again, err)
		}
	})
}

// equalJSON compares a value with that of encoding/json, whose numbers are texts.
func equalJSON(value, other any) bool {
	number, isNumber := other.(json.Number)
	if !isNumber {
		list, isList := value.([]any)
		members, isObject := value.(map[string]any)
		switch {
		case isList:
			rest, ok := other.([]any)
			return ok && len(list) == len(rest) && listsEqual(list, rest)
		case isObject:
			rest, ok := other.(map[string]any)
			return ok && len(members) == len(rest) && objectsEqual(members, rest)
		}
		return reflect.DeepEqual(value, other)
	}
	switch v := value.(type) {
	case int64, *big.Int:
		return !strings.ContainsAny(number.String(), ".eE")
	case float64:
		float, err := number.Float64()
		return v == float || (err != nil && math.IsInf(v, 0))
	default:
		return false
	}
}

// listsEqual is equalJSON for two lists of one length.
func listsEqual(list, rest []any) bool {
	for i := range list {
		if !equalJSON(list[i], rest[i]) {
			return false
		}
	}
	return true
}

// objectsEqual is equalJSON for two objects of one size.
func objectsEqual(members, rest map[string]any) bool {
	for key := range members {
		if other, ok := rest[key]; !ok || !equalJSON(members[key], other) {
			return false
		}
	}
	return true
}

// sameJSON compares two values, NaN being itself.
func sameJSON(a, b any) bool {
	first, err := encodeJSON(a, nil)
	if err != nil {
		return false
	}
	second, err := encodeJSON(b, nil)
	return err == nil && bytes.Equal(first, second)
}

func TestNumbersAreWrittenAsPythonDoes(t *testing.T) {
	// Python 3.11's json.dumps
	for value, expected := range map[any]string{
		2.0: "2.0", 0.1: "0.1", 1e15: "1000000000000000.0", 1e16: "1e+16", 1e-4: "0.0001", 1e-5: "1e-05", -0.5: "-0.5", 1.5e300: "1.5e+300",
		int64(9007199254740993): "9007199254740993", math.Inf(1): "Infinity",
	} {
		got, err := encodeJSON(value, nil)
		if err != nil || string(got) != expected {
			t.Errorf("%v: got %s, %v; want %s", value, got, err, expected)
		}
	}
}
