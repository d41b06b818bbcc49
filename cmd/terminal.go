package cmd

import (
	"io"
	"strings"
	"syscall"
	"unicode"
	"unsafe"

	"golang.org/x/text/width"
)

// terminal tells whether a person sits at the other end of a stream, and how many columns there are. Where nobody says how
// many, there are 80.
func terminal(stream any) (columns int, is bool) {
	f := fileOf(stream)
	if f == nil {
		return 0, false
	}
	var size struct{ rows, columns, x, y uint16 }
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ,
		uintptr(unsafe.Pointer(&size))) //nolint:gosec // that is how the kernel gives a terminal's size
	if failed != 0 {
		return 0, false
	}
	if size.columns == 0 {
		return screen, true
	}
	return int(size.columns), true
}

// columnsOf is how many columns what a command prints may take; 0: as many as it likes, since a program reads it.
func (a *app) columnsOf() int {
	columns, _ := terminal(a.out)
	return columns
}

// widthOf is how many columns of a terminal a text takes: two for the wide characters of East Asia and for pictures, none for
// what is put on top of another character, nor for colours.
func widthOf(s string) (n int) {
	for _, r := range undressed(s) {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x7f:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// cutCell is cut for a cell of a table, which keeps its colour if it has one for all of it.
func cutCell(cell string, n int) string {
	if codes := dressing.FindAllString(cell, -1); len(codes) == 2 && strings.HasPrefix(cell, codes[0]) && strings.HasSuffix(cell, codes[1]) {
		return codes[0] + cut(undressed(cell), n) + codes[1]
	}
	return cut(undressed(cell), n)
}

// cut shortens a text to one line of at most n columns.
func cut(s string, n int) string {
	s = plain(s)
	if widthOf(s) <= n {
		return s
	}
	taken := 0
	for i, r := range s {
		if taken += runeWidth(r); taken > n-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// plain makes one line of a text, without what would move a terminal's cursor.
func plain(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

func pad(s string, columns int) string { return s + strings.Repeat(" ", max(0, columns-widthOf(s))) }

// table writes rows in columns; the first row is the head.
func table(out io.Writer, rows [][]string) error {
	_, err := io.WriteString(out, strings.Join(layOut(rows, 0), ""))
	return err
}

// gap is what divides columns.
const gap = 2

// narrowest is what a column that gives way keeps, at least.
const narrowest = 8

// layOut gives the lines of rows in columns. Where there are more columns of text than fit into the screen (0: any number
// fits), those of the given numbers give way, the widest first; one that is named twice gives way twice as much. Where that
// isn't enough all others do so, too, but for the first.
func layOut(rows [][]string, screen int, yielding ...int) []string {
	var widths []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], widthOf(cell))
		}
	}
	yield(widths, screen, yielding)
	lines := make([]string, len(rows))
	for n, r := range rows {
		var b strings.Builder
		for i, cell := range r {
			if widthOf(cell) > widths[i] {
				cell = cutCell(cell, widths[i])
			}
			b.WriteString(pad(cell, widths[i]+gap))
		}
		lines[n] = strings.TrimRight(b.String(), " ") + "\n"
	}
	return lines
}

// yield takes columns from the widest of those that give way until all fit.
func yield(widths []int, screen int, yielding []int) {
	if screen <= 0 {
		return
	}
	over := gap * (len(widths) - 1)
	weights := make([]int, len(widths))
	for _, i := range yielding {
		if i < len(weights) {
			weights[i]++
		}
	}
	for _, w := range widths {
		over += w
	}
	over = shrink(widths, weights, over-screen)
	for i := range weights[min(1, len(weights)):] {
		weights[i+1] = 1
	}
	shrink(widths, weights, over)
}

// shrink takes so many columns from those that have a weight, and gives how many it could not take.
func shrink(widths, weights []int, over int) int {
	for ; over > 0; over-- {
		widest := -1
		for i, weight := range weights {
			if weight > 0 && widths[i] > narrowest && (widest < 0 || widths[i]*weight > widths[widest]*weights[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return over
		}
		widths[widest]--
	}
	return 0
}

// wrapped writes a text behind a head, in lines of the screen's columns, those after the first below the text. 0 columns:
// one line. A word that is longer than a line is left to the terminal, so that it can be copied whole.
func wrapped(b *strings.Builder, head, text string, screen int) {
	room := screen - widthOf(head)
	if text = plain(text); screen <= 0 || room < narrowest || widthOf(text) <= room {
		b.WriteString(head + text + "\n")
		return
	}
	line := ""
	flush := func() {
		b.WriteString(strings.TrimRight(head+line, " ") + "\n")
		head, line = strings.Repeat(" ", widthOf(head)), ""
	}
	for word := range strings.FieldsSeq(text) {
		if line != "" && widthOf(line)+1+widthOf(word) > room {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}

// plainLine is a line of text without what would move a terminal's cursor, but with its blanks.
func plainLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, s)
}
