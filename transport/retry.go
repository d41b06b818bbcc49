package transport

import "time"

const (
	tries = 3
	// unreachableBudget bounds the tries to reach a server at all, so that a refused connection or
	// a failed name look-up ends within 10 s.
	unreachableBudget = 9 * time.Second
	// longestWait is the longest pause within one Do. A server that asks for more gets its
	// request back at another time: the Error carries RetryAfter.
	longestWait = 15 * time.Second
)

// retry decides whether and when one request is sent again.
type retry struct {
	clock  Clock
	window time.Duration // of the rate limit; 0 without one
	start  time.Time     // of the first try
	last   time.Time     // end of the last pause
}

func (c *Client) newRetry() *retry {
	now := c.o.Clock.Now()
	return &retry{clock: c.o.Clock, window: c.o.Limit.window(), start: now, last: now}
}

// next is the pause before the try after the given one (1, 2, …), or false to give up.
func (t *retry) next(r Request, e *Error, try int) (time.Duration, bool) {
	if try >= tries || !mayRepeat(r, e) {
		return 0, false
	}
	wait := t.pause(e, try)
	now := t.clock.Now()
	took := now.Sub(t.last)
	if e.Kind == Unreachable && now.Sub(t.start)+wait+took > unreachableBudget {
		return 0, false
	}
	t.last = now.Add(wait)
	return wait, wait <= longestWait
}

// mayRepeat: what was not sent always, an idempotent request also where the next try may fare
// better.
func mayRepeat(r Request, e *Error) bool {
	switch e.Kind {
	case Unreachable:
		return !e.lasting
	case RateLimited:
		return r.Idempotent || e.Status == 0 // without a status it was held back here
	case Dropped, Timeout, Unavailable:
		return r.Idempotent
	default:
		return false
	}
}

// pause is 1 s, then 2 s, or what the server asks for. Without a word from the server a rate limit
// is waited for as long as our own window is (Trello sends no Retry-After).
func (t *retry) pause(e *Error, try int) time.Duration {
	wait := time.Duration(try) * time.Second
	if e.Kind == RateLimited {
		wait = max(wait, t.window)
	}
	if e.RetryAfter > 0 {
		wait = e.RetryAfter
	}
	return wait
}
