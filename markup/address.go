package markup

import (
	"net/url"
	"regexp"
	"strings"
)

// refused are the words for which Odoo's sanitizer empties an address, wherever they are in it (lxml's
// Cleaner, seen on Odoo 16 to 19).
var refused = regexp.MustCompile(`(?i)(javascript|jscript|livescript|vbscript|data|about|mocha):`)

// schemes are the addresses that may become links.
var schemes = regexp.MustCompile(`(?i)^(https?://[^/?#]|ftp://[^/?#]|mailto:[^?]|tel:[+0-9])`)

// linkable reports that an address may become a link: of a scheme that is safe on both sides, and none
// that Odoo would empty.
func linkable(href string) bool {
	if !schemes.MatchString(href) {
		return false
	}
	plain, err := url.QueryUnescape(href)
	if err != nil {
		plain = lenient(href)
	}
	return !refused.MatchString(withoutBlanks(href)) && !refused.MatchString(withoutBlanks(plain))
}

// lenient undoes what is a percent-encoding, and leaves the rest as it is.
func lenient(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func withoutBlanks(s string) string { return strings.Join(strings.Fields(s), "") }

// kept are the characters of an address, beside letters and digits, that stay as they are: those that
// Odoo's parser (libxml2) does not percent-encode (seen on Odoo 16 to 19).
const kept = "-_.!~*'()#%&+,/:;=?@"

// address is the one form of an address: what is not plain in it is percent-encoded.
func address(href string) string {
	var b strings.Builder
	for _, c := range []byte(strings.TrimSpace(href)) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(kept, c) >= 0:
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
		default:
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// addressLength is how many of the characters are an address that stands there bare, 0 for none: what
// begins like one of the web, without the marks that end a sentence or belong to Markdown.
func addressLength(text []rune) int {
	start := 0
	for _, scheme := range []string{"https://", "http://"} {
		if len(text) > len(scheme) && strings.EqualFold(string(text[:len(scheme)]), scheme) {
			start = len(scheme)
			break
		}
	}
	if start == 0 || !isWord(text[start]) {
		return 0
	}
	end, open := start, 0
	for end < len(text) && inAddress(text[end]) {
		end++
	}
	for _, r := range text[start:end] {
		open += parenthesis(r)
	}
	for end > start+1 {
		r := text[end-1]
		if !strings.ContainsRune("?!.,:;*_~'", r) && (r != ')' || open >= 0) {
			break
		}
		open -= parenthesis(r)
		end--
	}
	return end
}

func parenthesis(r rune) int {
	switch r {
	case '(':
		return 1
	case ')':
		return -1
	default:
		return 0
	}
}

// inAddress tells the characters that a bare address goes on with.
func inAddress(r rune) bool {
	return r > ' ' && r != 0x7f && !isSpace(r) && !strings.ContainsRune("<>\"`\\[]*{}|^", r) && visible(r) >= 0
}

// linkAddresses makes links of the bare addresses of a line, as Trello shows them.
func linkAddresses(cells line) line {
	for i := 0; i < len(cells); {
		n := 0
		if r := cells[i].r; (r == 'h' || r == 'H') && (i == 0 || !isWord(cells[i-1].r)) {
			n = addressLength(unlinked(cells[i:]))
		}
		if n == 0 {
			i++
			continue
		}
		if href := address(cells[i : i+n].plainText()); linkable(href) {
			to := &link{href: href}
			for j := i; j < i+n; j++ {
				cells[j].link = to
			}
		}
		i += n
	}
	return cells
}

// unlinked is the text that a line begins with, as far as it is in one look and no link, image or code.
func unlinked(cells line) []rune {
	var text []rune
	for _, c := range cells {
		if c.link != nil || c.image != nil || c.style&monospace != 0 || c.style != cells[0].style || !inAddress(c.r) {
			break
		}
		text = append(text, c.r)
	}
	return text
}

// isBare reports that a link is nothing but its address, in one look, so that it may stand there bare.
func isBare(cells line) bool {
	first := cells[0]
	if first.link == nil || first.link.title != "" || first.style&monospace != 0 {
		return false
	}
	text := make([]rune, len(cells))
	for i, c := range cells {
		if c.image != nil || !sameLook(c, first) {
			return false
		}
		text[i] = c.r
	}
	return addressLength(text) == len(text) && address(string(text)) == first.link.href
}
