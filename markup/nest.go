package markup

// nest writes a line's looks into each other: of the looks that begin at a character, the one that reaches
// furthest is outside; code is inside of all.
type nest struct {
	cells       line
	writer      looks
	ignoresLink []bool // the character's link is not to be written; nil for none
}

// looks writes a line's looks and characters.
type looks interface {
	open(look cell, at int)
	shut(look cell)
	text(from, to int, open cell)
	code(text string)
}

var emphases = [...]style{bold, italic, strike}

// write writes the characters of a range that are in the open looks already.
func (n nest) write(from, to int, open cell) {
	for i := from; i < to; {
		look, end := n.widest(i, to, open)
		switch {
		case end > i:
			n.writer.open(look, i)
			inner := cell{style: open.style | look.style, link: open.link}
			if look.link != nil {
				inner.link = look.link
			}
			n.write(i, end, inner)
			n.writer.shut(look)
		case n.cells[i].style&monospace != 0 && n.cells[i].image == nil:
			end = n.codeEnd(i, to)
			n.writer.code(n.cells[i:end].plainText())
		default:
			end = n.textEnd(i, to, open)
			n.writer.text(i, end, open)
		}
		i = end
	}
}

// widest is the look that begins at a character and reaches furthest, and where it ends; end is from if
// none begins.
func (n nest) widest(from, to int, open cell) (look cell, end int) {
	end = from
	if l := n.linkAt(from); l != nil && open.link == nil {
		look = cell{link: l}
		end = n.run(from, to, func(i int) bool { return same(n.linkAt(i), l) })
	}
	for _, s := range emphases {
		if n.cells[from].style&s == 0 || open.style&s != 0 {
			continue
		}
		if e := n.run(from, to, func(i int) bool { return n.cells[i].style&s != 0 }); e > end {
			look, end = cell{style: s}, e
		}
	}
	return look, end
}

func (n nest) linkAt(i int) *link {
	if len(n.ignoresLink) > 0 && n.ignoresLink[i] {
		return nil
	}
	return n.cells[i].link
}

func (n nest) run(from, to int, in func(int) bool) int {
	for from < to && in(from) {
		from++
	}
	return from
}

func (n nest) codeEnd(from, to int) int {
	return n.run(from, to, func(i int) bool {
		return n.cells[i].image == nil && n.cells[i].style == n.cells[from].style && same(n.linkAt(i), n.linkAt(from))
	})
}

// textEnd is where the characters end that need no look opened before them.
func (n nest) textEnd(from, to int, open cell) int {
	return n.run(from, to, func(i int) bool {
		c := n.cells[i]
		inCode := c.style&monospace != 0 && c.image == nil
		return !inCode && c.style&emphasis&^open.style == 0 && (open.link != nil || n.linkAt(i) == nil)
	})
}
