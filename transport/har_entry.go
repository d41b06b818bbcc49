package transport

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// secretName is what fields, headers and parts of a query are called that hold credentials.
const secretNames = `password|passwd|secret|token|api[-_]?key|signature|credential|session|authorization|cookie|oauth|ws_key`

var (
	secretName = regexp.MustCompile(`(?i)^(key|sig)$|` + secretNames)
	// jsonString is a string of JSON, as it may be cut off.
	jsonString = `"(?:[^"\\]|\\.)*(?:"|$)`
	bodyBlots  = []blot{
		{regexp.MustCompile(`(?i)("(?:[^"\\]|\\.)*(?:` + secretNames + `)[\w-]*"\s*:\s*)(?:` + jsonString + `|-?\d[\d.eE+-]*|\[[^\]]*(?:\]|$))`), `$1"` + blotted + `"`},
		{regexp.MustCompile(`(?i)(<name>[^<]*(?:` + secretNames + `)[^<]*</name>\s*<value>\s*(?:<\w+>\s*)?)[^<\s][^<]*`), "$1" + blotted},
		// a part of a form of several
		{regexp.MustCompile(`(?i)(\bname="[^"\r\n]*(?:` + secretNames + `)[^"\r\n]*"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)[^\r\n]+`), "$1" + blotted},
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w+/=.~-]{16,}`), "$1 " + blotted},
		{regexp.MustCompile(`://[^\s/@"'<>]+:[^\s/@"'<>]+@`), "://" + blotted + "@"},
	}
	// The password is the third argument of each call of Odoo's XML-RPC and of its JSON-RPC.
	xmlPassword  = blot{regexp.MustCompile(`(?s)(<methodName>(?:authenticate|login|execute|execute_kw)</methodName>\s*<params>(?:\s*<param>.*?</param>){2}\s*<param>\s*<value>).*?(</value>|$)`), "$1<string>" + blotted + "</string>$2"}
	jsonPassword = blot{regexp.MustCompile(`(?s)("args"\s*:\s*\[\s*` + jsonString + `\s*,\s*(?:` + jsonString + `|[^",\]]*)\s*,\s*)` + jsonString), `$1"` + blotted + `"`}
	// What a page of HTML keeps for its next request (Odoo's csrf_token), in hidden fields and in its head.
	htmlTag     = regexp.MustCompile(`(?i)<(?:input|meta)\b(?:[^>"']|"[^"]*"|'[^']*')*>`)
	htmlSecret  = regexp.MustCompile(`(?i)\b(?:name|id|http-equiv)\s*=\s*["']?[^\s"'>]*(?:` + secretNames + `|csrf|xsrf)`)
	htmlValue   = blot{regexp.MustCompile(`(?i)(\b(?:value|content)\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s"'>]+)`), `$1"` + blotted + `"`}
	jsonService = regexp.MustCompile(`"service"\s*:\s*"(common|object)"`)
)

// Entry is what was seen, for an archive: without secrets. Those are the credentials of the Client that sent the request, in every form in
// which they are written; the values of headers, parts of queries, and fields of bodies that are called as credentials are; passwords in
// the calls of Odoo's protocols; tokens that a page keeps in its hidden fields; and all cookies.
func (s Seen) Entry() HAREntry {
	e := HAREntry{
		Started: s.Started.UTC().Truncate(time.Microsecond), Time: milliseconds(s.Took), System: s.System, Op: s.plain(s.Op), Try: s.Try,
		Timings:  HARTimings{Send: 0, Wait: milliseconds(s.Waited), Receive: milliseconds(s.Took - s.Waited)},
		Request:  s.request(),
		Response: HARResponse{HTTPVersion: "HTTP/1.1", Cookies: []HARPair{}, Headers: []HARPair{}, HeadersSize: -1, BodySize: -1},
	}
	if s.Err != nil {
		e.Error = redact(s.Err.Error(), s.blots)
	}
	if s.Response != nil {
		e.Response = s.response()
	}
	return e
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// plain is text without the client's secrets.
func (s Seen) plain(text string) string {
	for _, b := range s.blots {
		text = b.find.ReplaceAllString(text, b.replace)
	}
	return text
}

func (s Seen) request() HARRequest {
	r := s.Request
	query := s.query(r.URL.RawQuery)
	address := *r.URL
	address.User, address.RawQuery, address.Fragment = nil, "", ""
	text := s.plain(address.String())
	if len(query) > 0 {
		text += "?" + joined(query)
	}
	out := HARRequest{
		Method: r.Method, URL: text, HTTPVersion: "HTTP/1.1", Cookies: []HARPair{}, Headers: s.headers(r.Header), Query: unescaped(query),
		HeadersSize: -1, BodySize: s.SentSize,
	}
	if len(s.Sent) > 0 {
		kind := r.Header.Get("Content-Type")
		body, cut := s.body(kind, s.Sent)
		out.Body = &HARPosted{MimeType: kind, Params: []HARPair{}, Text: strings.ToValidUTF8(body, "\uFFFD"), Cut: cut, Comment: s.cutComment(cut, s.SentSize)}
	}
	return out
}

func (s Seen) response() HARResponse {
	r := s.Response
	kind := r.Header.Get("Content-Type")
	body, cut := s.body(kind, s.Got)
	content := HARContent{Size: s.GotSize, MimeType: kind, Text: body, Cut: cut, Comment: s.cutComment(cut, s.GotSize)}
	if !utf8.ValidString(body) {
		content.Text, content.Encoding = base64.StdEncoding.EncodeToString([]byte(body)), "base64"
	}
	return HARResponse{
		Status: r.StatusCode, StatusText: http.StatusText(r.StatusCode), HTTPVersion: r.Proto, Cookies: []HARPair{}, Headers: s.headers(r.Header),
		Content: content, RedirectURL: s.redirect(r.Header.Get("Location")), HeadersSize: -1, BodySize: s.GotSize,
	}
}

// redirect is an address without its query.
func (s Seen) redirect(location string) string {
	address, _, _ := strings.Cut(location, "?")
	return redact(address, s.blots)
}

func (s Seen) cutComment(cut bool, size int64) string {
	if !cut {
		return ""
	}
	return fmt.Sprintf("cut: the first %d of %d bytes", s.keep, size)
}

func (s Seen) headers(h http.Header) []HARPair {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	out := []HARPair{}
	for _, name := range names {
		for _, value := range h[name] {
			switch {
			case secretName.MatchString(name):
				value = blotted
			case name == "Location":
				value = s.redirect(value)
			default:
				value = s.plain(value)
			}
			out = append(out, HARPair{name, value})
		}
	}
	return out
}

// query are the parts of a query or of a form, as they are escaped there.
func (s Seen) query(raw string) []HARPair {
	pairs := []HARPair{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err != nil || secretName.MatchString(plain) {
			value = blotted
		} else if plain, err := url.QueryUnescape(value); err == nil && s.plain(plain) != plain {
			value = url.QueryEscape(s.plain(plain))
		}
		pairs = append(pairs, HARPair{name, value})
	}
	return pairs
}

func joined(pairs []HARPair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.Name + "=" + p.Value
	}
	return strings.Join(parts, "&")
}

// unescaped are the pairs as people write them.
func unescaped(pairs []HARPair) []HARPair {
	out := make([]HARPair, len(pairs))
	for i, p := range pairs {
		out[i] = p
		if name, err := url.QueryUnescape(p.Name); err == nil {
			out[i].Name = name
		}
		if value, err := url.QueryUnescape(p.Value); err == nil {
			out[i].Value = value
		}
	}
	return out
}

// body is the beginning of a body without secrets; cut says that there is more of it.
func (s Seen) body(contentType string, data []byte) (text string, cut bool) {
	text = string(data)
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case kind == "application/x-www-form-urlencoded":
		text = joined(s.query(text))
	case strings.HasPrefix(kind, "text/") && kind != "text/xml":
		text = redact(blotTags(text), s.blots)
	default:
		text = blotBody(s.plain(blotTags(text)))
	}
	if len(data) <= s.keep {
		return text, false
	}
	end := min(s.keep, len(text))
	for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end], true
}

// blotTags hides the values of a page's fields that are called as credentials are.
func blotTags(text string) string {
	return htmlTag.ReplaceAllStringFunc(text, func(tag string) string {
		if !htmlSecret.MatchString(tag) {
			return tag
		}
		return htmlValue.find.ReplaceAllString(tag, htmlValue.replace)
	})
}

// blotBody hides what is called as credentials are in a body of JSON or XML, and the passwords of Odoo's calls.
func blotBody(text string) string {
	all := append(slices.Clone(bodyBlots), xmlPassword)
	if jsonService.MatchString(text) {
		all = append(all, jsonPassword)
	}
	for _, b := range all {
		text = b.find.ReplaceAllString(text, b.replace)
	}
	return text
}
