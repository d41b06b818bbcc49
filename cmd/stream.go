package cmd

import (
	"io"
	"os"
	"sync"
)

// console is what the streams of one start of the program share: the lines of both, and the bar of progress at their end, never
// get into each other.
type console struct {
	mu  sync.Mutex
	bar *bar      // at the bottom of the terminal; nil: none
	ear io.Writer // hears what is written to either; nil: nobody
}

// stream is stdout or stderr.
type stream struct {
	io.Writer
	console *console
}

func (c *console) stream(to io.Writer) *stream { return &stream{Writer: to, console: c} }

// hear lets somebody have what is written from now on.
func (c *console) hear(ear io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ear = ear
}

// show puts a bar at the bottom of a terminal.
func (c *console) show(on io.Writer, text func(columns int) string) *bar {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bar = &bar{out: fileOf(on), text: text, columns: func() int {
		columns, _ := terminal(on)
		return columns
	}}
	return c.bar
}

// draw shows the bar as it is now.
func (c *console) draw() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bar.draw()
}

// hide takes the bar away for good.
func (c *console) hide() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bar.erase()
	c.bar = nil
}

// Write writes whole lines above the bar.
func (s *stream) Write(p []byte) (int, error) {
	s.console.mu.Lock()
	defer s.console.mu.Unlock()
	if s.console.ear != nil {
		_, _ = s.console.ear.Write(p) // into memory
	}
	s.console.bar.erase()
	n, err := s.Writer.Write(p)
	s.console.bar.after(p)
	return n, err
}

// Unwrap is the stream below.
func (s *stream) Unwrap() io.Writer { return s.Writer }

// fileOf is the file that a stream ends in, nil for none.
func fileOf(w any) *os.File {
	for {
		switch one := w.(type) {
		case *os.File:
			return one
		case interface{ Unwrap() io.Writer }:
			w = one.Unwrap()
		default:
			return nil
		}
	}
}
