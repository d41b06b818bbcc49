// Package xmlrpc encodes and decodes XML-RPC, the protocol of Odoo's external
// API (/xmlrpc/2/common and /xmlrpc/2/object).
//
// The client's half is [EncodeCall], which writes each value once and refuses what
// would arrive as something else, and [Decoder], a streaming decoder, with [DecodeResponse] for answers that are small. The
// server's half ([DecodeCall], [EncodeResponse], [EncodeFault]) answers as Odoo
// does and serves the fakes of the tests and of the sandbox.
//
// Values are bool, int64, float64, string, []any and map[string]any, and nil for a
// <nil/> that is received; nothing else crosses.
package xmlrpc
