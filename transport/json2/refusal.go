package json2

import (
	"bytes"

	"github.com/odoo-connector/connector/transport/stream"
)

// DecodeError reads the body of an answer with a status of 4xx or 5xx. It is not
// ok where the body is no error of JSON-2: a page of HTML, as Odoo 19 itself sends
// for an unknown database (404), another content type (415) or a lone surrogate
// (500), or a proxy's.
func DecodeError(status int, body []byte) (refused *Error, ok bool) {
	value, err := stream.Whole(NewDecoder(bytes.NewReader(body)))
	fields, isStruct := value.(map[string]any)
	if err != nil || !isStruct {
		return nil, false //nolint:nilerr // a body that cannot be read is none of ours: that is the answer.
	}
	name, hasName := fields["name"].(string)
	message, hasMessage := fields["message"].(string)
	if !hasName || !hasMessage || name == "" {
		return nil, false
	}
	refused = &Error{Status: status, Name: name, Message: message}
	refused.Arguments, _ = fields["arguments"].([]any)
	refused.Context, _ = fields["context"].(map[string]any)
	refused.Debug, _ = fields["debug"].(string)
	return refused, true
}
