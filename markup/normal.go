package markup

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxDepth is how deep quotes and lists go into each other; what is deeper is told on the deepest level.
// Odoo's HTML parser (libxml2) stops at 256 elements, of which a nested list takes two for each level, and
// drops all that follows (seen on Odoo 16 and 18: of 128 nested lists neither the words nor what came after).
const maxDepth = 24

// normal is a document in the form in which documents are compared: no blanks that mean nothing, no empty
// blocks, neighbours that are one list as one, addresses as links.
func normal(d document) document { return normalBlocks(d, 0) }

func normalBlocks(blocks []block, depth int) []block {
	var out []block
	for _, b := range blocks {
		for _, n := range normalBlock(b, depth) {
			out = join(out, n)
		}
	}
	return out
}

// normalBlock gives no block for an empty one, and several for one that the depth has no room for.
func normalBlock(b block, depth int) []block {
	switch b.kind {
	case paragraph:
		return paragraphs(b.lines)
	case heading:
		return headings(b)
	case code:
		return codeBlocks(b)
	case quote:
		inner := normalBlocks(b.blocks, depth+1)
		if len(inner) == 0 || depth >= maxDepth {
			return inner
		}
		return []block{{kind: quote, blocks: inner}}
	case list:
		return lists(b, depth)
	default:
		return []block{b}
	}
}

// paragraphs are the paragraphs of some lines: an empty line ends one.
func paragraphs(lines []line) []block {
	var out []block
	var current []line
	flush := func() {
		if len(current) > 0 {
			out = append(out, block{kind: paragraph, lines: current})
		}
		current = nil
	}
	for _, l := range lines {
		if l = normalLine(l); len(l) == 0 {
			flush()
			continue
		}
		current = append(current, l)
	}
	flush()
	return out
}

// headings are one heading of all lines, in one line.
func headings(b block) []block {
	var all line
	for i, l := range b.lines {
		if i > 0 {
			all = append(all, cell{r: ' '})
		}
		all = append(all, l...)
	}
	if all = normalLine(all); len(all) == 0 {
		return nil
	}
	return []block{{kind: heading, level: min(max(b.level, 1), 6), lines: []line{all}}}
}

func codeBlocks(b block) []block {
	lines := strings.Split(norm.NFC.String(strings.Map(visibleInCode, b.text)), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	b.text = strings.Trim(strings.Join(lines, "\n"), "\n")
	if b.text == "" {
		return nil
	}
	return []block{b}
}

func lists(b block, depth int) []block {
	var flat []block
	var items []document
	for _, it := range b.items {
		if n := normalBlocks(it, depth+1); len(n) > 0 {
			items = append(items, n)
			flat = append(flat, n...)
		}
	}
	if len(items) == 0 || depth >= maxDepth {
		return flat
	}
	if !b.ordered || b.start < 0 || b.start > 999_999_999-len(items) {
		b.start = 0
	}
	return []block{{kind: list, ordered: b.ordered, start: b.start, items: items}}
}

// join puts a block behind others. A list that goes on with the one before it is part of that.
func join(blocks []block, b block) []block {
	if n := len(blocks); n > 0 && b.kind == list && blocks[n-1].kind == list && blocks[n-1].ordered == b.ordered {
		last := &blocks[n-1]
		if !b.ordered || b.start == last.start+len(last.items) {
			last.items = append(last.items[:len(last.items):len(last.items)], b.items...)
			return blocks
		}
	}
	return append(blocks, b)
}

// visible brings blanks to the one that both writings fold, and drops characters that XML cannot carry
// or that no one sees.
func visible(r rune) rune {
	switch {
	case r == '\u00a0' || r == '\u0085' || (r <= ' ' && unicode.IsSpace(r)):
		return ' '
	case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF:
		return -1
	default:
		return r
	}
}

// visibleInCode does the same for code, where a tab is four blanks and line ends stay.
func visibleInCode(r rune) rune {
	if r == '\n' || r == '\t' {
		return r
	}
	return visible(r)
}

// normalLine folds blanks, drops those around the line, takes looks off blanks at their edges, and makes
// links of addresses.
func normalLine(cells line) line {
	out := make(line, 0, len(cells))
	for i := 0; i < len(cells); {
		c := cells[i]
		if c.image == nil {
			if c.r = visible(c.r); c.r < 0 {
				i++
				continue
			}
		}
		if c.image != nil || !isSpace(c.r) {
			out = append(out, c)
			i++
			continue
		}
		end := i + 1
		for end < len(cells) && cells[end].image == nil && (visible(cells[end].r) < 0 || isSpace(visible(cells[end].r))) {
			end++
		}
		if len(out) > 0 && end < len(cells) {
			out = append(out, normalBlanks(cells[i:end], out[len(out)-1], cells[end])...)
		}
		i = end
	}
	return linkAddresses(composed(out))
}

// composed brings the characters of each look to Unicode's NFC, as values are compared in it. Entities can
// stand for others.
func composed(cells line) line {
	if norm.NFC.IsNormalString(cells.plainText()) {
		return cells
	}
	out := make(line, 0, len(cells))
	for i := 0; i < len(cells); {
		end := i + 1
		for end < len(cells) && cells[i].image == nil && cells[end].image == nil && sameLook(cells[i], cells[end]) {
			end++
		}
		if cells[i].image != nil {
			out = append(out, cells[i])
		} else {
			out = append(out, styled(norm.NFC.String(cells[i:end].plainText()), cells[i])...)
		}
		i = end
	}
	return out
}

// normalBlanks are the blanks between two characters. They look like what they and both neighbours have in
// common; in code they keep their number.
func normalBlanks(blanks line, before, after cell) line {
	look := common(before, after)
	for _, c := range blanks {
		look = common(look, c)
	}
	var out line
	special := false
	for _, c := range blanks {
		look.r = visible(c.r)
		if look.r < 0 {
			continue
		}
		special = special || look.r != ' '
		out = append(out, look)
	}
	if look.style&monospace != 0 {
		return out
	}
	if special {
		return dropBlanks(out)
	}
	return out[:1]
}

// dropBlanks leaves the blanks of other widths, which no one folds.
func dropBlanks(blanks line) line {
	var out line
	for _, c := range blanks {
		if c.r != ' ' {
			out = append(out, c)
		}
	}
	return out
}

// common is the look that two characters share.
func common(a, b cell) cell {
	look := cell{style: a.style & b.style}
	if same(a.link, b.link) {
		look.link = a.link
	}
	return look
}
