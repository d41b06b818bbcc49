package cmd

import (
	"fmt"
	"io"
	"strings"
)

// bar is a line at the bottom of a terminal that lines are written above. A nil one is none. The console's lock is held around all it
// does.
type bar struct {
	out     io.Writer          // the terminal
	columns func() int         // of the terminal, as it is now
	text    func(n int) string // what it shows, in at most n columns; "" for nothing
	width   int                // of what is shown; 0: nothing is
	within  bool               // a line is being written: the bar waits for its end
}

// erase takes the bar away. Where the terminal became narrower it has broken the bar into several lines.
func (b *bar) erase() {
	if b == nil || b.width == 0 {
		return
	}
	up := ""
	if rows := (b.width - 1) / max(1, b.columns()); rows > 0 {
		up = fmt.Sprintf("\x1b[%dA", rows)
	}
	_, _ = io.WriteString(b.out, "\r"+up+"\x1b[J")
	b.width = 0
}

// after puts the bar below what was written.
func (b *bar) after(written []byte) {
	if b == nil || len(written) == 0 {
		return
	}
	b.within = written[len(written)-1] != '\n'
	b.draw()
}

// draw shows the bar as it is now. The last column stays free, or terminals would begin a line.
func (b *bar) draw() {
	if b == nil || b.within {
		return
	}
	b.erase()
	text := b.text(b.columns() - 1)
	if text == "" {
		return
	}
	_, _ = io.WriteString(b.out, text)
	b.width = widthOf(text)
}

// meter is a bar of so many columns that is filled as far as done is part of total.
func meter(done, total, columns int) string {
	full := min(done, total) * columns / max(1, total)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", columns-full) + "]"
}
