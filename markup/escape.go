package markup

import "strings"

// escapes reports that a character needs a backslash.
func (w *lineWriter) escapes(i int, open cell) bool {
	r := w.cells[i].r
	if !isMark(r) {
		return false
	}
	if !w.plain || w.beginsBlock(i) {
		return true
	}
	switch r {
	case '*', '_', '~', '`':
		return w.marksStyle(i)
	case '[', ']', '!', '<':
		return w.marksLink(i, open)
	case '\\':
		after := w.at(i + 1)
		return after < 0 || isMark(after) || !sameLook(w.cells[i], w.cells[i+1])
	case '&':
		return beginsEntity(w.source[w.offsets[i]:])
	case '#':
		return w.inHeading && w.offsets[i] == len(strings.TrimRight(w.source, "#"))
	default:
		return false
	}
}

// marksStyle reports that a character could begin or end a style.
func (w *lineWriter) marksStyle(i int) bool {
	before, after := w.at(i-1), w.at(i+1)
	switch w.cells[i].r {
	case '*':
		return !isSpace(before) || !isSpace(after)
	case '_':
		return !w.isLone(i)
	case '~':
		return before == '~' || after == '~'
	default:
		return true
	}
}

// marksLink reports that a character could begin or end a link.
func (w *lineWriter) marksLink(i int, open cell) bool {
	switch w.cells[i].r {
	case '[':
		return open.link != nil
	case ']':
		return open.link != nil || w.at(i+1) == '('
	case '!':
		return i+1 < len(w.cells) && !same(w.cells[i].link, w.cells[i+1].link)
	default:
		return w.beginsAutoLink(i)
	}
}

// at is the character at a place, -1 outside of the line.
func (w *lineWriter) at(i int) rune {
	if i < 0 || i >= len(w.cells) {
		return -1
	}
	return w.cells[i].r
}

// isLone reports that an underscore stands inside of a word or between blanks, where it means nothing.
func (w *lineWriter) isLone(i int) bool {
	from, to := i, i
	for w.at(from) == '_' {
		from--
	}
	for w.at(to) == '_' {
		to++
	}
	before, after := w.at(from), w.at(to)
	return (isWord(before) && isWord(after)) || (isSpace(before) && isSpace(after))
}

// beginsAutoLink reports that an address in angle brackets begins at a character.
func (w *lineWriter) beginsAutoLink(i int) bool {
	inside := w.source[w.offsets[i]+1:]
	end := strings.IndexAny(inside, "<> ")
	return end > 0 && inside[end] == '>' && autoLink.MatchString(inside[:end])
}

// beginsBlock reports that a character at the line's beginning would make something else of it.
func (w *lineWriter) beginsBlock(i int) bool {
	if w.inHeading || i > 9 {
		return false
	}
	if i == 0 {
		return beginsBlock.MatchString(w.source)
	}
	if r := w.cells[i].r; r != '.' && r != ')' {
		return false
	}
	found := beginsItem.FindString(w.source)
	return strings.TrimRight(found, " ") != "" && len(strings.TrimRight(found, " ")) == i+1
}
