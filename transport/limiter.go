package transport

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

// Limiter keeps a client, or several that share it, from sending too many requests. A nil
// *Limiter limits nothing.
type Limiter struct {
	bucket *rate.Limiter
	width  time.Duration
}

// NewLimiter lets at most n requests pass in any stretch of the given window: a token bucket that
// holds a third of them (at least one) and refills at the rate of the rest. For Trello: 90 in 10 s,
// a burst of 30, then 6 a second.
func NewLimiter(n int, window time.Duration) *Limiter {
	burst := max(1, n/3)
	perSecond := float64(max(1, n-burst)) / window.Seconds()
	return &Limiter{bucket: rate.NewLimiter(rate.Limit(perSecond), burst), width: window}
}

// PerSecond lets so many requests begin a second, evenly: 0.5 is one in two seconds. What is not above 0 is no limit, a nil *Limiter.
func PerSecond(n float64) *Limiter {
	if n <= 0 {
		return nil
	}
	return &Limiter{bucket: rate.NewLimiter(rate.Limit(n), 1), width: time.Duration(float64(time.Second) / n)}
}

// window is the stretch of time that the limiter counts in.
func (l *Limiter) window() time.Duration {
	if l == nil {
		return 0
	}
	return l.width
}

// wait takes a token, sleeping on the clock until it is there. An interrupted wait gives it back.
func (l *Limiter) wait(ctx context.Context, clock Clock) error {
	if err := ctx.Err(); err != nil || l == nil {
		return err
	}
	now := clock.Now()
	token := l.bucket.ReserveN(now, 1)
	delay := token.DelayFrom(now)
	if delay <= 0 {
		return nil
	}
	if err := clock.Sleep(ctx, delay); err != nil {
		token.CancelAt(clock.Now())
		return err
	}
	return nil
}
