package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Standby makes a process known that lives and waits for something to do: a watch between its rounds, a worker that waits for another
// one's lock. It never has jobs in hand. On one machine it holds a kernel lock, which ends with its process. Over several it renews a
// lease that is three times as long as a worker's, so a write each minute is all that waiting costs; and on PostgreSQL it holds a
// lock of a session, too, which the server ends when the process does: the lease counts where the server doesn't hear of that.
type Standby struct {
	queue    *Queue // with the longer lease
	owner    string
	info     any
	presence *presence
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// standbyMark is in the id of who stands by, behind that of its process.
const standbyMark = "/standby"

// StandBy makes this process known until Leave. owner is that of its workers, info what is noted for people, as JSON. Rows of others
// that stood by and died are removed.
func (q *Queue) StandBy(ctx context.Context, owner string, info any) (*Standby, error) {
	patient := *q
	patient.lease *= leaseMargin
	s := &Standby{queue: &patient, owner: owner + standbyMark, info: info, presence: &presence{}}
	if s.locks() {
		if err := s.presence.takeSlot(ctx, q.db); err != nil {
			return nil, fmt.Errorf("make this process known: %w", err)
		}
	}
	if err := errors.Join(s.register(ctx), q.forgetStandbys(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("make this process known: %w", err), s.presence.release())
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if q.lease > 0 {
		s.done.Go(func() { s.keep(ctx, q.lease) })
	}
	return s, nil
}

func (s *Standby) register(ctx context.Context) error {
	return s.queue.db.Write(ctx, func(tx *state.Tx) error { return s.queue.register(ctx, tx, s.presence, s.owner, s.info) })
}

// locks tells whether a lock says that the process lives, be it alone or beside a lease.
func (s *Standby) locks() bool { return s.queue.lease == 0 || s.queue.db.Dialect() == state.PostgreSQL }

// keep renews the lease until ctx ends. One that ended meanwhile, as when the machine was asleep, is taken anew, and so is a lock that
// was lost, as when the server was started anew; a state that cannot be written is tried again the next time.
func (s *Standby) keep(ctx context.Context, every time.Duration) {
	for next := every; pauseUnless(ctx, next, s.presence.lost()); {
		next = every
		var lost *LeaseError
		switch err := s.renew(ctx); {
		case errors.As(err, &lost):
			_ = s.register(ctx)
		case err != nil:
			next = every / (10 * leaseMargin)
		}
	}
}

// renew renews the lease, once the lock is had that goes with it.
func (s *Standby) renew(ctx context.Context) error {
	select {
	case <-s.presence.lost():
		_ = s.presence.release() // there is nothing left to give back
	default:
	}
	if s.presence.lock != nil || !s.locks() {
		return s.queue.renew(ctx, s.presence)
	}
	if err := s.presence.takeSlot(ctx, s.queue.db); err != nil {
		return err
	}
	return s.queue.db.Write(ctx, func(tx *state.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM job_worker WHERE id = ?", s.presence.id); err != nil {
			return err
		}
		return s.queue.register(ctx, tx, s.presence, s.owner, s.info)
	})
}

// pauseUnless waits, but no longer than until something happens, and tells whether ctx goes on.
func pauseUnless(ctx context.Context, d time.Duration, happens <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-happens:
	}
	return true
}

// Leave says that the process ends, or stands by no more.
func (s *Standby) Leave(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	err := s.queue.db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM job_worker WHERE id = ?", s.presence.id)
		return err
	})
	return errors.Join(err, s.presence.release())
}

// StandsBy says that it is a process which waits for something to do, and no worker.
func (w WorkerInfo) StandsBy() bool { return strings.Contains(w.ID, standbyMark) }

// Process is the process that a worker, or who stands by, belongs to: host:pid.
func (w WorkerInfo) Process() string {
	process, _, _ := strings.Cut(w.ID, "/")
	return process
}

// forgetStandbys removes the rows of those who stood by and died.
func (q *Queue) forgetStandbys(ctx context.Context) error {
	list, err := q.Workers(ctx)
	if err != nil {
		return err
	}
	for _, w := range list {
		if w.Alive || !w.StandsBy() {
			continue
		}
		err := q.db.Write(ctx, func(tx *state.Tx) error {
			if still, err := stillDead(ctx, tx, w); err != nil || !still {
				return err
			}
			_, err := tx.ExecContext(ctx, "DELETE FROM job_worker WHERE id = ?", w.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
