package markup

import (
	"strconv"
	"strings"
)

// writeHTML writes a document as HTML that Odoo's sanitizer leaves as it is.
func writeHTML(d document) string {
	var w htmlWriter
	w.blocks(d)
	return w.out.String()
}

type htmlWriter struct {
	out   strings.Builder
	cells line // of the line that is being written
}

func (w *htmlWriter) blocks(blocks []block) {
	for _, b := range blocks {
		w.block(b)
	}
}

func (w *htmlWriter) block(b block) {
	switch b.kind {
	case heading:
		w.element("h"+strconv.Itoa(b.level), func() { w.lines(b.lines) })
	case code:
		w.pre(b)
	case quote:
		w.element("blockquote", func() { w.blocks(b.blocks) })
	case list:
		w.list(b)
	case rule:
		w.out.WriteString("<hr>")
	default:
		w.element("p", func() { w.lines(b.lines) })
	}
}

func (w *htmlWriter) element(name string, inner func()) {
	w.out.WriteString("<" + name + ">")
	inner()
	w.out.WriteString("</" + name + ">")
}

// pre is a block of code; its language is a class, as everywhere on the web.
func (w *htmlWriter) pre(b block) {
	w.out.WriteString("<pre")
	if b.info != "" {
		w.out.WriteString(` class="language-` + escapedAttribute.Replace(b.info) + `"`)
	}
	w.out.WriteString(">" + escaped.Replace(b.text) + "</pre>")
}

func (w *htmlWriter) list(b block) {
	name := "ul"
	if b.ordered {
		name = "ol"
	}
	w.out.WriteString("<" + name)
	if b.ordered && b.start != 1 {
		w.out.WriteString(` start="` + strconv.Itoa(b.start) + `"`)
	}
	w.out.WriteString(">")
	for _, it := range b.items {
		w.element("li", func() { w.item(it) })
	}
	w.out.WriteString("</" + name + ">")
}

// item writes what is in an item; words that are followed by no others need no paragraph of their own.
func (w *htmlWriter) item(blocks []block) {
	if blocks[0].kind == paragraph && (len(blocks) == 1 || blocks[1].kind != paragraph) {
		w.lines(blocks[0].lines)
		blocks = blocks[1:]
	}
	w.blocks(blocks)
}

func (w *htmlWriter) lines(lines []line) {
	for i, l := range lines {
		if i > 0 {
			w.out.WriteString("<br>")
		}
		w.cells = l
		nest{cells: l, writer: w}.write(0, len(l), cell{})
	}
}

var elements = map[style]string{bold: "strong", italic: "em", strike: "s"}

// open begins a look.
func (w *htmlWriter) open(look cell, _ int) {
	if look.link == nil {
		w.out.WriteString("<" + elements[look.style] + ">")
		return
	}
	w.out.WriteString(`<a href="` + escapedAttribute.Replace(look.link.href) + `"` + titled(look.link.title) + `>`)
}

// shut ends a look.
func (w *htmlWriter) shut(look cell) {
	if look.link == nil {
		w.out.WriteString("</" + elements[look.style] + ">")
		return
	}
	w.out.WriteString("</a>")
}

// text writes characters without looks of their own.
func (w *htmlWriter) text(from, to int, _ cell) {
	var text strings.Builder
	for _, c := range w.cells[from:to] {
		if c.image == nil {
			text.WriteRune(c.r)
			continue
		}
		w.out.WriteString(escaped.Replace(text.String()))
		text.Reset()
		w.out.WriteString(`<img src="` + escapedAttribute.Replace(c.image.src) + `" alt="` + escapedAttribute.Replace(c.image.alt) + `"` +
			titled(c.image.title) + `>`)
	}
	w.out.WriteString(escaped.Replace(text.String()))
}

// code writes a span of code. Blanks in a row would be folded if they were all alike.
func (w *htmlWriter) code(text string) {
	w.element("code", func() { w.out.WriteString(escaped.Replace(strings.ReplaceAll(text, "  ", "\u00a0 "))) })
}

func titled(title string) string {
	if title == "" {
		return ""
	}
	return ` title="` + escapedAttribute.Replace(title) + `"`
}

// escaped are the characters that Odoo's sanitizer writes as entities; quotes it leaves alone.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\u00a0", "&nbsp;")

// escapedAttribute are those of an attribute.
var escapedAttribute = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
