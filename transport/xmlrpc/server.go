package xmlrpc

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/odoo-connector/connector/transport/stream"
)

// DecodeCall reads a <methodCall>, for a server. The arguments are bool, int64,
// float64, string, []any, map[string]any, nil for <nil/> and []byte for
// <base64>; a dateTime stays its text. A body that is no XML-RPC call is a
// [*ProtocolError].
func DecodeCall(body []byte) (method string, args []any, err error) {
	r := &reader{Decoder: xml.NewDecoder(bytes.NewReader(body))}
	method, args, err = r.call()
	if err != nil {
		return "", nil, &ProtocolError{Reason: "it is no <methodCall>", Size: len(body), Err: err}
	}
	return method, args, nil
}

// reader reads a call tag by tag.
type reader struct {
	*xml.Decoder
	depth int
}

// call reads the whole document.
func (r *reader) call() (method string, args []any, err error) {
	if err := r.expect("methodCall"); err != nil {
		return "", nil, err
	}
	if err := r.expect("methodName"); err != nil {
		return "", nil, err
	}
	if method, err = r.text(); err != nil {
		return "", nil, err
	}
	args = []any{}
	params, more, err := r.child()
	if err == nil && more && params != "params" {
		err = fmt.Errorf("<%s> in place of <params>", params)
	}
	if err != nil || !more {
		return strings.TrimSpace(method), args, err
	}
	args, err = r.params()
	if err == nil {
		err = r.end()
	}
	return strings.TrimSpace(method), args, err
}

// params reads up to </params>.
func (r *reader) params() ([]any, error) {
	args := []any{}
	for {
		name, more, err := r.child()
		if err != nil || !more {
			return args, err
		}
		if name != "param" {
			return nil, fmt.Errorf("<%s> in place of <param>", name)
		}
		if err := r.expect("value"); err != nil {
			return nil, err
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		args = append(args, value)
		if err := r.end(); err != nil {
			return nil, err
		}
	}
}

// child reads to the next start tag inside the open element; more is false at
// the element's end.
func (r *reader) child() (name string, more bool, err error) {
	for {
		token, err := r.Token()
		if err != nil {
			return "", false, noEOF(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t.Name.Local, true, nil
		case xml.EndElement:
			return "", false, nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return "", false, errors.New("text stands between tags")
			}
		}
	}
}

// noEOF makes the end of the body an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// expect reads the start tag name.
func (r *reader) expect(name string) error {
	got, more, err := r.child()
	if err == nil && (!more || got != name) {
		return fmt.Errorf("<%s> is missing", name)
	}
	return err
}

// end reads the open element's end tag.
func (r *reader) end() error {
	name, more, err := r.child()
	if err == nil && more {
		return fmt.Errorf("<%s> is one tag too many", name)
	}
	return err
}

// text reads the open element's text to its end tag.
func (r *reader) text() (string, error) {
	var b strings.Builder
	for {
		token, err := r.Token()
		if err != nil {
			return "", noEOF(err)
		}
		switch t := token.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			return "", fmt.Errorf("<%s> stands in a text", t.Name.Local)
		}
	}
}

// value reads what stands between <value> and </value>; text alone is a string.
func (r *reader) value() (any, error) {
	if r.depth++; r.depth > stream.MaxDepth {
		return nil, fmt.Errorf("values are nested more than %d deep", stream.MaxDepth)
	}
	defer func() { r.depth-- }()
	var b strings.Builder
	for {
		token, err := r.Token()
		if err != nil {
			return nil, noEOF(err)
		}
		switch t := token.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			if strings.TrimSpace(b.String()) != "" {
				return nil, errors.New("text stands beside a typed value")
			}
			value, err := r.typed(t.Name.Local)
			if err != nil {
				return nil, err
			}
			return value, r.end()
		}
	}
}

// typed reads an element of the given type to its end.
func (r *reader) typed(kind string) (any, error) {
	switch kind {
	case "array":
		return r.array()
	case "struct":
		return r.members()
	}
	text, err := r.text()
	if err != nil {
		return nil, err
	}
	return scalar(kind, text)
}

// scalar reads the text of a value that holds no others.
func scalar(kind, text string) (any, error) {
	switch kind {
	case "string", "dateTime.iso8601":
		return text, nil
	case "int", "i4", "i8", "i2", "i1":
		return strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	case "boolean":
		return strconv.ParseBool(strings.TrimSpace(text))
	case "double":
		return strconv.ParseFloat(strings.TrimSpace(text), 64)
	case "base64":
		return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	case "nil":
		return nil, nil //nolint:nilnil // <nil/> is the value nil.
	default:
		return nil, fmt.Errorf("<%s> is no type of XML-RPC", kind)
	}
}

// array reads up to </array>.
func (r *reader) array() (any, error) {
	if err := r.expect("data"); err != nil {
		return nil, err
	}
	list := []any{}
	for {
		name, more, err := r.child()
		if err != nil {
			return nil, err
		}
		if !more {
			return list, r.end()
		}
		if name != "value" {
			return nil, fmt.Errorf("<%s> in place of <value>", name)
		}
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
}

// members reads up to </struct>.
func (r *reader) members() (any, error) {
	fields := map[string]any{}
	for {
		name, more, err := r.child()
		if err != nil || !more {
			return fields, err
		}
		if name != "member" {
			return nil, fmt.Errorf("<%s> in place of <member>", name)
		}
		if err := r.member(fields); err != nil {
			return nil, err
		}
	}
}

// member reads one key and its value into fields, up to </member>.
func (r *reader) member(fields map[string]any) error {
	if err := r.expect("name"); err != nil {
		return err
	}
	key, err := r.text()
	if err != nil {
		return err
	}
	if err := r.expect("value"); err != nil {
		return err
	}
	if fields[key], err = r.value(); err != nil {
		return err
	}
	return r.end()
}
