package markup

import (
	"slices"
	"strings"
	"unicode"
)

// document is what both writings are read into and written from: only what both can hold. Two documents
// are the same text if and only if their blocks are equal.
type document []block

type blockKind uint8

const (
	paragraph blockKind = iota
	heading
	code
	quote
	list
	rule
)

// block is one block of a document; which fields hold something depends on its kind.
type block struct {
	kind    blockKind
	lines   []line     // paragraph: one or more; heading: one
	level   int        // heading: 1 to 6
	text    string     // code
	info    string     // code: its language, "" for none
	blocks  []block    // quote
	items   []document // list
	ordered bool       // list
	start   int        // list: the first item's number, where it is ordered
}

// line is a text without line ends.
type line []cell

// cell is one character of a line, or one image, with what it looks like.
type cell struct {
	r     rune
	style style
	link  *link
	image *image
}

// style is a set of ways to write a character.
type style uint8

const (
	bold style = 1 << iota
	italic
	strike
	monospace

	emphasis = bold | italic | strike
)

// link is where a piece of text leads; two links of one address and title are the same.
type link struct{ href, title string }

// image is a picture that is open on the web.
type image struct{ src, alt, title string }

func equalDocuments(a, b document) bool { return slices.EqualFunc(a, b, equalBlocks) }

func equalBlocks(a, b block) bool {
	return a.kind == b.kind && a.level == b.level && a.text == b.text && a.info == b.info &&
		a.ordered == b.ordered && a.start == b.start && slices.EqualFunc(a.lines, b.lines, equalLines) &&
		equalDocuments(a.blocks, b.blocks) && slices.EqualFunc(a.items, b.items, equalDocuments)
}

func equalLines(a, b line) bool { return slices.EqualFunc(a, b, equalCells) }

func equalCells(a, b cell) bool {
	return a.r == b.r && a.style == b.style && same(a.link, b.link) && same(a.image, b.image)
}

// same reports that two pointers lead to the same, or nowhere both.
func same[T comparable](a, b *T) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}

// sameLook reports that two characters look alike.
func sameLook(a, b cell) bool { return a.style == b.style && same(a.link, b.link) }

// styled are the characters of a text in one look.
func styled(text string, look cell) line {
	cells := make(line, 0, len(text))
	for _, r := range text {
		look.r = r
		cells = append(cells, look)
	}
	return cells
}

// plainText is a line without its looks; an image is its replacement character.
func (l line) plainText() string {
	var b strings.Builder
	for _, c := range l {
		b.WriteRune(c.r)
	}
	return b.String()
}

// isSpace tells the characters that are blank, without those that are nothing at all.
func isSpace(r rune) bool { return unicode.IsSpace(r) }

// isWord tells the characters that words are made of.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isMark tells the characters that a backslash takes the meaning from.
func isMark(r rune) bool { return r > ' ' && r < 0x7f && !isWord(r) }
