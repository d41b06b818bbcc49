package backendtest

import (
	"context"
	"sync"
	"time"
)

// Clock is a time that moves when somebody waits, and a little whenever it is read, so that no two things happen at once. It is
// safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock gives a clock that begins on a morning in 2026.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

// Now is the time, a millisecond later with each call.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

// Sleep is over at once, and d later. Its error is the context's.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	return ctx.Err()
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
