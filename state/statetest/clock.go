package statetest

import (
	"context"
	"sync"
	"time"
)

// Clock is a state.Clock that stands still until somebody sleeps: it jumps for them, so that hours pass in a moment. The zero
// value stands at the zero time.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock gives a clock that stands at an instant.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now gives the instant at which the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep lets d pass at once; nothing where it is below zero. The error is ctx's.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return ctx.Err()
}
