package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// IdentityKey makes an identity of a call. It is asked when the call is enqueued, with all its properties.
type IdentityKey func(Spec) (string, error)

// IdentityExact names a call by its function, backend, binding model and arguments, so that people can read it: two calls
// have the same identity where all of these are the same. The order in which the arguments' fields were written doesn't
// count. An *ArgsError is returned for arguments that cannot be stored.
func IdentityExact(s Spec) (string, error) {
	args, err := plainArgs(s)
	if err != nil {
		return "", err
	}
	text, err := canonicalJSON(args)
	return fmt.Sprintf("%s(%s)", strings.Join([]string{s.Function, s.Backend, s.Model}, ","), text), err
}

// IdentityHashed is [IdentityExact] in 64 hexadecimal digits, for arguments that are long: the SHA-256 of the JSON list of
// function, backend, binding model and arguments.
func IdentityHashed(s Spec) (string, error) {
	args, err := plainArgs(s)
	if err != nil {
		return "", err
	}
	text, err := canonicalJSON([]any{s.Function, s.Backend, s.Model, args})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}

// plainArgs gives a call's arguments as maps, lists, texts and numbers, which stay as they are written.
func plainArgs(s Spec) (value any, err error) {
	raw, err := encodeArgs(s.Function, s.Args)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, &ArgsError{Function: s.Function, Op: "encode", Type: fmt.Sprintf("%T", s.Args), Err: err}
	}
	return value, nil
}

// canonicalJSON writes the fields of each object in the order of their names, and no blanks.
func canonicalJSON(value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(text.String(), "\n"), err
}
