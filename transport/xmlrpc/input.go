package xmlrpc

import (
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// bufferSize is what is read at once. It grows only where one text is longer.
	bufferSize = 32 << 10
	// lookahead is what the quick paths want to see: the longest tags that stand
	// together in an answer of Odoo, and a short text between them.
	lookahead = 256
	// maxTag is how long a tag may be; the protocol's longest has 20 bytes.
	maxTag = 1024
)

// input is the window that slides over the answer.
type input struct {
	src io.Reader
	buf []byte // what was read and is still looked at
	pos int    // the next byte in buf
	// mark is where the text in hand begins, or -1: fill keeps buf from there on.
	mark   int
	end    int   // where the text in hand ends, if mark is set
	before int64 // bytes of the answer before buf
	err    error // why no more can be read, io.EOF at the end
}

// offset is where in the answer buf[i] stands, counted from 0.
func (in *input) offset(i int) int64 { return in.before + int64(i) }

// fill reads at least one byte more behind buf, and moves buf's contents to its
// beginning: pos, mark and end move along, all other indexes are void.
func (in *input) fill() error {
	if in.err != nil {
		return in.err
	}
	in.slide()
	if cap(in.buf)-len(in.buf) < lookahead {
		grown := make([]byte, len(in.buf), max(bufferSize, 2*cap(in.buf)))
		copy(grown, in.buf)
		in.buf = grown
	}
	for range 100 {
		n, err := in.src.Read(in.buf[len(in.buf):cap(in.buf)])
		in.buf = in.buf[:len(in.buf)+n]
		if err != nil {
			in.err = in.broken(err)
		}
		switch {
		case n > 0:
			return nil
		case err != nil:
			return in.err
		}
	}
	in.err = in.broken(io.ErrNoProgress)
	return in.err
}

// slide drops what is behind.
func (in *input) slide() {
	from := in.pos
	if in.mark >= 0 {
		from = in.mark
		in.mark, in.end = 0, in.end-from
	}
	if from == 0 {
		return
	}
	n := copy(in.buf, in.buf[from:])
	in.buf, in.pos, in.before = in.buf[:n], in.pos-from, in.before+int64(from)
}

// broken keeps io.EOF as it is and says of another error how far the answer came.
func (in *input) broken(err error) error {
	if err == io.EOF { //nolint:errorlint // a Reader ends with it bare; an error that wraps it is another.
		return io.EOF
	}
	return fmt.Errorf("cannot read the answer after %d bytes: %w", in.offset(len(in.buf)), err)
}

// latin1 reads ISO-8859-1 and gives UTF-8.
type latin1 struct {
	src io.Reader
	buf [4096]byte
}

// Read fills p with the UTF-8 of at most half as many bytes.
func (l *latin1) Read(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	n, err := l.src.Read(l.buf[:min(len(p)/2, len(l.buf))])
	return len(appendLatin1(p[:0], l.buf[:n])), err //nolint:wrapcheck // a reader in a reader: io.EOF must stay itself.
}

// appendLatin1 appends the UTF-8 of ISO-8859-1 to dst.
func appendLatin1(dst, text []byte) []byte {
	for _, c := range text {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, 0xC0|c>>6, 0x80|c&0x3F)
	}
	return dst
}
