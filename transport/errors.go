package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Kind is what went wrong, as far as the caller must tell it apart.
type Kind string

// The kinds of Error.
const (
	// Unreachable: refused, no such host, no TLS, or a proxy that does not let us pass (407). The request never came to the server.
	Unreachable Kind = "unreachable"
	// Timeout: no full answer in time.
	Timeout Kind = "timeout"
	// Cancelled: the caller's context ended.
	Cancelled Kind = "cancelled"
	// Dropped: the connection broke after the request was sent.
	Dropped Kind = "connection dropped"
	// RateLimited: status 429. The request was not carried out.
	RateLimited Kind = "rate limited"
	// Unavailable: status 502, 503 or 504.
	Unavailable Kind = "unavailable"
	// Denied: status 401 or 403.
	Denied Kind = "denied"
	// NotFound: status 404.
	NotFound Kind = "not found"
	// Rejected: any other 4xx, or a request that cannot be built or sent at all.
	Rejected Kind = "rejected"
	// ServerError: status 500, or another 5xx.
	ServerError Kind = "server error"
	// Protocol: an answer that the protocol does not allow, a redirect among them.
	Protocol Kind = "unexpected answer"
	// TooLarge: an answer beyond Options.MaxBody.
	TooLarge Kind = "answer too large"
)

// Error is any failure of Do. Its text holds no query and no credential.
type Error struct {
	System string // Options.System
	Op     string // Request.Op, or the method and the path
	Kind   Kind
	Status int    // 0 where no answer came
	Text   string // the first line of what the other side said, redacted and cut; often empty
	// Location is scheme, host and path of a redirect's target.
	Location string
	// OutcomeUnknown says that the request can have taken effect although it failed. Always false
	// for GET and HEAD.
	OutcomeUnknown bool
	// RetryAfter is the pause that the other side asked for, 0 where it did not.
	RetryAfter time.Duration
	// Response is the whole answer where one came, for callers that know its format. It can hold
	// anything: do not print it.
	Response *Response
	// Err is the cause. Its text is not redacted: do not print it.
	Err error

	cause   string // Err's text, redacted
	hint    string // in the place of the kind's
	lasting bool   // another try within seconds makes no sense
	code    string // in the place of the kind's

	own map[string]string // the system's codes, by transport's
}

// Error is one line: system, operation, what failed and why, what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", e.System, e.Op, e.Kind)
	if d := e.Detail(); d != "" {
		fmt.Fprintf(&b, " (%s)", d)
	}
	if e.OutcomeUnknown {
		b.WriteString("; whether it took effect is unknown")
	}
	if h := e.Hint(); h != "" {
		b.WriteString("; " + h)
	}
	return b.String()
}

// Detail is why it failed: status, what the other side said, the cause. Redacted, often empty.
func (e *Error) Detail() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, "HTTP "+strconv.Itoa(e.Status))
	}
	for _, s := range []string{e.Text, e.cause} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Location != "" {
		parts = append(parts, "redirects to "+pathOf(e.Location))
	}
	return strings.Join(parts, ": ")
}

// Remedy is the hint where the cause itself is known (a certificate, a proxy, a wrong scheme, a redirect to another address), ""
// where Hint goes by the kind alone: for callers that know their protocol better than that.
func (e *Error) Remedy() string { return e.hint }

// Hint says what to do next.
func (e *Error) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	switch e.Kind {
	case Unreachable:
		return hintNetwork
	case RateLimited, Unavailable:
		return e.hintOfPause()
	case Timeout, Dropped, ServerError:
		return "try again later"
	case Denied:
		return "check the credentials and the rights of the user"
	case Protocol, NotFound:
		return "check the URL"
	case Rejected:
		return "correct the record, or what the configuration says"
	case TooLarge:
		return "ask for fewer records at a time"
	default:
		return ""
	}
}

// hintOfPause says when to come back, as the other side told it.
func (e *Error) hintOfPause() string {
	switch {
	case e.RetryAfter > 0:
		return "try again after " + e.RetryAfter.String()
	case e.Kind == RateLimited:
		return "try again later, and run less at a time"
	default:
		return "try again later"
	}
}

// Unwrap is the cause, so that errors.Is finds context.Canceled and the like.
func (e *Error) Unwrap() error { return e.Err }

// Sealed says that the causes below are not for print; what may be said of them is in Detail.
func (*Error) Sealed() {}

// Outage reports whether the failure is the other side's as a whole, not of this one request: it
// cannot be reached, is overloaded, or takes our credentials no more (401).
func (e *Error) Outage() bool {
	switch e.Kind {
	case Unreachable, Timeout, Dropped, RateLimited, Unavailable:
		return true
	case Denied:
		return e.Status == http.StatusUnauthorized
	default:
		return false
	}
}

// failure starts an Error.
func (c *Client) failure(r Request, kind Kind, err error) *Error {
	op := r.Op
	if op == "" {
		op = r.Method + " " + pathOf(r.URL)
	}
	e := &Error{System: c.o.System, Op: op, Kind: kind, Err: err, own: c.o.Codes}
	if err != nil {
		e.cause = c.Redact(causeText(err))
	}
	return e
}

// causeText is the error's text without the URL that a *url.Error, and the address that a *net.OpError, puts before it.
func causeText(err error) string {
	var network *net.OpError
	var u *url.Error
	switch {
	case errors.As(err, &network):
		return network.Op + ": " + network.Err.Error()
	case errors.As(err, &u):
		return u.Err.Error()
	default:
		return err.Error()
	}
}

// pathOf is the path of a URL, without its query; "" for a URL that cannot be read.
func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// effective reports whether sending the request can change anything.
func effective(r Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != ""
}

// broken makes the Error of a round trip that ended without a whole answer.
func (c *Client) broken(ctx context.Context, r Request, err error, far reach) *Error {
	kind := kindOfBroken(ctx, err, far)
	e := c.failure(r, kind, err)
	e.OutcomeUnknown = far == reachedServer && effective(r)
	switch {
	case kind == Timeout:
		e.cause = "no answer within " + c.o.Timeout.String()
	case kind == Unreachable:
		why := reasonOf(err)
		e.cause, e.hint, e.lasting, e.code = c.Redact(why.text), why.hint, why.lasting, why.code
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.cause = "the answer was cut off"
	case errors.Is(err, io.EOF):
		e.cause = "the connection was closed without an answer"
	}
	return e
}

// unsendable is the Error of a request that cannot be built.
func (c *Client) unsendable(r Request, err error) *Error {
	e := c.failure(r, Rejected, err)
	var header *headerError
	if errors.As(err, &header) {
		e.hint = header.hint()
	}
	return e
}

// paused is the Error of a request that is not sent because the server asked to be left alone.
func (c *Client) paused(r Request, pause time.Duration) *Error {
	e := c.failure(r, RateLimited, nil)
	e.cause, e.RetryAfter = "the server asked for a pause", max(time.Second, pause.Round(time.Second))
	return e
}

func kindOfBroken(ctx context.Context, err error, far reach) Kind {
	var timeout interface{ Timeout() bool }
	switch {
	case ctx.Err() != nil:
		return kindOfContext(ctx.Err())
	case far == reachedNobody:
		return Unreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Timeout
	case far == reachedNothing:
		return Rejected
	default:
		return Dropped
	}
}

func kindOfContext(err error) Kind {
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout
	}
	return Cancelled
}

// refused makes the Error of an answer that is not 2xx.
func (c *Client) refused(r Request, answer *Response) *Error {
	e := c.failure(r, kindOfStatus(answer.Status), nil)
	e.Status, e.Response = answer.Status, answer
	e.Text = c.Redact(message(answer))
	e.OutcomeUnknown = answer.Status >= 500 && effective(r)
	now := c.o.Clock.Now()
	e.RetryAfter = retryAfter(answer.Header, now)
	c.o.Gate.close(now, e.RetryAfter)
	switch {
	case wantsHTTPS(answer):
		e.Kind, e.Text, e.lasting = Unreachable, "the server speaks HTTPS on this port", true
		e.code, e.hint = codeTLS, "write the URL with https://"
	case answer.Status == http.StatusProxyAuthRequired: // as where the way through it is a tunnel, for https
		e.Kind, e.Text, e.code, e.hint, e.lasting = Unreachable, "the proxy refuses", codeProxy, hintProxy, true
	case answer.Status/100 == 3:
		e.Location = target(r.URL, answer.Header.Get("Location"))
		e.hint = redirectHint(r.URL, e.Location)
	}
	return e
}

// redirectHint says what a redirect wants, "" where it leads to another page of the same server.
func redirectHint(from, to string) string {
	a, err := url.Parse(from)
	if err != nil {
		return ""
	}
	b, err := url.Parse(to)
	switch {
	case err != nil || b.Host == "":
		return ""
	case a.Hostname() == b.Hostname() && a.Scheme == "http" && b.Scheme == "https":
		return "write the URL with https://"
	case a.Host != b.Host:
		return "if that is the right server, write its address, " + b.Scheme + "://" + b.Host + ", as the URL"
	default:
		return ""
	}
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Denied
	case status == http.StatusNotFound:
		return NotFound
	case status == 502, status == 503, status == 504:
		return Unavailable
	case status >= 500:
		return ServerError
	case status >= 400:
		return Rejected
	default:
		return Protocol
	}
}

// target is where a redirect leads, without user and query.
func target(from, location string) string {
	base, err := url.Parse(from)
	if err != nil {
		return ""
	}
	to, err := base.Parse(location)
	if err != nil || location == "" {
		return ""
	}
	return (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
}

// retryAfter reads the header of that name: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.Atoi(v); err == nil {
		return max(0, time.Duration(min(seconds, 86400))*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
