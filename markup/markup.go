// Package markup brings Trello's Markdown and Odoo's HTML each into the other.
//
// Both are read into one document of what both can hold, and written from it. So a text that crosses and
// comes back is the same text, and Canonical is the one form in which two texts are compared.
package markup

import (
	"strings"
	"unicode/utf8"

	"github.com/odoo-connector/connector/record"
)

// Limit is how many characters a description, a name or a comment has on Trello at most (Trello's API
// description). It does not say what a character is; Length counts Unicode code points.
const Limit = 16384

// Length is how long a text is in the unit of Limit.
func Length(text string) int { return utf8.RuneCountInString(text) }

// HTML is a piece of Trello's Markdown as HTML for Odoo: paragraphs, line ends (which Trello keeps),
// headings, lists, quotes, rules, code, bold, italics, strokes, links, bare addresses and images of the
// web. All else is text, raw HTML too. A link of another kind than http, https, ftp, mailto and tel stays
// as it is written. The empty text is no HTML.
//
// Odoo's sanitizer leaves the HTML as it is, or changes it only in ways that mean nothing here.
func HTML(markdown string) string {
	_, d, _ := settle(read(record.XMLText(markdown)))
	return writeHTML(d)
}

// Markdown is a piece of Odoo's HTML as Markdown for Trello, in its canonical form. lost names what
// Markdown cannot hold, in words for people ("a table"), each once, in the order of the text; their words
// are in the Markdown none the less. What Odoo's editor leaves behind and no one sees is no loss.
func Markdown(html string) (text string, lost []string) {
	d, lost := readHTML(record.XMLText(html))
	text, _, more := settle(d)
	if more != "" {
		lost = append(lost, more)
	}
	return text, lost
}

// Canonical is the one form of a piece of Markdown: two texts that look the same have the same. Its own
// canonical form is itself.
func Canonical(markdown string) string {
	text, _, _ := settle(read(record.XMLText(markdown)))
	return text
}

const (
	lostLooks    = "letters in a style that ends inside of a word" // Markdown has marks for parts of it only
	lostInLength = "the formatting of a text of that length"
)

// imageRune stands for an image in a line.
const imageRune = '\uFFFC'

// isOpen reports that an image can be seen by whoever knows its address. Odoo's own cannot, and their
// addresses may hold a key.
func isOpen(src string) bool {
	return linkable(src) && len(src) > 4 && strings.EqualFold(src[:4], "http") && !strings.Contains(src, "/web/image") &&
		!strings.Contains(src, "/web/content") && !strings.Contains(src, "access_token=")
}

// title is the title of a link or image on one line. Odoo drops elements in which "encoding=" stands (seen on
// Odoo 16 to 19), so a blank keeps the two apart.
func title(s string) string {
	return strings.ReplaceAll(styled(s, cell{}).words(), "encoding=", "encoding =")
}

// words is the text of a line as normalLine leaves it.
func (l line) words() string {
	var plain line
	for _, c := range l {
		plain = append(plain, cell{r: c.r})
	}
	return normalLine(plain).plainText()
}
