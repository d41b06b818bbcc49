package state

import (
	"context"
	"time"
)

// Clock tells the time and waits. Everything in the connector that depends on time takes one, so that a simulation can
// let hours pass in a moment.
type Clock interface {
	// Now gives the current instant.
	Now() time.Time
	// Sleep waits for d, or less when ctx ends first; then it returns ctx's error. A d of zero or less doesn't wait.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock gives the clock of the machine. A Clock that wraps it can say so by a method Machine() bool, as this one
// has; only one that doesn't is asked for the time of transactions on PostgreSQL.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func isMachine(c Clock) bool {
	m, ok := c.(interface{ Machine() bool })
	return ok && m.Machine()
}

func (systemClock) Machine() bool { return true }

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Micros gives an instant as it is stored: microseconds since 1970 in UTC; 0 stands for no instant at all.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros gives back what [Micros] stored, in UTC; 0 is the zero time.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
