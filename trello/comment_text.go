package trello

import (
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Nobody can write in another one's name on either side, so what is copied begins with the author's: in Trello in bold, in Odoo as a
// link to the comment. Both are recognised when they come back, and are no part of the text that is compared.

// ours is how a comment begins that was written in Odoo.
var ours = regexp.MustCompile(`^\s*\*\*([^\n]*?) \(Odoo\):\*\*[ \t]*\n*`)

// cutAuthor takes the author's name from the beginning of a comment of our own; "" where it has none.
func cutAuthor(text string) (author, rest string) {
	at := ours.FindStringSubmatchIndex(text)
	if at == nil {
		return "", text
	}
	return unmarkedName.Replace(text[at[2]:at[3]]), text[at[1]:]
}

// withAuthor is a comment as it is written for somebody in Odoo.
func withAuthor(author, text string) string {
	if author == "" {
		return text
	}
	return "**" + markedName.Replace(author) + " (Odoo):**\n\n" + text
}

// A name is no Markdown.
var (
	markedName   = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "\n", " ")
	unmarkedName = strings.NewReplacer(`\\`, `\`, `\*`, "*", `\_`, "_", "\\`", "`", `\[`, "[")
)

// commentLink is where a comment is shown: the id in it is that of the action.
func commentLink(shortLink, id string) string {
	return "https://trello.com/c/" + shortLink + "#comment-" + id
}

var linksComment = regexp.MustCompile(`^https://trello\.com/c/[^/#]*#comment-[0-9a-f]+$`)

// leadOf is the paragraph with which a message begins that was written in Trello.
func leadOf(author, link string) string {
	return `<p><a href="` + nethtml.EscapeString(link) + `">` + escaped.Replace(author) + `</a> (Trello):</p>`
}

// escaped are the characters that Odoo's sanitizer writes as entities; quotes it leaves alone.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// splitLead divides a message's HTML into that paragraph, "" where there is none, and what was said.
func splitLead(html string) (lead, said string) {
	if !strings.Contains(html, "#comment-") {
		return "", html
	}
	body := &nethtml.Node{Type: nethtml.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := nethtml.ParseFragment(strings.NewReader(html), body)
	if err != nil {
		return "", html
	}
	for i, n := range nodes {
		if n.Type == nethtml.TextNode && strings.TrimSpace(n.Data) == "" {
			continue
		}
		link := firstLink(n)
		if link == nil {
			return "", html
		}
		lead = leadOf(strings.TrimSpace(words(link)), attribute(link, "href"))
		if whole := strings.TrimSpace(words(n)); !strings.HasSuffix(whole, ":") || strings.Count(whole, ":") != strings.Count(words(link), ":")+1 {
			return lead, cutLead(n, link) + rendered(nodes[i+1:])
		}
		return lead, rendered(nodes[i+1:])
	}
	return "", html
}

// firstLink is the link to a comment with which a block begins, nil if it begins otherwise.
func firstLink(n *nethtml.Node) *nethtml.Node {
	for n != nil {
		if n.DataAtom == atom.A && linksComment.MatchString(attribute(n, "href")) {
			return n
		}
		n = n.FirstChild
		for n != nil && n.Type == nethtml.TextNode && strings.TrimSpace(n.Data) == "" {
			n = n.NextSibling
		}
	}
	return nil
}

// cutLead takes the link and what belongs to it out of a block in which people went on writing.
func cutLead(block, link *nethtml.Node) string {
	after := link.NextSibling
	link.Parent.RemoveChild(link)
	if after != nil && after.Type == nethtml.TextNode {
		if _, rest, found := strings.Cut(after.Data, ":"); found {
			after.Data = strings.TrimLeft(rest, " \u00a0\n")
		}
	}
	if after != nil && after.Data == "" && after.NextSibling != nil && after.NextSibling.DataAtom == atom.Br {
		after.Parent.RemoveChild(after.NextSibling)
	}
	return rendered([]*nethtml.Node{block})
}

func rendered(nodes []*nethtml.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		_ = nethtml.Render(&b, n) // a strings.Builder takes everything
	}
	return b.String()
}

// words are the text of a node.
func words(n *nethtml.Node) string {
	if n.Type == nethtml.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(words(c))
	}
	return b.String()
}

func attribute(n *nethtml.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
