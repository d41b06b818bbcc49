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
// one's lock. It never has jobs in hand. On one machine it holds a kernel lock, which ends with its process; over several it renews a
// lease that is three times as long as a worker's, so a write each minute is all that waiting costs.
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
	if q.lease == 0 {
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

// keep renews the lease until ctx ends. One that ended meanwhile, as when the machine was asleep, is taken anew; a state that cannot be
// written is tried again the next time.
func (s *Standby) keep(ctx context.Context, every time.Duration) {
	for pause(ctx, every) {
		var lost *LeaseError
		if err := s.queue.renew(ctx, s.presence); errors.As(err, &lost) {
			_ = s.register(ctx)
		}
	}
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
