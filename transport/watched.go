package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Watcher is who sees all requests that pass.
type Watcher struct {
	// Keep is how many bytes of each body are kept to be seen; 0: none.
	Keep int
	// Now is the clock. Default: the system's.
	Now func() time.Time
	// Tell is told of each request when its answer was read to the end or given up; maybe by several goroutines at a time.
	Tell func(Seen)
}

// Seen is one request on its way and what came of it. It holds secrets: Entry is without them.
type Seen struct {
	// System, Op, Try and Records are what the Client said of the request: "Odoo main", "project.task load", the how many-th try, and how
	// many records it is about. They are empty for what no Client sent.
	System, Op   string
	Try, Records int
	Request      *http.Request
	Response     *http.Response // nil where no answer came
	Sent, Got    []byte         // the beginnings of the bodies
	SentSize     int64          // in bytes; -1: not known
	GotSize      int64          // in bytes, as far as it was read
	Started      time.Time
	Waited       time.Duration // until the answer began
	Took         time.Duration // in all
	Err          error         // why there is no answer, or why its body broke off
	blots        []blot
	keep         int
}

// Watched passes requests on to base and lets a watcher see them. Neither requests nor answers are changed by it.
func Watched(base http.RoundTripper, w Watcher) http.RoundTripper {
	if w.Now == nil {
		w.Now = time.Now
	}
	return &watched{base: base, watcher: w}
}

type watched struct {
	base    http.RoundTripper
	watcher Watcher
}

// Unwrap is what requests are passed on to.
func (t *watched) Unwrap() http.RoundTripper { return t.base }

// overlap is how much more of a body is kept than is shown, so that a secret at the cut is seen whole.
const overlap = 4096

// RoundTrip implements http.RoundTripper.
func (t *watched) RoundTrip(req *http.Request) (*http.Response, error) {
	seen := Seen{Request: req, SentSize: req.ContentLength, Started: t.watcher.Now(), keep: t.watcher.Keep}
	if d, ok := req.Context().Value(detailsKey{}).(details); ok {
		seen.System, seen.Op, seen.Try, seen.Records, seen.blots = d.system, d.op, d.try, d.records, d.blots
	}
	seen.Sent = t.sent(req)
	res, err := t.base.RoundTrip(req)
	seen.Waited = t.watcher.Now().Sub(seen.Started)
	if err != nil {
		seen.Took, seen.Err = seen.Waited, err
		t.watcher.Tell(seen)
		return res, err
	}
	seen.Response = res
	told := *res
	told.Body = &watchedBody{ReadCloser: res.Body, watched: t, seen: seen}
	return &told, nil
}

// sent is the beginning of a request's body, which is opened once more for it.
func (t *watched) sent(req *http.Request) []byte {
	if t.watcher.Keep <= 0 || req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil // the request will fail for it
	}
	defer func() { _ = body.Close() }()
	start, _ := io.ReadAll(io.LimitReader(body, int64(t.watcher.Keep+overlap)))
	return start
}

// watchedBody is an answer's body whose end is told.
type watchedBody struct {
	io.ReadCloser
	watched *watched
	seen    Seen
	kept    bytes.Buffer
	told    sync.Once
}

// Read reads on.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.seen.GotSize += int64(n)
	if keep := b.watched.watcher.Keep; keep > 0 {
		if room := keep + overlap - b.kept.Len(); room > 0 {
			b.kept.Write(p[:min(n, room)])
		}
	}
	if err != nil && err != io.EOF {
		b.seen.Err = err
	}
	return n, err
}

// Close ends the reading.
func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.told.Do(func() {
		b.seen.Took = b.watched.watcher.Now().Sub(b.seen.Started)
		b.seen.Got = b.kept.Bytes()
		b.watched.watcher.Tell(b.seen)
	})
	return err
}

// details are what a client says of a request to those that pass it on.
type details struct {
	system, op   string
	try, records int
	blots        []blot
}

type detailsKey struct{}

func (c *Client) withDetails(ctx context.Context, r Request, try int) context.Context {
	return context.WithValue(ctx, detailsKey{}, details{c.o.System, r.Op, try, r.Records, c.blots})
}
