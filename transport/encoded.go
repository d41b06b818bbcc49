package transport

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"
)

// encoded finds a secret in Base64, as Basic credentials have it behind a user and a colon, whatever stands before it. A long one is
// found without the colon, too. What is behind it in the same word goes with it.
func encoded(secret string) blot {
	if utf8.RuneCountInString(secret) < longSecret {
		secret = ":" + secret
	}
	var cores []string
	for before := range 3 { // bytes that fall into the same three as the secret's first
		if core := coreOf(secret, before); core != "" {
			cores = append(cores, anyAlphabet.Replace(regexp.QuoteMeta(core)))
		}
	}
	return blot{regexp.MustCompile(`(?:` + strings.Join(cores, "|") + `)[\w+/-]*(?:=|%3[Dd]){0,2}`), blotted}
}

// anyAlphabet lets a pattern find both alphabets of Base64, and the first as URLs escape it.
var anyAlphabet = strings.NewReplacer(`\+`, `(?:\+|-|%2[Bb])`, `/`, `(?:/|_|%2[Ff]|\\/)`)

// coreOf are the digits that tell of nothing but the secret.
func coreOf(secret string, before int) string {
	digits := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
	first, bits := (before*8+5)/6, (before+len(secret))*8
	return digits[first : bits/6]
}
