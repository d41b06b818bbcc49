package transport

import (
	"context"
	"sync"
	"time"
)

// Gate keeps several clients from asking one server too much at a time: it lets so many requests be under way at once, and none
// begin while the server asked to be left alone (Retry-After). All clients of one server share one. A nil *Gate lets all pass.
type Gate struct {
	slots chan struct{}

	mu    sync.Mutex
	until time.Time // the server wants no request before
}

// NewGate lets n requests be under way at once, at least one.
func NewGate(n int) *Gate { return &Gate{slots: make(chan struct{}, max(1, n))} }

// enter waits for a free slot; leave must follow unless there is an error, the context's.
func (g *Gate) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil || g == nil {
		return err
	}
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *Gate) leave() {
	if g != nil {
		<-g.slots
	}
}

// close keeps the gate shut for the pause that a server asked for.
func (g *Gate) close(now time.Time, pause time.Duration) {
	if g == nil || pause <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := now.Add(pause); until.After(g.until) {
		g.until = until
	}
}

// closedFor is how long the server still wants to be left alone.
func (g *Gate) closedFor(now time.Time) time.Duration {
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.until.Sub(now))
}
