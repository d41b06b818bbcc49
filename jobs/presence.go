package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/odoo-connector/connector/state"
)

// presence is how others know that a worker lives. On one machine it holds a kernel lock, which ends with its process. Over
// several it has a lease, which it renews; when it cannot, it stops its work before the lease ends.
type presence struct {
	id   string // as its jobs name it
	slot int
	lock state.Held         // nil: it lives by its lease
	stop context.CancelFunc // ends the renewals
	done sync.WaitGroup
}

// WithLease lets workers live by a lease of this length instead of a kernel lock: for a state that several machines share.
// A lease is renewed after a third of its time. Zero goes back to the lock. On PostgreSQL a lease of a minute is the default.
func WithLease(length time.Duration) Option { return func(q *Queue) { q.lease = length } }

// leaseMargin is the part of a lease at whose end a worker that couldn't renew it has stopped: what it sent outside is over
// before another worker has its jobs.
const leaseMargin = 3

// Enlist makes the worker known to others although it has nothing in hand. Otherwise Run and Work do so when they claim their
// first job; they take it back at their end.
func (w *Worker) Enlist(ctx context.Context) error { return w.enlist(ctx) }

// enlist makes the worker known to the others, once.
func (w *Worker) enlist(ctx context.Context) error {
	if w.presence != nil {
		return nil
	}
	p := &presence{}
	if w.queue.lease == 0 {
		if err := p.takeSlot(ctx, w.queue.db); err != nil {
			return fmt.Errorf("make this worker known: %w", err)
		}
	}
	begun := time.Now()
	if err := w.queue.db.Write(ctx, func(tx *state.Tx) error { return w.queue.register(ctx, tx, p, w.owner, w.options.Info) }); err != nil {
		return errors.Join(fmt.Errorf("make this worker known: %w", err), p.release())
	}
	w.presence = p
	if w.queue.lease > 0 {
		w.keepLease(ctx, p, begun)
	}
	return nil
}

// takeSlot takes the first kernel lock that no other worker of this machine holds.
func (p *presence) takeSlot(ctx context.Context, db *state.DB) error {
	for n := 1; ; n++ {
		lock, err := db.Lock(ctx, slotName(n))
		var locked *state.LockedError
		if errors.As(err, &locked) {
			continue
		}
		if err != nil {
			return err
		}
		p.slot, p.lock = n, lock
		return nil
	}
}

func slotName(n int) string { return "worker-" + strconv.Itoa(n) }

func (p *presence) release() error {
	if p.lock == nil {
		return nil
	}
	lock := p.lock
	p.lock = nil
	return lock.Release()
}

// lost is closed when the lock is lost; nil where there is none, or it cannot be.
func (p *presence) lost() <-chan struct{} {
	if p.lock == nil {
		return nil
	}
	return p.lock.Lost()
}

// register writes the worker's row. Whoever had its slot or its name before is dead: its jobs are taken back.
func (q *Queue) register(ctx context.Context, tx *state.Tx, p *presence, owner string, info any) error {
	others, err := readWorkers(ctx, tx)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, o := range others {
		if p.slot > 0 && o.slot == p.slot {
			if _, err := q.bury(ctx, tx, o.ID); err != nil {
				return err
			}
			continue
		}
		used[o.ID] = true
	}
	p.id = owner
	for n := 2; used[p.id]; n++ { // several workers of one process
		p.id = fmt.Sprintf("%s/%d", owner, n)
	}
	text, err := json.Marshal(info)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO job_worker (id, slot, started, heartbeat, lease, info) VALUES (?,?,?,?,?,?)",
		p.id, p.slot, state.Micros(tx.Now()), state.Micros(tx.Now()), q.leaseFrom(tx.Now()), string(text))
	return err
}

func (q *Queue) leaseFrom(now time.Time) int64 {
	if q.lease == 0 {
		return 0
	}
	return state.Micros(now.Add(q.lease))
}

// leave says that the worker has nothing in hand any more. What is in its hands all the same, as after a claim whose commit
// nobody confirmed, goes back into the line.
func (w *Worker) leave(ctx context.Context) error {
	p := w.presence
	if p == nil {
		return nil
	}
	w.presence = nil
	if p.stop != nil {
		p.stop()
		p.done.Wait()
	}
	err := w.queue.db.Write(ctx, func(tx *state.Tx) error {
		left, err := selectJobs(ctx, tx, "SELECT "+columns+" FROM job WHERE state = 'started' AND worker = ? ORDER BY id", p.id)
		if err == nil {
			err = w.queue.giveBackIn(ctx, tx, left, false)
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM job_worker WHERE id = ? AND NOT EXISTS (SELECT 1 FROM job WHERE state = 'started' AND worker = ?)",
			p.id, p.id)
		return err
	})
	return errors.Join(err, p.release())
}

// WorkerInfo describes a worker that others may see.
type WorkerInfo struct {
	ID        string
	Started   time.Time
	Heartbeat time.Time // when it last said that it lives; by a kernel lock: when it started
	Lease     time.Time // until when it is taken for alive, at most where it holds a lock as well; zero: it holds a kernel lock
	Info      json.RawMessage
	Alive     bool
	slot      int
}

// Workers gives the workers that have, or had when they died, jobs in hand, and who stands by (see [Queue.StandBy]).
func (q *Queue) Workers(ctx context.Context) ([]WorkerInfo, error) {
	list, err := readWorkers(ctx, q.db.Read())
	if err != nil {
		return nil, fmt.Errorf("read the workers: %w", q.db.Explain(err))
	}
	now, err := q.db.Now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the workers: %w", err)
	}
	for i := range list {
		list[i].Alive = q.alive(ctx, list[i], now)
	}
	return list, nil
}

func readWorkers(ctx context.Context, from state.Querier) (list []WorkerInfo, err error) {
	err = each(ctx, from, "SELECT id, slot, started, heartbeat, lease, info FROM job_worker ORDER BY id", nil, func(rows scanner) error {
		var w WorkerInfo
		var started, heartbeat, lease int64
		var info string
		err := rows.Scan(&w.ID, &w.slot, &started, &heartbeat, &lease, &info)
		w.Started, w.Heartbeat, w.Lease = state.FromMicros(started), state.FromMicros(heartbeat), state.FromMicros(lease)
		w.Info = json.RawMessage(info)
		list = append(list, w)
		return err
	})
	return list, err
}

// alive tells whether a worker may still have its jobs in hand.
func (q *Queue) alive(ctx context.Context, w WorkerInfo, now time.Time) bool {
	if w.slot == 0 || !w.Lease.IsZero() && !w.Lease.After(now) {
		return w.Lease.After(now)
	}
	if q.db.Dialect() == state.PostgreSQL { // who looks needs no connection of its own
		held, err := q.db.Holder(ctx, slotName(w.slot))
		return held != nil || err != nil
	}
	lock, err := q.db.Lock(ctx, slotName(w.slot))
	if err != nil {
		return true // it holds it, or nobody can tell
	}
	_ = lock.Release() // it was free: the worker is dead
	return false
}

// bury takes back the jobs of a worker that died, gives their number and forgets it. Its process stands by no more; one that lives all
// the same says so again (see Standby.keep).
func (q *Queue) bury(ctx context.Context, tx *state.Tx, worker string) (int, error) {
	n, err := q.takeBack(ctx, tx, "worker = ?", worker)
	if err != nil {
		return 0, err
	}
	process := WorkerInfo{ID: worker}.Process()
	_, err = tx.ExecContext(ctx, "DELETE FROM job_worker WHERE id = ? OR (id = ? AND lease > 0)", worker, process+standbyMark)
	return n, err
}

// RecoverDead takes back the jobs of all workers that died, and gives their names and the number of the jobs. Anybody may call
// it at any time.
func (q *Queue) RecoverDead(ctx context.Context) (dead []string, count int, err error) {
	list, err := q.Workers(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, w := range list {
		if w.Alive {
			continue
		}
		err := q.db.Write(ctx, func(tx *state.Tx) error {
			if still, err := stillDead(ctx, tx, w); err != nil || !still {
				return err
			}
			n, err := q.bury(ctx, tx, w.ID)
			dead, count = append(dead, w.ID), count+n
			return err
		})
		if err != nil {
			return dead, count, fmt.Errorf("take back the jobs of %s: %w", w.ID, err)
		}
	}
	return dead, count, nil
}

// stillDead makes sure, now that nobody else writes, that the worker of this name is the one that was found dead.
func stillDead(ctx context.Context, tx *state.Tx, w WorkerInfo) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM job_worker WHERE id = ? AND started = ? AND lease = ?",
		w.ID, state.Micros(w.Started), state.Micros(w.Lease)).Scan(&n)
	return n > 0, err
}

// keepLease renews the lease until the worker leaves. When it ends unrenewed, the slices in hand are stopped some time before,
// however long a renewal takes that goes on then.
func (w *Worker) keepLease(ctx context.Context, p *presence, renewed time.Time) {
	ctx, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.done.Go(func() {
		next := w.queue.lease / leaseMargin
		for pause(ctx, next) {
			begun := time.Now()
			err := w.renewBefore(ctx, p, renewed.Add(w.queue.lease*(leaseMargin-1)/leaseMargin))
			var lost *LeaseError
			switch {
			case err == nil:
				renewed, next = begun, w.queue.lease/leaseMargin
			case ctx.Err() != nil:
				return
			case errors.As(err, &lost):
				w.lose(err)
				return
			default:
				next = w.queue.lease / (10 * leaseMargin)
			}
		}
	})
}

// renewBefore renews the lease. A *LeaseError: it is lost, or was not renewed until late. A process that was stopped until
// then has a moment to find out whether it is lost.
func (w *Worker) renewBefore(ctx context.Context, p *presence, late time.Time) error {
	done := make(chan error, 1)
	p.done.Go(func() { done <- w.queue.renew(ctx, p) })
	timer := time.NewTimer(max(time.Until(late), w.queue.lease/(10*leaseMargin)))
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil && !time.Now().Before(late) {
			err = errors.Join(&LeaseError{Worker: p.id}, err)
		}
		return err
	case <-timer.C:
		return &LeaseError{Worker: p.id}
	case <-ctx.Done():
		return ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// LeaseError says that a worker was taken for dead: its lease ended before it renewed it, or its lock was another's. Its jobs
// are others' now.
type LeaseError struct{ Worker string }

// Error names the worker.
func (e *LeaseError) Error() string {
	return fmt.Sprintf("worker %s was taken for dead, as its lease ended before it was renewed or the file of its lock is gone; "+
		"its jobs were given to others", e.Worker)
}

func (q *Queue) renew(ctx context.Context, p *presence) error {
	ctx, cancel := context.WithTimeout(ctx, q.lease/leaseMargin)
	defer cancel()
	return q.db.Write(ctx, func(tx *state.Tx) error {
		now := tx.Now()
		res, err := tx.ExecContext(ctx, "UPDATE job_worker SET heartbeat = ?, lease = ? WHERE id = ? AND lease > ?",
			state.Micros(now), q.leaseFrom(now), p.id, state.Micros(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, &LeaseError{Worker: p.id})
		}
		return nil
	})
}

// setOnLost sets what is done when the lease is lost.
func (w *Worker) setOnLost(do func(error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onLost = do
}

// lose stops the worker's slices: their jobs are another's.
func (w *Worker) lose(err error) {
	w.notice(Notice{Kind: LeaseLost, Err: err})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.onLost != nil {
		w.onLost(err)
	}
}

func (w *Worker) notice(n Notice) {
	if w.options.Notice != nil {
		w.options.Notice(n)
	}
}
