package synchronizer

import (
	"context"
	"time"
)

// Holders are workers that have jobs of a backend in hand although another process has its lock by now: they died, or cannot reach
// the database. Only the end of their leases tells that nothing they sent is under way any more.
type Holders struct {
	Jobs    int
	Workers []string      // host:pid
	Longest time.Duration // until the last lease ends
}

// holders finds them; none: Jobs is 0. A worker without a lease is no such one, for it holds a lock of its own.
func (s *Synchronizer) holders(ctx context.Context) (h Holders, err error) {
	held, err := s.queue.HeldOf(ctx, s.env.Config.Name)
	if err != nil || len(held) == 0 {
		return h, err
	}
	now, err := s.db.Now(ctx)
	for _, one := range held {
		if one.Worker.Lease.IsZero() {
			continue
		}
		h.Jobs += one.Jobs
		h.Workers = append(h.Workers, one.Worker.Process())
		h.Longest = max(h.Longest, one.Worker.Lease.Sub(now))
	}
	return h, err
}

// leaseOver is how long after the end of a lease it is looked whether it has ended.
const leaseOver = 100 * time.Millisecond

// awaitHolders waits until the leases have ended of those who have jobs of the backend in hand, and takes these back: else they keep
// the channel's slots, and the run would end with nothing done. It waits for one lease at most.
func (s *Synchronizer) awaitHolders(ctx context.Context) error {
	h, err := s.holders(ctx)
	if err != nil || h.Jobs == 0 {
		return err
	}
	s.tellHolders(h, true)
	if err := s.env.Clock.Sleep(ctx, h.Longest+leaseOver); err != nil {
		return err
	}
	return s.recoverJobs(ctx)
}

// meetHolders waits for them, or tells of them alone.
func (s *Synchronizer) meetHolders(ctx context.Context, wait bool) error {
	if wait {
		return s.awaitHolders(ctx)
	}
	h, err := s.holders(ctx)
	if h.Jobs > 0 {
		s.tellHolders(h, false)
	}
	return err
}

// tellHolders tells of them.
func (s *Synchronizer) tellHolders(h Holders, waits bool) {
	if s.witness.Held != nil {
		s.witness.Held(s.env.Config.Name, h, waits)
	}
}
