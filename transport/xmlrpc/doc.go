// Package xmlrpc encodes and decodes XML-RPC, the protocol of Odoo's external
// API (/xmlrpc/2/common and /xmlrpc/2/object).
//
// The client's half ([EncodeCall], [DecodeResponse]) stands on the codec of
// github.com/kolo/xmlrpc and closes its gaps: what that codec would change
// without a word is refused here, before it is sent or after it was received.
// The server's half ([DecodeCall], [EncodeResponse], [EncodeFault]) answers as
// Odoo does and serves the fakes of the tests and of the sandbox.
//
// Values are bool, int64, float64, string, []any and map[string]any; nothing
// else crosses.
package xmlrpc
