package xmlrpc

import (
	"errors"

	kolo "github.com/kolo/xmlrpc"
)

// DecodeResponse reads a <methodResponse>. The value is a bool, int64, float64,
// string, []any or map[string]any (base64 stays its text, as Odoo itself sends
// binary fields). A fault is a [*Fault]; a body that is no XML-RPC answer, or
// one that the codec would decode with a loss, is a [*ProtocolError].
func DecodeResponse(body []byte) (any, error) {
	if reason := checkShape(body); reason != "" {
		return nil, &ProtocolError{Reason: reason, Size: len(body)}
	}
	response := kolo.Response(body)
	if err := response.Err(); err != nil {
		var fault kolo.FaultError
		if errors.As(err, &fault) {
			return nil, &Fault{Code: fault.Code, Text: fault.String}
		}
		return nil, &ProtocolError{Reason: "its fault cannot be read", Size: len(body), Err: err}
	}
	var value any
	if err := response.Unmarshal(&value); err != nil {
		return nil, &ProtocolError{Reason: "its value cannot be read", Size: len(body), Err: err}
	}
	return restore(value), nil
}

// restore undoes what the codec makes of empty values: nil is an empty string
// (<string></string>), a nil map an empty struct.
func restore(value any) any {
	switch v := value.(type) {
	case nil:
		return ""
	case map[string]any:
		if v == nil {
			return map[string]any{}
		}
		for key, member := range v {
			v[key] = restore(member)
		}
	case []any:
		for i, element := range v {
			v[i] = restore(element)
		}
	}
	return value
}
