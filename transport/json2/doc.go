// Package json2 encodes and decodes JSON-2, the external API of Odoo 19 and
// later (POST /json/2/<model>/<method>): a request's body is one JSON object of
// named arguments, the answer is the bare JSON value, an error is an object of
// its own with a status of 4xx or 5xx.
//
// The JSON itself is read and written by github.com/go-json-experiment/json/jsontext,
// which is strict (UTF-8, no name twice) and allocates nothing for a token.
package json2
