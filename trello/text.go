package trello

import (
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/odoo-connector/connector/record"
)

// blanks are what HTML has no other way to show than as blanks: a tab is four of them.
var blanks = strings.NewReplacer("\u00a0", " ", "\t", "    ")

// Paragraphs brings a text to the form in which paragraphs are compared: no blanks at the ends of
// lines, one empty line between paragraphs, none around them, no-break spaces and tabs as blanks.
func Paragraphs(text string) string {
	text = blanks.Replace(record.XMLText(text))
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " ")
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// HTMLOf writes paragraphs as HTML that Odoo's sanitizer leaves as it is: a <p> for each, <br> for
// a line end, no-break spaces where blanks would be folded.
func HTMLOf(text string) string {
	text = Paragraphs(text)
	if text == "" {
		return ""
	}
	var b strings.Builder
	for _, paragraph := range strings.Split(text, "\n\n") {
		lines := strings.Split(paragraph, "\n")
		for i, line := range lines {
			lines[i] = escaped.Replace(keepBlanks(line))
		}
		b.WriteString("<p>" + strings.Join(lines, "<br>") + "</p>")
	}
	return b.String()
}

// escaped are the characters that Odoo's sanitizer writes as entities; quotes it leaves alone.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// keepBlanks makes no-break spaces of the blanks that HTML would fold: at the start of a line and
// all but the last of a run.
func keepBlanks(line string) string {
	runes := []rune(line)
	for i, r := range runes {
		if r == ' ' && (i == 0 || runes[i-1] == ' ' || runes[i-1] == '\u00a0') {
			runes[i] = '\u00a0'
		}
	}
	return string(runes)
}

// TextOf is the text of a piece of HTML as paragraphs; plain is false if the HTML holds anything
// else than paragraphs and line ends.
func TextOf(source string) (text string, plain bool) {
	if strings.TrimSpace(source) == "" {
		return "", true
	}
	body := &nethtml.Node{Type: nethtml.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := nethtml.ParseFragment(strings.NewReader(source), body)
	if err != nil {
		return Paragraphs(source), false
	}
	w := textWriter{plain: true}
	for _, n := range nodes {
		w.node(n)
	}
	return Paragraphs(w.text.String()), w.plain
}

type textWriter struct {
	text  strings.Builder
	plain bool
}

func (w *textWriter) node(n *nethtml.Node) {
	switch n.Type {
	case nethtml.TextNode:
		w.write(n.Data)
	case nethtml.ElementNode:
		w.element(n)
	}
}

// write adds a text as a browser would show it: line ends and tabs are blanks, runs of blanks one.
func (w *textWriter) write(s string) {
	for _, r := range s {
		if r == '\n' || r == '\t' || r == '\r' {
			r = ' '
		}
		if r == ' ' && w.endsBlank() {
			continue
		}
		w.text.WriteRune(r)
	}
}

func (w *textWriter) endsBlank() bool {
	s := w.text.String()
	return s == "" || s[len(s)-1] == ' ' || s[len(s)-1] == '\n'
}

func (w *textWriter) element(n *nethtml.Node) {
	switch n.DataAtom {
	case atom.Br:
		w.text.WriteString("\n")
		return
	case atom.Script, atom.Style:
		w.plain = false
		return
	case atom.P, atom.Div:
		w.block(n, "\n\n")
		return
	case atom.Span:
		w.plain = w.plain && !styled(n)
	case atom.Li, atom.Tr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre:
		w.plain = false
		w.block(n, "\n")
		return
	default:
		w.plain = false
	}
	w.children(n)
}

func (w *textWriter) block(n *nethtml.Node, end string) {
	w.plain = w.plain && !styled(n)
	if s := w.text.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.text.WriteString(end)
	}
	w.children(n)
	w.text.WriteString(end)
}

func (w *textWriter) children(n *nethtml.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// styled reports that an element looks otherwise than plain text. Odoo's editor marks its own
// output with data- attributes, which mean nothing here.
func styled(n *nethtml.Node) bool {
	for _, a := range n.Attr {
		if !strings.HasPrefix(a.Key, "data-") && strings.TrimSpace(a.Val) != "" && a.Key != "dir" {
			return true
		}
	}
	return false
}
