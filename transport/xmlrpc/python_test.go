package xmlrpc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// pythonDumps writes an answer as xmlrpc.client.dumps((v,), methodresponse=True,
// allow_none=True) of CPython does, structs in the order of their names.
func pythonDumps(v any) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n")
	pythonValue(&b, v)
	b.WriteString("</param>\n</params>\n</methodResponse>\n")
	return b.Bytes()
}

// pythonValue writes one value.
func pythonValue(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("<value><nil/></value>")
	case bool:
		fmt.Fprintf(b, "<value><boolean>%d</boolean></value>\n", map[bool]int{true: 1}[v])
	case int64:
		fmt.Fprintf(b, "<value><int>%d</int></value>\n", v)
	case float64:
		fmt.Fprintf(b, "<value><double>%s</double></value>\n", pythonRepr(v))
	case string:
		fmt.Fprintf(b, "<value><string>%s</string></value>\n", pythonEscape(v))
	case []any:
		b.WriteString("<value><array><data>\n")
		for _, element := range v {
			pythonValue(b, element)
		}
		b.WriteString("</data></array></value>\n")
	case map[string]any:
		b.WriteString("<value><struct>\n")
		for _, name := range names(v) {
			fmt.Fprintf(b, "<member>\n<name>%s</name>\n", pythonEscape(name))
			pythonValue(b, v[name])
			b.WriteString("</member>\n")
		}
		b.WriteString("</struct></value>\n")
	default:
		panic(fmt.Sprintf("a %T", v))
	}
}

// pythonLiteral writes a value as Python's source.
func pythonLiteral(b *strings.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case float64:
		b.WriteString(pythonRepr(v))
	case string:
		quoted, _ := json.Marshal(v) // a JSON string without surrogates is Python's too
		b.Write(quoted)
	case []any:
		b.WriteString("[")
		for _, element := range v {
			pythonLiteral(b, element)
			b.WriteString(",")
		}
		b.WriteString("]")
	case map[string]any:
		b.WriteString("{")
		for _, name := range names(v) {
			pythonLiteral(b, name)
			b.WriteString(":")
			pythonLiteral(b, v[name])
			b.WriteString(",")
		}
		b.WriteString("}")
	default:
		fmt.Fprint(b, v)
	}
}

// names gives the keys of v in order.
func names(v map[string]any) []string {
	var keys []string
	for key := range v {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// pythonEscape escapes as xmlrpc.client does.
func pythonEscape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// pythonRepr gives repr(f): the shortest digits that read as f, with an exponent
// below 1e-4 and from 1e16 on, and else a fraction.
func pythonRepr(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// python runs a script with input and gives its output, or skips.
func python(t *testing.T, script string, input []byte) []byte {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	command := exec.CommandContext(t.Context(), path, "-c", script)
	command.Stdin = bytes.NewReader(input)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaints.String())
	}
	return output
}

// samples are values of all kinds, many of them.
func samples() []any {
	values := []any{
		nil, true, false, int64(0), int64(-2147483648), int64(2147483647), "", "<&>\"'", "a\tb\nc", "\u00e9\u20ac\U0001F600\u0085\u2028",
		[]any{}, map[string]any{}, map[string]any{"": "", "<&>": []any{nil, nil}},
	}
	for _, f := range []float64{0, 1, -1, 0.1, 1e-4, 9.999e-5, 1e-5, 1e15, 123456789012345680, 9999999999999998, 1e16, 1e17, 1e300, 5e-324, math.MaxFloat64, math.Copysign(0, -1), 2.0 / 3} {
		values = append(values, f, -f)
	}
	seed := []byte{9, 7, 3, 65, 66, 67, 8, 5}
	for i := range 300 {
		for j := range seed {
			seed[j] = byte(int(seed[j])*31 + i*7 + j*13 + 5)
		}
		values = append(values, sendable(streamtest.Value(bytes.Repeat(seed, 1+i%20)), math.MaxInt32))
	}
	return values
}

// sendable makes a value that XML can carry: text is valid UTF-8 without forbidden
// characters, and integers lie within the limit.
func sendable(v any, limit int64) any {
	switch v := v.(type) {
	case int64:
		return v % limit
	case string:
		return xmlText(v)
	case []any:
		for i := range v {
			v[i] = sendable(v[i], limit)
		}
	case map[string]any:
		clean := map[string]any{}
		for _, name := range names(v) {
			clean[xmlText(name)] = sendable(v[name], limit)
		}
		return clean
	}
	return v
}

// xmlText makes a text that XML can carry.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// arrived is what a decoder of XML makes of a value whose line ends were not
// escaped.
func arrived(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\r", "\n")
	case []any:
		list := []any{}
		for _, element := range v {
			list = append(list, arrived(element))
		}
		return list
	case map[string]any:
		members := map[string]any{}
		for _, name := range names(v) {
			key, _ := arrived(name).(string)
			members[key] = arrived(v[name])
		}
		return members
	}
	return v
}

func TestPythonsAnswers(t *testing.T) {
	values := samples()
	t.Run("Ensure our writer of them is exact", func(t *testing.T) {
		var input strings.Builder
		pythonLiteral(&input, values)
		output := python(t, `
import ast, json, sys, xmlrpc.client
for v in ast.literal_eval(sys.stdin.buffer.read().decode()):
    text = xmlrpc.client.dumps((v,), methodresponse=True, allow_none=True)
    sys.stdout.buffer.write(json.dumps(text).encode() + b"\n")
`, []byte(input.String()))
		lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
		if len(lines) != len(values) {
			t.Fatalf("%d answers of %d values", len(lines), len(values))
		}
		for i, line := range lines {
			var want string
			if err := json.Unmarshal(line, &want); err != nil {
				t.Fatal(err)
			}
			if got := string(pythonDumps(values[i])); got != want {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
		}
	})
	t.Run("Ensure they are read as they were written", func(t *testing.T) {
		for _, value := range values {
			if got, err := xmlrpc.DecodeResponse(pythonDumps(value)); err != nil || !reflect.DeepEqual(got, arrived(value)) {
				t.Fatalf("got %#v, %v\nwant %#v", got, err, arrived(value))
			}
		}
	})
	t.Run("Ensure what Python alone sends is read", func(t *testing.T) {
		output := python(t, `
import datetime, sys, xmlrpc.client
v = [b"hi" * 60, datetime.datetime(2024, 1, 2, 3, 4, 5), float("inf"), True, None, (1, "two")]
sys.stdout.write(xmlrpc.client.dumps((v,), methodresponse=True, allow_none=True))
`, nil)
		got, err := xmlrpc.DecodeResponse(output)
		base64 := "\n" + strings.Repeat("aGlo", 19)[:76] + "\n"
		list, _ := got.([]any)
		if err != nil || len(list) != 6 || !reflect.DeepEqual(list[1:], []any{"20240102T03:04:05", math.Inf(1), true, nil, []any{int64(1), "two"}}) {
			t.Fatalf("got %#v, %v", got, err)
		}
		if text, _ := list[0].(string); len(text) < 160 || text[0] != base64[0] {
			t.Errorf("got %q", text)
		}
	})
}

func TestCapturesAreReadAsPythonReadsThem(t *testing.T) {
	var files []string
	for _, server := range []string{"odoo16", "odoo18", "odoo19"} {
		found, err := filepath.Glob(filepath.Join(captures(t, server), "*.response.xml"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	output := python(t, `
import json, sys, xmlrpc.client
for path in sys.stdin.read().split("\n"):
    try:
        out = {"value": xmlrpc.client.loads(open(path, "rb").read())[0][0]}
    except xmlrpc.client.Fault as f:
        out = {"code": f.faultCode, "text": f.faultString}
    except Exception as e:
        out = {"error": type(e).__name__}
    sys.stdout.write(json.dumps(out) + "\n")
`, []byte(strings.Join(files, "\n")))
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	if len(lines) != len(files) {
		t.Fatalf("%d answers of %d files", len(lines), len(files))
	}
	for i, file := range files {
		compareWithPython(t, file, lines[i])
	}
}

// compareWithPython decodes a captured answer and compares it with what Python
// made of it: a value, a fault or an error.
func compareWithPython(t *testing.T, file string, line []byte) {
	t.Helper()
	var want struct {
		Value       any
		Code, Error any
		Text        string
	}
	if err := json.Unmarshal(line, &want); err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
	got, err := xmlrpc.DecodeResponse(read(t, filepath.Base(filepath.Dir(file)), filepath.Base(file)))
	var fault *xmlrpc.Fault
	var broken *xmlrpc.ProtocolError
	switch code, isNumber := want.Code.(float64); {
	case want.Error != nil:
		if !errors.As(err, &broken) {
			t.Errorf("%s: got %v, %v; Python: %v", name, got, err, want.Error)
		}
	case want.Code != nil && !isNumber: // the first version of the protocol
		if !errors.As(err, &broken) || !strings.Contains(broken.Reason, "/xmlrpc/2/") {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	case want.Code != nil:
		if !errors.As(err, &fault) || fault.Code != int(code) || fault.Text != want.Text {
			t.Errorf("%s: got %v, %v; Python: %s", name, got, err, line)
		}
	case err != nil || shown(got) != shown(want.Value):
		t.Errorf("%s: got %v, %v; Python: %s", name, got, err, line)
	}
}

// shown renders a value as JSON.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
