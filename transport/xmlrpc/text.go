package xmlrpc

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Eight bytes of one kind, to look at eight bytes of text at once.
const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	spaces = ' ' * ones
	tags   = '<' * ones
	ands   = '&' * ones
)

// plain counts the bytes that b begins with and that stand for themselves: up to
// a <, a &, a \r, a control character or what is not ASCII.
func plain(b []byte) int {
	i := 0
	for i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		tag, and := v^tags, v^ands
		// Below, the high bit of a byte is set if it is less than a space, a < or
		// a & (or, above the first such byte, by mistake), or not ASCII.
		m := ((v-spaces)&^v | (tag-ones)&^tag | (and-ones)&^and | v) & highs
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) / 8
		if c := b[i]; c != '\n' && c != '\t' {
			return i
		}
		i++
	}
	for ; i < len(b); i++ {
		if c := b[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' || c == '<' || c == '&' {
			break
		}
	}
	return i
}

// text reads up to the next tag. What was read is d.held() until the next call
// of Next; escapes in it are undone where they stand.
func (d *Decoder) text() error {
	d.mark = d.pos
	i := d.pos + plain(d.buf[d.pos:])
	if i < len(d.buf) && d.buf[i] == '<' {
		d.pos, d.end = i, i
		return nil
	}
	d.pos, d.end = i, i
	for {
		done, err := d.textStep()
		if done || err != nil {
			return err
		}
	}
}

// held is the text in hand.
func (d *Decoder) held() []byte { return d.buf[d.mark:d.end] }

// textStep takes one run of plain text, or one byte that is more than it looks,
// from d.pos to d.end. It is done before a tag.
func (d *Decoder) textStep() (done bool, err error) {
	if n := plain(d.buf[d.pos:]); n > 0 {
		if d.end != d.pos {
			copy(d.buf[d.end:], d.buf[d.pos:d.pos+n])
		}
		d.pos, d.end = d.pos+n, d.end+n
	}
	if d.pos == len(d.buf) {
		return false, d.more(insideText)
	}
	switch c := d.buf[d.pos]; {
	case c == '<':
		return true, nil
	case c == '&':
		return false, d.entity()
	case c == '\r':
		return false, d.lineEnd()
	case c >= utf8.RuneSelf:
		return false, d.runes()
	default:
		return false, d.forbidden(rune(c), d.pos)
	}
}

// lineEnd makes \r\n and a lone \r one \n, as XML has it.
func (d *Decoder) lineEnd() error {
	if d.pos+1 == len(d.buf) {
		if err := d.more(insideText); err != nil {
			return err
		}
	}
	d.pos++
	if d.buf[d.pos] == '\n' {
		return nil // it is taken next
	}
	d.buf[d.end] = '\n'
	d.end++
	return nil
}

// runes takes the characters beyond ASCII that come next.
func (d *Decoder) runes() error {
	for d.pos < len(d.buf) && d.buf[d.pos] >= utf8.RuneSelf {
		if !utf8.FullRune(d.buf[d.pos:]) {
			return d.more(insideText)
		}
		r, n := utf8.DecodeRune(d.buf[d.pos:])
		switch {
		case r == utf8.RuneError && n == 1:
			return d.badf(d.pos, "it is no valid UTF-8 at byte %d", d.offset(d.pos))
		case d.ascii:
			return d.badf(d.pos, "it calls itself us-ascii and is not at byte %d", d.offset(d.pos))
		case !allowed(r):
			return d.forbidden(r, d.pos)
		}
		d.end += copy(d.buf[d.end:], d.buf[d.pos:d.pos+n])
		d.pos += n
	}
	return nil
}

// allowed reports whether XML may hold the character.
func allowed(r rune) bool {
	return r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r'
}

// forbidden is a character that no XML can hold. U+FFFE in a stored text does
// that to each answer with it (seen on Odoo 18).
func (d *Decoder) forbidden(r rune, at int) error {
	return d.badf(at, "a text in it holds the character U+%04X at byte %d, which XML forbids; remove it from the record", r, d.offset(at))
}

// maxEntity is how long a reference may be, as &#x10FFFF; with room for zeros.
const maxEntity = 32

// entity takes the reference that comes next.
func (d *Decoder) entity() error {
	at := d.offset(d.pos)
	semicolon := -1
	for {
		window := d.buf[d.pos:min(len(d.buf), d.pos+maxEntity)]
		if semicolon = bytes.IndexByte(window, ';'); semicolon >= 0 || len(window) == maxEntity {
			break
		}
		if err := d.more(insideText); err != nil {
			return err
		}
	}
	if semicolon < 0 {
		return d.badf(d.pos, "a text in it holds a & at byte %d that is no character reference", at)
	}
	r, known := character(d.buf[d.pos+1 : d.pos+semicolon])
	switch {
	case !known:
		return d.badf(d.pos, "a text in it holds a reference at byte %d that XML-RPC does not know", at)
	case !allowed(r):
		return d.forbidden(r, d.pos)
	}
	d.pos += semicolon + 1
	d.end += utf8.EncodeRune(d.buf[d.end:d.pos], r)
	return nil
}

// character gives the character of a reference, written without & and ;.
func character(name []byte) (r rune, known bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
