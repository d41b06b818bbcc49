package main

import (
	"context"
	"errors"
	"time"
)

// pruner is a store that deletes jobs that ended long ago.
type pruner interface {
	claimer
	// endLongAgo lets all jobs that wait have ended 40 days ago, and counts them.
	endLongAgo(ctx context.Context) (ended int, err error)
	// prune deletes them.
	prune(ctx context.Context) (deleted int, err error)
}

// waits are how long claims took during something.
type waits struct {
	took []time.Duration
	work
}

// over counts the claims that took longer.
func (w waits) over(limit time.Duration) (n int) {
	for _, took := range w.took {
		if took > limit {
			n++
		}
	}
	return n
}

// measurePruning claims jobs without a pause while others are deleted: by this process, and by another one.
func measurePruning(ctx context.Context, b *bench) error {
	n := b.scaled(1_000_000, 2000)
	b.printf("%s jobs that ended are deleted while others are claimed and completed, one after the other.\n\n", count(float64(n)))
	t := table{head: []string{"peer", "meanwhile", "deleted/s", "claims", "a claim, median", "99 %", "longest", "over 50 ms"}}
	for _, p := range everywhere(b.peers) {
		err := b.with(ctx, p, 1, func(s store, at place) error {
			pruning, ok := s.(pruner)
			if !ok {
				return nil
			}
			return b.pruneTwice(ctx, p, s, pruning, at, n, &t)
		})
		if err != nil {
			return err
		}
	}
	b.print(t)
	return nil
}

func (b *bench) pruneTwice(ctx context.Context, p peer, s store, pruning pruner, at place, n int, t *table) error {
	inThis := func() (int, error) { return pruning.prune(ctx) }
	inAnother := func() (int, error) {
		u, err := b.send(ctx, p, at, errand{Prune: true})
		return u.Deleted, err
	}
	nothing := func() (int, error) {
		time.Sleep(max(time.Duration(float64(5*time.Second)*min(b.scale, 1)), time.Second))
		return 0, nil
	}
	for _, part := range []struct {
		name string
		old  int // jobs that ended long ago
		do   func() (int, error)
	}{{"nothing", 0, nothing}, {"pruning in this process", n / 2, inThis}, {"pruning in another process", n / 2, inAnother}} {
		old, err := makeOld(ctx, s, pruning, part.old)
		if err != nil {
			return err
		}
		w, err := claimsDuring(ctx, s, pruning, part.do)
		if err == nil && w.deleted != old {
			err = errors.New(count(float64(w.deleted)) + " jobs deleted instead of " + count(float64(old)))
		}
		if err != nil {
			return err
		}
		t.add(p.name, part.name, count(float64(w.deleted)/w.elapsed.Seconds()), count(float64(len(w.took))), micros(median(w.took)),
			micros(quantile(w.took, 0.99)), micros(quantile(w.took, 1)), count(float64(w.over(50*time.Millisecond))))
	}
	return nil
}

// numbers that no other jobs of the scenario have.
const oldFrom, newFrom = 10_000_000, 20_000_000

func makeOld(ctx context.Context, s store, pruning pruner, n int) (int, error) {
	if n == 0 {
		return 0, nil
	}
	if err := s.enqueue(ctx, oldFrom, n, 1000); err != nil {
		return 0, err
	}
	return pruning.endLongAgo(ctx)
}

// work is what ended while jobs were claimed.
type work struct {
	elapsed time.Duration
	deleted int
	err     error
}

// claimsDuring claims jobs until fn returns. New ones are put in as they run out.
func claimsDuring(ctx context.Context, s store, c claimer, fn func() (int, error)) (waits, error) {
	done, start := make(chan work, 1), time.Now()
	go func() {
		deleted, err := fn()
		done <- work{time.Since(start), deleted, err}
	}()
	var took []time.Duration
	for {
		select {
		case w := <-done:
			return waits{took, w}, w.err
		default:
		}
		one, err := nextClaim(ctx, s, c, len(took))
		if err != nil {
			w := <-done
			return waits{took, w}, errors.Join(err, w.err)
		}
		took = append(took, one)
	}
}

// nextClaim times a claim, and puts a thousand jobs in before each thousandth.
func nextClaim(ctx context.Context, s store, c claimer, before int) (time.Duration, error) {
	if before%1000 == 0 {
		if err := s.enqueue(ctx, newFrom+before, 1000, 1000); err != nil {
			return 0, err
		}
	}
	return c.claimOne(ctx)
}
