package markup

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// writeDocument writes a document as Markdown. With careful, each line is written in the first of all ways
// that reads back as it is; else in the plainest way.
func writeDocument(d document, careful bool) string {
	w := markdownWriter{careful: careful}
	return strings.Join(w.blocks(d), "\n")
}

type markdownWriter struct{ careful bool }

// blocks are the lines of some blocks, with an empty one between any two.
func (w markdownWriter) blocks(blocks []block) []string {
	var out []string
	closing := "."
	for i, b := range blocks {
		if i > 0 {
			out = append(out, "")
			closing = delimiter(blocks[i-1], b, closing)
		}
		out = append(out, w.block(b, closing)...)
	}
	return out
}

// delimiter is what stands behind the numbers of a list: two lists in a row are told apart by it.
func delimiter(before, b block, last string) string {
	if before.kind == list && b.kind == list && before.ordered && b.ordered && last == "." {
		return ")"
	}
	return "."
}

func (w markdownWriter) block(b block, closing string) []string {
	switch b.kind {
	case heading:
		return []string{strings.Repeat("#", b.level) + " " + w.line(b.lines[0], true)}
	case code:
		return fence(b)
	case quote:
		return prefixed(w.blocks(b.blocks), "> ", "> ")
	case list:
		return w.list(b, closing)
	case rule:
		return []string{"---"}
	default:
		out := make([]string, len(b.lines))
		for i, l := range b.lines {
			out[i] = w.line(l, false)
		}
		return out
	}
}

func (w markdownWriter) list(b block, closing string) []string {
	var out []string
	for i, it := range b.items {
		marker := "- "
		if b.ordered {
			marker = strconv.Itoa(b.start+i) + closing + " "
		}
		out = append(out, prefixed(w.item(it), marker, strings.Repeat(" ", len(marker)))...)
	}
	return out
}

// item are the lines of a list's item. A list stands right under the words that it belongs to, if it may.
func (w markdownWriter) item(blocks []block) []string {
	if blocks[0].kind == rule {
		return append([]string{"***"}, w.rest(blocks[1:])...)
	}
	if len(blocks) > 1 && blocks[0].kind == paragraph && blocks[1].kind == list && (!blocks[1].ordered || blocks[1].start == 1) {
		return append(w.blocks(blocks[:1]), w.blocks(blocks[1:])...)
	}
	return w.blocks(blocks)
}

func (w markdownWriter) rest(blocks []block) []string {
	if len(blocks) == 0 {
		return nil
	}
	return append([]string{""}, w.blocks(blocks)...)
}

// prefixed puts something before each line; empty lines get it without its blanks.
func prefixed(lines []string, first, other string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		prefix := other
		if i == 0 {
			prefix = first
		}
		out[i] = strings.TrimRight(prefix+l, " ")
	}
	return out
}

// fence is a block of code between fences that are longer than any in it.
func fence(b block) []string {
	marks := strings.Repeat("`", max(3, longestRun(b.text, '`')+1))
	lines := []string{marks + b.info}
	lines = append(lines, strings.Split(b.text, "\n")...)
	return append(lines, marks)
}

func longestRun(s string, of rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

func (w markdownWriter) line(l line, inHeading bool) string {
	if w.careful {
		if way, ok := wayOf(l, inHeading); ok {
			return writeLine(l, way, inHeading)
		}
	}
	return writeLine(l, ways[0], inHeading)
}

// way is one of several ways to write the same line.
type way struct {
	bold, italic string
	plain        bool // only what needs a backslash gets one, and addresses stand bare
}

var ways = []way{
	{"**", "*", true}, {"**", "_", true}, {"__", "*", true},
	{"**", "*", false}, {"**", "_", false}, {"__", "*", false},
}

// wayOf is the first way to write a line that reads back as the line; ok is false if there is none.
func wayOf(l line, inHeading bool) (way, bool) {
	for _, w := range ways {
		if readsBack(l, writeLine(l, w, inHeading), inHeading) {
			return w, true
		}
	}
	return way{}, false
}

// readsBack reports that a line's Markdown reads as the line, as the first one of a paragraph and as any
// other.
func readsBack(l line, text string, inHeading bool) bool {
	if inHeading {
		return equalDocuments(readMarkdown("# "+text), document{{kind: heading, level: 1, lines: []line{l}}})
	}
	return equalDocuments(readMarkdown(text+"\n"+text), document{{kind: paragraph, lines: []line{l, l}}})
}

// lineWriter writes one line.
type lineWriter struct {
	way
	out       strings.Builder
	cells     line
	source    string // the cells' text
	offsets   []int  // where in the source each cell begins
	bare      []bool // the character is part of an address that stands there bare
	inHeading bool
}

func writeLine(l line, w way, inHeading bool) string {
	lw := &lineWriter{way: w, cells: l, source: l.plainText(), offsets: make([]int, len(l)), bare: make([]bool, len(l)), inHeading: inHeading}
	at := 0
	for i, c := range l {
		lw.offsets[i] = at
		at += utf8.RuneLen(c.r)
	}
	if w.plain {
		lw.findBare()
	}
	nest{cells: l, writer: lw, ignoresLink: lw.bare}.write(0, len(l), cell{})
	return lw.out.String()
}

func (w *lineWriter) findBare() {
	for i := 0; i < len(w.cells); {
		end := i + 1
		if w.cells[i].link == nil {
			i = end
			continue
		}
		for end < len(w.cells) && same(w.cells[end].link, w.cells[i].link) {
			end++
		}
		bare := isBare(w.cells[i:end]) && (i == 0 || !isWord(w.cells[i-1].r))
		for ; i < end; i++ {
			w.bare[i] = bare
		}
	}
}

// open begins a look, from the given character on.
func (w *lineWriter) open(look cell, _ int) {
	switch {
	case look.link != nil:
		w.out.WriteString("[")
	default:
		w.out.WriteString(w.mark(look.style))
	}
}

// shut ends a look.
func (w *lineWriter) shut(look cell) {
	if look.link == nil {
		w.out.WriteString(w.mark(look.style))
		return
	}
	w.out.WriteString("](" + destination(look.link.href) + quoted(look.link.title) + ")")
}

func (w *lineWriter) mark(s style) string {
	switch s {
	case bold:
		return w.bold
	case italic:
		return w.italic
	default:
		return "~~"
	}
}

// text writes characters that have no looks but those that are open.
func (w *lineWriter) text(from, to int, open cell) {
	for i := from; i < to; i++ {
		switch c := w.cells[i]; {
		case c.image != nil:
			w.out.WriteString("![" + all(c.image.alt) + "](" + destination(c.image.src) + quoted(c.image.title) + ")")
		case w.bare[i] || !w.escapes(i, open):
			w.out.WriteRune(c.r)
		default:
			w.out.WriteByte('\\')
			w.out.WriteRune(c.r)
		}
	}
}

// code writes a span of code between as many marks as it takes.
func (w *lineWriter) code(text string) {
	marks := "`"
	for strings.Contains("x"+text+"x", marks) && hasRun(text, len(marks)) {
		marks += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	w.out.WriteString(marks + text + marks)
}

// hasRun reports that a text has a run of exactly so many backticks.
func hasRun(text string, length int) bool {
	run := 0
	for _, r := range text + "\x00" {
		if r == '`' {
			run++
			continue
		}
		if run == length {
			return true
		}
		run = 0
	}
	return false
}

// all is a text with each mark behind a backslash.
func all(text string) string {
	var b strings.Builder
	for _, r := range text {
		if isMark(r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// destination is where a link leads, as it stands in parentheses.
func destination(href string) string {
	balance, balanced := 0, true
	for _, r := range href {
		balance += parenthesis(r)
		balanced = balanced && balance >= 0
	}
	var b strings.Builder
	for i, r := range href {
		if (parenthesis(r) != 0 && (!balanced || balance != 0)) || (r == '&' && beginsEntity(href[i:])) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// quoted is a title behind an address.
func quoted(title string) string {
	if title == "" {
		return ""
	}
	var b strings.Builder
	for i, r := range title {
		if r == '"' || r == '\\' || (r == '&' && beginsEntity(title[i:])) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return ` "` + b.String() + `"`
}

var (
	beginsBlock = regexp.MustCompile(`^(#{1,6}( |$)|>|[-+*]( |$)|(=+|-+)$|([-_*] ?){3,}$|~~~|\[[^\]]*\]:)`)
	beginsItem  = regexp.MustCompile(`^\d{1,9}[.)]( |$)`)
	autoLink    = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]{1,31}:|[^@]+@.)`)
)
