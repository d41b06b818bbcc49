package xmlrpc_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// captures gives the folder of raw exchanges beside the repository, or skips.
func captures(t *testing.T, server string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "captures", server)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no captured exchanges at %s", dir)
	}
	return dir
}

// read gives a captured file.
func read(t *testing.T, server, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(captures(t, server), name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestCallsArriveAsTheyWereGiven(t *testing.T) {
	args := []any{
		"o18", 2, int64(-7), int32(5), 2.5, 0.0, true, false, "", "  spaces  ", "a\tb\nc\rd", `<&>"'`, "\u00e9 \u65e5\u672c \U0001F600 \uFFFD",
		[]any{}, []any{[]any{[]any{"id", "=", 1}}}, []string{"a", ""}, []int64{1, 2}, []int{3},
		map[string]any{}, map[string]any{"b<&>": map[string]any{"d": []any{map[string]any{"z": 1, "y": ""}}, "c": "x"}, "a": 1, "struct": "</struct>"},
	}
	body, err := xmlrpc.EncodeCall("execute_kw", args...)
	if err != nil {
		t.Fatal(err)
	}
	method, got, err := xmlrpc.DecodeCall(body)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		"o18", int64(2), int64(-7), int64(5), 2.5, 0.0, true, false, "", "  spaces  ", "a\tb\nc\rd", `<&>"'`, "\u00e9 \u65e5\u672c \U0001F600 \uFFFD",
		[]any{}, []any{[]any{[]any{"id", "=", int64(1)}}}, []any{"a", ""}, []any{int64(1), int64(2)}, []any{int64(3)},
		map[string]any{}, map[string]any{"b<&>": map[string]any{"d": []any{map[string]any{"z": int64(1), "y": ""}}, "c": "x"}, "a": int64(1), "struct": "</struct>"},
	}
	if method != "execute_kw" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %s %#v\nwant %#v", method, got, want)
	}
}

func TestTheSameCallIsAlwaysTheSameBytes(t *testing.T) {
	vals := map[string]any{}
	for _, key := range strings.Split("k a g c m b z y x w v u t s r", " ") {
		vals[key] = map[string]any{"two": key, "one": []any{map[string]any{"b": 1, "a": 2}, "x"}, "three": map[string]any{}}
	}
	first, err := xmlrpc.EncodeCall("m", vals, []any{vals}, "end")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := xmlrpc.EncodeCall("m", vals, []any{vals}, "end")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, first) {
			t.Fatalf("two encodings differ:\n%s\n%s", first, again)
		}
	}
}

func TestWhatXMLRPCCannotCarryIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, path string
		value      any
	}{
		{"a nil", "argument 1", nil},
		{"a time", "argument 1", time.Unix(0, 0)},
		{"bytes", "argument 1", []byte("x")},
		{"NaN", "argument 1", math.NaN()},
		{"infinity", "argument 1", math.Inf(-1)},
		{"a large integer", "argument 1", int64(1) << 31},
		{"a small integer", "argument 1", -1<<31 - 1},
		{"an unknown type", "argument 1", struct{}{}},
		{"a control character", "argument 1", "a\x00"},
		{"U+FFFE", "argument 1", "a\uFFFE"},
		{"U+FFFF", "argument 1", "a\uFFFF"},
		{"broken UTF-8", "argument 1", "a\xff"},
		{"a nil in a list of structs", "argument 1[0].name", []any{map[string]any{"name": nil}}},
		{"a control character in a key", "argument 1.a\x01", map[string]any{"a\x01": 1}},
		{"an empty key", "argument 1", map[string]any{"": 1}},
		{"a control character in a list of texts", "argument 1[1]", []string{"", "\x02"}},
		{"a large integer in a list of ids", "argument 1[0]", []int64{1 << 40}},
	} {
		t.Run("Ensure "+c.name+" is refused by its path", func(t *testing.T) {
			_, err := xmlrpc.EncodeCall("m", "x", c.value)
			var refused *xmlrpc.ValueError
			if !errors.As(err, &refused) || refused.Path != c.path {
				t.Errorf("got %v, want a ValueError at %q", err, c.path)
			}
		})
	}
	t.Run("Ensure a method's name cannot break out of its tag", func(t *testing.T) {
		for _, name := range []string{"", "a<b", "a b"} {
			var refused *xmlrpc.ValueError
			if _, err := xmlrpc.EncodeCall(name); !errors.As(err, &refused) {
				t.Errorf("%q: got %v", name, err)
			}
		}
	})
}

func TestAnswersComeBackAsTheyWereSent(t *testing.T) {
	value := map[string]any{
		"a": []any{int64(1), "two", 3.5, true, "", []any{}, map[string]any{}, map[string]any{"x": ""}},
		"b": map[string]any{"<&>": "<&> \u00e9\U0001F600\n"}, "c": false, "d": int64(-2147483648), "e": 2.0, "f": " ",
	}
	body, err := xmlrpc.EncodeResponse(value)
	if err != nil {
		t.Fatal(err)
	}
	got, err := xmlrpc.DecodeResponse(body)
	if err != nil || !reflect.DeepEqual(got, value) {
		t.Errorf("got %#v, %v\nwant %#v", got, err, value)
	}
}

func TestAnswersOfServers(t *testing.T) {
	t.Run("Ensure control characters are left out and U+FFFE makes the answer malformed", func(t *testing.T) {
		// Seen on Odoo 18, captures/odoo18/res_partner_read_control_chars.
		body, _ := xmlrpc.EncodeResponse("a\x01b\x0bc")
		if got, err := xmlrpc.DecodeResponse(body); got != "abc" || err != nil {
			t.Errorf("got %#v, %v", got, err)
		}
		body, _ = xmlrpc.EncodeResponse("a\uFFFE")
		var broken *xmlrpc.ProtocolError
		_, err := xmlrpc.DecodeResponse(body)
		if !errors.As(err, &broken) || broken.Offset != int64(bytes.Index(body, []byte("\uFFFE"))) || !strings.Contains(broken.Reason, "U+FFFE at byte 72") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a nil and a large integer cannot be answered", func(t *testing.T) {
		if _, err := xmlrpc.EncodeResponse([]any{nil}); !errors.Is(err, xmlrpc.ErrNil) {
			t.Errorf("got %v", err)
		}
		_, err := xmlrpc.EncodeResponse(map[string]any{"x": int64(1) << 31})
		if err == nil || err.Error() != "int exceeds XML-RPC limits" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure answers look as Odoo's own", func(t *testing.T) {
		body, err := xmlrpc.EncodeResponse(map[string]any{
			"server_version": "18.0+e-20241005", "server_version_info": []any{18, 0, 0, "final", 0, ""},
			"server_serie": "18.0", "protocol_version": 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := xmlrpc.DecodeResponse(body)
		want, err := xmlrpc.DecodeResponse(read(t, "odoo18", "common_version.response.xml"))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v, %v", got, want, err)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Run("Ensure a fault keeps its code and text", func(t *testing.T) {
		_, err := xmlrpc.DecodeResponse(xmlrpc.EncodeFault(4, "No <rights> & \u00e9\n"))
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || *fault != (xmlrpc.Fault{Code: 4, Text: "No <rights> & \u00e9\n"}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a captured fault is the same", func(t *testing.T) {
		_, err := xmlrpc.DecodeResponse(read(t, "odoo18", "fault_execute_wrong_password.response.xml"))
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || *fault != (xmlrpc.Fault{Code: 3, Text: "Access Denied"}) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a fault with a text for a code is a protocol error", func(t *testing.T) {
		// The first version of the protocol at /xmlrpc/ answers so.
		_, err := xmlrpc.DecodeResponse(read(t, "odoo18", "xmlrpc1_fault_access_denied.response.xml"))
		var broken *xmlrpc.ProtocolError
		if !errors.As(err, &broken) || !strings.Contains(broken.Reason, "/xmlrpc/2/") {
			t.Errorf("got %v", err)
		}
	})
}

func TestCallsOfForeignClients(t *testing.T) {
	t.Run("Ensure nil, base64 and untyped texts are read", func(t *testing.T) {
		_, args, err := xmlrpc.DecodeCall([]byte(`<?xml version='1.0'?><methodCall><methodName> m </methodName><params>
			<param><value><nil/></value></param><param><value><base64>aGk=
			</base64></value></param><param><value>te<![CDATA[x]]>t</value></param><param><value/></param>
			<param><value> <i4> 5 </i4> </value></param></params></methodCall>`))
		want := []any{nil, []byte("hi"), "text", "", int64(5)}
		if err != nil || !reflect.DeepEqual(args, want) {
			t.Errorf("got %#v, %v, want %#v", args, err, want)
		}
	})
	t.Run("Ensure a call without parameters has none", func(t *testing.T) {
		method, args, err := xmlrpc.DecodeCall([]byte("<methodCall><methodName>version</methodName></methodCall>"))
		if method != "version" || len(args) != 0 || err != nil {
			t.Errorf("got %s %v %v", method, args, err)
		}
	})
	for _, body := range []string{
		"", "x", "<a/>", "<methodCall>", "<methodCall><methodName>m</methodName><params>", "<methodCall><methodName>m</methodName><x/></methodCall>",
		"<methodCall><methodName>m</methodName><params><param><value><int>x</int></value></param></params></methodCall>",
		"<methodCall><methodName>m</methodName><params><param>" + strings.Repeat("<value><array><data>", 10000),
	} {
		var broken *xmlrpc.ProtocolError
		if _, _, err := xmlrpc.DecodeCall([]byte(body)); !errors.As(err, &broken) {
			t.Errorf("%.60q: got %v", body, err)
		}
	}
}

func TestCapturedExchangesDecode(t *testing.T) {
	for _, server := range []string{"odoo16", "odoo18", "odoo19"} {
		t.Run("Ensure every exchange of "+server+" decodes", func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(captures(t, server), "*.xml"))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files: %v", err)
			}
			for _, file := range files {
				if err := decodeCapture(t, file); err != nil {
					t.Errorf("%s: %v", filepath.Base(file), err)
				}
			}
		})
	}
}

// decodeCapture decodes one file and gives its error, faults left out.
func decodeCapture(t *testing.T, file string) error {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	if strings.HasSuffix(name, ".request.xml") {
		_, _, err = xmlrpc.DecodeCall(body)
		if strings.HasPrefix(name, "fault_malformed") && err != nil {
			return nil
		}
		return err
	}
	_, err = xmlrpc.DecodeResponse(body)
	var fault *xmlrpc.Fault
	if errors.As(err, &fault) {
		return nil
	}
	if strings.HasPrefix(name, "xmlrpc1_") && err != nil {
		return nil
	}
	return err
}

func FuzzDecodeCall(f *testing.F) {
	seed, _ := xmlrpc.EncodeCall("execute_kw", "db", 2, []any{[]any{"a", "=", false}}, map[string]any{"x": ""})
	f.Add(seed)
	f.Fuzz(func(t *testing.T, body []byte) {
		method, args, err := xmlrpc.DecodeCall(body)
		if err != nil {
			return
		}
		again, err := xmlrpc.EncodeCall(method, args...)
		if err != nil {
			return // nil, bytes and names that a client of ours does not send
		}
		_, same, err := xmlrpc.DecodeCall(again)
		if err != nil || !reflect.DeepEqual(same, args) {
			t.Errorf("decoded %#v, encoded and decoded again %#v, %v", args, same, err)
		}
	})
}
