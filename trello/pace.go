package trello

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/transport"
)

// Trello lets pass 100 requests per token and 300 per key in any 10 seconds, and 100 in any 900 seconds below /1/members (developer.
// atlassian.com, rate limits). Ours leave something to others.
const (
	tokenRate   = 100
	defaultRate = 90
	memberRate  = 90
	rateWindow  = 10 * time.Second
	memberPause = 900 * time.Second
)

// buckets are the limits that the backends of one program share: those of one token are one bucket. It is safe for concurrent use.
type buckets struct {
	mu  sync.Mutex
	all map[string]*bucket
}

// of is the bucket of a token at a rate, which is requests in any 10 seconds.
func (b *buckets) of(token string, rate int) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := strconv.Itoa(rate) + " " + token
	if b.all[name] == nil {
		b.all[name] = newBucket(rate)
	}
	return b.all[name]
}

// bucket limits the requests of one token.
type bucket struct {
	requests *transport.Limiter
	members  *transport.Limiter // of requests below /1/members, beside the other
	pace     pace
}

// newBucket limits to so many requests in any 10 seconds. More than Trello allows means that another server is asked, which sets no such
// limits: then nothing else is held back.
func newBucket(rate int) *bucket {
	b := &bucket{requests: transport.NewLimiter(rate, rateWindow)}
	if rate <= tokenRate {
		b.members = transport.NewLimiter(memberRate, memberPause)
		b.pace.on = true
	}
	return b
}

// pace slows down before a limit is reached. Our own count knows nothing of other programs that use the same token or key; Trello's
// headers x-rate-limit-* tell what all of them left (undocumented, but on every answer that was recorded).
type pace struct {
	on    bool
	mu    sync.Mutex
	until time.Time
}

// counted are the limits whose headers are minded.
func counted() []string { return []string{"Api-Token", "Api-Key", "Member"} }

// note reads what is left. From the last tenth on requests wait the longer the less there is: a whole window when nothing is left.
func (p *pace) note(h http.Header, now time.Time) {
	if !p.on {
		return
	}
	var wait time.Duration
	for _, name := range counted() {
		wait = max(wait, waitFor(h, "X-Rate-Limit-"+name))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := now.Add(wait); wait > 0 && until.After(p.until) {
		p.until = until
	}
}

func waitFor(h http.Header, name string) time.Duration {
	most, ok1 := number(h, name+"-Max")
	left, ok2 := number(h, name+"-Remaining")
	interval, ok3 := number(h, name+"-Interval-Ms")
	reserve := most / 10
	if !ok1 || !ok2 || !ok3 || reserve <= 0 || left >= reserve {
		return 0
	}
	window := min(time.Duration(interval)*time.Millisecond, rateWindow)
	return window * time.Duration(reserve-max(0, left)) / time.Duration(reserve)
}

func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
	return n, err == nil
}

// wait sleeps until the next request may be sent. What interrupts it is told by the request itself.
func (p *pace) wait(ctx context.Context, clock backend.Clock) {
	p.mu.Lock()
	pause := p.until.Sub(clock.Now())
	p.mu.Unlock()
	if p.on && pause > 0 {
		_ = clock.Sleep(ctx, pause) // the context is done, which the request finds too
	}
}

// pauseOf is how long to leave Trello alone after a 429, which says which limit was reached and not until when: the window of that limit
// (developer.atlassian.com, rate limits; that of database time was seen in a header).
func pauseOf(body string) time.Duration {
	switch {
	case strings.Contains(body, "API_TOKEN_DB_LIMIT_EXCEEDED"):
		return time.Minute
	case strings.Contains(body, "API_TOKEN_LIMIT_EXCEEDED"), strings.Contains(body, "API_KEY_LIMIT_EXCEEDED"):
		return rateWindow
	case strings.Contains(body, "RATE_LIMIT_EXCEEDED"): // as /1/members says it
		return memberPause
	default:
		return rateWindow
	}
}
