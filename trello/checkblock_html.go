package trello

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The classes of a checklist. The first two are Odoo's (its editors on 16 to 19). The third tells our checklists from those that people
// make: classes of a task's description are kept by Odoo's sanitizer, even where it marks the element as part of a quote (seen with the
// sanitizers of 16 to 19), and by its editors. Each element has it, and none stands around them: what people write behind a checklist
// is not within it.
const (
	checklistClass    = "o_checklist"
	checkedClass      = "o_checked"
	ourChecklistClass = "o_connector_checklist"
)

// writeChecklists is the canonical value as Odoo's editor writes checklists.
func writeChecklists(text string) string {
	var out strings.Builder
	open := false
	end := func() {
		if open {
			out.WriteString("</ul>")
		}
		open = false
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, is := strings.CutPrefix(line, listLine); is {
			end()
			out.WriteString(`<h3 class="` + ourChecklistClass + `">` + escaped.Replace(name) + "</h3>")
			continue
		}
		if !open {
			out.WriteString(`<ul class="` + checklistClass + " " + ourChecklistClass + `">`)
		}
		open = true
		out.WriteString(writeItem(line))
	}
	end()
	return out.String()
}

func writeItem(line string) string {
	if text, done := strings.CutPrefix(line, strings.TrimSpace(doneLine)); done {
		return `<li class="` + checkedClass + `">` + escaped.Replace(strings.TrimSpace(text)) + "</li>"
	}
	return "<li>" + escaped.Replace(strings.TrimSpace(strings.TrimPrefix(line, strings.TrimSpace(openLine)))) + "</li>"
}

// readChecklists is the canonical value of a block.
func readChecklists(block string) string {
	nodes, err := html.ParseFragment(strings.NewReader(block), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return "" // too deep: it is none of ours any more
	}
	var lines []string
	for _, n := range nodes {
		if n.DataAtom != atom.Ul && n.DataAtom != atom.Ol {
			lines = append(lines, listLine+oneLine(innerText(n)))
			continue
		}
		for li := range n.ChildNodes() {
			if li.DataAtom == atom.Li {
				lines = append(lines, itemLine(hasClass(li.Attr, checkedClass))+oneLine(innerText(li)))
			}
		}
	}
	return strings.Join(lines, "\n")
}

func innerText(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return text.String()
}

func hasClass(of []html.Attribute, name string) bool {
	return slices.ContainsFunc(of, func(a html.Attribute) bool {
		return a.Key == "class" && slices.Contains(strings.Fields(a.Val), name)
	})
}

// splitChecklists cuts our checklists out of a description, wherever in it they stand. Text and block are as they were written.
func splitChecklists(description string) (text, block string) {
	if !strings.Contains(description, ourChecklistClass) {
		return description, ""
	}
	c := cutter{z: html.NewTokenizer(strings.NewReader(description))}
	for c.next() {
	}
	return c.text.String() + c.element.String(), c.block.String() // an element without an end is none of ours
}

// cutter sorts a description's tokens into text and block.
type cutter struct {
	z       *html.Tokenizer
	text    strings.Builder
	block   strings.Builder
	element strings.Builder // the one of ours that is open
	name    atom.Atom       // of that, 0 for none
	depth   int             // how many of that name are open
}

// next takes a token; it is false at the end.
func (c *cutter) next() bool {
	kind := c.z.Next()
	raw := string(c.z.Raw())
	if kind == html.StartTagToken && c.name == 0 {
		if t := c.z.Token(); isOurs(t) {
			c.name = t.DataAtom
		}
	}
	if c.name == 0 {
		c.text.WriteString(raw)
		return kind != html.ErrorToken
	}
	c.element.WriteString(raw)
	c.count(kind, raw)
	return kind != html.ErrorToken
}

// count follows how deep the open element is in elements of its own name, and ends it.
func (c *cutter) count(kind html.TokenType, raw string) {
	if nameOfTag(raw) != c.name {
		return
	}
	switch kind {
	case html.StartTagToken:
		c.depth++
	case html.EndTagToken:
		c.depth--
	}
	if c.depth == 0 {
		c.block.WriteString(c.element.String())
		c.element.Reset()
		c.name = 0
	}
}

// nameOfTag is the name of the element whose tag a token is, 0 for none.
func nameOfTag(raw string) atom.Atom {
	raw = strings.TrimPrefix(strings.TrimPrefix(raw, "<"), "/")
	if end := strings.IndexAny(raw, " \t\r\n/>"); end >= 0 {
		raw = raw[:end]
	}
	return atom.Lookup([]byte(strings.ToLower(raw)))
}

// isOurs says that a tag begins a checklist of ours, or the heading of one. Editors that split a heading make a paragraph of its class,
// which is somebody's text (Odoo 16).
func isOurs(t html.Token) bool {
	switch t.DataAtom {
	case atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return hasClass(t.Attr, ourChecklistClass)
	default:
		return false
	}
}
