package odoo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// Content is a file that goes to Odoo without being held in memory.
type Content struct {
	Size int64 // in bytes
	// Open begins it anew, for each try.
	Open func() (io.ReadCloser, error)
}

// placeholder stands in a call's arguments for a content, until the request's body is cut in two there.
const placeholder = "@the-content-of-a-file-goes-here@"

// LoadContent creates one record as LoadRecords does, whose binary field holds the content. Odoo takes base64
// in load as in create, and bodies up to 128 MB (seen on 16 to 19); it is made while it is sent.
func (s *Session) LoadContent(ctx context.Context, model string, r NewRecord, field string, content Content) LoadResult {
	fields, err := s.FieldsGet(ctx, model)
	if err != nil {
		return LoadResult{Err: err}
	}
	if _, ok := fields[field]; !ok {
		return LoadResult{Err: s.unknownField(model, "load", field)}
	}
	columns, cells, err := s.loadRow(model, fields, r)
	if err != nil {
		return LoadResult{Err: err}
	}
	b := &loading{
		session: s.WithContext(map[string]any{"tz": "UTC", "noupdate": true, "active_test": false}).WithContext(leavesAlone), model: model,
		fields: append(columns, field), rows: [][]string{append(cells, placeholder)}, results: make([]LoadResult, 1),
		options: []CallOption{func(c *call) { c.content = &content }},
	}
	b.part(ctx, 0, 1)
	return b.results[0]
}

// perByte is the time that a byte of a file may take on its way: 100 kB/s.
const perByte = 10 * time.Microsecond

// withContent cuts a request's body at the placeholder and puts the content there, as base64.
func withContent(r transport.Request, c *Content) (transport.Request, error) {
	at := bytes.LastIndex(r.Body, []byte(placeholder))
	if at < 0 {
		return r, errors.New("the request has no place for the content")
	}
	before, after := r.Body[:at], r.Body[at+len(placeholder):]
	r.Body = nil
	r.Timeout = 30*time.Second + time.Duration(c.Size)*perByte
	r.Content = &transport.Content{
		Length: int64(len(before)) + base64Length(c.Size) + int64(len(after)),
		Open: func() (io.ReadCloser, error) {
			content, err := c.Open()
			if err != nil {
				return nil, err
			}
			return struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(before), &base64Reader{from: content}, bytes.NewReader(after)), content}, nil
		},
	}
	return r, nil
}

func base64Length(n int64) int64 { return (n + 2) / 3 * 4 }

// base64Reader gives what it reads as base64.
type base64Reader struct {
	from  io.Reader
	ready []byte
	done  bool
	raw   [3 * 4096]byte
	coded [4 * 4096]byte
}

// Read implements io.Reader.
func (r *base64Reader) Read(b []byte) (int, error) {
	if len(r.ready) == 0 {
		if r.done {
			return 0, io.EOF
		}
		n, err := io.ReadFull(r.from, r.raw[:])
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			r.done = true
		case err != nil:
			return 0, err
		}
		base64.StdEncoding.Encode(r.coded[:], r.raw[:n])
		r.ready = r.coded[:base64.StdEncoding.EncodedLen(n)]
		if len(r.ready) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(b, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}
