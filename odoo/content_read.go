package odoo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/stream"
)

// ReadContent writes the content of a record's binary field and gives its size. It is decoded while it comes, so that no file is held
// in memory; open begins what it is written to anew, for each try. A record that is not there is an *Error of the kind MissingError.
func (s *Session) ReadContent(ctx context.Context, model string, id int64, field string, open func() (io.Writer, error)) (size int64, err error) {
	kw := map[string]any{"context": map[string]any{"bin_size": false}} // else Odoo tells the size alone (captures/odoo19/json2_attachment_read_bin_size)
	c := s.callFor(model, "read", []any{[]int64{id}, []any{field}}, kw, []CallOption{Read()})
	c.into = &contentSink{open: open, marks: [][]byte{
		[]byte("<name>" + field + "</name>\n<value><string>"), []byte(`"` + field + `": "`),
	}}
	found := false
	err = s.exchange(ctx, c, func(r stream.Reader) (err error) {
		found, err = contentIn(r, field, c.into)
		return err
	})
	if err == nil && !found {
		err = s.fail(c, MissingError, "the record is not there", hintMissing)
	}
	return c.into.size, err
}

// longestContent is the largest answer that is read: more than a server of Odoo sends in its time.
const longestContent = 4 << 30

// patience is how long a content may take on its way here.
const patience = 10 * time.Minute

// withSink lets the answer of a request go to the call's sink.
func withSink(r transport.Request, c *contentSink) transport.Request {
	r.Into, r.Timeout = &transport.Into{Open: c.reset, Limit: longestContent}, patience
	return r
}

// contentIn finds the field in what is left of an answer of read: its text, which is empty where the sink took it.
func contentIn(r stream.Reader, field string, into *contentSink) (found bool, err error) {
	inField := false
	for {
		t, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return found, err
		case t.Kind == stream.Name:
			inField = string(t.Text) == field
			continue
		case inField && t.Kind == stream.Text && len(t.Text) > 0: // in another form than the marks'
			if _, err := into.content.Write(t.Text); err != nil {
				return true, err
			}
		}
		if found = found || inField; inField {
			if err := into.content.end(); err != nil {
				return true, err
			}
		}
		inField = false
	}
}

// contentSink takes an answer apart while it comes: the base64 of one field is decoded, all else is kept.
type contentSink struct {
	open  func() (io.Writer, error)
	marks [][]byte // what stands before the base64, in each protocol

	rest    bytes.Buffer
	content base64Writer
	within  bool
	taken   bool
	size    int64
}

func (c *contentSink) reset() (io.Writer, error) {
	w, err := c.open()
	c.rest.Reset()
	c.within, c.taken, c.size = false, false, 0
	c.content = base64Writer{to: w, size: &c.size}
	return c, err
}

// Write implements io.Writer.
func (c *contentSink) Write(b []byte) (int, error) {
	n := len(b)
	if !c.within && !c.taken {
		b = c.seek(b)
	}
	if c.within {
		end := bytes.IndexAny(b, `<"`)
		if end < 0 {
			end = len(b)
		} else {
			c.within, c.taken = false, true
		}
		if _, err := c.content.Write(b[:end]); err != nil {
			return 0, err
		}
		b = b[end:]
	}
	c.rest.Write(b)
	return n, nil
}

// seek keeps what comes up to a mark and gives what follows it, which is nothing while there is none.
func (c *contentSink) seek(b []byte) (after []byte) {
	before := c.rest.Len()
	c.rest.Write(b)
	for _, mark := range c.marks {
		from := max(0, before-len(mark))
		at := bytes.Index(c.rest.Bytes()[from:], mark)
		if at < 0 {
			continue
		}
		begin := from + at + len(mark)
		after = bytes.Clone(c.rest.Bytes()[begin:])
		c.rest.Truncate(begin)
		c.within = true
		return after
	}
	return nil
}

// base64Writer decodes what is written to it.
type base64Writer struct {
	to   io.Writer
	size *int64
	left [4]byte // of a group that is not whole yet
	n    int
	out  []byte
}

// Write implements io.Writer.
func (w *base64Writer) Write(b []byte) (int, error) {
	total := len(b)
	for w.n > 0 && len(b) > 0 {
		w.left[w.n] = b[0]
		b = b[1:]
		if w.n++; w.n == len(w.left) {
			w.n = 0
			if err := w.decode(w.left[:]); err != nil {
				return 0, err
			}
		}
	}
	whole := len(b) / 4 * 4
	if err := w.decode(b[:whole]); err != nil {
		return 0, err
	}
	w.n += copy(w.left[w.n:], b[whole:])
	return total, nil
}

func (w *base64Writer) decode(b []byte) error {
	if need := base64.StdEncoding.DecodedLen(len(b)); len(w.out) < need {
		w.out = make([]byte, need)
	}
	n, err := base64.StdEncoding.Decode(w.out, b)
	if err != nil {
		return &valueError{errors.New("it holds no base64")}
	}
	*w.size += int64(n)
	_, err = w.to.Write(w.out[:n])
	return err
}

// end says that nothing more comes.
func (w *base64Writer) end() error {
	if w.n != 0 {
		return &valueError{errors.New("its base64 breaks off")}
	}
	return nil
}
