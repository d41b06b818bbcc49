package markup

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML reads HTML into a document, and names what the document cannot hold.
func readHTML(source string) (document, []string) {
	if strings.TrimSpace(source) == "" {
		return nil, nil
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	r := &htmlReader{}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err != nil { // elements more than 512 deep in each other
		r.lose("elements that are nested too deep")
		return normal(r.tokens(source)), r.lost
	}
	f := &flow{}
	for _, n := range nodes {
		r.node(n, cell{}, f)
	}
	return normal(f.end()), r.lost
}

type htmlReader struct{ lost []string }

func (r *htmlReader) lose(what string) {
	if what != "" && !slices.Contains(r.lost, what) {
		r.lost = append(r.lost, what)
	}
}

// flow collects blocks, and lines until a block ends them.
type flow struct {
	blocks []block
	lines  []line
	open   line
}

func (f *flow) add(cells ...cell) { f.open = append(f.open, cells...) }

func (f *flow) lineEnd() {
	f.lines = append(f.lines, f.open)
	f.open = nil
}

// blockEnd ends the paragraph, if there is one.
func (f *flow) blockEnd() {
	f.lineEnd()
	f.blocks = append(f.blocks, block{kind: paragraph, lines: f.lines})
	f.lines = nil
}

func (f *flow) block(b block) {
	f.blockEnd()
	f.blocks = append(f.blocks, b)
}

func (f *flow) end() []block {
	f.blockEnd()
	return f.blocks
}

func (r *htmlReader) node(n *html.Node, look cell, f *flow) {
	switch n.Type {
	case html.TextNode:
		f.add(styled(n.Data, look)...)
	case html.ElementNode:
		look = r.looks(n, look)
		r.element(n, look, f)
	}
}

func (r *htmlReader) children(n *html.Node, look cell, f *flow) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.node(c, look, f)
	}
}

// within are the blocks inside of an element.
func (r *htmlReader) within(n *html.Node, look cell) []block {
	f := &flow{}
	r.children(n, look, f)
	return f.end()
}

func (r *htmlReader) element(n *html.Node, look cell, f *flow) {
	switch n.DataAtom {
	case atom.Br:
		f.lineEnd()
	case atom.Hr:
		f.block(block{kind: rule})
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.heading(n, look, f)
	case atom.Blockquote:
		f.block(block{kind: quote, blocks: r.within(n, look)})
	case atom.Ul, atom.Ol:
		f.block(r.list(n, look))
	case atom.Pre:
		f.block(block{kind: code, info: codeLanguage(n), text: r.preformatted(n)})
	case atom.Img:
		r.picture(n, look, f)
	case atom.Tr:
		r.children(n, look, f)
		f.lineEnd()
	case atom.Td, atom.Th:
		r.children(n, look, f)
		f.add(cell{r: ' '})
	default:
		switch {
		case unseen[n.DataAtom]:
		case breaks[n.DataAtom]:
			f.blockEnd()
			r.children(n, look, f)
			f.blockEnd()
		default:
			r.children(n, look, f)
		}
	}
}

// breaks are the elements that begin and end a paragraph.
var breaks = atoms(atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Nav,
	atom.Figure, atom.Figcaption, atom.Address, atom.Center, atom.Details, atom.Summary, atom.Dl, atom.Dt, atom.Dd, atom.Fieldset,
	atom.Legend, atom.Form, atom.Table, atom.Caption, atom.Li, atom.Hgroup, atom.Menu, atom.Dir)

// unseen are the elements whose text is not for eyes.
var unseen = atoms(atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Meta, atom.Link, atom.Base,
	atom.Iframe, atom.Object, atom.Embed, atom.Video, atom.Audio, atom.Svg, atom.Canvas, atom.Textarea, atom.Select, atom.Noembed,
	atom.Noframes, atom.Datalist, atom.Xmp, atom.Plaintext)

func atoms(of ...atom.Atom) map[atom.Atom]bool {
	set := map[atom.Atom]bool{}
	for _, a := range of {
		set[a] = true
	}
	return set
}

// heading makes a heading of each paragraph inside; a list inside of a heading stays a list.
func (r *htmlReader) heading(n *html.Node, look cell, f *flow) {
	f.blockEnd()
	level, _ := strconv.Atoi(n.Data[1:])
	for _, b := range r.within(n, look) {
		if b.kind == paragraph {
			b.kind, b.level = heading, level
		}
		f.blocks = append(f.blocks, b)
	}
}

// list is a list. Odoo's editor writes a list inside of an item as an item of its own, which is marked.
func (r *htmlReader) list(n *html.Node, look cell) block {
	b := block{kind: list, ordered: n.DataAtom == atom.Ol, start: 1}
	if s, ok := attribute(n, "start"); ok && b.ordered {
		if start, err := strconv.Atoi(s); err == nil && start >= 0 {
			b.start = start
		} else {
			r.lose("list numbers")
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) == "" {
			continue
		}
		f := &flow{}
		r.node(c, look, f)
		if last := len(b.items) - 1; last >= 0 && (c.DataAtom != atom.Li || hasClass(c, "oe-nested") || hasClass(c, "o_nested")) {
			b.items[last] = append(b.items[last], f.end()...)
			continue
		}
		b.items = append(b.items, f.end())
	}
	return b
}

// codeLanguage is what a block of code says that it is written in.
func codeLanguage(n *html.Node) string {
	for _, c := range classes(n) {
		if name, ok := strings.CutPrefix(c, "language-"); ok && language.MatchString(name) {
			return name
		}
	}
	return ""
}

// preformatted is the text of a block of code.
func (r *htmlReader) preformatted(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				b.WriteString(c.Data)
			case c.Type != html.ElementNode || unseen[c.DataAtom]:
			case c.DataAtom == atom.Br:
				b.WriteString("\n")
			default:
				if look := r.looks(c, cell{}); look.style&emphasis != 0 || look.link != nil {
					r.lose("formatting inside of code")
				}
				ends := breaks[c.DataAtom] && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n")
				if ends {
					b.WriteString("\n")
				}
				walk(c)
				if breaks[c.DataAtom] && !strings.HasSuffix(b.String(), "\n") {
					b.WriteString("\n")
				}
			}
		}
	}
	walk(n)
	return b.String()
}

// picture is an image that is open on the web; any other is lost.
func (r *htmlReader) picture(n *html.Node, look cell, f *flow) {
	src, _ := attribute(n, "src")
	if src = address(src); !isOpen(src) {
		r.lose("an image")
		return
	}
	alt, _ := attribute(n, "alt")
	tip, _ := attribute(n, "title")
	look.r, look.image = imageRune, &image{src: src, alt: title(alt), title: title(tip)}
	f.add(look)
}

// tokens reads what is too deep for a tree: its words, in a paragraph for each element that breaks.
func (r *htmlReader) tokens(source string) document {
	f := &flow{}
	z := html.NewTokenizer(strings.NewReader(source))
	hidden := atom.Atom(0)
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		t := z.Token()
		switch {
		case hidden != 0:
			if kind == html.EndTagToken && t.DataAtom == hidden {
				hidden = 0
			}
		case kind == html.TextToken:
			f.add(styled(t.Data, cell{})...)
		case kind == html.StartTagToken && (t.DataAtom == atom.Script || t.DataAtom == atom.Style):
			hidden = t.DataAtom
		case t.DataAtom == atom.Br:
			f.lineEnd()
		case breaks[t.DataAtom] || holds[t.DataAtom]:
			f.blockEnd()
		}
	}
	return f.end()
}

// holds are the elements that are blocks of their own kind.
var holds = atoms(atom.Blockquote, atom.Pre, atom.Ul, atom.Ol, atom.Tr, atom.Hr, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6)

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func classes(n *html.Node) []string {
	c, _ := attribute(n, "class")
	return strings.Fields(c)
}

func hasClass(n *html.Node, name string) bool { return slices.Contains(classes(n), name) }
