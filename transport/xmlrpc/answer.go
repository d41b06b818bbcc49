package xmlrpc

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// EncodeResponse renders the <methodResponse> of a server as Odoo does: v is a
// bool, int, int64, float64, string, []any, []int64, []string, []map[string]any
// or map[string]any, nested as you like. Control characters are left out of
// texts and U+FFFE is not, so that the answer is malformed (seen on Odoo 18). A
// nil anywhere is [ErrNil]; an integer beyond 32 bits is an error with Odoo's
// words (captures/odoo18/fault_int_overflow_response). Both are faults with code
// 1 on a real server.
func EncodeResponse(v any) ([]byte, error) {
	w := &writer{}
	w.WriteString("<?xml version=\"1.0\"?>\n<methodResponse>\n<params>\n<param>\n")
	if err := w.value(v); err != nil {
		return nil, err
	}
	w.WriteString("</param>\n</params>\n\n</methodResponse>\n")
	return w.Bytes(), nil
}

// EncodeFault renders the <methodResponse> of a fault.
func EncodeFault(code int, text string) []byte {
	w := &writer{}
	w.WriteString("<?xml version=\"1.0\"?>\n<methodResponse>\n<fault>\n<value><struct>\n")
	w.WriteString("<member>\n<name>faultCode</name>\n<value><int>" + strconv.Itoa(code) + "</int></value>\n</member>\n")
	w.WriteString("<member>\n<name>faultString</name>\n<value><string>")
	w.text(text)
	w.WriteString("</string></value>\n</member>\n</struct></value>\n</fault>\n\n</methodResponse>\n")
	return w.Bytes()
}

// writer renders values in the layout of Python's xmlrpc.
type writer struct{ bytes.Buffer }

// value renders one <value>.
func (w *writer) value(v any) error {
	switch v := v.(type) {
	case nil:
		return ErrNil
	case bool:
		text := "0"
		if v {
			text = "1"
		}
		w.scalar("boolean", text)
	case int:
		return w.integer(int64(v))
	case int64:
		return w.integer(v)
	case float64:
		w.scalar("double", float(v))
	case string:
		w.WriteString("<value><string>")
		w.text(v)
		w.WriteString("</string></value>\n")
	case map[string]any:
		return w.members(v)
	default:
		return w.list(v)
	}
	return nil
}

// scalar renders a value whose text needs no escaping.
func (w *writer) scalar(kind, text string) {
	w.WriteString("<value><" + kind + ">" + text + "</" + kind + "></value>\n")
}

// integer renders a whole number of 32 bits.
func (w *writer) integer(v int64) error {
	if v < math.MinInt32 || v > math.MaxInt32 {
		return fmt.Errorf("int exceeds XML-RPC limits")
	}
	w.scalar("int", strconv.FormatInt(v, 10))
	return nil
}

// float renders a number as Python does: 2.0, not 2.
func float(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// list renders the kinds of lists.
func (w *writer) list(v any) error {
	switch v := v.(type) {
	case []any:
		return writeList(w, v)
	case []int64:
		return writeList(w, v)
	case []string:
		return writeList(w, v)
	case []map[string]any:
		return writeList(w, v)
	default:
		return fmt.Errorf("cannot marshal %T objects", v)
	}
}

// writeList renders an array.
func writeList[T any](w *writer, list []T) error {
	w.WriteString("<value><array><data>\n")
	for _, element := range list {
		if err := w.value(element); err != nil {
			return err
		}
	}
	w.WriteString("</data></array></value>\n")
	return nil
}

// members renders a struct, its keys in order.
func (w *writer) members(v map[string]any) error {
	w.WriteString("<value><struct>\n")
	for _, key := range sortedKeys(v) {
		w.WriteString("<member>\n<name>")
		w.text(key)
		w.WriteString("</name>\n")
		if err := w.value(v[key]); err != nil {
			return err
		}
		w.WriteString("</member>\n")
	}
	w.WriteString("</struct></value>\n")
	return nil
}

// text escapes as Odoo does and leaves out control characters.
func (w *writer) text(text string) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '&':
			w.WriteString("&amp;")
		case c == '<':
			w.WriteString("&lt;")
		case c == '>':
			w.WriteString("&gt;")
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r':
		default:
			w.WriteByte(c)
		}
	}
}
