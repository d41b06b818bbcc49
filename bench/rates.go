package main

import (
	"context"
	"fmt"
	"time"
)

// scenario is one comparison.
type scenario struct {
	name, title string
	run         func(ctx context.Context, b *bench) error
}

func scenarios() []scenario {
	return []scenario{
		{"enqueue", "Enqueue one by one, a transaction each", rate{"enqueue", 1000, 100, 1, false, enqueueBy(1)}.measure},
		{"batch", "Enqueue 1,000 a transaction", rate{"batch", 30_000, 2000, 1, false, enqueueBy(1000)}.measure},
		{"single", "Run jobs that do nothing, one by one", rate{"single", 600, 100, 1, true, runWith(1)}.measure},
		{"many", "Run jobs that do nothing, 100 at once", rate{"many", 6000, 500, concurrentLanes, true, runWith(100)}.measure},
		{"claim", "Claim with many jobs waiting", measureClaims},
		{"memory", "Memory of a worker with many jobs waiting", measureMemory},
		{"prune", "Prune while jobs run", measurePruning},
		{"idle", "Processor time of a worker that waits", measureIdle},
	}
}

func scenarioNames() (names []string) {
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// rate is a scenario that counts jobs per second.
type rate struct {
	name     string
	n, least int  // number of jobs, and how few a scale may make of it
	lanes    int  // as of a place
	runs     bool // it runs jobs
	do       func(ctx context.Context, s store, n int) (prepare, measured func() error)
}

func enqueueBy(batch int) func(context.Context, store, int) (func() error, func() error) {
	return func(ctx context.Context, s store, n int) (prepare, measured func() error) {
		return nil, func() error { return s.enqueue(ctx, 0, n, batch) }
	}
}

func runWith(atOnce int) func(context.Context, store, int) (func() error, func() error) {
	return func(ctx context.Context, s store, n int) (prepare, measured func() error) {
		return func() error { return s.enqueue(ctx, 0, n, 1000) }, func() error { return s.run(ctx, n, atOnce) }
	}
}

// measure lets all peers have a turn in each run.
func (r rate) measure(ctx context.Context, b *bench) error {
	n, peers := b.scaled(r.n, r.least), everywhere(b.peers)
	if r.runs {
		peers = b.peers
	}
	rates, costs, server := map[string][]float64{}, map[string][]time.Duration{}, map[string][]time.Duration{}
	for run := range b.runs {
		for i := range peers { // each run begins with another one, as the one before may leave the disk something to do
			p := peers[(run+i)%len(peers)]
			m, err := r.once(ctx, b, p, n)
			if err != nil {
				return err
			}
			rates[p.name] = append(rates[p.name], float64(n)/m.took.Seconds())
			costs[p.name] = append(costs[p.name], m.cpu/time.Duration(n))
			server[p.name] = append(server[p.name], m.server/time.Duration(n))
		}
	}
	b.printf("%s jobs.\n\n", count(float64(n)))
	t := table{head: []string{"peer", "jobs/s", "least–most", "processor time a job", "the server's", "ours is"}}
	for _, p := range peers {
		served := ""
		if p.postgres {
			served = micros(median(server[p.name]))
		}
		t.add(p.name, count(median(rates[p.name])), spread(rates[p.name]), micros(median(costs[p.name])), served, b.ratio(rates, p))
	}
	b.print(t)
	return nil
}

// measured is what one run of a rate took.
type measured struct{ took, cpu, server time.Duration }

func (r rate) once(ctx context.Context, b *bench, p peer, n int) (m measured, err error) {
	err = b.with(ctx, p, r.lanes, func(s store, _ place) error {
		prepare, measured := r.do(ctx, s, n)
		if prepare != nil {
			if err := prepare(); err != nil {
				return err
			}
		}
		var err error
		before, server := cpuTime(), b.serverTime(p)
		if m.took, err = b.timed(r.name+" "+p.name, measured); err != nil {
			return err
		}
		m.cpu, m.server = cpuTime()-before, b.serverTime(p)-server
		return r.verify(ctx, s, n, prepare != nil)
	})
	return m, err
}

// verify makes sure that what was measured was done.
func (r rate) verify(ctx context.Context, s store, n int, ran bool) error {
	if ran {
		n = 0
	}
	left, err := s.pending(ctx)
	if err == nil && left != n {
		err = fmt.Errorf("%d jobs wait instead of %d", left, n)
	}
	return err
}

// ratio compares ours on the same kind of store with a peer.
func (b *bench) ratio(rates map[string][]float64, p peer) string {
	for _, own := range b.peers {
		if own.ours() && !p.ours() && own.sameStore(p) {
			return ratioText(median(rates[own.name]) / median(rates[p.name]))
		}
	}
	return ""
}
