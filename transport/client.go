// Package transport is the one way out of the program: a small HTTP client through which every
// system is reached. It adds credentials, keeps to a rate limit, repeats what may be repeated,
// and turns every failure into an *Error that says whether the request can have taken effect.
//
// It follows no redirects, keeps no cookies, and starts no goroutine of its own, so that a fake
// given as Options.Base runs on the caller's goroutine.
package transport

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// Clock is the time as the client sees it; state.Clock satisfies it.
type Clock interface {
	// Now is the current time.
	Now() time.Time
	// Sleep returns nil after d, or the context's error as soon as that is done.
	Sleep(ctx context.Context, d time.Duration) error
}

// Options are what New needs. The zero value of each field but System is a sane default.
type Options struct {
	// System is what errors call the other side: "Odoo main", "Trello".
	System string
	// Base sends one request. Default: Network("").
	Base http.RoundTripper
	// Authorize adds the credentials, to the headers only, before each try.
	Authorize func(*http.Request)
	// Secrets are texts that are blotted out wherever the other side's words are shown.
	Secrets []string
	// Codes are the system's own codes in the place of transport's, as {"CON-HTTP-401": "CON-TRELLO-401"}; what each means
	// the system's backend explains.
	Codes map[string]string
	// Limit spaces the requests out; several clients may share one. Default: no limit.
	Limit *Limiter
	// Gate bounds how many requests are under way at once; all clients of one server share one.
	// Default: no bound.
	Gate *Gate
	// Timeout is how long one try may take, the answer's body included. Default: 30 s.
	Timeout time.Duration
	// Clock measures and waits between tries. Default: the system's clock.
	Clock Clock
	// Hook is called around each try with "before request METHOD /path op" and "after request
	// METHOD /path op" (op left out where the request has none). It may panic: a crash point.
	Hook func(ctx context.Context, point string)
	// Trace is called after each try.
	Trace func(Exchange)
	// MaxBody is the largest answer taken, in bytes. Default: 128 MiB.
	MaxBody int64
	// UserAgent is the header of that name. Default: "connector".
	UserAgent string
}

// Request is what Do sends.
type Request struct {
	Method string
	URL    string
	// Op names the request in errors, traces and crash points: "project.task load". It must hold
	// no secret.
	Op     string
	Header http.Header
	Body   []byte
	// Content is sent in the place of Body; nil: Body.
	Content *Content
	// Into takes an answer's body that has a 2xx status, in the place of Response.Body; nil: that.
	Into *Into
	// Timeout is how long one try may take; 0: Options.Timeout.
	Timeout time.Duration
	// Records is how many records the request is about, for those who see it pass; 0: it is about none, or nobody knows.
	Records int
	// Idempotent says that doing it twice is doing it once, so that it may be repeated.
	Idempotent bool
}

// Response is an answer with a 2xx status, or the one that an Error carries.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Took is the time from sending the request to the end of the answer's body, without what was waited for before.
	Took time.Duration
}

// Exchange is one try for a trace. It holds no header, no body and no query, because those carry
// credentials (an XML-RPC body of Odoo's holds the password).
type Exchange struct {
	System string
	Method string
	Host   string
	Path   string
	Op     string
	Try    int // from 1
	Status int // 0 where no answer came
	Sent   int // bytes of the request's body
	Got    int // bytes of the answer's body
	Took   time.Duration
	Err    error // an *Error, or nil
}

// Client sends requests to one system. It is safe for concurrent use.
type Client struct {
	o     Options
	blots []blot
	sent  atomic.Int64
	skew  atomic.Pointer[time.Duration]
}

// New makes a client of the options.
func New(o Options) *Client {
	if o.Base == nil {
		o.Base = defaultBase()
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 128 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "connector"
	}
	return &Client{o: o, blots: newBlots(o.Secrets)}
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// System is the name that the client was made with.
func (c *Client) System() string { return c.o.System }

// Requests is how many requests were sent so far, repeated ones included; one that found nobody
// to send it to does not count.
func (c *Client) Requests() int { return int(c.sent.Load()) }

// Skew is by how much the server's clock is ahead of ours, after its last answer, to the second; known is false while no answer told
// the time (by the header Date).
func (c *Client) Skew() (ahead time.Duration, known bool) {
	if d := c.skew.Load(); d != nil {
		return *d, true
	}
	return 0, false
}

// noteSkew compares the server's clock with ours. It told the time in whole seconds, somewhere between asking and answering.
func (c *Client) noteSkew(h http.Header, asked time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	answered := c.o.Clock.Now()
	earliest, latest := date.Sub(answered), date.Add(time.Second).Sub(asked)
	var skew time.Duration
	switch {
	case earliest > 0:
		skew = earliest
	case latest < 0:
		skew = latest
	}
	skew = skew.Round(time.Second)
	c.skew.Store(&skew)
}

// Redact is text without the client's secrets and without whatever looks like a credential, on
// one line and cut to 300 characters: fit for an error.
func (c *Client) Redact(text string) string { return cut(redact(text, c.blots), maxText) }

// Do sends the request and gives the answer, which has a 2xx status; everything else is an
// *Error. A request that was never sent is repeated, and an idempotent one also after a dropped
// connection, a timeout and the statuses 429, 502, 503 and 504: at most 3 tries, at most 10 s for
// a server that cannot be reached.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	retry := c.newRetry()
	for try := 1; ; try++ {
		answer, failure := c.try(ctx, r, try)
		if failure == nil {
			return answer, nil
		}
		wait, again := retry.next(r, failure, try)
		if !again || ctx.Err() != nil {
			return nil, failure
		}
		if c.o.Clock.Sleep(ctx, wait) != nil {
			return nil, failure
		}
	}
}

// try sends the request once.
func (c *Client) try(ctx context.Context, r Request, try int) (*Response, *Error) {
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, c.unsendable(r, err)
	}
	if err := c.o.Gate.enter(ctx); err != nil {
		return nil, c.failure(r, kindOfContext(err), err)
	}
	defer c.o.Gate.leave()
	if failure := c.await(ctx, r); failure != nil {
		return nil, failure
	}
	point := pointOf(req, r.Op)
	c.hook(ctx, "before request "+point)
	start := c.o.Clock.Now()
	answer, failure := c.send(c.withDetails(ctx, r, try), req, r)
	c.trace(req, r, try, start, answer, failure)
	c.hook(ctx, "after request "+point)
	return answer, failure
}

// await waits for the request's turn under the rate limit. It comes behind the gate, or those who waited there would all begin at
// once; and the server's wish to be left alone is asked for last, because it may have come while this request waited.
func (c *Client) await(ctx context.Context, r Request) *Error {
	if err := c.o.Limit.wait(ctx, c.o.Clock); err != nil {
		return c.failure(r, kindOfContext(err), err)
	}
	if pause := c.o.Gate.closedFor(c.o.Clock.Now()); pause > 0 {
		return c.paused(r, pause)
	}
	return nil
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	req, err := newRequest(ctx, r)
	if err != nil {
		return nil, err
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	if c.o.Authorize != nil {
		c.o.Authorize(req)
	}
	return req, checkHeader(req.Header)
}

func (c *Client) hook(ctx context.Context, point string) {
	if c.o.Hook != nil {
		c.o.Hook(ctx, point)
	}
}

// pointOf is "METHOD /path", with the op behind it where there is one.
func pointOf(req *http.Request, op string) string {
	point := req.Method + " " + req.URL.EscapedPath()
	if op != "" {
		point += " " + op
	}
	return point
}

func (c *Client) trace(req *http.Request, r Request, try int, start time.Time, answer *Response, failure *Error) {
	if c.o.Trace == nil {
		return
	}
	x := Exchange{
		System: c.o.System, Method: req.Method, Host: req.URL.Host, Path: req.URL.EscapedPath(), Op: r.Op,
		Try: try, Sent: len(r.Body), Took: c.o.Clock.Now().Sub(start),
	}
	if failure != nil {
		x.Err, answer = failure, failure.Response
	}
	if answer != nil {
		x.Status, x.Got = answer.Status, len(answer.Body)
	}
	c.o.Trace(x)
}

// send makes the round trip and reads the body, both within the timeout.
func (c *Client) send(ctx context.Context, req *http.Request, r Request) (*Response, *Error) {
	limited, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, c.o.Timeout))
	defer cancel()
	req, seen := watch(limited, req)
	c.sent.Add(1)
	asked := c.o.Clock.Now()
	res, err := c.o.Base.RoundTrip(req)
	if err != nil {
		failure := c.broken(ctx, r, err, seen.reach(err, c.o.Base))
		if failure.Kind == Unreachable || failure.Kind == Rejected {
			c.sent.Add(-1)
		}
		return nil, failure
	}
	defer func() { _ = res.Body.Close() }()
	c.noteSkew(res.Header, asked)
	if r.Into != nil && res.StatusCode >= 200 && res.StatusCode < 300 {
		return c.pour(ctx, r, res, asked)
	}
	body, err := readBody(res, c.o.MaxBody)
	if err != nil {
		return nil, c.broken(ctx, r, err, reachedServer)
	}
	answer := &Response{Status: res.StatusCode, Header: res.Header, Body: body, Took: c.o.Clock.Now().Sub(asked)}
	return c.judge(r, answer)
}

// readBody reads an answer to its end, or to one byte beyond the limit. The length that the server announces saves growing
// the buffer, and is believed no further: nothing is set aside for what a wrong header promises.
func readBody(res *http.Response, limit int64) ([]byte, error) {
	var body bytes.Buffer
	if n := res.ContentLength; n > 0 {
		body.Grow(int(min(n, limit, 16<<20)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(res.Body, limit+1))
	return body.Bytes(), err
}

// judge makes an Error of every answer that is too large or not 2xx.
func (c *Client) judge(r Request, answer *Response) (*Response, *Error) {
	if int64(len(answer.Body)) > c.o.MaxBody {
		failure := c.failure(r, TooLarge, nil)
		failure.Status, failure.OutcomeUnknown = answer.Status, effective(r)
		return nil, failure
	}
	if answer.Status >= 200 && answer.Status < 300 {
		return answer, nil
	}
	return nil, c.refused(r, answer)
}
