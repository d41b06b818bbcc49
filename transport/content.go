package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Content is a request's body that is not held in memory.
type Content struct {
	Length int64 // in bytes; it is announced
	// Open begins it anew, for each try.
	Open func() (io.ReadCloser, error)
}

// Into is where an answer's body goes that is not held in memory.
type Into struct {
	// Open begins it anew, for each try.
	Open func() (io.Writer, error)
	// Limit is the largest body that is taken, in bytes, whatever length the other side announces. A larger one is an *Error of the
	// kind TooLarge, and what was written until then is of no use.
	Limit int64
}

// contentRequest is newRequest for a body that is read while it is sent.
func contentRequest(ctx context.Context, r Request) (*http.Request, error) {
	body, err := r.Content.Open()
	if err != nil {
		return nil, err
	}
	if r.Content.Length == 0 {
		return http.NewRequestWithContext(ctx, r.Method, r.URL, http.NoBody)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, body)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	req.ContentLength, req.GetBody = r.Content.Length, r.Content.Open
	return req, nil
}

// pour writes an answer's body to where it belongs.
func (c *Client) pour(ctx context.Context, r Request, res *http.Response, asked time.Time) (*Response, *Error) {
	w, err := r.Into.Open()
	if err != nil {
		return nil, c.unsendable(r, err)
	}
	if res.ContentLength > r.Into.Limit {
		return nil, c.tooLarge(r, res)
	}
	sink := &sink{to: w}
	n, err := io.Copy(sink, io.LimitReader(res.Body, r.Into.Limit+1))
	switch {
	case sink.err != nil:
		return nil, c.unsendable(r, sink.err)
	case err != nil:
		return nil, c.broken(ctx, r, err, reachedServer)
	case n > r.Into.Limit:
		return nil, c.tooLarge(r, res)
	case res.ContentLength >= 0 && n != res.ContentLength:
		return nil, c.broken(ctx, r, io.ErrUnexpectedEOF, reachedServer)
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Took: c.o.Clock.Now().Sub(asked)}, nil
}

func (c *Client) tooLarge(r Request, res *http.Response) *Error {
	failure := c.failure(r, TooLarge, nil)
	failure.Status, failure.OutcomeUnknown = res.StatusCode, effective(r)
	return failure
}

// sink tells its own errors from those of what is read.
type sink struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.err = err
	return n, err
}
