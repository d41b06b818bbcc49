package transport

import (
	"encoding/json"
	"fmt"
	"html"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxText is how much of the other side's words an error shows, in characters.
const maxText = 300

const blotted = "***"

// blot finds one thing to hide.
type blot struct {
	find    *regexp.Regexp
	replace string
}

// shapes are what credentials look like in other people's texts.
var shapes = []blot{
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w+/=.~-]{16,}`), "$1 " + blotted},
	{regexp.MustCompile(`(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key|oauth_consumer_key|ws_key|session_id))(["']?\s*[=:]\s*["']?)[^\s&,;"'<>]+`), "$1$2" + blotted},
	{regexp.MustCompile(`(?i)([?&]key=)[^\s&"']+`), "$1" + blotted},
	{regexp.MustCompile(`://[^\s/@"']+@`), "://" + blotted + "@"},
	{regexp.MustCompile(`(https?://[^\s?"']+)\?[^\s"']*`), "$1"},
}

// longSecret is the length, in characters, from which a secret is no part of any other word.
const longSecret = 8

// newBlots finds each long secret wherever it stands, and a short one where it stands as a word of its own, so that the password
// "admin" does not blot "administrator" out. The longest come first: one may be the beginning of another. Base64 is read, too.
func newBlots(secrets []string) []blot {
	var forms []string
	for _, s := range secrets {
		if s != "" {
			forms = append(forms, written(s)...)
		}
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var out []blot
	for _, s := range slices.Compact(forms) {
		out = append(out, blot{regexp.MustCompile(pattern(s)), blotted})
	}
	for _, s := range secrets {
		if s != "" {
			out = append(out, encoded(s))
		}
	}
	return out
}

// written are the forms in which texts hold a secret: as it is; as Python's repr and JSON quote it in tracebacks, with a backslash
// before each backslash and, if they have to, before the quotes, PHP's JSON before slashes, too; and as XML, HTML and URLs escape it.
func written(s string) []string {
	quoted := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s)
	xml := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	inHTML := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`)
	all := []string{
		s, quoted, strings.ReplaceAll(quoted, `'`, `\'`), strings.ReplaceAll(quoted, `"`, `\"`),
		xml.Replace(s), html.EscapeString(s), inHTML.Replace(strings.ReplaceAll(quoted, `"`, `\"`)),
		inASCII(strings.ReplaceAll(quoted, `"`, `\"`)), strings.ReplaceAll(inASCII(strings.ReplaceAll(quoted, `"`, `\"`)), "/", `\/`),
		strings.ReplaceAll(strings.ReplaceAll(quoted, `"`, `\"`), "/", `\/`),
	}
	for _, escaped := range []string{url.QueryEscape(s), url.PathEscape(s)} {
		all = append(all, escaped, percent.ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var percent = regexp.MustCompile(`%[0-9A-F]{2}`)

// inASCII writes what is no ASCII as Python and PHP do in JSON: in UTF-16, each unit as \u and four digits.
func inASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// pattern matches the secret.
func pattern(s string) string {
	word := regexp.QuoteMeta(string([]rune(s))) // what is not UTF-8 matches as U+FFFD; a pattern must not hold it as it is
	if utf8.RuneCountInString(s) >= longSecret {
		return word
	}
	return edge(s, 0) + word + edge(s, len(s)-1)
}

// edge is \b where the secret's end is a word character, else nothing.
func edge(s string, at int) string {
	c := rune(s[at])
	if c == '_' || c < 0x80 && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
		return `\b`
	}
	return ""
}

// Redact is text without the secrets and without whatever looks like a credential, on one line and
// cut to 300 characters: fit for an error. A secret of less than 8 characters is found where it stands as a word of its own, a
// longer one anywhere.
func Redact(text string, secrets ...string) string {
	return cut(redact(text, newBlots(secrets)), maxText)
}

// Blot is text without the secrets and without whatever looks like a credential, at its full length
// and on its own lines: a traceback that is kept.
func Blot(text string, secrets ...string) string { return redact(text, newBlots(secrets)) }

func redact(text string, secrets []blot) string {
	for _, blots := range [][]blot{secrets, shapes} {
		for _, b := range blots {
			text = b.find.ReplaceAllString(text, b.replace)
		}
	}
	return text
}

// cut makes one line of at most n characters.
func cut(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}

// message is what a failed answer says: the first line of a plain text, or the message of a JSON
// object. A page of HTML says nothing that helps.
func message(r *Response) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return ""
	case kind == "text/plain":
		line, _, _ := strings.Cut(strings.TrimSpace(string(r.Body)), "\n")
		return line
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return jsonMessage(r.Body)
	default:
		return ""
	}
}

// jsonMessage looks where Trello ({"message", "error"}), Odoo ({"message"}), Magento ({"message"})
// and PrestaShop ({"errors": [{"message"}]}) put it.
func jsonMessage(body []byte) string {
	var answer struct {
		Message string          `json:"message"`
		Error   json.RawMessage `json:"error"`
		Errors  []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	if answer.Message != "" {
		return answer.Message
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0].Message
	}
	return jsonError(answer.Error)
}

func jsonError(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var object struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &object) == nil {
		return object.Message
	}
	return ""
}
