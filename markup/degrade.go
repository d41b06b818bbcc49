package markup

// expressible is the document with each line in the looks that Markdown can express: of a line that no
// way of writing brings back, looks are taken off until one does.
func expressible(d document) document {
	out := make(document, len(d))
	for i, b := range d {
		b.lines = append([]line(nil), b.lines...)
		for j, l := range b.lines {
			b.lines[j] = expressibleLine(l, b.kind == heading)
		}
		if b.kind == quote {
			b.blocks = expressible(b.blocks)
		}
		items := make([]document, len(b.items))
		for j, it := range b.items {
			items[j] = expressible(it)
		}
		if b.items != nil {
			b.items = items
		}
		out[i] = b
	}
	return out
}

// degrees are the steps in which a line loses looks.
var degrees = []func(line) line{
	func(l line) line { return l },
	offPunctuation,
	without(italic),
	without(italic | strike),
	without(emphasis),
	func(l line) line { return unlinkLine(without(emphasis)(l)) },
	func(l line) line { return unlinkLine(without(emphasis | monospace)(l)) },
}

func expressibleLine(l line, inHeading bool) line {
	for _, degrade := range degrees {
		if d := normalLine(degrade(append(line(nil), l...))); len(d) > 0 {
			if _, ok := wayOf(d, inHeading); ok {
				return d
			}
		}
	}
	return l
}

func without(s style) func(line) line {
	return func(l line) line {
		for i := range l {
			l[i].style &^= s
		}
		return l
	}
}

func unlinkLine(l line) line {
	out := l[:0]
	for _, c := range l {
		if c.image == nil {
			c.link = nil
			out = append(out, c)
		}
	}
	return out
}

// offPunctuation takes bold, italics and strokes off the punctuation at their ends that a word follows
// or goes before: Markdown has no way to say that.
func offPunctuation(l line) line {
	for _, s := range emphases {
		for i := 0; i < len(l); {
			end := i
			for end < len(l) && l[end].style&s != 0 {
				end++
			}
			trimEnd(l, i, end, s)
			trimStart(l, i, end, s)
			i = max(end, i+1)
		}
	}
	return l
}

// trimEnd takes a style off what a run of it ends with, if a word follows.
func trimEnd(l line, from, to int, s style) {
	if to >= len(l) || !isWord(l[to].r) {
		return
	}
	for i := to - 1; i >= from && !isWord(l[i].r); i-- {
		l[i].style &^= s
	}
}

// trimStart takes a style off what a run of it begins with, if a word goes before.
func trimStart(l line, from, to int, s style) {
	if from == 0 || !isWord(l[from-1].r) {
		return
	}
	for i := from; i < to && !isWord(l[i].r); i++ {
		l[i].style &^= s
	}
}
