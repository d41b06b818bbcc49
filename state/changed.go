package state

import (
	"context"
	"sync"
	"time"
)

// pollInterval is how often SQLite is asked whether another process wrote. One question takes some 10 microseconds, so an
// idle program spends a twenty-thousandth of a processor on it.
const pollInterval = 250 * time.Millisecond

// Notify asks that those who wait for topic (see [DB.Changed]) are woken as soon as this transaction is committed, in
// every process. A transaction that is rolled back wakes nobody.
func (t *Tx) Notify(topic string) { t.topics = append(t.topics, topic) }

// Changed gives a channel that is sent to whenever a transaction that asked for it by [Tx.Notify] of this topic was
// committed: at once where this DB wrote it, and within a quarter of a second or so where another process did. Several
// commits may come as one. It is also sent to without such a commit: at the beginning, since what came just before
// cannot be told apart, and on SQLite after whatever another process wrote. So who waits looks first, then waits,
// then looks again. The channel is closed when ctx ends; after [DB.Close] nothing is sent any more.
//
// It costs next to nothing while nothing happens, and takes its time from the machine, whatever Options.Clock says.
func (db *DB) Changed(ctx context.Context, topic string) <-chan struct{} {
	w := &waiter{topic: topic, wake: make(chan struct{}, 1)}
	db.signals.add(ctx, w, func(ctx context.Context) { db.engine.watch(ctx, db) })
	context.AfterFunc(ctx, func() { db.signals.remove(w) })
	return w.wake
}

// signals are those who wait for changes, and the goroutine that looks out for those of other processes while there is
// anybody to tell.
type signals struct {
	mu       sync.Mutex
	waiters  map[*waiter]bool
	stop     context.CancelFunc // ends the look-out; nil while there is none
	watching bool               // the look-out has begun to see
	lookouts sync.WaitGroup
	closed   bool
}

type waiter struct {
	topic string
	wake  chan struct{}
}

// add lets w take part. watch looks out for other processes until its context ends.
func (s *signals) add(ctx context.Context, w *waiter, watch func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiters == nil {
		s.waiters = map[*waiter]bool{}
	}
	s.waiters[w] = true
	if s.closed {
		return
	}
	if s.stop != nil {
		if s.watching {
			w.send() // otherwise the look-out does, once it sees
		}
		return
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it may outlive the first who waits
	s.stop = stop
	s.lookouts.Go(func() { watch(ctx) })
}

func (s *signals) remove(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiters, w)
	close(w.wake)
	if len(s.waiters) == 0 && s.stop != nil {
		s.stop()
		s.stop, s.watching = nil, false
	}
}

// send wakes those who wait for one of the topics.
func (s *signals) send(topics ...string) {
	if len(topics) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.waiters {
		for _, topic := range topics {
			if topic == w.topic {
				w.send()
			}
		}
	}
}

// sendAll wakes everybody: something may have happened, and nobody knows what. A look-out does so at its beginning.
func (s *signals) sendAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watching = true
	for w := range s.waiters {
		w.send()
	}
}

// send leaves a signal that is still waiting to be taken as it is.
func (w *waiter) send() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close ends the look-out for good and waits for its end.
func (s *signals) close() {
	s.mu.Lock()
	s.closed = true
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.mu.Unlock()
	s.lookouts.Wait()
}
