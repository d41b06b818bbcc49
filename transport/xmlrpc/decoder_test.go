package xmlrpc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/odoo-connector/connector/transport/stream"
	"github.com/odoo-connector/connector/transport/stream/streamtest"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// answered puts a <value> into an answer.
func answered(value string) string {
	return "<methodResponse><params><param>" + value + "</param></params></methodResponse>"
}

// decodeSlowly decodes body as it comes byte by byte, so that no quick path sees
// a whole tag.
func decodeSlowly(body []byte) (any, error) {
	return stream.Whole(xmlrpc.NewDecoder(iotest.OneByteReader(bytes.NewReader(body))))
}

func TestValuesAreReadHoweverTheyAreWritten(t *testing.T) {
	ones := strings.Repeat("1", 18)
	for _, c := range []struct {
		name, value string
		want        any
	}{
		{"an int", "<value><int>5</int></value>", int64(5)},
		{"a negative int", "<value><int>-2147483648</int></value>", int64(-2147483648)},
		{"an int with a plus", "<value><int>+5</int></value>", int64(5)},
		{"an int with spaces", "<value> <int> 5 \n</int>\r\n</value>", int64(5)},
		{"an i4", "<value><i4>5</i4></value>", int64(5)},
		{"an i8 of 64 bits", "<value><i8>-9223372036854775808</i8></value>", int64(math.MinInt64)},
		{"an int of 18 digits", "<value><int>-" + ones + "</int></value>", int64(-111111111111111111)},
		{"an int of 19 digits", "<value><int>1" + ones + "</int></value>", int64(1111111111111111111)},
		{"an int with leading zeros", "<value><int>" + strings.Repeat("0", 30) + "7</int></value>", int64(7)},
		{"true", "<value><boolean>1</boolean></value>", true},
		{"false", "<value><boolean>0</boolean></value>", false},
		{"false with spaces", "<value><boolean> 0 </boolean></value>", false},
		{"a double", "<value><double>1.5</double></value>", 1.5},
		{"a double with an exponent", "<value><double>-1e-07</double></value>", -1e-7},
		{"a double without a fraction", "<value><double>3</double></value>", 3.0},
		{"an infinite double as Python writes it", "<value><double>-inf</double></value>", math.Inf(-1)},
		{"a text", "<value><string>a b</string></value>", "a b"},
		{"a text with spaces around", "<value><string> a\n</string></value>", " a\n"},
		{"an empty text", "<value><string></string></value>", ""},
		{"an empty text in one tag", "<value><string/></value>", ""},
		{"an untyped text", "<value>a &amp; b</value>", "a & b"},
		{"an untyped empty text", "<value></value>", ""},
		{"an untyped empty text in one tag", "<value/>", ""},
		{"an untyped text of a space", "<value> </value>", " "},
		{"references", "<value><string>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;&#0000000067;</string></value>", "<>&\"'AB\U0001F600C"},
		{"a reference twice escaped", "<value><string>&amp;lt;</string></value>", "&lt;"},
		{"line ends of all kinds", "<value><string>a\r\nb\rc\nd\r\r\ne\r</string></value>", "a\nb\nc\nd\n\ne\n"},
		{"an escaped carriage return", "<value><string>a&#13;\nb&#xD;</string></value>", "a\r\nb\r"},
		{"a tab and a DEL", "<value><string>\t\x7F</string></value>", "\t\x7F"},
		{"characters of one to four bytes", "<value><string>a\u00e9\u20ac\uFFFD\U0001F600z</string></value>", "a\u00e9\u20ac\uFFFD\U0001F600z"},
		{"a base64, which stays as it is", "<value><base64>\naGk=\n</base64></value>", "\naGk=\n"},
		{"a date, which stays as it is", "<value><dateTime.iso8601>20240101T10:00:00</dateTime.iso8601></value>", "20240101T10:00:00"},
		{"a nil", "<value><nil/></value>", nil},
		{"a nil in two tags", "<value><nil></nil></value>", nil},
		{"a nil of the extensions", "<value><ex:nil/></value>", nil},
		{"an empty list", "<value><array><data></data></array></value>", []any{}},
		{"an empty list in fewer tags", "<value><array><data/></array></value>", []any{}},
		{"a list", "<value><array>\n<data> <value><int>1</int></value><value/>\n<value>x</value></data></array></value>", []any{int64(1), "", "x"}},
		{"an empty struct", "<value><struct></struct></value>", map[string]any{}},
		{"an empty struct in one tag", "<value><struct/></value>", map[string]any{}},
		{"a struct as Python writes it", "<value><struct>\n<member>\n<name>a</name>\n<value><int>1</int></value>\n</member>\n</struct></value>\n", map[string]any{"a": int64(1)}},
		{"a struct on one line", "<value><struct><member><name>a</name><value><struct/></value></member></struct></value>", map[string]any{"a": map[string]any{}}},
		{"a struct with spaces anywhere", "<value > <struct\n> <member> <name>a</name > <value> <int>1</int> </value> </member> </struct> </value> ", map[string]any{"a": int64(1)}},
		{"names that need escaping", "<value><struct><member><name>&lt;&#233;</name><value/></member></struct></value>", map[string]any{"<\u00e9": ""}},
		{"an empty name", "<value><struct><member><name/><value/></member></struct></value>", map[string]any{"": ""}},
		{"a name twice, of which the last counts", "<value><struct><member><name>a</name><value>1</value></member><member><name>a</name><value>2</value></member></struct></value>", map[string]any{"a": "2"}},
		{"a text longer than any buffer", "<value><string>" + strings.Repeat("0123456789", 50000) + "&amp;</string></value>", strings.Repeat("0123456789", 50000) + "&"},
	} {
		t.Run("Ensure "+c.name+" is read", func(t *testing.T) {
			body := []byte(answered(c.value))
			if got, err := xmlrpc.DecodeResponse(body); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, %v, want %#v", got, err, c.want)
			}
			if got, err := decodeSlowly(body); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("byte by byte: got %#v, %v, want %#v", got, err, c.want)
			}
			padded := "<value><array><data>\n" + c.value + strings.Repeat("<value><int>1</int></value>\n", 20) + "</data></array></value>"
			got, err := xmlrpc.DecodeResponse([]byte(answered(padded)))
			if rows, _ := got.([]any); err != nil || len(rows) != 21 || !reflect.DeepEqual(rows[0], c.want) {
				t.Errorf("with more behind it: got %v, want %#v", err, c.want)
			}
		})
	}
	t.Run("Ensure a double that is no number is read as Python writes it", func(t *testing.T) {
		got, err := xmlrpc.DecodeResponse([]byte(answered("<value><double>nan</double></value>")))
		if f, ok := got.(float64); err != nil || !ok || !math.IsNaN(f) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestPrologs(t *testing.T) {
	for _, c := range []struct{ name, prolog, text, want string }{
		{"none", "", "\u00e9", "\u00e9"},
		{"Odoo's", "<?xml version=\"1.0\"?>\n", "\u00e9", "\u00e9"},
		{"Python's", "<?xml version='1.0'?>\n", "\u00e9", "\u00e9"},
		{"a byte order mark", "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "\u00e9", "\u00e9"},
		{"spaces before it", "\n <?xml version=\"1.0\" encoding='utf-8' standalone='yes' ?>\n\n", "\u00e9", "\u00e9"},
		{"ISO-8859-1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", "\xe9\xfc&amp;\xff" + strings.Repeat("\xe9", 100000), "\u00e9\u00fc&\u00ff" + strings.Repeat("\u00e9", 100000)},
		{"latin-1", "<?xml version='1.0' encoding = 'latin-1'?>", "a\xe9", "a\u00e9"},
		{"us-ascii", "<?xml version='1.0' encoding='US-ASCII'?>", "&#233;", "\u00e9"},
	} {
		t.Run("Ensure the prolog "+c.name+" is understood", func(t *testing.T) {
			body := []byte(c.prolog + answered("<value><string>"+c.text+"</string></value>") + "\n")
			if got, err := xmlrpc.DecodeResponse(body); got != c.want || err != nil {
				t.Errorf("got %.50q, %v", got, err)
			}
			if got, err := decodeSlowly(body); got != c.want || err != nil {
				t.Errorf("byte by byte: got %.50q, %v", got, err)
			}
		})
	}
}

// broken gives the bodies that are no answers, and a part of the reason.
func broken() []struct{ name, body, reason string } {
	whole, _ := xmlrpc.EncodeResponse([]any{map[string]any{"name": "x"}})
	text := func(text string) string { return answered("<value><string>" + text + "</string></value>") }
	member := func(member string) string { return answered("<value><struct>" + member + "</struct></value>") }
	long := func(value string) string { // with as much behind it as the quick paths want to see
		return answered("<value><array><data><value>" + value + "</value>" + strings.Repeat("<value><int>1</int></value>\n", 20) + "</data></array></value>")
	}
	return []struct{ name, body, reason string }{
		{"an empty body", "", "it is empty"},
		{"a body of spaces", " \n", "it is empty"},
		{"a byte order mark alone", "\xef\xbb\xbf", "it is empty"},
		{"an HTML page", "<!DOCTYPE html><html></html>", "HTML page"},
		{"an HTML page in capitals", "\n<HTML LANG=en>", "HTML page"},
		{"a page that holds a value", "<html><value><int>1</int></value></html>", "HTML page"},
		{"an XHTML page", `<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html></html>`, "HTML page"},
		{"JSON", `{"jsonrpc": "2.0"}`, "JSON or plain text"},
		{"UTF-16", "\xff\xfe<\x00", "UTF-16"},
		{"another document", "<rss></rss>", "no <methodResponse>"},
		{"a call", "<methodCall></methodCall>", "no <methodResponse>"},
		{"a comment before the answer", "<!-- x -->" + text("a"), "no <methodResponse>"},
		{"an answer without anything", "<methodResponse></methodResponse>", "<methodResponse> is empty"},
		{"an answer in one tag", "<methodResponse/>", "<methodResponse> is empty"},
		{"an answer without parameters", "<methodResponse><params></params></methodResponse>", "<params> is empty"},
		{"an answer without a value", "<methodResponse><params><param></param></params></methodResponse>", "<param> is empty"},
		{"a cut answer", string(whole[:len(whole)-40]), "cut off"},
		{"a tag cut in two", string(whole[:len(whole)-5]), "cut off"},
		{"a text cut in two", "<methodResponse><params><param><value><string>abc", "inside a text, so the answer was cut off"},
		{"a character cut in two", "<methodResponse><params><param><value><string>\xc3", "cut off"},
		{"a reference cut in two", "<methodResponse><params><param><value><string>&am", "cut off"},
		{"a second answer", text("a") + text("b"), "follows"},
		{"a text behind the answer", text("a") + "x", "follows"},
		{"a comment in a text", text("a<!-- x -->b"), "comment"},
		{"CDATA", text("a<![CDATA[x]]>"), "CDATA"},
		{"CDATA with a > in it", text("<![CDATA[<a>]]>"), "CDATA"},
		{"CDATA in an untyped text", answered("<value>a<![CDATA[x]]></value>"), "CDATA"},
		{"a comment between tags", answered("<value><!-- x --><int>1</int></value>"), "comment"},
		{"an instruction between tags", answered("<?x y?><value/>"), "instruction"},
		{"an untyped text beside a value", answered("<value>text<int>1</int></value>"), "bare text"},
		{"a text between tags", member("x"), "bare text"},
		{"a text behind a value", answered("<value><int>1</int>x</value>"), "bare text"},
		{"an array without data", answered("<value><array/></value>"), "<array> is empty"},
		{"an array without data in two tags", answered("<value><array></array></value>"), "<array> is empty"},
		{"an unknown type", answered("<value><float>1</float></value>"), `"float" stands where <value> does not allow it`},
		{"an attribute", answered(`<value><string lang="en">a</string></value>`), "does not allow it"},
		{"an empty integer", answered("<value><int></int></value>"), "<int> is empty"},
		{"an empty integer in one tag", answered("<value><int/></value>"), "<int> is empty"},
		{"a boolean of spaces", answered("<value><boolean> </boolean></value>"), "<boolean> is empty"},
		{"a word as integer", answered("<value><int>one</int></value>"), "<int> at byte 43 cannot be read: it is none of its type"},
		{"a fraction as integer", answered("<value><int>1.5</int></value>"), "cannot be read"},
		{"a sign as integer", answered("<value><int>-</int></value>"), "cannot be read"},
		{"an integer beyond 64 bits", answered("<value><i8>9223372036854775808</i8></value>"), "does not fit into 64 bits"},
		{"an integer of 19 digits beyond 64 bits", long("<int>9223372036854775808</int>"), "does not fit into 64 bits"},
		{"a negative integer beyond 64 bits", long("<int>-9223372036854775809</int>"), "does not fit into 64 bits"},
		{"an integer of 20 digits", long("<int>12345678901234567890</int>"), "does not fit into 64 bits"},
		{"an integer of 25 digits", long("<int>1234567890123456789012345</int>"), "does not fit into 64 bits"},
		{"an integer that turns into a word", long("<int>12a</int>"), "cannot be read"},
		{"a boolean of two digits", long("<boolean>10</boolean>"), "cannot be read"},
		{"a double beyond 64 bits", answered("<value><double>1e999</double></value>"), "does not fit into 64 bits"},
		{"a number as boolean", answered("<value><boolean>2</boolean></value>"), "cannot be read"},
		{"a tag in a number", answered("<value><int>1<b/></int></value>"), `"b" stands where <int> does not allow it`},
		{"a tag in a text", text("a<b>c</b>"), `"b" stands where <string> does not allow it`},
		{"a value in a text", text("a<int>1</int>"), "more than the protocol allows"},
		{"a member without anything", member("<member></member>"), "<member> is empty"},
		{"a member in one tag", member("<member/>"), "<member> is empty"},
		{"a member without a value", member("<member><name>x</name></member>"), "no value"},
		{"a member without a name", member("<member><value><int>1</int></value></member>"), "no name"},
		{"a member of two values", member("<member><name>x</name><value/><value/></member>"), "more than"},
		{"a member of two names", member("<member><name>x</name><name>y</name><value/></member>"), "does not allow it"},
		{"something else in a struct", member("<value/>"), "does not allow it"},
		{"something else in a list", answered("<value><array><data><int>1</int></data></array></value>"), "does not allow it"},
		{"two values", answered("<value><int>1</int></value><value><int>2</int></value>"), "more than"},
		{"two types in a value", answered("<value><int>1</int><int>2</int></value>"), "more than"},
		{"wrongly nested tags", answered("<value><array><data></array></data></value>"), "do not match"},
		{"another end tag", answered("<value><int>1</i4></value>"), "do not match"},
		{"an end tag in an empty value", answered("<value></string></value>"), "do not match"},
		{"an entity bomb", `<!DOCTYPE x [<!ENTITY a "b">]>` + text("&a;"), "document type"},
		{"a document type inside", answered(`<!DOCTYPE x>`), "document type"},
		{"an unknown entity", text("&a;"), "reference at byte 46 that XML-RPC does not know"},
		{"a bare ampersand", text("a & b" + strings.Repeat(" ", 50)), "& at byte 48"},
		{"an empty reference", text("&#;"), "does not know"},
		{"a reference beyond Unicode", text("&#x110000;"), "does not know"},
		{"a reference to half a pair", text("&#xD800;"), "does not know"},
		{"a reference to U+0000", text("&#0;"), "U+0000 at byte 46"},
		{"a control character", text("a\x01"), "U+0001 at byte 47"},
		{"a U+FFFF", text("\u00e9\uFFFF"), "U+FFFF at byte 48"},
		{"a control character in a name", member("<member><name>a\x1f</name><value/></member>"), "U+001F"},
		{"broken UTF-8", text("ab\xff"), "no valid UTF-8 at byte 48"},
		{"half a pair as UTF-8", text("\xed\xa0\x80"), "no valid UTF-8"},
		{"an overlong form", text("\xc0\xaf"), "no valid UTF-8"},
		{"UTF-8 that calls itself us-ascii", `<?xml version="1.0" encoding="us-ascii"?>` + text("\u00e9"), "us-ascii"},
		{"another charset", `<?xml version="1.0" encoding="windows-1252"?>` + text("a"), "encoding"},
		{"another XML", `<?xml version="1.1"?>` + text("a"), "no XML 1.0"},
		{"another instruction", `<?xml-stylesheet href="x"?>` + text("a"), "no <methodResponse>"},
		{"a declaration without an end", `<?xml version="1.0">` + text("a"), "declaration"},
		{"a tag without an end", "<methodResponse" + strings.Repeat(" ", 5000), "longer than"},
		{"deep nesting", "<methodResponse><params><param>" + strings.Repeat("<value><array><data>", 10000), "nested"},
		{"a fault without a code", "<methodResponse><fault>" + "<value><struct/></value>" + "</fault></methodResponse>", "no faultCode"},
		{"a fault that is no struct", "<methodResponse><fault>" + "<value>x</value>" + "</fault></methodResponse>", "no faultCode"},
		{"an empty fault", "<methodResponse><fault></fault></methodResponse>", "<fault> is empty"},
		{"a fault with more behind it", string(xmlrpc.EncodeFault(1, "x")) + "x", "follows"},
		{"a fault beside parameters", "<methodResponse><params><param><value/></param></params><fault/></methodResponse>", "more than"},
	}
}

func TestWhatIsNoAnswerIsAProtocolError(t *testing.T) {
	for _, c := range broken() {
		t.Run("Ensure "+c.name+" is refused", func(t *testing.T) {
			got, err := xmlrpc.DecodeResponse([]byte(c.body))
			var broken *xmlrpc.ProtocolError
			if !errors.As(err, &broken) || !strings.Contains(broken.Reason, c.reason) {
				t.Fatalf("got %#v, %v; want a ProtocolError with %q", got, err, c.reason)
			}
			if broken.Size != len(c.body) || broken.Offset < 0 || broken.Offset > int64(len(c.body)) {
				t.Errorf("size %d, offset %d of %d bytes", broken.Size, broken.Offset, len(c.body))
			}
			var slow *xmlrpc.ProtocolError
			if _, err := decodeSlowly([]byte(c.body)); !errors.As(err, &slow) || slow.Reason != broken.Reason {
				t.Errorf("byte by byte: got %v, want %v", err, broken)
			}
		})
	}
	t.Run("Ensure nesting up to the limit is read and beyond it has a type of its own", func(t *testing.T) {
		nested := func(n int) []byte {
			return []byte(answered(strings.Repeat("<value><array><data>", n) + strings.Repeat("</data></array></value>", n)))
		}
		if _, err := xmlrpc.DecodeResponse(nested(stream.MaxDepth)); err != nil {
			t.Error(err)
		}
		var depth *stream.DepthError
		if _, err := xmlrpc.DecodeResponse(nested(stream.MaxDepth + 1)); !errors.As(err, &depth) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNoCutAnswerIsTakenForAWholeOne(t *testing.T) {
	whole, err := io.ReadAll(streamtest.Partners(2))
	if err != nil {
		t.Fatal(err)
	}
	fault := xmlrpc.EncodeFault(2, "No caf\u00e9 & no tea")
	for _, body := range [][]byte{whole, fault} {
		body = bytes.TrimRight(body, "\n")
		for n := range len(body) {
			var broken *xmlrpc.ProtocolError
			if got, err := xmlrpc.DecodeResponse(body[:n]); !errors.As(err, &broken) {
				t.Fatalf("%d of %d bytes: got %v, %v", n, len(body), got, err)
			}
		}
	}
}

func TestReadersOfAllKinds(t *testing.T) {
	body, err := io.ReadAll(streamtest.Partners(300))
	if err != nil {
		t.Fatal(err)
	}
	want, err := xmlrpc.DecodeResponse(body)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]io.Reader{
		"byte by byte":              iotest.OneByteReader(bytes.NewReader(body)),
		"in halves":                 iotest.HalfReader(bytes.NewReader(body)),
		"with the end in its bytes": iotest.DataErrReader(bytes.NewReader(body)),
		"as it is made":             streamtest.Partners(300),
	} {
		t.Run("Ensure an answer that comes "+name+" is the same", func(t *testing.T) {
			got, err := stream.Whole(xmlrpc.NewDecoder(r))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got another value, %v", err)
			}
		})
	}
	t.Run("Ensure a connection that breaks off is its own error, at any byte", func(t *testing.T) {
		short := body[:3000]
		for n := range short {
			r := io.MultiReader(bytes.NewReader(short[:n]), iotest.ErrReader(io.ErrUnexpectedEOF))
			_, err := stream.Whole(xmlrpc.NewDecoder(r))
			var broken *xmlrpc.ProtocolError
			if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) {
				t.Fatalf("after %d bytes: got %v", n, err)
			}
		}
	})
	t.Run("Ensure an error that wraps io.EOF is no end", func(t *testing.T) {
		wrapped := fmt.Errorf("proxy: %w", io.EOF)
		_, err := stream.Whole(xmlrpc.NewDecoder(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(wrapped))))
		if !errors.Is(err, wrapped) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a reader that gives nothing for ever ends", func(t *testing.T) {
		_, err := xmlrpc.NewDecoder(silent{}).Next()
		if !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("got %v", err)
		}
	})
}

// silent never gives anything.
type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func TestTheTokensOfAnAnswer(t *testing.T) {
	body := answered("<value><struct><member><name>a</name><value><array><data><value><nil/></value><value><boolean>1</boolean></value></data></array></value></member>" +
		"<member><name>b</name><value><struct/></value></member><member><name>c</name><value><double>2</double></value></member></struct></value>")
	want := []stream.Kind{
		stream.StructStart, stream.Name, stream.ListStart, stream.Null, stream.Bool, stream.ListEnd,
		stream.Name, stream.StructStart, stream.StructEnd, stream.Name, stream.Float, stream.StructEnd,
	}
	d := xmlrpc.NewDecoder(strings.NewReader(body))
	for i, kind := range want {
		if token, err := d.Next(); err != nil || token.Kind != kind {
			t.Fatalf("token %d: got %v, %v, want %v", i, token.Kind, err, kind)
		}
	}
	t.Run("Ensure the end is io.EOF, as often as it is asked for", func(t *testing.T) {
		for range 3 {
			if token, err := d.Next(); err != io.EOF { //nolint:errorlint // it must be bare.
				t.Errorf("got %v, %v", token, err)
			}
		}
	})
	t.Run("Ensure an error stays", func(t *testing.T) {
		d := xmlrpc.NewDecoder(strings.NewReader(answered("<value><int>x</int></value>")))
		_, first := d.Next()
		if _, again := d.Next(); first == nil || again != first { //nolint:errorlint // the same error.
			t.Errorf("got %v, then %v", first, again)
		}
	})
	t.Run("Ensure a fault comes with the first token", func(t *testing.T) {
		_, err := xmlrpc.NewDecoder(bytes.NewReader(xmlrpc.EncodeFault(2, "No"))).Next()
		var fault *xmlrpc.Fault
		if !errors.As(err, &fault) || fault.Code != 2 || fault.Text != "No" {
			t.Errorf("got %v", err)
		}
	})
}
