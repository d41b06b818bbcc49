package markup

import "strings"

// formatted is the length, in characters, up to which Markdown is read as such: twice what Trello takes.
// What is longer can come from Odoo only and go nowhere; its words are kept, its looks are not.
const formatted = 2 * Limit

// maxMarkers is how many signs of quotes and lists one line may begin with. More is no text that anyone
// wrote, and is taken as words.
const maxMarkers = 100

// settle is the Markdown of a document and the document that it reads back as, which is the given one but
// for looks that Markdown cannot express. lost says in words for people what these are, "" for none.
func settle(d document) (text string, settled document, lost string) {
	if text = writeDocument(d, false); Length(text) <= formatted {
		if equalDocuments(readMarkdown(text), d) {
			return text, d, ""
		}
		expressed := expressible(d)
		text = writeDocument(expressed, true)
		if equalDocuments(read(text), expressed) {
			return text, expressed, unless(equalDocuments(expressed, d), lostLooks)
		}
	}
	words := normal(wordsOf(d))
	if text = writeDocument(words, false); Length(text) <= formatted {
		words = expressible(words)
		text = writeDocument(words, true)
		if equalDocuments(read(text), words) {
			return text, words, unless(equalDocuments(words, d), lostLooks)
		}
	}
	words = unlinkedWords(words)
	return writeDocument(words, false), words, unless(isWords(d), lostInLength)
}

func unless(kept bool, lost string) string {
	if kept {
		return ""
	}
	return lost
}

// isWords reports that a document has no looks but bare addresses.
func isWords(d document) bool {
	for _, b := range d {
		if b.kind != paragraph {
			return false
		}
		for _, l := range b.lines {
			w := lineWriter{cells: l, bare: make([]bool, len(l))}
			w.findBare()
			for i, c := range l {
				if c.style != 0 || c.image != nil || (c.link != nil && !w.bare[i]) {
					return false
				}
			}
		}
	}
	return true
}

// read reads Markdown, or its words alone where it is too long to be Trello's.
func read(text string) document {
	if Length(text) > formatted {
		return unlinkedWords(normal(words(text)))
	}
	return readMarkdown(text)
}

// words are the lines of a long text without looks.
func words(text string) document {
	d := literal(text)
	for i := range d {
		for j, l := range d[i].lines {
			d[i].lines[j] = styled(unescape(l.plainText()), cell{})
		}
	}
	return d
}

// literal is a text as paragraphs of what is written.
func literal(text string) document {
	var b block
	for l := range strings.SplitSeq(text, "\n") {
		b.lines = append(b.lines, styled(l, cell{}))
	}
	return document{b}
}

// wordsOf are the paragraphs of a document without looks and without being parts of anything.
func wordsOf(d document) document {
	var out document
	for _, b := range d {
		switch b.kind {
		case code:
			out = append(out, literal(b.text)...)
		case quote:
			out = append(out, wordsOf(b.blocks)...)
		case list:
			for _, it := range b.items {
				out = append(out, wordsOf(it)...)
			}
		case rule:
		default:
			out = append(out, block{kind: paragraph, lines: plainLines(b.lines)})
		}
	}
	return out
}

func unlinkedWords(d document) document {
	out := make(document, len(d))
	for i, b := range d {
		out[i] = block{kind: paragraph, lines: plainLines(b.lines)}
	}
	return out
}

func plainLines(lines []line) []line {
	out := make([]line, len(lines))
	for i, l := range lines {
		for _, c := range l {
			if c.image == nil {
				out[i] = append(out[i], cell{r: c.r})
			}
		}
	}
	return out
}

// tooDeep reports that a line begins with more signs of quotes and lists than anyone writes.
func tooDeep(source string) bool {
	for l := range strings.SplitSeq(source, "\n") {
		if len(l) > 2*maxMarkers && markers(l) > maxMarkers {
			return true
		}
	}
	return false
}

// markers counts the signs of quotes and lists that a line begins with, up to some more than maxMarkers.
func markers(l string) int {
	count, digits := 0, 0
	for i := 0; i < len(l) && count <= maxMarkers; i++ {
		switch c := l[i]; {
		case c == '>':
			count++
		case c == ' ' || c == '\t' || c == '\r':
		case c >= '0' && c <= '9' && digits < 9:
			digits++
			continue
		case strings.IndexByte("-+*.)", c) >= 0 && (i+1 == len(l) || strings.IndexByte(" \t\r", l[i+1]) >= 0):
			count++
		default:
			return count
		}
		digits = 0
	}
	return count
}
