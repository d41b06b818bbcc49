package markup

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gmtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is one parser for all texts; it keeps nothing between them.
var markdown = newParser()

// newParser is goldmark with what Trello knows: no raw HTML, no definitions of links, whose words would go
// lost, no tables.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(addressParser{}, 50),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(strikeParser{}, 500),
		),
	)
}

// readMarkdown reads Markdown as it is written, in the form in which documents are compared.
func readMarkdown(source string) document {
	if source == "" {
		return nil
	}
	if tooDeep(source) {
		return normal(literal(source))
	}
	raw := []byte(source)
	r := markdownReader{source: raw}
	return normal(r.blocks(markdown.Parse(gmtext.NewReader(raw))))
}

type markdownReader struct{ source []byte }

func (r markdownReader) blocks(parent ast.Node) []block {
	var out []block
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out = append(out, r.block(n)...)
	}
	return out
}

func (r markdownReader) block(n ast.Node) []block {
	switch n := n.(type) {
	case *ast.Heading:
		return []block{{kind: heading, level: n.Level, lines: r.lines(n)}}
	case *ast.ThematicBreak:
		return []block{{kind: rule}}
	case *ast.FencedCodeBlock:
		return []block{r.fenced(n)}
	case *ast.CodeBlock:
		return []block{{kind: code, text: r.raw(n)}}
	case *ast.Blockquote:
		return []block{{kind: quote, blocks: r.blocks(n)}}
	case *ast.List:
		b := block{kind: list, ordered: n.IsOrdered(), start: n.Start}
		for it := n.FirstChild(); it != nil; it = it.NextSibling() {
			b.items = append(b.items, r.blocks(it))
		}
		return []block{b}
	default:
		return []block{{kind: paragraph, lines: r.lines(n)}}
	}
}

// raw are the lines of a block of code.
func (r markdownReader) raw(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(r.source))
	}
	return b.String()
}

var language = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+#.-]*$`)

// fenced is a block of code between fences. What stands behind the fence and names no language is a line
// of it, since Odoo has no place for it.
func (r markdownReader) fenced(n *ast.FencedCodeBlock) block {
	b := block{kind: code, text: r.raw(n)}
	if n.Info == nil {
		return b
	}
	info := strings.TrimSpace(unescape(string(n.Info.Segment.Value(r.source))))
	if language.MatchString(info) && strings.TrimSpace(b.text) != "" {
		b.info = info
	} else {
		b.text = info + "\n" + b.text
	}
	return b
}

// lines are the lines of a paragraph or heading.
func (r markdownReader) lines(n ast.Node) []line {
	in := inlineReader{source: r.source, lines: []line{nil}}
	in.children(n, cell{})
	return in.lines
}

type inlineReader struct {
	source []byte
	lines  []line
}

func (in *inlineReader) add(cells line) {
	last := len(in.lines) - 1
	in.lines[last] = append(in.lines[last], cells...)
}

func (in *inlineReader) children(parent ast.Node, look cell) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		in.inline(n, look)
	}
}

func (in *inlineReader) inline(n ast.Node, look cell) {
	switch n := n.(type) {
	case *ast.Text:
		in.text(n, look)
	case *ast.String:
		in.add(styled(string(n.Value), look))
	case *ast.CodeSpan:
		look.style |= monospace
		in.add(styled(strings.ReplaceAll(in.codeText(n), "\n", " "), look))
	case *ast.Emphasis:
		if n.Level == 2 {
			look.style |= bold
		} else {
			look.style |= italic
		}
		in.children(n, look)
	case *strikeNode:
		look.style |= strike
		in.children(n, look)
	case *ast.AutoLink:
		in.autoLink(n, look)
	case *ast.Link:
		in.link(n, look)
	case *ast.Image:
		in.image(n, look)
	default:
		in.children(n, look)
	}
}

func (in *inlineReader) text(n *ast.Text, look cell) {
	text := string(n.Segment.Value(in.source))
	if !n.IsRaw() {
		text = unescape(text)
	}
	in.add(styled(text, look))
	if n.SoftLineBreak() || n.HardLineBreak() {
		in.lines = append(in.lines, nil)
	}
}

func (in *inlineReader) codeText(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(in.source))
		}
	}
	return b.String()
}

func (in *inlineReader) autoLink(n *ast.AutoLink, look cell) {
	label := string(n.Label(in.source))
	href := address(string(n.URL(in.source)))
	if n.AutoLinkType == ast.AutoLinkEmail {
		href = address("mailto:" + label)
	}
	if !linkable(href) {
		in.add(styled("<"+label+">", look))
		return
	}
	look.link = &link{href: href}
	in.add(styled(label, look))
}

// link is a link in words. One that leads nowhere that both sides know stays as it is written.
func (in *inlineReader) link(n *ast.Link, look cell) {
	href := address(unescape(string(n.Destination)))
	if !linkable(href) {
		in.add(styled("[", look))
		in.children(n, look)
		in.add(styled("]("+in.target(n.Destination, n.Title)+")", look))
		return
	}
	look.link = &link{href: href, title: title(unescape(string(n.Title)))}
	at, before := len(in.lines), len(in.lines[len(in.lines)-1])
	in.children(n, look)
	if at == len(in.lines) && len(in.lines[at-1]) == before {
		in.add(styled(href, look))
	}
}

func (in *inlineReader) image(n *ast.Image, look cell) {
	alt := inlineReader{source: in.source, lines: []line{nil}}
	alt.children(n, cell{})
	src := address(unescape(string(n.Destination)))
	if !isOpen(src) {
		in.add(styled("![", look))
		in.children(n, look)
		in.add(styled("]("+in.target(n.Destination, n.Title)+")", look))
		return
	}
	var text line
	for _, l := range alt.lines {
		text = append(append(text, l...), cell{r: ' '})
	}
	look.r = imageRune
	look.image = &image{src: src, alt: title(text.words()), title: title(unescape(string(n.Title)))}
	in.add(line{look})
}

// target is where a link leads, as it is written.
func (in *inlineReader) target(destination, linkTitle []byte) string {
	if len(linkTitle) == 0 {
		return unescape(string(destination))
	}
	return unescape(string(destination)) + ` "` + unescape(string(linkTitle)) + `"`
}

var entity = regexp.MustCompile(`^&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});`)

// entityReach is how long an entity is at most, in bytes.
const entityReach = 40

// entityAt is the entity that a text begins with and what it stands for, nothing if there is none.
func entityAt(s string) (written, meant string) {
	written = entity.FindString(s[:min(len(s), entityReach)])
	meant = html.UnescapeString(written)
	if strings.HasSuffix(meant, ";") && meant != ";" { // no name that HTML knows, or only its beginning is one
		return "", ""
	}
	return written, meant
}

func beginsEntity(s string) bool {
	written, _ := entityAt(s)
	return written != ""
}

// unescape is what a piece of Markdown text says: backslashes before marks go, entities are characters.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && isMark(rune(s[i+1])) {
			i++
		} else if s[i] == '&' {
			if written, meant := entityAt(s[i:]); written != "" {
				b.WriteString(meant)
				i += len(written) - 1
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// addressParser keeps marks inside of bare addresses from being taken for Markdown.
type addressParser struct{}

// Trigger is what an address begins with.
func (addressParser) Trigger() []byte { return []byte{'h', 'H'} }

// Parse takes an address as plain text.
func (addressParser) Parse(_ ast.Node, r gmtext.Reader, _ parser.Context) ast.Node {
	if isWord(r.PrecendingCharacter()) {
		return nil
	}
	raw, segment := r.PeekLine()
	if len(raw) < len("http://") || !bytes.EqualFold(raw[:4], []byte("http")) {
		return nil
	}
	end := bytes.IndexAny(raw, " \t\r\n<>\"`\\[]*{}|^")
	if end < 0 {
		end = len(raw)
	}
	text := []rune(string(raw[:end]))
	n := len(string(text[:addressLength(text)]))
	if n == 0 {
		return nil
	}
	r.Advance(n)
	return ast.NewRawTextSegment(segment.WithStop(segment.Start + n))
}

// strikeParser reads ~~words~~. Unlike GitHub's, Trello's Markdown knows no single tilde.
type strikeParser struct{}

// strikeNode is a text that is struck out.
type strikeNode struct{ ast.BaseInline }

var kindStrike = ast.NewNodeKind("Strike")

// Kind is the node's kind.
func (*strikeNode) Kind() ast.NodeKind { return kindStrike }

// Dump tells the node for debugging.
func (n *strikeNode) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// IsDelimiter tells the tilde.
func (strikeParser) IsDelimiter(b byte) bool { return b == '~' }

// CanOpenCloser reports that two delimiters belong together.
func (strikeParser) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

// OnMatch is the node of what is between two delimiters.
func (strikeParser) OnMatch(int) ast.Node { return &strikeNode{} }

// Trigger is what a delimiter begins with.
func (strikeParser) Trigger() []byte { return []byte{'~'} }

// Parse takes a run of two tildes.
func (s strikeParser) Parse(_ ast.Node, r gmtext.Reader, pc parser.Context) ast.Node {
	before := r.PrecendingCharacter()
	raw, segment := r.PeekLine()
	node := parser.ScanDelimiter(raw, before, 2, s)
	if node == nil || node.OriginalLength != 2 || before == '~' {
		return nil
	}
	node.Segment = segment.WithStop(segment.Start + node.OriginalLength)
	r.Advance(node.OriginalLength)
	pc.PushDelimiter(node)
	return node
}
